package gateway

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
)

// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Parameter.html
func TestParametersThatAreLists(t *testing.T) {
	for found, expected := range map[string]string{
		"<ParameterValue>['']</ParameterValue>":                             "<ParameterValue></ParameterValue>",
		"<ParameterValue>[&#39;a&#39;, &#39;b&amp;c&#39;]</ParameterValue>": "<ParameterValue>a,b&amp;c</ParameterValue>",
		"<ParameterValue>text</ParameterValue>":                             "<ParameterValue>text</ParameterValue>",
		"<ParameterValue>[1, 2]</ParameterValue>":                           "<ParameterValue>[1, 2]</ParameterValue>",
	} {
		if got := string(withLists([]byte(found))); got != expected {
			t.Errorf("%s: found %s, expected %s", found, got, expected)
		}
	}
}

// The CDK's command line gives them back when it bootstraps again.
func TestParametersThatAreListsAreDescribed(t *testing.T) {
	w := start(t)
	w.deploy(source, "Reader", reader)
	w.behind.parameters = "<Parameters><member><ParameterKey>Trusted</ParameterKey><ParameterValue>[&#39;a&#39;, &#39;b&#39;]</ParameterValue></member></Parameters>"
	got, err := cloudformation.NewFromConfig(w.config(w.Administrator(source))).DescribeStacks(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if found := aws.ToString(got.Stacks[0].Parameters[0].ParameterValue); found != "a,b" {
		t.Errorf("found %q, expected a,b", found)
	}
}
