package main

import "slices"

func roleOperators() []*operator {
	return []*operator{
		{name: "detach the policy", resource: func(r *resource) (all []change) {
			roles := list(r.property("Roles"))
			if r.Type != "AWS::IAM::Policy" && r.Type != "AWS::IAM::ManagedPolicy" {
				return nil
			}
			for i := range roles {
				all = append(all, r.set("Roles", without(roles, i), "without", i))
			}
			return all
		}},
		{name: "attach it to another role", resource: func(r *resource) (all []change) {
			if r.Type != "AWS::IAM::Policy" && r.Type != "AWS::IAM::ManagedPolicy" {
				return nil
			}
			for _, role := range r.roles() {
				if attached := list(at(r.Properties, place{"Roles"})); !slices.Contains(attached, any(role.Name)) {
					more := map[string]any{"Ref": role.LogicalID}
					all = append(all, r.set("Roles", append(slices.Clone(list(r.property("Roles"))), more), "and "+role.LogicalID))
				}
			}
			return all
		}},
		{name: "attach AdministratorAccess", resource: attach("arn:aws:iam::aws:policy/AdministratorAccess")},
		{name: "attach an unknown policy", resource: attach("arn:aws:iam::aws:policy/SomeFullAccess")},
		{name: "drop the boundary", resource: func(r *resource) []change {
			if r.Type != "AWS::IAM::Role" || r.property("PermissionsBoundary") == nil {
				return nil
			}
			return []change{r.set("PermissionsBoundary", nothing{}, "none")}
		}},
		{name: "longer sessions", resource: func(r *resource) []change {
			if r.Type != "AWS::IAM::Role" || r.property("MaxSessionDuration") == nil {
				return nil
			}
			return []change{r.set("MaxSessionDuration", 43200, "43200")}
		}},
		{name: "rename the role", resource: func(r *resource) []change {
			if r.Type != "AWS::IAM::Role" || r.property("RoleName") == nil {
				return nil
			}
			return []change{r.set("RoleName", word(r.property("RoleName"))+"-2", "another name"),
				r.set("RoleName", nothing{}, "a name that AWS generates"), r.set("Path", "/service/", "/service/")}
		}},
	}
}

// set is a resource with another property.
func (r *resource) set(property string, value any, what string, shown ...any) change {
	return newChange(r.at.then("Properties", property), value, place{property}.then(shown...), what)
}

// drop is a template without a resource.
func (r *resource) drop() change { return newChange(r.at, nothing{}, nil, "no more") }

// roles are those of the same template.
func (r *resource) roles() []*resource {
	var all []*resource
	for _, other := range r.subject.resources {
		if other.template == r.template && other.Type == "AWS::IAM::Role" {
			all = append(all, other)
		}
	}
	return all
}

func attach(arn string) func(*resource) []change {
	return func(r *resource) []change {
		if r.Type != "AWS::IAM::Role" {
			return nil
		}
		return []change{r.set("ManagedPolicyArns", append(slices.Clone(list(r.property("ManagedPolicyArns"))), arn), "and "+arn)}
	}
}

// outsiderOperators give others access.
func outsiderOperators() []*operator {
	return []*operator{
		{name: "a statement for others", resource: func(r *resource) (all []change) {
			for _, s := range r.policies() {
				for _, who := range r.outsiders() {
					statement := map[string]any{"Effect": "Allow", "Principal": who, "Action": s.action, "Resource": s.resource}
					if s.resource == "" {
						delete(statement, "Resource")
					}
					document := at(r.raw["Properties"], s.at)
					statements := append(slices.Clone(list(object(document)["Statement"])), statement)
					changed := map[string]any{"Version": "2012-10-17", "Statement": statements}
					all = append(all, newChange(r.at.then("Properties").then(s.at...), changed, s.at.then("Statement"), s.action+" for "+name(who)))
				}
			}
			return all
		}},
		{name: "a role for others", resource: func(r *resource) (all []change) {
			action := allActions[r.Type]
			if action == "" {
				return nil
			}
			rights := document(map[string]any{"Effect": "Allow", "Action": action, "Resource": "*"})
			for _, who := range r.outsiders() {
				role := map[string]any{"Type": "AWS::IAM::Role", "Properties": map[string]any{"RoleName": "other",
					"AssumeRolePolicyDocument": document(map[string]any{"Effect": "Allow", "Principal": who, "Action": "sts:AssumeRole"}),
					"Policies":                 []any{map[string]any{"PolicyName": "data", "PolicyDocument": rights}}}}
				all = append(all, newChange(place{"Resources", "Other"}, role, nil, "which trusts "+name(who)))
			}
			return all
		}},
	}
}

// allActions is the pattern of all actions on a type of resource.
var allActions = map[string]string{"AWS::DynamoDB::GlobalTable": "dynamodb:*", "AWS::DynamoDB::Table": "dynamodb:*",
	"AWS::S3::Bucket": "s3:*", "AWS::SNS::Topic": "sns:*"}

// policyPlace is where a policy is that can allow others, with what it can permit.
type policyPlace struct {
	at               place
	action, resource string
}

// policies are the places of the policies of a resource that have principals, whether they exist or not.
func (r *resource) policies() []policyPlace {
	switch r.Type {
	case "AWS::DynamoDB::Table":
		return []policyPlace{{place{"ResourcePolicy", "PolicyDocument"}, "dynamodb:*", "*"}}
	case "AWS::IAM::Role":
		return []policyPlace{{place{"AssumeRolePolicyDocument"}, "sts:AssumeRole", ""}}
	case "AWS::KMS::Key":
		return []policyPlace{{place{"KeyPolicy"}, "kms:*", "*"}}
	case "AWS::S3::BucketPolicy":
		bucket := "arn:aws:s3:::" + r.text(place{"Bucket"})
		return []policyPlace{{place{"PolicyDocument"}, "s3:ListBucket", bucket}, {place{"PolicyDocument"}, "s3:GetObject", bucket + "/*"}}
	case "AWS::SNS::TopicPolicy":
		return []policyPlace{{place{"PolicyDocument"}, "sns:Subscribe", "*"}}
	}
	return nil
}

// outsiders are principals that no grant is for: anyone, another account, and others of the grantees' accounts.
func (r *resource) outsiders() []any {
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
