package contract

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// IntentPrefix begins the keys of the intents in a template's metadata. What follows is unique in the template.
const IntentPrefix = MetadataPrefix + "Intent::"

// Intent is something that has to work although it is not in the permissions of a grant: what a role does with resources of its own account, how
// a workload is set up, or what has to arrive somewhere. Constructs record it in the metadata of the template, in plain terms, so that it does
// not change with the policies and properties that are to make it work. Exactly one field is set.
type Intent struct {
	// Use is what a role does.
	Use *Use `json:"use,omitempty"`
	// Workload is how a workload is set up.
	Workload *Workload `json:"workload,omitempty"`
	// Delivery is what has to arrive.
	Delivery *Delivery `json:"delivery,omitempty"`
}

// Use is what a role does with resources that no grant is on.
type Use struct {
	// Role is the ARN of the role. Required.
	Role string `json:"role"`
	// Statements are the requests that it makes: each action on each resource, under conditions that the request meets. At least one.
	Statements []Statement `json:"statements"`
}

// Workload is how a function, a task or an instance is set up.
type Workload struct {
	// Resource is the ARN of the function or the ECS task definition, or the ID of the instance. Required.
	Resource string `json:"resource"`
	// Container is the name of the container of the task definition whose variables are meant. Default none: the resource is no task definition.
	Container string `json:"container,omitempty"`
	// Role is the ARN of the role that it runs as. Required.
	Role string `json:"role"`
	// Variables are environment variables that its code needs besides those of its grants. Default none.
	Variables map[string]string `json:"variables,omitempty"`
	// Grant is the grant that it uses, as [Grant.ID] returns it. Default none.
	Grant string `json:"grant,omitempty"`
	// EnvironmentPrefix begins the names of the variables by which it gets to know the grant. Default: it has no such variables.
	EnvironmentPrefix string `json:"environmentPrefix,omitempty"`
	// Profile is the name of the AWS profile on an instance that assumes the grant's role. Default none.
	Profile string `json:"profile,omitempty"`
}

// Delivery is what AWS has to bring from one resource to another.
type Delivery struct {
	// From is the ARN of an alarm, a trail, a bucket (its events, or to a bucket its inventories), an event bus, a rule (what it could not send), a queue, a function (what it could not
	// process), or a route of an HTTP API. Required.
	From string `json:"from"`
	// To is the ARN of a topic, a queue, a function, a state machine, an event bus, or a bucket. Required.
	To string `json:"to"`
	// Events are examples of the events that have to arrive, with only those fields that each such event has. Default: whatever From sends.
	Events []map[string]any `json:"events,omitempty"`
	// ReportsFailures says that a function as To returns which messages of a batch failed: the others are done, and those come again only if its
	// event source mapping asks for that. Default false.
	ReportsFailures bool `json:"reportsFailures,omitempty"`
	// External says that From is created outside of the app, so that only the way to To is in it. Default false.
	External bool `json:"external,omitempty"`
	// Organization is the ID of the organization whose accounts a trail as From logs. Default none: its own account.
	Organization string `json:"organization,omitempty"`
	// Key is the ARN of the KMS key that a trail as From encrypts with. Default none of its own.
	Key string `json:"key,omitempty"`
}

// DecodeIntent reads an intent as JSON has it. It errs if something is missing, or is in it that this package does not know.
func DecodeIntent(document []byte) (Intent, error) {
	var i Intent
	d := json.NewDecoder(bytes.NewReader(document))
	d.DisallowUnknownFields()
	d.UseNumber()
	if err := d.Decode(&i); err != nil {
		return Intent{}, fmt.Errorf("read intent: %w", err)
	}
	return i, i.Validate()
}

// Validate returns all problems of an intent, joined, or nil.
func (i Intent) Validate() error {
	var problems []error
	require := func(field, value string) {
		if value == "" {
			problems = append(problems, fmt.Errorf("%s: found nothing, expected a value", field))
		}
	}
	kinds := 0
	if i.Use != nil {
		kinds++
		require("use.role", i.Use.Role)
		if len(i.Use.Statements) == 0 {
			problems = append(problems, errors.New("use.statements: found none, expected at least one"))
		}
		for n, s := range i.Use.Statements {
			if len(s.Actions) == 0 || len(s.Resources) == 0 {
				problems = append(problems, fmt.Errorf("use.statements[%d]: found %d actions and %d resources, expected at least one of each", n, len(s.Actions), len(s.Resources)))
			}
		}
	}
	if i.Workload != nil {
		kinds++
		require("workload.resource", i.Workload.Resource)
		require("workload.role", i.Workload.Role)
	}
	if i.Delivery != nil {
		kinds++
		require("delivery.from", i.Delivery.From)
		require("delivery.to", i.Delivery.To)
	}
	if kinds != 1 {
		problems = append(problems, fmt.Errorf("found %d of use, workload and delivery, expected one", kinds))
	}
	return errors.Join(problems...)
}

// ID identifies the grant among those of all owners: "ACCOUNT::KEY", with the target account and [Grant.Key].
func (g Grant) ID() string { return g.Target.Account + "::" + g.Key() }

// Variables returns the environment variables by which a workload uses the grant, with names that begin with the prefix, or with
// [EnvironmentPrefix] if that is empty. A variable that has to be absent is empty: with it, the code would use the grant in another way.
func (g Grant) Variables(prefix string) map[string]string {
	all := map[string]string{
		VariableAccess: "", VariableRoleARN: g.RoleARN, VariableExternalID: g.Trust.ExternalID, VariableSourceIdentity: g.Trust.SourceIdentity, VariableSessionSeconds: "",
	}
	if g.Access == Direct {
		all[VariableAccess] = string(Direct)
	}
	if g.Trust.SessionSeconds != 0 && g.Trust.SessionSeconds < int(MaxSession.Seconds()) {
		all[VariableSessionSeconds] = strconv.Itoa(g.Trust.SessionSeconds)
	}
	for name, value := range g.Environment {
		if all[name] == "" {
			all[name] = value
		}
	}
	named := map[string]string{}
	for name, value := range all {
		named[VariableName(prefix, name)] = value
	}
	return named
}

// VariableName returns a variable's name with another prefix than [EnvironmentPrefix]; without one it is the name itself.
func VariableName(prefix, name string) string {
	if prefix == "" {
		return name
	}
	return prefix + strings.TrimPrefix(name, EnvironmentPrefix)
}

// IsTuning reports whether a variable says only how fast a function works: it works without it, and with another value.
func IsTuning(name string) bool {
	return slices.Contains([]string{VariableCopyPartMiB, VariableCopyParallel}, name)
}
