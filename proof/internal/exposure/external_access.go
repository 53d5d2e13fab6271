// Package exposure has the rule that no configuration of a resource opens what is guarded to anybody else, and the table of resource types that
// says of each what it opens, to whom, and how it is judged. It simulates no request of a grant (package probe does) and reads no statement of a
// policy that another rule reads (package audit does).
package exposure

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/accounts"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/check"
	"github.com/crossgrant/crossgrant/proof/internal/inventory"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// ExternalAccess is the rule that no configuration of a resource opens what is guarded to anybody else: ACLs, permissions of functions, routes of
// APIs, replication, subscriptions and the like. A type of resource that is not in the table and refers to something guarded is undecided.
// AWS calls it by this name in IAM Access Analyzer: https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-concepts.html
const ExternalAccess check.Rule = "ExternalAccess"

// Rules are the rules of this package.
func Rules() []check.Definition {
	return []check.Definition{
		{Rule: ExternalAccess, About: "No configuration of a resource must open what is guarded to anybody else.", Checks: externalAccess},
	}
}

// externalAccess is one check for each resource that is guarded, or refers to something guarded, unless its type opens nothing or other rules judge it.
func externalAccess(m *model.Model) []check.Check {
	i := inventory.Of(m)
	mentions := map[*assembly.Resource][]inventory.Mention{}
	for _, r := range i.References {
		mentions[r.Resource] = r.Mentions
	}
	more := unnamed(m, i, mentions)
	var all []check.Check
	for _, g := range i.Guarded {
		all = append(all, (&subject{Model: m, inventory: i, Resource: g.Resource, guarded: g, mentions: mentions[g.Resource]}).checks()...)
	}
	for _, r := range i.References {
		more = append(more, r.Resource)
	}
	for _, r := range more {
		if i.Of(r) == nil {
			all = append(all, (&subject{Model: m, inventory: i, Resource: r, mentions: mentions[r]}).checks()...)
		}
	}
	return all
}

// subject is a resource that is judged, and what was found.
type subject struct {
	*model.Model
	*assembly.Resource
	inventory *inventory.Inventory
	// guarded is the resource itself, as it is guarded. Nil if it is not.
	guarded *inventory.Guarded
	// mentions are the guarded resources that it refers to.
	mentions []inventory.Mention

	about           *inventory.Guarded // what the first finding is about
	broken, unclear []string
	remedies        []string
}

// checks judges the resource by the table. None for a type that opens nothing, or that other rules judge.
func (s *subject) checks() []check.Check {
	t, ok := typeOf(s.Type)
	switch {
	case !ok && s.guarded == nil:
		for _, m := range s.mentions {
			if isHarmlessFor(m) {
				continue
			}
			s.mayOpen(m.Guarded, "see what it opens", "it is a %s that refers to %s (%s), and this proof does not know what that opens", s.Type, name(m.Guarded),
				strings.Join(m.Places, ", "))
		}
	case !ok:
		s.mayOpen(s.guarded, "see what it opens", "it is a %s, and this proof does not know what its properties open", s.Type)
	case t.judge == nil:
		return nil
	default:
		t.judge(s)
	}
	c := check.Check{Rule: ExternalAccess, Expects: check.MustFail, Name: policy.Readable(accounts.DisplayName(s.Resource) + " opens nothing to anybody else"),
		Access: model.Access{Caller: "anonymous"}, Verdict: check.Proved, Where: []*assembly.Resource{s.Resource}}
	c.Grant = s.grant()
	switch {
	case len(s.broken) > 0 && s.Conditional == "":
		c.Verdict = check.Broken
	case len(s.broken) > 0:
		c.Verdict = check.Undecided
		s.unclear = append(s.unclear, "whether it exists depends on condition "+s.Conditional)
	case len(s.unclear) > 0:
		c.Verdict = check.Undecided
	}
	for _, one := range append(s.broken, s.unclear...) {
		c.Details = append(c.Details, policy.Readable(one))
	}
	c.Changes, c.Manual = s.edits()
	for _, one := range s.remedies {
		c.Remedy = append(c.Remedy, policy.Readable(one))
	}
	return []check.Check{c}
}

// edits are the remedies as edits of templates: where the resource is there for what it opens, it goes. Otherwise there are none, and why.
func (s *subject) edits() ([]assembly.Change, []string) {
	for _, one := range s.remedies {
		if !strings.Contains(one, "remove it") || s.guarded != nil || s.Conditional != "" {
			return nil, []string{"what it is for, and so which of its settings to change, is known to its owner alone"}
		}
	}
	return model.Remove(s.Resource), nil
}

// isHarmlessFor says that a mention opens nothing, whatever refers: it encrypts with a key, as whoever the key's policy allows; or it notifies people by a
// topic, or hears what they do, that no grant needs.
func isHarmlessFor(m inventory.Mention) bool {
	switch {
	case m.Kind == inventory.Key:
		return !slices.ContainsFunc(m.Places, func(place string) bool { return !keyProperty.MatchString(place) })
	case m.Type == "AWS::SNS::Topic":
		return len(m.Grants) == 0
	}
	return false
}

// keyProperty is the end of a place that names the key by which something is encrypted, such as KmsKeyId or SSESpecification.KMSMasterKeyId.
var keyProperty = regexp.MustCompile(`(?i)(kms|encryption)\w*(key|id|arn)\w*$`)

