package page

import (
	"fmt"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/internal/columns"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof"
)

// finding is one thing to change.
type finding struct {
	ID     string
	Sign   sign
	Rule   string
	About  string
	Grant  string
	First  []link // of the checks that found it
	More   []link
	Says   []string
	Rests  []string
	Where  []string
	Remedy []remedy
}

// link leads to a check.
type link struct{ ID, Name, With string }

// remedy is a sentence, and a statement to paste.
type remedy struct{ Says, Paste string }

// first is how many checks a finding shows before it is expanded.
const first = 3

// findings returns what to change, over-grants separately, and links the checks to it.
func findings(r *proof.Report, grants []*grant) (wrong, over []*finding) {
	index := map[*proof.Check]int{}
	for i := range r.Checks {
		index[&r.Checks[i]] = i
	}
	found := map[string]string{}
	for i, f := range r.Findings() {
		one := &finding{ID: fmt.Sprint("f", i), Sign: ofVerdict(f.Verdict), Rule: policy.Readable(string(f.Rule)), About: proof.About(f.Rule), Grant: policy.Readable(f.Checks[0].Grant), Says: readable(f.Says), Rests: readable(f.RestsOn())}
		for n, c := range f.Checks {
			l := link{checkID(index[c]), policy.Readable(c.Name), with(c)}
			if n < first {
				one.First = append(one.First, l)
			} else {
				one.More = append(one.More, l)
			}
			found[l.ID] = one.ID
		}
		for _, resource := range f.Where() {
			where := resource.LogicalID + " in stack " + resource.Stack.DisplayName
			if resource.Stack.Facts != "" {
				where = resource.LogicalID + " in " + resource.Stack.Facts
			}
			if resource.Path != "" {
				where += ", construct " + resource.Path
			}
			one.Where = append(one.Where, policy.Readable(where))
		}
		for _, sentence := range f.Remedy {
			if !slices.Contains(f.Says, sentence) {
				say, paste, _ := strings.Cut(policy.Readable(sentence), "\n")
				one.Remedy = append(one.Remedy, remedy{say, paste})
			}
		}
		if f.Rule == proof.OverGrant {
			over = append(over, one)
		} else {
			wrong = append(wrong, one)
		}
	}
	for _, g := range grants {
		for _, row := range g.Groups {
			for i := range row.Checks {
				row.Checks[i].Finding = found[row.Checks[i].ID]
			}
		}
	}
	return wrong, over
}

// over says how many statements were checked.
func over(r *proof.Report) string {
	n := 0
	for i := range r.Checks {
		if r.Checks[i].Rule == proof.OverGrant {
			n++
		}
	}
	if n == 0 {
		return "No statement of a grant's roles is in the templates."
	}
	return fmt.Sprintf("%s, and %s more than a grant needs.", columns.Count(n, "statement was checked", "statements were checked"), plural(n, "it does not permit", "none permits"))
}
