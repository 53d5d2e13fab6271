package assembly_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/assembly"
)

func TestCircularReferences(t *testing.T) {
	for document, expected := range map[string]string{
		"Conditions: {A: !Condition B, B: !Not [!Condition A]}\nResources: {X: {Type: Custom::X, Condition: A}}":                                                  "condition S.A -> condition S.B -> condition S.A",
		"Conditions: {A: !Condition A}\nResources: {X: {Type: Custom::X, Condition: A}}":                                                                          "condition S.A -> condition S.A",
		"Resources: {A: {Type: AWS::S3::Bucket, Properties: {BucketName: !Ref B}}, B: {Type: AWS::S3::Bucket, Properties: {BucketName: !Sub '${A}x'}}}":           "name of S.A -> name of S.B -> name of S.A",
		"Resources: {A: {Type: AWS::SSM::Parameter, Properties: {Value: !GetAtt B.Value}}, B: {Type: AWS::SSM::Parameter, Properties: {Value: !GetAtt A.Value}}}": "attribute Value of S.B -> attribute Value of S.A -> attribute Value of S.B",
		"Resources: {A: {Type: AWS::S3::Bucket, Properties: {BucketName: !ImportValue e}}}\nOutputs: {O: {Value: !Ref A, Export: {Name: e}}}":                     "name of S.A -> output S.O -> name of S.A",
		"Outputs: {O: {Value: !ImportValue e, Export: {Name: e}}}":                                                                                                "output S.O -> output S.O",
		"Outputs: {O: {Value: !GetStackOutput {StackName: S, OutputName: O}}}":                                                                                    "output S.O -> output S.O",
		"Conditions: {A: !Equals [!Ref B, b]}\nResources: {B: {Type: Custom::X, Condition: A}}":                                                                   "condition S.A -> condition S.A",
	} {
		_, err := loadYAML(t, document)
		if err == nil || err.Error() != "found a circular reference, expected none: "+expected {
			t.Errorf("%s\nfound    %v\nexpected %s", document, err, expected)
		}
	}
}

// A parameter of a nested stack that depends on an output of the same stack.
func TestCircularReferenceThroughANestedStack(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "manifest.json", manifest(stackNamed("S", "t.json", "aws://111122223333/us-west-2")))
	write(t, dir, "t.json", `{"Resources":{"N":{"Type":"AWS::CloudFormation::Stack","Properties":{"Parameters":{"P":{"Fn::GetAtt":["N","Outputs.O"]}}},"Metadata":{"aws:asset:path":"n.json"}}}}`)
	write(t, dir, "n.json", `{"Parameters":{"P":{"Type":"String"}},"Outputs":{"O":{"Value":{"Ref":"P"}}}}`)
	_, err := assembly.Load(dir, assembly.Options{})
	if err == nil || err.Error() != "found a circular reference, expected none: output S>N.O -> parameter S>N.P -> output S>N.O" {
		t.Errorf("found %v", err)
	}
}

// Resources may refer to each other if their names do not depend on that.
func TestResourcesThatReferToEachOther(t *testing.T) {
	a := mustLoadYAML(t, `
Resources:
  A: {Type: AWS::IAM::Role, Properties: {RoleName: !Sub "${B}-a", Description: !GetAtt A.Arn}}
  B: {Type: AWS::IAM::Role, Properties: {RoleName: b, Description: !GetAtt A.Arn}}
`)
	for _, id := range []string{"A", "B"} {
		if found := resource(t, a, id).Properties["Description"]; found != "arn:aws:iam::111122223333:role/b-a" {
			t.Errorf("%s: found %v", id, found)
		}
	}
}

func TestLongChains(t *testing.T) {
	chain := func(n int) string {
		var out strings.Builder
		out.WriteString("Resources:\n  R0: {Type: AWS::S3::Bucket, Properties: {BucketName: end}}\n")
		for i := range n {
			fmt.Fprintf(&out, "  R%d: {Type: AWS::S3::Bucket, Properties: {BucketName: !Ref R%d}}\n", i+1, i)
		}
		// It is evaluated first, from the other end of the chain.
		fmt.Fprintf(&out, "  A: {Type: AWS::S3::Bucket, Properties: {BucketName: !Ref R%d}}\n", n)
		return out.String()
	}
	if found := resource(t, mustLoadYAML(t, chain(500)), "A").Name; found != "end" {
		t.Errorf("found %q", found)
	}
	_, err := loadYAML(t, chain(2000))
	if err == nil || err.Error() != "found a chain of more than 1000 references, from name of S.A to name of S.R1001, expected a shorter one" {
		t.Errorf("found %v", err)
	}
}

// What a resource waits for: the names that its properties have, and not those of literals and of its metadata.
func TestReferencesOfAResource(t *testing.T) {
	a, err := loadYAML(t, `
Parameters: {P: {Type: String, Default: p}}
Resources:
  A:
    Type: AWS::S3::Bucket
    Properties: {BucketName: !Sub 'x-${B}-${ C.Arn }-${!D}', Tags: [{Key: !Ref P, Value: !If [No, !GetAtt E.Arn, !GetAtt [F, Arn]]}]}
    Metadata: {x: !Ref G}
  B: {Type: AWS::IAM::Role}
  C: {Type: AWS::IAM::Role}
  E: {Type: AWS::IAM::Role}
  F: {Type: AWS::IAM::Role}
  G: {Type: AWS::IAM::Role}
Conditions: {No: !Equals [a, b]}
`)
	if err != nil {
		t.Fatal(err)
	}
	if found := strings.Join(resource(t, a, "A").References, " "); found != "B C E F P" {
		t.Errorf("found %s, expected B C E F P", found)
	}
}
