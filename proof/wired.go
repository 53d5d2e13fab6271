package proof

import (
	"fmt"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly/accounts"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/policy"
)

// wired are the resources that marked ones act on: they have to stay manageable, take nothing without TLS, and let in nobody else of another
// account, and no service for more.
func (w *world) wired(all []wire, declared []*Grant) []Check {
	needed := map[*accounts.Resource][]wire{}
	var order []*accounts.Resource
	for _, one := range all {
		guarded, ok := w.accounts.ResourceOf(one.Resource)
		if !ok {
			continue
		}
		if needed[guarded] == nil {
			order = append(order, guarded)
		}
		needed[guarded] = append(needed[guarded], one)
	}
	var checks []Check
	for _, guarded := range order {
		checks = append(checks, manage(&Grant{}, guarded)...)
		checks = append(checks, overHTTP(guarded, needed[guarded])...)
		checks = append(checks, w.doors(guarded, needed[guarded], declared)...)
		if role, ok := w.accounts.Role(guarded.ARN); ok { // which a service takes on for this alone
			checks = append(checks, excess(&Grant{}, role, func(held contract.Statement) bool {
				return !slices.ContainsFunc(all, func(one wire) bool {
					return one.Caller == role.ARN && one.Action == held.Actions[0] && one.Resource == held.Resources[0]
				})
			})...)
		}
	}
	for i := range checks {
		checks[i].Grant = ""
	}
	return checks
}

// overHTTP is what the owner itself does, without TLS: one request on each thing that is acted on, such as a bucket and its objects.
func overHTTP(r *accounts.Resource, needed []wire) []Check {
	var all []Check
	seen := map[string]bool{}
	for _, one := range needed {
		service, _, _ := strings.Cut(one.Action, ":")
		if !plain[service] || seen[one.Resource] {
			continue
		}
		seen[one.Resource] = true
		a := one.Access
		a.Caller, a.powerful, a.From = "arn:"+r.Stack.Partition+":iam::"+r.Stack.Account+":role/crossgrant-probe-administrator", true, nil
		a.Context = map[string][]string{"aws:SecureTransport": {"false"}}
		all = append(all, Check{Rule: PlainHTTP, Expects: MustFail, Name: policy.Readable("over plain HTTP, " + a.Action + " on " + a.Resource), Access: a})
	}
	return all
}

// doors is one check for each statement that allows, of the policy of a resource that services act on.
func (w *world) doors(r *accounts.Resource, needed []wire, declared []*Grant) []Check {
	d := r.Policy
	if role, ok := w.accounts.Role(r.ARN); ok {
		d = role.Trust
	}
	if d == nil {
		return nil
	}
	var all []Check
	for i := range d.Statements {
		s := &d.Statements[i]
		if s.Effect != policy.Allow {
			continue
		}
		e := s.Elements()
		c := Check{Rule: OverGrant, Expects: MustFail, Name: fmt.Sprintf("statement %s of %s", sid(s), d.Name), Verdict: Proved, holder: r.Resource}
		for _, caller := range callers(e, r.Stack.Account) {
			if !wiredFor(needed, caller, e) {
				c.hold(w.needs(declared, r.Resource, e, caller), caller)
			}
		}
		for _, service := range e.Principals["Service"] {
			if !wiredFor(needed, service, e) {
				c.hold("it lets "+service+" do "+strings.Join(e.Actions, ", ")+", and nothing that is marked needs all of that", service)
			}
		}
		all = append(all, c)
	}
	return all
}

// besides are what CDK lets a service do along with an action: it tells how full the queue is, and its address.
var besides = map[string][]string{"sqs:SendMessage": {"sqs:GetQueueAttributes", "sqs:GetQueueUrl"}}

// wiredFor says that a caller needs all actions of a statement.
func wiredFor(needed []wire, caller string, e policy.Elements) bool {
	return !e.NotAction && !slices.ContainsFunc(e.Actions, func(action string) bool {
		return !slices.ContainsFunc(needed, func(one wire) bool {
			return one.Caller == caller && (one.Action == action || slices.Contains(besides[one.Action], action))
		})
	})
}
