package probe

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/network"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// How workloads are set up: the role that they run as, the variables and AWS profiles by which they know their grants.

// faults collects what is not as it has to be in a workload.
type faults struct {
	of  *assembly.Resource
	all []model.Fault
}

// set says that the remedy of the last fault is an edit of a property.
func (f *faults) set(e assembly.Edit, value any, property ...any) {
	f.all[len(f.all)-1].Changes = []assembly.Change{assembly.ChangeOf(f.of, e, value, property...)}
}

func (f *faults) add(unknown bool, remedy, format string, arguments ...any) {
	f.all = append(f.all, model.Fault{Unknown: unknown, Says: policy.Readable(fmt.Sprintf(format, arguments...)), Remedy: policy.Readable(remedy), Resource: f.of})
}

// compare adds a fault if a value is not the one that is expected; "" for absent.
func (f *faults) compare(name, want string, found any, because string) {
	value, isText := found.(string)
	switch {
	case found == nil && want == "" || isText && value == want:
	case isText && !policy.IsKnown(value):
		f.add(true, fmt.Sprintf("set %s to %s", name, want), "%s: found %s, which is known at deployment only, expected %s, %s", name, value, want, because)
	case want == "":
		f.add(false, "remove "+name, "%s: found %v, expected none, %s", name, found, because)
	case found == nil:
		f.add(false, fmt.Sprintf("set %s to %s", name, want), "%s: found nothing, expected %s, %s", name, want, because)
	default:
		f.add(false, fmt.Sprintf("set %s to %s", name, want), "%s: found %v, expected %s, %s", name, found, want, because)
	}
}

// variable compares an environment variable of a function.
func (f *faults) variable(name, want string, found any, because string) {
	n := len(f.all)
	if f.compare(name, want, found, because); len(f.all) == n || f.of.Type != "AWS::Lambda::Function" {
		return
	}
	if value, ok := f.of.Stack.Written(want); want == "" {
		f.set(assembly.RemoveValue, nil, "Environment", "Variables", name)
	} else if ok {
		f.set(assembly.SetValue, value, "Environment", "Variables", name)
	}
}

