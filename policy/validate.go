package policy

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/crossgrant/crossgrant/policy/internal/operator"
)

// Problem is one reason for which AWS would refuse a policy.
type Problem struct {
	// Path is the element, such as "Statement[2].Principal", or "" for the whole document.
	Path string
	// Message says what is wrong, in the words of AWS's own error where they are known.
	Message string
	// Size says that the policy is larger than AWS accepts.
	Size bool
}

// String returns the path and the message.
func (p Problem) String() string {
	if p.Path == "" {
		return p.Message
	}
	return p.Path + ": " + p.Message
}

// Validate returns the reasons for which AWS would refuse the document as a policy of kind k, in the order of the document; none if AWS would accept
// it. It checks what the document itself shows: size, elements, and the form of actions, ARNs, principals and conditions. It does not check
// whether principals or resources exist, nor text that is unresolved.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
func Validate(d *Document, k Kind) []Problem {
	v := validator{kind: k}
	v.size(d)
	if d.hasID && !hasPrincipals(k) {
		v.add("Id", "Id must not be in a policy without principals")
	}
	if (k == ServiceControl || k == ResourceControl) && d.Version != "2012-10-17" {
		v.add("Version", "Version must be 2012-10-17, found "+d.Version)
	}
	if len(d.Statements) == 0 {
		v.add("Statement", "Policy must contain at least one statement")
	}
	sids := map[string]bool{}
	for i := range d.Statements {
		s := &d.Statements[i]
		v.at = fmt.Sprintf("Statement[%d]", s.Index)
		if s.Sid != "" && sids[s.Sid] {
			v.add("Sid", "Statement IDs (SID) in a single policy must be unique.")
		}
		sids[s.Sid] = true
		v.statement(s)
	}
	return v.found
}

// validator collects the problems of a document.
type validator struct {
	kind  Kind
	at    string
	found []Problem
}

func (v *validator) add(element, message string) {
	at := v.at
	if at != "" && element != "" {
		at += "."
	}
	v.found = append(v.found, Problem{Path: at + element, Message: message})
}

// limit is the size that AWS accepts.
type limit struct {
	max int // characters
	// withoutSpace: white space outside strings does not count.
	withoutSpace bool
	message      string
}

// limits are the default quotas. A kind with several has the largest.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
// https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
// https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-limits-endpoints.html
// https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html
var limits = map[Kind]limit{
	Identity:        {10240, true, "Maximum policy size of 10240 bytes exceeded"},
	Boundary:        {6144, true, "Cannot exceed quota for PolicySize: 6144"},
	Session:         {2048, false, "a session policy has at most 2048 characters"},
	Trust:           {2048, true, "Cannot exceed quota for ACLSizePerRole: 2048"},
	ServiceControl:  {10240, false, "You have exceeded the maximum policy size: 10240"},
	ResourceControl: {5120, false, "You have exceeded the maximum policy size: 5120"},
	Endpoint:        {20480, false, "an endpoint policy has at most 20480 characters"},
	Resource:        {32768, false, "a resource policy has at most 32768 characters (a key policy; others have less)"},
}

func (v *validator) size(d *Document) {
	l := limits[v.kind]
	size := d.size
	if l.withoutSpace {
		size = d.sizeWithoutSpace
	}
	if size > l.max {
		v.found = append(v.found, Problem{Message: fmt.Sprintf("%s; found %d", l.message, size), Size: true})
	}
}

// plainSid is a Sid that IAM accepts. Resource policies may have other characters as well.
var plainSid = regexp.MustCompile(`^[0-9A-Za-z]*$`)

func (v *validator) statement(s *Statement) {
	if v.kind != Resource && v.kind != Endpoint && !plainSid.MatchString(s.Sid) {
		v.add("Sid", "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*")
	}
	v.principals(s)
	v.actions(s)
	v.resources(s)
	v.conditions(s)
	if v.kind == ResourceControl {
		v.resourceControl(s)
	}
}

// resourceControl checks the rules of https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_syntax.html.
func (v *validator) resourceControl(s *Statement) {
	full := s.Effect == Allow && !s.notAction && s.actions[0].Raw == "*" && len(s.conditions) == 0
	if s.Effect == Allow && !full {
		v.add("Effect", "Allow is only supported for the policy RCPFullAWSAccess, expected Deny")
	}
	if s.notAction {
		v.add("NotAction", "a resource control policy does not support NotAction")
	}
	if len(s.principals) > 0 && (len(s.principals) > 1 || s.principals[0].kind != anyPrincipal) {
		v.add("Principal", `a resource control policy supports "*" only; name principals in Condition`)
	}
}

// actions checks Action and NotAction.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html
func (v *validator) actions(s *Statement) {
	name := string(either(s.notAction, notActionElement, actionElement))
	for i := range s.actions {
		a := &s.actions[i]
		service, action, ok := strings.Cut(a.Raw, ":")
		switch {
		case a.HasUnresolved:
			continue
		case a.any:
		case !ok || service == "" || action == "":
			v.add(name, fmt.Sprintf("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.; found %q", a.Raw))
		case a.irregular:
			v.add(name, fmt.Sprintf("Vendor %s is not valid; found %q", service, a.Raw))
		}
		if v.kind == Trust && !strings.EqualFold(service, "sts") {
			v.add(name, fmt.Sprintf("AssumeRole policy may only specify STS AssumeRole actions.; found %q", a.Raw))
		}
	}
}

// principals checks Principal and NotPrincipal.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
func (v *validator) principals(s *Statement) {
	if !hasPrincipals(v.kind) {
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
		if p.unresolved != nil {
			continue
		}
		if p.kind == invalidPrincipal || p.kind == nonCallerPrincipal || (p.kind == canonicalUser || p.kind == originAccessIdentity) && v.kind != Resource {
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
		case p.any || p.notARN && v.kind == Resource: // some services have short forms, such as "execute-api:/stage/GET/path"
		case p.notARN:
			v.add(name, fmt.Sprintf("Resource %s must be in ARN format or \"*\".", p.Raw))
		case p.Malformed:
			v.add(name, fmt.Sprintf("a policy variable needs the form ${key} or ${key, 'default'} and comes after the fifth colon; found %q", p.Raw))
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
