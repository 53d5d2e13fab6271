package exposure

import (
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/proof/internal/inventory"
)

var databaseTypes = []Type{
	{Name: "AWS::DynamoDB::GlobalTable", Opens: "items, to replicas, streams and their readers", Judged: "replicas and streams are of its account, and no stream's policy lets others in", judge: table},
	{Name: "AWS::DynamoDB::Table", Opens: "items, to streams and their readers", Judged: "streams are of its account, and no stream's policy lets others in", judge: table},
	{Name: "AWS::ECR::Repository", Opens: "images, to whom its policy allows", Judged: byPolicyRules},
	{Name: "AWS::Glue::Connection", Opens: "nothing by itself: its account's roles use it", Judged: "opens nothing"},
	{Name: "AWS::Glue::Database", Opens: "nothing by itself: it describes data", Judged: "opens nothing"},
	{Name: "AWS::Glue::Table", Opens: "nothing by itself: it describes data", Judged: "opens nothing"},
	{Name: "AWS::Athena::WorkGroup", Opens: "nothing: it says where results go, which its account's roles read", Judged: "opens nothing"},
	{Name: "AWS::Athena::NamedQuery", Opens: "nothing: it is run by its account's roles", Judged: "opens nothing"},
	{Name: "AWS::Kinesis::Stream", Opens: "records, to its readers", Judged: byPolicyRules},
	{Name: "AWS::Kinesis::StreamConsumer", Opens: "records, to readers of its account", Judged: byPolicyRules},
	{Name: "AWS::SecretsManager::RotationSchedule", Opens: "a secret, to the function that rotates it", Judged: "the function is of the secret's account", judge: rotation},
	{Name: "AWS::SecretsManager::Secret", Opens: "its value, to whom its policy allows", Judged: byPolicyRules},
}

// table judges where the items of a table go by themselves.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-globaltable.html
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_MA.html
func table(s *subject) {
	for _, m := range ofKind(s.at("GlobalTableSourceArn"), inventory.Data) {
		if s.Stack.Account != m.Stack.Account {
			s.opens(m.Guarded, "remove it, or make it in account "+m.Stack.Account, "it replicates all items of %s to account %s, and no grant does", name(m.Guarded), s.Stack.Account)
		}
	}
	if s.guarded == nil {
		return
	}
	s.streams("", s.Properties, "StreamSpecification")
	for _, replica := range assembly.Listed(s.Properties["Replicas"]) {
		s.streams("Replicas.", replica, "ReplicaStreamSpecification")
		if region := text(dig(replica, "Region")); region != s.Stack.Region { // whose policy no request of a grant meets
			s.policy(s.guarded, "Replicas.ResourcePolicy of "+region, dig(replica, "ResourcePolicy", "PolicyDocument"))
		}
	}
}

// streams judges the streams of a table or a replica.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/kds.html
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/rbac-examples.html
func (s *subject) streams(place string, of any, specification string) {
	s.sendsTo(s.guarded, itsAccount, place+"KinesisStreamSpecification", "changes", text(dig(of, "KinesisStreamSpecification", "StreamArn")))
	s.policy(s.guarded, place+specification+".ResourcePolicy", dig(of, specification, "ResourcePolicy", "PolicyDocument"))
}

// rotation judges which function is given a secret to rotate it.
// https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda.html
func rotation(s *subject) {
	for _, m := range ofKind(s.at("SecretId"), inventory.Data) {
		if function := text(s.Properties["RotationLambdaARN"]); strings.HasPrefix(function, "arn:") {
			s.sendsTo(m.Guarded, itsAccount, "RotationLambdaARN", "the value", function)
		}
	}
}
