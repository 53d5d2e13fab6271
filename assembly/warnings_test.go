package assembly_test

import (
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/assembly"
)

// CloudFormation does not say which value of a key that is there twice it takes. Only equal ones are sure.
func TestKeysThatAreThereTwice(t *testing.T) {
	const inYAML = `Mappings: {M: {a: {b: 1, b: 2}}}
Resources:
  X:
    Type: Custom::X
    Properties: {p: 1, p: 2, q: [{r: a, r: a}], p: 3, s: !FindInMap [M, a, b], t: kept}
  Y: {Type: Custom::X, Properties: {p: first}}
  Y: {Type: Custom::X, Properties: {p: last}}
  Z: {Type: Custom::X, Properties: {p: first}, Properties: {p: last}}
`
	const inJSON = `{"Mappings":{"M":{"a":{"b":1,"b":2}}},"Resources":{
"X":{"Type":"Custom::X","Properties":{"p":1,"p":2,"q":[{"r":"a","r":"a"}],"p":3,"s":{"Fn::FindInMap":["M","a","b"]},"t":"kept"}},
"Y":{"Type":"Custom::X","Properties":{"p":"first"}},"Y":{"Type":"Custom::X","Properties":{"p":"last"}},
"Z":{"Type":"Custom::X","Properties":{"p":"first"},"Properties":{"p":"last"}}}}`
	for file, c := range map[string]struct {
		document string
		notes    int // each once: those of p at lines of YAML are equal
	}{"t.yaml": {inYAML, 5}, "t.json": {inJSON, 6}} {
		dir := t.TempDir()
		write(t, dir, file, c.document)
		a, err := assembly.LoadTemplates(assembly.TemplateFile{Path: dir + "/" + file, StackName: "S"})
		if err != nil {
			t.Fatal(err)
		}
		if found := show(resource(t, a, "X").Properties); found != `{"p":"‹S.X.Properties.p#›","q":[{"r":"a"}],"s":"‹S.X.Properties.s.Fn..FindInMap#›","t":"kept"}` {
			t.Errorf("%s: found %s", file, found)
		}
		if y := resource(t, a, "Y"); show(y.Properties) != `{"p":"last"}` || y.Conditional != "that this is what CloudFormation takes of a key that is there twice" {
			t.Errorf("%s: found %s, condition %q", file, show(y.Properties), y.Conditional)
		}
		if z := resource(t, a, "Z"); show(z.Properties) != `{"p":"last"}` || z.Conditional == "" {
			t.Errorf("%s: found %s, condition %q", file, show(z.Properties), z.Conditional)
		}
		if found := notes(a); strings.Count(found, "twice in one object, expected it once") != c.notes {
			t.Errorf("%s: found notes\n%s\nexpected %d of keys", file, found, c.notes)
		}
	}
}

// Rules check parameters before a deployment and decide nothing of it. A function that they do not have is no reason not to read the template.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-rules.html
func TestFunctionsOfRules(t *testing.T) {
	const template = `
Parameters: {P: {Type: String, Default: a}}
Rules:
  One: {Assertions: [{Assert: !And [!Contains [[a, b], !Ref P], !EachMemberIn [!ValueOfAll [A, B], !RefAll C]]}]}
  Two: {Assertions: [{Assert: !Invented [!Ref P]}]}
Resources: {X: {Type: Custom::X, Properties: {V: !Ref P}}}
`
	a := mustLoadYAML(t, template)
	if found := show(resource(t, a, "X").Properties); found != `{"V":"a"}` {
		t.Errorf("found %s", found)
	}
	if found := notes(a); found != `"S: line 5: found tag !Invented, expected that of a function of rules, such as !Contains"` {
		t.Errorf("found %s", found)
	}
	if _, err := loadYAML(t, strings.Replace(template, "V: !Ref P", "V: !Invented P", 1)); err == nil || !strings.Contains(err.Error(), "line 6: found tag !Invented") {
		t.Errorf("found %v, expected such a function to be refused elsewhere", err)
	}
}

func TestByteOrderMarks(t *testing.T) {
	for file, document := range map[string]string{
		"t.json": `{"Resources":{"X":{"Type":"Custom::X","Properties":{"V":"\ufeffé"}}}}`, "t.template": `{"Resources":{"X":{"Type":"Custom::X","Properties":{"V":"\ufeffé"}}}}`,
		"t.yaml": "Resources: {X: {Type: Custom::X, Properties: {V: \"\\uFEFFé\"}}}",
	} {
		dir := t.TempDir()
		write(t, dir, file, "\ufeff"+document)
		write(t, dir, "manifest.json", "\ufeff"+manifest(stackNamed("S", file, "aws://111122223333/us-west-2")))
		a, err := assembly.Load(dir, assembly.Options{})
		if err != nil {
			t.Errorf("%s: %v", file, err)
		} else if found := show(resource(t, a, "X").Properties["V"]); found != "\"\ufeffé\"" {
			t.Errorf("%s: found %s, expected the mark within a value to remain", file, found)
		}
	}
}

// Properties that are AWS::NoValue, or a choice of it, are none.
func TestPropertiesThatAreNoObject(t *testing.T) {
	a := mustLoadYAML(t, `
Parameters: {P: {Type: String}}
Conditions: {Is: !Equals [a, a], Maybe: !Equals [a, !Ref P]}
Resources:
  None: {Type: AWS::S3::Bucket, Properties: !Ref AWS::NoValue}
  Chosen: {Type: AWS::S3::Bucket, Properties: !If [Is, !If [Is, {BucketName: named}, !Ref AWS::NoValue], !Ref AWS::NoValue]}
  Not: {Type: AWS::S3::Bucket, Properties: !If [Is, !Ref AWS::NoValue, {BucketName: named}]}
  Unsure: {Type: AWS::S3::Bucket, Properties: !If [Maybe, !Ref AWS::NoValue, {BucketName: named}]}
`)
	for id, expected := range map[string]string{"None": `"arn:aws:s3:::‹S.None›" {}`, "Chosen": `"arn:aws:s3:::named" {"BucketName":"named"}`, "Not": `"arn:aws:s3:::‹S.Not›" {}`} {
		if r := resource(t, a, id); show(r.ARN)+" "+show(r.Properties) != expected {
			t.Errorf("%s: found %s %s, expected %s", id, show(r.ARN), show(r.Properties), expected)
		}
	}
	if r := resource(t, a, "Unsure"); show(r.ARN) != `"arn:aws:s3:::‹S.Unsure›"` || show(r.Properties) == "{}" {
		t.Errorf("found %s %s, expected an unknown name", show(r.ARN), show(r.Properties))
	}
	if found := notes(a); found != "" && !strings.HasPrefix(found, `"S.Unsure.`) {
		t.Errorf("found %s", found)
	}
}
