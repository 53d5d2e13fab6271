package facts_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/accounts"
	"github.com/crossgrant/crossgrant/assembly/facts"
	"github.com/crossgrant/crossgrant/policy"
)

// schemaRefuses returns why the schema refuses a file; nil if it accepts it.
func schemaRefuses(t *testing.T, text []byte) error {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(facts.Schema))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource(facts.SchemaFileName, document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile(facts.SchemaFileName)
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return err
	}
	return schema.Validate(value)
}

const allow = `{"Version": "2012-10-17", "Statement": [{"Sid": "All", "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}`

// every has each kind of resource, and each field.
var every = `{
  "$schema": "facts.schema.json",
  "version": 1,
  "resources": {
    "arn:aws:s3:::lake": {"account": "222222222222", "region": "eu-west-1", "policy": ` + allow + `, "kmsKey": "arn:aws:kms:eu-west-1:222222222222:key/1234abcd", "bucketKey": true,
      "publicAccessBlock": {"BlockPublicAcls": true, "RestrictPublicBuckets": true}, "objectOwnership": "ObjectWriter", "eventBridge": true},
    "arn:aws:s3:::plain.lake": {"account": "222222222222", "region": "eu-west-1", "policy": null, "kmsKey": null, "publicAccessBlock": null, "objectOwnership": "BucketOwnerEnforced"},
    "arn:aws:s3:eu-west-1:222222222222:accesspoint/point": {"policy": ` + allow + `, "bucket": "lake", "bucketAccount": "222222222222", "vpc": "vpc-1", "publicAccessBlock": {"BlockPublicAcls": true}},
    "arn:aws:dynamodb:eu-west-1:222222222222:table/shop": {"policy": ` + allow + `, "kmsKey": "alias/aws/dynamodb"},
    "arn:aws:dynamodb:eu-west-1:222222222222:table/keyed": {"policy": null, "kmsKey": "arn:aws:kms:eu-west-1:222222222222:key/1234abcd"},
    "arn:aws:kms:eu-west-1:222222222222:key/1234abcd": {"policy": ` + allow + `, "enabled": false, "grants": [{"GrantId": "ab12", "KeyId": "arn:aws:kms:eu-west-1:222222222222:key/1234abcd", "GranteePrincipal": "arn:aws:iam::111111111111:role/reader",
      "CreationDate": 1.5, "Operations": ["Decrypt", "DescribeKey"], "Constraints": {"EncryptionContextSubset": {"a": "b"}}},
      {"GrantId": "cd34", "GranteeServicePrincipal": "dynamodb.eu-west-1.amazonaws.com", "Operations": ["Decrypt"]}]},
    "arn:aws:sqs:eu-west-1:222222222222:jobs.fifo": {"policy": ` + allow + `, "kmsKey": "arn:aws:kms:eu-west-1:222222222222:alias/aws/sqs"},
    "arn:aws:sns:eu-west-1:222222222222:news": {"policy": ` + allow + `, "kmsKey": null},
    "arn:aws:secretsmanager:eu-west-1:222222222222:secret:a/b-AbCd12": {"policy": ` + allow + `, "kmsKey": "alias/aws/secretsmanager"},
    "arn:aws:iam::222222222222:role/team/app": {"trust": ` + allow + `, "policies": {"one": ` + allow + `}, "managedPolicies": ["arn:aws:iam::aws:policy/Own"],
      "boundary": "arn:aws:iam::222222222222:policy/team/bound", "maxSessionDuration": 7200, "tags": {"team": "reports"}},
    "arn:aws:iam::222222222222:user/team/ann": {"policies": {"one": ` + allow + `}, "managedPolicies": [], "boundary": "arn:aws:iam::222222222222:policy/team/bound", "groups": ["staff"], "tags": [{"Key": "team", "Value": "reports"}]},
    "arn:aws:iam::222222222222:group/team/staff": {"policies": {"two": ` + allow + `}, "managedPolicies": ["arn:aws:iam::aws:policy/Own"]},
    "arn:aws:ecr:eu-west-1:222222222222:repository/team/images": {"policy": ` + allow + `},
    "arn:aws:kinesis:eu-west-1:222222222222:stream/clicks": {"policy": ` + allow + `, "kmsKey": "alias/aws/kinesis"},
    "arn:aws:events:eu-west-1:222222222222:event-bus/orders": {"policy": ` + allow + `},
    "arn:aws:lambda:eu-west-1:222222222222:function:resize": {"policy": ` + allow + `, "role": "arn:aws:iam::222222222222:role/team/app", "subnets": ["subnet-1"], "securityGroups": ["sg-1"]},
    "arn:aws:ssm:eu-west-1:222222222222:parameter/lake/name": {"value": "lake", "versions": {"3": "pond"}},
    "arn:aws:ec2:eu-west-1:222222222222:prefix-list/pl-1": {"name": "com.amazonaws.eu-west-1.s3", "entries": ["3.5.64.0/21"]},
    "arn:aws:ec2:eu-west-1:222222222222:vpc/vpc-1": {"dnsSupport": true, "dnsHostnames": false,
      "subnets": {"subnet-1": {"cidrBlock": "10.0.1.0/24", "routeTable": "rtb-1", "publicAddresses": true}}, "routeTables": {"rtb-1": "nat-1", "rtb-2": "igw-1", "rtb-3": true, "rtb-4": null},
      "endpoints": {"vpce-1": {"service": "com.amazonaws.eu-west-1.s3", "policy": ` + allow + `, "routeTables": ["rtb-1"]},
        "vpce-2": {"service": "com.amazonaws.eu-west-1.s3", "policy": null, "subnets": ["subnet-1"], "securityGroups": ["sg-1"], "privateDns": true, "inboundResolverOnly": false}},
      "securityGroups": {"sg-1": {"ingress": ["sg-1", "10.0.0.0/16"], "egress": ["pl-1"]}}}
  },

  "managedPolicies": {"arn:aws:iam::aws:policy/Own": ` + allow + `, "arn:aws:iam::222222222222:policy/team/bound": ` + allow + `}
}`

