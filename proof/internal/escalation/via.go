package escalation

import (
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/internal/authorization"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// Requests that a service makes with the permissions of who calls it, as Athena reads objects and CloudFormation creates resources. Which services do
// so for which actions no data has, so whether such a request is possible is unknown.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-calledvia

// via are the keys of such requests.
var via = map[string]bool{"aws:calledvia": true, "aws:calledviafirst": true, "aws:calledvialast": true, "aws:viaawsservice": true}

// mayBeVia says that values of an operator on one of these keys may only be met, or avoided, by a request that a service makes.
func mayBeVia(operator, key string, values []string, met bool) bool {
	if !via[key] {
		return false
	}
	switch {
	case operator == "null":
		return slices.Contains(values, "false") == met
	case operator == "bool":
		return slices.Contains(values, "true") == met
	}
	return strings.Contains(operator, "not") != met
}

// calls says that an actor may call one of the services by which a statement wants its requests. A statement that names none is for any.
func (s *search) calls(a *actor, one statement) bool {
	var principals []string
	for key := range via {
		if key != "aws:viaawsservice" {
			principals = append(principals, asked(one.Conditions, key)...)
		}
	}
	if len(principals) == 0 {
		return true
	}
	for _, principal := range principals {
		services := servicesNamed(principal)
		if len(services) == 0 {
			return true
		}
		for _, service := range services {
			for _, action := range authorization.Of(service) {
				if slices.ContainsFunc(a.statements, func(one statement) bool { return mayCover(one, action.Name) }) {
					return true
				}
			}
		}
	}
	return false
}

// isVia says that a request is one that a service would have to make.
func isVia(a model.Access) bool {
	has := func(context map[string][]string) bool {
		for key := range context {
			if via[strings.ToLower(key)] {
				return true
			}
		}
		return false
	}
	for step := a.Assumes; step != nil; step = step.Then {
		if has(step.Context) {
			return true
		}
	}
	return has(a.Context)
}

// unknownVia is a value of such a key that may be any.
func unknownVia(key string) []string { return []string{policy.Unresolved(key)} }
