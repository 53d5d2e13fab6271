package assembly_test

import (
	"strings"
	"testing"
)

// A wrong argument is noted with its place, and its value is unknown.
func TestWrongArgumentsAreNoted(t *testing.T) {
	const at = "S.X.Properties.V"
	for expression, expected := range map[string]string{
		`!Ref Nothing`:                      at + ".Ref: found a reference to Nothing, expected a parameter or a resource that exists",
		`!Ref Gone`:                         at + ".Ref: found a reference to Gone, expected a parameter or a resource that exists",
		`!Ref [a]`:                          at + ".Ref: found a value that is not a string, expected the name of a parameter or a resource",
		`!Ref AWS::Nothing`:                 at + ".Ref: found Ref of AWS::Nothing, expected a pseudo parameter that this package knows",
		`!GetAtt Role`:                      at + `.Fn::GetAtt: found \"Role\", expected a logical id and an attribute with a dot between them`,
		`!GetAtt [Role]`:                    at + ".Fn::GetAtt: found a value that is not a list of two, expected a logical id and an attribute",
		`!GetAtt [Role, [a]]`:               at + ".Fn::GetAtt: found an item that is not a string, expected a logical id and an attribute",
		`!GetAtt Gone.Arn`:                  at + ".Fn::GetAtt: found a reference to Gone, expected a resource that exists",
		`!GetAtt Text.Arn`:                  at + ".Fn::GetAtt: found a reference to Text, expected a resource that exists",
		`!Join [a]`:                         at + ".Fn::Join: found a value that is not a list of two, expected a delimiter and a list",
		`!Join [[], [a]]`:                   at + ".Fn::Join: found a delimiter that is not a string, expected a string",
		`!Join [",", a]`:                    at + ".Fn::Join: found no list to join, expected a list",
		`!Join [",", [a, [b]]]`:             at + ".Fn::Join: found item 1, which is not a string, expected a string",
		`!Sub [a]`:                          at + ".Fn::Sub: found neither a string nor a string with an object of variables, expected one of them",
		`!Sub [a, b]`:                       at + ".Fn::Sub: found neither a string nor a string with an object of variables, expected one of them",
		`!Sub "${Items}"`:                   at + ".Fn::Sub: found ${Items}, which is not a string, expected a string",
		`!Sub "${Nothing}"`:                 at + ".Fn::Sub: found a reference to Nothing, expected a parameter or a resource that exists",
		`!Sub "${Nothing.Arn}"`:             at + ".Fn::Sub: found a reference to Nothing, expected a resource that exists",
		`!Sub ["${a}", {a: !Ref Nothing}]`:  at + ".Fn::Sub.1.a.Ref: found a reference to Nothing, expected a parameter or a resource that exists",
		`!Select [a, [b]]`:                  at + `.Fn::Select: found index \"a\", expected a whole number`,
		`!Select [1, [b]]`:                  at + ".Fn::Select: found index 1 in a list of 1, expected an index within the list",
		`!Select [-1, [b]]`:                 at + ".Fn::Select: found index -1 in a list of 1, expected an index within the list",
		`!Select [0, b]`:                    at + ".Fn::Select: found no list to select from, expected a list",
		`!Select b`:                         at + ".Fn::Select: found a value that is not a list of two, expected an index and a list",
		`!Split a`:                          at + ".Fn::Split: found a value that is not a list of two, expected a delimiter and a string",
		`!Split ["", a]`:                    at + ".Fn::Split: found no string to split or no delimiter, expected both",
		`!If [Holds, a]`:                    at + ".Fn::If: found a value that is not a list of three, expected a condition and two values",
		`!If [Nothing, a, b]`:               at + ".Fn::If: found condition Nothing, expected one that the template defines",
		`!FindInMap [Images]`:               at + ".Fn::FindInMap: found a value that is not a list of three, expected a mapping and two keys",
		`!FindInMap [Images, [a], b]`:       at + ".Fn::FindInMap: found key 1, which is not a string, expected a string",
		`!FindInMap [Images, us-west-2, X]`: at + ".Fn::FindInMap: found no Images.us-west-2.X in the mappings, expected it or a DefaultValue",
		`!Base64 [a]`:                       at + ".Fn::Base64: found no string to encode, expected a string",
		`!Cidr [a]`:                         at + ".Fn::Cidr: found a value that is not a list of three, expected a CIDR block, a count and the number of bits",
		`!Cidr [[a], 1, 2]`:                 at + ".Fn::Cidr: found argument 0, which is neither a string nor a number, expected one of them",
		`!Cidr [10.0.0.0, 1, 8]`:            at + `.Fn::Cidr: found \"10.0.0.0\", \"1\" and \"8\", expected a CIDR block, a count from 1 to 256 and the number of bits`,
		`!Cidr [10.0.0.1/24, 1, 8]`:         at + `.Fn::Cidr: found \"10.0.0.1/24\", \"1\" and \"8\", expected a CIDR block, a count from 1 to 256 and the number of bits`,
		`!Cidr [10.0.0.0/24, 2, 8]`:         at + ".Fn::Cidr: found 10.0.0.0/24, expected a block with room for 2 blocks of 8 bits",
		`!Cidr [10.0.0.0/24, 1, 40]`:        at + ".Fn::Cidr: found 10.0.0.0/24, expected a block with room for 1 blocks of 40 bits",
		`!GetAZs [a]`:                       at + ".Fn::GetAZs: found a value that is not a string, expected a region",
		`!Length a`:                         at + ".Fn::Length: found no list to count, expected a list",
		`!ToJsonString a`:                   at + ".Fn::ToJsonString: found neither a list nor an object, expected one of them",
		`!ImportValue [a]`:                  at + ".Fn::ImportValue: found a value that is not a string, expected the name of an export",
		`!ImportValue a`:                    at + `.Fn::ImportValue: found no stack that exports \"a\" in the account and region of this one, expected one: load its template, too`,
		`!GetStackOutput {StackName: A}`:    at + ".Fn::GetStackOutput: found no StackName or no OutputName, expected both",
		`!GetStackOutput {StackName: A, OutputName: B}`: at + `.Fn::GetStackOutput: found no output B of a stack A in account \"111122223333\", region \"us-west-2\", expected one: load its template, too`,
		`!Equals [a, a]`:                               at + ".Fn::Equals: found Fn::Equals, expected a function that is valid here",
		`{"Fn::Nothing": a}`:                           at + ".Fn::Nothing: found Fn::Nothing, expected a function that is valid here",
		`!Transform {Name: M}`:                         at + ".Fn::Transform: found Fn::Transform M, which was not run",
		`[a, {b: {"Fn::Transform": {Name: M}, c: d}}]`: at + ".1.b: found Fn::Transform M, which was not run: it may change the keys beside it",
		`{"Fn::B": 1, "Fn::C": !Ref Nothing, "Fn::A": 2, V: !Ref Nothing}`: at + ": found Fn::A, which was not run: it may change the keys beside it",
		`{"Fn::ForEach::L": [a]}`: at + ": found Fn::ForEach::L, which was not run: it may change the keys beside it",
	} {
		t.Run(expression, func(t *testing.T) {
			a := mustLoadYAML(t, surroundings+expression)
			if found := notes(a); found != `"`+expected+`"` {
				t.Errorf("found    %s\nexpected %s", found, expected)
			}
			if found := show(resource(t, a, "X").Properties["V"]); !strings.Contains(found, "‹") {
				t.Errorf("found %s, expected it unknown", found)
			}
		})
	}
}

// Different unknown values differ even if their names are similar.
func TestUnknownsDiffer(t *testing.T) {
	a := mustLoadYAML(t, surroundings+`
      - !GetAtt X.a:b
      - !GetAtt X.a.b
      - !GetAtt X.a/b
      - !Split [":", !Ref Unset]
      - !Split [".", !Ref Unset]
      - !Select [0, !Split [":", !Ref Unset]]
      - !Select [1, !Split [":", !Ref Unset]]
      - !Base64 {Ref: Unset}
      - !If [Maybe, a, b]
      - !If [Maybe, b, a]
      - "{{resolve:ssm:/a/b}}"
      - "{{resolve:ssm:/a:b}}"
      - "Fn::Nothing": a
      - "Fn::Nothing": a
      - !Transform {Name: M}
      - "Fn::Other": ["Fn::Nothing": a]
`)
	seen := map[string]int{}
	for i, v := range resource(t, a, "X").Properties["V"].([]any) {
		if before, twice := seen[v.(string)]; twice {
			t.Errorf("found %d and %d the same, %s", before, i, show(v))
		}
		seen[v.(string)] = i
	}
}
