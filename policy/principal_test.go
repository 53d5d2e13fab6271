package policy

import "testing"

// principalCase is a Principal, who calls, and in which way it is named.
type principalCase struct {
	principal, caller string
	by                scope
	want              verdict
}

func TestPrincipal(t *testing.T) {
	// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
	const (
		aws  = `{"AWS":"`
		end  = `"}`
		acct = "arn:aws:iam::111122223333:"
	)
	for _, c := range []principalCase{
		{`"*"`, bob, everyone, yes}, {`"*"`, "anonymous", everyone, yes}, {`"*"`, lambda, everyone, yes},
		{aws + "*" + end, session, everyone, yes}, {aws + "*" + end, "anonymous", everyone, yes}, {aws + "*" + end, lambda, everyone, unknown},
		{aws + "111122223333" + end, bob, account, yes}, {aws + "111122223333" + end, session, account, yes}, {aws + "111122223333" + end, root, account, yes},
		{aws + "111122223333" + end, jane, account, yes}, {aws + "444455556666" + end, bob, nobody, no}, {aws + "111122223333" + end, lambda, nobody, no},
		{aws + "111122223333" + end, "anonymous", nobody, no}, {aws + root + end, bob, account, yes}, {aws + root + end, "arn:aws-cn:iam::111122223333:user/Bob", nobody, no},
		{aws + "arn:aws:iam::444455556666:root" + end, bob, nobody, no},
		{aws + bob + end, bob, exactly, yes}, {aws + bob + end, acct + "user/bob", nobody, no}, {aws + bob + end, acct + "user/path/Bob", nobody, no},
		{aws + acct + "user/path/Bob" + end, acct + "user/path/Bob", exactly, yes}, {aws + bob + end, session, nobody, no}, {aws + bob + end, jane, role, unknown}, {aws + bob + end, root, nobody, no},
		{aws + "arn:aws:iam::444455556666:user/Bob" + end, bob, nobody, no}, {aws + bob + end, "arn:aws-cn:iam::111122223333:user/Bob", nobody, no},
		{aws + acct + "role/app" + end, session, role, yes}, {aws + acct + "role/App" + end, session, nobody, no}, {aws + acct + "role/team/app" + end, session, role, yes},
		{aws + acct + "role/team/app" + end, "arn:aws-cn:sts::111122223333:assumed-role/app/s1", nobody, no}, {aws + acct + "role/team/other" + end, session, nobody, no}, {aws + acct + "role/app" + end, "arn:aws:sts::444455556666:assumed-role/app/s1", nobody, no}, {aws + acct + "role/app" + end, bob, nobody, no},
		{aws + acct + "role/app" + end, acct + "role/app", role, yes}, {aws + acct + "role/team/app" + end, acct + "role/team/app", role, yes}, {aws + acct + "role/app" + end, acct + "role/team/app", nobody, no},
		{aws + session + end, session, exactly, yes}, {aws + session + end, "arn:aws:sts::111122223333:assumed-role/app/s2", nobody, no}, {aws + session + end, acct + "role/app", nobody, no}, {aws + session + end, acct + "role/other", nobody, no},
		{aws + jane + end, jane, exactly, yes}, {aws + jane + end, "arn:aws:sts::111122223333:federated-user/jim", nobody, no},
		{aws + "AROAEXAMPLE" + end, session, role, unknown}, {aws + "AROAEXAMPLE" + end, bob, nobody, no}, {aws + "AIDAEXAMPLE" + end, bob, exactly, unknown}, {aws + "AIDAEXAMPLE" + end, session, nobody, no},
		{`{"Service":"lambda.amazonaws.com"}`, lambda, exactly, yes}, {`{"Service":"ec2.amazonaws.com"}`, lambda, nobody, no}, {`{"Service":"lambda.amazonaws.com"}`, bob, nobody, no}, {`{"Service":["ec2.amazonaws.com","lambda.amazonaws.com"]}`, lambda, exactly, yes},
		{`{"Service":"lambda.amazonaws.com"}`, "anonymous", nobody, no}, {`{"Service":"*"}`, lambda, nobody, no},
		{`{"Federated":"accounts.google.com"}`, "accounts.google.com", exactly, yes}, {`{"Federated":"www.amazon.com"}`, "accounts.google.com", nobody, no}, {`{"Federated":"lambda.amazonaws.com"}`, lambda, nobody, no},
		{`{"Federated":"arn:aws:iam::111122223333:saml-provider/p"}`, acct + "saml-provider/p", exactly, yes}, {`{"Federated":"accounts.google.com"}`, session, nobody, no}, {`{"Federated":"accounts.google.com"}`, "anonymous", nobody, no},
		{`{"CanonicalUser":"79a59d"}`, bob, account, unknown}, {`{"CanonicalUser":"79a59d"}`, "anonymous", nobody, no},
		// What AWS refuses.
		{aws + acct + "role/*" + end, session, account, unknown}, {aws + "arn:aws:sts::111122223333:assumed-role/app/*" + end, session, account, unknown}, {aws + "Bob" + end, bob, account, unknown},
		{aws + acct + "role/" + end, session, nobody, no}, {aws + acct + "group/g" + end, bob, nobody, no}, {aws + "arn:aws:iam::x:user/Bob" + end, bob, nobody, no}, {aws + acct + "user/" + end, bob, nobody, no},
		// Several: the narrowest that is sure.
		{`{"AWS":["111122223333","` + bob + `"],"Service":"lambda.amazonaws.com"}`, bob, exactly, yes}, {`{"AWS":["` + bob + `","111122223333"]}`, bob, exactly, yes}, {`{"AWS":["` + bob + `","111122223333"]}`, session, account, yes},
		{`{"AWS":["111122223333","` + acct + `role/team/app"]}`, session, role, yes},
	} {
		t.Run(c.principal+" of "+c.caller, func(t *testing.T) {
			r := Request{Principal: c.caller, Action: "sqs:SendMessage", Resource: "arn:aws:sqs:eu-west-1:111122223333:q"}
			d := mustParse(t, `{"Statement":{"Effect":"Allow","Principal":`+c.principal+`,"Action":"*","Resource":"*"}}`)
			s, call := &d.Statements[0], mustCall(t, r)
			for _, k := range []Kind{Resource, Trust, Endpoint, ResourceControl} {
				if v, failed := s.match(call, k); v != c.want || v != yes && failed != "Principal" {
					t.Errorf("%s: %v failed %q, want %v", k, v, failed, c.want)
				}
			}
			if by, v := s.principalScope(call); by != c.by || v != c.want {
				t.Errorf("scope %d %v, want %d %v", by, v, c.by, c.want)
			}
			for _, k := range []Kind{Identity, Session, Boundary, ServiceControl} {
				if v, _ := s.match(call, k); v != yes {
					t.Errorf("%s: %v, where Principal does not count", k, v)
				}
			}
		})
	}
	if v, failed := ask(t, Resource, `"Effect":"Allow","Action":"*","Resource":"*"`, Request{Principal: bob, Action: "s3:A"}); v != unknown || failed != "Principal" {
		t.Errorf("a resource policy without Principal: %v %q", v, failed)
	}
}

