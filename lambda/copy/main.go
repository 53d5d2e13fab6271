// Command copy is the Lambda function that copies objects between a bucket of this account and one of the other. It builds the clients; the
// logic is in the packages under lambda/internal.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/crossgrant/crossgrant/lambda/internal/copying"
	"github.com/crossgrant/crossgrant/lambda/internal/invocation"
	"github.com/crossgrant/crossgrant/lambda/internal/settings"
	"github.com/crossgrant/crossgrant/lambda/internal/targetrole"
)

// attempts is how often a call is made before it fails. S3 answers 503 while it scales up for a prefix; the adaptive retry mode then also
// lowers the rate of all calls of the client.
// See https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html.
const attempts = 5

func main() { invocation.Start(wire) }

func wire(ctx context.Context) (lambda.Handler, error) {
	set, err := settings.ReadCopy(os.LookupEnv)
	if err != nil {
		return nil, err
	}
	client, err := newClient(ctx, set)
	if err != nil {
		return nil, err
	}
	function := copying.New(client, copying.Grant{
		RoleARN: set.Role.ARN, Origin: set.Origin, Destination: set.Destination, Prefixes: set.Prefixes,
		PartBytes: set.PartBytes, Parallel: set.Parallel,
	})
	log := slog.New(slog.NewJSONHandler(os.Stdout, nil))
	return invocation.Handler("copy", log, function.Serve), nil
}

// newClient returns a client of S3 with the credentials of the trusted role.
func newClient(ctx context.Context, set settings.Copy) (*s3.Client, error) {
	// Each of the parallel requests keeps its connection; the SDK's default is ten.
	client := awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) { t.MaxIdleConnsPerHost = max(t.MaxIdleConnsPerHost, set.Parallel) })
	base, err := config.LoadDefaultConfig(ctx, config.WithRegion(set.Region), config.WithHTTPClient(client),
		config.WithRetryMode(aws.RetryModeAdaptive), config.WithRetryMaxAttempts(attempts))
	if err != nil {
		return nil, fmt.Errorf("load the AWS configuration: %w", err)
	}
	return s3.NewFromConfig(targetrole.Config(base, set.Role, targetrole.Limits{})), nil
}
