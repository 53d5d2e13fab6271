// Package crossaccount writes a cross-account grant from one declaration: the trusted role in the target account, the right to assume it
// in the source account, and the policies of resources and VPC endpoints that both need. It creates no workload, no network and no data,
// and it does not evaluate the access that results.
//
// A grant has grantees in the source account, a stack of the target account, and permissions on resources there:
//
//	crossaccount.NewCrossAccountGrant(source, "ReadReports", crossaccount.GrantProps{
//		Name: "reports", Stage: "prod", Grantees: []awsiam.IGrantable{reader}, Target: target,
//		Permissions: []crossaccount.Permission{crossaccount.ReadBucket(lake, "reports/")},
//	})
//
// From that it writes
//
//   - in the target account: the role NAME-STAGE-REGION, which trusts the grantees' roles and has exactly the permissions; or, with [Direct]
//     access, statements in the policies of the resources and their keys;
//   - in the source account: the grantees' right to assume that one role; statements in the policies of the [Endpoints], for assuming the
//     role and for what it is permitted; the right of a copy to read its source bucket; and the environment variables of a function as
//     grantee.
//
// Two teams with two apps write one half each: the owner of the data a [TargetGrant], whose synthesis writes contract.json, and the consumer
// a [SourceGrant] from that file. [Trust] has what is required of a grantee, and [Perimeter] where its requests have to come from.
//
// Both stacks have explicit accounts and regions, and what the other account needs to know has a name of its own: the grantee's role, the
// bucket, the table. No generated name crosses the account boundary, so either account can be deployed first.
//
// What would not work, or would have no effect, is an error at synthesis, with the construct's path, what was found and what is expected.
// For what has no permission here, write a [Permission] of your own; its example shows the three methods for an SNS topic.
package crossaccount
