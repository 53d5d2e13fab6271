package probe

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/accounts"
	"github.com/crossgrant/crossgrant/assembly/network"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/check"
	"github.com/crossgrant/crossgrant/proof/internal/model"
	"github.com/crossgrant/crossgrant/proof/internal/question"
	"github.com/crossgrant/crossgrant/proof/internal/simulate"
)

// Intent is the rule that what a grant declares has to work, and that its grantees run as they have to.
const Intent check.Rule = "Intent"

func intent(m *model.Model) []check.Check {
	return perGrant(m, Intent, func(c *checks, g *model.Grant) {
		c.otherHalf(g)
		c.declared(g)
		c.copies(g)
		c.archives(g)
		for _, grantee := range granteesIn(m, g) {
			c.runs(g, grantee)
		}
		for _, w := range m.Setups {
			if w.Grant == g.ID() {
				c.setup(w)
			}
		}
		c.otherWorkloads(g)
	})
}

// declared are the requests that a grant declares, by each grantee from each workload that runs as it.
func (c *checks) declared(g *model.Grant) {
	for _, s := range g.Permissions {
		samples, err := model.Samples(s, c.Resources(g, s))
		if err != nil {
			continue // Possible has said so
		}
		for _, one := range samples {
			if why := question.IsOnNone(one.Action, one.Resource); why != "" {
				c.add(check.Check{Expects: check.MustWork, Name: one.Action + " on " + one.Resource, Verdict: check.Broken, Details: []string{why},
					Remedy: []string{"let the permission " + s.Sid + " have this action on what it is on"}, Manual: []string{"only the code of the permission knows what it is for"}})
				continue
			}
			for _, use := range uses(c.Model, g) {
				a := g.Request(use, s, one.Action, one.Resource, one.Context)
				_, isHere := c.Accounts.ResourceOf(one.Resource)
				a.Pattern, a.Conditions = one.Pattern, g.ConditionsOf(s, isHere)
				if s.ViaAWSService {
					a.Through = model.Through(s)
					a = a.WithContext(c.encryptionContext(g, a))
				}
				c.mustWork(one.Action+" on "+one.Resource, a)
			}
		}
	}
}

// archives is a check of each bucket whose objects a grant lets be read, and whose lifecycle archives them.
func (c *checks) archives(g *model.Grant) {
	for _, s := range g.Permissions {
		for _, fault := range c.Archived(s) {
			c.settings(accounts.DisplayName(fault.Resource), nil, []model.Fault{fault})
		}
	}
}

// encryptionContext is what a service tells KMS when it uses a key for data of the grant: for an action that needs this use, if there is one. None if no
// template has such data.
func (c *checks) encryptionContext(g *model.Grant, a model.Access) (context map[string][]string) {
	for _, s := range g.Permissions {
		if s.Service() != a.Through || s.ViaAWSService {
			continue
		}
		needs := slices.ContainsFunc(s.Actions, func(action string) bool { return slices.Contains(model.KeyActions(action), a.Action) })
		for _, resource := range c.Resources(g, s) {
			if of, ok := c.Accounts.ResourceOf(resource); ok && of.Key == a.Resource && (needs || context == nil) {
				context = simulate.EncryptionContext(of.Resource, model.Example(resource))
			}
		}
		if needs && context != nil {
			break
		}
	}
	return context
}

// otherHalf says whether the half of a grant that is not here may be taken to be as the contract says: another app's may, but not what the same app
// has in a stage or a template that was left out.
func (c *checks) otherHalf(g *model.Grant) {
	if !g.OneApp || g.TargetStack != nil && g.SourceStack != nil {
		return
	}
	half, account := "target", g.Target.Account
	if g.SourceStack == nil {
		half, account = "source", g.SourceAccount()
	}
	c.add(check.Check{Expects: check.MustWork, Name: "the " + half + " half of the grant", Verdict: check.Undecided,
		Details: []string{"the app that declares it has its half in account " + account + ", too, and that is not here: nothing was tried there"},
		Manual:  []string{"the other half is in other templates, which are not here"},
		Remedy:  []string{"prove the whole app: register the plugin with the app and not with one of its stages, or give crossgrant all of its templates"}})
}

