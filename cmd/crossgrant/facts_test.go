package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The command says what is missing; what it writes is refused until it is filled in, and then the proof is complete.
func TestFacts(t *testing.T) {
	app := houseAssembly(t, "  Shop: {Type: AWS::DynamoDB::Table, Properties: {TableName: shop}}\n", "")
	out, problems, code := run(t, ".", "facts", "--assembly", app)
	if code != 3 || !strings.Contains(problems, "Missing for a decision:\n  arn:aws:dynamodb:eu-west-1:222222222222:table/shop\n    for Intent: dynamodb:GetItem on arn:aws:dynamodb:eu-west-1:222222222222:table/shop\n    and 5 more checks\n") || strings.Count(out, "arn:aws:dynamodb:eu-west-1:222222222222:table/shop\": {") != 1 || strings.Contains(out, "arn:aws:s3") {
		t.Fatalf("found exit %d, %q and\n%s", code, problems, out)
	}
	file := filepath.Join(t.TempDir(), "facts.json")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(out)
	if _, problems, code := run(t, ".", "prove", "--assembly", app, "--facts", file); code != 2 || !strings.Contains(problems, "found a text, expected a policy") &&
		!strings.Contains(problems, "expected the ARN of a KMS key") {
		t.Errorf("found exit %d and %q, expected that commands are no facts", code, problems)
	}
	write(`{"version": 1, "resources": {"arn:aws:dynamodb:eu-west-1:222222222222:table/shop": {"policy": null, "kmsKey": null}}}`)
	if out, problems, code := run(t, ".", "facts", "--assembly", app, "--facts", file); code != 0 || problems != "" || strings.Contains(out, "arn:") {
		t.Errorf("found exit %d, %q and\n%s\nexpected that nothing is missing", code, problems, out)
	}
	if out, _, code := run(t, ".", "prove", "--assembly", app, "--facts", file); code != 0 {
		t.Errorf("found exit %d and\n%s", code, out)
	}
	if _, problems, code := run(t, ".", "facts", "--assembly", "nowhere"); code != 2 || !strings.HasPrefix(problems, "crossgrant: facts: ") {
		t.Errorf("found exit %d and %q", code, problems)
	}
}
