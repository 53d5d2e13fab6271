package contract

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Format is the version of contract.json that this package writes, and the newest that it reads.
const Format = 1

// MaxSize is the largest contract.json, in bytes: 4 MiB, some thousand grants.
const MaxSize = 4 << 20

// FileName and SchemaFileName are how the files are called in a cloud assembly.
const (
	FileName       = "contract.json"
	SchemaFileName = "contract.schema.json"
)

// Schema is the JSON Schema of contract.json. It is for editors and other languages; [Read] asks for more than a schema can say.
//
//go:embed contract.schema.json
var Schema []byte

// Contract is all grants of one owner: the content of contract.json.
type Contract struct {
	// Schema is the file beside it that describes the format.
	Schema string `json:"$schema,omitempty"`
	// Format is the version of the format. Required.
	Format int `json:"format"`
	// Grants are sorted by their keys. At least one.
	Grants []Grant `json:"grants"`
}

// Grant returns one grant of the contract. Its error names the grants that there are.
func (c Contract) Grant(name, stage, region string) (Grant, error) {
	known := []string{}
	for _, g := range c.Grants {
		if g.Name == name && g.Stage == stage && g.Target.Region == region {
			return g, nil
		}
		known = append(known, fmt.Sprintf("%s, stage %s, in %s", g.Name, g.Stage, g.Target.Region))
	}
	return Grant{}, fmt.Errorf("found no grant %s, stage %s, in %s; expected one of: %s", name, stage, region, strings.Join(known, "; "))
}

// Encode returns contract.json with these grants: in canonical order, with digests, the same bytes for the same grants. It errs if
// [Read] would.
func Encode(grants []Grant) ([]byte, error) {
	c := Contract{Schema: SchemaFileName, Format: Format}
	for _, g := range grants {
		sealed, err := g.WithDigest()
		if err != nil {
			return nil, fmt.Errorf("write contract: grant %s: %w", g.Key(), err)
		}
		c.Grants = append(c.Grants, sealed)
	}
	slices.SortFunc(c.Grants, byKey)
	if err := c.validate(nil); err != nil {
		return nil, fmt.Errorf("write contract:\n%w", err)
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(c); err != nil {
		return nil, fmt.Errorf("write contract: %w", err)
	}
	if out.Len() > MaxSize {
		return nil, fmt.Errorf("write contract: found %d bytes, expected %d at most: split the grants into several apps", out.Len(), MaxSize)
	}
	return out.Bytes(), nil
}

func byKey(a, b Grant) int { return strings.Compare(a.Key(), b.Key()) }