// copies are the copies from buckets of other regions: one request to the region of the destination, in which S3 reads the origin. No gateway endpoint
// lets such a request pass.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
func (c *checks) copies(g *model.Grant) {
	origins := map[*assembly.Resource]bool{}
	for _, s := range g.Permissions {
		for _, resource := range s.Resources {
			origin, ok := c.Accounts.ResourceOf(resource)
			if s.Service() != "s3" || s.Account == "" || !ok || origins[origin.Resource] || origin.Stack.Region == g.Target.Region {
				continue
			}
			origins[origin.Resource] = true
			for _, use := range uses(c.Model, g) {
				if use.From != nil {
					c.add(c.copyFrom(g, origin.Resource, use.From))
				}
			}
		}
	}
}

// copyFrom says whether a workload can have S3 copy from a bucket of another region.
func (c *checks) copyFrom(g *model.Grant, origin *assembly.Resource, w *network.Workload) check.Check {
	from, to := policy.Readable(origin.Stack.Region), g.Target.Region
	one := check.Check{Expects: check.MustWork, Name: fmt.Sprintf("%s copies from bucket %s of region %s to region %s", w.Resource.Name, policy.Readable(origin.Name), from, to),
		Verdict: check.Proved}
	for _, path := range c.Network.Paths(w, "s3", to) {
		if path.Endpoint == nil || path.Endpoint.Kind != network.Gateway {
			continue
		}
		one.Verdict = check.Broken
		if !policy.IsKnown(origin.Stack.Region) {
			one.Verdict = check.Undecided
		}
		one.Details = []string{"gateway endpoint " + path.Endpoint.Resource.LogicalID + " lets no copy pass whose origin is in another region than its own, " + to}
		one.Manual = []string{"where the data is, and a further way out of the network, are your decisions"}
		one.Remedy = []string{"put the origin into region " + to + ", or let the workload reach S3 by a NAT gateway"}
		one.Where = []*assembly.Resource{path.Endpoint.Resource}
	}
	return one
}

// runs are the checks that something can run as a grantee, and has the grant's settings.
func (c *checks) runs(g *model.Grant, grantee string) {
	for _, workload := range c.Workloads(grantee) {
		c.environment(g, workload)
		c.attaches(workload)
	}
	c.runAs(grantee)
	role, _ := c.Accounts.Role(grantee)
	trusts := check.Check{Expects: check.MustWork, Name: "the trust policy of role " + role.Name + " lets someone assume it", Verdict: check.Proved, Where: []*assembly.Resource{role.Resource}}
	switch c.canBeAssumed(role) {
	case policy.No:
		trusts.Verdict = check.Broken
		trusts.Details = []string{"its trust policy allows nobody to assume it, so that nobody can use the grant"}
		trusts.Remedy = []string{"let the service that runs the grantee assume role " + role.Name}
		trusts.Changes, trusts.Manual = c.lets(role)
	case policy.Indeterminate:
		trusts.Verdict = check.Undecided
		trusts.Details = []string{"whether anyone can assume it depends on a condition whose keys are not known before deployment"}
		trusts.Remedy = []string{"let the service that runs the grantee assume role " + role.Name + " without that condition"}
		trusts.Changes, trusts.Manual = c.lets(role)
	}
	c.add(trusts)
}

// attachActions are the actions by which Lambda attaches a function to its VPC, as the role of the function.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
var attachActions = []string{"ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:DescribeNetworkInterfaces"}

