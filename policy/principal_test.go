package policy

import (
	"testing"

	"github.com/crossgrant/crossgrant/policy/internal/truth"
)

// principalCase is a Principal, who calls, and in which way it is named.
type principalCase struct {
	principal, caller string
	by                scope
	want              truth.Value
}

func TestPrincipal(t *testing.T) {
	// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
	const (
		aws  = `{"AWS":"`
		end  = `"}`
		acct = "arn:aws:iam::111122223333:"
		oai  = "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2QWRUHAPOMQZL"
	)
	for _, c := range []principalCase{
		{`"*"`, bob, scopeEveryone, truth.Yes}, {`"*"`, "anonymous", scopeEveryone, truth.Yes}, {`"*"`, lambda, scopeEveryone, truth.Yes},
		{aws + "*" + end, session, scopeEveryone, truth.Yes}, {aws + "*" + end, "anonymous", scopeEveryone, truth.Yes}, {aws + "*" + end, lambda, scopeEveryone, truth.Unknown},
		{aws + "111122223333" + end, bob, scopeAccount, truth.Yes}, {aws + "111122223333" + end, session, scopeAccount, truth.Yes}, {aws + "111122223333" + end, root, scopeAccount, truth.Yes},
		{aws + "111122223333" + end, jane, scopeAccount, truth.Yes}, {aws + "444455556666" + end, bob, scopeNone, truth.No}, {aws + "111122223333" + end, lambda, scopeNone, truth.No},
		{aws + "111122223333" + end, "anonymous", scopeNone, truth.No}, {aws + root + end, bob, scopeAccount, truth.Yes}, {aws + root + end, "arn:aws-cn:iam::111122223333:user/Bob", scopeNone, truth.No},
		{aws + "arn:aws:iam::444455556666:root" + end, bob, scopeNone, truth.No},
		{aws + bob + end, bob, scopeExact, truth.Yes}, {aws + bob + end, acct + "user/bob", scopeNone, truth.No}, {aws + bob + end, acct + "user/path/Bob", scopeNone, truth.No},
		{aws + acct + "user/path/Bob" + end, acct + "user/path/Bob", scopeExact, truth.Yes}, {aws + bob + end, session, scopeNone, truth.No}, {aws + bob + end, jane, scopeRole, truth.Unknown}, {aws + bob + end, root, scopeNone, truth.No},
		{aws + "arn:aws:iam::444455556666:user/Bob" + end, bob, scopeNone, truth.No}, {aws + bob + end, "arn:aws-cn:iam::111122223333:user/Bob", scopeNone, truth.No},
		{aws + acct + "role/app" + end, session, scopeRole, truth.Yes}, {aws + acct + "role/App" + end, session, scopeNone, truth.No}, {aws + acct + "role/team/app" + end, session, scopeRole, truth.Yes},
		{aws + acct + "role/team/app" + end, "arn:aws-cn:sts::111122223333:assumed-role/app/s1", scopeNone, truth.No}, {aws + acct + "role/team/other" + end, session, scopeNone, truth.No}, {aws + acct + "role/app" + end, "arn:aws:sts::444455556666:assumed-role/app/s1", scopeNone, truth.No}, {aws + acct + "role/app" + end, bob, scopeNone, truth.No},
		{aws + acct + "role/app" + end, acct + "role/app", scopeRole, truth.Yes}, {aws + acct + "role/team/app" + end, acct + "role/team/app", scopeRole, truth.Yes}, {aws + acct + "role/app" + end, acct + "role/team/app", scopeNone, truth.No},
		{aws + session + end, session, scopeExact, truth.Yes}, {aws + session + end, "arn:aws:sts::111122223333:assumed-role/app/s2", scopeNone, truth.No}, {aws + session + end, acct + "role/app", scopeNone, truth.No}, {aws + session + end, acct + "role/other", scopeNone, truth.No},
		{aws + jane + end, jane, scopeExact, truth.Yes}, {aws + jane + end, "arn:aws:sts::111122223333:federated-user/jim", scopeNone, truth.No},
		{aws + "AROAEXAMPLE" + end, session, scopeRole, truth.Unknown}, {aws + "AROAEXAMPLE" + end, bob, scopeNone, truth.No}, {aws + "AIDAEXAMPLE" + end, bob, scopeExact, truth.Unknown}, {aws + "AIDAEXAMPLE" + end, session, scopeNone, truth.No},
		{`{"Service":"lambda.amazonaws.com"}`, lambda, scopeExact, truth.Yes}, {`{"Service":"ec2.amazonaws.com"}`, lambda, scopeNone, truth.No}, {`{"Service":"lambda.amazonaws.com"}`, bob, scopeNone, truth.No}, {`{"Service":["ec2.amazonaws.com","lambda.amazonaws.com"]}`, lambda, scopeExact, truth.Yes},
		{`{"Service":"lambda.amazonaws.com"}`, "anonymous", scopeNone, truth.No}, {`{"Service":"*"}`, lambda, scopeNone, truth.No},
		{`{"Federated":"accounts.google.com"}`, "accounts.google.com", scopeExact, truth.Yes}, {`{"Federated":"www.amazon.com"}`, "accounts.google.com", scopeNone, truth.No}, {`{"Federated":"lambda.amazonaws.com"}`, lambda, scopeNone, truth.No},
		{`{"Federated":"arn:aws:iam::111122223333:saml-provider/p"}`, acct + "saml-provider/p", scopeExact, truth.Yes}, {`{"Federated":"accounts.google.com"}`, session, scopeNone, truth.No}, {`{"Federated":"accounts.google.com"}`, "anonymous", scopeNone, truth.No},
		{`{"CanonicalUser":"79a59d"}`, bob, scopeAccount, truth.Unknown}, {`{"CanonicalUser":"79a59d"}`, "anonymous", scopeNone, truth.No},
		// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html
		{aws + oai + end, oai, scopeExact, truth.Yes}, {aws + oai + end, oai + "X", scopeNone, truth.No}, {aws + oai + end, "arn:aws-cn" + oai[len("arn:aws"):], scopeNone, truth.No}, {aws + oai + end, bob, scopeNone, truth.No},
		{aws + oai + end, "anonymous", scopeNone, truth.No}, {aws + oai + end, "cloudfront.amazonaws.com", scopeNone, truth.No}, {`{"Service":"cloudfront.amazonaws.com"}`, oai, scopeNone, truth.No}, {aws + "111122223333" + end, oai, scopeNone, truth.No},
		{aws + "*" + end, oai, scopeEveryone, truth.Yes}, {`{"CanonicalUser":"79a59d"}`, oai, scopeExact, truth.Unknown},
		// What AWS refuses.
		{aws + acct + "role/*" + end, session, scopeAccount, truth.Unknown}, {aws + "arn:aws:sts::111122223333:assumed-role/app/*" + end, session, scopeAccount, truth.Unknown}, {aws + "Bob" + end, bob, scopeAccount, truth.Unknown},
		{aws + acct + "role/" + end, session, scopeNone, truth.No}, {aws + acct + "group/g" + end, bob, scopeNone, truth.No}, {aws + "arn:aws:iam::x:user/Bob" + end, bob, scopeNone, truth.No}, {aws + acct + "user/" + end, bob, scopeNone, truth.No},
		// Several: the narrowest that is sure.
		{`{"AWS":["111122223333","` + bob + `"],"Service":"lambda.amazonaws.com"}`, bob, scopeExact, truth.Yes}, {`{"AWS":["` + bob + `","111122223333"]}`, bob, scopeExact, truth.Yes}, {`{"AWS":["` + bob + `","111122223333"]}`, session, scopeAccount, truth.Yes},
		{`{"AWS":["111122223333","` + acct + `role/team/app"]}`, session, scopeRole, truth.Yes},
	} {
		t.Run(c.principal+" of "+c.caller, func(t *testing.T) {
			r := Request{Principal: c.caller, Action: "sqs:SendMessage", Resource: "arn:aws:sqs:eu-west-1:111122223333:q"}
			d := mustParse(t, `{"Statement":{"Effect":"Allow","Principal":`+c.principal+`,"Action":"*","Resource":"*"}}`)
			s, call := &d.Statements[0], mustCall(t, r)
			for _, k := range []Kind{Resource, Trust, Endpoint, ResourceControl} {
				if v, failed := s.match(call, k); v != c.want || v != truth.Yes && failed != "Principal" {
					t.Errorf("%s: %v failed %q, want %v", k, v, failed, c.want)
				}
			}
			if by, v := s.principalScope(call); by != c.by || v != c.want {
				t.Errorf("scope %d %v, want %d %v", by, v, c.by, c.want)
			}
			for _, k := range []Kind{Identity, Session, Boundary, ServiceControl} {
				if v, _ := s.match(call, k); v != truth.Yes {
					t.Errorf("%s: %v, where Principal does not count", k, v)
				}
			}
		})
	}
	if v, failed := ask(t, Resource, `"Effect":"Allow","Action":"*","Resource":"*"`, Request{Principal: bob, Action: "s3:A"}); v != truth.Unknown || failed != "Principal" {
		t.Errorf("a resource policy without Principal: %v %q", v, failed)
	}
}

