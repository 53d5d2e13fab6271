package stacks

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// statements returns the statements of a template, one text each with its lines joined by spaces, whose text has all of the parts.
func statements(view string, parts ...string) (all []string) {
	text := strings.NewReplacer(" Allow ", "\nAllow ", " Deny ", "\nDeny ").Replace(strings.Join(strings.Fields(view), " "))
	for _, statement := range strings.Split(text, "\n")[1:] {
		if !slices.ContainsFunc(parts, func(part string) bool { return !strings.Contains(statement, part) }) {
			all = append(all, statement)
		}
	}
	return all
}

// Every role that trusts the source account asks for the external ID, and everything that the source account may do for its organization.
func TestTargetAccountRequiresWhatIsSet(t *testing.T) {
	a := synthesize(t, map[string]any{"externalId": "crossgrant-2026", "organizationId": "o-a1b2c3d4e5", "sessionSeconds": 900.0})
	const root, organization = "principal AWS arn:aws:iam::111111111111:root", "StringEquals aws:PrincipalOrgID: o-a1b2c3d4e5"
	for _, s := range statements(a.target.View(), root) {
		if !strings.Contains(s, organization) {
			t.Errorf("found no organization in: %s", s)
		}
	}
	// Events reads the bucket directly, without a role to assume.
	if roles := statements(a.target.View(), root, organization, "StringEquals sts:ExternalId: crossgrant-2026"); len(roles) != 5 {
		t.Errorf("found %d trust policies with the external ID, expected those of list, scan, copy, trail and instance: %q", len(roles), roles)
	}
	for _, name := range []string{"list", "scan", "copy", "trail"} {
		variables := environment(t, a.source, "crossgrant-dev-"+name).(map[string]any)
		if variables["CROSSGRANT_EXTERNAL_ID"] != "crossgrant-2026" || variables["CROSSGRANT_SESSION_SECONDS"] != "900" {
			t.Errorf("%s: found variables %v, expected the external ID and the duration", name, variables)
		}
	}
}

// A perimeter on roles lets what a trusted role may do on a bucket only through the source account's endpoints, and denies nothing. The table's role
// has none, since DynamoDB does not say whose endpoint it is.
func TestPerimeterOfEndpoints(t *testing.T) {
	view := synthesize(t, map[string]any{"perimeter": "endpoints"}).target.View()
	const perimeter = "StringEquals aws:VpceAccount: 111111111111"
	for _, s := range statements(view, "Allow ", "resource arn:aws:s3:::", "action s3:") {
		if !strings.Contains(s, "principal") && !strings.Contains(s, perimeter) { // of a role
			t.Errorf("found no perimeter in: %s", s)
		}
	}
	for bucket, most := range map[string]int{ // two each of list and copy, of events, of trail, and one of instance
		"{Data}.Arn": 4, "arn:aws:s3:::crossgrant-dev-222222222222-ap-northeast-1": 2, "{Trail/Bucket}.Arn": 2, "{Uploads}.Arn": 1,
	} {
		if inside := statements(view, "Allow ", bucket, perimeter); len(inside) < most {
			t.Errorf("found %d statements on %s inside the perimeter, expected %d: %q", len(inside), bucket, most, inside)
		}
	}
	if inside := statements(view, "Allow ", perimeter); len(inside) < 5 {
		t.Errorf("found %d statements inside the perimeter, expected those of list, copy, trail, instance and events", len(inside))
	}
	if denied := statements(view, "Deny ", "Perimeter"); len(denied) > 0 {
		t.Errorf("found %q, expected nothing denied", denied)
	}
	if table := statements(view, "action dynamodb:", "aws:Vpce"); len(table) > 0 {
		t.Errorf("found %q, expected no perimeter around the table", table)
	}
}

// A perimeter on buckets denies the data of each to everybody outside, but to the named administrators.
func TestPerimeterOfBuckets(t *testing.T) {
	view := synthesize(t, map[string]any{"perimeter": "bucket", "administrators": "arn:aws:iam::222222222222:role/admin"}).target.View()
	denied := statements(view, "Deny CrossGrantPerimeter", "StringNotEqualsIfExists aws:VpceAccount: 111111111111", "ArnNotLikeIfExists aws:PrincipalArn:", "arn:aws:iam::222222222222:role/admin")
	for _, bucket := range []string{"resource {Data}.Arn", "resource {Trail/Bucket}.Arn", "resource {Uploads}.Arn"} {
		if n := len(slices.DeleteFunc(slices.Clone(denied), func(s string) bool { return !strings.Contains(s, bucket) })); n != 1 {
			t.Errorf("bucket %s: found %d statements that deny its data outside the perimeter, expected 1, in %q", bucket, n, denied)
		}
	}
}

