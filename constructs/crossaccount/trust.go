package crossaccount

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"
)

// TrustMode is how a trusted role names the grantee's role.
type TrustMode string

const (
	// NamedRole trusts the source account on condition of the grantee's role name. Either account can be deployed first, and the
	// trust survives a re-creation of the grantee's role.
	NamedRole TrustMode = "NamedRole"
	// ExactRole trusts the grantee's role itself, which IAM stores by its unique id: the source account must be deployed first, and a
	// role that is made again under the same name is no longer trusted. In one app, the target stack then depends on the source stack.
	ExactRole TrustMode = "ExactRole"
)

// TrustModes are all modes, the default first.
func TrustModes() []TrustMode { return []TrustMode{NamedRole, ExactRole} }

// The longest and the shortest session that a trusted role may be limited to. A grantee that is itself a role (a function's, an
// instance's) chains roles, and AWS caps a chained session at one hour; STS gives none below 15 minutes.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining
const (
	MinSession = 15 * time.Minute
	MaxSession = time.Hour
)

// Trust is what a trusted role asks of whoever assumes it, beyond being the grantee. The zero value asks nothing more.
type Trust struct {
	// Mode is how the role names the grantee's role. Default NamedRole.
	Mode TrustMode
	// ExternalID is the id that the grantee has to present: 2 to 1,224 letters, digits and "_+=,.@:/-". It guards against a deputy who is
	// talked into using the role for somebody else; it is no secret. A function as grantee gets it in CROSSGRANT_EXTERNAL_ID. Default none.
	// https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
	ExternalID string
	// OrganizationID is the AWS organization that the grantee's account has to belong to, such as "o-a1b2c3d4e5". Default none.
	OrganizationID string
	// Session is the longest session that may be asked for, from MinSession to MaxSession, in whole seconds. Below the default, a grantee
	// has to name a duration when it assumes the role. Default MaxSession.
	Session time.Duration
	// Path is the path of the trusted role, beginning and ending with "/", at most 512 characters. Default "/".
	Path string
	// Boundary is the permissions boundary of the trusted role, a managed policy of the target account. Default none.
	Boundary awsiam.IManagedPolicy
}

var (
	// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
	externalID = regexp.MustCompile(`^[\w+=,.@:/-]+$`)
	// https://docs.aws.amazon.com/organizations/latest/APIReference/API_Organization.html
	organizationID = regexp.MustCompile(`^o-[a-z0-9]{10,32}$`)
	// https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
	rolePath = regexp.MustCompile(`^/([\w+=,.@-]+/)*$`)
)

// Lengths in characters, from the same pages.
const (
	minExternalID, maxExternalID = 2, 1224
	maxRolePath                  = 512
)

// Validate returns everything that is wrong with the trust, or nil.
func (t Trust) Validate() error {
	var problems []error
	if t.Mode != "" && !slices.Contains(TrustModes(), t.Mode) {
		problems = append(problems, fmt.Errorf("Mode: found %q, expected one of %q", t.Mode, TrustModes()))
	}
	if n := len(t.ExternalID); n != 0 && (!externalID.MatchString(t.ExternalID) || n < minExternalID || n > maxExternalID) {
		problems = append(problems, fmt.Errorf("ExternalID: found %q, expected %d to %d letters, digits and _+=,.@:/-", t.ExternalID, minExternalID, maxExternalID))
	}
	if t.OrganizationID != "" && !organizationID.MatchString(t.OrganizationID) {
		problems = append(problems, fmt.Errorf("OrganizationID: found %q, expected an organization's id, such as o-a1b2c3d4e5", t.OrganizationID))
	}
	if t.Session != 0 && (t.Session < MinSession || t.Session > MaxSession || t.Session%time.Second != 0) {
		problems = append(problems, fmt.Errorf("Session: found %s, expected whole seconds from %s to %s: a role that assumes a role gets an hour at most", t.Session, MinSession, MaxSession))
	}
	if t.Path != "" && (!rolePath.MatchString(t.Path) || len(t.Path) > maxRolePath) {
		problems = append(problems, fmt.Errorf("Path: found %q, expected /…/, letters, digits and -_.+=,@ between, %d characters at most", t.Path, maxRolePath))
	}
	return errors.Join(problems...)
}

func (t Trust) withDefaults() Trust {
	if t.Mode == "" {
		t.Mode = NamedRole
	}
	if t.Session == 0 {
		t.Session = MaxSession
	}
	if t.Path == "" {
		t.Path = "/"
	}
	return t
}

// principal returns whom the role trusts, with the conditions.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalarn
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-sts
func (t Trust) principal(sourceAccount, granteeARN string) awsiam.IPrincipal {
	var principal awsiam.PrincipalBase = awsiam.NewAccountPrincipal(sourceAccount)
	conditions, equals := map[string]any{}, map[string]any{}
	if t.Mode == ExactRole {
		principal = awsiam.NewArnPrincipal(jsii.String(granteeARN))
	} else {
		conditions["ArnEquals"] = map[string]any{"aws:PrincipalArn": granteeARN}
	}
	if t.ExternalID != "" {
		equals["sts:ExternalId"] = t.ExternalID
	}
	if t.OrganizationID != "" {
		equals["aws:PrincipalOrgID"] = t.OrganizationID
	}
	if len(equals) > 0 {
		conditions["StringEquals"] = equals
	}
	if t.Session < MaxSession { // a role's own limit cannot be below an hour
		conditions["NumericLessThanEquals"] = map[string]any{"sts:DurationSeconds": t.Session.Seconds()}
	}
	if len(conditions) == 0 {
		return principal
	}
	return awsiam.NewPrincipalWithConditions(principal, &conditions)
}
