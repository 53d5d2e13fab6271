package listing

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/crossgrant/crossgrant/lambda/internal/fakeaws"
	"github.com/crossgrant/crossgrant/lambda/internal/targetrole"
)

// overTheWire makes the function with the real clients of S3 and STS.
func overTheWire(url string, prefixes ...string) *Function {
	config := targetrole.Config(fakeaws.Config(url), targetrole.Role{ARN: role, SessionName: "list"},
		targetrole.Limits{Call: time.Minute})
	return New(s3.NewFromConfig(config), Grant{RoleARN: role, Bucket: "reports", Prefixes: prefixes})
}

func pageXML(truncated bool, token string, keys ...string) fakeaws.Reply {
	var out strings.Builder
	out.WriteString(`<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><EncodingType>url</EncodingType>`)
	fmt.Fprintf(&out, `<IsTruncated>%t</IsTruncated><NextContinuationToken>%s</NextContinuationToken>`, truncated, token)
	for _, key := range keys {
		fmt.Fprintf(&out, `<Contents><Key>%s</Key><Size>1</Size><ETag>&quot;e&quot;</ETag><LastModified>2026-01-02T03:04:05.000Z</LastModified></Contents>`, key)
	}
	out.WriteString(`</ListBucketResult>`)
	return fakeaws.Reply{Status: http.StatusOK, Body: out.String()}
}

func TestTwoPagesOfS3(t *testing.T) {
	server := fakeaws.Start(t, fakeaws.Assumed(time.Hour), func(c fakeaws.Call) fakeaws.Reply {
		if c.URL.Query().Get("continuation-token") == "T1" {
			return pageXML(false, "", "a/2")
		}
		return pageXML(true, "T1", "a/1")
	})
	status, payload := serve(t, overTheWire(server.URL, "a/"), `{}`)
	if got := keysOf(t, payload); status != 200 || got != "a/1 a/2" {
		t.Errorf("status %d, got %q", status, got)
	}
	calls := server.Calls("/reports")
	if len(calls) != 2 {
		t.Fatalf("S3 was asked %d times, want twice", len(calls))
	}
	if query := calls[0].URL.Query(); query.Get("prefix") != "a/" || query.Get("encoding-type") != "url" || query.Get("list-type") != "2" {
		t.Errorf("first query %v", query)
	}
	if header := calls[0].Header; !strings.Contains(header.Get("Authorization"), "Credential=ASIATARGET/") || header.Get("X-Amz-Security-Token") != "target-token" {
		t.Error("S3 is not asked as the target role")
	}
}

func TestOddKeysSurvive(t *testing.T) {
	for _, c := range []struct{ name, wire, want string }{
		{"a space", "a+b", `"a b"`},
		{"a space in another server's spelling", "a%20b", `"a b"`},
		{"a plus", "a%2Bb", `"a+b"`},
		{"a percent sign", "100%2525", `"100%25"`},
		{"a control character", "a%01b%00", `"a\u0001b\u0000"`},
		{"a line break", "a%0Ab", `"a\nb"`},
		{"quote and backslash", "%22%5C", `"\"\\"`},
		{"markup", "%3Ca%26b%3E", `"<a&b>"`},
		{"four-byte UTF-8", "%F0%9F%98%80/%E3%81%82", `"😀/あ"`},
		{"what XML forbids", "%EF%BF%BE", "\"\ufffe\""},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := fakeaws.Start(t, fakeaws.Assumed(time.Hour), func(fakeaws.Call) fakeaws.Reply { return pageXML(false, "", c.wire) })
			_, payload := serve(t, overTheWire(server.URL), `{}`)
			if want := `"objects":[{"key":` + c.want + `,"size":1,`; !strings.Contains(payload, want) {
				t.Errorf("got %s, want it to hold %s", payload, want)
			}
		})
	}
}

