package policy

import (
	"strings"

	"github.com/crossgrant/crossgrant/policy/internal/pattern"
)

// principalKind is what a string of a Principal names.
type principalKind uint8

const (
	oddPrincipal      principalKind = iota // nothing that AWS takes
	anyPrincipal                           // "*"
	anyAWSPrincipal                        // {"AWS": "*"}
	accountPrincipal                       // an account by number or root ARN
	userPrincipal                          // the ARN of a user
	rolePrincipal                          // the ARN of a role
	sessionPrincipal                       // the ARN of a role session
	federatedUser                          // the ARN of a federated user
	idPrincipal                            // the unique id of a user or role, which AWS shows after it is deleted
	servicePrincipal                       // a service
	providerPrincipal                      // an identity provider
	canonicalUser                          // the canonical id of an account
	deadPrincipal                          // the ARN of something that never calls, such as a group
)

// principal is one string of a Principal or NotPrincipal.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
type principal struct {
	kind principalKind
	// group is "AWS", "Service", "Federated" or "CanonicalUser", or "" for the string "*" in place of an object.
	group string
	raw   string
	// start is that of the ARN up to its partition, "" for an account's number.
	start   string
	account string
	// name is that of a user or role, without its path, and deep says that it has one.
	name string
	deep bool
	// open is the string as a pattern, if some of it is unresolved.
	open *pattern.Pattern
}

// compilePrincipal reads one string.
func compilePrincipal(group, raw string) principal {
	p := principal{group: group, raw: raw}
	if !IsKnown(raw) {
		open := pattern.Compile(raw, 0)
		p.open = &open
	}
	switch {
	case group == "":
		p.kind = anyPrincipal
	case raw == "*":
		if group == "AWS" {
			p.kind = anyAWSPrincipal
		}
	case strings.ContainsAny(raw, "*?"):
	case group == "Service":
		p.kind = servicePrincipal
	case group == "Federated":
		p.kind = providerPrincipal
	case group == "CanonicalUser":
		p.kind = canonicalUser
	default:
		p.readAWS()
	}
	return p
}

// readAWS reads what stands under "AWS".
func (p *principal) readAWS() {
	if isAccount(p.raw) {
		p.kind, p.account = accountPrincipal, p.raw
		return
	}
	if strings.HasPrefix(p.raw, "AROA") || strings.HasPrefix(p.raw, "AIDA") {
		p.kind = idPrincipal
		return
	}
	a, ok := splitARN(p.raw)
	if !ok {
		return
	}
	p.kind = deadPrincipal
	if !isAccount(a.account()) || a[3] != "" {
		return
	}
	p.start, p.account = "arn:"+a.partition()+":", a.account()
	kind, rest, _ := strings.Cut(a.resource(), "/")
	p.name = rest[strings.LastIndexByte(rest, '/')+1:]
	p.deep = len(p.name) < len(rest)
	switch {
	case a.service() == "iam" && a.resource() == "root":
		p.kind = accountPrincipal
	case p.name == "":
	case a.service() == "iam" && kind == "user":
		p.kind = userPrincipal
	case a.service() == "iam" && kind == "role":
		p.kind = rolePrincipal
	case a.service() == "sts" && kind == "assumed-role" && strings.Count(rest, "/") == 1:
		p.kind = sessionPrincipal
		p.name, _, _ = strings.Cut(rest, "/")
	case a.service() == "sts" && kind == "federated-user":
		p.kind = federatedUser
	}
}
