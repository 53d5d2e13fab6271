package probe

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/check"
)

const listing = `{sid: Read, actions: ["s3:GetObject"], resources: ["arn:aws:s3:::lake/*"]}`

// workloads are a function with a record, an instance with a profile, and what runs them.
const workloads = `
  Function: {Type: AWS::Lambda::Function, Properties: {FunctionName: work, Role: !GetAtt Reader.Arn, Environment: {Variables: {LAKE_ROLE_ARN: "arn:aws:iam::222222222222:role/reports", DESTINATION: received}}}}
  Profile: {Type: AWS::IAM::InstanceProfile, Properties: {Roles: [!Ref Reader]}}
  Instance:
    Type: AWS::EC2::Instance
    Properties:
      IamInstanceProfile: !Ref Profile
      SubnetId: subnet-1
      UserData:
        Fn::Base64: |
          #cloud-config
          write_files:
            - path: /etc/skel/.aws/config
              content: |
                [default]
                region = eu-west-1
                [profile lake]
                # of the grant
                role_arn = arn:aws:iam::222222222222:role/reports
                credential_source = Ec2InstanceMetadata
                region = eu-west-1
                sts_regional_endpoints = regional
                duration_seconds = 3600
            - path: /etc/motd
              content: role_arn = other
          runcmd:
            - [echo, region = other]
`

// records are how they are set up.
const records = `
  CrossGrant::Intent::Function: {workload: {resource: !GetAtt Function.Arn, role: !GetAtt Reader.Arn, variables: {DESTINATION: received}}}
  CrossGrant::Intent::Grant: {workload: {resource: !GetAtt Function.Arn, role: !GetAtt Reader.Arn, grant: "222222222222::reports-prod-eu-west-1", environmentPrefix: LAKE_}}
  CrossGrant::Intent::Instance: {workload: {resource: !Ref Instance, role: !GetAtt Reader.Arn}}
  CrossGrant::Intent::Profile: {workload: {resource: !Ref Instance, role: !GetAtt Reader.Arn, grant: "222222222222::reports-prod-eu-west-1", profile: lake}}
Parameters: {P: {Type: String}}
Conditions: {Maybe: !Equals [!Ref P, a]}`

// settingsOf are the checks of settings by rules Intent and Connection, one a line: all, or those that are not proved.
func settingsOf(t *testing.T, all bool, edits ...[2]string) string {
	t.Helper()
	source := strings.Replace(declarationOf("Source", listing, "Reader", "reader"), "\nResources:", records+"\nResources:", 1) + workloads
	for _, e := range edits {
		if !strings.Contains(source, e[0]) {
			t.Fatalf("found no %q in the template", e[0])
		}
		source = strings.ReplaceAll(source, e[0], e[1])
	}
	m := load(t, source, declarationOf("Target", listing, "Reports", "reports"), "")
	var lines []string
	for _, c := range append(intent(m), connection(m)...) {
		if name, ok := strings.CutPrefix(c.Name, "the settings of "); ok && (all || c.Verdict != check.Proved) {
			lines = append(lines, fmt.Sprintf("%s %s %s: %s; %s", c.Rule, c.Verdict, name, strings.Join(c.Details, ", "), strings.Join(c.Remedy, ", ")))
		}
	}
	return policy.Readable(strings.Join(lines, "\n"))
}

// What concerns a grant is of rule Intent, the rest of rule Connection.
func TestSettingsAreProved(t *testing.T) {
	const expected = `Intent proved work, variables LAKE_…: ; 
Intent proved ‹Source.Instance›, profile lake: ; 
Connection proved work: ; 
Connection proved ‹Source.Instance›: ; `
	if d := cmp.Diff(expected, settingsOf(t, true)); d != "" {
		t.Errorf("checks (-expected +found):\n%s", d)
	}
}

