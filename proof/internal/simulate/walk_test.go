package simulate

import "testing"

// https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html
func TestNamesOfEndpoints(t *testing.T) {
	for action, want := range map[string]string{
		"s3:GetObject": "s3", "S3:getobject": "s3", "dynamodb:GetItem": "dynamodb", "dynamodb:GetRecords": "dynamodb-streams", "kinesis:GetRecords": "kinesis-streams",
		"cloudwatch:PutMetricData": "monitoring", "ecr:BatchGetImage": "ecr.api", "secretsmanager:GetSecretValue": "secretsmanager",
	} {
		if got := endpointService(action); got != want {
			t.Errorf("%s: found %s, expected %s", action, got, want)
		}
	}
}
