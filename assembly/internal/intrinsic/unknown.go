package intrinsic

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/policy"
)

// State is what the evaluations of all stacks of an assembly share. It is not safe for concurrent use.
type State struct {
	simple   map[string]bool // unknown values of letters, digits, "-" and "_" only
	optional map[string]bool // unknown values that may turn out to be AWS::NoValue
	err      error
}

// NewState returns a state that knows no unknown value.
func NewState() *State { return &State{simple: map[string]bool{}, optional: map[string]bool{}} }

// Err returns the first error that ends the evaluation, or nil.
func (s *State) Err() error { return s.err }

// Fail ends the evaluation with an error, unless it has one.
func (s *State) Fail(err error) {
	if s.err == nil {
		s.err = err
	}
}

// MarkSimple declares that an unknown value has only letters, digits, "-" and "_", such as a name that CloudFormation generates.
func (s *State) MarkSimple(unknown string) { s.simple[unknown] = true }

// IsSimple reports whether every unknown part of a text has only letters, digits, "-" and "_".
func (s *State) IsSimple(text string) bool {
	for !policy.IsKnown(text) {
		start := strings.IndexByte(text, 0)
		end := start + 1 + strings.IndexByte(text[start+1:], 0) + 1
		if !s.simple[text[start:end]] {
			return false
		}
		text = text[end:]
	}
	return true
}

// CutLast returns the part of a text after the last delimiter, or the text if it has none; false if an unknown part may have the delimiter.
func (s *State) CutLast(text, delimiter string) (string, bool) {
	if !policy.IsKnown(text) && !(splits(delimiter) && s.IsSimple(text)) {
		return "", false
	}
	if i := strings.LastIndex(text, delimiter); i >= 0 {
		text = text[i+len(delimiter):]
	}
	return text, true
}

// splits reports whether no part of a delimiter can be in a simple unknown value.
func splits(delimiter string) bool {
	return delimiter != "" && !strings.ContainsFunc(delimiter, func(r rune) bool {
		return r == '-' || r == '_' || r == 0 || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
	})
}

// mayBeAbsent reports whether a value is AWS::NoValue, or may be.
func (s *State) mayBeAbsent(v any) bool {
	text, _ := v.(string)
	return v == Absent{} || !policy.IsKnown(text) && s.optional[text]
}

// anyMayBeAbsent reports whether an item may turn out to be AWS::NoValue.
func (s *State) anyMayBeAbsent(items []any) bool { return slices.ContainsFunc(items, s.mayBeAbsent) }

// Named returns an unknown value by its name: that of the stack, the logical id and the attribute, with "." between them. Different names
// give different values, which policy.Unresolved alone does not guarantee.
func Named(name string) string {
	if strings.ContainsAny(name, ":/,") {
		name += "#" + digest(name)
	}
	return policy.Unresolved(name)
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:6])
}
