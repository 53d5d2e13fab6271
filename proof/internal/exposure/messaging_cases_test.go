package exposure

// heard has a bucket send its events to EventBridge.
const heard = `NotificationConfiguration: {EventBridgeConfiguration: {EventBridgeEnabled: true}}`

var messagingCases = map[string][]change{
	"AWS::Events::Rule": {
		{"events of the data to another account", "", `Rule: {Type: AWS::Events::Rule, Properties: {EventPattern: {detail: {bucket: {name: [lake]}}}, Targets: [{Arn: "arn:aws:sqs:eu-west-1:333333333333:q"}]}}`, broken,
			"Targets sends events of bucket lake (data) to arn:aws:sqs:eu-west-1:333333333333:q of account 333333333333"},
		{"events of the data to an API", "", `Rule: {Type: AWS::Events::Rule, Properties: {EventPattern: {detail: {bucket: {name: [lake]}}}, Targets: [{Arn: "arn:aws:events:eu-west-1:222222222222:api-destination/a/b"}]}}`, undecided,
			"API destination"},
		{"events of a bus that feeds the function", `Bus: {Type: AWS::Events::EventBus, Properties: {Name: bus}}
Feed: {Type: AWS::Events::Rule, Properties: {EventBusName: bus, Targets: [{Arn: !GetAtt Function.Arn}]}}
Other: {Type: AWS::Events::Rule, Properties: {EventBusName: bus, Targets: [{Arn: "arn:aws:events:eu-west-1:333333333333:event-bus/b"}]}}`, "", broken, "of eventbus bus (channel)"},
		{"events of all buckets to another account", "", bucketWith(heard) + `
Rule: {Type: AWS::Events::Rule, Properties: {EventPattern: {source: [aws.s3]}, Targets: [{Arn: "arn:aws:sqs:eu-west-1:333333333333:q"}]}}`, broken, "Targets sends events of bucket lake (data)"},
		{"deletions in buckets of some names to another account", "", bucketWith(heard) + `
Rule: {Type: AWS::Events::Rule, Properties: {EventBusName: default, EventPattern: {detail-type: ["Object Deleted"], detail: {bucket: {name: [{prefix: la}]}, object: {key: [{prefix: in/}]}}}, Targets: [{Arn: "arn:aws:sqs:eu-west-1:333333333333:q"}]}}`,
			broken, "Targets sends events of bucket lake (data)"},
		{"events of other buckets to another account", "", bucketWith(heard) + `
Rule: {Type: AWS::Events::Rule, Properties: {EventPattern: {source: [aws.s3], detail: {bucket: {name: [other]}}}, Targets: [{Arn: "arn:aws:sqs:eu-west-1:333333333333:q"}]}}`, fine, ""},
		{"events of another bus to another account", "", bucketWith(heard) + `
Rule: {Type: AWS::Events::Rule, Properties: {EventBusName: other, EventPattern: {source: [aws.s3]}, Targets: [{Arn: "arn:aws:sqs:eu-west-1:333333333333:q"}]}}`, fine, ""},
		{"events of buckets that send none", "", `Rule: {Type: AWS::Events::Rule, Properties: {EventPattern: {source: [aws.s3]}, Targets: [{Arn: "arn:aws:sqs:eu-west-1:333333333333:q"}]}}`, fine, ""},
		{"a schedule beside the bucket", "", bucketWith(heard) + `
Rule: {Type: AWS::Events::Rule, Properties: {ScheduleExpression: rate(1 day), Targets: [{Arn: "arn:aws:sqs:eu-west-1:333333333333:q"}]}}`, fine, ""},
		{"events to the grantee's account", "", `Rule: {Type: AWS::Events::Rule, Properties: {EventPattern: {detail: {bucket: {name: [lake]}}}, Targets: [{Arn: "arn:aws:sqs:eu-west-1:111111111111:q"}]}}`, fine, ""},
		{"unsent events to another account", "", `Rule: {Type: AWS::Events::Rule, Properties: {EventPattern: {detail: {bucket: {name: [lake]}}}, Targets: [{Arn: "arn:aws:sqs:eu-west-1:222222222222:q", DeadLetterConfig: {Arn: "arn:aws:sqs:eu-west-1:333333333333:q"}}]}}`,
			broken, "Targets.DeadLetterConfig sends unsent events"},
		{"a schedule", `Rule: {Type: AWS::Events::Rule, Properties: {ScheduleExpression: rate(1 day), Targets: [{Arn: !GetAtt Function.Arn}]}}`, "", fine, ""},
	},
	"AWS::Pipes::Pipe": {
		{"data to another account", "", `Pipe: {Type: AWS::Pipes::Pipe, Properties: {Source: !GetAtt Clicks.Arn, Target: "arn:aws:sqs:eu-west-1:333333333333:q"}}`, broken, "Target sends messages of stream clicks"},
		{"another account to the function", `Pipe: {Type: AWS::Pipes::Pipe, Properties: {Source: "arn:aws:sqs:eu-west-1:333333333333:q", Target: !GetAtt Function.Arn}}`, "", broken, "lets account 333333333333 give function list"},
		{"somebody unknown to the function", `Pipe: {Type: AWS::Pipes::Pipe, Properties: {Source: "smk://broker", Target: !GetAtt Function.Arn}}`, "", undecided, "no template says whose that is"},
		{"within its account", `Pipe: {Type: AWS::Pipes::Pipe, Properties: {Source: "arn:aws:sqs:eu-west-1:111111111111:q", Target: !GetAtt Function.Arn}}`, "", fine, ""},
	},
	"AWS::SNS::Subscription": {
		{"by email", "", `Subscription: {Type: AWS::SNS::Subscription, Properties: {TopicArn: !Ref News, Protocol: email, Endpoint: a@example.com}}`, broken, "by email to a@example.com, outside of AWS"},
		{"a queue of another account", "", `Subscription: {Type: AWS::SNS::Subscription, Properties: {TopicArn: !Ref News, Protocol: sqs, Endpoint: "arn:aws:sqs:eu-west-1:333333333333:q"}}`, broken, "of account 333333333333"},
		{"dead letters to another account", "", `Subscription: {Type: AWS::SNS::Subscription, Properties: {TopicArn: !Ref News, Protocol: sqs, Endpoint: "arn:aws:sqs:eu-west-1:222222222222:q", RedrivePolicy: {deadLetterTargetArn: "arn:aws:sqs:eu-west-1:333333333333:q"}}}`,
			broken, "RedrivePolicy of the subscription sends messages"},
		{"a topic of another account", `Subscription: {Type: AWS::SNS::Subscription, Properties: {TopicArn: "arn:aws:sns:eu-west-1:333333333333:t", Protocol: lambda, Endpoint: !GetAtt Function.Arn}}`, "", broken, "lets account 333333333333 give"},
		{"a queue of the grantee's account", "", `Subscription: {Type: AWS::SNS::Subscription, Properties: {TopicArn: !Ref News, Protocol: sqs, Endpoint: "arn:aws:sqs:eu-west-1:111111111111:q"}}`, fine, ""},
		{"alarms by email", `Alarms: {Type: AWS::SNS::Topic, Properties: {TopicName: alarms}}
Alarm: {Type: AWS::CloudWatch::Alarm, Metadata: {CrossGrant::MustWork: true}, Properties: {AlarmActions: [!Ref Alarms]}}
Subscription: {Type: AWS::SNS::Subscription, Properties: {TopicArn: !Ref Alarms, Protocol: email, Endpoint: a@example.com}}`, "", fine, ""},
	},
	"AWS::SNS::Topic": {
		{"by HTTPS", "", `News: {Type: AWS::SNS::Topic, Properties: {TopicName: news, Subscription: [{Protocol: https, Endpoint: "https://www.example.com"}]}}`, broken, "a subscription sends messages of topic news"},
		{"a queue of its account", "", `News: {Type: AWS::SNS::Topic, Properties: {TopicName: news, Subscription: [{Protocol: sqs, Endpoint: "arn:aws:sqs:eu-west-1:222222222222:q"}]}}`, fine, ""},
	},
	"AWS::SQS::Queue": {
		{"dead letters to another account", "", `Orders: {Type: AWS::SQS::Queue, Properties: {QueueName: orders, RedrivePolicy: {deadLetterTargetArn: "arn:aws:sqs:eu-west-1:333333333333:q"}}}`, broken, "RedrivePolicy sends failed messages"},
		{"dead letters to its account", "", `Orders: {Type: AWS::SQS::Queue, Properties: {QueueName: orders, RedrivePolicy: {deadLetterTargetArn: "arn:aws:sqs:eu-west-1:222222222222:q"}}}`, fine, ""},
	},
	"AWS::KinesisFirehose::DeliveryStream": {
		{"to a bucket of its account", "", `Copy: {Type: AWS::S3::Bucket}
Firehose: {Type: AWS::KinesisFirehose::DeliveryStream, Properties: {KinesisStreamSourceConfiguration: {KinesisStreamARN: !GetAtt Clicks.Arn}, ExtendedS3DestinationConfiguration: {BucketARN: !GetAtt Copy.Arn}}}`, fine, ""},
		{"to a bucket of nobody knows whom", "", `Firehose: {Type: AWS::KinesisFirehose::DeliveryStream, Properties: {KinesisStreamSourceConfiguration: {KinesisStreamARN: !GetAtt Clicks.Arn}, S3DestinationConfiguration: {BucketARN: "arn:aws:s3:::far"}}}`,
			undecided, "S3DestinationConfiguration sends records"},
		{"over HTTP", "", `Firehose: {Type: AWS::KinesisFirehose::DeliveryStream, Properties: {KinesisStreamSourceConfiguration: {KinesisStreamARN: !GetAtt Clicks.Arn}, HttpEndpointDestinationConfiguration: {}}}`,
			undecided, "HttpEndpointDestinationConfiguration delivers records"},
	},
}
