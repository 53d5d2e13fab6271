// Command trail is the Lambda function that reads CloudTrail log files of the other account. It builds the clients; the logic is in the packages
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
	"github.com/crossgrant/crossgrant/lambda/internal/settings"
	"github.com/crossgrant/crossgrant/lambda/internal/targetrole"
	"github.com/crossgrant/crossgrant/lambda/internal/trailing"
)

func main() { invocation.Start(wire) }

func wire(ctx context.Context) (lambda.Handler, error) {
	set, err := settings.ReadTrail(os.LookupEnv)
	if err != nil {
		return nil, err
	}
	base, err := config.LoadDefaultConfig(ctx, config.WithRegion(set.Region))
	if err != nil {
		return nil, fmt.Errorf("load the AWS configuration: %w", err)
	}
	target := targetrole.Config(base, set.Role, targetrole.Limits{})
	client := s3.NewFromConfig(target)
	function := trailing.New(client, client, trailing.Grant{
		RoleARN: set.Role.ARN, Bucket: set.Bucket, Prefixes: set.Prefixes,
	})
	log := slog.New(slog.NewJSONHandler(os.Stdout, nil))
	return invocation.Handler("trail", log, function.Serve), nil
}
