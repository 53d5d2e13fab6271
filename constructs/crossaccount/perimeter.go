package crossaccount

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/constructs/crossaccount/internal/resolve"
	"github.com/crossgrant/crossgrant/constructs/crossaccount/internal/statement"
	"github.com/crossgrant/crossgrant/contract"
)

// PerimeterEnforcement is where a perimeter is enforced.
type PerimeterEnforcement = contract.PerimeterEnforcement

const (
	// OnRole adds conditions to what the grant itself permits: the statements of the trusted role or, with Direct access, those of the
	// resources' policies. It does not affect anyone else, so it cannot lock anyone out.
	OnRole = contract.OnRole
	// OnBucket denies every principal the data of the grant's buckets, in their policies, except from inside the perimeter. Exempt are the
	// Administrators, AWS services, the role that CloudFormation deploys the bucket's stack with, and the one that empties a bucket with
	// AutoDeleteObjects. The bucket's policy and settings are not denied to anyone.
	OnBucket = contract.OnBucket
)

// PerimeterEnforcements are all kinds, the default first.
func PerimeterEnforcements() []PerimeterEnforcement { return contract.PerimeterEnforcements() }

// Perimeter is where requests have to come from: through the VPC endpoints that one of the four lists names. Exactly one list is set; the
// zero value is no perimeter. Requests that AWS itself sends to KMS get no condition: they carry no keys of an endpoint.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/access_forward_access_sessions.html
type Perimeter struct {
	// VpceAccounts are the accounts that own the endpoints (aws:VpceAccount), such as the source account. For S3 and KMS only.
	VpceAccounts []string
	// VpceOrgIDs are the AWS organizations whose accounts own the endpoints (aws:VpceOrgID), such as "o-a1b2c3d4e5". For S3, KMS and
	// SQS only.
	VpceOrgIDs []string
	// Vpcs are the VPCs of the endpoints (aws:SourceVpc), in the target's region, such as "vpc-0a1b2c3d4e5f67890".
	Vpcs []string
	// VpcEndpoints are the endpoints themselves (aws:SourceVpce), in the target's region, such as "vpce-0a1b2c3d4e5f67890".
	VpcEndpoints []string
	// Enforcement is where the perimeter is enforced. Default OnRole.
	Enforcement PerimeterEnforcement
	// Administrators are the ARNs of roles and users of the target account that reach the data from anywhere. At least one is required
	// for OnBucket, and none can be set for OnRole.
	Administrators []string
}

// A perimeterKey is a condition key that says which endpoint a request came through.
type perimeterKey struct {
	key, field string
	values     func(Perimeter) []string
	valid      func(value string) bool
	expected   string
	// services are those that set the key; nil for all that have endpoints.
	services []string
	// regional says that the values are unique in a region only.
	regional bool
}

// perimeterKeys are the condition keys with the services that set them. A condition on a key that a service does not set permits nothing, so
// a service in doubt is left out: DynamoDB is on AWS's list for aws:VpceAccount, but not in AWS's own examples.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-vpceaccount
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-sourcevpce
// https://github.com/aws-samples/data-perimeter-policy-examples
func perimeterKeys() []perimeterKey {
	return []perimeterKey{
		{
			key: "aws:VpceAccount", field: "VpceAccounts", values: func(p Perimeter) []string { return p.VpceAccounts },
			valid: contract.IsAccountID, expected: "accounts of 12 digits", services: []string{"kms", "s3"},
		},
		{
			key: "aws:VpceOrgID", field: "VpceOrgIDs", values: func(p Perimeter) []string { return p.VpceOrgIDs },
			valid: contract.IsOrganizationID, expected: "organizations such as o-a1b2c3d4e5", services: []string{"kms", "s3", "sqs"},
		},
		{
			key: "aws:SourceVpc", field: "Vpcs", values: func(p Perimeter) []string { return p.Vpcs },
			valid: regexp.MustCompile(`^vpc-[0-9a-f]{8,17}$`).MatchString, expected: "VPCs such as vpc-0a1b2c3d4e5f67890", regional: true,
		},
		{
			key: "aws:SourceVpce", field: "VpcEndpoints", values: func(p Perimeter) []string { return p.VpcEndpoints },
			valid: regexp.MustCompile(`^vpce-[0-9a-f]{8,17}$`).MatchString, expected: "endpoints such as vpce-0a1b2c3d4e5f67890", regional: true,
		},
	}
}

