package policy

import (
	"strconv"

	"github.com/crossgrant/crossgrant/policy/internal/truth"
)

// Answer is yes, no, or open because something is not understood or not known.
type Answer string

const (
	// Yes is sure.
	Yes Answer = "yes"
	// No is sure.
	No Answer = "no"
	// Indeterminate depends on something that is not understood or not known.
	Indeterminate Answer = "unknown"
)

// Trace says how a decision came about. It holds every statement of every policy, in the order of the fields of Policies.
type Trace struct {
	// Request is what was decided.
	Request Request

	policies Policies // what it was decided by, for their names
	// Decision is the answer.
	Decision Decision
	// Problem says what is wrong with a request that could not be read, "" for none. Then the rest is empty.
	Problem string
	// Layers are what the policies of each kind say together.
	Layers []Layer
	// Statements are all that were met.
	Statements []Met
}

// Layer is what the policies of one kind say together.
type Layer struct {
	// Policy is the kind of its policies.
	Policy Kind
	// Given says that there are policies of this kind and that they are for this caller and this resource.
	Given bool
	// Allows says that they allow the request, or that there is none which would have to.
	Allows Answer
	// Denies says that one of their statements denies it.
	Denies Answer
	// Blocks says that they keep the request from being allowed, alone or with others.
	Blocks bool
	// Lacks says that they do so, alone or with others, by what they do not allow, and not by what they deny.
	Lacks bool
}

// Met is a statement that was matched against the request.
type Met struct {
	// Policy is the kind of the policy that it is in.
	Policy Kind
	// Level is that of the organization, from 0, for service and resource control policies; else 0.
	Level int
	// Index is the policy's place among those of its kind (and level), from 0.
	Index int
	// Statement is its Sid, or its place in the policy, from 0.
	Statement string
	// Effect is what it does if it matches.
	Effect Effect
	// Matches says whether it is for the request.
	Matches Answer
	// Fails is the first element which keeps it from matching surely, such as "Resource"; "" if it matches.
	Fails string
	// Condition is the operator and the key of the condition that fails, such as "StringEquals aws:SourceVpce"; "" if another element does.
	Condition string
	// Expected is what the failing element says, as it is written.
	Expected []string
	// Found is what the request has for it; none for a key that the request lacks or that nobody here can know.
	Found []string
}

// BlockedBy are the kinds of policy that keep the request from being allowed, in the order of the fields of Policies.
func (t Trace) BlockedBy() []Kind {
	var kinds []Kind
	for _, l := range t.Layers {
		if l.Blocks {
			kinds = append(kinds, l.Policy)
		}
	}
	return kinds
}

// Decisive are the statements that led to the decision: those that deny if it is explicitly denied, those that allow if it is allowed, and
// those whose match is open if it is unknown. None did if it is implicitly denied.
func (t Trace) Decisive() []Met {
	effect, matches := Effect(""), Indeterminate
	switch t.Decision {
	case ExplicitlyDenied:
		effect, matches = Deny, Yes
	case Allowed:
		effect, matches = Allow, Yes
	case ImplicitlyDenied:
		return nil
	}
	var decisive []Met
	for _, s := range t.Statements {
		if s.Matches == matches && (effect == "" || s.Effect == effect) && t.given(s.Policy) {
			decisive = append(decisive, s)
		}
	}
	return decisive
}

// given says that policies of a kind count.
func (t *Trace) given(k Kind) bool {
	for _, l := range t.Layers {
		if l.Policy == k {
			return l.Given
		}
	}
	return false
}

// add notes a statement.
func (t *Trace) add(c *call, k Kind, level, index int, s *Statement, v truth.Value, failed element) {
	name := s.Sid
	if name == "" {
		name = strconv.Itoa(s.Index)
	}
	m := Met{Policy: k, Level: level, Index: index, Statement: name, Effect: s.Effect, Matches: answer(v)}
	if v != truth.Yes {
		m.Fails = string(failed)
		m.failure(c, s, v)
	}
	t.Statements = append(t.Statements, m)
}

func answer(v truth.Value) Answer {
	switch v {
	case truth.Yes:
		return Yes
	case truth.No:
		return No
	}
	return Indeterminate
}
