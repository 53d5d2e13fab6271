package contract

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// ChangeKind is what a change means for who may do what.
type ChangeKind string

const (
	// Widened is a change after which more is permitted, or less is asked for it.
	Widened ChangeKind = "widened"
	// Moved is a change after which something is called otherwise or stands elsewhere: whoever uses the grant has to follow.
	Moved ChangeKind = "moved"
	// Narrowed is a change after which less is permitted, or more is asked for it.
	Narrowed ChangeKind = "narrowed"
)

// ChangeKinds are all kinds, in the order in which [Diff] has them.
func ChangeKinds() []ChangeKind { return []ChangeKind{Widened, Moved, Narrowed} }

// Change is one thing that differs between two contracts.
type Change struct {
	Kind ChangeKind
	// Grant is the key of the grant.
	Grant string
	// What says it in words, with both values where there are two.
	What string
}

// Diff returns what of a contract another one changes: what it widens, then what it moves, then what it narrows; each by grant. It
// returns nothing if both agree on the same, however they write it: permissions are compared by what they permit, so that a statement which
// is only called otherwise, or cut in two, is no change. Like [Grant.Missing], it takes a permission that only several statements cover
// together for one that none covers. Both contracts have to be as [Read] returns them, but for order.
func Diff(before, after Contract) []Change {
	old, now := byKeys(before), byKeys(after)
	var all []Change
	for key, g := range now {
		c := comparison{grant: key}
		if o, ok := old[key]; ok {
			c.grants(o, g)
		} else {
			c.say(Widened, "the grant is new, for %s", list(g.Grantees))
			c.permissions(nil, g.Permissions)
		}
		all = append(all, c.changes...)
	}
	for key, g := range old {
		if _, ok := now[key]; !ok {
			c := comparison{grant: key}
			c.say(Narrowed, "the grant is gone, for %s", list(g.Grantees))
			c.permissions(g.Permissions, nil)
			all = append(all, c.changes...)
		}
	}
	slices.SortStableFunc(all, func(a, b Change) int {
		return cmp.Or(cmp.Compare(slices.Index(ChangeKinds(), a.Kind), slices.Index(ChangeKinds(), b.Kind)), strings.Compare(a.Grant, b.Grant))
	})
	return all
}

func byKeys(c Contract) map[string]Grant {
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

func (c *comparison) say(kind ChangeKind, format string, arguments ...any) {
	c.changes = append(c.changes, Change{Kind: kind, Grant: c.grant, What: fmt.Sprintf(format, arguments...)})
}

// grants compares all that a grant has but its digest, which says nothing of its own.
func (c *comparison) grants(old, now Grant) {
	c.moved("name", old.Name, now.Name) // the keys may be equal all the same: a-b, stage c, and a, stage b-c
	c.moved("stage", old.Stage, now.Stage)
	c.moved("target account", old.Target.Account, now.Target.Account)
	c.moved("target region", old.Target.Region, now.Target.Region)
	c.moved("access mode", string(old.Access), string(now.Access))
	c.moved("role", old.RoleARN, now.RoleARN)
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
			c.say(Moved, "environment: %s added: %s", show(name), show(is))
		case !has:
			c.say(Moved, "environment: %s removed, was %s", show(name), show(was))
		case was != is:
			c.say(Moved, "environment: %s was %s, is %s", show(name), show(was), show(is))
		}
	}
}

// moved says that a value is another, if it is. An empty value is none.
func (c *comparison) moved(what, was, is string) {
	none := func(value string) string {
		if value == "" {
			return "none"
		}
		return show(value)
	}
	if was != is {
		c.say(Moved, "%s: was %s, is %s", what, none(was), none(is))
	}
}

// values says which of them are added, which widens, and which are removed.
func (c *comparison) values(what string, old, now []string) {
	for _, value := range now {
		if !slices.Contains(old, value) {
			c.say(Widened, "%s added: %s", what, show(value))
		}
	}
	for _, value := range old {
		if !slices.Contains(now, value) {
			c.say(Narrowed, "%s removed: %s", what, show(value))
		}
	}
}

// asked says what is asked now, which narrows, or no longer, or otherwise.
func (c *comparison) asked(what, was, is string) {
	switch {
	case was == "" && is != "":
		c.say(Narrowed, "%s added: %s", what, show(is))
	case was != "" && is == "":
		c.say(Widened, "%s removed: %s", what, show(was))
	default:
		c.moved(what, was, is)
	}
}

func (c *comparison) trust(old, now Trust) {
	switch {
	case old.Mode == NamedRole && now.Mode == ExactRole:
		c.say(Narrowed, "trust: was %s, is %s: a role made again under the same name is no longer trusted", old.Mode, now.Mode)
	case old.Mode == ExactRole && now.Mode == NamedRole:
		c.say(Widened, "trust: was %s, is %s: a role made again under the same name is trusted, too", old.Mode, now.Mode)
	default:
		c.moved("trust", string(old.Mode), string(now.Mode))
	}
	c.asked("external id", old.ExternalID, now.ExternalID)
	c.asked("source identity", old.SourceIdentity, now.SourceIdentity)
	c.asked("organization", old.OrganizationID, now.OrganizationID)
	switch was, is := old.SessionSeconds, now.SessionSeconds; {
	case was == 0 || is == 0: // Direct access has no session
		c.moved("longest session", seconds(was), seconds(is))
	case was < is:
		c.say(Widened, "longest session: was %s, is %s", seconds(was), seconds(is))
	case was > is:
		c.say(Narrowed, "longest session: was %s, is %s", seconds(was), seconds(is))
	}
}

func (c *comparison) perimeter(old, now *Perimeter) {
	switch {
	case old == nil && now == nil:
	case old == nil:
		c.say(Narrowed, "perimeter added: %s", now.show())
	case now == nil:
		c.say(Widened, "perimeter removed: %s", old.show())
	case old.Enforcement != now.Enforcement || old.Key != now.Key:
		c.say(Moved, "perimeter: was %s, is %s", old.show(), now.show())
	default:
		c.values(fmt.Sprintf("perimeter %s, %s", now.Enforcement, show(now.Key)), old.Values, now.Values)
	}
}

func (p Perimeter) show() string {
	return fmt.Sprintf("%s, %s of %s", show(string(p.Enforcement)), show(p.Key), list(p.Values))
}

func seconds(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n) + "s"
}

// show returns a text as it is if it is one word that a terminal can print, and quoted otherwise: it may come from a stranger.
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
