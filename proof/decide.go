package proof

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/accounts"
	"github.com/crossgrant/crossgrant/internal/denial"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/model"
	"github.com/crossgrant/crossgrant/proof/internal/simulate"
)

// Decider decides single requests by the policies and routes of one assembly, which it reads once: by those alone, whatever the templates declare, so that the two
// halves of a grant need not fit, as between two deployments. It is safe for use by several goroutines.
type Decider struct{ model *model.Model }

// NewDecider reads an assembly. It errs if the facts of the options do not fit it.
func NewDecider(a *assembly.Assembly, o Options) (*Decider, error) {
	if a == nil {
		return nil, errNoAssembly
	}
	m, err := model.NewDeployed(a, o)
	if err != nil {
		return nil, err
	}
	return &Decider{m}, nil
}

// Decide walks one request as it is: its caller and its resource are ARNs, the caller assumes the roles of the access and no others, and the request starts
// from the first subnet of what runs as the caller.
func (d *Decider) Decide(access Access) *Chain {
	return &simulate.Walk(d.model, access)[0]
}

// From returns an access that starts from the function, the instance or the other workload of an ARN. ok is false if the assembly has none.
func (d *Decider) From(arn string) (access Access, ok bool) {
	for _, w := range d.model.Network.Workloads() {
		if w.Resource.ARN == arn {
			access.From = w
			return access, true
		}
	}
	return access, false
}

// Statement is a statement of a policy that a template has.
type Statement struct {
	*policy.Statement
	// Document is its policy, and Kind the kind of that.
	Document *policy.Document
	Kind     policy.Kind
	// Of is the role, the user or the resource that has the policy.
	Of *assembly.Resource
}

// Name is the Sid, or the position in the policy, from 0.
func (s Statement) Name() string { return cmp.Or(s.Sid, strconv.Itoa(s.Index)) }

// Permits are the statements by which the templates permit anything: those with Allow in the identity policies and the trust policies of roles and users, and in the
// policies of resources, by stack and resource. The policies of VPC endpoints are not among them: they grant nothing.
func (d *Decider) Permits() []Statement {
	all := []Statement{}
	add := func(of *assembly.Resource, kind policy.Kind, documents ...*policy.Document) {
		for _, document := range documents {
			if d.model.Accounts.Unknown(document) != "" {
				continue
			}
			for i := range document.Statements {
				if s := &document.Statements[i]; s.Effect == policy.Allow {
					all = append(all, Statement{s, document, kind, of})
				}
			}
		}
	}
	a := d.model.Accounts
	for _, p := range slices.Concat(a.Roles, a.Users) {
		add(p.Resource, policy.Identity, p.Policies...)
		if p.Trust != nil {
			add(p.Resource, policy.Trust, p.Trust)
		}
	}
	seen := map[*accounts.Resource]bool{}
	for _, arn := range a.ARNs() {
		if r, ok := a.ResourceOf(arn); ok && r.Policy != nil && !seen[r] {
			seen[r] = true
			add(r.Resource, policy.Resource, r.Policy)
		}
	}
	slices.SortStableFunc(all, func(one, other Statement) int {
		return cmp.Or(cmp.Compare(one.Of.Stack.Account, other.Of.Stack.Account), cmp.Compare(one.Of.Stack.Name, other.Of.Stack.Name), cmp.Compare(one.Of.LogicalID, other.Of.LogicalID))
	})
	return all
}

// Used is a statement that let a request pass.
type Used struct {
	Statement
	// Action and Resource are those of the request.
	Action, Resource string
}

// Permitting are the statements of templates that let an access pass, hop by hop, those of VPC endpoints left out. None for an access that does not pass.
func Permitting(c *Chain) []Used {
	if c.Passes != policy.Yes {
		return nil
	}
	var all []Used
	for _, d := range c.Deciding() {
		if d.Effect == policy.Allow && d.Of != nil && d.Kind != policy.Endpoint {
			all = append(all, Used{Statement{&d.Document.Statements[d.Index], d.Document, d.Kind, d.Of}, d.Action, d.Resource})
		}
	}
	return all
}

// policyTypes are the types of policies as AWS's messages name them.
var policyTypes = map[policy.Kind]denial.PolicyType{
	policy.Identity: denial.IdentityBased, policy.Resource: denial.ResourceBased, policy.Trust: denial.RoleTrust, policy.Session: denial.Session,
	policy.Boundary: denial.Boundary, policy.ServiceControl: denial.ServiceControl, policy.ResourceControl: denial.ResourceControl, policy.Endpoint: denial.VPCEndpoint,
}

// DenialMessage is what AWS says of a request that no policy permits or that one denies, with the type of the policy. In parentheses behind it are the policy and
// the statement, which AWS does not say. Of several types it names the one of an explicit deny, or else the first in the order of the fields of
// [policy.Policies]. "" for a request that passes, and for one that the network stops.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
func DenialMessage(c *Chain) string {
	h, stops := c.Stops()
	if !stops || h.Path != nil {
		return ""
	}
	d := denial.Denial{Caller: c.Caller, Action: c.Action, Resource: c.Resource}
	if h.Trace != nil {
		r := h.Trace.Request
		d.Caller, d.Action, d.Resource = r.Principal, r.Action, r.Resource
		if h.Passes == policy.No {
			d.Policy, d.Explicit = denying(h.Trace)
		}
	}
	var why []string
	for _, line := range h.Says {
		why = append(why, strings.TrimPrefix(strings.TrimPrefix(line, "denied: "), "unknown: "))
	}
	return policy.Readable(d.Message()) + " (" + strings.Join(why, "; ") + ")"
}

// denying is the type of the policy by which a request is denied, and whether one of its statements denies it.
func denying(t *policy.Trace) (of denial.PolicyType, explicit bool) {
	if t.Decision == policy.ExplicitlyDenied {
		for _, s := range t.Decisive() {
			return policyTypes[s.Policy], true
		}
	}
	for _, l := range t.Layers {
		if l.MissingAllow {
			return policyTypes[l.Policy], false
		}
	}
	return "", false
}
