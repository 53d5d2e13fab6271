package assembly

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"sync"

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

// Options are what is known of a deployment beside its templates.
type Options struct {
	// Account and Region are those of stacks that name none. Default unknown.
	Account, Region string
	// Parameters are given to stacks, by the stack's name. Default what the templates say.
	Parameters map[string]map[string]string
}

// TemplateFile is a CloudFormation template: JSON if it is called .json, YAML if it is called .yaml or .yml, and otherwise JSON if it begins
// with "{".
type TemplateFile struct {
	// Path of the file. Required.
	Path string
	// Account, 12 digits, and Region are where it is deployed. Default unknown.
	Account, Region string
	// StackName is the name of the stack: letters, digits and hyphens. Required.
	StackName string
	// Parameters are given to the stack. Default what the template says.
	Parameters map[string]string
}

// Load reads the cloud assembly in a directory, such as "cdk.out", and resolves it. It returns an error if the directory has no assembly,
// if a manifest lacks a required field, if a file cannot be read, is larger than [MaxSize] or is outside the directory, and if references
// form a cycle. Everything else that it does not understand, including what a schema newer than [SchemaVersion] adds, is in the notes.
//
// https://github.com/aws/aws-cdk-cli/tree/main/packages/@aws-cdk/cloud-assembly-schema
func Load(dir string, options Options) (*Assembly, error) {
	d, err := openDirectory(dir)
	if err != nil {
		return nil, err
	}
	defer d.root.Close()
	artifacts, err := d.readManifest("")
	if err != nil {
		return nil, err
	}
	for _, a := range artifacts {
		a.account, a.region = cmp.Or(a.account, options.Account), cmp.Or(a.region, options.Region)
		if given := options.Parameters[a.name]; given != nil {
			a.parameters = withGiven(a.parameters, given)
		}
	}
	a, err := load(artifacts, func(file string) (*template, error) {
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
	return a, nil
}

// LoadTemplates reads templates, each as one stack, and resolves them together. It errs as [Load] does.
func LoadTemplates(files ...TemplateFile) (*Assembly, error) {
	var artifacts []*artifact
	for _, f := range files {
		artifacts = append(artifacts, &artifact{
			id: f.StackName, name: f.StackName, account: f.Account, region: f.Region, file: f.Path, parameters: withGiven(nil, f.Parameters),
		})
	}
	return load(artifacts, func(file string) (*template, error) {
		text, err := document.ReadFile(os.DirFS(filepath.Dir(file)), filepath.Base(file), file)
		if err != nil {
			return nil, err
		}
		return parseTemplate(file, text)
	})
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

// reader reads a template.
type reader func(file string) (*template, error)

func load(artifacts []*artifact, read reader) (*Assembly, error) {
	for _, a := range artifacts {
		if err := a.validate(); err != nil {
			return nil, err
		}
	}
	scopes, err := readScopes(artifacts, read)
	if err != nil {
		return nil, err
	}
	return resolve(scopes)
}

var (
	stackName = regexp.MustCompile(`^[a-zA-Z][-a-zA-Z0-9]{0,127}$`)
	region    = regexp.MustCompile(`^[-a-z0-9]*$`)
)

// validate refuses what would not be an account, a region and a stack: they go into ARNs.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html
func (a *artifact) validate() error {
	switch {
	case !stackName.MatchString(a.name):
		return fmt.Errorf("stack %q: found this name, expected a letter, then letters, digits and hyphens, at most 128 in all", a.name)
	case a.account != "" && !contract.IsAccountID(a.account):
		return fmt.Errorf("stack %s: found account %q, expected 12 digits", a.name, a.account)
	case !region.MatchString(a.region):
		return fmt.Errorf("stack %s: found region %q, expected one such as eu-west-1", a.name, a.region)
	}
	for _, name := range slices.Sorted(maps.Keys(a.parameters)) {
		if !policy.IsKnown(document.String(a.parameters[name])) {
			return fmt.Errorf("stack %s: parameter %s: found the character \\0, expected text without it", a.name, name)
		}
	}
	return nil
}

// inParallel runs work for each index below n, and joins the errors in this order.
func inParallel(n int, work func(i int) error) error {
	problems := make([]error, n)
	next := make(chan int)
	var workers sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		workers.Go(func() {
			for i := range next {
				problems[i] = work(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	workers.Wait()
	return errors.Join(problems...)
}
