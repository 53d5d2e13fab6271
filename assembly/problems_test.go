package assembly_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/assembly"
)

const empty = `{"Resources":{}}`

func stackNamed(id, file, environment string) string {
	return `"` + id + `":{"type":"aws:cloudformation:stack","environment":"` + environment + `","properties":{"templateFile":"` + file + `"}}`
}

func manifest(artifacts ...string) string {
	return `{"version":"55.0.0","artifacts":{` + strings.Join(artifacts, ",") + `}}`
}

func TestAssembliesThatAreRefused(t *testing.T) {
	one := stackNamed("S", "t.json", "aws://111122223333/us-west-2")
	stage := func(directory string) string {
		return manifest(`"St":{"type":"cdk:cloud-assembly","properties":{"directoryName":"` + directory + `"}}`)
	}
	nested := func(path string) string {
		return `{"Resources":{"N":{"Type":"AWS::CloudFormation::Stack","Metadata":{"aws:asset:path":"` + path + `"}}}}`
	}
	for name, c := range map[string]struct {
		files    map[string]string
		expected string
	}{
		"no manifest":   {nil, "read DIR/manifest.json: no such file or directory; expected a cloud assembly as cdk synth writes it"},
		"half a file":   {map[string]string{"manifest.json": "{\n \"version\": \"55."}, "DIR/manifest.json: line 2, column 17: found the end of the document, expected the end of the string"},
		"an empty file": {map[string]string{"manifest.json": ""}, "DIR/manifest.json: line 1, column 1: found the end of the document, expected a value"},
		"another JSON":  {map[string]string{"manifest.json": "[1]"}, `DIR/manifest.json: found no version, expected the manifest of a cloud assembly, such as version "55.0.0"`},
		"no number as version": {map[string]string{"manifest.json": `{"version":"new"}`},
			`DIR/manifest.json: found no version, expected the manifest of a cloud assembly, such as version "55.0.0"`},
		"a version below zero": {map[string]string{"manifest.json": `{"version":"-1.0.0"}`},
			`DIR/manifest.json: found no version, expected the manifest of a cloud assembly, such as version "55.0.0"`},
		"a version with letters": {map[string]string{"manifest.json": `{"version":"55x.0.0"}`},
			`DIR/manifest.json: found no version, expected the manifest of a cloud assembly, such as version "55.0.0"`},
		"artifacts of another shape": {map[string]string{"manifest.json": `{"version":"99.0.0","artifacts":[]}`},
			"DIR/manifest.json: found artifacts that are not an object, expected one with the stacks"},
		"an artifact without a type": {map[string]string{"manifest.json": manifest(`"S":{"environment":"aws://1/r"}`)},
			"DIR/manifest.json: artifact S: found no type, expected one such as aws:cloudformation:stack"},
		"a newer stack without its template": {map[string]string{"manifest.json": `{"version":"99.0.0","artifacts":{"S":{"type":"aws:cloudformation:stack","environment":"aws://1/r","properties":{}}}}`},
			"DIR/manifest.json: artifact S: found no templateFile, expected the file of the stack's template"},
		"no template file": {map[string]string{"manifest.json": manifest(stackNamed("S", "", "aws://1/r"))},
			"DIR/manifest.json: artifact S: found no templateFile, expected the file of the stack's template"},
		"no environment": {map[string]string{"manifest.json": manifest(stackNamed("S", "t.json", "here"))},
			`DIR/manifest.json: artifact S: found environment "here", expected aws://ACCOUNT/REGION`},
		"an environment of nothing": {map[string]string{"manifest.json": manifest(stackNamed("S", "t.json", "aws://"))},
			`DIR/manifest.json: artifact S: found environment "aws://", expected aws://ACCOUNT/REGION`},
		"half an environment": {map[string]string{"manifest.json": manifest(stackNamed("S", "t.json", "aws://111122223333"))},
			`DIR/manifest.json: artifact S: found environment "aws://111122223333", expected aws://ACCOUNT/REGION`},
		"no account": {map[string]string{"manifest.json": manifest(stackNamed("S", "t.json", "aws://12/us-west-2"))}, `stack S: found account "12", expected 12 digits`},
		"no region": {map[string]string{"manifest.json": manifest(stackNamed("S", "t.json", "aws://111122223333/US"))},
			`stack S: found region "US", expected one such as eu-west-1`},
		"no name": {map[string]string{"manifest.json": manifest(stackNamed("1S", "t.json", "aws://111122223333/us-west-2"))},
			`stack "1S": found this name, expected a letter, then letters, digits and hyphens, at most 128 in total`},
		"no template":             {map[string]string{"manifest.json": manifest(one)}, "read DIR/t.json: no such file or directory"},
		"a template outside":      {map[string]string{"manifest.json": manifest(stackNamed("S", "../t.json", "aws://1/r"))}, `found path "../t.json", expected a file within DIR`},
		"a template at the root":  {map[string]string{"manifest.json": manifest(stackNamed("S", "/etc/passwd", "aws://1/r"))}, `found path "/etc/passwd", expected a file within DIR`},
		"a directory as template": {map[string]string{"manifest.json": manifest(stackNamed("S", "d", "aws://1/r")), "d/t.json": empty}, "found DIR/d, which is not a regular file, expected a file"},
		"assets that are no JSON": {map[string]string{"manifest.json": manifest(`"A":{"type":"cdk:asset-manifest","properties":{"file":"a.json"}}`), "a.json": "x"},
			"DIR/a.json: line 1, column 1: found 'x', expected a value"},
		"a stage outside":     {map[string]string{"manifest.json": stage("../other")}, `DIR/manifest.json: artifact St: found directory "../other", expected a directory within the assembly`},
		"a stage in itself":   {map[string]string{"manifest.json": stage("./")}, `DIR/manifest.json: artifact St: found directory "./", expected a directory within the assembly`},
		"a stage not there":   {map[string]string{"manifest.json": stage("st")}, "read DIR/st/manifest.json: no such file or directory; expected a cloud assembly as cdk synth writes it"},
		"a nested stack gone": {map[string]string{"manifest.json": manifest(one), "t.json": nested("n.json")}, "read DIR/n.json: no such file or directory"},
		"a nested stack outside": {map[string]string{"manifest.json": manifest(one), "t.json": nested("../n.json")},
			`found path "../n.json", expected a file within DIR`},
		"a nested stack in itself": {map[string]string{"manifest.json": manifest(one), "t.json": nested("n.json"), "n.json": nested("t.json")},
			"stack S/N: resource N: found template t.json, which nests itself, expected another template"},
		"two templates, both broken": {map[string]string{"manifest.json": manifest(one, stackNamed("U", "u.json", "aws://111122223333/us-west-2")), "t.json": "{", "u.json": "["},
			"DIR/t.json: line 1, column 2: found the end of the document, expected a key in quotation marks\nDIR/u.json: line 1, column 2: found the end of the document, expected a value"},
		"one stack twice": {map[string]string{
			"manifest.json": manifest(one, `"S2":{"type":"aws:cloudformation:stack","environment":"aws://111122223333/us-west-2","properties":{"templateFile":"t.json","stackName":"S"}}`), "t.json": empty},
			"stack S: found two of this name in account 111122223333, region us-west-2, expected one"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for file, document := range c.files {
				document = strings.NewReplacer("aws://1/r", "aws://111122223333/us-west-2").Replace(document)
				write(t, dir, file, document)
			}
			_, err := assembly.Load(dir, assembly.Options{})
			if err == nil || strings.ReplaceAll(err.Error(), dir, "DIR") != c.expected {
				t.Errorf("found %v, expected %s", err, c.expected)
			}
		})
	}
}

