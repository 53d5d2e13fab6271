package policy

import (
	"math/rand"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/policy/internal/truth"
)

func TestUnresolvedText(t *testing.T) {
	text := "arn:aws:s3:::" + Unresolved("Stack/Bucket") + "/in/" + Unresolved("AWS::Region")
	if got := Readable(text); got != "arn:aws:s3:::‹Stack.Bucket›/in/‹AWS..Region›" {
		t.Errorf("found %q", got)
	}
	if IsKnown(text) || !IsKnown("arn:aws:s3:::b/in/") {
		t.Error("found unknown what is known, or the reverse")
	}
	if Unresolved("a\x00b") != Unresolved("ab") {
		t.Error("a name cannot hold the quote")
	}
}

// An account that is not known yet is the same as itself, and may be any other. So an answer is sure only if it is the same in both cases.
func TestUnresolvedAccounts(t *testing.T) {
	const a = `\u0000account\u0000`
	mine := UnresolvedAccount("")
	role := "arn:aws:sts::" + mine + ":assumed-role/R/s"
	queue := func(account string) string { return "arn:aws:sqs:eu-west-1:" + account + ":q" }
	for name, c := range map[string]struct {
		principal, action, resource, owner string
		identity, resourcePolicy           string
		want                               Decision
	}{
		"its own queue":                             {role, "sqs:SendMessage", queue(mine), "", `"Action":"sqs:*","Resource":"arn:aws:sqs:*:` + a + `:*"`, "", Allowed},
		"its own bucket":                            {role, "s3:GetObject", "arn:aws:s3:::b/k", mine, `"Action":"s3:*","Resource":"arn:aws:s3:::b/*"`, "", Allowed},
		"no statement":                              {role, "sqs:SendMessage", queue(mine), "", `"Action":"sqs:ReceiveMessage","Resource":"*"`, "", ImplicitlyDenied},
		"the queue of an account that is known":     {role, "sqs:SendMessage", queue("111122223333"), "", `"Action":"sqs:*","Resource":"*"`, "", Unknown},
		"which lets it in":                          {role, "sqs:SendMessage", queue("111122223333"), "", `"Action":"sqs:*","Resource":"*"`, `"Principal":{"AWS":"` + a + `"},"Action":"sqs:*","Resource":"*"`, Allowed},
		"which lets in another role":                {role, "sqs:SendMessage", queue("111122223333"), "", `"Action":"s3:*","Resource":"*"`, `"Principal":{"AWS":"arn:aws:iam::` + a + `:role/O"},"Action":"sqs:*","Resource":"*"`, ImplicitlyDenied},
		"the queue of another that is not known":    {role, "sqs:SendMessage", queue(UnresolvedAccount("Other")), "", `"Action":"sqs:*","Resource":"*"`, "", Unknown},
		"a policy that names an account":            {role, "sqs:SendMessage", queue(mine), "", `"Action":"s3:*","Resource":"*"`, `"Principal":{"AWS":"arn:aws:iam::111122223333:role/R"},"Action":"sqs:*","Resource":"*"`, Unknown},
		"a role that is assumed in its account":     {role, "sts:AssumeRole", "arn:aws:iam::" + mine + ":role/T", "", `"Action":"sts:AssumeRole","Resource":"*"`, `"Principal":{"AWS":"arn:aws:iam::` + a + `:root"},"Action":"sts:AssumeRole"`, Allowed},
		"a role that trusts an account":             {role, "sts:AssumeRole", "arn:aws:iam::" + mine + ":role/T", "", `"Action":"sts:AssumeRole","Resource":"*"`, `"Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"`, Unknown},
		"a key whose policy leaves it to IAM":       {role, "kms:Decrypt", "arn:aws:kms:eu-west-1:" + mine + ":key/k", "", `"Action":"kms:*","Resource":"*"`, `"Principal":{"AWS":"arn:aws:iam::` + a + `:root"},"Action":"kms:*","Resource":"*"`, Allowed},
		"a key of another, which nobody may delete": {role, "kms:ScheduleKeyDeletion", "arn:aws:kms:eu-west-1:111122223333:key/k", "", `"Action":"kms:*","Resource":"*"`, `"Principal":{"AWS":"` + a + `"},"Action":"kms:*","Resource":"*"`, Unknown},
		"a stranger, whom nobody lets in":           {"arn:aws:iam::999999999999:role/R", "sqs:SendMessage", queue(mine), "", `"Action":"sqs:*","Resource":"*"`, `"Principal":{"AWS":"` + a + `"},"Action":"sqs:*","Resource":"*"`, ImplicitlyDenied},
		"a stranger, without a policy":              {"arn:aws:iam::999999999999:role/R", "sqs:SendMessage", queue(mine), "", `"Action":"sqs:*","Resource":"*"`, "", ImplicitlyDenied},
		"a stranger, on a condition": {"arn:aws:iam::999999999999:role/R", "sqs:SendMessage", queue(mine), "", `"Action":"sqs:*","Resource":"*"`,
			`"Principal":"*","Action":"sqs:*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalAccount":"` + a + `"}}`, ImplicitlyDenied},
		"a stranger, kept out":             {"arn:aws:iam::999999999999:role/R", "sqs:SendMessage", queue(mine), "", `"Action":"sqs:*","Resource":"*"`, `"Principal":"*","Action":"sqs:*","Resource":"*","Condition":{"StringNotEquals":{"aws:PrincipalAccount":"` + a + `"}}`, Allowed},
		"a stranger, who is let in":        {"arn:aws:iam::999999999999:role/R", "sqs:SendMessage", queue(mine), "", `"Action":"sqs:*","Resource":"*"`, `"Principal":{"AWS":"999999999999"},"Action":"sqs:*","Resource":"*"`, Allowed},
		"a bucket with its ID in the name": {role, "s3:GetObject", "arn:aws:s3:::b-" + mine + "-x/k", mine, `"Action":"s3:*","Resource":"arn:aws:s3:::b-` + a + `-y/*"`, "", ImplicitlyDenied},
		"a condition on its account":       {role, "s3:GetObject", "arn:aws:s3:::b/k", mine, `"Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"aws:ResourceAccount":"` + a + `"}}`, "", Allowed},
		"a condition on an account":        {role, "s3:GetObject", "arn:aws:s3:::b/k", mine, `"Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"aws:ResourceAccount":"111122223333"}}`, "", Unknown},
		"the root user, of its bucket's policy": {"arn:aws:iam::" + mine + ":root", "s3:PutBucketPolicy", "arn:aws:s3:::b", mine, `"Action":"s3:*","Resource":"*"`,
			`"Principal":"*","Action":"s3:*","Resource":"*"},{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"`, Allowed},
		"the root user, of another bucket's policy": {"arn:aws:iam::" + mine + ":root", "s3:PutBucketPolicy", "arn:aws:s3:::b", "111122223333", `"Action":"s3:*","Resource":"*"`,
			`"Principal":"*","Action":"s3:*","Resource":"*"},{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"`, Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			var p Policies
			for into, statement := range map[*string]string{&c.identity: c.identity, &c.resourcePolicy: c.resourcePolicy} {
				if statement == "" {
					continue
				}
				d, err := Parse([]byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow",` + statement + `}]}`))
				if err != nil {
					t.Fatal(err)
				}
				if into == &c.identity {
					p.Identity = []*Document{d}
				} else {
					p.Resource = d
				}
			}
			r := Request{Principal: c.principal, Action: c.action, Resource: c.resource, ResourceAccount: c.owner}
			if found, trace := Evaluate(r, p); found != c.want || Decide(r, p) != c.want {
				t.Errorf("found %s (%s), expected %s", found, trace.Problem, c.want)
			}
		})
	}
}

