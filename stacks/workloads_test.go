package stacks

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crossgrant/crossgrant/internal/policyview"
)

// named returns the resources of a type, by the property with their name.
func named(template policyview.Template, resourceType, property string) map[string]policyview.Resource {
	found := map[string]policyview.Resource{}
	for _, r := range ofType(template, resourceType) {
		if name, ok := r.Properties[property].(string); ok {
			found[name] = r
		}
	}
	return found
}

// names returns the sorted physical names of all resources of a type.
func names(template policyview.Template, resourceType, property string) []string {
	return slices.Sorted(maps.Keys(named(template, resourceType, property)))
}

// function returns the function of a name.
func function(t *testing.T, template policyview.Template, name string) map[string]any {
	t.Helper()
	f, ok := named(template, "AWS::Lambda::Function", "FunctionName")[name]
	if !ok {
		t.Fatalf("found functions %q, expected %s", names(template, "AWS::Lambda::Function", "FunctionName"), name)
	}
	return f.Properties
}

func environment(t *testing.T, template policyview.Template, name string) any {
	t.Helper()
	return function(t, template, name)["Environment"].(map[string]any)["Variables"]
}

// deadLetterQueue returns the name of a function's dead-letter queue; nil if it has none.
func deadLetterQueue(t *testing.T, template policyview.Template, name string) any {
	t.Helper()
	configured, ok := function(t, template, name)["DeadLetterConfig"].(map[string]any)
	if !ok {
		return nil
	}
	queue := configured["TargetArn"].(map[string]any)["Fn::GetAtt"].([]any)[0].(string)
	return template.Resources[queue].Properties["QueueName"]
}

// The copy function has Lambda's longest timeout, and a dead-letter queue.
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
func TestCopyHasAnOriginAndTheLongestTimeout(t *testing.T) {
	source := synthesize(t, map[string]any{"workloads": "copy", "copyPartMiB": "64"}).source
	expected := map[string]any{
		"CROSSGRANT_ROLE_ARN":      "arn:aws:iam::222222222222:role/crossgrant-copy-access-dev-ap-northeast-1",
		"CROSSGRANT_ORIGIN_BUCKET": "crossgrant-dev-origin-111111111111-ap-northeast-1",
		"CROSSGRANT_BUCKET":        "crossgrant-dev-222222222222-ap-northeast-1",
		"CROSSGRANT_COPY_PREFIXES": `["inbox/","reports/"]`,
		"CROSSGRANT_COPY_PART_MIB": "64",
	}
	if diff := cmp.Diff(expected, environment(t, source, "crossgrant-dev-copy")); diff != "" {
		t.Errorf("environment (-expected +found):\n%s", diff)
	}
	if timeout := function(t, source, "crossgrant-dev-copy")["Timeout"]; timeout != 900.0 {
		t.Errorf("found timeout %v, expected 900 s", timeout)
	}
	if queue := deadLetterQueue(t, source, "crossgrant-dev-copy"); queue != "crossgrant-dev-copy-failed" {
		t.Errorf("found dead-letter queue %v", queue)
	}
	origin := named(source, "AWS::S3::Bucket", "BucketName")["crossgrant-dev-origin-111111111111-ap-northeast-1"].Properties
	key, _ := origin["BucketEncryption"].(map[string]any)["ServerSideEncryptionConfiguration"].([]any)[0].(map[string]any)["ServerSideEncryptionByDefault"].(map[string]any)["KMSMasterKeyID"].(map[string]any)["Fn::GetAtt"].([]any)
	if diff := cmp.Diff(closedBucket("crossgrant-dev-origin-111111111111-ap-northeast-1", key[0].(string)), origin); diff != "" {
		t.Errorf("origin (-expected +found):\n%s", diff)
	}
	if source.Resources[key[0].(string)].Properties["EnableKeyRotation"] != true {
		t.Error("found a key without rotation")
	}
}

