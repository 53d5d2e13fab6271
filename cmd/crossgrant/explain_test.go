package main

import (
	"strings"
	"testing"
)

func TestExplainCommand(t *testing.T) {
	dir := houseAssembly(t)
	on := func(principal, action, resource string) []string {
		return []string{"explain", "--assembly", dir, "--principal", principal, "--action", action, "--resource", resource}
	}
	for name, c := range map[string]struct {
		args []string
		code int
		out  []string
	}{
		"works, by construct path": {on("Reports/Function", "s3:GetObject", "arn:aws:s3:::lake/reports/1"), 0,
			[]string{"s3:GetObject on arn:aws:s3:::lake/reports/1 works\n  as   arn:aws:iam::111111111111:role/reader\n  then arn:aws:iam::222222222222:role/reports-prod-eu-west-1\n", "ok  route to STS", "ok  sts:AssumeRole on"}},
		"works, by ARN":     {on("arn:aws:iam::111111111111:role/reader", "dynamodb:GetItem", "arn:aws:dynamodb:eu-west-1:222222222222:table/shop"), 0, []string{"ok  route to DYNAMODB"}},
		"does not":          {on("Reports/Function", "s3:GetObject", "arn:aws:s3:::lake/other/1"), 1, []string{"does not work", "NO  s3:GetObject on", "fix add to a policy of arn:aws:iam::222222222222:role/reports-prod-eu-west-1:\n    {\n"}},
		"with a context":    {append(on("Reports/Function", "s3:ListBucket", "arn:aws:s3:::lake"), "--context", "s3:prefix=reports/"), 0, []string{"works"}},
		"without a context": {on("Reports/Function", "s3:ListBucket", "arn:aws:s3:::lake"), 1, []string{"s3:prefix (reports/*): the request has nothing", "fix meet the condition of statement List of the inline policy read"}},
		"as JSON":           {append(on("Reports/Function", "s3:GetObject", "arn:aws:s3:::lake/reports/1"), "--json"), 0, []string{`"passes": "yes",`}},
		"no such construct": {on("Reports/Nobody", "s3:GetObject", "arn:aws:s3:::lake/reports/1"), 2, []string{"expected an ARN, a service, \"anonymous\", or a path such as Reports/Function/Resource"}},
		"no principal":      {[]string{"explain", "--assembly", dir}, 2, []string{"expected --principal, --action and --resource"}},
		"a bad context":     {append(on("Reports/Function", "s3:ListBucket", "arn:aws:s3:::lake"), "--context", "s3:prefix"), 2, []string{"--context: found \"s3:prefix\", expected KEY=VALUE, such as s3:prefix=inbox/"}},
		"an argument":       {[]string{"explain", "x"}, 2, []string{"expected none, only flags"}},
		"no assembly":       {append(on("Reports/Function", "s3:ListBucket", "arn:aws:s3:::lake"), "--assembly", "nowhere"), 2, []string{"explain: "}},
		"a bad flag":        {[]string{"explain", "--caller", "x"}, 2, []string{"unknown flag: --caller"}},
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