func TestPrincipalByContext(t *testing.T) {
	for _, c := range []struct {
		name, principal, caller, action string
		context                         values
		want                            truth.Value
	}{
		{"the role's path is known", `{"AWS":"arn:aws:iam::111122223333:role/team/app"}`, session, "s3:A", one("aws:principalARN", "arn:aws:iam::111122223333:role/team/app"), truth.Yes},
		{"another path is known", `{"AWS":"arn:aws:iam::111122223333:role/team/app"}`, session, "s3:A", one("aws:PrincipalArn", "arn:aws:iam::111122223333:role/dev/app"), truth.No},
		{"two roles", `{"AWS":"arn:aws:iam::111122223333:role/app"}`, session, "s3:A", values{"aws:PrincipalArn": {"a", "b"}}, truth.Unknown},
		{"the role's id", `{"AWS":"AROAEXAMPLE"}`, session, "s3:A", one("aws:userid", "AROAEXAMPLE:s1"), truth.Yes},
		{"another role's id", `{"AWS":"AROAEXAMPLE"}`, session, "s3:A", one("aws:userid", "AROAOTHER:s1"), truth.No},
		{"the user's id", `{"AWS":"AIDAEXAMPLE"}`, bob, "s3:A", one("aws:userid", "AIDAEXAMPLE"), truth.Yes},
		{"another user's id", `{"AWS":"AIDAEXAMPLE"}`, bob, "s3:A", one("aws:userid", "AIDAOTHER"), truth.No},
		{"another name of the service", `{"Service":"logs.eu-west-1.amazonaws.com"}`, "logs.amazonaws.com", "s3:A", values{"aws:PrincipalServiceNamesList": {"logs.amazonaws.com", "logs.eu-west-1.amazonaws.com"}}, truth.Yes},
		{"a name of none", `{"Service":"logs.eu-west-2.amazonaws.com"}`, "logs.amazonaws.com", "s3:A", values{"aws:PrincipalServiceNamesList": {"logs.amazonaws.com"}}, truth.No},
		{"the identity provider", `{"Federated":"accounts.google.com"}`, "anonymous", "sts:AssumeRoleWithWebIdentity", one("aws:FederatedProvider", "accounts.google.com"), truth.Yes},
		{"another identity provider", `{"Federated":"accounts.google.com"}`, "anonymous", "sts:AssumeRoleWithWebIdentity", one("aws:FederatedProvider", "www.amazon.com"), truth.No},
		{"any identity provider", `{"Federated":"accounts.google.com"}`, "anonymous", "sts:AssumeRoleWithSAML", nil, truth.Unknown},
		{"Cognito's users", `{"Federated":"cognito-identity.amazonaws.com"}`, "cognito-identity.amazonaws.com", "sts:AssumeRoleWithWebIdentity", nil, truth.Yes},
		{"Cognito itself", `{"Federated":"cognito-identity.amazonaws.com"}`, "cognito-identity.amazonaws.com", "sts:AssumeRole", nil, truth.No},
		{"a session of the provider", `{"Federated":"accounts.google.com"}`, session, "s3:A", one("aws:FederatedProvider", "accounts.google.com"), truth.Unknown},
		{"a session of another provider", `{"Federated":"accounts.google.com"}`, session, "s3:A", one("aws:FederatedProvider", "www.amazon.com"), truth.No},
	} {
		t.Run(c.name, func(t *testing.T) {
			v, _ := ask(t, Resource, `"Effect":"Allow","Principal":`+c.principal+`,"Action":"*","Resource":"*"`, Request{Principal: c.caller, Action: c.action, Context: c.context})
			if v != c.want {
				t.Errorf("%v, want %v", v, c.want)
			}
		})
	}
}

