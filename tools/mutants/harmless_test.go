package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func TestHarmlessEdits(t *testing.T) {
	s := small(t)
	for line, expected := range map[string]string{
		"AccessPolicy PolicyDocument.Statement.1.Action: actions in another case":           `"Action":["s3:getobject","s3:getobjecttagging"]`,
		"AccessPolicy PolicyDocument.Statement.1.Action: Action in another order":           `"Action":["s3:GetObjectTagging","s3:GetObject"]`,
		"ReaderPolicy PolicyDocument.Statement.1.Action: Action as a list or not":           `"Action":["sts:AssumeRole"]`,
		"AccessPolicy PolicyDocument.Statement.1: one statement for each action":            `"Action":"s3:GetObjectTagging"`,
		"ReaderPolicy PolicyDocument.Statement.1.Sid: no Sid":                               `{"Action":"sts:AssumeRole","Effect":"Allow","Resource":"arn:aws:iam::222222222222:role/access"}`,
		"Access AssumeRolePolicyDocument.Statement.0.Condition.ArnEquals: an operator that": `"ArnLike":{"aws:PrincipalArn"`,
		"Access AssumeRolePolicyDocument.Statement.0.Principal.AWS.0: an account by its id": `"AWS":["111111111111"]`,
		"DataPolicy PolicyDocument.Statement.0.Principal: * for AWS: *":                     `"Principal":"*"`,
		"AccessPolicy : a managed policy instead":                                           `"Type":"AWS::IAM::ManagedPolicy"`,
		"ReaderPolicy : a role policy instead":                                              `"RoleName":{"Ref":"Reader"}`,
		"Function Environment.Variables.LOG_LEVEL: a variable of its own":                   `"debug"`,
		"AccessPolicy : a policy in two":                                                    `"Sid":"List"`,
		"ReaderPolicy : inline in the role":                                                 `"Policies":[{"PolicyDocument"`,
		"Data : another logical id":                                                         `"Bucket":{"Ref":"DataRenamed"}`,
		"Data LifecycleConfiguration: a lifecycle rule":                                     `"NoncurrentDays":30`,
	} {
		t.Run(line, func(t *testing.T) {
			for _, m := range s.all(harmlessEdits()) {
				if strings.Contains(m.String(), line) {
					if text, err := json.Marshal(m.change.value); err != nil || !strings.Contains(string(text), expected) {
						t.Errorf("found %s (%v), expected %s in it", text, err, expected)
					}
					return
				}
			}
			t.Error("found no such edit")
		})
	}
}

func TestAlarmsAreReported(t *testing.T) {
	all := small(t).all(harmlessEdits())[:2]
	all[0].outcome, all[1].outcome, all[1].reason = survived, undecided, "Intent: read: not known"
	var out bytes.Buffer
	if reportAlarms(&out, all) {
		t.Error("found no alarm, expected one")
	}
	for _, text := range []string{"1 false alarms", "\nfalse alarm: testdata ", "undecided: Intent: read: not known"} {
		if !strings.Contains(out.String(), text) {
			t.Errorf("found report:\n%s\nexpected %q in it", out.String(), text)
		}
	}
	if all[1].outcome = survived; !reportAlarms(&bytes.Buffer{}, all) {
		t.Error("found an alarm, expected none")
	}
}

// Each kind is in a sample of a list in which each comes at least as often as the sample skips.
func TestSample(t *testing.T) {
	all := []string{"b1", "a1", "b2", "a2", "a3", "b3"}
	kind := func(s string) string { return s[:1] }
	for seed, expected := range map[int]string{0: "a1 b1", 1: "a2 b2", 2: "a3 b3", 4: "a2 b2"} {
		if found := strings.Join(sampled(all, kind, 3, seed), " "); found != expected {
			t.Errorf("seed %d: found %s, expected %s", seed, found, expected)
		}
	}
	if found := sampled(all, kind, 1, 5); len(found) != len(all) {
		t.Errorf("found %v, expected all", found)
	}
}

// What a change adds beside its first place is made, too, and undone.
func TestChangeOfSeveralPlaces(t *testing.T) {
	s := small(t)
	r := s.resources[0]
	c := r.add("two", map[string]any{"A": 1, "B": 2})
	c.more = append(c.more, edit{file: manifestFile, at: place{"version"}, value: "0"})
	files := s.changed(r.template, c)
	for _, p := range []place{{"Resources", "A"}, {"Resources", "B"}, {"Resources", r.LogicalID}} {
		if at(files[r.template], p) == nil {
			t.Errorf("found nothing at %s", p)
		}
	}
	if at(files[manifestFile], place{"version"}) != "0" || at(s.templates[manifestFile], place{"version"}) == "0" {
		t.Error("found the manifest unchanged, or the original changed")
	}
}

func TestBreaksOfWhatIsGuarded(t *testing.T) {
	s := small(t)
	for line, expected := range map[string]string{
		"Function : anyone may invoke (beside it)":              `"Principal":"*"`,
		"Function Environment.Variables.HTTPS_PROXY":            `"http://192.0.2.1:3128"`,
		"Data AccessControl: a bucket ACL: PublicRead (":        `"PublicRead"`,
		"Data : others: s3:GetObjectVersion":                    `"Action":["s3:GetObjectVersion"]`,
		"Access : others: iam:UpdateAssumeRolePolicy":           `{"Fn::GetAtt":["Access","Arn"]}`,
		"DataPolicy PolicyDocument.Statement: a deputy without": `"Principal":{"Service":"config.amazonaws.com"}`,
		"Vpc : a private hosted zone for sts":                   `"sts.eu-central-1.amazonaws.com"`,
		"Data : a custom resource told of it":                   `"ServiceToken"`,
	} {
		t.Run(line, func(t *testing.T) {
			c := find(t, s, line).change
			values := []any{c.value}
			for _, e := range c.more {
				values = append(values, e.value)
			}
			if text, err := json.Marshal(values); err != nil || !strings.Contains(string(text), expected) {
				t.Errorf("found %s (%v), expected %s in it", text, err, expected)
			}
		})
	}
}
