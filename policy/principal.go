package policy

import (
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy/internal/pattern"
	"github.com/crossgrant/crossgrant/policy/internal/truth"
)

// principalKind is what a string of a Principal names.
type principalKind uint8

const (
	invalidPrincipal     principalKind = iota // nothing that AWS accepts
	anyPrincipal                              // "*"
	anyAWSPrincipal                           // {"AWS": "*"}
	accountPrincipal                          // an account, by ID or root ARN
	userPrincipal                             // the ARN of a user
	rolePrincipal                             // the ARN of a role
	sessionPrincipal                          // the ARN of a role session
	federatedUser                             // the ARN of a federated user
	uniqueIDPrincipal                         // the unique ID of a user or role, which AWS shows after its deletion
	servicePrincipal                          // a service
	providerPrincipal                         // an identity provider
	canonicalUser                             // the canonical user ID of an account, or of an origin access identity
	originAccessIdentity                      // the ARN of an origin access identity
	nonCallerPrincipal                        // the ARN of something that makes no requests, such as a group
)

// principal is one string of Principal or NotPrincipal.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
type principal struct {
	kind principalKind
	// group is "AWS", "Service", "Federated" or "CanonicalUser", or "" for "*" instead of an object.
	group string
	raw   string
	// partitionPrefix is the beginning of the ARN, with the partition; "" for an account ID.
	partitionPrefix string
	account         string
	// name is that of a user or role, without its path.
	name string
	// hasPath: the user or role has a path other than "/".
	hasPath bool
	// unresolved is the string as a pattern if some of it is unresolved, else nil.
	unresolved *pattern.Pattern
}

// compilePrincipal reads one string.
func compilePrincipal(group, raw string) principal {
	p := principal{group: group, raw: raw}
	if !IsKnown(raw) {
		p.unresolved = new(pattern.Pattern)
		*p.unresolved = pattern.Compile(raw, 0)
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
		p.parseAWS()
	}
	return p
}

// parseAWS reads a string of type "AWS".
func (p *principal) parseAWS() {
	if isAccount(p.raw) {
		p.kind, p.account = accountPrincipal, p.raw
		return
	}
	if strings.HasPrefix(p.raw, "AROA") || strings.HasPrefix(p.raw, "AIDA") {
		p.kind = uniqueIDPrincipal
		return
	}
	a, ok := arn.Parse(p.raw)
	if !ok {
		return
	}
	if _, ok := OriginAccessIdentity(p.raw); ok {
		p.kind = originAccessIdentity
		return
	}
	p.kind = nonCallerPrincipal
	if !isAccount(a.Account) || a.Region != "" {
		return
	}
	p.partitionPrefix, p.account = "arn:"+a.Partition+":", a.Account
	kind, rest, _ := strings.Cut(a.Resource, "/")
	p.name = lastSegment(rest)
	p.hasPath = len(p.name) < len(rest)
	switch {
	case a.Service == "iam" && a.Resource == "root":
		p.kind = accountPrincipal
	case p.name == "":
	case a.Service == "iam" && kind == "user":
		p.kind = userPrincipal
	case a.Service == "iam" && kind == "role":
		p.kind = rolePrincipal
	case a.Service == "sts" && kind == "assumed-role" && strings.Count(rest, "/") == 1:
		p.kind = sessionPrincipal
		p.name, _, _ = strings.Cut(rest, "/")
	case a.Service == "sts" && kind == "federated-user":
		p.kind = federatedUser
	}
}

// scope is how Principal names the caller. It determines which other policies must allow the request, too.
type scope uint8

const (
	// scopeNone: Principal does not name the caller, or the policy is of a kind without Principal.
	scopeNone scope = iota
	// scopeEveryone: by "*".
	scopeEveryone
	// scopeAccount: by the ID or root ARN of its account, which leaves the rest to the account's identity policies.
	scopeAccount
	// scopeRole: by the ARN of the role of the session, or of the user of a federated session.
	scopeRole
	// scopeExact: by the ARN of the user, role session or federated user, or by the service or identity provider itself.
	scopeExact
)

// names returns how the principal names the caller, and whether it does.
func (p *principal) names(c *call) (scope, truth.Value) {
	if p.kind == invalidPrincipal && p.unresolved != nil { // which may be the caller itself
		return scopeExact, p.mayBe(c)
	}
	by, v := p.namesResolved(c)
	if v == truth.No && (p.unresolved != nil || c.hasUnresolved) && !slices.Contains(c.request.OtherPrincipals, p.raw) && p.mayName(c) {
		return scopeExact, truth.Unknown
	}
	return by, v
}

// mayBe is unknown for a principal that may name the caller, and no for any other.
func (p *principal) mayBe(c *call) truth.Value {
	if p.mayName(c) {
		return truth.Unknown
	}
	return truth.No
}

