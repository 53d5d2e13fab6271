package probe

import (
	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/accounts"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/authorization"
	"github.com/crossgrant/crossgrant/proof/internal/check"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// Perimeter is the rule that where the grant has a perimeter, nobody gets access from outside it.
const Perimeter check.Rule = "Perimeter"

func perimeter(m *model.Model) []check.Check {
	closed := map[*accounts.Resource]bool{} // once, whatever number of grants a bucket has
	return perUse(m, Perimeter, func(c *checks, g *model.Grant, use model.Access) {
		for _, s := range g.Permissions {
			if g.Perimeter == nil || s.ViaAWSService {
				continue
			}
			resource := m.Resources(g, s)[0]
			a := variant(g, use, s, resource)
			a.From = nil
			c.mustFail("from outside the perimeter, "+s.Actions[0]+" on "+resource, a)
			if r, ok := m.Accounts.ResourceOf(resource); ok && g.Perimeter.Enforcement == contract.OnBucket && s.Account == "" && !closed[r] {
				closed[r] = true
				c.closedBucket(r)
			}
		}
	})
}

// closedBucket tries everything that reaches the data of a bucket, from outside its perimeter, by a role that may do all of it.
func (c *checks) closedBucket(r *accounts.Resource) {
	for _, on := range []string{r.ARN, r.ARN + "/" + model.AnyName} {
		for _, action := range authorization.On("s3", on) {
			if model.IsOnData(action, r.Stack.Partition) {
				c.add(check.Check{
					Expects: check.MustFail, Name: "from outside the perimeter, an administrator, " + action.Name + " on " + on,
					Access: model.Access{
						Caller: model.RoleIn(r.Stack.Partition, r.Stack.Account, model.AdministratorRole), Administrator: true,
						Action: action.Name, Resource: on, Owner: r.Stack.Account, Region: r.Stack.Region, AnyKey: true,
					},
					Remedy: []string{"deny " + action.Name + " from outside the perimeter, too, in the policy of " + accounts.DisplayName(r.Resource)},
					Where:  []*assembly.Resource{r.Resource},
				})
			}
		}
	}
}
