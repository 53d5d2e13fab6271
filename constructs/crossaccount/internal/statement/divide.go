package statement

import (
	"encoding/json"
	"fmt"

	"github.com/crossgrant/crossgrant/constructs/crossaccount/internal/resolve"
	"github.com/crossgrant/crossgrant/contract"
)

// MaxManaged is how many characters the statements of a managed policy may have: IAM accepts 6,144 in the whole policy.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
const MaxManaged = 6000

// MaxInline is how many characters the statements of one inline policy may have. All inline policies of a role share 10,240: those of the statements that
// CDK adds by itself, and of what others add, need room beside it.
const MaxInline = 3000

// generated is how much longer than its token a value can be that AWS generates: ARN and name of a bucket.
const generated = 100

// Divide divides the statements that have more resources than a managed policy has room for into several, of which the second has the Sid of the whole
// with a 2, and so on.
func Divide(all []contract.Statement) (divided []contract.Statement) {
	for _, s := range all {
		whole := s
		part := 1
		for start := 0; start == 0 || start < len(whole.Resources); part++ {
			s.Resources = nil
			room := MaxManaged - length(s)
			n := 0
			for _, resource := range whole.Resources[start:] {
				if room -= resourceLength(resource); room < 0 && n > 0 {
					break
				}
				n++
			}
			s.Resources = whole.Resources[start : start+n]
			if start += n; part > 1 {
				s.Sid = fmt.Sprint(whole.Sid, part)
			}
			divided = append(divided, s)
			if n == 0 {
				break
			}
		}
	}
	return divided
}

// Pack puts statements into as few managed policies as have room for them, in their order.
func Pack(all []contract.Statement) (packed [][]contract.Statement) {
	room := 0
	for _, s := range all {
		n := length(s)
		if room -= n; room < 0 || len(packed) == 0 {
			packed, room = append(packed, nil), MaxManaged-n
		}
		last := len(packed) - 1
		packed[last] = append(packed[last], s)
	}
	return packed
}

// Length is how many characters statements have in a policy, or more.
func Length(all []contract.Statement) (n int) {
	for _, s := range all {
		n += length(s)
	}
	return n
}

// length is how many characters a statement has in a policy, or more.
func length(s contract.Statement) int {
	resources := s.Resources
	s.Resources = nil
	text, err := json.Marshal(s)
	if err != nil {
		panic(err) // plain data
	}
	n := len(text) + len(`{"Effect":"Allow","Resource":[],}`)
	for _, resource := range resources {
		n += resourceLength(resource)
	}
	return n
}

func resourceLength(resource string) int {
	n := len(resource) + len(`"",`)
	if resolve.HasToken(resource) {
		n += generated
	}
	return n
}