// attaches tries what Lambda needs to attach a function to its VPC, where the policies of its role permit it and a permissions boundary may not.
func (c *checks) attaches(workload *network.Workload) {
	role, ok := c.Accounts.Role(workload.Role)
	if !ok || role.Boundary == nil || workload.Resource.Type != "AWS::Lambda::Function" || len(workload.Subnets) == 0 {
		return
	}
	for _, action := range attachActions {
		if slices.ContainsFunc(role.Policies, func(d *policy.Document) bool {
			return slices.ContainsFunc(d.Statements, func(s policy.Statement) bool { return s.Effect == policy.Allow && s.Covers(action, "*") == policy.Yes })
		}) {
			c.mustWork("lambda.amazonaws.com attaches "+workload.Resource.Name+" to its VPC: "+action,
				model.Access{Caller: role.ARN, Action: action, Resource: "*", Owner: role.Stack.Account, Region: workload.Resource.Stack.Region, Through: "lambda"})
		}
	}
}

// alone are the services that assume a role without saying for whom, so that a statement for one needs no condition.
var alone = map[string]string{"AWS::EC2::Instance": "ec2.amazonaws.com", "AWS::Lambda::Function": "lambda.amazonaws.com"}

// lets are the edits by which the services that run something as a role may assume it, or why there are none.
func (c *checks) lets(role *accounts.Principal) ([]assembly.Change, []string) {
	var all []model.Statement
	seen := map[string]bool{}
	for _, workload := range c.Workloads(role.ARN) {
		if service := alone[workload.Resource.Type]; service != "" && !seen[service] {
			seen[service] = true
			all = append(all, model.Statement{Effect: "Allow", Principal: map[string]string{"Service": service}, Action: []string{"sts:AssumeRole"}})
		}
	}
	if len(c.UnreadOf("", role.Stack.Account, role.ARN)) > 0 {
		return nil, []string{"what decides is made at deployment, and is in none of these templates"}
	}
	if changes, ok := c.Add(role.Resource, policy.Trust, all...); ok && len(all) > 0 {
		return changes, nil
	}
	return nil, []string{"which service is to run as role " + policy.Readable(role.Name) + ", and for whom, these templates do not say"}
}

// canBeAssumed says whether someone whom a role's trust policy names can assume it.
func (c *checks) canBeAssumed(role *accounts.Principal) policy.Answer {
	best := policy.No
	for i := range role.Trust.Statements {
		s := &role.Trust.Statements[i]
		e := s.Elements()
		if s.Effect != policy.Allow || e.NotAction || !slices.ContainsFunc(e.Actions, func(action string) bool {
			return model.ActionMatches(action, "sts:AssumeRole") || strings.HasPrefix(action, "sts:AssumeRoleWith")
		}) {
			continue
		}
		if e.NotPrincipal || isOfUnresolvedIssuer(e) {
			return policy.Yes
		}
		for _, a := range c.entering(role, e) {
			switch simulate.Walk(c.Model, a)[0].Passes {
			case policy.Yes:
				return policy.Yes
			case policy.Indeterminate:
				best = policy.Indeterminate
			}
		}
	}
	return best
}

// entering are ways in which those whom a statement of a trust policy names may assume a role, with values that its conditions ask for, as far as they can
// have them: a service says for whom it acts, and a token has the claims of its own issuer.
func (c *checks) entering(role *accounts.Principal, e policy.Elements) []model.Access {
	var all []model.Access
	for _, caller := range c.trusted(role, e) {
		by := simulate.Presented(c.Model, role)
		if model.IsService(caller) {
			by.Context = claims(e, func(key string) bool {
				return key == "aws:sourceaccount" || key == "aws:sourcearn" || strings.HasPrefix(key, "aws:requesttag/")
			})
		}
		all = append(all, model.Access{Caller: caller, Administrator: true, Assumes: &by})
	}
	for _, provider := range e.Principals["Federated"] {
		_, issuer, isOIDC := strings.Cut(provider, ":oidc-provider/")
		issuer = strings.ToLower(issuer)
		context := claims(e, func(key string) bool {
			return !isOIDC || strings.HasPrefix(key, issuer+":")
		})
		all = append(all, model.Access{Caller: "anonymous", Assumes: &model.Assume{Role: role.ARN, Provider: provider, Context: context}})
	}
	return all
}

