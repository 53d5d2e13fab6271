package crossaccount

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"

	"github.com/crossgrant/crossgrant/contract"
)

// ReadTable permits reading the items of a table, and of the named indexes; an index that is not named stays closed. If the
// table has a customer key, decrypting with it is permitted too. The grantee's code reads CROSSGRANT_TABLE.
//
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
func ReadTable(table awsdynamodb.ITable, indexes ...string) Permission {
	if table == nil {
		return missing("table")
	}
	p := inTable(table)
	p.problems = append(p.problems, literal("indexes", indexes)...)
	p.statements = []contract.Statement{{
		Sid:       "ReadTableItems",
		Actions:   []string{"dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan"},
		Resources: []string{*table.TableArn()},
	}}
	if len(indexes) > 0 {
		query := contract.Statement{Sid: "ReadTableIndexes", Actions: []string{"dynamodb:Query", "dynamodb:Scan"}}
		for _, index := range indexes {
			query.Resources = append(query.Resources, *table.TableArn()+"/index/"+index)
		}
		p.statements = append(p.statements, query)
	}
	p.encrypted("ReadTable", table.EncryptionKey(), table.Env().Region, "dynamodb", "kms:Decrypt")
	return p
}

// WriteTable permits putting, changing and deleting the items of a table, one by one, in batches and in transactions, and the
// condition checks of transactions; indexes follow by themselves. It does not permit reading, but an operation that asks for the
// old item (ReturnValues) is told it. The grantee's code reads CROSSGRANT_TABLE.
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
	p.statements = []contract.Statement{{
		Sid: "WriteTableItems",
		Actions: []string{
			"dynamodb:BatchWriteItem", "dynamodb:ConditionCheckItem", "dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem",
		},
		Resources: []string{*table.TableArn()},
	}}
	p.encrypted("WriteTable", table.EncryptionKey(), table.Env().Region, "dynamodb", "kms:Decrypt")
	return p
}

func inTable(table awsdynamodb.ITable) permission {
	p := permission{environment: map[string]string{"CROSSGRANT_TABLE": *table.TableName()}}
	p.placed("table", table.Env())
	return p
}
