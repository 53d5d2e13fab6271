package policy

import (
	"sync"

	"github.com/crossgrant/crossgrant/policy/internal/truth"
)

// Decide answers a request. It never fails: what cannot be understood or is not known leads to Unknown, never to Allowed.
func Decide(r Request, p Policies) Decision {
	q := questions.Get().(*question)
	q.asked, q.given = r, p
	q.evaluation = evaluation{request: &q.asked, policies: &q.given}
	d := q.run()
	*q = question{} // so that it keeps nothing of the caller's alive
	questions.Put(q)
	return d
}

// question is what Decide needs of memory. It is used again, since the compiler cannot see that matching keeps nothing of it.
type question struct {
	evaluation
	asked Request
	given Policies
}

var questions = sync.Pool{New: func() any { return new(question) }}

// Evaluate answers a request as Decide does, and says how each statement of each policy contributed.
func Evaluate(r Request, p Policies) (Decision, Trace) {
	t := Trace{Request: r, policies: p}
	e := evaluation{request: &r, policies: &p, trace: &t}
	t.Decision = e.run()
	return t.Decision, t
}

// evaluation is one request on its way to a decision. Both Decide and Evaluate walk it, so that they cannot differ.
type evaluation struct {
	request  *Request
	policies *Policies
	call     call
	trust    bool   // the resource policy is a role's trust policy
	key      bool   // the resource policy is a KMS key policy
	trace    *Trace // nil for Decide

	identity, session, boundary, endpoint layer
	serviceControl, resourceControl       layer
	resource                              grants
}

// run decides in the order of "How AWS enforcement code logic evaluates requests to allow or deny access"
// (reference_policies_evaluation-logic_policy-eval-denyallow.html), but without stopping at the first answer.
func (e *evaluation) run() Decision {
	if err := e.call.take(e.request); err != nil {
		return e.unreadable(err.Error())
	}
	e.trust = e.call.isTrust()
	e.key = e.call.isKey()
	e.scan()
	return e.settle()
}

// unreadable is the answer to a request that is malformed: everything is open.
func (e *evaluation) unreadable(problem string) Decision {
	if e.trace != nil {
		e.trace.Problem = problem
	}
	return Unknown
}

// settle joins what the layers say. A Deny counts wherever it stands.
func (e *evaluation) settle() Decision {
	guards := min(e.serviceControl.allow, e.resourceControl.allow, e.endpoint.allow)
	allow := min(e.granted(), guards, e.possible())
	deny := max(e.identity.deny, e.session.deny, e.boundary.deny, e.serviceControl.deny, e.resourceControl.deny, e.resource.deny,
		e.endpoint.deny)
	if e.freeOfPermissions() {
		allow, deny = truth.Yes, truth.No
		if e.endpoint.allow != truth.Yes || e.endpoint.deny != truth.No {
			allow = truth.Unknown // what an endpoint's policy does to such an action is not documented
		}
	}
	if e.trace != nil {
		e.trace.join(e, allow)
	}
	switch {
	case deny == truth.Yes:
		return ExplicitlyDenied
	case allow == truth.No: // whatever an open Deny says, it is denied
		return ImplicitlyDenied
	case allow == truth.Unknown || deny == truth.Unknown:
		return Unknown
	}
	return Allowed
}
