package proof

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/facts"
	"github.com/crossgrant/crossgrant/policy"
)

const importedKey = "arn:aws:kms:eu-west-1:222222222222:key/1234abcd"

// imported is the app of testdata/grant whose bucket, key and table are there already, and with role also its trusted role.
func imported(t *testing.T, role bool) *assembly.Assembly {
	t.Helper()
	text, err := os.ReadFile("testdata/grant/target.yaml")
	if err != nil {
		t.Fatal(err)
	}
	_, resources, _ := strings.Cut(string(text), "Resources:\n")
	before, roles, _ := strings.Cut(resources, "  Role:\n")
	edits := []edit{{"target", before, ""}, {"target", "Resource: !GetAtt Key.Arn", "Resource: \"" + importedKey + "\""},
		{"target", `["arn:aws:kms:eu-west-1:222222222222:key/*"]`, `["` + importedKey + `"]`}, {"source", `["arn:aws:kms:eu-west-1:222222222222:key/*"]`, `["` + importedKey + `"]`}}
	if role {
		edits = slices.Insert(edits, 1, edit{"target", "Resources:\n  Role:\n" + roles, "Resources: {}\n"})
		edits = slices.Delete(edits, 2, 3)
	}
	return grantApp(t, both, edits...)
}

// known are facts that are as the templates of testdata/grant, with one change.
func known(t *testing.T, from, to string) *facts.Facts {
	t.Helper()
	text := file(t, "testdata/facts.json")
	if !strings.Contains(text, from) {
		t.Fatalf("found no %q in the facts", from)
	}
	f, err := facts.Parse("facts.json", []byte(strings.Replace(text, from, to, 1)))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// missing are the IDs of the facts that a report lacks.
func missing(r *Report) []string {
	var all []string
	for _, m := range r.Missing() {
		all = append(all, m.ID())
	}
	return all
}

func file(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// What is there already is undecided, and the remedy says which facts to give. With them it is proved, or broken for what they say.
func TestFacts(t *testing.T) {
	const lake = `"arn:aws:s3:::lake": {`
	without := imported(t, false)
	r := proved(t, without, Options{})
	if r.Verdict() != Undecided {
		t.Errorf("without facts: found %s, expected undecided", r.Verdict())
	}
	for _, want := range []string{
		`"arn:aws:s3:::lake" with account, region, policy, kmsKey, publicAccessBlock, objectOwnership`,
		`"arn:aws:dynamodb:eu-west-1:222222222222:table/shop" with policy, kmsKey`, `"` + importedKey + `" with policy`,
	} {
		if !strings.Contains(says(r), want) {
			t.Errorf("without facts: found remedies without %s:\n%s", want, says(r))
		}
	}
	if want := []string{"arn:aws:dynamodb:eu-west-1:222222222222:table/shop", importedKey, "arn:aws:s3:::lake"}; !slices.Equal(missing(r), want) {
		t.Errorf("without facts: found missing %q, expected %q", missing(r), want)
	}
	const role = `"arn:aws:iam::222222222222:role/reports-prod-eu-west-1": {`
	deny := func(action, resource string) string {
		return `"Statement": [{"Sid": "No", "Effect": "Deny", "Principal": "*", "Action": "` + action + `", "Resource": "` + resource + `"}, `
	}
	for name, c := range map[string]struct {
		from, to string // of the facts
		role     bool   // whether the role is among them
		verdict  Verdict
		says     string
	}{
		"all as it has to be": {lake, lake, false, Proved, ""},
		"a role, too":         {lake, lake, true, Proved, ""},
		"a bucket that is open": {`"Statement": [{"Sid": "TLS"`, `"Statement": [{"Sid": "Open", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::lake/*"}, {"Sid": "TLS"`, false, Broken,
			"statement Open of the policy of bucket lake (by facts.json) allows s3:GetObject"},
		"a bucket that denies":                     {`"Statement": [{"Sid": "TLS"`, deny("s3:GetObject", "arn:aws:s3:::lake/*") + `{"Sid": "TLS"`, false, Broken, "statement No of the policy of bucket lake (by facts.json)"},
		"a bucket of plain HTTP":                   {`"aws:SecureTransport": "false"`, `"aws:SecureTransport": "none"`, false, Broken, "over plain HTTP"},
		"a key that leaves nothing to the account": {`"AWS": "arn:aws:iam::222222222222:root"`, `"AWS": "arn:aws:iam::222222222222:user/keeper"`, false, Broken, "kms:Decrypt"},
		"a grant to a stranger": {`"enabled": true`, `"enabled": true, "grants": [{"GrantId": "ab12", "GranteePrincipal": "arn:aws:iam::999999999999:role/x", "Operations": ["Decrypt"]}]`, false, Broken,
			"statement Grantab12 of the policy of key 1234abcd (by facts.json)"},
		"a grant to a service": {`"enabled": true`, `"enabled": true, "grants": [{"GrantId": "ab12", "GranteePrincipal": "dynamodb.eu-west-1.amazonaws.com", "Operations": ["Decrypt"]}]`, false, Proved, ""},
		"a disabled key":       {`"enabled": true`, `"enabled": false`, false, Broken, "key 1234abcd (by facts.json) is disabled"},
		"a table that is open": {`"policy": null`, `"policy": {"Version": "2012-10-17", "Statement": [{"Sid": "Open", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::999999999999:root"}, "Action": "dynamodb:GetItem", ` +
			`"Resource": "arn:aws:dynamodb:eu-west-1:222222222222:table/shop"}]}`, false, Broken, "statement Open of the policy of table shop (by facts.json)"},
		"a role that trusts everybody":    {`role/reader`, `*`, true, Broken, "the trust policy of role reports-prod-eu-west-1 (by facts.json)"},
		"a role that may do more":         {`"Action": "s3:GetObject"`, `"Action": "s3:*"`, true, Broken, "s3:*"},
		"a boundary that permits nothing": {`"boundary": null`, `"boundary": "arn:aws:iam::222222222222:policy/nothing"`, true, Broken, "statement 0 of the managed policy nothing (by facts.json) denies kms:Decrypt"},
	} {
		t.Run(name, func(t *testing.T) {
			text := c.to
			f := known(t, c.from, text)
			if !c.role {
				f = withoutRole(t, c.from, c.to, role)
			}
			r := proved(t, imported(t, c.role), Options{Facts: f})
			if missing := missing(r); len(missing) > 0 {
				t.Errorf("found missing %q, expected nothing", missing)
			}
			if r.Verdict() != c.verdict || !strings.Contains(says(r), c.says) {
				t.Errorf("found %s, expected %s and %q:\n%s", r.Verdict(), c.verdict, c.says, says(r))
			}
			if !slices.ContainsFunc(r.Assumed, func(n assembly.Note) bool {
				return strings.HasPrefix(n.String(), "facts.json: arn:aws:s3:::lake: taken to be as the file says; ")
			}) {
				t.Errorf("found assumptions %v, expected the facts", r.Assumed)
			}
		})
	}
}

// withoutRole are known facts of which the last, on a role, is left to the template.
func withoutRole(t *testing.T, from, to, role string) *facts.Facts {
	t.Helper()
	before, _, _ := strings.Cut(file(t, "testdata/facts.json"), ",\n    "+role)
	f, err := facts.Parse("facts.json", []byte(strings.Replace(before+"}}", from, to, 1)))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Only one of a template and the facts can be right.
func TestFactsOfWhatATemplateHas(t *testing.T) {
	_, err := Prove(grantApp(t, both), Options{Facts: known(t, "{", "{")})
	if want := "facts.json: found facts about arn:aws:dynamodb:eu-west-1:222222222222:table/shop, which stack Target has as Shop, expected facts about what no template has"; err == nil || err.Error() != want {
		t.Errorf("found %v, expected %s", err, want)
	}
}

// A grant permits its grantee the operations by itself; a Deny prevails over it, and what a permissions boundary does to it is not documented.
// https://docs.aws.amazon.com/kms/latest/developerguide/grants.html
func TestGrantsOfAKey(t *testing.T) {
	const reader, importedGrant = "arn:aws:iam::111111111111:role/reader", `, "grants": [{"GrantId": "ab12", "GranteePrincipal": "arn:aws:iam::111111111111:role/reader", "Operations": ["Decrypt"], "Constraints": {}}]`
	const own = `PolicyDocument: {Statement: [{Sid: Assume`
	for name, c := range map[string]struct {
		grants, action string
		edit           edit
		want           policy.Answer
	}{
		"no grant":               {"", "kms:Decrypt", edit{"source", own, own}, policy.No},
		"a grant":                {importedGrant, "kms:Decrypt", edit{"source", own, own}, policy.Yes},
		"another operation":      {importedGrant, "kms:Encrypt", edit{"source", own, own}, policy.No},
		"a grant and a Deny":     {importedGrant, "kms:Decrypt", edit{"source", own, `PolicyDocument: {Statement: [{Effect: Deny, Action: "kms:*", Resource: "*"}, {Sid: Assume`}, policy.No},
		"a grant to another":     {strings.Replace(importedGrant, "role/reader", "role/writer", 1), "kms:Decrypt", edit{"source", own, own}, policy.No},
		"of another context":     {strings.Replace(importedGrant, `"Constraints": {}`, `"Constraints": {"EncryptionContextSubset": {"a": "b"}}`, 1), "kms:Decrypt", edit{"source", own, own}, policy.Indeterminate},
		"of a newer constraint":  {strings.Replace(importedGrant, `"Constraints": {}`, `"Constraints": {"Newer": "x"}`, 1), "kms:Decrypt", edit{"source", own, own}, policy.Indeterminate},
		"a grant and a boundary": {importedGrant, "kms:Decrypt", edit{"source", "RoleName: reader", "RoleName: reader\n      PermissionsBoundary: arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}, policy.Indeterminate},
	} {
		f, err := facts.Parse("facts.json", versioned(`{"resources": {"`+importedKey+`": {"policy": {"Statement": [{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::222222222222:root"}, "Action": "kms:*", "Resource": "*"}]}`+c.grants+`}}}`))
		if err != nil {
			t.Fatal(err)
		}
		chains, err := Explain(grantApp(t, "source", c.edit), Options{Facts: f}, Access{Caller: reader, Action: c.action, Resource: importedKey})
		if err != nil {
			t.Fatal(err)
		}
		h := chains[0].Hops[len(chains[0].Hops)-1]
		if h.Passes != c.want {
			t.Errorf("%s: found %s, expected %s: %q", name, h.Passes, c.want, h.Says)
		}
	}
}
