package policy

import (
	"slices"
	"testing"
)

func TestConditionKeys(t *testing.T) {
	d := mustParse(t, `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":"*","Resource":["*","arn:aws:s3:::b/${aws:username}/*"],"Condition":{"StringEquals":{"aws:SourceVpce":"vpce-1"}}},
		{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringNotEquals":{"AWS:sourcevpce":"vpce-1","s3:prefix":"${aws:PrincipalTag/team, 'x'}"}}}]}`)
	if got, want := d.ConditionKeys(), []string{"aws:principaltag/team", "aws:sourcevpce", "aws:username", "s3:prefix"}; !slices.Equal(got, want) {
		t.Errorf("found %q, expected %q", got, want)
	}
}
