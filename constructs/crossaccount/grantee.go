package crossaccount

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/constructs/crossaccount/internal/refusal"
	"github.com/crossgrant/crossgrant/constructs/crossaccount/internal/resolve"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/place"
)

// RoleByName is a grantee that is not in this app: a role of an account, by its name (with its path in front, if it has one:
// "team/reader"). A [SourceGrant] in the app that has the role writes what its own account needs.
func RoleByName(account, name string) awsiam.IGrantable {
	return &elsewhere{grantee: "arn:" + *awscdk.Aws_PARTITION() + ":iam::" + account + ":role/" + name}
}

// PermissionSetRole is a grantee that is not in this app: the role that IAM Identity Center, in a region, creates in an account for a permission set.
// Policies name it by a pattern in which only the unique suffix is open, since each new assignment gives the role another one; nobody else can create a
// role with its path. That the role may assume the trusted one, or may do what is permitted directly, is for the permission set's own policy to say.
// https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html
func PermissionSetRole(account, region, permissionSet string) awsiam.IGrantable {
	e := &elsewhere{grantee: contract.PermissionSetRole(*awscdk.Aws_PARTITION(), account, region, permissionSet)}
	if !contract.IsAccountID(account) || !contract.IsRegion(region) || !contract.IsPermissionSet(permissionSet) {
		e.problem = fmt.Sprintf("found permission set %q of account %q and region %q, expected 12 digits, the region of Identity Center, and a name of 1 to 32 letters, digits and _+=,.@-",
			permissionSet, account, region)
	}
	return e
}

// Organization is a grantee that is not in this app: all roles and users of all accounts of an AWS organization, such as "o-a1b2c3d4e5", those that join it
// later included. Each still needs the permission of its own account. It is the only grantee of its grant, whose policies ask for aws:PrincipalOrgID and for
// nothing else of who comes; the proof tries that nobody outside of the organization gets in.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalorgid
func Organization(id string) awsiam.IGrantable {
	e := &elsewhere{grantee: id}
	if !contract.IsOrganizationID(id) {
		e.problem = fmt.Sprintf("found organization %q, expected its ID, such as o-a1b2c3d4e5", id)
	}
	return e
}

// elsewhere is a grantee that is not in this app.
type elsewhere struct {
	grantee string // as contracts have it, perhaps with a token for the partition
	problem string // "" for none
}

// GrantPrincipal returns the grantee as a principal that takes no policy.
func (e *elsewhere) GrantPrincipal() awsiam.IPrincipal {
	return awsiam.NewArnPrincipal(jsii.String(e.grantee))
}

// plainText returns the grantee as contracts have it.
func (e *elsewhere) plainText(r *resolve.Resolver) (string, error) {
	if e.problem != "" {
		return "", errors.New(e.problem)
	}
	text, err := r.Text(e.grantee)
	_, isGrantee := contract.GranteeAccount(text)
	switch {
	case err == nil && (isGrantee || contract.IsOrganizationID(text)):
		return text, nil
	case strings.Contains(text, "AWSReservedSSO_"):
		return "", fmt.Errorf("found %q, expected PermissionSetRole, which leaves open no more than the suffix", text)
	}
	return "", fmt.Errorf("found %q, expected RoleByName with an account of 12 digits and the name of one role, without wildcards", text)
}

func isElsewhere(grantee awsiam.IGrantable) bool {
	_, is := grantee.(*elsewhere)
	return is
}

// granteeProblems returns what is wrong with a list of grantees by itself.
func granteeProblems(grantees []awsiam.IGrantable) (problems []error) {
	if len(grantees) == 0 {
		problems = append(problems, errors.New("Grantees: found none, expected at least one: a construct with a role, such as a Lambda function, or RoleByName"))
	}
	for i, grantee := range grantees {
		if grantee == nil {
			problems = append(problems, fmt.Errorf("Grantees[%d]: found nil, expected a construct with a role, such as a Lambda function", i))
		}
	}
	return problems
}

// roleARNs returns the ARNs of the grantees' roles in plain text. Each has to be one role whose name is known at synthesis.
func roleARNs(r *resolve.Resolver, grantees []awsiam.IGrantable) ([]string, error) {
	var arns []string
	var problems []error
	for i, grantee := range grantees {
		arn, err := roleARN(r, grantee)
		if err == nil && slices.Contains(arns, arn) {
			err = fmt.Errorf("found %s twice, expected each role once", arn)
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("Grantees[%d]: %w", i, err))
		}
		arns = append(arns, arn)
	}
	return arns, errors.Join(problems...)
}

