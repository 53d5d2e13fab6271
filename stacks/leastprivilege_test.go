package stacks

import (
	"slices"
	"strings"
	"testing"
)

// Every Allow names its actions, and its resources unless AWS knows none.
func TestNoWildcardThatAwsDoesNotForce(t *testing.T) {
	a := synthesize(t, nil)
	for stack, view := range map[string]string{"source": a.source.View(), "target": a.target.View()} {
		var statement []string
		check := func() {
			if len(statement) == 0 || !strings.HasPrefix(statement[0], "Allow") {
				return
			}
			whole := strings.Join(statement, " | ")
			switch {
			case strings.Contains(whole, "what   kms:*"): // CDK's key policy: the key's own account decides by identity policies, as AWS advises
				if !strings.Contains(whole, "who    AWS arn:aws:iam::"+map[string]string{"source": "111111111111", "target": "222222222222"}[stack]+":root") {
					t.Errorf("%s: %s: found kms:* for another than the account itself", stack, whole)
				}
			case slices.ContainsFunc(statement, func(line string) bool {
				return strings.HasPrefix(line, "what") && strings.Contains(line, "*")
			}):
				t.Errorf("%s: %s: found an action with a wildcard", stack, whole)
			case strings.HasPrefix(whole, "Allow LambdaNetworkInterfaces"), strings.HasPrefix(whole, "Allow InstanceSessions"): // which know no resource
			case slices.Contains(statement, "where  *") && !inAKeysPolicy(statement):
				t.Errorf("%s: %s: found resource *", stack, whole)
			case strings.HasPrefix(whole, "Allow AWSBuckets"): // AWS's own, which anybody may read
			case slices.Contains(statement, "who    *") && !strings.Contains(whole, "when   ArnEquals aws:PrincipalArn: "):
				t.Errorf("%s: %s: found everyone as principal, without a condition on the role", stack, whole)
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
			t.Errorf("%s: found %d statements only", stack, seen)
		}
	}
}

// inAKeysPolicy tells a statement of a key's policy, in which * is that key: it is about KMS alone, for somebody who is named, on a condition.
func inAKeysPolicy(statement []string) bool {
	var named, conditional bool
	for _, line := range statement {
		kind, rest, _ := strings.Cut(line, " ")
		switch rest = strings.TrimSpace(rest); kind {
		case "who":
			named = strings.HasPrefix(rest, "AWS arn:") || strings.HasPrefix(rest, "Service ")
		case "what":
			if !strings.HasPrefix(rest, "kms:") {
				return false
			}
		case "when":
			conditional = true
		}
	}
	return named && conditional
}
