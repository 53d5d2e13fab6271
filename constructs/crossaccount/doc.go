// Package crossaccount writes a cross-account grant from one declaration: the trusted role in the target account, the right
// to assume it in the source account, and the endpoint policies between them. It creates no workload, no network and no data,
// and it does not judge the access that results.
package crossaccount
