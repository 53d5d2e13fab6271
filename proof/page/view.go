package page

import (
	"fmt"
	"html/template"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/internal/columns"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof"
)

// view is what the templates show. All texts in it are readable.
type view struct {
	Title    string
	Security string
	Style    template.CSS
	Script   template.JS

	Sign     sign
	Headline string
	Says     string
	Counts   []count
	Made     []string // from what the page is made
	Checks   int
	Access   *access

	Grants []*grant
	// Routes are the grants of the picture, first those that do not work. MoreRoutes are shown when a reader asks for them.
	Routes, MoreRoutes []*grant

	Findings []*finding
	Over     []*finding
	OverSays string
	Assumed  []string
	Notes    []string
	Pictures []drawing
}

// routes are the grants that have a route, the first ones and the others. What does not work comes first, then what cannot be decided.
func routes(all []*grant) (first, more []*grant) {
	const most = 12
	matters := map[string]int{"broken": -2, "undecided": -1}
	for _, g := range all {
		if len(g.Steps) > 0 {
			first = append(first, g)
		}
	}
	slices.SortStableFunc(first, func(a, b *grant) int { return matters[a.Route.Class] - matters[b.Route.Class] })
	if len(first) > most {
		first, more = first[:most], first[most:]
	}
	return first, more
}

// made says from what a page is made: a commit, and when the assembly was written.
func made(options Options) []string {
	var all []string
	if commit, dirty := strings.CutSuffix(options.Commit, "-dirty"); commit != "" {
		text := "Commit " + policy.Readable(commit)
		if dirty {
			text += ", and changes that are not committed"
		}
		all = append(all, text)
	}
	if !options.Written.IsZero() {
		all = append(all, "Templates written "+options.Written.UTC().Format("2006-01-02 15:04:05 UTC"))
	}
	return all
}

// count is a figure of the headline.
type count struct {
	N     int
	Name  string
	Class string
}

func newView(r *proof.Report, options Options) *view {
	v := &view{Security: security, Style: template.CSS(style), Script: template.JS(script), Checks: len(r.Checks)}
	v.Grants = grants(r)
	v.Findings, v.Over = findings(r, v.Grants)
	v.OverSays = over(r)
	for _, n := range r.Assumed {
		v.Assumed = append(v.Assumed, policy.Readable(n.String()))
	}
	for _, n := range r.Notes {
		v.Notes = append(v.Notes, policy.Readable(n.String()))
	}
	v.headline(r)
	v.Made = made(options)
	if options.Access != nil {
		v.Access = newAccess(options)
	}
	if p := newPicture(r, v.Grants); len(p.edges) > 0 {
		v.Pictures = []drawing{p.wide(), p.narrow()}
		v.Routes, v.MoreRoutes = routes(v.Grants)
	}
	return v
}

func (v *view) headline(r *proof.Report) {
	n := map[proof.Verdict]int{}
	for i := range r.Checks {
		n[r.Checks[i].Verdict]++
	}
	verdict, reasons := r.Verdict(), len(v.Findings)+len(v.Over)
	v.Sign = ofVerdict(verdict)
	switch {
	case verdict == proof.NothingDeclared:
		v.Headline = "Nothing declared"
		v.Says = "The templates declare no grant and no connection, and nothing is expected of them, so nothing was proved. A grant declares itself in its template's metadata. " +
			"A file of expectations may say what has to be allowed or denied."
	case verdict == proof.Broken:
		v.Headline = "Broken"
		v.Says = fmt.Sprintf("%d of %s not as declared, for %s.", n[proof.Broken]+n[proof.Undecided],
			columns.Count(len(r.Checks), "access that was tried is", "accesses that were tried are"), columns.Count(reasons, "reason", "reasons"))
	case verdict == proof.Undecided:
		v.Headline = "Undecided"
		v.Says = fmt.Sprintf("Nothing is broken, but %s on something that is unknown, for %s.",
			columns.Count(n[proof.Undecided], "access depends", "accesses depend"), columns.Count(reasons, "reason", "reasons"))
	case len(r.Grants) == 0:
		v.Headline = "Proved"
		v.Says = columns.Count(len(r.Checks), "access is as it has", "accesses are as they have") + " to be."
	default:
		v.Headline = "Proved"
		v.Says = fmt.Sprintf("The assembly gives exactly the access that its grants declare: %s to be.", columns.Count(len(r.Checks), "access is as it has", "accesses are as they have"))
	}
	v.Title = "crossgrant: " + v.Sign.Word
	v.Counts = []count{{len(r.Grants), plural(len(r.Grants), "grant", "grants"), ""}, {len(r.Checks), "tried", ""}}
	for _, verdict := range []proof.Verdict{proof.Proved, proof.Broken, proof.Undecided} {
		c := count{n[verdict], string(verdict), ""}
		if c.N > 0 {
			c.Class = string(verdict)
		}
		v.Counts = append(v.Counts, c)
	}
	if len(r.Checks) == 0 {
		v.Counts = nil
	}
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// sign is an outcome: a colour, a shape and a word, for readers without colours.
type sign struct {
	// Class gives the colour, Icon the shape, Word the outcome.
	Class, Icon, Word string
}

func ofVerdict(v proof.Verdict) sign {
	icon := map[proof.Verdict]string{proof.Proved: "check", proof.Broken: "cross"}[v]
	switch {
	case v == proof.NothingDeclared:
		return sign{"none", "none", string(v)}
	case icon == "":
		icon = "question"
	}
	return sign{string(v), icon, string(v)}
}

// ofAnswer is the sign of a hop that has to pass.
func ofAnswer(a policy.Answer) sign {
	switch a {
	case policy.Yes:
		return sign{"proved", "check", "passes"}
	case policy.No:
		return sign{"broken", "cross", "does not pass"}
	}
	return sign{"undecided", "question", "cannot be decided"}
}

// ofHop is the sign of a hop of an access that has to work or must not. A hop that stops what must not work is as it has to be.
func ofHop(a policy.Answer, e proof.Expectation, chain policy.Answer) sign {
	switch {
	case e != proof.MustFail || a == policy.Indeterminate:
		return ofAnswer(a)
	case a == policy.No:
		return sign{"proved", "stop", "stops it, as it has to be"}
	case chain == policy.Yes:
		return sign{"broken", "cross", "allows it, and must not"}
	}
	return sign{"none", "arrow", "allows it"}
}

// rank orders answers by how much they matter.
var rank = map[policy.Answer]int{policy.Yes: 1, policy.Indeterminate: 2, policy.No: 3}

func worse(a, b policy.Answer) policy.Answer {
	if rank[b] > rank[a] {
		return b
	}
	return a
}
