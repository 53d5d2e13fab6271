package model

import (
	"fmt"
	"slices"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/accounts"
	"github.com/crossgrant/crossgrant/assembly/facts"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy"
)

// Declared is something that has to work although it is not in the permissions of a grant: by an intent in a template's metadata, or by a mark at
// a resource.
type Declared struct {
	// Name says what it is, such as "alarm errors".
	Name string
	// Resources are those by which it works, as far as the templates have them.
	Resources []*assembly.Resource
	// Connections are the requests that it depends on.
	Connections []Connection
	// Faults are what keeps it from working whatever the policies say.
	Faults []Fault

	settled bool // whether it works without a request that anybody has to permit
}

// Connection is a request that something depends on.
type Connection struct {
	Access
	// Deputy says that the caller makes the same request for others, too, as a service does for every account: the resource's policy has to
	// tell for whom.
	Deputy bool
	// Implied says that the request comes with another one, as that to KMS does, and is tried with that.
	Implied bool
}

// Fault is something in the templates that is not as it has to be.
type Fault struct {
	// Unknown says that it may be as it has to be, which is known at deployment only.
	Unknown bool
	// Says is what was found, and Remedy what to change.
	Says, Remedy string
	// Resource is what to change. Nil if no template has it.
	Resource *assembly.Resource
	// Missing are the facts that would say whether it is.
	Missing []facts.Want
	// Changes are the remedy as edits of templates. None for what is no edit.
	Changes []assembly.Change
}

// fails adds a fault.
func (d *Declared) fails(r *assembly.Resource, remedy, format string, arguments ...any) {
	d.Faults = append(d.Faults, Fault{Says: policy.Readable(fmt.Sprintf(format, arguments...)), Remedy: policy.Readable(remedy), Resource: r})
}

// set says that the remedy of the last fault is a property of its resource.
func (d *Declared) set(value any, property ...any) {
	f := &d.Faults[len(d.Faults)-1]
	f.Changes = []assembly.Change{assembly.ChangeOf(f.Resource, assembly.SetValue, value, property...)}
}

// mayFail adds a fault that is known at deployment only.
func (d *Declared) mayFail(r *assembly.Resource, remedy, format string, arguments ...any) {
	d.fails(r, remedy, format, arguments...)
	d.Faults[len(d.Faults)-1].Unknown = true
}

// add adds what a resource has to do with it.
func (d *Declared) add(r *assembly.Resource, connections ...Connection) {
	for i := range connections {
		connections[i].Region = r.Stack.Region
	}
	d.Connections = append(d.Connections, connections...)
	if slices.Contains(d.Resources, r) {
		return
	}
	d.Resources = append(d.Resources, r)
	if r.Conditional != "" {
		d.mayFail(r, "", "%s exists only under the condition %s", accounts.DisplayName(r), r.Conditional)
	}
}

// Connections are those of all that is declared.
func (m *Model) Connections() []Connection {
	var all []Connection
	for i := range m.Declared {
		all = append(all, m.Declared[i].Connections...)
	}
	return all
}

// Destination is a resource that connections lead to.
type Destination struct {
	*accounts.Resource
	Connections []Connection
}

// Destinations are the resources of the templates that connections lead to, in the order of these.
func (m *Model) Destinations() []*Destination {
	var all []*Destination
	by := map[*accounts.Resource]*Destination{}
	for _, one := range m.Connections() {
		r, ok := m.Accounts.ResourceOf(one.Resource)
		if !ok {
			continue
		}
		if by[r] == nil {
			by[r] = &Destination{Resource: r}
			all = append(all, by[r])
		}
		by[r].Connections = append(by[r].Connections, one)
	}
	return all
}

// forResource is the context of a service that makes a request for a resource.
func forResource(r *assembly.Resource, source string) map[string][]string {
	return map[string][]string{"aws:SourceArn": {source}, "aws:SourceAccount": {r.Stack.Account}}
}

// byService is a request that a service makes for other resources, with what encrypts its destination.
func (m *Model) byService(service, action, destination string, context map[string][]string) []Connection {
	one := Connection{Deputy: true, Access: Access{Caller: service, Action: action, Resource: destination, Owner: arn.Account(destination), Context: context}}
	return append([]Connection{one}, m.encrypted(one)...)
}

// byRole are requests that a service makes as a role, with what encrypts their destination.
func (m *Model) byRole(role string, destination string, actions ...string) []Connection {
	var all []Connection
	for _, action := range actions {
		one := Connection{Access: Access{Caller: role, Action: action, Resource: destination, Owner: arn.Account(destination)}}
		all = append(append(all, one), m.encrypted(one)...)
	}
	return all
}

// encrypted are the requests to KMS that come with a request if its destination has a customer managed key.
func (m *Model) encrypted(one Connection) []Connection {
	r, ok := m.Accounts.ResourceOf(one.Resource)
	if ok && r.Type == "AWS::Events::EventBus" {
		return m.encryptedBus(r)
	}
	if !ok || r.Key == "" {
		return nil
	}
	var all []Connection
	for _, action := range []string{"kms:GenerateDataKey", "kms:Decrypt"} {
		a := one.Access
		a.Action, a.Resource, a.Owner = action, r.Key, arn.Account(r.Key)
		all = append(all, Connection{Access: a, Deputy: one.Deputy, Implied: true})
	}
	return all
}

// encryptedBus are the requests to KMS that EventBridge makes itself for a bus with a customer managed key.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-encryption-event-bus-cmkey.html
func (m *Model) encryptedBus(bus *accounts.Resource) []Connection {
	key, _ := m.Accounts.KeyNamed(bus.Resource, text(bus.Properties["KmsKeyIdentifier"]))
	if key == "" {
		return nil
	}
	var all []Connection
	for _, action := range []string{"kms:GenerateDataKey", "kms:Decrypt"} {
		all = append(all, Connection{Access: Access{Caller: eventBridge, Action: action, Resource: key, Owner: arn.Account(key),
			Context: Merge(forResource(bus.Resource, bus.ARN), map[string][]string{"kms:EncryptionContext:aws:events:event-bus:arn": {bus.ARN}})}})
	}
	return all
}

// deadLetters is the dead-letter queue or topic of a function or of a rule's target.
func deadLetters(properties map[string]any, key string) string {
	return text(object(properties["DeadLetterConfig"])[key])
}

func object(value any) map[string]any {
	o, _ := value.(map[string]any)
	return o
}

func text(value any) string {
	s, _ := value.(string)
	return s
}

func items(value any) []any {
	all, _ := value.([]any)
	return all
}
