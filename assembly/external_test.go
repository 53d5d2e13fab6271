package assembly_test

import (
	"slices"
	"testing"
)

// What CloudFormation reads at deployment.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html
func TestExternalValues(t *testing.T) {
	a := mustLoadYAML(t, `Parameters:
  Unused: {Type: "AWS::SSM::Parameter::Value<String>", Default: /cdk-bootstrap/hnb659fds/version}
  Image: {Type: "AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>", Default: /aws/service/ami}
  Given: {Type: "AWS::SSM::Parameter::Value<String>"}
  Plain: {Type: String, Default: /plain}
Conditions:
  Never: !Equals [a, b]
Resources:
  X: {Type: Custom::X, Properties: {A: "x{{resolve:ssm:/a:1}}{{resolve:ssm-secure:/b}}", B: "{{resolve:ssm:/a:1}}", C: !Sub "{{resolve:secretsmanager:${Plain}:SecretString:k}}"}}
  Y: {Type: Custom::X, Condition: Never, Properties: {A: "{{resolve:ssm:/never}}"}}
Outputs:
  O: {Value: "{{resolve:ssm:/output}}"}
`)
	want := []string{"secretsmanager:/plain:SecretString:k", "ssm-secure:/b", "ssm:/a:1", "ssm:/aws/service/ami", "ssm:/cdk-bootstrap/hnb659fds/version", "ssm:/output"}
	if got := a.Stacks[0].External; !slices.Equal(got, want) {
		t.Errorf("found %q, expected %q", got, want)
	}
}
