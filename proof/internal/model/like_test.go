package model_test

import (
	"testing"

	"github.com/crossgrant/crossgrant/proof/internal/model"
)

func TestLike(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		{"s3:Get*", "s3:GetObject", true}, {"s3:Get*", "s3:PutObject", false}, {"*", "", true}, {"?", "", false}, {"a?c", "abc", true}, {"a?c", "ac", false},
		{"*a*b", "xaybzab", true}, {"*a*b", "xaybzac", false}, {"a", "ab", false}, {"ab", "a", false}, {"a**", "a", true}, {"", "", true},
	} {
		if got := model.Like(c.pattern, c.text); got != c.want {
			t.Errorf("%q is like %q: found %v, expected %v", c.text, c.pattern, got, c.want)
		}
	}
}
