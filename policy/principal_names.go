package policy

import (
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/policy/internal/pattern"
	"github.com/crossgrant/crossgrant/policy/internal/truth"
)

// scope is how a statement's Principal names the caller, on which depends what else has to allow.
type scope uint8

const (
	// nobody: Principal does not name the caller, or the policy is of a kind without Principal.
	nobody scope = iota
	// everyone: "*" names it.
	everyone
	// account: the account's number or root ARN names it, which leaves the rest to the account's identity policies.
	account
	// role: the ARN of the role names a session of it, or the ARN of the user a federated session.
	role
	// exactly: the ARN of the user, role session or federated user, or the service or identity provider itself, names it.
	exactly
)

// names says in which way the principal names the caller, if it does.
func (p *principal) names(c *call) (scope, truth.Value) {
	by, v := p.namesKnown(c)
	if v == truth.No && (p.open != nil || c.open) && !slices.Contains(c.request.Others, p.raw) && p.mayName(c) {
		return exactly, truth.Unknown
	}
	return by, v
}

// mayName says whether the principal might name the caller, whatever is unresolved in either.
func (p *principal) mayName(c *call) bool {
	text := p.open
	if text == nil {
		known := pattern.Compile(p.raw, 0)
		text = &known
	}
	if text.IsUnresolved() {
		return true
	}
	names := []string{c.request.Principal, c.who.account}
	if a, ok := splitARN(c.request.Principal); ok {
		names = append(names, "arn:"+a.partition()+":iam::"+c.who.account+":root")
	}
	for _, key := range []string{"aws:principalarn", "aws:principalservicenameslist", "aws:userid", "aws:federatedprovider"} {
		values, _ := c.values(key)
		names = append(names, values...)
	}
	for _, name := range names {
		if name != "" && text.Matches(name, nil, 0, !c.open) != truth.No {
			return true
		}
	}
	return false
}

// namesKnown is names for principals of which all is known.
func (p *principal) namesKnown(c *call) (scope, truth.Value) {
	switch p.kind {
	case anyPrincipal:
		return everyone, truth.Yes
	case anyAWSPrincipal:
		if c.who.kind == outsideCaller {
			return everyone, truth.Unknown // AWS says nothing of services
		}
		return everyone, truth.Yes
	case servicePrincipal:
		return exactly, p.namesService(c)
	case providerPrincipal:
		return exactly, p.namesProvider(c)
	}
	if !c.who.hasIdentity() {
		return nobody, truth.No
	}
	switch p.kind {
	case accountPrincipal:
		return account, truth.Of(p.account == c.who.account && p.samePartition(c))
	case idPrincipal:
		return p.namesID(c)
	case oddPrincipal, canonicalUser:
		return account, truth.Unknown
	case deadPrincipal:
		return nobody, truth.No
	}
	if p.account != c.who.account || !p.samePartition(c) {
		return nobody, truth.No
	}
	switch {
	case p.kind == rolePrincipal && c.who.kind == sessionCaller:
		return role, p.namesRole(c)
	case p.kind == sessionPrincipal && c.who.kind == sessionCaller && c.roleLength == 0:
		if p.name == c.who.name {
			return exactly, truth.Unknown // the caller is a role, without its session's name
		}
		return nobody, truth.No
	case p.kind == userPrincipal && c.who.kind == federatedCaller:
		return role, truth.Unknown // the user may be the one who federated; the name in the session's ARN is free to choose
	}
	return exactly, truth.Of(p.raw == c.request.Principal)
}

func (p *principal) samePartition(c *call) bool {
	return p.start == "" || strings.HasPrefix(c.request.Principal, p.start)
}

// namesRole says whether the role's ARN is that of the caller's role. Its path is known only if aws:PrincipalArn has it.
func (p *principal) namesRole(c *call) truth.Value {
	r := c.read("aws:PrincipalArn", "aws:principalarn")
	switch {
	case r.count() != 1:
		return truth.Unknown
	case p.raw == c.at(&r, 0):
		return truth.Yes
	case r.pathless && p.deep && p.name == c.who.name:
		// An account has one role of a name, and AWS takes no policy with a role that it does not have
		// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).
		return truth.Yes
	}
	return truth.No
}

// namesID compares a unique id with aws:userid, which is ID for users and ID:SESSION for roles.
func (p *principal) namesID(c *call) (scope, truth.Value) {
	by := exactly
	kind := userCaller
	if strings.HasPrefix(p.raw, "AROA") {
		by, kind = role, sessionCaller
	}
	if c.who.kind != kind {
		return nobody, truth.No
	}
	r := c.read("aws:userid", "aws:userid")
	if r.count() != 1 {
		return by, truth.Unknown
	}
	id, _, _ := strings.Cut(c.at(&r, 0), ":")
	return by, truth.Of(id == p.raw || c.at(&r, 0) == p.raw)
}

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

// namesProvider compares an identity provider with the one that the caller comes from.
func (p *principal) namesProvider(c *call) truth.Value {
	if c.who.kind == outsideCaller {
		return truth.Of(!c.isService() && p.raw == c.request.Principal)
	}
	r := c.read("aws:FederatedProvider", "aws:federatedprovider")
	switch {
	case c.who.kind == anonymousCaller && c.withProvider() && r.count() == 1:
		return truth.Of(p.raw == c.at(&r, 0))
	case c.who.kind == anonymousCaller && c.withProvider():
		return truth.Unknown
	case r.count() == 1 && p.raw == c.at(&r, 0):
		return truth.Unknown // a session that the provider made; whether a policy of another resource means it is not documented
	}
	return truth.No
}
