package proof

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/assembly"
)

var sid = regexp.MustCompile(`(?m)^( *)- (\{Sid: \w+, Effect: Allow,)|(\{Sid: \w+, Effect: Allow,)`)

// allows are the statements of a template that allow something, as they are written, with their place before them ("- " in a block, or nothing).
func allows(template string) (all []string) {
	for _, at := range sid.FindAllStringIndex(template, -1) {
		start := at[0] + len(template[at[0]:at[1]]) - len(strings.TrimLeft(template[at[0]:at[1]], " "))
		depth := 0
		for end := start; end < len(template); end++ {
			switch template[end] {
			case '{':
				depth++
			case '}':
				depth--
			}
			if depth == 0 && template[end] == '}' {
				all = append(all, template[start:end+1])
				break
			}
		}
	}
	return all
}

// pasted are the statements that a report says to add, each once and on one line, and whether all of it is said as statements.
func pasted(t *testing.T, r *Report) (all []string) {
	t.Helper()
	seen := map[string]bool{}
	for _, c := range unprovedChecks(r) {
		for _, remedy := range c.Remedy {
			sentence, statement, found := strings.Cut(remedy, "\n")
			if !found || !strings.HasPrefix(sentence, "add to ") || seen[statement] {
				continue
			}
			seen[statement] = true
			if strings.ContainsAny(statement, "‹›") {
				t.Errorf("found a statement to paste with an unknown:\n%s", remedy)
			}
			var line bytes.Buffer
			if err := json.Compact(&line, []byte(statement)); err != nil {
				t.Fatalf("%v\n%s", err, remedy)
			}
			all = append(all, line.String())
		}
	}
	return all
}

func unprovedChecks(r *Report) (all []*Check) {
	for i := range r.Checks {
		if r.Checks[i].Verdict != Proved {
			all = append(all, &r.Checks[i])
		}
	}
	return all
}

// Each statement that allows something is taken out, and what the report says to add is put in its place: then everything is proved again, so that
// others still get nothing.
func TestPastedRemediesProve(t *testing.T) {
	for _, dir := range []string{"testdata/grant", "testdata/connections"} {
		n := 0
		for _, name := range []string{"source", "target"} {
			text, err := os.ReadFile(filepath.Join(dir, name+".yaml"))
			if err != nil {
				t.Fatal(err)
			}
			for _, statement := range allows(string(text)) {
				body, inBlock := strings.CutPrefix(statement, "- ")
				before, after, _ := strings.Cut(string(text), statement)
				gone := ""
				if inBlock && strings.HasSuffix(strings.TrimRight(before, " \n"), "Statement:") && !strings.HasPrefix(strings.TrimLeft(after, " \n"), "- ") {
					gone = "[]"
				}
				r, err := Prove(templates(t, dir, both, edit{name, statement, gone}), Options{})
				if err != nil {
					t.Fatal(err)
				}
				add := pasted(t, r)
				if len(add) == 0 {
					continue
				}
				n++
				whole := strings.Join(add, ", ")
				if inBlock {
					indent := before[strings.LastIndexByte(before, '\n')+1:]
					whole = "- " + strings.Join(add, "\n"+indent+"- ")
				}
				if r, err = Prove(templates(t, dir, both, edit{name, statement, whole}), Options{}); err != nil || r.Verdict() != Proved {
					t.Errorf("%s: instead of %s, found %v %v\n%s\n%s", dir, body, unproved(r), err, whole, says(r))
				}
			}
		}
		if t.Logf("%s: %d statements", dir, n); n < 4 {
			t.Errorf("%s: found %d statements, expected at least 4", dir, n)
		}
	}
}

