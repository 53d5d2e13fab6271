package stacks

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The golden files have all access that the app gives; a change to a line changes someone's permissions.
func TestPolicyViews(t *testing.T) {
	a := synthesize(t, nil)
	for name, found := range map[string]string{"source": a.source.View(), "target": a.target.View()} {
		file := filepath.Join("testdata", "policies-"+name+".txt")
		if *update {
			if err := os.WriteFile(file, []byte(found), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		expected, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(expected), found); diff != "" {
			t.Errorf("policies of the %s stack (-expected +found; review them, then accept with -update):\n%s", name, diff)
		}
	}
}

// Every Allow has exact actions, and exact resources where AWS supports them.
func TestNoWildcardsExceptWhereAWSRequiresThem(t *testing.T) {
	a := synthesize(t, nil)
	for stack, view := range map[string]string{"source": a.source.View(), "target": a.target.View()} {
		var statement []string
		check := func() {
			if len(statement) == 0 || !strings.HasPrefix(statement[0], "Allow") {
				return
			}
			whole := strings.Join(statement, " | ")
			switch {
			case strings.Contains(whole, "action     kms:*"): // CDK's key policy: the key's account decides by identity policies, as AWS recommends
				if !strings.Contains(whole, "principal  AWS arn:aws:iam::"+map[string]string{"source": "111111111111", "target": "222222222222"}[stack]+":root") {
					t.Errorf("%s: %s: found kms:* for a principal other than the account itself", stack, whole)
				}
			case slices.ContainsFunc(statement, func(line string) bool {
				return strings.HasPrefix(line, "action ") && strings.Contains(line, "*")
			}):
				t.Errorf("%s: %s: found an action with a wildcard", stack, whole)
			case strings.HasPrefix(whole, "Allow LambdaNetworkInterfaces"), strings.HasPrefix(whole, "Allow InstanceSessions"), strings.HasPrefix(whole, "Allow CallerIdentity"): // which support no resource
			case slices.Contains(statement, "resource   *") && !inKeyPolicy(statement):
				t.Errorf("%s: %s: found resource *", stack, whole)
			case strings.HasPrefix(whole, "Allow AWSBuckets"): // AWS's own buckets, which anyone may read
			case slices.Contains(statement, "principal  *") && !strings.Contains(whole, "condition  ArnEquals aws:PrincipalArn: "):
				t.Errorf("%s: %s: found principal *, without a condition on the role", stack, whole)
			}
		}
		seen := 0
		for line := range strings.Lines(view) {
			line = strings.TrimSpace(line)
			if strings.HasPrefix(line, "Allow ") || strings.HasPrefix(line, "Deny ") {
				check()
				statement = nil
				seen++
			}
			statement = append(statement, line)
		}
		check()
		if seen < 6 {
			t.Errorf("%s: found only %d statements", stack, seen)
		}
	}
}

// inKeyPolicy reports whether a statement is from a key policy, in which * is the key itself: it has only KMS actions, a named principal and a
// condition.
func inKeyPolicy(statement []string) bool {
	var named, conditional bool
	for _, line := range statement {
		kind, rest, _ := strings.Cut(line, " ")
		switch rest = strings.TrimSpace(rest); kind {
		case "principal":
			named = strings.HasPrefix(rest, "AWS arn:") || strings.HasPrefix(rest, "Service ")
		case "action":
			if !strings.HasPrefix(rest, "kms:") {
				return false
			}
		case "condition":
			conditional = true
		}
	}
	return named && conditional
}
