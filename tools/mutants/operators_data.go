package main

// dataOperators change what guards data beside policies.
var dataOperators = []*operator{
	{name: "the bucket's key to AWS's", resource: ofType("AWS::S3::Bucket", func(r *resource) []change {
		p := place{"ServerSideEncryptionConfiguration", 0, "ServerSideEncryptionByDefault", "KMSMasterKeyID"}
		if at(r.property("BucketEncryption"), p) == nil {
			return nil
		}
		return []change{r.set("BucketEncryption", with(r.property("BucketEncryption"), p, nothing{}), "aws/s3, which no other account may use")}
	})},
	{name: "drop the bucket policy", resource: dropType("AWS::S3::BucketPolicy")},
	{name: "the policy of another bucket", resource: ofType("AWS::S3::BucketPolicy", func(r *resource) []change {
		return []change{r.set("Bucket", "another-bucket", "another-bucket")}
	})},
	{name: "rename the bucket", resource: ofType("AWS::S3::Bucket", func(r *resource) []change {
		return []change{r.set("BucketName", r.Name+"-2", "another name")}
	})},
	{name: "rename the table", resource: func(r *resource) []change {
		if r.Type != "AWS::DynamoDB::Table" && r.Type != "AWS::DynamoDB::GlobalTable" {
			return nil
		}
		return []change{r.set("TableName", r.Name+"-2", "another name")}
	}},
}
