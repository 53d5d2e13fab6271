package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/muesli/reflow/ansi"

	"github.com/crossgrant/crossgrant/internal/terminal"
)

// houseAssembly writes the templates in testdata/grant of package proof as a cloud assembly, with changes, which are pairs of old and new text.
func houseAssembly(t *testing.T, changes ...string) string {
	t.Helper()
	dir := t.TempDir()
	artifacts := map[string]any{}
	for name, account := range map[string]string{"source": "111111111111", "target": "222222222222"} {
		text, err := os.ReadFile(filepath.Join("../../proof/testdata/grant", name+".yaml"))
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
	undecided := houseAssembly(t, "      Policies:\n        - PolicyName: read", "      ManagedPolicyArns: [\"arn:aws:iam::aws:policy/NeverHeardOf\"]\n      Policies:\n        - PolicyName: read")
	empty := houseAssembly(t, "CrossGrant::", "Other::")
	invalid := houseAssembly(t, "CrossGrant::", "Other::", `Sid: Objects, Effect: Allow, Action: "s3:GetObject", `, `Sid: Objects, Effect: Allow, Principal: "*", Action: "s3:GetObject", `)
	newer := houseAssembly(t)
	edit(t, filepath.Join(newer, "manifest.json"), `"version":"55.0.0"`, `"version":"99.0.0"`)
	expected := func(result string) string {
		file := filepath.Join(t.TempDir(), result+".yaml")
		text := "version: 1\nexpect:\n  - {principal: Reports/Function, action: \"s3:GetObject\", resource: \"arn:aws:s3:::lake/reports/1\", result: " + result + "}\n"
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	for name, c := range map[string]struct {
		args     []string
		code     int
		out      []string // each is in what is printed
		problems string
	}{
		"as expected":                            {[]string{"--assembly", whole, "--expect", expected("allowed")}, 0, []string{"  expected, has to be so                      1 proved\n", "PROVED: "}, ""},
		"not as expected":                        {[]string{"--assembly", whole, "--expect", expected("denied")}, 1, []string{"broken Expected\n  denied.yaml:3: Reports/Function s3:GetObject on arn:aws:s3:::lake/reports/1 has to be denied\n"}, ""},
		"no file of what is expected":            {[]string{"--assembly", whole, "--expect", "nowhere.yaml"}, 2, nil, "crossgrant: prove: --expect: read what is expected: open nowhere.yaml: no such file or directory\n"},
		"proved":                                 {[]string{"--assembly", whole}, 0, []string{"reports-prod-eu-west-1\n  declared, has to work ", "PROVED: "}, ""},
		"broken":                                 {[]string{"--assembly", broken}, 1, []string{"broken OtherAction\n  s3:PutObject on arn:aws:s3:::lake/reports/crossgrant-probe\n", "fix: narrow statement Objects of the inline policy read", "BROKEN: "}, ""},
		"undecided":                              {[]string{"--assembly", undecided}, 3, []string{"undecided Intent", "UNDECIDED: 62 of 165 accesses, for 1 reason"}, ""},
		"nothing declared":                       {[]string{"--assembly", empty}, 4, []string{"NOTHING DECLARED: no grant and no connection in the templates, and nothing is expected\n"}, ""},
		"nothing declared, as JSON":              {[]string{"--assembly", empty, "--json"}, 4, []string{`"verdict": "nothing declared",`, `"checks": []`}, ""},
		"nothing, but a policy that AWS refuses": {[]string{"--assembly", invalid}, 1, []string{"broken InvalidPolicy", "BROKEN: 1 of 1 accesses"}, ""},
		"as JSON":                                {[]string{"--assembly", broken, "--json"}, 1, []string{`"verdict": "broken",`, `"rule": "OtherAction",`}, ""},
		"templates":                              {[]string{"--account", whole + "/source.yaml=111111111111", "--account", whole + "/target.yaml=222222222222", "--region", "eu-west-1"}, 0, []string{"PROVED: "}, ""},
		"proved, of a newer schema":              {[]string{"--assembly", newer}, 0, []string{"manifest.json: found schema version 99.0.0, newer than 55, the newest that this", "PROVED: "}, ""},
		"templates, one of another account": {[]string{"--account", whole + "/source.yaml=111111111111", "--account", whole + "/target.yaml=333333333333", "--region", "eu-west-1"}, 1,
			[]string{"which no template has"}, ""},
		"an SCP":                             {[]string{"--assembly", whole, "--scp", "111111111111=testdata/no-sts.json"}, 1, []string{"statement NoSTS of the policy no-sts.json of account 111111111111 denies"}, ""},
		"an AWS managed policy by facts":     {[]string{"--assembly", undecided, "--facts", "testdata/facts.json"}, 0, []string{"PROVED: "}, ""},
		"facts that are none":                {[]string{"--facts", "testdata/no-sts.json"}, 2, nil, "crossgrant: prove: --facts: read the facts: testdata/no-sts.json: line "},
		"an AWS managed policy":              {[]string{"--assembly", undecided, "--managed-policy", "arn:aws:iam::aws:policy/NeverHeardOf=testdata/no-sts.json"}, 0, []string{"PROVED: "}, ""},
		"a template alone":                   {[]string{"--account", "source.yaml"}, 2, nil, "crossgrant: prove: --account: found \"source.yaml\", expected FILE=ACCOUNT, such as target.yaml=222222222222, NAME="},
		"a region of stacks that have one":   {[]string{"--assembly", whole, "--region", "eu-west-1"}, 2, nil, "crossgrant: prove: read the assembly: found region eu-west-1 for stacks that have none, expected none: each stack of " + whole + " has its own\n"},
		"an account of stacks that have one": {[]string{"--assembly", whole, "--account", "111111111111"}, 2, nil, "crossgrant: prove: read the assembly: found account 111111111111 for stacks that have none"},
		"two accounts":                       {[]string{"--account", "111111111111", "--account", "222222222222"}, 2, nil, "crossgrant: prove: --account: found 111111111111 and 222222222222 for the stacks that have none, expected one\n"},
		"a template as assembly":             {[]string{"--assembly", whole + "/source.yaml"}, 2, nil, "crossgrant: prove: --assembly: found " + whole + "/source.yaml, which is a file, expected the directory of a cloud assembly; --template reads a template\n"},
		"templates, by names":                {[]string{"--account", "Source=" + whole + "/source.yaml=111111111111", "--template", "Target=" + whole + "/target.yaml", "--account", "222222222222", "--region", "eu-west-1"}, 0, []string{"PROVED: "}, ""},
		"an SCP of no account":               {[]string{"--scp", "testdata/no-sts.json"}, 2, nil, "crossgrant: prove: --scp: found \"testdata/no-sts.json\", expected ACCOUNT=FILE"},
		"an RCP that is no policy":           {[]string{"--rcp", "111111111111=prove.go"}, 2, nil, "crossgrant: prove: --rcp: prove.go: "},
		"an SCP that is absent":              {[]string{"--scp", "111111111111=nowhere.json"}, 2, nil, "crossgrant: prove: --scp: open nowhere.json: "},
		"a bad organization":                 {[]string{"--organization", "111111111111=x"}, 2, nil, "crossgrant: prove: --organization: found "},
		"a customer managed policy":          {[]string{"--managed-policy", "arn:aws:iam::111111111111:policy/x=testdata/no-sts.json"}, 2, nil, "crossgrant: prove: --managed-policy: found "},
		"no assembly":                        {[]string{"--assembly", "nowhere"}, 2, nil, "crossgrant: prove: "},
		"an argument":                        {[]string{"cdk.out"}, 2, nil, "crossgrant: prove: found arguments [\"cdk.out\"], expected none: --assembly names the assembly\n"},
		"a bad flag":                         {[]string{"--all"}, 2, nil, "crossgrant: prove: unknown flag: --all, expected a flag that crossgrant prove --help lists\n"},
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
				if !strings.Contains(line, `"`) && ansi.PrintableRuneWidth(line) > terminal.MaxColumns {
					t.Errorf("found a line of %d columns: %s", ansi.PrintableRuneWidth(line), line)
				}
			}
			if strings.Contains(out, "\x1b") {
				t.Error("found colours, expected none without a terminal")
			}
		})
	}
}

