package network

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

func TestVpcProblems(t *testing.T) {
	for name, c := range map[string]struct {
		props    SourceVpcProps
		expected string // empty: none
	}{
		"two zones":      {SourceVpcProps{AvailabilityZones: []string{"eu-west-1a", "eu-west-1b"}}, ""},
		"no zone":        {SourceVpcProps{}, "AvailabilityZones: found [], expected 2 or more, each once"},
		"one zone":       {SourceVpcProps{AvailabilityZones: []string{"eu-west-1a"}}, `AvailabilityZones: found ["eu-west-1a"]`},
		"a zone twice":   {SourceVpcProps{AvailabilityZones: []string{"eu-west-1a", "eu-west-1b", "eu-west-1a"}}, "expected 2 or more, each once"},
		"unknown egress": {SourceVpcProps{Egress: "transit"}, `Egress: found "transit", expected one of ["nat" "natInstance" "endpoints"]`},
		"a local zone":   {SourceVpcProps{AvailabilityZones: []string{"us-west-2a", "us-west-2-lax-1a"}}, `AvailabilityZones: found "us-west-2-lax-1a", expected a region and a letter`},
		"a zone ID":      {SourceVpcProps{AvailabilityZones: []string{"use1-az1", "use1-az2"}}, `AvailabilityZones: found "use1-az1", expected a region and a letter`},
		"two regions":    {SourceVpcProps{AvailabilityZones: []string{"eu-west-1a", "eu-west-2b"}}, `found "eu-west-1a" and "eu-west-2b", expected zones of one region`},
		"a public block": {SourceVpcProps{CIDR: "52.0.0.0/16"}, `CIDR: found "52.0.0.0/16", expected an IPv4 block of private addresses between /16 and /20, such as 10.0.0.0/16`},
		"an image":       {SourceVpcProps{AvailabilityZones: []string{"eu-west-1a", "eu-west-1b"}, ImageID: "ami-0a1b2c3d4e5f67890"}, ""},
		"no image":       {SourceVpcProps{ImageID: "al2023"}, `ImageID: found "al2023", expected the ID of an image, such as ami-0a1b2c3d4e5f67890`},
		"endpoints only": {SourceVpcProps{AvailabilityZones: []string{"eu-west-1a", "eu-west-1b"}, Egress: EndpointsOnly}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			err := c.props.Validate()
			switch {
			case c.expected == "" && err != nil:
				t.Errorf("found %v, expected none", err)
			case c.expected != "" && (err == nil || !strings.Contains(err.Error(), c.expected)):
				t.Errorf("found %v, expected %s", err, c.expected)
			}
		})
	}
}

// missingContext returns what the assembly asks the CDK command line to look up.
func (f *fixture) missingContext(t *testing.T) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(*f.app.Synth(nil).Directory(), "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	var manifest struct{ Missing json.RawMessage }
	if err := json.Unmarshal(content, &manifest); err != nil {
		t.Fatal(err)
	}
	return string(manifest.Missing)
}

// A lookup needs credentials at synthesis: the assembly lists it as missing context.
func TestNoLookupOfZones(t *testing.T) {
	props := SourceVpcProps{AvailabilityZones: zones}
	for name, build := range map[string]func(f *fixture){
		"the VPC alone": func(f *fixture) { NewSourceVpc(f.stack, "Network", props) },
		"something else after the VPC": func(f *fixture) {
			NewSourceVpc(f.stack, "Network", props)
			constructs.NewConstruct(f.stack, jsii.String("Other"))
		},
		"a second VPC": func(f *fixture) {
			NewSourceVpc(f.stack, "Network", props)
			NewSourceVpc(f.stack, "Second", props)
		},
		"something else first, zones declared": func(f *fixture) {
			DeclareZones(f.stack, zones)
			NewSourceVpc(constructs.NewConstruct(f.stack, jsii.String("Other")), "Network", props)
		},
		"zones declared twice": func(f *fixture) {
			DeclareZones(f.stack, zones)
			NewSourceVpc(f.stack, "Network", props)
			DeclareZones(f.stack, zones)
		},
		"a stack of any account": func(f *fixture) {
			stack := awscdk.NewStack(f.app, jsii.String("Agnostic"), nil)
			constructs.NewConstruct(stack, jsii.String("Other"))
			NewSourceVpc(stack, "Network", props)
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newStack(t)
			build(f)
			if missing := f.missingContext(t); missing != "" {
				t.Errorf("found missing context %s, expected none", missing)
			}
		})
	}
}