func TestOddPositionsAndPrefixesArriveAtS3(t *testing.T) {
	server := fakeaws.Start(t, fakeaws.Assumed(time.Hour), func(fakeaws.Call) fakeaws.Reply { return pageXML(false, "") })
	serve(t, overTheWire(server.URL), `{"prefix":"a b+%\u0001&","startAfter":"a b+%\u0001&é"}`)
	query := server.Calls("/reports")[0].URL.Query()
	if query.Get("prefix") != "a b+%\x01&" || query.Get("start-after") != "a b+%\x01&é" {
		t.Errorf("query %q", query)
	}
}

func TestAKeyThatJSONCannotCarryIsAnError(t *testing.T) {
	server := fakeaws.Start(t, fakeaws.Assumed(time.Hour), func(fakeaws.Call) fakeaws.Reply { return pageXML(false, "", "a%FFb") })
	if status, payload := serve(t, overTheWire(server.URL), `{}`); status != 500 {
		t.Errorf("got %s", payload)
	}
}

func TestErrorsOverTheWire(t *testing.T) {
	const ids = `","requestId":"L1","awsRequestId":"AWSREQUEST0001"}`
	deny := func(fakeaws.Call) fakeaws.Reply {
		return fakeaws.STSError(http.StatusForbidden, "AccessDenied", "User is not authorized to perform: sts:AssumeRole")
	}
	s3Says := func(status int, code string) func(fakeaws.Call) fakeaws.Reply {
		return func(fakeaws.Call) fakeaws.Reply { return fakeaws.S3Error(status, code, "words of S3") }
	}
	for _, c := range []struct {
		name    string
		sts, s3 func(fakeaws.Call) fakeaws.Reply
		want    string
	}{
		{"STS denies", deny, nil, `{"statusCode":403,"error":"STS AssumeRole was denied: this function may not assume role ` + role +
			`; check the role's trust policy, this function's own policy and the policy of the STS endpoint` + ids},
		{"S3 denies", fakeaws.Assumed(time.Hour), s3Says(403, "AccessDenied"),
			`{"statusCode":403,"error":"S3 ListObjectsV2 was denied to role ` + role + ` on bucket reports; check the role's policies, the policy and the account of the resource, and the policy of the S3 endpoint` + ids},
		{"S3 throttles", fakeaws.Assumed(time.Hour), s3Says(503, "SlowDown"),
			`{"statusCode":429,"error":"S3 ListObjectsV2 is throttled: try again later and less often; S3 asks for fewer requests on bucket reports` + ids},
		{"STS throttles", func(fakeaws.Call) fakeaws.Reply { return fakeaws.STSError(400, "Throttling", "Rate exceeded") }, nil,
			`{"statusCode":429,"error":"STS AssumeRole is throttled: try again later and less often; too many sessions are asked for in this region` + ids},
		{"no such bucket", fakeaws.Assumed(time.Hour), s3Says(404, "NoSuchBucket"),
			`{"statusCode":500,"error":"S3 ListObjectsV2: there is no bucket reports in the account and region of this role and function` + ids},
		{"S3 breaks", fakeaws.Assumed(time.Hour), s3Says(500, "InternalError"),
			`{"statusCode":500,"error":"S3 ListObjectsV2 failed on bucket reports: S3 answered 500 InternalError, a fault of the service that the attempts did not outlast; invoke again, and look at the AWS Health Dashboard if it stays` + ids},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := fakeaws.Start(t, c.sts, c.s3)
			if _, payload := serve(t, overTheWire(server.URL), `{}`); payload != c.want {
				t.Errorf("got  %s\nwant %s", payload, c.want)
			}
		})
	}
}

func TestNoRouteToSTSReachesTheCaller(t *testing.T) {
	started := time.Now()
	status, payload := serve(t, overTheWire("http://127.0.0.1:1"), `{}`)
	if status != 500 || !strings.Contains(payload, "no answer from 127.0.0.1:1: there may be no route to STS from this subnet") {
		t.Errorf("got %d %s", status, payload)
	}
	if took := time.Since(started); took > 30*time.Second { // half the limit: it did not wait for it
		t.Errorf("took %s", took)
	}
}
