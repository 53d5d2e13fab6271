package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/crossgrant/crossgrant/lambda/internal/fakeaws"
)

func zip(text string) string {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	return out.String()
}

func TestTheEnvironmentBecomesAFunction(t *testing.T) {
	const file = "AWSLogs/222222222222/CloudTrail/eu-west-1/2016/08/25/222222222222_CloudTrail_eu-west-1_20160825T1310Z_a.json.gz"
	server := fakeaws.Start(t, fakeaws.Assumed(time.Hour), func(c fakeaws.Call) fakeaws.Reply {
		if c.URL.Query().Get("list-type") == "" {
			return fakeaws.Reply{Status: 200, Body: zip(`{"Records":[{"eventName":"ConsoleLogin", "n":1.0}]}`)}
		}
		return fakeaws.Reply{Status: 200, Body: `<ListBucketResult><IsTruncated>false</IsTruncated><EncodingType>url</EncodingType>` +
			`<Contents><Key>` + file + `</Key></Contents></ListBucketResult>`}
	})
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": server.URL, "AWS_ACCESS_KEY_ID": "AKIASOURCE", "AWS_SECRET_ACCESS_KEY": "s",
		"AWS_REGION": "ap-northeast-1", "AWS_LAMBDA_FUNCTION_NAME": "crossgrant-trail",
		"CROSSGRANT_ROLE_ARN":    "arn:aws:iam::222222222222:role/reader",
		"CROSSGRANT_EXTERNAL_ID": "agreed-id", "CROSSGRANT_BUCKET": "logs", "CROSSGRANT_PREFIXES": `["AWSLogs/222222222222/CloudTrail/"]`,
	} {
		t.Setenv(name, value)
	}
	handler, err := wire(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	want := `{"bucket":"logs","events":[{"eventName":"ConsoleLogin", "n":1.0}],"count":1,"byName":{"ConsoleLogin":1},` +
		`"files":{"read":1,"digests":0,"others":0,"otherTimes":0},"skipped":[]}`
	for range 2 {
		if got, err := handler.Invoke(context.Background(), []byte(`{"prefix":"AWSLogs/222222222222/CloudTrail/"}`)); err != nil || string(got) != want {
			t.Errorf("got  %s, %v\nwant %s", got, err, want)
		}
	}
	calls := server.Calls("AssumeRole")
	if len(calls) != 1 || !strings.Contains(calls[0].Text, "RoleSessionName=crossgrant-trail") || !strings.Contains(calls[0].Text, "ExternalId=agreed-id") {
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