func TestLifecycleRules(t *testing.T) {
	target := synthesize(t, map[string]any{"workloads": "list,trail", "noncurrentVersionDays": 30.0, "incompleteUploadDays": 1.0, "trailLogDays": 400.0}).target
	buckets := named(target, "AWS::S3::Bucket", "BucketName")
	for name, rules := range map[string][]any{
		"crossgrant-dev-222222222222-ap-northeast-1": {
			map[string]any{"Status": "Enabled", "AbortIncompleteMultipartUpload": map[string]any{"DaysAfterInitiation": 1.0}},
			map[string]any{"Status": "Enabled", "NoncurrentVersionExpiration": map[string]any{"NoncurrentDays": 30.0}, "ExpiredObjectDeleteMarker": true},
		},
		"crossgrant-dev-trail-222222222222-ap-northeast-1": {
			map[string]any{"Status": "Enabled", "ExpirationInDays": 400.0, "NoncurrentVersionExpiration": map[string]any{"NoncurrentDays": 400.0}},
		},
	} {
		if diff := cmp.Diff(any(map[string]any{"Rules": rules}), buckets[name].Properties["LifecycleConfiguration"]); diff != "" {
			t.Errorf("%s (-expected +found):\n%s", name, diff)
		}
	}
}

func TestPathOfTheAPI(t *testing.T) {
	route := only(t, synthesize(t, map[string]any{"workloads": "scan", "apiPath": "/hello"}).source, "AWS::ApiGatewayV2::Route")
	if key := route.Properties["RouteKey"]; key != "GET /hello" {
		t.Errorf("found %v, expected GET /hello", key)
	}
}

// Everything that a user looks for in a deployed stack is an output, with a description.
func TestOutputsAreDescribed(t *testing.T) {
	a := synthesize(t, nil)
	found := map[string][]string{}
	for stack, template := range map[string]map[string]any{"source": outputs(t, a, SourceID), "target": outputs(t, a, TargetID)} {
		for name, output := range template {
			if output.(map[string]any)["Description"] == nil {
				t.Errorf("%s: output %s has no description", stack, name)
			}
			found[stack] = append(found[stack], name)
		}
		slices.Sort(found[stack])
	}
	expected := map[string][]string{
		"source": {"AlarmTopicArn", "CopyFailedQueueUrl", "CopyFunctionName", "DashboardName", "EventsFailedQueueUrl", "EventsFunctionName", "InstanceId", "ItemsArn",
			"ItemsUrl", "ListFunctionName", "NatAddress", "OriginBucketName", "ReceivedBucketName", "ScanFunctionName", "TrailFailedQueueUrl", "TrailFunctionName", "VpcId"},
		"target": {"AlarmTopicArn", "BucketName", "CopyRoleArn", "EventsUnsentQueueUrl", "InstanceRoleArn", "ListRoleArn", "ScanRoleArn", "TableName", "TrailBucketName",
			"TrailRoleArn", "UploadsBucketName"},
	}
	if diff := cmp.Diff(expected, found); diff != "" {
		t.Errorf("outputs (-expected +found):\n%s", diff)
	}
}

// The commands of docs/workloads.md read outputs that the stacks have, and no names of one stage.
func TestCommandsReadOutputs(t *testing.T) {
	document, err := os.ReadFile("../docs/workloads.md")
	if err != nil {
		t.Fatal(err)
	}
	a := synthesize(t, map[string]any{"copyScale": "distributedMap"})
	all := map[string]map[string]any{"source": outputs(t, a, SourceID), "target": outputs(t, a, TargetID)}
	read := regexp.MustCompile(`(source|target)_output ([A-Za-z]+)`).FindAllStringSubmatch(string(document), -1)
	if len(read) < 9 {
		t.Errorf("found %d outputs read, expected those of every workload", len(read))
	}
	for _, one := range read {
		if all[one[1]][one[2]] == nil {
			t.Errorf("found a command that reads output %s of the %s stack, which it does not have", one[2], one[1])
		}
	}
	if name := regexp.MustCompile(`crossgrant-dev\S*`).FindString(string(document)); name != "" {
		t.Errorf("found %s, a name of one stage", name)
	}
}
