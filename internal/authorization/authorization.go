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
