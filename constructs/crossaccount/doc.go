// Package crossaccount writes a cross-account grant from one declaration: the trusted role in the target account, the right
// to assume it in the source account, and the endpoint policies between them. It creates no workload, no network and no data,
// and it does not judge the access that results.
//
// A grant has a grantee in the source account, a stack of the target account, and permissions on resources there:
//
//	crossaccount.NewCrossAccountGrant(source, "ReadReports", crossaccount.CrossAccountGrantProps{
//		Name: "reports", Stage: "prod", Grantee: reader, Target: target,
//		Permissions: []crossaccount.Permission{crossaccount.ReadBucket(lake, "reports/")},
//	})
//
// From that it writes
//
//   - in the target account: the role NAME-STAGE-REGION, which trusts the grantee's role and may do exactly what the permissions say;
//   - in the source account: the grantee's right to assume that one role; in the policies of [Endpoints], that the grantee may assume it
//     and that it may do what it is permitted; and the environment variables that a function as grantee needs.
//
// Both stacks have explicit accounts and regions, and what the other account must know has a name of its own: the grantee's role, the
// bucket, the table. Nothing that only CloudFormation knows crosses the border, so either account can be deployed first.
//
// Whatever would not work or do nothing is refused at synthesis, with the construct's path, what was found and what is expected. A
// service that has no permission here takes a [Permission] of your own; its example permits publishing to an SNS topic.
package crossaccount
