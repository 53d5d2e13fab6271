package page

import (
	"cmp"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof"
)

// node is something that the ways of grants lead over.
type node struct {
	key        string
	icon       string
	title, sub string
	full       string // the whole name
	grants     []int
	box
}

func (n *node) name() string {
	if n.sub == "" || n.icon == "function" {
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

// caller is what a chain begins with: what runs as the grantee, or the grantee's role if no template has that.
func (p *picture) caller(grant int, c *proof.Chain) *node {
	in := p.placeOf(c)
	role := afterSlash(c.Caller)
	if c.From == nil || c.From.Resource == nil {
		return p.node(grant, "caller "+c.Caller, func() *node {
			return &node{icon: "role", title: role, sub: "runs anywhere: no template tells", full: c.Caller}
		}, &in.nodes)
	}
	r := c.From.Resource
	return p.node(grant, "caller "+r.Stack.Label+" "+r.LogicalID+" "+in.key, func() *node {
		return &node{icon: "function", title: label(r), sub: "as " + role, full: r.LogicalID + " as " + c.Caller}
	}, &in.nodes)
}

// role is the trusted one.
func (p *picture) role(grant int, arn string) *node {
	return p.node(grant, "role "+arn, func() *node {
		return &node{icon: "role", title: afterSlash(arn), sub: "trusted role", full: arn}
	}, &p.target(part(arn, 4)).roles)
}

// datum is the bucket, table, key or other resource that a chain leads to.
func (p *picture) datum(grant int, c *proof.Chain) *node {
	arn, icon, name, what := thing(c.Resource)
	return p.node(grant, "datum "+c.Owner+" "+arn, func() *node {
		return &node{icon: icon, title: shortID(name), sub: what, full: arn}
	}, &p.target(c.Owner).data)
}

// user is who makes a request that takes no route: a service on data that the grant is on, too, or else whoever runs anywhere.
func (p *picture) user(grant int, c *proof.Chain, start *node) *node {
	if c.Through == "" {
		return start
	}
	for _, n := range p.target(c.Owner).data {
		if slices.Contains(n.grants, grant) && part(n.full, 2) == c.Through {
			return n
		}
	}
	return start
}

// thing is the resource as a whole that an ARN is about or within, with its icon, its name and what it is.
func thing(arn string) (whole, icon, name, what string) {
	rest := part(arn, 5)
	head := strings.TrimSuffix(arn, rest)
	kind, id, _ := strings.Cut(rest, "/")
	switch service := part(arn, 2); {
	case service == "s3" && part(arn, 4) == "":
		return head + kind, "bucket", kind, "bucket"
	case service == "dynamodb":
		id, _, _ = strings.Cut(id, "/")
		return head + kind + "/" + id, "table", id, "table"
	case service == "kms":
		return arn, "key", id, "key"
	default:
		return arn, "thing", cmp.Or(rest, arn), service
	}
}

// part is one of the parts of an ARN: 2 is the service, 4 the account, 5 the rest.
func part(arn string, i int) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 {
		return ""
	}
	return parts[i]
}

func afterSlash(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }
