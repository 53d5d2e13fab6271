package policy

import (
	"strings"
	"testing"
)

func TestValidate(t *testing.T) {
	const (
		identity = `"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"`
		resource = identity + `,"Principal":{"AWS":"111122223333"}`
		trust    = `"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"lambda.amazonaws.com"}`
		rcp      = `"Effect":"Deny","Action":"s3:*","Resource":"*","Principal":"*"`
		bad      = `"Effect":"Allow","Resource":"*","Action":`
		oai      = "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2QWRUHAPOMQZL"
	)
	for _, c := range []struct {
		kind      Kind
		statement string
		want      []string // the beginnings of the problems
	}{
		{Identity, identity, nil}, {Boundary, identity, nil}, {Session, identity, nil}, {ServiceControl, identity, nil}, {Resource, resource, nil},
		{Endpoint, resource, nil}, {Trust, trust, nil}, {ResourceControl, rcp, nil}, {Resource, trust, nil},
		{Identity, resource, []string{"Statement[0].Principal: Policy document should not specify a principal."}},
		{ServiceControl, identity + `,"NotPrincipal":"*"`, []string{"Statement[0].NotPrincipal: Policy document should not specify a principal."}},
		{Resource, identity, []string{"Statement[0]: Missing required field Principal"}},
		{Trust, `"Effect":"Allow","Action":"sts:AssumeRole"`, []string{"Statement[0]: Missing required field Principal"}},
		{Trust, trust + `,"Resource":"*"`, []string{"Statement[0].Resource: Has prohibited field Resource"}},
		{Trust, `"Effect":"Allow","Action":["sts:AssumeRole","s3:GetObject"],"Principal":"*"`, []string{"Statement[0].Action: AssumeRole policy may only specify STS AssumeRole actions."}},
		{Trust, `"Effect":"Deny","Action":"sts:AssumeRole","NotPrincipal":{"AWS":"111122223333"}`, []string{"Statement[0].NotPrincipal: Has prohibited field NotPrincipal"}},
		{Resource, identity + `,"NotPrincipal":{"AWS":"111122223333"}`, []string{"Statement[0].NotPrincipal: NotPrincipal must be used with Effect Deny"}},
		{Resource, strings.Replace(identity, "Allow", "Deny", 1) + `,"NotPrincipal":{"AWS":"111122223333"}`, nil},
		{Identity, `"Effect":"Allow","Action":"s3:GetObject"`, []string{"Statement[0]: Policy statement must contain resources."}},
		{Resource, identity + `,"Principal":{"AWS":["arn:aws:iam::111122223333:role/*","arn:aws:iam::111122223333:role/a"]}`, []string{`Statement[0].Principal: Invalid principal in policy: "AWS":"arn:aws:iam::111122223333:role/*"`}},
		{Resource, identity + `,"Principal":{"AWS":"arn:aws:iam::111122223333:group/g"}`, []string{"Statement[0].Principal: Invalid principal in policy"}},
		{Resource, identity + `,"Principal":{"CanonicalUser":"79a59d"}`, nil}, {Trust, `"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"CanonicalUser":"79a59d"}`, []string{"Statement[0].Principal: Invalid principal in policy"}},
		// Each form of https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html, and origin access identities.
		{Resource, identity + `,"Principal":{"AWS":["*","111122223333","arn:aws-us-gov:iam::111122223333:root","arn:aws:iam::111122223333:user/a/b c","arn:aws-cn:iam::111122223333:role/a/b",
			"arn:aws:sts::111122223333:assumed-role/r/s@example.com","arn:aws:sts::111122223333:federated-user/f","AROAEXAMPLE","AIDAEXAMPLE","` + oai + `","arn:aws-cn` + oai[len("arn:aws"):] + `"],
			"Federated":["cognito-identity.amazonaws.com","www.amazon.com","arn:aws:iam::111122223333:saml-provider/p","arn:aws:iam::111122223333:oidc-provider/token.example/a"],
			"Service":["lambda.amazonaws.com","logs.eu-west-1.amazonaws.com"],"CanonicalUser":"79a59d"}`, nil},
		{Trust, `"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"` + oai + `"}`, []string{"Statement[0].Principal: Invalid principal in policy"}},
		{Resource, identity + `,"Principal":{"AWS":"arn:aws:iam::cloudfront:user/E2QWRUHAPOMQZL"}`, []string{"Statement[0].Principal: Invalid principal in policy"}},
		{Resource, identity + `,"Principal":{"CanonicalUser":"*"}`, []string{"Statement[0].Principal: Invalid principal in policy"}},
		{Identity, bad + `["*","s3:*","*:*"]`, nil}, {Identity, bad + `"GetObject"`, []string{"Statement[0].Action: Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."}},
		{Identity, `"Effect":"Deny","Resource":"*","NotAction":"s?:GetObject"`, []string{"Statement[0].NotAction: Vendor s? is not valid"}},
		{Identity, strings.Replace(identity, "arn:aws:s3:::b/*", "b", 1), []string{`Statement[0].Resource: Resource b must be in ARN format or "*".`}},
		{Resource, strings.Replace(resource, "arn:aws:s3:::b/*", "execute-api:/*", 1), nil},
		{Identity, strings.Replace(identity, "arn:aws:s3:::b/*", "arn:aws:*:::b", 1), []string{"Statement[0].Resource: Resource vendor must be fully qualified and cannot contain regexes."}},
		{Identity, strings.Replace(identity, "arn:aws:s3:::b/*", "arn:*", 1), []string{"Statement[0].Resource: Resource vendor must be fully qualified"}},
		{Identity, strings.Replace(identity, "arn:aws:s3:::b/*", "arn:aws:s3", 1), []string{"Statement[0].Resource: The policy failed legacy parsing"}},
		{Identity, strings.Replace(identity, "arn:aws:s3:::b/*", "arn:aws:sns:*", 1), nil},
		{Identity, strings.Replace(identity, "arn:aws:s3:::b/*", "arn:azure:s3:::b", 1), []string{`Statement[0].Resource: Partition "azure" is not valid for resource "arn:azure:s3:::b".`}},
		{Identity, strings.Replace(identity, "arn:aws:s3:::b/*", "arn:aws:s3:::${aws:username}", 1), nil},
		{Identity, strings.Replace(identity, "arn:aws:s3:::b/*", "arn:aws:s3:::${aws:username", 1), []string{"Statement[0].Resource: a policy variable needs the form"}},
		{Identity, identity + `,"Sid":"a b"`, []string{"Statement[0].Sid: Statement IDs (SID) must be alpha-numeric."}}, {Resource, resource + `,"Sid":"a b"`, nil},
		{Identity, identity + `,"Sid":"a"},{"Sid":"a",` + identity, []string{"Statement[1].Sid: Statement IDs (SID) in a single policy must be unique."}},
		{Identity, identity + `},{` + identity, nil},
		{Identity, identity + `,"Condition":{"StringIs":{"aws:a":"b"}}`, []string{"Statement[0].Condition.StringIs: Invalid Condition type : StringIs."}},
		{Identity, identity + `,"Condition":{"StringEquals":{"username":"b"}}`, []string{"Statement[0].Condition.StringEquals.username: Actions/Conditions must be prefaced by a vendor"}},
		{Identity, identity + `,"Condition":{"NumericEquals":{"aws:a":["1","b"]}}`, []string{`Statement[0].Condition.NumericEquals.aws:a: NumericEquals cannot compare with "b"`}},
		{Identity, identity + `,"Condition":{"StringEquals":{"aws:a":"${b"}}`, []string{`Statement[0].Condition.StringEquals.aws:a: StringEquals cannot compare with "${b"`}},
		{ResourceControl, `"Effect":"Allow","Action":"*","Resource":"*","Principal":"*"`, nil},
		{ResourceControl, strings.Replace(rcp, "Deny", "Allow", 1), []string{"Statement[0].Effect: Allow is only supported for the policy RCPFullAWSAccess"}},
		{ResourceControl, strings.Replace(rcp, `"Principal":"*"`, `"Principal":{"AWS":"*"}`, 1), []string{`Statement[0].Principal: a resource control policy supports "*" only`}},
		{ResourceControl, strings.Replace(rcp, `"Principal"`, `"NotPrincipal"`, 1), []string{"Statement[0].NotPrincipal: Has prohibited field NotPrincipal"}},
		{ResourceControl, strings.Replace(rcp, `"Action"`, `"NotAction"`, 1), []string{"Statement[0].NotAction: a resource control policy does not support NotAction"}},
		{ResourceControl, `"Effect":"Deny","Action":"s3:*","Resource":"*"`, []string{"Statement[0]: Missing required field Principal"}},
	} {
		checkProblems(t, c.kind, `{"Version":"2012-10-17","Statement":[{`+c.statement+`}]}`, c.want)
	}
	checkProblems(t, Resource, `{"Statement":{"Effect":"Allow","Principal":{"AWS":"`+u+`"},"Action":"`+u+`","Resource":"`+u+`","Condition":{
		"NumericEquals":{"aws:a":"`+u+`"},"StringEquals":{"`+u+`":"a"}}}}`, nil)
	checkProblems(t, Identity, `{"Version":"2012-10-17","Statement":[]}`, []string{"Statement: Policy must contain at least one statement"})
	checkProblems(t, Identity, `{"Id":"","Statement":{`+identity+`}}`, []string{"Id: Id must not be in a policy without principals"})
	checkProblems(t, Resource, `{"Id":"x","Statement":{`+resource+`}}`, nil)
	checkProblems(t, ServiceControl, `{"Statement":{`+identity+`}}`, []string{"Version: Version must be 2012-10-17, found 2008-10-17"})
	checkProblems(t, Identity, `{"Statement":{`+identity+`}}`, nil)
}

