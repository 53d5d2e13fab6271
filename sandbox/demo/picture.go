package demo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamotypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof"
)

// picture is what the demo asks of the report's picture: each arrow that is a request of a workload, as this workload.
type picture struct {
	*demo
	configs map[string]caller
	stops   []func()
	put     []string // objects, as BUCKET/KEY
}

// caller is as whom a request is made. denied is why that cannot be.
type caller struct {
	config aws.Config
	denied error
}

// compare shows that the proof's report and the deployed accounts agree.
func (d *demo) compare(ctx context.Context) error {
	d.step("Asking for what the report's picture shows, as the workloads in it")
	return d.ask(ctx, false)
}

// ask proves what is deployed now, asks for what the report's picture has arrows for, and checks that each request ends as the report says. What S3 asks of KMS for
// a workload has arrows, too, and is decided within the workload's own requests. some says that some of them are to be denied.
func (d *demo) ask(ctx context.Context, some bool) (err error) {
	report, err := proof.Prove(d.sandbox.DeployedAssembly(), proof.Options{})
	if err != nil {
		return err
	}
	p := &picture{demo: d, configs: map[string]caller{}}
	defer func() {
		for _, stop := range p.stops {
			stop()
		}
		err = errors.Join(err, p.remove(ctx))
	}()
	asked, refused, differ := map[string]bool{}, 0, []string(nil)
	for i := range report.Checks {
		for k := range report.Checks[i].Chains {
			c := &report.Checks[i].Chains[k]
			if report.Checks[i].Rule != proof.Intent || c.Action == "" || c.Through != "" || c.From == nil {
				continue
			}
			name := fmt.Sprint(c.Caller, c.From.Resource.ARN, c.Assumes.Roles(), c.Action, c.Resource, c.Context) // once, of all subnets
			if asked[name] {
				continue
			}
			asked[name] = true
			passes, err := p.passes(ctx, c)
			if err != nil {
				return fmt.Errorf("ask for %s on %s as %s: %w", c.Action, c.Resource, c.Caller, err)
			}
			if !passes {
				refused++
			}
			if c.Passes != map[bool]policy.Answer{true: policy.Yes, false: policy.No}[passes] {
				differ = append(differ, fmt.Sprintf("%s on %s as %s: passes %t, the report says %s", c.Action, c.Resource, c.Caller, passes, c.Passes))
			}
		}
	}
	d.check(len(differ) == 0 && len(asked) > 0 && (refused > 0) == some,
		fmt.Sprintf("the report's picture agrees: %d requests asked for, %d pass, %d are denied", len(asked), len(asked)-refused, refused), differ)
	return nil
}

// passes makes the request of a chain.
func (p *picture) passes(ctx context.Context, c *proof.Chain) (bool, error) {
	as, err := p.as(ctx, c)
	if err != nil {
		return false, err
	}
	if as.denied != nil {
		return false, nil
	}
	request := requests[c.Action]
	if request == nil {
		return false, fmt.Errorf("found action %s, of which the demo has no request, expected one in requests", c.Action)
	}
	ctx, cancel := context.WithTimeout(ctx, noRoute)
	defer cancel()
	err = request(p, ctx, as.config, c)
	return err == nil, notDenied(err)
}

// noRoute is how long the demo waits before it says that a request has no route: nobody answers it.
const noRoute = 20 * time.Second

// missing are the errors of requests that were permitted, on what is not there.
var missing = []string{"NoSuchKey", "NoSuchUpload"}

// notDenied returns nil for what a denied request, and one without a route, ends with.
func notDenied(err error) error {
	var of smithy.APIError
	if err == nil || errors.As(err, &of) && strings.HasPrefix(of.ErrorCode(), "AccessDenied") || errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	return err
}

// permitted returns nil for errors that come after a request is permitted.
func permitted(err error) error {
	var of smithy.APIError
	if errors.As(err, &of) && slices.Contains(missing, of.ErrorCode()) {
		return nil
	}
	return err
}

// as is as whom the request of a chain is made: as the workload, or as the role that it assumes.
func (p *picture) as(ctx context.Context, c *proof.Chain) (caller, error) {
	name := c.Caller + " " + c.From.Resource.ARN
	own, ok := p.configs[name]
	if !ok {
		config, stop, err := p.sandbox.As(c.Caller, c.From.Resource.ARN)
		if err != nil {
			return caller{}, err
		}
		config.RetryMaxAttempts = 1
		p.stops = append(p.stops, stop)
		own = caller{config: config}
		p.configs[name] = own
	}
	if c.Assumes == nil {
		return own, nil
	}
	name += " " + c.Assumes.Role
	trusted, ok := p.configs[name]
	if ok {
		return trusted, nil
	}
	ctx, cancel := context.WithTimeout(ctx, noRoute)
	defer cancel()
	var err error
	if trusted.config, err = assume(ctx, own.config, c.Assumes); err != nil {
		if notDenied(err) != nil {
			return trusted, err
		}
		trusted.denied = err
	}
	p.configs[name] = trusted
	return trusted, nil
}

// assume returns the configuration of a session of a role.
func assume(ctx context.Context, config aws.Config, a *proof.Assume) (aws.Config, error) {
	input := &sts.AssumeRoleInput{RoleArn: aws.String(a.Role), RoleSessionName: aws.String("demo")}
	if a.ExternalID != "" {
		input.ExternalId = aws.String(a.ExternalID)
	}
	if a.SourceIdentity != "" {
		input.SourceIdentity = aws.String(a.SourceIdentity)
	}
	got, err := sts.NewFromConfig(config).AssumeRole(ctx, input)
	if err != nil {
		return aws.Config{}, err
	}
	config = config.Copy()
	config.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: *got.Credentials.AccessKeyId, SecretAccessKey: *got.Credentials.SecretAccessKey, SessionToken: *got.Credentials.SessionToken}, nil
	})
	return config, nil
}

