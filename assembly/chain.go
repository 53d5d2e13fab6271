package assembly

import (
	"fmt"
	"slices"
	"strings"
)

// step is one thing that is being resolved: a parameter, a condition, an output, or the name or an attribute of a resource.
type step struct {
	scope    *scope
	what, id string
}

func (s step) String() string { return s.what + " " + s.scope.Label + "." + s.id }

// longest is how far references may go on from each other. CloudFormation takes 500 resources a template.
const longest = 1000

// enter begins a step; false if it is begun already, which is an error, as is too long a chain. A step that was begun has to be left.
func (r *resolver) enter(s step) bool {
	if r.err != nil {
		return false
	}
	if i := slices.Index(r.chain, s); i >= 0 {
		names := []string{}
		for _, s := range append(r.chain[i:], s) {
			names = append(names, s.String())
		}
		r.err = fmt.Errorf("found a circle of references, expected none: %s", strings.Join(names, " -> "))
		return false
	}
	if len(r.chain) == longest {
		r.err = fmt.Errorf("found more than %d references that go on from %s to %s, expected fewer", longest, r.chain[0], s)
		return false
	}
	r.chain = append(r.chain, s)
	return true
}

func (r *resolver) leave() { r.chain = r.chain[:len(r.chain)-1] }
