package contract

import "testing"

// A grant with a condition covers a need with the same condition or a stricter one, however that is written.
func TestImpliedConditions(t *testing.T) {
	type conditions = map[string]map[string][]string
	one := func(operator, key string, values ...string) conditions { return conditions{operator: {key: values}} }
	for name, c := range map[string]struct {
		grant, need conditions
		want        bool
	}{
		"the same":                          {one("StringEquals", "s3:prefix", "in/"), one("StringEquals", "s3:prefix", "in/"), true},
		"no condition":                      {one("StringEquals", "s3:prefix", "in/"), nil, false},
		"more than the grant asks":          {nil, one("StringEquals", "s3:prefix", "in/"), true},
		"fewer values":                      {one("StringEquals", "s3:prefix", "a", "b"), one("StringEquals", "s3:prefix", "b"), true},
		"more values":                       {one("StringEquals", "s3:prefix", "a"), one("StringEquals", "s3:prefix", "a", "b"), false},
		"a key in another case":             {one("StringEquals", "aws:PrincipalOrgID", "o-1"), one("StringEquals", "AWS:principalorgid", "o-1"), true},
		"another key":                       {one("StringEquals", "aws:SourceVpc", "x"), one("StringEquals", "aws:SourceVpce", "x"), false},
		"like, without a wildcard":          {one("StringEquals", "s3:prefix", "in/"), one("StringLike", "s3:prefix", "in/"), true},
		"like, with one":                    {one("StringEquals", "s3:prefix", "in/"), one("StringLike", "s3:prefix", "in/*"), false},
		"equal to what is like":             {one("StringLike", "s3:prefix", "in/*"), one("StringEquals", "s3:prefix", "in/a"), true},
		"a star that is a star":             {one("StringEquals", "s3:prefix", "*"), one("StringEquals", "s3:prefix", "a"), false},
		"a star that is a star, both":       {one("StringEquals", "s3:prefix", "*"), one("StringEquals", "s3:prefix", "*"), true},
		"a narrower pattern":                {one("StringLike", "s3:prefix", "in/*"), one("StringLike", "s3:prefix", "in/2026/*"), true},
		"a wider pattern":                   {one("StringLike", "s3:prefix", "in/2026/*"), one("StringLike", "s3:prefix", "in/*"), false},
		"ARNs, equal and like":              {one("ArnEquals", "aws:PrincipalArn", "arn:aws:iam::1:role/r"), one("ArnLike", "aws:PrincipalArn", "arn:aws:iam::1:role/r"), true},
		"ARNs as strings":                   {one("ArnLike", "aws:PrincipalArn", "arn:aws:iam::1:role/*"), one("StringEquals", "aws:PrincipalArn", "arn:aws:iam::1:role/r"), true},
		"strings as ARNs":                   {one("StringEquals", "aws:PrincipalArn", "arn:aws:iam::1:role/r"), one("ArnLike", "aws:PrincipalArn", "arn:aws:iam::1:role/r"), false},
		"whatever the case":                 {one("StringEqualsIgnoreCase", "aws:PrincipalTag/t", "Data"), one("StringEquals", "aws:PrincipalTag/t", "dATA"), true},
		"one case of any":                   {one("StringEquals", "aws:PrincipalTag/t", "data"), one("StringEqualsIgnoreCase", "aws:PrincipalTag/t", "data"), false},
		"any of one value":                  {one("StringEquals", "aws:SourceVpc", "x"), one("ForAnyValue:StringEquals", "aws:SourceVpc", "x"), true},
		"all of none":                       {one("StringEquals", "aws:SourceVpc", "x"), one("ForAllValues:StringEquals", "aws:SourceVpc", "x"), false},
		"any of several":                    {one("StringEquals", "aws:TagKeys", "x"), one("ForAnyValue:StringEquals", "aws:TagKeys", "x"), false},
		"only if it exists":                 {one("StringEquals", "aws:SourceVpc", "x"), one("StringEqualsIfExists", "aws:SourceVpc", "x"), false},
		"more than only if it exists":       {one("StringEqualsIfExists", "aws:SourceVpc", "x"), one("StringEquals", "aws:SourceVpc", "x"), true},
		"another case of true":              {one("Bool", "aws:SecureTransport", "true"), one("Bool", "aws:SecureTransport", "True"), true},
		"false":                             {one("Bool", "aws:SecureTransport", "true"), one("Bool", "aws:SecureTransport", "false"), false},
		"not this one, of several":          {one("StringNotEquals", "aws:SourceVpc", "a"), one("StringNotEquals", "aws:SourceVpc", "a", "b"), true},
		"not these, of one":                 {one("StringNotEquals", "aws:SourceVpc", "a", "b"), one("StringNotEquals", "aws:SourceVpc", "a"), false},
		"not like more":                     {one("StringNotLike", "s3:prefix", "in/2026/*"), one("StringNotLike", "s3:prefix", "in/*"), true},
		"not like less":                     {one("StringNotLike", "s3:prefix", "in/*"), one("StringNotLike", "s3:prefix", "in/2026/*"), false},
		"the opposite":                      {one("StringEquals", "aws:SourceVpc", "a"), one("StringNotEquals", "aws:SourceVpc", "a"), false},
		"another operator":                  {one("NumericLessThan", "s3:max-keys", "10"), one("NumericLessThanEquals", "s3:max-keys", "10"), false},
		"addresses":                         {one("IpAddress", "aws:SourceIp", "10.0.0.0/8"), one("IpAddress", "aws:SourceIp", "10.0.0.0/8"), true},
		"two conditions, of which one does": {one("StringEquals", "s3:prefix", "a"), conditions{"StringEquals": {"s3:prefix": {"a"}}, "Bool": {"aws:SecureTransport": {"true"}}}, true},
	} {
		g := Grant{Permissions: []Statement{{Actions: []string{"s3:ListBucket"}, Resources: []string{"arn:aws:s3:::b"}, Conditions: c.grant}}}
		need := Statement{Actions: []string{"S3:listbucket"}, Resources: []string{"arn:aws:s3:::b"}, Conditions: c.need}
		if got := len(g.Uncovered([]Statement{need})) == 0; got != c.want {
			t.Errorf("%s: found %v, expected %v", name, got, c.want)
		}
	}
}
