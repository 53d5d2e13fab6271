package network

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// stack is a template and where it is deployed.
type stack struct{ name, account, region, template string }

func stacks(t *testing.T, all ...stack) *Network {
	t.Helper()
	var files []assembly.TemplateFile
	for _, s := range all {
		file := filepath.Join(t.TempDir(), s.name+".yaml")
		if err := os.WriteFile(file, []byte(s.template), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, assembly.TemplateFile{Path: file, StackName: s.name, Account: s.account, Region: s.region})
	}
	a, err := assembly.LoadTemplates(files...)
	if err != nil {
		t.Fatal(err)
	}
	return Of(a)
}

// An endpoint in a VPC that no template defines may be in the VPC, if it is in the same account and region.
func TestEndpointInAnUndefinedVPC(t *testing.T) {
	content, err := os.ReadFile("testdata/house.yaml")
	if err != nil {
		t.Fatal(err)
	}
	const stray = "Resources: {Kms: {Type: 'AWS::EC2::VPCEndpoint', Properties: {VpcId: vpc-1, VpcEndpointType: Interface, PrivateDnsEnabled: true, " +
		"ServiceName: com.amazonaws.eu-west-1.kms}}}"
	for _, c := range []struct {
		name, account, region string
		reaches               policy.Answer
	}{
		{"same account and region", "111111111111", "eu-west-1", policy.Indeterminate},
		{"unknown account", "", "eu-west-1", policy.Indeterminate},
		{"another account", "222222222222", "eu-west-1", policy.Yes},
		{"another region", "111111111111", "us-east-1", policy.Yes},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := stacks(t, stack{"House", "111111111111", "eu-west-1", string(content)}, stack{"Stray", c.account, c.region, stray})
			if p := n.Paths(workload(t, n, ""), "kms", "")[0]; p.Reaches != c.reaches {
				t.Errorf("found %s by %v, expected %s", p.Reaches, p.Hops, c.reaches)
			}
		})
	}
}

// Conditions of different stacks are different, even with the same name.
func TestConditionOfAnotherStack(t *testing.T) {
	const condition = "Parameters: {Choice: {Type: String}}\nConditions: {Probably: !Equals [!Ref Choice, 'yes']}\n"
	const function = "  Function: {Type: 'AWS::Lambda::Function', Condition: Probably, Properties: {Role: r, VpcConfig: {SubnetIds: [!ImportValue Subnet]}}}\n"
	net := condition + "Resources:\n  Vpc: {Type: 'AWS::EC2::VPC', Properties: {CidrBlock: 10.0.0.0/16}}\n" +
		"  Subnet: {Type: 'AWS::EC2::Subnet', Condition: Probably, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.0.0/24}}\n" +
		"Outputs: {Subnet: {Value: !Ref Subnet, Condition: Probably, Export: {Name: Subnet}}}\n"
	n := stacks(t, stack{"Net", "111111111111", "eu-west-1", net}, stack{"App", "111111111111", "eu-west-1", condition + "Resources:\n" +
		function})
	if p := n.Paths(workload(t, n, ""), "kms", "")[0]; p.Reaches != policy.Indeterminate {
		t.Errorf("found %s by %v, expected that Subnet may not exist", p.Reaches, p.Hops)
	}
}

// Instance profiles and roles are those of the instance's account.
func TestRoleOfAnotherAccount(t *testing.T) {
	const template = "Resources:\n  Role: {Type: 'AWS::IAM::Role', Properties: {RoleName: web, AssumeRolePolicyDocument: {}}}\n" +
		"  Profile: {Type: 'AWS::IAM::InstanceProfile', Properties: {InstanceProfileName: web, Roles: [!Ref Role]}}\n" +
		"  Instance: {Type: 'AWS::EC2::Instance', Properties: {SubnetId: subnet-1, IamInstanceProfile: web}}\n"
	n := stacks(t, stack{"One", "111111111111", "eu-west-1", template}, stack{"Two", "222222222222", "eu-west-1", template})
	for i, want := range []string{"arn:aws:iam::111111111111:role/web", "arn:aws:iam::222222222222:role/web"} {
		if got := n.Workloads()[i].Role; got != want {
			t.Errorf("found %s, expected %s", got, want)
		}
	}
}
