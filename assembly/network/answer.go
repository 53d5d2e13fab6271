package network

import "github.com/crossgrant/crossgrant/policy"

// all is yes if every answer is, and no if any is.
func all(answers ...policy.Answer) policy.Answer {
	sum := policy.Yes
	for _, a := range answers {
		if a == policy.No || sum == policy.Yes {
			sum = a
		}
		if sum == policy.No {
			break
		}
	}
	return sum
}

// some is yes if any answer is, and no if every one is.
func some(answers ...policy.Answer) policy.Answer {
	sum := policy.No
	for _, a := range answers {
		if a == policy.Yes || sum == policy.No {
			sum = a
		}
		if sum == policy.Yes {
			break
		}
	}
	return sum
}

// agreed is what all answers say alike, and open if they differ: some addresses of several are reached, and others are not.
func agreed(answers ...policy.Answer) policy.Answer {
	for _, a := range answers {
		if a != answers[0] {
			return policy.Indeterminate
		}
	}
	return answers[0]
}

func answer(b bool) policy.Answer {
	if b {
		return policy.Yes
	}
	return policy.No
}

// same says whether two texts are one and the same: an unknown one surely equals itself only.
func same(a, b string) policy.Answer {
	if a != b && !(policy.IsKnown(a) && policy.IsKnown(b)) {
		return policy.Indeterminate
	}
	return answer(a == b)
}

// ifOpen ends a sentence that is a "no" if the answer is open instead.
func ifOpen(a policy.Answer) string {
	if a == policy.Indeterminate {
		return ", as far as is known"
	}
	return ""
}

// not turns yes and no around.
func not(a policy.Answer) policy.Answer {
	if a == policy.Indeterminate {
		return a
	}
	return answer(a == policy.No)
}
