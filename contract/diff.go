package contract

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// ChangeKind is the effect of a change on what the grantees may do.
type ChangeKind string

const (
	// Widened is a change after which the grant permits more, or requires less.
	Widened ChangeKind = "widened"
	// Changed is a change of a name or a value that the users of the grant depend on.
	Changed ChangeKind = "changed"
	// Narrowed is a change after which the grant permits less, or requires more.
	Narrowed ChangeKind = "narrowed"
)

// ChangeKinds are all kinds, in the order in which [Diff] returns them.
func ChangeKinds() []ChangeKind { return []ChangeKind{Widened, Changed, Narrowed} }

// Change is one difference between two contracts.
type Change struct {
	Kind ChangeKind
	// Grant is the key of the grant.
	Grant string
	// What describes the change, with both values if there are two.
	What string
	// MayWiden says of what is [Changed] that it may permit more than before: another perimeter, another external ID, another requester. What is widened
	// or narrowed is sure.
	MayWiden bool
}

// Widens says that more may be permitted after the change than before.
func (c Change) Widens() bool { return c.Kind == Widened || c.MayWiden }

// Diff returns the changes between two contracts: what is widened, then what is changed, then what is narrowed; each by grant. It compares
// permissions by what they permit: a statement with another Sid, or one that is split in two, is no change. Like [Grant.Uncovered], it takes a
// permission that only several statements together cover for one that none covers. Both contracts have to be as [Read] returns them, except
// for their order.
func Diff(before, after Contract) []Change {
	old, now := grantsByKey(before), grantsByKey(after)
	var all []Change
	for key, g := range now {
		c := comparison{grant: key}
		if o, ok := old[key]; ok {
			c.grants(o, g)
		} else {
			c.add(Widened, "the grant is new, for %s", list(g.Grantees))
			c.permissions(nil, g.Permissions)
		}
		all = append(all, c.changes...)
	}
	for key, g := range old {
		if _, ok := now[key]; !ok {
			c := comparison{grant: key}
			c.add(Narrowed, "the grant was removed, for %s", list(g.Grantees))
			c.permissions(g.Permissions, nil)
			all = append(all, c.changes...)
		}
	}
	slices.SortStableFunc(all, func(a, b Change) int {
		return cmp.Or(cmp.Compare(slices.Index(ChangeKinds(), a.Kind), slices.Index(ChangeKinds(), b.Kind)), strings.Compare(a.Grant, b.Grant))
	})
	return all
}

func grantsByKey(c Contract) map[string]Grant {
	grants := map[string]Grant{}
	for _, g := range c.Grants {
		grants[g.Key()] = g.canonical()
	}
	return grants
}

// comparison collects the changes of one grant.
type comparison struct {
	grant   string
	changes []Change
}

func (c *comparison) add(kind ChangeKind, format string, arguments ...any) {
	c.changes = append(c.changes, Change{Kind: kind, Grant: c.grant, What: fmt.Sprintf(format, arguments...)})
}

// grants compares all fields of a grant, except its digest, which follows from the others.
func (c *comparison) grants(old, now Grant) {
	c.changed("name", old.Name, now.Name) // two names and stages can make the same key: a-b, stage c, and a, stage b-c
	c.changed("stage", old.Stage, now.Stage)
	c.another(c.mayWiden, "target account", old.Target.Account, now.Target.Account)
	c.changed("target region", old.Target.Region, now.Target.Region)
	c.another(c.mayWiden, "access mode", string(old.Access), string(now.Access))
	c.another(c.mayWiden, "role", old.RoleARN, now.RoleARN)
	c.values("grantee", old.Grantees, now.Grantees)
	c.trust(old.Trust, now.Trust)
	c.permissions(old.Permissions, now.Permissions)
	c.perimeter(old.Perimeter, now.Perimeter)
	names := slices.Concat(slices.Collect(maps.Keys(old.Environment)), slices.Collect(maps.Keys(now.Environment)))
	for _, name := range sorted(names) {
		was, had := old.Environment[name]
		is, has := now.Environment[name]
		switch {
		case !had:
			c.add(Changed, "environment: %s added: %s", show(name), show(is))
		case !has:
			c.add(Changed, "environment: %s removed, was %s", show(name), show(was))
		case was != is:
			c.add(Changed, "environment: %s was %s, is %s", show(name), show(was), show(is))
		}
	}
}

// mayWiden adds a change after which more may be permitted.
func (c *comparison) mayWiden(format string, arguments ...any) {
	c.add(Changed, format, arguments...)
	c.changes[len(c.changes)-1].MayWiden = true
}

// changed adds a change if a value is another: one that widens nothing, or one that may. An empty value is shown as none.
func (c *comparison) changed(what, was, is string) {
	c.another(func(format string, arguments ...any) { c.add(Changed, format, arguments...) }, what, was, is)
}

