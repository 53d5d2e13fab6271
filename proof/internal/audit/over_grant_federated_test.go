package audit

import (
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/proof/internal/check"
)

// Whom a provider lets in is limited by the subject of its tokens.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html and
// https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html
func TestIdentityProviders(t *testing.T) {
	const (
		oidc   = "arn:aws:iam::111111111111:oidc-provider/"
		pods   = "oidc.eks.eu-west-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF"
		github = "token.actions.githubusercontent.com"
		gitlab = "gitlab.com"
		other  = "login.example.com"
	)
	const nobodyToSay = "it does not say which subject of "
	for name, c := range map[string]struct {
		provider, action, condition string
		want                        string // what is said, "" for nothing
		verdict                     check.Verdict
	}{
		"a service account":            {oidc + pods, "", `StringEquals: {"` + pods + `:sub": "system:serviceaccount:prod:reader", "` + pods + `:aud": sts.amazonaws.com}`, "", check.Proved},
		"an audience alone":            {oidc + pods, "", `StringEquals: {"` + pods + `:aud": sts.amazonaws.com}`, nobodyToSay + pods + " may assume the role: any pod of the cluster gets in", check.Broken},
		"a namespace":                  {oidc + pods, "", `StringLike: {"` + pods + `:sub": "system:serviceaccount:prod:*"}`, "", check.Proved},
		"any namespace":                {oidc + pods, "", `StringLike: {"` + pods + `:sub": "system:serviceaccount:*:reader"}`, "any pod of the cluster gets in", check.Broken},
		"part of a namespace":          {oidc + pods, "", `StringLike: {"` + pods + `:sub": "system:serviceaccount:prod*"}`, "its subject system:serviceaccount:prod* does not limit who", check.Broken},
		"one of two subjects open":     {oidc + pods, "", `StringLike: {"` + pods + `:sub": ["system:serviceaccount:prod:reader", "*"]}`, "its subject * does not limit who", check.Broken},
		"two conditions, one open":     {oidc + pods, "", `StringLike: {"` + pods + `:sub": "*"}, StringEquals: {"` + pods + `:sub": "system:serviceaccount:prod:reader"}`, "", check.Proved},
		"a subject that may be absent": {oidc + pods, "", `StringEqualsIfExists: {"` + pods + `:sub": "system:serviceaccount:prod:reader"}`, nobodyToSay, check.Broken},
		"all subjects of none":         {oidc + pods, "", `"ForAllValues:StringEquals": {"` + pods + `:sub": "system:serviceaccount:prod:reader"}`, nobodyToSay, check.Broken},
		"all subjects but one":         {oidc + pods, "", `StringNotEquals: {"` + pods + `:sub": "system:serviceaccount:prod:reader"}`, nobodyToSay, check.Broken},

		"a branch":                               {oidc + github, "", `StringEquals: {"` + github + `:sub": "repo:octo-org/octo-repo:ref:refs/heads/main"}`, "", check.Proved},
		"a repository":                           {oidc + github, "", `StringLike: {"` + github + `:sub": "repo:octo-org/octo-repo:*"}`, "", check.Proved},
		"an organization":                        {oidc + github, "", `StringLike: {"` + github + `:sub": "repo:octo-org/*"}`, "", check.Proved},
		"organizations of a prefix":              {oidc + github, "", `StringLike: {"` + github + `:sub": "repo:octo-org*"}`, "any repository on GitHub gets in", check.Broken},
		"a repository of any owner":              {oidc + github, "", `StringLike: {"` + github + `:sub": "repo:*/octo-repo:*"}`, "any repository on GitHub gets in", check.Broken},
		"anybody's environment":                  {oidc + github, "", `StringEquals: {"` + github + `:sub": "environment:production"}`, "any repository on GitHub gets in", check.Broken},
		"an owner by its number":                 {oidc + github, "", `StringLike: {"` + github + `:sub": "repository_owner_id:65:*"}`, "", check.Proved},
		"no condition":                           {oidc + github, "", "", nobodyToSay + github, check.Broken},
		"a star that is no wildcard":             {oidc + github, "", `StringEquals: {"` + github + `:sub": "repo:octo-org/*"}`, "", check.Proved},
		"a project of GitLab":                    {oidc + gitlab, "", `StringLike: {"` + gitlab + `:sub": "project_path:group/project:*"}`, "", check.Proved},
		"any project of GitLab":                  {oidc + gitlab, "", `StringLike: {"` + gitlab + `:sub": "project_path:*"}`, "does not limit", check.Broken},
		"another issuer's subject":               {oidc + other, "", `StringEquals: {"` + other + `:sub": "reader"}`, "", check.Proved},
		"a pattern of another issuer's subjects": {oidc + other, "", `StringLike: {"` + other + `:sub": "team-a|*"}`, "whom the subject team-a|* of " + other + " lets in is not known", check.Undecided},

		"a repository that is not known":     {oidc + github, "", `StringLike: {"` + github + `:sub": !Ref Subject}`, "whom the subject", check.Undecided},
		"a repository of an owner not known": {oidc + github, "", `StringLike: {"` + github + `:sub": !Sub "repo:${Subject}/octo-repo:*"}`, "", check.Proved},

		"SAML for AWS":               {"arn:aws:iam::111111111111:saml-provider/corp", "sts:AssumeRoleWithSAML", `StringEquals: {"SAML:aud": "https://signin.aws.amazon.com/saml"}`, "", check.Proved},
		"SAML for anything":          {"arn:aws:iam::111111111111:saml-provider/corp", "sts:AssumeRoleWithSAML", "", "it does not say for whom an assertion of corp has to be made", check.Broken},
		"users of an identity pool":  {"cognito-identity.amazonaws.com", "", `StringEquals: {"cognito-identity.amazonaws.com:aud": "eu-west-1:1"}, "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": authenticated}`, "", check.Proved},
		"guests of an identity pool": {"cognito-identity.amazonaws.com", "", `StringEquals: {"cognito-identity.amazonaws.com:aud": "eu-west-1:1"}`, "it lets users of any identity pool in, or guests", check.Broken},
		"every user of Google":       {"accounts.google.com", "", `StringEquals: {"accounts.google.com:aud": "1"}`, "it lets every user of accounts.google.com in", check.Broken},
		"a user of Google":           {"accounts.google.com", "", `StringEquals: {"accounts.google.com:sub": "1"}`, "", check.Proved},
	} {
		action := c.action
		if action == "" {
			action = "sts:AssumeRoleWithWebIdentity"
		}
		a := right()
		a.source = role("Reader", `{Effect: Allow, Principal: {Federated: "`+c.provider+`"}, Action: "`+action+`", Condition: {`+c.condition+`}}`,
			`{Effect: Allow, Action: "sts:AssumeRole", Resource: "arn:aws:iam::222222222222:role/reports"}`)
		var said []string
		worst := check.Proved
		for _, one := range overGrant(a.load(t, "")) {
			if one.Verdict != check.Proved {
				said, worst = append(said, one.Details...), one.Verdict
				if len(one.Remedy) != 1 || strings.Contains(one.Remedy[0], "narrow statement") {
					t.Errorf("%s: found remedy %q, expected what to ask for", name, one.Remedy)
				}
			}
		}
		if found := strings.Join(said, "; "); worst != c.verdict || c.want == "" && found != "" || !strings.Contains(found, c.want) {
			t.Errorf("%s: found %s (%s), expected %s (%s)", name, worst, found, c.verdict, c.want)
		}
	}
}
