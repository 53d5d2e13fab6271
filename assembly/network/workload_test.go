package network

import (
	"slices"
	"testing"

	"github.com/crossgrant/crossgrant/policy"
)

func TestWorkloads(t *testing.T) {
	profile := "  Profile: {Type: 'AWS::IAM::InstanceProfile', Properties: {Roles: [!Ref Role]}}\n"
	instance := func(properties string) change {
		return add(profile + "  Other: {Type: 'AWS::EC2::Instance', Properties: {" + properties + "}}")
	}
	service := func(properties string) change {
		return add("  Task: {Type: 'AWS::ECS::TaskDefinition', Properties: {TaskRoleArn: !GetAtt Role.Arn}}\n  Other: {Type: 'AWS::ECS::Service', Properties: {" + properties + "}}")
	}
	job := func(properties string) change {
		return add("  Connection: {Type: 'AWS::Glue::Connection', Properties: {CatalogId: '111111111111', ConnectionInput: {Name: inner, ConnectionType: NETWORK, " +
			"PhysicalConnectionRequirements: {SubnetId: !Ref Private, SecurityGroupIdList: [!Ref Group]}}}}\n" +
			"  Outer: {Type: 'AWS::Glue::Connection', Properties: {CatalogId: '111111111111', ConnectionInput: {Name: outer, ConnectionType: JDBC}}}\n" +
			"  Other: {Type: 'AWS::Glue::Job', Properties: {Command: {Name: glueetl}, " + properties + "}}")
	}
	role := "arn:aws:iam::111111111111:role/reader"
	for _, c := range []struct {
		name            string
		change          change
		workload, role  string
		subnets, groups []string // as people read them
	}{
		{"function", add(""), "Function", role, []string{"‹House.Private›"}, []string{"‹House.Group›"}},
		{"function without a VPC",
			add("  Other: {Type: 'AWS::Lambda::Function', Properties: {Role: 'arn:aws:iam::111111111111:role/r'}}"), "Other",
			"arn:aws:iam::111111111111:role/r", nil, nil},
		{"function that left its VPC",
			add("  Other: {Type: 'AWS::Lambda::Function', Properties: {Role: r, VpcConfig: {SubnetIds: [], SecurityGroupIds: []}}}"),
			"Other", "r", nil, nil},
		{"instance", instance("SubnetId: !Ref Public, SecurityGroupIds: [!Ref Group], IamInstanceProfile: !Ref Profile"), "Other", role,
			[]string{"‹House.Public›"}, []string{"‹House.Group›"}},
		{"instance without role", instance("SubnetId: !Ref Public"), "Other", "", []string{"‹House.Public›"}, nil},
		{"instance of an imported profile", instance("SubnetId: !Ref Public, IamInstanceProfile: web"), "Other", "‹House.Other.Role›",
			[]string{"‹House.Public›"}, nil},
		{"instance of a launch template", instance("LaunchTemplate: {Version: '1'}"), "Other", "‹House.Other.Role›",
			[]string{"‹House.Other.SubnetId›"}, nil},
		{"instance with groups by name", instance("SecurityGroups: [web]"), "Other", "", []string{"‹House.Other.SubnetId›"},
			[]string{"web"}},
		{"service", service("TaskDefinition: !Ref Task, NetworkConfiguration: {AwsvpcConfiguration: {Subnets: [!Ref Public, !Ref Private], SecurityGroups: [!Ref Group]}}"),
			"Other", role, []string{"‹House.Public›", "‹House.Private›"}, []string{"‹House.Group›"}},
		{"service of an imported task, in the network of its instances", service("TaskDefinition: web"), "Other",
			"‹House.Other.TaskRoleArn›",
			[]string{"‹House.Other.Subnets›"}, nil},
		{"job", job("Role: !Ref Role"), "Other", role, nil, nil},
		{"job by the ARN of its role", job("Role: !GetAtt Role.Arn"), "Other", role, nil, nil},
		{"job with a connection", job("Role: !Ref Role, Connections: {Connections: [!Ref Connection]}"), "Other", role, []string{"‹House.Private›"}, []string{"‹House.Group›"}},
		{"job with a connection by name", job("Role: r, Connections: {Connections: [inner]}"), "Other", "r", []string{"‹House.Private›"}, []string{"‹House.Group›"}},
		{"job with a connection of no subnet", job("Role: r, Connections: {Connections: [outer]}"), "Other", "r", nil, nil},
		{"job with an imported connection", job("Role: r, Connections: {Connections: [theirs]}"), "Other", "r", []string{"‹House.Other.Subnets›"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := workload(t, house(t, c.change), c.workload)
			if got := policy.Readable(w.Role); got != c.role {
				t.Errorf("found role %s, expected %s", got, c.role)
			}
			if got := readable(w.Subnets); !slices.Equal(got, c.subnets) {
				t.Errorf("found subnets %v, expected %v", got, c.subnets)
			}
			if got := readable(w.SecurityGroups); !slices.Equal(got, c.groups) {
				t.Errorf("found groups %v, expected %v", got, c.groups)
			}
		})
	}
}