// A newer schema is read as far as it is understood. Its version is noted once, and so is each artifact of an unknown type.
func TestNewerSchemas(t *testing.T) {
	const artifacts = `,"artifacts":{
		"S":{"type":"aws:cloudformation:stack","environment":"aws://111122223333/us-west-2","properties":{"templateFile":"t.json","added":{"in":"56"}},"added":true},
		"Tree":{"type":"cdk:tree","properties":{"file":"tree.json"}}, "Flags":{"type":"cdk:feature-flag-report"}, "None":{"type":"none"}`
	const unknown = `,"More":{"type":"aws:cloudformation:stack-set","properties":{"templateFile":"m.json"}}`
	const stage = `,"St":{"type":"cdk:cloud-assembly","properties":{"directoryName":"st"}}`
	newer := func(version string) string {
		return `"manifest.json: found schema version ` + version + `, newer than 55, the newest that this version knows: whatever it adds is not read"`
	}
	const more = `"manifest.json: found artifact More of type \"aws:cloudformation:stack-set\", which this version does not know: whatever it deploys is not read"`
	for name, c := range map[string]struct{ version, artifacts, notes string }{
		"an old schema":                  {"36.0.24", artifacts, ""},
		"the known schema":               {"55.0.0", artifacts, ""},
		"a newer minor version":          {"55.9.1", artifacts, ""},
		"the next schema":                {"56.0.0", artifacts, newer("56.0.0")},
		"a much newer schema":            {"99.0.0", artifacts, newer("99.0.0")},
		"a newer schema, in a stage too": {"56.0.0", artifacts + stage, newer("56.0.0")},
		"an artifact of an unknown type": {"55.0.0", artifacts + unknown, more},
		"both":                           {"56.1.0", artifacts + unknown, newer("56.1.0") + "\n" + more},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, "manifest.json", `{"version":"`+c.version+`"`+c.artifacts+`}}`)
			write(t, dir, "st/manifest.json", `{"version":"`+c.version+`","artifacts":{}}`)
			write(t, dir, "t.json", `{"Resources":{"B":{"Type":"AWS::S3::Bucket"}}}`)
			a, err := assembly.Load(dir, assembly.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if found := notes(a); found != c.notes {
				t.Errorf("found notes\n%s\nexpected\n%s", found, c.notes)
			}
			if found := show(resource(t, a, "B").ARN); found != `"arn:aws:s3:::‹S.B›"` || len(a.Stacks) != 1 {
				t.Errorf("found ARN %s and %d stacks, expected the bucket of one stack", found, len(a.Stacks))
			}
		})
	}
}

