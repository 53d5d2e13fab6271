package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The command says what is missing; what it writes is refused until it is filled in, and then the proof is complete.
func TestFacts(t *testing.T) {
	app := houseAssembly(t, "  Shop: {Type: AWS::DynamoDB::Table, Properties: {TableName: shop}}\n", "")
	out, problems, code := run(t, ".", "facts", "--assembly", app)
	if code != 3 || !strings.Contains(problems, "Missing for a decision:\n  arn:aws:dynamodb:eu-west-1:222222222222:table/shop\n    for Intent: dynamodb:GetItem on arn:aws:dynamodb:eu-west-1:222222222222:table/shop\n    and 23 more checks\n") || strings.Count(out, "arn:aws:dynamodb:eu-west-1:222222222222:table/shop\": {") != 1 || strings.Contains(out, "arn:aws:s3") {
		t.Fatalf("found exit %d, %q and\n%s", code, problems, out)
	}
	file := filepath.Join(t.TempDir(), "facts.json")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(out)
	if _, problems, code := run(t, ".", "prove", "--assembly", app, "--facts", file); code != 2 || !strings.Contains(problems, "found a command of the skeleton, expected what it prints: a policy") &&
		!strings.Contains(problems, "expected the ARN of a KMS key") {
		t.Errorf("found exit %d and %q, expected that commands are no facts", code, problems)
	}
	write(`{"version": 1, "resources": {"arn:aws:dynamodb:eu-west-1:222222222222:table/shop": {"policy": null, "kmsKey": null}}}`)
	if out, problems, code := run(t, ".", "facts", "--assembly", app, "--facts", file); code != 0 || problems != "" || strings.Contains(out, "arn:") {
		t.Errorf("found exit %d, %q and\n%s\nexpected that nothing is missing", code, problems, out)
	}
	if out, _, code := run(t, ".", "prove", "--assembly", app, "--facts", file); code != 0 {
		t.Errorf("found exit %d and\n%s", code, out)
	}
	expected := filepath.Join(t.TempDir(), "expect.yaml")
	if err := os.WriteFile(expected, []byte("version: 1\nexpect: [{principal: arn:aws:iam::222222222222:user/ann, action: dynamodb:GetItem, resource: shop, result: denied}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, problems, code := run(t, ".", "facts", "--assembly", app, "--facts", file, "--expect", expected); code != 3 || !strings.Contains(out, `"arn:aws:iam::222222222222:user/ann": {`) {
		t.Errorf("found exit %d, %q and\n%s\nexpected that the user is asked for", code, problems, out)
	}
	if _, problems, code := run(t, ".", "facts", "--assembly", "nowhere"); code != 2 || !strings.HasPrefix(problems, "crossgrant: facts: ") {
		t.Errorf("found exit %d and %q", code, problems)
	}
}

// Facts of each section are read by each command, and reports say what rests on them, and on defaults.
func TestValuesOfParameters(t *testing.T) {
	app := houseAssembly(t, "Resources:\n  Key:", "Parameters: {Caller: {Type: String, Default: reader}}\nResources:\n  Key:",
		`"aws:PrincipalArn": "arn:aws:iam::111111111111:role/reader"}, StringEquals`, `"aws:PrincipalArn": !Sub "arn:aws:iam::111111111111:role/${Caller}"}, StringEquals`)
	dir := t.TempDir()
	file := filepath.Join(dir, "facts.json")
	if err := os.WriteFile(file, []byte(`{"version": 1, "parameters": {"target": {"Caller": "writer"}}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	page := filepath.Join(dir, "report.html")
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"prove", "--assembly", app}, 0, "Assumed:\n  target.Caller: taken to have its default, which another value at deployment or in facts would\n  replace; "},
		{[]string{"prove", "--assembly", app, "--json"}, 0, `"parameter Caller of stack target has its default, \"reader\""`},
		{[]string{"prove", "--assembly", app, "--facts", file}, 1, "    rests on: parameter Caller of stack target is \"writer\" (by facts.json)\n"},
		{[]string{"prove", "--assembly", app, "--facts", file, "--json"}, 1, `"parameter Caller of stack target is \"writer\" (by facts.json)"`},
		{[]string{"explain", "--assembly", app, "--facts", file, "--principal", "arn:aws:iam::111111111111:role/reader", "--action", "s3:GetObject", "--resource", "arn:aws:s3:::lake/reports/1"}, 1, "does not work"},
		{[]string{"report", "--assembly", app, "--facts", file, "--output", page}, 1, "broken"},
	} {
		if out, problems, code := run(t, ".", c.args...); code != c.code || !strings.Contains(out, c.want) {
			t.Errorf("%s: found exit %d, %s and\n%s\nexpected exit %d and %s", c.args, code, problems, out, c.code, c.want)
		}
	}
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), "parameter Caller of stack target is &#34;writer&#34; (by facts.json)") {
		t.Error("found no fact in the page")
	}
}
