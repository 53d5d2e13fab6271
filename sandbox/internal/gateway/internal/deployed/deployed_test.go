package deployed

import "testing"

func TestValuesOfParametersThatAreLists(t *testing.T) {
	for value, expected := range map[string]string{
		"": "", "10": "10", "['111111111111']": "111111111111", "['a', 'b']": "a,b", "['']": "", "[]": "", `["a"]`: `["a"]`, "[a": "[a", "'a'": "'a'",
	} {
		if found := Listed(value); found != expected {
			t.Errorf("%q: found %q, expected %q", value, found, expected)
		}
	}
}
