package proof

import (
	"maps"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/policy"
)

// Of those whom no template has, these stand in probes. The account is one of AWS's documentation, and no customer's.
const (
	stranger      = "999999999999"
	otherOrg      = "o-crossgrantprobe"
	neighbourRole = "crossgrant-probe-neighbour"
)

// probes are accesses that a grant must not give. They change the first of its intents.
func (w *world) probes(g *Grant, intents []Check) []Check {
	var all []Check
	first := firstUse(intents)
	if first == nil {
		return nil
	}
	add := func(rule Rule, name string, change func(*Access)) {
		a := *first
		if a.Assumes != nil {
			assumes := *a.Assumes
			a.Assumes = &assumes
		}
		change(&a)
		all = append(all, Check{Rule: rule, Grant: g.Key(), Expects: MustFail, Name: name, Access: a})
	}
	w.otherCallers(g, *first, add)
	w.otherTerms(g, add)
	for _, s := range g.Permissions {
		w.otherWays(g, s, add)
		w.directly(g, s, add)
	}
	// What the role itself could do, from anywhere and from the grantee's place, whoever has assumed it.
	holder := *first
	if holder.Assumes != nil {
		holder.Caller, holder.Assumes = holder.Assumes.Role, nil
	}
	for _, base := range places(holder) {
		add := func(rule Rule, name string, change func(*Access)) {
			a := base
			change(&a)
			all = append(all, Check{Rule: rule, Grant: g.Key(), Expects: MustFail, Name: name, Access: a})
		}
		for _, s := range g.Permissions {
			w.beside(g, s, add)
			w.above(g, s, add)
		}
	}
	return all
}

// places are an access from anywhere, and from where it starts.
func places(a Access) []Access {
	anywhere := a
	anywhere.From = nil
	if a.From == nil {
		return []Access{anywhere}
	}
	return []Access{anywhere, a}
}

// firstUse is one access that the grant declares. Requests that AWS makes for the caller are not the caller's own.
func firstUse(intents []Check) *Access {
	for i := range intents {
		if intents[i].Access.Through == "" {
			return &intents[i].Access
		}
	}
	return nil
}

type adder func(rule Rule, name string, change func(*Access))

// entering reduces an access to what lets its caller in: to assume the role, where there is one.
func entering(change func(*Access)) func(*Access) {
	return func(a *Access) {
		change(a)
		if a.Assumes != nil {
			a.Action, a.Resource, a.Owner, a.Region, a.Context = "", "", "", "", nil
		}
	}
}

// otherCallers are those who hold every right of their own account, but are not grantees: from the grantee's place, and from anywhere.
func (w *world) otherCallers(g *Grant, use Access, add adder) {
	source := account(g.Grantees[0])
	iam := "arn:" + part(g.Grantees[0], 1) + ":iam::"
	from := func(where string, change func(*Access)) func(*Access) {
		return entering(func(a *Access) {
			change(a)
			if where == "" {
				a.From = nil
			}
		})
	}
	neighbour := func(a *Access) { a.Caller, a.powerful = iam+source+":role/"+neighbourRole, true }
	root := func(a *Access) { a.Caller = iam + source + ":root" }
	if use.From != nil {
		add(OtherRole, "another role of account "+source+", from the grantee's subnet", from("subnet", neighbour))
		add(RootUser, "the root user of account "+source+", from the grantee's subnet", from("subnet", root))
	}
	add(OtherRole, "another role of account "+source, from("", neighbour))
	add(RootUser, "the root user of account "+source, from("", root))
	add(OtherAccount, "a role of the same name in another account", from("", func(a *Access) {
		a.Caller, a.powerful = iam+stranger+":"+part(g.Grantees[0], 5), true
	}))
	if g.Trust.OrganizationID != "" {
		add(OtherOrganization, "the grantee, with its account in another organization", entering(func(a *Access) { a.organization = otherOrg }))
	}
}

// otherTerms are those of the trust.
func (w *world) otherTerms(g *Grant, add adder) {
	if g.Trust.ExternalID != "" {
		add(ExternalID, "the grantee without the external id", entering(func(a *Access) { a.Assumes.ExternalID = "" }))
		add(ExternalID, "the grantee with another external id", entering(func(a *Access) { a.Assumes.ExternalID += "-other" }))
	}
	if g.Trust.SourceIdentity != "" {
		add(SourceIdentity, "the grantee without the source identity", entering(func(a *Access) { a.Assumes.SourceIdentity = "" }))
		add(SourceIdentity, "the grantee with another source identity", entering(func(a *Access) { a.Assumes.SourceIdentity += "-other" }))
	}
}

// plain are the services that take plain HTTP unless the policy of the resource refuses it. DynamoDB does, too, but AWS's guides ask for no
// such policy there. https://docs.aws.amazon.com/general/latest/gr/aws-service-information.html
var plain = map[string]bool{"s3": true, "sns": true, "sqs": true}

