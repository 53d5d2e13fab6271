package opening

import (
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/proof/internal/check"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// ForeignAccess is the rule that no trust or resource policy lets in accounts that no template is for, unless a grant declares them or the options trust
// them.
const ForeignAccess check.Rule = "ForeignAccess"

// accountsOf are the accounts that are no foreigners: those of the templates, the parties of grants, and those that the options trust.
func accountsOf(m *model.Model) []string {
	all := slices.Clone(m.Trusted)
	for _, s := range m.Assembly.Stacks {
		all = append(all, s.Account)
	}
	for _, g := range m.Grants {
		all = append(all, arn.Account(g.RoleARN), g.Target.Account)
		for _, grantee := range g.Grantees {
			all = append(all, arn.Account(grantee))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// isOfAWS are the accounts of Elastic Load Balancing, which writes access logs as them in regions from before August 2022.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
var isOfAWS = func() map[string]bool {
	all := map[string]bool{}
	for account := range strings.FieldsSeq(`009996457667 027434742980 033677994240 037604701340 048591011584 054676820928 076674570225 091100254016 098369216593 114774131450
		121062877647 127311923021 156460612806 190560391635 383597477331 412137745753 507241528517 582318560864 589379963580 600734575887 635631232127 638102146993
		652711504416 718504428378 740734521339 754344448648 770363063475 783225319266 797873946194 897822967062 985666609251`) {
		all[account] = true
	}
	return all
}()
