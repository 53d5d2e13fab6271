package contract_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crossgrant/crossgrant/contract"
)

func TestDocumentsThatAreRefused(t *testing.T) {
	base := string(encode(t, small()))
	replaced := func(old, with string) string {
		if !strings.Contains(base, old) {
			t.Fatalf("found no %s", old)
		}
		return strings.Replace(base, old, with, 1)
	}
	for name, c := range map[string]struct {
		document, expected string
		is                 error
	}{
		"nothing":                     {"", "read contract: found no JSON: unexpected end of JSON input in line 1, expected contract.json as a synthesis", nil},
		"no JSON":                     {"{\n  \"format\": 1,\n}", "read contract: found no JSON: invalid character '}' looking for beginning of object key string in line 3", nil},
		"a list":                      {"[]", "read contract: contract: found array, expected an object", nil},
		"a template":                  {`{"Resources": {}}`, `read contract: found no "format", expected contract.json as a synthesis of crossgrant writes it`, nil},
		"format 0":                    {replaced(`"format": 1`, `"format": 0`), "read contract: format: found 0, expected 1 to 1", nil},
		"a newer format":              {`{"format": 2, "grants": {"new": "things"}}`, "read contract: newer format: found 2, expected 1 at most: update crossgrant", contract.ErrNewerFormat},
		"a format of text":            {`{"format": "1"}`, "read contract: format: found string, expected a whole number", nil},
		"an unknown field":            {replaced(`"format": 1`, `"format": 1, "owner": "acme"`), `read contract: found unknown field "owner"`, nil},
		"something after it":          {base + "{}", "read contract: found no JSON: invalid character '{' after top-level value", nil},
		"no grants":                   {`{"format": 1, "grants": []}`, "read contract:\ngrants: found none, expected at least one", nil},
		"a grant that is a text":      {`{"format": 1, "grants": ["g"]}`, "read contract: grants: found string, expected an object", nil},
		"a name in capitals":          {replaced(`"format"`, `"FORMAT"`), `read contract: contract: found "FORMAT" without effect`, nil},
		"a byte order mark":           {"\xef\xbb\xbf" + replaced("", ""), "read contract: found a byte order mark, expected UTF-8 without one", nil},
		"UTF-16":                      {"\xff\xfe{\x00", "read contract: found a byte order mark", nil},
		"a key twice":                 {replaced(`"stage": "dev"`, `"stage": "prod", "stage": "dev"`), `read contract: line 7, column 24: found "stage" twice in one object, expected it once`, nil},
		"a key twice, merged":         {replaced(`"trust": {`, `"trust": {"externalId": "xy"}, "trust": {"externalId": "xy",`), `read contract: line 17, column 38: found "trust" twice in one object, expected it once`, nil},
		"an altered permission":       {replaced("s3:GetObject", "s3:PutObject"), "grants[0] (g-dev-eu-west-1): altered: found digest " + smallDigest + " for content that has sha256:", contract.ErrAltered},
		"an altered grantee":          {replaced("role/reader", "role/writer"), "altered: found digest", contract.ErrAltered},
		"an altered digest":           {replaced(smallDigest, "sha256:"+strings.Repeat("0", 64)), "for content that has " + smallDigest + ": take contract.json from its owner's synthesis again, unchanged", contract.ErrAltered},
		"a digest in capitals":        {replaced(smallDigest, "sha256:"+strings.ToUpper(smallDigest[7:])), "altered: found digest", contract.ErrAltered},
		"a text with half a letter":   {replaced(`"stage": "dev"`, `"stage": "\ud800"`), "expected Unicode", nil},
		"more than a contract can be": {strings.Repeat(" ", contract.MaxSize) + base, "read contract: found 419", nil},
		"a deep hole":                 {`{"format": 1, "grants": ` + strings.Repeat("[", 100_000), "read contract: found no JSON: invalid character '[' exceeded max depth", nil},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := contract.Read([]byte(c.document))
			if err == nil || !strings.Contains(err.Error(), c.expected) {
				t.Errorf("found %v\nexpected %s", err, c.expected)
			}
			for _, sentinel := range []error{contract.ErrNewerFormat, contract.ErrAltered} {
				if errors.Is(err, sentinel) != (sentinel == c.is) {
					t.Errorf("found errors.Is %q: %t", sentinel, errors.Is(err, sentinel))
				}
			}
			if diff := cmp.Diff(contract.Contract{}, found); diff != "" {
				t.Errorf("found beside the error:\n%s", diff)
			}
		})
	}
}

// White space, the order of keys and of grants, and where the schema lies may differ.
func TestReadTakesOtherWaysToWriteTheSame(t *testing.T) {
	document, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	expected, err := contract.Read(document)
	if err != nil {
		t.Fatal(err)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, document); err != nil {
		t.Fatal(err)
	}
	var value map[string]any
	if err := json.Unmarshal(document, &value); err != nil {
		t.Fatal(err)
	}
	grants := value["grants"].([]any)
	grants[0], grants[1] = grants[1], grants[0]
	sorted, err := json.Marshal(value) // keys in order, < as <
	if err != nil {
		t.Fatal(err)
	}
	for name, other := range map[string][]byte{
		"in one line": compact.Bytes(), "with Windows' line ends": bytes.ReplaceAll(document, []byte("\n"), []byte("\r\n")), "sorted keys, grants exchanged": sorted,
	} {
		t.Run(name, func(t *testing.T) {
			found, err := contract.Read(other)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(expected, found); diff != "" {
				t.Errorf("contract (-expected +found):\n%s", diff)
			}
		})
	}
	for _, other := range []any{without, "https://example.com/contract.schema.json"} {
		if _, err := contract.Read(edit(t, document, "$schema", other)); err != nil {
			t.Errorf("$schema %v: %v", other, err)
		}
	}
}
