package main

import (
	"maps"
	"slices"
)

// limitOperators let a statement, a role or a resource allow what has to work under conditions only.
func limitOperators() []*operator {
	return []*operator{
		limited("aws:SourceIp", "IpAddress", "203.0.113.0/24"),
		limited("aws:CurrentTime", "DateLessThan", "2020-01-01T00:00:00Z"),
		limited("aws:MultiFactorAuthPresent", "Bool", "true"),
		limited("aws:PrincipalTag/team", "StringEquals", "other"),
		limited("aws:UserAgent", "StringLike", "other/*"),
		limited("aws:SourceVpce", "StringEquals", "vpce-00000000000000000"),
		limited("aws:RequestedRegion", "StringEquals", "eu-south-2"),
		limited("aws:PrincipalOrgID", "StringEquals", "o-other12345"),
		limited("aws:SecureTransport", "Bool", "false"),
		limited("aws:EpochTime", "NumericLessThan", "1"),
		denied("a Deny outside an endpoint", "StringNotEquals", "aws:SourceVpce", "vpce-00000000000000000"),
		denied("a Deny outside an address range", "NotIpAddress", "aws:SourceIp", "203.0.113.0/24"),
		denied("a Deny outside an organization", "StringNotEquals", "aws:PrincipalOrgID", "o-other12345"),
		denied("a Deny of TLS above 1.2", "NumericGreaterThan", "s3:TlsVersion", "1.2"),
		denied("a Deny without encryption", "Null", "s3:x-amz-server-side-encryption", "true"),
		denied("a Deny of old sessions", "NumericGreaterThan", "aws:TokenIssueTime", "1"),
		setting("an unknown boundary", isGrantRole, "arn:aws:iam::aws:policy/SomeBoundary", "PermissionsBoundary"),
		setting("a boundary that no template has", isGrantRole, "arn:aws:iam::111111111111:policy/elsewhere", "PermissionsBoundary"),
		on("a boundary that allows nothing needed", isGrantRole, func(r *resource) []change {
			c := r.set("PermissionsBoundary", map[string]any{"Ref": "OtherPolicy"}, "sqs:PurgeQueue")
			return []change{c.with(r.add("", map[string]any{"OtherPolicy": made("AWS::IAM::ManagedPolicy", map[string]any{
				"PolicyDocument": document(allow("sqs:PurgeQueue", "*"))})}))}
		}),
		adding("a Deny in another policy of the role", isGrantRole, func(r *resource) map[string]any {
			return map[string]any{"OtherPolicy": made("AWS::IAM::ManagedPolicy", map[string]any{"Roles": []any{ref(r)},
				"PolicyDocument": document(map[string]any{"Effect": "Deny", "Action": "*", "Resource": "*"})})}
		}),
	}
}

// limited is an operator that adds a condition to what a statement allows to those of a grant.
func limited(key, operator, value string) *operator {
	return statementOperator("a condition on "+key, func(s *statement) []change {
		if s.raw["Effect"] != "Allow" || !s.allowsGrant() || at(s.raw, place{"Condition", operator, key}) != nil {
			return nil
		}
		conditions := maps.Clone(object(s.raw["Condition"]))
		if conditions == nil {
			conditions = map[string]any{}
		}
		keys := maps.Clone(object(conditions[operator]))
		if keys == nil {
			keys = map[string]any{}
		}
		keys[key], conditions[operator] = value, keys
		return []change{s.set("Condition", conditions, value, operator, key)}
	})
}

func statementOperator(name string, of func(*statement) []change) *operator {
	return &operator{name: name, statement: of}
}

// allowsGrant says that a statement is of a grant's role, or of a policy of data that names one.
func (s *statement) allowsGrant() bool {
	switch s.kind {
	case identity:
		return slices.ContainsFunc(s.rolesOf(), s.subject.isCaller)
	case trust:
		return isGrantRole(s.resource)
	case endpoint:
		return s.subject.coversGranted(viewOf(object(at(s.Properties, s.in))))
	}
	return slices.ContainsFunc(texts(at(s.Properties, s.in.then("Condition", "ArnEquals", "aws:PrincipalArn"))), s.subject.isCaller)
}

// denied is an operator that denies all requests to a bucket under a condition.
func denied(name, operator, key, value string) *operator {
	return on(name, isBucketPolicy, func(r *resource) []change {
		return []change{r.moreStatements(key, map[string]any{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": []any{r.bucket(), r.bucket() + "/*"},
			"Condition": map[string]any{operator: map[string]any{key: value}}})}
	})
}
