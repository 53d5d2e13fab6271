package assembly

import (
	"fmt"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly/internal/document"
	"github.com/crossgrant/crossgrant/assembly/internal/intrinsic"
	"github.com/crossgrant/crossgrant/policy"
)

// scope is a stack while it is resolved.
type scope struct {
	*Stack
	template *template
	artifact *artifact
	parent   *scope // of a nested stack
	nested   map[string]*scope

	parameters map[string]*parameter
	conditions map[string]*condition
	resources  map[string]*resource
	mappings   map[string]any
	metadata   map[string]any // as in the template, until it is resolved
	outputs    map[string]*output

	apart     bool   // another stack of the name may be in the same account and region, as far as these are known
	suffix    string // of domains
	resolver  *resolver
	functions intrinsic.Scope
}

// template is one template file, which may be that of several stacks.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html
type template struct {
	parameters, mappings, conditions, resources, outputs, metadata map[string]any
	macros                                                         []string
	loops                                                          bool            // whether it has Fn::ForEach
	warnings                                                       []string        // of what is written in it
	twice                                                          map[string]bool // logical IDs that are there twice
}

// at returns the evaluation of a part of the template.
func (s *scope) at(id string, keys ...string) *intrinsic.Evaluation {
	return s.functions.At(id, keys...)
}

// Note records what could not be understood.
func (s *scope) Note(id, place, why string) {
	s.resolver.notes = append(s.resolver.notes, Note{s.Stack, id, place, why})
}

// condition is a condition of a template.
type condition struct {
	node  any
	known bool // whether value is set
	value policy.Answer
}

// parameter is a parameter of a template.
type parameter struct {
	body  map[string]any
	known bool // whether value is set
	value any
}

// resource is a resource while its stack is resolved.
type resource struct {
	*Resource
	scope      *scope
	condition  string
	twice      bool           // the template has its logical ID, or one of its attributes, twice
	properties any            // as in the template, until they are resolved
	metadata   map[string]any // of it what this program reads, as in the template
	kind       *resourceType  // nil for a type that is not in the table
	identified bool
	attributes map[string]string
}

// output is an output while its stack is resolved.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/outputs-section-structure.html
type output struct {
	scope *scope
	id    string
	body  map[string]any
	known bool // whether value is set
	value any
}

// export identifies an export; environment identifies a stack.
type (
	export      struct{ account, region, name string }
	environment struct{ account, region, name string }
)

// resolver resolves all stacks of an assembly together, since they refer to each other.
type resolver struct {
	state   *intrinsic.State
	exports map[export][]*output // nil until they are known
	stacks  map[environment]*scope
	chain   []step
	notes   []Note

	nowhere, anywhere []*Stack // whose account, and whose region, is unknown

	known   Known
	sources map[step]sources // of what is resolved
	base    sources          // of the resource, or the metadata, that is being resolved
	frames  []sources        // of each step of the chain
}

// step is something that is being resolved: a parameter, a condition, an output, or the name or an attribute of a resource.
type step struct {
	scope    *scope
	what, id string
}

func (s step) String() string { return s.what + " " + s.scope.Label + "." + s.id }

// maxChain limits how many references follow each other. CloudFormation takes 500 resources in a template.
const maxChain = 1000

// enter begins a step, which leave ends. It returns false, and the resolver fails, if the step is begun already or the chain is too long.
func (r *resolver) enter(s step) bool {
	if r.state.Err() != nil {
		return false
	}
	if i := slices.Index(r.chain, s); i >= 0 {
		names := []string{}
		for _, s := range append(r.chain[i:], s) {
			names = append(names, s.String())
		}
		r.state.Fail(fmt.Errorf("found a circular reference, expected none: %s", strings.Join(names, " -> ")))
		return false
	}
	if len(r.chain) == maxChain {
		r.state.Fail(fmt.Errorf("found a chain of more than %d references, from %s to %s, expected a shorter one", maxChain, r.chain[0], s))
		return false
	}
	r.chain, r.frames = append(r.chain, s), append(r.frames, nil)
	return true
}

// leave ends the last step that was begun. What it used, the step before it uses as well.
func (r *resolver) leave() {
	last := len(r.chain) - 1
	used, s := r.frames[last], r.chain[last]
	if r.chain, r.frames = r.chain[:last], r.frames[:last]; len(used) > 0 {
		r.sources[s] = r.sources[s].with(used)
		r.useAll(used)
	}
}

// Condition evaluates a condition of the template.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/conditions-section-structure.html
func (s *scope) Condition(e *intrinsic.Evaluation, name string) policy.Answer {
	c := s.conditions[name]
	if c == nil {
		e.Note("found condition %s, expected one that the template defines", name)
		return policy.Indeterminate
	}
	if one := (step{s, "condition", name}); c.known {
		s.resolver.useAgain(one)
	} else if s.resolver.enter(one) {
		c.value, c.known = s.at(name).Condition(c.node), true
		s.resolver.leave()
	}
	return c.value
}

// holds evaluates the condition of a resource or an output, which may have none.
func (s *scope) holds(id, condition string) policy.Answer {
	if condition == "" {
		return policy.Yes
	}
	return s.Condition(s.at(id, "Condition"), condition)
}

// exists returns whether the resource of a nested stack exists, and those of all stacks around it.
func (s *scope) exists() policy.Answer {
	result := policy.Yes
	for ; s.parent != nil; s = s.parent {
		switch s.parent.resources[s.Within].exists() {
		case policy.No:
			return policy.No
		case policy.Indeterminate:
			result = policy.Indeterminate
		}
	}
	return result
}

// undecidedCondition returns the condition of a resource or an output, or of a stack around it, that cannot be decided before deployment; "" if
// there is none.
func (s *scope) undecidedCondition(own policy.Answer, name string) string {
	if own == policy.Indeterminate {
		return name
	}
	for ; s.parent != nil; s = s.parent {
		if outer := s.parent.resources[s.Within]; outer.exists() == policy.Indeterminate {
			return outer.condition
		}
	}
	return ""
}

// exists returns whether the condition of a resource holds.
func (x *resource) exists() policy.Answer { return x.scope.holds(x.LogicalID, x.condition) }

// exists returns whether the condition of an output holds.
func (o *output) exists() policy.Answer {
	return o.scope.holds(o.id, document.String(o.body["Condition"]))
}