// u is unresolved in JSON.
const u = `\u0000Stack.X\u0000`

func TestUnresolvedElements(t *testing.T) {
	x := Unresolved("Stack.X")
	at := func(caller, action, resource string) Request {
		return Request{Principal: caller, Action: action, Resource: resource}
	}
	plain := at(bob, "s3:GetObject", "arn:aws:s3:::b/k")
	allow := func(element string) string {
		rest := `"Effect":"Allow"`
		for name, any := range map[string]string{"Principal": `"*"`, "Action": `"*"`, "Resource": `"*"`} {
			if !strings.Contains(element, `"`+name+`"`) && !strings.Contains(element, `"Not`+name+`"`) {
				rest += `,"` + name + `":` + any
			}
		}
		return rest + "," + element
	}
	for name, c := range map[string]struct {
		element string
		request Request
		want    truth.Value
	}{
		"action, all of it":                                       {`"Action":"` + u + `"`, plain, truth.Unknown},
		"action of another service":                               {`"Action":"sqs:` + u + `"`, plain, truth.No},
		"action, not":                                             {`"NotAction":"s3:` + u + `"`, plain, truth.Unknown},
		"action beside one that matches":                          {`"Action":["` + u + `","s3:GetObject"]`, plain, truth.Yes},
		"resource, all of it":                                     {`"Resource":"` + u + `"`, plain, truth.Unknown},
		"bucket":                                                  {`"Resource":"arn:aws:s3:::` + u + `/*"`, plain, truth.Unknown},
		"bucket, but another key":                                 {`"Resource":"arn:aws:s3:::` + u + `/in/*"`, plain, truth.No},
		"bucket, but a table":                                     {`"Resource":"arn:aws:s3:::` + u + `"`, at(bob, "s3:GetObject", "arn:aws:dynamodb:eu-west-1:111122223333:table/t"), truth.No},
		"the same bucket":                                         {`"Resource":"arn:aws:s3:::` + u + `/k*"`, at(bob, "s3:GetObject", "arn:aws:s3:::"+x+"/k1"), truth.Yes},
		"the same bucket, another key":                            {`"Resource":"arn:aws:s3:::` + u + `/k*"`, at(bob, "s3:GetObject", "arn:aws:s3:::"+x+"/l"), truth.Unknown},
		"another unresolved bucket":                               {`"Resource":"arn:aws:s3:::` + u + `/k"`, at(bob, "s3:GetObject", "arn:aws:s3:::"+Unresolved("Y")+"/k"), truth.Unknown},
		"a known bucket, of an unresolved one":                    {`"Resource":"arn:aws:s3:::b/*"`, at(bob, "s3:GetObject", "arn:aws:s3:::"+x+"/k"), truth.Unknown},
		"a known key, of an unresolved bucket":                    {`"Resource":"arn:aws:s3:::*/k"`, at(bob, "s3:GetObject", "arn:aws:s3:::"+x+"/k"), truth.Yes},
		"a name within an unresolved one":                         {`"Resource":"arn:aws:s3:::*Stack*"`, at(bob, "s3:GetObject", "arn:aws:s3:::"+x), truth.Unknown},
		"a character for an unresolved name":                      {`"Resource":"arn:aws:s3:::?"`, at(bob, "s3:GetObject", "arn:aws:s3:::"+x), truth.Unknown},
		"as many as an unresolved name shows":                     {`"Resource":"arn:aws:s3:::?????????"`, at(bob, "s3:GetObject", "arn:aws:s3:::"+x), truth.Unknown},
		"a character for an unresolved region":                    {`"Resource":"arn:aws:sqs:?:111122223333:q"`, at(bob, "sqs:A", "arn:aws:sqs:"+x+":111122223333:q"), truth.Unknown},
		"any bucket of an unresolved one":                         {`"Resource":"arn:aws:s3:::*"`, at(bob, "s3:GetObject", "arn:aws:s3:::"+x), truth.Yes},
		"region":                                                  {`"Resource":"arn:aws:sqs:` + u + `:111122223333:q"`, at(bob, "sqs:A", "arn:aws:sqs:eu-west-1:111122223333:q"), truth.Unknown},
		"region, another account":                                 {`"Resource":"arn:aws:sqs:` + u + `:111122223333:q"`, at(bob, "sqs:A", "arn:aws:sqs:eu-west-1:444455556666:q"), truth.No},
		"a wildcard within a segment":                             {`"Resource":"arn:aws:sqs:eu-*-1:111122223333:q"`, at(bob, "sqs:A", "arn:aws:sqs:eu-"+x+"-1:111122223333:q"), truth.Unknown},
		"a question mark within a segment":                        {`"Resource":"arn:aws:sqs:eu-west-?:111122223333:` + u + `"`, at(bob, "sqs:A", "arn:aws:sqs:eu-west-1:111122223333:q"), truth.Unknown},
		"not resource":                                            {`"NotResource":"arn:aws:s3:::` + u + `/*"`, plain, truth.Unknown},
		"not resource, of another service":                        {`"NotResource":"arn:aws:sqs:::` + u + `"`, plain, truth.Yes},
		"a variable beside it":                                    {`"Resource":"arn:aws:s3:::` + u + `/${aws:username}"`, at(bob, "s3:GetObject", "arn:aws:s3:::b/Bob"), truth.Unknown},
		"a variable beside it, of another":                        {`"Resource":"arn:aws:s3:::` + u + `/${aws:username}"`, plain, truth.No},
		"a variable, and elsewhere something unresolved":          {`"Resource":"arn:aws:s3:::b/${aws:username}"`, Request{Principal: bob, Action: "s3:A", Resource: "arn:aws:s3:::b/Bob", Context: one("k:e", x)}, truth.Yes},
		"a variable with an unresolved value":                     {`"Resource":"arn:aws:s3:::b/${aws:PrincipalTag/team}"`, Request{Principal: bob, Action: "s3:A", Resource: "arn:aws:s3:::b/k", Context: one("aws:PrincipalTag/team", x)}, truth.Unknown},
		"principal, all of it":                                    {`"Principal":{"AWS":"` + u + `"}`, plain, truth.Unknown},
		"principal, all of it, for a service":                     {`"Principal":{"Service":"` + u + `"}`, at(lambda, "s3:A", ""), truth.Unknown},
		"principal, all of it, for anyone":                        {`"Principal":{"AWS":"` + u + `"}`, at("anonymous", "s3:A", ""), truth.Unknown},
		"service":                                                 {`"Principal":{"Service":"lambda.` + u + `"}`, at(lambda, "s3:A", ""), truth.Unknown},
		"service, another":                                        {`"Principal":{"Service":"ec2.` + u + `"}`, at(lambda, "s3:A", ""), truth.No},
		"account":                                                 {`"Principal":{"AWS":"arn:aws:iam::` + u + `:root"}`, plain, truth.Unknown},
		"account, in another partition":                           {`"Principal":{"AWS":"arn:aws-cn:iam::` + u + `:root"}`, plain, truth.No},
		"role":                                                    {`"Principal":{"AWS":"arn:aws:iam::111122223333:role/` + u + `"}`, at(session, "s3:A", ""), truth.Unknown},
		"role, for a user":                                        {`"Principal":{"AWS":"arn:aws:iam::111122223333:role/` + u + `"}`, plain, truth.No},
		"role of another account":                                 {`"Principal":{"AWS":"arn:aws:iam::444455556666:role/` + u + `"}`, at(session, "s3:A", ""), truth.No},
		"the same role":                                           {`"Principal":{"AWS":"arn:aws:iam::111122223333:role/` + u + `"}`, at("arn:aws:sts::111122223333:assumed-role/"+x+"/s", "s3:A", ""), truth.Yes},
		"another unresolved role":                                 {`"Principal":{"AWS":"arn:aws:iam::111122223333:role/` + u + `"}`, at("arn:aws:sts::111122223333:assumed-role/"+Unresolved("Y")+"/s", "s3:A", ""), truth.Unknown},
		"a known role, of an unresolved one":                      {`"Principal":{"AWS":"arn:aws:iam::111122223333:role/R"}`, at("arn:aws:sts::111122223333:assumed-role/"+x+"/s", "s3:A", ""), truth.Unknown},
		"its account, of an unresolved role":                      {`"Principal":{"AWS":"111122223333"}`, at("arn:aws:sts::111122223333:assumed-role/"+x+"/s", "s3:A", ""), truth.Yes},
		"another account, of an unresolved one":                   {`"Principal":{"AWS":"444455556666"}`, at("arn:aws:sts::111122223333:assumed-role/"+x+"/s", "s3:A", ""), truth.No},
		"not principal":                                           {`"NotPrincipal":{"AWS":"arn:aws:iam::111122223333:role/` + u + `"}`, at(session, "s3:A", ""), truth.Unknown},
		"condition":                                               {`"Condition":{"StringEquals":{"aws:SourceVpce":"` + u + `"}}`, Request{Principal: bob, Action: "s3:A", Context: one("aws:SourceVpce", "vpce-1")}, truth.Unknown},
		"condition, without the key":                              {`"Condition":{"StringEquals":{"aws:SourceVpce":"` + u + `"}}`, Request{Principal: bob, Action: "s3:A"}, truth.No},
		"condition, the same value":                               {`"Condition":{"StringEquals":{"aws:SourceVpce":"` + u + `"}}`, Request{Principal: bob, Action: "s3:A", Context: one("aws:SourceVpce", x)}, truth.Yes},
		"condition, another value":                                {`"Condition":{"StringEquals":{"aws:SourceVpce":"` + u + `"}}`, Request{Principal: bob, Action: "s3:A", Context: one("aws:SourceVpce", Unresolved("Y"))}, truth.Unknown},
		"condition, not the same value":                           {`"Condition":{"StringNotEquals":{"aws:SourceVpce":"` + u + `"}}`, Request{Principal: bob, Action: "s3:A", Context: one("aws:SourceVpce", x)}, truth.No},
		"condition, not another":                                  {`"Condition":{"StringNotEqualsIgnoreCase":{"k:e":"A` + u + `"}}`, Request{Principal: bob, Action: "s3:A", Context: one("k:e", "ab")}, truth.Unknown},
		"condition, in other letters":                             {`"Condition":{"StringEqualsIgnoreCase":{"k:e":"A` + u + `"}}`, Request{Principal: bob, Action: "s3:A", Context: one("k:e", "a"+x)}, truth.Yes},
		"condition, in other letters, and an unresolved resource": {`"Condition":{"StringEqualsIgnoreCase":{"k:e":"John"}}`, Request{Principal: bob, Action: "s3:A", Resource: "arn:aws:s3:::" + x, Context: one("k:e", "jOHN")}, truth.Yes},
		"condition, another text, and an unresolved resource":     {`"Condition":{"StringEqualsIgnoreCase":{"k:e":"John"}}`, Request{Principal: bob, Action: "s3:A", Resource: "arn:aws:s3:::" + x, Context: one("k:e", "joan")}, truth.No},
		"condition, an ARN":                                       {`"Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:s3:::` + u + `"}}`, Request{Principal: lambda, Action: "s3:A", Context: one("aws:SourceArn", "arn:aws:s3:::b")}, truth.Unknown},
		"condition, the ARN of another service":                   {`"Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:s3:::` + u + `"}}`, Request{Principal: lambda, Action: "s3:A", Context: one("aws:SourceArn", "arn:aws:sns:::b")}, truth.No},
		"condition, the role's ARN":                               {`"Condition":{"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/` + u + `"}}`, at("arn:aws:sts::111122223333:assumed-role/"+x+"/s", "s3:A", ""), truth.Yes},
		"condition, another role's ARN":                           {`"Condition":{"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/R"}}`, at("arn:aws:sts::111122223333:assumed-role/"+x+"/s", "s3:A", ""), truth.Unknown},
		"condition, a role with a path":                           {`"Condition":{"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/team/` + u + `"}}`, at(session, "s3:A", ""), truth.Unknown},
		"condition, the key":                                      {`"Condition":{"StringNotEquals":{"aws:PrincipalTag/` + u + `":"x"}}`, plain, truth.Unknown},
		"condition, a number":                                     {`"Condition":{"NumericLessThan":{"k:n":"` + u + `"}}`, Request{Principal: bob, Action: "s3:A", Context: one("k:n", "1")}, truth.Unknown},
		"condition, bytes":                                        {`"Condition":{"BinaryEquals":{"k:b":"AA=="}}`, Request{Principal: bob, Action: "s3:A", Context: one("k:b", x)}, truth.Unknown},
		"condition, an address":                                   {`"Condition":{"IpAddress":{"aws:SourceIp":"` + u + `"}}`, Request{Principal: bob, Action: "s3:A", Context: one("aws:SourceIp", "10.0.0.1")}, truth.Unknown},
		"condition, whether it is there":                          {`"Condition":{"Null":{"k:b":"true"}}`, Request{Principal: bob, Action: "s3:A", Context: one("k:b", x)}, truth.No},
		"without its end":                                         {`"Resource":"arn:aws:s3:::\u0000Stack"`, plain, truth.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			effect := allow(c.element)
			if strings.Contains(effect, "NotPrincipal") {
				effect = strings.Replace(effect, "Allow", "Deny", 1)
			}
			if v, _ := ask(t, Resource, effect, c.request); v != c.want {
				t.Errorf("found %d, expected %d", v, c.want)
			}
		})
	}
}

