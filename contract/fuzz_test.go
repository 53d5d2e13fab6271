package contract_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crossgrant/crossgrant/contract"
)

// Whatever Read accepts, Encode writes again, with the same digests; and the schema accepts it, too.
func FuzzRead(f *testing.F) {
	document, err := os.ReadFile(golden)
	if err != nil {
		f.Fatal(err)
	}
	least := string(encode(f, small()))
	for _, seed := range []string{
		string(document), least, strings.ReplaceAll(least, "\n", "\r\n"), least + least, least[:len(least)/2], "{}", `{"format": 2}`, `{"format": 1, "grants": [null]}`,
		strings.Replace(least, `"format"`, `"FORMAT"`, 1), strings.Replace(least, `"stage"`, `"stage": "prod", "stage"`, 1),
		strings.Replace(least, `"dev"`, `"\ud800"`, 1), strings.Replace(least, `900`, `9e2`, 1), strings.Replace(least, `900`, `-0`, 1),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		roundTrip(t, document)
		roundTrip(t, resealed(document))
	})
}

func roundTrip(t *testing.T, document []byte) {
	first, err := contract.Read(document)
	if err != nil {
		return
	}
	if err := schemaRefuses(t, document); err != nil {
		t.Errorf("accepted what the schema refuses: %v", err)
	}
	again, err := contract.Encode(first.Grants)
	if err != nil {
		t.Fatal(err)
	}
	second, err := contract.Read(again)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first.Grants, second.Grants); diff != "" {
		t.Errorf("grants (-first +second):\n%s", diff)
	}
	if changes := contract.Diff(first, second); len(changes) > 0 {
		t.Errorf("found changes %v", changes)
	}
}

// resealed returns the document with the digests that its grants then have, as far as it has grants: a mutation gets no further without.
func resealed(document []byte) []byte {
	var root map[string]any
	if json.Unmarshal(document, &root) != nil {
		return nil
	}
	grants, _ := root["grants"].([]any)
	for _, g := range grants {
		if grant, ok := g.(map[string]any); ok {
			delete(grant, "digest")
			content, _ := json.Marshal(grant)
			sum := sha256.Sum256(content)
			grant["digest"] = "sha256:" + hex.EncodeToString(sum[:])
		}
	}
	again, _ := json.Marshal(root)
	return again
}
