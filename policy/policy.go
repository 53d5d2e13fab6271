// Package policy is the IAM policy language and its evaluation: it says what policies mean for a request, without AWS. It has no AWS
// SDK and no CDK, knows no account's state but what it is given, and never turns something that it does not understand into an Allow.
package policy

// Effect is what a statement does with the requests that it matches.
type Effect string

const (
	// Allow permits them, unless something denies.
	Allow Effect = "Allow"
	// Deny denies them, whatever permits.
	Deny Effect = "Deny"
)

// Kind is what a policy is attached to, on which depends what may stand in it and how it counts.
type Kind string

const (
	// Identity is a policy of a user, a group or a role.
	Identity Kind = "identity"
	// Resource is a policy of a bucket, a table, a key or another resource but a role.
	Resource Kind = "resource"
	// Trust is the policy of a role that says who may assume it.
	Trust Kind = "trust"
	// Session is a policy that was passed when the session was made.
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

// Request is one call of AWS that is to be decided.
type Request struct {
	// Principal is who calls: the ARN of a user, a role session (arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION), a federated user or
	// an account's root; "anonymous"; or a service, such as "lambda.amazonaws.com". Required.
	Principal string
	// Action is what is called, such as "s3:GetObject", without regard to case. Required.
	Action string
	// Resource is the ARN of what it is called on; "*" or nothing for an action that has no resource.
	Resource string
	// ResourceAccount owns the resource, 12 digits. Default the account in the ARN of Resource, or else the caller's.
	ResourceAccount string
	// Context are the condition keys with their values, without regard to case. Keys that follow from the rest of the request are
	// filled in where they are absent. Default none.
	Context map[string][]string
	// Others are ARNs with unresolved text, such as those of roles whose names AWS makes up, that surely are not the principal's. Default
	// none.
	Others []string
}

// Policies are all that apply to a request. What is left out does not apply.
type Policies struct {
	// Identity are the policies of the principal: a user's own and those of its groups, or a role's.
	Identity []*Document
	// Session are the session policies. Default none: the session has all that the principal has.
	Session []*Document
	// Boundaries are the principal's permissions boundaries: all of them have to allow. Default none.
	Boundaries []*Document
	// ServiceControl are the SCPs of the principal's account, by level of the organization from the root down to the account: each level
	// has to allow by one of its own. Default none.
	ServiceControl [][]*Document
	// ResourceControl are the RCPs of the resource's account, in the same way. Default none.
	ResourceControl [][]*Document
	// Resource is the policy of the resource: for sts:AssumeRole and its like the trust policy, for KMS the key policy. Default none.
	Resource *Document
	// Endpoints are the policies of the VPC endpoints that the request passes: all of them have to allow. Default none.
	Endpoints []*Document
}

// Decision is the answer to a request.
type Decision string

const (
	// Allowed says that everything that applies allows the request, and nothing denies it.
	Allowed Decision = "Allowed"
	// ExplicitlyDenied says that a statement denies it.
	ExplicitlyDenied Decision = "ExplicitlyDenied"
	// ImplicitlyDenied says that something which has to allow it does not.
	ImplicitlyDenied Decision = "ImplicitlyDenied"
	// Unknown says that it depends on something that is not understood or not known.
	Unknown Decision = "Unknown"
)
