package compare

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/enumerate"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// Statements that changed. Those because of which a tried request differs are told by the requests. Any other is named: it counts as perhaps widened,
// unless what it is about is covered by a statement of the other side.

// place is where statements decide together: the policies of one principal, or the policy of one resource.
type place struct{ kind, owner string }

// statement is one of an assembly.
type statement struct {
	enumerate.Source
	policy.Elements
	effect policy.Effect
	of     *assembly.Resource
}

// statementsOf are the statements of an assembly, by place.
func (c *comparison) statementsOf(subject int) map[place][]statement {
	m, all := c.Models[subject], map[place][]statement{}
	add := func(kind, owner string, of *assembly.Resource, documents ...*policy.Document) {
		for _, d := range documents {
			if d == nil {
				continue
			}
			for i := range d.Statements {
				s := &d.Statements[i]
				all[place{kind, owner}] = append(all[place{kind, owner}], statement{enumerate.Source{Subject: subject, Document: d, Index: i}, s.Elements(), s.Effect, of})
			}
		}
	}
	for _, name := range m.Accounts.ARNs() {
		r, _ := m.Accounts.ResourceOf(name)
		add("resource", name, r.Resource, r.Policy)
	}
	for _, p := range slices.Concat(m.Accounts.Roles, m.Accounts.Users) {
		add("trust", p.ARN, p.Resource, p.Trust)
		add("identity", p.ARN, p.Resource, p.Policies...)
		add("boundary", p.ARN, p.Resource, cmp.Or(p.Boundary, c.everything))
	}
	for _, e := range m.Network.Endpoints() {
		add("endpoint", e.Resource.Stack.Label+"/"+e.Resource.LogicalID, e.Resource, cmp.Or(m.EndpointPolicy(e), c.everything))
	}
	return all
}

// newEverything is what no boundary, and no policy of an endpoint, mean: everything is permitted.
// https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html
func newEverything() *policy.Document {
	d, err := policy.Parse([]byte(`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}`))
	if err != nil {
		panic(err) // a constant
	}
	return d
}

// read reads the statements of both sides, and which of them one side only has.
func (c *comparison) read() {
	seen := map[place]bool{}
	for subject := range c.statementsAt {
		c.statementsAt[subject] = c.statementsOf(subject)
		for p := range c.statementsAt[subject] {
			if !seen[p] {
				seen[p] = true
				c.places = append(c.places, p)
			}
		}
	}
	slices.SortFunc(c.places, func(a, b place) int { return strings.Compare(a.owner+a.kind, b.owner+b.kind) })
	for _, p := range c.places {
		for subject := range c.statementsAt {
			for _, s := range without(c.statementsAt[subject][p], c.statementsAt[1-subject][p]) {
				c.changed[s.Source] = true
			}
		}
	}
}

// statements names what changed without a difference among the requests.
func (c *comparison) statements() {
	untried := map[enumerate.Source]string{}
	for _, u := range c.Untried {
		untried[u.Source] = u.Why
	}
	for _, p := range c.places {
		old, now := c.statementsAt[0][p], c.statementsAt[1][p]
		added, removed := without(now, old), without(old, now)
		if !c.has(0, p) { // what denies something that is new takes away nothing
			added = slices.DeleteFunc(added, func(s statement) bool { return s.effect == policy.Deny || p.kind == "boundary" })
		}
		if !c.has(1, p) { // what stays when its stack drops it stays without its policy
			removed = slices.DeleteFunc(removed, func(s statement) bool {
				return p.kind != "resource" || !strings.HasPrefix(s.of.DeletionPolicy, "Retain")
			})
		}
		told := slices.ContainsFunc(slices.Concat(added, removed), func(s statement) bool { return c.widened[s.Source] || c.narrowed[s.Source] })
		for _, s := range added {
			c.named(s, "added to", s.effect == policy.Allow, told, old, untried[s.Source])
		}
		for _, s := range removed {
			c.named(s, "removed from", s.effect == policy.Deny, told, now, untried[s.Source])
		}
	}
}

// has says that a side has what the statements of a place are of.
func (c *comparison) has(subject int, p place) bool {
	if p.kind == "endpoint" {
		return len(c.statementsAt[subject][p]) > 0
	}
	m := c.Models[subject]
	_, isPrincipal := m.Accounts.Principal(p.owner)
	return isPrincipal || slices.Contains(m.Accounts.ARNs(), p.owner)
}

