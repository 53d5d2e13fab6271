package page

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof"
)

// picture is the route of each grant: from where its grantees run, through endpoints, to the role and the data of the target account.
type picture struct {
	sources, targets []*account
	edges            []*edge
	nodes            map[string]*node
	found            map[[3]string]*edge // by grant and by the nodes' keys
}

// edge is one step of a grant. It passes if all of it does.
type edge struct {
	grant    int
	from, to *node
	passes   policy.Answer
	via      []via
}

// via is how a step goes: a route or an action.
type via struct {
	what   string
	passes policy.Answer
}

// newPicture reads the routes of what grants declare: first the requests of the grantees themselves, then those that services make for them,
// which begin where the first end. What a service does by itself, such as running a function, is not part of a grant.
func newPicture(r *proof.Report, all []*grant) *picture {
	p := &picture{nodes: map[string]*node{}, found: map[[3]string]*edge{}}
	for _, through := range []bool{false, true} {
		for i := range r.Checks {
			c := &r.Checks[i]
			if c.Rule != proof.Intent || (c.Access.Through != "") != through || arn.Account(c.Access.Caller) == "" {
				continue
			}
			for k := range c.Chains {
				p.follow(find(all, c.Grant), &c.Chains[k])
			}
		}
	}
	for _, a := range p.targets {
		a.copied = slices.ContainsFunc(p.sources, func(source *account) bool { return source.id == a.id })
	}
	for _, e := range p.edges {
		all[e.grant].Steps = append(all[e.grant].Steps, e.steps()...)
	}
	for _, g := range all {
		g.Route = g.Groups[rowOf(proof.Intent)].Sign
		g.Route.Word = map[string]string{"proved": "works", "broken": "does not work"}[g.Route.Class]
		if g.Route.Word == "" {
			g.Route.Word = "cannot be decided"
		}
	}
	return p
}

// follow adds a chain: with each hop a step. Requests to STS and to the data both begin where the grantee runs.
func (p *picture) follow(grant int, c *proof.Chain) {
	var start *node
	if c.Assumes == nil {
		start = p.user(grant, c, nil) // with direct access a service may make the request, and the grantee run nowhere
	}
	if start == nil {
		start = p.caller(grant, c)
	}
	from := start
	for i, h := range c.Hops {
		switch {
		case h.Path != nil:
			exit := p.exit(grant, c, h)
			p.step(grant, start, exit, h.What, h.Passes)
			from = exit
		case isAssume(c, h):
			p.step(grant, from, p.role(grant, c.Assumes.Role), h.Trace.Request.Action, h.Passes)
		default:
			if i == 0 || c.Hops[i-1].Path == nil {
				from = p.user(grant, c, start)
			}
			p.step(grant, from, p.datum(grant, c), c.Action, h.Passes)
		}
	}
}

func isAssume(c *proof.Chain, h proof.Hop) bool {
	return c.Assumes != nil && h.Trace != nil && strings.HasPrefix(h.Trace.Request.Action, "sts:") && h.Trace.Request.Resource == c.Assumes.Role
}

// step adds how a chain goes from one node to another.
func (p *picture) step(grant int, from, to *node, what string, passes policy.Answer) {
	key := [3]string{strconv.Itoa(grant), from.key, to.key}
	e := p.found[key]
	if e == nil {
		e = &edge{grant: grant, from: from, to: to, passes: passes}
		p.found[key] = e
		p.edges = append(p.edges, e)
	}
	e.passes = worse(e.passes, passes)
	for i := range e.via {
		if e.via[i].what == what {
			e.via[i].passes = worse(e.via[i].passes, passes)
			return
		}
	}
	e.via = append(e.via, via{what, passes})
}

// step is an edge in words.
type step struct {
	From, To, What string
	Sign           sign
}

// steps are one line for all that passes, and one each for what does not pass and what cannot be decided.
func (e *edge) steps() []step {
	var all []step
	for _, passes := range []policy.Answer{policy.No, policy.Indeterminate, policy.Yes} {
		var what []string
		for _, t := range e.via {
			if t.passes == passes {
				what = append(what, policy.Readable(t.what))
			}
		}
		if what != nil {
			all = append(all, step{e.from.name(), e.to.name(), strings.Join(what, ", "), ofAnswer(passes)})
		}
	}
	return all
}

