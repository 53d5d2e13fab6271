package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// openBucket is a template whose bucket lets another account read.
const openBucket = `
Resources:
  Bucket: {Type: AWS::S3::Bucket, Properties: {BucketName: lake}}
  Policy: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: !Ref Bucket, PolicyDocument: {Statement: [
    {Sid: Partner, Effect: Allow, Principal: {AWS: "333333333333"}, Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/*"}]}}}
`

func TestCheckCommand(t *testing.T) {
	write := func(name, text string) string {
		file := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file + "=222222222222"
	}
	open, empty := write("open.yaml", openBucket), write("empty.yaml", "Resources: {Topic: {Type: AWS::SNS::Topic}}")
	agnostic := strings.TrimSuffix(write("agnostic.yaml", strings.Replace(openBucket, "Statement: [", `Statement: [{Effect: Allow, Principal: {AWS: !Ref AWS::AccountId}, Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/*"},`, 1)), "=222222222222")
	identity := write("identity.yaml", strings.Replace(openBucket, `"333333333333"`, `"arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2QWRUHAPOMQZL"`, 1))
	for name, c := range map[string]struct {
		args []string
		code int
		out  []string
	}{
		"another account": {[]string{"--account", open}, 1, []string{"broken ForeignAccess\n  statement Partner of the policy of bucket lake: accounts elsewhere\n",
			"account 333333333333 may s3:GetObject on arn:aws:s3:::lake/*\n", "fix: remove what is not needed from statement Partner", "FOUND: 2 checks, 1 found, 0 undecided"}},
		"an origin access identity": {[]string{"--account", identity}, 1, []string{"broken ForeignAccess\n  statement Partner of the policy of bucket lake: accounts elsewhere\n",
			"CloudFront as origin access identity E2QWRUHAPOMQZL may s3:GetObject on arn:aws:s3:::lake/*\n", "FOUND: 2 checks, 1 found, 0 undecided"}},
		"one that is not trusted":    {[]string{"--account", identity, "--trust", "E2QWRUHAPOMQZM"}, 1, []string{"FOUND: 2 checks, 1 found"}},
		"one that may read":          {[]string{"--account", identity, "--trust", "E2QWRUHAPOMQZL"}, 0, []string{"NOTHING FOUND: 2 checks, 0 found"}},
		"one that is trusted":        {[]string{"--account", open, "--trust", "333333333333"}, 0, []string{"NOTHING FOUND: 2 checks, 0 found"}},
		"as JSON":                    {[]string{"--account", open, "--json"}, 1, []string{`"rule": "ForeignAccess"`, `"verdict": "broken"`}},
		"as SARIF":                   {[]string{"--account", open, "--format", "sarif"}, 1, []string{`"ruleId": "ForeignAccess"`, `"version": "2.1.0"`}},
		"no account":                 {[]string{"--template", agnostic}, 1, []string{"333333333333 may s3:GetObject", "FOUND: 4 checks, 1 found, 0 undecided", "account 000000000000: taken to be that of the stacks that have none"}},
		"nothing":                    {[]string{"--account", empty}, 4, []string{"NOTHING TO CHECK: no policy and no endpoint"}},
		"a trust that is no account": {[]string{"--account", open, "--trust", "3333"}, 2, []string{`--trust: found "3333", expected an account, 12 digits, or the ID of an origin access identity`}},
		"no assembly":                {[]string{"--assembly", "nowhere"}, 2, []string{"check: read the assembly"}},
	} {
		t.Run(name, func(t *testing.T) {
			args := append([]string{"check", "--region", "eu-west-1"}, c.args...)
			if name == "no assembly" {
				args = append([]string{"check"}, c.args...)
			}
			out, problems, code := run(t, ".", args...)
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
