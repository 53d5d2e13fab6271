package crossaccount

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/constructs/crossaccount/internal/statement"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/place"
)

// AccessMode is whose permissions reach the data.
type AccessMode = contract.AccessMode

const (
	// AssumeRole is access as a trusted role of the target account, which the grantee assumes.
	AssumeRole = contract.AssumeRole
	// Direct is access as the grantee's own role, which the policies of the resources and their keys name. The grantee's code calls no STS; it
	// passes the ARN of a table or a secret, which it gets, in place of the name.
	Direct = contract.Direct
)

// AccessModes are all modes, the default first.
func AccessModes() []AccessMode { return contract.AccessModes() }

// TrustMode is how a policy of the target account names the grantee's role.
type TrustMode = contract.TrustMode

const (
	// NamedRole names the source account, with a condition on the name of the grantee's role. Either account can be deployed first, and
	// the trust stays when the grantee's role is created again.
	NamedRole = contract.NamedRole
	// ExactRole names the grantee's role itself, which AWS stores by its unique ID: the source account must be deployed first, and a role
	// that is created again under the same name is no longer trusted. In one app, the target stack depends on the source stack.
	ExactRole = contract.ExactRole
)

// TrustModes are all modes, the default first.
func TrustModes() []TrustMode { return contract.TrustModes() }

// MinSession and MaxSession bound the limit on a trusted role's sessions. A grantee that is itself a role (of a function, an instance)
// chains roles, and AWS limits a chained session to one hour; STS issues none below 15 minutes.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining
const (
	MinSession = contract.MinSession
	MaxSession = contract.MaxSession
)

// Trust is what a policy of the target account requires of a request besides the grantee as its principal. The zero value requires nothing
// more. With Direct access, which assumes no role, only Mode and OrganizationID can be set.
type Trust struct {
	// Mode is how the grantee's role is named. Default NamedRole.
	Mode TrustMode
	// ExternalID is the external ID that the grantee has to pass: 2 to 1,224 letters, digits and "_+=,.@:/-". It protects against the
	// confused deputy problem; it is not a secret. A function as grantee gets it in CROSSGRANT_EXTERNAL_ID. Default none.
	// https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
	ExternalID string
	// SourceIdentity is the source identity that the grantee has to set: 2 to 64 letters, digits and "_+=,.@-". The logs of both accounts
	// show it, also after role chaining, and no role can change it. A function as grantee gets it in CROSSGRANT_SOURCE_IDENTITY. Default
	// none.
	// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html
	SourceIdentity string
	// OrganizationID is the AWS organization that the grantee's account has to belong to, such as "o-a1b2c3d4e5". Default any or none.
	OrganizationID string
	// SessionTags says that sessions of the grantees have session tags that they pass on when they assume the role, as those of EKS Pod Identity have
	// unless its association disables them: the role then permits sts:TagSession as well. Default true if a grantee of this app is such a role, by
	// its trust policy; a TargetGrant for roles of another app has to say so.
	// https://docs.aws.amazon.com/eks/latest/userguide/pod-id-abac.html
	SessionTags bool
	// Session is the duration of the sessions that the grantees ask for, from MinSession to MaxSession, in whole seconds; a function as grantee
	// gets it in CROSSGRANT_SESSION_SECONDS. AWS cannot require it: sessions of a role may always last an hour, and AssumeRole has no
	// condition key for their duration. Default MaxSession.
	// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html
	Session time.Duration
	// Path is the path of the trusted role, beginning and ending with "/", at most 512 characters. Default "/".
	Path string
	// Boundary is the permissions boundary of the trusted role, a managed policy of the target account. Default none.
	Boundary awsiam.IManagedPolicy
}

// https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
var rolePath = regexp.MustCompile(`^/([\w+=,.@-]+/)*$`)

const maxRolePath = 512 // characters

// Validate returns everything that is wrong with the trust, or nil.
func (t Trust) Validate() error {
	var problems []error
	if t.Mode != "" && !slices.Contains(TrustModes(), t.Mode) {
		problems = append(problems, fmt.Errorf("Mode: found %q, expected one of %q", t.Mode, TrustModes()))
	}
	if t.ExternalID != "" && !contract.IsExternalID(t.ExternalID) {
		problems = append(problems, fmt.Errorf("ExternalID: found %q, expected %d to %d letters, digits and _+=,.@:/-", t.ExternalID, contract.MinExternalID, contract.MaxExternalID))
	}
	if t.SourceIdentity != "" && !contract.IsSourceIdentity(t.SourceIdentity) {
		problems = append(problems, fmt.Errorf("SourceIdentity: found %q, expected 2 to 64 letters, digits and _+=,.@-", t.SourceIdentity))
	}
	if t.OrganizationID != "" && !contract.IsOrganizationID(t.OrganizationID) {
		problems = append(problems, fmt.Errorf("OrganizationID: found %q, expected an organization's ID, such as o-a1b2c3d4e5", t.OrganizationID))
	}
	if t.Session != 0 && (t.Session < MinSession || t.Session > MaxSession || t.Session%time.Second != 0) {
		problems = append(problems, fmt.Errorf("Session: found %s, expected whole seconds from %s to %s: AWS limits role chaining to one hour", t.Session, MinSession, MaxSession))
	}
	if t.Path != "" && (!rolePath.MatchString(t.Path) || len(t.Path) > maxRolePath) {
		problems = append(problems, fmt.Errorf("Path: found %q, expected letters, digits and _+=,.@- between slashes, such as /team/, %d characters at most", t.Path, maxRolePath))
	}
	return errors.Join(problems...)
}

