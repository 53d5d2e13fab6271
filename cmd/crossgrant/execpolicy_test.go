package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// assemblyOf writes an assembly with a stack of each account, which has a topic with the account's number.
func assemblyOf(t *testing.T, accounts ...string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var artifacts []string
	for _, account := range accounts {
		write(account+".json", `{"Resources": {"T": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "t`+account+`"}}}}`)
		artifacts = append(artifacts, `"S`+account+`": {"type": "aws:cloudformation:stack", "environment": "aws://`+account+`/eu-west-1", "properties": {"templateFile": "`+account+`.json"}}`)
	}
	write("manifest.json", `{"version": "55.0.0", "artifacts": {`+strings.Join(artifacts, ",")+`}}`)
	return dir
}

func TestExecPolicy(t *testing.T) {
	dir := assemblyOf(t, "111111111111", "222222222222")
	out, problems, code := run(t, dir, "exec-policy", "--assembly", ".", "--account", "222222222222", "--output", "policies")
	const want = `Account 222222222222, eu-west-1: 1 resources of S222222222222

  S222222222222-exec-1    538 of 6144 characters, statements: 2

2 permissions of the schemas are left out, such as those for properties that no resource has; --json
lists them, with the reasons

Create the policies, with credentials of account 222222222222:

  aws iam create-policy --policy-name S222222222222-exec-1 \
    --policy-document file://policies/S222222222222-exec-1.json

Bootstrap with them. This replaces the execution policies that the bootstrap stack has:

  npx cdk bootstrap aws://222222222222/eu-west-1 --cloudformation-execution-policies \
    arn:aws:iam::222222222222:policy/S222222222222-exec-1
`
	if code != 0 || problems != "" || out != want {
		t.Errorf("found exit %d, %q and\n%s, expected\n%s", code, problems, out, want)
	}
	text, err := os.ReadFile(filepath.Join(dir, "policies", "S222222222222-exec-1.json"))
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Version   string
		Statement []struct{ Action, Resource []string }
	}
	if err := json.Unmarshal(text, &document); err != nil || document.Version != "2012-10-17" || document.Statement[0].Resource[0] != "arn:aws:sns:eu-west-1:222222222222:t222222222222" {
		t.Errorf("found %s (%v), expected a policy on the topic", text, err)
	}

	out, _, code = run(t, dir, "exec-policy", "--assembly", ".", "--account", "111111111111", "--json")
	var printed struct {
		Account, Partition string
		Policies           []struct {
			Name     string
			Size     int
			Document json.RawMessage
		}
		LeftOut []struct{ Type, Action, Why string }
	}
	if err := json.Unmarshal([]byte(out), &printed); err != nil || code != 0 || printed.Account != "111111111111" || printed.Partition != "aws" ||
		len(printed.Policies) != 1 || printed.Policies[0].Name != "S111111111111-exec-1" || len(printed.LeftOut) != 2 {
		t.Errorf("found exit %d, %v and %s", code, err, out)
	}
}

func TestExecPolicyErrs(t *testing.T) {
	two, one := assemblyOf(t, "111111111111", "222222222222"), assemblyOf(t, "111111111111")
	if out, problems, code := run(t, one, "exec-policy", "--assembly", "."); code != 0 {
		t.Errorf("the only account: found exit %d, %s%s", code, problems, out)
	}
	if err := os.WriteFile(filepath.Join(one, "S111111111111-exec-7.json"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(one, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		dir  string
		args []string
		want string
	}{
		"no account":       {two, nil, "found no --account, expected one of the accounts of the assembly: 111111111111, 222222222222"},
		"another account":  {two, []string{"--account", "333333333333"}, "found no stack of account 333333333333, expected one of the accounts 111111111111, 222222222222"},
		"no number":        {two, []string{"--account", "dev"}, `--account: found "dev", expected 12 digits`},
		"no assembly":      {t.TempDir(), nil, "read the assembly: read"},
		"earlier policies": {one, []string{"--output", "."}, "found S111111111111-exec-7.json of an earlier run"},
		"no directory":     {one, []string{"--output", "file"}, "expected a directory that can be written to"},
		"an argument":      {one, []string{"x"}, `found arguments ["x"], expected none`},
	} {
		out, problems, code := run(t, c.dir, append([]string{"exec-policy", "--assembly", "."}, c.args...)...)
		if code != exitError || out != "" || !strings.HasPrefix(problems, "crossgrant: exec-policy: ") || !strings.Contains(problems, c.want) {
			t.Errorf("%s: found exit %d, %q and %q, expected %q", name, code, out, problems, c.want)
		}
	}
}
