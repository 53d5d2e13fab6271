package main

import "slices"

// doorOperators add what lets somebody else in.
var doorOperators = []*operator{
	{name: "a statement for others", resource: func(r *resource) (all []change) {
		for _, s := range r.policies() {
			for _, who := range r.strangers() {
				statement := map[string]any{"Effect": "Allow", "Principal": who, "Action": s.action, "Resource": s.resource}
				if s.resource == "" {
					delete(statement, "Resource")
				}
				document := at(r.raw["Properties"], s.at)
				statements := append(slices.Clone(list(object(document)["Statement"])), statement)
				changed := map[string]any{"Version": "2012-10-17", "Statement": statements}
				all = append(all, change{r.at.then("Properties").then(s.at...), changed, s.at.then("Statement"), s.action + " for " + name(who)})
			}
		}
		return all
	}},
	{name: "a role for others", resource: func(r *resource) (all []change) {
		action := everything[r.Type]
		if action == "" {
			return nil
		}
		rights := document(map[string]any{"Effect": "Allow", "Action": action, "Resource": "*"})
		for _, who := range r.strangers() {
			role := map[string]any{"Type": "AWS::IAM::Role", "Properties": map[string]any{"RoleName": "door",
				"AssumeRolePolicyDocument": document(map[string]any{"Effect": "Allow", "Principal": who, "Action": "sts:AssumeRole"}),
				"Policies":                 []any{map[string]any{"PolicyName": "data", "PolicyDocument": rights}}}}
			all = append(all, change{place{"Resources", "Door"}, role, nil, "which lets in " + name(who)})
		}
		return all
	}},
}

// everything is all that may be done with a type of resource.
var everything = map[string]string{"AWS::DynamoDB::GlobalTable": "dynamodb:*", "AWS::DynamoDB::Table": "dynamodb:*",
	"AWS::S3::Bucket": "s3:*", "AWS::SNS::Topic": "sns:*"}

// opening is a policy that may let others in, with what it may permit.
type opening struct {
	at               place
	action, resource string
}

// policies are those of a resource that name who may do something, there or not.
func (r *resource) policies() []opening {
	switch r.Type {
	case "AWS::DynamoDB::Table":
		return []opening{{place{"ResourcePolicy", "PolicyDocument"}, "dynamodb:*", "*"}}
	case "AWS::IAM::Role":
		return []opening{{place{"AssumeRolePolicyDocument"}, "sts:AssumeRole", ""}}
	case "AWS::KMS::Key":
		return []opening{{place{"KeyPolicy"}, "kms:*", "*"}}
	case "AWS::S3::BucketPolicy":
		bucket := "arn:aws:s3:::" + r.text(place{"Bucket"})
		return []opening{{place{"PolicyDocument"}, "s3:ListBucket", bucket}, {place{"PolicyDocument"}, "s3:GetObject", bucket + "/*"}}
	case "AWS::SNS::TopicPolicy":
		return []opening{{place{"PolicyDocument"}, "sns:Subscribe", "*"}}
	}
	return nil
}

// strangers are who no grant is for: anyone, another account, and others of the grantees' accounts.
func (r *resource) strangers() []any {
	arns := []string{"arn:aws:iam::" + foreignAccount + ":root"}
	for _, account := range r.subject.sources() {
		arns = append(arns, "arn:aws:iam::"+account+":root", "arn:aws:iam::"+account+":role/another")
	}
	all := []any{"*"}
	for _, arn := range arns {
		all = append(all, map[string]any{"AWS": arn})
	}
	return all
}

func name(principal any) string {
	if arn, ok := object(principal)["AWS"].(string); ok {
		return arn
	}
	return "*"
}

func document(statement map[string]any) any {
	return map[string]any{"Version": "2012-10-17", "Statement": []any{statement}}
}
