package contract_test

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/crossgrant/crossgrant/contract"
)

// A small universe of grants and of requests, in which one can ask of each request whether it is permitted.

// request is one action on one object; prefix is s3:prefix, and none if it is "-".
type request struct{ action, object, account, prefix string }

func requests() (all []request) {
	for _, action := range []string{"s3:GetObject", "s3:ListBucket"} {
		for _, object := range []string{"b/a", "b/ab", "b/x", "c/x"} {
			for _, account := range []string{"", "333333333333"} {
				for _, prefix := range []string{"-", "", "a", "ab", "x"} {
					all = append(all, request{action, object, account, prefix})
				}
			}
		}
	}
	return all
}

// permits says whether a grant permits a request, by the definition of IAM and by nothing of the package.
func permits(g contract.Grant, r request) bool {
	return slices.ContainsFunc(g.Permissions, func(s contract.Statement) bool {
		return s.Account == r.account && slices.Contains(s.Actions, r.action) &&
			slices.ContainsFunc(s.Resources, func(arn string) bool { return glob(arn, "arn:aws:s3:::"+r.object) }) && holds(s, r)
	})
}

func holds(s contract.Statement, r request) bool {
	for operator, keys := range s.Conditions {
		values, has := keys["s3:prefix"], r.prefix != "-"
		equal := has && slices.Contains(values, r.prefix)
		like := has && slices.ContainsFunc(values, func(pattern string) bool { return glob(pattern, r.prefix) })
		if held := map[string]bool{"StringEquals": equal, "StringLike": like, "StringNotEquals": !equal, "StringNotLike": !like}; !held[operator] {
			return false
		}
	}
	return true
}

// glob is the meaning of a pattern, by definition.
func glob(pattern, text string) bool {
	switch {
	case pattern == "":
		return text == ""
	case pattern[0] == '*':
		return glob(pattern[1:], text) || text != "" && glob(pattern, text[1:])
	}
	return text != "" && (pattern[0] == '?' || pattern[0] == text[0]) && glob(pattern[1:], text[1:])
}

func one[T any](random *rand.Rand, of ...T) T { return of[random.IntN(len(of))] }

// some returns one or more of the texts.
func some(random *rand.Rand, of ...string) []string {
	random.Shuffle(len(of), func(i, j int) { of[i], of[j] = of[j], of[i] })
	return of[:1+random.IntN(len(of))]
}

func statementOf(random *rand.Rand, sid string) contract.Statement {
	s := contract.Statement{Sid: sid, Actions: some(random, "s3:GetObject", "s3:ListBucket"), Account: one(random, "", "", "333333333333"), ViaAWSService: random.IntN(4) == 0}
	for _, object := range some(random, "b/*", "b/a", "b/a*", "b/?", "c/*") {
		s.Resources = append(s.Resources, "arn:aws:s3:::"+object)
	}
	for range random.IntN(3) {
		if s.Conditions == nil {
			s.Conditions = map[string]map[string][]string{}
		}
		s.Conditions[one(random, "StringEquals", "StringLike", "StringNotEquals", "StringNotLike")] = map[string][]string{"s3:prefix": some(random, "", "a", "a*", "x")}
	}
	return s
}

func grantsOf(random *rand.Rand) (grants []contract.Grant) {
	for i := range 1 + random.IntN(2) {
		g := small()
		g.Name = fmt.Sprint("g", i)
		g.Permissions = nil
		for j := range 1 + random.IntN(3) {
			g.Permissions = append(g.Permissions, statementOf(random, fmt.Sprint("S", j)))
		}
		grants = append(grants, g)
	}
	return grants
}

// changed returns the grants with one thing changed in one of them, or one grant more.
func changed(random *rand.Rand, grants []contract.Grant) []contract.Grant {
	grants = slices.Clone(grants)
	g := &grants[0]
	g.Permissions = slices.Clone(g.Permissions)
	s := &g.Permissions[random.IntN(len(g.Permissions))]
	another := statementOf(random, "S9")
	switch random.IntN(14) {
	case 0:
		more := small()
		more.Name = "g9"
		return append(grants, more)
	case 1:
		g.Grantees = []string{"arn:aws:iam::111111111111:role/" + one(random, "reader", "writer")}
	case 2:
		g.Trust.Mode = one(random, contract.TrustModes()...)
	case 3:
		g.Trust.ExternalID = one(random, "", "xy")
	case 4:
		g.Trust.SessionSeconds = one(random, 900, 1000, 3600)
	case 5:
		g.Perimeter = &contract.Perimeter{Enforcement: contract.OnRole, Key: "aws:SourceVpc", Values: some(random, "vpc-1", "vpc-2")}
	case 6:
		g.Environment = map[string]string{"A": one(random, "x", "y")}
	case 7:
		s.Sid = "S9"
	case 8:
		g.Permissions = append(g.Permissions, another)
	case 9:
		s.Actions = another.Actions
	case 10:
		s.Resources = another.Resources
	case 11:
		s.Conditions = another.Conditions
	case 12:
		s.Account = another.Account
	default:
		s.ViaAWSService = !s.ViaAWSService
	}
	return grants
}
