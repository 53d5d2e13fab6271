package policy

import (
	"fmt"
	"slices"
	"strings"
	"unsafe"

	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy/internal/truth"
)

// call is a Request that is ready to be matched. It has no copies of strings and is a plain value, so that a decision allocates nothing.
type call struct {
	request *Request
	caller  caller
	// resource is "*" for an action without a resource.
	resource string
	// anyBucket is the resource that policies may name for an S3 action that has none: the buckets of all accounts.
	anyBucket string
	// target is the ARN of the resource, empty for an action without one.
	target arn.ARN
	// account owns the resource: the account that the request names, else the one in the resource's ARN, else the caller's, as in AWS's policy
	// simulator (API_SimulateCustomPolicy.html, ResourceOwner). It is "" if the caller has none either.
	account string
	// keyLengths has a bit for the length of each key of the context, modulo 64. For most absent keys it saves the search.
	keyLengths uint64
	// role is the ARN of the session's role, derived from the session's ARN. roleLength is 0 for other callers.
	role       [128]byte
	roleLength int
	// unresolvedRole is the role's ARN if some of it is unresolved, which may be longer.
	unresolvedRole string
	// hasUnresolved: some text of the request is unresolved.
	hasUnresolved bool
}

// prepare reads a request into an empty call. The error says which part of the request is malformed.
func (c *call) prepare(r *Request) error {
	c.request, c.caller, c.resource = r, callerOf(r.Principal), r.Resource
	if c.caller.kind == invalidCaller {
		return fmt.Errorf("principal: found %q, expected the ARN of a user, role session, federated user, root or origin access identity, a service, or \"anonymous\"", Readable(r.Principal))
	}
	if service, name, _ := strings.Cut(r.Action, ":"); service == "" || name == "" || strings.ContainsAny(r.Action, "*?") {
		return fmt.Errorf("action: found %q, expected service:Name without wildcards", Readable(r.Action))
	}
	if c.resource == "" {
		c.resource = "*"
	}
	if err := c.prepareResource(); err != nil {
		return err
	}
	c.hasUnresolved = !IsKnown(r.Principal) || !IsKnown(c.resource) || !IsKnown(r.ResourceAccount)
	for key, values := range r.Context {
		for i := range values {
			c.hasUnresolved = c.hasUnresolved || !IsKnown(values[i])
		}
		bit := uint64(1) << (len(key) % 64)
		if c.keyLengths&bit != 0 && c.hasOtherSpelling(key) {
			return fmt.Errorf("context: found %q in two spellings, expected one", key)
		}
		c.keyLengths |= bit
	}
	return c.prepareRole()
}

func (c *call) prepareResource() error {
	r := c.request
	if c.resource != "*" {
		var ok bool
		if c.target, ok = arn.Parse(c.resource); !ok {
			return fmt.Errorf("resource: found %q, expected an ARN or \"*\"", Readable(r.Resource))
		}
	}
	if c.resource == "*" && isOfService(r.Action, "s3") {
		c.anyBucket = anyBucketARN(r.Principal)
	}
	c.account = c.caller.account
	inARN := isAccount(c.target.Account)
	if inARN {
		c.account = c.target.Account
	}
	switch {
	case r.ResourceAccount == "":
	case !isAccount(r.ResourceAccount):
		return fmt.Errorf("resourceAccount: found %q, expected 12 digits", Readable(r.ResourceAccount))
	case inARN && sameAccount(c.account, r.ResourceAccount) == truth.No:
		return fmt.Errorf("resourceAccount: found %s, expected the account in %s", r.ResourceAccount, Readable(r.Resource))
	default:
		c.account = r.ResourceAccount
	}
	return nil
}

// anyBucketARN returns what AWS's own examples have as the resource of s3:ListAllMyBuckets and similar actions, besides "*"
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html), in the partition of the caller.
func anyBucketARN(principal string) string {
	switch a, _ := arn.Parse(principal); a.Partition {
	case "aws-cn":
		return "arn:aws-cn:s3:::*"
	case "aws-us-gov":
		return "arn:aws-us-gov:s3:::*"
	}
	return "arn:aws:s3:::*"
}

