package policy

import (
	"fmt"
	"strings"
	"unsafe"
)

// call is a Request made ready to match. It holds no copies of strings and is a plain value, so that a decision allocates nothing.
type call struct {
	request *Request
	who     caller
	// resource is "*" for an action without one.
	resource string
	// bucketless is how policies may write the resource of an S3 action that has none: the buckets of all accounts.
	bucketless string
	// target is the resource taken apart, empty for an action without one.
	target arn
	// account owns the resource: the one that the request says, else the one in its ARN, else the caller's, as AWS's own simulator has it
	// (API_SimulateCustomPolicy.html, ResourceOwner). It is "" if the caller has none either.
	account string
	// lengths has a bit for the length of each key of the context, modulo 64: most keys that are absent are found absent by it.
	lengths uint64
	// role is the ARN of the role of a session, written out of the session's; roleLength is 0 for others.
	role       [128]byte
	roleLength int
	// open: some of the request's text is unresolved.
	open bool
	// longRole is the role's ARN if its name is unresolved, and so of any length.
	longRole string
}

// take reads a request into a call that is empty; the error says which part of it is malformed.
func (c *call) take(r *Request) error {
	c.request, c.who, c.resource = r, callerOf(r.Principal), r.Resource
	if c.who.kind == strangerCaller {
		return fmt.Errorf("principal: found %q, expected the ARN of a user, role session, federated user or root, a service, or \"anonymous\"", r.Principal)
	}
	if service, name, _ := strings.Cut(r.Action, ":"); service == "" || name == "" || strings.ContainsAny(r.Action, "*?") {
		return fmt.Errorf("action: found %q, expected service:Name without wildcards", r.Action)
	}
	if c.resource == "" {
		c.resource = "*"
	}
	if err := c.readResource(); err != nil {
		return err
	}
	c.open = !IsKnown(r.Principal) || !IsKnown(c.resource)
	for key, values := range r.Context {
		for i := range values {
			c.open = c.open || !IsKnown(values[i])
		}
		bit := uint64(1) << (len(key) % 64)
		if c.lengths&bit != 0 && c.twice(key) {
			return fmt.Errorf("context: found %q in two spellings, expected one", key)
		}
		c.lengths |= bit
	}
	return c.writeRole()
}

func (c *call) readResource() error {
	r := c.request
	if c.resource != "*" {
		var ok bool
		if c.target, ok = splitARN(c.resource); !ok {
			return fmt.Errorf("resource: found %q, expected an ARN or \"*\"", r.Resource)
		}
	}
	if c.resource == "*" && hasService(r.Action, "s3") {
		c.bucketless = allBuckets(r.Principal)
	}
	c.account = c.who.account
	owned := isAccount(c.target.account())
	if owned {
		c.account = c.target.account()
	}
	switch {
	case r.ResourceAccount == "":
	case !isAccount(r.ResourceAccount):
		return fmt.Errorf("resourceAccount: found %q, expected 12 digits", r.ResourceAccount)
	case owned && c.account != r.ResourceAccount:
		return fmt.Errorf("the resource account %s is not the one in %s", r.ResourceAccount, r.Resource)
	default:
		c.account = r.ResourceAccount
	}
	return nil
}

// allBuckets is what AWS's own examples have as the resource of s3:ListAllMyBuckets and its like, beside "*"
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html), in the partition of the caller.
func allBuckets(principal string) string {
	switch a, _ := splitARN(principal); a.partition() {
	case "aws-cn":
		return "arn:aws-cn:s3:::*"
	case "aws-us-gov":
		return "arn:aws-us-gov:s3:::*"
	}
	return "arn:aws:s3:::*"
}

// twice says whether the context has the key in another spelling too.
func (c *call) twice(key string) bool {
	for other := range c.request.Context {
		if other != key && strings.EqualFold(other, key) {
			return true
		}
	}
	return false
}

// writeRole writes the ARN of the role that a session is of. It lacks the role's path, which the session's does not have.
func (c *call) writeRole() error {
	if c.who.kind != sessionCaller {
		return nil
	}
	partition, rest, _ := strings.Cut(strings.TrimPrefix(c.request.Principal, "arn:"), ":")
	if !strings.HasPrefix(rest, "sts:") {
		return nil // the role itself
	}
	b := c.role[:0]
	// 64 characters are the longest name, https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html.
	if !IsKnown(c.who.name) {
		c.longRole = "arn:" + partition + ":iam::" + c.who.account + ":role/" + c.who.name
		c.roleLength = len(c.longRole)
		return nil
	}
	if len(partition) > 20 || len(c.who.name) > 64 {
		return fmt.Errorf("principal: found %q, expected a role's name of at most 64 characters", c.request.Principal)
	}
	for _, s := range [...]string{"arn:", partition, ":iam::", c.who.account, ":role/", c.who.name} {
		b = append(b, s...)
	}
	c.roleLength = len(b)
	return nil
}

// roleARN is the ARN of the session's role: a view of the call's own memory, since a string of its own would be an allocation a decision.
func (c *call) roleARN() string {
	if c.longRole != "" {
		return c.longRole
	}
	return unsafe.String(&c.role[0], c.roleLength)
}

// values are those of a condition key, written in lower case: what the context has, else what follows from the request. Absent keys are
// known and have none; ones that AWS fills in, but nobody here can tell with what, are not known.
func (c *call) values(key string) (values []string, known bool) {
	r := c.read(key, key)
	if r.present {
		return []string{c.keep(&r)}, r.known
	}
	return r.many, r.known
}

// read looks a condition key up by its name as it is written and in lower case.
func (c *call) read(name, key string) reading {
	if values, ok := c.request.Context[name]; ok {
		return reading{many: values, known: true}
	}
	if c.lengths&(1<<(len(key)%64)) != 0 {
		for other, values := range c.request.Context {
			if len(other) == len(key) && strings.EqualFold(other, key) {
				return reading{many: values, known: true}
			}
		}
	}
	return c.derive(key)
}

// reading is what is known about a condition key.
type reading struct {
	many    []string
	one     string // a single value that is not in the context
	present bool   // one is there
	known   bool
	// pathless: the value is the ARN of the session's role, without its path; it is not in one, but the call's roleARN.
	pathless bool
}

func (r *reading) count() int {
	if r.present {
		return 1
	}
	return len(r.many)
}

// at is the value at i, unless that is the role's ARN.
func (r *reading) at(i int) string {
	if r.present {
		return r.one
	}
	return r.many[i]
}

// at is the value at i, to be looked at but not to be kept: a role's ARN is in the call's own memory, and keeping it would move the call
// to the heap.
func (c *call) at(r *reading, i int) string {
	if r.pathless {
		return c.roleARN()
	}
	return r.at(i)
}

// keep is the only value, to be kept.
func (c *call) keep(r *reading) string {
	if r.pathless {
		return strings.Clone(c.roleARN())
	}
	return r.at(0)
}
