package assembly_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The CDK writes conditions whose keys have the issuer of a cluster by a custom resource that returns JSON.
// https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.CfnJson.html
func TestComputedJSON(t *testing.T) {
	a := mustLoadYAML(t, `
Resources:
  Provider: {Type: Custom::AWSCDKOpenIdConnectProvider, Properties: {Url: "https://oidc.example.com/id/1"}}
  Condition:
    Type: Custom::AWSCDKCfnJson
    Properties: {Value: !Join ["", ['{"', !Select [1, !Split [":oidc-provider/", !Ref Provider]], ':sub":"system:serviceaccount:a:b","x":"', !GetAtt Cluster.Id, '"}']]}
  Cluster: {Type: AWS::EKS::Cluster}
  Broken: {Type: Custom::AWSCDKCfnJson, Properties: {Value: "{"}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Statement: [{Condition: {StringEquals: !GetAtt Condition.Value, StringLike: !GetAtt Broken.Value}}]}
`)
	statement := resource(t, a, "Role").Properties["AssumeRolePolicyDocument"].(map[string]any)["Statement"].([]any)[0]
	conditions := statement.(map[string]any)["Condition"].(map[string]any)
	expected := map[string]any{"oidc.example.com/id/1:sub": "system:serviceaccount:a:b", "x": "\x00S.Cluster.Id\x00"}
	if diff := cmp.Diff(expected, conditions["StringEquals"]); diff != "" {
		t.Errorf("value (-expected +found):\n%s", diff)
	}
	if _, isText := conditions["StringLike"].(string); !isText {
		t.Errorf("found %v for JSON that is broken, expected an unknown value", conditions["StringLike"])
	}
}