// What the file says of resources is what the policies and keys of an assembly are, as if a template had them.
func TestFactsAreResources(t *testing.T) {
	more := strings.Replace(every, `"version": 1,`, `"version": 1, "organizationPaths": {"111111111111": "o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/", "222222222222": "o-a1b2c3d4e5/r-ab12/"}, "parameters": {"Reports": {"Lake": "lake", "Zones": "a,b"}},
		"templates": [{"file": "other/template.yaml", "stack": "Other", "account": "333333333333", "region": "us-east-1"}],`, 1)
	for _, text := range []string{every, more, "\ufeff" + every} { // some editors write a byte order mark
		if err := schemaRefuses(t, []byte(strings.TrimPrefix(text, "\ufeff"))); err != nil {
			t.Fatal(err)
		}
		if _, err := facts.Parse("facts.json", []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	f, err := facts.Parse("facts.json", []byte(every))
	if err != nil {
		t.Fatal(err)
	}
	a, err := f.AddTo(&assembly.Assembly{})
	if err != nil {
		t.Fatal(err)
	}
	all := accounts.Of(a, f.ManagedPolicies)
	if len(all.Notes) > 0 {
		t.Errorf("found notes %v", all.Notes)
	}
	type found struct{ Type, Name, Account, Region, Policy, Key, ManagedKey string }
	got := map[string]found{}
	for _, arn := range all.ARNs() {
		r, _ := all.ResourceOf(arn)
		one := found{r.Type, r.Name, r.Stack.Account, r.Stack.Region, "", r.Key, r.ManagedKey}
		if r.Policy != nil {
			one.Policy = r.Policy.Name
		}
		if !policy.IsKnown(one.Region) {
			one.Region = "unknown"
		}
		got[arn] = one
	}
	const key, in = "arn:aws:kms:eu-west-1:222222222222:key/1234abcd", "eu-west-1"
	want := map[string]found{
		"arn:aws:s3:::lake":                                   {"AWS::S3::Bucket", "lake", "222222222222", in, "the policy of bucket lake (by facts.json)", key, ""},
		"arn:aws:s3:::plain.lake":                             {"AWS::S3::Bucket", "plain.lake", "222222222222", in, "", "", ""},
		"arn:aws:s3:eu-west-1:222222222222:accesspoint/point": {"AWS::S3::AccessPoint", "point", "222222222222", in, "the policy of accesspoint point (by facts.json)", "", ""},
		"arn:aws:dynamodb:eu-west-1:222222222222:table/shop":  {"AWS::DynamoDB::Table", "shop", "222222222222", in, "the policy of table shop (by facts.json)", "", "alias/aws/dynamodb"},
		"arn:aws:dynamodb:eu-west-1:222222222222:table/keyed": {"AWS::DynamoDB::Table", "keyed", "222222222222", in, "", key, ""},
		key: {"AWS::KMS::Key", "1234abcd", "222222222222", in, "the policy of key 1234abcd (by facts.json)", "", ""},
		"arn:aws:sqs:eu-west-1:222222222222:jobs.fifo":                    {"AWS::SQS::Queue", "jobs.fifo", "222222222222", in, "the policy of queue jobs.fifo (by facts.json)", "", "alias/aws/sqs"},
		"arn:aws:sns:eu-west-1:222222222222:news":                         {"AWS::SNS::Topic", "news", "222222222222", in, "the policy of topic news (by facts.json)", "", ""},
		"arn:aws:secretsmanager:eu-west-1:222222222222:secret:a/b-AbCd12": {"AWS::SecretsManager::Secret", "a/b", "222222222222", in, "the policy of secret a/b (by facts.json)", "", "alias/aws/secretsmanager"},
		"arn:aws:kinesis:eu-west-1:222222222222:stream/clicks":            {"AWS::Kinesis::Stream", "clicks", "222222222222", in, "the policy of stream clicks (by facts.json)", "", "alias/aws/kinesis"},
		"arn:aws:events:eu-west-1:222222222222:event-bus/orders":          {"AWS::Events::EventBus", "orders", "222222222222", in, "the policy of eventbus orders (by facts.json)", "", ""},
		"arn:aws:lambda:eu-west-1:222222222222:function:resize":           {"AWS::Lambda::Function", "resize", "222222222222", in, "the policy of function resize (by facts.json)", "", ""},
		"arn:aws:ssm:eu-west-1:222222222222:parameter/lake/name":          {"AWS::SSM::Parameter", "lake/name", "222222222222", in, "", "", ""},
		"arn:aws:ec2:eu-west-1:222222222222:prefix-list/pl-1":             {"AWS::EC2::PrefixList", "pl-1", "222222222222", in, "", "", ""},
		"arn:aws:ec2:eu-west-1:222222222222:vpc/vpc-1":                    {"AWS::EC2::VPC", "vpc-1", "222222222222", in, "", "", ""},
		"arn:aws:iam::222222222222:role/team/app":                         {"AWS::IAM::Role", "app", "222222222222", "unknown", "", "", ""},
		"arn:aws:iam::222222222222:user/team/ann":                         {"AWS::IAM::User", "ann", "222222222222", "unknown", "", "", ""},
		"arn:aws:iam::222222222222:group/team/staff":                      {"AWS::IAM::Group", "staff", "222222222222", "unknown", "", "", ""},
		"arn:aws:ecr:eu-west-1:222222222222:repository/team/images":       {"AWS::ECR::Repository", "team/images", "222222222222", in, "the policy of repository team/images (by facts.json)", "", ""},
		"arn:aws:iam::222222222222:policy/team/bound":                     {"AWS::IAM::ManagedPolicy", "bound", "222222222222", "unknown", "", "", ""},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("resources (-expected +found):\n%s", diff)
	}
	role, _ := all.Role("arn:aws:iam::222222222222:role/team/app")
	var names []string
	for _, d := range append(role.Policies, role.Trust, role.Boundary) {
		names = append(names, d.Name)
	}
	if diff := cmp.Diff([]string{"the inline policy one of role app (by facts.json)", "the managed policy Own (by facts.json)", "the trust policy of role app (by facts.json)",
		"the managed policy bound (by facts.json)"}, names); diff != "" {
		t.Errorf("policies of the role (-expected +found):\n%s", diff)
	}
	ann, _ := all.Principal("arn:aws:iam::222222222222:user/team/ann")
	names = nil
	for _, d := range append(slices.Clone(ann.Policies), ann.Boundary) {
		names = append(names, d.Name)
	}
	if diff := cmp.Diff([]string{"the inline policy one of user ann (by facts.json)", "the inline policy two of group staff (by facts.json)", "the managed policy Own (by facts.json)",
		"the managed policy bound (by facts.json)"}, names); diff != "" {
		t.Errorf("policies of the user (-expected +found):\n%s", diff)
	}
	if diff := cmp.Diff(ann.Properties["Tags"], role.Properties["Tags"]); diff != "" {
		t.Errorf("tags (-as AWS lists them +by key):\n%s", diff)
	}
	lake := a.ByARN("arn:aws:s3:::lake")[0].Properties
	block := map[string]any{"BlockPublicAcls": true, "IgnorePublicAcls": false, "BlockPublicPolicy": false, "RestrictPublicBuckets": true}
	if diff := cmp.Diff(block, lake["PublicAccessBlockConfiguration"]); diff != "" {
		t.Errorf("Block Public Access (-expected +found):\n%s", diff)
	}
	text, err := json.Marshal([]any{lake["OwnershipControls"], lake["NotificationConfiguration"], a.ByARN(key)[0].Properties["Enabled"], role.Properties["Path"]})
	if err != nil {
		t.Fatal(err)
	}
	if want := `[{"Rules":[{"ObjectOwnership":"ObjectWriter"}]},{"EventBridgeConfiguration":{"EventBridgeEnabled":true}},false,"/team/"]`; string(text) != want {
		t.Errorf("found %s, expected %s", text, want)
	}
}

// A policy is the same as an object and as the text of one, which the AWS CLI prints of resource policies.
func TestPoliciesAsText(t *testing.T) {
	quoted, err := json.Marshal(allow)
	if err != nil {
		t.Fatal(err)
	}
	var all [2]*assembly.Assembly
	for i, text := range []string{every, strings.ReplaceAll(every, allow, string(quoted))} {
		if err := schemaRefuses(t, []byte(text)); err != nil {
			t.Fatal(err)
		}
		f, err := facts.Parse("facts.json", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if all[i], err = f.AddTo(&assembly.Assembly{}); err != nil {
			t.Fatal(err)
		}
		if d := f.ManagedPolicies["arn:aws:iam::aws:policy/Own"]; d == nil || len(d.Statements) != 1 || d.Statements[0].Sid != "All" {
			t.Errorf("found managed policy %v", d)
		}
	}
	for i, s := range all[0].Stacks {
		for j, r := range s.Resources {
			if diff := cmp.Diff(r.Properties, all[1].Stacks[i].Resources[j].Properties); diff != "" {
				t.Errorf("%s (-object +text):\n%s", r.LogicalID, diff)
			}
		}
	}
}

// An error says where it is, what was found and what is expected; the schema refuses what the reader refuses, but for what no schema can say.
func TestFilesThatAreRefused(t *testing.T) {
	bucket := func(field, value string) string {
		fields := map[string]string{"account": `"222222222222"`, "region": `"eu-west-1"`, "policy": "null", "kmsKey": "null", "publicAccessBlock": "null", "objectOwnership": `"ObjectWriter"`}
		fields[field] = value
		var all []string
		for _, name := range []string{"account", "region", "policy", "kmsKey", "publicAccessBlock", "objectOwnership", "bucketKey", "more"} {
			if fields[name] != "" {
				all = append(all, `"`+name+`": `+fields[name])
			}
		}
		return `{"version": 1, "resources": {"arn:aws:s3:::lake": {` + strings.Join(all, ", ") + `}}}`
	}
	on := func(arn, value string) string { return `{"version": 1, "resources": {"` + arn + `": ` + value + `}}` }
	role := func(field, value string) string {
		fields := strings.Replace(`{"trust": `+allow+`, "policies": {}, "managedPolicies": [], "boundary": null}`, `"`+field+`": `+map[string]string{"trust": allow, "policies": "{}", "managedPolicies": "[]",
			"boundary": "null"}[field], `"`+field+`": `+value, 1)
		return on("arn:aws:iam::222222222222:role/app", fields)
	}
	vpc := func(field, value string) string {
		fields := map[string]string{"subnet": "subnet-1", "routeTable": `"rtb-1"`, "internet": "null", "groups": `["sg-1"]`, "ingress": "[]", "more": ""}
		fields[field] = value
		return on("arn:aws:ec2:eu-west-1:222222222222:vpc/vpc-1", `{"dnsSupport": true, "dnsHostnames": true, "subnets": {"`+fields["subnet"]+`": {"cidrBlock": "10.0.0.0/24", "routeTable": `+fields["routeTable"]+`}},
			"routeTables": {"rtb-1": `+fields["internet"]+`}, "endpoints": {"vpce-1": {"service": "com.amazonaws.eu-west-1.sts", "policy": null, "subnets": ["subnet-1"], "securityGroups": `+fields["groups"]+`,
			"privateDns": true`+fields["more"]+`}}, "securityGroups": {"sg-1": {"ingress": `+fields["ingress"]+`, "egress": []}}}`)
	}
	for name, c := range map[string]struct {
		text, want string
		onlyReader bool // the schema accepts it
	}{
		"no object":                     {`[]`, "line 1, column 1: found a list, expected an object with $schema, managedPolicies, organizationPaths, parameters, resources, templates, version", false},
		"no version":                    {"\n {}", "line 2, column 2: found no version, expected it in this object", false},
		"another version":               {`{"version": 2}`, "line 1, column 13: found another version, expected the number 1", false},
		"an unknown field":              {"{\"version\": 1,\n \"resource\": {}}", `line 2, column 2: found "resource", expected one of $schema, managedPolicies, organizationPaths, parameters, resources, templates, version`, false},
		"a field twice":                 {`{"version": 1, "version": 1}`, `line 1, column 16: found "version" twice in one object`, false},
		"a resource twice":              {`{"version": 1, "managedPolicies": {"arn:aws:iam::aws:policy/A": ` + allow + `, "arn:aws:iam::aws:policy/A": ` + allow + `}}`, `"arn:aws:iam::aws:policy/A" twice`, false},
		"more behind it":                {`{"version": 1} {}`, "expected the end of the document", false},
		"resources as a list":           {`{"version": 1, "resources": []}`, "found a list, expected an object with facts by ARN", false},
		"another service":               {on("arn:aws:elasticfilesystem:eu-west-1:222222222222:file-system/f", "{}"), `column 30: found "arn:aws:elasticfilesystem:eu-west-1:222222222222:file-system/f", expected the ARN of a bucket, an access point, a table,`, false},
		"an object of a bucket":         {on("arn:aws:s3:::lake/reports", "{}"), "expected the ARN of a bucket", false},
		"a table without region":        {on("arn:aws:dynamodb::222222222222:table/shop", "{}"), "expected the ARN of a bucket", false},
		"a key by alias":                {on("arn:aws:kms:eu-west-1:222222222222:alias/a", "{}"), "expected the ARN of a bucket", false},
		"the VPC of a skeleton":         {on("arn:aws:ec2:eu-west-1:222222222222:vpc/VPC_ID", "{}"), "expected the ID of the VPC in place of VPC_ID", false},
		"no ARN":                        {on("lake", "{}"), "expected the ARN of a bucket", false},
		"no account":                    {bucket("account", ""), "found no account, expected it in this object", false},
		"no policy":                     {bucket("policy", ""), "found no policy, expected it in this object", false},
		"a wrong account":               {bucket("account", `"22"`), `found "22", expected the account of the bucket, 12 digits`, false},
		"an account as number":          {bucket("account", `222222222222`), "found a number, expected the account of the bucket", false},
		"a wrong region":                {bucket("region", `"Ireland"`), `found "Ireland", expected the region of the bucket`, false},
		"a policy as text of something": {bucket("policy", `"none"`), `found a text that is no policy (of the text, line 1, column 1: found 'n', expected a value), expected a policy: an object with Version and Statement, or that as a text, or null for none`, false},
		"an empty policy as text":       {bucket("policy", `"{}"`), "found a policy that cannot be read (document: found an empty object", true},
		"a cut policy as text":          {bucket("policy", `"{\"Statement\": ["`), "found a text that is no policy (of the text, line 1, column 16", false},
		"a list of policies as text":    {bucket("policy", `"[]"`), "found a text that is no policy (of the text, line 1, column 1: found a list, expected an object with Version and Statement)", false},
		"a key of a text twice":         {bucket("policy", `"{\"Statement\": [], \"Statement\": []}"`), `of the text, line 1, column 19: found "Statement" twice in one object`, true},
		"a command for a policy":        {bucket("policy", `"run: aws s3api get-bucket-policy"`), "found a command of the skeleton, expected what it prints: a policy", false},
		"tags as text":                  {on("arn:aws:iam::222222222222:user/ann", `{"policies": {}, "managedPolicies": [], "boundary": null, "groups": [], "tags": "a"}`), "found a text, expected an object with the values of tags by key", false},
		"a tag without value":           {on("arn:aws:iam::222222222222:user/ann", `{"policies": {}, "managedPolicies": [], "boundary": null, "groups": [], "tags": [{"Key": "a"}]}`), "found no Value", false},
		"grants as an answer":           {on("arn:aws:kms:eu-west-1:222222222222:key/1", `{"policy": `+allow+`, "grants": {"Grants": []}}`), "found an object, expected a list of grants, each an object with GrantId", false},
		"a grant to nobody":             {on("arn:aws:kms:eu-west-1:222222222222:key/1", `{"policy": `+allow+`, "grants": [{"GrantId": "1", "Operations": ["Decrypt"]}]}`), "found a grant without GrantId, GranteePrincipal or Operations", false},
		"a user without groups":         {on("arn:aws:iam::222222222222:user/ann", `{"policies": {}, "managedPolicies": [], "boundary": null}`), "found no groups, expected it in this object", false},
		"a group by ARN":                {on("arn:aws:iam::222222222222:user/ann", `{"policies": {}, "managedPolicies": [], "boundary": null, "groups": ["arn:aws:iam::222222222222:group/a"]}`), "expected the name of a group", false},
		"no policy in it":               {bucket("policy", `{"Version": "2012-10-17", "Statement": [{"Effect": "Permit"}]}`), "found a policy that cannot be read (", true},
		"a key of a policy twice":       {bucket("policy", `{"Statement": [], "Statement": []}`), `"Statement" twice`, false},
		"a key by name":                 {bucket("kmsKey", `"1234abcd"`), `found "1234abcd", expected the ARN of a KMS key, or the alias of an AWS managed key, such as alias/aws/s3, or null for none`, false},
		"a key that is false":           {bucket("kmsKey", `false`), "found a boolean, expected the ARN of a KMS key", false},
		"a bucket key as text":          {bucket("bucketKey", `"true"`), "found a text, expected true or false", false},
		"a setting of others":           {bucket("publicAccessBlock", `{"BlockAll": true}`), `found "BlockAll", expected one of BlockPublicAcls, BlockPublicPolicy, IgnorePublicAcls, RestrictPublicBuckets`, false},
		"a setting twice":               {bucket("publicAccessBlock", `{"BlockPublicAcls": true, "BlockPublicAcls": true}`), `"BlockPublicAcls" twice`, false},
		"settings as text":              {bucket("publicAccessBlock", `"all"`), "found a text, expected an object with BlockPublicAcls", false},
		"another ownership":             {bucket("objectOwnership", `"Owner"`), `found "Owner", expected one of BucketOwnerEnforced, BucketOwnerPreferred, ObjectWriter`, false},
		"a field of others":             {bucket("more", "1"), `found "more", expected one of account, bucketKey, eventBridge, kmsKey, objectOwnership, policy, publicAccessBlock, region`, false},
		"a key without policy":          {on("arn:aws:kms:eu-west-1:222222222222:key/1", `{"policy": null}`), "found null, expected a policy", false},
		"a role as text":                {on("arn:aws:iam::222222222222:role/app", `"app"`), "found a text, expected an object with boundary, managedPolicies, maxSessionDuration, policies, tags, trust", false},
		"no trust":                      {role("trust", "null"), "found null, expected a policy", false},
		"policies as a list":            {role("policies", "[]"), "found a list, expected an object with inline policies by name, {} for none", false},
		"managed policies as an object": {role("managedPolicies", "{}"), "found an object, expected a list of the ARNs of managed policies, [] for none", false},
		"a managed policy by name":      {role("managedPolicies", `["A"]`), `found "A", expected the ARN of a managed policy`, false},
		"a boundary by name":            {role("boundary", `"A"`), `found "A", expected the ARN of a managed policy, or null for none`, false},
		"no managed policy":             {`{"version": 1, "managedPolicies": {"arn:aws:iam::aws:role/A": {}}}`, `found "arn:aws:iam::aws:role/A", expected the ARN of a managed policy, such as`, false},
		"a VPC of an unlisted table":    {vpc("routeTable", `"rtb-2"`), "found route table rtb-2 of subnet-1, expected it among routeTables", true},
		"an unlisted group":             {vpc("groups", `["sg-2"]`), "found security group sg-2 of vpce-1, expected it among securityGroups", true},
		"an endpoint of both kinds":     {vpc("more", `, "routeTables": ["rtb-1"]`), "expected routeTables of a gateway endpoint, or subnets, securityGroups and privateDns of an interface endpoint", false},
		"a gateway of another kind":     {vpc("internet", `"tgw-1"`), `found "tgw-1", expected the ID of a NAT gateway or an internet gateway, true for another way to the internet, or null for none`, false},
		"no gateway":                    {vpc("internet", `false`), "found a boolean, expected the ID of a NAT gateway", false},
		"a peer of another kind":        {vpc("ingress", `["vpc-1"]`), `found "vpc-1", expected an IPv4 block, or the ID of a security group or a prefix list`, false},
		"a subnet by name":              {vpc("subnet", "private"), `found "private", expected an ID of the form`, false},
		"a parameter as number":         {`{"version": 1, "parameters": {"A": {"B": 1}}}`, "found a number, expected the value of the parameter as text", false},
		"a command for a parameter":     {`{"version": 1, "parameters": {"A": {"B": "run: aws x"}}}`, `found "run: aws x", expected the value of the parameter as text`, false},
		"a path of units alone":         {`{"version": 1, "organizationPaths": {"111111111111": "ou-ab12-11111111"}}`, `found "ou-ab12-11111111", expected the path of the account, such as`, false},
		"a path of a name":              {`{"version": 1, "organizationPaths": {"source": "o-a1b2c3d4e5/r-ab12/"}}`, `found "source", expected an account, 12 digits`, false},
		"a template without account":    {`{"version": 1, "templates": [{"file": "t.yaml", "stack": "A", "region": "eu-west-1"}]}`, "found no account, expected it in this object", false},
		"a template of no stack":        {`{"version": 1, "templates": [{"file": "t.yaml", "stack": "a_b", "account": "222222222222", "region": "eu-west-1"}]}`, `found "a_b", expected the name of the stack`, false},
		"sessions that are too long":    {on("arn:aws:iam::222222222222:role/app", `{"trust": `+allow+`, "policies": {}, "managedPolicies": [], "boundary": null, "maxSessionDuration": 90000}`), "expected seconds from 3600 to 43200", false},
		"a managed policy of null":      {`{"version": 1, "managedPolicies": {"arn:aws:iam::aws:policy/A": null}}`, "found null, expected a policy: an object with Version and Statement", false},
	} {
		_, err := facts.Parse("facts.json", []byte(c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: found %v, expected %s", name, err, c.want)
		}
		if twice := strings.Contains(c.want, "twice"); !twice && (schemaRefuses(t, []byte(c.text)) == nil) != c.onlyReader {
			t.Errorf("%s: found that the schema refuses it: %v, expected %v", name, c.onlyReader, !c.onlyReader)
		}
	}
}

func TestTooManyResources(t *testing.T) {
	var all []string
	for i := range 1001 {
		all = append(all, `"arn:aws:dynamodb:eu-west-1:222222222222:table/t`+strings.Repeat("0", 3)+string(rune('a'+i%26))+strings.Repeat("x", i/26)+`": {"policy": null, "kmsKey": null}`)
	}
	text := func(n int) []byte { return []byte(`{"version": 1, "resources": {` + strings.Join(all[:n], ",") + `}}`) }
	if _, err := facts.Parse("facts.json", text(1000)); err != nil {
		t.Error(err)
	}
	if _, err := facts.Parse("facts.json", text(1001)); err == nil || !strings.Contains(err.Error(), "found more than 1000 resources, expected fewer in one file") || schemaRefuses(t, text(1001)) == nil {
		t.Errorf("found %v, expected a refusal of 1001 resources", err)
	}
}

func TestRead(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	path := write("known.json", every)
	f, err := facts.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	a, err := f.AddTo(&assembly.Assembly{})
	if err != nil {
		t.Fatal(err)
	}
	if s := a.ByARN("arn:aws:s3:::lake")[0].Stack; s.Facts != path || s.DisplayName != "known.json" || s.Label != "known.json@222222222222@eu-west-1" {
		t.Errorf("found stack %+v, expected one of the file", s)
	}
	if _, err := f.AddTo(a); err == nil || !strings.Contains(err.Error(), "expected facts about what no template has") {
		t.Errorf("found %v, expected that facts about a known resource are refused", err)
	}
	for want, path := range map[string]string{
		"no such file": filepath.Join(dir, "none.json"), "bad.json: line 1, column 1": write("bad.json", "[]"),
		"found 4194305 bytes, expected 4194304 at most": write("big.json", strings.Repeat(" ", 4<<20+1)),
	} {
		if _, err := facts.Read(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("found %v, expected %s", err, want)
		}
	}
	var none *facts.Facts
	if same, err := none.AddTo(a); same != a || err != nil {
		t.Errorf("found %v %v, expected the same assembly without facts", same, err)
	}
}

func TestAbout(t *testing.T) {
	const file = " which no template has, in a facts file (--facts FILE, Options.Facts, or facts in cdk.json): "
	for arn, want := range map[string]string{
		"arn:aws:s3:::lake/reports/*":                                `give the facts of arn:aws:s3:::lake,` + file + `under resources, "arn:aws:s3:::lake" with account, region, policy, kmsKey, publicAccessBlock, objectOwnership`,
		"arn:aws:dynamodb:eu-west-1:222222222222:table/shop/index/i": `give the facts of arn:aws:dynamodb:eu-west-1:222222222222:table/shop,` + file + `under resources, "arn:aws:dynamodb:eu-west-1:222222222222:table/shop" with policy, kmsKey`,
		"arn:aws:lambda:eu-west-1:222222222222:function:f:live":      `give the facts of arn:aws:lambda:eu-west-1:222222222222:function:f,` + file + `under resources, "arn:aws:lambda:eu-west-1:222222222222:function:f" with policy, role, subnets, securityGroups`,
		"arn:aws:s3:eu-west-1:222222222222:accesspoint/app/object/k": `under resources, "arn:aws:s3:eu-west-1:222222222222:accesspoint/app" with policy, bucket, vpc, publicAccessBlock`,
		"arn:aws:s3::222222222222:accesspoint/m1.mrap/object/k":      "",
		"arn:aws:iam::aws:policy/Own":                                `under managedPolicies, "arn:aws:iam::aws:policy/Own" with what aws iam get-policy-version shows`,
		"arn:aws:kms:eu-west-1:222222222222:key/*":                   "",
		"arn:aws:iam::222222222222:instance-profile/p":               "",
		"lake": "",
	} {
		if w, ok := facts.About(arn); ok != (want != "") || ok && !strings.HasSuffix(w.String(), want) {
			t.Errorf("%s: found %s, expected %s", arn, w, want)
		}
	}
}

// A skeleton asks for each field of each kind of resource, by commands that only read, and none of its values is taken for a fact.
func TestSkeleton(t *testing.T) {
	var kinds struct {
		Resources map[string]map[string]any
	}
	if err := json.Unmarshal([]byte(every), &kinds); err != nil {
		t.Fatal(err)
	}
	for arn, fields := range kinds.Resources {
		if strings.Contains(arn, "plain") || strings.Contains(arn, "keyed") {
			continue // without the fields that may be left out
		}
		w, ok := facts.About(arn)
		if !ok {
			w.Resource = arn
		}
		if strings.Contains(arn, ":ssm:") {
			w = facts.Want{Source: assembly.Source{Kind: assembly.StoredSource, Name: arn + ":3"}}
		}
		text, err := facts.Skeleton([]facts.Want{w, w})
		if err != nil {
			t.Fatal(err)
		}
		var skeleton struct {
			Version   int
			Resources map[string]map[string]any
		}
		if err := json.Unmarshal(text, &skeleton); err != nil {
			t.Fatal(err)
		}
		got, want := slices.Sorted(maps.Keys(skeleton.Resources[arn])), slices.Sorted(maps.Keys(fields))
		if diff := cmp.Diff(want, got); diff != "" || len(skeleton.Resources) != 1 || skeleton.Version != 1 {
			t.Errorf("%s: commands of fields (-expected +found):\n%s", arn, diff)
		}
		for field, value := range skeleton.Resources[arn] {
			command, err := json.Marshal(value)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(command), "run: aws ") || strings.Contains(string(command), "{name}") || strings.Contains(string(command), "{arn}") || strings.Contains(string(command), "{region}") {
				t.Errorf("%s: found %s of %s, expected a command", arn, command, field)
			}
			if _, err := facts.Parse("facts.json", []byte(`{"version": 1, "resources": {"`+arn+`": {"`+field+`": `+string(command)+`}}}`)); err == nil || strings.Contains(err.Error(), "found no ") {
				t.Errorf("%s: found %v of %s with a command, expected that it is refused", arn, err, field)
			}
		}
	}
}

// The examples of docs/facts.md are facts.
func TestExamplesOfTheDocument(t *testing.T) {
	text, err := os.ReadFile("../../docs/facts.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(text), "```json\n")[1:]
	if len(blocks) != 3 {
		t.Errorf("found %d examples, expected 3", len(blocks))
	}
	for _, block := range blocks {
		example, _, _ := strings.Cut(block, "```")
		if _, err := facts.Parse("facts.json", []byte(example)); err != nil {
			t.Errorf("found %v of\n%s", err, example)
		}
		if err := schemaRefuses(t, []byte(example)); err != nil {
			t.Errorf("found %v of\n%s", err, example)
		}
	}
}
