package policy

import "strings"

var (
	absentKey  = reading{known: true}
	unknownKey = reading{}
)

func found(value string) reading { return reading{one: value, present: true, known: true} }

// derive is the value of a key that the context lacks, as it follows from the rest of the request.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html says which keys are there for whom, and
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html, "Principal key values", with which values.
func (c *call) derive(key string) reading {
	switch key {
	case "aws:principalarn":
		return c.principalARN()
	case "aws:principalaccount":
		return c.byKind(c.who.account, "anonymous")
	case "aws:principaltype":
		return c.byKind(principalTypes[c.who.kind], "Anonymous")
	case "aws:resourceaccount":
		return c.resourceAccount()
	case "aws:userid":
		return c.userID()
	case "aws:username":
		if c.who.kind == userCaller {
			return found(c.who.name)
		}
	case "aws:principalisawsservice":
		switch {
		case c.isService():
			return found("true")
		case c.who.hasIdentity():
			return found("false")
		}
	case "aws:principalservicename":
		if c.isService() {
			return found(c.request.Principal)
		}
	case "aws:principalservicenameslist":
		if c.isService() {
			return unknownKey
		}
	}
	return absentKey
}

var principalTypes = [...]string{rootCaller: "Account", userCaller: "User", sessionCaller: "AssumedRole", federatedCaller: "FederatedUser"}

// byKind is a key that all callers have, with a value that is not documented for services.
func (c *call) byKind(identity, anonymous string) reading {
	switch c.who.kind {
	case anonymousCaller:
		return found(anonymous)
	case outsideCaller:
		return unknownKey
	}
	return found(identity)
}

// principalARN is the role's for a session, and for others the caller's own. Services and anonymous callers have none.
func (c *call) principalARN() reading {
	switch {
	case c.who.kind == sessionCaller && c.roleLength > 0:
		return reading{present: true, known: true, pathless: true}
	case c.who.hasIdentity():
		return found(c.request.Principal)
	}
	return absentKey
}

// userID is unknown for users and sessions: it has a unique id that no ARN tells.
func (c *call) userID() reading {
	switch c.who.kind {
	case rootCaller:
		return found(c.who.account)
	case anonymousCaller:
		return found("anonymous")
	case federatedCaller:
		return found(c.who.account + ":" + c.who.name)
	}
	return unknownKey
}

// resourceAccount is the request's, or that of the resource's ARN, or the caller's.
func (c *call) resourceAccount() reading {
	switch {
	case c.request.ResourceAccount != "":
		return found(c.request.ResourceAccount)
	case isAccount(c.target.account()):
		return found(c.target.account())
	case c.target.account() == "" && c.who.account != "":
		return found(c.who.account)
	}
	return unknownKey // such as that of a managed policy of AWS, or of a bucket that is called anonymously
}

// isService says whether an AWS service calls by itself, and not an identity provider for someone who assumes a role.
func (c *call) isService() bool {
	return c.who.kind == outsideCaller && !c.withProvider() &&
		(strings.HasSuffix(c.request.Principal, ".amazonaws.com") || strings.HasSuffix(c.request.Principal, ".amazonaws.com.cn"))
}

// withProvider says whether the action is one by which an identity provider's user assumes a role, without credentials of AWS.
func (c *call) withProvider() bool {
	return strings.EqualFold(c.request.Action, "sts:AssumeRoleWithWebIdentity") || strings.EqualFold(c.request.Action, "sts:AssumeRoleWithSAML")
}