// CDK refuses context for a stack with children, and would look the zones up.
func TestZonesThatCannotBeDeclared(t *testing.T) {
	for expected, call := range map[string]func(f *fixture){
		"source VPC Source/Network:\navailability zones: found stack Source with constructs already": func(f *fixture) {
			NewSourceVpc(f.stack, "Network", SourceVpcProps{AvailabilityZones: zones})
		},
		"stack Source:\navailability zones: found stack Source with constructs already": func(f *fixture) { DeclareZones(f.stack, zones) },
	} {
		f := newStack(t)
		constructs.NewConstruct(f.stack, jsii.String("Other"))
		func() {
			defer func() {
				text := fmt.Sprint(recover())
				if !strings.HasPrefix(text, expected) || !strings.Contains(text, "expected network.DeclareZones(stack, zones) right after the stack is created") {
					t.Errorf("found panic %q, expected %q and what to do", text, expected)
				}
			}()
			call(f)
		}()
	}
}

// Rejected traffic alone would not show what a workload did.
func TestFlowLogsRecordAllTraffic(t *testing.T) {
	f := newVpcStack(t, SourceVpcProps{})
	template := f.template(t)
	vpcs, groups := ofType(template, "AWS::EC2::VPC"), ofType(template, "AWS::Logs::LogGroup")
	flowLogs := ofType(template, "AWS::EC2::FlowLog")
	if len(vpcs) != 1 || len(groups) != 1 || len(flowLogs) != 1 {
		t.Fatalf("found VPCs %q, log groups %q and flow logs %q, expected one each", vpcs, groups, flowLogs)
	}
	p := template.Resources[flowLogs[0]].Properties
	if p["TrafficType"] != "ALL" || p["ResourceType"] != "VPC" || p["LogDestinationType"] != "cloud-watch-logs" || ref(p["ResourceId"]) != vpcs[0] || ref(p["LogGroupName"]) != groups[0] {
		t.Errorf("found %s, expected all traffic of the VPC in the log group", asJSON(p))
	}
}

func TestAccessors(t *testing.T) {
	f := newVpcStack(t, SourceVpcProps{})
	resolve := func(value any) string { return ref(f.stack.Resolve(value)) }
	found := map[string]string{
		resolve(f.vpc.Vpc().VpcId()): "AWS::EC2::VPC", resolve(f.vpc.FlowLogs().LogGroupName()): "AWS::Logs::LogGroup",
		resolve(f.vpc.STS().VpcEndpointId()): "sts", resolve(f.vpc.S3().VpcEndpointId()): "s3", resolve(f.vpc.DynamoDB().VpcEndpointId()): "dynamodb",
		resolve(f.vpc.PublicAddress()): "AWS::EC2::EIP",
	}
	if len(found) != 6 || *f.vpc.Node().Path() != "Source/Network" {
		t.Errorf("found %q at %s, expected six resources at Source/Network", found, *f.vpc.Node().Path())
	}
	if f.vpc.STS() != f.vpc.STS() || f.vpc.S3() != f.vpc.S3() || f.vpc.DynamoDB() != f.vpc.DynamoDB() {
		t.Error("found another endpoint at a second call")
	}
	template := f.template(t)
	for id, expected := range found {
		r := template.Resources[id]
		if r.Type != expected && !strings.HasSuffix(asJSON(r.Properties["ServiceName"]), "."+expected+`"`) && !strings.HasSuffix(asJSON(r.Properties["ServiceName"]), "."+expected+`"]]}`) {
			t.Errorf("%s: found %s %s, expected %s", id, r.Type, asJSON(r.Properties["ServiceName"]), expected)
		}
	}
}

// Each hour of an interface endpoint is charged, and each endpoint is a way out.
func TestNoEndpointUnlessAskedFor(t *testing.T) {
	for name, c := range map[string]struct {
		ask      func(v *SourceVpc)
		expected []string
	}{
		"none":     {func(*SourceVpc) {}, nil},
		"S3":       {func(v *SourceVpc) { v.S3() }, []string{"s3"}},
		"DynamoDB": {func(v *SourceVpc) { v.DynamoDB() }, []string{"dynamodb"}},
		"STS":      {func(v *SourceVpc) { v.STS() }, []string{"sts"}},
		"all":      {func(v *SourceVpc) { v.STS(); v.DynamoDB(); v.S3() }, []string{"dynamodb", "s3", "sts"}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newVpcStack(t, SourceVpcProps{})
			c.ask(f.vpc)
			template := f.template(t)
			var found []string
			for _, id := range ofType(template, "AWS::EC2::VPCEndpoint") {
				service := strings.TrimRight(asJSON(template.Resources[id].Properties["ServiceName"]), `"]}`)
				found = append(found, service[strings.LastIndexByte(service, '.')+1:])
			}
			slices.Sort(found)
			if !slices.Equal(found, c.expected) {
				t.Errorf("found endpoints of %q, expected %q", found, c.expected)
			}
		})
	}
}

