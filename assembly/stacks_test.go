package assembly_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// loadFiles resolves templates by "NAME ACCOUNT REGION" of their stacks.
func loadFiles(t *testing.T, templates map[string]string) *assembly.Assembly {
	t.Helper()
	dir := t.TempDir()
	var files []assembly.TemplateFile
	for where, document := range templates {
		fields := strings.Split(where, " ")
		file := fmt.Sprintf("t%d.yaml", len(files))
		write(t, dir, file, document)
		files = append(files, assembly.TemplateFile{Path: dir + "/" + file, StackName: fields[0], Account: fields[1], Region: fields[2]})
	}
	a, err := assembly.LoadTemplates(files...)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-getstackoutput.html
func TestValuesOfOtherStacks(t *testing.T) {
	const bucket = "Resources: {B: {Type: AWS::S3::Bucket}}\nOutputs: {O: {Value: !GetAtt B.Arn, Export: {Name: !Sub '${AWS::StackName}:Arn'}}}"
	for name, c := range map[string]struct{ value, expected, notes string }{
		"an import of the same account and region": {`!ImportValue Here:Arn`, `"arn:aws:s3:::‹Here.B›"`, ""},
		"an import by a name that is put together": {`!ImportValue {"Fn::Join": [":", [Here, Arn]]}`, `"arn:aws:s3:::‹Here.B›"`, ""},
		"an import of another region": {`!ImportValue There:Arn`, `"‹ImportValue There.Arn 111122223333 us-west-2#›"`,
			`"S.X.Properties.V.Fn::ImportValue: found no stack that exports \"There:Arn\" in the account and region of this one, expected one: load its template, too"`},
		"an import of another account": {`!ImportValue Theirs:Arn`, `"‹ImportValue Theirs.Arn 111122223333 us-west-2#›"`,
			`"S.X.Properties.V.Fn::ImportValue: found no stack that exports \"Theirs:Arn\" in the account and region of this one, expected one: load its template, too"`},
		"an import of an account that nobody knows": {`!ImportValue Unknown:Arn`, `"‹ImportValue Unknown.Arn 111122223333 us-west-2#›"`,
			`"S.X.Properties.V.Fn::ImportValue: found no stack that exports \"Unknown:Arn\" in the account and region of this one, expected one: load its template, too"`},
		"an output of the same account and region": {`!GetStackOutput {StackName: Here, OutputName: O}`, `"arn:aws:s3:::‹Here.B›"`, ""},
		"an output of another region":              {`!GetStackOutput {StackName: There, OutputName: O, Region: eu-west-1}`, `"arn:aws:s3:::‹There.B›"`, ""},
		"an output of another account": {`{"Fn::GetStackOutput": {StackName: Theirs, OutputName: O, Region: us-west-2, RoleArn: !Sub "arn:${AWS::Partition}:iam::444455556666:role/r"}}`,
			`"arn:aws:s3:::‹Theirs.B›"`, ""},
		"an output of another account by a role that nobody knows": {`{"Fn::GetStackOutput": {StackName: Theirs, OutputName: O, RoleArn: !Ref P}}`,
			`"‹GetStackOutput OutputName.O,RoleArn.S.P,StackName.Theirs 111…#›"`,
			`"S.X.Properties.V.Fn::GetStackOutput: found no output O of a stack Theirs in account \"\", region \"us-west-2\", expected one: load its template, too"`},
		"an output of a stack that nobody knows": {`{"Fn::GetStackOutput": {StackName: !Ref P, OutputName: O}}`, `"‹GetStackOutput OutputName.O,StackName.S.P 111122223333 us-we…#›"`, ""},
		"an output of another partition's stack of the name": {`!GetStackOutput {StackName: Here, OutputName: O, Region: cn-north-1}`,
			`"‹GetStackOutput OutputName.O,Region.cn-north-1,StackName.Here…#›"`,
			`"S.X.Properties.V.Fn::GetStackOutput: found no output O of a stack Here in account \"111122223333\", region \"cn-north-1\", expected one: load its template, too"`},
	} {
		t.Run(name, func(t *testing.T) {
			a := loadFiles(t, map[string]string{
				"S 111122223333 us-west-2":      "Parameters: {P: {Type: String}}\nResources: {X: {Type: Custom::X, Properties: {V: " + c.value + "}}}",
				"Here 111122223333 us-west-2":   bucket,
				"There 111122223333 eu-west-1":  bucket,
				"Theirs 444455556666 us-west-2": bucket,
				"Unknown  ":                     bucket,
			})
			expected := strings.ReplaceAll(c.expected, ",", ".") // as in every unknown's name
			if found := show(resource(t, a, "X").Properties["V"]); found != expected || notes(a) != c.notes {
				t.Errorf("found    %s\nexpected %s\nfound    %s\nexpected %s", found, expected, notes(a), c.notes)
			}
		})
	}
}

// An account or region of a manifest that is empty or unknown-… is known as that of no stack.
func TestEnvironmentsOfManifests(t *testing.T) {
	for environment, expected := range map[string]string{
		"aws://111122223333/us-west-2":         "111122223333 us-west-2",
		"aws://unknown-account/unknown-region": "‹account› ‹region›",
		"aws:///":                              "‹account› ‹region›",
		"aws://unknown-account/":               "‹account› ‹region›",
		"aws:///unknown-region":                "‹account› ‹region›",
		"aws://111122223333/":                  "111122223333 ‹region›",
		"aws:///us-west-2":                     "‹account› us-west-2",
		"aws:///cn-north-1":                    "‹account› cn-north-1",
	} {
		dir := t.TempDir()
		write(t, dir, "manifest.json", manifest(stackNamed("S", "t.json", environment)))
		write(t, dir, "t.json", `{"Resources": {"T": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "t"}}}}`)
		a, err := assembly.Load(dir, assembly.Options{})
		if err != nil {
			t.Errorf("%s: %v", environment, err)
			continue
		}
		account, region, _ := strings.Cut(expected, " ")
		partition := "aws"
		if region == "cn-north-1" {
			partition = "aws-cn"
		}
		if found, want := policy.Readable(a.Stacks[0].Resources[0].ARN), "arn:"+partition+":sns:"+region+":"+account+":t"; found != want {
			t.Errorf("%s: found %s, expected %s", environment, found, want)
		}
	}
	dir := t.TempDir()
	write(t, dir, "manifest.json", manifest(stackNamed("S", "t.json", "aws:///us-west-2")))
	write(t, dir, "t.json", empty)
	if a, err := assembly.Load(dir, assembly.Options{Account: "111122223333"}); err != nil || a.Stacks[0].Account != "111122223333" {
		t.Errorf("found %v, %v, expected the stack in the account of the options", a, err)
	}
	if _, err := assembly.Load(dir, assembly.Options{Region: "eu-west-1"}); err == nil {
		t.Error("a region for a stack that has one: found no error")
	}
}

func TestOneNameInTwoEnvironments(t *testing.T) {
	const topic = "Resources: {T: {Type: AWS::SNS::Topic}}"
	a := loadFiles(t, map[string]string{"S 111122223333 us-west-2": topic, "S 111122223333 eu-west-1": topic, "S  ": topic, "U  eu-west-1": topic})
	var found []string
	for _, s := range a.Stacks {
		found = append(found, s.Label+" "+show(s.Resources[0].Name))
	}
	if got := strings.Join(found, "\n"); got != `S@111122223333@eu-west-1 "‹S@111122223333@eu-west-1.T›"
S@111122223333@us-west-2 "‹S@111122223333@us-west-2.T›"
S@unknown@unknown "‹S@unknown@unknown.T›"
U "‹U.T›"` {
		t.Errorf("found\n%s", got)
	}
	// An unknown account has no ":".
	v := resource(t, loadFiles(t, map[string]string{"S  ": "Resources: {R: {Type: AWS::IAM::Role}, X: {Type: Custom::X, Properties: {V: !Split [':', !GetAtt R.Arn]}}}"}), "X")
	if found := show(v.Properties["V"]); found != `["arn","aws","iam","","‹account›","role/‹S.R›"]` {
		t.Errorf("found %s", found)
	}
	dir := t.TempDir()
	write(t, dir, "t.yaml", topic)
	one := assembly.TemplateFile{Path: dir + "/t.yaml", StackName: "S"}
	thrice, err := assembly.LoadTemplates(one, one, one)
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range thrice.Stacks {
		expected := []string{`S@unknown@unknown in "‹account›", "‹region›"`, `S@unknown@unknown@2 in "‹account of S@unknown@unknown@2›", "‹region of S@unknown@unknown@2›"`,
			`S@unknown@unknown@3 in "‹account of S@unknown@unknown@3›", "‹region of S@unknown@unknown@3›"`}[i]
		if found := s.Label + " in " + show(s.Account) + ", " + show(s.Region); found != expected {
			t.Errorf("found %s, expected %s: three stacks that may be in three accounts", found, expected)
		}
	}
}

// The CDK takes all stacks without an environment to be in one: it lets them import from each other.
// https://docs.aws.amazon.com/cdk/v2/guide/environments.html
func TestStacksOfOneUnknownAccount(t *testing.T) {
	a := loadFiles(t, map[string]string{
		"A  ":          "Resources: {T: {Type: AWS::SNS::Topic}}\nOutputs: {O: {Value: !Ref T, Export: {Name: topic}}}",
		"B  ":          "Resources: {X: {Type: Custom::X, Properties: {V: !ImportValue topic}}}",
		"C  eu-west-1": "Resources: {Y: {Type: Custom::X, Properties: {V: !Sub '${AWS::AccountId} ${AWS::Partition}'}}}",
	})
	if found, expected := show(resource(t, a, "X").Properties["V"]), `"arn:aws:sns:‹region›:‹account›:‹A.T›"`; found != expected {
		t.Errorf("found %s, expected %s", found, expected)
	}
	if found, expected := show(resource(t, a, "Y").Properties["V"]), `"‹account› aws"`; found != expected {
		t.Errorf("found %s, expected %s", found, expected)
	}
	var found []string
	for _, n := range a.Assumed {
		found = append(found, n.String())
	}
	if got := strings.Join(found, "\n"); got != `A, B, C: account is not known; taken to be one and the same account, which may be any that policies name
A, B: region is not known; taken to be one and the same region of the partition aws` {
		t.Errorf("found\n%s", got)
	}
}

func TestExportsThatAreNotUnique(t *testing.T) {
	a := loadFiles(t, map[string]string{
		"A 111122223333 us-west-2": "Outputs: {O: {Value: a, Export: {Name: twice}}}",
		"B 111122223333 us-west-2": `
Parameters: {P: {Type: String}}
Conditions: {Fails: !Equals [a, b], Maybe: !Equals [a, !Ref P]}
Outputs:
  O: {Value: b, Export: {Name: twice}}
  Q: {Value: b, Condition: Fails, Export: {Name: never}}
  R: {Value: r, Condition: Maybe, Export: {Name: maybe}}
  S: {Value: s, Export: {Name: !Ref P}}
  T: {Value: [t], Export: {Name: [t]}}
  U: {Value: !ImportValue twice}
  V: {Value: !ImportValue never}
  W: {Value: !ImportValue maybe}
`})
	if found := show(a.Stacks[1].Outputs); found != `[{"Name":"O","Value":"b","Export":"twice","Conditional":""},`+
		`{"Name":"R","Value":"r","Export":"maybe","Conditional":"Maybe"},{"Name":"S","Value":"s","Export":"‹B.P›","Conditional":""},`+
		`{"Name":"T","Value":"‹B.T.Value#›","Export":"‹B.T.Export.Name#›","Conditional":""},`+
		`{"Name":"U","Value":"‹ImportValue twice 111122223333 us-west-2#›","Export":"","Conditional":""},`+
		`{"Name":"V","Value":"‹ImportValue never 111122223333 us-west-2#›","Export":"","Conditional":""},`+
		`{"Name":"W","Value":"r","Export":"","Conditional":""}]` {
		t.Errorf("found %s", found)
	}
	if found := notes(a); found != `"B.T.Export.Name: found a name that is not a string, expected a string"
"B.T.Value: found a value that is not a string, expected a string"
"B.U.Value.Fn::ImportValue: found 2 stacks that export \"twice\" in this account and region, expected one"
"B.V.Value.Fn::ImportValue: found no stack that exports \"never\" in the account and region of this one, expected one: load its template, too"` {
		t.Errorf("found %s", found)
	}
}

// The name of an export may itself be imported. That is not noted, although no stack can import by that name.
func TestExportsByAnImportedName(t *testing.T) {
	a := loadFiles(t, map[string]string{
		"A 111122223333 us-west-2": "Outputs: {O: {Value: v, Export: {Name: !ImportValue name}}}",
		"B 111122223333 us-west-2": "Outputs: {O: {Value: x, Export: {Name: name}}}",
	})
	if a.Stacks[0].Outputs[0].Export != "x" || len(a.Notes) > 0 {
		t.Errorf("found %q, %s", a.Stacks[0].Outputs[0].Export, notes(a))
	}
}

func TestMappingsAreAsTheyAre(t *testing.T) {
	a := mustLoadYAML(t, "Metadata: {'AWS::A': [!Ref X, {Fn::Sub: '${X}'}, {}]}\nMappings: {M: {A: {B: [{Ref: X}]}}}\nResources: {X: {Type: Custom::X, Properties: {V: !FindInMap [M, A, B]}}}")
	if found := show(a.Stacks[0].Metadata); found != `{"AWS::A":[{"Ref":"X"},{"Fn::Sub":"${X}"},{}]}` {
		t.Errorf("found %s", found)
	}
	if found := show(resource(t, a, "X").Properties); found != `{"V":[{"Ref":"X"}]}` {
		t.Errorf("found %s", found)
	}
}

func TestNestedStacks(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "manifest.json", manifest(stackNamed("S", "t.json", "aws://111122223333/us-west-2")))
	nest := func(id, condition, parameters string) string {
		return `"` + id + `":{"Type":"AWS::CloudFormation::Stack",` + condition + `"Properties":{"Parameters":` + parameters + `},"Metadata":{"aws:asset:path":"n.json"}}`
	}
	write(t, dir, "t.json", `{"Parameters":{"P":{"Type":"String"}},"Conditions":{"Fails":{"Fn::Equals":["a","b"]},"Maybe":{"Fn::Equals":["a",{"Ref":"P"}]}},"Resources":{`+strings.Join([]string{
		nest("Gone", `"Condition":"Fails",`, `{}`), nest("Perhaps", `"Condition":"Maybe",`, `{"L":"a, b","N":7}`), nest("Macro", ``, `{"Fn::Transform":{"Name":"M"}}`),
		nest("Unsure", ``, `{"L":{"Ref":"P"},"T":["a"],"N":{"Ref":"AWS::NoValue"}}`), nest("Made", ``, `{"L":{"Fn::Join":[",",[{"Ref":"B"},{"Ref":"Gone2"},"c"]]}}`),
		nest("Mixed", ``, `{"Fn::Transform":{"Name":"M"},"L":"a"}`), nest("Given", ``, `{"L":["x","y"]}`), nest("Object", ``, `{"L":{"a":1}}`),
		`"External":{"Type":"AWS::CloudFormation::Stack","Properties":{"TemplateURL":"https://s3.amazonaws.com/b/k.json"}}`,
		// A value that is needed before its stack is resolved is the same.
		`"A0":{"Type":"Custom::X","Properties":{"V":[{"Fn::GetAtt":["Macro","Outputs.O"]},{"Fn::GetAtt":["Mixed","Outputs.O"]},{"Fn::GetAtt":["Beside","Outputs.O"]},{"Fn::GetAtt":["Unsure","Outputs.N"]}]}}`,
		`"Beside":{"Type":"AWS::CloudFormation::Stack","Properties":{"Fn::Transform":{"Name":"M"},"Parameters":{"L":"a"}},"Metadata":{"aws:asset:path":"n.json"}}`,
		`"B":{"Type":"AWS::S3::Bucket"},"Gone2":{"Type":"AWS::SNS::Topic"}`,
	}, ",")+`},"Outputs":{"A":{"Value":{"Fn::GetAtt":["Perhaps","Outputs.O"]}},"B":{"Value":{"Fn::GetAtt":["Perhaps","Outputs.Nothing"]}},"C":{"Value":{"Fn::GetAtt":"External.Outputs.O"}}}}`)
	write(t, dir, "n.json", `{"Parameters":{"L":{"Type":"CommaDelimitedList","Default":"d"},"T":{"Type":"String","Default":"t"},"N":{"Type":"Number","Default":3}},
		"Resources":{"X":{"Type":"Custom::X","Properties":{"L":{"Ref":"L"},"T":{"Ref":"T"},"N":{"Ref":"N"},"Id":{"Ref":"AWS::StackId"}}}},"Outputs":{"O":{"Value":{"Fn::Join":["",{"Ref":"L"}]}},"N":{"Value":{"Ref":"N"}}}}`)
	a, err := assembly.Load(dir, assembly.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, s := range a.Stacks[1:] {
		p := s.Resources[0].Properties
		found = append(found, strings.TrimSpace(fmt.Sprint(s.Label, " ", show(p["L"]), show(p["N"]), show(p["T"]), " ", s.Resources[0].Conditional)))
		if p["Id"] != resource(t, a, s.Within).Ref {
			t.Errorf("%s: found %s and %s", s.Label, show(p["Id"]), show(resource(t, a, s.Within).Ref))
		}
	}
	if got := strings.Join(found, "\n"); got != strings.TrimSpace(`
S>Beside "‹List Parameter S Beside L##›""‹Parameter S Beside N#›""‹Parameter S Beside T#›"
S>Given ["x","y"]"3""t"
S>Macro "‹List Parameter S Macro L##›""‹Parameter S Macro N#›""‹Parameter S Macro T#›"
S>Made ["‹S.B›","arn:aws:sns:us-west-2:111122223333:‹S.Gone2›","c"]"3""t"
S>Mixed "‹List Parameter S Mixed L##›""‹Parameter S Mixed N#›""‹Parameter S Mixed T#›"
S>Object "‹S>Object.L.#›""3""t"
S>Perhaps ["a","b"]"7""t" Maybe
S>Unsure "‹List S.P#›""3""‹S>Unsure.T.#›"`) {
		t.Errorf("found\n%s", got)
	}
	if got := show(resource(t, a, "A0").Properties["V"]); got != `["‹Join  List Parameter S Macro L###›","‹Join  List Parameter S Mixed L###›","‹Join  List Parameter S Beside L###›","3"]` {
		t.Errorf("found %s", got)
	}
	if got := show(a.Stacks[0].Outputs); got != `[{"Name":"A","Value":"ab","Export":"","Conditional":""},{"Name":"B","Value":"‹S.Perhaps.Outputs.Nothing›","Export":"","Conditional":""},`+
		`{"Name":"C","Value":"‹S.External.Outputs.O›","Export":"","Conditional":""}]` {
		t.Errorf("found %s", got)
	}
	if got := notes(a); got != `"S.B.Value.Fn::GetAtt: found a reference to output Nothing of nested stack Perhaps, expected one that it has"
"S.Beside.Properties.Fn::Transform: found Fn::Transform M, which was not run: it may change the other properties"
"S.Macro.Properties.Parameters.Fn::Transform: found Fn::Transform M, which was not run"
"S.Mixed.Properties.Parameters: found Fn::Transform M, which was not run: it may change the keys beside it"
"S/Object.L: found a value that is neither a string nor a list, expected one of them"
"S/Unsure.T: found a value that is not a string, expected a string"` {
		t.Errorf("found %s", got)
	}
}
