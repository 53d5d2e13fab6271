package policy

import (
	"fmt"
	"strings"

	"github.com/crossgrant/crossgrant/policy/internal/operator"
)

// principals checks Principal and NotPrincipal.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
func (v *validator) principals(s *Statement) {
	if !countsPrincipal(v.kind) {
		if len(s.principals) > 0 {
			v.add(string(either(s.notPrincipal, notPrincipalElement, principalElement)), "Policy document should not specify a principal.")
		}
		return
	}
	if len(s.principals) == 0 {
		v.add("", "Missing required field Principal")
	}
	if s.notPrincipal {
		switch {
		case v.kind == Trust || v.kind == ResourceControl:
			v.add("NotPrincipal", "Has prohibited field NotPrincipal")
		case s.Effect == Allow:
			v.add("NotPrincipal", "NotPrincipal must be used with Effect Deny")
		}
	}
	for i := range s.principals {
		p := &s.principals[i]
		if p.open != nil {
			continue
		}
		if p.kind == oddPrincipal || p.kind == deadPrincipal || p.kind == canonicalUser && v.kind != Resource {
			v.add("Principal", fmt.Sprintf("Invalid principal in policy: %q:%q", p.group, p.raw))
		}
	}
}

// resources checks Resource and NotResource.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
func (v *validator) resources(s *Statement) {
	name := string(either(s.notResource, notResourceElement, resourceElement))
	if v.kind == Trust {
		if len(s.resources) > 0 {
			v.add(name, "Has prohibited field Resource")
		}
		return
	}
	if len(s.resources) == 0 && v.kind != Resource {
		v.add("", "Policy statement must contain resources.")
	}
	for i := range s.resources {
		p := &s.resources[i]
		parts := strings.SplitN(p.Raw, ":", 6)
		vendor := parts[min(2, len(parts)-1)]
		switch {
		case p.HasUnresolved:
		case p.all || p.odd && v.kind == Resource: // some services have short forms, such as "execute-api:/stage/GET/path"
		case p.odd:
			v.add(name, fmt.Sprintf("Resource %s must be in ARN format or \"*\".", p.Raw))
		case p.Malformed:
			v.add(name, fmt.Sprintf("a policy variable needs the form ${key} or ${key, 'default'} and stands after the fifth colon; found %q", p.Raw))
		case strings.ContainsAny(vendor, "*?"):
			v.add(name, fmt.Sprintf("Resource vendor must be fully qualified and cannot contain regexes.; found %q", p.Raw))
		case len(parts) < 6 && !strings.ContainsAny(p.Raw, "*?"):
			v.add(name, fmt.Sprintf("The policy failed legacy parsing: an ARN has six parts; found %q", p.Raw))
		case !strings.HasPrefix(parts[1], "aws") && parts[1] != "*":
			v.add(name, fmt.Sprintf("Partition %q is not valid for resource %q.", parts[1], p.Raw))
		}
	}
}

// conditions checks operators, keys and values.
func (v *validator) conditions(s *Statement) {
	for i := range s.conditions {
		q := &s.conditions[i]
		at := "Condition." + q.name
		if !IsKnown(q.key) {
			continue
		}
		if q.operator.Family == operator.Unsupported {
			v.add(at, fmt.Sprintf("Invalid Condition type : %s.", q.name))
			continue
		}
		at += "." + q.key
		if !strings.Contains(q.key, ":") {
			v.add(at, "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
		}
		for j := range q.values {
			if o := &q.values[j]; (o.invalid || o.Malformed) && IsKnown(o.Raw) {
				v.add(at, fmt.Sprintf("%s cannot compare with %q", q.name, o.Raw))
			}
		}
	}
}
