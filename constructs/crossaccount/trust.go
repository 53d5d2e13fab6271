package crossaccount

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/contract"
)

// TrustMode is how a policy of the target account names the grantee's role.
type TrustMode = contract.TrustMode

const (
	// NamedRole trusts the source account on condition of the grantee's role name. Either account can be deployed first, and the
	// trust survives a re-creation of the grantee's role.
	NamedRole = contract.NamedRole
	// ExactRole trusts the grantee's role itself, which AWS stores by its unique id: the source account must be deployed first, and a
	// role that is made again under the same name is no longer trusted. In one app, the target stack then depends on the source stack.
	ExactRole = contract.ExactRole
)

// TrustModes are all modes, the default first.
func TrustModes() []TrustMode { return contract.TrustModes() }

// The shortest and the longest session that a trusted role may be limited to. A grantee that is itself a role (a function's, an
// instance's) chains roles, and AWS caps a chained session at one hour; STS gives none below 15 minutes.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining
const (
	MinSession = contract.MinSession
	MaxSession = contract.MaxSession
)

// Trust is what the target account asks of whoever uses a grant, beyond being the grantee. The zero value asks nothing more. With Direct
// access only Mode and OrganizationID can be set: there is no role to assume.
type Trust struct {
	// Mode is how the grantee's role is named. Default NamedRole.
	Mode TrustMode
	// ExternalID is the id that the grantee has to present: 2 to 1,224 letters, digits and "_+=,.@:/-". It guards against a deputy who is
	// talked into using the role for somebody else; it is no secret. A function as grantee gets it in CROSSGRANT_EXTERNAL_ID. Default none.
	// https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
	ExternalID string
	// SourceIdentity is what the grantee has to name itself: 2 to 64 letters, digits and "_+=,.@-". Logs of both accounts show it through
	// all roles that are assumed on, and no role can change it. A function as grantee gets it in CROSSGRANT_SOURCE_IDENTITY. Default none.
	// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html
	SourceIdentity string
	// OrganizationID is the AWS organization that the grantee's account has to belong to, such as "o-a1b2c3d4e5". Default any or none.
	OrganizationID string
	// Session is the longest session that may be asked for, from MinSession to MaxSession, in whole seconds. Below the default, a grantee
	// has to name a duration when it assumes the role; a function as grantee gets it in CROSSGRANT_SESSION_SECONDS. Default MaxSession.
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
		problems = append(problems, fmt.Errorf("OrganizationID: found %q, expected an organization's id, such as o-a1b2c3d4e5", t.OrganizationID))
	}
	if t.Session != 0 && (t.Session < MinSession || t.Session > MaxSession || t.Session%time.Second != 0) {
		problems = append(problems, fmt.Errorf("Session: found %s, expected whole seconds from %s to %s: a role that assumes a role gets an hour at most", t.Session, MinSession, MaxSession))
	}
	if t.Path != "" && (!rolePath.MatchString(t.Path) || len(t.Path) > maxRolePath) {
		problems = append(problems, fmt.Errorf("Path: found %q, expected /…/, letters, digits and _+=,.@- between, %d characters at most", t.Path, maxRolePath))
	}
	return errors.Join(problems...)
}

// ofNoRole returns a problem for each thing that is asked of a role, or of its assumption, where there is none.
func (t Trust) ofNoRole(why string) (problems []error) {
	for _, asked := range []struct {
		field string
		set   bool
	}{{"ExternalID", t.ExternalID != ""}, {"SourceIdentity", t.SourceIdentity != ""}, {"Session", t.Session != 0}, {"Path", t.Path != ""}, {"Boundary", t.Boundary != nil}} {
		if asked.set {
			problems = append(problems, fmt.Errorf("Trust.%s: found one, expected none: %s", asked.field, why))
		}
	}
	return problems
}

// agreed returns what both accounts know of the trust, with the defaults.
func (t Trust) agreed(access AccessMode) contract.Trust {
	agreed := contract.Trust{Mode: t.Mode, ExternalID: t.ExternalID, SourceIdentity: t.SourceIdentity, OrganizationID: t.OrganizationID}
	if agreed.Mode == "" {
		agreed.Mode = NamedRole
	}
	if access == AssumeRole {
		agreed.SessionSeconds = int(MaxSession.Seconds())
		if t.Session != 0 {
			agreed.SessionSeconds = int(t.Session.Seconds())
		}
	}
	return agreed
}

// who returns how policies of the target account name the grantees: principals and a condition.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalarn
func who(g contract.Grant) (principals []awsiam.IPrincipal, when map[string]map[string][]string) {
	when = map[string]map[string][]string{}
	if g.Trust.OrganizationID != "" {
		when["StringEquals"] = map[string][]string{"aws:PrincipalOrgID": {g.Trust.OrganizationID}}
	}
	if g.Trust.Mode == ExactRole {
		for _, arn := range g.Grantees {
			principals = append(principals, awsiam.NewArnPrincipal(jsii.String(arn)))
		}
		return principals, when
	}
	when["ArnEquals"] = map[string][]string{"aws:PrincipalArn": g.Grantees}
	var accounts []string
	for _, arn := range g.Grantees {
		account, _ := contract.RoleAccount(arn)
		accounts = append(accounts, account)
	}
	for _, account := range sortedUnique(accounts) {
		principals = append(principals, awsiam.NewAccountPrincipal(account))
	}
	return principals, when
}

// trusted returns whom the trusted role trusts, with all that is asked of them, and the statements that its trust policy has beside
// the right of these to assume it.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-sts
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html
func trusted(g contract.Grant) (principals []awsiam.IPrincipal, more []awsiam.PolicyStatement) {
	named, when := who(g)
	if g.Trust.SourceIdentity != "" { // setting it is an action of its own
		when = with(when, map[string]map[string][]string{"StringEquals": {"sts:SourceIdentity": {g.Trust.SourceIdentity}}})
		more = []awsiam.PolicyStatement{awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Principals: &named, Actions: jsii.Strings("sts:SetSourceIdentity"), Conditions: conditions(when),
		})}
	}
	if g.Trust.ExternalID != "" {
		when = with(when, map[string]map[string][]string{"StringEquals": {"sts:ExternalId": {g.Trust.ExternalID}}})
	}
	if g.Trust.SessionSeconds < int(MaxSession.Seconds()) { // a role's own limit cannot be below an hour
		when = with(when, map[string]map[string][]string{"NumericLessThanEquals": {"sts:DurationSeconds": {strconv.Itoa(g.Trust.SessionSeconds)}}})
	}
	for _, principal := range named {
		if len(when) > 0 {
			principal = awsiam.NewPrincipalWithConditions(principal, conditions(when))
		}
		principals = append(principals, principal)
	}
	return principals, more
}

// with returns all conditions of both; neither has a key of the other under one operator.
func with(some, more map[string]map[string][]string) map[string]map[string][]string {
	all := map[string]map[string][]string{}
	for _, conditions := range []map[string]map[string][]string{some, more} {
		for operator, keys := range conditions {
			for key, values := range keys {
				if all[operator] == nil {
					all[operator] = map[string][]string{}
				}
				all[operator][key] = values
			}
		}
	}
	return all
}