// AWS's default policy of an endpoint lets everyone do everything.
// https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html#default-endpoint-policy
func TestEndpointsAreClosedByDefault(t *testing.T) {
	f := newVpcStack(t, SourceVpcProps{})
	f.vpc.STS()
	f.vpc.DynamoDB()
	allowed := awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid: jsii.String("Ours"), Principals: &[]awsiam.IPrincipal{awsiam.NewStarPrincipal()}, Actions: jsii.Strings("s3:GetObject"), Resources: jsii.Strings("*"),
	})
	f.vpc.S3().AddToPolicy(allowed)
	template := f.template(t)
	closed := `{"Statement":[{"Action":"*","Effect":"Deny","Principal":"*","Resource":"*","Sid":"NoGrant"}],"Version":"2012-10-17"}`
	for service, expected := range map[string]string{
		"sts": closed, "dynamodb": closed,
		"s3": `{"Statement":[{"Action":"s3:GetObject","Effect":"Allow","Principal":"*","Resource":"*","Sid":"Ours"}],"Version":"2012-10-17"}`,
	} {
		if found := asJSON(endpoint(t, template, service).Properties["PolicyDocument"]); found != expected {
			t.Errorf("%s: found %s, expected %s", service, found, expected)
		}
	}
}

func TestCallerIdentity(t *testing.T) {
	f := newVpcStack(t, SourceVpcProps{})
	f.vpc.AllowCallerIdentity("arn:aws:iam::111111111111:role/a", "arn:aws:iam::222222222222:role/b")
	expected := `{"Statement":[{"Action":"sts:GetCallerIdentity","Condition":{"ArnEquals":{"aws:PrincipalArn":["arn:aws:iam::111111111111:role/a","arn:aws:iam::222222222222:role/b"]}},` +
		`"Effect":"Allow","Principal":"*","Resource":"*","Sid":"CallerIdentity"}],"Version":"2012-10-17"}`
	if found := asJSON(endpoint(t, f.template(t), "sts").Properties["PolicyDocument"]); found != expected {
		t.Errorf("found %s, expected %s", found, expected)
	}
}

// The role of flow logs is that of this account's flow logs alone.
// https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html
func TestFlowLogsRole(t *testing.T) {
	f := newVpcStack(t, SourceVpcProps{})
	template := f.template(t)
	role := template.Resources[ref(template.Resources[ofType(template, "AWS::EC2::FlowLog")[0]].Properties["DeliverLogsPermissionArn"])]
	expected := `{"Statement":[{"Action":"sts:AssumeRole","Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:ec2:ap-northeast-1:111111111111:vpc-flow-log/*"},` +
		`"StringEquals":{"aws:SourceAccount":"111111111111"}},"Effect":"Allow","Principal":{"Service":"vpc-flow-logs.amazonaws.com"}}],"Version":"2012-10-17"}`
	if found := asJSON(role.Properties["AssumeRolePolicyDocument"]); found != expected {
		t.Errorf("found %s, expected %s", found, expected)
	}
}

// A template cannot remove the rules of the default security group: CDK's function does, and may change no other group.
// https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html#ec2-2
func TestDefaultSecurityGroupIsClosed(t *testing.T) {
	f := newVpcStack(t, SourceVpcProps{})
	template := f.template(t)
	vpc := ofType(template, "AWS::EC2::VPC")[0]
	custom := ofType(template, "Custom::VpcRestrictDefaultSG")
	if len(custom) != 1 || asJSON(template.Resources[custom[0]].Properties["DefaultSecurityGroupId"]) != `{"Fn::GetAtt":["`+vpc+`","DefaultSecurityGroup"]}` {
		t.Fatalf("found custom resources %q, expected one for the default security group of %s", custom, vpc)
	}
	function := template.Resources[ref(template.Resources[custom[0]].Properties["ServiceToken"])]
	policies := asJSON(template.Resources[ref(function.Properties["Role"])].Properties["Policies"])
	group := `"Resource":[{"Fn::Join":["",["arn:aws:ec2:ap-northeast-1:111111111111:security-group/",{"Fn::GetAtt":["` + vpc + `","DefaultSecurityGroup"]}]]}]`
	if strings.Count(policies, `"Resource"`) != 1 || !strings.Contains(policies, group) {
		t.Errorf("found %s, expected one statement with %s", policies, group)
	}
}

