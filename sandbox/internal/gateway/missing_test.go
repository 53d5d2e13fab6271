package gateway

import (
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"github.com/crossgrant/crossgrant/sandbox/internal/gateway/internal/record"
)

// reader is a role that reads every object and lists some.
const reader = `
Resources:
  Lake: {Type: AWS::S3::Bucket, Properties: {BucketName: lake}}
  Reader:
    Type: AWS::IAM::Role
    Properties:
      RoleName: reader
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole"}]}
      Policies:
        - PolicyName: p
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - {Effect: Allow, Action: ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"], Resource: "arn:aws:s3:::lake/*"}
              - {Effect: Allow, Action: "s3:ListBucket", Resource: "arn:aws:s3:::lake", Condition: {StringLike: {"s3:prefix": "inbox/*"}}}
`

// That an object is missing is told only to those who may list it.
func TestMissingObjects(t *testing.T) {
	w := start(t)
	w.deploy(source, "Reader", reader)
	credentials, err := w.Assume("lambda.amazonaws.com", "arn:aws:iam::111111111111:role/reader", "f")
	if err != nil {
		t.Fatal(err)
	}
	client := s3.NewFromConfig(w.config(credentials))
	get := func(client *s3.Client, key string, version *string) error {
		_, err := client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("lake"), Key: aws.String(key), VersionId: version})
		return err
	}
	head := func(key string) error {
		_, err := client.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String("lake"), Key: aws.String(key)})
		return err
	}
	copied := func(from string) error {
		_, err := client.CopyObject(t.Context(), &s3.CopyObjectInput{Bucket: aws.String("lake"), Key: aws.String("copy"), CopySource: aws.String("lake/" + from)})
		return err
	}
	administrator := s3.NewFromConfig(w.config(w.Administrator(source)))
	for name, c := range map[string]struct {
		missing  string // what the local AWS says
		ask      func() error
		expected string // the code
	}{
		"one that may be listed":                {"NoSuchKey", func() error { return get(client, "inbox/1", nil) }, "NoSuchKey"},
		"one that may not":                      {"NoSuchKey", func() error { return get(client, "other/1", nil) }, "AccessDenied"},
		"one that may be listed, HEAD":          {"NoSuchKey", func() error { return head("inbox/1") }, "NotFound"},
		"one that may not, HEAD":                {"NoSuchKey", func() error { return head("other/1") }, "Forbidden"},
		"one to copy that may be listed":        {"NoSuchKey", func() error { return copied("inbox/1") }, "NoSuchKey"},
		"one to copy that may not":              {"NoSuchKey", func() error { return copied("other/1") }, "AccessDenied"},
		"an administrator asks":                 {"NoSuchKey", func() error { return get(administrator, "other/1", nil) }, "NoSuchKey"},
		"the bucket is missing":                 {"NoSuchBucket", func() error { return get(client, "other/1", nil) }, "NoSuchBucket"},
		"a version, of which S3's page is mute": {"NoSuchKey", func() error { return get(client, "other/1", aws.String("v")) }, "NoSuchKey"},
	} {
		t.Run(name, func(t *testing.T) {
			w.behind.toS3 = func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(http.StatusNotFound)
				fmt.Fprintf(w, "<Error><Code>%s</Code><Message>m</Message></Error>", c.missing)
			}
			err := c.ask()
			var of smithy.APIError
			if !errors.As(err, &of) || of.ErrorCode() != c.expected {
				t.Errorf("found %v, expected %s", err, c.expected)
			}
			if all := w.Decisions(0); (all[len(all)-1].Outcome == record.Denied) != (c.expected == "AccessDenied" || c.expected == "Forbidden") {
				t.Errorf("found the last decision %s", all[len(all)-1].Outcome)
			}
		})
	}
}