func readable(texts []string) (all []string) {
	for _, s := range texts {
		all = append(all, policy.Readable(s))
	}
	return all
}

func TestFunctionOutsideOfAVPC(t *testing.T) {
	n := house(t, add("  Other: {Type: 'AWS::Lambda::Function', Properties: {Role: r}}"))
	paths := n.Paths(workload(t, n, "Other"), "sts", "")
	if len(paths) != 1 || paths[0].Subnet != "" || paths[0].Reaches != policy.Yes || paths[0].Endpoint != nil {
		t.Fatalf("found %+v, expected one path over the internet", paths)
	}
	if what := paths[0].Hops[0].What; what != "Other runs outside of a VPC, with internet access" {
		t.Errorf("found hop %q", what)
	}
}

func TestPathsOfSeveralSubnets(t *testing.T) {
	n := house(t, change{"SubnetIds: [!Ref Private]\n        Sec", "SubnetIds: [!Ref Private, !Ref Public]\n        Sec"})
	paths := n.Paths(workload(t, n, ""), "s3", "eu-west-1")
	if len(paths) != 2 || policy.Readable(paths[0].Subnet) != "‹House.Private›" || policy.Readable(paths[1].Subnet) != "‹House.Public›" {
		t.Fatalf("found %+v, expected one path for each subnet", paths)
	}
	if paths[0].Reaches != policy.Yes || paths[1].Reaches != policy.No {
		t.Errorf("found %s and %s, expected yes from the private subnet and no from the public one", paths[0].Reaches, paths[1].Reaches)
	}
	if paths[1].Remedy != "add route table PublicTable to gateway endpoint S3" {
		t.Errorf("found remedy %q", paths[1].Remedy)
	}
}

func TestService(t *testing.T) {
	in := func(assign string) []change {
		return []change{add("  Other: {Type: 'AWS::ECS::Service', Properties: {NetworkConfiguration: {AwsvpcConfiguration: {Subnets: [!Ref Public], SecurityGroups: [!Ref Group]" +
			assign + "}}}}")}
	}
	ask(t,
		question{name: "asks for an address", changes: in(", AssignPublicIp: ENABLED"), workload: "Other", service: "kms", reaches: "yes"},
		question{name: "declines", changes: in(", AssignPublicIp: DISABLED"), workload: "Other", service: "kms", reaches: "no"},
		question{name: "declines by default", changes: append(in(""), change{"MapPublicIpOnLaunch: false", "MapPublicIpOnLaunch: true"}),
			workload: "Other", service: "kms",
			reaches: "no"},
		question{name: "unresolved", changes: in(", AssignPublicIp: '{{resolve:ssm:/a}}'"), workload: "Other", service: "kms",
			reaches: "unknown"},
	)
}

func TestEndpoints(t *testing.T) {
	type endpoint struct {
		id, service, region string
		kind                Kind
		vpc                 string
		policy              bool
	}
	n := house(t, add("  Appliance: {Type: 'AWS::EC2::VPCEndpoint', Properties: {VpcId: !Ref Vpc, VpcEndpointType: GatewayLoadBalancer, ServiceName: s}}\n"+
		"  Theirs: {Type: 'AWS::EC2::VPCEndpoint', Properties: {VpcId: !Ref Vpc, VpcEndpointType: Interface, ServiceName: com.amazonaws.vpce.eu-west-1.svc}}"))
	var got []endpoint
	for _, e := range n.Endpoints() {
		got = append(got, endpoint{e.Resource.LogicalID, e.Service, e.Region, e.Kind, policy.Readable(e.VPC), e.Policy != nil})
	}
	want := []endpoint{{"S3", "s3", "eu-west-1", Gateway, "‹House.Vpc›", false}, {"Sts", "sts", "eu-west-1", Interface, "‹House.Vpc›",
		true},
		{"Theirs", "com.amazonaws.vpce.eu-west-1.svc", "com.amazonaws.vpce.eu-west-1.svc", Interface, "‹House.Vpc›", false}}
	if !slices.Equal(got, want) {
		t.Errorf("found %v, expected %v", got, want)
	}
}

// The host name of another region is reached by an endpoint for that region, or over the internet.
func TestAnotherRegion(t *testing.T) {
	n := house(t)
	for _, c := range []struct {
		service, region, through string
	}{{"sts", "eu-west-1", "Sts"}, {"sts", "us-east-1", ""}, {"s3", "eu-west-1", "S3"}, {"s3", "us-east-1", ""}} {
		p := n.Paths(workload(t, n, ""), c.service, c.region)[0]
		if through(p) != c.through || p.Reaches != policy.Yes {
			t.Errorf("%s of %s: found %s through %q, expected yes through %q", c.service, c.region, p.Reaches, through(p), c.through)
		}
	}
}
