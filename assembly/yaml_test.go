package assembly_test

import (
	"strings"
	"testing"
)

// The expected values are as CloudFormation reads them: the booleans of YAML 1.1, and as strings everything else that JSON does not have.
func TestScalarsOfYAML(t *testing.T) {
	for written, expected := range map[string]string{
		`012345678901`: `"012345678901"`, `000000000001`: `"000000000001"`, `111122223333`: `111122223333`, `0777`: `"0777"`, `0`: `0`, `-1`: `-1`, `+1`: `"+1"`,
		`1.50`: `1.50`, `1e3`: `1e3`, `.5`: `".5"`, `0x1F`: `"0x1F"`, `0o17`: `"0o17"`, `1_000`: `"1_000"`, `.inf`: `".inf"`, `.nan`: `".nan"`, `22:22`: `"22:22"`,
		`2012-10-17`: `"2012-10-17"`, `2001-12-14t21:59:43.10-05:00`: `"2001-12-14t21:59:43.10-05:00"`,
		`true`: `true`, `False`: `false`, `yes`: `true`, `NO`: `false`, `On`: `true`, `off`: `false`, `y`: `"y"`, `N`: `"N"`, `tRUE`: `"tRUE"`,
		`"yes"`: `"yes"`, `'012'`: `"012"`, `"1"`: `"1"`, `~`: `null`, `null`: `null`, ``: `null`, `"null"`: `"null"`,
		`!!str 012`: `"012"`, `!!str yes`: `"yes"`, `!!int "7"`: `7`, `!!bool "true"`: `true`, `!!float 1.5`: `1.5`, `!!null ~`: `null`,
		`!Sub 012`: `"012"`, `!Sub yes`: `"yes"`, `!Sub 2012-10-17`: `"2012-10-17"`,
		"|\n        a\n        b\n": `"a\nb\n"`, ">\n        a\n        b\n": `"a b\n"`, `"\u00e9"`: `"é"`, `日本`: `"日本"`,
		`<<`: `"<<"`, `=`: `"="`,
	} {
		t.Run(written, func(t *testing.T) {
			if found := show(resource(t, mustLoadYAML(t, surroundings+written), "X").Properties["V"]); found != expected {
				t.Errorf("found %s, expected %s", found, expected)
			}
		})
	}
}

func TestAliasesOfYAML(t *testing.T) {
	a := mustLoadYAML(t, surroundings+`&v [a, !Ref Text]
      W: *v
      &k K: *k
      M: {*k : 1}
`)
	if found := show(resource(t, a, "X").Properties); found != `{"K":"K","M":{"K":1},"V":["a","abc"],"W":["a","abc"]}` {
		t.Errorf("found %s", found)
	}
}

func TestYAMLThatIsRefused(t *testing.T) {
	for document, expected := range map[string]string{
		``:                            "found an empty file, expected a template",
		"# nothing\n":                 "found an empty file, expected a template",
		`a`:                           "found a value that is not an object, expected a template with Resources",
		`[a]`:                         "found a value that is not an object, expected a template with Resources",
		"a: 1\n--- \nb: 2\n":          "line 2: found a second document, expected one",
		"a: 1\n--- \nb: [\n":          "found invalid YAML: line 3: did not find expected node content",
		"a: [\n":                      "found invalid YAML: line 1: did not find expected node content",
		"a: *b\n":                     "found invalid YAML: unknown anchor 'b' referenced",
		"a: &b [*b]\n":                "line 1: found alias *b within its own anchor, expected it outside of the anchor",
		"a: &b {c: 1}\nd: {<<: *b}\n": "line 2: found a merge key (<<), expected its keys written out: CloudFormation does not support merge keys",
		"a: !Nothing b\n":             "line 1: found tag !Nothing, expected that of a CloudFormation function, such as !Ref or !Sub",
		"a:\n  - !!binary aGk=\n":     "line 2: found tag !!binary, expected none: CloudFormation does not support this type",
		"a: !!timestamp 2012-10-17\n": "line 1: found tag !!timestamp, expected none: CloudFormation does not support this type",
		"[a]: b\n":                    "line 1: found a list or an object as a key, expected a string",
		"a: \"x\\0y\"\n":              `line 1: found the character \0, expected a string without it: IAM allows none, and this package marks unknown values with it`,
		"\"x\\0y\": a\n":              `line 1: found the character \0, expected a string without it: IAM allows none, and this package marks unknown values with it`,
		"a: \xff\n":                   "found bytes that are not UTF-8, expected UTF-8",
		"a: " + strings.Repeat("[", 300) + strings.Repeat("]", 300): "line 1: found more levels of lists and objects, expected at most 200",
	} {
		_, err := loadYAML(t, document)
		if err == nil {
			t.Errorf("%.40q: found no error, expected %s", document, expected)
		} else if _, found, _ := strings.Cut(err.Error(), "t.yaml: "); found != expected {
			t.Errorf("%.40q: found %s, expected %s", document, err, expected)
		}
	}
}

func TestTagsOfYAMLAreFunctions(t *testing.T) {
	a := mustLoadYAML(t, `
Conditions:
  A: !Equals [a, a]
  B: !Not [!Condition A]
  C: !And [!Condition A, !Or [!Condition B, !Equals [1, "1"]]]
Resources:
  X: {Type: Custom::X, Condition: C, Properties: {V: !If [B, 1, !Join ["", [!Sub "${AWS::Region}", !Select [0, !Split [",", "a,b"]]]]]}}
  Y: {Type: Custom::X, Condition: B}
`)
	if found := show(resource(t, a, "X").Properties); found != `{"V":"us-west-2a"}` || len(a.Stacks[0].Resources) != 1 || len(a.Notes) > 0 {
		t.Errorf("found %s, %d resources, %s", found, len(a.Stacks[0].Resources), notes(a))
	}
}
