package plugin

import (
	"fmt"
	"slices"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/internal/columns"
	"github.com/crossgrant/crossgrant/proof"
)

// success is the line of a synthesis that does not fail, "" for one that does, by its report and the findings of that: how much is proved, and that the rest is acknowledged, or that nothing is
// declared.
func success(r *proof.Report, findings []*proof.Finding, acknowledged func(path, id string) bool) string {
	if r.Verdict() == proof.NothingDeclared {
		return "nothing is declared: found no grant, no connection and no expectation"
	}
	for _, f := range findings {
		where, id := f.Where(), f.ID()
		if len(where) == 0 && !acknowledged("", id) || slices.ContainsFunc(where, func(r *assembly.Resource) bool { return !acknowledged(r.Path, id) }) {
			return ""
		}
	}
	proved := 0
	for i := range r.Checks {
		if r.Checks[i].Verdict == proof.Proved {
			proved++
		}
	}
	if proved == 0 {
		return "nothing is proved: what was found is acknowledged"
	}
	grants := columns.Count(len(r.Grants), "grant", "grants")
	if all := len(r.Checks); proved < all {
		return fmt.Sprintf("%s, %d of %s proved, the rest acknowledged", grants, proved, columns.Count(all, "access", "accesses"))
	}
	return fmt.Sprintf("%s, %s proved", grants, columns.Count(proved, "access", "accesses"))
}