// isOfUnresolvedIssuer says that a statement lets users of a provider in whose issuer is known at deployment only, as that of a cluster is, and asks for
// claims of an issuer that is not known either: of the same one, as the CDK writes it.
func isOfUnresolvedIssuer(e policy.Elements) bool {
	return slices.ContainsFunc(e.Principals["Federated"], func(provider string) bool {
		_, issuer, isOIDC := strings.Cut(provider, ":oidc-provider/")
		if !isOIDC || policy.IsKnown(issuer) || !slices.Contains(e.Actions, "sts:AssumeRoleWithWebIdentity") {
			return false
		}
		for _, keys := range e.Conditions {
			for key := range keys {
				if policy.IsKnown(key) {
					return false
				}
			}
		}
		return true
	})
}

// claims are values for which the conditions of a statement are true, of those keys that are wanted, in lower case.
func claims(e policy.Elements, wanted func(string) bool) map[string][]string {
	contexts, err := model.Examples(e.Conditions)
	if err != nil {
		return nil
	}
	all := maps.Clone(contexts[0])
	maps.DeleteFunc(all, func(key string, _ []string) bool { return !wanted(strings.ToLower(key)) })
	return all
}

// trusted are the services, roles and users that a statement of a trust policy names; for an account an administrator of it.
func (c *checks) trusted(role *accounts.Principal, e policy.Elements) []string {
	all := slices.Concat(e.Principals["Service"], model.PrincipalARNs(e.Conditions))
	for _, principal := range slices.Concat(e.Principals["AWS"], e.Principals[""]) {
		a, _ := arn.Parse(principal)
		switch {
		case principal == "*":
			all = append(all, model.RoleIn(role.Stack.Partition, model.OtherAccount, model.AdministratorRole))
		case a.Resource == "root":
			all = append(all, model.RoleIn(a.Partition, a.Account, model.AdministratorRole))
		case a.Account == "":
			all = append(all, model.RoleIn(role.Stack.Partition, principal, model.AdministratorRole))
		default:
			all = append(all, principal)
		}
	}
	return all
}

// otherWorkloads are workloads that are configured to use the grant's role, but do not run as a grantee.
func (c *checks) otherWorkloads(g *model.Grant) {
	for _, workload := range c.Network.Workloads() {
		if g.RoleARN == "" || slices.Contains(g.Grantees, workload.Role) || !names(workload, g.RoleARN) {
			continue
		}
		c.add(check.Check{Expects: check.MustWork, Name: workload.Resource.Name + ", whose environment names the grant's role, runs as " + workload.Role + " and not as a grantee",
			Access: model.Access{Caller: workload.Role, From: workload, Assumes: g.Assume()}, Where: []*assembly.Resource{workload.Resource},
			Changes: c.toRunAs(workload.Resource, g.Grantees), Manual: toRunAsManual(c.toRunAs(workload.Resource, g.Grantees)),
			Remedy: []string{policy.Readable("run " + workload.Resource.Name + " as " + strings.Join(g.Grantees, " or ") + ", or declare a grant to the role that it runs as")}})
	}
}

// toRunAs are the edits by which a function runs as the one grantee of a grant. None if it is no function, if there are several, or if another template
// has the role.
func (c *checks) toRunAs(r *assembly.Resource, grantees []string) []assembly.Change {
	if r.Type != "AWS::Lambda::Function" || len(grantees) != 1 {
		return nil
	}
	role, ok := c.Accounts.Role(grantees[0])
	if !ok || role.Stack != r.Stack {
		return nil
	}
	return []assembly.Change{assembly.ChangeOf(r, assembly.SetValue, map[string]any{"Fn::GetAtt": []any{role.LogicalID, "Arn"}}, "Role")}
}

func toRunAsManual(changes []assembly.Change) []string {
	if len(changes) > 0 {
		return nil
	}
	return []string{"as which role it is to run, or for whom the grant is to be, is your decision: its template has no role of a grantee"}
}

// names says that a variable of a function has a value.
func names(workload *network.Workload, value string) bool {
	for _, v := range model.Variables(workload.Resource) {
		if v == value {
			return true
		}
	}
	return false
}
