package assembly_test

import "testing"

func TestConditions(t *testing.T) {
	for condition, expected := range map[string]string{
		`!Equals [a, a]`:                            "yes",
		`!Equals [a, b]`:                            "no",
		`!Equals [1, "1"]`:                          "yes",
		`!Equals [true, "true"]`:                    "yes",
		`!Equals [!Ref Text, abc]`:                  "yes",
		`!Equals [!Ref Unset, abc]`:                 "undecided",
		`!Equals [!Ref Unset, !Ref Unset]`:          "yes",
		`!Equals [!Sub "${Unset}x", !Ref Unset]`:    "undecided",
		`!Equals [!Ref Items, [a, b]]`:              "yes",
		`!Equals [!Ref Items, [a, !Ref Unset]]`:     "undecided",
		`!Equals [{a: [!Ref Unset]}, {a: [b]}]`:     "undecided",
		`!Equals [{a: [b]}, {a: [b]}]`:              "yes",
		`!Equals [{a: [b]}, {a: [c]}]`:              "no",
		`!Equals [!Ref AWS::Region, us-west-2]`:     "yes",
		`!Not [!Equals [a, b]]`:                     "yes",
		`!Not [!Equals [a, a]]`:                     "no",
		`!Not [!Condition Maybe]`:                   "undecided",
		`!And [!Condition Holds, !Condition Holds]`: "yes",
		`!And [!Condition Holds, !Condition Fails]`: "no",
		`!And [!Condition Maybe, !Condition Fails]`: "no",
		`!And [!Condition Maybe, !Condition Holds]`: "undecided",
		`!Or [!Condition Fails, !Condition Fails]`:  "no",
		`!Or [!Condition Maybe, !Condition Holds]`:  "yes",
		`!Or [!Condition Maybe, !Condition Fails]`:  "undecided",
		`{Condition: Holds}`:                        "yes",
		`!Equals [a]`:                               "undecided S.C.Fn::Equals: found 1 arguments, expected those of Fn::Equals",
		`!Not [a]`:                                  "undecided S.C.Fn::Not.0: found something else than a condition, expected Fn::And, Fn::Or, Fn::Not, Fn::Equals or Condition",
		`!Condition Nothing`:                        "undecided S.C: found condition Nothing, expected one that the template defines",
		`!If [Holds, a, b]`:                         "undecided S.C: found something else than a condition, expected Fn::And, Fn::Or, Fn::Not, Fn::Equals or Condition",
		`!And []`:                                   "undecided S.C.Fn::And: found 0 arguments, expected those of Fn::And",
	} {
		t.Run(condition, func(t *testing.T) {
			a := mustLoadYAML(t, `
Parameters: {Unset: {Type: String}, Text: {Type: String, Default: abc}, Items: {Type: CommaDelimitedList, Default: "a,b"}}
Conditions:
  Holds: !Equals [a, a]
  Fails: !Equals [a, b]
  Maybe: !Equals [!Ref Unset, a]
  C: `+condition+`
Resources:
  X: {Type: Custom::X, Condition: C}
Outputs:
  O: {Value: v, Condition: C}
`)
			found := "no"
			if s := a.Stacks[0]; len(s.Resources) != len(s.Outputs) {
				t.Errorf("found %d resources and %d outputs", len(s.Resources), len(s.Outputs))
			} else if len(s.Resources) == 1 {
				if found = "yes"; s.Resources[0].Conditional != "" {
					found = "undecided"
				}
				if s.Resources[0].Conditional != s.Outputs[0].Conditional || found == "undecided" && s.Outputs[0].Conditional != "C" {
					t.Errorf("found %q and %q", s.Resources[0].Conditional, s.Outputs[0].Conditional)
				}
			}
			for _, n := range a.Notes {
				found += " " + n.String()
			}
			if found != expected {
				t.Errorf("found    %s\nexpected %s", found, expected)
			}
		})
	}
}

func TestOneUnknownConditionOfAResource(t *testing.T) {
	a := mustLoadYAML(t, "Resources: {X: {Type: Custom::X, Condition: Nothing}}")
	if x := resource(t, a, "X"); x.Conditional != "Nothing" || notes(a) != `"S.X.Condition: found condition Nothing, expected one that the template defines"` {
		t.Errorf("found %q, %s", x.Conditional, notes(a))
	}
}
