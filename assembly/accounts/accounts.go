// Package accounts lists what the templates of an assembly define in each account: roles and users with all of their policies, and resources
// with their resource policies and KMS keys. It does not resolve templates (package assembly does) or decide requests (package policy does).
package accounts

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy"
)

// Accounts are the principals and resources of an assembly.
type Accounts struct {
	// Roles and Users are sorted by ARN.
	Roles, Users []*Principal
	// Notes are what could not be understood.
	Notes []assembly.Note

	assembly  *assembly.Assembly
	managed   map[string]*policy.Document                 // by ARN
	unknown   map[*policy.Document]string                 // the ARNs of what they are of: managed policies and groups that are not known
	ofAWS     []string                                    // the ARNs of those of managed that are of AWS and not given
	roles     map[string]*Principal                       // by ARN
	users     map[string]*Principal                       // by ARN
	resources map[string]*Resource                        // by ARN
	streams   map[string]*Resource                        // by the ARNs of their tables; of those that have other policies than these
	groups    map[*Principal][]*assembly.Resource         // of users
	attached  map[*assembly.Resource][]*assembly.Resource // to whom policies that are resources are attached
	parts     map[*assembly.Resource][]*assembly.Resource // what else of the templates is in the policies of a resource
	places    map[*policy.Document]Place
}

// Principal is an IAM role or user, with all policies that the templates attach to it.
type Principal struct {
	*assembly.Resource
	// Trust is the trust policy of a role. Nil for a user.
	Trust *policy.Document
	// Policies are the inline and managed policies, and those of a user's groups.
	Policies []*policy.Document
	// Boundary is the permissions boundary. Nil for none.
	Boundary *policy.Document
}

// Resource is a resource with its resource policy and its KMS key.
type Resource struct {
	*assembly.Resource
	// Policy is the resource policy. Nil for none.
	Policy *policy.Document
	// Key is the ARN of the customer managed KMS key that encrypts the resource. "" for none.
	Key string
	// ManagedKey is the alias of the AWS managed key that encrypts the resource, such as "alias/aws/s3". "" for none, and for a key that AWS
	// owns, which everybody can use who can use the resource.
	ManagedKey string
}

// Role returns the role of an ARN.
func (a *Accounts) Role(arn string) (*Principal, bool) {
	role, ok := a.roles[arn]
	return role, ok
}

// ResourceOf returns the resource of an ARN, or the resource that contains it: the bucket or the access point of an object, the table of an index, the function of
// a version or an alias, the log group of a stream, the domain of an index. The ARN of a secret may end with any six characters, or without them.
func (a *Accounts) ResourceOf(name string) (*Resource, bool) {
	if r := a.resources[name]; r != nil {
		return r, true
	}
	parts, ok := arn.Parse(name)
	if !ok {
		return nil, false
	}
	switch parts.Service {
	case "s3":
		n := 1
		if strings.HasPrefix(parts.Resource, "accesspoint/") {
			n = 2
		}
		parts.Resource = first(n, "/", parts.Resource)
	case "dynamodb":
		_, _, isStream := strings.Cut(parts.Resource, "/stream/")
		parts.Resource = first(2, "/", parts.Resource)
		if stream := a.streams[parts.String()]; isStream && stream != nil {
			return stream, true
		}
	case "es":
		parts.Resource = first(2, "/", parts.Resource)
	case "lambda", "logs":
		parts.Resource = first(2, ":", parts.Resource)
	case "secretsmanager":
		return a.secret(parts)
	default:
		return nil, false
	}
	r := a.resources[parts.String()]
	return r, r != nil
}

// secret returns the secret of an ARN with the name that the templates have, and after it "-" and six characters that AWS generates.
// https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_secrets_Secret.html
func (a *Accounts) secret(parts arn.ARN) (*Resource, bool) {
	name := strings.TrimPrefix(parts.Resource, "secret:")
	for _, r := range a.assembly.OfType("AWS::SecretsManager::Secret") {
		of, _ := arn.Parse(r.ARN)
		suffix, ok := strings.CutPrefix(name, r.Name)
		if of.Account == parts.Account && of.Region == parts.Region && ok && (suffix == "" || len(suffix) == 7 && suffix[0] == '-') {
			return a.resources[r.ARN], true
		}
	}
	return nil, false
}

// first returns the first n parts of a text.
func first(n int, separator, text string) string {
	parts := strings.SplitN(text, separator, n+1)
	return strings.Join(parts[:min(n, len(parts))], separator)
}

// Principal returns the role or user of an ARN.
func (a *Accounts) Principal(arn string) (*Principal, bool) {
	if role, ok := a.roles[arn]; ok {
		return role, true
	}
	user, ok := a.users[arn]
	return user, ok
}

// ARNs returns the ARNs of all resources that have one, sorted.
func (a *Accounts) ARNs() []string { return slices.Sorted(maps.Keys(a.resources)) }

// DisplayName returns the type and the name of a resource for messages, such as "role reader", and the file of facts that has it, if no template does.
func DisplayName(r *assembly.Resource) string {
	kind := r.Type[strings.LastIndexByte(r.Type, ':')+1:]
	return strings.ToLower(kind) + " " + r.Name + by(r)
}

// FactName returns how to call the fact that a resource is of.
func FactName(r *assembly.Resource) string { return r.Fact + by(r) }

// by names the file of facts that has a resource; "" for one of a template.
func by(r *assembly.Resource) string {
	if r.Stack == nil || r.Stack.Facts == "" {
		return ""
	}
	return " (by " + r.Stack.DisplayName + ")"
}

// note records what could not be understood.
func (a *Accounts) note(r *assembly.Resource, place, why string) {
	a.Notes = append(a.Notes, assembly.Note{Stack: r.Stack, LogicalID: r.LogicalID, Place: place, Why: why})
}

// text returns a value as text, "" for none.
func text(value any) string {
	if value == nil {
		return ""
	}
	return fmt.Sprint(value)
}

// dig follows keys into nested objects.
func dig(value any, keys ...string) any {
	for _, key := range keys {
		object, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		value = object[key]
	}
	return value
}

// arnOf returns an ARN in the partition, region and account of a resource.
func arnOf(r *assembly.Resource, service, resource string) string {
	return arn.ARN{Partition: r.Stack.Partition, Service: service, Region: r.Stack.Region, Account: r.Stack.Account, Resource: resource}.String()
}