func (c *comparison) another(add func(format string, arguments ...any), what, was, is string) {
	none := func(value string) string {
		if value == "" {
			return "none"
		}
		return show(value)
	}
	if was != is {
		add("%s: was %s, is %s", what, none(was), none(is))
	}
}

// values adds the values that are added, which widens, and those that are removed, which narrows.
func (c *comparison) values(what string, old, now []string) {
	for _, value := range now {
		if !slices.Contains(old, value) {
			c.add(Widened, "%s added: %s", what, show(value))
		}
	}
	for _, value := range old {
		if !slices.Contains(now, value) {
			c.add(Narrowed, "%s removed: %s", what, show(value))
		}
	}
}

// requirement adds what is required now, which narrows, or no longer, which widens, or changed.
func (c *comparison) requirement(what, was, is string) {
	switch {
	case was == "" && is != "":
		c.add(Narrowed, "%s added: %s", what, show(is))
	case was != "" && is == "":
		c.add(Widened, "%s removed: %s", what, show(was))
	default:
		c.another(c.mayWiden, what, was, is)
	}
}

func (c *comparison) trust(old, now Trust) {
	switch {
	case old.Mode == NamedRole && now.Mode == ExactRole:
		c.add(Narrowed, "trust: was %s, is %s: a role created again under the same name is no longer trusted", old.Mode, now.Mode)
	case old.Mode == ExactRole && now.Mode == NamedRole:
		c.add(Widened, "trust: was %s, is %s: a role created again under the same name is trusted too", old.Mode, now.Mode)
	default:
		c.another(c.mayWiden, "trust", string(old.Mode), string(now.Mode))
	}
	c.requirement("external id", old.ExternalID, now.ExternalID)
	c.requirement("source identity", old.SourceIdentity, now.SourceIdentity)
	c.requirement("organization", old.OrganizationID, now.OrganizationID)
	switch {
	case !old.SessionTags && now.SessionTags:
		c.add(Widened, "session tags are accepted now")
	case old.SessionTags && !now.SessionTags:
		c.add(Narrowed, "session tags are accepted no longer")
	}
	c.changed("duration of sessions", seconds(old.SessionSeconds), seconds(now.SessionSeconds)) // which nothing enforces
}

func (c *comparison) perimeter(old, now *Perimeter) {
	switch {
	case old == nil && now == nil:
	case old == nil:
		c.add(Narrowed, "perimeter added: %s", now.show())
	case now == nil:
		c.add(Widened, "perimeter removed: %s", old.show())
	case old.Enforcement != now.Enforcement || old.Key != now.Key:
		c.mayWiden("perimeter: was %s, is %s", old.show(), now.show())
	default:
		c.values(fmt.Sprintf("perimeter %s, %s", now.Enforcement, show(now.Key)), old.Values, now.Values)
		c.values("perimeter "+string(now.Enforcement)+", administrators", old.Administrators, now.Administrators)
	}
}

// permissions adds what only one side permits, by statement, and the permissions whose requester changed.
func (c *comparison) permissions(old, now []Statement) {
	for _, s := range now {
		if parts := s.uncoveredBy(old); len(parts) > 0 {
			c.add(Widened, "%s now permits %s", s.Sid, s.show(parts, "until now"))
		}
	}
	for _, s := range old {
		if parts := s.uncoveredBy(now); len(parts) > 0 {
			c.add(Narrowed, "%s no longer permits %s", s.Sid, s.show(parts, "from now on"))
		}
	}
	c.requesters(old, now)
}

// requesters adds the permissions that both sides have, but with another ViaAWSService: another requester makes the request now.
func (c *comparison) requesters(old, now []Statement) {
	added := map[string]bool{}
	changed := func(s Statement, others []Statement) []part {
		return s.parts(func(action, resource string) (concerned bool, _ string) {
			of := func(viaAWSService bool) bool {
				return slices.ContainsFunc(others, func(o Statement) bool { return o.ViaAWSService == viaAWSService && s.coveredBy(o, action, resource) })
			}
			cell := fmt.Sprintf("%q %q %q %q", action, resource, s.Account, s.Conditions)
			concerned = of(!s.ViaAWSService) && !of(s.ViaAWSService) && !added[cell]
			added[cell] = added[cell] || concerned
			return concerned, ""
		})
	}
	for _, s := range now {
		if parts := changed(s, old); len(parts) > 0 {
			c.mayWiden("%s, %s: was %s, is %s", s.Sid, s.show(parts, ""), requester(!s.ViaAWSService), requester(s.ViaAWSService))
		}
	}
	for _, s := range old {
		if parts := changed(s, now); len(parts) > 0 {
			c.mayWiden("%s, %s: was %s, is %s", s.Sid, s.show(parts, ""), requester(s.ViaAWSService), requester(!s.ViaAWSService))
		}
	}
}

