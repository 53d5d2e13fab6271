package contract

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/internal/jsonread"
)

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

// maxDepth is how deep lists and objects may nest. A contract has eight levels.
const maxDepth = 32

// parseTree returns a JSON document as maps, lists, strings, numbers, booleans and nil. It errs if an object has a key twice.
func parseTree(document []byte) (any, error) {
	reader := jsonread.New(string(document), jsonread.Options{MaxDepth: maxDepth})
	tree := readTree(reader)
	return tree, reader.End()
}

func readTree(reader *jsonread.Reader) any {
	switch kind, text := reader.Next(); kind {
	case jsonread.Object:
		object := map[string]any{}
		for reader.Field() {
			key := reader.Key()
			if _, exists := object[key]; exists {
				reader.Duplicate()
			}
			object[key] = readTree(reader)
		}
		return object
	case jsonread.List:
		list := []any{}
		for reader.Item() {
			list = append(list, readTree(reader))
		}
		return list
	case jsonread.String:
		return text
	case jsonread.Bool:
		return text == "true"
	case jsonread.Number:
		return json.Number(text)
	default:
		return nil
	}
}