// TestResolvedLater: whatever a text turns out to be, a decision that was sure without it stays the same; only that what nothing allows may
// turn out to be denied besides.
func TestResolvedLater(t *testing.T) {
	turns := []string{"", "b", "in", "a/b", "*", "role/R", "vpce-1", "111111111111"}
	count := map[Decision]int{}
	d := dice{rand.New(rand.NewSource(5))}
	resolve := func(text string, x, y string) string {
		return strings.NewReplacer(`\u0000X\u0000`, x, `\u0000Y\u0000`, y, Unresolved("X"), x, Unresolved("Y"), y).Replace(text)
	}
	for range rounds / 2 {
		// Of each string one is put in the place of a part.
		cut := func(text string) string {
			if d.Intn(8) > 0 {
				return text
			}
			from := d.Intn(len(text))
			return text[:from] + d.of(`\u0000X\u0000`, `\u0000Y\u0000`) + text[from+d.Intn(len(text)-from):]
		}
		statement := func() string {
			return `{"Effect":"` + d.of("Allow", "Allow", "Deny") + `","` + d.of("Action", "Action", "Action", "NotAction") + `":"` + cut("s3:GetObject") + `","` + d.of("Resource", "Resource", "Resource", "NotResource") + `":"arn:aws:s3:::` +
				cut("b/in/k") + d.of("", "*") + `","Condition":{"` + d.of("StringEquals", "StringEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase", "ForAnyValue:StringLike", "ForAllValues:StringEquals") + `":{"aws:SourceVpce":["` +
				cut("vpce-1") + `","` + cut("vpce-22") + `"]},"` + d.of("ArnEquals", "ArnEquals", "ArnNotLike") + `":{"aws:PrincipalArn":"arn:aws:iam::111111111111:role/` + cut("reader") + `"}},"` +
				d.of("Principal", "Principal", "Principal", "NotPrincipal") + `":{"AWS":["arn:aws:iam::111111111111:role/` + cut("reader") + `","` + cut("111111111111") + `"]}}`
		}
		document := `{"Version":"2012-10-17","Statement":[` + statement() + "," + statement() + "," + statement() + `]}`
		name := strings.ReplaceAll(cut("reader"), `\u0000`, "\x00")
		r := Request{Principal: "arn:aws:sts::111111111111:assumed-role/" + name + "/s", Action: "s3:GetObject",
			Resource: "arn:aws:s3:::" + strings.ReplaceAll(cut("b/in/k"), `\u0000`, "\x00"), Context: one("aws:SourceVpce", strings.ReplaceAll(cut("vpce-1"), `\u0000`, "\x00"))}
		open := Decide(r, Policies{Resource: parsed(t, document)})
		count[open]++
		if open == Unknown || !strings.Contains(document+r.Principal+r.Resource, "X") {
			continue
		}
		for _, x := range turns {
			for _, y := range []string{"", d.of(turns...)} {
				known := Request{Principal: resolve(r.Principal, x, y), Action: r.Action, Resource: resolve(r.Resource, x, y), Context: one("aws:SourceVpce", resolve(r.Context["aws:SourceVpce"][0], x, y))}
				if callerOf(known.Principal).name != resolve(name, x, y) {
					continue // what a name cannot be
				}
				if found := Decide(known, Policies{Resource: parsed(t, resolve(document, x, y))}); found != open && found != Unknown && (found != ExplicitlyDenied || open != ImplicitlyDenied) {
					t.Fatalf("found %s, and %s with %q and %q\n%+v\n%s", open, found, x, y, r, document)
				}
			}
		}
	}
	for _, d := range []Decision{Allowed, ExplicitlyDenied, ImplicitlyDenied, Unknown} {
		if count[d] < rounds/200 {
			t.Errorf("found %v, expected each decision often", count)
		}
	}
}

