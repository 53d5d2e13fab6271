package main

import "maps"

// Kinds of policies, by what they are attached to.
const (
	identity = "identity"
	trust    = "trust"
	guarding = "resource" // of a bucket, a table, a key, a topic
	endpoint = "endpoint"
)

// site is where policies stand in the properties of a type.
type site struct {
	kind string
	at   place
}

// sites are the types that hold policies.
var sites = map[string][]site{
	"AWS::DynamoDB::Table":                {{guarding, place{"ResourcePolicy", "PolicyDocument"}}},
	"AWS::EC2::VPCEndpoint":               {{endpoint, place{"PolicyDocument"}}},
	"AWS::IAM::ManagedPolicy":             {{identity, place{"PolicyDocument"}}},
	"AWS::IAM::Policy":                    {{identity, place{"PolicyDocument"}}},
	"AWS::IAM::Role":                      {{trust, place{"AssumeRolePolicyDocument"}}},
	"AWS::IAM::RolePolicy":                {{identity, place{"PolicyDocument"}}},
	"AWS::KMS::Key":                       {{guarding, place{"KeyPolicy"}}},
	"AWS::S3::BucketPolicy":               {{guarding, place{"PolicyDocument"}}},
	"AWS::SNS::TopicPolicy":               {{guarding, place{"PolicyDocument"}}},
	"AWS::SQS::QueuePolicy":               {{guarding, place{"PolicyDocument"}}},
	"AWS::SecretsManager::ResourcePolicy": {{guarding, place{"ResourcePolicy"}}},
}

// statement is one of a policy in a template.
type statement struct {
	*resource
	kind string
	// in is its place within the properties; raw is it as it is written.
	in    place
	raw   map[string]any
	alone bool // in its policy
}

// statements are those of all policies of a resource.
func (r *resource) statements() []*statement {
	found := sites[r.Type]
	if r.Type == "AWS::IAM::Role" {
		for i := range list(r.property("Policies")) {
			found = append(found[:len(found):len(found)], site{identity, place{"Policies", i, "PolicyDocument"}})
		}
	}
	if r.Type == "AWS::DynamoDB::GlobalTable" {
		for i := range list(r.property("Replicas")) {
			found = append(found, site{guarding, place{"Replicas", i, "ResourcePolicy", "PolicyDocument"}})
		}
	}
	var all []*statement
	for _, s := range found {
		items, ok := at(r.raw["Properties"], s.at.then("Statement")).([]any)
		for i := range items {
			all = append(all, &statement{r, s.kind, s.at.then("Statement", i), object(items[i]), len(items) == 1})
		}
		if one := object(at(r.raw["Properties"], s.at.then("Statement"))); !ok && one != nil {
			all = append(all, &statement{r, s.kind, s.at.then("Statement"), one, true})
		}
	}
	return all
}

// set is the statement with another value of one element; shown is where in the element, if not all of it changes.
func (s *statement) set(element string, value any, what string, shown ...any) change {
	changed := maps.Clone(s.raw)
	changed[element] = value
	if _, drop := value.(nothing); drop {
		delete(changed, element)
	}
	return change{s.at.then("Properties").then(s.in...), changed, s.in.then(element).then(shown...), what}
}

// swapped is the statement with one element under another name, such as NotAction for Action.
func (s *statement) swapped(from, to string) []change {
	value, ok := s.raw[from]
	if !ok {
		return nil
	}
	c := s.set(from, nothing{}, to)
	c.value.(map[string]any)[to] = value
	return []change{c}
}

// elementText is what an item of an element resolves to.
func (s *statement) elementText(steps ...any) string {
	p := s.in.then(steps...)
	if text := s.text(p); text != "" {
		return text
	}
	if last := len(p) - 1; p[last] == 0 {
		return s.text(p[:last]) // one that stands alone
	}
	return ""
}

var statementOperators = []*operator{
	{name: "drop the statement", statement: func(s *statement) []change {
		if s.alone { // AWS takes no policy without statements
			return []change{s.set("Action", "none:Nothing", "nothing")}
		}
		return []change{{s.at.then("Properties").then(s.in...), nothing{}, s.in, "no more"}}
	}},
	{name: "flip the effect", statement: func(s *statement) []change {
		if s.raw["Effect"] == "Allow" {
			return []change{s.set("Effect", "Deny", "Deny")}
		}
		return []change{s.set("Effect", "Allow", "Allow")}
	}},
}