// account is one box of the picture: the areas of a source account, or the roles and data of a target account.
type account struct {
	id          string
	areas       []*area
	roles, data []*node
	copied      bool // the grantees' own account, whose data a copy reads
	box
}

// area is a VPC, or what is in none.
type area struct {
	key, name string
	subnets   []*subnets
	exits     []*node // where routes leave: endpoints, NAT, the internet
	box
}

// subnets is a set of subnets, with what runs in it.
type subnets struct {
	key, name string
	nodes     []*node
	box
}

func (p *picture) target(id string) *account { return accountOf(&p.targets, id) }

func accountOf(list *[]*account, id string) *account {
	for _, a := range *list {
		if a.id == id {
			return a
		}
	}
	a := &account{id: id}
	*list = append(*list, a)
	return a
}

// areaOf is the VPC that a chain begins in, or what is in none.
func (p *picture) areaOf(c *proof.Chain) *area {
	id := arn.Account(c.Caller)
	if c.From != nil && c.From.Resource != nil {
		id = cmp.Or(c.From.Resource.Stack.Account, id)
	}
	in := accountOf(&p.sources, id)
	key, name := "", "Outside a VPC"
	switch {
	case c.From == nil:
		key, name = "anywhere", "Not in the templates"
	case c.Subnet != "":
		key, name = "vpc", "VPC that no template defines"
		if subnet := lookup(c.From.Resource, c.Subnet); subnet != nil {
			key, _ = subnet.Properties["VpcId"].(string)
			name = "VPC " + shortID(key)
			if vpc := lookup(c.From.Resource, key); vpc != nil {
				name = "VPC " + label(vpc)
			}
		}
	}
	for _, a := range in.areas {
		if a.key == key {
			return a
		}
	}
	a := &area{key: key, name: name}
	in.areas = append(in.areas, a)
	return a
}

// subnetsOf are the subnets that a chain's workload may run in.
func (p *picture) subnetsOf(c *proof.Chain) *subnets {
	in := p.areaOf(c)
	key, name := "", ""
	if c.Subnet != "" {
		key = strings.Join(c.From.Subnets, " ")
		var names []string
		for _, id := range c.From.Subnets {
			names = append(names, subnetName(c.From.Resource, id))
		}
		name = plural(len(names), "Subnet ", "Subnets ") + strings.Join(names, ", ")
	}
	for _, one := range in.subnets {
		if one.key == key {
			return one
		}
	}
	one := &subnets{key: key, name: name}
	in.subnets = append(in.subnets, one)
	return one
}

// subnetName is the part of a subnet's path that distinguishes it.
func subnetName(near *assembly.Resource, id string) string {
	r := lookup(near, id)
	if r == nil {
		return shortID(id)
	}
	name := strings.TrimSuffix(label(r), "/Subnet")
	return afterSlash(name)
}

// lookup finds the resource that a Ref in the stack of another resource means.
func lookup(near *assembly.Resource, ref string) *assembly.Resource {
	for _, r := range near.Stack.Resources {
		if ref != "" && r.Ref == ref {
			return r
		}
	}
	return nil
}

// exit is where a route leaves a VPC: an endpoint, a NAT gateway, the internet, or nothing.
func (p *picture) exit(grant int, c *proof.Chain, h proof.Hop) *node {
	in := p.areaOf(c)
	service := serviceName(strings.TrimPrefix(h.What, "route to "))
	if e := h.Path.Endpoint; e != nil {
		return p.node(grant, "exit "+e.Resource.Stack.Label+" "+e.Resource.LogicalID, func() *node {
			return &node{icon: "endpoint", title: service + " endpoint", sub: strings.ToLower(string(e.Kind)), full: e.Resource.LogicalID}
		}, &in.exits)
	}
	if c.Subnet == "" {
		return p.node(grant, "internet "+arn.Account(c.Caller), func() *node { return &node{icon: "internet", title: "Internet", sub: "public addresses"} }, &in.exits)
	}
	for _, hop := range h.Path.Hops {
		if hop.Resource != nil && hop.Passes != policy.No && gateways[hop.Resource.Type] != "" {
			return p.node(grant, "exit "+hop.Resource.Stack.Label+" "+hop.Resource.LogicalID, func() *node {
				return &node{icon: "internet", title: gateways[hop.Resource.Type], sub: label(hop.Resource), full: hop.Resource.LogicalID}
			}, &in.exits)
		}
	}
	title := "No route to " + service
	if h.Passes != policy.No {
		title = "Unknown route to " + service
	}
	return p.node(grant, "none "+in.key+" "+title, func() *node { return &node{icon: "none", title: title} }, &in.exits)
}

