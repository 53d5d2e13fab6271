package policy

// verdict is an answer that may be open. The order matters: min is "and", max is "or".
type verdict uint8

const (
	no verdict = iota
	unknown
	yes
)

// not turns yes and no around; what is unknown stays so.
func (v verdict) not() verdict { return yes - v }

// verdictOf is the verdict of what is known.
func verdictOf(b bool) verdict {
	if b {
		return yes
	}
	return no
}
