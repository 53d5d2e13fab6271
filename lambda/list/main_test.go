package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/crossgrant/crossgrant/lambda/internal/fakeaws"
)

func TestTheEnvironmentBecomesAFunction(t *testing.T) {
	server := fakeaws.Start(t, fakeaws.Assumed(time.Hour), func(fakeaws.Call) fakeaws.Reply {
		return fakeaws.Reply{Status: 200, Body: `<ListBucketResult><IsTruncated>false</IsTruncated><EncodingType>url</EncodingType>` +
			`<Contents><Key>a/1</Key><Size>5</Size><ETag>"e"</ETag><LastModified>2026-01-02T03:04:05.000Z</LastModified></Contents></ListBucketResult>`}
	})
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": server.URL, "AWS_ACCESS_KEY_ID": "AKIASOURCE", "AWS_SECRET_ACCESS_KEY": "s",
		"AWS_REGION": "ap-northeast-1", "AWS_LAMBDA_FUNCTION_NAME": "crossgrant-list",
		"CROSSGRANT_ROLE_ARN":    "arn:aws:iam::222222222222:role/reader",
		"CROSSGRANT_EXTERNAL_ID": "agreed-id", "CROSSGRANT_BUCKET": "reports", "CROSSGRANT_PREFIXES": `["a/"]`,
	} {
		t.Setenv(name, value)
	}
	handler, err := wire(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	want := `{"bucket":"reports","objects":[{"key":"a/1","size":5,"lastModified":"2026-01-02T03:04:05Z","etag":"e"}],"count":1}`
	for range 2 {
		if got, err := handler.Invoke(context.Background(), []byte(`{}`)); err != nil || string(got) != want {
			t.Errorf("got  %s, %v\nwant %s", got, err, want)
		}
	}
	calls := server.Calls("AssumeRole")
	if len(calls) != 1 || !strings.Contains(calls[0].Text, "RoleSessionName=crossgrant-list") || !strings.Contains(calls[0].Text, "ExternalId=agreed-id") {
		t.Errorf("%d calls of STS, want one with the session name and the ExternalId", len(calls))
	}
}

func TestAnUnusableEnvironmentIsAnErrorBeforeTheFirstEvent(t *testing.T) {
	for _, name := range []string{"AWS_REGION", "CROSSGRANT_ROLE_ARN", "CROSSGRANT_BUCKET"} {
		t.Setenv(name, "")
	}
	_, err := wire(context.Background())
	for _, name := range []string{"AWS_REGION", "CROSSGRANT_ROLE_ARN", "CROSSGRANT_BUCKET"} {
		if err == nil || !strings.Contains(err.Error(), name+": found nothing") {
			t.Errorf("%v does not name %s", err, name)
		}
	}
}
