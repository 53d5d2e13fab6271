// Package denial reads what AWS says of a request that it denied: the message of an error, or the event of CloudTrail. It knows no templates and
// decides nothing.
package denial

import (
	"fmt"
	"regexp"
	"strings"
)

// Denial is a request that AWS denied, as far as AWS says what it was.
type Denial struct {
	// Caller is the ARN of who made the request: a role session, a user or the root user.
	Caller string
	// Action is what was requested, such as "s3:GetObject".
	Action string
	// Resource is the ARN of what it was requested on. "" where AWS does not say.
	Resource string
	// Reason is why, in AWS's words, from "because" or "with" on. "" where AWS does not say.
	Reason string
	// Policy is the type of the policy by which AWS denied it. "" where AWS does not say.
	Policy PolicyType
	// Explicit says that the policy denies it. Otherwise it does not allow it.
	Explicit bool
	// Endpoint is the ID of the VPC endpoint that the request passed. "" where AWS does not say.
	Endpoint string
}

// PolicyType is a type of policy as messages name it.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
type PolicyType string

// The types of policies.
const (
	ServiceControl  PolicyType = "service control policy"
	ResourceControl PolicyType = "resource control policy"
	Boundary        PolicyType = "permissions boundary"
	Session         PolicyType = "session policy"
	VPCEndpoint     PolicyType = "VPC endpoint policy"
	ResourceBased   PolicyType = "resource-based policy"
	IdentityBased   PolicyType = "identity-based policy"
	RoleTrust       PolicyType = "role trust policy"
)

// Types are the types of policies that messages name.
func Types() []PolicyType {
	return []PolicyType{ServiceControl, ResourceControl, Boundary, Session, VPCEndpoint, ResourceBased, IdentityBased, RoleTrust}
}

// sentence is the form of the message: "User: USER is not authorized to perform: ACTION on resource: RESOURCE because REASON", with or without
// quotes, and the resource, if it is known: its ARN, or as Secrets Manager writes it the name that the request had. KMS writes "on the resource associated with this ciphertext" where it cannot tell the key.
var sentence = regexp.MustCompile(`(?s)(?:User|Principal): (\S+) is not authorized to perform: ([A-Za-z0-9-]+:[A-Za-z0-9*]+)` +
	`(?: on (?:the )?resource:? (?:"([^"]+)"|associated with this ciphertext|([^\s"]+)))?[\s.]*(.*)$`)

// expected is what errors expect.
const expected = `a message such as "User: arn:aws:sts::111111111111:assumed-role/ROLE/SESSION is not authorized to perform: s3:GetObject on resource: ` +
	`arn:aws:s3:::BUCKET/KEY because no identity-based policy allows the s3:GetObject action"`

// encoded is how EC2 and others encrypt the reason.
const encoded = "Encoded authorization failure message"

// broken is where a terminal or a document breaks a line.
var broken = regexp.MustCompile(`[ \t\r]*\n[ \t\r]*`)

// ParseMessage reads the message of an error, with whatever a program printed before it, also if its lines are broken.
func ParseMessage(text string) (Denial, error) {
	parts := sentence.FindStringSubmatch(strings.TrimSpace(broken.ReplaceAllString(text, " ")))
	if parts == nil {
		if strings.Contains(text, encoded) {
			return Denial{}, fmt.Errorf("found an encoded message, expected what `aws sts decode-authorization-message --encoded-message MESSAGE` makes of it, or %s", expected)
		}
		return Denial{}, fmt.Errorf("found %q, expected %s", text, expected)
	}
	d := Denial{Caller: parts[1], Action: parts[2], Resource: parts[3] + parts[4]}
	if i := strings.Index(parts[5], encoded); i >= 0 {
		parts[5] = parts[5][:i]
	}
	d.setReason(parts[5])
	return d, nil
}

// setReason reads the end of the message: "because no TYPE allows the ACTION action", or "with an explicit deny in a TYPE", which the ARN of the policy
// may follow.
func (d *Denial) setReason(text string) {
	text = strings.TrimRight(strings.TrimSpace(text), ".")
	if !strings.HasPrefix(text, "because ") && !strings.HasPrefix(text, "with ") {
		return
	}
	d.Reason = text
	d.Explicit = strings.Contains(text, "explicit deny")
	first := len(text)
	for _, t := range Types() {
		// The plural, too: "no resource-based policies allow access".
		for _, name := range []string{string(t), strings.TrimSuffix(string(t), "y") + "ies"} {
			if i := strings.Index(text, name); i >= 0 && i < first {
				first, d.Policy = i, t
			}
		}
	}
}

// Message is how AWS says it, in the form that [ParseMessage] reads. Without a type of policy it gives no reason.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
func (d Denial) Message() string {
	text := "User: " + d.Caller + " is not authorized to perform: " + d.Action
	if d.Resource != "" {
		text += " on resource: \"" + d.Resource + "\""
	}
	switch {
	case d.Policy == "":
		return text
	case d.Explicit:
		article := "a "
		if d.Policy == IdentityBased {
			article = "an "
		}
		return text + " with an explicit deny in " + article + string(d.Policy)
	}
	return text + " because no " + string(d.Policy) + " allows the " + d.Action + " action"
}
