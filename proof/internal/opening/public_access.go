package opening

import (
	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/check"
)

// PublicAccess is the rule that no trust or resource policy lets everybody in: any AWS account, or who has no credentials. Who is to be let in on purpose
// is so by the mark CrossGrant::Public of the resource, or of its policy. From a network that the policy names is not everybody.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-concepts.html
const PublicAccess check.Rule = "PublicAccess"

// isPublic says that a resource, or the resource that has its policy, is marked as being for everybody.
func (r *reader) isPublic(s statement) bool {
	if s.of.Metadata[contract.PublicKey] == true {
		return true
	}
	place, ok := r.Accounts.PlaceOf(s.Document)
	return ok && (place.Resource.Metadata[contract.PublicKey] == true || s.Index < len(place.Each) && place.Each[s.Index] != nil && place.Each[s.Index].Metadata[contract.PublicKey] == true)
}

// unread are the checks of what becomes resources at deployment only, such as by a macro: nothing is known of their policies.
func (r *reader) unread() (all []check.Check) {
	seen := map[string]bool{}
	for _, account := range r.accounts {
		for _, u := range r.UnreadIn(account) {
			if seen[u.Says] {
				continue
			}
			seen[u.Says] = true
			c := check.Check{Rule: PublicAccess, Expects: check.MustFail, Verdict: check.Undecided, Name: policy.Readable("policies that are made at deployment: " + u.Says),
				Details: []string{policy.Readable(u.Says)}, Remedy: []string{policy.Readable(u.Remedy)}, Manual: []string{"what decides is made at deployment, and is in none of these templates"}}
			if u.Resource != nil {
				c.Where = []*assembly.Resource{u.Resource}
			}
			all = append(all, c)
		}
	}
	return all
}
