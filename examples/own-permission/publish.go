package main

import (
	"errors"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/contract"
)

// publishToTopic permits publishing to a topic, and through it what SNS asks of its key. The topic has a name of its own.
type publishToTopic struct {
	topic awssns.ITopic
	key   awskms.IKey
}

// Statements returns what is permitted.
//
// https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#sns-what-permissions-for-sse
func (p publishToTopic) Statements() []contract.Statement {
	place := p.topic.Env() // the owner's account, in the consumer's app too
	return []contract.Statement{
		{Sid: "PublishToTopic", Actions: []string{"sns:Publish"}, Resources: []string{*p.topic.TopicArn()}},
		{
			Sid: "EncryptMessages", Actions: []string{"kms:Decrypt", "kms:GenerateDataKey"},
			Resources: []string{*p.key.KeyArn()},
			// Another account cannot know the id that AWS makes up for the key.
			CrossAccountResources: []string{*awscdk.Stack_Of(p.topic).FormatArn(&awscdk.ArnComponents{
				Service: jsii.String("kms"), Region: place.Region, Account: place.Account,
				Resource: jsii.String("key"), ResourceName: jsii.String("*"),
			})},
			Conditions:    map[string]map[string][]string{"StringEquals": {"kms:ViaService": {"sns." + *place.Region + ".amazonaws.com"}}},
			ViaAWSService: true, // SNS calls KMS, so no endpoint policy needs this
		},
	}
}

// Environment returns the variable that the grantee's code reads.
func (p publishToTopic) Environment() map[string]string {
	return map[string]string{contract.VariableTopicARN: *p.topic.TopicArn()}
}

// Validate returns everything that is wrong.
func (p publishToTopic) Validate() error {
	if p.topic == nil || p.key == nil {
		return errors.New("publishToTopic: found nil, expected a topic and its key")
	}
	var problems []error
	for _, s := range p.Statements() {
		problems = append(problems, s.Validate())
	}
	return errors.Join(problems...)
}