func TestAccountInGatewayEndpoint(t *testing.T) {
	// "The principal is the root user only": https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html
	for _, c := range []struct {
		caller, action string
		want           truth.Value
	}{{root, "s3:GetObject", truth.Yes}, {bob, "s3:GetObject", truth.Unknown}, {session, "DynamoDB:GetItem", truth.Unknown}, {bob, "sts:AssumeRole", truth.Yes}, {"arn:aws:iam::444455556666:user/Bob", "s3:GetObject", truth.No}} {
		v, _ := ask(t, Endpoint, `"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"*","Resource":"*"`, Request{Principal: c.caller, Action: c.action})
		if v != c.want {
			t.Errorf("%s %s: %v, want %v", c.caller, c.action, v, c.want)
		}
	}
}

func TestNotPrincipal(t *testing.T) {
	// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
	const alice, app, other = "arn:aws:iam::111122223333:user/Alice", "arn:aws:iam::111122223333:role/app", "arn:aws:sts::111122223333:assumed-role/app/s2"
	list := func(s ...string) string {
		text := `{"AWS":[`
		for i, one := range s {
			text += map[bool]string{true: ",", false: ""}[i > 0] + `"` + one + `"`
		}
		return text + "]}"
	}
	for _, c := range []struct {
		name, listed, caller string
		deny, allow          truth.Value
	}{
		{"Bob and his account, Bob", list(bob, root), bob, truth.No, truth.No}, {"Bob and his account, Alice", list(bob, root), alice, truth.Yes, truth.Unknown}, {"Bob and his account, another account", list(bob, root), "arn:aws:iam::444455556666:user/Bob", truth.Yes, truth.Unknown},
		{"Bob without his account", list(bob), bob, truth.Unknown, truth.No}, {"Bob without his account, Alice", list(bob), alice, truth.Yes, truth.Unknown}, {"an account alone", list(root), bob, truth.Unknown, truth.Unknown}, {"an account alone, its root", list(root), root, truth.No, truth.No}, {"another account's", list("444455556666"), bob, truth.Yes, truth.Unknown},
		{"session, role and account", list(session, app, root), session, truth.No, truth.No}, {"session, role and account, another session", list(session, app, root), other, truth.Unknown, truth.Unknown}, {"session, role and account, a user", list(session, app, root), bob, truth.Yes, truth.Unknown},
		{"session and role", list(session, app), session, truth.Unknown, truth.No}, {"session and account", list(session, root), session, truth.Unknown, truth.No}, {"role and account", list(app, root), session, truth.Unknown, truth.Unknown},
		{"the federated user and its account", list(jane, root), jane, truth.No, truth.No}, {"the federated user alone", list(jane), jane, truth.Unknown, truth.No},
		{"a service", `{"Service":"lambda.amazonaws.com"}`, lambda, truth.No, truth.No}, {"another service", `{"Service":"ec2.amazonaws.com"}`, lambda, truth.Yes, truth.Unknown}, {"a user, a service", list(bob, root), lambda, truth.Yes, truth.Unknown},
		{"everyone", `"*"`, bob, truth.No, truth.No}, {"everyone, a service", list("*"), lambda, truth.Unknown, truth.Unknown}, {"a user, nobody", list(bob, root), "anonymous", truth.Yes, truth.Unknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			for effect, want := range map[string]truth.Value{"Deny": c.deny, "Allow": c.allow} {
				d := mustParse(t, `{"Statement":{"Effect":"`+effect+`","NotPrincipal":`+c.listed+`,"Action":"*","Resource":"*"}}`)
				call := mustCall(t, Request{Principal: c.caller, Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k"})
				if v, failed := d.Statements[0].match(call, Resource); v != want || v != truth.Yes && failed != "NotPrincipal" {
					t.Errorf("%s: %v failed %q, want %v", effect, v, failed, want)
				}
				if by, v := d.Statements[0].principalScope(call); by != scopeEveryone || v != want {
					t.Errorf("%s: scope %d %v", effect, by, v)
				}
			}
		})
	}
}

// principalScope is the narrowest way in which the statement's Principal names the caller, and how sure that is.
func (s *Statement) principalScope(c *call) (scope, truth.Value) {
	if s.notPrincipal {
		return scopeEveryone, s.matchNotPrincipal(c)
	}
	by, v := scopeNone, truth.No
	for i := range s.principals {
		if b, w := s.names(i, c); w > v || w == v && w > truth.No && b > by {
			by, v = b, w
		}
	}
	return by, v
}
