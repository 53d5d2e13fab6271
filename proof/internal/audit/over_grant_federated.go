package audit

import (
	"maps"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/check"
)

// provider checks a statement of a grantee's trust policy that lets users of an identity provider in: it has to say which of them. Without a condition on
// their subject, everybody gets in to whom the provider issues tokens: any pod of a cluster, any repository on GitHub.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html
// https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html
// https://docs.github.com/en/actions/how-tos/secure-your-work/security-harden-deployments/oidc-in-aws
func (a *checks) provider(c *check.Check, e policy.Elements, provider string) {
	issuer := issuerOf(provider)
	var wrong, unsure, remedy string
	switch {
	case strings.Contains(provider, ":saml-provider/"):
		// An assertion works for the roles only that it names itself: who gets which is decided where it is made. The audience says that it was made for AWS.
		// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml_assertions.html
		remedy = `ask for StringEquals "SAML:aud": "https://signin.aws.amazon.com/saml" in this statement`
		if !binds(e, []string{"saml:aud", "saml:sub"}, isExact) {
			wrong = "it does not say for whom an assertion of " + issuer + " has to be made (SAML:aud)"
		}
	case issuer == "cognito-identity.amazonaws.com":
		// https://docs.aws.amazon.com/cognito/latest/developerguide/role-trust-and-permissions.html
		remedy = `ask for StringEquals "cognito-identity.amazonaws.com:aud": the ID of your identity pool, and ForAnyValue:StringLike "cognito-identity.amazonaws.com:amr": "authenticated", in this statement`
		if !binds(e, []string{issuer + ":sub"}, isExact) && !(binds(e, []string{issuer + ":aud"}, isExact) && binds(e, []string{issuer + ":amr"}, isAuthenticated)) {
			wrong = "it lets users of any identity pool in, or guests"
		}
	case slices.Contains([]string{"www.amazon.com", "graph.facebook.com", "accounts.google.com"}, issuer):
		// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
		remedy = "ask for the user, or narrow who gets in, in this statement"
		if !binds(e, []string{"www.amazon.com:user_id", "graph.facebook.com:id", "accounts.google.com:sub"}, isExact) {
			wrong = "it lets every user of " + issuer + " in"
		}
	default:
		remedy = `ask for StringEquals "` + issuer + `:sub": ` + exampleSubject(issuer) + `, in this statement`
		wrong, unsure = unlimited(e, issuer)
	}
	switch {
	case wrong != "":
		tooMuch(c, wrong)
		c.Remedy = []string{policy.Readable(remedy)}
	case unsure != "" && c.Verdict == check.Proved:
		c.Verdict = check.Undecided
		c.Details = append(c.Details, policy.Readable(unsure))
		c.Remedy = []string{policy.Readable(remedy)}
	}
}

// issuerOf is the issuer of a provider, as condition keys name it: what follows "oidc-provider/" in its ARN.
func issuerOf(provider string) string {
	for _, kind := range []string{":oidc-provider/", ":saml-provider/"} {
		if _, issuer, ok := strings.Cut(provider, kind); ok {
			return issuer
		}
	}
	return provider
}

// Issuers whose subjects have a form that is known.
const (
	eks    = "oidc.eks."
	github = "token.actions.githubusercontent.com"
)

// everybody says who gets in where the subject is not limited.
func everybody(issuer string) string {
	switch {
	case strings.HasPrefix(issuer, eks):
		return "any pod of the cluster gets in"
	case strings.HasPrefix(issuer, github):
		return "any repository on GitHub gets in"
	}
	return "everybody gets in to whom it issues tokens"
}

// exampleSubject is the form of a subject.
func exampleSubject(issuer string) string {
	switch {
	case strings.HasPrefix(issuer, eks):
		return `"system:serviceaccount:NAMESPACE:NAME"`
	case strings.HasPrefix(issuer, github):
		return `"repo:OWNER/REPOSITORY:ref:refs/heads/BRANCH"`
	}
	return "the subject that may assume the role"
}