func roleARN(r *resolve.Resolver, grantee awsiam.IGrantable) (string, error) {
	if e, ok := grantee.(*elsewhere); ok {
		return e.plainText(r)
	}
	principal := grantee.GrantPrincipal()
	switch p := principal.(type) {
	case awsiam.IRole:
		return plainRoleARN(r, *place.Once(p, "arn", p.RoleArn))
	case awsiam.IUser:
		return "", errors.New("found a user, whose keys do not expire, expected one IAM role: the one that the user's code can run as")
	case awsiam.IGroup:
		return "", errors.New("found a group, which AWS accepts as a principal nowhere, expected one IAM role: the one that its members can assume")
	}
	var fragment awsiam.PrincipalPolicyFragment
	if refusal.Catch("imported without a role", func() { fragment = principal.PolicyFragment() }) {
		return "", errors.New("found an imported function without its role, expected it: import the function by FromFunctionAttributes with its Role")
	}
	principals := *fragment.PrincipalJson()
	arns := principals["AWS"]
	if len(principals) != 1 || arns == nil || len(*arns) != 1 {
		return "", notARole(r, principals)
	}
	if conditions := fragment.Conditions(); conditions != nil && len(*conditions) > 0 {
		if equals, _ := (*conditions)["StringEquals"].(map[string]any); equals["aws:PrincipalOrgID"] != nil {
			return "", errors.New("found an organization as a principal, expected the function Organization, for all of it, or one IAM role with Trust.OrganizationID")
		}
		return "", errors.New("found a principal with conditions, expected a role: set conditions in Trust")
	}
	return plainRoleARN(r, *(*arns)[0])
}

// notARole says what to use instead of a principal that is no role.
func notARole(r *resolve.Resolver, principals map[string]*[]*string) error {
	name := func(kind string) string {
		if len(principals) > 1 || principals[kind] == nil {
			return ""
		}
		text, err := r.Text(*(*principals[kind])[0])
		if err != nil {
			return "of this app"
		}
		return text
	}
	if service := name("Service"); service != "" {
		return fmt.Errorf("found the AWS service %s, expected one IAM role: the one that the service runs your code as, such as a function's", service)
	}
	if provider := name("Federated"); provider != "" {
		return fmt.Errorf("found users of identity provider %s, expected one IAM role: one of the source account that they can assume (AssumedBy)", provider)
	}
	return fmt.Errorf("found several principals, of %s, expected one IAM role: each is a grantee of its own", strings.Join(slices.Sorted(maps.Keys(principals)), " and "))
}

func plainRoleARN(r *resolve.Resolver, token string) (string, error) {
	arn, err := r.Text(token)
	if err != nil {
		return "", errors.New("found a role without a name of its own, expected RoleName to be set on it (a function takes such a role as its Role): the other account must know the name at synthesis")
	}
	if _, isRole := contract.RoleAccount(arn); isRole {
		return arn, nil
	}
	switch {
	case arn == "*":
		return "", errors.New("found everybody, expected one IAM role; Organization is for all of an organization")
	case strings.HasSuffix(arn, ":root"):
		return "", fmt.Errorf("found all of an account, %s, expected one IAM role of it, such as RoleByName; Organization is for all of an organization", arn)
	case strings.Contains(arn, ":user/"):
		return "", fmt.Errorf("found user %s, whose keys do not expire, expected one IAM role: the one that the user's code can run as", arn)
	case strings.Contains(arn, ":assumed-role/"):
		return "", fmt.Errorf("found session %s, expected the ARN of its IAM role", arn)
	}
	return "", fmt.Errorf("found principal %q, expected the ARN of one IAM role", arn)
}

// granteeKindProblems returns what is wrong with grantees that are not roles of one name.
func granteeKindProblems(g contract.Grant) (problems []error) {
	for i, grantee := range g.Grantees {
		_, isRole := contract.RoleAccount(grantee)
		switch {
		case isRole || grantee == "":
		case contract.IsOrganizationID(grantee) && len(g.Grantees) > 1:
			problems = append(problems, fmt.Errorf("Grantees[%d]: found organization %s among other grantees, expected it alone: it takes a grant of its own", i, grantee))
		case g.Trust.Mode == ExactRole:
			problems = append(problems, fmt.Errorf("Trust.Mode: found ExactRole with %s, expected NamedRole: a principal of a policy is one role by its ARN", grantee))
		case contract.IsOrganizationID(grantee) && g.Trust.OrganizationID != "":
			problems = append(problems, fmt.Errorf("Trust.OrganizationID: found %s with organization %s as the grantee, expected none", g.Trust.OrganizationID, grantee))
		}
	}
	return problems
}

// podIdentity is the service by which EKS gives pods the credentials of a role.
// https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html
const podIdentity = "pods.eks.amazonaws.com"

// hasSessionTags reports whether a grantee is a role of this app whose sessions have tags that it passes on: one of EKS Pod Identity.
func hasSessionTags(r *resolve.Resolver, grantee awsiam.IGrantable) bool {
	if isElsewhere(grantee) {
		return false
	}
	role, ok := grantee.GrantPrincipal().(awsiam.Role)
	if !ok {
		return false
	}
	document, _ := r.Value(role.AssumeRolePolicy().ToJSON()).(map[string]any)
	statements, _ := document["Statement"].([]any)
	return slices.ContainsFunc(statements, func(s any) bool {
		text := fmt.Sprint(s)
		return strings.Contains(text, podIdentity) && strings.Contains(text, "sts:TagSession")
	})
}