// Each change sets a workload up in another way than recorded.
func TestBrokenSettings(t *testing.T) {
	const environment, roleARN = `, Environment: {Variables: {LAKE_ROLE_ARN: "arn:aws:iam::222222222222:role/reports", DESTINATION: received}}`, `LAKE_ROLE_ARN: "arn:aws:iam::222222222222:role/reports"`
	const profile = "role_arn = arn:aws:iam::222222222222:role/reports"
	for name, c := range map[string]struct {
		edit [2]string
		want []string
	}{
		"no variables": {[2]string{environment, ""}, []string{
			"Intent broken work, variables LAKE_…: LAKE_ROLE_ARN: found nothing, expected arn:aws:iam::222222222222:role/reports, as the grant has it; set LAKE_ROLE_ARN to arn:aws:iam::222222222222:role/reports",
			"Connection broken work: DESTINATION: found nothing, expected received, as its construct sets it; set DESTINATION to received"}},
		"another role in a variable":     {[2]string{roleARN, `LAKE_ROLE_ARN: "arn:aws:iam::333333333333:role/reports"`}, []string{"Intent broken work, variables LAKE_…: LAKE_ROLE_ARN: found arn:aws:iam::333333333333:role/reports, expected"}},
		"a variable that is unknown":     {[2]string{roleARN, "LAKE_ROLE_ARN: !Ref P"}, []string{"Intent undecided work, variables LAKE_…: LAKE_ROLE_ARN: found ‹Source.P›, which is known at deployment only"}},
		"a variable too much":            {[2]string{roleARN, roleARN + ", LAKE_ACCESS: Direct"}, []string{"Intent broken work, variables LAKE_…: LAKE_ACCESS: found Direct, expected none, as the grant has it; remove LAKE_ACCESS"}},
		"another destination":            {[2]string{`reports", DESTINATION: received`, `reports", DESTINATION: other`}, []string{"Connection broken work: DESTINATION: found other, expected received"}},
		"another role of a function":     {[2]string{"FunctionName: work, Role: !GetAtt Reader.Arn", "FunctionName: work, Role: 'arn:aws:iam::111111111111:role/other'"}, []string{"it runs as arn:aws:iam::111111111111:role/other, expected arn:aws:iam::111111111111:role/reader; let it run as arn:aws:iam::111111111111:role/reader"}},
		"an unknown role":                {[2]string{"FunctionName: work, Role: !GetAtt Reader.Arn", "FunctionName: work, Role: !Ref P"}, []string{"Connection undecided work: it runs as ‹Source.P›, expected"}},
		"no function":                    {[2]string{"Function: {Type: AWS::Lambda::Function", "Function: {Type: AWS::Serverless::Function"}, []string{"Connection broken ‹Source.Function.Arn›: no template has ‹Source.Function.Arn›, which has to run as arn:aws:iam::111111111111:role/reader; create it again"}},
		"a function that may not be":     {[2]string{"Function: {Type: AWS::Lambda::Function", "Function: {Condition: Maybe, Type: AWS::Lambda::Function"}, []string{"Connection undecided work: it exists only under the condition Maybe"}},
		"a function without invocations": {[2]string{"FunctionName: work", "FunctionName: work, ReservedConcurrentExecutions: 0"}, []string{"Connection broken work: its ReservedConcurrentExecutions are 0, so that Lambda never invokes it"}},
		"no metadata service":            {[2]string{"      SubnetId: subnet-1", "      MetadataOptions: {HttpEndpoint: disabled}\n      SubnetId: subnet-1"}, []string{"Connection broken ‹Source.Instance›: its metadata service is disabled"}},
		"no instance profile":            {[2]string{"      IamInstanceProfile: !Ref Profile\n", ""}, []string{"Connection broken ‹Source.Instance›: it has no role, expected arn:aws:iam::111111111111:role/reader", "Intent broken ‹Source.Instance›, profile lake: it has no role"}},
		"a profile without the role":     {[2]string{"Roles: [!Ref Reader]", "Roles: []"}, []string{"Connection undecided ‹Source.Instance›: it runs as"}},
		"a role of another account":      {[2]string{profile, "role_arn = arn:aws:iam::333333333333:role/reports"}, []string{"Intent broken ‹Source.Instance›, profile lake: role_arn of profile lake in /etc/skel/.aws/config: found arn:aws:iam::333333333333:role/reports, expected arn:aws:iam::222222222222:role/reports"}},
		"no role":                        {[2]string{"                " + profile + "\n", ""}, []string{"role_arn of profile lake in /etc/skel/.aws/config: found nothing"}},
		"an external ID":                 {[2]string{profile, profile + "\n                external_id = x"}, []string{"external_id of profile lake in /etc/skel/.aws/config: found x, expected none"}},
		"other credentials":              {[2]string{profile, profile + "\n                source_profile = default"}, []string{"profile lake in /etc/skel/.aws/config has source_profile, by which the AWS CLI gets other credentials or another endpoint; remove source_profile"}},
		"the global endpoint":            {[2]string{"= regional", "= legacy"}, []string{"profile lake in /etc/skel/.aws/config uses the legacy endpoint of STS"}},
		"a longer session":               {[2]string{"= 3600", "= 7200"}, []string{"asks for a session of 7200 seconds, expected at most 3600, as the grant has it; set duration_seconds to 3600 or less"}},
		"a session of no length":         {[2]string{"= 3600", "= long"}, []string{"asks for a session of long seconds"}},
		"another region":                 {[2]string{"credential_source = Ec2InstanceMetadata\n                region = eu-west-1", "credential_source = Ec2InstanceMetadata\n                region = eu-west-2"}, []string{"region of profile lake in /etc/skel/.aws/config: found eu-west-2, expected eu-west-1"}},
		"another profile":                {[2]string{"[profile lake]", "[profile sea]"}, []string{"/etc/skel/.aws/config has no profile lake; add profile lake to /etc/skel/.aws/config"}},
		"no configuration":               {[2]string{"/etc/skel/.aws/config", "/etc/skel/.aws/credentials"}, []string{"its user data writes no .aws/config, expected one with profile lake"}},
		"no user data":                   {[2]string{"UserData:", "Other:"}, []string{"its user data writes no .aws/config"}},
		"user data that is not known":    {[2]string{"Fn::Base64: |\n", "Fn::Base64: !Ref P\n      Other:\n        X: |\n"}, []string{"Intent undecided ‹Source.Instance›, profile lake: its user data is not known"}},
		"user data that is no text":      {[2]string{"Fn::Base64: |\n", "A: |\n"}, []string{"Intent undecided ‹Source.Instance›, profile lake: its user data is not known"}},
		"a grant that nobody declares": {[2]string{`"222222222222::reports-prod-eu-west-1", environmentPrefix`, `"222222222222::other", environmentPrefix`}, []string{
			"Connection broken work: its record names the grant 222222222222::other, which no template declares"}},
	} {
		t.Run(name, func(t *testing.T) {
			found := settingsOf(t, false, c.edit)
			for _, want := range c.want {
				if !strings.Contains(found, want) {
					t.Errorf("found\n%s\nexpected %s", found, want)
				}
			}
		})
	}
}

