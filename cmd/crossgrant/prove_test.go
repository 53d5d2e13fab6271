package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// houseAssembly writes the house of package proof as an assembly, with changes of its templates.
func houseAssembly(t *testing.T, changes ...string) string {
	t.Helper()
	dir := t.TempDir()
	artifacts := map[string]any{}
	for name, account := range map[string]string{"source": "111111111111", "target": "222222222222"} {
		text, err := os.ReadFile(filepath.Join("../../proof/testdata/house", name+".yaml"))
		if err != nil {
			t.Fatal(err)
		}
		template := strings.NewReplacer(changes...).Replace(string(text))
		if err := os.WriteFile(filepath.Join(dir, name+".yaml"), []byte(template), 0o600); err != nil {
			t.Fatal(err)
		}
		artifacts[name] = map[string]any{"type": "aws:cloudformation:stack", "environment": "aws://" + account + "/eu-west-1",
			"properties": map[string]any{"templateFile": name + ".yaml", "stackName": name}}
	}
	manifest, err := json.Marshal(map[string]any{"version": "55.0.0", "artifacts": artifacts})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "manifest.json"), manifest, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// edit replaces text in a file that has it.
func edit(t *testing.T, file, old, changed string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), old) {
		t.Fatalf("found no %s in %s", old, file)
	}
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(string(text), old, changed)), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestProve(t *testing.T) {
	whole := houseAssembly(t)
	broken := houseAssembly(t, `Sid: Objects, Effect: Allow, Action: "s3:GetObject"`, `Sid: Objects, Effect: Allow, Action: "s3:*"`)
	open := houseAssembly(t, "      Policies:\n        - PolicyName: read", "      ManagedPolicyArns: [\"arn:aws:iam::aws:policy/NeverHeardOf\"]\n      Policies:\n        - PolicyName: read")
	newer := houseAssembly(t)
	edit(t, filepath.Join(newer, "manifest.json"), `"version":"55.0.0"`, `"version":"99.0.0"`)
	for name, c := range map[string]struct {
		args     []string
		code     int
		out      []string // each is in what is printed
		problems string
	}{
		"proved":                    {[]string{"--assembly", whole}, 0, []string{"reports-prod-eu-west-1\n  declared, has to work ", "PROVED: "}, ""},
		"broken":                    {[]string{"--assembly", broken}, 1, []string{"broken HigherAction\n  s3:PutObject on arn:aws:s3:::lake/reports/crossgrant-probe\n", "fix: narrow statement Objects of the inline policy read", "BROKEN: "}, ""},
		"proved, of a newer schema": {[]string{"--assembly", newer}, 0, []string{"manifest.json: found schema version 99.0.0, newer than 55, the newest that this", "PROVED: "}, ""},
		"undecided":                 {[]string{"--assembly", open}, 3, []string{"undecided OverGrant", "UNDECIDED: "}, ""},
		"as JSON":                   {[]string{"--assembly", broken, "--json"}, 1, []string{`"verdict": "broken",`, `"rule": "HigherAction",`}, ""},
		"templates":                 {[]string{"--account", whole + "/source.yaml=111111111111", "--account", whole + "/target.yaml=222222222222", "--region", "eu-west-1"}, 0, []string{"PROVED: "}, ""},
		"templates, one of another account": {[]string{"--account", whole + "/source.yaml=111111111111", "--account", whole + "/target.yaml=333333333333", "--region", "eu-west-1"}, 1,
			[]string{"which no template has"}, ""},
		"an SCP":                {[]string{"--assembly", whole, "--scp", "111111111111=testdata/no-sts.json"}, 1, []string{"statement NoSTS of the policy no-sts.json of account 111111111111 denies"}, ""},
		"a policy of AWS":       {[]string{"--assembly", open, "--managed-policy", "arn:aws:iam::aws:policy/NeverHeardOf=testdata/no-sts.json"}, 0, []string{"PROVED: "}, ""},
		"a template alone":      {[]string{"--account", "source.yaml"}, 2, nil, "crossgrant: prove: --account: found \"source.yaml\", expected FILE=ID, such as target.yaml=222222222222\n"},
		"a region alone":        {[]string{"--region", "eu-west-1"}, 2, nil, "crossgrant: prove: --region: found one without --account"},
		"an SCP of nobody":      {[]string{"--scp", "testdata/no-sts.json"}, 2, nil, "crossgrant: prove: --scp: found \"testdata/no-sts.json\", expected ACCOUNT=FILE"},
		"an RCP that is none":   {[]string{"--rcp", "111111111111=prove.go"}, 2, nil, "crossgrant: prove: --rcp: prove.go: "},
		"an SCP that is absent": {[]string{"--scp", "111111111111=nowhere.json"}, 2, nil, "crossgrant: prove: --scp: open nowhere.json: "},
		"a bad organization":    {[]string{"--organization", "111111111111=x"}, 2, nil, "crossgrant: prove: --organization: found "},
		"a policy of one's own": {[]string{"--managed-policy", "arn:aws:iam::111111111111:policy/x=testdata/no-sts.json"}, 2, nil, "crossgrant: prove: --managed-policy: found "},
		"no assembly":           {[]string{"--assembly", "nowhere"}, 2, nil, "crossgrant: prove: "},
		"an argument":           {[]string{"cdk.out"}, 2, nil, "crossgrant: prove: found \"cdk.out\", expected no arguments: the assembly is given by --assembly\n"},
		"a bad flag":            {[]string{"--all"}, 2, nil, "crossgrant: prove: unknown flag: --all\n"},
	} {
		t.Run(name, func(t *testing.T) {
			out, problems, code := run(t, ".", append([]string{"prove"}, c.args...)...)
			if code != c.code || !strings.HasPrefix(problems, c.problems) || c.problems == "" && problems != "" {
				t.Errorf("found exit %d, %q and\n%s", code, problems, out)
			}
			for _, part := range c.out {
				if !strings.Contains(out, part) {
					t.Errorf("found no %q in\n%s", part, out)
				}
			}
			for line := range strings.Lines(out) {
				if !strings.Contains(line, `"`) && width(strings.TrimSuffix(line, "\n")) > columns {
					t.Errorf("found a line of %d columns: %s", width(line), line)
				}
			}
			if strings.Contains(out, "\x1b") {
				t.Error("found colours, and no terminal is there")
			}
		})
	}
}

