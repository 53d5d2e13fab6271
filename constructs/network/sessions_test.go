package network

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"
	"github.com/google/go-cmp/cmp"

	"github.com/crossgrant/crossgrant/internal/policyview"
)

const instanceRole = "arn:aws:iam::111111111111:role/instance"

// instance returns the security group and the role of an instance.
func (f *fixture) instance() (awsec2.SecurityGroup, awsiam.IRole) {
	group := awsec2.NewSecurityGroup(f.stack, jsii.String("Instance"), &awsec2.SecurityGroupProps{Vpc: f.vpc.Vpc()})
	return group, awsiam.Role_FromRoleArn(f.stack, jsii.String("Role"), jsii.String(instanceRole), nil)
}

// The endpoints allow the SSM Agent's actions to the instance's role, and nothing else.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/getting-started-create-iam-instance-profile.html
func TestSessionEndpoints(t *testing.T) {
	for _, egress := range Egresses() {
		t.Run(string(egress), func(t *testing.T) {
			f := newVpcStack(t, SourceVpcProps{Egress: egress, Isolated: true})
			f.vpc.AllowSessions(f.instance())
			template := f.template(t)
			isolated := subnets(template, "Isolated")
			if egress == EndpointsOnly {
				isolated = subnets(template, "Private")
			}
			for service, actions := range map[string]any{
				"ssm": "ssm:UpdateInstanceInformation",
				"ssmmessages": []any{
					"ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel", "ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel",
				},
			} {
				p := endpoint(t, template, service).Properties
				if p["ServiceName"] != "com.amazonaws.ap-northeast-1."+service || p["VpcEndpointType"] != "Interface" || p["PrivateDnsEnabled"] != true {
					t.Errorf("%s: found %s, expected an interface endpoint with private DNS", service, asJSON(p))
				}
				if found := refs(p["SubnetIds"]); len(found) != 2 || !slices.Equal(found, isolated) {
					t.Errorf("%s: found subnets %q, expected %q", service, found, isolated)
				}
				policy := map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{
					"Sid": "InstanceSessions", "Effect": "Allow", "Principal": "*", "Action": actions, "Resource": "*",
					"Condition": map[string]any{"ArnEquals": map[string]any{"aws:PrincipalArn": "arn:aws:iam::111111111111:role/instance"}},
				}}}
				if diff := cmp.Diff(policy, p["PolicyDocument"]); diff != "" {
					t.Errorf("%s: policy (-expected +found):\n%s", service, diff)
				}
			}
			if found := ingress(template); !slices.Equal(found, []string{"SSM endpoint: tcp 443-443 from Instance", "SSMMessages endpoint: tcp 443-443 from Instance"}) {
				t.Errorf("found ingress rules %q", found)
			}
		})
	}
}

func TestNoSessionEndpointsByDefault(t *testing.T) {
	f := newVpcStack(t, SourceVpcProps{Isolated: true})
	group, _ := f.instance()
	f.vpc.AllowSTSFrom(group)
	template := f.template(t)
	for id, r := range template.Resources {
		if r.Type == "AWS::EC2::VPCEndpoint" && strings.Contains(asJSON(r.Properties["ServiceName"]), "ssm") {
			t.Errorf("found endpoint %s", id)
		}
	}
	if found := ingress(template); !slices.Equal(found, []string{"STS endpoint: tcp 443-443 from Instance"}) {
		t.Errorf("found ingress rules %q", found)
	}
}

// ingress returns the ingress rules of the endpoints' security groups, both separate rules and those inside a group, by the groups' descriptions.
func ingress(template policyview.Template) (all []string) {
	description := func(id string) string { return fmt.Sprint(template.Resources[id].Properties["GroupDescription"]) }
	for id, r := range template.Resources {
		switch r.Type {
		case "AWS::EC2::SecurityGroupIngress":
			p, from := r.Properties, "another"
			if id := ref(p["SourceSecurityGroupId"]); strings.HasPrefix(id, "Instance") {
				from = "Instance"
			}
			all = append(all, fmt.Sprintf("%s: %s %v-%v from %s", description(ref(p["GroupId"])), p["IpProtocol"], p["FromPort"], p["ToPort"], from))
		case "AWS::EC2::SecurityGroup":
			if inside := r.Properties["SecurityGroupIngress"]; inside != nil && strings.HasSuffix(description(id), " endpoint") {
				all = append(all, description(id)+": "+asJSON(inside))
			}
		}
	}
	slices.Sort(all)
	return all
}

// AWS's list of what an instance needs for Session Manager, without logging and without a customer key.
func TestSessionActions(t *testing.T) {
	found := SessionActions()
	slices.Sort(found)
	if expected := []string{
		"ssm:UpdateInstanceInformation", "ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel",
		"ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel",
	}; !slices.Equal(found, expected) {
		t.Errorf("found %q, expected %q", found, expected)
	}
}

func TestSessionsThatCannotBeAllowed(t *testing.T) {
	for name, c := range map[string]struct {
		props    SourceVpcProps
		times    int
		expected string // empty: none
	}{
		"once":                            {SourceVpcProps{Isolated: true}, 1, ""},
		"where all subnets are isolated":  {SourceVpcProps{Egress: EndpointsOnly}, 1, ""},
		"without isolated subnets":        {SourceVpcProps{}, 1, `source VPC Source/Network: AllowSessions: found no isolated subnets, expected Isolated or Egress "endpoints"`},
		"twice":                           {SourceVpcProps{Isolated: true}, 2, "source VPC Source/Network: AllowSessions: found a second instance, expected one"},
		"twice, without isolated subnets": {SourceVpcProps{Egress: NATInstance}, 2, "found no isolated subnets"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newVpcStack(t, c.props)
			group, role := f.instance()
			var found any
			func() {
				defer func() { found = recover() }()
				for range c.times {
					f.vpc.AllowSessions(group, role)
				}
			}()
			if text := fmt.Sprint(found); c.expected == "" && found != nil || c.expected != "" && !strings.Contains(text, c.expected) {
				t.Errorf("found panic %v, expected %q", found, c.expected)
			}
		})
	}
}
