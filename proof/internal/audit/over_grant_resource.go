package audit

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/accounts"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/inventory"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// resourcePolicies checks, statement by statement, whom the policies of a grant's role, its grantees and its data allow: a principal of another
// account has to be a caller of a grant, with no more than the grant needs.
func (a *checks) resourcePolicies(g *model.Grant) {
	if role, ok := a.Accounts.Role(g.RoleARN); ok {
		a.resourcePolicy(g, role.Resource, role.Trust, role.Stack.Account)
		a.services(g, role, false)
	}
	for _, grantee := range g.Grantees {
		if role, ok := a.Accounts.Role(grantee); ok {
			// Whoever can assume the grantee's role has its access, also within its account.
			a.resourcePolicy(g, role.Resource, role.Trust, "")
			a.services(g, role, true)
		}
	}
	seen := map[*accounts.Resource]bool{}
	for _, s := range g.Permissions {
		for _, resource := range a.Resources(g, s) {
			for _, r := range a.WithKey(resource) {
				if !seen[r] {
					seen[r] = true
					a.resourcePolicy(g, r.Resource, r.Policy, r.Stack.Account)
				}
			}
		}
	}
}

// resourcePolicy is one check for each statement of a trust or resource policy, on the principals outside an account; "" for all principals.
func (a *checks) resourcePolicy(g *model.Grant, r *assembly.Resource, d *policy.Document, account string) {
	a.read[r] = true
	allows(d, func(s *policy.Statement, e policy.Elements) {
		c := newStatementCheck(g, d, s, r)
		for _, principal := range model.Outsiders(e, account) {
			if account == "" && slices.Contains(e.Principals["Federated"], principal) {
				a.provider(&c, e, principal)
				continue
			}
			tooMuchFor(&c, principal, a.excess(r, e, principal))
		}
		a.all = append(a.all, c)
	})
}

// excess says what a statement of a resource's policy gives a principal that no grant needs. "" for nothing.
func (a *checks) excess(r *assembly.Resource, e policy.Elements, principal string) string {
	isCaller := false
	for _, g := range a.Grants {
		isGrantee := slices.Contains(g.Grantees, principal) || principal == "*" && isOfOrganization(g, e)
		if r.ARN == g.RoleARN && isGrantee {
			return cmp.Or(a.trustExcess(g, e), otherValues(g, e))
		}
		if g.RoleARN != "" && principal == g.RoleARN || g.RoleARN == "" && isGrantee {
			isCaller = true
			if a.covers(g, r, e) {
				return otherValues(g, e)
			}
		}
	}
	if isCaller {
		return "it allows " + principal + " more than its grants need"
	}
	return "it allows " + principal + ", and no grant does"
}

// trustExcess says what a trust policy permits that the grant does not need. "" for nothing.
func (a *checks) trustExcess(g *model.Grant, e policy.Elements) string {
	for _, action := range e.Actions {
		if e.NotAction || !a.isNeededToAssume(g, action) {
			return "it permits " + action + ", which the grant's trust does not need"
		}
	}
	return ""
}

// otherValues says which other values a policy accepts for what the grant requires of its callers and of where their requests come from. "" for none.
func otherValues(g *model.Grant, e policy.Elements) string {
	for _, operator := range slices.Sorted(maps.Keys(e.Conditions)) {
		if strings.Contains(strings.ToLower(operator), "not") {
			continue // it accepts everything else, which package probe tries
		}
		for key, values := range e.Conditions[operator] {
			required := requiredValues(g, key)
			others := slices.DeleteFunc(slices.Clone(values), func(value string) bool { return slices.Contains(required, value) })
			if len(required) > 0 && len(others) > 0 {
				return fmt.Sprintf("it accepts %s %s, and the grant requires %s", key, strings.Join(others, ", "), strings.Join(required, ", "))
			}
		}
	}
	return ""
}

// requiredValues are what the grant requires a condition key of its callers to be. None if it requires nothing of it.
func requiredValues(g *model.Grant, key string) []string {
	if g.Perimeter != nil && strings.EqualFold(key, g.Perimeter.Key) {
		return g.Perimeter.Values
	}
	value := map[string]string{"sts:externalid": g.Trust.ExternalID, "sts:sourceidentity": g.Trust.SourceIdentity, "aws:principalorgid": cmp.Or(g.Trust.OrganizationID, g.Organization())}[strings.ToLower(key)]
	if value == "" {
		return nil
	}
	return []string{value}
}

// isNeededToAssume says that a grantee needs an action to assume the grant's role.
func (a *checks) isNeededToAssume(g *model.Grant, action string) bool {
	return strings.EqualFold(action, "sts:AssumeRole") || strings.EqualFold(action, "sts:SetSourceIdentity") && g.Trust.SourceIdentity != "" ||
		strings.EqualFold(action, "sts:TagSession") && (g.Trust.SessionTags || slices.ContainsFunc(g.Grantees, a.HasSessionTags))
}

