// Package contract describes what two accounts agree on, as plain data with a JSON form: the names that one account must know of the other,
// which principals may take which actions on which resources, and what is required of them in return. The owner of the data writes it
// ([Encode]); the users of the data read it ([Read], [Contract.Grant]) and compare it with what they need ([Grant.Uncovered]); and both see
// what a release changes ([Diff]):
//
//	c, err := contract.Read(document) // contract.json, as the owner's synthesis wrote it
//	if err != nil {
//		return err
//	}
//	grant, err := c.Grant("reports", "prod", "ap-northeast-1")
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
	"cmp"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
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

// ErrNewerFormat says that a contract was written by a newer version of crossgrant.
var ErrNewerFormat = errors.New("newer format")

// ErrAltered says that a grant was changed after its owner's synthesis wrote it.
var ErrAltered = errors.New("altered")

// Read reads contract.json and checks it. It accepts what [Encode] writes, with any white space and any order of grants and keys, and nothing
// else. Its error wraps ErrNewerFormat if a newer version of crossgrant wrote the file, and ErrAltered if a grant does not match its digest; it
// joins everything that is wrong with the grants.
func Read(document []byte) (Contract, error) {
	c, found, err := decode(document)
	if err != nil {
		return Contract{}, fmt.Errorf("read contract: %w", err)
	}
	if err := c.validate(found); err != nil {
		return Contract{}, fmt.Errorf("read contract:\n%w", err)
	}
	if err := c.checkExact(found); err != nil {
		return Contract{}, fmt.Errorf("read contract: %w", err)
	}
	slices.SortFunc(c.Grants, byKey)
	return c, nil
}

// decode returns the contract, and the document as a tree.
func decode(document []byte) (c Contract, found any, err error) {
	if len(document) > MaxSize {
		return c, nil, fmt.Errorf("found %d bytes, expected %d at most", len(document), MaxSize)
	}
	if bytes.HasPrefix(document, []byte("\xef\xbb\xbf")) || bytes.HasPrefix(document, []byte("\xff\xfe")) {
		return c, nil, errors.New("found a byte order mark, expected UTF-8 without one: copy the file as it is")
	}
	var version struct {
		Format *int `json:"format"`
	}
	if err := json.Unmarshal(document, &version); err != nil {
		return c, nil, jsonError(document, err)
	}
	switch {
	case version.Format == nil:
		return c, nil, errors.New(`found no "format", expected contract.json as a synthesis of crossgrant writes it`)
	case *version.Format > Format:
		return c, nil, fmt.Errorf("%w: found %d, expected %d at most: update crossgrant", ErrNewerFormat, *version.Format, Format)
	case *version.Format < 1:
		return c, nil, fmt.Errorf("format: found %d, expected 1 to %d", *version.Format, Format)
	}
	decoder := json.NewDecoder(bytes.NewReader(document))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&c); err != nil {
		return c, nil, jsonError(document, err)
	}
	found, err = parseTree(document)
	return c, found, err
}

// validate checks the grants, and their digests against the document.
func (c Contract) validate(found any) error {
	var problems []error
	if len(c.Grants) == 0 {
		problems = append(problems, errors.New("grants: found none, expected at least one"))
	}
	fields, _ := found.(map[string]any)
	contents, _ := fields["grants"].([]any)
	seen := map[string]bool{}
	for i, g := range c.Grants {
		where := fmt.Sprintf("grants[%d] (%s)", i, g.Key())
		if i < len(contents) { // fewer only if a name is in capitals, which checkExact refuses
			problems = append(problems, inContext(where, g.checkDigest(contents[i]))...)
		}
		problems = append(problems, inContext(where, g.Validate())...)
		problems = append(problems, inContext(where, g.checkResolved())...)
		if seen[g.Key()] {
			problems = append(problems, fmt.Errorf("%s: found twice, expected each grant once", where))
		}
		seen[g.Key()] = true
	}
	return errors.Join(problems...)
}

// checkDigest returns an error if the digest is not that of the content.
func (g Grant) checkDigest(content any) error {
	if g.Digest == "" {
		return errors.New("digest: found none, expected the one that the owner's synthesis wrote")
	}
	is, err := digest(content)
	if err == nil && is != g.Digest {
		return fmt.Errorf("%w: found digest %s for content that has %s: take contract.json from its owner's synthesis again, unchanged", ErrAltered, g.Digest, is)
	}
	return err
}

// checkResolved returns an error if a text has an unresolved token: it means nothing in another app.
func (g Grant) checkResolved() error {
	content, err := json.Marshal(g)
	if err == nil && bytes.Contains(content, []byte(tokenPrefix)) {
		return fmt.Errorf("found a text with %s…, expected all to be known at synthesis: name the resources", tokenPrefix)
	}
	return err
}

// checkExact returns an error if the document differs from what Encode would write: a name in capital letters, a null, an unsorted list.
func (c Contract) checkExact(found any) error {
	grants := make([]Grant, len(c.Grants))
	for i, g := range c.Grants {
		grants[i] = g.canonical()
	}
	c.Grants = grants
	expected, err := jsonTree(c)
	if err != nil {
		return err
	}
	return checkEqual("contract", found, expected)
}

// checkEqual returns an error for the first place in which a document differs from what Encode would write, or nil.
func checkEqual(where string, found, expected any) error {
	switch e := expected.(type) {
	case map[string]any:
		f, ok := found.(map[string]any)
		if !ok {
			break
		}
		for _, key := range slices.Sorted(maps.Keys(f)) {
			if _, known := e[key]; !known {
				return fmt.Errorf("%s: found %q without effect, expected names as a synthesis writes them, and empty values left out", where, key)
			}
		}
		for _, key := range slices.Sorted(maps.Keys(e)) {
			if err := checkEqual(where+"."+key, f[key], e[key]); err != nil {
				return err
			}
		}
		return nil
	case []any:
		f, ok := found.([]any)
		if !ok || len(f) != len(e) {
			break
		}
		for i := range e {
			if err := checkEqual(fmt.Sprintf("%s[%d]", where, i), f[i], e[i]); err != nil {
				return err
			}
		}
		return nil
	default:
		if found == expected {
			return nil
		}
	}
	return fmt.Errorf("%s: found a value that a synthesis would write differently, expected sorted lists without repetition", where)
}

// jsonError describes an error of encoding/json in the terms of the file.
func jsonError(document []byte, err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		line := 1 + bytes.Count(document[:min(int(syntax.Offset), len(document))], []byte("\n"))
		return fmt.Errorf("found no JSON: %w in line %d, expected contract.json as a synthesis of crossgrant writes it", err, line)
	case errors.As(err, &kind):
		expected := map[string]string{
			"string": "a string", "int": "a whole number", "bool": "true or false", "slice": "a list",
		}[kind.Type.Kind().String()]
		return fmt.Errorf("%s: found %s, expected %s", cmp.Or(kind.Field, "contract"), kind.Value, cmp.Or(expected, "an object"))
	}
	return errors.New("found " + strings.TrimPrefix(err.Error(), "json: ") + ", expected contract.json as a synthesis of crossgrant writes it")
}
