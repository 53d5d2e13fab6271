package simulate

import (
	"slices"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

const object = "arn:aws:s3:::lake/k"

func TestWays(t *testing.T) {
	lake := "  Lake: {Type: AWS::S3::Bucket, Properties: {BucketName: lake}}\n"
	two := arnOf("222222222222", "two")
	for name, c := range map[string]struct {
		a, b string
		want []string // the roles of each way that works or may work, "?" before one that may
	}{
		"itself": {role("Caller", byLambda, `Action: "s3:GetObject", Resource: "*"`), lake, nil},
		"a role of another account": {role("Caller", byLambda, assuming(two)), lake + role("Two", trusting(arnOf("111111111111", "caller")), `Action: "s3:GetObject", Resource: "*"`),
			[]string{"two"}},
		"three steps": {role("Caller", byLambda, assuming(arnOf("111111111111", "one"))) + role("One", trusting("111111111111"), assuming(two)),
			lake + role("Two", trusting("arn:aws:iam::111111111111:root"), assuming(arnOf("222222222222", "three"))) + role("Three", trusting(two), `Action: "s3:*", Resource: "*"`),
			[]string{"one two three"}},
		"a circle": {role("Caller", byLambda, assuming("*")) + role("One", trusting("111111111111"), assuming("arn:aws:iam::111111111111:role/*")),
			lake, []string{"?crossgrant-probe"}},
		"no permission":   {role("Caller", byLambda, assuming(arnOf("222222222222", "other"))), lake + role("Two", trusting("111111111111"), `Action: "s3:GetObject", Resource: "*"`), []string{"?other"}},
		"no trust":        {role("Caller", byLambda, assuming(two)), lake + role("Two", trusting("333333333333"), `Action: "s3:GetObject", Resource: "*"`), nil},
		"trust in nobody": {role("Caller", byLambda, assuming(two)), lake + role("Two", byLambda, `Action: "s3:GetObject", Resource: "*"`), nil},
		"an external ID": {role("Caller", byLambda, assuming(two)), lake + role("Two", trusting("111111111111")+`, Condition: {StringEquals: {"sts:ExternalId": x-1}}`, `Action: "s3:GetObject", Resource: "*"`),
			[]string{"two"}},
		"a condition that nobody knows": {role("Caller", byLambda, assuming(two)),
			lake + role("Two", trusting("111111111111")+`, Condition: {IpAddress: {"aws:SourceIp": 203.0.113.0/24}}`, `Action: "s3:GetObject", Resource: "*"`), []string{"?two"}},
		"a role that no template has, elsewhere": {role("Caller", byLambda, assuming(arnOf("333333333333", "x"))), lake, nil},
		"everybody is trusted":                   {role("Caller", byLambda, assuming(two)), lake + role("Two", trusting("*"), `Action: "s3:GetObject", Resource: "*"`), []string{"two"}},
	} {
		t.Run(name, func(t *testing.T) {
			m := load(t, model.Options{}, map[string]string{"A": c.a, "B": c.b})
			var got []string
			for _, way := range Ways(m, model.Access{Caller: arnOf("111111111111", "caller"), Action: "s3:GetObject", Resource: object})[1:] {
				var names []string
				for _, role := range way.Assumes.Roles() {
					names = append(names, role[strings.LastIndexByte(role, '/')+1:])
				}
				answer, _ := passes(m, way)
				switch line := strings.Join(names, " "); answer {
				case policy.Yes:
					got = append(got, line)
				case policy.Indeterminate:
					got = append(got, "?"+line)
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("found %q, expected %q", got, c.want)
			}
		})
	}
}

// A service acts as no role, and whoever has no credentials neither.
func TestWaysOfOthers(t *testing.T) {
	m := load(t, model.Options{}, map[string]string{"B": role("Two", trusting("*"), "")})
	for _, caller := range []string{"lambda.amazonaws.com", "anonymous"} {
		if ways := Ways(m, model.Access{Caller: caller, Action: "s3:GetObject", Resource: object}); len(ways) != 1 {
			t.Errorf("%s: found %d ways, expected only its own", caller, len(ways))
		}
	}
	// An administrator of another account may assume what trusts everybody.
	if ways := Ways(m, model.Access{Caller: arnOf("999999999999", "x"), Administrator: true, Action: "s3:GetObject", Resource: object}); len(ways) != 2 {
		t.Errorf("found %d ways, expected two", len(ways))
	}
}

// Of two ways to a role the sure one counts, even if it is longer.
func TestSureWayFirst(t *testing.T) {
	m := load(t, model.Options{}, map[string]string{
		"A": role("Caller", byLambda, assuming("arn:aws:iam::*:role/*")) + role("One", trusting("111111111111"), assuming(arnOf("222222222222", "two"))),
		"B": role("Two", `Principal: {AWS: "111111111111"}, Action: "sts:AssumeRole", Condition: {StringEqualsIfExists: {"aws:PrincipalTag/team": [x]}, ArnEqualsIfExists: {"aws:PrincipalArn": "arn:aws:iam::111111111111:role/one"}}`, "") +
			"  Lake: {Type: AWS::S3::Bucket, Properties: {BucketName: lake}}\n",
	})
	for _, way := range Ways(m, model.Access{Caller: arnOf("111111111111", "caller"), Action: "s3:GetObject", Resource: object}) {
		if roles := way.Assumes.Roles(); len(roles) > 0 && roles[len(roles)-1] == arnOf("222222222222", "two") && len(roles) != 2 {
			t.Errorf("found %q, expected the way by role one", roles)
		}
	}
}
