package policy

import (
	"strings"

	"github.com/crossgrant/crossgrant/policy/internal/truth"
)

// callerKind is what sort of principal calls, on which depends which policies count.
type callerKind uint8

const (
	strangerCaller  callerKind = iota // nothing that AWS knows
	anonymousCaller                   // without credentials
	outsideCaller                     // an AWS service or an identity provider: it has no account and no identity policies
	rootCaller                        // the root user of an account
	userCaller                        // an IAM user
	sessionCaller                     // a session of a role, or the role itself
	federatedCaller                   // a session of GetFederationToken
)

// caller is the principal of a request, taken apart.
type caller struct {
	kind    callerKind
	account string
	name    string // of the user or role, without its path
}

// hasIdentity says that identity policies, session policies, boundaries and SCPs are for such a caller.
func (c *caller) hasIdentity() bool { return c.kind >= rootCaller }

// callerOf takes the principal's name apart as "IAM identifiers" (reference_identifiers.html) and "Principal" write it.
func callerOf(principal string) caller {
	if principal == "anonymous" {
		return caller{kind: anonymousCaller}
	}
	a, ok := splitARN(principal)
	if !ok {
		if strings.Contains(principal, ".") && !strings.ContainsAny(principal, " :*") {
			return caller{kind: outsideCaller}
		}
		return caller{}
	}
	kind, rest, _ := strings.Cut(a.resource(), "/")
	service, c := a.service(), caller{account: a.account()}
	switch {
	case service == "iam" && (kind == "saml-provider" || kind == "oidc-provider") && rest != "":
		return caller{kind: outsideCaller}
	case !isAccount(c.account):
	case service == "iam" && a.resource() == "root":
		c.kind = rootCaller
	case service == "iam" && kind == "user" && rest != "":
		c.kind, c.name = userCaller, rest[strings.LastIndexByte(rest, '/')+1:]
	case service == "iam" && kind == "role" && rest != "":
		c.kind, c.name = sessionCaller, rest[strings.LastIndexByte(rest, '/')+1:]
	case service == "sts" && kind == "assumed-role" && rest != "":
		c.kind = sessionCaller
		c.name, _, _ = strings.Cut(rest, "/")
	case service == "sts" && kind == "federated-user" && rest != "":
		c.kind, c.name = federatedCaller, rest
	}
	return c
}

// serviceLinked says whether the caller is a session of a service-linked role. Only the role's path tells for sure, and a session's ARN
// leaves it out, but aws:PrincipalArn may have it (id_roles_create-service-linked-role.html).
func serviceLinked(c *call, who *caller) truth.Value {
	if who.kind != sessionCaller {
		return truth.No
	}
	if r := c.read("aws:PrincipalArn", "aws:principalarn"); r.count() == 1 && !r.pathless {
		a, _ := splitARN(c.at(&r, 0))
		if path, ok := strings.CutPrefix(a.resource(), "role/aws-service-role/"); ok {
			return truth.Of(a.account() == who.account && path[strings.LastIndexByte(path, '/')+1:] == who.name)
		}
		if strings.Count(a.resource(), "/") > 1 {
			return truth.No // it has another path
		}
	}
	if strings.HasPrefix(who.name, "AWSServiceRoleFor") {
		return truth.Unknown
	}
	return truth.No
}
