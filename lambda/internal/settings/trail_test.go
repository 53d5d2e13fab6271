package settings

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crossgrant/crossgrant/lambda/internal/targetrole"
)

func TestReadTrail(t *testing.T) {
	got, err := ReadTrail(environment(map[string]string{
		"AWS_REGION": "ap-northeast-1", "AWS_LAMBDA_FUNCTION_NAME": "crossgrant-trail",
		"CROSSGRANT_ROLE_ARN":    "arn:aws:iam::222222222222:role/team/reader",
		"CROSSGRANT_EXTERNAL_ID": "agreed-id", "CROSSGRANT_BUCKET": "logs",
		"CROSSGRANT_PREFIXES": `["AWSLogs/222222222222/CloudTrail/"]`,
	}))
	want := Trail{
		Role: targetrole.Role{ARN: "arn:aws:iam::222222222222:role/team/reader", ExternalID: "agreed-id",
			SessionName: "crossgrant-trail"},
		Region: "ap-northeast-1", Bucket: "logs", Prefixes: []string{"AWSLogs/222222222222/CloudTrail/"},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("err %v, diff (-want +got):\n%s", err, diff)
	}
}

func TestReadTrailNamesWhatIsMissing(t *testing.T) {
	_, err := ReadTrail(environment(map[string]string{"CROSSGRANT_PREFIXES": "null"}))
	for _, expected := range []string{"CROSSGRANT_ROLE_ARN: found nothing", "AWS_REGION: found nothing", "CROSSGRANT_BUCKET: found nothing", `CROSSGRANT_PREFIXES: found "null"`} {
		if err == nil || !strings.Contains(err.Error(), expected) {
			t.Errorf("found %v, expected %s", err, expected)
		}
	}
}