// A caller with a name of its own is none of the roles whose names AWS makes up.
func TestOthersAreNotTheCaller(t *testing.T) {
	other := "arn:aws:iam::111122223333:role/" + Unresolved("Stack.Other")
	for element, want := range map[string][2]truth.Value{
		`"Principal":{"AWS":"arn:aws:iam::111122223333:role/` + `\u0000Stack.Other\u0000` + `"}`:                                                  {truth.Unknown, truth.No},
		`"Principal":{"AWS":"arn:aws:iam::111122223333:role/` + `\u0000Stack.Third\u0000` + `"}`:                                                  {truth.Unknown, truth.Unknown},
		`"Principal":"*","Condition":{"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/` + `\u0000Stack.Other\u0000` + `"}}`:       {truth.Unknown, truth.No},
		`"Principal":"*","Condition":{"StringNotEquals":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/` + `\u0000Stack.Other\u0000` + `"}}`: {truth.Unknown, truth.Yes},
		`"Principal":"*","Condition":{"ArnEquals":{"aws:SourceArn":"arn:aws:iam::111122223333:role/` + `\u0000Stack.Other\u0000` + `"}}`:          {truth.Unknown, truth.Unknown},
		`"Principal":"*","Condition":{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/*` + `\u0000Stack.Other\u0000` + `"}}`:        {truth.Unknown, truth.Unknown},
	} {
		for i, others := range [][]string{nil, {other}} {
			r := Request{Principal: session, Action: "s3:A", OtherPrincipals: others, Context: one("aws:SourceArn", "arn:aws:iam::111122223333:role/x")}
			if v, _ := ask(t, Resource, `"Effect":"Allow","Action":"*","Resource":"*",`+element, r); v != want[i] {
				t.Errorf("%s, with others %v: found %v, expected %v", element, others, v, want[i])
			}
		}
	}
}

