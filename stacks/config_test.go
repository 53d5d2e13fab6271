package stacks

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crossgrant/crossgrant/constructs/network"
	"github.com/crossgrant/crossgrant/constructs/workload"
)

func minimal() map[string]any {
	return map[string]any{"sourceAccount": "111111111111", "targetAccount": "222222222222", "region": "ap-northeast-1"}
}

func TestConfigDefaults(t *testing.T) {
	found, err := ReadConfig(minimal())
	if err != nil {
		t.Fatal(err)
	}
	expected := Config{
		SourceAccount: "111111111111", TargetAccount: "222222222222", Region: "ap-northeast-1", Stage: "dev",
		AvailabilityZones: []string{"ap-northeast-1a", "ap-northeast-1c"},
		Egress:            network.NAT, Architecture: workload.ARM64,
		Prefixes: []string{"inbox/", "reports/"}, RemovalPolicy: Retain,
		Workloads: []Workload{List, Scan, Copy, Trail, Instance, Events}, LogRetentionDays: 30, CopyPartMiB: 256,
		SessionManager: true, APIAuthorization: workload.IAM, APIPath: "/items", EventsTo: EventsCopy,
		Perimeter: NoPerimeter, SessionSeconds: 3600, IncompleteUploadDays: 7,
		CopyScale: CopyFunction, CopyInventory: workload.NoInventory, CopyConcurrency: 10, CopyToleratedPercent: 10,
	}
	if diff := cmp.Diff(expected, found); diff != "" {
		t.Errorf("config (-expected +found):\n%s", diff)
	}
}

func TestConfigFromTheCommandLine(t *testing.T) {
	context := minimal()
	context["region"] = "us-gov-west-1"
	context["availabilityZones"] = "us-gov-west-1a,us-gov-west-1c" // -c has text only
	context["prefixes"] = `["b,c/", "a/"]`                         // a prefix with a comma
	for key, value := range map[string]any{
		"workloads": "copy,trail,instance,scan,events", "alarmEmails": "", "logRetentionDays": "7", "copyPartMiB": 5.0, "createTrail": "true", "sessionManager": false,
		"apiOrigins": "https://www.example.com", "apiPath": "/v1/devices", "eventsTo": "list", "eventSuffixes": []any{".csv"},
		"perimeter": "bucket", "administrators": "arn:aws-us-gov:iam::222222222222:role/admin,arn:aws-us-gov:iam::222222222222:user/ops",
		"externalId": "crossgrant-2026", "organizationId": "o-a1b2c3d4e5", "sessionSeconds": "900", "noncurrentVersionDays": "30",
		"copyScale": "distributedMap", "copyInventory": "csv", "copyConcurrency": "40", "copyToleratedPercent": 0.0, "copySchedule": "cron(0 3 * * ? *)",
		"incompleteUploadDays": 1.0, "trailLogDays": "400", "vpcCidr": "100.64.0.0/20", "imageId": "ami-0a1b2c3d4e5f67890",
	} {
		context[key] = value
	}
	context["@aws-cdk/core:checkSecretUsage"] = true // CDK's own
	context["cli-telemetry"] = false
	context["availability-zones:account=1:region=x"] = []any{"x"}
	found, err := ReadConfig(context)
	if err != nil {
		t.Fatal(err)
	}
	expected := Config{
		CopyScale: CopyDistributedMap, CopyInventory: workload.InventoryCSV, CopyConcurrency: 40, CopyToleratedPercent: 0, CopySchedule: "cron(0 3 * * ? *)",
		SourceAccount: "111111111111", TargetAccount: "222222222222", Region: "us-gov-west-1", Stage: "dev",
		AvailabilityZones: []string{"us-gov-west-1a", "us-gov-west-1c"}, Egress: network.NAT, Architecture: workload.ARM64,
		Prefixes: []string{"a/", "b,c/"}, RemovalPolicy: Retain, Workloads: []Workload{Copy, Trail, Instance, Scan, Events}, LogRetentionDays: 7, CopyPartMiB: 5,
		CreateTrail: true, SessionManager: false, APIAuthorization: workload.IAM, APIOrigins: []string{"https://www.example.com"},
		APIPath: "/v1/devices", EventsTo: EventsList, EventSuffixes: []string{".csv"}, Perimeter: BucketPerimeter,
		Administrators: []string{"arn:aws-us-gov:iam::222222222222:role/admin", "arn:aws-us-gov:iam::222222222222:user/ops"},
		ExternalID:     "crossgrant-2026", OrganizationID: "o-a1b2c3d4e5", SessionSeconds: 900, NoncurrentVersionDays: 30, IncompleteUploadDays: 1, TrailLogDays: 400,
		VpcCIDR: "100.64.0.0/20", ImageID: "ami-0a1b2c3d4e5f67890",
	}
	if diff := cmp.Diff(expected, found); diff != "" {
		t.Errorf("config (-expected +found):\n%s", diff)
	}
}