func TestDirectoriesThatAreRefused(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "file", "")
	_, err := assembly.Load(filepath.Join(dir, "gone"), assembly.Options{})
	if err == nil || err.Error() != "found no directory "+dir+"/gone, expected a cloud assembly: run cdk synth, or name the directory that it writes" {
		t.Errorf("found %v", err)
	}
	_, err = assembly.Load(filepath.Join(dir, "file"), assembly.Options{})
	if err == nil || err.Error() != "open "+dir+"/file: not a directory; expected the directory of a cloud assembly" {
		t.Errorf("found %v", err)
	}
}

// A symbolic link cannot lead out of the directory.
func TestSymbolicLinks(t *testing.T) {
	outside, dir := t.TempDir(), t.TempDir()
	write(t, outside, "t.json", empty)
	write(t, dir, "manifest.json", manifest(stackNamed("S", "t.json", "aws://111122223333/us-west-2")))
	if err := os.Symlink(filepath.Join(outside, "t.json"), filepath.Join(dir, "t.json")); err != nil {
		t.Skip(err)
	}
	if _, err := assembly.Load(dir, assembly.Options{}); err == nil || err.Error() != "read "+dir+"/t.json: path escapes from parent" {
		t.Errorf("found %v", err)
	}
	write(t, dir, "manifest.json", manifest(`"A":{"type":"cdk:cloud-assembly","properties":{"directoryName":"a"}}`))
	if err := os.Symlink(".", filepath.Join(dir, "a")); err != nil {
		t.Skip(err)
	}
	if _, err := assembly.Load(dir, assembly.Options{}); err == nil || !strings.Contains(err.Error(), "too many levels of symbolic links") {
		t.Errorf("found %v", err)
	}
}

func TestTooManyStages(t *testing.T) {
	dir := t.TempDir()
	stages := make([]string, 1000)
	for i := range stages {
		stages[i] = fmt.Sprintf(`"A%d":{"type":"cdk:cloud-assembly","properties":{"directoryName":"a"}}`, i)
	}
	write(t, dir, "a/manifest.json", manifest())
	write(t, dir, "manifest.json", manifest(stages[1:]...))
	if _, err := assembly.Load(dir, assembly.Options{}); err != nil {
		t.Errorf("found %v", err)
	}
	write(t, dir, "manifest.json", manifest(stages...))
	if _, err := assembly.Load(dir, assembly.Options{}); err == nil || err.Error() != dir+"/a/manifest.json: found more than 1000 assemblies, expected fewer stages" {
		t.Errorf("found %v", err)
	}
}

