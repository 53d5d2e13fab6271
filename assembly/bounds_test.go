package assembly_test

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/crossgrant/crossgrant/assembly"
)

// Templates that could take much time or memory. Each ends soon, with the expected error or with none.
func TestOversizedTemplates(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	doubled := func(levels int) string { // each name is twice the one before
		var out strings.Builder
		out.WriteString("Resources:\n  R0: {Type: AWS::S3::Bucket, Properties: {BucketName: xxxxxxxxxx}}\n")
		for i := range levels {
			fmt.Fprintf(&out, "  R%d: {Type: AWS::S3::Bucket, Properties: {BucketName: !Sub \"${R%d}${R%[2]d}\"}}\n", i+1, i)
		}
		return out.String()
	}
	aliases := "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
	for i := range 12 {
		aliases += fmt.Sprintf("a%d: &a%[1]d [*a%[2]d, *a%[2]d, *a%[2]d, *a%[2]d, *a%[2]d, *a%[2]d, *a%[2]d, *a%[2]d, *a%[2]d, *a%[2]d]\n", i+1, i)
	}
	defer debug.SetGCPercent(debug.SetGCPercent(100)) // whatever GOGC is
	long := "Parameters: {P: {Type: String, Default: \"" + strings.Repeat("x,", 400_000) + "\"}}\nResources:\n"
	for name, c := range map[string]struct{ file, document, expected string }{
		"text that doubles":    {"t.yaml", doubled(60), ""},
		"aliases of aliases":   {"t.yaml", aliases, "t.yaml: found more than 1000000 values, expected a template of at most 1 MB, the largest that CloudFormation takes"},
		"many small values":    {"t.json", `{"a":[` + strings.Repeat("{},", 2_000_000) + `1]}`, "t.json: found more than 1000000 values, expected a template of at most 1 MB, the largest that CloudFormation takes"},
		"a large file":         {"t.json", `{"a":"` + strings.Repeat("x", 50<<20) + `"}`, "found more than 33554432 bytes in DIR/t.json, expected at most that: CloudFormation takes templates of 1 MB"},
		"a large file of YAML": {"t.yml", "a: " + strings.Repeat("x", 5<<20), "found more than 4194304 bytes in DIR/t.yml, expected at most that: CloudFormation takes templates of 1 MB"},
		"large YAML of another name": {"t.template", "a: " + strings.Repeat("x", 5<<20),
			"t.template: found 5242883 bytes of YAML, expected 4194304 at most: CloudFormation takes templates of 1 MB"},
		"one long text":         {"t.json", `{"Description":"` + strings.Repeat("x", 30<<20) + `"}`, ""},
		"deep nesting":          {"t.json", strings.Repeat(`{"a":`, 5_000_000), "t.json: line 1, column 1001: found '{', expected at most 200 levels of lists and objects"},
		"deep nesting in YAML":  {"t.yaml", strings.Repeat("[", 100_000), "t.yaml: found invalid YAML: exceeded max depth of 10000"},
		"many YAML values":      {"t.yaml", "a: [" + strings.Repeat("x,", 1_900_000) + "]", "t.yaml: found more than 1000000 values, expected a template of at most 1 MB, the largest that CloudFormation takes"},
		"much text, much of it": {"t.yaml", long + strings.Repeat("  R&: {Type: Custom::X, Properties: {V: !Join [\"\", [!Ref P, \"&\"]]}}\n", 200), "stack S: found functions that make more than 67108864 bytes of text, expected at most that"},
		"much text in loops": {"t.yaml", "Parameters: {P: {Type: CommaDelimitedList, Default: " + strings.Repeat("x", 500_000) + "}}\nResources: {Fn::ForEach::L: [I, !Ref P, {R: {Type: Custom::X, Properties: {V: [" +
			strings.Repeat("\"${I}\",", 4000) + "]}}}]}", ""},
		"many dynamic references": {"t.json", `{"Resources":{"R":{"Type":"Custom::X","Properties":{"V":"` + strings.Repeat("{{resolve:ssm:a}}", 3<<17) + `"}}}}`, ""},
		"much text split":         {"t.yaml", long + strings.Repeat("  R&: {Type: Custom::X, Properties: {V: !Split [\",\", !Ref P]}}\n", 200), "stack S: found functions that make more than 67108864 bytes of text, expected at most that"},
		"much text in JSON":       {"t.yaml", long + strings.Repeat("  R&: {Type: Custom::X, Properties: {V: !ToJsonString [!Ref P]}}\n", 200), "stack S: found functions that make more than 67108864 bytes of text, expected at most that"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for i := 0; strings.Contains(c.document, "R&"); i++ {
				c.document = strings.Replace(c.document, "R&", fmt.Sprint("R", i), 1)
			}
			write(t, dir, c.file, c.document)
			start := time.Now()
			_, err := assembly.LoadTemplates(assembly.TemplateFile{Path: dir + "/" + c.file, StackName: "S"})
			// Each takes 2 s at most on an idle machine. This finds only what hardly ends, so that load does not fail it.
			if spent := time.Since(start); spent > time.Minute {
				t.Errorf("took %v", spent)
			}
			found := "<nil>"
			if err != nil {
				found = strings.TrimPrefix(strings.ReplaceAll(err.Error(), dir, "DIR"), "DIR/")
			}
			if c.expected == "" {
				c.expected = "<nil>"
			}
			if found != c.expected {
				t.Errorf("found %s, expected %s", found, c.expected)
			}
			var m runtime.MemStats
			if runtime.ReadMemStats(&m); m.HeapInuse > 1<<30 {
				t.Errorf("found %d MiB in use", m.HeapInuse>>20)
			}
		})
	}
}

// A string of more than 1 MiB is unknown.
func TestLongTextIsUnknown(t *testing.T) {
	a := mustLoadYAML(t, "Parameters: {P: {Type: String, Default: "+strings.Repeat("x", 600_000)+"}}\nResources: {X: {Type: Custom::X, Properties: {V: !Sub '${P}${P}', W: !Sub '${P}'}}}")
	p := resource(t, a, "X").Properties
	if found := show(p["V"]); found != `"‹S.X.Properties.V.Fn..Sub#›"` || notes(a) != `"S.X.Properties.V.Fn::Sub: found Fn::Sub, which makes more than 1048576 bytes, expected at most that"` {
		t.Errorf("found %s, %s", found, notes(a))
	}
	if len(p["W"].(string)) != 600_000 {
		t.Errorf("found %d bytes", len(p["W"].(string)))
	}
}

// Twelve templates that each nest the next one twice are 4095 stacks; with fourteen there are too many.
func TestTooManyNestedStacks(t *testing.T) {
	for levels, expected := range map[int]string{11: "<nil>", 14: "found more than 10000 stacks, expected fewer: check which templates nest others several times"} {
		dir := t.TempDir()
		write(t, dir, "manifest.json", manifest(stackNamed("S", "t0.json", "aws://111122223333/us-west-2")))
		for i := range levels {
			nested := fmt.Sprintf(`{"Type":"AWS::CloudFormation::Stack","Metadata":{"aws:asset:path":"t%d.json"}}`, i+1)
			write(t, dir, fmt.Sprintf("t%d.json", i), `{"Resources":{"A":`+nested+`,"B":`+nested+`}}`)
		}
		write(t, dir, fmt.Sprintf("t%d.json", levels), empty)
		if _, err := assembly.Load(dir, assembly.Options{}); fmt.Sprint(err) != expected {
			t.Errorf("%d levels: found %v, expected %s", levels, err, expected)
		}
	}
}