func checkProblems(t *testing.T, k Kind, document string, want []string) {
	t.Helper()
	got := Validate(mustParse(t, document), k)
	same := len(got) == len(want)
	for i := range min(len(got), len(want)) {
		same = same && strings.HasPrefix(got[i].String(), want[i])
	}
	if !same {
		t.Errorf("%s: %s\nfound:    %v\nexpected: %v", k, document, got, want)
	}
}

func TestSizes(t *testing.T) {
	document := func(n int, fill string) string {
		start := `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Resource":"*","Action":["a:b",` + fill + `"s3:`
		return start + strings.Repeat("é", n-len(start)-4+strings.Count(fill, " ")) + `"]}}`
	}
	for k, most := range map[Kind]int{Identity: 10240, Boundary: 6144, Session: 2048, Trust: 2048, ServiceControl: 10240, ResourceControl: 5120, Endpoint: 20480, Resource: 32768} {
		tooLong := func(document string) bool {
			for _, p := range Validate(mustParse(t, document), k) {
				if p.Path == "" && strings.HasPrefix(p.String(), limits[k].message) {
					return true
				}
			}
			return false
		}
		if tooLong(document(most, "")) || !tooLong(document(most+1, "")) {
			t.Errorf("%s: expected a limit of %d characters", k, most)
		}
		blank := k != Identity && k != Boundary && k != Trust
		if tooLong(document(most, " \n")) != blank && k != Session {
			t.Errorf("%s: white space counts %v", k, !blank)
		}
	}
	if d := mustParse(t, `{ "Id" : "a b\" \\" , "Statement" : {`+plain+`} }`); d.sizeWithoutSpace != len(`{"Id":"a b\" \\","Statement":{`+plain+`}}`) {
		t.Errorf("found %d characters", d.sizeWithoutSpace)
	}
}
