package workload

import (
	"errors"
	"fmt"
	"net/mail"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssnssubscriptions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// AlarmTopicProps configures an [AlarmTopic].
type AlarmTopicProps struct {
	// TopicName is the topic's name, at most 256 letters, digits, "-" and "_". Required.
	TopicName string
	// AlarmPrefix begins the names of all alarms that may publish, at least 3 letters, digits, "-" and "_". Required.
	AlarmPrefix string
	// Emails are the addresses that get a mail for each alarm, after they have confirmed AWS's first one. Default none.
	Emails []string
	// RemovalPolicy is what happens to the key when the stack is deleted. Default awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE.
	RemovalPolicy awscdk.RemovalPolicy
}

var (
	topicName   = regexp.MustCompile(`^[a-zA-Z0-9-_]{1,256}$`)
	alarmPrefix = regexp.MustCompile(`^[a-zA-Z0-9-_]{3,200}$`)
)

// Validate returns everything that is wrong with the props, or nil.
func (p AlarmTopicProps) Validate() error {
	var problems []error
	if !topicName.MatchString(p.TopicName) {
		problems = append(problems, fmt.Errorf("TopicName: found %q, expected 1 to 256 letters, digits, - and _", p.TopicName))
	}
	if !alarmPrefix.MatchString(p.AlarmPrefix) {
		problems = append(problems, fmt.Errorf("AlarmPrefix: found %q, expected 3 to 200 letters, digits, - and _", p.AlarmPrefix))
	}
	for i, address := range p.Emails {
		if !IsEmail(address) {
			problems = append(problems, fmt.Errorf("Emails[%d]: found %q, expected an address such as ops@example.com", i, address))
		} else if slices.Contains(p.Emails[:i], address) {
			problems = append(problems, fmt.Errorf("Emails[%d]: found %q twice, expected each once", i, address))
		}
	}
	return errors.Join(problems...)
}

// IsEmail reports whether text is one address, without a name, at a domain with a dot.
func IsEmail(text string) bool {
	parsed, err := mail.ParseAddress(text)
	if err != nil || parsed.Address != text {
		return false
	}
	domain := text[strings.LastIndexByte(text, '@')+1:]
	return strings.Contains(domain, ".") && !strings.HasSuffix(domain, ".") && !strings.ContainsAny(text, " \"<>")
}

// AlarmTopic is an SNS topic, encrypted under a customer key, that CloudWatch's alarms really reach: AWS's own key for SNS cannot be used
// by CloudWatch, and an alarm whose mail does not arrive tells nobody.
type AlarmTopic struct {
	topic awssns.Topic
	key   awskms.Key
	props AlarmTopicProps
}

// NewAlarmTopic creates the topic, its key and its subscriptions. It panics, with the construct's path and every problem, if the props
// are invalid.
//
// https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services
func NewAlarmTopic(scope constructs.Construct, id string, props AlarmTopicProps) *AlarmTopic {
	if err := props.Validate(); err != nil {
		panic(fmt.Errorf("alarm topic %s:\n%w", pathOf(scope, id), err))
	}
	if props.RemovalPolicy == "" {
		props.RemovalPolicy = awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE
	}
	node := constructs.NewConstruct(scope, jsii.String(id))
	t := &AlarmTopic{props: props}
	t.key = awskms.NewKey(node, jsii.String("Key"), &awskms.KeyProps{
		Description:       jsii.String("Alarms of topic " + props.TopicName),
		EnableKeyRotation: jsii.Bool(true),
		RemovalPolicy:     props.RemovalPolicy,
	})
	t.topic = awssns.NewTopic(node, jsii.String("Topic"), &awssns.TopicProps{
		TopicName: jsii.String(props.TopicName), MasterKey: t.key, EnforceSSL: jsii.Bool(true),
	})
	stack := awscdk.Stack_Of(node)
	ours := &map[string]any{
		"StringEquals": map[string]any{"aws:SourceAccount": *stack.Account()},
		"ArnLike": map[string]any{"aws:SourceArn": *stack.FormatArn(&awscdk.ArnComponents{
			Service: jsii.String("cloudwatch"), Resource: jsii.String("alarm"), ResourceName: jsii.String(props.AlarmPrefix + "*"),
			ArnFormat: awscdk.ArnFormat_COLON_RESOURCE_NAME,
		})},
	}
	cloudWatch := []awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("cloudwatch.amazonaws.com"), nil)}
	t.topic.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid: jsii.String("AlarmsPublish"), Principals: &cloudWatch, Actions: jsii.Strings("sns:Publish"),
		Resources: jsii.Strings(*t.topic.TopicArn()), Conditions: ours,
	}))
	t.key.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid: jsii.String("AlarmsEncrypt"), Principals: &cloudWatch, Actions: jsii.Strings("kms:Decrypt", "kms:GenerateDataKey"),
		Resources: jsii.Strings("*"), Conditions: ours, // in a key's policy: that key
	}), nil)
	for _, address := range props.Emails {
		t.topic.AddSubscription(awssnssubscriptions.NewEmailSubscription(jsii.String(address), nil))
	}
	return t
}

// Topic returns the topic.
func (t *AlarmTopic) Topic() awssns.ITopic { return t.topic }
