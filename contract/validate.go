package contract

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
)

// The forms that contract.schema.json has, too; a test holds the two together.
var (
	conditionKey = regexp.MustCompile(`^[^: ]+:[^: ]`)
	variable     = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
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
		if _, ok := RoleAccount(grantee); !ok {
			wrong("grantees: found %q, expected the ARN of one role", grantee)
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
		problems = append(problems, each(where, s.Validate())...)
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
	return problems
}

// each returns the problems that err joins, every one with where it is.
func each(where string, err error) (problems []error) {
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
