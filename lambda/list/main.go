// Command list is the Lambda function that lists a bucket of the other account. It builds the clients; the logic is in the packages
// under lambda/internal.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/crossgrant/crossgrant/lambda/internal/invocation"
	"github.com/crossgrant/crossgrant/lambda/internal/listing"
	"github.com/crossgrant/crossgrant/lambda/internal/settings"
	"github.com/crossgrant/crossgrant/lambda/internal/targetrole"
)

func main() { invocation.Start(wire) }

func wire(ctx context.Context) (lambda.Handler, error) {
	set, err := settings.ReadList(os.LookupEnv)
	if err != nil {
		return nil, err
	}
	base, err := config.LoadDefaultConfig(ctx, config.WithRegion(set.Region))
	if err != nil {
		return nil, fmt.Errorf("load the AWS configuration: %w", err)
	}
	target := targetrole.Config(base, set.Role, targetrole.Limits{})
	function := listing.New(s3.NewFromConfig(target), listing.Grant{
		RoleARN: set.Role.ARN, Bucket: set.Bucket, Prefixes: set.Prefixes,
	})
	log := slog.New(slog.NewJSONHandler(os.Stdout, nil))
	return invocation.Handler("list", log, function.Serve), nil
}
