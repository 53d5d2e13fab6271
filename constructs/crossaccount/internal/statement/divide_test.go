package statement

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/crossgrant/crossgrant/contract"
)

// many is a statement with resources of 60 characters.
func many(sid string, n int) contract.Statement {
	s := contract.Statement{Sid: sid, Actions: []string{"s3:GetObject"}, Conditions: Conditions{"Bool": {"aws:SecureTransport": {"true"}}}}
	for i := range n {
		s.Resources = append(s.Resources, fmt.Sprintf("arn:aws:s3:::bucket-with-a-long-name/%018d/in/*", i))
	}
	return s
}

// size is that of a managed policy with some statements as IAM counts it.
func size(t *testing.T, some []contract.Statement) int {
	t.Helper()
	var all []any
	for _, s := range some {
		all = append(all, map[string]any{"Sid": s.Sid, "Effect": "Allow", "Action": s.Actions, "Resource": s.Resources, "Condition": s.Conditions})
	}
	text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": all})
	if err != nil {
		t.Fatal(err)
	}
	return len(text)
}

// Each part is small enough for a managed policy, and together they are the whole.
func TestDivideAndPack(t *testing.T) {
	whole := []contract.Statement{many("A", 1), many("B", 250), many("C", 20), many("D", 20), {Sid: "E", Actions: []string{"s3:ListAllMyBuckets"}}}
	divided := Divide(whole)
	var sids []string
	resources := map[string][]string{}
	for _, s := range divided {
		sids = append(sids, s.Sid)
		resources[s.Sid[:1]] = append(resources[s.Sid[:1]], s.Resources...)
		if len(s.Conditions) != len(whole[0].Conditions) && s.Sid != "E" {
			t.Errorf("%s: found conditions %v", s.Sid, s.Conditions)
		}
	}
	if expected := []string{"A", "B", "B2", "B3", "C", "D", "E"}; !slices.Equal(sids, expected) {
		t.Errorf("found %q, expected %q", sids, expected)
	}
	for _, s := range whole {
		if !slices.Equal(resources[s.Sid], s.Resources) {
			t.Errorf("%s: found %d resources, expected all %d in their order", s.Sid, len(resources[s.Sid]), len(s.Resources))
		}
	}
	packed := Pack(divided)
	if again := slices.Concat(packed...); len(again) != len(divided) || len(packed) != 5 { // A, B, B2, B3 with C, D with E
		t.Errorf("found %d statements in %d policies, expected %d in 5", len(again), len(packed), len(divided))
	}
	for i, some := range packed {
		if n := size(t, some); n > 6144 || n > Length(some)+len(`{"Version":"2012-10-17","Statement":[]}`) {
			t.Errorf("policy %d: found %d characters, taken for %d", i, n, Length(some))
		}
	}
	if found := Divide(whole[:1]); len(found) != 1 || !slices.Equal(found[0].Resources, whole[0].Resources) {
		t.Errorf("found %v, expected the same", found)
	}
}
