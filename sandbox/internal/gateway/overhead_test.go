package gateway_test

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/crossgrant/crossgrant/sandbox/internal/gateway"
	"github.com/crossgrant/crossgrant/sandbox/internal/localaws"
)

// overheadTemplate is a role that may do what the benchmark does, with policies of a size that is usual.
const overheadTemplate = `
Resources:
  Lake: {Type: AWS::S3::Bucket, Properties: {BucketName: lake}}
  LakePolicy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Lake
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - {Sid: TLS, Effect: Deny, Principal: "*", Action: "s3:*", Resource: ["arn:aws:s3:::lake", "arn:aws:s3:::lake/*"], Condition: {Bool: {"aws:SecureTransport": "false"}}}
          - {Sid: Others, Effect: Deny, Principal: "*", Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/private/*"}
  Shop:
    Type: AWS::DynamoDB::Table
    Properties: {TableName: shop, BillingMode: PAY_PER_REQUEST, AttributeDefinitions: [{AttributeName: id, AttributeType: S}], KeySchema: [{AttributeName: id, KeyType: HASH}]}
  Worker:
    Type: AWS::IAM::Role
    Properties:
      RoleName: worker
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole"}]}
      Policies:
        - PolicyName: work
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - {Sid: Logs, Effect: Allow, Action: ["logs:CreateLogStream", "logs:PutLogEvents"], Resource: "arn:aws:logs:eu-west-1:222222222222:log-group:worker:*"}
              - {Sid: Lists, Effect: Allow, Action: "s3:ListBucket", Resource: "arn:aws:s3:::lake", Condition: {StringLike: {"s3:prefix": "in/*"}}}
              - {Sid: Objects, Effect: Allow, Action: ["s3:GetObject", "s3:PutObject"], Resource: "arn:aws:s3:::lake/in/*"}
              - {Sid: Items, Effect: Allow, Action: ["dynamodb:Query", "dynamodb:PutItem"], Resource: "arn:aws:dynamodb:eu-west-1:222222222222:table/shop"}
`

// inAccount sends requests to the local AWS in an account.
type inAccount string

func (account inAccount) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("X-Moto-Account-Id", string(account))
	return http.DefaultTransport.RoundTrip(r)
}

// clients are those of one way to the local AWS.
type clients struct {
	s3     *s3.Client
	tables *dynamodb.Client
	sts    *sts.Client
}

func clientsOf(c aws.Config) clients {
	return clients{s3.NewFromConfig(c), dynamodb.NewFromConfig(c), sts.NewFromConfig(c)}
}

// requests are those that are measured.
var requests = []struct {
	name string
	make func(context.Context, clients) error
}{
	{"s3 PutObject", func(ctx context.Context, c clients) error {
		_, err := c.s3.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String("lake"), Key: aws.String("in/1"), Body: strings.NewReader(strings.Repeat("x", 1000))})
		return err
	}},
	{"s3 GetObject", func(ctx context.Context, c clients) error {
		got, err := c.s3.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String("lake"), Key: aws.String("in/1")})
		if err == nil {
			got.Body.Close()
		}
		return err
	}},
	{"s3 ListObjectsV2", func(ctx context.Context, c clients) error {
		_, err := c.s3.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: aws.String("lake"), Prefix: aws.String("in/")})
		return err
	}},
	{"dynamodb PutItem", func(ctx context.Context, c clients) error {
		_, err := c.tables.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String("shop"), Item: map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: "1"}}})
		return err
	}},
	{"dynamodb Query", func(ctx context.Context, c clients) error {
		_, err := c.tables.Query(ctx, &dynamodb.QueryInput{TableName: aws.String("shop"), KeyConditionExpression: aws.String("id = :id"),
			ExpressionAttributeValues: map[string]types.AttributeValue{":id": &types.AttributeValueMemberS{Value: "1"}}})
		return err
	}},
	{"sts GetCallerIdentity", func(ctx context.Context, c clients) error {
		_, err := c.sts.GetCallerIdentity(ctx, nil)
		return err
	}},
}

// The limits of what the gateway adds, in milliseconds.
const mostMedian, mostLate = 1.0, 5.0

// What a request takes through the gateway beyond what it takes directly: each request goes both ways, by turns, and the medians and the 99th percentiles of the
// two are compared.
func BenchmarkOverhead(b *testing.B) {
	server, err := localaws.Start(b.Context(), filepath.Join("..", "..", "..", ".build", "venv"))
	if err != nil {
		b.Fatal(err)
	}
	defer server.Stop()
	g, err := gateway.Start(server.AddressURL(), gateway.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer g.Stop()
	w := world{g, b}
	w.deploy(target, "Work", overheadTemplate)
	worker, err := g.Assume("lambda.amazonaws.com", "arn:aws:iam::222222222222:role/worker", "work")
	if err != nil {
		b.Fatal(err)
	}
	through := clientsOf(w.config(worker))
	directly := clientsOf(aws.Config{Region: region, BaseEndpoint: aws.String(server.AddressURL()), HTTPClient: &http.Client{Transport: inAccount(target)},
		Credentials: credentials.NewStaticCredentialsProvider("AKIAIOSFODNN7EXAMPLE", "x", ""), RetryMaxAttempts: 1})
	for _, r := range requests {
		b.Run(strings.ReplaceAll(r.name, " ", "-"), func(b *testing.B) {
			var took [2][]time.Duration
			for i := 0; b.Loop(); i++ {
				for k := range took {
					way := (i + k) % 2
					began := time.Now()
					if err := r.make(b.Context(), []clients{directly, through}[way]); err != nil {
						b.Fatal(fmt.Errorf("%s: %w", []string{"directly", "through the gateway"}[way], err))
					}
					took[way] = append(took[way], time.Since(began))
				}
			}
			for way := range took {
				slices.Sort(took[way])
			}
			at := func(way int, share float64) float64 {
				all := took[way]
				return float64(all[int(share*float64(len(all)-1))].Microseconds()) / 1000
			}
			median, late := at(1, 0.5)-at(0, 0.5), at(1, 0.99)-at(0, 0.99)
			b.ReportMetric(at(0, 0.5), "direct-ms")
			b.ReportMetric(median, "median-ms")
			b.ReportMetric(late, "p99-ms")
			if len(took[0]) > 1 && (median > mostMedian || late > mostLate) {
				b.Errorf("found %.2f ms more at the median and %.2f ms at the 99th percentile, expected at most %.0f and %.0f: is the machine busy?", median, late, mostMedian, mostLate)
			}
		})
	}
}