func TestPrincipalByContext(t *testing.T) {
	for _, c := range []struct {
		name, principal, caller, action string
		context                         values
		want                            verdict
	}{
		{"the role's path is known", `{"AWS":"arn:aws:iam::111122223333:role/team/app"}`, session, "s3:A", one("aws:principalARN", "arn:aws:iam::111122223333:role/team/app"), yes},
		{"another path is known", `{"AWS":"arn:aws:iam::111122223333:role/team/app"}`, session, "s3:A", one("aws:PrincipalArn", "arn:aws:iam::111122223333:role/dev/app"), no},
		{"two roles", `{"AWS":"arn:aws:iam::111122223333:role/app"}`, session, "s3:A", values{"aws:PrincipalArn": {"a", "b"}}, unknown},
		{"the role's id", `{"AWS":"AROAEXAMPLE"}`, session, "s3:A", one("aws:userid", "AROAEXAMPLE:s1"), yes},
		{"another role's id", `{"AWS":"AROAEXAMPLE"}`, session, "s3:A", one("aws:userid", "AROAOTHER:s1"), no},
		{"the user's id", `{"AWS":"AIDAEXAMPLE"}`, bob, "s3:A", one("aws:userid", "AIDAEXAMPLE"), yes},
		{"another user's id", `{"AWS":"AIDAEXAMPLE"}`, bob, "s3:A", one("aws:userid", "AIDAOTHER"), no},
		{"another name of the service", `{"Service":"logs.eu-west-1.amazonaws.com"}`, "logs.amazonaws.com", "s3:A", values{"aws:PrincipalServiceNamesList": {"logs.amazonaws.com", "logs.eu-west-1.amazonaws.com"}}, yes},
		{"a name of none", `{"Service":"logs.eu-west-2.amazonaws.com"}`, "logs.amazonaws.com", "s3:A", values{"aws:PrincipalServiceNamesList": {"logs.amazonaws.com"}}, no},
		{"the identity provider", `{"Federated":"accounts.google.com"}`, "anonymous", "sts:AssumeRoleWithWebIdentity", one("aws:FederatedProvider", "accounts.google.com"), yes},
		{"another identity provider", `{"Federated":"accounts.google.com"}`, "anonymous", "sts:AssumeRoleWithWebIdentity", one("aws:FederatedProvider", "www.amazon.com"), no},
		{"any identity provider", `{"Federated":"accounts.google.com"}`, "anonymous", "sts:AssumeRoleWithSAML", nil, unknown},
		{"Cognito's users", `{"Federated":"cognito-identity.amazonaws.com"}`, "cognito-identity.amazonaws.com", "sts:AssumeRoleWithWebIdentity", nil, yes},
		{"Cognito itself", `{"Federated":"cognito-identity.amazonaws.com"}`, "cognito-identity.amazonaws.com", "sts:AssumeRole", nil, no},
		{"a session of the provider", `{"Federated":"accounts.google.com"}`, session, "s3:A", one("aws:FederatedProvider", "accounts.google.com"), unknown},
		{"a session of another provider", `{"Federated":"accounts.google.com"}`, session, "s3:A", one("aws:FederatedProvider", "www.amazon.com"), no},
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
		want           verdict
	}{{root, "s3:GetObject", yes}, {bob, "s3:GetObject", unknown}, {session, "DynamoDB:GetItem", unknown}, {bob, "sts:AssumeRole", yes}, {"arn:aws:iam::444455556666:user/Bob", "s3:GetObject", no}} {
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
		deny, allow          verdict
	}{
		{"Bob and his account, Bob", list(bob, root), bob, no, no}, {"Bob and his account, Alice", list(bob, root), alice, yes, unknown}, {"Bob and his account, another account", list(bob, root), "arn:aws:iam::444455556666:user/Bob", yes, unknown},
		{"Bob without his account", list(bob), bob, unknown, no}, {"Bob without his account, Alice", list(bob), alice, yes, unknown}, {"an account alone", list(root), bob, unknown, unknown}, {"an account alone, its root", list(root), root, no, no}, {"another account's", list("444455556666"), bob, yes, unknown},
		{"session, role and account", list(session, app, root), session, no, no}, {"session, role and account, another session", list(session, app, root), other, unknown, unknown}, {"session, role and account, a user", list(session, app, root), bob, yes, unknown},
		{"session and role", list(session, app), session, unknown, no}, {"session and account", list(session, root), session, unknown, no}, {"role and account", list(app, root), session, unknown, unknown},
		{"the federated user and its account", list(jane, root), jane, no, no}, {"the federated user alone", list(jane), jane, unknown, no},
		{"a service", `{"Service":"lambda.amazonaws.com"}`, lambda, no, no}, {"another service", `{"Service":"ec2.amazonaws.com"}`, lambda, yes, unknown}, {"a user, a service", list(bob, root), lambda, yes, unknown},
		{"everyone", `"*"`, bob, no, no}, {"everyone, a service", list("*"), lambda, unknown, unknown}, {"a user, nobody", list(bob, root), "anonymous", yes, unknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			for effect, want := range map[string]verdict{"Deny": c.deny, "Allow": c.allow} {
				d := mustParse(t, `{"Statement":{"Effect":"`+effect+`","NotPrincipal":`+c.listed+`,"Action":"*","Resource":"*"}}`)
				call := mustCall(t, Request{Principal: c.caller, Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k"})
				if v, failed := d.Statements[0].match(call, Resource); v != want || v != yes && failed != "NotPrincipal" {
					t.Errorf("%s: %v failed %q, want %v", effect, v, failed, want)
				}
				if by, v := d.Statements[0].principalScope(call); by != everyone || v != want {
					t.Errorf("%s: scope %d %v", effect, by, v)
				}
			}
		})
	}
}

// principalScope is the narrowest way in which the statement's Principal names the caller, and how sure that is.
func (s *Statement) principalScope(c *call) (scope, verdict) {
	if s.notPrincipal {
		return everyone, s.exceptsNot(c)
	}
	by, v := nobody, no
	for i := range s.principals {
		if b, w := s.names(i, c); w > v || w == v && w > no && b > by {
			by, v = b, w
		}
	}
	return by, v
}
