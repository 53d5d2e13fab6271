package contract

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// The patterns that contract.schema.json has too; a test compares the two.
var (
	conditionKey = regexp.MustCompile(`^[^: ]+:[^: ]`)
	variable     = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
)

// The patterns that contract.schema.json has too; a test compares the two.
var (
	sid      = regexp.MustCompile(`^[A-Za-z0-9]+$`)
	action   = regexp.MustCompile(`^[a-z0-9-]+:[A-Za-z0-9]+$`)
	operator = regexp.MustCompile(`^((ForAllValues|ForAnyValue):)?[A-Za-z]+$`)
	// Neither the service nor the beginning of the resource is a wildcard. The partition may be a token of CDK.
	resourceARN = regexp.MustCompile(`^arn:(aws[a-z-]*|\$\{Token\[[^:]*):[^:*?]+:[^:]*:[^:]*:[^*?]`)
)

// Validate returns everything that is wrong with the grant, or nil. It does not look at the digest.
func (g Grant) Validate() error {
	var problems []error
	wrong := func(format string, arguments ...any) { problems = append(problems, fmt.Errorf(format, arguments...)) }
	if !IsRoleNamePart(g.Name) {
		wrong("name: found %q, expected letters, digits and _+=,.@-", g.Name)
	}
	if !IsRoleNamePart(g.Stage) {
		wrong("stage: found %q, expected letters, digits and _+=,.@-", g.Stage)
	}
	if !IsAccountID(g.Target.Account) {
		wrong("target.account: found %q, expected 12 digits", g.Target.Account)
	}
	if !IsRegion(g.Target.Region) {
		wrong("target.region: found %q, expected a region such as ap-northeast-1", g.Target.Region)
	}
	account, isRole := RoleAccount(g.RoleARN)
	switch {
	case !slices.Contains(AccessModes(), g.Access):
		wrong("access: found %q, expected one of %q", g.Access, AccessModes())
	case g.Access == Direct && g.RoleARN != "":
		wrong("roleArn: found %q, expected none: Direct access assumes no role", g.RoleARN)
	case g.Access == AssumeRole && (!isRole || account != g.Target.Account):
		wrong("roleArn: found %q, expected the ARN of a role of account %s", g.RoleARN, g.Target.Account)
	}
	if len(g.Grantees) == 0 {
		wrong("grantees: found none, expected the ARN of at least one role")
	}
	for _, grantee := range g.Grantees {
		_, isRole := RoleAccount(grantee)
		_, isGrantee := GranteeAccount(grantee)
		switch {
		case g.Organization() == "" && !isGrantee:
			wrong("grantees: found %q, expected the ARN of one role, a pattern of a permission set's role, or one organization alone", grantee)
		case g.Trust.Mode == ExactRole && !isRole:
			wrong("trust.mode: found ExactRole for %q, expected NamedRole: a principal of a policy has no wildcard", grantee)
		}
	}
	problems = append(problems, g.Trust.problems(g.Access)...)
	problems = append(problems, g.permissionProblems()...)
	if g.Perimeter != nil {
		problems = append(problems, g.Perimeter.problems()...)
	}
	for _, name := range slices.Sorted(maps.Keys(g.Environment)) {
		if !variable.MatchString(name) {
			wrong("environment: found variable %q, expected letters, digits and _", name)
		}
	}
	return errors.Join(problems...)
}

func (t Trust) problems(access AccessMode) (problems []error) {
	wrong := func(format string, arguments ...any) { problems = append(problems, fmt.Errorf(format, arguments...)) }
	if !slices.Contains(TrustModes(), t.Mode) {
		wrong("trust.mode: found %q, expected one of %q", t.Mode, TrustModes())
	}
	lowest, highest := int(MinSession.Seconds()), int(MaxSession.Seconds())
	switch {
	case access == Direct && t.SessionSeconds != 0:
		wrong("trust.sessionSeconds: found %d, expected none: Direct access assumes no role", t.SessionSeconds)
	case access != Direct && (t.SessionSeconds < lowest || t.SessionSeconds > highest):
		wrong("trust.sessionSeconds: found %d, expected %d to %d", t.SessionSeconds, lowest, highest)
	}
	if t.ExternalID != "" && !IsExternalID(t.ExternalID) {
		wrong("trust.externalId: found %q, expected %d to %d letters, digits and _+=,.@:/-", t.ExternalID, MinExternalID, MaxExternalID)
	}
	if t.SourceIdentity != "" && !IsSourceIdentity(t.SourceIdentity) {
		wrong("trust.sourceIdentity: found %q, expected 2 to 64 letters, digits and _+=,.@-", t.SourceIdentity)
	}
	if access == Direct && (t.ExternalID != "" || t.SourceIdentity != "") {
		wrong("trust: found externalId %q and sourceIdentity %q, expected none: Direct access assumes no role", t.ExternalID, t.SourceIdentity)
	}
	if access == Direct && t.SessionTags {
		wrong("trust.sessionTags: found true, expected none: Direct access assumes no role")
	}
	if t.OrganizationID != "" && !IsOrganizationID(t.OrganizationID) {
		wrong("trust.organizationId: found %q, expected an organization's id, such as o-a1b2c3d4e5", t.OrganizationID)
	}
	return problems
}

