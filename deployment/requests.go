package deployment

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/internal/schema"
)

// Request is a request that CloudFormation makes for a resource.
type Request struct {
	// Action is such as "s3:CreateBucket".
	Action string
	// Resource is its ARN, or "*". It has a wildcard in place of a name that nobody knows before deployment.
	Resource string
	// Context are the condition keys by which [Derive] limits the permission: each with one value that the request may have.
	Context map[string][]string
}

// Requester says which requests CloudFormation makes for the resources of an account. It is not safe for use by several goroutines.
type Requester struct{ derivation }

// NewRequester reads the stacks of an account.
func NewRequester(a *assembly.Assembly, account string) *Requester {
	d := &Requester{derivation{account: account, leftOut: map[LeftOut]bool{}, granted: map[typeAction]bool{}, wide: map[string]bool{}}}
	for _, s := range a.Stacks {
		if s.Account == account {
			d.stacks = append(d.stacks, s)
		}
	}
	d.index()
	d.indexBoundaries()
	return d
}

// Of are the requests for an operation of a resource, sorted: all that the schema of its type lists, as [Derive] has them, also those for properties that the resource
// does not have. It errs if they are not known.
// https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html#schema-properties-handlers
func (d *Requester) Of(r *assembly.Resource, operation schema.Operation) ([]Request, error) {
	d.needs = map[needed]map[string]bool{}
	if err := d.resource(r, operation); err != nil {
		return nil, err
	}
	var all []Request
	for need, resources := range d.needs {
		context := contextOf(need.condition, passedTo[r.Type])
		for _, resource := range slices.Sorted(maps.Keys(resources)) {
			all = append(all, Request{need.action, resource, context})
		}
	}
	slices.SortFunc(all, func(a, b Request) int { return strings.Compare(a.Action+" "+a.Resource, b.Action+" "+b.Resource) })
	return all, nil
}

// contextOf is a context that meets a condition. service is the one that a role is passed to, if the condition has several.
func contextOf(condition, service string) map[string][]string {
	if condition == "" {
		return nil
	}
	var operators map[string]map[string][]string
	_ = json.Unmarshal([]byte(condition), &operators) // need wrote it
	context := map[string][]string{}
	for _, keys := range operators {
		for key, values := range keys {
			value := values[0]
			if slices.Contains(values, service) {
				value = service
			}
			if front, is := strings.CutSuffix(value, ".*"); is {
				value = front + ".amazonaws.com"
			}
			context[key] = []string{value}
		}
	}
	return context
}
