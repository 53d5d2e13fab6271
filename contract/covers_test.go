package contract_test

import (
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crossgrant/crossgrant/contract"
)

func TestMissing(t *testing.T) {
	type conditions = map[string]map[string][]string
	when := func(operator, key string, values ...string) conditions { return conditions{operator: {key: values}} }
	const inbox, bucket, partial = "arn:aws:s3:::b/inbox/*", "arn:aws:s3:::b", "arn:aws:s3:::b/inbox/2026-*"
	for name, c := range map[string]struct {
		action, resource  string
		grants            []string // resources of the grant's statement
		granted, needed   conditions
		missing, otherWay bool // otherWay: is it missing if grant and need are exchanged
	}{
		"the same":                            {"s3:GetObject", inbox, []string{inbox}, nil, nil, false, false},
		"another action":                      {"s3:PutObject", inbox, []string{inbox}, nil, nil, true, true},
		"a part of it":                        {"s3:GetObject", partial, []string{inbox}, nil, nil, false, true},
		"one object of it":                    {"s3:GetObject", "arn:aws:s3:::b/inbox/a", []string{inbox}, nil, nil, false, true},
		"the second resource":                 {"s3:GetObject", inbox, []string{"arn:aws:s3:::c/*", inbox}, nil, nil, false, true},
		"a folder beside it":                  {"s3:GetObject", "arn:aws:s3:::b/outbox/*", []string{inbox}, nil, nil, true, true},
		"a bucket whose name goes on":         {"s3:GetObject", "arn:aws:s3:::b-old/inbox/*", []string{inbox}, nil, nil, true, true},
		"the bucket, where objects are":       {"s3:GetObject", bucket, []string{"arn:aws:s3:::b/*"}, nil, nil, true, true},
		"any one character":                   {"s3:GetObject", "arn:aws:s3:::b/?", []string{"arn:aws:s3:::b/*"}, nil, nil, false, true},
		"two characters, where one is":        {"s3:GetObject", "arn:aws:s3:::b/é?", []string{"arn:aws:s3:::b/?"}, nil, nil, true, true},
		"one letter of two bytes":             {"s3:GetObject", "arn:aws:s3:::b/é", []string{"arn:aws:s3:::b/?"}, nil, nil, false, true},
		"one letter, where two are":           {"s3:GetObject", "arn:aws:s3:::b/é", []string{"arn:aws:s3:::b/??"}, nil, nil, true, true},
		"two halves of it":                    {"s3:GetObject", "arn:aws:s3:::b/*", []string{"arn:aws:s3:::b/a*", "arn:aws:s3:::b/b*"}, nil, nil, true, false},
		"a wildcard beyond a colon":           {"sqs:SendMessage", "arn:aws:sqs:eu-west-1:222222222222:q", []string{"arn:aws:sqs:*:q"}, nil, nil, true, true},
		"any region":                          {"sqs:SendMessage", "arn:aws:sqs:eu-west-1:222222222222:q", []string{"arn:aws:sqs:*:222222222222:q"}, nil, nil, false, true},
		"the same variable":                   {"s3:GetObject", "arn:aws:s3:::b/${aws:userid}/*", []string{"arn:aws:s3:::b/${aws:userid}/*"}, nil, nil, false, false},
		"a variable in what is permitted":     {"s3:GetObject", "arn:aws:s3:::b/${aws:userid}", []string{"arn:aws:s3:::b/*"}, nil, nil, false, true},
		"a text for a variable":               {"s3:GetObject", "arn:aws:s3:::b/x{aws:userid}", []string{"arn:aws:s3:::b/${aws:userid}"}, nil, nil, true, true},
		"a variable for a text in braces":     {"s3:GetObject", "arn:aws:s3:::b/${aws:userid}", []string{"arn:aws:s3:::b/*{aws:userid}"}, nil, nil, true, true},
		"a star that is meant":                {"s3:GetObject", "arn:aws:s3:::b/x", []string{"arn:aws:s3:::b/${*}"}, nil, nil, true, true},
		"a prefix under a star that is meant": {"s3:GetObject", "arn:aws:s3:::b/a${*}b/2026/*", []string{"arn:aws:s3:::b/a${*}b/*"}, nil, nil, false, true},
		"any text, where a star is meant":     {"s3:GetObject", "arn:aws:s3:::b/a*b/*", []string{"arn:aws:s3:::b/a${*}b/*"}, nil, nil, true, false},
		"a question mark that is meant":       {"s3:GetObject", "arn:aws:s3:::b/a${?}", []string{"arn:aws:s3:::b/a?"}, nil, nil, false, true},
		"the same condition":                  {"s3:ListBucket", bucket, []string{bucket}, when("StringLike", "s3:prefix", "in/*"), when("StringLike", "s3:prefix", "in/*"), false, false},
		"a condition that was not thought of": {"s3:ListBucket", bucket, []string{bucket}, when("StringLike", "s3:prefix", "in/*"), nil, true, false},
		"a prefix of the prefix":              {"s3:ListBucket", bucket, []string{bucket}, when("StringLike", "s3:prefix", "in/*"), when("StringLike", "s3:prefix", "in/2026/*"), false, true},
		"one prefix of two":                   {"s3:ListBucket", bucket, []string{bucket}, when("StringLike", "s3:prefix", "in/*", "out/*"), when("StringLike", "s3:prefix", "out/*"), false, true},
		"a prefix beside it":                  {"s3:ListBucket", bucket, []string{bucket}, when("StringLike", "s3:prefix", "in/*"), when("StringLike", "s3:prefix", "out/*"), true, true},
		"one exact prefix":                    {"s3:ListBucket", bucket, []string{bucket}, when("StringLike", "s3:prefix", "in/*"), when("StringEquals", "s3:prefix", "in/a"), false, true},
		"no wildcard in StringEquals":         {"s3:ListBucket", bucket, []string{bucket}, when("StringEquals", "s3:prefix", "in/*"), when("StringEquals", "s3:prefix", "in/a"), true, true},
		"another key":                         {"s3:ListBucket", bucket, []string{bucket}, when("StringLike", "s3:prefix", "in/*"), when("StringLike", "s3:delimiter", "in/*"), true, true},
		"another operator":                    {"s3:ListBucket", bucket, []string{bucket}, when("StringLike", "s3:prefix", "in/*"), when("StringNotLike", "s3:prefix", "in/*"), true, true},
		"more that must not be":               {"s3:ListBucket", bucket, []string{bucket}, when("StringNotEquals", "s3:prefix", "a"), when("StringNotEquals", "s3:prefix", "a", "b"), false, true},
		"a value that can never be":           {"s3:ListBucket", bucket, []string{bucket}, conditions{"StringEquals": {"s3:prefix": {}}}, when("StringEquals", "s3:prefix", "a"), true, true},
		"an action in another case":           {"S3:getobject", inbox, []string{inbox}, nil, nil, false, false},
		"a key in another case":               {"s3:ListBucket", bucket, []string{bucket}, when("StringLike", "s3:prefix", "in/*"), when("StringLike", "S3:Prefix", "in/*"), false, false},
		"StringLike without a wildcard":       {"s3:ListBucket", bucket, []string{bucket}, when("StringEquals", "s3:prefix", "in/a"), when("StringLike", "s3:prefix", "in/a"), false, false},
		"StringLike with a wildcard":          {"s3:ListBucket", bucket, []string{bucket}, when("StringEquals", "s3:prefix", "in/*"), when("StringLike", "s3:prefix", "in/*"), true, false},
		"ArnEquals is ArnLike":                {"s3:ListBucket", bucket, []string{bucket}, when("ArnEquals", "aws:SourceArn", "arn:aws:s3:::b*"), when("ArnLike", "aws:SourceArn", "arn:aws:s3:::bc"), false, true},
		"a second condition": {"s3:ListBucket", bucket, []string{bucket}, when("StringLike", "s3:prefix", "in/*"),
			conditions{"StringLike": {"s3:prefix": {"in/*"}}, "Bool": {"aws:SecureTransport": {"true"}}}, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			grant := contract.Statement{Sid: "Read", Actions: []string{"s3:GetObject", "s3:ListBucket", "sqs:SendMessage"}, Resources: c.grants, Conditions: c.granted}
			need := contract.Statement{Sid: "Need", Actions: []string{c.action}, Resources: []string{c.resource}, Conditions: c.needed}
			if found := len(contract.Grant{Permissions: []contract.Statement{grant}}.Uncovered([]contract.Statement{need})) > 0; found != c.missing {
				t.Errorf("missing: found %t, expected %t", found, c.missing)
			}
			grant.Actions = []string{c.action}
			if c.action == "s3:PutObject" {
				grant.Actions = []string{"s3:GetObject"}
			}
			if found := len(contract.Grant{Permissions: []contract.Statement{need}}.Uncovered([]contract.Statement{grant})) > 0; found != c.otherWay {
				t.Errorf("the other way round: missing: found %t, expected %t", found, c.otherWay)
			}
		})
	}
}