// otherWays are a permission's requests on another way: from outside of the perimeter, and without TLS.
func (w *world) otherWays(g *Grant, s contract.Statement, add adder) {
	if s.ViaAWSService {
		return
	}
	resource := w.actual(g, s)[0]
	if g.Perimeter != nil {
		add(Perimeter, "from outside of the perimeter, "+s.Actions[0]+" on "+resource, func(a *Access) {
			w.variant(g, s, resource, func(map[string][]string) {})(a)
			a.From = nil
		})
	}
	if plain[s.Service()] && g.TargetStack != nil {
		add(PlainHTTP, "over plain HTTP, "+s.Actions[0]+" on "+resource,
			w.variant(g, s, resource, func(c map[string][]string) { c["aws:SecureTransport"] = []string{"false"} }))
	}
}

// beside are neighbours of what a permission is on.
func (w *world) beside(g *Grant, s contract.Statement, add adder) {
	resources := w.actual(g, s)
	if s.ViaAWSService {
		resources = nil // the keys of others than the grant's resources are not reached through a service
	}
	for _, resource := range resources {
		for _, other := range neighbours(resource) {
			if permits(g, s.Actions[0], other) {
				continue
			}
			add(OtherResource, s.Actions[0]+" on "+other, func(a *Access) {
				a.Action, a.Resource, a.Owner, a.Region = s.Actions[0], other, owner(g, s), ""
				if part(other, 3) == "" {
					a.Region = g.Target.Region
				}
				a.Context = firstExample(s)
				_, has := w.accounts.ResourceOf(other)
				a.imagined = !has
			})
		}
	}
	w.besideConditions(g, s, add)
}

// besideConditions asks for what the conditions of a permission leave out, such as another prefix in a listing.
func (w *world) besideConditions(g *Grant, s contract.Statement, add adder) {
	for _, operator := range slices.Sorted(maps.Keys(s.Conditions)) {
		if strings.Contains(operator, "Not") {
			continue
		}
		for _, key := range slices.Sorted(maps.Keys(s.Conditions[operator])) {
			if g.Perimeter != nil && key == g.Perimeter.Key {
				continue // which has a probe of its own
			}
			for _, resource := range w.actual(g, s) {
				add(OtherResource, s.Actions[0]+" on "+resource+" with another "+key, w.variant(g, s, resource, func(c map[string][]string) { c[key] = []string{filler + "/"} }))
				add(OtherResource, s.Actions[0]+" on "+resource+" without "+key, w.variant(g, s, resource, func(c map[string][]string) { delete(c, key) }))
			}
		}
	}
}

// variant is a request that a permission means, with another context.
func (w *world) variant(g *Grant, s contract.Statement, resource string, change func(map[string][]string)) func(*Access) {
	return func(a *Access) {
		a.Action, a.Resource, a.Owner, a.Region = s.Actions[0], fill(resource), owner(g, s), ""
		if part(resource, 3) == "" {
			a.Region = g.Target.Region
		}
		a.Context = firstExample(s)
		change(a.Context)
	}
}

// firstExample is a context that the conditions of a permission are true of.
func firstExample(s contract.Statement) map[string][]string {
	all, err := examples(s.Conditions)
	if err != nil {
		return map[string][]string{}
	}
	return maps.Clone(all[0])
}

// neighbours are resources that are not the one, but near it: the prefix beside a bucket's, the name that goes on, another index.
func neighbours(resource string) []string {
	service, rest := part(resource, 2), part(resource, 5)
	front := strings.TrimSuffix(resource, rest)
	base := strings.TrimSuffix(rest, "*")
	switch service {
	case "s3":
		bucket, key, isObject := strings.Cut(rest, "/")
		if !isObject {
			return []string{front + bucket + "-other"}
		}
		var all []string
		if prefix := strings.TrimSuffix(strings.TrimSuffix(key, "*"), "/"); prefix != "" {
			all = append(all, front+bucket+"/"+fill(prefix)+"-other/"+filler, front+bucket+"/"+filler)
		}
		return append(all, front+bucket+"-other/"+fill(key))
	case "dynamodb":
		table, _, hasIndex := strings.Cut(strings.TrimPrefix(rest, "table/"), "/")
		if hasIndex {
			return []string{front + "table/" + table + "-other/index/" + filler}
		}
		return []string{front + "table/" + table + "-other", front + "table/" + table + "/index/" + filler}
	}
	if policy.IsKnown(rest) {
		return []string{front + fill(base) + "-other"}
	}
	// Only what begins otherwise is surely another one.
	kind, name, _ := strings.Cut(rest, ":")
	if name == "" || !policy.IsKnown(name[:1]) {
		return nil
	}
	return []string{front + kind + ":other-" + name}
}

// permits says that a grant declares an action on a resource: then it is no probe.
func permits(g *Grant, action, resource string) bool {
	need := contract.Statement{Sid: "Probe", Actions: []string{action}, Resources: []string{resource}}
	return len(g.Uncovered([]contract.Statement{need})) == 0
}
