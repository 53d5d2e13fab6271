package audit

import (
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// What a statement of the data's policy lets others do is too much, however it names them; what it lets its own account do is the owner's decision.
func TestResourcePolicies(t *testing.T) {
	const (
		on      = `, Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/*"`
		nobody  = ""
		another = "333333333333"
	)
	for name, c := range map[string]struct {
		statement string
		who       string // whom it allows; "" for nobody too much
		sure      bool
	}{
		"another account":                   {`{Effect: Allow, Principal: {AWS: "333333333333"}` + on + `}`, another, true},
		"a role of another account":         {`{Effect: Allow, Principal: {AWS: "arn:aws:iam::333333333333:role/x"}` + on + `}`, "arn:aws:iam::333333333333:role/x", true},
		"everybody":                         {`{Effect: Allow, Principal: "*"` + on + `}`, "*", true},
		"everybody, of AWS":                 {`{Effect: Allow, Principal: {AWS: "*"}` + on + `}`, "*", true},
		"a user of S3's own kind":           {`{Effect: Allow, Principal: {CanonicalUser: "79a59d"}` + on + `}`, "79a59d", true},
		"everybody but one":                 {`{Effect: Allow, NotPrincipal: {AWS: "333333333333"}` + on + `}`, "everyone but the principals in NotPrincipal", true},
		"everybody but one, named":          {`{Effect: Allow, NotPrincipal: {AWS: "333333333333"}, Condition: {ArnEquals: {"aws:PrincipalArn": "arn:aws:iam::222222222222:role/own"}}` + on + `}`, nobody, true},
		"somebody unknown":                  {`{Effect: Allow, Principal: {AWS: "{{resolve:ssm:/who}}"}` + on + `}`, "which is not known before deployment", false},
		"the own account":                   {`{Effect: Allow, Principal: {AWS: "arn:aws:iam::222222222222:root"}, Action: "s3:*", Resource: "*"}`, nobody, true},
		"everybody of the own account":      {`{Effect: Allow, Principal: "*", Condition: {StringEquals: {"aws:PrincipalAccount": "222222222222"}}` + on + `}`, nobody, true},
		"so, by like":                       {`{Effect: Allow, Principal: "*", Condition: {StringLike: {"AWS:PrincipalAccount": "222222222222"}}` + on + `}`, nobody, true},
		"so, by any of":                     {`{Effect: Allow, Principal: "*", Condition: {"ForAnyValue:StringEquals": {"aws:PrincipalAccount": "222222222222"}}` + on + `}`, nobody, true},
		"everybody of another account":      {`{Effect: Allow, Principal: "*", Condition: {StringEquals: {"aws:PrincipalAccount": "333333333333"}}` + on + `}`, "*", true},
		"everybody but of an account":       {`{Effect: Allow, Principal: "*", Condition: {StringNotEquals: {"aws:PrincipalAccount": "222222222222"}}` + on + `}`, "*", true},
		"everybody, if there is an account": {`{Effect: Allow, Principal: "*", Condition: {StringEqualsIfExists: {"aws:PrincipalAccount": "222222222222"}}` + on + `}`, "*", true},
		"the grant's role":                  {`{Effect: Allow, Principal: {AWS: "arn:aws:iam::222222222222:role/reports"}` + on + `}`, nobody, true},
		"the grantee itself":                {`{Effect: Allow, Principal: {AWS: "arn:aws:iam::111111111111:role/reader"}` + on + `}`, "arn:aws:iam::111111111111:role/reader", true},
	} {
		t.Run(name, func(t *testing.T) {
			says, sure := excess(right().load(t, c.statement))
			found := strings.Join(says, "\n")
			if c.who == nobody && found != "" || !strings.Contains(found, c.who) || sure != c.sure {
				t.Errorf("found %q (sure: %v), expected %q", found, sure, c.who)
			}
		})
	}
}

// A role's policies give what the grant needs, however they are written, and nothing more.
func TestPoliciesOfTheTrustedRole(t *testing.T) {
	const read, list = `{Effect: Allow, Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/*"}`, `{Effect: Allow, Action: "s3:ListBucket", Resource: "arn:aws:s3:::lake", Condition: {StringLike: {"s3:prefix": "in/*"}}}`
	for name, c := range map[string]struct{ statements, says string }{
		"as the grant has it":         {read + ", " + list, ""},
		"another case":                {strings.Replace(read, "s3:GetObject", "S3:getobject", 1) + ", " + list, ""},
		"a narrower resource":         {strings.Replace(read, "lake/*", "lake/in/*", 1) + ", " + list, ""},
		"a stricter condition":        {read + ", " + strings.Replace(list, "StringLike", "StringEquals", 1), ""},
		"one condition more":          {strings.Replace(read, `lake/*"`, `lake/*", Condition: {Bool: {"aws:SecureTransport": "true"}}`, 1) + ", " + list, ""},
		"split in two":                {strings.Replace(read, "lake/*", "lake/a/*", 1) + ", " + strings.Replace(read, "lake/*", "lake/b/*", 1) + ", " + list, ""},
		"more data":                   {strings.Replace(read, "lake/*", "lak*", 1), "s3:GetObject on arn:aws:s3:::lak* is permitted"},
		"an action more":              {strings.Replace(read, `"s3:GetObject"`, `["s3:GetObject", "s3:PutObject"]`, 1), "s3:PutObject on arn:aws:s3:::lake/* is permitted"},
		"without the condition":       {`{Effect: Allow, Action: "s3:ListBucket", Resource: "arn:aws:s3:::lake"}`, "s3:ListBucket on arn:aws:s3:::lake is permitted"},
		"a wider condition":           {strings.Replace(list, "in/*", "*", 1), "s3:ListBucket on arn:aws:s3:::lake is permitted"},
		"a pattern of actions":        {strings.Replace(read, "s3:GetObject", "s3:GetObject*", 1), "s3:GetObject* on arn:aws:s3:::lake/* is permitted"},
		"all actions but some":        {`{Effect: Allow, NotAction: "s3:GetObject", Resource: "arn:aws:s3:::lake/*"}`, "is permitted"},
		"all resources but some":      {`{Effect: Allow, Action: "s3:GetObject", NotResource: "arn:aws:s3:::lake/*"}`, "is permitted"},
		"a Deny permits nothing more": {read + `, {Effect: Deny, Action: "s3:*", Resource: "arn:aws:s3:::lake/secret/*"}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			a := right()
			i, j := strings.Index(a.target, "Statement: [{Effect: Allow, Action"), strings.Index(a.target, "  Lake:")
			a.target = a.target[:i] + "Statement: [" + c.statements + "]}}]\n" + a.target[j:]
			says, sure := excess(a.load(t, ""))
			if found := strings.Join(says, "\n"); c.says == "" && found != "" || !strings.Contains(found, c.says) || !sure {
				t.Errorf("found %q (sure: %v), expected %q", found, sure, c.says)
			}
		})
	}
}

// Whoever may assume the trusted role or the grantee's has their access.
func TestTrustPolicies(t *testing.T) {
	const trust = `Principal: {AWS: "111111111111"}, Action: "sts:AssumeRole", Condition: {ArnEquals: {"aws:PrincipalArn": "arn:aws:iam::111111111111:role/reader"}}`
	for name, c := range map[string]struct{ from, to, says string }{
		"ArnLike":                 {"ArnEquals", "ArnLike", ""},
		"StringEquals":            {"ArnEquals", "StringEquals", ""},
		"another case":            {`"sts:AssumeRole", Cond`, `"STS:assumerole", Cond`, ""},
		"to tag sessions as well": {`"sts:AssumeRole", Cond`, `["sts:AssumeRole", "sts:TagSession"], Cond`, "it permits sts:TagSession, which the grant's trust does not need"},
		"for all of the account":  {trust, `Principal: {AWS: "111111111111"}, Action: "sts:AssumeRole"`, "it allows 111111111111, and no grant does"},
		"for several roles":       {"role/reader", "role/read*", "it allows arn:aws:iam::111111111111:role/read*, and no grant does"},
		"for whom a provider of the account lets in": {`{Effect: Allow, Principal: {AWS: "111111111111"}`,
			`{Effect: Allow, Principal: {Federated: "arn:aws:iam::222222222222:oidc-provider/token.actions.githubusercontent.com"}, Action: "sts:AssumeRoleWithWebIdentity"}, {Effect: Allow, Principal: {AWS: "111111111111"}`,
			"it allows arn:aws:iam::222222222222:oidc-provider/token.actions.githubusercontent.com, and no grant does"},
		"for another role as well":   {`"arn:aws:iam::111111111111:role/reader"`, `["arn:aws:iam::111111111111:role/reader", "arn:aws:iam::333333333333:role/x"]`, "it allows arn:aws:iam::333333333333:role/x, and no grant does"},
		"for a role that need exist": {"ArnEquals: {", "ArnEqualsIfExists: {", "it allows 111111111111, and no grant does"},
	} {
		t.Run(name, func(t *testing.T) {
			a := right()
			a.target = strings.Replace(a.target, c.from, c.to, 1)
			says, sure := excess(a.load(t, ""))
			if found := strings.Join(says, "\n"); c.says == "" && found != "" || !strings.Contains(found, c.says) || !sure {
				t.Errorf("found %q (sure: %v), expected %q", found, sure, c.says)
			}
		})
	}
	a := right()
	a.source = strings.Replace(a.source, "Principal: {Service: lambda.amazonaws.com}", `Principal: {Service: lambda.amazonaws.com, AWS: "111111111111"}`, 1)
	if says, _ := excess(a.load(t, "")); !strings.Contains(strings.Join(says, "\n"), "it allows 111111111111, and no grant does") {
		t.Errorf("the grantee's trust: found %q", says)
	}
}

// What the grant requires of its callers has one value, and the policies accept no other.
func TestOtherValuesOfWhatTheGrantRequires(t *testing.T) {
	g := &model.Grant{}
	g.Trust.ExternalID, g.Trust.OrganizationID = "x1", "o-a1b2c3d4e5"
	g.Perimeter = &contract.Perimeter{Enforcement: contract.OnRole, Key: "aws:VpceAccount", Values: []string{"111111111111"}}
	for _, c := range []struct {
		operator, key string
		values        []string
		says          string
	}{
		{"StringEquals", "sts:ExternalId", []string{"x1"}, ""},
		{"StringEquals", "sts:externalid", []string{"x1", "x2"}, "it accepts sts:externalid x2, and the grant requires x1"},
		{"StringLike", "aws:PrincipalOrgID", []string{"o-*"}, "it accepts aws:PrincipalOrgID o-*, and the grant requires o-a1b2c3d4e5"},
		{"StringEquals", "aws:VpceAccount", []string{"111111111111", "333333333333"}, "it accepts aws:VpceAccount 333333333333, and the grant requires 111111111111"},
		{"StringNotEquals", "aws:PrincipalOrgID", []string{"o-b1"}, ""}, // which package probe tries
		{"StringEquals", "sts:SourceIdentity", []string{"ops"}, ""},     // the grant requires none
	} {
		e := policy.Elements{Conditions: map[string]map[string][]string{c.operator: {c.key: c.values}}}
		if says := otherValues(g, e); says != c.says {
			t.Errorf("%s %s %q: found %q, expected %q", c.operator, c.key, c.values, says, c.says)
		}
	}
}

// A grantee may assume no other role of another account, and a session lasts no longer than the grant says.
func TestGranteesAndSessions(t *testing.T) {
	for name, c := range map[string]struct {
		source, target [2]string
		says           string
	}{
		"another role of the other account": {[2]string{`"arn:aws:iam::222222222222:role/reports"`, `["arn:aws:iam::222222222222:role/reports", "arn:aws:iam::222222222222:role/other"]`}, [2]string{},
			"sts:AssumeRole on arn:aws:iam::222222222222:role/other is permitted"},
		"a role of its own account": {[2]string{`"arn:aws:iam::222222222222:role/reports"`, `["arn:aws:iam::222222222222:role/reports", "arn:aws:iam::111111111111:role/other"]`}, [2]string{}, ""},
		"to tag its session":        {[2]string{`Action: "sts:AssumeRole", Resource`, `Action: ["sts:AssumeRole", "sts:TagSession"], Resource`}, [2]string{}, "sts:TagSession on arn:aws:iam::222222222222:role/reports is permitted"},
		"a long session":            {[2]string{}, [2]string{"RoleName: reports\n", "RoleName: reports\n      MaxSessionDuration: 43200\n"}, "they may last 43200 seconds, and the grant says 3600"},
		"the session that it says":  {[2]string{}, [2]string{"RoleName: reports\n", "RoleName: reports\n      MaxSessionDuration: 3600\n"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			a := right()
			a.source, a.target = strings.Replace(a.source, c.source[0], c.source[1], 1), strings.Replace(a.target, c.target[0], c.target[1], 1)
			says, _ := excess(a.load(t, ""))
			if found := strings.Join(says, "\n"); c.says == "" && found != "" || !strings.Contains(found, c.says) {
				t.Errorf("found %q, expected %q", found, c.says)
			}
		})
	}
}

// A role is for the services that run something as it, and for no others.
func TestServicesThatRunAsARole(t *testing.T) {
	const function = "  F: {Type: AWS::Lambda::Function, Properties: {FunctionName: f, Role: !GetAtt Reader.Arn}}\n"
	lambda := "Principal: {Service: lambda.amazonaws.com}"
	for name, c := range map[string]struct{ source, services, target, says string }{
		"a function":               {function, lambda, "", ""},
		"a function, and EC2":      {function, "Principal: {Service: [lambda.amazonaws.com, ec2.amazonaws.com]}", "", "it lets ec2.amazonaws.com run something as role reader, and nothing in the templates needs that"},
		"nothing here":             {"", "Principal: {Service: [lambda.amazonaws.com, ec2.amazonaws.com]}", "", ""},
		"a function and instances": {function + "  P: {Type: AWS::IAM::InstanceProfile, Properties: {Roles: [!Ref Reader]}}\n", "Principal: {Service: [lambda.amazonaws.com, ec2.amazonaws.com]}", "", ""},
		"a function and tasks":     {function + "  T: {Type: AWS::ECS::TaskDefinition, Properties: {TaskRoleArn: !GetAtt Reader.Arn}}\n", "Principal: {Service: [lambda.amazonaws.com, ecs-tasks.amazonaws.com]}", "", ""},
		"a state machine":          {"  S: {Type: AWS::StepFunctions::StateMachine, Properties: {RoleArn: !GetAtt Reader.Arn}}\n", "Principal: {Service: states.eu-west-1.amazonaws.com}", "", ""},
		"a function that assumes it": {function + "  G: {Type: AWS::Lambda::Function, Properties: {FunctionName: g, Environment: {Variables: {ROLE: \"arn:aws:iam::222222222222:role/reports\"}}}}\n", lambda,
			"Principal: {AWS: \"111111111111\", Service: lambda.amazonaws.com}", "it lets lambda.amazonaws.com run something as role reports"},
		"the trusted role": {function, lambda, "Principal: {AWS: \"111111111111\", Service: lambda.amazonaws.com}", "it lets lambda.amazonaws.com run something as role reports"},
	} {
		t.Run(name, func(t *testing.T) {
			a := right()
			a.source = strings.Replace(a.source, lambda, c.services, 1) + c.source
			if c.target != "" {
				a.target = strings.Replace(a.target, `Principal: {AWS: "111111111111"}`, c.target, 1)
			}
			says, _ := excess(a.load(t, ""))
			if found := strings.Join(says, "\n"); c.says == "" && found != "" || !strings.Contains(found, c.says) {
				t.Errorf("found %q, expected %q", found, c.says)
			}
		})
	}
}