// A service is the principal, with its source; another account's role by its ARN; and what has no statement has words.
func TestRemediesOfConnections(t *testing.T) {
	const (
		target = `Resources:
  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: inbox, KmsMasterKeyId: !GetAtt Key.Arn}}
  Key:
    Type: AWS::KMS::Key
    Properties:
      KeyPolicy: {Statement: [{Sid: Admin, Effect: Allow, Principal: {AWS: "arn:aws:iam::222222222222:root"}, Action: "kms:*", Resource: "*"}, KEY]}
  QueuePolicy:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref Queue]
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - {Sid: TLS, Effect: Deny, Principal: "*", Action: "sqs:*", Resource: !GetAtt Queue.Arn, Condition: {Bool: {"aws:SecureTransport": "false"}}}
          - {Sid: Send, Effect: Allow, Principal: {Service: events.amazonaws.com}, Action: "sqs:SendMessage", Resource: !GetAtt Queue.Arn,
             Condition: {ArnEquals: {"aws:SourceArn": !GetAtt Rule.Arn}}}
  Rule:
    Type: AWS::Events::Rule
    Metadata: {"CrossGrant::MustWork": true}
    Properties: {NAME EventPattern: {source: [aws.s3]}, Targets: [{Id: q, Arn: !GetAtt Queue.Arn}]}
`
		nothing = "Resources: {Nothing: {Type: AWS::CloudFormation::WaitConditionHandle, Properties: {}}}"
	)
	load := func(name, key string) *assembly.Assembly {
		dir := t.TempDir()
		text := strings.NewReplacer("NAME", name, ", KEY", key).Replace(target)
		for file, content := range map[string]string{"source.yaml": nothing, "target.yaml": text} {
			if err := os.WriteFile(filepath.Join(dir, file), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		return templates(t, dir, both)
	}
	prove := func(name, key string) *Report { return proved(t, load(name, key), Options{}) }
	named := prove("Name: r,", "")
	add := pasted(t, named)
	const want = `{"Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},"Action":["kms:Decrypt"],"Resource":["*"],"Condition":{` +
		`"ArnEquals":{"aws:SourceArn":["arn:aws:events:eu-west-1:222222222222:rule/r"]},"StringEquals":{"aws:SourceAccount":["222222222222"]}}}`
	if len(add) != 2 || add[1] != want {
		t.Fatalf("found %v, expected two statements, the second one %s", add, want)
	}
	if r := prove("Name: r,", ", "+strings.Join(add, ", ")); r.Verdict() != Proved {
		t.Errorf("found %v with %s", unproved(r), add)
	}
	app := &App{assembly: load("Name: r,", ", "+strings.Join(add, ", "))}
	for _, stranger := range []Access{
		{Caller: "arn:aws:iam::333333333333:role/x", Administrator: true},
		{Caller: "events.amazonaws.com", Context: map[string][]string{"aws:SourceArn": {"arn:aws:events:eu-west-1:333333333333:rule/r"}, "aws:SourceAccount": {"333333333333"}}},
		{Caller: "events.amazonaws.com", Context: map[string][]string{"aws:SourceArn": {"arn:aws:events:eu-west-1:222222222222:rule/other"}, "aws:SourceAccount": {"222222222222"}}},
		{Caller: "s3.amazonaws.com", Context: map[string][]string{"aws:SourceArn": {"arn:aws:events:eu-west-1:222222222222:rule/r"}, "aws:SourceAccount": {"222222222222"}}},
	} {
		stranger.Action, stranger.Resource = "kms:Decrypt", "Target/Key"
		Denied(t, app, stranger)
	}
	// Where AWS generates the name of the rule there is nothing to paste.
	for _, c := range unprovedChecks(prove("", "")) {
		for _, remedy := range c.Remedy {
			if !strings.HasPrefix(remedy, "let the policy of key ‹Target.Key› allow events.amazonaws.com kms:") || !strings.Contains(remedy, ", on condition of ArnEquals aws:SourceArn (arn:aws:events:eu-west-1:222222222222:rule/‹Target.Rule") {
				t.Errorf("found remedy %q", remedy)
			}
		}
	}
}

func TestRemediesOfPlainHTTPAndPerimeters(t *testing.T) {
	const tls = `- {Sid: TLS, Effect: Deny, Principal: "*", Action: "s3:*", Resource: ["arn:aws:s3:::lake", "arn:aws:s3:::lake/*"], Condition: {Bool: {"aws:SecureTransport": "false"}}}`
	found := 0
	for _, c := range unprovedChecks(proved(t, grantApp(t, both, edit{"target", tls, ""}), Options{})) {
		if c.Rule != PlainHTTP {
			continue
		}
		found++
		if len(c.Remedy) != 1 || !strings.HasPrefix(c.Remedy[0], "set EnforceSSL of arn:aws:s3:::lake, or add to its policy:\n{\n  \"Effect\": \"Deny\",\n  \"Principal\": \"*\",\n  \"Action\": [\n    \"s3:*\"") {
			t.Errorf("found remedy %q", c.Remedy)
		}
	}
	if found == 0 {
		t.Error("found no check of plain HTTP")
	}
	const perimeter = `- {Sid: Perimeter, Effect: Deny, Principal: "*", Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/*", Condition: {StringNotEquals: {"aws:PrincipalAccount": "333333333333"}}}`
	found = 0
	for _, c := range unprovedChecks(proved(t, grantApp(t, both, edit{"target", tls, tls + "\n          " + perimeter}), Options{})) {
		if c.Expects != MustWork || c.Verdict != Broken {
			continue
		}
		found++
		for _, remedy := range c.Remedy {
			if remedy != "make the request from where statement Perimeter of the policy of bucket lake does not deny it: that denies on condition of StringNotEquals aws:PrincipalAccount (333333333333)" {
				t.Errorf("found remedy %q", remedy)
			}
		}
	}
	if found == 0 {
		t.Error("found no check of the perimeter")
	}
}

// A statement that permits too much is replaced by the least that has to work by it; one that nothing needs is removed.
func TestRemediesAsChanges(t *testing.T) {
	const objects = `{Sid: Objects, Effect: Allow, Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/reports/*"}`
	for _, c := range []struct{ to, want string }{
		{`{Sid: Objects, Effect: Allow, Action: "s3:*", Resource: "arn:aws:s3:::lake/reports/*"}`,
			`{"edit":"set","stack":"Target","template":"target.yaml","logicalId":"Role","path":["Properties","Policies",0,"PolicyDocument","Statement",2],` +
				`"value":{"Action":["s3:GetObject"],"Effect":"Allow","Resource":["arn:aws:s3:::lake/reports/*"],"Sid":"Objects"}}`},
		{objects + "\n              - " + `{Sid: Objects, Effect: Allow, Action: "sqs:SendMessage", Resource: "arn:aws:sqs:eu-west-1:222222222222:q"}`,
			`{"edit":"remove","stack":"Target","template":"target.yaml","logicalId":"Role","path":["Properties","Policies",0,"PolicyDocument","Statement",3]}`},
	} {
		var found []string
		for _, one := range proved(t, grantApp(t, both, edit{"target", objects, c.to}), Options{}).JSON().Checks {
			if one.Rule == OverGrant && len(one.Changes) == 1 && len(one.Manual) == 0 {
				one.Changes[0].Template = filepath.Base(one.Changes[0].Template)
				text, err := json.Marshal(one.Changes[0])
				if err != nil {
					t.Fatal(err)
				}
				found = append(found, string(text))
			}
		}
		if len(found) != 1 || found[0] != c.want {
			t.Errorf("found %s, expected %s", found, c.want)
		}
	}
}

// A statement that was meant to deny plain HTTP is made to: without it, plain HTTP would work where the policy kept everybody out.
func TestRemedyOfADenialWrittenAsAllow(t *testing.T) {
	const tls = `{Sid: TLS, Effect: Deny,`
	edits := 0
	for _, c := range unprovedChecks(proved(t, grantApp(t, both, edit{"target", tls, `{Sid: TLS, Effect: Allow,`}), Options{})) {
		if c.Rule != OverGrant {
			continue
		}
		for _, change := range c.Changes {
			edits++
			if change.Value != "Deny" || change.Path[len(change.Path)-1] != "Effect" {
				t.Errorf("found edit %v, expected the effect to be Deny", change)
			}
		}
	}
	if edits == 0 {
		t.Error("found no edit of an OverGrant")
	}
}

// A denial without a condition takes its perimeter again: an exception for the role would let that in from everywhere.
func TestRemedyOfAPerimeterWithoutItsCondition(t *testing.T) {
	declared := edit{both, "    permissions:", "    perimeter: {enforcement: OnBucket, key: \"aws:SourceVpce\", values: [\"vpce-0123456789abcdef0\"], administrators: [\"arn:aws:iam::222222222222:role/admin\"]}\n    permissions:"}
	denies := edit{"target", "- {Sid: TLS,", "- {Sid: Perimeter, Effect: Deny, Principal: \"*\", Action: \"s3:GetObject\", Resource: \"arn:aws:s3:::lake/*\"}\n          - {Sid: TLS,"}
	says := 0
	for _, c := range unprovedChecks(proved(t, grantApp(t, both, declared, denies), Options{})) {
		if c.Rule != Intent || c.Verdict != Broken {
			continue
		}
		if len(c.Changes) > 0 {
			t.Errorf("found edits %v, expected none", c.Changes)
		}
		for _, why := range c.Manual {
			if strings.Contains(why, "give the statement the condition of the perimeter") {
				says++
			}
		}
	}
	if says == 0 {
		t.Error("found no word of the perimeter's condition")
	}
}

// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html
func TestRemedyOfADeliveryOfLogs(t *testing.T) {
	dir := t.TempDir()
	for file, content := range map[string]string{
		"source.yaml": "Resources: {Nothing: {Type: AWS::CloudFormation::WaitConditionHandle, Properties: {}}}",
		"target.yaml": `Resources:
  Logs: {Type: AWS::S3::Bucket, Properties: {BucketName: logs}}
  Trail: {Type: AWS::CloudTrail::Trail, Metadata: {"CrossGrant::MustWork": true}, Properties: {TrailName: audit, S3BucketName: !Ref Logs, IsLogging: true}}
`,
	} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const want = `{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":["s3:PutObject"],"Resource":["arn:aws:s3:::logs/AWSLogs/222222222222/*"],` +
		`"Condition":{"ArnEquals":{"aws:SourceArn":["arn:aws:cloudtrail:eu-west-1:222222222222:trail/audit"]},"StringEquals":{"aws:SourceAccount":["222222222222"],` +
		`"s3:x-amz-acl":["bucket-owner-full-control"]}}}`
	if add := pasted(t, proved(t, templates(t, dir, both), Options{})); !slices.Contains(add, want) {
		t.Errorf("found %v, expected %s", add, want)
	}
}
