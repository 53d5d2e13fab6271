package model

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/network"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/policy"
)

// Workload is how a template says that a workload is set up.
type Workload struct {
	contract.Workload
	// Runs is the workload. Nil if no template has it.
	Runs *network.Workload
	// Stack has the record.
	Stack *assembly.Stack
}

// readIntents reads what the templates record beside their grants. A record that cannot be read, or of a kind that nobody knows, is a fault.
func (m *Model) readIntents() {
	for _, s := range m.Assembly.Stacks {
		for _, key := range slices.Sorted(maps.Keys(s.Metadata)) {
			rest, ours := strings.CutPrefix(key, contract.MetadataPrefix)
			if !ours {
				continue
			}
			if name, ok := strings.CutPrefix(key, contract.IntentPrefix); ok {
				m.readIntent(s, name, s.Metadata[key])
				continue
			}
			if strings.HasPrefix(key, contract.NetworkPrefix) { // which package network reads
				continue
			}
			kind, _, _ := strings.Cut(rest, "::")
			if !slices.Contains([]contract.Half{contract.TargetHalf, contract.SourceHalf, contract.ClosedEndpoints, contract.OneApp}, contract.Half(kind)) {
				d := Declared{Name: "the metadata of stack " + s.DisplayName}
				d.fails(nil, "correct the key, or remove it; "+contract.MustWorkKey+" marks a resource, in its own metadata",
					"found the key %s, which nothing reads; expected %s, %s, %s or %s", key, contract.TargetHalf, contract.SourceHalf, contract.ClosedEndpoints,
					strings.TrimSuffix(strings.TrimPrefix(contract.IntentPrefix, contract.MetadataPrefix), "::"))
				m.Declared = append(m.Declared, d)
			}
		}
	}
}

func (m *Model) readIntent(s *assembly.Stack, name string, value any) {
	d := Declared{Name: name}
	document, err := json.Marshal(value)
	if err == nil {
		var i contract.Intent
		if i, err = contract.DecodeIntent(document); err == nil {
			m.declare(&d, s, i)
		}
	}
	if err != nil {
		d.fails(nil, "synthesize the template again, with one version of crossgrant", "its record cannot be read: %v", err)
	}
	if len(d.Connections)+len(d.Faults)+len(d.Resources) > 0 {
		m.Declared = append(m.Declared, d)
	}
}

// declare reads one intent.
func (m *Model) declare(d *Declared, s *assembly.Stack, i contract.Intent) {
	switch {
	case i.Use != nil:
		role, ok := m.Accounts.Role(i.Use.Role)
		if !ok {
			d.fails(nil, "create role "+i.Use.Role+" again", "no template has role %s, which %s", i.Use.Role, "has to make requests")
			return
		}
		for _, statement := range i.Use.Statements {
			m.use(d, role.Resource, role.ARN, statement, nil)
		}
	case i.Workload != nil:
		m.Setups = append(m.Setups, Workload{*i.Workload, m.workload(s, i.Workload.Resource), s})
	default:
		m.deliver(d, *i.Delivery)
	}
}

// workload is the function or the task definition of an ARN or the instance of an ID. Nil if no template has it.
func (m *Model) workload(s *assembly.Stack, name string) *network.Workload {
	if m.workloads == nil {
		m.workloads = map[string]*network.Workload{}
		for _, w := range m.Network.Workloads() {
			m.workloads[w.Resource.Stack.Account+" "+w.Resource.Ref] = w
			m.workloads[w.Resource.ARN] = w
		}
		for _, r := range m.Assembly.OfType("AWS::ECS::TaskDefinition") { // which runs nowhere by itself
			m.workloads[r.ARN] = &network.Workload{Resource: r, Role: text(r.Properties["TaskRoleArn"])}
		}
	}
	if w := m.workloads[name]; w != nil {
		return w
	}
	return m.workloads[s.Account+" "+name]
}

// DisplayName is what checks call a workload.
func (w Workload) DisplayName() string {
	if w.Runs != nil {
		return w.Runs.Resource.Name
	}
	return policy.Readable(w.Resource)
}

// Variables are the environment variables that the template sets for a function. None for anything else.
func Variables(r *assembly.Resource) map[string]any {
	return object(object(r.Properties["Environment"])["Variables"])
}

// ContainerVariables are those of a container of a task definition. ok is false if it has no container of that name.
func ContainerVariables(r *assembly.Resource, container string) (variables map[string]any, ok bool) {
	for _, item := range items(r.Properties["ContainerDefinitions"]) {
		if one := object(item); text(one["Name"]) == container {
			variables = map[string]any{}
			for _, variable := range items(one["Environment"]) {
				variables[text(object(variable)["Name"])] = object(variable)["Value"]
			}
			return variables, true
		}
	}
	return nil, false
}
