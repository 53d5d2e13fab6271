package assembly

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/crossgrant/crossgrant/assembly/internal/document"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/policy"
)

// Limits of files, in bytes. CloudFormation takes templates of 1 MB. YAML takes ten times the time and memory of JSON.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
const (
	MaxSize     = document.MaxSize
	MaxYAMLSize = document.MaxYAMLSize
)

// Options configure [Load] with what is known of a deployment.
type Options struct {
	// Account and Region are those of environment-agnostic stacks, of which there has to be one then. Default: unknown.
	Account, Region string
	// Parameters are the values of stack parameters, by the name of the stack. Default: those of the manifest and the templates.
	Parameters map[string]map[string]string
}

// TemplateFile is a CloudFormation template: JSON if the name ends in .json, YAML if it ends in .yaml or .yml, and otherwise JSON if the text
// begins with "{".
type TemplateFile struct {
	// Path of the file. Required.
	Path string
	// Account, 12 digits, and Region are where it is deployed. Default: unknown.
	Account, Region string
	// StackName is the name of the stack: letters, digits and hyphens. Default: the name of the file, with hyphens in place of other characters, and as
	// much of the path before it as tells it from the other templates of the same account and region.
	StackName string
	// Parameters are the values of the parameters. Default: those of the template.
	Parameters map[string]string
	// Deployed are the physical IDs of the resources of a stack that is deployed, by logical ID, as CloudFormation lists them. Default: what AWS generates is
	// unknown. https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_StackResourceSummary.html
	Deployed map[string]string
	// Drift is how resources of a stack that is deployed differ from its template, as someone changed them beside CloudFormation: by logical ID the values of properties, nil for one that
	// is not set, or nil for a resource that is gone. They are taken as they are, without functions. Default: nothing differs.
	// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-drift.html
	Drift map[string]map[string]any
}

// Load reads the cloud assembly in a directory, such as "cdk.out", and resolves it. It returns an error if the directory has no assembly,
// if a manifest lacks a required field, if a file cannot be read, is larger than [MaxSize] or is outside the directory, and if references
// form a cycle. Everything else that it does not understand, including what a schema newer than [SchemaVersion] adds, is in the notes.
//
// https://github.com/aws/aws-cdk-cli/tree/main/packages/@aws-cdk/cloud-assembly-schema
func Load(dir string, options Options) (*Assembly, error) {
	return loadDirectory(dir, options, Known{})
}

func loadDirectory(dir string, options Options, known Known) (*Assembly, error) {
	d, err := openDirectory(dir)
	if err != nil {
		return nil, err
	}
	defer d.root.Close()
	artifacts, err := d.readManifest("")
	if err != nil {
		return nil, err
	}
	if len(artifacts) > 0 {
		if options.Account != "" && !slices.ContainsFunc(artifacts, func(a *artifact) bool { return a.account == "" }) {
			return nil, fmt.Errorf("found account %s for stacks that have none, expected none: each stack of %s has its own", options.Account, dir)
		}
		if options.Region != "" && !slices.ContainsFunc(artifacts, func(a *artifact) bool { return a.region == "" }) {
			return nil, fmt.Errorf("found region %s for stacks that have none, expected none: each stack of %s has its own", options.Region, dir)
		}
	}
	for _, a := range artifacts {
		a.account, a.region = cmp.Or(a.account, options.Account), cmp.Or(a.region, options.Region)
		if given := options.Parameters[a.name]; given != nil {
			a.parameters = withGiven(a.parameters, given)
		}
	}
	a, err := load(artifacts, known, func(file string) (*template, error) {
		text, err := d.read(file)
		if err != nil {
			return nil, err
		}
		return parseTemplate(d.path(file), text)
	})
	if err != nil {
		return nil, err
	}
	a.Notes = append(d.notes, a.Notes...)
	a.again = func(known Known) (*Assembly, error) { return loadDirectory(dir, options, known) }
	return a, nil
}

// LoadTemplates reads templates, each as one stack, and resolves them together. It returns an error as [Load] does.
func LoadTemplates(files ...TemplateFile) (*Assembly, error) { return loadTemplates(files, Known{}) }

func loadTemplates(files []TemplateFile, known Known) (*Assembly, error) {
	var artifacts []*artifact
	for _, f := range named(files) {
		artifacts = append(artifacts, f.artifact())
	}
	a, err := load(artifacts, known, readTemplate)
	if err != nil {
		return nil, err
	}
	a.again = func(known Known) (*Assembly, error) { return loadTemplates(files, known) }
	return a, nil
}

func (f TemplateFile) artifact() *artifact {
	return &artifact{
		id: f.StackName, name: f.StackName, account: f.Account, region: f.Region, file: f.Path, parameters: withGiven(nil, f.Parameters),
		constructs: constructsBeside(f.Path), deployed: f.Deployed, drift: f.Drift,
	}
}

// readTemplate reads a template that is in no assembly.
func readTemplate(file string) (*template, error) {
	text, err := document.ReadFile(os.DirFS(filepath.Dir(file)), filepath.Base(file), file)
	if err != nil {
		return nil, err
	}
	return parseTemplate(file, text)
}

func withGiven(parameters map[string]any, given map[string]string) map[string]any {
	all := map[string]any{}
	for name, value := range parameters {
		all[name] = value
	}
	for name, value := range given {
		all[name] = value
	}
	return all
}

func load(artifacts []*artifact, known Known, read reader) (*Assembly, error) {
	outside := map[string]bool{}
	for _, f := range known.Templates {
		one := f.artifact()
		one.by, outside[one.file] = known.By, true
		artifacts = append(artifacts, one)
	}
	for _, a := range artifacts {
		if err := a.validate(); err != nil {
			return nil, err
		}
	}
	scopes, err := readScopes(artifacts, func(file string) (*template, error) {
		if outside[file] {
			return readTemplate(file)
		}
		return read(file)
	})
	if err != nil {
		return nil, err
	}
	return resolve(scopes, known)
}

var (
	stackName = regexp.MustCompile(`^[a-zA-Z][-a-zA-Z0-9]{0,127}$`)
	region    = regexp.MustCompile(`^[-a-z0-9]*$`)
)

// validate returns an error for an invalid account, region, stack name or parameter: they become parts of ARNs.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html
func (a *artifact) validate() error {
	switch {
	case !stackName.MatchString(a.name):
		return fmt.Errorf("stack %q: found this name, expected a letter, then letters, digits and hyphens, at most 128 in total", a.name)
	case a.account != "" && !contract.IsAccountID(a.account):
		return fmt.Errorf("stack %s: found account %q, expected 12 digits", a.name, a.account)
	case !region.MatchString(a.region):
		return fmt.Errorf("stack %s: found region %q, expected one such as eu-west-1", a.name, a.region)
	}
	for _, name := range slices.Sorted(maps.Keys(a.parameters)) {
		if !policy.IsKnown(document.String(a.parameters[name])) {
			return fmt.Errorf("stack %s: parameter %s: found the character \\0, expected a string without it", a.name, name)
		}
	}
	return nil
}
