package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestExplainCommand(t *testing.T) {
	dir := houseAssembly(t)
	on := func(principal, action, resource string) []string {
		return []string{"explain", "--assembly", dir, "--principal", principal, "--action", action, "--resource", resource}
	}
	denied := func(user, action, resource, reason string) []string {
		if resource != "" {
			resource = " on resource: " + resource
		}
		return []string{"explain", "--assembly", dir, "--denied", "User: " + user + " is not authorized to perform: " + action + resource + " " + reason}
	}
	event, session := filepath.Join(t.TempDir(), "event.json"), filepath.Join(t.TempDir(), "session.json")
	for file, text := range map[string]string{
		event: `{"eventSource": "s3.amazonaws.com", "eventName": "ListObjectsV2", "errorCode": "AccessDenied", "vpcEndpointId": "vpce-1",
			"userIdentity": {"arn": "arn:aws:sts::111111111111:assumed-role/reader/f"}, "requestParameters": {"bucketName": "lake"}}`,
		session: `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}]}`,
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		args []string
		code int
		out  []string
	}{
		"works, by construct path": {on("Reports/Function", "s3:GetObject", "arn:aws:s3:::lake/reports/1"), 0,
			[]string{"s3:GetObject on arn:aws:s3:::lake/reports/1 works by assuming role reports-prod-eu-west-1\n  as   arn:aws:iam::111111111111:role/reader\n  then arn:aws:iam::222222222222:role/reports-prod-eu-west-1\n", "ok  route to STS", "ok  sts:AssumeRole on"}},
		"works, by ARN":     {on("arn:aws:iam::111111111111:role/reader", "dynamodb:GetItem", "arn:aws:dynamodb:eu-west-1:222222222222:table/shop"), 0, []string{"ok  route to DYNAMODB"}},
		"does not":          {on("Reports/Function", "s3:GetObject", "arn:aws:s3:::lake/other/1"), 1, []string{"does not work", "NO  s3:GetObject on", "fix add to a policy of arn:aws:iam::222222222222:role/reports-prod-eu-west-1:\n    {\n"}},
		"with a context":    {append(on("Reports/Function", "s3:ListBucket", "arn:aws:s3:::lake"), "--context", "s3:prefix=reports/"), 0, []string{"works"}},
		"without a context": {on("Reports/Function", "s3:ListBucket", "arn:aws:s3:::lake"), 1, []string{"s3:prefix (reports/*): the request has nothing", "fix meet the condition of statement List of the inline policy read"}},
		"as JSON":           {append(on("Reports/Function", "s3:GetObject", "arn:aws:s3:::lake/reports/1"), "--json"), 0, []string{`"passes": "yes",`}},
		"what AWS printed": {denied("arn:aws:sts::222222222222:assumed-role/reports-prod-eu-west-1/x", "s3:GetObject", "arn:aws:s3:::lake/other/1", "because no identity-based policy allows the s3:GetObject action"), 1,
			[]string{"AWS denied it because no identity-based policy allows the s3:GetObject action\n\ns3:GetObject on arn:aws:s3:::lake/other/1 does not work by assuming role reports-prod-eu-west-1\n  as   arn:aws:iam::111111111111:role/reader\n  then arn:aws:iam::222222222222:role/reports-prod-eu-west-1\n"}},
		"a session of a misspelt role": {denied("arn:aws:sts::111111111111:assumed-role/raeder/f", "s3:GetObject", "arn:aws:s3:::lake/reports/1", ""), 2,
			[]string{"found a session of role raeder of account 111111111111, which no template has", "or facts about it: did you mean arn:aws:iam::111111111111:role/reader?"}},
		"a session of a role of another account": {denied("arn:aws:sts::333333333333:assumed-role/reader/f", "s3:GetObject", "arn:aws:s3:::lake/reports/1", ""), 2,
			[]string{": did you mean arn:aws:iam::111111111111:role/reader?"}},
		"a session of a role like no other": {denied("arn:aws:sts::111111111111:assumed-role/Administrator/f", "s3:GetObject", "arn:aws:s3:::lake/reports/1", ""), 2,
			[]string{"or facts about it\n"}},
		"a list without its prefix": {denied("arn:aws:sts::222222222222:assumed-role/reports-prod-eu-west-1/x", "s3:ListBucket", "arn:aws:s3:::lake", ""), 1,
			[]string{"AWS denied it without a reason\n  taken to list without a prefix; if it had one, give it: --context s3:prefix=PREFIX\n"}},
		"what the templates permit": {denied("arn:aws:sts::222222222222:assumed-role/reports-prod-eu-west-1/x", "s3:GetObject", "arn:aws:s3:::lake/reports/1", "with an explicit deny in a service control policy"), 0,
			[]string{"AWS denied it with an explicit deny in a service control policy\n  but the templates permit it: give the organization's policies with --scp\n\n"}},
		"a role that was not assumed": {denied("arn:aws:sts::111111111111:assumed-role/reader/f", "s3:GetObject", "arn:aws:s3:::lake/reports/1", ""), 1,
			[]string{"AWS denied it without a reason\n", "s3:GetObject on arn:aws:s3:::lake/reports/1 does not work directly, but works by assuming role\nreports-prod-eu-west-1\n", "\n\nfix make the request as arn:aws:iam::222222222222:role/reports-prod-eu-west-1, which may do it, and\n    which the principal may assume first\n\nother chains: 1"}},
		"a message without a resource": {denied("arn:aws:sts::111111111111:assumed-role/reader/f", "kms:Decrypt", "", ""), 2, []string{"found no resource in what AWS printed about kms:Decrypt, expected --resource beside it"}},
		"another message":              {[]string{"explain", "--assembly", dir, "--denied", "Access Denied"}, 2, []string{`--denied: found "Access Denied", expected a message such as`}},
		"an event": {[]string{"explain", "--assembly", dir, "--event", event}, 1,
			[]string{"AWS denied it without a reason\n  through vpce-1\n  taken to list without a prefix; if it had one, give it: --context s3:prefix=PREFIX\n\ns3:ListBucket on arn:aws:s3:::lake does not work in any of the 2 ways that the principal has, here\ndirectly\n  as   arn:aws:iam::111111111111:role/reader\n"}},
		"no event":               {[]string{"explain", "--assembly", dir, "--event", "nowhere.json"}, 2, []string{"--event: open nowhere.json"}},
		"a message and an event": {[]string{"explain", "--denied", "x", "--event", "y"}, 2, []string{"found --denied and --event, expected one of them"}},
		"a session policy":       {append(on("arn:aws:sts::222222222222:assumed-role/reports-prod-eu-west-1/x", "s3:GetObject", "arn:aws:s3:::lake/reports/1"), "--session-policy", session), 1, []string{"no statement of the session policy session.json allows s3:GetObject"}},
		"by a role of its choice": {append(on("Reports/Function", "s3:GetObject", "arn:aws:s3:::lake/reports/1"), "--assume", "target/Role"), 0,
			[]string{"works by assuming role reports-prod-eu-west-1\n"}},
		"by a role that lets others in": {append(on("source/Reader", "s3:GetObject", "arn:aws:s3:::lake/reports/1"), "--assume", "reader"), 1,
			[]string{"does not work by assuming role reader\n", "NO  sts:AssumeRole on arn:aws:iam::111111111111:role/reader\n"}},
		"by what is no role":      {append(on("source/Reader", "s3:GetObject", "arn:aws:s3:::lake/reports/1"), "--assume", "Lake"), 2, []string{"found no resource \"Lake\" in the assembly"}},
		"a policy of its session": {append(on("Reports/Function", "s3:GetObject", "arn:aws:s3:::lake/reports/1"), "--session-policy", session), 1, []string{"no statement of the session policy session.json allows sts:AssumeRole"}},
		"a misspelt ARN":          {on("arn:aws:iam::111111111111:role/readr", "s3:GetObject", "arn:aws:s3:::lake/reports/1"), 1, []string{"no template has arn:aws:iam::111111111111:role/readr: did you mean\narn:aws:iam::111111111111:role/reader?\n"}},
		"no such construct":       {on("Reports/Nobody", "s3:GetObject", "arn:aws:s3:::lake/reports/1"), 2, []string{"expected an ARN, a service, \"anonymous\", or a path such as Reports/Function"}},
		"no principal":            {[]string{"explain", "--assembly", dir}, 2, []string{"expected --principal, --action and --resource"}},
		"a bad context":           {append(on("Reports/Function", "s3:ListBucket", "arn:aws:s3:::lake"), "--context", "s3:prefix"), 2, []string{"--context: found \"s3:prefix\", expected KEY=VALUE, such as s3:prefix=inbox/"}},
		"an argument":             {[]string{"explain", "x"}, 2, []string{"expected none, only flags"}},
		"no assembly":             {append(on("Reports/Function", "s3:ListBucket", "arn:aws:s3:::lake"), "--assembly", "nowhere"), 2, []string{"explain: "}},
		"a bad flag":              {[]string{"explain", "--caller", "x"}, 2, []string{"unknown flag: --caller"}},
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
