package assembly_test

import (
	"strings"
	"testing"
)

// The items of a collection may be numbers. https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-foreach.html
func TestLoopsOverNumbers(t *testing.T) {
	a := mustLoadYAML(t, `
Transform: AWS::LanguageExtensions
Resources:
  Fn::ForEach::Rooms: [N, [1, "2", true], {"X${N}": {Type: Custom::X, Properties: {Name: !Sub "room-${N}", N: !Ref N}}}]
`)
	for id, expected := range map[string]string{"X1": `{"N":"1","Name":"room-1"}`, "X2": `{"N":"2","Name":"room-2"}`, "Xtrue": `{"N":"true","Name":"room-true"}`} {
		if found := show(resource(t, a, id).Properties); found != expected {
			t.Errorf("%s: found %s, expected %s", id, found, expected)
		}
	}
}

func ids(t *testing.T, document string) (string, string) {
	t.Helper()
	a := mustLoadYAML(t, document)
	var all []string
	for _, r := range a.Stacks[0].Resources {
		all = append(all, r.LogicalID+show(r.Properties))
	}
	for _, o := range a.Stacks[0].Outputs {
		all = append(all, o.Name+"="+show(o.Value))
	}
	return strings.Join(all, " "), notes(a) + strings.Join(a.Stacks[0].Macros, ",")
}

// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-foreach.html
func TestLoops(t *testing.T) {
	for name, c := range map[string]struct{ document, expected, notes string }{
		"a list": {`
Transform: AWS::LanguageExtensions
Resources:
  Fn::ForEach::Topics:
    - Name
    - [Success, Failure]
    - Topic${Name}: {Type: AWS::SNS::Topic, Properties: {TopicName: !Join [".", [!Ref Name, fifo]], FifoTopic: true, DisplayName: !Sub "${Name}-${AWS::Region}"}}
`, `TopicFailure{"DisplayName":"Failure-us-west-2","FifoTopic":true,"TopicName":"Failure.fifo"} TopicSuccess{"DisplayName":"Success-us-west-2","FifoTopic":true,"TopicName":"Success.fifo"}`, ""},
		"a parameter, and characters that no logical id has": {`
Parameters: {Names: {Type: CommaDelimitedList, Default: "10.0.1.0/24,10.0.2.0/24"}}
Resources:
  Fn::ForEach::Subnets: [Block, !Ref Names, {"Subnet&{Block}": {Type: AWS::EC2::Subnet, Properties: {CidrBlock: "${Block}"}}}]
`, `Subnet1001024{"CidrBlock":"10.0.1.0/24"} Subnet1002024{"CidrBlock":"10.0.2.0/24"}`, ""},
		"loops in loops, in properties, conditions and outputs": {`
Conditions:
  Fn::ForEach::C: [X, [A, B], {"Is${X}": !Equals ["${X}", A]}]
Resources:
  Fn::ForEach::Outer:
    - X
    - [A, B]
    - Fn::ForEach::Inner:
        - Y
        - [1a, 2b]
        - R${X}${Y}: {Type: Custom::X, Condition: "Is${X}", Properties: {"Fn::ForEach::P": [K, [p, q], {"${K}": "${X}${Y}${K}"}], Other: 1}}
Outputs:
  Fn::ForEach::O: [X, [RA1a], {"Of${X}": {Value: !GetAtt ["${X}", Id]}}]
`, `RA1a{"Other":1,"p":"A1ap","q":"A1aq"} RA2b{"Other":1,"p":"A2bp","q":"A2bq"} OfRA1a="‹S.RA1a.Id›"`, ""},
		"a list that nobody knows": {`
Parameters: {Names: {Type: CommaDelimitedList}}
Resources:
  Fn::ForEach::Topics: [Name, !Ref Names, {"Topic${Name}": {Type: AWS::SNS::Topic}}]
  A: {Type: Custom::X, Properties: {V: {"Fn::ForEach::P": [Name, !Ref Names, {"${Name}": 1}]}}}
`, `A{"V":"‹S.A.Properties.V#›"}`, `"S.Resources: found Fn::ForEach::Topics, which was not run: it may add anything"` + "\n" +
			`"S.A.Properties.V: found Fn::ForEach::P, which was not run: it may change the keys beside it"Fn::ForEach::Topics`},
		"an item that nobody knows": {`
Parameters: {Name: {Type: String}}
Resources:
  Fn::ForEach::Topics: [X, [!Ref Name], {"Topic${X}": {Type: AWS::SNS::Topic}}]
`, ``, `"S.Resources: found Fn::ForEach::Topics, which was not run: it may add anything"Fn::ForEach::Topics`},
		"no identifier": {`
Resources:
  Fn::ForEach::Topics: [[X], [a], {"Topic${X}": {Type: AWS::SNS::Topic}}]
`, ``, `"S.Resources: found Fn::ForEach::Topics, which was not run: it may add anything"Fn::ForEach::Topics`},
		"one key twice": {`
Resources:
  Fn::ForEach::Topics: [X, [a, b], {"Topic": {Type: AWS::SNS::Topic, Properties: {V: "${X}"}}}]
`, `Topic{"V":"b"}`, `"S.Resources: found \"Topic\" twice after the loops are expanded, expected it once"`},
		"two keys that become one": {`
Resources:
  Fn::ForEach::Topics: [X, [a], {"T${X}": {Type: AWS::SNS::Topic}, "T&{X}": {Type: AWS::SQS::Queue}}]
`, ``, `"S.Resources: found Fn::ForEach::Topics, which was not run: it may add anything"Fn::ForEach::Topics`},
		"more than a template may have": {`
Resources:
  Fn::ForEach::A: [A, [` + strings.Repeat("x,", 99) + `x], {"Fn::ForEach::B": [B, [` + strings.Repeat("y,", 99) + `y], {"Fn::ForEach::C": [C, [` + strings.Repeat("z,", 200) + `z],
    {"R${A}${B}${C}": {Type: "${A}"}}]}]}]
`, ``, "*"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.notes == "*" { // it ends
				_, _ = loadYAML(t, c.document)
				return
			}
			found, noted := ids(t, c.document)
			if found != c.expected || noted != c.notes {
				t.Errorf("found    %s\nexpected %s\nfound    %s\nexpected %s", found, c.expected, noted, c.notes)
			}
		})
	}
}

