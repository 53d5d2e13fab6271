// Command scan is the Lambda function that scans a table of the other account. It builds the clients; the logic is in the packages
// under lambda/internal.
package main

import (
	"context"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/crossgrant/crossgrant/lambda/internal/awsclient"
	"github.com/crossgrant/crossgrant/lambda/internal/invocation"
	"github.com/crossgrant/crossgrant/lambda/internal/scanning"
	"github.com/crossgrant/crossgrant/lambda/internal/settings"
	"github.com/crossgrant/crossgrant/lambda/internal/targetrole"
)

func main() { invocation.Start(wire) }

func wire(context.Context) (lambda.Handler, error) {
	set, err := settings.ReadScan(os.LookupEnv)
	if err != nil {
		return nil, err
	}
	config, err := awsclient.Load(os.LookupEnv, awsclient.Options{Region: set.Region})
	if err != nil {
		return nil, err
	}
	config.Config = targetrole.Config(config.Config, set.Role, targetrole.Limits{})
	client, err := scanning.NewClient(config)
	if err != nil {
		return nil, err
	}
	function := scanning.New(client, scanning.Grant{RoleARN: set.Role.ARN, Table: set.Table})
	log := slog.New(slog.NewJSONHandler(os.Stdout, nil))
	return invocation.Handler("scan", log, function.Serve), nil
}