func TestTemplatesThatAreRefused(t *testing.T) {
	for document, expected := range map[string]string{
		`[]`:                 "found a value that is not an object, expected a template with Resources",
		`{"Resources":[]}`:   "Resources: found a value that is not an object, expected an object",
		`{"Parameters":"p"}`: "Parameters: found a value that is not an object, expected an object",
		`{"Resources":{"X":{}},"Outputs":{"O":1},"Parameters":{"P":[]}}`: "Parameters.P: found a value that is not an object, expected an object with a Type\n" +
			"Resources.X: found no Type, expected one such as AWS::S3::Bucket\nOutputs.O: found a value that is not an object, expected an object with a Value",
		`{"Resources":{"X":{"Type":1}}}`:                                        "Resources.X: found no Type, expected one such as AWS::S3::Bucket",
		`{"Resources":{"X":null}}`:                                              "Resources.X: found no Type, expected one such as AWS::S3::Bucket",
		`{"Resources":{"X.Y":{"Type":"A"}}}`:                                    `Resources: found logical id "X.Y", expected letters and digits`,
		`{"Resources":{"X":{"Type":"A","Condition":{"Ref":"c"}}}}`:              "Resources.X: found a Condition that is not a string, expected the name of a condition",
		`{"Outputs":{"X":{"Value":"A","Condition":true}}}`:                      "Outputs.X: found a Condition that is not a string, expected the name of a condition",
		`{"Resources":{"X":{"Type":"A"}},"Parameters":{"X":{"Type":"String"}}}`: "Resources.X: found a parameter of the same name, expected another name for one of them",
		`{"a":1} x`:                        "line 1, column 9: found 'x', expected the end of the document",
		`{"a":"\u0000"}`:                   `line 1, column 7: found the character \u0000, expected a string without it`,
		"{\"a\":\"\x00\"}":                 `line 1, column 7: found '\x00', expected a control character to be escaped`,
		"{\"a\":\"\\n\x01\"}":              `line 1, column 9: found '\x01', expected a control character to be escaped`,
		"{\"a\":\"\xff\"}":                 "line 1, column 7: found bytes that are not UTF-8, expected UTF-8",
		"{\"a\":\"\\n\xff\"}":              "line 1, column 7: found bytes that are not UTF-8, expected UTF-8",
		`{"a":"\x"}`:                       `line 1, column 7: found '\\', expected a JSON escape`,
		`{"a":"\u12`:                       `line 1, column 7: found '\\', expected a JSON escape`,
		`{"a":"\`:                          `line 1, column 7: found '\\', expected a JSON escape`,
		`{"a":"\n`:                         "line 1, column 9: found the end of the document, expected the end of the string",
		`{"a":01}`:                         `line 1, column 7: found '1', expected "," or "}"`,
		`{"a":-}`:                          "line 1, column 7: found '}', expected a digit",
		`{"a":tru}`:                        "line 1, column 6: found 't', expected a value",
		`{"a" 1}`:                          `line 1, column 6: found '1', expected ":"`,
		`{"a":1 "b"}`:                      `line 1, column 8: found '"', expected "," or "}"`,
		`{"a":[1 2]}`:                      `line 1, column 9: found '2', expected "," or "]"`,
		`{"a":1,}`:                         `line 1, column 8: found '}', expected a key in quotation marks`,
		`{"a":[1,]}`:                       `line 1, column 9: found ']', expected a value`,
		`{"a":`:                            "line 1, column 6: found the end of the document, expected a value",
		`{"a":` + strings.Repeat("[", 300): "line 1, column 205: found '[', expected at most 200 levels of lists and objects",
	} {
		dir := t.TempDir()
		write(t, dir, "t.json", document)
		_, err := assembly.LoadTemplates(assembly.TemplateFile{Path: dir + "/t.json", StackName: "S"})
		if err == nil {
			t.Errorf("%.60s: found no error, expected %s", document, expected)
			continue
		}
		found := strings.NewReplacer(dir+"/t.json: ", "", "stack S, template "+dir+"/t.json:\n", "").Replace(err.Error())
		if found != expected {
			t.Errorf("%.60s: found %s, expected %s", document, found, expected)
		}
	}
}

func TestTemplateFilesThatAreRefused(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "t.json", empty)
	for expected, file := range map[string]assembly.TemplateFile{
		"read DIR/gone.json: no such file or directory":                                                         {Path: dir + "/gone.json", StackName: "S"},
		"found DIR, which is not a regular file, expected a file":                                               {Path: dir, StackName: "S"},
		`stack "1": found this name, expected a letter, then letters, digits and hyphens, at most 128 in total`: {Path: dir + "/t.json", StackName: "1"},
		`stack S: found account "1", expected 12 digits`:                                                        {Path: dir + "/t.json", StackName: "S", Account: "1"},
		`stack S: found region "x/y", expected one such as eu-west-1`:                                           {Path: dir + "/t.json", StackName: "S", Region: "x/y"},
		`stack S: parameter P: found the character \0, expected a string without it`:                            {Path: dir + "/t.json", StackName: "S", Parameters: map[string]string{"P": "\x00"}},
	} {
		if _, err := assembly.LoadTemplates(file); err == nil || strings.ReplaceAll(err.Error(), dir, "DIR") != expected {
			t.Errorf("found %v, expected %s", err, expected)
		}
	}
}
