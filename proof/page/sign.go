package page

import (
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof"
)

// sign is an outcome: a colour, a shape and a word, so that nobody needs to see colours.
type sign struct {
	// Class gives the colour, Icon is the shape, Word says it.
	Class, Icon, Word string
}

func ofVerdict(v proof.Verdict) sign {
	icon := map[proof.Verdict]string{proof.Proved: "check", proof.Broken: "cross"}[v]
	if icon == "" {
		icon = "question"
	}
	return sign{string(v), icon, string(v)}
}

// ofAnswer is the sign of something that has to pass.
func ofAnswer(a policy.Answer) sign {
	switch a {
	case policy.Yes:
		return sign{"proved", "check", "passes"}
	case policy.No:
		return sign{"broken", "cross", "does not pass"}
	}
	return sign{"undecided", "question", "cannot be decided"}
}

// ofHop is the sign of a hop of an access that has to work, or of one that must not: there, to stop is as it has to be.
func ofHop(a policy.Answer, e proof.Expectation, chain policy.Answer) sign {
	switch {
	case e != proof.MustFail || a == policy.Indeterminate:
		return ofAnswer(a)
	case a == policy.No:
		return sign{"proved", "stop", "stops it, as it has to be"}
	case chain == policy.Yes:
		return sign{"broken", "cross", "lets it pass, and must not"}
	}
	return sign{"none", "arrow", "lets it pass"}
}

// rank is how much an answer matters.
var rank = map[policy.Answer]int{policy.Yes: 1, policy.Indeterminate: 2, policy.No: 3}

func worse(a, b policy.Answer) policy.Answer {
	if rank[b] > rank[a] {
		return b
	}
	return a
}
