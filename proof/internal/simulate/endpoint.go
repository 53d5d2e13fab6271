package simulate

import (
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/network"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// ToPassEndpoint says what to add to an endpoint's policy so that it lets requests pass, whatever else may stop them, and the statement if it can be
// pasted. The caller is a role, or "anonymous" for what anybody may read.
func ToPassEndpoint(name string, of *assembly.Resource, caller string, actions, resources []string) (string, []Addition) {
	s := model.Statement{Effect: "Allow", Principal: "*", Action: actions, Resource: resources}
	if caller != "anonymous" {
		s.Condition = map[string]map[string][]string{"ArnEquals": {"aws:PrincipalArn": {caller}}}
	}
	if !s.Known() {
		return policy.Readable("let " + name + " allow " + caller + " " + strings.Join(actions, ", ") + " on " + strings.Join(resources, ", ")), nil
	}
	one := add(name, Addition{s, policy.Endpoint, of})
	return one.says, []Addition{*one.add}
}

// ThroughEndpoint makes a request through an endpoint, from wherever that serves: as an administrator of another account on what is its own, only the
// endpoint's policy can stop it.
func ThroughEndpoint(m *model.Model, e *network.Endpoint, a model.Access) Chain {
	c := Chain{Access: a, Passes: policy.Yes}
	w := walk{m, &c}
	w.decide(request{caller: a.Caller, action: a.Action, resource: a.Resource, owner: a.Owner, region: a.Region, path: &network.Path{Endpoint: e, Reaches: policy.Yes}})
	return c
}