// What is missing is said action by action, with the resources as another account writes them and all else as it was needed.
func TestMissingSaysWhatIsNeeded(t *testing.T) {
	grant := contract.Grant{Permissions: []contract.Statement{
		{Sid: "A", Actions: []string{"kms:Decrypt"}, Resources: []string{"arn:aws:kms:eu-west-1:222222222222:key/*"}},
		{Sid: "B", Actions: []string{"s3:GetObject"}, Resources: []string{"arn:aws:s3:::b/*"}},
	}}
	needs := []contract.Statement{
		{Sid: "Key", Actions: []string{"kms:Decrypt", "kms:GenerateDataKey"}, Resources: []string{"${Token[TOKEN.1]}"}, CrossAccountResources: []string{"arn:aws:kms:eu-west-1:222222222222:key/*"}, ViaAWSService: true},
		{Sid: "Objects", Actions: []string{"s3:GetObject", "s3:PutObject"}, Resources: []string{"arn:aws:s3:::b/*", "arn:aws:s3:::c/*"}, Account: "333333333333"},
	}
	expected := []contract.Statement{
		{Sid: "Key", Actions: []string{"kms:GenerateDataKey"}, Resources: []string{"arn:aws:kms:eu-west-1:222222222222:key/*"}, ViaAWSService: true},
		{Sid: "Objects", Actions: []string{"s3:GetObject"}, Resources: []string{"arn:aws:s3:::c/*"}, Account: "333333333333"},
		{Sid: "Objects", Actions: []string{"s3:PutObject"}, Resources: []string{"arn:aws:s3:::b/*", "arn:aws:s3:::c/*"}, Account: "333333333333"},
	}
	if diff := cmp.Diff(expected, grant.Uncovered(needs)); diff != "" {
		t.Errorf("missing (-expected +found):\n%s", diff)
	}
	if found := grant.Uncovered(nil); found != nil {
		t.Errorf("found %v for no need", found)
	}
}

