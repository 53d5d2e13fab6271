package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAccessCommand(t *testing.T) {
	dir := t.TempDir()
	template := func(name, text string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file + "=222222222222"
	}
	open, empty := template("open.yaml", openBucket), template("empty.yaml", "Resources: {Topic: {Type: AWS::SNS::Topic}}")
	identity := template("identity.yaml", strings.Replace(openBucket, `"333333333333"`, `"arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2QWRUHAPOMQZL"`, 1))
	source, target := "../../proof/testdata/grant/source.yaml=111111111111", "../../proof/testdata/grant/target.yaml=222222222222"
	route := `
  arn:aws:iam::111111111111:role/reader
    may read: s3:GetObject
    on arn:aws:s3:::lake/reports/*
    as arn:aws:iam::222222222222:role/reports-prod-eu-west-1
    if sts:ExternalId = reports-1
    by statement Assume of the inline policy assume of role reader
    by statement Pass of the endpoint policy of com.amazonaws.eu-west-1.sts
    by statement Trust of the trust policy of role reports-prod-eu-west-1
    by statement Objects of the inline policy read of role reports-prod-eu-west-1
`
	for name, c := range map[string]struct {
		args []string
		code int
		out  []string
		not  string
	}{
		"through a role":  {[]string{"--account", source, "--account", target}, 0, []string{"\ntarget/Lake of account 222222222222: arn:aws:s3:::lake\n", route, "\n9 accesses\n"}, "999999999999"},
		"only of one":     {[]string{"--account", source, "--account", target, "--who", "111111111111", "--on", "s3"}, 0, []string{route, "\n2 accesses\n"}, "dynamodb"},
		"from elsewhere":  {[]string{"--account", source, "--account", target, "--elsewhere"}, 0, []string{route, "cloudtrail.amazonaws.com\n    may perhaps write: s3:PutObject\n", "    perhaps it works for objects that are not under the bucket's own KMS key"}, "\n  arn:aws:iam::222222222222"},
		"another account": {[]string{"--account", open}, 0, []string{"\n  account 333333333333\n    may read: s3:GetObject\n    on arn:aws:s3:::lake/*\n    by statement Partner of the policy of bucket lake\n"}, "if "},
		"an identity":     {[]string{"--account", identity, "--elsewhere"}, 0, []string{"\n  CloudFront as origin access identity E2QWRUHAPOMQZL\n    may read: s3:GetObject\n    on arn:aws:s3:::lake/*\n    by statement Partner"}, "Not tried"},
		"as JSON":         {[]string{"--account", open, "--json"}, 0, []string{`"who": "account 333333333333"`, `"levels": [`, `"statement": "Partner"`, `"notTried": []`}, "crossgrant-probe"},
		"nobody":          {[]string{"--account", empty}, 4, []string{"\n0 accesses\n"}, "may"},
		"no assembly":     {[]string{"--assembly", "nowhere"}, 2, []string{"access: "}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			args := append([]string{"access"}, c.args...)
			if c.code != 2 {
				args = append(args, "--region", "eu-west-1")
			}
			out, problems, code := run(t, ".", args...)
			if code != c.code || (code == 2) != (problems != "") || c.not != "" && strings.Contains(out, c.not) {
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
