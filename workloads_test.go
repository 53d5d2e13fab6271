package main

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crossgrant/crossgrant/assembly/facts"
	"github.com/crossgrant/crossgrant/proof"
)

// resourceNames are the names of a template's resources that cost money or hold data, and of the roles that other accounts assume.
type resourceNames struct{ Functions, Buckets, Tables, Instances, Queues, TargetRoles []string }

// scenarios is where the assembly of each scenario is left for `make mutants`.
const scenarios = ".build/scenarios"

// Each scenario by itself is proved, some with requirements of the target account, and has what it needs and nothing of the others. With list and scan, each egress is one; their parts
// are not kept for the mutants, which would break the same again.
func TestEachScenario(t *testing.T) {
	const data = "crossgrant-dev-222222222222-ap-northeast-1"
	if err := os.RemoveAll(scenarios); err != nil {
		t.Fatal(err)
	}
	app := filepath.Join(t.TempDir(), "app")
	if printed, err := exec.Command("go", "build", "-o", app, ".").CombinedOutput(); err != nil {
		t.Fatalf("build the app: %v\n%s", err, printed)
	}
	logs := factsOfDocument(t, "docs/facts.md")
	listAndScan := resourceNames{Functions: []string{"crossgrant-dev-list", "crossgrant-dev-scan"}}
	listedAndScanned := resourceNames{Buckets: []string{data}, Tables: []string{"crossgrant-dev-devices"},
		TargetRoles: []string{"crossgrant-list-access-dev-ap-northeast-1", "crossgrant-scan-access-dev-ap-northeast-1"}}
	for name, c := range map[string]struct {
		args           []string
		source, target resourceNames
	}{
		"nat": {[]string{"-c", "workloads=list,scan", "-c", "egress=nat"}, listAndScan, listedAndScanned},
		"natInstance": {[]string{"-c", "workloads=list,scan", "-c", "egress=natInstance"},
			resourceNames{Functions: listAndScan.Functions, Instances: []string{"CrossGrant-Source/Network/NATInstanceA68487677"}}, listedAndScanned},
		"endpoints": {[]string{"-c", "workloads=list,scan", "-c", "egress=endpoints"}, listAndScan, listedAndScanned},
		"list": {[]string{"-c", "workloads=list"},
			resourceNames{Functions: []string{"crossgrant-dev-list"}},
			resourceNames{Buckets: []string{data}, TargetRoles: []string{"crossgrant-list-access-dev-ap-northeast-1"}}},
		"scan": {[]string{"-c", "workloads=scan"},
			resourceNames{Functions: []string{"crossgrant-dev-scan"}},
			resourceNames{Tables: []string{"crossgrant-dev-devices"}, TargetRoles: []string{"crossgrant-scan-access-dev-ap-northeast-1"}}},
		"copy": {[]string{"-c", "workloads=copy", "-c", "egress=endpoints", "-c", "perimeter=bucket", "-c", "administrators=arn:aws:iam::222222222222:role/admin",
			"-c", "copyScale=distributedMap", "-c", "copyInventory=parquet", "-c", "copySchedule=rate(1 day)"},
			resourceNames{
				Functions: []string{"crossgrant-dev-copy"}, Queues: []string{"crossgrant-dev-copy-failed"},
				Buckets: []string{"crossgrant-dev-copy-runs-111111111111-ap-northeast-1", "crossgrant-dev-origin-111111111111-ap-northeast-1"},
			},
			resourceNames{Buckets: []string{data}, TargetRoles: []string{"crossgrant-copy-access-dev-ap-northeast-1"}}},
		"existing": {[]string{"-c", "workloads=list,scan", "-c", "vpcId=vpc-0a1b2c3d4e5f67890", "-c", "privateSubnets=ap-northeast-1a/subnet-0a1b2c3d4e5f6789a/rtb-0a1b2c3d4e5f6789a," +
			"ap-northeast-1c/subnet-0a1b2c3d4e5f6789c/rtb-0a1b2c3d4e5f6789c"},
			listAndScan, listedAndScanned},
		"trail": {[]string{"-c", "workloads=trail", "-c", "egress=endpoints", "-c", "createTrail=true", "-c", "perimeter=endpoints", "-c", "organizationId=o-a1b2c3d4e5"},
			resourceNames{Functions: []string{"crossgrant-dev-trail"}, Queues: []string{"crossgrant-dev-trail-failed"}},
			resourceNames{Buckets: []string{"crossgrant-dev-trail-222222222222-ap-northeast-1"}, TargetRoles: []string{"crossgrant-trail-access-dev-ap-northeast-1"}}},
		"existing-logs": {[]string{"-c", "workloads=trail", "-c", "egress=endpoints", "-c", "trailBucket=company-logs", "-c", "trailPrefix=audit", "-c", "facts=" + logs},
			resourceNames{Functions: []string{"crossgrant-dev-trail"}, Queues: []string{"crossgrant-dev-trail-failed"}},
			resourceNames{TargetRoles: []string{"crossgrant-trail-access-dev-ap-northeast-1"}}},
		"instance": {[]string{"-c", "workloads=instance", "-c", "egress=endpoints"},
			resourceNames{Instances: []string{"crossgrant-dev-instance"}},
			resourceNames{Buckets: []string{"crossgrant-dev-uploads-222222222222-ap-northeast-1"}, TargetRoles: []string{"crossgrant-instance-access-dev-ap-northeast-1"}}},
		"events": {[]string{"-c", "workloads=events", "-c", "egress=endpoints"},
			resourceNames{
				Functions: []string{"crossgrant-dev-events"}, Buckets: []string{"crossgrant-dev-received-111111111111-ap-northeast-1"},
				Queues: []string{"crossgrant-dev-events", "crossgrant-dev-events-failed"},
			},
			resourceNames{Buckets: []string{data}, Queues: []string{"crossgrant-dev-events-unsent"}, TargetRoles: []string{"crossgrant-events-rule-dev-ap-northeast-1"}}},
		"events-list": {[]string{"-c", "workloads=events", "-c", "egress=endpoints", "-c", "eventsTo=list", "-c", "externalId=crossgrant-2026", "-c", "sessionSeconds=900"},
			resourceNames{Functions: []string{"crossgrant-dev-events"}, Queues: []string{"crossgrant-dev-events", "crossgrant-dev-events-failed"}},
			resourceNames{
				Buckets: []string{data}, Queues: []string{"crossgrant-dev-events-unsent"},
				TargetRoles: []string{"crossgrant-events-access-dev-ap-northeast-1", "crossgrant-events-rule-dev-ap-northeast-1"},
			}},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := filepath.Abs(filepath.Join(scenarios, name))
			if err != nil {
				t.Fatal(err)
			}
			if name == "list" || name == "scan" {
				out = filepath.Join(t.TempDir(), "cdk.out")
			}
			synth(t, ".", nil, slices.Concat([]string{"--quiet", "--app", app, "--output", out}, placeholders, c.args)...)
			var known proof.Options
			if i := slices.Index(c.args, "facts="+logs); i >= 0 {
				if known.Facts, err = facts.Read(logs); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(out, "facts.json"), []byte(file(t, logs)), 0o600); err != nil { // for the mutants
					t.Fatal(err)
				}
			}
			agrees(t, out, known)
			deployable(t, out)
			if diff := cmp.Diff(c.source, deployed(t, filepath.Join(out, "CrossGrant-Source.template.json"))); diff != "" {
				t.Errorf("source account (-expected +found):\n%s", diff)
			}
			if diff := cmp.Diff(c.target, deployed(t, filepath.Join(out, "CrossGrant-Target.template.json"))); diff != "" {
				t.Errorf("target account (-expected +found):\n%s", diff)
			}
		})
	}
}

