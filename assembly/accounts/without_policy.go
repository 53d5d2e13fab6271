package accounts

import "strings"

// withoutPolicies are services whose resources have no policies of their own: the policies of principals decide alone. IAM's only ones are trust policies, which
// decide requests to STS; API Gateway's decide the requests to an API (execute-api) and not its management. What a service does not have today it may have tomorrow, so this names those without, and no others.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html
var withoutPolicies = func() map[string]bool {
	all := map[string]bool{}
	for _, service := range strings.Fields(`apigateway autoscaling batch cloudformation cloudfront codecommit codedeploy codepipeline cognito-identity cognito-idp ds ec2 ecs eks
		elasticache elasticbeanstalk elasticloadbalancing elasticmapreduce firehose guardduty iam kinesisanalytics lightsail rds route53 securityhub states
		storagegateway swf`) {
		all[service] = true
	}
	return all
}()

// HaveNoPolicies reports whether the resources of an action's service, or those of the type of an ARN, have no policies of their own. Whether a resource of another
// account is shared in another way it does not say. Of Lambda only functions and layers have policies.
// https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
func HaveNoPolicies(action, resource string) bool {
	service, _, _ := strings.Cut(action, ":")
	return withoutPolicies[strings.ToLower(service)] || strings.EqualFold(service, "lambda") && strings.Contains(resource, ":event-source-mapping:")
}