// problems returns everything that is wrong with the perimeter for these permissions.
func (p Perimeter) problems(permissions []Permission) (problems []error) {
	wrong := func(format string, arguments ...any) {
		problems = append(problems, fmt.Errorf("Perimeter."+format, arguments...))
	}
	var set []string
	for _, k := range perimeterKeys() {
		values := k.values(p)
		if len(values) == 0 {
			continue
		}
		set = append(set, k.field)
		for _, value := range values {
			if resolve.HasToken(value) && k.regional {
				wrong("%s: found an ID that AWS generates at deployment, such as that of a VPC or an endpoint of this app, expected VpceAccounts with the account that owns it (for S3 and KMS), or "+
					"one that is there already, by its ID: the target account's policies cannot know the ID before", k.field)
			} else if !k.valid(value) {
				wrong("%s: found %q, expected %s", k.field, value, k.expected)
			}
		}
		for _, service := range servicesWithout(k, permissions) {
			wrong("%s: found a permission of %s, which does not set %s; expected permissions of %s, or Vpcs or VpcEndpoints instead",
				k.field, service, k.key, strings.Join(k.services, ", "))
		}
	}
	for i, one := range permissions {
		if ours, _ := one.(permission); ours.onlyDirect != "" && len(set) > 0 {
			wrong("%s: found it with %s (Permissions[%d]), expected that in a grant of its own without a Perimeter: AWS makes its requests, from no VPC", set[0], ours.statements[0].Sid, i)
		}
	}
	if len(set) > 1 {
		wrong("%s: found %d lists, expected one of them", strings.Join(set, " and "), len(set))
	}
	if p.Enforcement != "" && !slices.Contains(PerimeterEnforcements(), p.Enforcement) {
		wrong("Enforcement: found %q, expected one of %q", p.Enforcement, PerimeterEnforcements())
	}
	if len(set) == 0 && (p.Enforcement != "" || len(p.Administrators) > 0) {
		wrong("Enforcement: found a perimeter without endpoints, expected one of VpceAccounts, VpceOrgIDs, Vpcs, VpcEndpoints")
	}
	if p.Enforcement == OnBucket {
		return append(problems, p.onBucketProblems(permissions)...)
	}
	if len(p.Administrators) > 0 {
		wrong("Administrators: found some with OnRole, expected none: OnRole denies nothing")
	}
	return problems
}

func (p Perimeter) onBucketProblems(permissions []Permission) (problems []error) {
	if len(p.Administrators) == 0 {
		problems = append(problems, errors.New("Perimeter.Administrators: found none with OnBucket, expected the ARN of at least one role or user of the target account: without one, nobody could repair the data from outside the perimeter"))
	}
	for _, arn := range p.Administrators {
		if !contract.IsRoleOrUserARN(arn) {
			problems = append(problems, fmt.Errorf("Perimeter.Administrators: found %q, expected the ARN of one role or user", arn))
		}
	}
	for i, permission := range permissions {
		if permission != nil && bucketOf(permission) == nil {
			problems = append(problems, fmt.Errorf("Perimeter.Enforcement: found OnBucket with Permissions[%d], which is not on a bucket; expected OnRole, or a grant of its own for it", i))
		}
	}
	return problems
}

// servicesWithout returns the services of the permissions that do not set a key.
func servicesWithout(k perimeterKey, permissions []Permission) (services []string) {
	if k.services == nil {
		return nil
	}
	for _, p := range permissions {
		if p == nil || p.Validate() != nil {
			continue // reported as a problem of its own
		}
		for _, s := range p.Statements() {
			if !s.ViaAWSService && !slices.Contains(k.services, s.Service()) {
				services = append(services, s.Service())
			}
		}
	}
	return sortedUnique(services)
}

// contract returns the perimeter as a contract has it; nil if there is none.
func (p Perimeter) contract() *contract.Perimeter {
	for _, k := range perimeterKeys() {
		if values := k.values(p); len(values) > 0 {
			enforcement := p.Enforcement
			if enforcement == "" {
				enforcement = OnRole
			}
			return &contract.Perimeter{Enforcement: enforcement, Key: k.key, Values: values, Administrators: sortedUnique(p.Administrators)}
		}
	}
	return nil
}

// perimeterConditions returns the conditions with which a statement permits only requests from inside a perimeter. A perimeter on the target
// account's buckets closes no resource of another account, such as the origin of a copy.
func perimeterConditions(p *contract.Perimeter, s contract.Statement, region string) statement.Conditions {
	if p == nil || s.ViaAWSService || p.Enforcement == OnBucket && s.Account == "" {
		return nil
	}
	inside := map[string][]string{p.Key: p.Values}
	if regionalKey(p.Key) {
		inside["aws:RequestedRegion"] = []string{region}
	}
	return statement.Conditions{"StringEquals": inside}
}

// regionalKey reports whether a key's values are unique in a region only, so that the region needs a condition of its own.
func regionalKey(key string) bool {
	return slices.ContainsFunc(perimeterKeys(), func(k perimeterKey) bool { return k.key == key && k.regional })
}

// isRegional reports whether a perimeter is of endpoints in one region.
func isRegional(p Perimeter) bool {
	c := p.contract()
	return c != nil && regionalKey(c.Key)
}
