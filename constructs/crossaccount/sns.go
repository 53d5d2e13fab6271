package crossaccount

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"

	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/place"
)

// PublishToTopic permits publishing messages to a topic, one by one or in batches. If the topic has a customer key, generating a data key and decrypting
// with it are permitted too. The grantee's code reads CROSSGRANT_TOPIC_ARN.
//
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsns.html
// https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
func PublishToTopic(topic awssns.ITopic) Permission {
	if topic == nil {
		return nilResource("topic", "topic")
	}
	p := permission{kind: "topic", arn: *place.Once(topic, "arn", topic.TopicArn)}
	p.setEnv("topic", topic)
	p.environment = map[string]string{contract.VariableTopicARN: p.arn}
	p.add(topicPolicy(topic), contract.Statement{Sid: "PublishToTopicMessages", Actions: []string{"sns:Publish"}, Resources: []string{p.arn}})
	p.addKey("PublishToTopic", place.Once(topic, "key", topic.MasterKey), "sns", "kms:Decrypt", "kms:GenerateDataKey")
	return p
}
