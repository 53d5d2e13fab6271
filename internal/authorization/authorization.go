// Package authorization has the actions of AWS services, with their access level and resource types, from the Service Authorization Reference,
// as data with its date. It decides nothing. An action that it lacks may be newer than the data.
// https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
package authorization

import (
	_ "embed"
	"maps"
	"slices"
	"strings"
	"sync"
)

// data is written by tools/authorization. Of each service it has the name, then a line " TYPE: FORMAT, FORMAT" for each resource type, then
// "=LEVEL" for each access level, with lines "TYPE, TYPE: ACTION ACTION" of the actions on these types.
//
//go:embed actions.txt
var data string

// Level is what an action may do.
// https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html#actions_table
type Level string

// The access levels. An action that changes permissions, or tags, and writes besides, has the level PermissionsManagement, or Tagging.
const (
	List                  Level = "List"
	Read                  Level = "Read"
	Write                 Level = "Write"
	PermissionsManagement Level = "Permissions management"
	Tagging               Level = "Tagging"
)

// Action is an action of a service.
type Action struct {
	// Name is its name with the service, such as "s3:GetObject".
	Name string
	// Level is its access level.
	Level Level
	// Resources are the names of the resource types that it can be on, sorted, such as "bucket". None for an action that a policy can permit on
	// all resources ("*") only.
	Resources []string
}

// Type is a resource type of a service.
type Type struct {
	// Name is its name within the service, such as "object".
	Name string
	// Formats are ARNs without "arn:PARTITION:", with "*" for what differs, such as "s3:::*/*". Most types have one.
	Formats []string
}

// Date is the day of the data, as "2006-01-02".
func Date() string {
	_, date, _ := strings.Cut(data[:strings.IndexByte(data, '\n')], ", ")
	return date
}

// HasService says that the data has a service, such as "s3", in any case.
func HasService(service string) bool { return serviceOf(service) != nil }

// Services are the names of all services, sorted, such as "s3".
func Services() []string { return slices.Sorted(maps.Keys(services())) }

// Lookup is the action of a name such as "s3:GetObject", in any case. ok is false if the data lacks it: it may be newer.
func Lookup(action string) (a Action, ok bool) {
	service, name, _ := strings.Cut(action, ":")
	if s := serviceOf(service); s != nil {
		a, ok = s.byName[strings.ToLower(name)]
	}
	return a, ok
}

// Of are the actions of a service, by level and name. Nil for a service that the data lacks.
func Of(service string) []Action {
	if s := serviceOf(service); s != nil {
		return s.actions
	}
	return nil
}

// Types are the resource types of a service, sorted. Nil for a service that the data lacks.
func Types(service string) []Type {
	if s := serviceOf(service); s != nil {
		return s.types
	}
	return nil
}

// service is the data of a service. It is read when it is asked for.
type service struct {
	name, text string
	read       sync.Once
	types      []Type
	actions    []Action
	byName     map[string]Action // by name without the service, in lower case
}

// services are all services by name.
var services = sync.OnceValue(func() map[string]*service {
	all := map[string]*service{}
	_, rest, _ := strings.Cut(data, "\n")
	for rest != "" {
		name, behind, _ := strings.Cut(rest, "\n")
		end := 0 // of the lines of this service: the name of a service is the only line without a space or an equals sign
		for end < len(behind) {
			line, _, _ := strings.Cut(behind[end:], "\n")
			if !strings.ContainsAny(line, " =") {
				break
			}
			end += len(line) + 1
		}
		all[name] = &service{name: name, text: behind[:end]}
		rest = behind[end:]
	}
	return all
})

func serviceOf(name string) *service {
	s := services()[strings.ToLower(name)]
	if s != nil {
		s.read.Do(s.parse)
	}
	return s
}

func (s *service) parse() {
	s.byName = map[string]Action{}
	var level Level
	for line := range strings.Lines(s.text) {
		line = strings.TrimSuffix(line, "\n")
		before, after, _ := strings.Cut(line, ": ")
		switch line[0] {
		case ' ':
			s.types = append(s.types, Type{before[1:], strings.Split(after, ", ")})
		case '=':
			level = Level(line[1:])
		default:
			var types []string
			if before != "" {
				types = strings.Split(before, ", ")
			}
			for name := range strings.FieldsSeq(after) {
				a := Action{s.name + ":" + name, level, types}
				s.actions = append(s.actions, a)
				s.byName[strings.ToLower(name)] = a
			}
		}
	}
}

// On are the actions of a service that can be on a resource of an ARN, such as "arn:aws:s3:::bucket/key", by level and name.
func On(service, resource string) []Action {
	parts := strings.SplitN(resource, ":", 3)
	if len(parts) < 3 {
		return nil
	}
	// Of formats that match, such as those of a bucket and of an object, the one with the most separators is meant.
	var names []string
	most := -1
	for _, t := range Types(service) {
		for _, format := range t.Formats {
			n := strings.Count(format, "/") + strings.Count(format, ":")
			if n < most || !Fits(format, parts[2]) {
				continue
			}
			if n > most {
				names, most = nil, n
			}
			names = append(names, t.Name)
		}
	}
	var all []Action
	for _, action := range Of(service) {
		if slices.ContainsFunc(action.Resources, func(name string) bool { return slices.Contains(names, name) }) {
			all = append(all, action)
		}
	}
	return all
}

// Fits says that a text is as a format says: "*" stands for any text.
func Fits(format, text string) bool {
	first, rest, more := strings.Cut(format, "*")
	text, ok := strings.CutPrefix(text, first)
	for ok && more {
		first, rest, more = strings.Cut(rest, "*")
		if !more {
			return strings.HasSuffix(text, first)
		}
		_, text, ok = strings.Cut(text, first) // the first place is as good as any other, since "*" is before and behind it
	}
	return ok && text == ""
}
