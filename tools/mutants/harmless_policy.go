package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof"
)

// harmlessPolicyOperators write policies in other places or pieces, or add conditions and organizational policies that what has to work meets.
func harmlessPolicyOperators() []*operator {
	return []*operator{
		statementOperator("two statements in one", func(s *statement) []change { return append(s.merged("Action"), s.merged("Resource")...) }),
		statementOperator("the source account beside the source ARN", (*statement).ofSourceAccount),
		on("a policy in two", isOwnPolicy, func(r *resource) []change {
			statements := place{"Properties", "PolicyDocument", "Statement"}
			all := list(at(r.raw, statements))
			if len(all) < 2 {
				return nil
			}
			rest := with(with(r.raw, statements, all[1:]), place{"Properties", "PolicyName"}, "rest")
			return []change{newChange(r.at.then(statements...), all[:1], nil, "the rest in another").with(r.add("", map[string]any{"OtherPolicy": rest}))}
		}),
		on("two policies in one", isOwnPolicy, func(r *resource) (all []change) {
			for _, other := range r.others() {
				if reflect.DeepEqual(other.property("Roles"), r.property("Roles")) && !marked(other) && !marked(r) {
					statements := place{"Properties", "PolicyDocument", "Statement"}
					both := slices.Concat(list(at(r.raw, statements)), list(at(other.raw, statements)))
					all = append(all, r.whole(with(with(r.subject.templates[r.template], r.at.then(statements...), both), other.at, nothing{}), other.LogicalID, r.LogicalID))
				}
			}
			return all
		}),
		on("inline in the role", isOwnPolicy, func(r *resource) []change {
			role, _ := object(at(r.property("Roles"), place{0}))["Ref"].(string)
			template := r.subject.templates[r.template]
			p := place{"Resources", role, "Properties", "Policies"}
			if len(list(r.property("Roles"))) != 1 || at(template, p[:2]) == nil || marked(r) {
				return nil
			}
			inline := map[string]any{"PolicyName": r.property("PolicyName"), "PolicyDocument": r.property("PolicyDocument")}
			return []change{r.whole(with(with(template, p, append(slices.Clone(list(at(template, p))), inline)), r.at, nothing{}), r.LogicalID, role)}
		}),
		on("another logical id", hasRenamableID, func(r *resource) []change {
			template := r.subject.templates[r.template]
			return []change{r.whole(with(with(template, place{"Resources", r.LogicalID + "Renamed"}, r.raw), r.at, nothing{}), r.LogicalID, r.LogicalID+"Renamed")}
		}),
		organizational("an SCP on regions", func(s *subject) map[string]any {
			return map[string]any{"Effect": "Deny", "NotAction": []any{"cloudfront:*", "iam:*", "organizations:*", "route53:*", "sts:*", "support:*"}, "Resource": "*",
				"Condition": map[string]any{"StringNotEquals": map[string]any{"aws:RequestedRegion": s.regions()}}}
		}),
		organizational("an SCP that keeps accounts in the organization", func(*subject) map[string]any {
			return map[string]any{"Effect": "Deny", "Action": "organizations:LeaveOrganization", "Resource": "*"}
		}),
		organizational("an SCP without root users", func(*subject) map[string]any {
			return map[string]any{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": map[string]any{"ArnLike": map[string]any{"aws:PrincipalArn": "arn:aws:iam::*:root"}}}
		}),
	}
}

// merged is a policy with one statement instead of two that differ in one element only, and in their names.
func (s *statement) merged(element string) []change {
	last := len(s.in) - 1
	i, ok := s.in[last].(int)
	if !ok || s.raw[element] == nil {
		return nil
	}
	in := s.in[:last]
	all := list(at(s.resource.raw["Properties"], in))
	rest := func(statement map[string]any) map[string]any {
		statement = maps.Clone(statement)
		delete(statement, "Sid")
		delete(statement, element)
		return statement
	}
	for k := i + 1; k < len(all); k++ {
		other := object(all[k])
		if other[element] == nil || !reflect.DeepEqual(rest(s.raw), rest(other)) {
			continue
		}
		one := maps.Clone(s.raw)
		one[element] = slices.Concat(list(s.raw[element]), list(other[element]))
		return []change{newChange(s.at.then("Properties").then(in...), without(instead(all, i, one), k), s.in, "the "+element+" of both")}
	}
	return nil
}

// ofSourceAccount asks for the account of the ARN that a service's statement asks for.
func (s *statement) ofSourceAccount() []change {
	for operator := range object(s.raw["Condition"]) {
		source := place{"Condition", operator, "aws:SourceArn"}
		if s.raw["Effect"] != "Allow" || at(s.raw, source) == nil || at(s.raw, place{"Condition", "StringEquals", "aws:SourceAccount"}) != nil {
			continue
		}
		text := s.text(s.in.then(source...))
		if text == "" {
			text = s.text(s.in.then(source...).then(0))
		}
		if arn.Account(text) == s.Stack.Account {
			return []change{s.set("Condition", with(s.raw["Condition"], place{"StringEquals", "aws:SourceAccount"}, s.Stack.Account), s.Stack.Account)}
		}
	}
	return nil
}

// marked says that a mark on a resource says that it has to work.
func marked(r *resource) bool {
	for key := range r.Metadata {
		if strings.HasPrefix(key, contract.MetadataPrefix) {
			return true
		}
	}
	return false
}

// whole is the whole template instead, in which every reference to one logical id is to another.
func (r *resource) whole(template any, from, to string) change {
	text, err := json.Marshal(template)
	if err != nil {
		panic(err) // it was read from JSON
	}
	replaced := strings.NewReplacer(`"`+from+`"`, `"`+to+`"`, "${"+from+"}", "${"+to+"}", "${"+from+".", "${"+to+".").Replace(string(text))
	d := json.NewDecoder(strings.NewReader(replaced))
	d.UseNumber()
	var changed any
	if err := d.Decode(&changed); err != nil {
		panic(err) // logical ids are letters and digits
	}
	return change{value: changed, what: fmt.Sprintf("%s for %s", to, from)}
}

// hasRenamableID says that the logical id of a resource may be any other: it has a name of its own, or none.
func hasRenamableID(r *resource) bool {
	return slices.Contains([]string{"AWS::DynamoDB::Table", "AWS::EC2::VPCEndpoint", "AWS::IAM::Policy", "AWS::IAM::Role", "AWS::KMS::Key", "AWS::Lambda::Function",
		"AWS::Lambda::Permission", "AWS::S3::Bucket", "AWS::S3::BucketPolicy", "AWS::SQS::Queue", "AWS::SQS::QueuePolicy"}, r.Type)
}

// organizational is an operator that gives the proof an SCP for every account, beside the one that permits everything.
func organizational(name string, statement func(*subject) map[string]any) *operator {
	return on(name, isFirst, func(r *resource) []change {
		var level []*policy.Document
		for _, one := range []map[string]any{allow("*", "*"), statement(r.subject)} {
			text, err := json.Marshal(document(one))
			if err != nil {
				panic(err) // plain data
			}
			d, err := policy.Parse(text)
			if err != nil {
				panic(err) // written above
			}
			level = append(level, d)
		}
		c := change{at: r.at, value: r.raw, what: "for every account", options: proof.Options{ServiceControl: map[string][][]*policy.Document{}}}
		for _, one := range r.subject.resources {
			c.options.ServiceControl[one.Stack.Account] = [][]*policy.Document{level}
		}
		return []change{c}
	})
}

// regions are those of the stacks, sorted.
func (s *subject) regions() []any {
	found := map[string]bool{}
	for _, r := range s.resources {
		found[r.Stack.Region] = true
	}
	var all []any
	for _, region := range sorted(found) {
		all = append(all, region)
	}
	return all
}