// A resource that is certainly another one is not matched, by itself; a pattern with more may match.
func TestOtherResources(t *testing.T) {
	const key, other = "arn:aws:kms:eu-west-1:111122223333:key/\x00Stack.Key\x00", "arn:aws:kms:eu-west-1:111122223333:key/\x00Stack.Other\x00"
	for element, want := range map[string][2]truth.Value{ // without and with the other one
		`"Resource":"arn:aws:kms:eu-west-1:111122223333:key/` + `\u0000Stack.Key\u0000` + `"`:      {truth.Yes, truth.Yes},
		`"Resource":"arn:aws:kms:eu-west-1:111122223333:key/` + `\u0000Stack.Other\u0000` + `"`:    {truth.Unknown, truth.No},
		`"Resource":"arn:aws:kms:eu-west-1:111122223333:key/` + `\u0000Stack.Third\u0000` + `"`:    {truth.Unknown, truth.Unknown},
		`"Resource":"arn:aws:kms:eu-west-1:111122223333:key/` + `\u0000Stack.Other\u0000*` + `"`:   {truth.Unknown, truth.Unknown},
		`"NotResource":"arn:aws:kms:eu-west-1:111122223333:key/` + `\u0000Stack.Other\u0000` + `"`: {truth.Unknown, truth.Yes},
	} {
		for i, others := range [][]string{nil, {other}} {
			r := Request{Principal: "arn:aws:iam::111122223333:user/u", Action: "kms:Decrypt", Resource: key, OtherResources: others}
			if v, _ := ask(t, Identity, `"Effect":"Allow","Action":"*",`+element, r); v != want[i] {
				t.Errorf("%s, with others %v: found %v, expected %v", element, others, v, want[i])
			}
		}
	}
}

