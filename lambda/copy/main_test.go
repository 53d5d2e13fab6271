package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/crossgrant/crossgrant/lambda/internal/fakeaws"
)

func TestTheEnvironmentBecomesAFunction(t *testing.T) {
	var slow atomic.Bool
	slow.Store(true)
	server := fakeaws.Start(t, fakeaws.Assumed(time.Hour), func(c fakeaws.Call) fakeaws.Reply {
		switch {
		case c.Header.Get("X-Amz-Copy-Source") != "":
			if slow.Swap(false) { // which the client tries again
				return fakeaws.S3Error(503, "SlowDown", "Please reduce your request rate.")
			}
			return fakeaws.Reply{Status: 200, Body: `<CopyObjectResult><ETag>"e"</ETag></CopyObjectResult>`}
		case strings.HasPrefix(c.URL.Path, "/reports"):
			return fakeaws.Reply{Status: 200, Body: `<ListBucketResult><IsTruncated>false</IsTruncated><EncodingType>url</EncodingType>` +
				`<Contents><Key>a/1</Key><Size>5</Size><ETag>"e"</ETag><LastModified>2026-01-02T03:04:05.000Z</LastModified></Contents></ListBucketResult>`}
		}
		return fakeaws.Reply{Status: 200, Body: `<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>`}
	})
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": server.URL, "AWS_ACCESS_KEY_ID": "AKIASOURCE", "AWS_SECRET_ACCESS_KEY": "s",
		"AWS_REGION": "ap-northeast-1", "AWS_LAMBDA_FUNCTION_NAME": "crossgrant-copy",
		"CROSSGRANT_ROLE_ARN": "arn:aws:iam::222222222222:role/copier", "CROSSGRANT_EXTERNAL_ID": "agreed-id",
		"CROSSGRANT_BUCKET": "lake", "CROSSGRANT_ORIGIN_BUCKET": "reports", "CROSSGRANT_COPY_PREFIXES": `["a/"]`,
	} {
		t.Setenv(name, value)
	}
	handler, err := wire(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	want := `{"origin":"reports","destination":"lake","copied":1,"bytes":5,"skipped":{"etag":0,"checksum":0,"time":0},"gone":0,"retries":1,"throttled":1,"failed":[]}`
	if got, err := handler.Invoke(context.Background(), []byte(`{}`)); err != nil || string(got) != want {
		t.Errorf("found    %s, %v\nexpected %s", got, err, want)
	}
	calls := server.Calls("AssumeRole")
	if len(calls) != 1 || !strings.Contains(calls[0].Text, "RoleSessionName=crossgrant-copy") || !strings.Contains(calls[0].Text, "ExternalId=agreed-id") {
		t.Errorf("%d calls of STS, expected one with the session name and the ExternalId", len(calls))
	}
	copies := server.Calls("/lake/a/1")
	if len(copies) != 2 || copies[1].Header.Get("X-Amz-Copy-Source") != "reports/a/1" || !strings.Contains(copies[1].Header.Get("Authorization"), "Credential=ASIATARGET/") {
		t.Errorf("%d copies, expected two attempts as the target role", len(copies))
	}
	if got, err := handler.Invoke(context.Background(), []byte(`{"prefix":"b/"}`)); err == nil || !strings.Contains(err.Error(), "is outside of what role") {
		t.Errorf("outside of the prefixes: found %s, %v, expected a function error", got, err)
	}
}

// CROSSGRANT_COPY_PARALLEL is how many requests are under way at once, no more and no less.
func TestTheEnvironmentLimitsParallelRequests(t *testing.T) {
	const parallel = 3
	var running, most atomic.Int32
	full := make(chan struct{})
	server := fakeaws.Start(t, fakeaws.Assumed(time.Hour), func(c fakeaws.Call) fakeaws.Reply {
		if c.Header.Get("X-Amz-Copy-Source") == "" {
			body := `<ListBucketResult><IsTruncated>false</IsTruncated>`
			if strings.HasPrefix(c.URL.Path, "/reports") {
				for i := range 12 {
					body += fmt.Sprintf(`<Contents><Key>a/%02d</Key><Size>5</Size><ETag>"e"</ETag><LastModified>2026-01-02T03:04:05.000Z</LastModified></Contents>`, i)
				}
			}
			return fakeaws.Reply{Status: 200, Body: body + `</ListBucketResult>`}
		}
		now := running.Add(1)
		defer running.Add(-1)
		if most.Store(max(most.Load(), now)); now == parallel {
			select {
			case <-full:
			default:
				close(full)
			}
		}
		select {
		case <-full:
		case <-time.After(20 * time.Second):
		}
		time.Sleep(20 * time.Millisecond) // in which one too many would arrive
		return fakeaws.Reply{Status: 200, Body: `<CopyObjectResult><ETag>"e"</ETag></CopyObjectResult>`}
	})
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": server.URL, "AWS_ACCESS_KEY_ID": "AKIASOURCE", "AWS_SECRET_ACCESS_KEY": "s",
		"AWS_REGION": "ap-northeast-1", "AWS_LAMBDA_FUNCTION_NAME": "crossgrant-copy",
		"CROSSGRANT_ROLE_ARN": "arn:aws:iam::222222222222:role/copier",
		"CROSSGRANT_BUCKET":   "lake", "CROSSGRANT_ORIGIN_BUCKET": "reports", "CROSSGRANT_COPY_PARALLEL": "3",
	} {
		t.Setenv(name, value)
	}
	handler, err := wire(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if got, err := handler.Invoke(context.Background(), []byte(`{}`)); err != nil || !strings.Contains(string(got), `"copied":12`) {
		t.Errorf("found %s, %v, expected 12 copies", got, err)
	}
	if found := most.Load(); found != parallel {
		t.Errorf("found %d requests at once, expected %d", found, parallel)
	}
}

