package workload

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write golden files instead of comparing with them")

// requireDefinition compares a definition with its file, which sandbox/internal/faults runs.
func requireDefinition(t *testing.T, format InventoryFormat, definition any) {
	t.Helper()
	name := "copy-" + string(format) + ".asl.json"
	text, err := json.MarshalIndent(withoutReferences(definition), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, append(text, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	golden, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.TrimSpace(string(golden)), string(text)); diff != "" {
		t.Errorf("%s differs from the definition; if that is intended, run the test with -update: %s", name, diff)
	}
}

// withoutReferences has texts in the places of Fn::Join, Fn::GetAtt and Ref: the function's ARN and the bucket's name.
func withoutReferences(value any) any {
	switch value := value.(type) {
	case []any:
		for i, one := range value {
			value[i] = withoutReferences(one)
		}
	case map[string]any:
		if join, ok := value["Fn::Join"].([]any); ok {
			var text strings.Builder
			for _, part := range join[1].([]any) {
				text.WriteString(withoutReferences(part).(string))
			}
			return text.String()
		}
		if value["Fn::GetAtt"] != nil {
			return "arn:aws:lambda:ap-northeast-1:111111111111:function:app-copy"
		}
		if value["Ref"] != nil {
			return "app-origin"
		}
		for name, one := range value {
			value[name] = withoutReferences(one)
		}
	}
	return value
}
