package probe

import (
	"slices"
	"testing"
)

// What is similar is another resource of the same kind, whose name a pattern that is too wide would match.
func TestSimilarResources(t *testing.T) {
	const secret = "arn:aws:secretsmanager:eu-west-1:222222222222:secret:"
	for resource, want := range map[string][]string{
		"arn:aws:s3:::lake":           {"arn:aws:s3:::lake-other"},
		"arn:aws:s3:::lake/*":         {"arn:aws:s3:::lake-other/crossgrant-probe"},
		"arn:aws:s3:::lake/reports/*": {"arn:aws:s3:::lake/reports-other/crossgrant-probe", "arn:aws:s3:::lake/crossgrant-probe", "arn:aws:s3:::lake-other/reports/crossgrant-probe"},
		"arn:aws:dynamodb:eu-west-1:222222222222:table/shop": {"arn:aws:dynamodb:eu-west-1:222222222222:table/shop-other",
			"arn:aws:dynamodb:eu-west-1:222222222222:table/shop/index/crossgrant-probe"},
		"arn:aws:dynamodb:eu-west-1:222222222222:table/shop/index/*": {"arn:aws:dynamodb:eu-west-1:222222222222:table/shop-other/index/crossgrant-probe"},
		"arn:aws:sqs:eu-west-1:222222222222:orders":                  {"arn:aws:sqs:eu-west-1:222222222222:orders-other"},
		secret + "orders-??????":                                     {secret + "orders-xxxxxx-other"},
		// Of a name that AWS generates only the beginning is known, or nothing at all.
		secret + "orders-\x00Target.Orders\x00":                           {secret + "other-orders-\x00Target.Orders\x00"},
		secret + "\x00Target.Orders\x00":                                  nil,
		"arn:aws:kms:eu-west-1:222222222222:key/\x00Target.Key.KeyId\x00": nil,
	} {
		if got := similarTo(resource); !slices.Equal(got, want) {
			t.Errorf("%q: found %q, expected %q", resource, got, want)
		}
	}
}
