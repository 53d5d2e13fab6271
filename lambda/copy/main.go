// Command copy is the Lambda function that copies objects between a bucket of this account and one of the other. It builds the clients; the
// logic is in the packages under lambda/internal.
package main

import (
	"context"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/crossgrant/crossgrant/lambda/internal/awsclient"
	"github.com/crossgrant/crossgrant/lambda/internal/copying"
	"github.com/crossgrant/crossgrant/lambda/internal/invocation"
	"github.com/crossgrant/crossgrant/lambda/internal/s3wire"
	"github.com/crossgrant/crossgrant/lambda/internal/settings"
	"github.com/crossgrant/crossgrant/lambda/internal/targetrole"
)

func main() { invocation.Start(wire) }

func wire(context.Context) (lambda.Handler, error) {
	set, err := settings.ReadCopy(os.LookupEnv)
	if err != nil {
		return nil, err
	}
	config, err := awsclient.Load(os.LookupEnv, awsclient.Options{Region: set.Region, Parallel: set.Parallel})
	if err != nil {
		return nil, err
	}
	config.Config = targetrole.Config(config.Config, set.Role, targetrole.Limits{})
	function := copying.New(s3wire.New(config), copying.Grant{
		RoleARN: set.Role.ARN, Origin: set.Origin, Destination: set.Destination, Prefixes: set.Prefixes,
		PartBytes: set.PartBytes, Parallel: set.Parallel,
	})
	log := slog.New(slog.NewJSONHandler(os.Stdout, nil))
	return invocation.Handler("copy", log, function.Serve), nil
}
