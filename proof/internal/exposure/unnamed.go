package exposure

import (
	"maps"
	"slices"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/proof/internal/inventory"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// reaching are the types by which a resource reaches others of its account without their names: by patterns, by tags, or all of them. Each says whether
// it may reach a guarded one, and by which property.
var reaching = map[string]struct {
	property string
	reaches  func(r *assembly.Resource, g *inventory.Guarded) bool
}{
	"AWS::Backup::BackupSelection":    {"BackupSelection.Resources", selects},
	"AWS::Events::Rule":               {"EventPattern", hears},
	"AWS::Logs::AccountPolicy":        {"PolicyDocument", subscribes},
	"AWS::Oam::Link":                  {"ResourceTypes", observes},
	"AWS::SSM::Association":           {"Targets", manages},
	"AWS::SSM::MaintenanceWindowTask": {"Targets", manages},
}

// unnamed adds to the mentions what resources reach without naming it, and returns those resources that name nothing guarded at all.
func unnamed(m *model.Model, i *inventory.Inventory, mentions map[*assembly.Resource][]inventory.Mention) []*assembly.Resource {
	byAccount := map[string][]*inventory.Guarded{}
	for _, g := range i.Guarded {
		byAccount[g.Stack.Account] = append(byAccount[g.Stack.Account], g)
	}
	var all []*assembly.Resource
	for _, kind := range slices.Sorted(maps.Keys(reaching)) {
		for _, r := range m.Assembly.OfType(kind) {
			named := mentions[r]
			reached := slices.Clone(named)
			for _, g := range byAccount[r.Stack.Account] {
				isNamed := slices.ContainsFunc(named, func(one inventory.Mention) bool { return one.Guarded == g })
				if !isNamed && reaching[kind].reaches(r, g) {
					reached = append(reached, inventory.Mention{Guarded: g, Places: []string{reaching[kind].property}})
				}
			}
			if mentions[r] = reached; len(named) == 0 && len(reached) > 0 {
				all = append(all, r)
			}
		}
	}
	return all
}
