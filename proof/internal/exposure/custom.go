package exposure

import (
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/proof/internal/inventory"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

const readAtDeployment = "undecided: what it does is not in the templates"

// customTypes are what becomes something else at deployment.
var customTypes = append([]Type{
	{Name: "*::MODULE", Opens: "whatever the module has", Judged: readAtDeployment, judge: leftToDeployment("a module")},
	{Name: "AWS::CloudFormation::Macro", Opens: "templates, to its function", Judged: "undecided, as the templates that it transforms"},
	{Name: "AWS::CloudFormation::Stack", Opens: "whatever its template has", Judged: "as the template says; undecided if that is not there", judge: nestedStack},
	{Name: "AWS::CloudFormation::StackSet", Opens: "whatever its template has, in other accounts, too", Judged: readAtDeployment, judge: leftToDeployment("a stack set")},
	{Name: "Custom::*", Opens: "whatever its code does", Judged: readAtDeployment + ", but for those of the CDK that this table names", judge: leftToDeployment("a custom resource")},
	{Name: "Custom::S3BucketNotifications", Opens: "the names of objects, to whom it notifies", Judged: "as the notifications of a bucket", judge: customNotifications},
}, knownCustom()...)

// knownCustom are the CDK's own custom resources, which change nobody's access.
func knownCustom() []Type {
	var all []Type
	for _, name := range model.KnownCustomResources() {
		if name != "Custom::S3BucketNotifications" {
			all = append(all, Type{Name: name, Opens: "nothing", Judged: "opens nothing, if its code is the CDK's"})
		}
	}
	return all
}

// leftToDeployment judges what may do anything with what it is told of.
func leftToDeployment(what string) func(*subject) {
	return func(s *subject) {
		for _, m := range s.mentions {
			s.mayOpen(m.Guarded, "see what it does", "it is %s (%s) that is told of %s in %s, and may open it", what, s.Type, name(m.Guarded), strings.Join(m.Places, ", "))
		}
	}
}

// nestedStack judges a nested stack whose template is not there.
func nestedStack(s *subject) {
	for _, stack := range s.Assembly.Stacks {
		if stack.Parent == s.Stack && stack.Within == s.LogicalID {
			return
		}
	}
	leftToDeployment("a nested stack without its template")(s)
}

// customNotifications judges whom the CDK has a bucket tell of its objects.
// https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.aws_s3_notifications-readme.html
func customNotifications(s *subject) {
	for _, m := range ofKind(s.at("BucketName"), inventory.Data, inventory.Channel) {
		for _, one := range []struct{ list, key string }{{"LambdaFunctionConfigurations", "LambdaFunctionArn"}, {"QueueConfigurations", "QueueArn"}, {"TopicConfigurations", "TopicArn"}} {
			for _, item := range assembly.Listed(dig(s.Properties, "NotificationConfiguration", one.list)) {
				s.sendsTo(m.Guarded, itsParties, "NotificationConfiguration."+one.list, "the names of objects", text(dig(item, one.key)))
			}
		}
	}
}
