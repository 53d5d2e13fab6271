package question

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"

	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/internal/authorization"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// CheckAction returns an error for an action that AWS does not have. No action is none.
// https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
func CheckAction(action string) error {
	if action == "" {
		return nil
	}
	if _, ok := authorization.Lookup(action); ok {
		return nil
	}
	service, name, ok := strings.Cut(action, ":")
	switch {
	case !ok:
		return fmt.Errorf("found action %q, expected one with its service, such as s3:GetObject", action)
	case !authorization.HasService(service):
		return fmt.Errorf("found action %q, but AWS has no service %q (Service Authorization Reference of %s)%s", action, service, authorization.Date(), nearestService(service))
	case strings.ContainsAny(action, "*?"):
		return fmt.Errorf("found action %q, expected one without a wildcard, such as s3:GetObject", action)
	}
	return fmt.Errorf("found action %q, but %s has no such action (Service Authorization Reference of %s): did you mean %s?", action, service, authorization.Date(), nearest(service, name))
}

// nearestService is the end of the sentence about a service that there is not. "" if none has a similar name.
func nearestService(service string) string {
	best, least := "", 1+len(service)/3
	for _, other := range authorization.Services() {
		d := levenshtein.ComputeDistance(strings.ToLower(service), other)
		if strings.HasPrefix(other, strings.ToLower(service)) {
			d = min(d, 1)
		}
		if d < least {
			best, least = other, d
		}
	}
	if best == "" {
		return ""
	}
	return ": did you mean " + best + "?"
}

// nearest is the action of a service whose name has the most in common with a name, from its beginning.
func nearest(service, name string) string {
	best, most := "", -1
	for _, action := range authorization.Of(service) {
		_, other, _ := strings.Cut(action.Name, ":")
		n := 0
		for n < min(len(name), len(other)) && strings.EqualFold(name[:n+1], other[:n+1]) {
			n++
		}
		// Of those with as much in common, the one of the nearest length.
		if n = 1000*n - max(len(other)-len(name), len(name)-len(other)); best == "" || n > most {
			best, most = action.Name, n
		}
	}
	return best
}

// CheckResource returns an error for a resource that no template or contract has, unless the access says so, and for one that its action is not on.
func CheckResource(m *model.Model, a model.Access) error {
	if err := checkKind(a); err != nil || a.Nonexistent || a.Resource == "*" || exists(m, a.Resource) {
		return err
	}
	return fmt.Errorf("found resource %s, which no template and no contract has, so that nobody could be denied it by mistake: expected one that exists, facts about it (--facts FILE, Options.Facts), or Access.Nonexistent",
		policy.Readable(a.Resource))
}

// IsOnNone says why no request has an action on a resource: what the action is on. "" if one can, or if the reference does not have the action.
func IsOnNone(action, resource string) string {
	if _, ok := authorization.Lookup(action); !ok || !policy.IsKnown(resource) {
		return ""
	}
	if err := checkKind(model.Access{Action: action, Resource: resource}); err != nil {
		return err.Error()
	}
	return ""
}

// checkKind returns an error for a resource that is of no type which the action is on.
func checkKind(a model.Access) error {
	action, _ := authorization.Lookup(a.Action)
	service, _, _ := strings.Cut(action.Name, ":")
	if len(action.Resources) == 0 {
		if a.Resource != "*" {
			return fmt.Errorf("found resource %s, expected \"*\": %s is not on a single resource", policy.Readable(a.Resource), action.Name)
		}
		return nil
	}
	isOn := func(one authorization.Action) bool { return one.Name == action.Name }
	// What is on a function is on its versions and aliases, which the reference does not say of each action.
	// https://docs.aws.amazon.com/lambda/latest/dg/lambda-api-permissions-ref.html
	if i := strings.LastIndexByte(a.Resource, ':'); service == "lambda" && slices.ContainsFunc(authorization.On(service, a.Resource[:max(i, 0)]), isOn) {
		return nil
	}
	// The reference lists no action on some types, such as the APIs of API Gateway.
	if on := authorization.On(service, a.Resource); !slices.ContainsFunc(on, isOn) && (len(on) > 0 || !isOfType(service, a.Resource)) {
		return fmt.Errorf("found resource %q, but %s is on %s", policy.Readable(a.Resource), action.Name, formats(service, action.Resources))
	}
	return nil
}

// isOfType reports whether a resource is of some type of a service.
func isOfType(service, resource string) bool {
	parts := strings.SplitN(resource, ":", 3)
	return len(parts) == 3 && slices.ContainsFunc(authorization.Types(service), func(t authorization.Type) bool {
		return slices.ContainsFunc(t.Formats, func(format string) bool { return authorization.Fits(format, parts[2]) })
	})
}

// formats are the ARNs of resource types, such as "arn:*:s3:::*/*".
func formats(service string, types []string) string {
	var all []string
	for _, t := range authorization.Types(service) {
		if slices.Contains(types, t.Name) {
			for _, format := range t.Formats {
				all = append(all, "arn:*:"+format)
			}
		}
	}
	return strings.Join(all, " or ")
}

// exists says that a template or a contract has a resource, or that a template has one of the same account and service whose ARN is not known.
func exists(m *model.Model, resource string) bool {
	if _, ok := m.Accounts.ResourceOf(resource); ok || m.Principal(resource) != nil {
		return true
	}
	isOf := func(pattern string) bool {
		return authorization.Fits(pattern, resource) || bucketOf(pattern) != "" && bucketOf(pattern) == bucketOf(resource)
	}
	for _, g := range m.Grants {
		for _, s := range g.Permissions {
			if slices.ContainsFunc(s.Resources, isOf) {
				return true
			}
		}
	}
	a, _ := arn.Parse(resource)
	service, _, _ := strings.Cut(a.Service, "-") // as "cognito" of "cognito-idp"
	for _, s := range m.Assembly.Stacks {
		for _, r := range s.Resources {
			if r.ARN == "" && a.Account == s.Account && strings.HasPrefix(strings.ToLower(r.Type), "aws::"+service+"::") {
				return true
			}
		}
	}
	return false
}

// bucketOf is the bucket of an object. "" for what is no object.
func bucketOf(resource string) string {
	a, _ := arn.Parse(resource)
	if a.Service != "s3" {
		return ""
	}
	bucket, _, _ := strings.Cut(a.Resource, "/")
	return bucket
}