// factsOfDocument is a file with the facts that a document has.
func factsOfDocument(t *testing.T, document string) string {
	t.Helper()
	_, rest, _ := strings.Cut(file(t, document), "```json\n{\n  \"version\": 1,\n")
	rest = "{\n  \"version\": 1,\n" + rest
	text, _, _ := strings.Cut(rest, "```")
	path := filepath.Join(t.TempDir(), "facts.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// The command of docs/facts.md is proved, and undecided without its last line.
func TestFactsOfTheDocument(t *testing.T) {
	_, rest, _ := strings.Cut(file(t, "docs/facts.md"), "npx cdk synth ")
	command, _, _ := strings.Cut(rest, "\n```")
	args := strings.Fields(strings.ReplaceAll(command, "\\\n", " "))
	if last := args[len(args)-1]; last != "facts=facts.json" {
		t.Fatalf("found last argument %s", last)
	}
	without := args[:len(args)-2]
	args[len(args)-1] = "facts=" + factsOfDocument(t, "docs/facts.md")
	for verdict, args := range map[proof.Verdict][]string{proof.Proved: args, proof.Undecided: without} {
		if testing.Short() && verdict == proof.Proved {
			continue // as is the scenario existing-logs
		}
		out := filepath.Join(t.TempDir(), "cdk.out")
		printed, err := exec.Command("npx", forMachine(slices.Concat([]string{"cdk", "synth", "--output", out}, placeholders, args))...).CombinedOutput()
		if (err == nil) != (verdict == proof.Proved) {
			t.Errorf("found %v, expected that synthesis is %s:\n%s", err, verdict, printed)
		}
		if want := `under resources, "arn:aws:s3:::company-logs" with account, region, policy, kmsKey, publicAccessBlock, objectOwnership`; verdict == proof.Undecided && !strings.Contains(strings.Join(strings.Fields(string(printed)), " "), want) {
			t.Errorf("found no %s in:\n%s", want, printed)
		}
	}
}

// deployed reads a template. It omits roles of the source account, which no other account assumes.
func deployed(t *testing.T, path string) (p resourceNames) {
	t.Helper()
	var template struct {
		Resources map[string]struct {
			Type       string
			Properties struct {
				FunctionName, BucketName, TableName, QueueName, RoleName any
				Tags                                                     json.RawMessage
			}
		}
	}
	if err := json.Unmarshal([]byte(file(t, path)), &template); err != nil {
		t.Fatal(err)
	}
	add := func(names *[]string, name any) {
		text, _ := name.(string) // empty if there is none, or if CloudFormation generates it
		*names = append(*names, text)
	}
	for _, id := range slices.Sorted(maps.Keys(template.Resources)) {
		switch r := template.Resources[id]; r.Type {
		case "AWS::Lambda::Function":
			if r.Properties.FunctionName != nil { // unlike CDK's own
				add(&p.Functions, r.Properties.FunctionName)
			}
		case "AWS::S3::Bucket":
			add(&p.Buckets, r.Properties.BucketName)
		case "AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable":
			add(&p.Tables, r.Properties.TableName)
		case "AWS::SQS::Queue":
			add(&p.Queues, r.Properties.QueueName)
		case "AWS::IAM::Role":
			if filepath.Base(path) == "CrossGrant-Target.template.json" {
				add(&p.TargetRoles, r.Properties.RoleName)
			}
		case "AWS::EC2::Instance":
			add(&p.Instances, tag(t, r.Properties.Tags, "Name"))
		}
	}
	for _, names := range []*[]string{&p.Functions, &p.Buckets, &p.Tables, &p.Instances, &p.Queues, &p.TargetRoles} {
		slices.Sort(*names)
	}
	return p
}

func tag(t *testing.T, tags json.RawMessage, key string) any {
	t.Helper()
	var all []struct{ Key, Value string }
	if err := json.Unmarshal(tags, &all); err != nil {
		t.Fatal(err)
	}
	for _, one := range all {
		if one.Key == key {
			return one.Value
		}
	}
	return nil
}