// unlimited says what is wrong with the conditions on the subject of a token, or what is not known of them. Both are "" if one of them limits who gets in.
func unlimited(e policy.Elements, issuer string) (wrong, unsure string) {
	wrong = "it does not say which subject of " + issuer + " may assume the role: " + everybody(issuer)
	for _, operator := range slices.Sorted(maps.Keys(e.Conditions)) {
		for key, values := range e.Conditions[operator] {
			if !requires(operator) || !strings.HasSuffix(strings.ToLower(key), ":sub") {
				continue
			}
			open, doubtful := "", ""
			for _, value := range values {
				pattern := value
				if isLiteral(operator) {
					pattern = literal(value)
				}
				switch whole, known := narrows(issuer, pattern); {
				case !known:
					doubtful = "whom the subject " + value + " of " + issuer + " lets in is not known: write the whole subject, without a wildcard"
				case !whole:
					open = "its subject " + value + " does not limit who of " + issuer + " may assume the role: " + everybody(issuer)
				}
			}
			switch {
			case open == "" && doubtful == "":
				return "", ""
			case open == "":
				unsure = doubtful
			default:
				wrong = open
			}
		}
	}
	if unsure != "" {
		wrong = ""
	}
	return wrong, unsure
}

// requires says that an operator requires a key to be there with one of some values.
func requires(operator string) bool {
	switch strings.TrimPrefix(strings.ToLower(operator), "foranyvalue:") {
	case "stringequals", "stringequalsignorecase", "stringlike":
		return true
	}
	return false
}

// isLiteral says that an operator knows no wildcards.
func isLiteral(operator string) bool { return !strings.HasSuffix(strings.ToLower(operator), "like") }

// literal is a value without what would be a wildcard in a pattern.
func literal(value string) string { return strings.NewReplacer("*", "_", "?", "_").Replace(value) }

// binds says that a condition requires one of some keys, in lower case, to have values that are all right.
func binds(e policy.Elements, keys []string, right func(string) bool) bool {
	for operator, conditions := range e.Conditions {
		for key, values := range conditions {
			if !requires(operator) || !slices.Contains(keys, strings.ToLower(key)) || len(values) == 0 {
				continue
			}
			if !slices.ContainsFunc(values, func(value string) bool {
				if isLiteral(operator) {
					value = literal(value)
				}
				return !right(value)
			}) {
				return true
			}
		}
	}
	return false
}

func isExact(value string) bool { return value != "" && !strings.ContainsAny(value, "*?") }

func isAuthenticated(value string) bool { return value == "authenticated" }

// narrows says whether a pattern of subjects lets in only some of those to whom an issuer issues tokens. known is false if that depends on how the issuer
// writes subjects, which this package does not know.
func narrows(issuer, pattern string) (whole, known bool) {
	front, _, _ := strings.Cut(strings.ReplaceAll(pattern, "?", "*"), "*")
	isWhole := front == pattern
	account, isPod := strings.CutPrefix(front, "system:serviceaccount:")
	switch {
	case front == "":
		return false, true
	case isWhole && !strings.HasPrefix(issuer, github):
		return true, true
	case isPod:
		// Whoever may create pods in a namespace may give them any of its service accounts, so the namespace is what has to be fixed.
		// https://kubernetes.io/docs/concepts/security/rbac-good-practices/#workload-creation
		return strings.Contains(account, ":"), true
	case strings.HasPrefix(issuer, eks):
		return false, true // part of "system:serviceaccount:"
	case hasOwners(issuer):
		whole = hasOwner(front, isWhole)
		return whole, whole || policy.IsKnown(front)
	}
	return false, false
}

// hasOwners says that the subjects of an issuer name an owner: GitHub, also an enterprise's own, GitLab and HCP Terraform.
func hasOwners(issuer string) bool {
	return strings.HasPrefix(issuer, github) || strings.HasSuffix(issuer, "/_services/token") || slices.Contains([]string{"gitlab.com", "app.terraform.io"}, issuer)
}

// owners are the claims in a subject that only the tokens of one owner have. On GitHub an owner may let its own subjects consist of other claims, such
// as "environment:", which anybody's may have.
// https://docs.github.com/en/actions/reference/security/oidc#customizing-the-subject-claims-for-an-organization-or-repository
// https://docs.gitlab.com/ci/cloud_services/
// https://developer.hashicorp.com/terraform/cloud-docs/workspaces/dynamic-provider-credentials/workload-identity-tokens
var owners = []string{"organization", "repo", "repository", "repository_id", "repository_owner", "repository_owner_id", "job_workflow_ref", "enterprise", "enterprise_id", "project_path", "namespace_path"}

// hasOwner says that the beginning of a subject names an owner: a claim, and its value up to the next "/" or ":".
func hasOwner(front string, isWhole bool) bool {
	fields := strings.Split(front, ":")
	for i := 0; i+1 < len(fields); i++ {
		owner, _, closed := strings.Cut(fields[i+1], "/")
		closed = closed || isWhole || i+2 < len(fields)
		if slices.Contains(owners, fields[i]) && owner != "" && closed {
			return true
		}
	}
	return false
}