// named adds a statement that is on one side only, unless requests tell it. told says that they tell another one of its place.
func (c *comparison) named(s statement, verb string, mayWiden, told bool, others []statement, untried string) {
	covered := s.coveredBy(others)
	if mayWiden && c.widened[s.Source] || !mayWiden && (c.widened[s.Source] || c.narrowed[s.Source]) || covered && told {
		return
	}
	noPolicy := func(one statement) bool { return one.Document == c.everything }
	if !mayWiden && (noPolicy(s) || slices.ContainsFunc(others, noPolicy)) { // the other side says it
		return
	}
	document := policy.Readable(cmp.Or(s.Document.Name, "a policy"))
	d := &Difference{Kind: Changed, What: strings.TrimSuffix(statementName(s.Document, s.Index), " of "+document) + " " + verb + " " + document, InOld: s.Subject == 0, Statement: s.text()}
	switch {
	case covered:
		d.Because = []string{"no difference among the requests tried: other statements say the same"}
	case mayWiden:
		d.Kind, d.Because = PerhapsWidened, []string{"no difference among the requests tried, and it may permit more"}
	default:
		d.Because = []string{"no difference among the requests tried, and it permits no more"}
	}
	if untried != "" {
		d.Because = append(d.Because, "not tried: "+policy.Readable(untried))
	}
	if noPolicy(s) {
		d.What, d.Statement = s.of.Type+" "+policy.Readable(s.of.LogicalID)+" has no policy any more, so that everything passes", ""
		if s.of.Type != "AWS::EC2::VPCEndpoint" {
			d.What = s.of.Type + " " + policy.Readable(s.of.LogicalID) + " has no permissions boundary any more"
		}
	}
	if s.of != nil && s.of.Stack != nil {
		d.Where = []*assembly.Resource{s.of}
	}
	c.Differences = append(c.Differences, d)
}

// without are the statements that others do not have, whatever their Sids and their order are.
func without(all, others []statement) (rest []statement) {
	has := map[string]bool{}
	for _, o := range others {
		has[o.key()] = true
	}
	for _, s := range all {
		if !has[s.key()] {
			rest = append(rest, s)
		}
	}
	return rest
}

// key is the same for statements that mean the same, word by word. The version of the policy matters where there are variables.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html
func (s statement) key() string {
	text := s.text()
	if strings.Contains(text, "${") {
		text += s.Document.Version
	}
	return text
}

// text is the statement as JSON, without its Sid, with sorted lists.
func (s statement) text() string {
	name := func(element string, not bool) string {
		if not {
			return "Not" + element
		}
		return element
	}
	of := map[string]any{"Effect": s.effect}
	if len(s.Principals) > 0 {
		principals := map[string][]string{}
		for group, list := range s.Principals {
			principals[group] = ordered(list)
		}
		of[name("Principal", s.NotPrincipal)] = principals
		if everyone := principals[""]; len(everyone) > 0 {
			of[name("Principal", s.NotPrincipal)] = "*"
		}
	}
	of[name("Action", s.NotAction)] = ordered(s.Actions)
	if len(s.Resources) > 0 {
		of[name("Resource", s.NotResource)] = ordered(s.Resources)
	}
	conditions := map[string]map[string][]string{}
	for operator, keys := range s.Conditions {
		conditions[operator] = map[string][]string{}
		for key, values := range keys {
			conditions[operator][key] = ordered(values)
		}
	}
	if len(conditions) > 0 {
		of["Condition"] = conditions
	}
	text, err := json.Marshal(of)
	if err != nil {
		panic(err) // plain data
	}
	return string(text)
}

