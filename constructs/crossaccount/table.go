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
	p := permission{
		statements: []contract.Statement{{
			Sid:       "ReadTableItems",
			Actions:   []string{"dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan"},
			Resources: []string{*table.TableArn()},
		}},
		environment: map[string]string{"CROSSGRANT_TABLE": *table.TableName()},
		problems:    literal("indexes", indexes),
	}
	if len(indexes) > 0 {
		query := contract.Statement{Sid: "ReadTableIndexes", Actions: []string{"dynamodb:Query", "dynamodb:Scan"}}
		for _, index := range indexes {
			query.Resources = append(query.Resources, *table.TableArn()+"/index/"+index)
		}
		p.statements = append(p.statements, query)
	}
	if key := table.EncryptionKey(); key != nil {
		p.statements = append(p.statements, useKey("ReadTable", *key.KeyArn(), *table.Env().Region, "dynamodb", "kms:Decrypt"))
	}
	return p
}