// mayName reports whether the principal may name the caller, depending on what the unresolved text in either is.
func (p *principal) mayName(c *call) bool {
	if p.kind == canonicalUser && !c.caller.hasIdentity() && c.caller.kind != originCaller {
		return false
	}
	text := p.unresolved
	if text == nil {
		known := pattern.Compile(p.raw, 0)
		text = &known
	}
	if text.IsUnresolved() && !isAccount(p.raw) {
		return true
	}
	names := []string{c.request.Principal, c.caller.account}
	if a, ok := arn.Parse(c.request.Principal); ok {
		names = append(names, "arn:"+a.Partition+":iam::"+c.caller.account+":root")
	}
	for _, key := range []string{"aws:principalarn", "aws:principalservicenameslist", "aws:userid", "aws:federatedprovider"} {
		values, _ := c.values(key)
		names = append(names, values...)
	}
	for _, name := range names {
		if name != "" && text.Matches(name, nil, 0, !c.hasUnresolved) != truth.No {
			return true
		}
	}
	return false
}

// namesResolved is names for a principal and a caller without unresolved text.
func (p *principal) namesResolved(c *call) (scope, truth.Value) {
	switch p.kind {
	case anyPrincipal:
		return scopeEveryone, truth.Yes
	case anyAWSPrincipal:
		if c.caller.kind == externalCaller {
			return scopeEveryone, truth.Unknown // not documented for services
		}
		return scopeEveryone, truth.Yes
	case servicePrincipal:
		return scopeExact, p.namesService(c)
	case providerPrincipal:
		return scopeExact, p.namesProvider(c)
	case originAccessIdentity:
		return scopeExact, truth.Of(p.raw == c.request.Principal)
	case canonicalUser:
		if c.caller.kind == originCaller {
			return scopeExact, truth.Unknown // no page says which canonical user ID belongs to which ARN
		}
	}
	if !c.caller.hasIdentity() {
		return scopeNone, truth.No
	}
	switch p.kind {
	case accountPrincipal:
		return scopeAccount, truth.Of(p.account == c.caller.account && p.samePartition(c))
	case uniqueIDPrincipal:
		return p.namesUniqueID(c)
	case invalidPrincipal, canonicalUser:
		return scopeAccount, truth.Unknown
	case nonCallerPrincipal:
		return scopeNone, truth.No
	}
	if p.account != c.caller.account || !p.samePartition(c) {
		return scopeNone, truth.No
	}
	switch {
	case p.kind == rolePrincipal && c.caller.kind == sessionCaller:
		return scopeRole, p.namesRole(c)
	case p.kind == sessionPrincipal && c.caller.kind == sessionCaller && c.roleLength == 0:
		if p.name == c.caller.name {
			return scopeExact, truth.Unknown // the caller is a role, without the name of a session
		}
		return scopeNone, truth.No
	case p.kind == userPrincipal && c.caller.kind == federatedCaller:
		return scopeRole, truth.Unknown // it may be the user who called GetFederationToken: the ARN of the session does not contain that name
	}
	return scopeExact, truth.Of(p.raw == c.request.Principal)
}

func (p *principal) samePartition(c *call) bool {
	return p.partitionPrefix == "" || strings.HasPrefix(c.request.Principal, p.partitionPrefix)
}

// namesRole returns whether the role's ARN is that of the caller's role. The path of that role is known only if aws:PrincipalArn has it.
func (p *principal) namesRole(c *call) truth.Value {
	r := c.read("aws:PrincipalArn", "aws:principalarn")
	switch {
	case r.count() != 1:
		return truth.Unknown
	case p.raw == c.at(&r, 0):
		return truth.Yes
	case r.isRoleARN && p.hasPath && p.name == c.caller.name:
		// Names of roles are unique in an account, and AWS accepts no policy with a role that does not exist
		// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).
		return truth.Yes
	}
	return truth.No
}

// namesUniqueID compares a unique ID with aws:userid, which is ID for users and ID:SESSION for roles.
func (p *principal) namesUniqueID(c *call) (scope, truth.Value) {
	by := scopeExact
	kind := userCaller
	if strings.HasPrefix(p.raw, "AROA") {
		by, kind = scopeRole, sessionCaller
	}
	if c.caller.kind != kind {
		return scopeNone, truth.No
	}
	r := c.read("aws:userid", "aws:userid")
	if r.count() != 1 {
		return by, truth.Unknown
	}
	id, _, _ := strings.Cut(c.at(&r, 0), ":")
	return by, truth.Of(id == p.raw || c.at(&r, 0) == p.raw)
}

// namesService returns whether the caller is the service.
func (p *principal) namesService(c *call) truth.Value {
	if !c.isService() {
		return truth.No
	}
	if p.raw == c.request.Principal {
		return truth.Yes
	}
	r := c.read("aws:PrincipalServiceNamesList", "aws:principalservicenameslist")
	for i := range r.count() {
		if c.at(&r, i) == p.raw {
			return truth.Yes
		}
	}
	return truth.No
}

// namesProvider compares an identity provider with the caller's.
func (p *principal) namesProvider(c *call) truth.Value {
	if c.caller.kind == externalCaller {
		return truth.Of(!c.isService() && p.raw == c.request.Principal)
	}
	r := c.read("aws:FederatedProvider", "aws:federatedprovider")
	switch {
	case c.caller.kind == anonymousCaller && c.isFederatedAssumeRole() && r.count() == 1:
		return truth.Of(p.raw == c.at(&r, 0))
	case c.caller.kind == anonymousCaller && c.isFederatedAssumeRole():
		return truth.Unknown
	case r.count() == 1 && p.raw == c.at(&r, 0):
		return truth.Unknown // a session of the provider's user; whether the policy of a resource means it is not documented
	}
	return truth.No
}