// CloudTrail puts an account's files under AWSLogs/ACCOUNT/CloudTrail/.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-find-log-files.html
func TestTrailReadsTheLogsOfOneAccount(t *testing.T) {
	source := synthesize(t, map[string]any{"workloads": "trail"}).source
	expected := map[string]any{
		"CROSSGRANT_ROLE_ARN": "arn:aws:iam::222222222222:role/crossgrant-trail-access-dev-ap-northeast-1",
		"CROSSGRANT_BUCKET":   "crossgrant-dev-trail-222222222222-ap-northeast-1",
		"CROSSGRANT_PREFIXES": `["AWSLogs/222222222222/CloudTrail/"]`,
	}
	if diff := cmp.Diff(expected, environment(t, source, "crossgrant-dev-trail")); diff != "" {
		t.Errorf("environment (-expected +found):\n%s", diff)
	}
	if queue := deadLetterQueue(t, source, "crossgrant-dev-trail"); queue != "crossgrant-dev-trail-failed" {
		t.Errorf("found dead-letter queue %v", queue)
	}
}

func TestTrailOnlyIfConfigured(t *testing.T) {
	for setting, expected := range map[string][]string{"false": nil, "true": {"crossgrant-dev-trail-ap-northeast-1"}} {
		target := synthesize(t, map[string]any{"workloads": "trail", "createTrail": setting}).target
		if found := names(target, "AWS::CloudTrail::Trail", "TrailName"); !slices.Equal(found, expected) {
			t.Errorf("createTrail=%s: found trails %q, expected %q", setting, found, expected)
		}
	}
}

// The instance's subnet has routes to the gateway endpoints only, whatever the egress mode of the functions.
func TestInstanceHasAProfileAndNoDefaultRoute(t *testing.T) {
	for setting, sessions := range map[string]bool{"true": true, "false": false} {
		t.Run("sessionManager="+setting, func(t *testing.T) {
			source := synthesize(t, map[string]any{"workloads": "instance", "sessionManager": setting}).source
			instance := only(t, source, "AWS::EC2::Instance").Properties
			subnet := instance["SubnetId"].(map[string]any)["Ref"].(string)
			if tags := asJSON(source.Resources[subnet].Properties["Tags"]); !strings.Contains(tags, `{"Key":"aws-cdk:subnet-name","Value":"Isolated"}`) {
				t.Errorf("found subnet %s with tags %s", subnet, tags)
			}
			defaultRoutes := map[string]bool{}
			for _, route := range ofType(source, "AWS::EC2::Route") {
				defaultRoutes[asJSON(route.Properties["RouteTableId"])] = true
			}
			tables := 0
			for _, r := range ofType(source, "AWS::EC2::SubnetRouteTableAssociation") {
				if asJSON(r.Properties["SubnetId"]) == `{"Ref":"`+subnet+`"}` {
					if tables++; defaultRoutes[asJSON(r.Properties["RouteTableId"])] {
						t.Errorf("found a route in table %s, expected none except to the gateway endpoints", asJSON(r.Properties["RouteTableId"]))
					}
				}
			}
			if tables != 1 || len(defaultRoutes) != 4 {
				t.Errorf("found %d tables of the subnet, and %d with routes, expected 1, and the private and public ones", tables, len(defaultRoutes))
			}
			const profile = "      [profile crossgrant]\n" +
				"      role_arn = arn:aws:iam::222222222222:role/crossgrant-instance-access-dev-ap-northeast-1\n" +
				"      credential_source = Ec2InstanceMetadata\n" +
				"      region = ap-northeast-1\n"
			if data, _ := instance["UserData"].(map[string]any)["Fn::Base64"].(string); strings.Count(data, profile) != 3 || !strings.HasPrefix(data, "#cloud-config\n") {
				t.Errorf("found user data %s, expected the profile for ec2-user, root, and users created later", data)
			}
			var services []string
			for _, r := range ofType(source, "AWS::EC2::VPCEndpoint") {
				if name, ok := r.Properties["ServiceName"].(string); ok && r.Properties["VpcEndpointType"] == "Interface" {
					services = append(services, name)
				}
			}
			slices.Sort(services)
			var sessionPolicies []string
			for id, r := range ofType(source, "AWS::IAM::Policy") {
				if strings.Contains(asJSON(r.Properties), "ssmmessages:OpenDataChannel") {
					sessionPolicies = append(sessionPolicies, id)
				}
			}
			expected := []string{"com.amazonaws.ap-northeast-1.sts"}
			if sessions {
				expected = []string{"com.amazonaws.ap-northeast-1.ssm", "com.amazonaws.ap-northeast-1.ssmmessages", "com.amazonaws.ap-northeast-1.sts"}
			}
			if !slices.Equal(services, expected) || (len(sessionPolicies) == 1) != sessions {
				t.Errorf("found endpoints %q and session permissions in %q, expected %q", services, sessionPolicies, expected)
			}
		})
	}
}

