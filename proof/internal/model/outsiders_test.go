package model

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/crossgrant/crossgrant/policy"
)

// Outsiders are whom a statement allows who is not of the account, as far as its conditions do not limit it to that.
func TestOutsiders(t *testing.T) {
	const own = "222222222222"
	for name, c := range map[string]struct {
		principal any
		condition map[string]map[string]any
		want      []string
	}{
		"the account":                    {map[string]any{"AWS": []string{own, "arn:aws:iam::222222222222:root", "arn:aws:iam::222222222222:role/x"}}, nil, nil},
		"another account":                {map[string]any{"AWS": []string{own, "333333333333"}}, nil, []string{"333333333333"}},
		"everybody":                      {"*", nil, []string{"*"}},
		"users of a provider":            {map[string]any{"Federated": "accounts.google.com"}, nil, []string{"accounts.google.com"}},
		"a canonical user":               {map[string]any{"CanonicalUser": "79a5"}, nil, []string{"79a5"}},
		"services, whom others ask":      {map[string]any{"Service": "s3.amazonaws.com"}, nil, nil},
		"a role, by condition":           {"*", map[string]map[string]any{"ArnEquals": {"AWS:PrincipalArn": "arn:aws:iam::111111111111:role/x"}}, []string{"arn:aws:iam::111111111111:role/x"}},
		"a role of its own":              {"*", map[string]map[string]any{"ForAnyValue:ArnLike": {"aws:PrincipalArn": "arn:aws:iam::222222222222:role/*"}}, nil},
		"everybody but a role":           {"*", map[string]map[string]any{"ArnNotEquals": {"aws:PrincipalArn": "arn:aws:iam::111111111111:role/x"}}, []string{"*"}},
		"its callers":                    {"*", map[string]map[string]any{"StringEquals": {"aws:PrincipalAccount": own}}, nil},
		"its callers of a key":           {"*", map[string]map[string]any{"StringEquals": {"kms:CallerAccount": own}}, nil},
		"its sources":                    {"*", map[string]map[string]any{"StringLike": {"aws:SourceAccount": own}}, nil},
		"its owner, as SNS says":         {"*", map[string]map[string]any{"StringEquals": {"AWS:SourceOwner": own}}, nil},
		"one of its topics":              {"*", map[string]map[string]any{"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:222222222222:*"}}, nil},
		"a topic of it or of others":     {"*", map[string]map[string]any{"ArnEquals": {"aws:SourceArn": []string{"arn:aws:sns:eu-west-1:222222222222:a", "arn:aws:sns:eu-west-1:333333333333:a"}}}, []string{"*"}},
		"a topic of anybody":             {"*", map[string]map[string]any{"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:*:a"}}, []string{"*"}},
		"every other topic":              {"*", map[string]map[string]any{"ArnNotEquals": {"aws:SourceArn": "arn:aws:sns:eu-west-1:222222222222:a"}}, []string{"*"}},
		"its access points":              {"*", map[string]map[string]any{"StringEquals": {"s3:DataAccessPointAccount": own}}, nil},
		"access points of another":       {"*", map[string]map[string]any{"StringEquals": {"s3:DataAccessPointAccount": "333333333333"}}, []string{"*"}},
		"its callers or those of others": {"*", map[string]map[string]any{"StringEquals": {"aws:PrincipalAccount": []string{own, "333333333333"}}}, []string{"*"}},
		"its callers, if there are any":  {"*", map[string]map[string]any{"StringEqualsIfExists": {"aws:PrincipalAccount": own}}, []string{"*"}},
		"callers who are tagged so":      {"*", map[string]map[string]any{"StringEquals": {"aws:PrincipalTag/account": own}}, []string{"*"}},
	} {
		statement := map[string]any{"Effect": "Allow", "Principal": c.principal, "Action": "s3:GetObject", "Resource": "*"}
		if c.condition != nil {
			statement["Condition"] = c.condition
		}
		text, _ := json.Marshal(map[string]any{"Statement": []any{statement}})
		d, err := policy.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if found := Outsiders(d.Statements[0].Elements(), own); !slices.Equal(found, c.want) {
			t.Errorf("%s: found %q, expected %q", name, found, c.want)
		}
	}
	d, err := policy.Parse([]byte(`{"Statement": [{"Effect": "Allow", "NotPrincipal": {"AWS": "222222222222"}, "Action": "s3:GetObject", "Resource": "*"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if found := Outsiders(d.Statements[0].Elements(), own); !slices.Equal(found, []string{EveryoneElse}) {
		t.Errorf("found %q, expected everyone else", found)
	}
	if found := Outsiders(policy.Elements{Principals: map[string][]string{"AWS": {own}}}, ""); !slices.Equal(found, []string{own}) {
		t.Errorf("found %q, expected everybody", found)
	}
}

// What is made of a model is made once for each key.
func TestMemo(t *testing.T) {
	var m Model
	type one struct{}
	type other struct{}
	made := 0
	make := func() any { made++; return made }
	if a, b, c := m.Memo(one{}, make), m.Memo(one{}, make), m.Memo(other{}, make); a != 1 || b != 1 || c != 2 {
		t.Errorf("found %v, %v and %v, expected 1, 1 and 2", a, b, c)
	}
}

// Whoever has one of the IDs that a pattern leaves room for is let in as well.
func TestAccountLike(t *testing.T) {
	own := []string{"111111111111", "222222222220"}
	for pattern, want := range map[string]string{
		"11111111111?": "111111111110", "22222222222?": "222222222221", "1111*": "111100000000", "*9": "000000000009", "1*1": "100000000001", "11*11?": "110000000110",
		"111111111111": "", "333333333333": "", "*": "", "????????????": "", "": "", "1111111111111?": "", "arn:*": "",
	} {
		if found := AccountLike(pattern, own); found != want {
			t.Errorf("%s: found %q, expected %q", pattern, found, want)
		}
	}
}
