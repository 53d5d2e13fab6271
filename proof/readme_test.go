package proof

import (
	"os"
	"strings"
	"testing"
)

// The README has every rule, and its questions for tests are asked.
func TestREADME(t *testing.T) {
	b, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	readme := string(b)
	for _, rule := range Rules() {
		if !strings.Contains(readme, "`"+string(rule)+"`") {
			t.Errorf("the README has no rule %s", rule)
		}
	}
	app := &App{assembly: grantApp(t, both)}
	for _, question := range []string{
		`proof.Allowed(t, app, proof.Access{Caller: "Reports/Function", Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/reports/1"})`,
		`proof.Denied(t, app, proof.Access{Caller: "Reports/Function", Action: "s3:PutObject", Resource: "arn:aws:s3:::lake/reports/1"})`,
	} {
		if !strings.Contains(readme, question) {
			t.Errorf("the README does not ask %s", question)
		}
	}
	Allowed(t, app, Access{Caller: "Reports/Function", Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/reports/1"})
	Denied(t, app, Access{Caller: "Reports/Function", Action: "s3:PutObject", Resource: "arn:aws:s3:::lake/reports/1"})
}
