package opening

import (
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/check"
	"github.com/crossgrant/crossgrant/proof/internal/model"
	"github.com/crossgrant/crossgrant/proof/internal/probe"
	"github.com/crossgrant/crossgrant/proof/internal/simulate"
)

// openEndpoints are the checks of all endpoints of services by which data leaves a network: a stranger's request on what is a stranger's must not pass.
func openEndpoints(m *model.Model) []check.Check {
	var all []check.Check
	for _, e := range m.Network.Endpoints() {
		stack := e.Resource.Stack
		action, resource, ok := probe.Outward(e.Service, stack.Partition, stack.Region)
		if !ok {
			continue
		}
		name := "the endpoint of " + e.Service + ", " + e.Resource.LogicalID
		one := check.Check{Rule: probe.OpenEndpoint, Expects: check.MustFail, Verdict: check.Proved, Where: []*assembly.Resource{e.Resource},
			Name: policy.Readable("through " + name + ": " + action + " by a stranger on what is a stranger's")}
		chain := simulate.ThroughEndpoint(m, e, model.Access{Caller: model.RoleIn(stack.Partition, model.OtherAccount, model.OtherRole), Administrator: true,
			Action: action, Resource: resource, Owner: model.OtherAccount, Region: stack.Region})
		switch chain.Passes {
		case policy.Yes:
			one.Verdict = check.Broken
			one.Details = []string{policy.Readable("the policy of " + name + ", lets everyone's requests pass: code in its network could write to any account")}
			if m.EndpointPolicy(e) == nil {
				one.Details = []string{policy.Readable(name + ", has no policy, so AWS's default lets everyone's requests pass: code in its network could write to any account")}
			}
		case policy.Indeterminate:
			one.Verdict = check.Undecided
			if stop, ok := chain.Stops(); ok {
				one.Details = []string{policy.Readable(strings.Join(stop.Says, "; "))}
			}
			one.Missing = chain.Missing()
		}
		if one.Verdict != check.Proved {
			one.Remedy = []string{policy.Readable("give " + name + ", a policy that allows only the requests of your own principals, or those on your own resources " +
				"(aws:PrincipalAccount, aws:ResourceAccount); or remove the endpoint if nothing uses it")}
			one.Manual = []string{"whose requests it is for, only its owner knows"}
		}
		all = append(all, one)
	}
	return all
}
