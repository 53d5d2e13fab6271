// Package contract describes what two accounts agree on, as plain data with a JSON form: the names that one account must know of the other,
// which principals may take which actions on which resources, and what is required of them in return. The owner of the data writes it
// ([Encode]); the users of the data read it ([Read], [Contract.Grant]) and compare it with what they need ([Grant.Uncovered]); and both see
// what a release changes ([Diff]):
//
//	agreed, err := contract.Read(document) // contract.json, as the owner's synthesis wrote it
//	if err != nil {
//		return err
//	}
//	grant, err := agreed.Grant("reports", "prod", "ap-northeast-1")
//	if err != nil {
//		return err
//	}
//	fmt.Println(grant.RoleARN, grant.Uncovered(needs))
//
// It also names what constructs, functions and the proof write for one another: template metadata and environment variables.
//
// It creates nothing and decides nothing: constructs turn it into templates, and IAM decides. It does not say what else the two accounts
// permit or deny. A digest detects accidental changes; it is no signature.
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

// FileName and SchemaFileName are the names of the files in a cloud assembly.
const (
	FileName       = "contract.json"
	SchemaFileName = "contract.schema.json"
)

// Schema is the JSON Schema of contract.json, for editors and other languages. [Read] checks more than a schema can express.
//
//go:embed contract.schema.json
var Schema []byte

// Contract is the content of contract.json: all grants of one owner.
type Contract struct {
	// Schema is the name or URL of its JSON Schema.
	Schema string `json:"$schema,omitempty"`
	// Format is the version of the format. Required.
	Format int `json:"format"`
	// Grants are sorted by their keys. At least one.
	Grants []Grant `json:"grants"`
}

// Grant returns one grant of the contract. Its error lists the grants of the contract.
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
// [Read] would refuse the result.
func Encode(grants []Grant) ([]byte, error) {
	c := Contract{Schema: SchemaFileName, Format: Format}
	for _, g := range grants {
		withDigest, err := g.WithDigest()
		if err != nil {
			return nil, fmt.Errorf("write contract: grant %s: %w", g.Key(), err)
		}
		c.Grants = append(c.Grants, withDigest)
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
