package assembly_test

import (
	"fmt"
	"log"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

func Example() {
	app, err := assembly.Load("testdata/app", assembly.Options{})
	if err != nil {
		log.Fatal(err)
	}
	for _, bucket := range app.OfType("AWS::S3::Bucket") {
		fmt.Println(bucket.Stack.Account, policy.Readable(bucket.ARN))
	}
	// Output:
	// 222222222222 arn:aws:s3:::crossgrant-dev-222222222222-ap-northeast-1
	// 222222222222 arn:aws:s3:::‹Prod-Data.Data›
}