// The function has the program of copy or of list. If it copies to a bucket of its own account, it assumes no role.
func TestEventsAreCopiedOrListed(t *testing.T) {
	for to, c := range map[string]struct {
		program     string // the function that has the same code
		environment map[string]any
		received    bool
	}{
		"copy": {"crossgrant-dev-copy", map[string]any{
			"CROSSGRANT_ACCESS": "Direct", "CROSSGRANT_BUCKET": "crossgrant-dev-222222222222-ap-northeast-1", "CROSSGRANT_PREFIXES": `["inbox/","reports/"]`,
			"CROSSGRANT_COPY_PART_MIB": "256", "CROSSGRANT_DESTINATION_BUCKET": "crossgrant-dev-received-111111111111-ap-northeast-1",
		}, true},
		"list": {"crossgrant-dev-list", map[string]any{
			"CROSSGRANT_ROLE_ARN": "arn:aws:iam::222222222222:role/crossgrant-events-access-dev-ap-northeast-1",
			"CROSSGRANT_BUCKET":   "crossgrant-dev-222222222222-ap-northeast-1", "CROSSGRANT_PREFIXES": `["inbox/","reports/"]`,
		}, false},
	} {
		t.Run(to, func(t *testing.T) {
			source := synthesize(t, map[string]any{"workloads": "list,copy,events", "eventsTo": to}).source
			for _, other := range []string{"crossgrant-dev-copy", "crossgrant-dev-list"} {
				same := asJSON(function(t, source, "crossgrant-dev-events")["Code"]) == asJSON(function(t, source, other)["Code"])
				if same != (other == c.program) {
					t.Errorf("found the code of %s: %t, expected that of %s", other, same, c.program)
				}
			}
			found := environment(t, source, "crossgrant-dev-events").(map[string]any)
			if destination, ok := found["CROSSGRANT_DESTINATION_BUCKET"].(map[string]any); ok {
				found["CROSSGRANT_DESTINATION_BUCKET"] = source.Resources[destination["Ref"].(string)].Properties["BucketName"]
			}
			if diff := cmp.Diff(c.environment, found); diff != "" {
				t.Errorf("environment (-expected +found):\n%s", diff)
			}
			if _, received := named(source, "AWS::S3::Bucket", "BucketName")["crossgrant-dev-received-111111111111-ap-northeast-1"]; received != c.received {
				t.Errorf("found the bucket of received objects: %t, expected %t", received, c.received)
			}
			mapping := only(t, source, "AWS::Lambda::EventSourceMapping").Properties
			if asJSON(mapping["FunctionResponseTypes"]) != `["ReportBatchItemFailures"]` {
				t.Errorf("found mapping %s", asJSON(mapping))
			}
		})
	}
}

func TestAPIAuthorization(t *testing.T) {
	for setting, expected := range map[string]string{"iam": "AWS_IAM", "none": "NONE"} {
		source := synthesize(t, map[string]any{"workloads": "scan", "apiAuthorization": setting}).source
		route := only(t, source, "AWS::ApiGatewayV2::Route").Properties
		if route["AuthorizationType"] != expected || route["RouteKey"] != "GET /items" {
			t.Errorf("apiAuthorization=%s: found %s, expected %s", setting, asJSON(route), expected)
		}
	}
}
