package crossaccount

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"

	"github.com/crossgrant/crossgrant/contract"
)

// ReadTable permits reading the items of a table, and of the named indexes; an index that is not named stays closed. If the
// table has a customer key, decrypting with it is permitted too. The grantee's code reads CROSSGRANT_TABLE, which is what it passes
// as TableName: the name, or with Direct access the ARN.
//
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
func ReadTable(table awsdynamodb.ITable, indexes ...string) Permission {
	if table == nil {
		return missing("table")
	}
	p := inTable(table)
	p.problems = append(p.problems, literal("indexes", indexes)...)
	p.add(tableHolder(table), contract.Statement{
		Sid:       "ReadTableItems",
		Actions:   []string{"dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan"},
		Resources: []string{p.arn},
	})
	if len(indexes) > 0 {
		query := contract.Statement{Sid: "ReadTableIndexes", Actions: []string{"dynamodb:Query", "dynamodb:Scan"}}
		for _, index := range indexes {
			query.Resources = append(query.Resources, p.arn+"/index/"+index)
		}
		p.add(tableHolder(table), query)
	}
	p.encrypted("ReadTable", table.EncryptionKey(), "dynamodb", "kms:Decrypt")
	return p
}

// WriteTable permits putting, changing and deleting the items of a table, one by one, in batches and in transactions, and the
// condition checks of transactions; indexes follow by themselves. It does not permit reading, but an operation that asks for the
// old item (ReturnValues) is told it. The grantee's code reads CROSSGRANT_TABLE, as with [ReadTable].
//
// If the table has a customer key, decrypting with it is permitted too. That is all that a write needs: DynamoDB decrypts the
// table's key as the caller, and makes new data keys as itself.
//
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html#dynamodb-kms
func WriteTable(table awsdynamodb.ITable) Permission {
	if table == nil {
		return missing("table")
	}
	p := inTable(table)
	p.add(tableHolder(table), contract.Statement{
		Sid: "WriteTableItems",
		Actions: []string{
			"dynamodb:BatchWriteItem", "dynamodb:ConditionCheckItem", "dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem",
		},
		Resources: []string{p.arn},
	})
	p.encrypted("WriteTable", table.EncryptionKey(), "dynamodb", "kms:Decrypt")
	return p
}

func inTable(table awsdynamodb.ITable) permission {
	arn := *table.TableArn()
	p := permission{
		arn:         arn,
		environment: map[string]string{contract.VariableTable: *table.TableName()},
		// By its name DynamoDB looks for a table in the caller's account.
		// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/rbac-cross-account-access.html
		direct: map[string]string{contract.VariableTable: arn},
	}
	p.placed("table", table.Env())
	return p
}
