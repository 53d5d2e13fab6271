package audit

import (
	"regexp"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly/accounts"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/internal/authorization"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// perimeters checks whom the policies of buckets exempt from the perimeter of their grants.
func (a *checks) perimeters() {
	grants, order := map[*accounts.Resource][]*model.Grant{}, []*accounts.Resource{}
	for _, g := range a.Grants {
		if g.Perimeter == nil || g.Perimeter.Enforcement != contract.OnBucket {
			continue
		}
		for _, s := range g.Permissions {
			for _, resource := range s.Resources {
				bucket, ok := a.Accounts.ResourceOf(resource)
				if !ok || s.Service() != "s3" || s.Account != "" || slices.Contains(grants[bucket], g) {
					continue
				}
				if grants[bucket] == nil {
					order = append(order, bucket)
				}
				grants[bucket] = append(grants[bucket], g)
			}
		}
	}
	for _, bucket := range order {
		a.exemptions(bucket, grants[bucket])
	}
}

// exemptions is one check for each statement of a bucket's policy that denies what comes from outside the perimeter.
func (a *checks) exemptions(bucket *accounts.Resource, grants []*model.Grant) {
	if bucket.Policy == nil {
		return
	}
	for i := range bucket.Policy.Statements {
		s := &bucket.Policy.Statements[i]
		e := s.Elements()
		if s.Effect != policy.Deny || !hasKey(e.Conditions, grants[0].Perimeter.Key) {
			continue
		}
		c := newStatementCheck(grants[0], bucket.Policy, s, bucket.Resource)
		c.Name = "the perimeter of " + c.Name
		c.Narrow = nil
		c.Remedy = []string{"let it deny the data alone, to whatever is outside the perimeter of the grant, except for its administrators, service-linked roles and the role that deploys"}
		for operator, keys := range e.Conditions {
			for key, values := range keys {
				if !strings.EqualFold(key, "aws:PrincipalArn") || !strings.Contains(strings.ToLower(operator), "not") {
					continue
				}
				for _, principal := range values {
					if !a.isExempt(bucket, grants, principal) {
						tooMuchFor(&c, principal, "it exempts "+principal+" from the perimeter, and no grant does")
					}
				}
			}
		}
		g := grants[0]
		for _, keys := range e.Conditions {
			for key, values := range keys {
				for _, value := range values {
					if strings.EqualFold(key, g.Perimeter.Key) && !slices.Contains(g.Perimeter.Values, value) {
						tooMuch(&c, "it lets requests of "+key+" "+value+" in, and the perimeter of the grant does not")
					}
				}
			}
		}
		for _, action := range authorization.On("s3", bucket.ARN) {
			if !model.IsOnData(action, bucket.Stack.Partition) && slices.ContainsFunc(e.Actions, func(pattern string) bool { return model.ActionMatches(pattern, action.Name) }) {
				tooMuch(&c, "it denies "+action.Name+", by which the bucket is managed, and a perimeter is about data alone")
			}
		}
		slices.Sort(c.Details)
		a.all = append(a.all, c)
	}
}

// deploymentRole are the names of the roles by which CDK has CloudFormation deploy, of any qualifier, without the account and the region.
// https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-customizing.html
var deploymentRole = regexp.MustCompile(`^role/cdk-[a-z0-9]{1,10}-cfn-exec-role-$`)

// isExempt says that a perimeter on a bucket leaves a principal out: an administrator of the grants, service-linked roles, the role that deploys, and the
// role of CDK's function that empties the bucket before it is deleted.
func (a *checks) isExempt(bucket *accounts.Resource, grants []*model.Grant, principal string) bool {
	if slices.ContainsFunc(grants, func(g *model.Grant) bool { return slices.Contains(g.Perimeter.Administrators, principal) }) {
		return true
	}
	p, _ := arn.Parse(principal)
	if p.Service != "iam" || p.Account != bucket.Stack.Account {
		return false
	}
	deploys, ok := strings.CutSuffix(p.Resource, bucket.Stack.Account+"-"+bucket.Stack.Region)
	if p.Resource == "role/aws-service-role/*" || ok && deploymentRole.MatchString(deploys) {
		return true
	}
	role, ok := a.Accounts.Role(principal)
	return ok && strings.HasPrefix(role.LogicalID, "CustomS3AutoDeleteObjectsCustomResourceProviderRole")
}

// hasKey says that conditions are about a key.
func hasKey(conditions map[string]map[string][]string, key string) bool {
	for _, keys := range conditions {
		for name := range keys {
			if strings.EqualFold(name, key) {
				return true
			}
		}
	}
	return false
}