// What no record says, is compared only where the variables say which grant they are of.
func TestVariablesWithoutARecord(t *testing.T) {
	const grantRecord = `  CrossGrant::Intent::Grant: {workload: {resource: !GetAtt Function.Arn, role: !GetAtt Reader.Arn, grant: "222222222222::reports-prod-eu-west-1", environmentPrefix: LAKE_}}
`
	const roleARN = `LAKE_ROLE_ARN: "arn:aws:iam::222222222222:role/reports"`
	for name, c := range map[string]struct{ variables, want string }{
		"by another prefix":              {roleARN, ""},
		"with another access":            {roleARN + ", LAKE_ACCESS: Direct", "Intent broken work, variables LAKE_…: LAKE_ACCESS: found Direct, expected none"},
		"by the default prefix":          {`CROSSGRANT_ROLE_ARN: "arn:aws:iam::222222222222:role/reports"`, ""},
		"another role":                   {`CROSSGRANT_ROLE_ARN: "arn:aws:iam::222222222222:role/other"`, "Intent broken work, variables CROSSGRANT_…: CROSSGRANT_ROLE_ARN: found arn:aws:iam::222222222222:role/other"},
		"in a way of its own":            {`TARGET_ROLE: reports`, ""},
		"an external ID that is unknown": {roleARN + ", LAKE_EXTERNAL_ID: !Ref P", "Intent undecided work, variables LAKE_…: LAKE_EXTERNAL_ID: found ‹Source.P›"},
	} {
		t.Run(name, func(t *testing.T) {
			found := settingsOf(t, false, [2]string{grantRecord, ""}, [2]string{roleARN, c.variables})
			if c.want == "" && found != "" || !strings.Contains(found, c.want) {
				t.Errorf("found\n%s\nexpected %s", found, c.want)
			}
		})
	}
}

