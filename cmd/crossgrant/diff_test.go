package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	rolesTemplate = `{
  "Resources": {
    "Lake": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "lake"}},
    "Reader": {
      "Type": "AWS::IAM::Role", "Metadata": {"aws:cdk:path": "App/Reader/Resource"},
      "Properties": {
        "RoleName": "reader",
        "AssumeRolePolicyDocument": {"Statement": [{"Sid": "Trust", "Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]},
        "Policies": [{"PolicyName": "read", "PolicyDocument": {"Statement": [{"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::lake/a/*"}]}}]
      }
    }
  }
}`
	narrowRead, wideRead = `"Action": "s3:GetObject"`, `"Action": ["s3:GetObject", "s3:PutObject"]`
)

// templates writes templates into a new directory.
func templates(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestDiff(t *testing.T) {
	wide := strings.Replace(rolesTemplate, narrowRead, wideRead, 1)
	narrow, wider := templates(t, map[string]string{"App.json": rolesTemplate}), templates(t, map[string]string{"App.json": wide, "package.json": "{}", "notes.txt": "Resources"})
	widerApp := appOf(t, wide)
	const gains = `widened arn:aws:iam::111111111111:role/reader
  may     s3:PutObject on arn:aws:s3:::lake/a/crossgrant-probe
  because statement Read of the inline policy read of role reader allows it
  at      App/Reader (%App.template.json:4)

WIDENED: 1 widened, by `
	for name, c := range map[string]struct {
		args []string
		code int
		want string
	}{
		"an assembly":            {[]string{narrow, widerApp}, 1, strings.Replace(gains, "%", widerApp+"/", 1)},
		"directories":            {[]string{narrow, wider, "--account", "111111111111"}, 1, "widened arn:aws:iam::111111111111:role/reader\n"},
		"files":                  {[]string{narrow + "/App.json", wider + "/App.json", "--account", "App=222222222222", "--region", "eu-west-1"}, 1, "widened arn:aws:iam::222222222222:role/reader\n"},
		"without an account":     {[]string{narrow, wider}, 1, "WIDENED: 1 widened"},
		"narrowed":               {[]string{wider, narrow}, 0, "\n  could   s3:PutObject on arn:aws:s3:::lake/a/crossgrant-probe\n"},
		"narrowed, on any":       {[]string{wider, narrow, "--fail-on", "any"}, 1, "NARROWED: 1 narrowed"},
		"widened, never":         {[]string{narrow, wider, "--fail-on", "never"}, 0, "WIDENED: 1 widened"},
		"the same":               {[]string{narrow, narrow, "--fail-on", "any"}, 0, "THE SAME: no difference, by "},
		"as Markdown":            {[]string{narrow, wider, "--format", "markdown", "--account", "111111111111"}, 1, "### widened: Widened\n\narn:aws:iam::111111111111:role/reader: s3:PutObject on arn:aws:s3:::lake/a/crossgrant-probe\n"},
		"as annotations":         {[]string{narrow, widerApp, "--format", "github"}, 1, "::error file=" + widerApp + "/App.template.json,line=4,title=crossgrant widened Widened::"},
		"as annotations, passed": {[]string{wider, narrow, "--format", "github"}, 0, "::notice title=crossgrant diff::narrowed: 1 narrowed"},
		"as SARIF":               {[]string{narrow, wider, "--format", "sarif"}, 1, `"ruleId": "Widened"`},
		"as JUnit":               {[]string{narrow, wider, "--format", "junit"}, 1, `tests="1" failures="1" errors="0"`},
		"no templates":           {[]string{narrow, t.TempDir()}, 2, "crossgrant: diff: read the new templates: found neither a manifest.json nor a template in "},
		"no directory":           {[]string{"nowhere", narrow}, 2, "crossgrant: diff: read the old templates: stat nowhere: no such file or directory, expected a cloud assembly, "},
		"one argument":           {[]string{narrow}, 2, "expected two, the old templates and the new ones: crossgrant diff OLD NEW"},
		"no account":             {[]string{narrow, wider, "--account", "12"}, 2, `--account: found "12", expected an account of 12 digits once`},
		"no kind":                {[]string{narrow, wider, "--fail-on", "narrowed"}, 2, `--fail-on: found "narrowed", expected one of ["widened" "any" "never"]`},
	} {
		t.Run(name, func(t *testing.T) {
			out, problems, code := run(t, t.TempDir(), append([]string{"diff"}, c.args...)...)
			if code != c.code || !strings.Contains(out+problems, c.want) || strings.Contains(problems, "goroutine") {
				t.Errorf("found exit %d, %s\n%s\nexpected exit %d and\n%s", code, problems, out, c.code, c.want)
			}
		})
	}
}

func TestDiffAsJSON(t *testing.T) {
	narrow := templates(t, map[string]string{"App.json": rolesTemplate})
	wide := templates(t, map[string]string{"App.json": strings.NewReplacer(narrowRead, wideRead, "ec2.amazonaws.com", "lambda.amazonaws.com", `"BucketName": "lake"`, `"BucketName": "lake", "AccessControl": "PublicRead"`).Replace(rolesTemplate)})
	out, problems, code := run(t, t.TempDir(), "diff", narrow, wide, "--json", "--account", "111111111111")
	checkOutput(t, out)
	var found struct {
		Verdict     string
		Counts      map[string]int
		Differences []struct {
			Kind, Who, What string
			Requests        []struct {
				Actions  []string
				Resource string
			}
			Places []struct{ File, LogicalID, Path string }
		}
	}
	if err := json.Unmarshal([]byte(out), &found); err != nil || code != 1 || found.Verdict != "widened" || found.Counts["widened"] != 2 || found.Counts["perhapsWidened"] != 1 || found.Counts["narrowed"] != 1 {
		t.Fatalf("found exit %d, %v, %s, %s", code, err, problems, out)
	}
	role, service, setting, lost := found.Differences[0], found.Differences[1], found.Differences[2], found.Differences[3]
	if role.Who != "arn:aws:iam::111111111111:role/reader" || role.Requests[0].Actions[0] != "s3:PutObject" || role.Places[0].File != wide+"/App.json" || role.Places[0].Path != "App/Reader" ||
		service.Who != "lambda.amazonaws.com" || setting.What != `AWS::S3::Bucket Lake: AccessControl was absent, is "PublicRead"` || lost.Who != "ec2.amazonaws.com" || lost.Places[0].File != narrow+"/App.json" {
		t.Errorf("found %+v", found.Differences)
	}
}
