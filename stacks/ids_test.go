package stacks

import (
	"testing"

	"github.com/crossgrant/crossgrant/internal/api"
	"github.com/crossgrant/crossgrant/internal/policyview"
)

// Another logical ID replaces a resource that is deployed, and another path moves what acknowledgements and questions name. api/app-ids.txt has those
// with every workload, and with a NAT instance: docs/versioning.md.
func TestIDsOfTheApp(t *testing.T) {
	var all []string
	for _, changes := range []map[string]any{nil, natInstance} {
		a := synthesize(t, changes)
		for stack, template := range map[string]policyview.Template{SourceID: a.source, TargetID: a.target} {
			for _, id := range template.IDs() {
				all = append(all, stack+" "+id)
			}
		}
	}
	if err := api.Check("../api/app-ids.txt", all, *update); err != nil {
		t.Error(err)
	}
}