// roleOnlyProblems returns a problem for each field that is about a role to assume, where there is none.
func (t Trust) roleOnlyProblems() (problems []error) {
	for _, part := range []struct {
		field string
		set   bool
	}{{"ExternalID", t.ExternalID != ""}, {"SourceIdentity", t.SourceIdentity != ""}, {"SessionTags", t.SessionTags}, {"Session", t.Session != 0}, {"Path", t.Path != ""}, {"Boundary", t.Boundary != nil}} {
		if part.set {
			problems = append(problems, fmt.Errorf("Trust.%s: found one, expected none: Direct access assumes no role", part.field))
		}
	}
	return problems
}

// contract returns the trust as a contract has it, with the defaults.
func (t Trust) contract(access AccessMode) contract.Trust {
	c := contract.Trust{Mode: t.Mode, ExternalID: t.ExternalID, SourceIdentity: t.SourceIdentity, OrganizationID: t.OrganizationID, SessionTags: t.SessionTags}
	if c.Mode == "" {
		c.Mode = NamedRole
	}
	if access == AssumeRole {
		c.SessionSeconds = int(MaxSession.Seconds())
		if t.Session != 0 {
			c.SessionSeconds = int(t.Session.Seconds())
		}
	}
	return c
}

// granteePrincipals returns how policies of the target account name the grantees: principals and conditions.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalarn
func granteePrincipals(scope constructs.Construct, g contract.Grant) (principals []awsiam.IPrincipal, conditions statement.Conditions) {
	conditions = statement.Conditions{}
	if g.Trust.OrganizationID != "" {
		conditions["StringEquals"] = map[string][]string{"aws:PrincipalOrgID": {g.Trust.OrganizationID}}
	}
	if g.Trust.Mode == ExactRole {
		for _, arn := range g.Grantees {
			principals = append(principals, awsiam.NewArnPrincipal(jsii.String(arn)))
		}
		return principals, conditions
	}
	if organization := g.Organization(); organization != "" {
		conditions["StringEquals"] = map[string][]string{"aws:PrincipalOrgID": {organization}}
		return []awsiam.IPrincipal{awsiam.NewAnyPrincipal()}, conditions
	}
	conditions[arnOperator(g.Grantees)] = map[string][]string{"aws:PrincipalArn": g.Grantees}
	var accounts []string
	for _, arn := range g.Grantees {
		account, _ := contract.GranteeAccount(arn)
		accounts = append(accounts, account)
	}
	for _, account := range sortedUnique(accounts) {
		principals = append(principals, accountPrincipal(scope, account))
	}
	return principals, conditions
}

// arnOperator returns the operator that compares the ARN of whoever makes a request with ARNs or patterns. Both operators mean the same; the name tells the
// reader whether to expect a wildcard.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN
func arnOperator(arns []string) string {
	if slices.ContainsFunc(arns, func(arn string) bool { return strings.Contains(arn, "?") }) {
		return "ArnLike"
	}
	return "ArnEquals"
}

// accountPrincipal returns an account as the principal of policies in the stack of scope.
func accountPrincipal(scope constructs.Construct, account string) awsiam.IPrincipal {
	return place.Once(place.Stack(scope), "account "+account, func() awsiam.AccountPrincipal { return awsiam.NewAccountPrincipal(account) })
}

// trustPrincipals returns the principals that may assume the trusted role, each with the conditions of the trust, and the statements that
// the trust policy has besides sts:AssumeRole.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-sts
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html
func trustPrincipals(scope constructs.Construct, g contract.Grant) (principals []awsiam.IPrincipal, more []awsiam.PolicyStatement) {
	grantees, conditions := granteePrincipals(scope, g)
	if g.Trust.SessionTags { // passing them on is an action of its own
		more = append(more, awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Principals: &grantees, Actions: jsii.Strings("sts:TagSession"), Conditions: statement.ForCDK(conditions),
		}))
	}
	if g.Trust.SourceIdentity != "" { // setting it is an action of its own
		conditions = statement.Merge(conditions, statement.Conditions{"StringEquals": {"sts:SourceIdentity": {g.Trust.SourceIdentity}}})
		more = append(more, awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Principals: &grantees, Actions: jsii.Strings("sts:SetSourceIdentity"), Conditions: statement.ForCDK(conditions),
		}))
	}
	if g.Trust.ExternalID != "" {
		conditions = statement.Merge(conditions, statement.Conditions{"StringEquals": {"sts:ExternalId": {g.Trust.ExternalID}}})
	}
	for _, principal := range grantees {
		if len(conditions) > 0 {
			principal = awsiam.NewPrincipalWithConditions(principal, statement.ForCDK(conditions))
		}
		principals = append(principals, principal)
	}
	return principals, more
}
