package gateway

import "testing"

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
