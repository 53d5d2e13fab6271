package policy

import (
	"fmt"
	"regexp"
	"strings"
)

// Problem is one reason for which AWS would refuse a policy.
type Problem struct {
	// Place is where, such as "Statement[2].Principal", or "" for the whole document.
	Place string
	// Message is what is wrong, in AWS's words where they are known.
	Message string
}

// String is the problem with its place.
func (p Problem) String() string {
	if p.Place == "" {
		return p.Message
	}
	return p.Place + ": " + p.Message
}

// Validate says for which reasons AWS would refuse the document as a policy of kind k; none if it would take it, as far as the document
// itself tells: whether principals exist, say, it does not. Of what is unresolved it says nothing.
func Validate(d *Document, k Kind) []Problem {
	v := validator{kind: k}
	v.size(d)
	if d.hasID && !countsPrincipal(k) {
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

// validator collects what it finds.
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
	v.found = append(v.found, Problem{at + element, message})
}

// limit is how long a document may be, in characters.
type limit struct {
	most int
	// dense: white space between elements does not count.
	dense bool
	words string
}

// limits are the quotas that AWS sets by default; of a kind with several the largest.
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
	Resource:        {32768, false, "a resource policy has at most 32768 characters (key policies), most less"},
}

func (v *validator) size(d *Document) {
	l := limits[v.kind]
	size := d.size
	if l.dense {
		size = d.dense
	}
	if size > l.most {
		v.add("", fmt.Sprintf("%s; found %d", l.words, size))
	}
}

// plainSid is what IAM takes as a Sid; policies of resources may have more.
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

// resourceControl are the rules of https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_syntax.html.
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

func (v *validator) actions(s *Statement) {
	name := string(either(s.notAction, notActionElement, actionElement))
	for i := range s.actions {
		a := &s.actions[i]
		service, action, ok := strings.Cut(a.Raw, ":")
		switch {
		case a.HasUnresolved: // AWS will see what it is
			continue
		case a.all:
		case !ok || service == "" || action == "":
			v.add(name, fmt.Sprintf("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.; found %q", a.Raw))
		case a.odd:
			v.add(name, fmt.Sprintf("Vendor %s is not valid; found %q", service, a.Raw))
		}
		if v.kind == Trust && !strings.EqualFold(service, "sts") {
			v.add(name, fmt.Sprintf("AssumeRole policy may only specify STS AssumeRole actions.; found %q", a.Raw))
		}
	}
}
