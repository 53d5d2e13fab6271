// Package crossaccount writes a cross-account grant from one declaration: the trusted role in the target account, the right
// to assume it in the source account, and the policies of resources and VPC endpoints that this takes. It creates no workload, no network
// and no data, and it does not judge the access that results.
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
//   - in the target account: the role NAME-STAGE-REGION, which trusts the grantees' roles and may do exactly what the permissions say; or,
//     with [Direct] access, statements in the policies of the buckets, tables and keys;
//   - in the source account: the grantees' right to assume that one role; in the policies of [Endpoints], that the grantees may assume it
//     and that it may do what it is permitted; what a copy needs of the bucket that it reads; and the environment variables that a function
//     as grantee needs.
//
// Two teams with two apps write one half each: the owner of the data a [TargetGrant], whose synthesis writes contract.json, and the
// consumer a [SourceGrant] from that file. What is asked of a grantee is in [Trust], and where its requests have to come from in
// [Perimeter].
//
// Both stacks have explicit accounts and regions, and what the other account must know has a name of its own: the grantee's role, the
// bucket, the table. Nothing that only CloudFormation knows crosses the border, so either account can be deployed first.
//
// Whatever would not work or do nothing is refused at synthesis, with the construct's path, what was found and what is expected. A
// service that has no permission here takes a [Permission] of your own; its example permits publishing to an SNS topic.
package crossaccount