func TestConfigProblems(t *testing.T) {
	for name, c := range map[string]struct {
		set      map[string]any // nil removes the key
		problems []string
	}{
		"missing keys": {
			map[string]any{"sourceAccount": nil, "region": nil},
			[]string{
				"region: found nothing, expected a region, such as ap-northeast-1",
				"sourceAccount: found nothing, expected 12 digits",
			},
		},
		"11 digits": {
			map[string]any{"sourceAccount": "11111111111"},
			[]string{`sourceAccount: found "11111111111", expected 12 digits (this has 11 characters)`},
		},
		"letters": {
			map[string]any{"targetAccount": "22222222222O"},
			[]string{`targetAccount: found "22222222222O", expected 12 digits (this has 12 characters)`},
		},
		"digits of another script": {
			map[string]any{"targetAccount": "２２２２２２２２２２２２"},
			[]string{`targetAccount: found "２２２２２２２２２２２２", expected 12 digits (this has 12 characters)`},
		},
		"equal accounts": {
			map[string]any{"targetAccount": "111111111111"},
			[]string{`targetAccount: found "111111111111", the same as sourceAccount, expected another account`},
		},
		"an account as a number, which loses leading zeros": {
			map[string]any{"sourceAccount": 111111111111.0},
			[]string{"sourceAccount: found 111111111111, expected text in quotes: 12 digits"},
		},
		"two bad accounts": {
			map[string]any{"sourceAccount": "11111111111", "targetAccount": "abc"},
			[]string{
				`sourceAccount: found "11111111111", expected 12 digits (this has 11 characters)`,
				`targetAccount: found "abc", expected 12 digits (this has 3 characters)`,
			},
		},
		"a city instead of a region": {
			map[string]any{"region": "tokyo"},
			[]string{`region: found "tokyo", expected a region, such as ap-northeast-1`},
		},
		"a region with a capital letter": {
			map[string]any{"region": "Tokyo"},
			[]string{`region: found "Tokyo", expected a region, such as ap-northeast-1`},
		},
		"a zone instead of a region": {
			map[string]any{"region": "ap-northeast-1a"},
			[]string{`region: found "ap-northeast-1a", expected a region, such as ap-northeast-1`},
		},
		"a region that there is not": {
			map[string]any{"region": "eu-centrl-1"},
			[]string{`region: found "eu-centrl-1", expected a region that this version of the CDK knows: did you mean eu-central-1?`},
		},
		"a number that no region has": {
			map[string]any{"region": "ap-northeast-9"},
			[]string{`region: found "ap-northeast-9", expected a region that this version of the CDK knows: did you mean ap-northeast-1?`},
		},
		"a key without its last letter": {
			map[string]any{"egres": "nat"},
			[]string{"egres: found an unknown key, expected a known key: did you mean egress?"},
		},
		"a key with a typing error": {
			map[string]any{"sourceAcount": "1"},
			[]string{"sourceAcount: found an unknown key, expected a known key: did you mean sourceAccount?"},
		},
		"a key like no other": {
			map[string]any{"colour": "red"},
			[]string{"colour: found an unknown key, expected one of " +
				"administrators, alarmEmails, apiAuthorization, apiOrigins, apiPath, architecture, availabilityZones, copyConcurrency, copyInventory, copyPartMiB, copyScale, copySchedule, copyToleratedPercent, createTrail, dataBucket, dataKeyArn, " +
				"dynamoDbEndpointId, egress, eventSuffixes, eventsTo, externalId, facts, imageId, incompleteUploadDays, isolatedSubnets, logRetentionDays, " +
				"noncurrentVersionDays, organizationId, perimeter, permissionsBoundary, prefixes, privateSubnets, region, removalPolicy, s3EndpointId, sessionManager, " +
				"sessionSeconds, sourceAccount, stage, statementsAdded, stsEndpointId, table, tableKeyArn, targetAccount, trailBucket, trailKeyArn, trailLogDays, trailPrefix, vpcCidr, vpcId, workloads"},
		},
		"a block and an image of no VPC and no region": {
			map[string]any{"vpcCidr": "8.8.0.0/16", "imageId": "latest"},
			[]string{
				`imageId: found "latest", expected the ID of an image of Amazon Linux 2023 for arm64 in the region, such as ami-0a1b2c3d4e5f67890`,
				`vpcCidr: found "8.8.0.0/16", expected an IPv4 block of private addresses between /16 and /20, such as 10.0.0.0/16`,
			},
		},
		"subnets without a VPC": {
			map[string]any{"privateSubnets": "ap-northeast-1a/subnet-0a1b2c3d4e5f6789a/rtb-0a1b2c3d4e5f6789a", "s3EndpointId": "vpce-0a1b2c3d4e5f67890", "statementsAdded": true},
			[]string{
				`privateSubnets: found "ap-northeast-1a/subnet-0a1b2c3d4e5f6789a/rtb-0a1b2c3d4e5f6789a" without vpcId, expected vpcId, or no privateSubnets`,
				`s3EndpointId: found "vpce-0a1b2c3d4e5f67890" without vpcId, expected vpcId, or no s3EndpointId`,
			},
		},
		"a VPC without subnets, and settings of a new one": {
			map[string]any{"vpcId": "vpc-0a1b2c3d4e5f67890", "vpcCidr": "10.0.0.0/16", "egress": "natInstance", "availabilityZones": "ap-northeast-1a,ap-northeast-1d", "statementsAdded": true},
			[]string{
				`availabilityZones: found "ap-northeast-1a,ap-northeast-1d" with vpcId, expected no availabilityZones for a VPC that is there already`,
				`egress: found "natInstance" with vpcId, expected no egress for a VPC that is there already`,
				"privateSubnets: found nothing, expected the subnets of vpcId for the workloads: zones with their subnet and its route table, such as ap-northeast-1a/subnet-0a1b2c3d4e5f67890/rtb-0a1b2c3d4e5f67890",
				"statementsAdded: found true without stsEndpointId, s3EndpointId, dynamoDbEndpointId, dataBucket, table or trailBucket, expected one of them, or no statementsAdded: the app writes the policies of its own endpoints, buckets and table",
				`vpcCidr: found "10.0.0.0/16" with vpcId, expected no vpcCidr for a VPC that is there already`,
			},
		},
		"subnets in one zone, of another region, and of another form": {
			map[string]any{"vpcId": "vpc-1", "privateSubnets": "ap-northeast-1a/subnet-0a1b2c3d4e5f6789a/rtb-0a1b2c3d4e5f6789a,ap-northeast-1a/subnet-0a1b2c3d4e5f6789b/rtb-0a1b2c3d4e5f6789b",
				"isolatedSubnets": "eu-west-1a/subnet-0a1b2c3d4e5f6789a/rtb-0a1b2c3d4e5f6789a", "stsEndpointId": "sts"},
			[]string{
				`isolatedSubnets: found "eu-west-1a/subnet-0a1b2c3d4e5f6789a/rtb-0a1b2c3d4e5f6789a", expected subnets in region ap-northeast-1`,
				`privateSubnets: found "ap-northeast-1a/subnet-0a1b2c3d4e5f6789b/rtb-0a1b2c3d4e5f6789b", a second one in its zone, expected one for each zone`,
				`stsEndpointId: found "sts", expected an ID such as vpce-0a1b2c3d4e5f67890`,
				`vpcId: found "vpc-1", expected an ID such as vpc-0a1b2c3d4e5f67890`,
			},
		},
		"settings of what is there already, without it": {
			map[string]any{"dataKeyArn": existingKeyARN, "tableKeyArn": existingKeyARN, "trailPrefix": "audit"},
			[]string{
				`dataKeyArn: found "` + existingKeyARN + `" without dataBucket, expected dataBucket, or no dataKeyArn`,
				`tableKeyArn: found "` + existingKeyARN + `" without table, expected table, or no tableKeyArn`,
				`trailPrefix: found "audit" without trailBucket, expected trailBucket, or no trailPrefix`,
			},
		},
		"settings of new buckets, with one that is there": {
			map[string]any{"workloads": "list,trail", "dataBucket": "company-data", "trailBucket": "company-logs", "createTrail": true, "trailLogDays": 400.0, "incompleteUploadDays": 1.0},
			[]string{
				"createTrail: found true with trailBucket, expected no createTrail: what writes the logs of a bucket that is there already is there, too",
				"incompleteUploadDays: found 1, which has no effect on list, trail, expected one of the workloads copy, instance, events, or no incompleteUploadDays",
				"trailLogDays: found 400 with trailBucket, expected no trailLogDays: the lifecycle of a bucket that is there already stays as it is",
			},
		},
		"names and keys of another form, and of another region": {
			map[string]any{"dataBucket": "Company_Data", "table": "t", "trailBucket": "company-logs", "trailKeyArn": "arn:aws:kms:eu-west-1:222222222222:key/1234abcd", "trailPrefix": "/audit/", "facts": ""},
			[]string{
				`dataBucket: found "Company_Data", expected the name of a bucket, such as company-data`,
				`facts: found "", expected the path of a file, such as facts.json`,
				`table: found "t", expected the name of a table: 3 to 255 letters, digits and _.-`,
				`trailKeyArn: found "arn:aws:kms:eu-west-1:222222222222:key/1234abcd", expected a key of region ap-northeast-1, which alone can encrypt data there`,
				`trailPrefix: found "/audit/", expected what is before /AWSLogs/ in the keys, at most 200 letters, digits and !_.'()/-, such as audit`,
			},
		},
		"a boundary of one account alone": {
			map[string]any{"permissionsBoundary": "arn:aws:iam::111111111111:policy/company-boundary"},
			[]string{`permissionsBoundary: found "arn:aws:iam::111111111111:policy/company-boundary", expected the name of a managed policy of both accounts, such as company-boundary, ` +
				"or an ARN such as arn:aws:iam::${AWS::AccountId}:policy/company-boundary"},
		},
		"what no workload has": {
			map[string]any{"workloads": "instance", "dataBucket": "company-data", "table": "devices", "trailBucket": "company-logs"},
			[]string{
				`dataBucket: found "company-data", which has no effect on instance, expected one of the workloads list, copy, events, or no dataBucket`,
				`table: found "devices", which has no effect on instance, expected one of the workloads scan, or no table`,
				`trailBucket: found "company-logs", which has no effect on instance, expected one of the workloads trail, or no trailBucket`,
			},
		},
		"an unknown workload": {
			map[string]any{"workloads": "list,lists"},
			[]string{`workloads: found "lists", expected one of list, scan, copy, trail, instance, events`},
		},
		"no workload at all": {
			map[string]any{"workloads": []any{}},
			[]string{"workloads: found an empty list, expected at least one, or leave the key out for the default"},
		},
		"invalid email addresses": {
			map[string]any{"alarmEmails": []any{"ops@example.com", "Ops <ops@example.com>", "ops@localhost", "ops"}},
			[]string{
				`alarmEmails: found "Ops \u003cops@example.com\u003e", expected email addresses, such as ops@example.com`,
				`alarmEmails: found "ops", expected email addresses, such as ops@example.com`,
				`alarmEmails: found "ops@localhost", expected email addresses, such as ops@example.com`,
			},
		},
		"numbers out of range": {
			map[string]any{"copyPartMiB": 4.0, "logRetentionDays": "31"},
			[]string{
				"copyPartMiB: found 4, expected a whole number from 5 to 5120",
				`logRetentionDays: found "31", expected one of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653`,
			},
		},
		"a part size as text": {
			map[string]any{"copyPartMiB": "4"},
			[]string{`copyPartMiB: found "4", expected a whole number from 5 to 5120`},
		},
		"numbers that are not whole": {
			map[string]any{"copyPartMiB": 5.5, "logRetentionDays": true},
			[]string{
				"copyPartMiB: found 5.5, expected a whole number from 5 to 5120",
				"logRetentionDays: found true, expected one of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653",
			},
		},
		"neither true nor false": {
			map[string]any{"createTrail": "yes", "sessionManager": 1.0},
			[]string{`createTrail: found "yes", expected true or false`, "sessionManager: found 1, expected true or false"},
		},
		"an unknown authorization": {
			map[string]any{"apiAuthorization": "open"},
			[]string{`apiAuthorization: found "open", expected one of iam, none`},
		},
		"invalid websites": {
			map[string]any{"apiOrigins": []any{"*", "https://*.example.com", "https://www.example.com/"}},
			[]string{
				`apiOrigins: found "*", expected schemes and hosts of websites, such as https://www.example.com`,
				`apiOrigins: found "https://*.example.com", expected schemes and hosts of websites, such as https://www.example.com`,
				`apiOrigins: found "https://www.example.com/", expected schemes and hosts of websites, such as https://www.example.com`,
			},
		},
		"an unknown use of events": {
			map[string]any{"eventsTo": "move"},
			[]string{`eventsTo: found "move", expected one of copy, list`},
		},
		"another workload as use of events": {
			map[string]any{"eventsTo": "scan", "eventSuffixes": "*.csv"},
			[]string{
				`eventSuffixes: found "*.csv", expected key suffixes, such as .csv, without spaces around them, control characters, *, ? or $`,
				`eventsTo: found "scan", expected one of copy, list`,
			},
		},
		"wrong types": {
			map[string]any{"egress": true, "availabilityZones": 3.0, "prefixes": []any{"a/", 1.0}},
			[]string{
				"availabilityZones: found 3, expected a list of zones, such as ap-northeast-1a",
				"egress: found true, expected text in quotes: one of nat, natInstance, endpoints",
				`prefixes: found ["a/",1], expected a list of key prefixes, such as inbox/, without a bucket, a leading /, spaces around them, control characters, *, ? or $`,
			},
		},
		"a list of numbers as text": {
			map[string]any{"availabilityZones": "[1]"},
			[]string{`availabilityZones: found "[1]", expected a list of zones, such as ap-northeast-1a`},
		},
		"unknown choices": {
			map[string]any{"egress": "NAT", "architecture": "amd64", "removalPolicy": "delete", "stage": "Prod"},
			[]string{
				`architecture: found "amd64", expected one of arm64, x86_64`,
				`egress: found "NAT", expected one of nat, natInstance, endpoints`,
				`removalPolicy: found "delete", expected one of retain, destroy`,
				`stage: found "Prod", expected 1 to 16 lower-case letters, digits and hyphens, beginning with a letter, such as dev`,
			},
		},
		"a stage of 17 characters": {
			map[string]any{"stage": "abcdefghijklmnopq"},
			[]string{`stage: found "abcdefghijklmnopq", expected 1 to 16 lower-case letters, digits and hyphens, beginning with a letter, such as dev`},
		},
		"zones of another region": {
			map[string]any{"availabilityZones": []any{"ap-northeast-1a", "eu-west-1a"}},
			[]string{`availabilityZones: found "eu-west-1a", expected zones of region ap-northeast-1, such as ap-northeast-1a`},
		},
		"one zone": {
			map[string]any{"availabilityZones": "ap-northeast-1a"},
			[]string{`availabilityZones: found ["ap-northeast-1a"], expected 2 or more zones`},
		},
		"a zone twice": {
			map[string]any{"availabilityZones": "ap-northeast-1a,ap-northeast-1a"},
			[]string{`availabilityZones: found "ap-northeast-1a" twice, expected each once`},
		},
		"invalid prefixes": {
			map[string]any{"prefixes": []any{"/inbox/", "in*", ""}},
			[]string{
				`prefixes: found "", expected key prefixes, such as inbox/, without a bucket, a leading /, spaces around them, control characters, *, ? or $`,
				`prefixes: found "/inbox/", expected key prefixes, such as inbox/, without a bucket, a leading /, spaces around them, control characters, *, ? or $`,
				`prefixes: found "in*", expected key prefixes, such as inbox/, without a bucket, a leading /, spaces around them, control characters, *, ? or $`,
			},
		},
		"a prefix longer than a key": {
			map[string]any{"prefixes": []any{strings.Repeat("a", 1025)}},
			[]string{"prefixes: found one of 1025 bytes, expected 1024 at most, the length of a key"},
		},
		"prefixes that are not of keys": {
			map[string]any{"prefixes": "s3://lake/inbox/,a\tb/, inbox/,inbox "},
			[]string{
				`prefixes: found " inbox/", expected key prefixes, such as inbox/, without a bucket, a leading /, spaces around them, control characters, *, ? or $`,
				`prefixes: found "a\tb/", expected key prefixes, such as inbox/, without a bucket, a leading /, spaces around them, control characters, *, ? or $`,
				`prefixes: found "inbox ", expected key prefixes, such as inbox/, without a bucket, a leading /, spaces around them, control characters, *, ? or $`,
				`prefixes: found "s3://lake/inbox/", expected key prefixes, such as inbox/, without a bucket, a leading /, spaces around them, control characters, *, ? or $`,
			},
		},
		"prefixes and suffixes that say the same twice": {
			map[string]any{"prefixes": "in,inbox/,reports/", "eventSuffixes": ".gz,.csv.gz"},
			[]string{
				`eventSuffixes: found ".gz", which is the end of ".csv.gz", expected only the shorter one, which has all keys of the longer one, or neither`,
				`prefixes: found "in", which is the beginning of "inbox/", expected only the shorter one, which has all keys of the longer one, or neither`,
			},
		},
		"settings of workloads that are not deployed": {
			map[string]any{
				"workloads": "list", "copyPartMiB": 5.0, "createTrail": true, "trailLogDays": 30.0, "sessionManager": false, "apiAuthorization": "none", "apiPath": "/hello",
				"apiOrigins": "https://www.example.com", "eventsTo": "list", "eventSuffixes": ".csv",
				"logRetentionDays": 7.0, "architecture": "x86_64", "alarmEmails": "ops@example.com", "perimeter": "endpoints", "externalId": "x1", "prefixes": "a/", // these have effects
			},
			[]string{
				`apiAuthorization: found "none", which has no effect on list, expected one of the workloads scan, or no apiAuthorization`,
				`apiOrigins: found "https://www.example.com", which has no effect on list, expected one of the workloads scan, or no apiOrigins`,
				`apiPath: found "/hello", which has no effect on list, expected one of the workloads scan, or no apiPath`,
				`copyPartMiB: found 5, which has no effect on list, expected one of the workloads copy, or no copyPartMiB`,
				`createTrail: found true, which has no effect on list, expected one of the workloads trail, or no createTrail`,
				`eventSuffixes: found ".csv", which has no effect on list, expected one of the workloads events, or no eventSuffixes`,
				`eventsTo: found "list", which has no effect on list, expected one of the workloads events, or no eventsTo`,
				`sessionManager: found false, which has no effect on list, expected one of the workloads instance, or no sessionManager`,
				`trailLogDays: found 30, which has no effect on list, expected one of the workloads trail, or no trailLogDays`,
			},
		},
		"settings of functions, buckets and objects without any": {
			map[string]any{
				"workloads": "scan", "perimeter": "endpoints", "prefixes": "a/", "noncurrentVersionDays": 1.0, "incompleteUploadDays": 1.0,
				"externalId": "x1", "sessionSeconds": 900.0, // these have effects
			},
			[]string{
				`incompleteUploadDays: found 1, which has no effect on scan, expected one of the workloads list, copy, trail, instance, events, or no incompleteUploadDays`,
				`noncurrentVersionDays: found 1, which has no effect on scan, expected one of the workloads list, copy, trail, instance, events, or no noncurrentVersionDays`,
				`perimeter: found "endpoints", which has no effect on scan, expected one of the workloads list, copy, trail, instance, events, or no perimeter`,
				`prefixes: found "a/", which has no effect on scan, expected one of the workloads list, copy, events, or no prefixes`,
			},
		},
		"settings of roles to assume, where the events function needs none": {
			map[string]any{"workloads": "events", "externalId": "x1", "sessionSeconds": 900.0, "copyPartMiB": 5.0, "organizationId": "o-a1b2c3d4e5"},
			[]string{
				`externalId: found "x1", which has no effect on events, expected one of the workloads list, scan, copy, trail, instance, or no externalId`,
				`sessionSeconds: found 900, which has no effect on events, expected one of the workloads list, scan, copy, trail, instance, or no sessionSeconds`,
			},
		},
		"functions' settings with the instance alone": {
			map[string]any{"workloads": "instance", "architecture": "x86_64", "alarmEmails": "ops@example.com"},
			[]string{
				`alarmEmails: found "ops@example.com", which has no effect on instance, expected one of the workloads list, scan, copy, trail, events, or no alarmEmails`,
				`architecture: found "x86_64", which has no effect on instance, expected one of the workloads list, scan, copy, trail, events, or no architecture`,
			},
		},
		"a schedule and a scale that are none": {
			map[string]any{"copyScale": "map", "copySchedule": "daily", "copyConcurrency": 0.0, "copyToleratedPercent": 101.0, "copyInventory": "orc"},
			[]string{
				"copyConcurrency: found 0, expected a whole number from 1 to 1000",
				`copyInventory: found "orc", expected one of none, csv, parquet`,
				`copyScale: found "map", expected one of function, distributedMap`,
				`copySchedule: found "daily", expected a schedule of EventBridge, such as rate(1 day) or cron(0 3 * * ? *)`,
				"copyToleratedPercent: found 101, expected a whole number from 0 to 100",
			},
		},
		"settings of the state machine without one": {
			map[string]any{"copySchedule": "rate(2 hours)", "copyConcurrency": 20.0, "copyToleratedPercent": 0.0, "copyInventory": "csv"},
			[]string{
				"copyConcurrency: found 20, which has no effect with copyScale function, expected copyScale distributedMap, or no copyConcurrency",
				`copyInventory: found "csv", which has no effect with copyScale function, expected copyScale distributedMap, or no copyInventory`,
				`copySchedule: found "rate(2 hours)", which has no effect with copyScale function, expected copyScale distributedMap, or no copySchedule`,
				"copyToleratedPercent: found 0, which has no effect with copyScale function, expected copyScale distributedMap, or no copyToleratedPercent",
			},
		},
		"a scale of nothing to copy": {
			map[string]any{"workloads": "list", "copyScale": "distributedMap"},
			[]string{`copyScale: found "distributedMap", which has no effect on list, expected one of the workloads copy, or no copyScale`},
		},
		"a perimeter on buckets that would lock everybody out": {
			map[string]any{"perimeter": "bucket"},
			[]string{"administrators: found none, expected the ARN of at least one role or user of the target account with perimeter bucket: " +
				"without one, nobody could repair the data from outside the perimeter"},
		},
		"administrators of another account, and what is none": {
			map[string]any{"perimeter": "bucket", "administrators": "arn:aws:iam::111111111111:role/admin,arn:aws:iam::222222222222:root"},
			[]string{
				`administrators: found "arn:aws:iam::111111111111:role/admin", expected one of the target account 222222222222`,
				`administrators: found "arn:aws:iam::222222222222:root", expected ARNs of roles and users, such as arn:aws:iam::222222222222:role/admin`,
			},
		},
		"administrators of nothing": {
			map[string]any{"perimeter": "endpoints", "administrators": "arn:aws:iam::222222222222:role/admin"},
			[]string{`administrators: found ["arn:aws:iam::222222222222:role/admin"], expected none without perimeter bucket: nothing else is denied to anybody`},
		},
		"values out of range": {
			map[string]any{
				"externalId": "x", "organizationId": "a1b2", "sessionSeconds": 899.0, "noncurrentVersionDays": -1.0, "incompleteUploadDays": 0.0, "trailLogDays": 0.5, "apiPath": "hello",
				"perimeter": "vpc",
			},
			[]string{
				`apiPath: found "hello", expected a path such as /items, without parameters`,
				`externalId: found "x", expected 2 to 1224 letters, digits and _+=,.@:/-`,
				`incompleteUploadDays: found 0, expected a whole number from 1 to 2147483647`,
				`noncurrentVersionDays: found -1, expected a whole number from 0 to 2147483647`,
				`organizationId: found "a1b2", expected an organization's ID, such as o-a1b2c3d4e5`,
				`perimeter: found "vpc", expected one of none, endpoints, bucket`,
				`sessionSeconds: found 899, expected a whole number from 900 to 3600`,
				`trailLogDays: found 0.5, expected a whole number from 0 to 2147483647`,
			},
		},
		"more prefixes than an environment carries": {
			map[string]any{"prefixes": []any{strings.Repeat("a", 1024), strings.Repeat("b", 1024), "c"}},
			[]string{"prefixes: found 2049 bytes in all, expected 2048 at most"},
		},
		"no prefixes, which must not mean all prefixes": {
			map[string]any{"prefixes": []any{}},
			[]string{"prefixes: found an empty list, expected at least one, or leave the key out for the default"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			context := minimal()
			for key, value := range c.set {
				if context[key] = value; value == nil {
					delete(context, key)
				}
			}
			_, err := ReadConfig(context)
			var problems *ConfigError
			if !errors.As(err, &problems) {
				t.Fatalf("found %v, expected a ConfigError", err)
			}
			if diff := cmp.Diff(c.problems, problems.Problems); diff != "" {
				t.Errorf("problems (-expected +found):\n%s", diff)
			}
			for _, problem := range c.problems {
				if !strings.Contains(err.Error(), "\n  "+problem) {
					t.Errorf("found no separate line for %q in:\n%s", problem, err)
				}
			}
		})
	}
}