// isOfOrganization says that an organization is the grantee, and that a statement asks for it.
func isOfOrganization(g *model.Grant, e policy.Elements) bool {
	return g.Organization() != "" && slices.ContainsFunc([]string{"StringEquals", "ForAnyValue:StringEquals"}, func(operator string) bool {
		for key, values := range e.Conditions[operator] {
			if strings.EqualFold(key, "aws:PrincipalOrgID") && slices.Equal(values, []string{g.Organization()}) {
				return true
			}
		}
		return false
	})
}

// covers says that a grant needs all that a statement of a resource's policy permits. In a key's policy "*" is the key itself.
func (a *checks) covers(g *model.Grant, r *assembly.Resource, e policy.Elements) bool {
	for _, action := range e.Actions {
		for _, resource := range e.Resources {
			if resource == "*" {
				resource = r.ARN
			}
			if e.NotAction || e.NotResource || !g.Covers(action, a.PatternOf(g, resource), e.Conditions) {
				return false
			}
		}
	}
	return true
}

// destination checks the policies of a resource that connections lead to: they allow nobody else of another account, and services no more than
// the connections need. A role that a service assumes for a connection has no other permissions.
func (a *checks) destination(d *model.Destination) {
	if slices.ContainsFunc(a.Grants, func(g *model.Grant) bool { return g.RoleARN == d.ARN }) {
		return // which the grant's own checks are about, also where a role of an organization assumes it
	}
	document := d.Policy
	a.read[d.Resource.Resource] = true
	role, isRole := a.Accounts.Role(d.ARN)
	if isRole {
		document = role.Trust
	}
	allows(document, func(s *policy.Statement, e policy.Elements) {
		c := newStatementCheck(nil, document, s, d.Resource.Resource)
		for _, principal := range model.Outsiders(e, d.Stack.Account) {
			if !isNeeded(d, principal, e) {
				tooMuchFor(&c, principal, a.excess(d.Resource.Resource, e, principal))
			}
		}
		for _, service := range e.Principals["Service"] {
			if !isNeeded(d, service, e) && !isOwnersDecision(d, service, e) {
				tooMuchFor(&c, service, "it allows "+service+" "+strings.Join(e.Actions, ", ")+", and no connection needs all of that")
			}
		}
		a.all = append(a.all, c)
	})
	if isRole {
		connections := a.Connections()
		a.identityPolicies(nil, role, func(p permission) bool {
			return !slices.ContainsFunc(connections, func(one model.Connection) bool {
				return one.Caller == role.ARN && isOf(one, p.action) && one.Resource == p.resource
			})
		})
	}
}

// otherPolicies checks the policies of whatever else is guarded, such as a topic that feeds a function, or an access point of a bucket: they allow
// nobody of another account but the callers of its grants; a channel, the accounts of its grants and connections. Whom the permissions of a function
// allow, the rule ExternalAccess asks.
func (a *checks) otherPolicies() {
	for _, guarded := range a.inventory.Guarded {
		r, ok := a.Accounts.ResourceOf(guarded.ARN)
		if !ok || r.Resource != guarded.Resource || a.read[guarded.Resource] || guarded.Type == "AWS::Lambda::Function" {
			continue
		}
		var g *model.Grant
		if len(guarded.Grants) > 0 {
			g = guarded.Grants[0]
		}
		allows(r.Policy, func(s *policy.Statement, e policy.Elements) {
			c := newStatementCheck(g, r.Policy, s, r.Resource)
			for _, principal := range model.Outsiders(e, r.Stack.Account) {
				isParty := slices.Contains(guarded.Parties, principal) || slices.Contains(guarded.Parties, arn.Account(principal))
				if guarded.Kind != inventory.Channel || !isParty {
					tooMuchFor(&c, principal, a.excess(r.Resource, e, principal))
				}
			}
			a.all = append(a.all, c)
		})
	}
}

// together are what CDK permits a service along with an action: to read how full the queue is, and its URL.
var together = map[string][]string{"sqs:SendMessage": {"sqs:GetQueueAttributes", "sqs:GetQueueUrl"}}

// hasAction says that a list has an action, in any case.
func hasAction(actions []string, action string) bool {
	return slices.ContainsFunc(actions, func(one string) bool { return strings.EqualFold(one, action) })
}

// isNeeded says that a principal needs all actions of a statement for connections to a resource.
func isNeeded(d *model.Destination, principal string, e policy.Elements) bool {
	return !e.NotAction && !slices.ContainsFunc(e.Actions, func(action string) bool {
		return !slices.ContainsFunc(d.Connections, func(one model.Connection) bool {
			return one.Caller == principal && (isOf(one, action) || hasAction(together[one.Action], action))
		})
	})
}

// isOwnersDecision says that a statement is for a service that no connection has, on behalf of the resource's own account: what that uses it for
// besides is up to it.
func isOwnersDecision(d *model.Destination, service string, e policy.Elements) bool {
	return model.IsLimitedTo(e, d.Stack.Account) && !slices.ContainsFunc(d.Connections, func(one model.Connection) bool { return one.Caller == service })
}

// isOf says that a connection needs an action as a policy writes it. AWS's own examples of key policies permit kms:GenerateDataKey*, such as
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html
func isOf(one model.Connection, action string) bool {
	return strings.EqualFold(one.Action, action) || one.Action == "kms:GenerateDataKey" && strings.EqualFold(action, "kms:GenerateDataKey*")
}
