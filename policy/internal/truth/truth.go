// Package truth is a three-valued logic: yes, no, and unknown for what depends on something that is not understood or not known. The built-in
// min is "and", max is "or". It does not say why a value is unknown.
package truth

// Value is a truth value. The order of the constants matters to min and max.
type Value uint8

const (
	// No is certain.
	No Value = iota
	// Unknown may turn out to be either.
	Unknown
	// Yes is certain.
	Yes
)

// Not negates a value. The negation of Unknown is Unknown.
func (v Value) Not() Value { return Yes - v }

// Of returns Yes or No.
func Of(b bool) Value {
	if b {
		return Yes
	}
	return No
}

// String returns "no", "unknown" or "yes".
func (v Value) String() string { return [...]string{"no", "unknown", "yes"}[v] }
