package policy

import (
	"strings"

	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy/internal/truth"
	"github.com/crossgrant/crossgrant/policy/internal/unresolved"
)

// callerKind is the type of the principal that makes a request. It determines which policies count.
type callerKind uint8

const (
	invalidCaller   callerKind = iota // not a principal of AWS
	anonymousCaller                   // without credentials
	externalCaller                    // an AWS service or an identity provider, which has neither an account nor identity policies
	originCaller                      // an origin access identity of CloudFront, which has no identity policies either
	rootCaller                        // the root user of an account
	userCaller                        // an IAM user
	sessionCaller                     // a session of a role, or the role itself
	federatedCaller                   // a session of GetFederationToken
)

// caller is the principal of a request.
type caller struct {
	kind    callerKind
	account string
	name    string // of the user or role, without its path
}

// hasIdentity reports whether identity policies, session policies, boundaries and SCPs apply to the caller.
func (c *caller) hasIdentity() bool { return c.kind >= rootCaller }

// callerOf reads a principal in the forms of "IAM identifiers" (reference_identifiers.html) and "Principal"
// (reference_policies_elements_principal.html).
func callerOf(principal string) caller {
	if principal == "anonymous" {
		return caller{kind: anonymousCaller}
	}
	a, ok := arn.Parse(principal)
	if !ok {
		if strings.Contains(principal, ".") && !strings.ContainsAny(principal, " :*") {
			return caller{kind: externalCaller}
		}
		return caller{}
	}
	if _, ok := OriginAccessIdentity(principal); ok {
		return caller{kind: originCaller}
	}
	kind, rest, _ := strings.Cut(a.Resource, "/")
	c := caller{account: a.Account}
	switch {
	case a.Service == "iam" && (kind == "saml-provider" || kind == "oidc-provider") && rest != "":
		return caller{kind: externalCaller}
	case !isAccount(c.account):
	case a.Service == "iam" && a.Resource == "root":
		c.kind = rootCaller
	case a.Service == "iam" && kind == "user" && rest != "":
		c.kind, c.name = userCaller, lastSegment(rest)
	case a.Service == "iam" && kind == "role" && rest != "":
		c.kind, c.name = sessionCaller, lastSegment(rest)
	case a.Service == "sts" && kind == "assumed-role" && rest != "":
		c.kind = sessionCaller
		c.name, _, _ = strings.Cut(rest, "/")
	case a.Service == "sts" && kind == "federated-user" && rest != "":
		c.kind, c.name = federatedCaller, rest
	}
	return c
}

// OriginAccessIdentity returns the ID of an origin access identity, such as "E2QWRUHAPOMQZL", and whether a principal is one, as which CloudFront reads
// the objects of a bucket: "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2QWRUHAPOMQZL", in any partition. Its ARN says nothing of
// the account that has it. S3 writes so what a bucket policy names by the canonical user ID of the identity.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html
func OriginAccessIdentity(principal string) (id string, ok bool) {
	a, _ := arn.Parse(principal)
	if a.Service != "iam" || a.Region != "" || a.Account != identityAccount {
		return "", false
	}
	id, ok = strings.CutPrefix(a.Resource, identityUser)
	return id, ok && id != "" && (!IsKnown(id) || !strings.ContainsAny(id, " /"))
}

// OriginAccessIdentityARN returns the principal of an origin access identity, by its ID.
func OriginAccessIdentityARN(partition, id string) string {
	return arn.ARN{Partition: partition, Service: "iam", Account: identityAccount, Resource: identityUser + id}.String()
}

const identityAccount, identityUser = "cloudfront", "user/CloudFront Origin Access Identity "

// sameAccount returns whether two accounts are one. An account that is not known yet may be any other but the stranger's.
func sameAccount(one, other string) truth.Value {
	switch {
	case one == other:
		return truth.Yes
	case one == unresolved.Stranger, other == unresolved.Stranger:
		return truth.No
	case unresolved.IsAccount(one) && other != "", unresolved.IsAccount(other) && one != "":
		return truth.Unknown
	}
	return truth.No
}

// lastSegment returns what follows the last "/": a name without its path.
func lastSegment(s string) string { return s[strings.LastIndexByte(s, '/')+1:] }

// isAccount reports whether s is an account ID: 12 digits, or those of an account that is not known yet.
func isAccount(s string) bool {
	if unresolved.IsAccount(s) {
		return true
	}
	if len(s) != 12 {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