// grant is the key of the grant that the check is about. "" for what only connections need.
func (s *subject) grant() string {
	if s.about != nil {
		return s.about.Grant()
	}
	if s.guarded != nil && s.guarded.Grant() != "" {
		return s.guarded.Grant()
	}
	for _, m := range s.mentions {
		if m.Grant() != "" {
			return m.Grant()
		}
	}
	return ""
}

// opens notes that the resource opens something guarded. The remedy is what to do, without the name of the resource.
func (s *subject) opens(of *inventory.Guarded, remedy, format string, args ...any) {
	s.note(of, remedy)
	s.broken = append(s.broken, fmt.Sprintf(format, args...))
}

// mayOpen notes that the resource may open something guarded, and why that is not known.
func (s *subject) mayOpen(of *inventory.Guarded, remedy, format string, args ...any) {
	s.note(of, remedy)
	s.unclear = append(s.unclear, fmt.Sprintf(format, args...))
}

func (s *subject) note(of *inventory.Guarded, remedy string) {
	if s.about == nil {
		s.about = of
	}
	s.remedies = append(s.remedies, fmt.Sprintf("%s: %s of stack %s", remedy, s.LogicalID, s.Stack.DisplayName))
}

// name is what messages call a guarded resource: its type and name, and what it is to a grant.
func name(g *inventory.Guarded) string {
	return accounts.DisplayName(g.Resource) + " (" + string(g.Kind) + ")"
}

// at are the mentions in properties that begin with one of some texts.
func (s *subject) at(properties ...string) []inventory.Mention {
	var all []inventory.Mention
	for _, m := range s.mentions {
		if slices.ContainsFunc(m.Places, func(place string) bool {
			return slices.ContainsFunc(properties, func(property string) bool { return strings.HasPrefix(place, property) })
		}) {
			all = append(all, m)
		}
	}
	return all
}

// ofKind are the mentions of guarded resources of some kinds.
func ofKind(all []inventory.Mention, kinds ...inventory.Kind) []inventory.Mention {
	return slices.DeleteFunc(slices.Clone(all), func(m inventory.Mention) bool { return !slices.Contains(kinds, m.Kind) })
}

// isConnection says that what the resource is a part of has to reach a destination. Where something else keeps it from working, the rule Connection says
// so.
func (s *subject) isConnection(destination string) bool {
	for i := range s.Declared {
		d := &s.Declared[i]
		isTo := func(one model.Connection) bool { return one.Resource == destination }
		if slices.Contains(d.Resources, s.Resource) && (len(d.Connections) == 0 && len(d.Faults) > 0 || slices.ContainsFunc(d.Connections, isTo)) {
			return true
		}
	}
	return false
}

// owner is the account of what a text names: the one in an ARN, or that of the resource of the templates. "" if it is not known.
func (s *subject) owner(text string) string {
	for _, r := range s.inventory.Named(s.Stack.Account, text) {
		return r.Stack.Account
	}
	if account := arn.Account(text); account != "" && policy.IsKnown(account) {
		return account
	}
	return ""
}

// reach is how far something guarded may go.
type reach int

const (
	itsAccount reach = iota // only its own account
	itsParties              // the accounts of its grants and connections, too
)

// sendsTo judges a destination of what is guarded: it has to be of an account that the guarded resource may reach.
func (s *subject) sendsTo(g *inventory.Guarded, r reach, property, what, destination string) {
	if destination == "" || s.isConnection(destination) {
		return
	}
	s.sendsToAccount(g, r, property, what, destination, s.owner(destination))
}

func (s *subject) sendsToAccount(g *inventory.Guarded, r reach, property, what, destination, account string) {
	switch {
	case account == "" || !policy.IsKnown(account):
		s.mayOpen(g, "send to a resource of the templates, or name its account, in "+property, "%s sends %s of %s to %s, and no template says whose that is", property, what, name(g),
			cmp.Or(destination, "somebody unknown"))
	case account == g.Stack.Account, r == itsParties && slices.Contains(g.Parties, account):
	default:
		s.opens(g, "remove "+property+", or send to account "+g.Stack.Account, "%s sends %s of %s to %s of account %s, and no grant does", property, what, name(g),
			destination, account)
	}
}

// takesFrom judges a source of what a workload is given.
func (s *subject) takesFrom(g *inventory.Guarded, property, what, source string) {
	switch account := s.owner(source); {
	case source == "" || slices.Contains(g.Parties, account) || s.isConnection(source):
	case account == "":
		s.mayOpen(g, "name a source of the templates in "+property, "%s gives %s %s from %s, and no template says whose that is", property, name(g), what, source)
	default:
		s.opens(g, "remove "+property+", or name a source of account "+g.Stack.Account, "%s lets account %s give %s %s", property, account, name(g), what)
	}
}

// text is a value as text. "" for none, and for what is none.
func text(value any) string {
	switch v := value.(type) {
	case nil, map[string]any, []any:
		return ""
	case string:
		return v
	default:
		return fmt.Sprint(v)
	}
}

// dig follows keys into nested objects.
func dig(value any, keys ...string) any {
	for _, key := range keys {
		object, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		value = object[key]
	}
	return value
}

// isOn says whether a setting is true.
func isOn(value any) policy.Answer {
	switch v := text(value); {
	case strings.EqualFold(v, "true"):
		return policy.Yes
	case policy.IsKnown(v):
		return policy.No
	}
	return policy.Indeterminate
}
