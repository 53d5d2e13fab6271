package crossaccount_test

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/constructs/crossaccount"
	"github.com/crossgrant/crossgrant/contract"
)

// publishToTopic is a Permission of your own: one statement, and the variable that the code reads.
type publishToTopic struct{ topic awssns.ITopic }

func (p publishToTopic) Statements() []contract.Statement {
	return []contract.Statement{{Sid: "PublishToTopic", Actions: []string{"sns:Publish"}, Resources: []string{*p.topic.TopicArn()}}}
}

func (p publishToTopic) Environment() map[string]string {
	return map[string]string{"CROSSGRANT_TOPIC_ARN": *p.topic.TopicArn()}
}

func (p publishToTopic) Validate() error { return p.Statements()[0].Validate() }

// A Permission for another service has three methods. The topic has a name of its own, so that CDK can write its ARN in the other account.
func ExamplePermission() {
	app := awscdk.NewApp(&awscdk.AppProps{Context: &map[string]any{"@aws-cdk/core:enablePartitionLiterals": true}})
	source := stackIn(app, "Shop", "111111111111", "ap-northeast-1")
	target := stackIn(app, "Mail", "222222222222", "ap-northeast-1")

	orders := awsiam.NewRole(source, jsii.String("Orders"), &awsiam.RoleProps{
		RoleName: jsii.String("orders"), AssumedBy: awsiam.NewServicePrincipal(jsii.String("ec2.amazonaws.com"), nil),
	})
	topic := awssns.NewTopic(target, jsii.String("Topic"), &awssns.TopicProps{TopicName: jsii.String("mails")})
	grant := crossaccount.NewCrossAccountGrant(source, "SendMails", crossaccount.GrantProps{
		Name: "mails", Stage: "prod", Grantees: []awsiam.IGrantable{orders}, Target: target,
		Permissions: []crossaccount.Permission{publishToTopic{topic}},
	})

	assertions.Template_FromStack(target, nil).HasResourceProperties(jsii.String("AWS::IAM::Policy"), map[string]any{
		"PolicyDocument": map[string]any{"Statement": []any{map[string]any{
			"Sid": "PublishToTopic", "Effect": "Allow", "Action": "sns:Publish", "Resource": target.Resolve(topic.TopicArn()),
		}}},
	})
	fmt.Println(grant.RoleARN(), "may publish to what the code reads from CROSSGRANT_TOPIC_ARN:")
	fmt.Println(source.Resolve(publishToTopic{topic}.Environment()["CROSSGRANT_TOPIC_ARN"]))
	// Output:
	// arn:aws:iam::222222222222:role/mails-prod-ap-northeast-1 may publish to what the code reads from CROSSGRANT_TOPIC_ARN:
	// arn:aws:sns:ap-northeast-1:222222222222:mails
}