func (g Grant) permissionProblems() (problems []error) {
	if len(g.Permissions) == 0 {
		problems = append(problems, errors.New("permissions: found none, expected at least one"))
	}
	seen := map[string]bool{}
	for i, s := range g.Permissions {
		where := fmt.Sprintf("permissions[%d]", i)
		problems = append(problems, inContext(where, s.Validate())...)
		if seen[s.Sid] {
			problems = append(problems, fmt.Errorf("%s: found sid %q twice, expected each once", where, s.Sid))
		}
		seen[s.Sid] = true
	}
	return problems
}

func (p Perimeter) problems() (problems []error) {
	if !slices.Contains(PerimeterEnforcements(), p.Enforcement) {
		problems = append(problems, fmt.Errorf("perimeter.enforcement: found %q, expected one of %q", p.Enforcement, PerimeterEnforcements()))
	}
	if !conditionKey.MatchString(p.Key) {
		problems = append(problems, fmt.Errorf("perimeter.key: found %q, expected a condition key, such as aws:VpceAccount", p.Key))
	}
	if len(p.Values) == 0 || slices.Contains(p.Values, "") {
		problems = append(problems, fmt.Errorf("perimeter.values: found %q, expected at least one, none empty", p.Values))
	}
	for _, administrator := range p.Administrators {
		if !IsRoleOrUserARN(administrator) {
			problems = append(problems, fmt.Errorf("perimeter.administrators: found %q, expected the ARN of one role or user", administrator))
		}
	}
	if onBucket := p.Enforcement == OnBucket; onBucket != (len(p.Administrators) > 0) {
		problems = append(problems, fmt.Errorf("perimeter.administrators: found %d with %s, expected at least one with OnBucket and none with OnRole", len(p.Administrators), p.Enforcement))
	}
	return problems
}

// Validate returns what is wrong with the statement, or nil.
func (s Statement) Validate() error {
	var problems []error
	if !sid.MatchString(s.Sid) {
		problems = append(problems, fmt.Errorf("sid: found %q, expected letters and digits", s.Sid))
	}
	if len(s.Actions) == 0 {
		problems = append(problems, errors.New("actions: found none, expected at least one, such as s3:GetObject"))
	}
	for _, name := range s.Actions {
		switch service, _, _ := strings.Cut(name, ":"); {
		case !action.MatchString(name):
			problems = append(problems, fmt.Errorf("actions: found %q, expected service:Action without a wildcard", name))
		case service != s.Service():
			problems = append(problems, fmt.Errorf("actions: found %q, expected actions of one service, here %s", name, s.Service()))
		}
	}
	if len(s.Resources) == 0 {
		problems = append(problems, errors.New("resources: found none, expected at least one ARN"))
	}
	for _, resource := range slices.Concat(s.Resources, s.CrossAccountResources) {
		if !isSpecificARN(resource) {
			problems = append(problems, fmt.Errorf("resources: found %q, expected an ARN of specific resources", resource))
		}
	}
	if s.Account != "" && !IsAccountID(s.Account) {
		problems = append(problems, fmt.Errorf("account: found %q, expected 12 digits, or none for the target account", s.Account))
	}
	return errors.Join(append(problems, s.conditionProblems()...)...)
}

func (s Statement) conditionProblems() (problems []error) {
	for _, name := range slices.Sorted(maps.Keys(s.Conditions)) {
		keys := s.Conditions[name]
		if !operator.MatchString(name) || len(keys) == 0 {
			problems = append(problems, fmt.Errorf("conditions: found operator %q with %d keys, expected one such as StringEquals, with at least one key", name, len(keys)))
		}
		for _, key := range slices.Sorted(maps.Keys(keys)) {
			if !conditionKey.MatchString(key) || len(keys[key]) == 0 {
				problems = append(problems, fmt.Errorf("conditions: found key %q with %d values, expected one such as aws:VpceAccount, with at least one value", key, len(keys[key])))
			}
		}
	}
	return problems
}

// isSpecificARN reports whether a resource is an ARN without a wildcard for the service or for all resources. A token of CDK stands for an ARN
// that is not yet known.
func isSpecificARN(resource string) bool {
	return strings.HasPrefix(resource, tokenPrefix) || resourceARN.MatchString(resource)
}

// tokenPrefix begins a token, which CDK writes for a string that is not yet known.
const tokenPrefix = "${Token["

// inContext returns the errors that err joins, each with its place.
func inContext(where string, err error) (problems []error) {
	if err == nil {
		return nil
	}
	all := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		all = joined.Unwrap()
	}
	for _, problem := range all {
		problems = append(problems, fmt.Errorf("%s: %w", where, problem))
	}
	return problems
}