// CROSSGRANT_COPY_PART_MIB is the size above which an object is copied in parts.
func TestTheEnvironmentSetsTheSizeOfParts(t *testing.T) {
	server := fakeaws.Start(t, fakeaws.Assumed(time.Hour), func(c fakeaws.Call) fakeaws.Reply {
		switch {
		case c.Method == http.MethodGet && strings.HasPrefix(c.URL.Path, "/reports"):
			return fakeaws.Reply{Status: 200, Body: `<ListBucketResult><IsTruncated>false</IsTruncated>` +
				`<Contents><Key>a/1</Key><Size>6291456</Size><ETag>"e"</ETag><LastModified>2026-01-02T03:04:05.000Z</LastModified></Contents></ListBucketResult>`}
		case c.Method == http.MethodGet:
			return fakeaws.Reply{Status: 200, Body: `<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>`}
		}
		return fakeaws.S3Error(403, "AccessDenied", "Access Denied")
	})
	for _, c := range []struct {
		mebibytes, operation string
	}{{"5", "HeadObject"}, {"6", "CopyObject"}} {
		for name, value := range map[string]string{
			"AWS_ENDPOINT_URL": server.URL, "AWS_ACCESS_KEY_ID": "AKIASOURCE", "AWS_SECRET_ACCESS_KEY": "s",
			"AWS_REGION": "ap-northeast-1", "AWS_LAMBDA_FUNCTION_NAME": "crossgrant-copy",
			"CROSSGRANT_ROLE_ARN": "arn:aws:iam::222222222222:role/copier",
			"CROSSGRANT_BUCKET":   "lake", "CROSSGRANT_ORIGIN_BUCKET": "reports", "CROSSGRANT_COPY_PART_MIB": c.mebibytes,
		} {
			t.Setenv(name, value)
		}
		handler, err := wire(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := handler.Invoke(context.Background(), []byte(`{}`)); err == nil || !strings.Contains(err.Error(), c.operation) {
			t.Errorf("an object of 6 MiB with parts of %s MiB: found %v, expected %s first", c.mebibytes, err, c.operation)
		}
	}
}

func TestAnUnusableConfigurationOfTheSDKIsAnError(t *testing.T) {
	for name, value := range map[string]string{
		"AWS_REGION": "ap-northeast-1", "CROSSGRANT_ACCESS": "Direct", "CROSSGRANT_BUCKET": "lake", "CROSSGRANT_ORIGIN_BUCKET": "reports",
		"AWS_USE_DUALSTACK_ENDPOINT": "perhaps",
	} {
		t.Setenv(name, value)
	}
	if _, err := wire(context.Background()); err == nil || !strings.Contains(err.Error(), "load the AWS configuration: ") {
		t.Errorf("found %v, expected an error of the AWS configuration", err)
	}
}

func TestAnUnusableEnvironmentIsAnErrorBeforeTheFirstEvent(t *testing.T) {
	for _, name := range []string{"AWS_REGION", "CROSSGRANT_ROLE_ARN", "CROSSGRANT_BUCKET"} {
		t.Setenv(name, "")
	}
	_, err := wire(context.Background())
	for _, want := range []string{"AWS_REGION: found nothing", "CROSSGRANT_ROLE_ARN: found nothing", "CROSSGRANT_BUCKET: found nothing", "CROSSGRANT_ORIGIN_BUCKET: found neither"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %s", err, want)
		}
	}
}
