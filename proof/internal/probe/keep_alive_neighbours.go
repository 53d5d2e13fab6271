package probe

import (
	"fmt"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/network"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/internal/authorization"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/check"
	"github.com/crossgrant/crossgrant/proof/internal/model"
	"github.com/crossgrant/crossgrant/proof/internal/simulate"
)

// The neighbours of a grantee: what else uses an endpoint whose policy a grant has restricted. What their roles permit, and what AWS itself fetches
// for them, still has to pass it.

// neighbours are the checks of all workloads that use an endpoint that a grant has restricted.
func (c *checks) neighbours() {
	closed := c.closedEndpoints()
	if len(closed) == 0 {
		return
	}
	for _, w := range c.Network.Workloads() {
		for _, service := range closed {
			if len(w.Subnets) > 0 && slices.ContainsFunc(c.Network.Paths(w, service, ""), func(p network.Path) bool { return c.restricted(p) }) {
				c.neighbour(w, service)
			}
		}
	}
}

// closedEndpoints are the services whose endpoints any grant has restricted, sorted.
func (c *checks) closedEndpoints() []string {
	var all []string
	for _, g := range c.Grants {
		all = append(all, g.Closed...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// restricted says that a path goes through an endpoint with a policy.
func (c *checks) restricted(p network.Path) bool {
	return p.Endpoint != nil && c.EndpointPolicy(p.Endpoint) != nil
}

// neighbour is one check for each statement of a workload's role that permits something of a service, and one for each thing that AWS fetches.
func (c *checks) neighbour(w *network.Workload, service string) {
	if role := c.Role(w.Role); role != nil {
		for _, d := range role.Policies {
			for i := range d.Statements {
				s := &d.Statements[i]
				e := s.Elements()
				if s.Effect != policy.Allow || e.NotAction || e.NotResource {
					continue
				}
				own := slices.DeleteFunc(requestsOf(e, service, w.Role), func(a model.Access) bool { return c.isGranted(w, a) })
				actions := slices.DeleteFunc(slices.Clone(e.Actions), func(action string) bool {
					of, _, _ := strings.Cut(action, ":")
					return !strings.EqualFold(of, service) && of != "*"
				})
				statement := fmt.Sprintf("statement %d of %s", i, d.Name)
				c.passes(w, service, "what "+statement+" permits "+w.Resource.LogicalID, own, passage{statement, actions, e.Resources})
			}
		}
	}
	if service == "s3" {
		for what, objects := range c.fetches(w) {
			read := model.Access{Caller: "anonymous", Action: "s3:GetObject", Resource: model.Example(objects), Owner: model.OtherAccount, Nonexistent: true}
			c.passes(w, service, what+" of "+w.Resource.LogicalID, []model.Access{read}, passage{"", []string{read.Action}, []string{objects}})
		}
	}
}

// isGranted says that a request of a grantee is on what a grant is on, or on something of another account: what passes of that is decided by the grants.
func (c *checks) isGranted(w *network.Workload, a model.Access) bool {
	if !slices.ContainsFunc(c.Grants, func(g *model.Grant) bool { return g.IsCaller(w.Role) }) {
		return false
	}
	resource, _ := arn.Parse(a.Resource)
	if of, ok := c.Accounts.ResourceOf(a.Resource); ok {
		return of.Stack.Account != w.Resource.Stack.Account
	}
	return resource.Account != "" && resource.Account != w.Resource.Stack.Account
}

// requestsOf are examples of what a statement permits of a service: each action, or of a pattern one of each access level, on each resource.
func requestsOf(e policy.Elements, service, role string) []model.Access {
	contexts, err := model.Examples(e.Conditions)
	if err != nil {
		return nil
	}
	var all []model.Access
	for _, pattern := range e.Resources {
		if strings.Contains(pattern, "${") {
			continue
		}
		resource := model.Example(pattern)
		for _, action := range actionsOf(e.Actions, service, resource) {
			all = append(all, model.Access{Caller: role, Action: action, Resource: resource, Context: contexts[0], Pattern: pattern})
		}
	}
	return all
}

// actionsOf are the actions of a service that patterns mean on a resource. For a pattern with a wildcard one of each access level stands for all.
func actionsOf(patterns []string, service, resource string) []string {
	var all []string
	for _, pattern := range patterns {
		if !policy.IsKnown(pattern) {
			continue
		}
		if !strings.ContainsAny(pattern, "*?") {
			if of, _, _ := strings.Cut(pattern, ":"); strings.EqualFold(of, service) {
				all = append(all, pattern)
			}
			continue
		}
		seen := map[authorization.Level]bool{}
		for _, action := range authorization.On(service, resource) {
			if !seen[action.Level] && model.ActionMatches(pattern, action.Name) {
				seen[action.Level] = true
				all = append(all, action.Name)
			}
		}
	}
	return all
}

// passage is what has to pass an endpoint.
type passage struct {
	statement          string // that permits it; "" if none does
	actions, resources []string
}

// toPass says how a caller's requests pass an endpoint. What grants and marked policies do not need of what the caller may do is rather too much than to
// be let through.
func (c *checks) toPass(e *network.Endpoint, caller string, p passage) (string, []simulate.Addition) {
	name := c.EndpointPolicy(e).Name
	if slices.ContainsFunc(c.Grants, func(g *model.Grant) bool { return g.IsCaller(caller) }) || slices.ContainsFunc(c.Uses, func(u model.Use) bool { return u.Role == caller }) {
		return policy.Readable("narrow " + p.statement + " to what is needed; or declare what is, as a permission of the grant or by a policy that is marked " + contract.MustWorkKey +
			", and let " + name + " allow " + caller + " " + strings.Join(p.actions, ", ") + " on " + strings.Join(p.resources, ", ")), nil
	}
	return simulate.ToPassEndpoint(name, e.Resource, caller, p.actions, p.resources)
}

// passes checks that the endpoint's policy lets requests pass, which are examples of what has to. Whether everything else permits them is not its matter.
func (c *checks) passes(w *network.Workload, service, what string, requests []model.Access, p passage) {
	one := check.Check{Expects: check.MustWork, Name: policy.Readable("through the endpoint of " + service + ", " + what), Verdict: check.Proved}
	for _, a := range requests {
		a.From = w
		for _, chain := range simulate.Walk(c.Model, a) {
			verdict, says := atEndpoint(&chain)
			if verdict == check.Proved {
				continue
			}
			if one.Verdict != check.Broken {
				one.Verdict = verdict
			}
			if !slices.Contains(one.Details, says) {
				one.Details = append(one.Details, says)
			}
			for _, path := range c.Network.Paths(w, service, "") {
				if c.restricted(path) {
					says, statements := c.toPass(path.Endpoint, a.Caller, p)
					one.Remedy, one.Statements = append(one.Remedy, says), append(one.Statements, statements...)
					for _, s := range statements {
						changes, ok := c.Add(s.Of, s.Kind, s.Statement)
						if one.Changes = append(one.Changes, changes...); !ok {
							one.Manual = []string{"the endpoint's policy, or what the statement names, is in another template"}
						}
					}
					if len(statements) == 0 {
						one.Manual = []string{"what the role is to be allowed is your decision: the statement that would let it pass permits more than anyone should have"}
					}
					one.Where = append(one.Where, path.Endpoint.Resource)
				}
			}
		}
	}
	if len(requests) > 0 {
		c.add(one)
	}
}

// atEndpoint says what the policies of endpoints did to a chain.
func atEndpoint(chain *simulate.Chain) (check.Verdict, string) {
	for _, h := range chain.Hops {
		if h.Trace == nil {
			continue
		}
		for _, l := range h.Trace.Layers {
			if l.Policy != policy.Endpoint || !l.PreventsAllow {
				continue
			}
			says := h.Trace.PolicyName(policy.Endpoint, 0, 0) + " does not let " + h.Trace.Request.Action + " on " + policy.Readable(h.Trace.Request.Resource) + " pass"
			if l.Allows == policy.No || l.Denies == policy.Yes {
				return check.Broken, says
			}
			return check.Undecided, says + " for certain"
		}
	}
	return check.Proved, ""
}

// fetches are the objects that AWS itself reads from S3 in the network of a workload, by what it is for.
func (c *checks) fetches(w *network.Workload) map[string]string {
	r := w.Resource
	partition, region := r.Stack.Partition, r.Stack.Region
	all := map[string]string{}
	switch {
	case r.Type == "AWS::ECS::Service" && c.usesECR(r):
		// https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html#ecr-minimum-s3-perms
		all["image layers from Amazon ECR"] = "arn:" + partition + ":s3:::prod-" + region + "-starport-layer-bucket/*"
	case r.Type == "AWS::EC2::Instance" && installs(r):
		// https://docs.aws.amazon.com/linux/al2023/ug/managing-repos-os-updates.html
		all["packages of Amazon Linux"] = "arn:" + partition + ":s3:::al2023-repos-" + region + "-de612dc2/*"
	}
	return all
}

// usesECR says that a container of a service is from Amazon ECR, or from where nobody knows.
func (c *checks) usesECR(service *assembly.Resource) bool {
	for _, task := range c.Assembly.OfType("AWS::ECS::TaskDefinition") {
		if task.Ref != service.Properties["TaskDefinition"] {
			continue
		}
		containers, _ := task.Properties["ContainerDefinitions"].([]any)
		return slices.ContainsFunc(containers, func(one any) bool {
			container, _ := one.(map[string]any)
			image, _ := container["Image"].(string)
			return strings.Contains(image, ".dkr.ecr.") || !policy.IsKnown(image)
		})
	}
	return true // no template has its tasks
}

// installs says that an instance installs packages when it starts, or that nobody knows.
func installs(instance *assembly.Resource) bool {
	data, ok := userData(instance.Properties["UserData"])
	return !ok || slices.ContainsFunc([]string{"dnf ", "yum ", "packages:"}, func(part string) bool { return strings.Contains(data, part) })
}
