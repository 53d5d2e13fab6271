package simulate

import (
	"slices"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// A key's policy leaves it to the account, which has to keep that: only the role's own policy is to be narrowed.
func TestToDenyTheUseOfAKey(t *testing.T) {
	key := func(statements string) string {
		return "  Key: {Type: AWS::KMS::Key, Properties: {KeyPolicy: {Version: '2012-10-17', Statement: [" + statements + "]}}}\n"
	}
	const account = `{Sid: Account, Effect: Allow, Principal: {AWS: "arn:aws:iam::222222222222:root"}, Action: "kms:*", Resource: "*"}`
	const named = `{Sid: Named, Effect: Allow, Principal: {AWS: ["222222222222", "arn:aws:iam::222222222222:role/one"]}, Action: "kms:*", Resource: "*"}`
	for name, c := range map[string]struct {
		statements string
		want       []string // the policies to narrow
	}{
		"the account":             {account, []string{"the inline policy p of role one"}},
		"the role itself as well": {account + ", " + named, []string{"the inline policy p of role one", "the policy of key ‹B.Key›"}},
		"everyone of the account": {`{Sid: All, Effect: Allow, Principal: "*", Action: "kms:*", Resource: "*"}`, []string{"the inline policy p of role one", "the policy of key ‹B.Key›"}},
	} {
		m := load(t, model.Options{}, map[string]string{"B": role("One", trusting("333333333333"), `Action: "kms:CreateGrant", Resource: "*"`) + key(c.statements)})
		a := model.Access{Caller: arnOf("222222222222", "one"), Action: "kms:CreateGrant", Owner: "222222222222"}
		for _, r := range m.Assembly.OfType("AWS::KMS::Key") {
			a.Resource = r.ARN
		}
		chain := Walk(m, a)[0]
		var found []string
		for _, sentence := range chain.ToDeny() {
			_, of, _ := strings.Cut(sentence, " of ")
			of, _, _ = strings.Cut(of, ", which")
			if !slices.Contains(found, of) {
				found = append(found, of)
			}
		}
		slices.Sort(found)
		if !slices.Equal(found, c.want) || len(chain.Allowing()) < len(c.want) {
			t.Errorf("%s: found %q at %d resources, expected %q", name, found, len(chain.Allowing()), c.want)
		}
	}
}