// Every pair of patterns of up to four of a, b, ? and *: if one is said to match all that the other does, it matches each text of a and b of
// up to five letters that the other does.
func TestMatchesIsNeverWrong(t *testing.T) {
	texts, patterns := words("ab", 5), words("ab?*", 4)
	matched := make([]uint64, len(patterns)) // a bit for each of the 63 texts
	for i, pattern := range patterns {
		for j, text := range texts {
			if glob(pattern, text) {
				matched[i] |= 1 << j
			}
		}
	}
	said := 0
	for i, pattern := range patterns {
		for j, other := range patterns {
			if !contract.Matches(pattern, other) {
				continue
			}
			if said++; matched[j]&^matched[i] != 0 {
				t.Fatalf("%q is said to match all that %q does, expected not: %q", pattern, other, texts[bits.TrailingZeros64(matched[j]&^matched[i])])
			}
		}
		for j, text := range texts {
			if contract.Matches(pattern, text) != (matched[i]>>j&1 == 1) {
				t.Fatalf("%q and the text %q: expected %t", pattern, text, matched[i]>>j&1 == 1)
			}
		}
	}
	if said < len(patterns) {
		t.Errorf("found %d pairs, expected each pattern to match itself at least", said)
	}
}

// If nothing of a need is missing, the grant permits each request that the need does.
func TestMissingIsNeverWrong(t *testing.T) {
	covered := 0
	for seed := range uint64(2000) {
		random := rand.New(rand.NewPCG(seed, 2))
		grant, need := contract.Grant{Permissions: []contract.Statement{statementOf(random, "A"), statementOf(random, "B")}}, statementOf(random, "C")
		for _, s := range []*contract.Statement{&grant.Permissions[0], &grant.Permissions[1], &need} {
			s.Account = ""
		}
		if len(grant.Uncovered([]contract.Statement{need})) > 0 {
			continue
		}
		covered++
		for _, r := range requests() {
			if permits(contract.Grant{Permissions: []contract.Statement{need}}, r) && !permits(grant, r) {
				t.Fatalf("seed %d: found %v not missing, expected %v to be permitted by %v", seed, need, r, grant.Permissions)
			}
		}
	}
	if covered < 100 {
		t.Errorf("found %d needs that are covered, expected many", covered)
	}
}

// words returns all texts of up to n letters.
func words(letters string, n int) []string {
	all := []string{""}
	for from := 0; n > 0; n-- {
		to := len(all)
		for _, word := range all[from:to] {
			for _, letter := range letters {
				all = append(all, word+string(letter))
			}
		}
		from = to
	}
	return slices.Clip(all)
}