// hasOtherSpelling reports whether the context has the key in another spelling, too.
func (c *call) hasOtherSpelling(key string) bool {
	for other := range c.request.Context {
		if other != key && strings.EqualFold(other, key) {
			return true
		}
	}
	return false
}

// prepareRole derives the ARN of the role from that of its session. It lacks the role's path, which the session's ARN does not have.
func (c *call) prepareRole() error {
	if c.caller.kind != sessionCaller {
		return nil
	}
	partition, rest, _ := strings.Cut(strings.TrimPrefix(c.request.Principal, "arn:"), ":")
	if !strings.HasPrefix(rest, "sts:") {
		return nil // the role itself
	}
	b := c.role[:0]
	if !IsKnown(c.caller.name) || !IsKnown(c.caller.account) || !IsKnown(partition) {
		c.unresolvedRole = "arn:" + partition + ":iam::" + c.caller.account + ":role/" + c.caller.name
		c.roleLength = len(c.unresolvedRole)
		return nil
	}
	// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
	if len(partition) > 20 || len(c.caller.name) > 64 {
		return fmt.Errorf("principal: found %q, expected a role's name of at most 64 characters", Readable(c.request.Principal))
	}
	for _, s := range [...]string{"arn:", partition, ":iam::", c.caller.account, ":role/", c.caller.name} {
		b = append(b, s...)
	}
	c.roleLength = len(b)
	return nil
}

// roleARN returns the ARN of the session's role: a view of the call's own memory, since a string of its own would be an allocation per decision.
func (c *call) roleARN() string {
	if c.unresolvedRole != "" {
		return c.unresolvedRole
	}
	return unsafe.String(&c.role[0], c.roleLength)
}

// isAction reports whether the call is one of the actions. Case does not matter.
func (c *call) isAction(names ...string) bool {
	for _, name := range names {
		if strings.EqualFold(c.request.Action, name) {
			return true
		}
	}
	return false
}

// isOfService reports whether an action belongs to a service. Case does not matter.
func isOfService(action, service string) bool {
	return len(action) > len(service) && action[len(service)] == ':' && strings.EqualFold(action[:len(service)], service)
}

// isService reports whether an AWS service makes the call itself, and not an identity provider for someone who assumes a role.
func (c *call) isService() bool {
	name := c.request.Principal
	return c.caller.kind == externalCaller && !c.isFederatedAssumeRole() &&
		(strings.HasSuffix(name, ".amazonaws.com") || strings.HasSuffix(name, ".amazonaws.com.cn") || strings.HasPrefix(name, "alexa-") && strings.HasSuffix(name, ".amazon.com"))
}

// isFederatedAssumeRole reports whether the action is one by which a user of an identity provider assumes a role, without AWS credentials.
func (c *call) isFederatedAssumeRole() bool {
	return c.isAction("sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML")
}

// keyValues is what is known about a condition key.
type keyValues struct {
	values   []string
	value    string // a single value that is not in the context
	hasValue bool
	known    bool
	// mayBeAbsent: it is not known whether the request has the key.
	mayBeAbsent bool
	// isRoleARN: the single value is the ARN of the session's role, without its path. It is not in value, but in the call's roleARN.
	isRoleARN bool
}

var (
	absentKey    = keyValues{known: true}
	unknownKey   = keyValues{}
	uncertainKey = keyValues{mayBeAbsent: true}
)

func knownValue(value string) keyValues { return keyValues{value: value, hasValue: true, known: true} }

func (r *keyValues) count() int {
	if r.hasValue {
		return 1
	}
	return len(r.values)
}

// at returns the value at i, unless that is the role's ARN.
func (r *keyValues) at(i int) string {
	if r.hasValue {
		return r.value
	}
	return r.values[i]
}

// at returns the value at i, which must not be stored: a role's ARN is in the call's own memory, and storing it would move the call to the heap.
func (c *call) at(r *keyValues, i int) string {
	if r.isRoleARN {
		return c.roleARN()
	}
	return r.at(i)
}

// clone returns the only value, which may be stored.
func (c *call) clone(r *keyValues) string {
	if r.isRoleARN {
		return strings.Clone(c.roleARN())
	}
	return r.at(0)
}

