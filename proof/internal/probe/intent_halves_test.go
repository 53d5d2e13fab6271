package probe

import (
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/proof/internal/check"
	"github.com/crossgrant/crossgrant/proof/internal/model"
	"github.com/crossgrant/crossgrant/proof/internal/model/modeltest"
)

// What the same app declares elsewhere may not be taken for granted; what another app does may.
func TestOtherHalfOfOneApp(t *testing.T) {
	for name, c := range map[string]struct {
		stacks []string
		mark   bool
		want   string // what is not here
	}{
		"both halves of one app": {[]string{"Source", "Target"}, true, ""},
		"the source half of one": {[]string{"Source"}, true, "its half in account 222222222222"},
		"the target half of one": {[]string{"Target"}, true, "its half in account 111111111111"},
		"the half of another":    {[]string{"Source"}, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var stacks []modeltest.Stack
			for _, stack := range c.stacks {
				text := declarationOf(stack, readLake, "Role", "r")
				if c.mark {
					text = strings.Replace(text, "Metadata:\n", "Metadata:\n  CrossGrant::OneApp::222222222222::reports-prod-eu-west-1: true\n", 1)
				}
				stacks = append(stacks, modeltest.Stack{Name: stack, Template: text,
					Account: map[string]string{"Source": modeltest.SourceAccount, "Target": modeltest.TargetAccount}[stack]})
			}
			m := modeltest.Read(t, model.Options{}, stacks...)
			found := ""
			for _, one := range intent(m) {
				if strings.HasSuffix(one.Name, "half of the grant") {
					found = string(one.Verdict) + " " + strings.Join(one.Details, "\n")
				}
			}
			if c.want == "" && found != "" || c.want != "" && (!strings.Contains(found, c.want) || !strings.HasPrefix(found, string(check.Undecided))) {
				t.Errorf("found %q, expected %q", found, c.want)
			}
		})
	}
}