// remove removes the objects that were put.
func (p *picture) remove(ctx context.Context) error {
	var failed error
	for _, one := range p.put {
		bucket, key, _ := strings.Cut(one, "/")
		_, err := s3.NewFromConfig(p.sandbox.Config(p.sandbox.Target)).DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: aws.String(bucket), Key: aws.String(key)})
		failed = errors.Join(failed, err)
	}
	return failed
}

// requests are those of the actions that the app's grants have.
var requests = map[string]func(*picture, context.Context, aws.Config, *proof.Chain) error{
	"s3:ListBucket": func(_ *picture, ctx context.Context, config aws.Config, c *proof.Chain) error {
		bucket, _ := bucketAndKey(c)
		_, err := s3.NewFromConfig(config).ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: bucket, Prefix: aws.String(strings.Join(c.Context["s3:prefix"], "")), MaxKeys: aws.Int32(1)})
		return err
	},
	"s3:ListBucketMultipartUploads": func(_ *picture, ctx context.Context, config aws.Config, c *proof.Chain) error {
		bucket, _ := bucketAndKey(c)
		_, err := s3.NewFromConfig(config).ListMultipartUploads(ctx, &s3.ListMultipartUploadsInput{Bucket: bucket})
		return err
	},
	"s3:GetObject": func(_ *picture, ctx context.Context, config aws.Config, c *proof.Chain) error {
		bucket, key := bucketAndKey(c)
		got, err := s3.NewFromConfig(config).GetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: key})
		if err == nil {
			got.Body.Close()
		}
		return permitted(err)
	},
	"s3:GetObjectTagging": func(_ *picture, ctx context.Context, config aws.Config, c *proof.Chain) error {
		bucket, key := bucketAndKey(c)
		_, err := s3.NewFromConfig(config).GetObjectTagging(ctx, &s3.GetObjectTaggingInput{Bucket: bucket, Key: key})
		return permitted(err)
	},
	"s3:PutObject": func(p *picture, ctx context.Context, config aws.Config, c *proof.Chain) error {
		bucket, key := bucketAndKey(c)
		_, err := s3.NewFromConfig(config).PutObject(ctx, &s3.PutObjectInput{Bucket: bucket, Key: key, Body: strings.NewReader("asked by the demo")})
		if err == nil {
			p.put = append(p.put, *bucket+"/"+*key)
		}
		return err
	},
	"s3:PutObjectTagging": func(_ *picture, ctx context.Context, config aws.Config, c *proof.Chain) error {
		bucket, key := bucketAndKey(c)
		_, err := s3.NewFromConfig(config).PutObjectTagging(ctx, &s3.PutObjectTaggingInput{Bucket: bucket, Key: key, Tagging: &s3types.Tagging{TagSet: []s3types.Tag{{Key: aws.String("asked"), Value: aws.String("demo")}}}})
		return permitted(err)
	},
	"s3:AbortMultipartUpload": func(_ *picture, ctx context.Context, config aws.Config, c *proof.Chain) error {
		bucket, key := bucketAndKey(c)
		_, err := s3.NewFromConfig(config).AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: bucket, Key: key, UploadId: aws.String("none")})
		return permitted(err)
	},
	"s3:ListMultipartUploadParts": func(_ *picture, ctx context.Context, config aws.Config, c *proof.Chain) error {
		bucket, key := bucketAndKey(c)
		_, err := s3.NewFromConfig(config).ListParts(ctx, &s3.ListPartsInput{Bucket: bucket, Key: key, UploadId: aws.String("none")})
		return permitted(err)
	},
	"dynamodb:GetItem": func(_ *picture, ctx context.Context, config aws.Config, c *proof.Chain) error {
		_, err := dynamodb.NewFromConfig(config).GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String(c.Resource), Key: sample})
		return err
	},
	"dynamodb:BatchGetItem": func(_ *picture, ctx context.Context, config aws.Config, c *proof.Chain) error {
		_, err := dynamodb.NewFromConfig(config).BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]dynamotypes.KeysAndAttributes{c.Resource: {Keys: []map[string]dynamotypes.AttributeValue{sample}}}})
		return err
	},
	"dynamodb:Query": func(_ *picture, ctx context.Context, config aws.Config, c *proof.Chain) error {
		_, err := dynamodb.NewFromConfig(config).Query(ctx, &dynamodb.QueryInput{
			TableName: aws.String(c.Resource), KeyConditionExpression: aws.String("deviceId = :d"), ExpressionAttributeValues: map[string]dynamotypes.AttributeValue{":d": sample["deviceId"]},
		})
		return err
	},
	"dynamodb:Scan": func(_ *picture, ctx context.Context, config aws.Config, c *proof.Chain) error {
		_, err := dynamodb.NewFromConfig(config).Scan(ctx, &dynamodb.ScanInput{TableName: aws.String(c.Resource), Limit: aws.Int32(1)})
		return err
	},
}

// sample is the key of an item of the table.
var sample = map[string]dynamotypes.AttributeValue{"deviceId": &dynamotypes.AttributeValueMemberS{Value: "d0001"}}

// bucketAndKey are the bucket and the key that a chain's request is on.
func bucketAndKey(c *proof.Chain) (bucket, key *string) {
	name, rest, _ := strings.Cut(c.Resource[strings.LastIndexByte(c.Resource, ':')+1:], "/")
	return aws.String(name), aws.String(rest)
}