// values returns the values of a condition key, written in lower case: those in the context, else what follows from the request. An absent key is
// known and has none. A key that AWS fills in from what the request does not say is not known.
func (c *call) values(key string) (values []string, known bool) {
	r := c.read(key, key)
	if r.hasValue {
		return []string{c.clone(&r)}, r.known
	}
	return r.values, r.known
}

// read looks up a condition key, given as written and in lower case.
func (c *call) read(name, key string) keyValues {
	if values, ok := c.request.Context[name]; ok {
		return keyValues{values: values, known: true}
	}
	if c.keyLengths&(1<<(len(key)%64)) != 0 {
		for other, values := range c.request.Context {
			if len(other) == len(key) && strings.EqualFold(other, key) {
				return keyValues{values: values, known: true}
			}
		}
	}
	if slices.Contains(c.request.UncertainKeys, key) {
		return uncertainKey
	}
	return c.derive(key)
}

// derive returns the value of a key that is not in the context, as it follows from the rest of the request.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html says which keys exist for which callers, and
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html, "Principal key values", with which values.
func (c *call) derive(key string) keyValues {
	switch key {
	case "aws:principalarn":
		return c.principalARN()
	case "aws:principalaccount":
		return c.forCaller(c.caller.account, "anonymous")
	case "aws:principaltype":
		return c.forCaller(principalTypes[c.caller.kind], "Anonymous")
	case "aws:resourceaccount":
		return c.resourceAccount()
	case "aws:userid":
		return c.userID()
	case "aws:username":
		if c.caller.kind == userCaller {
			return knownValue(c.caller.name)
		}
		if c.caller.kind == originCaller {
			return unknownKey
		}
	case "aws:principalisawsservice":
		switch {
		case c.caller.kind == originCaller:
			return unknownKey
		case c.isService():
			return knownValue("true")
		case c.caller.hasIdentity():
			return knownValue("false")
		}
	case "aws:principalservicename":
		if c.isService() {
			return knownValue(c.request.Principal)
		}
	case "aws:principalservicenameslist":
		if c.isService() {
			return unknownKey
		}
	case "kms:calleraccount":
		return c.callerAccount()
	}
	return absentKey
}

// callerAccount is the account of whoever calls KMS. What it is for a service is not documented.
// https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-caller-account
func (c *call) callerAccount() keyValues {
	switch {
	case !isOfService(c.request.Action, "kms"):
		return absentKey
	case c.caller.hasIdentity():
		return knownValue(c.caller.account)
	}
	return unknownKey
}

var principalTypes = [...]string{rootCaller: "Account", userCaller: "User", sessionCaller: "AssumedRole", federatedCaller: "FederatedUser"}

// forCaller returns the value of a key that all callers have. Its value for services and origin access identities is not documented.
func (c *call) forCaller(identity, anonymous string) keyValues {
	switch c.caller.kind {
	case anonymousCaller:
		return knownValue(anonymous)
	case externalCaller, originCaller:
		return unknownKey
	}
	return knownValue(identity)
}

// principalARN is the role's ARN for a session, and the caller's own for others. Services and anonymous callers have none.
func (c *call) principalARN() keyValues {
	switch {
	case c.caller.kind == sessionCaller && c.roleLength > 0:
		return keyValues{hasValue: true, known: true, isRoleARN: true}
	case c.caller.hasIdentity(), c.caller.kind == originCaller: // https://github.com/aws-samples/data-perimeter-policy-examples/issues/47
		return knownValue(c.request.Principal)
	}
	return absentKey
}

// userID is unknown for users and sessions: it has a unique ID that no ARN contains.
func (c *call) userID() keyValues {
	switch c.caller.kind {
	case rootCaller:
		return knownValue(c.caller.account)
	case anonymousCaller:
		return knownValue("anonymous")
	case federatedCaller:
		return knownValue(c.caller.account + ":" + c.caller.name)
	}
	return unknownKey
}

// resourceAccount is the one that the request names, or that of the resource's ARN, or the caller's.
func (c *call) resourceAccount() keyValues {
	switch {
	case c.request.ResourceAccount != "":
		return knownValue(c.request.ResourceAccount)
	case isAccount(c.target.Account):
		return knownValue(c.target.Account)
	case c.target.Account == "" && c.caller.account != "":
		return knownValue(c.caller.account)
	}
	return unknownKey // such as that of an AWS managed policy, or of a bucket in an anonymous call
}