func ordered(list []string) []string {
	all := make([]string, len(list))
	for i, one := range list {
		all[i] = policy.Readable(one)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// coveredBy says that all that a statement is about is covered by statements of the same effect: for each principal, action and resource by one of them.
func (s statement) coveredBy(others []statement) bool {
	if !isReadable(s.Elements) {
		return false
	}
	for _, principal := range s.principals() {
		for _, action := range s.Actions {
			for _, resource := range s.resources() {
				if !slices.ContainsFunc(others, func(o statement) bool { return o.effect == s.effect && o.covers(s, principal, action, resource) }) {
					return false
				}
			}
		}
	}
	return true
}

// isReadable says that the actions of a statement are known.
func isReadable(e policy.Elements) bool {
	return len(e.Actions) > 0 && !slices.ContainsFunc(e.Actions, func(action string) bool { return !policy.IsKnown(action) })
}

// principals are those of a statement as texts, "" for that of an identity policy.
func (s statement) principals() (all []string) {
	for _, group := range slices.Sorted(maps.Keys(s.Principals)) {
		for _, one := range s.Principals[group] {
			all = append(all, group+" "+one)
		}
	}
	if len(all) == 0 {
		return []string{""}
	}
	return all
}

// resources are those of a statement, "" for a trust policy.
func (s statement) resources() []string {
	if len(s.Resources) == 0 {
		return []string{""}
	}
	return s.Resources
}

// covers says that a statement is about all requests of a principal, an action and a resource of another one, which may be exclusions.
func (o statement) covers(s statement, principal, action, resource string) bool {
	return (o.Document.Version == s.Document.Version || !strings.Contains(o.text()+s.text(), "${")) &&
		covered(s.NotPrincipal, o.NotPrincipal, principal, s.principals(), o.principals(), samePrincipal) &&
		covered(s.NotAction, o.NotAction, action, s.Actions, o.Actions, func(pattern, text string) bool {
			return pattern == "*" || contract.CoversPattern(strings.ToLower(pattern), strings.ToLower(text))
		}) &&
		covered(s.NotResource, o.NotResource, resource, s.resources(), o.resources(), func(pattern, text string) bool { return pattern == "*" || contract.CoversPattern(pattern, text) }) &&
		contract.ConditionsImply(s.Conditions, o.Conditions)
}

// covered compares one element. Of two that exclude, the one that excludes no more covers the other.
func covered(not, otherNot bool, one string, all, others []string, covers func(pattern, text string) bool) bool {
	switch {
	case !not && !otherNot:
		return slices.ContainsFunc(others, func(o string) bool { return covers(o, one) })
	case not && otherNot:
		return !slices.ContainsFunc(others, func(o string) bool { return !slices.ContainsFunc(all, func(s string) bool { return covers(s, o) }) })
	case not:
		return slices.Contains(others, "*") || slices.Contains(others, " *")
	}
	return false
}

// samePrincipal says that a principal is another one, or everybody.
func samePrincipal(pattern, text string) bool {
	return pattern == text || pattern == " *" || pattern == "AWS *"
}

// settings names what changed of the settings that decide on access beside policies.
func (c *comparison) settings() {
	type key struct{ stack, id string }
	resources := func(m *model.Model) map[key]*assembly.Resource {
		all := map[key]*assembly.Resource{}
		for _, s := range m.Assembly.Stacks {
			for _, r := range s.Resources {
				if _, ok := settings[r.Type]; ok && s.Facts == "" {
					all[key{s.Label, r.LogicalID}] = r
				}
			}
		}
		return all
	}
	before, after := resources(c.Models[0]), resources(c.Models[1])
	keys := slices.Collect(maps.Keys(before))
	for k := range after {
		if before[k] == nil {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, func(a, b key) int { return strings.Compare(a.stack+"/"+a.id, b.stack+"/"+b.id) })
	for _, k := range keys {
		c.setting(before[k], after[k])
	}
}

// setting names what changed of one resource. One of them may be nil.
func (c *comparison) setting(before, after *assembly.Resource) {
	r := after
	if r == nil {
		r = before
	}
	t := settings[r.Type]
	d := &Difference{Kind: PerhapsWidened, Where: []*assembly.Resource{r}, InOld: after == nil, Because: []string{"it decides on access beside policies, and no request tries it"}}
	switch {
	case before == nil && t.opensByItself:
		d.What = name(r) + " is new"
	case before == nil:
		return
	case after == nil && t.closes:
		d.What = name(r) + " is gone"
	case after == nil:
		return
	default:
		var changed []string
		for _, property := range t.properties {
			was, is := before.Properties[property], after.Properties[property]
			if one, other := asText(was), asText(is); one != other && !isPolicy(was) && !isPolicy(is) && !onlyBlocks(property, was, is) {
				changed = append(changed, fmt.Sprintf("%s was %s, is %s", property, shortened(one), shortened(other)))
			}
		}
		if len(changed) == 0 {
			return
		}
		d.What = name(r) + ": " + strings.Join(changed, "; ")
	}
	c.Differences = append(c.Differences, d)
}

// asText is a property as JSON. "absent" for none.
func asText(value any) string {
	if value == nil {
		return "absent"
	}
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // from JSON or YAML
	}
	return policy.Readable(strings.ReplaceAll(string(text), `\u0000`, "\x00"))
}

// shortened is the beginning of a long text.
func shortened(text string) string {
	if runes := []rune(text); len(runes) > 200 {
		return string(runes[:200]) + "…"
	}
	return text
}

// name is a resource as people call it.
func name(r *assembly.Resource) string { return r.Type + " " + policy.Readable(r.LogicalID) }

// onlyBlocks says that a change of the settings that block public access blocks more.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
func onlyBlocks(property string, before, after any) bool {
	if property != "PublicAccessBlockConfiguration" {
		return false
	}
	was, _ := before.(map[string]any)
	is, ok := after.(map[string]any)
	for key, value := range was {
		if fmt.Sprint(value) == "true" && fmt.Sprint(is[key]) != "true" {
			return false
		}
	}
	return ok
}