// A principal that is not known at all may be the caller itself, whom a resource policy of its own account can permit without any other policy.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
func TestUnresolvedPrincipals(t *testing.T) {
	for principal, c := range map[string]struct {
		account string // of the queue
		want    Decision
	}{
		u:                                     {"111122223333", Unknown},
		"arn:aws:iam::111122223333:user/" + u: {"111122223333", Unknown},
		"arn:aws:iam::111122223333:role/" + u: {"111122223333", ImplicitlyDenied},
		"arn:aws:iam::" + u + ":root":         {"111122223333", Unknown},
		"arn:aws:iam::444455556666:" + u:      {"111122223333", ImplicitlyDenied},
		"":                                    {"111122223333", ImplicitlyDenied}, // of another user
	} {
		for account, want := range map[string]Decision{"111122223333": c.want, "444455556666": ImplicitlyDenied} { // where its own policies have to allow it, too
			if principal == "" {
				principal = "arn:aws:iam::111122223333:user/alice"
			}
			d, err := Parse([]byte(`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "` + principal + `"}, "Action": "sqs:SendMessage", "Resource": "*"}]}`))
			if err != nil {
				t.Fatal(err)
			}
			r := Request{Principal: "arn:aws:iam::111122223333:user/bob", Action: "sqs:SendMessage", Resource: "arn:aws:sqs:eu-west-1:" + account + ":q"}
			if got := Decide(r, Policies{Resource: d}); got != want {
				t.Errorf("%s, a queue of %s: found %s, expected %s", Readable(principal), account, got, want)
			}
		}
	}
}

