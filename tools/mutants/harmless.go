package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// harmlessEdits are all operators that change nothing which a grant is about, in the order of the table. Each edit has to stay proved.
func harmlessEdits() []*operator {
	return slices.Concat(harmlessOperators(), harmlessPolicyOperators())
}

// harmlessOperators change how an assembly is written, or what no grant is about.
func harmlessOperators() []*operator {
	return []*operator{
		{name: "actions in another case", statement: func(s *statement) []change {
			actions := list(s.raw["Action"])
			if len(actions) == 0 {
				return nil
			}
			var lower []any
			for _, action := range actions {
				lower = append(lower, strings.ToLower(word(action)))
			}
			return []change{s.set("Action", lower, "lower case")}
		}},
		reversed("Action"), reversed("Resource"), listed("Action"), listed("Resource"),
		{name: "no Sid", statement: func(s *statement) []change {
			if s.raw["Sid"] == nil {
				return nil
			}
			return []change{s.set("Sid", nothing{}, "none")}
		}},
		{name: "another Sid", statement: func(s *statement) []change { return []change{s.set("Sid", "Renamed", "Renamed")} }},
		{name: "the statement twice", statement: func(s *statement) []change {
			twice := maps.Clone(s.raw)
			delete(twice, "Sid")
			return s.instead(s.raw, twice)
		}},
		{name: "one statement for each action", statement: func(s *statement) []change { return s.split("Action") }},
		{name: "one statement for each resource", statement: func(s *statement) []change { return s.split("Resource") }},
		{name: "an operator that means the same", statement: eachKey(func(s *statement, operator, key string) []change {
			same := map[string]string{"ArnEquals": "ArnLike", "ArnLike": "ArnEquals", "StringEquals": "StringLike"}[operator]
			values := list(at(s.raw["Condition"], place{operator, key}))
			if same == "" || slices.ContainsFunc(values, func(v any) bool { return operator == "StringEquals" && strings.ContainsAny(word(v), "*?") }) {
				return nil
			}
			return []change{s.renamed(operator, same)}
		})},
		{name: "a condition key in another case", statement: eachKey(func(s *statement, operator, key string) []change {
			conditions := with(s.raw["Condition"], place{operator, key}, nothing{})
			conditions = with(conditions, place{operator, strings.ToUpper(key)}, object(object(s.raw["Condition"])[operator])[key])
			if strings.Contains(key, "/") { // the keys of tags
				return nil
			}
			return []change{s.set("Condition", conditions, strings.ToUpper(key), operator, key)}
		})},
		{name: "an account by its id", statement: func(s *statement) (all []change) {
			for i := range list(object(s.raw["Principal"])["AWS"]) {
				if arn := s.elementText("Principal", "AWS", i); nameOf(arn) == "root" {
					changed := with(s.raw["Principal"], place{"AWS"}, instead(object(s.raw["Principal"])["AWS"], i, accountOf(arn)))
					all = append(all, s.set("Principal", changed, accountOf(arn), "AWS", i))
				}
			}
			return all
		}},
		{name: "* for AWS: *", statement: func(s *statement) []change {
			if s.raw["Effect"] != "Deny" || !everyone(s.raw["Principal"]) || s.raw["Principal"] == "*" {
				return nil
			}
			return []change{s.set("Principal", "*", "*")}
		}},
		on("no stranger deletes the bucket", isBucketPolicy, func(r *resource) []change {
			return []change{r.moreStatements("Deny", map[string]any{"Effect": "Deny", "Principal": foreignRoot(), "Action": "s3:DeleteBucket", "Resource": r.bucket()})}
		}),
		on("a stranger denied", isBucketPolicy, func(r *resource) []change {
			return []change{r.moreStatements("Deny", map[string]any{"Effect": "Deny", "Principal": foreignRoot(), "Action": "s3:*", "Resource": r.bucket() + "/*"})}
		}),
		on("delegated to its own access points", isBucketPolicy, func(r *resource) []change {
			return []change{r.moreStatements("Allow", map[string]any{"Effect": "Allow", "Principal": map[string]any{"AWS": "*"}, "Action": "s3:*",
				"Resource":  []any{r.bucket(), r.bucket() + "/*"},
				"Condition": map[string]any{"StringEquals": map[string]any{"s3:DataAccessPointAccount": r.Stack.Account}}})}
		}),
		on("a managed policy instead", isOwnPolicy, func(r *resource) []change {
			return []change{r.as("AWS::IAM::ManagedPolicy", map[string]any{"PolicyDocument": r.property("PolicyDocument"), "Roles": r.property("Roles")})}
		}),
		on("a role policy instead", isOwnPolicy, func(r *resource) []change {
			roles := list(r.property("Roles"))
			if len(roles) != 1 {
				return nil
			}
			return []change{r.as("AWS::IAM::RolePolicy", map[string]any{"PolicyDocument": r.property("PolicyDocument"), "PolicyName": r.property("PolicyName"), "RoleName": roles[0]})}
		}),
		adding("an unknown AWS managed policy of a bystander", isFirst, bystander(map[string]any{"ManagedPolicyArns": []any{"arn:aws:iam::aws:policy/service-role/SomeServiceRole"}}, nil)),
		adding("another account's role for something else", isFirst, func(r *resource) map[string]any {
			return map[string]any{"Other": otherRole(trusting(foreignRoot()), allow("s3:GetObject", "arn:aws:s3:::something-else/*"))}
		}),
		adding("a function of nobody", isFirst, bystander(nil, map[string]any{"OtherFunction": made("AWS::Lambda::Function", map[string]any{
			"Role": map[string]any{"Fn::GetAtt": []any{"Other", "Arn"}}, "Runtime": "nodejs24.x", "Handler": "index.handler", "Code": map[string]any{"ZipFile": "exports.handler = async () => {}"}})})),
		{name: "a closed endpoint of a service that no grant is about", resource: besideGateway(map[string]any{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"})},
		{name: "an endpoint for one account", resource: besideGateway(map[string]any{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*",
			"Condition": map[string]any{"StringEquals": map[string]any{"aws:PrincipalAccount": "111111111111"}}})},
		unrelated("a bucket", "AWS::S3::Bucket", nil), unrelated("a queue", "AWS::SQS::Queue", nil), unrelated("a topic", "AWS::SNS::Topic", nil),
		unrelated("a log group", "AWS::Logs::LogGroup", map[string]any{"RetentionInDays": 30}),
		unrelated("a parameter", "AWS::SSM::Parameter", map[string]any{"Type": "String", "Value": "other"}),
		unrelated("a dashboard", "AWS::CloudWatch::Dashboard", map[string]any{"DashboardBody": "{}"}),
		unrelated("a bus", "AWS::Events::EventBus", map[string]any{"Name": "something-else"}),
		unrelated("a secret", "AWS::SecretsManager::Secret", nil),
		adding("an alias of the key", isDataKey, func(r *resource) map[string]any {
			return map[string]any{"OtherAlias": made("AWS::KMS::Alias", map[string]any{"AliasName": "alias/other", "TargetKeyId": ref(r)})}
		}),
		setting("the key rotates", isDataKey, true, "EnableKeyRotation"), setting("a longer wait for deletion", isDataKey, 30, "PendingWindowInDays"),
		setting("a lifecycle rule", isBucket, map[string]any{"Rules": []any{map[string]any{"Status": "Enabled", "NoncurrentVersionExpiration": map[string]any{"NoncurrentDays": 30}}}}, "LifecycleConfiguration"),
		setting("versioning", isBucket, map[string]any{"Status": "Enabled"}, "VersioningConfiguration"),
		// The bucket of the logs has to be of the same account: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html
		setting("access logs", isBucket, map[string]any{"DestinationBucketName": "logs"}, "LoggingConfiguration"),
		setting("bucket metrics", isBucket, []any{map[string]any{"Id": "all"}}, "MetricsConfigurations"),
		setting("more memory", isWorkload, 1024, "MemorySize"), setting("tracing", isWorkload, map[string]any{"Mode": "PassThrough"}, "TracingConfig"),
		setting("a variable of its own", isWorkload, "debug", "Environment", "Variables", "LOG_LEVEL"),
		adding("a version and an alias", isWorkload, func(r *resource) map[string]any {
			return map[string]any{"OtherVersion": made("AWS::Lambda::Version", map[string]any{"FunctionName": ref(r)}),
				"OtherAlias": made("AWS::Lambda::Alias", map[string]any{"FunctionName": ref(r), "Name": "live", "FunctionVersion": map[string]any{"Fn::GetAtt": []any{"OtherVersion", "Version"}}})}
		}),
		setting("a pattern for what each event has", isRule, []any{map[string]any{"exists": true}}, "EventPattern", "detail", "request-id"),
		setting("a pattern for every way to create", isRule, []any{"PutObject", "POST Object", "CopyObject", "CompleteMultipartUpload"}, "EventPattern", "detail", "reason"),
		target("the whole event by its path", func(*resource) any { return "$" }, "InputPath"),
		setting("a longer visibility timeout", isEventQueue, 3600, "VisibilityTimeout"), setting("a longer retention", isEventQueue, 1209600, "MessageRetentionPeriod"),
		on("retained when it is deleted", isData, func(r *resource) []change { return []change{{at: r.at.then("DeletionPolicy"), value: "Retain"}} }),
		on("retained when it is replaced", isData, func(r *resource) []change { return []change{{at: r.at.then("UpdateReplacePolicy"), value: "Retain"}} }),
		setting("tags", isData, []any{map[string]any{"Key": "team", "Value": "other"}}, "Tags"), setting("a description", isGrantRole, "other", "Description"),
		on("a condition that is true", isData, func(r *resource) []change {
			return []change{{at: r.at.then("Condition"), value: "Always", what: "Always", more: []edit{{at: place{"Conditions", "Always"}, value: map[string]any{"Fn::Equals": []any{"a", "a"}}}}}}
		}),
		on("an output", isData, func(r *resource) []change {
			return []change{{at: place{"Outputs", "Other"}, value: map[string]any{"Value": get(r, "Arn"), "Export": map[string]any{"Name": "other"}}}}
		}),
		on("keys in another order", isFirst, func(r *resource) []change { return []change{{at: r.at, value: r.raw, what: "sorted"}} }),
	}
}

// mostPolicy is the longest policy of a bucket, a table or an endpoint, in characters: AWS would refuse a longer one, so it is not harmless.
// See https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html and
// https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-limits-endpoints.html.
const mostPolicy = 20480

// instead is a policy with other statements in the place of one.
func (s *statement) instead(statements ...any) []change {
	last := len(s.in) - 1
	i, ok := s.in[last].(int)
	if !ok {
		return nil
	}
	all := list(at(s.resource.raw["Properties"], s.in[:last]))
	changed := slices.Concat(all[:i], statements, all[i+1:])
	// With intrinsic functions, a policy is longer in the template than after its deployment.
	if text, err := json.Marshal(changed); err != nil || len(text) > mostPolicy {
		return nil
	}
	return []change{newChange(s.at.then("Properties").then(s.in[:last]...), changed, s.in, "in place of one")}
}

// split is a policy with one statement for each item of an element.
func (s *statement) split(element string) []change {
	items := list(s.raw[element])
	if len(items) < 2 {
		return nil
	}
	var statements []any
	for _, item := range items {
		one := maps.Clone(s.raw)
		delete(one, "Sid")
		one[element] = item
		statements = append(statements, one)
	}
	return s.instead(statements...)
}

func reversed(element string) *operator {
	return statementOperator(element+" in another order", func(s *statement) []change {
		items := slices.Clone(list(s.raw[element]))
		if len(items) < 2 {
			return nil
		}
		slices.Reverse(items)
		return []change{s.set(element, items, "reversed")}
	})
}

func listed(element string) *operator {
	return statementOperator(element+" as a list or not", func(s *statement) []change {
		items, isList := s.raw[element].([]any)
		switch {
		case isList && len(items) == 1:
			return []change{s.set(element, items[0], "one")}
		case !isList && s.raw[element] != nil:
			return []change{s.set(element, []any{s.raw[element]}, "a list of one")}
		}
		return nil
	})
}

func isOwnPolicy(r *resource) bool { return r.Type == "AWS::IAM::Policy" }

// as is a resource of another type, with all that is not its properties.
func (r *resource) as(kind string, properties map[string]any) change {
	changed := maps.Clone(r.raw)
	changed["Type"], changed["Properties"] = kind, properties
	return change{at: r.at, value: changed, what: kind}
}

// bystander is a role that a service of its own account assumes, with other resources.
func bystander(role, more map[string]any) func(*resource) map[string]any {
	return func(*resource) map[string]any {
		properties := map[string]any{"AssumeRolePolicyDocument": trusting(map[string]any{"Service": "lambda.amazonaws.com"})}
		maps.Copy(properties, role)
		resources := map[string]any{"Other": made("AWS::IAM::Role", properties)}
		maps.Copy(resources, more)
		return resources
	}
}

func unrelated(name, kind string, properties map[string]any) *operator {
	return adding(name+" of nobody", isFirst, func(*resource) map[string]any { return map[string]any{"Other": made(kind, properties)} })
}

// reportAlarms prints the table of harmless edits, and those that were reported. It says whether none was.
func reportAlarms(w io.Writer, all []*mutant) bool {
	counts, total := map[string]*count{}, &count{}
	for _, m := range all {
		if counts[m.operator.name] == nil {
			counts[m.operator.name] = &count{}
		}
		counts[m.operator.name].add(m)
		total.add(m)
	}
	const row = "%-50s %7v %8v %12v %13v\n"
	fmt.Fprintf(w, row, "harmless edit", "tried", "proved", "false alarms", "(undecided)")
	for _, o := range harmlessEdits() {
		if c := counts[o.name]; c != nil {
			fmt.Fprintf(w, row, o.name, c.tried, c.survived, c.noticed, c.undecided)
		}
	}
	fmt.Fprintf(w, row, "all", total.tried, total.survived, total.noticed, total.undecided)
	fmt.Fprintf(w, "\n%d kinds of harmless edits, %d false alarms\n", len(counts), total.noticed)
	for _, m := range all {
		if m.outcome.noticed() {
			fmt.Fprintf(w, "false alarm: %s: %s: %s\n", m, m.outcome, m.reason)
		}
	}
	return total.noticed == 0
}
