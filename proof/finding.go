package proof

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/facts"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy"
)

// Finding is one thing to change, with all checks that it would put right.
type Finding struct {
	// Rule is that of the first check.
	Rule    Rule
	Verdict Verdict
	// Checks are those that found it.
	Checks []*Check
	// Says are what decided the first of them.
	Says []string
	// Remedy is what to change, sentence by sentence.
	Remedy []string
	// Missing are the facts that have to be given, so that the checks are decided: one, or a managed policy of one name in several accounts, such as a
	// permissions boundary. None for what no facts decide.
	Missing []facts.Want
}

// RestsOn is what no template has for sure and the verdict depends on, by name: facts, and defaults of parameters.
func (f *Finding) RestsOn() []string {
	var all []string
	for _, c := range f.Checks {
		all = append(all, c.RestsOn...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Where are the resources to change.
func (f *Finding) Where() []*assembly.Resource {
	var all []*assembly.Resource
	for _, c := range f.Checks {
		for _, r := range c.Where {
			if !slices.Contains(all, r) {
				all = append(all, r)
			}
		}
	}
	return all
}

// Kind is what the finding's ID begins with: its rule, or UndecidedKind.
func (f *Finding) Kind() string {
	if f.Verdict == Undecided {
		return UndecidedKind
	}
	return string(f.Rule)
}

// UndecidedKind is what the IDs of findings begin with that are undecided, whichever rule they are of.
const UndecidedKind = "Undecided"

// ID names the finding, for acknowledgements: its kind, then the Sid of the statement that it is about, if that has one, and a digest of the statement, or of
// the accesses with the statements that allow them, or of what was found. So another finding, such as of the same statement with one more action, has
// another one. What facts would decide is named by [UndecidedID].
func (f *Finding) ID() string {
	if len(f.Missing) > 0 {
		return undecidedID(subject(f.Missing[0]))
	}
	parts := []string{f.Kind()}
	if f.Verdict == Undecided {
		parts = append(parts, string(f.Rule))
	}
	if s := f.Checks[0].Statement; s != nil && len(f.Checks) == 1 && policy.IsKnown(s.Sid) && s.Sid != "" {
		parts = append(parts, s.Sid)
	}
	var about []any
	for _, c := range f.Checks {
		about = append(about, identity(c))
	}
	text, err := json.Marshal([]any{f.Rule, f.Verdict, about})
	if err != nil {
		panic(err) // strings, lists and maps of strings only
	}
	digest := sha256.Sum256(text)
	return notOfID.ReplaceAllString(strings.Join(append(parts, hex.EncodeToString(digest[:4])), "-"), "-")
}

// UndecidedID is the ID of the finding that facts about something have to be given, such as about the bucket arn:aws:s3:::company-logs.
func UndecidedID(missing string) string { return undecidedID(subject(facts.Want{Resource: missing})) }

func undecidedID(subject string) string {
	return UndecidedKind + "-" + strings.Trim(notOfID.ReplaceAllString(policy.Readable(subject), "-"), "-")
}

// notOfID is what IDs do not have: the CDK reserves colons, brackets and spaces.
var notOfID = regexp.MustCompile(`[^A-Za-z0-9_.]+`)

// identity is what distinguishes a check from any other one: for a statement whose it is and all of its elements, for an access all that the request has and
// the statements that allow it, and for anything else what it says.
func identity(c *Check) any {
	var where []string
	for _, r := range c.Where {
		where = append(where, r.Stack.Name+"."+r.LogicalID)
	}
	switch {
	case c.Statement != nil:
		return []any{c.Grant, where, c.Statement.Effect, c.Statement.Elements()}
	case c.Access.Action == "" && c.Access.Assumes == nil:
		return []any{c.Grant, where, c.Name, c.Says}
	}
	a, from := c.Access, ""
	if a.From != nil {
		from = a.From.Resource.Stack.Name + "." + a.From.Resource.LogicalID
	}
	a.From = nil
	var allowing []any
	for i := range c.Chains {
		for _, e := range c.Chains[i].AllowingStatements() {
			allowing = append(allowing, e)
		}
	}
	return []any{c.Grant, where, a, from, allowing}
}

// Findings are what is not proved, by rule and by what to change, the broken ones first. Each statement with too many permissions is a finding
// of its own. What facts would decide is one finding for each thing to give the facts of, whatever depends on it.
func (r *Report) Findings() []*Finding {
	var broken, undecided []*Finding
	byRemedy := map[string]*Finding{}
	add := func(key string, c *Check, one Finding) *Finding {
		if f := byRemedy[key]; f != nil {
			if !slices.Contains(f.Checks, c) {
				f.Checks = append(f.Checks, c)
			}
			return f
		}
		one.Rule, one.Verdict, one.Checks = c.Rule, c.Verdict, []*Check{c}
		if len(one.Says) == 0 {
			one.Says = c.Says
		}
		byRemedy[key] = &one
		if c.Verdict == Broken {
			broken = append(broken, &one)
		} else {
			undecided = append(undecided, &one)
		}
		return &one
	}
	for i := range r.Checks {
		c := &r.Checks[i]
		switch {
		case c.Verdict == Proved:
		case c.Verdict == Undecided && len(c.Missing) > 0:
			for _, missing := range c.Missing {
				f := add(subject(missing), c, Finding{Says: c.Lacks(missing)})
				if slices.Contains(f.Missing, missing) {
					continue
				}
				f.Missing = append(f.Missing, missing)
				give := policy.Readable(missing.String())
				if i := slices.IndexFunc(c.Remedy, func(sentence string) bool {
					return strings.HasSuffix(sentence, "; or "+give) || strings.HasPrefix(sentence, give+", and ")
				}); i >= 0 {
					give = c.Remedy[i]
				}
				if !slices.ContainsFunc(f.Remedy, func(sentence string) bool { return strings.Contains(sentence, give) }) {
					f.Remedy = append(f.Remedy, give)
				}
			}
		default:
			key := string(c.Rule) + string(c.Verdict) + c.Grant
			for _, sentence := range c.Remedy {
				key += "\n" + sentence
			}
			if c.Rule == OverGrant {
				key += fmt.Sprint(i)
			}
			add(key, c, Finding{Remedy: c.Remedy})
		}
	}
	return append(broken, undecided...)
}

// subject is what facts are given of: for a managed policy of an account its name, since each account has a permissions boundary of its own that a company demands;
// for a part of a network its VPC.
func subject(missing facts.Want) string {
	if a, _ := arn.Parse(missing.Resource); a.Service == "iam" && strings.HasPrefix(a.Resource, "policy/") {
		return a.Resource
	}
	if missing.Resource != "" && missing.VPC() != facts.UnknownVPC {
		return missing.Resource
	}
	return missing.ID()
}
