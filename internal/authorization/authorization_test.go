package authorization_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/internal/authorization"
)

// The expected values are those of the Service Authorization Reference's pages of each service, such as
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html.
func TestLookup(t *testing.T) {
	for _, c := range []struct {
		asked string
		want  authorization.Action
	}{
		{"s3:GetObjectVersion", authorization.Action{Name: "s3:GetObjectVersion", Level: authorization.Read, Resources: []string{"accesspointobject", "object"}}},
		{"S3:putbucketPOLICY", authorization.Action{Name: "s3:PutBucketPolicy", Level: authorization.PermissionsManagement, Resources: []string{"bucket"}}},
		{"s3:ListAllMyBuckets", authorization.Action{Name: "s3:ListAllMyBuckets", Level: authorization.List}},
		{"kms:CreateGrant", authorization.Action{Name: "kms:CreateGrant", Level: authorization.PermissionsManagement, Resources: []string{"key"}}},
		{"iam:UpdateAssumeRolePolicy", authorization.Action{Name: "iam:UpdateAssumeRolePolicy", Level: authorization.PermissionsManagement, Resources: []string{"role"}}},
		{"sqs:TagQueue", authorization.Action{Name: "sqs:TagQueue", Level: authorization.Tagging, Resources: []string{"queue"}}},
		{"lambda:UpdateFunctionCode", authorization.Action{Name: "lambda:UpdateFunctionCode", Level: authorization.Write, Resources: []string{"function"}}},
	} {
		got, ok := authorization.Lookup(c.asked)
		if !ok || got.Name != c.want.Name || got.Level != c.want.Level || !slices.Equal(got.Resources, c.want.Resources) {
			t.Errorf("%s: found %+v (%v), expected %+v", c.asked, got, ok, c.want)
		}
	}
	for _, asked := range []string{"s3:GetEverything", "s4:GetObject", "GetObject", "", "s3:", "s3:*"} {
		if got, ok := authorization.Lookup(asked); ok {
			t.Errorf("%q: found %+v, expected nothing", asked, got)
		}
	}
}

func TestServices(t *testing.T) {
	if !authorization.HasService("S3") || authorization.HasService("s4") || authorization.HasService("") {
		t.Error("HasService: expected s3 in any case, and neither s4 nor nothing")
	}
	if authorization.Of("s4") != nil || authorization.Types("s4") != nil {
		t.Error("expected nothing of a service that the data lacks")
	}
	services := authorization.Services()
	if len(services) < 400 || !slices.IsSorted(services) {
		t.Errorf("found %d services, expected over 400, sorted", len(services))
	}
	total := 0
	for _, service := range services {
		types := map[string]bool{}
		for _, one := range authorization.Types(service) {
			types[one.Name] = true
			for _, format := range one.Formats {
				if !regexp.MustCompile(`^[^: ]+:[^ ]+$`).MatchString(format) {
					t.Errorf("%s: resource type %s: found the format %q, expected one such as s3:::*/*", service, one.Name, format)
				}
			}
		}
		for _, a := range authorization.Of(service) {
			total++
			if again, ok := authorization.Lookup(a.Name); !ok || again.Name != a.Name {
				t.Errorf("%s is listed, and cannot be looked up", a.Name)
			}
			for _, on := range a.Resources {
				if !types[on] {
					t.Errorf("%s is on the resource type %q, which its service lacks", a.Name, on)
				}
			}
		}
	}
	if total < 20_000 {
		t.Errorf("found %d actions, expected over 20,000", total)
	}
}

func TestTypes(t *testing.T) {
	want := map[string]string{"bucket": "s3:::*", "object": "s3:::*/*", "accesspoint": "s3:*:*:accesspoint/*"}
	for _, one := range authorization.Types("s3") {
		if format, ok := want[one.Name]; ok && !slices.Equal(one.Formats, []string{format}) {
			t.Errorf("%s: found %q, expected %q", one.Name, one.Formats, format)
		}
		delete(want, one.Name)
	}
	if len(want) > 0 {
		t.Errorf("resource types that are missing: %v", want)
	}
}

func TestDate(t *testing.T) {
	if !regexp.MustCompile(`^20\d\d-[01]\d-[0-3]\d$`).MatchString(authorization.Date()) {
		t.Errorf("found %q, expected a day", authorization.Date())
	}
}

func TestActionsOnAResource(t *testing.T) {
	has := func(service, resource, action string) bool {
		return slices.ContainsFunc(authorization.On(service, resource), func(a authorization.Action) bool { return a.Name == action })
	}
	for _, c := range []struct {
		service, resource, action string
		want                      bool
	}{
		{"s3", "arn:aws:s3:::lake/in/k", "s3:GetObject", true}, {"s3", "arn:aws:s3:::lake/in/k", "s3:ListBucket", false},
		{"s3", "arn:aws:s3:::lake", "s3:ListBucket", true}, {"s3", "arn:aws:s3:::lake", "s3:GetObject", false},
		{"dynamodb", "arn:aws:dynamodb:eu-west-1:222222222222:table/t", "dynamodb:GetItem", true}, {"dynamodb", "arn:aws:dynamodb:eu-west-1:222222222222:table/t/index/i", "dynamodb:GetItem", false},
		{"dynamodb", "arn:aws:dynamodb:eu-west-1:222222222222:table/t/index/i", "dynamodb:Query", true},
		{"sqs", "arn:aws:sqs:eu-west-1:222222222222:q", "sqs:SendMessage", true}, {"sqs", "nonsense", "sqs:SendMessage", false}, {"nonsense", "arn:aws:sqs:eu-west-1:222222222222:q", "sqs:SendMessage", false},
	} {
		if got := has(c.service, c.resource, c.action); got != c.want {
			t.Errorf("%s on %s: found %v, expected %v", c.action, c.resource, got, c.want)
		}
	}
}

func TestFits(t *testing.T) {
	for _, c := range []struct {
		format, text string
		expected     bool
	}{
		{"s3:::*", "s3:::lake", true}, {"s3:::*", "s3:::", true}, {"s3:::*", "s3::lake", false}, {"s3:::*/*", "s3:::lake/a/b", true}, {"s3:::*/*", "s3:::lake", false},
		{"events:*:*:rule/*/*", "events:r:1:rule/a", false}, {"events:*:*:rule/*/*", "events:r:1:rule/a/b", true}, {"ssm:*:*:opsitemgroup/default", "ssm:r:1:opsitemgroup/default", true},
		{"ssm:*:*:opsitemgroup/default", "ssm:r:1:opsitemgroup/default/default", false}, {"a*a", "a", false}, {"a*a", "aa", true}, {"a*b*b", "ab", false}, {"", "", true}, {"", "a", false}, {"x", "x", true},
	} {
		if found := authorization.Fits(c.format, c.text); found != c.expected {
			t.Errorf("%q in %q: found %v, expected %v", c.text, c.format, found, c.expected)
		}
	}
	// A long name takes no longer than it is long.
	long := strings.Repeat("/a:", 100_000)
	if authorization.Fits("dynamodb:*:*:table/*/stream/*/x", "dynamodb:r:1:table/"+long) {
		t.Error("found that a long name fits")
	}
}