// What is no assembly is refused soon, in one sentence, and without a stack trace.
func TestProveRefusesWhatIsNoAssembly(t *testing.T) {
	const stack = `{"version":"55.0.0","artifacts":{"S":{"type":"aws:cloudformation:stack","environment":"aws://111111111111/eu-west-1","properties":{"templateFile":"t.json"}}}}`
	for name, c := range map[string]struct{ manifest, template, want string }{
		"no manifest":                 {"", "", "expected a cloud assembly as cdk synth writes it"},
		"half a manifest":             {`{"version":"55.0.0","artifacts":{`, "", "manifest.json: line 1, column 34: found the end of the document"},
		"no version":                  {`{"version":"new","artifacts":{}}`, "", "manifest.json: found no version"},
		"half a template":             {stack, `{"Resources":`, "t.json: line 1, column 14: found the end of the document"},
		"a template of 50 MB":         {stack, `{"Description":"` + strings.Repeat("x", 50<<20) + `"}`, "found more than 33554432 bytes in "},
		"a cycle":                     {stack, `{"Conditions":{"A":{"Condition":"B"},"B":{"Fn::Not":[{"Condition":"A"}]}},"Resources":{"R":{"Type":"A::B::C","Condition":"A"}}}`, "found a circular reference"},
		"a grant that cannot be read": {stack, `{"Metadata":{"CrossGrant::Target::222222222222::x":{"name":1}},"Resources":{}}`, "expected a grant as contract.json has it"},
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

func TestReport(t *testing.T) {
	whole := houseAssembly(t)
	broken := houseAssembly(t, `Sid: Objects, Effect: Allow, Action: "s3:GetObject"`, `Sid: Objects, Effect: Allow, Action: "s3:*"`)
	undecided := houseAssembly(t, "PrivateDnsEnabled: true", "PrivateDnsEnabled: '{{resolve:ssm:/dns}}'")
	empty := houseAssembly(t, "CrossGrant::", "Other::")
	for name, c := range map[string]struct {
		args []string
		code int
		out  string // what is printed begins with this
		page string // is in the page
	}{
		"proved":       {[]string{"--assembly", whole}, 0, "wrote r.html: proved, ", "<tr><th scope=\"row\">reader <small>role of account 111111111111</small></th>"},
		"broken":       {[]string{"--assembly", broken}, 1, "wrote r.html: broken, ", "</svg>Broken</h1>"},
		"undecided":    {[]string{"--assembly", undecided}, 3, "wrote r.html: undecided, ", "</svg>Undecided</h1>"},
		"no grants":    {[]string{"--assembly", empty}, 4, "wrote r.html: nothing declared, no grant and no connection in the templates, and nothing is expected\n", "</svg>Nothing declared</h1>"},
		"no assembly":  {[]string{"--assembly", "nowhere"}, 2, "crossgrant: report: ", ""},
		"an argument":  {[]string{"cdk.out"}, 2, "crossgrant: report: found arguments [\"cdk.out\"], expected none", ""},
		"a bad flag":   {[]string{"--json"}, 2, "crossgrant: report: unknown flag: --json, expected a flag that crossgrant report --help lists\n", ""},
		"a bad option": {[]string{"--scp", "x"}, 2, "crossgrant: report: --scp: found \"x\", expected ACCOUNT=FILE", ""},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			out, problems, code := run(t, dir, append([]string{"report", "-o", "r.html"}, c.args...)...)
			if code != c.code || !strings.HasPrefix(out+problems, c.out) || strings.Count(out+problems, "\n") != 1 {
				t.Errorf("found exit %d, %q, %q", code, out, problems)
			}
			page, err := os.ReadFile(filepath.Join(dir, "r.html"))
			if c.page == "" && !errors.Is(err, os.ErrNotExist) || !strings.Contains(string(page), c.page) {
				t.Errorf("found %v and a page of %d bytes, expected %q in it", err, len(page), c.page)
			}
		})
	}
}

func TestReportNeedsAFile(t *testing.T) {
	whole, dir := houseAssembly(t), t.TempDir()
	for expected, args := range map[string][]string{
		"report: found no --output, expected the file to write": nil,
		"expected a directory that can be written to":           {"-o", "nowhere/r.html"},
		"expected a valid file name":                            {"-o", "."},
	} {
		out, problems, code := run(t, dir, append([]string{"report", "--assembly", whole}, args...)...)
		if code != 2 || out != "" || !strings.Contains(problems, expected) {
			t.Errorf("%v: found exit %d, %q, %q, expected %q", args, code, out, problems, expected)
		}
	}
}
