package stacks

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crossgrant/crossgrant/internal/policyview"
)

func TestEgressModes(t *testing.T) {
	for _, c := range []struct {
		egress                                       string
		natGateways, natInstances, subnets, internet int
	}{
		{"nat", 1, 0, 4, 1},
		{"natInstance", 0, 1, 4, 1},
		{"endpoints", 0, 0, 2, 0},
	} {
		t.Run(c.egress, func(t *testing.T) {
			source := synthesize(t, map[string]any{"egress": c.egress, "workloads": "list,scan"}).source
			for resourceType, expected := range map[string]int{
				"AWS::EC2::NatGateway":      c.natGateways,
				"AWS::EC2::Instance":        c.natInstances,
				"AWS::EC2::Subnet":          c.subnets,
				"AWS::EC2::InternetGateway": c.internet,
				"AWS::EC2::FlowLog":         1,
			} {
				if found := len(ofType(source, resourceType)); found != expected {
					t.Errorf("found %d %s, expected %d", found, resourceType, expected)
				}
			}
			checkZones(t, source)
			checkEndpoints(t, source)
			checkFunctions(t, source)
			checkDefaultRoutes(t, source, c.egress)
		})
	}
}

// checkZones checks that each kind of subnet is in both zones, and that none assigns public addresses.
func checkZones(t *testing.T, source policyview.Template) {
	t.Helper()
	zones := map[string][]string{}
	for id, r := range ofType(source, "AWS::EC2::Subnet") {
		kind := "private"
		if strings.Contains(id, "Public") {
			kind = "public"
		}
		zones[kind] = append(zones[kind], r.Properties["AvailabilityZone"].(string))
		if r.Properties["MapPublicIpOnLaunch"] != false {
			t.Errorf("subnet %s: found MapPublicIpOnLaunch %v, expected false", id, r.Properties["MapPublicIpOnLaunch"])
		}
	}
	for kind, found := range zones {
		slices.Sort(found)
		if diff := cmp.Diff([]string{"ap-northeast-1a", "ap-northeast-1c"}, found); diff != "" {
			t.Errorf("zones of %s subnets (-expected +found):\n%s", kind, diff)
		}
	}
}

// checkEndpoints checks that S3 and DynamoDB are in the private route tables, and the regional STS in the private subnets.
func checkEndpoints(t *testing.T, source policyview.Template) {
	t.Helper()
	private := func(resourceType string) []any {
		var refs []any
		for _, id := range slices.Sorted(maps.Keys(ofType(source, resourceType))) {
			if strings.Contains(id, "Private") {
				refs = append(refs, map[string]any{"Ref": id})
			}
		}
		return refs
	}
	tables, subnets := private("AWS::EC2::RouteTable"), private("AWS::EC2::Subnet")
	kinds := map[any]int{}
	for id, r := range ofType(source, "AWS::EC2::VPCEndpoint") {
		kinds[r.Properties["VpcEndpointType"]]++
		if _, closed := r.Properties["PolicyDocument"]; !closed {
			t.Errorf("endpoint %s: found no policy, which allows all requests", id)
		}
		if r.Properties["VpcEndpointType"] == "Gateway" {
			if diff := cmp.Diff(tables, r.Properties["RouteTableIds"]); diff != "" {
				t.Errorf("route tables of %s (-expected +found):\n%s", id, diff)
			}
			continue
		}
		if r.Properties["PrivateDnsEnabled"] != true || r.Properties["ServiceName"] != "com.amazonaws.ap-northeast-1.sts" {
			t.Errorf("endpoint %s: found %s, expected the regional STS with private DNS", id, asJSON(r.Properties))
		}
		if diff := cmp.Diff(subnets, r.Properties["SubnetIds"]); diff != "" {
			t.Errorf("subnets of %s (-expected +found):\n%s", id, diff)
		}
	}
	if diff := cmp.Diff(map[any]int{"Gateway": 2, "Interface": 1}, kinds); diff != "" {
		t.Errorf("endpoints (-expected +found):\n%s", diff)
	}
	// Each function may connect to the STS endpoint on port 443; there are no other ingress rules.
	for id, r := range ofType(source, "AWS::EC2::SecurityGroupIngress") {
		if strings.Contains(id, "NAT") {
			continue
		}
		p := r.Properties
		if p["FromPort"] != 443.0 || p["ToPort"] != 443.0 || p["IpProtocol"] != "tcp" || p["SourceSecurityGroupId"] == nil {
			t.Errorf("ingress %s: found %s, expected tcp 443 from a security group", id, asJSON(p))
		}
	}
	for id, r := range ofType(source, "AWS::EC2::SecurityGroup") {
		if ingress := r.Properties["SecurityGroupIngress"]; ingress != nil && !strings.Contains(id, "NAT") {
			t.Errorf("security group %s: found ingress %s, expected none", id, asJSON(ingress))
		}
	}
	if found := len(ofType(source, "AWS::EC2::SecurityGroupIngress")); found != 2 {
		t.Errorf("found %d ingress rules, expected one per function", found)
	}
}

