package stacks

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/proof"
	"github.com/crossgrant/crossgrant/proof/plugin"
)

const existingKeyARN = "arn:aws:kms:ap-northeast-1:222222222222:key/1234abcd-12ab-34cd-56ef-1234567890ab"

// existingData are the settings of data that is there already.
func existingData(workloads string, more map[string]any) map[string]any {
	context := map[string]any{"workloads": workloads, "dataBucket": "company-data", "dataKeyArn": existingKeyARN, "table": "company-devices", "trailBucket": "company-logs", "trailPrefix": "audit/logs"}
	for key, of := range map[string]string{"dataBucket": "list copy events", "dataKeyArn": "list copy events", "table": "scan", "trailBucket": "trail", "trailPrefix": "trail"} {
		used := false
		for _, w := range strings.Split(workloads, ",") {
			used = used || strings.Contains(of, w)
		}
		if !used {
			delete(context, key)
		}
	}
	for key, value := range more {
		context[key] = value
	}
	return context
}

// The app neither creates nor changes what is there already: only roles that may use it, by its name, with its key.
func TestExistingData(t *testing.T) {
	s := synthesize(t, existingData("list,scan,trail", nil))
	for _, resourceType := range []string{"AWS::S3::Bucket", "AWS::S3::BucketPolicy", "AWS::DynamoDB::Table", "AWS::KMS::Key", "AWS::CloudTrail::Trail"} {
		if found := len(ofType(s.target, resourceType)); found != 0 {
			t.Errorf("found %d %s in the target account, expected none", found, resourceType)
		}
	}
	if found := len(ofType(s.target, "AWS::IAM::Role")); found != 3 {
		t.Errorf("found %d roles in the target account, expected that of each workload", found)
	}
	policies := asJSON(ofType(s.target, "AWS::IAM::Policy"))
	for _, want := range []string{`company-data/inbox/*`, `"` + existingKeyARN + `"`, `table/company-devices`, `company-logs/audit/logs/AWSLogs/222222222222/CloudTrail/*`} {
		if !strings.Contains(policies, want) {
			t.Errorf("found no %s in the policies of the roles:\n%s", want, policies)
		}
	}
}

// The log files of a trail without a prefix are right in the bucket.
func TestExistingTrailBucketWithoutPrefix(t *testing.T) {
	s := synthesize(t, map[string]any{"workloads": "trail", "trailBucket": "company-logs"})
	if policies := asJSON(ofType(s.target, "AWS::IAM::Policy")); !strings.Contains(policies, `company-logs/AWSLogs/222222222222/CloudTrail/*`) {
		t.Errorf("found no log files in the policies of the role:\n%s", policies)
	}
}

// Events of a bucket that is there already come by the same rule; CDK's function that would switch them on is not there.
func TestExistingBucketOfEvents(t *testing.T) {
	s := synthesize(t, existingData("events", map[string]any{"eventsTo": "list"}))
	if rules := asJSON(ofType(s.target, "AWS::Events::Rule")); !strings.Contains(rules, `"company-data"`) {
		t.Errorf("found no rule for the bucket:\n%s", rules)
	}
	if found := len(ofType(s.target, "Custom::S3BucketNotifications")) + len(ofType(s.target, "AWS::Lambda::Function")); found != 0 {
		t.Errorf("found %d resources that switch events on, expected none", found)
	}
}

// statementsAdded accepts that what is there already is undecided, as far as the facts say nothing of it, and nothing else.
func TestStatementsAddedAcceptsWhatIsThereAlready(t *testing.T) {
	endpoints := existingVpc("list", map[string]any{"s3EndpointId": "vpce-0a1b2c3d4e5f67890", "stsEndpointId": "vpce-1a1b2c3d4e5f67890", "dataBucket": "company-data", "dataKeyArn": existingKeyARN})
	for name, c := range map[string]struct {
		more map[string]any
		want string // what synthesis fails for; "" for nothing
	}{
		"the endpoints, the bucket and its key": {map[string]any{"statementsAdded": true}, ""},
		"not a boundary":                        {map[string]any{"statementsAdded": true, "permissionsBoundary": "company"}, "crossgrant::Undecided-policy-company"},
	} {
		t.Run(name, func(t *testing.T) {
			all := maps.Clone(endpoints)
			maps.Copy(all, c.more)
			all = settings(t, all)
			config, err := ReadConfig(all)
			if err != nil {
				t.Fatal(err)
			}
			app := awscdk.NewApp(&awscdk.AppProps{Outdir: jsii.String(t.TempDir()), Context: &all})
			NewSourceStack(app, config, compiled(t, config.Architecture), NewTargetStack(app, config))
			plugin.Register(app, proof.Options{})
			defer func() {
				report, err := os.ReadFile(filepath.Join(*app.Outdir(), "validation-report.json"))
				if err != nil {
					t.Fatal(err)
				}
				failed := recover() != nil
				if failed != (c.want != "") || !strings.Contains(string(report), strings.TrimPrefix(c.want, "crossgrant::")) || strings.Contains(string(report), "AcknowledgesNothing") {
					t.Errorf("found failure %v, expected %q, in\n%s", failed, c.want, report)
				}
			}()
			app.Synth(nil)
		})
	}
}

// What the policy of a bucket or a key that is there already needs, synthesis says, until statementsAdded.
func TestExistingDataNeedsStatements(t *testing.T) {
	for name, c := range map[string]struct {
		context map[string]any
		want    string
	}{
		"events that copy":       {existingData("events", nil), "the policy of bucket CrossGrant-Target/Data, which this app cannot change. Add this statement to it"},
		"their key":              {existingData("events", nil), "the policy of key CrossGrant-Target/ExistingDataKey, which this app cannot change. Add this statement to it"},
		"a perimeter on buckets": {existingData("list", map[string]any{"perimeter": "bucket", "administrators": "arn:aws:iam::222222222222:role/admin"}), `"Sid":"CrossGrantPerimeter"`},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if text, _ := recover().(error); text == nil || !strings.Contains(text.Error(), c.want) {
					t.Errorf("found %v, expected %s", text, c.want)
				}
				c.context["statementsAdded"] = true
				synthesize(t, c.context)
			}()
			synthesize(t, c.context)
		})
	}
}
