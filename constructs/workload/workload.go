// Package workload has constructs for what surrounds a grant. In the source account: Lambda functions compiled from Go packages at synthesis,
// an EC2 instance, an HTTP API, a queue of events, a state machine that copies, and the alarms and dashboard for them. In the target account: the rule that sends events,
// and a bucket for CloudTrail. The package grants no access to the other account's data, and creates no VPC.
package workload

import (
	"fmt"
	"regexp"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/internal/place"
)

// defaultRemoval keeps resources when their stack is deleted, except those of a deployment that failed and was rolled back.
const defaultRemoval = awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE

// metricPeriod is the period of the metrics in alarms and graphs.
const metricPeriod = 5 * time.Minute

// validate panics with the construct's path and all problems if the props are invalid.
func validate(kind string, scope constructs.Construct, id string, props interface{ Validate() error }) {
	if err := props.Validate(); err != nil {
		panic(fmt.Errorf("%s %s:\n%w", kind, pathOf(scope, id), err))
	}
}

// pathOf returns the path that a construct will have.
func pathOf(scope constructs.Construct, id string) string {
	if path := place.Path(scope); path != "" {
		return path + "/" + id
	}
	return id
}

// seconds returns a duration as CDK takes it, one for the stack of scope.
func seconds(scope constructs.Construct, d time.Duration) awscdk.Duration {
	return place.Once(place.Stack(scope), "duration "+d.String(), func() awscdk.Duration { return awscdk.Duration_Seconds(jsii.Number(d.Seconds())) })
}

// allowHTTPS lets a security group open connections to port 443.
func allowHTTPS(group awsec2.SecurityGroup, stack awscdk.Stack) {
	group.AddEgressRule(place.Once(stack, "any address", awsec2.Peer_AnyIpv4), place.Once(stack, "HTTPS", awsec2.Port_HTTPS), jsii.String("HTTPS to AWS"), nil)
}

// nameForm is a form of names: which characters they have, and how many. A count in the expression itself would take milliseconds to compile.
type nameForm struct {
	form     *regexp.Regexp
	from, to int // characters
}

// MatchString reports whether text has the form.
func (n nameForm) MatchString(text string) bool {
	length := utf8.RuneCountInString(text)
	return n.from <= length && length <= n.to && n.form.MatchString(text)
}

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
var (
	queueName  = nameForm{regexp.MustCompile(`^[a-zA-Z0-9-_]*$`), 1, 80}
	bucketName = nameForm{regexp.MustCompile(`^[a-z0-9][a-z0-9.-]*[a-z0-9]$`), 3, 63}
)

func roleNameProblem(name string) error {
	return fmt.Errorf("RoleName: found %q, expected 1 to 64 letters, digits and -_.+=,@", name)
}

func bucketNameProblem(name string) error {
	return fmt.Errorf("BucketName: found %q, expected 3 to 63 lower-case letters, digits, hyphens and dots", name)
}
