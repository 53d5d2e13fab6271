// Package assembly reads a synthesized cloud assembly, or plain CloudFormation templates, and resolves it into accounts, resources with
// physical names and ARNs, policies and routes:
//
//	app, err := assembly.Load("cdk.out", assembly.Options{})
//	if err != nil {
//		return err
//	}
//	for _, bucket := range app.OfType("AWS::S3::Bucket") {
//		fmt.Println(bucket.Stack.Account, bucket.ARN)
//	}
//
// What cannot be known before deployment stays unknown, by name ([policy.Unresolved]), also within other text: the ARN of a bucket that
// CloudFormation names is "arn:aws:s3:::‹Stack.Bucket›" wherever it is asked for. What could not be understood is in [Assembly.Notes].
// Nothing is guessed: an account, a region or a condition that depends on the deployment is unknown.
//
// It does not decide requests (package policy does) and judges no grant (package proof does), calls no AWS, and runs no macro.
package assembly
