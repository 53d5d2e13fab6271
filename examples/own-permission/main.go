// Command own-permission shows a grant for a service that crossaccount has no permission for: a role of one account publishes to
// an encrypted SNS topic of another. The Permission is in publish.go.
package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/constructs/crossaccount"
)

func main() {
	defer jsii.Close()
	app := awscdk.NewApp(nil)
	source := stack(app, "Shop", "111111111111")
	target := stack(app, "Mail", "222222222222")

	orders := awsiam.NewRole(source, jsii.String("Orders"), &awsiam.RoleProps{
		RoleName: jsii.String("orders"), AssumedBy: awsiam.NewServicePrincipal(jsii.String("ec2.amazonaws.com"), nil),
	})
	key := awskms.NewKey(target, jsii.String("Key"), &awskms.KeyProps{EnableKeyRotation: jsii.Bool(true)})
	mails := awssns.NewTopic(target, jsii.String("Mails"), &awssns.TopicProps{
		TopicName: jsii.String("mails"), MasterKey: key, EnforceSSL: jsii.Bool(true),
	})
	crossaccount.NewCrossAccountGrant(source, "SendMails", crossaccount.GrantProps{
		Name: "mails", Stage: "prod", Grantees: []awsiam.IGrantable{orders}, Target: target,
		Permissions: []crossaccount.Permission{publishToTopic{mails, key}},
	})
	app.Synth(nil)
}

func stack(app awscdk.App, id, account string) awscdk.Stack {
	return awscdk.NewStack(app, jsii.String(id), &awscdk.StackProps{
		Env: &awscdk.Environment{Account: jsii.String(account), Region: jsii.String("ap-northeast-1")},
	})
}
