package main

import (
	"maps"
	"strings"
)

// unreadOperators put into a template what the proof cannot read, or what nothing reads.
func unreadOperators() []*operator {
	return []*operator{
		on("a macro", isFirst, func(r *resource) []change {
			return []change{{at: place{"Transform"}, value: []any{"OtherMacro"}, what: "OtherMacro"}}
		}),
		on("a SAM transform", isFirst, func(r *resource) []change {
			c := r.add("AWS::Serverless-2016-10-31", map[string]any{"OtherFunction": made("AWS::Serverless::Function", map[string]any{"Handler": "index.handler",
				"Runtime": "nodejs24.x", "InlineCode": "exports.handler = async () => {}", "FunctionUrlConfig": map[string]any{"AuthType": "NONE"}})})
			c.more = append(c.more, edit{at: place{"Transform"}, value: "AWS::Serverless-2016-10-31"})
			return []change{c}
		}),
		on("an include", isData, func(r *resource) []change {
			include := map[string]any{"Name": "AWS::Include", "Parameters": map[string]any{"Location": "s3://other/properties.json"}}
			return []change{r.setIn(include, "AWS::Include", "Fn::Transform")}
		}),
		adding("a custom resource told of it", isData, func(r *resource) map[string]any {
			return map[string]any{"Other": made("AWS::CloudFormation::CustomResource", map[string]any{"ServiceToken": "arn:aws:lambda:" + r.Stack.Region + ":" + r.Stack.Account + ":function:other",
				"Name": ref(r)})}
		}),
		adding("a custom resource told of the role", isGrantRole, func(r *resource) map[string]any {
			return map[string]any{"Other": made("Custom::Other", map[string]any{"ServiceToken": "arn:aws:lambda:" + r.Stack.Region + ":" + r.Stack.Account + ":function:other",
				"Role": get(r, "Arn")})}
		}),
		adding("a nested stack told of it", isData, func(r *resource) map[string]any {
			return map[string]any{"Other": made("AWS::CloudFormation::Stack", map[string]any{"TemplateURL": "https://other.s3.amazonaws.com/other.template.json",
				"Parameters": map[string]any{"Name": ref(r)}})}
		}),
		adding("a module told of it", isData, func(r *resource) map[string]any {
			return map[string]any{"Other": made("Other::S3::Access::MODULE", map[string]any{"Bucket": ref(r)})}
		}),
		adding("a type of a third party told of it", isData, func(r *resource) map[string]any {
			return map[string]any{"Other": made("Other::Data::Reader", map[string]any{"Arn": get(r, "Arn")})}
		}),
		adding("a type of a third party told of the role", isGrantRole, func(r *resource) map[string]any {
			return map[string]any{"Other": made("Other::Identity::Reader", map[string]any{"Role": get(r, "Arn")})}
		}),
		adding("a type of a third party told of the function", isWorkload, func(r *resource) map[string]any {
			return map[string]any{"Other": made("Other::Function::Caller", map[string]any{"Function": get(r, "Arn")})}
		}),
		on("a mark that nothing tries", isOne("AWS::Logs::LogGroup"), func(r *resource) []change {
			return []change{r.mark("CrossGrant::MustWork", true)}
		}),
		on("a mark that nobody knows", isData, func(r *resource) []change { return []change{r.mark("CrossGrant::HaveToWork", true)} }),
		on("one half of a declaration changed", isFirst, declared(func(half map[string]any) {
			half["permissions"] = []any{map[string]any{"sid": "Other", "actions": []any{"s3:*"}, "resources": []any{"*"}}}
		})),
		on("one half for other grantees", isFirst, declared(func(half map[string]any) { half["grantees"] = []any{"arn:aws:iam::" + foreignAccount + ":role/other"} })),
	}
}

// isOne says that a resource is the first of a type in its template.
func isOne(kind string) func(*resource) bool {
	return func(r *resource) bool {
		for _, other := range r.subject.resources {
			if other.template == r.template && other.Type == kind {
				return other == r
			}
		}
		return false
	}
}

// mark is a resource with more metadata.
func (r *resource) mark(key string, value any) change {
	return change{at: r.at.then("Metadata", key), value: value, shown: place{"Metadata", key}, what: key}
}

// declared is an operator that changes one half of the first grant that a template declares.
func declared(other func(map[string]any)) func(*resource) []change {
	return func(r *resource) []change {
		metadata := object(at(r.subject.templates[r.template], place{"Metadata"}))
		for _, key := range sorted(metadata) {
			if declares(key) && (strings.Contains(key, "::Source::") || strings.Contains(key, "::Target::")) {
				half := maps.Clone(object(metadata[key]))
				other(half)
				return []change{{at: place{"Metadata", key}, value: half, shown: place{key}, what: "its digest as it was"}}
			}
		}
		return nil
	}
}

// regionOperators deploy a stack elsewhere.
func regionOperators() []*operator {
	return []*operator{
		elsewhere("the stack in another region", func(account, _ string) string { return "aws://" + account + "/eu-south-2" }),
		elsewhere("the stack in another account", func(_, region string) string { return "aws://" + foreignAccount + "/" + region }),
	}
}

func elsewhere(name string, environment func(account, region string) string) *operator {
	return on(name, isFirst, func(r *resource) []change {
		artifacts := object(object(r.subject.templates[manifestFile])["artifacts"])
		for _, id := range sorted(artifacts) {
			if at(artifacts[id], place{"properties", "templateFile"}) == r.template {
				to := environment(r.Stack.Account, r.Stack.Region)
				return []change{{at: nil, value: r.subject.templates[r.template], what: to,
					more: []edit{{manifestFile, place{"artifacts", id, "environment"}, to}}}}
			}
		}
		return nil
	})
}