// checkFunctions checks that both functions are in the private subnets, have their environment, and logs that expire.
func checkFunctions(t *testing.T, source policyview.Template) {
	t.Helper()
	environments := map[any]any{}
	for id, r := range ofType(source, "AWS::Lambda::Function") {
		if r.Properties["FunctionName"] == nil { // CDK's own
			continue
		}
		environments[r.Properties["FunctionName"]] = r.Properties["Environment"].(map[string]any)["Variables"]
		for _, subnet := range r.Properties["VpcConfig"].(map[string]any)["SubnetIds"].([]any) {
			if ref := subnet.(map[string]any)["Ref"].(string); !strings.Contains(ref, "Private") {
				t.Errorf("function %s: found subnet %s, expected private ones", id, ref)
			}
		}
		if r.Properties["Runtime"] != "provided.al2023" || asJSON(r.Properties["Architectures"]) != `["arm64"]` {
			t.Errorf("function %s: found %s, expected provided.al2023 on arm64", id, asJSON(r.Properties))
		}
	}
	expected := map[any]any{
		"crossgrant-dev-list": map[string]any{
			"CROSSGRANT_ROLE_ARN": "arn:aws:iam::222222222222:role/crossgrant-list-access-dev-ap-northeast-1",
			"CROSSGRANT_BUCKET":   "crossgrant-dev-222222222222-ap-northeast-1",
			"CROSSGRANT_PREFIXES": `["inbox/","reports/"]`,
		},
		"crossgrant-dev-scan": map[string]any{
			"CROSSGRANT_ROLE_ARN": "arn:aws:iam::222222222222:role/crossgrant-scan-access-dev-ap-northeast-1",
			"CROSSGRANT_TABLE":    "crossgrant-dev-devices",
		},
	}
	if diff := cmp.Diff(expected, environments); diff != "" {
		t.Errorf("environments of the functions (-expected +found):\n%s", diff)
	}
	for id, r := range ofType(source, "AWS::Logs::LogGroup") {
		if r.Properties["RetentionInDays"] != 30.0 {
			t.Errorf("log group %s: found retention %v, expected 30 days", id, r.Properties["RetentionInDays"])
		}
	}
}

// checkDefaultRoutes checks that private subnets have default routes to the NAT, or none.
func checkDefaultRoutes(t *testing.T, source policyview.Template, egress string) {
	t.Helper()
	target := map[string]string{"nat": "NatGatewayId", "natInstance": "InstanceId"}[egress]
	routes := 0
	for id, r := range ofType(source, "AWS::EC2::Route") {
		if !strings.Contains(id, "Private") {
			continue
		}
		routes++
		if _, ok := r.Properties[target]; !ok {
			t.Errorf("route %s: found %s, expected one to %s", id, asJSON(r.Properties), target)
		}
	}
	if expected := map[string]int{"nat": 2, "natInstance": 2, "endpoints": 0}[egress]; routes != expected {
		t.Errorf("found %d default routes of private subnets, expected %d", routes, expected)
	}
}

// What forwards all requests of the functions reports its failure, also where there are no functions.
func TestNATInstanceHasAnAlarm(t *testing.T) {
	for workloads, egress := range map[string]string{"list": "natInstance", "instance": "natInstance", "scan": "nat"} {
		source := synthesize(t, map[string]any{"egress": egress, "workloads": workloads}).source
		if found := slices.Contains(names(source, "AWS::CloudWatch::Alarm", "AlarmName"), "crossgrant-dev-nat-status"); found != (egress == "natInstance") {
			t.Errorf("%s with %s: found its alarm: %t", workloads, egress, found)
		}
	}
}

// Each endpoint is a way out of the VPC, and an hour of that of STS is charged.
func TestEndpointsAreThoseThatWorkloadsNeed(t *testing.T) {
	for workloads, expected := range map[string][]string{
		"list": {"s3", "sts"}, "scan": {"dynamodb", "sts"}, "copy": {"s3", "sts"}, "trail": {"s3", "sts"}, "events": {"s3"},
		"instance": {"s3", "ssm", "ssmmessages", "sts"}, "list,scan": {"dynamodb", "s3", "sts"},
	} {
		source := synthesize(t, map[string]any{"workloads": workloads}).source
		var found []string
		for _, r := range ofType(source, "AWS::EC2::VPCEndpoint") {
			service := strings.TrimRight(asJSON(r.Properties["ServiceName"]), `"]}`)
			found = append(found, service[strings.LastIndexByte(service, '.')+1:])
			if strings.Contains(asJSON(r.Properties["PolicyDocument"]), "NoGrant") {
				t.Errorf("%s: found a closed endpoint of %s, expected none", workloads, service)
			}
		}
		slices.Sort(found)
		if !slices.Equal(found, expected) {
			t.Errorf("%s: found endpoints of %q, expected %q", workloads, found, expected)
		}
	}
}

var natInstance = map[string]any{"egress": "natInstance", "workloads": "instance", "imageId": "ami-0a1b2c3d4e5f67890", "vpcCidr": "172.16.0.0/18"}

// Instances have the image that is set, and no other.
func TestImageIsPinned(t *testing.T) {
	source := synthesize(t, natInstance).source
	instances := ofType(source, "AWS::EC2::Instance")
	for id, r := range instances {
		if r.Properties["ImageId"] != "ami-0a1b2c3d4e5f67890" {
			t.Errorf("%s: found image %s", id, asJSON(r.Properties["ImageId"]))
		}
	}
	if vpc := only(t, source, "AWS::EC2::VPC"); len(instances) != 2 || vpc.Properties["CidrBlock"] != "172.16.0.0/18" {
		t.Errorf("found %d instances in %s", len(instances), asJSON(vpc.Properties))
	}
}

func TestArchitectureComesFromTheConfiguration(t *testing.T) {
	source := synthesize(t, map[string]any{"architecture": "x86_64"}).source
	for id, r := range ofType(source, "AWS::Lambda::Function") {
		if r.Properties["FunctionName"] != nil && asJSON(r.Properties["Architectures"]) != `["x86_64"]` {
			t.Errorf("function %s: found architectures %s, expected x86_64", id, asJSON(r.Properties["Architectures"]))
		}
	}
}