func TestMacros(t *testing.T) {
	found, noted := ids(t, `
Transform: [AWS::Serverless-2016-10-31, {Name: AWS::Include, Parameters: {Location: s3://b/k}}, AWS::LanguageExtensions]
Resources:
  Fn::Transform: {Name: More}
  B: {Type: AWS::S3::Bucket, Properties: {Fn::Transform: {Name: Rename}, BucketName: b, Tags: !Ref AWS::NoValue}}
  F: {Type: AWS::Serverless::Function, Properties: no}
`)
	if found != `B{"BucketName":"b","Fn::Transform":"‹S.B.Properties.Fn..Transform#›"} F{}` {
		t.Errorf("found %s", found)
	}
	if noted != `"S.Resources: found Fn::Transform More, which was not run: it may add anything"`+"\n"+
		`"S.Transform: found AWS::Include, which was not run: it may change and add anything"`+"\n"+
		`"S.Transform: found AWS::Serverless-2016-10-31, which was not run: it may change and add anything"`+"\n"+
		`"S.B.Properties.Fn::Transform: found Fn::Transform Rename, which was not run: it may change the other properties"`+"\n"+
		`"S.F.Properties: found a value that is not an object, expected the properties, or none"AWS::Serverless-2016-10-31,AWS::Include,Fn::Transform More` {
		t.Errorf("found %s", noted)
	}
	// A macro may change every property.
	if b := resource(t, mustLoadYAML(t, "Resources: {B: {Type: AWS::S3::Bucket, Properties: {Fn::Transform: {Name: Rename}, BucketName: b}}}"), "B"); show(b.ARN) != `"arn:aws:s3:::‹S.B›"` {
		t.Errorf("found %s", show(b.ARN))
	}
	for _, properties := range []string{"{Fn::Transform: {Name: M}}", "{Fn::Transform: {Name: M}, RoleName: r, Path: /}"} {
		r := resource(t, mustLoadYAML(t, "Resources: {R: {Type: AWS::IAM::Role, Properties: "+properties+"}}"), "R")
		if show(r.ARN) != `"arn:aws:iam::111122223333:role/‹S.R.Path›‹S.R›"` || !strings.Contains(show(r.Properties), `"Fn::Transform":"‹S.R.`) {
			t.Errorf("found %s, %s", show(r.ARN), show(r.Properties))
		}
	}
}
