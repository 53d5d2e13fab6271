package policy

import (
	"fmt"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/policy/internal/truth"
)

// longDocument has 20 kB, with all elements.
func longDocument() []byte {
	var statements []string
	for i := 0; len(strings.Join(statements, ",")) < 20_000-400; i++ {
		statements = append(statements, fmt.Sprintf(`
    {"Sid": "Statement%d", "Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam::111122223333:role/team/app%d", "444455556666"]},
     "Action": ["s3:GetObject", "s3:PutObject*", "s3:List*"], "Resource": ["arn:aws:s3:::bucket-%d", "arn:aws:s3:::bucket-%d/${aws:PrincipalTag/team}/*"],
     "Condition": {"StringEquals": {"aws:SourceVpce": "vpce-%d"}, "ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/team/*"}}}`, i, i, i, i, i))
	}
	return []byte(`{"Version": "2012-10-17", "Statement": [` + strings.Join(statements, ",") + `]}`)
}

func BenchmarkParse20kB(b *testing.B) {
	document := longDocument()
	if len(document) < 19_000 || len(document) > 21_000 {
		b.Fatalf("found %d bytes", len(document))
	}
	b.SetBytes(int64(len(document)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(document); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMatch(b *testing.B) {
	r := Request{Principal: session, Action: "s3:GetObject", Resource: "arn:aws:s3:::bucket/red/x", Context: values{"aws:PrincipalTag/team": {"red"}, "aws:SourceVpce": {"vpce-1"}}}
	c := mustCall(b, r)
	for name, statement := range map[string]string{
		"whole": `"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/app"},"Action":["s3:List*","s3:GetObject"],"Resource":["arn:aws:s3:::bucket","arn:aws:s3:::bucket/${aws:PrincipalTag/team}/*"],
			"Condition":{"StringEquals":{"aws:SourceVpce":"vpce-1"},"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/a*"}}`,
		"otherAction": `"Effect":"Allow","Principal":"*","Action":["ec2:*","s3:PutObject"],"Resource":"*"`,
	} {
		s := &mustParse(b, `{"Version":"2012-10-17","Statement":{`+statement+`}}`).Statements[0]
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s.match(c, Resource)
			}
		})
	}
}

func TestMatchAllocatesNothing(t *testing.T) {
	s := &mustParse(t, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::111122223333:role/app","AROAEXAMPLE"]},"Action":["s3:List*","s3:GetObject"],
		"Resource":["arn:aws:s3:::bucket","arn:aws:s3:::bucket/${aws:PrincipalTag/team}/*"],"Condition":{"StringEquals":{"AWS:sourceVpce":"vpce-1"},"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/a*"},
		"IpAddressIfExists":{"aws:SourceIp":"10.0.0.0/8"},"DateLessThan":{"aws:CurrentTime":"2030-01-01T00:00:00Z"},"NumericLessThan":{"k:n":"5.5"},"Null":{"aws:userid":"false"},"StringNotEqualsIgnoreCase":{"k:x":"Y"}}}}`).Statements[0]
	r := Request{Principal: session, Action: "s3:GetObject", Resource: "arn:aws:s3:::bucket/red/x", Context: values{"aws:PrincipalTag/team": {"red"}, "aws:SourceVpce": {"vpce-1"},
		"aws:SourceIp": {"10.1.2.3"}, "aws:CurrentTime": {"2026-01-01T00:00:00Z"}, "k:n": {"5.25"}, "k:x": {"x"}}}
	n := testing.AllocsPerRun(100, func() {
		var c call
		err := c.prepare(&r)
		if v, failed := s.match(&c, Resource); v != truth.Yes || err != nil {
			t.Fatal(v, failed, err)
		}
	})
	if n != 0 {
		t.Errorf("found %v allocations, expected none", n)
	}
}
