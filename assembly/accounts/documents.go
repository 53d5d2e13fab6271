package accounts

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// PolicyDocument is a policy in the properties of a resource.
type PolicyDocument struct {
	// Resource is the resource whose properties have the policy.
	Resource *assembly.Resource
	// Place is the property, such as "Policies[0].PolicyDocument".
	Place string
	// Kind is the kind of policy as which AWS validates it.
	Kind policy.Kind
	// Document is the policy. Its name says where it is.
	Document *policy.Document
	// Value is the property, with what is resolved.
	Value any
}

// documentPlaces are the properties that hold a whole policy, by type; "*" stands for each item of a list. AWS::Lambda::Permission and similar
// types have properties of which AWS makes a statement itself.
var documentPlaces = map[string]map[string]policy.Kind{
	"AWS::DynamoDB::GlobalTable": {"Replicas.*.ResourcePolicy.PolicyDocument": policy.Resource},
	"AWS::EC2::VPCEndpoint":      {"PolicyDocument": policy.Endpoint},
	"AWS::IAM::Group":            {"Policies.*.PolicyDocument": policy.Identity},
	"AWS::IAM::ManagedPolicy":    {"PolicyDocument": policy.Boundary}, // any managed policy can be a permissions boundary, and has the same size limit
	"AWS::IAM::Role":             {"AssumeRolePolicyDocument": policy.Trust, "Policies.*.PolicyDocument": policy.Identity},
	"AWS::IAM::User":             {"Policies.*.PolicyDocument": policy.Identity},
}

// Documents returns the policies in the templates that can be read, in the order of the stacks and their resources. A policy that cannot be read
// is in the notes.
func (a *Accounts) Documents() []PolicyDocument {
	var all []PolicyDocument
	for _, s := range a.assembly.Stacks {
		for _, r := range s.Resources {
			add := func(place []string, kind policy.Kind) { all = documentsAt(all, r, r.Properties, "", place, kind) }
			if r.Type == "AWS::Organizations::Policy" {
				if kind, ok := organizationKinds[text(r.Properties["Type"])]; ok {
					add([]string{"Content"}, kind)
				}
			}
			if place := embeddedPolicy[r.Type]; place != nil {
				add(place, policy.Resource)
			}
			if t, ok := policyTypes[r.Type]; ok {
				add([]string{t.document}, policy.Resource)
			}
			if _, ok := attachments[r.Type]; ok && documentPlaces[r.Type] == nil {
				add([]string{"PolicyDocument"}, policy.Identity)
			}
			for _, place := range slices.Sorted(maps.Keys(documentPlaces[r.Type])) {
				add(strings.Split(place, "."), documentPlaces[r.Type][place])
			}
		}
	}
	return all
}

// organizationKinds are the types of AWS::Organizations::Policy that are written in the policy language.
var organizationKinds = map[string]policy.Kind{"SERVICE_CONTROL_POLICY": policy.ServiceControl, "RESOURCE_CONTROL_POLICY": policy.ResourceControl}

// documentsAt adds the policies at a place within a value.
func documentsAt(all []PolicyDocument, r *assembly.Resource, value any, at string, place []string, kind policy.Kind) []PolicyDocument {
	switch {
	case value == nil:
	case len(place) == 0:
		document, err := json.Marshal(value)
		if err != nil {
			return all // strings, numbers and booleans only
		}
		if d, err := policy.Parse(document); err == nil {
			d.Name = "the policy in " + at + " of " + DisplayName(r)
			all = append(all, PolicyDocument{r, at, kind, d, value})
		}
	case place[0] == "*":
		for i, item := range assembly.Listed(value) {
			all = documentsAt(all, r, item, fmt.Sprintf("%s[%d]", at, i), place[1:], kind)
		}
	default:
		inside := place[0]
		if at != "" {
			inside = at + "." + inside
		}
		all = documentsAt(all, r, dig(value, place[0]), inside, place[1:], kind)
	}
	return all
}