// setup compares a workload with the record of how it is set up.
func (c *checks) setup(w model.Workload) {
	f := &faults{}
	if w.Runs == nil {
		f.add(false, "create it again", "no template has %s, which has to run as %s", w.Resource, w.Role)
		c.settings(w.DisplayName(), nil, f.all)
		return
	}
	f.of = w.Runs.Resource
	if f.of.Conditional != "" {
		f.add(true, "", "it exists only under the condition %s", f.of.Conditional)
	}
	switch role := w.Runs.Role; {
	case role == w.Role:
	case role == "":
		f.add(false, "let it run as "+w.Role, "it has no role, expected %s", w.Role)
		f.all[len(f.all)-1].Changes = c.toRunAs(f.of, []string{w.Role})
	default:
		f.add(!policy.IsKnown(role) && !c.isRole(role), "let it run as "+w.Role, "it runs as %s, expected %s", role, w.Role)
		f.all[len(f.all)-1].Changes = c.toRunAs(f.of, []string{w.Role})
	}
	f.available()
	variables := model.Variables(w.Runs.Resource)
	if w.Container != "" {
		found := false
		if variables, found = model.ContainerVariables(w.Runs.Resource, w.Container); !found {
			f.add(false, "give it container "+w.Container+" again", "it has no container %s, whose code uses the grant", w.Container)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(w.Variables)) {
		f.variable(name, w.Variables[name], variables[name], "as its construct sets it")
	}
	if w.Grant != "" && w.EnvironmentPrefix != "" {
		f.environment(c.grant.Variables(w.EnvironmentPrefix), variables)
	}
	if w.Profile != "" {
		f.profile(c.grant, w.Profile)
	}
	name := w.DisplayName()
	switch {
	case w.Profile != "":
		name += ", profile " + w.Profile
	case w.Container != "":
		name += ", container " + w.Container + ", variables " + w.EnvironmentPrefix + "…"
	case w.EnvironmentPrefix != "":
		name += ", variables " + w.EnvironmentPrefix + "…"
	}
	c.settings(name, []*assembly.Resource{f.of}, f.all)
}

// available adds a fault for a function that Lambda never invokes, and for an instance that cannot get the credentials of its role.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
func (f *faults) available() {
	switch f.of.Type {
	case "AWS::Lambda::Function":
		if reserved := f.of.Properties["ReservedConcurrentExecutions"]; fmt.Sprint(reserved) == "0" {
			f.add(false, "raise its ReservedConcurrentExecutions, or remove it", "its ReservedConcurrentExecutions are 0, so that Lambda never invokes it")
			f.set(assembly.RemoveValue, nil, "ReservedConcurrentExecutions")
		}
	case "AWS::EC2::Instance":
		options, _ := f.of.Properties["MetadataOptions"].(map[string]any)
		if options["HttpEndpoint"] == "disabled" {
			f.add(false, "set HttpEndpoint of its MetadataOptions to enabled", "its metadata service is disabled, from which it gets the credentials of its role")
			f.set(assembly.SetValue, "enabled", "MetadataOptions", "HttpEndpoint")
		}
	}
}

// isRole says that a template has a role, also one whose name is unknown.
func (c *checks) isRole(roleARN string) bool {
	_, ok := c.Accounts.Role(roleARN)
	return ok
}

// environment compares the variables of a function with those of a grant.
func (f *faults) environment(expected map[string]string, found map[string]any) {
	for _, name := range slices.Sorted(maps.Keys(expected)) {
		f.variable(name, expected[name], found[name], "as the grant has it")
	}
}

// ofTrust are the variables that say how to assume the role, which code may also know in another way.
var ofTrust = []string{contract.VariableExternalID, contract.VariableSourceIdentity, contract.VariableSessionSeconds}

// environment is the check of a function that runs as a grantee and of which no record says how it knows the grant: if some of its variables are
// those of the grant, all have to be. Otherwise it is configured in another way, or not at all.
func (c *checks) environment(g *model.Grant, workload *network.Workload) {
	recorded := slices.ContainsFunc(c.Setups, func(w model.Workload) bool { return w.Grant == g.ID() && w.Runs == workload })
	prefix, ok := c.prefixOf(g, workload)
	if recorded || !ok {
		return
	}
	f := &faults{of: workload.Resource}
	found, expected := model.Variables(workload.Resource), g.Variables(prefix)
	for _, name := range ofTrust {
		if name = contract.VariableName(prefix, name); found[name] == nil {
			delete(expected, name)
		}
	}
	f.environment(expected, found)
	c.settings(workload.Resource.Name+", variables "+prefix+"…", []*assembly.Resource{workload.Resource}, f.all)
}

// prefixOf is the prefix of the variables by which a function seems to know a grant: that of the variable that has the grant's role, or else the
// default if a variable has it and those of no other grant do.
func (c *checks) prefixOf(g *model.Grant, workload *network.Workload) (string, bool) {
	variables := model.Variables(workload.Resource)
	suffix := strings.TrimPrefix(contract.VariableRoleARN, contract.EnvironmentPrefix)
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		if prefix, ok := strings.CutSuffix(name, suffix); ok && g.RoleARN != "" && variables[name] == g.RoleARN {
			return prefix, true
		}
	}
	some := false
	for name := range g.Variables("") {
		some = some || variables[name] != nil
	}
	for _, other := range c.Grants {
		role, _ := variables[contract.VariableRoleARN].(string)
		if other != g && (other.RoleARN != "" && role == other.RoleARN || sharesVariables(other, g, variables)) {
			return "", false
		}
	}
	return contract.EnvironmentPrefix, some
}

// sharesVariables says that all variables of another grant are there, and differ from those of the one in question.
func sharesVariables(other, g *model.Grant, variables map[string]any) bool {
	mine := g.Variables("")
	differs := false
	for name, value := range other.Variables("") {
		if found, _ := variables[name].(string); found != value {
			return false
		}
		differs = differs || mine[name] != value
	}
	return differs
}
