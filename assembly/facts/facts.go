// Package facts reads what no template has from a file: the policies and keys of resources that are there already, managed policies, networks, values of
// parameters, and templates of other apps. It turns them into resources of an assembly, so that whoever judges templates judges them, too, and says what is
// missing. It judges nothing and does not call AWS.
package facts

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// Version is the version of the format that this package reads.
const Version = 1

// MaxSize is the largest file, in bytes.
const MaxSize = 4 << 20

// Schema is the JSON Schema of the file, as SchemaFileName has it.
//
//go:embed facts.schema.json
var Schema []byte

// SchemaFileName is the name of the file with the schema.
const SchemaFileName = "facts.schema.json"

// Facts is what a file says.
type Facts struct {
	// Name is the name of the file, without its folder: reports name it.
	Name string
	// File is the path of the file. "" for facts from a text.
	File string
	// ManagedPolicies are the managed policies of AWS, by ARN.
	ManagedPolicies map[string]*policy.Document
	// OrganizationPaths are the places of accounts in their organizations, such as "o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/", by account.
	// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalorgpaths
	OrganizationPaths map[string]string

	resources []resource
	known     assembly.Known // of the deployment
}

// Read reads a file of facts. An error says the line and the column, what was found and what was expected.
func Read(file string) (*Facts, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, fmt.Errorf("read the facts: %w", err)
	}
	if info.Size() > MaxSize {
		return nil, fmt.Errorf("read the facts: %s: found %d bytes, expected %d at most", file, info.Size(), MaxSize)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the facts: %w", err)
	}
	f, err := Parse(filepath.Base(file), text)
	if err != nil {
		return nil, fmt.Errorf("read the facts: %s: %w", file, err)
	}
	f.File = file
	dir, err := filepath.Abs(filepath.Dir(file)) // so that no path is that of a file of an assembly
	if err != nil {
		return nil, fmt.Errorf("read the facts: %s: %w", file, err)
	}
	for i, t := range f.known.Templates {
		if !filepath.IsAbs(t.Path) {
			f.known.Templates[i].Path = filepath.Join(dir, filepath.FromSlash(t.Path))
		}
	}
	return f, nil
}

// Has says that the facts are about a resource, by its ARN. Without facts (nil) they are about none.
func (f *Facts) Has(arn string) bool {
	return f != nil && slices.ContainsFunc(f.resources, func(r resource) bool { return r.arn == arn })
}

// AddTo returns an assembly with the values of parameters and the templates of the facts, for which its files are read again, and with the resources of
// the facts: in one stack for each account and region, whose Facts is the file. It errs about a resource that a template has as well, since only one of
// them can be true, and about a parameter that no stack has. Without facts (nil) it returns the assembly itself.
func (f *Facts) AddTo(a *assembly.Assembly) (*assembly.Assembly, error) {
	if f == nil {
		return a, nil
	}
	a, err := a.Knowing(f.known)
	if err != nil {
		return nil, err
	}
	for _, r := range f.resources {
		if has := a.ByARN(r.arn); len(has) > 0 {
			return nil, fmt.Errorf("%s: found facts about %s, which stack %s has as %s, expected facts about what no template has", f.Name, r.arn, has[0].Stack.DisplayName, has[0].LogicalID)
		}
	}
	return a.With(f.stacks()...), nil
}
