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
		return fakeaws.Reply{Status: 200, Body: `{"Count":1,"Items":[{"deviceId":{"S":"d0001"},"name":{"S":"This is a pen."}}]}`}
	})
	table := "arn:aws:dynamodb:ap-northeast-1:222222222222:table/access-sample-table"
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": server.URL, "AWS_ACCESS_KEY_ID": "AKIASOURCE", "AWS_SECRET_ACCESS_KEY": "s",
		"AWS_REGION": "ap-northeast-1", "AWS_LAMBDA_FUNCTION_NAME": "crossgrant-scan",
		"CROSSGRANT_ROLE_ARN": "arn:aws:iam::222222222222:role/reader", "CROSSGRANT_TABLE": table,
	} {
		t.Setenv(name, value)
	}
	handler, err := wire(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	got, err := handler.Invoke(context.Background(), []byte(`{}`))
	if want := `{"items":[{"deviceId":"d0001","name":"This is a pen."}],"count":1}`; err != nil || string(got) != want {
		t.Errorf("got  %s, %v\nwant %s", got, err, want)
	}
	if calls := server.Calls(`"TableName":"` + table + `"`); len(calls) != 1 {
		t.Errorf("%d calls name the table, want one", len(calls))
	}
	if calls := server.Calls("RoleSessionName=crossgrant-scan"); len(calls) != 1 {
		t.Errorf("%d calls of STS with the session name, want one", len(calls))
	}
}

func TestAnUnusableEnvironmentIsAnErrorBeforeTheFirstEvent(t *testing.T) {
	for _, name := range []string{"AWS_REGION", "CROSSGRANT_ROLE_ARN", "CROSSGRANT_TABLE"} {
		t.Setenv(name, "")
	}
	_, err := wire(context.Background())
	for _, name := range []string{"AWS_REGION", "CROSSGRANT_ROLE_ARN", "CROSSGRANT_TABLE"} {
		if err == nil || !strings.Contains(err.Error(), name+": found nothing") {
			t.Errorf("%v does not name %s", err, name)
		}
	}
}
