package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof"
)

func TestAdd(t *testing.T) {
	const template = `{"Resources":{
		"Role":{"Type":"AWS::IAM::Role","Properties":{"AssumeRolePolicyDocument":{"Statement":{"Sid":"One"}}}},
		"Key":{"Type":"AWS::KMS::Key","Properties":{}},
		"Bucket":{"Type":"AWS::S3::Bucket"},
		"Policy":{"Type":"AWS::S3::BucketPolicy","Properties":{"Bucket":{"Ref":"Bucket"},"PolicyDocument":{"Statement":[{"Sid":"One"}]}}},
		"Other":{"Type":"AWS::S3::Bucket"},
		"Queue":{"Type":"AWS::SQS::Queue"},
		"Stream":{"Type":"AWS::Kinesis::Stream"}}}`
	for name, c := range map[string]struct {
		id, of string
		kind   policy.Kind
		want   string // what is in the changed template; "" if the tool does not know the policy
	}{
		"trust":                 {"Role", "AWS::IAM::Role", policy.Trust, `"AssumeRolePolicyDocument":{"Statement":[{"Sid":"One"},{"Sid":"New"}]}`},
		"identity":              {"Role", "AWS::IAM::Role", policy.Identity, `"Policies":[{"PolicyDocument":{"Statement":[{"Sid":"New"}],"Version":"2012-10-17"},"PolicyName":"Pasted0"}]`},
		"key without a policy":  {"Key", "AWS::KMS::Key", policy.Resource, `"KeyPolicy":{"Statement":[{"Sid":"New"}],"Version":"2012-10-17"}`},
		"bucket with a policy":  {"Bucket", "AWS::S3::Bucket", policy.Resource, `"PolicyDocument":{"Statement":[{"Sid":"One"},{"Sid":"New"}]}`},
		"bucket without":        {"Other", "AWS::S3::Bucket", policy.Resource, `"PastedOther":{"Properties":{"Bucket":{"Ref":"Other"},"PolicyDocument":{"Statement":[{"Sid":"New"}]`},
		"queue without":         {"Queue", "AWS::SQS::Queue", policy.Resource, `"Queues":[{"Ref":"Queue"}]`},
		"stream without":        {"Stream", "AWS::Kinesis::Stream", policy.Resource, `"ResourceArn":{"Fn::GetAtt":["Stream","Arn"]}`},
		"a boundary":            {"Role", "AWS::IAM::Role", policy.Boundary, ""},
		"of a type without one": {"Bucket", "AWS::EC2::VPC", policy.Resource, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var root any
			if err := json.Unmarshal([]byte(template), &root); err != nil {
				t.Fatal(err)
			}
			of := &assembly.Resource{LogicalID: c.id, Type: c.of}
			changed, ok := add(root, proof.Addition{Kind: c.kind, Of: of}, map[string]any{"Sid": "New"})
			text, _ := json.Marshal(changed)
			if ok != (c.want != "") || ok && !strings.Contains(string(text), c.want) {
				t.Errorf("found %v %s, expected %s", ok, text, c.want)
			}
		})
	}
}

func TestWhatPastingMadeWorse(t *testing.T) {
	check := func(name string, e proof.Expectation, v proof.Verdict, remedy ...string) proof.Check {
		return proof.Check{Rule: "R", Name: name, Expects: e, Verdict: v, Remedy: remedy}
	}
	const works, fails = proof.MustWork, proof.MustFail
	for name, c := range map[string]struct {
		words []string // beside the statements
		after []proof.Check
		heals bool
		worse string
	}{
		"healed":                       {nil, []proof.Check{check("a", works, proof.Proved), check("b", works, proof.Proved), check("c", fails, proof.Proved)}, true, ""},
		"healed in part":               {nil, []proof.Check{check("a", works, proof.Undecided), check("c", fails, proof.Undecided)}, false, ""},
		"broke another":                {nil, []proof.Check{check("a", works, proof.Proved), check("b", works, proof.Broken)}, false, "R: b: "},
		"broke another, as words said": {[]string{"correct b"}, []proof.Check{check("b", works, proof.Broken)}, false, ""},
		"opened something":             {[]string{"correct b"}, []proof.Check{check("d", fails, proof.Undecided)}, false, "R: d: "},
		"surely opened":                {nil, []proof.Check{check("c", fails, proof.Broken)}, false, "R: c: "},
	} {
		t.Run(name, func(t *testing.T) {
			before := &proof.Report{Checks: []proof.Check{check("a", works, proof.Broken, c.words...), check("b", works, proof.Proved), check("c", fails, proof.Undecided)}}
			p := compare(before, &proof.Report{Checks: c.after}, 1)
			if p.heals() != c.heals || p.complete != (c.words == nil) || strings.Join(p.worse, "|") != c.worse {
				t.Errorf("found %+v", p)
			}
			var out bytes.Buffer
			m := find(t, small(t), "Access RoleName: rename the role (another name)")
			m.pasting = p
			if good := reportPasted(&out, []*mutant{m}); good != (c.worse == "") || !strings.Contains(out.String(), "the proof says statements to add to 1, 1 in all") {
				t.Errorf("found %v %s", good, out.String())
			}
		})
	}
}
