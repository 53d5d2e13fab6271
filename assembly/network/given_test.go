package network

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// guest is a function in a VPC that no template has, with endpoints of its own template.
const guest = `Metadata:
  "CrossGrant::Network::vpc-1": {vpc: vpc-1, subnets: [{id: subnet-1, routeTable: rtb-1, availabilityZone: eu-west-1a}]}
Resources:
  Group: {Type: AWS::EC2::SecurityGroup, Properties: {VpcId: vpc-1, GroupDescription: function, SecurityGroupEgress: [{IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 0.0.0.0/0}]}}
  Inside: {Type: AWS::EC2::SecurityGroup, Properties: {VpcId: vpc-1, GroupDescription: endpoint,
    SecurityGroupIngress: [{IpProtocol: tcp, FromPort: 443, ToPort: 443, SourceSecurityGroupId: !GetAtt Group.GroupId}]}}
  S3: {Type: AWS::EC2::VPCEndpoint, Properties: {VpcId: vpc-1, ServiceName: com.amazonaws.eu-west-1.s3, RouteTableIds: [rtb-1]}}
  STS: {Type: AWS::EC2::VPCEndpoint, Properties: {VpcId: vpc-1, VpcEndpointType: Interface, ServiceName: com.amazonaws.eu-west-1.sts, PrivateDnsEnabled: true,
    SubnetIds: [subnet-1], SecurityGroupIds: [!GetAtt Inside.GroupId]}}
  Function: {Type: AWS::Lambda::Function, Properties: {Role: "arn:aws:iam::111111111111:role/reader", VpcConfig: {SubnetIds: [subnet-1], SecurityGroupIds: [!GetAtt Group.GroupId]}}}
`

// What an app says of a VPC that no template has decides the way to the endpoints of the templates, and to nothing else.
func TestGivenNetwork(t *testing.T) {
	for name, c := range map[string]struct {
		from, to string // a change of the template
		service  string
		expected policy.Answer
		says     string
	}{
		"through a gateway endpoint":                 {"", "", "s3", policy.Yes, "route table rtb-1 sends the prefix list of s3 to gateway endpoint S3"},
		"through an interface endpoint":              {"", "", "sts", policy.Yes, "private DNS of interface endpoint STS resolves"},
		"without an endpoint":                        {"", "", "kms", policy.Indeterminate, "route table rtb-1 of subnet subnet-1 is in no template: whether it has a route to the internet is unknown"},
		"without an endpoint for gateways":           {"", "", "dynamodb", policy.Indeterminate, "is in no template"},
		"an endpoint of another table":               {"RouteTableIds: [rtb-1]", "RouteTableIds: [!Ref Other]", "s3", policy.Indeterminate, "may be the one of s3"},
		"an endpoint that the function cannot reach": {"SourceSecurityGroupId: !GetAtt Group.GroupId", "CidrIp: 192.0.2.0/24", "sts", policy.Indeterminate, "may allow TCP 443"},
		"nothing said":                               {`  "CrossGrant::Network::vpc-1"`, `  "Something::Else"`, "s3", policy.Indeterminate, "subnet subnet-1 is not defined in any template here"},
		"another subnet":                             {"{id: subnet-1", "{id: subnet-2", "s3", policy.Indeterminate, "subnet subnet-1 is not defined in any template here"},
	} {
		t.Run(name, func(t *testing.T) {
			n := loadGuest(t, strings.Replace(guest, c.from, c.to, 1))
			p := n.Paths(workload(t, n, "Function"), c.service, "")[0]
			var says []string
			for _, h := range p.Hops {
				says = append(says, h.What)
			}
			if all := strings.Join(says, "\n"); p.Reaches != c.expected || !strings.Contains(all, c.says) {
				t.Errorf("found %s, expected %s and %q:\n%s", p.Reaches, c.expected, c.says, all)
			}
		})
	}
}

// What is assumed, and what cannot be read, has its name.
func TestGivenNetworkNotes(t *testing.T) {
	n := loadGuest(t, guest)
	if assumed := n.Assumed(); len(assumed) != 1 || !strings.Contains(assumed[0].String(), "VPC vpc-1 is in no template") || len(n.Notes()) != 0 {
		t.Errorf("found %v and %v", assumed, n.Notes())
	}
	n = loadGuest(t, strings.Replace(guest, "routeTable: rtb-1, ", "", 1))
	if notes := n.Notes(); len(notes) != 1 || !strings.Contains(notes[0].String(), "expected ID, route table and zone") || len(n.Assumed()) != 0 {
		t.Errorf("found %v and %v", notes, n.Assumed())
	}
	if p := n.Paths(workload(t, n, "Function"), "s3", "")[0]; p.Reaches != policy.Indeterminate {
		t.Errorf("found %s, expected what is unknown", p.Reaches)
	}
}

func loadGuest(t *testing.T, template string) *Network {
	t.Helper()
	file := filepath.Join(t.TempDir(), "guest.yaml")
	if err := os.WriteFile(file, []byte(template), 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := assembly.LoadTemplates(assembly.TemplateFile{Path: file, StackName: "Guest", Account: "111111111111", Region: "eu-west-1"})
	if err != nil {
		t.Fatal(err)
	}
	return Of(a)
}
