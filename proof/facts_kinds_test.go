package proof

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/facts"
	"github.com/crossgrant/crossgrant/policy"
)

// The parts of facts that several cases have.
const (
	nothing  = `{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}`
	whole    = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}`
	bound    = "arn:aws:iam::222222222222:policy/limits"
	unheard  = "arn:aws:iam::aws:policy/NeverHeardOf"
	ssmName  = "arn:aws:ssm:eu-west-1:222222222222:parameter/readers/first"
	trusted  = `{ArnEquals: {"aws:PrincipalArn": "arn:aws:iam::111111111111:role/reader"}, StringEquals: {"sts:ExternalId": reports-1}}`
	vpcARN   = "arn:aws:ec2:eu-west-1:111111111111:vpc/"
	vpcOne   = vpcARN + "vpc-1"
	resource = "Resources:\n"
)

// by is a trust policy that takes the name of the grantee from elsewhere.
func by(expression string) edit {
	return edit{"target", trusted, strings.Replace(trusted, `"arn:aws:iam::111111111111:role/reader"`, expression, 1)}
}

// guest are the edits by which the function runs in a VPC that no template has.
func guest(t *testing.T) []edit {
	t.Helper()
	_, network, _ := strings.Cut(file(t, "testdata/grant/source.yaml"), resource)
	network, _, _ = strings.Cut(network, "  Reader:\n")
	return []edit{{"source", network, ""}, {"source", "SubnetIds: [!Ref Subnet], SecurityGroupIds: [!Ref Outside]", "SubnetIds: [subnet-1], SecurityGroupIds: [sg-1]"}}
}

// vpcFacts are those of that VPC, with one change.
func vpcFacts(from, to string) string {
	const text = `{
	"dnsSupport": true, "dnsHostnames": true,
	"subnets": {"subnet-1": {"cidrBlock": "10.0.1.0/24", "routeTable": "rtb-1"}},
	"routeTables": {"rtb-1": null},
	"endpoints": {
		"vpce-1": {"service": "com.amazonaws.eu-west-1.sts", "subnets": ["subnet-1"], "securityGroups": ["sg-2"], "privateDns": true, "policy": {"Statement": [
			{"Sid": "Pass", "Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole", "Resource": "arn:aws:iam::222222222222:role/reports-prod-eu-west-1",
			 "Condition": {"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::111111111111:role/reader"}}}]}},
		"vpce-2": {"service": "com.amazonaws.eu-west-1.s3", "routeTables": ["rtb-1"], "policy": {"Statement": [
			{"Sid": "Pass", "Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": ["arn:aws:s3:::lake", "arn:aws:s3:::lake/reports/*"],
			 "Condition": {"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::222222222222:role/reports-prod-eu-west-1"}}}]}},
		"vpce-3": {"service": "com.amazonaws.eu-west-1.dynamodb", "routeTables": ["rtb-1"], "policy": {"Statement": [
			{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalAccount": ["111111111111", "222222222222"]}}}]}}
	},
	"securityGroups": {"sg-1": {"ingress": [], "egress": ["0.0.0.0/0"]}, "sg-2": {"ingress": ["sg-1"], "egress": []}}
}`
	if !strings.Contains(text, from) {
		panic("found no " + from)
	}
	return strings.Replace(text, from, to, 1)
}

// The way of each kind of fact: what no template says is undecided, the skeleton asks for it, and with the answer it is proved, or broken where that says so.
func TestEachKindOfFact(t *testing.T) {
	parameter := func(body string) edit {
		return edit{"target", resource + "  Key:", "Parameters: {Caller: " + body + "}\n" + resource + "  Key:"}
	}
	inSection := func(section, key, value string) string { return fmt.Sprintf(`{%q: {%q: %s}}`, section, key, value) }
	withCaller := func(name string) string {
		return `{"parameters": {"Target": {"Caller": "` + name + `"}}}`
	}
	with := func(property string) edit {
		return edit{"target", "RoleName: reports-prod-eu-west-1", "RoleName: reports-prod-eu-west-1\n      " + property}
	}
	type kind struct {
		edits        []edit
		missing      []string // what is missing at first
		right, wrong string   // facts that prove it, and others that break it
		rests        string   // how verdicts name the fact
		says         string   // why the others break it
		found        string   // what the others make of the verdict; broken by default
	}
	cases := map[string]kind{
		"a parameter": {[]edit{parameter("{Type: String}"), by(`!Sub "arn:aws:iam::111111111111:role/${Caller}"`)}, []string{"parameter Caller of stack Target"},
			withCaller("reader"), withCaller("writer"), `parameter Caller of stack Target is "reader" (by facts.json)`, "role/writer", ""},
		"a parameter of a list": {[]edit{parameter("{Type: CommaDelimitedList}"), by(`[!Select [1, !Ref Caller]]`)}, []string{"parameter Caller of stack Target"},
			withCaller("none, arn:aws:iam::111111111111:role/reader"), withCaller("none, none"), `parameter Caller of stack Target is "none, arn:aws:iam::111111111111:role/reader" (by facts.json)`, "none", ""},
		"a secret parameter": {[]edit{parameter("{Type: String, NoEcho: true, Default: reader}"), by(`!Sub "arn:aws:iam::111111111111:role/${Caller}"`)}, []string{"parameter Caller of stack Target"},
			withCaller("reader"), withCaller("writer"), `parameter Caller of stack Target is "reader" (by facts.json)`, "role/writer", ""},
		"a parameter that decides a condition": {[]edit{{"target", resource + "  Key:", "Parameters: {Stage: {Type: String}}\nConditions: {Open: !Equals [!Ref Stage, prod]}\n" + resource +
			"  More: {Type: AWS::IAM::Policy, Condition: Open, Properties: {PolicyName: more, Roles: [reports-prod-eu-west-1], PolicyDocument: {Version: \"2012-10-17\", Statement: [{Sid: Stop, Effect: Deny, Action: \"s3:GetObject\", Resource: \"*\"}]}}}\n  Key:"}},
			[]string{"parameter Stage of stack Target"}, `{"parameters": {"Target": {"Stage": "test"}}}`, `{"parameters": {"Target": {"Stage": "prod"}}}`, `parameter Stage of stack Target is "test" (by facts.json)`, "statement Stop of the policy more", ""},
		"a parameter that decides whether too much is permitted": {[]edit{{"target", resource + "  Key:", "Parameters: {Stage: {Type: String}}\nConditions: {Open: !Equals [!Ref Stage, prod]}\n" + resource +
			"  More: {Type: AWS::IAM::Policy, Condition: Open, Properties: {PolicyName: more, Roles: [reports-prod-eu-west-1], PolicyDocument: {Version: \"2012-10-17\", Statement: [{Sid: Much, Effect: Allow, Action: \"s3:PutObject\", Resource: \"*\"}]}}}\n  Key:"}},
			[]string{"parameter Stage of stack Target"}, `{"parameters": {"Target": {"Stage": "test"}}}`, `{"parameters": {"Target": {"Stage": "prod"}}}`, `parameter Stage of stack Target is "test" (by facts.json)`,
			"s3:PutObject on * is permitted, and no permission of the grant needs it", ""},
		"a parameter of Systems Manager": {[]edit{parameter("{Type: \"AWS::SSM::Parameter::Value<String>\", Default: /readers/first}"), by(`!Sub "arn:aws:iam::111111111111:role/${Caller}"`)}, []string{ssmName},
			inSection("resources", ssmName, `{"value": "reader"}`), inSection("resources", ssmName, `{"value": "writer"}`), ssmName + ` of Systems Manager is "reader" (by facts.json)`, "role/writer", ""},
		"a dynamic reference": {[]edit{by(`"arn:aws:iam::111111111111:role/{{resolve:ssm:/readers/first}}"`)}, []string{ssmName},
			inSection("resources", ssmName, `{"value": "reader"}`), inSection("resources", ssmName, `{"value": "writer"}`), ssmName + ` of Systems Manager is "reader" (by facts.json)`, "role/writer", ""},
		"a version of a parameter": {[]edit{by(`"arn:aws:iam::111111111111:role/{{resolve:ssm:/readers/first:3}}"`)}, []string{ssmName + ":3"},
			inSection("resources", ssmName, `{"value": "writer", "versions": {"3": "reader"}}`), inSection("resources", ssmName, `{"value": "reader", "versions": {"3": "writer"}}`),
			ssmName + `:3 of Systems Manager is "reader" (by facts.json)`, "role/writer", ""},
		"a managed policy of AWS": {[]edit{with("ManagedPolicyArns: [\"" + unheard + "\"]")}, []string{unheard}, inSection("managedPolicies", unheard, strings.Replace(nothing, `"Action": "*"`, `"Action": "iam:*"`, 1)),
			inSection("managedPolicies", unheard, nothing), unheard + " (by facts.json)", "the managed policy NeverHeardOf (by facts.json)", ""},
		"a managed policy of the account": {[]edit{with("ManagedPolicyArns: [\"" + bound + "\"]")}, []string{bound}, inSection("managedPolicies", bound, strings.Replace(nothing, `"Action": "*"`, `"Action": "iam:*"`, 1)),
			inSection("managedPolicies", bound, nothing), bound + " (by facts.json)", "the managed policy limits (by facts.json)", ""},
		"a permissions boundary": {[]edit{with("PermissionsBoundary: " + bound)}, []string{bound}, inSection("managedPolicies", bound, whole), inSection("managedPolicies", bound, nothing),
			bound + " (by facts.json)", "the managed policy limits (by facts.json)", ""},
		"a place in an organization": {[]edit{{"target", `StringEquals: {"sts:ExternalId": reports-1}`, `StringEquals: {"sts:ExternalId": reports-1}, "ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/*"}`}},
			[]string{"path of account 111111111111 in its organization"}, inSection("organizationPaths", "111111111111", `"o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/ou-ab12-22222222/"`),
			inSection("organizationPaths", "111111111111", `"o-a1b2c3d4e5/r-ab12/ou-ab12-33333333/"`), "path of account 111111111111 in its organization (by facts.json)", "aws:PrincipalOrgPaths", ""},
		"a network": {guest(t), []string{vpcARN + "VPC_ID with sg-1", vpcARN + "VPC_ID with subnet-1"}, inSection("resources", vpcOne, vpcFacts("{", "{")), inSection("resources", vpcOne, vpcFacts(`"routeTables": ["rtb-1"], "policy": {"Statement": [
			{"Sid"`, `"routeTables": [], "policy": {"Statement": [
			{"Sid"`)), vpcOne + " (by facts.json)", "route table rtb-1 (by facts.json) of subnet subnet-1 (by facts.json) has no route to the internet", ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			a := grantApp(t, both, c.edits...)
			r := proved(t, a, Options{})
			if found := missing(r); r.Verdict() != Undecided || !slices.Equal(found, c.missing) {
				t.Fatalf("found %s, missing %q, expected undecided and %q:\n%s", r.Verdict(), found, c.missing, says(r))
			}
			for i := range r.Checks {
				if one := &r.Checks[i]; one.Verdict == Undecided && len(one.Missing) == 0 {
					t.Errorf("found nothing missing for %s %s, which is undecided: %q", one.Rule, policy.Readable(one.Name), one.Says)
				}
			}
			for _, m := range r.Missing() {
				if !strings.Contains(says(r), policy.Readable(m.String())) {
					t.Errorf("found no remedy %s in\n%s", m, says(r))
				}
			}
			checkSkeleton(t, r, c.right)
			for text, want := range map[string]Verdict{c.right: Proved, c.wrong: Broken} {
				f, err := facts.Parse("facts.json", versioned(text))
				if err != nil {
					t.Fatal(err)
				}
				r := proved(t, a, Options{Facts: f})
				if r.Verdict() != want || len(missing(r)) > 0 {
					t.Errorf("found %s, missing %q, expected %s:\n%s", r.Verdict(), missing(r), want, says(r))
				}
				if want == Broken {
					if !strings.Contains(says(r), c.says) {
						t.Errorf("found no %q in\n%s", c.says, says(r))
					}
				} else if !restsOn(r, c.rests) {
					t.Errorf("found no proved check that rests on %s", c.rests)
				}
			}
		})
	}
}

// versioned is the text of facts with the version of the format.
func versioned(text string) []byte { return []byte(`{"version": 1, ` + text[1:]) }

// restsOn says that a check of a report, its JSON and what is assumed name a fact.
func restsOn(r *Report, name string) bool {
	j := r.JSON()
	return slices.ContainsFunc(r.Checks, func(c Check) bool { return slices.Contains(c.RestsOn, name) }) &&
		slices.ContainsFunc(j.Checks, func(c CheckJSON) bool { return slices.Contains(c.RestsOn, name) }) &&
		slices.ContainsFunc(j.Assumed, func(n string) bool {
			return strings.Contains(n, strings.TrimSuffix(name, " (by facts.json)")) && strings.Contains(n, "rest on it")
		})
}

// checkSkeleton checks that the skeleton of what is missing asks for what is given then, by commands that only read, and is refused as it is.
func checkSkeleton(t *testing.T, r *Report, given string) {
	t.Helper()
	var wanted []facts.Want
	for _, m := range r.Missing() {
		wanted = append(wanted, m.Want)
	}
	text, err := facts.Skeleton(wanted)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := facts.Parse("facts.json", text); err == nil {
		t.Errorf("found a skeleton that is taken for facts:\n%s", text)
	}
	var skeleton, answer map[string]any
	for _, one := range []struct {
		text []byte
		into *map[string]any
	}{{text, &skeleton}, {[]byte(given), &answer}} {
		if err := json.Unmarshal(one.text, one.into); err != nil {
			t.Fatal(err)
		}
	}
	for section, of := range answer {
		asked, _ := skeleton[section].(map[string]any)
		for key, value := range of.(map[string]any) {
			if section == "resources" && strings.HasPrefix(key, vpcARN) {
				key = vpcARN + "VPC_ID" // its ID is not in the templates
			}
			if asked[key] == nil {
				t.Errorf("found no %s in %s of the skeleton:\n%s", key, section, text)
			}
			if fields, is := asked[key].(map[string]any); is {
				for _, field := range slices.Sorted(maps.Keys(value.(map[string]any))) {
					if fields[field] == nil {
						t.Errorf("found no %s of %s in the skeleton:\n%s", field, key, text)
					}
				}
			}
		}
	}
	if verbs := []string{" create-", " delete-", " put-", " update-", " modify-"}; slices.ContainsFunc(verbs, func(v string) bool { return strings.Contains(string(text), v) }) {
		t.Errorf("found a command that does not only read:\n%s", text)
	}
}

// A default is taken as the value, and each verdict that rests on it says so. Facts replace it.
func TestDefaultsAreFacts(t *testing.T) {
	for value, want := range map[string]Verdict{"reader": Proved, "writer": Broken} {
		a := grantApp(t, both, edit{"target", resource + "  Key:", "Parameters: {Caller: {Type: String, AllowedValues: [reader, writer], Default: " + value + "}, Other: {Type: String, Default: none}}\n" + resource + "  Key:"},
			by(`!Sub "arn:aws:iam::111111111111:role/${Caller}"`))
		r := proved(t, a, Options{})
		name := fmt.Sprintf("parameter Caller of stack Target has its default, %q", value)
		if r.Verdict() != want {
			t.Errorf("found %s, expected %s:\n%s", r.Verdict(), want, says(r))
		}
		n := 0
		for i := range r.Checks {
			if slices.Contains(r.Checks[i].RestsOn, name) {
				n++
			}
		}
		if assumed := fmt.Sprintf("Target.Caller: taken to have its default, which another value at deployment or in facts would replace; %d checks rest on it", n); n == 0 || n == len(r.Checks) ||
			len(r.Assumed) != 1 || r.Assumed[0].String() != assumed {
			t.Errorf("found %v, expected only %s of %d checks", r.Assumed, assumed, len(r.Checks))
		}
		f, err := facts.Parse("facts.json", versioned(`{"parameters": {"Target": {"Caller": "reader"}}}`))
		if err != nil {
			t.Fatal(err)
		}
		if r := proved(t, a, Options{Facts: f}); r.Verdict() != Proved || !restsOn(r, `parameter Caller of stack Target is "reader" (by facts.json)`) {
			t.Errorf("found %s with facts, expected that they replace the default", r.Verdict())
		}
		for text, want := range map[string]string{
			`{"parameters": {"Target": {"Caller": "other"}}}`:  `facts.json: found "other" for parameter Caller of stack Target, expected one of its AllowedValues: reader, writer`,
			`{"parameters": {"Target": {"Caler": "reader"}}}`:  "facts.json: found a value of parameter Caler of stack Target, expected one of its parameters: Caller, Other",
			`{"parameters": {"Tarjet": {"Caller": "reader"}}}`: `facts.json: found parameters of stack "Tarjet", expected one of Source, Target`,
		} {
			f, err := facts.Parse("facts.json", versioned(text))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := Prove(a, Options{Facts: f}); err == nil || err.Error() != want {
				t.Errorf("found %v, expected %s", err, want)
			}
		}
	}
}

// The templates of other apps are stacks of the proof.
func TestTemplatesAmongFacts(t *testing.T) {
	_, keyAndLake, _ := strings.Cut(file(t, "testdata/grant/target.yaml"), resource)
	key, _, _ := strings.Cut(keyAndLake, "  Lake:\n")
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	importing := strings.NewReplacer(key, "", "!GetAtt Key.Arn", "!ImportValue lake-key").Replace(file(t, "testdata/grant/target.yaml"))
	a, err := assembly.LoadTemplates(assembly.TemplateFile{Path: "testdata/grant/source.yaml", StackName: "Source", Account: "111111111111", Region: "eu-west-1"},
		assembly.TemplateFile{Path: write("target.yaml", importing), StackName: "Target", Account: "222222222222", Region: "eu-west-1"})
	if err != nil {
		t.Fatal(err)
	}
	r := proved(t, a, Options{})
	if want := []string{"export lake-key, which stack Target imports"}; r.Verdict() != Undecided || !slices.Equal(missing(r), want) {
		t.Fatalf("found %s, missing %q, expected %q:\n%s", r.Verdict(), missing(r), want, says(r))
	}
	text, err := facts.Skeleton([]facts.Want{r.Missing()[0].Want})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"file": "run: aws cloudformation get-template --region eu-west-1 --stack-name $(aws cloudformation list-exports`, `"account": "222222222222"`, `"region": "eu-west-1"`} {
		if !strings.Contains(string(text), want) || !strings.Contains(string(text), "> FILE") {
			t.Errorf("found no %s in\n%s", want, text)
		}
	}
	if _, err := facts.Parse("facts.json", text); err == nil {
		t.Errorf("found a skeleton that is taken for facts:\n%s", text)
	}
	write("facts.json", `{"version": 1, "templates": [{"file": "keys/template.yaml", "stack": "Keys", "account": "222222222222", "region": "eu-west-1"}]}`)
	for from, want := range map[string]Verdict{"{": Proved, "222222222222:root": Broken} {
		write("keys/template.yaml", resource+strings.Replace(key, from, strings.Replace(from, "root", "user/keeper", 1), 1)+"Outputs: {Key: {Value: !GetAtt Key.Arn, Export: {Name: lake-key}}}\n")
		f, err := facts.Read(filepath.Join(dir, "facts.json"))
		if err != nil {
			t.Fatal(err)
		}
		r := proved(t, a, Options{Facts: f})
		if r.Verdict() != want || len(missing(r)) > 0 {
			t.Errorf("found %s, missing %q, expected %s:\n%s", r.Verdict(), missing(r), want, says(r))
		}
		if name := "stack Keys is deployed from the template " + filepath.Join(dir, "keys/template.yaml") + " (by facts.json)"; want == Proved && !restsOn(r, name) {
			t.Errorf("found no check that rests on %s", name)
		}
	}
	if err := os.Remove(filepath.Join(dir, "keys/template.yaml")); err != nil {
		t.Fatal(err)
	}
	f, err := facts.Read(filepath.Join(dir, "facts.json"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Prove(a, Options{Facts: f}); err == nil || !strings.Contains(err.Error(), "template.yaml") {
		t.Errorf("found %v, expected that the file is missing", err)
	}
}

// What a caller uses and no template has: undecided, and decided by the facts of each kind of resource.
func TestFactsOfEachResource(t *testing.T) {
	const reader, account = "arn:aws:iam::111111111111:role/reader", "222222222222"
	caller := filepath.Join(t.TempDir(), "source.yaml")
	if err := os.WriteFile(caller, []byte(resource+`  Reader: {Type: AWS::IAM::Role, Properties: {RoleName: reader, AssumeRolePolicyDocument: {Statement: []}, Policies: [
    {PolicyName: all, PolicyDocument: {Statement: [{Effect: Allow, Action: "*", Resource: "*"}]}}]}}
`), 0o600); err != nil {
		t.Fatal(err)
	}
	allow := func(action, on string) string {
		return fmt.Sprintf(`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": %q}, "Action": %q, "Resource": %q}]}`, reader, action, on)
	}
	const in = "arn:aws:%s:eu-west-1:" + account + ":%s"
	for _, c := range []struct{ action, resource, about, fields string }{
		{"lambda:InvokeFunction", fmt.Sprintf(in, "lambda", "function:f"), "", `"role": "arn:aws:iam::222222222222:role/f", "subnets": [], "securityGroups": []`},
		{"events:PutEvents", fmt.Sprintf(in, "events", "event-bus/orders"), "", ""},
		{"kinesis:GetRecords", fmt.Sprintf(in, "kinesis", "stream/clicks"), "", `"kmsKey": null`},
		{"sqs:ReceiveMessage", fmt.Sprintf(in, "sqs", "jobs"), "", `"kmsKey": null`},
		{"sns:Publish", fmt.Sprintf(in, "sns", "news"), "", `"kmsKey": null`},
		{"dynamodb:GetItem", fmt.Sprintf(in, "dynamodb", "table/orders"), "", `"kmsKey": null`},
		{"secretsmanager:GetSecretValue", fmt.Sprintf(in, "secretsmanager", "secret:db-AbCd12"), "", `"kmsKey": "arn:aws:kms:eu-west-1:222222222222:key/1"`},
		{"kms:Decrypt", fmt.Sprintf(in, "kms", "key/2"), "", ""},
		{"s3:GetObject", "arn:aws:s3:::company/k", "arn:aws:s3:::company", `"account": "222222222222", "region": "eu-west-1", "kmsKey": null, "publicAccessBlock": null, "objectOwnership": "BucketOwnerEnforced"`},
	} {
		t.Run(c.action, func(t *testing.T) {
			about := c.about
			if about == "" {
				about = c.resource
			}
			a, err := assembly.LoadTemplates(assembly.TemplateFile{Path: caller, StackName: "Source", Account: "111111111111", Region: "eu-west-1"})
			if err != nil {
				t.Fatal(err)
			}
			ask := func(o Options) Chain {
				t.Helper()
				chains, err := Explain(a, o, Access{Caller: reader, Action: c.action, Resource: c.resource, Assumes: nil})
				if err != nil {
					t.Fatal(err)
				}
				one := chains[len(chains)-1]
				for _, chain := range chains {
					if chain.Assumes == nil {
						one = chain
					}
				}
				return one
			}
			if chain := ask(Options{}); chain.Missing() == nil || chain.Missing()[0].ID() != about {
				t.Fatalf("found missing %v, expected %s:\n%s", chain.Missing(), about, lines(&chain))
			}
			for _, policyText := range []string{allow(c.action, c.resource), allow("sts:GetCallerIdentity", c.resource)} {
				fields := `"policy": ` + policyText
				if c.fields != "" {
					fields += ", " + c.fields
				}
				key := ""
				if strings.Contains(c.fields, "key/1") {
					key = `, "arn:aws:kms:eu-west-1:222222222222:key/1": {"policy": ` + allow("kms:Decrypt", "*") + `}`
				}
				f, err := facts.Parse("facts.json", versioned(`{"resources": {"`+about+`": {`+fields+`}`+key+`}}`))
				if err != nil {
					t.Fatal(err)
				}
				chain := ask(Options{Facts: f})
				last := chain.Hops[slices.IndexFunc(chain.Hops, func(h Hop) bool { return strings.HasPrefix(h.What, c.action+" on") })]
				if want := map[bool]policy.Answer{true: policy.Yes, false: policy.No}[policyText == allow(c.action, c.resource)]; last.Passes != want || len(chain.Missing()) > 0 {
					t.Errorf("found %s, missing %v, expected %s: %q", last.Passes, chain.Missing(), want, last.Says)
				}
			}
		})
	}
}

// What facts say of a network decides the way as what a template says, and the reason names them.
func TestFactsOfANetwork(t *testing.T) {
	a := grantApp(t, both, guest(t)...)
	const sts = `"com.amazonaws.eu-west-1.sts", "subnets"`
	for name, c := range map[string]struct {
		from, to string
		rule     Rule // of a check that is not proved; none for a proof
		verdict  Verdict
		says     string
	}{
		"as it has to be":     {"{", "{", "", Proved, ""},
		"a NAT gateway":       {`{"rtb-1": null}`, `{"rtb-1": "nat-1"}`, "", Proved, ""},
		"a NAT gateway alone": {sts, `"com.amazonaws.eu-west-1.kms", "subnets"`, Intent, Broken, "has no route to the internet"},
		"a NAT gateway instead of an endpoint": {`"routeTables": {"rtb-1": null},
	"endpoints": {
		"vpce-1": {"service": "com.amazonaws.eu-west-1.sts"`, `"routeTables": {"rtb-1": "nat-1"},
	"endpoints": {
		"vpce-1": {"service": "com.amazonaws.eu-west-1.kms"`, "", Proved, ""},
		"an internet gateway instead of an endpoint": {`"routeTables": {"rtb-1": null},
	"endpoints": {
		"vpce-1": {"service": "com.amazonaws.eu-west-1.sts"`, `"routeTables": {"rtb-1": "igw-1"},
	"endpoints": {
		"vpce-1": {"service": "com.amazonaws.eu-west-1.kms"`, Intent, Broken, "function Function never has a public address in a VPC"},
		"a firewall on the way":     {`{"rtb-1": null}`, `{"rtb-1": true}`, "", Proved, ""},
		"an internet gateway":       {`{"rtb-1": null}`, `{"rtb-1": "igw-1"}`, "", Proved, ""},
		"no DNS server":             {`"dnsSupport": true`, `"dnsSupport": false`, Intent, Broken, "VPC vpc-1 (by facts.json) has no DNS server: EnableDnsSupport is false"},
		"no DNS host names":         {`"dnsHostnames": true`, `"dnsHostnames": false`, Intent, Broken, "private DNS needs EnableDnsHostnames of VPC vpc-1 (by facts.json)"},
		"no private DNS":            {`"privateDns": true`, `"privateDns": false`, Intent, Broken, "route table rtb-1 (by facts.json) of subnet subnet-1 (by facts.json) has no route to the internet"},
		"a closed group":            {`"egress": ["0.0.0.0/0"]`, `"egress": []`, Intent, Broken, "security groups sg-1 (by facts.json) do not allow TCP 443 out"},
		"a group of a prefix list":  {`"egress": ["0.0.0.0/0"]`, `"egress": ["pl-1"]`, Intent, Undecided, "may allow TCP 443 out"},
		"a closed endpoint":         {`"ingress": ["sg-1"]`, `"ingress": ["10.0.2.0/24"]`, Intent, Broken, "security groups sg-2 (by facts.json) do not allow TCP 443 in"},
		"an endpoint for the block": {`"ingress": ["sg-1"]`, `"ingress": ["10.0.0.0/16"]`, "", Proved, ""},
		"a policy for others":       {"role/reader", "role/writer", Intent, Broken, "the policy of vpcendpoint vpce-1 (by facts.json)"},
		"the default policy": {`"policy": {"Statement": [
			{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalAccount": ["111111111111", "222222222222"]}}}]}`, `"policy": null`, OpenEndpoint, Broken,
			"has no policy, so AWS's default lets everyone's requests pass"},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := facts.Parse("facts.json", versioned(fmt.Sprintf(`{"resources": {%q: %s}}`, vpcOne, vpcFacts(c.from, c.to))))
			if err != nil {
				t.Fatal(err)
			}
			r := proved(t, a, Options{Facts: f})
			if r.Verdict() != c.verdict || !strings.Contains(says(r), c.says) || c.rule != "" && !slices.ContainsFunc(r.Checks, func(one Check) bool { return one.Rule == c.rule && one.Verdict == c.verdict }) {
				t.Errorf("found %s of %v, expected %s %s and %q:\n%s", r.Verdict(), unproved(r), c.rule, c.verdict, c.says, says(r))
			}
		})
	}
}

// What is missing is said where it is missing, and not only what is first on the way.
func TestEachMissingFactSaysWhere(t *testing.T) {
	a := grantApp(t, both, append(guest(t), edit{"target", "RoleName: reports-prod-eu-west-1", "RoleName: reports-prod-eu-west-1\n      PermissionsBoundary: " + bound})...)
	says := map[string]string{}
	for _, f := range proved(t, a, Options{}).Findings() {
		if len(f.Missing) > 0 {
			says[f.Missing[0].ID()] = strings.Join(f.Says, "\n")
		}
	}
	for missing, want := range map[string]string{bound: "limits", vpcARN + "VPC_ID with subnet-1": "subnet-1", vpcARN + "VPC_ID with sg-1": "subnet-1"} {
		if !strings.Contains(says[missing], want) || missing == bound && strings.Contains(says[missing], "subnet") {
			t.Errorf("%s: found %q, expected %s", missing, says[missing], want)
		}
	}
}

// Of a function in two subnets of a VPC that no template has, both are missing, and what facts say of one decides if it is broken there.
func TestFactsOfOneOfTwoSubnets(t *testing.T) {
	for _, list := range []string{"[subnet-1, subnet-2]", "[subnet-2, subnet-1]"} {
		a := grantApp(t, both, append(guest(t), edit{"source", "SubnetIds: [subnet-1]", "SubnetIds: " + list})...)
		if found := missing(proved(t, a, Options{})); !slices.Equal(found, []string{vpcARN + "VPC_ID with sg-1", vpcARN + "VPC_ID with subnet-1", vpcARN + "VPC_ID with subnet-2"}) {
			t.Errorf("%s: found missing %q, expected both subnets and the group", list, found)
		}
		for from, want := range map[string]Verdict{"{": Undecided, `"privateDns": true`: Broken} {
			text := vpcFacts(from, strings.Replace(from, "true", "false", 1))
			f, err := facts.Parse("facts.json", versioned(fmt.Sprintf(`{"resources": {%q: %s}}`, vpcOne, text)))
			if err != nil {
				t.Fatal(err)
			}
			r := proved(t, a, Options{Facts: f})
			i := slices.IndexFunc(r.Checks, func(one Check) bool { return one.Rule == Intent && strings.HasPrefix(one.Name, "s3:GetObject") })
			if one := r.Checks[i]; one.Verdict != want || want == Broken && (len(one.Missing) > 0 || strings.Contains(strings.Join(one.Remedy, "\n"), "subnet-2")) ||
				want == Undecided && !strings.Contains(strings.Join(one.Remedy, "\n"), "subnet-2") {
				t.Errorf("%s, %s: found %s, missing %v, remedy %q, expected %s", list, from, one.Verdict, one.Missing, one.Remedy, want)
			}
		}
	}
}

// A group of a function that lets requests out to AWS's prefix list of S3 and to the endpoint of STS is decided by the name of the list.
func TestFactsOfAPrefixList(t *testing.T) {
	a := grantApp(t, both, edit{"source", "SecurityGroupEgress: [{IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 0.0.0.0/0}]",
		"SecurityGroupEgress: [{IpProtocol: tcp, FromPort: 443, ToPort: 443, DestinationPrefixListId: pl-1}, {IpProtocol: tcp, FromPort: 443, ToPort: 443, DestinationPrefixListId: pl-2}, {IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 10.0.0.0/16}]"})
	const one, other = "arn:aws:ec2:eu-west-1:111111111111:prefix-list/pl-1", "arn:aws:ec2:eu-west-1:111111111111:prefix-list/pl-2"
	if r := proved(t, a, Options{}); r.Verdict() != Undecided || !slices.Equal(missing(r), []string{one, other}) || !strings.Contains(says(r), `"`+one+`" with name, entries`) {
		t.Errorf("found %s, missing %q, expected the lists:\n%s", r.Verdict(), missing(r), says(r))
	}
	for first, want := range map[string]Verdict{"com.amazonaws.eu-west-1.s3": Proved, "com.amazonaws.eu-west-1.vpc-lattice": Undecided, "com.amazonaws.us-east-1.s3": Undecided} {
		f, err := facts.Parse("facts.json", versioned(`{"resources": {"`+one+`": {"name": "`+first+`", "entries": ["3.5.64.0/21"]}, "`+other+`": {"name": "com.amazonaws.eu-west-1.dynamodb", "entries": ["3.5.64.0/21"]}}}`))
		if err != nil {
			t.Fatal(err)
		}
		if r := proved(t, a, Options{Facts: f}); r.Verdict() != want || len(missing(r)) > 0 {
			t.Errorf("%s: found %s, missing %q, expected %s:\n%s", first, r.Verdict(), missing(r), want, says(r))
		}
	}
}

// A VPC of which the app says some things is what facts say, if they are about it.
func TestFactsOfAGivenNetwork(t *testing.T) {
	given := append(guest(t), edit{"source", "Metadata:\n", `Metadata:
  "CrossGrant::Network::vpc-1": {vpc: vpc-1, subnets: [{id: subnet-1, routeTable: rtb-1, availabilityZone: eu-west-1a}]}
`})
	a := grantApp(t, both, given...)
	if r := proved(t, a, Options{}); r.Verdict() != Undecided || !slices.Contains(missing(r), vpcOne+" with subnet-1") {
		t.Errorf("found %s, missing %q", r.Verdict(), missing(r))
	}
	f, err := facts.Parse("facts.json", versioned(fmt.Sprintf(`{"resources": {%q: %s}}`, vpcOne, vpcFacts("{", "{"))))
	if err != nil {
		t.Fatal(err)
	}
	if r := proved(t, a, Options{Facts: f}); r.Verdict() != Proved {
		t.Errorf("found %s, expected proved:\n%s", r.Verdict(), says(r))
	}
}
