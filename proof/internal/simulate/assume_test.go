package simulate

import (
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc.html and id_session-tags.html
func TestAssume(t *testing.T) {
	const github, corp = "arn:aws:iam::222222222222:oidc-provider/token.actions.githubusercontent.com", "arn:aws:iam::222222222222:saml-provider/corp"
	federated := func(provider, action string) string {
		return `Principal: {Federated: "` + provider + `"}, Action: "` + action + `", Condition: {StringLike: {"token.actions.githubusercontent.com:sub": "repo:o/*"}}`
	}
	ofRepository := map[string][]string{"token.actions.githubusercontent.com:sub": {"repo:o/r"}}
	tagged := map[string][]string{"aws:RequestTag/team": {"a"}}
	role2 := arnOf("222222222222", "two")
	for name, c := range map[string]struct {
		trust string
		a     model.Access
		want  policy.Answer
	}{
		"a user of a provider": {federated(github, "sts:AssumeRoleWithWebIdentity"),
			model.Access{Caller: "anonymous", Assumes: &model.Assume{Role: role2, Provider: github, Context: ofRepository}}, policy.Yes},
		"a user of another repository": {federated(github, "sts:AssumeRoleWithWebIdentity"),
			model.Access{Caller: "anonymous", Assumes: &model.Assume{Role: role2, Provider: github, Context: map[string][]string{"token.actions.githubusercontent.com:sub": {"repo:p/r"}}}}, policy.No},
		"a user of another provider": {federated(github, "sts:AssumeRoleWithWebIdentity"),
			model.Access{Caller: "anonymous", Assumes: &model.Assume{Role: role2, Provider: corp, Context: ofRepository}}, policy.No},
		"SAML": {federated(corp, "sts:AssumeRoleWithSAML"),
			model.Access{Caller: "anonymous", Assumes: &model.Assume{Role: role2, Provider: corp, Context: ofRepository}}, policy.Yes},
		"SAML with another action": {federated(corp, "sts:AssumeRoleWithWebIdentity"),
			model.Access{Caller: "anonymous", Assumes: &model.Assume{Role: role2, Provider: corp, Context: ofRepository}}, policy.No},
		"session tags": {`Principal: {AWS: "333333333333"}, Action: ["sts:AssumeRole", "sts:TagSession"], Condition: {StringEquals: {"aws:RequestTag/team": a}}`,
			model.Access{Caller: arnOf("333333333333", "x"), Administrator: true, Assumes: &model.Assume{Role: role2, Context: tagged}}, policy.Yes},
		"session tags that the trust policy does not permit": {`Principal: {AWS: "333333333333"}, Action: "sts:AssumeRole"`,
			model.Access{Caller: arnOf("333333333333", "x"), Administrator: true, Assumes: &model.Assume{Role: role2, Context: tagged}}, policy.No},
		"an administrator, whatever its own policies are": {trusting("111111111111"),
			model.Access{Caller: arnOf("111111111111", "caller"), Administrator: true, Assumes: &model.Assume{Role: role2}}, policy.Yes},
		"the same, by its own policies": {trusting("111111111111"), model.Access{Caller: arnOf("111111111111", "caller"), Assumes: &model.Assume{Role: role2}}, policy.No},
	} {
		m := load(t, model.Options{}, map[string]string{"A": role("Caller", byLambda, ""), "B": role("Two", c.trust, "")})
		if got, says := passes(m, c.a); got != c.want {
			t.Errorf("%s: found %s, expected %s: %s", name, got, c.want, says)
		}
	}
	// Only the caller is an administrator, not the roles that it assumes.
	m := load(t, model.Options{}, map[string]string{"B": role("One", trusting("333333333333"), "") + role("Two", trusting("222222222222"), "")})
	a := model.Access{Caller: arnOf("333333333333", "x"), Administrator: true, Assumes: &model.Assume{Role: arnOf("222222222222", "one"), Then: &model.Assume{Role: role2}}}
	if got, says := passes(m, a); got != policy.No || !strings.Contains(says, "no identity policy") {
		t.Errorf("found %s, expected no: %s", got, says)
	}
}
