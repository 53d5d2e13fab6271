// Package policy is the IAM policy language and its evaluation: it says what policies mean for a request, without AWS. It has no AWS SDK and no
// CDK, knows nothing of an account except what it is given, and never turns something that it does not understand into an Allow.
package policy

import "github.com/crossgrant/crossgrant/policy/internal/unresolved"

// Effect is what a statement does with the requests that it matches.
type Effect string

const (
	// Allow permits them, unless a statement denies them.
	Allow Effect = "Allow"
	// Deny denies them, whatever permits them.
	Deny Effect = "Deny"
)

// Kind is the type of a policy. It determines which elements the policy may have and how it counts.
type Kind string

const (
	// Identity is a policy of a user, a group or a role.
	Identity Kind = "identity"
	// Resource is a policy of a bucket, a table, a key or any other resource except a role.
	Resource Kind = "resource"
	// Trust is a role's trust policy: it says who may assume the role.
	Trust Kind = "trust"
	// Session is a policy that was passed when the session was created.
	Session Kind = "session"
	// Boundary is a permissions boundary.
	Boundary Kind = "boundary"
	// ServiceControl is an organization's policy for the principals of its accounts (SCP).
	ServiceControl Kind = "serviceControl"
	// ResourceControl is an organization's policy for the resources of its accounts (RCP).
	ResourceControl Kind = "resourceControl"
	// Endpoint is the policy of a VPC endpoint.
	Endpoint Kind = "endpoint"
)

// Request is one call of an AWS API.
type Request struct {
	// Principal makes the request: the ARN of a user, a role session (arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION), a federated user or
	// an account's root; "anonymous"; or a service, such as "lambda.amazonaws.com". Required.
	Principal string
	// Action is the API action, such as "s3:GetObject". Case does not matter. Required.
	Action string
	// Resource is the ARN of the resource. "*" or empty for an action that has no resource.
	Resource string
	// ResourceAccount owns the resource, 12 digits. Default the account in the ARN of Resource, or else the caller's.
	ResourceAccount string
	// Context is the values of the condition keys. The case of keys does not matter. Keys that follow from the rest of the request are filled
	// in where they are absent. Default none.
	Context map[string][]string
	// UncertainKeys are condition keys, in lower case, of which it is not known whether the request has them, such as those that depend on the
	// client. What depends on one is Unknown, unless Context has it. Default none.
	UncertainKeys []string
	// OtherPrincipals are ARNs with unresolved text that are certainly not the principal's, such as those of roles whose names AWS generates.
	// Default none.
	OtherPrincipals []string
	// OtherResources are ARNs with unresolved text that are certainly not that of the resource, such as those of other KMS keys, whose IDs AWS
	// generates. Default none.
	OtherResources []string
	// GeneratedNames are unresolved texts of which each is the whole name that AWS generates for a resource: it has no wildcard, no ":" and no "/", and no two
	// resources of a type have the same. Default none.
	GeneratedNames map[string]bool
}

// Decision is the result of evaluating a request.
type Decision string

const (
	// Allowed means that every policy that applies allows the request, and none denies it.
	Allowed Decision = "Allowed"
	// ExplicitlyDenied means that a statement denies it.
	ExplicitlyDenied Decision = "ExplicitlyDenied"
	// ImplicitlyDenied means that a policy that must allow it does not.
	ImplicitlyDenied Decision = "ImplicitlyDenied"
	// Unknown means that the decision depends on something that is not understood or not known.
	Unknown Decision = "Unknown"
)

// UnresolvedAccount returns the ID of an account that is not known yet. A principal and the owner of a resource may be of one: it is the same account
// as itself for certain, and may be any other. of tells such accounts apart; "" if there is one only.
func UnresolvedAccount(of string) string { return unresolved.Account(of) }

// Stranger is the ID of an account that no account of [UnresolvedAccount] is: one of AWS's documentation, and no customer's.
const Stranger = unresolved.Stranger

// SameAccount returns whether two accounts are one: 12 digits each, or what [UnresolvedAccount] returns, which may be any other. "" is no account.
func SameAccount(one, other string) Answer { return answer(sameAccount(one, other)) }

// UnresolvedRegion returns a region that is not known yet, as UnresolvedAccount returns an account.
func UnresolvedRegion(of string) string { return unresolved.Region(of) }

// Unresolved returns a text whose value is not known yet, such as a name that AWS generates at deployment. In documents and requests it may be
// alone or within other text. It equals itself for certain; a decision that depends on comparing it with other text is Unknown.
// The name says what is unknown, such as "Stack.Bucket". ":", "/" and "," in it become ".".
func Unresolved(name string) string { return unresolved.Text(name) }

// IsKnown reports whether no part of the text is unresolved.
func IsKnown(text string) bool { return unresolved.IsKnown(text) }

// Readable returns a text with its unresolved parts in angle quotation marks: "arn:aws:s3:::‹Stack.Bucket›/in/*".
func Readable(text string) string { return unresolved.Readable(text) }
