package crossaccount

import (
	"errors"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"

	"github.com/crossgrant/crossgrant/constructs/crossaccount/internal/resolve"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/place"
)

// ReadTable permits reading the items of a table and of the named indexes, and of no other index. If the table has a customer key,
// decrypting with it is permitted too. The grantee's code reads CROSSGRANT_TABLE, which it passes as TableName: the name, or with Direct
// access the ARN.
//
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
func ReadTable(table awsdynamodb.ITable, indexes ...string) Permission {
	if table == nil {
		return nilResource("table", "table")
	}
	p := onTable(table)
	p.problems = append(p.problems, literalProblems("indexes", indexes)...)
	p.add(tablePolicy(table), contract.Statement{
		Sid:       "ReadTableItems",
		Actions:   []string{"dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan"},
		Resources: []string{p.arn},
	})
	if len(indexes) > 0 {
		query := contract.Statement{Sid: "ReadTableIndexes", Actions: []string{"dynamodb:Query", "dynamodb:Scan"}}
		for _, index := range indexes {
			query.Resources = append(query.Resources, p.arn+"/index/"+index)
		}
		p.add(tablePolicy(table), query)
	}
	p.addKey("ReadTable", place.Once(table, "key", table.EncryptionKey), "dynamodb", "kms:Decrypt")
	return p
}

// WriteTable permits putting, updating and deleting the items of a table, one by one, in batches and in transactions, and the condition
// checks of transactions; DynamoDB updates the indexes itself. It does not permit reading, but an operation that asks for the old item
// (ReturnValues) gets it. The grantee's code reads CROSSGRANT_TABLE, as with [ReadTable].
//
// If the table has a customer key, decrypting with it is permitted too. A write needs no more: DynamoDB decrypts the table's key as the
// caller, and generates data keys as itself.
//
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html#dynamodb-kms
func WriteTable(table awsdynamodb.ITable) Permission {
	if table == nil {
		return nilResource("table", "table")
	}
	p := onTable(table)
	p.add(tablePolicy(table), contract.Statement{
		Sid: "WriteTableItems",
		Actions: []string{
			"dynamodb:BatchWriteItem", "dynamodb:ConditionCheckItem", "dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem",
		},
		Resources: []string{p.arn},
	})
	p.addKey("WriteTable", place.Once(table, "key", table.EncryptionKey), "dynamodb", "kms:Decrypt")
	return p
}

// ReadStream permits reading the change records of a table's stream, but not the table. If the table has a customer key, decrypting with
// it is permitted too. A table without a stream is a problem.
//
// The grantee's code reads CROSSGRANT_STREAM_ARN if the table was imported with its stream's ARN. Otherwise AWS generates the end of that
// ARN: the code reads CROSSGRANT_TABLE and takes LatestStreamArn from dynamodb:DescribeTable, which is permitted for this.
// dynamodb:ListStreams, which lists every stream of the account, is not needed and not permitted.
//
// Streams have an interface endpoint of their own; no gateway endpoint carries them: see [Endpoints].
//
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/iam-policy-read-stream-only.html
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/privatelink-streams.html
func ReadStream(table awsdynamodb.ITable) Permission {
	if table == nil {
		return nilResource("table", "table")
	}
	p := permission{kind: "table", arn: *place.Once(table, "arn", table.TableArn)}
	p.setEnv("table", table)
	arn := table.TableStreamArn()
	if arn == nil {
		p.problems = append(p.problems, errors.New("table: found no stream, expected Stream to be set on it, or TableStreamArn where it is imported"))
		return p
	}
	records := contract.Statement{Sid: "ReadStreamRecords", Actions: streamActions(), Resources: []string{*arn}}
	if resolve.HasToken(*arn) {
		records.CrossAccountResources = []string{p.arn + "/stream/*"}
		p.statements = []contract.Statement{records, {Sid: "ReadStreamFind", Actions: []string{"dynamodb:DescribeTable"}, Resources: []string{p.arn}}}
		p.environment = map[string]string{contract.VariableTable: *place.Once(table, "name", table.TableName)}
	} else {
		p.statements = []contract.Statement{records}
		p.environment = map[string]string{contract.VariableStreamARN: *arn}
	}
	p.addKey("ReadStream", place.Once(table, "key", table.EncryptionKey), "dynamodb", "kms:Decrypt")
	return p
}

// streamActions are the actions of DynamoDB whose requests go to the endpoint of its streams.
func streamActions() []string {
	return []string{"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"}
}

func onTable(table awsdynamodb.ITable) permission {
	arn := *place.Once(table, "arn", table.TableArn)
	p := permission{
		kind: "table", arn: arn,
		environment: map[string]string{contract.VariableTable: *place.Once(table, "name", table.TableName)},
		// DynamoDB looks for a name in the caller's account.
		// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/rbac-cross-account-access.html
		directEnvironment: map[string]string{contract.VariableTable: arn},
	}
	p.setEnv("table", table)
	return p
}
