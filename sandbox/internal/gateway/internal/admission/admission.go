// Package admission says which resources of a deployment AWS would refuse, and why, in the words of CloudFormation's events. It deploys nothing and has no
// rules of IAM: what a policy permits, the proof says, and what CloudFormation needs, package deployment.
package admission

import (
	"fmt"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/deployment"
	"github.com/crossgrant/crossgrant/sandbox/internal/gateway/internal/deployed"
)

// Plan is a deployment that is judged.
type Plan struct{ *deployed.Planned }

// Refusal is a resource that AWS refuses.
type Refusal struct {
	// LogicalID and Type are those of the resource.
	LogicalID, Type string
	// Effect is what would have become of it.
	Effect deployment.Effect
	// Reason is what CloudFormation says of it.
	Reason string
}

// refusal is one of a change.
func refusal(c *deployment.Change, format string, args ...any) Refusal {
	r := c.Resource()
	return Refusal{r.LogicalID, r.Type, c.Effect, fmt.Sprintf(format, args...)}
}

// sets says that a change creates or changes a resource.
func sets(c *deployment.Change) bool {
	return c.After != nil && c.Effect != deployment.Refused
}

// resource is a resource of the stack as it would be. Nil for none.
func (p *Plan) resource(id string) *assembly.Resource {
	if p.Stack == nil {
		return nil
	}
	for _, r := range p.Stack.Resources {
		if r.LogicalID == id {
			return r
		}
	}
	return nil
}

// First are the refusals that CloudFormation comes to: those of resources that wait for no other one that is refused, each resource once.
func (p *Plan) First(all []Refusal) []Refusal {
	refused := map[string]bool{}
	for _, one := range all {
		refused[one.LogicalID] = true
	}
	seen := map[string]bool{}
	return slices.DeleteFunc(all, func(one Refusal) bool {
		waits := slices.ContainsFunc(p.before(one.LogicalID), func(id string) bool { return refused[id] && id != one.LogicalID })
		twice := seen[one.LogicalID]
		seen[one.LogicalID] = true
		return waits || twice
	})
}

// before are the resources of the stack that are created before one, since it refers to them or depends on them.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-dependson.html
func (p *Plan) before(id string) []string {
	var all []string
	next := []string{id}
	for len(next) > 0 {
		r := p.resource(next[0])
		if next = next[1:]; r == nil {
			continue
		}
		for _, other := range slices.Concat(r.DependsOn, r.References) {
			if !slices.Contains(all, other) && p.resource(other) != nil {
				all, next = append(all, other), append(next, other)
			}
		}
	}
	return all
}

// Unchangeable are the changes that CloudFormation does not make.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/troubleshooting.html
func (p *Plan) Unchangeable() []Refusal {
	var all []Refusal
	for i := range p.Changes {
		if c := &p.Changes[i]; c.Effect == deployment.Refused {
			message := c.Why
			if strings.Contains(c.Why, "whose name it has") {
				message = "CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename " + c.After.Name + " and update the stack again. (" + c.Why + ")"
			}
			all = append(all, refusal(c, "%s", message))
		}
	}
	return all
}