// gateways are the types of resources that lead to the internet.
var gateways = map[string]string{"AWS::EC2::NatGateway": "NAT gateway", "AWS::EC2::Instance": "NAT instance", "AWS::EC2::InternetGateway": "Internet gateway"}

// node is something on the route of a grant.
type node struct {
	key        string
	icon       string
	title, sub string
	full       string // the whole name
	runs       bool   // it is a workload
	grants     []int
	box
}

func (n *node) name() string {
	if n.sub == "" || n.runs {
		return n.title
	}
	return n.title + " (" + n.sub + ")"
}

// node returns the one with a key. A new one is made, and added where it belongs.
func (p *picture) node(grant int, key string, make func() *node, list *[]*node) *node {
	n := p.nodes[key]
	if n == nil {
		n = make()
		n.key = key
		n.title, n.sub, n.full = policy.Readable(n.title), policy.Readable(n.sub), policy.Readable(n.full)
		p.nodes[key] = n
		*list = append(*list, n)
	}
	if !slices.Contains(n.grants, grant) {
		n.grants = append(n.grants, grant)
	}
	return n
}

// caller is what a chain begins with: what runs as the grantee, or the grantee's role if no template defines that.
func (p *picture) caller(grant int, c *proof.Chain) *node {
	in := p.subnetsOf(c)
	role := afterSlash(c.Caller)
	if c.From == nil || c.From.Resource == nil {
		return p.node(grant, "caller "+c.Caller, func() *node {
			return &node{icon: "role", title: role, sub: "in no template: may run anywhere", full: c.Caller}
		}, &in.nodes)
	}
	r := c.From.Resource
	return p.node(grant, "caller "+r.Stack.Label+" "+r.LogicalID+" "+in.key, func() *node {
		return &node{icon: cmp.Or(workloads[r.Type], "task"), runs: true, title: label(r), sub: "as " + role, full: r.LogicalID + " as " + c.Caller}
	}, &in.nodes)
}

// workloads are the icons of types of what runs. Others, such as tasks, share one.
var workloads = map[string]string{"AWS::Lambda::Function": "function", "AWS::EC2::Instance": "instance"}

// role is the trusted one.
func (p *picture) role(grant int, roleARN string) *node {
	return p.node(grant, "role "+roleARN, func() *node {
		return &node{icon: "role", title: afterSlash(roleARN), sub: "trusted role", full: roleARN}
	}, &p.target(arn.Account(roleARN)).roles)
}

// datum is the bucket, table, key or other resource that a chain leads to.
func (p *picture) datum(grant int, c *proof.Chain) *node {
	whole, icon, name, what := resource(c.Resource)
	return p.node(grant, "datum "+c.Owner+" "+whole, func() *node {
		return &node{icon: icon, title: shortID(name), sub: what, full: whole}
	}, &p.target(c.Owner).data)
}

// user is what makes a request without a route: a service whose data the grant is on, too, or else a caller outside the templates.
func (p *picture) user(grant int, c *proof.Chain, start *node) *node {
	if c.Through == "" {
		return start
	}
	for _, n := range p.target(c.Owner).data {
		if a, _ := arn.Parse(n.full); slices.Contains(n.grants, grant) && a.Service == c.Through {
			return n
		}
	}
	return start
}

// resource is the resource that an ARN names or is within, with its icon, its name and its kind.
func resource(text string) (whole, icon, name, what string) {
	a, _ := arn.Parse(text)
	kind, id, _ := strings.Cut(a.Resource, "/")
	switch {
	case a.Service == "s3" && a.Account == "":
		a.Resource = kind
		return a.String(), "bucket", kind, "bucket"
	case a.Service == "dynamodb":
		id, _, _ = strings.Cut(id, "/")
		a.Resource = kind + "/" + id
		return a.String(), "table", id, "table"
	case a.Service == "kms":
		return text, "key", id, "key"
	default:
		return text, "thing", cmp.Or(a.Resource, text), a.Service
	}
}

func afterSlash(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }
