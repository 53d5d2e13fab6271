// Command schema writes the data of package internal/schema from CloudFormation's resource provider schemas, which AWS publishes, as the Python
// package "cfn-lint" (MIT-0 licence) has them for all regions:
//
//	pip download cfn-lint==1.58.0 --no-deps
//	go run ./tools/schema cfn_lint-1.58.0-py3-none-any.whl >internal/schema/schemas.zip
//
// It takes names of types and properties, how types are tagged, and permissions, and no descriptions. It is not part of the product or of the
// tests.
package main

import (
	"archive/zip"
	"compress/flate"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/internal/schema"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "schema: expected one argument, the wheel of cfn-lint")
		os.Exit(2)
	}
	wheel, err := zip.OpenReader(os.Args[1])
	if err == nil {
		err = write(os.Stdout, wheel)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "schema:", err)
		os.Exit(1)
	}
}

// provider is what this command reads of a schema.
type provider struct {
	TypeName                        string                     `json:"typeName"`
	Properties                      map[string]json.RawMessage `json:"properties"`
	CreateOnlyProperties            []string                   `json:"createOnlyProperties"`
	ConditionalCreateOnlyProperties []string                   `json:"conditionalCreateOnlyProperties"`
	ReadOnlyProperties              []string                   `json:"readOnlyProperties"`
	PrimaryIdentifier               []string                   `json:"primaryIdentifier"`
	Taggable                        *bool                      `json:"taggable"` // of older schemas, instead of Tagging
	Tagging                         *struct {
		Taggable                 bool     `json:"taggable"`
		TagProperty              string   `json:"tagProperty"`
		TagUpdatable             *bool    `json:"tagUpdatable"`
		CloudFormationSystemTags *bool    `json:"cloudFormationSystemTags"`
		Permissions              []string `json:"permissions"`
	} `json:"tagging"`
	Handlers map[schema.Operation]struct {
		Permissions []string `json:"permissions"`
	} `json:"handlers"`
}

// write writes the day, then a file for each service, in an archive without times: the same wheel gives the same bytes.
func write(out io.Writer, files fs.FS) error {
	const dir = "cfnlint/data/schemas/"
	version, err := read[struct {
		SchemaDate string `json:"schema_date"`
	}](files, dir+"version.json")
	if err != nil {
		return err
	}
	date, _, ok := strings.Cut(version.SchemaDate, "T")
	if !ok {
		return fmt.Errorf("%sversion.json: found schema_date %q, expected a date and time", dir, version.SchemaDate)
	}
	names, err := fs.Glob(files, dir+"resources/*.json")
	if err != nil {
		return err
	}
	services := map[string]map[string]*schema.Type{}
	for _, name := range names {
		p, err := read[provider](files, name)
		if err != nil {
			return err
		}
		parts := strings.Split(p.TypeName, "::")
		if len(parts) != 3 || strings.Contains(p.TypeName, "-") {
			return fmt.Errorf("%s: found typeName %q, expected one such as AWS::S3::Bucket", name, p.TypeName)
		}
		file := parts[0] + "-" + parts[1] + ".json"
		if services[file] == nil {
			services[file] = map[string]*schema.Type{}
		}
		if services[file][p.TypeName] != nil {
			return fmt.Errorf("%s: found %s again, expected one schema of each type", name, p.TypeName)
		}
		if services[file][p.TypeName], err = typeOf(p); err != nil {
			return fmt.Errorf("%s: %s: %w", name, p.TypeName, err)
		}
	}
	archive := zip.NewWriter(out)
	archive.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestCompression) })
	if err := add(archive, "date", date); err != nil {
		return err
	}
	for _, file := range slices.Sorted(maps.Keys(services)) {
		if err := add(archive, file, services[file]); err != nil {
			return err
		}
	}
	return archive.Close()
}

func add(archive *zip.Writer, name string, value any) error {
	w, err := archive.Create(name)
	if err != nil {
		return err
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(value)
}

func typeOf(p provider) (*schema.Type, error) {
	t := &schema.Type{Handlers: map[schema.Operation][]string{}}
	for _, one := range []struct {
		from []string
		to   *[]string
	}{
		{p.CreateOnlyProperties, &t.CreateOnly}, {p.ConditionalCreateOnlyProperties, &t.ConditionalCreateOnly},
		{p.ReadOnlyProperties, &t.ReadOnly}, {p.PrimaryIdentifier, &t.PrimaryIdentifier},
	} {
		for _, pointer := range one.from {
			path, ok := strings.CutPrefix(pointer, "/properties/")
			if !ok {
				return nil, fmt.Errorf("found the property %q, expected one such as /properties/Name", pointer)
			}
			*one.to = append(*one.to, path)
		}
	}
	slices.Sort(t.CreateOnly)
	slices.Sort(t.ConditionalCreateOnly)
	slices.Sort(t.ReadOnly)
	for operation, handler := range p.Handlers {
		if !slices.Contains(schema.Operations(), operation) {
			return nil, fmt.Errorf("found the handler %q, expected one of %v", operation, schema.Operations())
		}
		t.Handlers[operation] = permissions(handler.Permissions)
	}
	t.Tagging = taggingOf(p)
	return t, nil
}

// taggingOf is how a type is tagged. What its schema does not say has the default of
// https://github.com/aws-cloudformation/cloudformation-cli/blob/master/src/rpdk/core/data/schema/provider.definition.schema.v1.json,
// but that a type of an older schema is taggable only if it has the property.
func taggingOf(p provider) *schema.Tagging {
	t := &schema.Tagging{Property: "Tags", InPlace: true, FromStack: true}
	if p.Tagging == nil {
		if _, ok := p.Properties["Tags"]; !ok || p.Taggable != nil && !*p.Taggable {
			return nil
		}
		return t
	}
	if !p.Tagging.Taggable {
		return nil
	}
	if path, ok := strings.CutPrefix(p.Tagging.TagProperty, "/properties/"); ok {
		t.Property = path
	}
	if p.Tagging.TagUpdatable != nil {
		t.InPlace = *p.Tagging.TagUpdatable
	}
	if p.Tagging.CloudFormationSystemTags != nil {
		t.FromStack = *p.Tagging.CloudFormationSystemTags
	}
	t.Permissions = permissions(p.Tagging.Permissions)
	return t
}

// permissions are a list of permissions sorted, without the empty texts that some schemas have.
func permissions(list []string) []string {
	list = slices.DeleteFunc(slices.Clone(list), func(one string) bool { return strings.TrimSpace(one) == "" })
	slices.Sort(list)
	return slices.Compact(append([]string{}, list...))
}

func read[T any](files fs.FS, name string) (value T, err error) {
	text, err := fs.ReadFile(files, name)
	if err != nil {
		return value, err
	}
	if err := json.Unmarshal(text, &value); err != nil {
		return value, fmt.Errorf("%s: %w", name, err)
	}
	return value, nil
}
