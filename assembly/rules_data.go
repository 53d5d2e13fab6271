package assembly

// What is kept and passed on.
var dataRules = map[string]*rule{
	"AWS::S3::Bucket": {name: "BucketName", arn: "arn:{partition}:s3:::{name}", attributes: map[string]string{
		"DomainName":          "{name}.s3.{suffix}",
		"RegionalDomainName":  "{name}.s3.{region}.{suffix}",
		"DualStackDomainName": "{name}.s3.dualstack.{region}.{suffix}",
	}},
	"AWS::S3::AccessPoint": {name: "Name", arn: "arn:{partition}:s3:{region}:{account}:accesspoint/{name}",
		attributes: map[string]string{"Name": "{name}"}},

	"AWS::DynamoDB::Table": {name: "TableName", arn: "arn:{partition}:dynamodb:{region}:{account}:table/{name}",
		attributes: map[string]string{"StreamArn": "{arn}/stream/{unknown}"}},
	// Its ARN is that of the replica in the stack's region.
	"AWS::DynamoDB::GlobalTable": {name: "TableName", arn: "arn:{partition}:dynamodb:{region}:{account}:table/{name}",
		attributes: map[string]string{"StreamArn": "{arn}/stream/{unknown}"}},

	"AWS::SQS::Queue": {name: "QueueName", ref: "{QueueUrl}", arn: "arn:{partition}:sqs:{region}:{account}:{name}",
		attributes: map[string]string{"QueueName": "{name}", "QueueUrl": "https://sqs.{region}.{suffix}/{account}/{name}"}},
	"AWS::SNS::Topic": {name: "TopicName", ref: "{arn}", arn: "arn:{partition}:sns:{region}:{account}:{name}",
		attributes: map[string]string{"TopicArn": "{arn}", "TopicName": "{name}", "Arn": unknownFormat}},
	"AWS::Kinesis::Stream": {name: "Name", arn: "arn:{partition}:kinesis:{region}:{account}:stream/{name}"},
	"AWS::KinesisFirehose::DeliveryStream": {name: "DeliveryStreamName",
		arn: "arn:{partition}:firehose:{region}:{account}:deliverystream/{name}"},
	"AWS::ECR::Repository": {name: "RepositoryName", arn: "arn:{partition}:ecr:{region}:{account}:repository/{name}",
		attributes: map[string]string{"RepositoryUri": "{account}.dkr.ecr.{region}.{suffix}/{name}"}},
	"AWS::SSM::Parameter": {name: "Name", arn: "arn:{partition}:ssm:{region}:{account}:parameter{!slashed}",
		attributes: map[string]string{"Type": "{.Type}", "Value": "{.Value}"}},
}
