package model

import (
	"fmt"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/assembly/facts"
)

// Whether a bucket that is there already sends its events to EventBridge, only facts say.
func TestNotificationsOfABucketThatIsThereAlready(t *testing.T) {
	const own = `Notifications: {delivery: {from: !GetAtt Bucket.Arn, `
	m := read(t, deliveries, edit{own, `Notifications: {delivery: {external: true, from: "arn:aws:s3:::company", `})
	const want = "unknown arn:aws:s3:::company: whether arn:aws:s3:::company sends events to EventBridge is not known; give the facts of arn:aws:s3:::company"
	var missing []facts.Want
	for _, d := range m.Declared {
		for _, fault := range d.Faults {
			missing = append(missing, fault.Missing...)
		}
	}
	if len(missing) != 1 || missing[0].ID() != "arn:aws:s3:::company" {
		t.Errorf("without facts: found missing %v, expected those of the bucket", missing)
	}
	if found := faults(m); !strings.Contains(found, want) || !strings.HasSuffix(found, ", and eventBridge") {
		t.Errorf("without facts: found\n%s\nexpected\n%s", found, want)
	}
	for on, want := range map[bool]string{true: "", false: "broken bucket company (by facts.json): bucket company (by facts.json) sends no events to EventBridge; "} {
		f, err := facts.Parse("facts.json", fmt.Appendf(nil, `{"version": 1, "resources": {"arn:aws:s3:::company": {"account": "111111111111", "region": "eu-west-1", "policy": null, "kmsKey": null,
			"publicAccessBlock": null, "objectOwnership": "BucketOwnerEnforced", "eventBridge": %v}}}`, on))
		if err != nil {
			t.Fatal(err)
		}
		known, err := New(m.Assembly, Options{Facts: f})
		if err != nil {
			t.Fatal(err)
		}
		if found := faults(known); !strings.HasPrefix(found, want) || want == "" && found != "" {
			t.Errorf("eventBridge %v: found %q, expected %q", on, found, want)
		}
	}
}

// Facts cannot be about everything.
func TestToGive(t *testing.T) {
	if found := ToGive("arn:aws:ecr:eu-west-1:111111111111:repository/f"); found != "" {
		t.Errorf("found %q, expected nothing", found)
	}
}
