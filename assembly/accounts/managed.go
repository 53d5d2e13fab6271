package accounts

import (
	"embed"
	"path"
	"strings"

	"github.com/crossgrant/crossgrant/policy"
)

// builtIn are managed policies of AWS that many apps have, as its reference shows them.
// https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
//
//go:embed managed/*.json
var builtIn embed.FS

// ownManaged reads the managed policies of the templates.
func (a *Accounts) ownManaged() {
	for _, r := range a.assembly.OfType("AWS::IAM::ManagedPolicy") {
		a.managed[r.ARN] = a.document(r, "PolicyDocument", r.Properties["PolicyDocument"], "the managed policy "+r.Name)
	}
}

// byName returns a managed policy; one that nobody has given is unknown. Those of AWS permit; few deny, and say so in their name.
func (a *Accounts) byName(arn, what string) *policy.Document {
	if d := a.managed[arn]; d != nil {
		return d
	}
	name := path.Base(arn)
	ofAWS := strings.Contains(arn, ":iam::aws:policy/")
	d := unknownDocument(arn, !ofAWS || strings.Contains(name, "Deny") || strings.Contains(name, "Quarantine"))
	if ofAWS {
		if text, err := builtIn.ReadFile("managed/" + name + ".json"); err == nil {
			if d, err = policy.Parse(text); err != nil {
				panic(err) // the file is ours
			}
		}
	}
	d.Name = what + " " + name
	a.managed[arn] = d
	return d
}
