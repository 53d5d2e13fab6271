package probe

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/proof/internal/check"
	"github.com/crossgrant/crossgrant/proof/internal/model"
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
			var files []assembly.TemplateFile
			for _, stack := range c.stacks {
				text := declarationOf(stack, readLake, "Role", "r")
				if c.mark {
					text = strings.Replace(text, "Metadata:\n", "Metadata:\n  CrossGrant::OneApp::222222222222::reports-prod-eu-west-1: true\n", 1)
				}
				path := filepath.Join(t.TempDir(), stack+".yaml")
				if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
				files = append(files, assembly.TemplateFile{Path: path, StackName: stack, Region: "eu-west-1", Account: map[string]string{"Source": "111111111111", "Target": "222222222222"}[stack]})
			}
			a, err := assembly.LoadTemplates(files...)
			if err != nil {
				t.Fatal(err)
			}
			m, err := model.New(a, model.Options{})
			if err != nil {
				t.Fatal(err)
			}
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
