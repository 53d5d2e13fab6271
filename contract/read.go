package contract

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// ErrNewerFormat says that a contract was written by a newer version of crossgrant.
var ErrNewerFormat = errors.New("newer format")

// ErrAltered says that a grant is not what its owner's synthesis wrote.
var ErrAltered = errors.New("altered")

// Read reads contract.json and checks it: it accepts what [Encode] writes, with any white space and any order of grants and keys, and
// nothing else. Its error wraps ErrNewerFormat if the file is from a newer version of crossgrant, and ErrAltered if a grant does not fit
// its digest; it joins everything that is wrong with the grants.
func Read(document []byte) (Contract, error) {
	c, found, err := decode(document)
	if err != nil {
		return Contract{}, fmt.Errorf("read contract: %w", err)
	}
	if err := c.validate(found); err != nil {
		return Contract{}, fmt.Errorf("read contract:\n%w", err)
	}
	if err := c.exact(found); err != nil {
		return Contract{}, fmt.Errorf("read contract: %w", err)
	}
	slices.SortFunc(c.Grants, byKey)
	return c, nil
}

// decode returns the contract, and all that the document says.
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
		return c, nil, problem(document, err)
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
		return c, nil, problem(document, err)
	}
	found, err = parse(document)
	return c, found, err
}

// validate checks the grants, and their digests against what was found.
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
		if i < len(contents) { // but for a name in capitals, which exact refuses
			problems = append(problems, each(where, g.fits(contents[i]))...)
		}
		problems = append(problems, each(where, g.Validate())...)
		problems = append(problems, each(where, g.known())...)
		if seen[g.Key()] {
			problems = append(problems, fmt.Errorf("%s: found twice, expected each grant once", where))
		}
		seen[g.Key()] = true
	}
	return errors.Join(problems...)
}

// fits returns a problem if the digest is not that of the content.
func (g Grant) fits(content any) error {
	if g.Digest == "" {
		return errors.New("digest: found none, expected the one that the owner's synthesis wrote")
	}
	is, err := digest(content)
	if err == nil && is != g.Digest {
		return fmt.Errorf("%w: found digest %s for content that has %s: take contract.json from its owner's synthesis anew, unchanged", ErrAltered, g.Digest, is)
	}
	return err
}

// known returns a problem for a text that was not known at synthesis: no reader could make anything of it.
func (g Grant) known() error {
	content, err := json.Marshal(g)
	if err == nil && bytes.Contains(content, []byte(token)) {
		return fmt.Errorf("found a text with %s…, expected all to be known at synthesis: name the resources", token)
	}
	return err
}

// exact returns an error if the document says something that the contract does not: a name in capital letters, a null, a list that is not
// sorted.
func (c Contract) exact(found any) error {
	grants := make([]Grant, len(c.Grants))
	for i, g := range c.Grants {
		grants[i] = g.canonical()
	}
	c.Grants = grants
	expected, err := tree(c)
	if err != nil {
		return err
	}
	return difference("contract", found, expected)
}
