// Command trail is the Lambda function that reads CloudTrail log files of the other account. It builds the clients; the logic is in the packages
// under lambda/internal.
package main

import (
	"context"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/crossgrant/crossgrant/lambda/internal/awsclient"
	"github.com/crossgrant/crossgrant/lambda/internal/invocation"
	"github.com/crossgrant/crossgrant/lambda/internal/s3wire"
	"github.com/crossgrant/crossgrant/lambda/internal/settings"
	"github.com/crossgrant/crossgrant/lambda/internal/targetrole"
	"github.com/crossgrant/crossgrant/lambda/internal/trailing"
)

func main() { invocation.Start(wire) }

func wire(context.Context) (lambda.Handler, error) {
	set, err := settings.ReadTrail(os.LookupEnv)
	if err != nil {
		return nil, err
	}
	config, err := awsclient.Load(os.LookupEnv, awsclient.Options{Region: set.Region})
	if err != nil {
		return nil, err
	}
	config.Config = targetrole.Config(config.Config, set.Role, targetrole.Limits{})
	client := s3wire.New(config)
	function := trailing.New(client, client, trailing.Grant{
		RoleARN: set.Role.ARN, Bucket: set.Bucket, Prefixes: set.Prefixes,
	})
	log := slog.New(slog.NewJSONHandler(os.Stdout, nil))
	return invocation.Handler("trail", log, function.Serve), nil
}
