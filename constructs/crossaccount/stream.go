package crossaccount

import (
	"errors"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"

	"github.com/crossgrant/crossgrant/contract"
)

// ReadStream permits reading the change records of a table's stream, not the table. If the table has a customer key, decrypting
// with it is permitted too. A table without a stream is a problem.
//
// The grantee's code reads CROSSGRANT_STREAM_ARN if the table was imported with its stream's ARN. Otherwise AWS makes up the end of
// that ARN: the code reads CROSSGRANT_TABLE and asks dynamodb:DescribeTable, permitted for this, for LatestStreamArn.
// dynamodb:ListStreams, which can tell of every stream of the account, is not needed and not permitted.
//
// Streams have an interface endpoint of their own; no gateway endpoint carries them: see [Endpoints].
//
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/iam-policy-read-stream-only.html
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/privatelink-streams.html
func ReadStream(table awsdynamodb.ITable) Permission {
	if table == nil {
		return missing("table")
	}
	p := permission{}
	p.placed("table", table.Env())
	arn := table.TableStreamArn()
	if arn == nil {
		p.problems = append(p.problems, errors.New("table: found no stream, expected Stream to be set on it, or TableStreamArn where it is imported"))
		return p
	}
	records := contract.Statement{Sid: "ReadStreamRecords", Actions: streamActions(), Resources: []string{*arn}}
	if *awscdk.Token_IsUnresolved(*arn) {
		records.CrossAccountResources = []string{*table.TableArn() + "/stream/*"}
		p.statements = []contract.Statement{records, {
			Sid: "ReadStreamFind", Actions: []string{"dynamodb:DescribeTable"}, Resources: []string{*table.TableArn()},
		}}
		p.environment = map[string]string{contract.VariableTable: *table.TableName()}
	} else {
		p.statements = []contract.Statement{records}
		p.environment = map[string]string{contract.VariableStreamARN: *arn}
	}
	p.encrypted("ReadStream", table.EncryptionKey(), "dynamodb", "kms:Decrypt")
	return p
}

// streamActions are the actions of DynamoDB that go to the host, and so the endpoint, of its streams.
func streamActions() []string {
	return []string{"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"}
}
