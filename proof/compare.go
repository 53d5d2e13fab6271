package proof

import (
	"github.com/crossgrant/crossgrant/proof/internal/compare"
)

// Comparison is in what two assemblies differ.
type Comparison = compare.Comparison

// Difference is what one caller may do more or less, or a statement or a setting that changed.
type Difference = compare.Difference

// DifferenceKind is what a difference means for what is permitted.
type DifferenceKind = compare.Kind

const (
	// Widened is a request that works now and did not before.
	Widened = compare.Widened
	// PerhapsWidened is not sure, or a statement or setting that changed without any difference among the requests tried, and may permit more.
	PerhapsWidened = compare.PerhapsWidened
	// Narrowed is a request that worked before and does not now.
	Narrowed = compare.Narrowed
	// PerhapsNarrowed is not sure.
	PerhapsNarrowed = compare.PerhapsNarrowed
	// Changed is a statement that changed without any difference among the requests tried, and surely permits no more.
	Changed = compare.Changed
)

// DifferenceKinds are all kinds, in the order in which differences are listed.
func DifferenceKinds() []DifferenceKind { return compare.Kinds() }

// Compare says in what a new assembly differs from an old one in what it permits, by the requests of [Enumerate]. It needs no declaration. What changed
// without any difference among these is named, and counts as perhaps widened unless it surely permits no more.
func Compare(before, after Subject) (*Comparison, error) {
	e, err := Enumerate(before, after)
	if err != nil {
		return nil, err
	}
	return compare.Of(e), nil
}