// What two ARNs have in common may be generated names, which have neither wildcards nor separators: where the rest differs, whatever the names are does not
// matter. Another generated name is that of another resource.
func TestGeneratedNames(t *testing.T) {
	const lake, pond, parameter = `\u0000S.Lake\u0000`, `\u0000S.Pond\u0000`, `\u0000S.Parameter\u0000`
	const account, region = `\u0000account\u0000`, `\u0000region\u0000`
	generated := map[string]bool{Unresolved("S.Lake"): true, Unresolved("S.Pond"): true}
	for _, c := range []struct {
		pattern, resource string
		want              Answer
	}{
		{"arn:aws:s3:::" + lake + "/reports/*", "arn:aws:s3:::" + lake + "/salaries/1", No},
		{"arn:aws:s3:::" + lake + "/reports/*", "arn:aws:s3:::" + lake + "/reports/1", Yes},
		{"arn:aws:s3:::" + lake, "arn:aws:s3:::" + lake + "/reports/1", No},
		{"arn:aws:s3:::" + lake + "/*", "arn:aws:s3:::" + lake, No},
		{"arn:aws:s3:::" + lake + "/*/1", "arn:aws:s3:::" + lake + "/reports/2", No},
		{"arn:aws:s3:::" + lake + "/*/" + parameter, "arn:aws:s3:::" + lake + "/reports/2", Indeterminate},
		{"arn:aws:s3:::" + lake + "*", "arn:aws:s3:::" + pond + "/reports/1", Indeterminate}, // one name may begin with the other
		{"arn:aws:s3:::" + lake + "/*", "arn:aws:s3:::" + pond + "/reports/1", No},
		{"arn:aws:s3:::" + lake, "arn:aws:s3:::" + pond, No},
		{"arn:aws:s3:::" + lake, "arn:aws:s3:::" + pond + "-logs", Indeterminate},
		{"arn:aws:s3:::" + parameter + "/reports/*", "arn:aws:s3:::" + parameter + "/salaries/1", Indeterminate}, // it may have a wildcard
		{"arn:aws:s3:::" + parameter + "/*", "arn:aws:s3:::" + lake + "/1", Indeterminate},
		{"arn:aws:s3:::lake/*", "arn:aws:s3:::" + lake + "/1", Indeterminate},
		{"arn:aws:sqs:" + region + ":" + account + ":" + lake, "arn:aws:sqs:" + region + ":" + account + ":" + pond, No},
		{"arn:aws:sqs:" + region + ":" + account + ":" + lake, "arn:aws:sqs:" + region + ":" + account + ":" + lake, Yes},
		{"arn:aws:sqs:" + region + ":" + account + ":" + lake, "arn:aws:sqs:" + region + ":111122223333:" + pond, Indeterminate}, // which may be the account
		{"arn:aws:sqs:*:" + account + ":" + lake, "arn:aws:sqs:" + region + ":" + account + ":" + lake, Yes},
		{"arn:aws:s3:::" + lake + "/${*}", "arn:aws:s3:::" + lake + "/*", Yes},
		{"arn:aws:s3:::" + lake + "/${?}", "arn:aws:s3:::" + lake + "/*", No},
		{"arn:aws:s3:::${aws:username}/*", "arn:aws:s3:::" + lake + "/1", Indeterminate},
		{"arn:aws:*:::" + lake + "/*", "arn:aws:s3:::" + pond + "/1", Indeterminate},
		{"*/reports/*", "arn:aws:s3:::" + lake + "/salaries/1", Indeterminate},
	} {
		d := parsed(t, `{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "`+c.pattern+`"}]}`)
		r := Request{Principal: bob, Action: "s3:GetObject", Resource: strings.ReplaceAll(c.resource, `\u0000`, "\x00"), GeneratedNames: generated}
		want := map[Answer]Decision{Yes: ExplicitlyDenied, No: ImplicitlyDenied, Indeterminate: ImplicitlyDenied}[c.want]
		_, trace := Evaluate(r, Policies{Identity: []*Document{d}})
		if len(trace.Statements) != 1 || trace.Statements[0].Matches != c.want || trace.Decision != want {
			t.Errorf("%s on %s: found %s, expected %s", Readable(c.pattern), Readable(r.Resource), trace.Statements[0].Matches, c.want)
		}
	}
}
