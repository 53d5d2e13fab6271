package probe

import (
	"slices"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/proof/internal/check"
	"github.com/crossgrant/crossgrant/proof/internal/simulate"
)

const inOrganization = `Condition: {ArnEquals: {"aws:PrincipalArn": "arn:aws:iam::111111111111:role/reader"}, StringEquals: {"aws:PrincipalOrgID": o-a1b2c3d4e5}}`

// An account of another organization, and one of none, are both others.
func TestOtherOrganizations(t *testing.T) {
	const another, none = "the grantee, with its account in another organization", "the grantee, with its account in no organization"
	for condition, want := range map[string][]string{
		inOrganization: nil,
		strings.Replace(inOrganization, "StringEquals: {", "StringEqualsIfExists: {", 1):        {none},
		strings.Replace(inOrganization, "o-a1b2c3d4e5", `["o-a1b2c3d4e5", "o-*"]`, 1):           nil, // a wildcard of StringEquals is none
		`Condition: {ArnEquals: {"aws:PrincipalArn": "arn:aws:iam::111111111111:role/reader"}}`: {another, none},
	} {
		with := func(half, id, role string) string {
			return strings.Replace(declarationOf(half, readLake, id, role), "trust: {mode: NamedRole", "trust: {mode: NamedRole, organizationId: o-a1b2c3d4e5", 1)
		}
		source := strings.Replace(with("Source", "Reader", "reader"), "AssumeRolePolicyDocument: {Statement: []}",
			`AssumeRolePolicyDocument: {Statement: []}, Policies: [{PolicyName: p, PolicyDocument: {Statement: [{Effect: Allow, Action: "sts:AssumeRole", Resource: "arn:aws:iam::222222222222:role/reports"}]}}]`, 1)
		target := strings.Replace(with("Target", "Reports", "reports"), "AssumeRolePolicyDocument: {Statement: []}",
			`AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {AWS: "111111111111"}, Action: "sts:AssumeRole", `+condition+`}]}`, 1)
		m := load(t, source, target, "")
		checks := otherOrganization(m)
		check.Run(m, checks)
		var names []string
		for _, c := range checks {
			if c.Verdict == check.Broken {
				names = append(names, c.Name)
			}
		}
		if !slices.Equal(names, want) {
			t.Errorf("%s: found %q, expected %q", condition, names, want)
		}
	}
}

// With Direct access each permission is tried by itself, also the use of the key, which S3 makes for the grantee; and a statement to add asks for the
// organization, too.
func TestOtherOrganizationsWithDirectAccess(t *testing.T) {
	const permissions = readLake + `, {sid: Key, actions: ["kms:Decrypt"], resources: ["arn:aws:kms:eu-west-1:222222222222:key/1"], viaAwsService: true,
      conditions: {StringEquals: {"kms:ViaService": ["s3.eu-west-1.amazonaws.com"]}}}`
	direct := func(half, id, role string) string {
		return strings.NewReplacer("access: AssumeRole", "access: Direct", "    roleArn: arn:aws:iam::222222222222:role/reports\n", "",
			"trust: {mode: NamedRole, sessionSeconds: 3600}", "trust: {mode: NamedRole, organizationId: o-a1b2c3d4e5}").Replace(declarationOf(half, permissions, id, role))
	}
	const reader = `{Statement: [{Effect: Allow, Action: ["s3:GetObject", "kms:Decrypt"], Resource: "*"}]}`
	source := strings.Replace(direct("Source", "Reader", "reader"), "AssumeRolePolicyDocument: {Statement: []}",
		`AssumeRolePolicyDocument: {Statement: []}, Policies: [{PolicyName: p, PolicyDocument: `+reader+`}]`, 1)
	const allow = `{Effect: Allow, Principal: {AWS: "111111111111"}, Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/*", `
	m := load(t, source, direct("Target", "Other", "other")+lake(allow+inOrganization+"}"), "")
	var names []string
	for _, c := range otherOrganization(m) {
		names = append(names, c.Name)
	}
	if len(names) != 4 || !strings.Contains(names[1], "kms:Decrypt on arn:aws:kms:eu-west-1:222222222222:key/1") {
		t.Errorf("found %q, expected both permissions from both kinds of organizations", names)
	}
	m = load(t, source, direct("Target", "Other", "other")+lake(strings.Replace(allow, "lake/*", "lake/other/*", 1)+inOrganization+"}"), "")
	a := intent(m)
	for _, c := range a {
		if c.Access.Action != "s3:GetObject" {
			continue
		}
		for _, addition := range simulate.Walk(m, c.Access)[0].AllowAdditions() {
			if got := addition.Statement.Condition["StringEquals"]["aws:PrincipalOrgID"]; !slices.Equal(got, []string{"o-a1b2c3d4e5"}) {
				t.Errorf("found statement\n%s\nexpected one for the organization alone", addition.Statement.Indented())
			}
		}
	}
}
