package contract_test

import (
	"fmt"
	"log"
	"os"

	"github.com/crossgrant/crossgrant/contract"
)

// A contract tells the other account which role to assume, and whether that permits what it needs.
func Example() {
	document, err := os.ReadFile("testdata/contract.json") // from the owner's cdk.out
	if err != nil {
		log.Fatal(err)
	}
	agreed, err := contract.Read(document)
	if err != nil {
		log.Fatal(err)
	}
	grant, err := agreed.Grant("reports", "prod", "ap-northeast-1")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(grant.RoleARN)
	for _, s := range grant.Uncovered([]contract.Statement{
		{Sid: "Read", Actions: []string{"s3:GetObject"}, Resources: []string{"arn:aws:s3:::acme-reports/inbox/2026/*"}},
		{Sid: "Write", Actions: []string{"s3:PutObject"}, Resources: []string{"arn:aws:s3:::acme-reports/inbox/*"}},
	}) {
		fmt.Println("not permitted:", s.Actions, s.Resources)
	}
	// Output:
	// arn:aws:iam::222222222222:role/reports-prod-ap-northeast-1
	// not permitted: [s3:PutObject] [arn:aws:s3:::acme-reports/inbox/*]
}

// Diff says what a release of the owner changes for whoever uses a grant.
func ExampleDiff() {
	before := contract.Grant{
		Name: "reports", Stage: "prod", Target: contract.Env{Account: "222222222222", Region: "ap-northeast-1"},
		Grantees: []string{"arn:aws:iam::111111111111:role/reader"},
		Permissions: []contract.Statement{
			{Sid: "Read", Actions: []string{"s3:GetObject"}, Resources: []string{"arn:aws:s3:::acme-reports/inbox/*"}},
		},
	}
	after := before
	after.Trust.ExternalID = "reports-of-2026"
	after.Permissions = []contract.Statement{
		{Sid: "Read", Actions: []string{"s3:GetObject"}, Resources: []string{"arn:aws:s3:::acme-reports/*"}},
	}
	for _, change := range contract.Diff(contract.Contract{Grants: []contract.Grant{before}}, contract.Contract{Grants: []contract.Grant{after}}) {
		fmt.Printf("%s: %s\n", change.Kind, change.What)
	}
	// Output:
	// widened: Read now permits s3:GetObject on arn:aws:s3:::acme-reports/* (until now: arn:aws:s3:::acme-reports/inbox/*)
	// narrowed: external id added: reports-of-2026
}