func requester(viaAWSService bool) string {
	if viaAWSService {
		return "requested by AWS for the grantee"
	}
	return "requested by the grantee"
}

// part is some actions on some resources of a statement, and what the other side permits instead.
type part struct {
	actions, resources []string
	other              string
}

// uncoveredBy returns the parts of the statement that none of the others covers, with what these permit instead: the same under conditions, or else what is
// within the resource, and other objects of its bucket.
func (s Statement) uncoveredBy(others []Statement) []part {
	return s.parts(func(action, resource string) (concerned bool, other string) {
		var conditions, near []string
		for _, o := range others {
			if s.coveredBy(o, action, resource) {
				return false, ""
			}
			unconditional := o
			if unconditional.Conditions = nil; s.coveredBy(unconditional, action, resource) {
				conditions = append(conditions, showConditions(o.Conditions))
			}
			for _, one := range o.AcrossAccounts() {
				if s.Account == o.Account && hasAction(o.Actions, action) && (CoversPattern(resource, one) || inOneBucket(resource, one)) {
					near = append(near, one)
				}
			}
		}
		switch {
		case len(conditions) > 0:
			return true, " " + strings.Join(sorted(conditions), ", or ")
		case len(near) > 0:
			return true, ": " + list(sorted(near))
		}
		return true, ""
	})
}

// inOneBucket reports whether two ARNs are both of objects of one bucket.
func inOneBucket(a, b string) bool {
	a, _, ok := strings.Cut(a, "/")
	b, _, both := strings.Cut(b, "/")
	return ok && both && a == b && strings.HasPrefix(a, "arn:") && strings.Contains(a, ":s3:::")
}

// parts returns the actions on resources that concerned selects, grouped to be short.
func (s Statement) parts(concerned func(action, resource string) (yes bool, other string)) (parts []part) {
	for _, action := range s.Actions {
		resources := map[string][]string{} // by what the other side permits instead
		for _, resource := range s.Resources {
			if yes, other := concerned(action, resource); yes {
				resources[other] = append(resources[other], resource)
			}
		}
		for _, other := range slices.Sorted(maps.Keys(resources)) {
			i := slices.IndexFunc(parts, func(p part) bool {
				return p.other == other && slices.Equal(p.resources, resources[other])
			})
			if i < 0 {
				i, parts = len(parts), append(parts, part{resources: resources[other], other: other})
			}
			parts[i].actions = append(parts[i].actions, action)
		}
	}
	return parts
}

// coveredBy reports whether another statement covers one action on one resource of the statement. Resources of another account differ.
func (s Statement) coveredBy(other Statement, action, resource string) bool {
	return s.Account == other.Account && other.covers(action, resource, s.Conditions)
}

func (s Statement) show(parts []part, when string) string {
	var shown []string
	for _, p := range parts {
		text := list(p.actions) + " on " + list(p.resources)
		if s.Account != "" {
			text += " of account " + s.Account
		}
		if len(s.Conditions) > 0 || strings.HasPrefix(p.other, " ") {
			text += " " + showConditions(s.Conditions)
		}
		if p.other != "" {
			text += " (" + when + p.other + ")"
		}
		shown = append(shown, text)
	}
	return strings.Join(shown, "; ")
}

// showConditions returns "if KEY OPERATOR VALUES and …".
func showConditions(conditions map[string]map[string][]string) string {
	var shown []string
	for _, operator := range slices.Sorted(maps.Keys(conditions)) {
		for _, key := range slices.Sorted(maps.Keys(conditions[operator])) {
			shown = append(shown, fmt.Sprintf("%s %s %s", show(key), operator, list(conditions[operator][key])))
		}
	}
	if len(shown) == 0 {
		return "without a condition"
	}
	return "if " + strings.Join(shown, " and ")
}

func (p Perimeter) show() string {
	text := fmt.Sprintf("%s, %s of %s", show(string(p.Enforcement)), show(p.Key), list(p.Values))
	if len(p.Administrators) > 0 {
		text += ", administrators " + list(p.Administrators)
	}
	return text
}

func seconds(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n) + "s"
}

// show returns a text unchanged if it is one printable word, and quoted if not: anyone may have written it, and it goes to a terminal.
func show(text string) string {
	if text == "" || strings.ContainsFunc(text, func(r rune) bool { return r == ' ' || r == '"' || r == '\\' || !strconv.IsPrint(r) }) {
		return strconv.Quote(text)
	}
	return text
}

func list(texts []string) string {
	shown := make([]string, len(texts))
	for i, text := range texts {
		shown[i] = show(text)
	}
	return strings.Join(shown, ", ")
}