// Isolated subnets have routes to S3 and DynamoDB only. The private subnets have a default route, unless they are the isolated ones.
// https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html
func TestIsolatedSubnets(t *testing.T) {
	for name, c := range map[string]struct {
		props               SourceVpcProps
		isolated            string // the group of the isolated subnets; empty: none
		public              int
		privateDefaultRoute bool
		tables, allSubnets  int // of the gateway endpoints; of the VPC
	}{
		"beside a NAT gateway":    {SourceVpcProps{Egress: NAT, Isolated: true}, "Isolated", 2, true, 4, 6},
		"beside a NAT instance":   {SourceVpcProps{Egress: NATInstance, Isolated: true}, "Isolated", 2, true, 4, 6},
		"beside the default":      {SourceVpcProps{Isolated: true}, "Isolated", 2, true, 4, 6},
		"not configured":          {SourceVpcProps{Egress: NAT}, "", 2, true, 2, 4},
		"not by default":          {SourceVpcProps{}, "", 2, true, 2, 4},
		"the private ones":        {SourceVpcProps{Egress: EndpointsOnly}, "Private", 0, false, 2, 2},
		"the private ones, again": {SourceVpcProps{Egress: EndpointsOnly, Isolated: true}, "Private", 0, false, 2, 2},
	} {
		t.Run(name, func(t *testing.T) {
			f := newVpcStack(t, c.props)
			f.vpc.STS()
			f.vpc.S3()
			f.vpc.DynamoDB()
			var selected []string
			if selection := f.vpc.IsolatedSubnets(); selection != nil {
				for _, subnet := range *f.vpc.Vpc().SelectSubnets(selection).Subnets {
					selected = append(selected, ref(f.stack.Resolve(subnet.SubnetId())))
				}
			}
			slices.Sort(selected)
			template := f.template(t)
			if found := subnets(template, c.isolated); c.isolated == "" && selected != nil || c.isolated != "" && (len(found) != 2 || !slices.Equal(selected, found)) {
				t.Errorf("found %q selected of %q", selected, found)
			}
			private, public := subnets(template, "Private"), subnets(template, "Public")
			if all := len(subnets(template, "Isolated")) + len(private) + len(public); len(private) != 2 || len(public) != c.public || all != c.allSubnets {
				t.Errorf("found %d subnets, %d private and %d public", all, len(private), len(public))
			}
			defaultRoutes := map[string]int{}
			for id, r := range template.Resources {
				if r.Type != "AWS::EC2::Route" {
					continue
				}
				if r.Properties["DestinationCidrBlock"] != "0.0.0.0/0" {
					t.Errorf("route %s: found %s, expected default routes only", id, asJSON(r.Properties))
				}
				defaultRoutes[ref(r.Properties["RouteTableId"])]++
			}
			for _, table := range routeTables(template, selected) {
				if defaultRoutes[table] != 0 {
					t.Errorf("route table %s of an isolated subnet: found a default route", table)
				}
			}
			for _, table := range routeTables(template, private) {
				if (defaultRoutes[table] == 1) != c.privateDefaultRoute {
					t.Errorf("route table %s of a private subnet: found %d default routes", table, defaultRoutes[table])
				}
			}
			inside := slices.Concat(private, selected)
			slices.Sort(inside)
			tables := routeTables(template, slices.Compact(inside))
			for _, service := range []string{"s3", "dynamodb"} {
				if found := refs(endpoint(t, template, service).Properties["RouteTableIds"]); len(found) != c.tables || !slices.Equal(found, tables) {
					t.Errorf("endpoint of %s: found route tables %q, expected %q", service, found, tables)
				}
			}
			if found := refs(endpoint(t, template, "sts").Properties["SubnetIds"]); !slices.Equal(found, private) {
				t.Errorf("endpoint of STS: found subnets %q, expected the private ones (its private DNS serves the whole VPC)", found)
			}
		})
	}
}
