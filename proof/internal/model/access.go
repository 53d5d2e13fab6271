package model

import (
	"maps"
	"strings"

	"github.com/crossgrant/crossgrant/assembly/network"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy"
)

// Access is a request that someone may make.
type Access struct {
	// Caller is the ARN of a role or user or of an account's root user, a service such as "cloudtrail.amazonaws.com", or "anonymous".
	// Required.
	Caller string
	// From is what runs as the caller, and so determines the route of its requests. Default from outside of every VPC.
	From *network.Workload
	// Assumes is the role that the caller assumes first. Default none.
	Assumes *Assume
	// SessionPolicies are the policies that were passed for the session that makes the request. Default none, so that the session has all permissions of
	// its role. https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session
	SessionPolicies []*policy.Document
	// SessionOf is the role or user whose session SessionPolicies are of. Default the one that makes the request.
	SessionOf string
	// Session is the name of the role session that makes the request, or that assumes the role. Default some name, which no policy knows.
	Session string
	// Made says that the request is really made, so that Context has each condition key that comes with it or with the caller's session, and the request lacks
	// all others. What belongs to the resource, such as its tags, stays unknown. Default it may be any such request.
	Made bool
	// Action is what is requested, such as "s3:GetObject". Default nothing but to assume the role.
	Action string
	// Resource is the ARN of what it is requested on. Required for an action.
	Resource string
	// Owner is the account of the resource, 12 digits. Default the one in the ARN.
	Owner string
	// Region is the region of the service that is called. Default the one in the ARN.
	Region string
	// Context are condition keys that the request has beside those that follow from its caller and route. Default none.
	Context map[string][]string
	// Through is the service that makes the request for the caller, such as "s3", so that it passes no endpoint. Default none.
	Through string
	// Administrator gives the caller every permission of its account, whatever the templates say of it. Default its permissions are those in the
	// templates, or unknown.
	Administrator bool
	// Organization is the ID of the organization of the caller's account; NoOrganization for an account that is in none. Default the one that the
	// options have.
	Organization string
	// RequiredOrganization is the organization that the grant asks its grantees' account for, for remedies. Default none.
	RequiredOrganization string
	// Pattern is the resource as a permission writes it, with wildcards, for remedies. Default the resource.
	Pattern string
	// Conditions are those of the permission, by operator and key, for remedies. Default none.
	Conditions map[string]map[string][]string
	// AnyKey says that the data may be under another KMS key than the resource's own, as S3 lets each object have its own, so that the key stops
	// nobody. Default the resource's own key.
	AnyKey bool
	// ManagedKey is the alias of the AWS managed key that the request asks for, such as "alias/aws/s3", in place of the resource's own key. Default the
	// resource's own key.
	ManagedKey string
	// Nonexistent says that the resource is an example that nobody has, so that no policy protects it. Default the policy of a resource
	// that no template has is unknown.
	Nonexistent bool
}

// Assume says how a role is assumed.
type Assume struct {
	// Role is its ARN. Required. For Explain it may be a name, as that of a caller.
	Role string
	// Presents says to Explain that the caller presents the external ID and the source identity that the role's grant, or else its trust policy, asks for.
	// Default ExternalID and SourceIdentity.
	Presents bool
	// ExternalID and SourceIdentity are what the caller presents. Default none.
	ExternalID, SourceIdentity string
	// SessionTags says that the caller's session has tags that it passes on, so that the request needs sts:TagSession as well. Default whether the caller
	// is a role of EKS Pod Identity, as far as the templates say.
	SessionTags bool
	// Provider is the identity provider, as trust policies name it, whose user assumes the role: the caller is "anonymous" then. Default
	// none.
	Provider string
	// Context are other condition keys of the request, such as session tags or the claims of a token. Default none.
	Context map[string][]string
	// Then is the role that is assumed next, with the first one. Default none.
	Then *Assume
}

// Roles are the ARNs of the roles, in the order in which they are assumed. None for nil.
func (a *Assume) Roles() []string {
	var all []string
	for ; a != nil; a = a.Then {
		all = append(all, a.Role)
	}
	return all
}

// WithThen is a copy that goes on with one more role.
func (a *Assume) WithThen(next *Assume) *Assume {
	if a == nil {
		return next
	}
	one := *a
	one.Then = a.Then.WithThen(next)
	return &one
}

// Actor is the ARN of whoever makes the request in the end: the last role that is assumed, or else the caller.
func (a Access) Actor() string {
	if roles := a.Assumes.Roles(); len(roles) > 0 {
		return roles[len(roles)-1]
	}
	return a.Caller
}

// WithContext is an access with more condition keys.
func (a Access) WithContext(more map[string][]string) Access {
	a.Context = Merge(a.Context, more)
	return a
}

// Merge is a context with more keys.
func Merge(context, more map[string][]string) map[string][]string {
	all := maps.Clone(context)
	if all == nil {
		all = map[string][]string{}
	}
	maps.Copy(all, more)
	return all
}

// IsService says that a caller is an AWS service, such as "lambda.amazonaws.com".
func IsService(caller string) bool {
	return strings.Contains(caller, ".") && !strings.ContainsAny(caller, ":/ ")
}

// AcceptsHTTP says that the service of an action accepts plain HTTP unless the policy of the resource denies it. DynamoDB does, too, but AWS's guides
// ask for no such policy there. https://docs.aws.amazon.com/general/latest/gr/aws-service-information.html
func AcceptsHTTP(action string) bool {
	service, _, _ := strings.Cut(action, ":")
	return service == "s3" || service == "sns" || service == "sqs"
}

// IsRole says that a caller is a role.
func IsRole(caller string) bool {
	a, _ := arn.Parse(caller)
	return a.Service == "iam" && strings.HasPrefix(a.Resource, "role/")
}

// IsRoot says that a caller is the root user of an account.
func IsRoot(caller string) bool {
	a, _ := arn.Parse(caller)
	return a.Service == "iam" && a.Resource == "root"
}

// Names of principals, organizations and objects that no template has.
const (
	OtherAccount       = policy.Stranger
	OtherOrganization  = "o-crossgrantprobe"
	NoOrganization     = "none"
	OtherRole          = "crossgrant-probe-neighbour"
	MemberAccount      = "888888888888" // of an organization that is the grantee
	MemberRole         = "crossgrant-probe-member"
	AdministratorRole  = "crossgrant-probe-administrator"
	AnyName            = "crossgrant-probe" // where a permission has a wildcard
	anyCharacter       = "x"
	sessionName        = "crossgrant"
	deploymentRoleName = "cdk-hnb659fds-cfn-exec-role-" // https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-customizing.html
)

// RoleIn is the ARN of the role of a name in an account.
func RoleIn(partition, account, name string) string {
	return arn.ARN{Partition: partition, Service: "iam", Account: account, Resource: "role/" + name}.String()
}

// DeploymentRole is the ARN of the role by which CDK has CloudFormation deploy in an account and region.
func DeploymentRole(partition, account, region string) string {
	return RoleIn(partition, account, deploymentRoleName+account+"-"+region)
}

// Session is a session of a role, as policies see the caller.
func Session(roleARN string) string { return SessionCalled(roleARN, sessionName) }

// SessionCalled is the session of a name of a role.
func SessionCalled(roleARN, name string) string {
	a, _ := arn.Parse(roleARN)
	role := roleARN[strings.LastIndexByte(roleARN, '/')+1:]
	return arn.ARN{Partition: a.Partition, Service: "sts", Account: a.Account, Resource: "assumed-role/" + role + "/" + name}.String()
}