func TestExplainCommand(t *testing.T) {
	dir := houseAssembly(t)
	on := func(who, action, resource string) []string {
		return []string{"explain", "--assembly", dir, "--principal", who, "--action", action, "--resource", resource}
	}
	for name, c := range map[string]struct {
		args []string
		code int
		out  []string
	}{
		"works, by construct path": {on("Reports/Function", "s3:GetObject", "arn:aws:s3:::lake/reports/1"), 0,
			[]string{"s3:GetObject on arn:aws:s3:::lake/reports/1 works\n  as   arn:aws:iam::111111111111:role/reader\n  then arn:aws:iam::222222222222:role/reports-prod-eu-west-1\n", "ok  route to STS", "ok  sts:AssumeRole on"}},
		"works, by ARN":  {on("arn:aws:iam::111111111111:role/reader", "dynamodb:GetItem", "arn:aws:dynamodb:eu-west-1:222222222222:table/shop"), 0, []string{"ok  route to DYNAMODB"}},
		"does not":       {on("Reports/Function", "s3:GetObject", "arn:aws:s3:::lake/other/1"), 1, []string{"does not work", "NO  s3:GetObject on", "fix add to a policy of arn:aws:iam::222222222222:role/reports-prod-eu-west-1:\n    {\n"}},
		"with a context": {append(on("Reports/Function", "s3:ListBucket", "arn:aws:s3:::lake"), "--context", "s3:prefix=reports/"), 0, []string{"works"}},
		"without it":     {on("Reports/Function", "s3:ListBucket", "arn:aws:s3:::lake"), 1, []string{"s3:prefix (reports/*): the request has nothing", "fix meet the condition of statement List of the inline policy read"}},
		"as JSON":        {append(on("Reports/Function", "s3:GetObject", "arn:aws:s3:::lake/reports/1"), "--json"), 0, []string{`"passes": "yes",`}},
		"nobody":         {on("Reports/Nobody", "s3:GetObject", "arn:aws:s3:::lake/reports/1"), 2, []string{"expected an ARN, a service, \"anonymous\", or a construct's path such as Reports/Function/Resource"}},
		"no principal":   {[]string{"explain", "--assembly", dir}, 2, []string{"expected --principal, --action and --resource"}},
		"a bad context":  {append(on("Reports/Function", "s3:ListBucket", "arn:aws:s3:::lake"), "--context", "s3:prefix"), 2, []string{"--context: found \"s3:prefix\", expected key=value, such as s3:prefix=inbox/"}},
		"an argument":    {[]string{"explain", "x"}, 2, []string{"expected flags only"}},
		"no assembly":    {append(on("Reports/Function", "s3:ListBucket", "arn:aws:s3:::lake"), "--assembly", "nowhere"), 2, []string{"explain: "}},
		"a bad flag":     {[]string{"explain", "--who", "x"}, 2, []string{"unknown flag: --who"}},
	} {
		t.Run(name, func(t *testing.T) {
			out, problems, code := run(t, ".", c.args...)
			if code != c.code || (code == 2) != (problems != "") {
				t.Errorf("found exit %d, %q and\n%s", code, problems, out)
			}
			for _, part := range c.out {
				if !strings.Contains(out+problems, part) {
					t.Errorf("found no %q in\n%s%s", part, out, problems)
				}
			}
		})
	}
}

