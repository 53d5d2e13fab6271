package simulate

import (
	"strings"

	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// ToPassEndpoint says what to add to an endpoint's policy so that it lets requests pass, whatever else may stop them. The caller is a role, or "anonymous"
// for what anybody may read.
func ToPassEndpoint(endpoint, caller string, actions, resources []string) string {
	s := model.Statement{Effect: "Allow", Principal: "*", Action: actions, Resource: resources}
	if caller != "anonymous" {
		s.Condition = map[string]map[string][]string{"ArnEquals": {"aws:PrincipalArn": {caller}}}
	}
	if !policy.IsKnown(caller + strings.Join(resources, "")) {
		return policy.Readable("let " + endpoint + " allow " + caller + " " + strings.Join(actions, ", ") + " on " + strings.Join(resources, ", "))
	}
	return "add to " + endpoint + ":\n" + s.Indented()
}
