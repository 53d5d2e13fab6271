package probe

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/internal/authorization"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/expect"
	"github.com/crossgrant/crossgrant/proof/internal/check"
	"github.com/crossgrant/crossgrant/proof/internal/model"
	"github.com/crossgrant/crossgrant/proof/internal/question"
)

// Expected: what the options, or the metadata of resources, expect to be allowed is allowed, and what they expect to be denied is denied.
const Expected check.Rule = "Expected"

// expected are the checks of all that is expected. What cannot be asked, Possible refuses.
func expected(m *model.Model) []check.Check {
	all, _ := expectedOf(m)
	return all
}

type expectedKey struct{}

// expectedOf walks all that is expected, once. The error is about what cannot be asked.
func expectedOf(m *model.Model) ([]check.Check, error) {
	type result struct {
		checks []check.Check
		err    error
	}
	found := m.Memo(expectedKey{}, func() any {
		var all result
		var problems []error
		for _, r := range m.Expected {
			checks, err := checksOf(m, r)
			if err != nil {
				problems = append(problems, fmt.Errorf("%s: %w", r.Place, err))
			}
			all.checks = append(all.checks, checks...)
		}
		all.err = errors.Join(problems...)
		return all
	}).(result)
	return found.checks, found.err
}

// checksOf are the checks of a request: one for each action.
func checksOf(m *model.Model, r expect.Request) ([]check.Check, error) {
	if service, _, _ := strings.Cut(r.Action, ":"); !authorization.HasService(service) {
		return nil, question.CheckAction(r.Action)
	}
	callers, err := question.Callers(m, r.Principal)
	if err != nil {
		return nil, err
	}
	if callers, err = from(m, callers, r); err != nil {
		return nil, err
	}
	resource, err := question.Resource(m, r.Resource, r.Action)
	if err != nil {
		return nil, err
	}
	if resource != "*" && strings.ContainsAny(resource, "*?") {
		return nil, fmt.Errorf("found resource %q, which means many, expected one of them: of objects one key", policy.Readable(resource))
	}
	assumes, err := question.Assume(m, r.Assuming)
	if err != nil {
		return nil, err
	}
	actions, err := expand(r.Action, resource)
	if err != nil {
		return nil, err
	}
	var all []check.Check
	for _, action := range actions {
		access := model.Access{Caller: r.Principal, Action: action, Resource: resource, Assumes: assumes, Context: r.Context}
		if err := question.CheckResource(m, access); err != nil {
			return nil, err
		}
		c := check.Check{Rule: Expected, Access: access, Expects: check.MustFail, Chains: question.Walk(m, callers, access)}
		c.Access.Caller = c.Chains[0].Caller
		result := "denied"
		if r.Allowed {
			c.Expects, result = check.MustWork, "allowed"
		}
		c.Name = fmt.Sprintf("%s: %s %s on %s has to be %s", r.Place, r.Principal, action, policy.Readable(resource), result)
		if r.Because != "" {
			c.Name += ": " + r.Because
		}
		c.Settle(m)
		all = append(all, c)
	}
	return all, nil
}

// from are the callers from where the request starts.
func from(m *model.Model, callers []model.Access, r expect.Request) ([]model.Access, error) {
	switch r.From {
	case "":
		return callers, nil
	case expect.Outside:
		one := callers[0]
		one.From = nil
		return []model.Access{one}, nil
	}
	workload, err := question.Workload(m, r.From)
	if err != nil {
		return nil, err
	}
	if callers = slices.DeleteFunc(slices.Clone(callers), func(c model.Access) bool { return c.From != workload }); len(callers) == 0 {
		return nil, fmt.Errorf("found from %q, which does not run as %s, expected what does, or %q", r.From, r.Principal, expect.Outside)
	}
	return callers, nil
}

// expand are the actions that a pattern means on a resource.
func expand(pattern, resource string) ([]string, error) {
	if !strings.ContainsAny(pattern, "*?") {
		return []string{pattern}, question.CheckAction(pattern)
	}
	all := model.Expand(pattern, resource)
	if len(all) == 0 {
		service, _, _ := strings.Cut(pattern, ":")
		return nil, fmt.Errorf("found action %q, expected one that means an action of %s which can be on %s", pattern, service, policy.Readable(resource))
	}
	return all, nil
}