// What is no assembly is refused in a sentence, soon, and without a trace of the program's.
func TestProveRefusesWhatIsNoAssembly(t *testing.T) {
	const stack = `{"version":"55.0.0","artifacts":{"S":{"type":"aws:cloudformation:stack","environment":"aws://111111111111/eu-west-1","properties":{"templateFile":"t.json"}}}}`
	for name, c := range map[string]struct{ manifest, template, want string }{
		"no manifest":           {"", "", "expected a cloud assembly as cdk synth writes it"},
		"half of one":           {`{"version":"55.0.0","artifacts":{`, "", "manifest.json: line 1, column 34: found the end of the file"},
		"one of no version":     {`{"version":"new","artifacts":{}}`, "", "manifest.json: found no version"},
		"half a template":       {stack, `{"Resources":`, "t.json: line 1, column 14: found the end of the file"},
		"a template of 50 MB":   {stack, `{"Description":"` + strings.Repeat("x", 50<<20) + `"}`, "t.json to have more than 33554432 bytes"},
		"a circle":              {stack, `{"Conditions":{"A":{"Condition":"B"},"B":{"Fn::Not":[{"Condition":"A"}]}},"Resources":{"R":{"Type":"A::B::C","Condition":"A"}}}`, "found a circle of references"},
		"a grant of no meaning": {stack, `{"Metadata":{"CrossGrant::Target::222222222222::x":{"name":1}},"Resources":{}}`, "expected a grant as contract.json has it"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for file, text := range map[string]string{"manifest.json": c.manifest, "t.json": c.template} {
				if text != "" {
					if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
						t.Fatal(err)
					}
				}
			}
			out, problems, code := run(t, ".", "prove", "--assembly", dir)
			if code != 2 || out != "" || !strings.Contains(problems, c.want) || strings.Count(problems, "\n") != 1 {
				t.Errorf("found exit %d, %q and %q", code, problems, out)
			}
		})
	}
}
