package probe

import (
	"strings"

	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/check"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// PlainHTTP is the rule that nothing is accessible without TLS.
const PlainHTTP check.Rule = "PlainHTTP"

// acceptHTTP are the services that accept plain HTTP unless the policy of the resource denies it. DynamoDB does, too, but AWS's guides ask for
// no such policy there. https://docs.aws.amazon.com/general/latest/gr/aws-service-information.html
var acceptHTTP = map[string]bool{"s3": true, "sns": true, "sqs": true}

// withoutTLS are the condition keys of a request over plain HTTP.
var withoutTLS = map[string][]string{"aws:SecureTransport": {"false"}}

func plainHTTP(m *model.Model) []check.Check {
	all := perUse(m, PlainHTTP, func(c *checks, g *model.Grant, use model.Access) {
		for _, s := range g.Permissions {
			if s.ViaAWSService || !acceptHTTP[s.Service()] || g.TargetStack == nil {
				continue
			}
			resource := m.Resources(g, s)[0]
			c.mustFail("over plain HTTP, "+s.Actions[0]+" on "+resource, variant(g, use, s, resource).WithContext(withoutTLS))
		}
	})
	c := &checks{Model: m, rule: PlainHTTP, all: all}
	for _, d := range m.Destinations() {
		c.ownerOverHTTP(d)
	}
	return c.all
}

// ownerOverHTTP are requests of the owner itself: one on each thing that connections lead to, such as a bucket and its objects.
func (c *checks) ownerOverHTTP(d *model.Destination) {
	seen := map[string]bool{}
	for _, one := range d.Connections {
		service, _, _ := strings.Cut(one.Action, ":")
		if !acceptHTTP[service] || seen[one.Resource] {
			continue
		}
		seen[one.Resource] = true
		a := one.Access
		a.Caller, a.Administrator, a.From = model.RoleIn(d.Stack.Partition, d.Stack.Account, model.AdministratorRole), true, nil
		a.Context = withoutTLS
		c.mustFail(policy.Readable("over plain HTTP, "+a.Action+" on "+a.Resource), a)
	}
}
