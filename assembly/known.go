package assembly

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly/internal/document"
)

// Known is what is known of a deployment beside what the files of an assembly say.
type Known struct {
	// By is what says so, for messages, such as "facts.json".
	By string
	// Parameters are the values of stack parameters, by stack and by parameter. A stack is called by its label, its display name or its name. They
	// prevail over those of the manifest and the defaults of the templates.
	Parameters map[string]map[string]string
	// Stored are the values of parameters of Systems Manager, by ARN, and with ":" and a version behind it for those of versions.
	Stored map[string]string
	// Templates are those of stacks beside the assembly. Their paths are not those of files of the assembly.
	Templates []TemplateFile
}

// Knowing returns the assembly as it is with what is known of its deployment: it reads the files again. It returns an error as [Load] does, and about a
// value of a parameter that no stack has, or that the template does not allow.
func (a *Assembly) Knowing(k Known) (*Assembly, error) {
	switch {
	case len(k.Parameters)+len(k.Stored)+len(k.Templates) == 0:
		return a, nil
	case a.again == nil && len(k.Parameters)+len(k.Templates) == 0: // such an assembly reads nothing
		return a, nil
	case a.again == nil:
		return nil, fmt.Errorf("%s: found values of parameters, or templates, for an assembly that is not read from files, expected one that Load or LoadTemplates returns", k.By)
	}
	return a.again(k)
}

// parameter returns the known value of a parameter of a stack that is not nested.
func (k Known) parameter(s *scope, name string) (string, bool) {
	if s.parent != nil {
		return "", false
	}
	for _, called := range []string{s.Label, s.DisplayName, s.Name} {
		if value, is := k.Parameters[called][name]; is {
			return value, true
		}
	}
	return "", false
}

// check returns an error about values of parameters that no stack has, or that the template does not allow.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
func (k Known) check(scopes []*scope) error {
	var problems []error
	for _, called := range slices.Sorted(maps.Keys(k.Parameters)) {
		var of []*scope
		names := []string{}
		for _, s := range scopes {
			if s.parent != nil {
				continue
			}
			if names = append(names, s.DisplayName); called == s.Label || called == s.DisplayName || called == s.Name {
				of = append(of, s)
			}
		}
		if len(of) == 0 {
			problems = append(problems, fmt.Errorf("%s: found parameters of stack %q, expected one of %s", k.By, called, strings.Join(slices.Compact(names), ", ")))
		}
		for _, s := range of {
			for _, name := range slices.Sorted(maps.Keys(k.Parameters[called])) {
				problems = append(problems, k.checkParameter(s, name, k.Parameters[called][name]))
			}
		}
	}
	return errors.Join(problems...)
}

func (k Known) checkParameter(s *scope, name, value string) error {
	p := s.parameters[name]
	if p == nil {
		return fmt.Errorf("%s: found a value of parameter %s of stack %s, expected one of its parameters: %s", k.By, name, s.DisplayName,
			cmp.Or(strings.Join(slices.Sorted(maps.Keys(s.parameters)), ", "), "it has none"))
	}
	allowed := []string{}
	for _, one := range document.List(p.body["AllowedValues"]) {
		text, _ := document.Text(one)
		allowed = append(allowed, text)
	}
	if len(allowed) > 0 && !slices.Contains(allowed, value) {
		return fmt.Errorf("%s: found %q for parameter %s of stack %s, expected one of its AllowedValues: %s", k.By, value, name, s.DisplayName, strings.Join(allowed, ", "))
	}
	return nil
}

// SourceKind is what a [Source] is.
type SourceKind string

const (
	// ParameterSource is a parameter of a stack.
	ParameterSource SourceKind = "parameter"
	// StoredSource is a parameter of Systems Manager that a stack reads.
	StoredSource SourceKind = "stored parameter"
	// ExportSource is an export that a stack imports and no stack of the assembly has. It is never known.
	ExportSource SourceKind = "export"
	// TemplateSource is the template of a stack beside the assembly.
	TemplateSource SourceKind = "template"
)

// Source is where a value comes from that a template leaves open.
type Source struct {
	Kind SourceKind
	// Stack is the stack that has the parameter or the template, or reads the value.
	Stack *Stack
	// Name is that of the parameter or the export, the ARN of the parameter of Systems Manager, with a version behind it if the stack asks for one, or
	// the file of the template.
	Name string
	// Parameter is that of the stack by which a parameter of Systems Manager is read. "" for a dynamic reference, and for other kinds.
	Parameter string
	// Known says that there is a value, and Value is it.
	Known bool
	Value string
	// By is what says so, as in [Known]. "" for the default of the template, and for what is not known.
	By string
}

// String says what is taken as given. "" for what is not known.
func (s Source) String() string {
	if !s.Known {
		return ""
	}
	by := " (by " + s.By + ")"
	switch s.Kind {
	case ParameterSource:
		if s.By == "" {
			return fmt.Sprintf("parameter %s of stack %s has its default, %q", s.Name, s.Stack.DisplayName, s.Value)
		}
		return fmt.Sprintf("parameter %s of stack %s is %q%s", s.Name, s.Stack.DisplayName, s.Value, by)
	case StoredSource:
		return fmt.Sprintf("%s of Systems Manager is %q%s", s.Name, s.Value, by)
	}
	return "stack " + s.Stack.DisplayName + " is deployed from the template " + s.Name + by
}

// sources are a set of them.
type sources map[Source]bool

// with returns a set with more; it may change the set.
func (s sources) with(more sources) sources {
	if s == nil && len(more) > 0 {
		s = make(sources, len(more))
	}
	maps.Copy(s, more)
	return s
}

func (s sources) sorted() []Source {
	return slices.SortedFunc(maps.Keys(s), func(a, b Source) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Stack.Label, b.Stack.Label), cmp.Compare(a.Name, b.Name))
	})
}

// use records where a value comes from, for what is being resolved.
func (r *resolver) use(one Source) { r.useAll(sources{one: true}) }

// useAgain records where a value comes from that was resolved before.
func (r *resolver) useAgain(s step) { r.useAll(r.sources[s]) }

func (r *resolver) useAll(all sources) {
	if len(all) == 0 {
		return
	}
	into := &r.base
	if last := len(r.frames) - 1; last >= 0 {
		into = &r.frames[last]
	}
	*into = into.with(all)
}
