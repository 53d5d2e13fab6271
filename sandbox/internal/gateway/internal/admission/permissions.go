package admission

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/deployment"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/internal/schema"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof"
	"github.com/crossgrant/crossgrant/sandbox/internal/gateway/internal/deployed"
)

// Permissions are the resources for which CloudFormation may not make its requests: those that package deployment knows of the type. caller is an access of whom it
// deploys as, without an action. now is what is deployed: by that they are decided, so that no policy protects what is new.
func (p *Plan) Permissions(caller proof.Access, account string, now *deployed.Now) []Refusal {
	a := asker{now, caller, map[string]*proof.Chain{}}
	requesters := map[*deployed.Now]*deployment.Requester{}
	var all []Refusal
	for i := range p.Changes {
		c := &p.Changes[i]
		for _, one := range operations(c) {
			by, r := p.After, p.resource(c.Resource().LogicalID)
			if one == schema.Delete {
				by, r = now, now.Same(c.Before)
			}
			if r == nil {
				continue
			}
			if requesters[by] == nil {
				requesters[by] = deployment.NewRequester(by.Assembly(), account)
			}
			if why := a.refuses(requesters[by], r, one); why != "" {
				all = append(all, refusal(c, "%s", why))
				break
			}
		}
	}
	return all
}

// operations are what CloudFormation does for a change.
func operations(c *deployment.Change) []schema.Operation {
	var all []schema.Operation
	switch c.Effect {
	case deployment.Added, deployment.Replaced:
		all = append(all, schema.Create)
	case deployment.Updated, deployment.PerhapsReplaced:
		all = append(all, schema.Update)
	}
	if (c.Effect == deployment.Replaced || c.Effect == deployment.Removed) && !c.Kept {
		all = append(all, schema.Delete)
	}
	return all
}

// asker asks whether requests are permitted, each once.
type asker struct {
	now     *deployed.Now
	caller  proof.Access
	answers map[string]*proof.Chain
}

// refuses says which requests for an operation of a resource are not permitted. "" if all are.
func (a *asker) refuses(by *deployment.Requester, r *assembly.Resource, operation schema.Operation) string {
	requests, err := by.Of(r, operation)
	if err != nil {
		service, _, _ := strings.Cut(strings.TrimPrefix(strings.ToLower(r.Type), "aws::"), "::")
		for _, of := range []string{service, "iam"} { // one who may do everything need not be asked what
			if chain := a.decide(deployment.Request{Action: of + ":Unknown", Resource: "*"}); chain != nil {
				return fmt.Sprintf("the sandbox denies what it does not know: %v", err)
			}
		}
		return ""
	}
	var denied []string
	why := ""
	for _, one := range requests {
		chain := a.decide(one)
		if chain == nil {
			continue
		}
		if why == "" {
			why = said403(one.Action, chain)
		}
		if !slices.Contains(denied, one.Action) {
			denied = append(denied, one.Action)
		}
	}
	if len(denied) > 1 {
		why += "; neither may it make " + strings.Join(denied[1:], ", ")
	}
	return why
}

// said403 is what CloudFormation says of a request that is denied.
func said403(action string, chain *proof.Chain) string {
	message := deployed.Denial(chain)
	if strings.HasPrefix(action, "s3:") {
		return "API: " + action + " Access Denied (" + message + ")"
	}
	return message
}

// decide decides a request. Nil if it passes.
func (a *asker) decide(one deployment.Request) *proof.Chain {
	context, _ := json.Marshal(one.Context) // never fails: texts only
	key := one.Action + " " + one.Resource + " " + string(context)
	if known, ok := a.answers[key]; ok {
		return known
	}
	access := a.caller
	access.Action, access.Resource = one.Action, one.Resource
	if len(one.Context) > 0 {
		access = access.WithContext(one.Context)
	}
	if one.Resource != "*" {
		access.Resource = strings.ReplaceAll(one.Resource, "*", policy.Unresolved("any"))
		of, _ := arn.Parse(access.Resource)
		if of.Resource, _, _ = strings.Cut(of.Resource, "/"); of.Service == "s3" {
			access.Owner, access.Nonexistent = arn.Account(a.caller.Caller), !a.now.Has(of.String())
		} else {
			access.Nonexistent = !a.now.HasPart(access.Resource)
		}
	}
	chain := a.now.Decide(access)
	if h, stops := chain.Stops(); !stops || access.Nonexistent && lacksKeyPolicy(h.Trace) {
		chain = nil
	}
	a.answers[key] = chain
	return chain
}

// lacksKeyPolicy says that a request is denied only since a key that is not there has no policy. The policy that it gets with its creation is for later requests.
func lacksKeyPolicy(t *policy.Trace) bool {
	if t == nil || t.Decision != policy.ImplicitlyDenied || !strings.HasPrefix(t.Request.Action, "kms:") {
		return false
	}
	permitted := false
	for _, l := range t.Layers {
		if l.MissingAllow && l.Policy != policy.Resource {
			return false
		}
		permitted = permitted || l.Policy == policy.Identity && l.Allows == policy.Yes
	}
	return permitted
}