// A bucket whose lifecycle archives what a grant lets be read is a broken setting.
func TestArchivedObjectsOfGrants(t *testing.T) {
	for days, want := range map[string]check.Verdict{"0": check.Broken, "30": check.Undecided} {
		m := grants(t, listing, "", "  Lake: {Type: AWS::S3::Bucket, Properties: {BucketName: lake, LifecycleConfiguration: {Rules: [{Status: Enabled, Transitions: [{StorageClass: GLACIER, TransitionInDays: "+days+"}]}]}}}\n", "")
		var found []check.Verdict
		for _, c := range intent(m) {
			if c.Name == "the settings of bucket lake" {
				found = append(found, c.Verdict)
			}
		}
		if len(found) != 1 || found[0] != want {
			t.Errorf("after %s days: found %v, expected %s", days, found, want)
		}
	}
}

// The containers of a task definition that a record names have the grant's variables, and run as the task role.
func TestContainers(t *testing.T) {
	const task = `
  Task: {Type: AWS::ECS::TaskDefinition, Properties: {Family: work, TaskRoleArn: !GetAtt Reader.Arn, ContainerDefinitions: [
    {Name: main, Environment: [{Name: LAKE_ROLE_ARN, Value: "arn:aws:iam::222222222222:role/reports"}]}, {Name: proxy}]}}
`
	for name, c := range map[string]struct{ from, to, expected string }{
		"as recorded":       {"", "", ""},
		"another variable":  {"role/reports\"}]}", "role/other\"}]}", "container main, variables LAKE_…: LAKE_ROLE_ARN: found arn:aws:iam::222222222222:role/other, expected arn:aws:iam::222222222222:role/reports"},
		"no variable":       {"Environment: [{Name: LAKE_ROLE_ARN, Value: \"arn:aws:iam::222222222222:role/reports\"}]", "Image: x", "LAKE_ROLE_ARN: found nothing, expected"},
		"no such container": {"Name: main", "Name: other", "it has no container main, whose code uses the grant"},
		"another role":      {"TaskRoleArn: !GetAtt Reader.Arn", "ExecutionRoleArn: !GetAtt Reader.Arn", "it has no role, expected arn:aws:iam::111111111111:role/reader"},
	} {
		found := settingsOf(t, false, [2]string{"Parameters: {P", `  CrossGrant::Intent::Task: {workload: {resource: !Ref Task, container: main, role: !GetAtt Reader.Arn, grant: "222222222222::reports-prod-eu-west-1", environmentPrefix: LAKE_}}
Parameters: {P`}, [2]string{workloads, workloads + strings.Replace(task, c.from, c.to, 1)})
		if c.expected == "" && found != "" || !strings.Contains(found, c.expected) {
			t.Errorf("%s: found %q, expected %q", name, found, c.expected)
		}
	}
}
