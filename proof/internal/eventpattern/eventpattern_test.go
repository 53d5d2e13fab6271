package eventpattern

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/policy"
)

const event = `{
	"source": "aws.s3", "detail-type": "Object Created", "account": "222222222222", "resources": ["arn:aws:s3:::lake"],
	"detail": {"bucket": {"name": "lake"}, "object": {"key": "in/a.csv", "size": 12}, "source-ip-address": "10.1.2.3", "reason": "", "owner": null, "list": [{"k": 1}, {"k": 2}]}
}`

// The operators are those of
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
func TestMatches(t *testing.T) {
	for name, c := range map[string]struct {
		pattern string
		want    policy.Answer
	}{
		"everything":                              {`{}`, policy.Yes},
		"a value":                                 {`{"source": ["aws.s3"]}`, policy.Yes},
		"another value":                           {`{"source": ["aws.ec2"]}`, policy.No},
		"one of two values":                       {`{"source": ["aws.ec2", "aws.s3"]}`, policy.Yes},
		"two keys":                                {`{"source": ["aws.s3"], "detail-type": ["Object Deleted"]}`, policy.No},
		"a key within":                            {`{"detail": {"bucket": {"name": ["lake"]}}}`, policy.Yes},
		"another value within":                    {`{"detail": {"bucket": {"name": ["sea"]}}}`, policy.No},
		"a key that the event lacks":              {`{"detail": {"bucket": {"owner": ["lake"]}}}`, policy.No},
		"an object that the event lacks":          {`{"data": {"bucket": ["lake"]}}`, policy.No},
		"a list of the event":                     {`{"resources": ["arn:aws:s3:::lake"]}`, policy.Yes},
		"objects in a list of the event":          {`{"detail": {"list": {"k": [2]}}}`, policy.Yes},
		"no object in a list":                     {`{"detail": {"list": {"k": [3]}}}`, policy.No},
		"an empty value":                          {`{"detail": {"reason": [""]}}`, policy.Yes},
		"null":                                    {`{"detail": {"owner": [null]}}`, policy.Yes},
		"null for text":                           {`{"source": [null]}`, policy.No},
		"a number":                                {`{"detail": {"object": {"size": [12.0]}}}`, policy.Yes},
		"a number as text":                        {`{"detail": {"object": {"size": ["12"]}}}`, policy.No},
		"prefix":                                  {`{"detail": {"object": {"key": [{"prefix": "in/"}]}}}`, policy.Yes},
		"another prefix":                          {`{"detail": {"object": {"key": [{"prefix": "out/"}]}}}`, policy.No},
		"prefix of a number":                      {`{"detail": {"object": {"size": [{"prefix": "1"}]}}}`, policy.No},
		"prefix, ignoring case":                   {`{"detail": {"object": {"key": [{"prefix": {"equals-ignore-case": "IN/"}}]}}}`, policy.Yes},
		"suffix":                                  {`{"detail": {"object": {"key": [{"suffix": ".csv"}]}}}`, policy.Yes},
		"another suffix":                          {`{"detail": {"object": {"key": [{"suffix": ".json"}]}}}`, policy.No},
		"suffix, ignoring case":                   {`{"detail": {"object": {"key": [{"suffix": {"equals-ignore-case": ".CSV"}}]}}}`, policy.Yes},
		"equals, ignoring case":                   {`{"detail-type": [{"equals-ignore-case": "OBJECT created"}]}`, policy.Yes},
		"equals, ignoring case, another":          {`{"detail-type": [{"equals-ignore-case": "OBJECT deleted"}]}`, policy.No},
		"wildcard":                                {`{"detail": {"object": {"key": [{"wildcard": "i*/*.csv"}]}}}`, policy.Yes},
		"wildcard, another":                       {`{"detail": {"object": {"key": [{"wildcard": "*/b*"}]}}}`, policy.No},
		"wildcard without one":                    {`{"source": [{"wildcard": "aws.s3"}]}`, policy.Yes},
		"wildcard, escaped":                       {`{"source": [{"wildcard": "aws\\*"}]}`, policy.No},
		"wildcard, two in sequence":               {`{"source": [{"wildcard": "aws**"}]}`, policy.Indeterminate},
		"wildcard, an unknown escape":             {`{"source": [{"wildcard": "a\\ws"}]}`, policy.Indeterminate},
		"anything but":                            {`{"source": [{"anything-but": "aws.ec2"}]}`, policy.Yes},
		"anything but it":                         {`{"source": [{"anything-but": "aws.s3"}]}`, policy.No},
		"anything but two":                        {`{"source": [{"anything-but": ["aws.ec2", "aws.s3"]}]}`, policy.No},
		"anything but a number":                   {`{"detail": {"object": {"size": [{"anything-but": 12}]}}}`, policy.No},
		"anything but a prefix":                   {`{"source": [{"anything-but": {"prefix": "aws."}}]}`, policy.No},
		"anything but two suffixes":               {`{"source": [{"anything-but": {"suffix": [".ec2", ".sqs"]}}]}`, policy.Yes},
		"anything but, ignoring case":             {`{"source": [{"anything-but": {"equals-ignore-case": "AWS.S3"}}]}`, policy.No},
		"anything but a wildcard":                 {`{"source": [{"anything-but": {"wildcard": "*.s3"}}]}`, policy.No},
		"anything but what the event lacks":       {`{"kind": [{"anything-but": "x"}]}`, policy.No},
		"anything but an operator without a name": {`{"source": [{"anything-but": {"infix": "s"}}]}`, policy.Indeterminate},
		"numeric":                                 {`{"detail": {"object": {"size": [{"numeric": [">", 10, "<=", 12]}]}}}`, policy.Yes},
		"numeric, below":                          {`{"detail": {"object": {"size": [{"numeric": ["<", 12]}]}}}`, policy.No},
		"numeric, equal":                          {`{"detail": {"object": {"size": [{"numeric": ["=", 12, ">=", 1]}]}}}`, policy.Yes},
		"numeric of text":                         {`{"source": [{"numeric": ["=", 12]}]}`, policy.No},
		"numeric, incomplete":                     {`{"detail": {"object": {"size": [{"numeric": [">"]}]}}}`, policy.Indeterminate},
		"numeric, another relation":               {`{"detail": {"object": {"size": [{"numeric": ["!=", 1]}]}}}`, policy.Indeterminate},
		"numeric, no number":                      {`{"detail": {"object": {"size": [{"numeric": ["=", "1"]}]}}}`, policy.Indeterminate},
		"exists":                                  {`{"detail": {"object": {"key": [{"exists": true}]}}}`, policy.Yes},
		"exists not":                              {`{"detail": {"object": {"key": [{"exists": false}]}}}`, policy.No},
		"exists not, and does not":                {`{"detail": {"object": {"version-id": [{"exists": false}]}}}`, policy.Yes},
		"exists, neither":                         {`{"source": [{"exists": "yes"}]}`, policy.Indeterminate},
		"cidr":                                    {`{"detail": {"source-ip-address": [{"cidr": "10.0.0.0/8"}]}}`, policy.Yes},
		"another cidr":                            {`{"detail": {"source-ip-address": [{"cidr": "192.0.2.0/24"}]}}`, policy.No},
		"cidr of no address":                      {`{"source": [{"cidr": "10.0.0.0/8"}]}`, policy.No},
		"no cidr":                                 {`{"detail": {"source-ip-address": [{"cidr": "10"}]}}`, policy.Indeterminate},
		"or, the second":                          {`{"$or": [{"source": ["x"]}, {"detail": {"bucket": {"name": ["lake"]}}}]}`, policy.Yes},
		"or, none":                                {`{"$or": [{"source": ["x"]}, {"source": ["y"]}]}`, policy.No},
		"or, no list":                             {`{"$or": {"source": ["x"]}}`, policy.Indeterminate},
		"an unknown operator":                     {`{"source": [{"regex": ".*"}]}`, policy.Indeterminate},
		"an unknown operator beside a match":      {`{"source": [{"regex": ".*"}, "aws.s3"]}`, policy.Yes},
		"an unknown operator, and another key":    {`{"source": [{"regex": ".*"}], "account": ["1"]}`, policy.No},
		"two operators in one":                    {`{"source": [{"prefix": "a", "suffix": "3"}]}`, policy.Indeterminate},
		"a value that is no list":                 {`{"source": "aws.s3"}`, policy.Indeterminate},
		"no pattern":                              {`"\u0000Pattern\u0000"`, policy.Indeterminate},
		"an unknown value":                        {`{"source": ["\u0000P\u0000"]}`, policy.Indeterminate},
		"an unknown prefix":                       {`{"source": [{"prefix": "\u0000P\u0000"}]}`, policy.Indeterminate},
		"an unknown value for a number":           {`{"detail": {"object": {"size": ["\u0000P\u0000"]}}}`, policy.Indeterminate},
	} {
		t.Run(name, func(t *testing.T) {
			if found := Matches(decode(t, c.pattern), decode(t, event)); found != c.want {
				t.Errorf("found %v, expected %v", found, c.want)
			}
		})
	}
}

// A value of the event that is known only at deployment is itself, whatever it is.
func TestUnknownValuesOfTheEvent(t *testing.T) {
	const unknown = `{"name": "\u0000Bucket\u0000", "key": "in/\u0000Key\u0000"}`
	for pattern, want := range map[string]policy.Answer{
		`{"name": ["\u0000Bucket\u0000"]}`: policy.Yes, `{"name": ["lake"]}`: policy.Indeterminate, `{"name": [1]}`: policy.Indeterminate,
		`{"key": [{"prefix": "in/"}]}`: policy.Yes, `{"key": [{"prefix": "in/a"}]}`: policy.Indeterminate,
	} {
		if found := Matches(decode(t, pattern), decode(t, unknown)); found != want {
			t.Errorf("%s: found %v, expected %v", pattern, found, want)
		}
	}
	if found := Matches(map[string]any{"n": []any{1.0}}, map[string]any{"n": 1.0}); found != policy.Yes {
		t.Errorf("found %v for a number that is decoded as such, expected yes", found)
	}
}

func decode(t *testing.T, text string) (value any) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&value); err != nil {
		t.Fatal(err)
	}
	return value
}
