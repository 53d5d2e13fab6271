package audit

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/accounts"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/check"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// InvalidSetting is the rule that AWS accepts the settings of functions, queues and what lies between: it refuses some by themselves, and some that do
// not go together. Deployment would fail otherwise, after synthesis and proof.
const InvalidSetting check.Rule = "InvalidSetting"

// refusals are what AWS refuses, by type.
var refusals = map[string]func(*settings, *assembly.Resource){
	"AWS::Lambda::EventSourceMapping": (*settings).mapping,
	"AWS::Lambda::Function":           (*settings).function,
	"AWS::SQS::Queue":                 (*settings).queue,
	"AWS::SQS::QueuePolicy":           (*settings).queuePolicy,
}

func invalidSetting(m *model.Model) []check.Check {
	s := &settings{Model: m}
	for _, stack := range m.Assembly.Stacks {
		for _, r := range stack.Resources {
			if refuse := refusals[r.Type]; refuse != nil {
				refuse(s, r)
			}
		}
	}
	return s.all
}

// settings collects the checks of InvalidSetting.
type settings struct {
	*model.Model
	all []check.Check
}

// refuse is a check of a resource with a setting that AWS refuses.
func (s *settings) refuse(r *assembly.Resource, remedy, format string, arguments ...any) {
	s.all = append(s.all, check.Check{Rule: InvalidSetting, Expects: check.MustWork, Name: policy.Readable("AWS accepts the settings of " + accounts.DisplayName(r)),
		Verdict: check.Broken, Where: []*assembly.Resource{r}, Details: []string{policy.Readable(fmt.Sprintf(format, arguments...))}, Remedy: []string{policy.Readable(remedy)},
		Manual: []string{"which value it is to have instead, the template does not say"}})
}

// reserved are the variables that Lambda sets, and which a function's configuration may not.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
var reserved = []string{"AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_DEFAULT_REGION", "AWS_EXECUTION_ENV", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_NAME",
	"AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_LAMBDA_RUNTIME_API", "AWS_REGION",
	"AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "LAMBDA_RUNTIME_DIR", "LAMBDA_TASK_ROOT", "_HANDLER", "_X_AMZN_TRACE_ID"}

// variableName is what the name of a variable has to match.
// https://docs.aws.amazon.com/lambda/latest/api/API_Environment.html
var variableName = regexp.MustCompile(`^[a-zA-Z]([a-zA-Z0-9_])+$`)

// function: a function's variables have names that are free.
func (s *settings) function(r *assembly.Resource) {
	for _, name := range slices.Sorted(maps.Keys(model.Variables(r))) {
		switch {
		case slices.Contains(reserved, name):
			s.refuse(r, "remove variable "+name+", which Lambda sets", "it sets variable %s, which is reserved", name)
		case !variableName.MatchString(name):
			s.refuse(r, "give variable "+name+" a name of letters, digits and underscores, from two characters, which begins with a letter",
				"it sets variable %q, whose name does not match %s", name, variableName)
		}
	}
}

// mapping: batches of more than 10 messages need a batching window, which FIFO queues do not have.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html
// https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
func (s *settings) mapping(r *assembly.Resource) {
	queue, _ := r.Properties["EventSourceArn"].(string)
	if !strings.Contains(queue, ":sqs:") {
		return
	}
	fifo := strings.HasSuffix(queue, ".fifo")
	for _, q := range s.Assembly.ByARN(queue) {
		fifo = fifo || isFIFO(q)
	}
	batch, window := number(r.Properties["BatchSize"], 10), number(r.Properties["MaximumBatchingWindowInSeconds"], 0)
	switch {
	case fifo && batch > 10:
		s.refuse(r, "set BatchSize to 10 at most", "its BatchSize is %d, expected 10 at most of a FIFO queue", batch)
	case fifo && window > 0:
		s.refuse(r, "remove MaximumBatchingWindowInSeconds", "its MaximumBatchingWindowInSeconds is %d, which a FIFO queue does not have", window)
	case batch > 10000 || batch < 1 && batch != unknownNumber:
		s.refuse(r, "set BatchSize to 10000 at most", "its BatchSize is %d, expected 1 to 10000", batch)
	case batch > 10 && window == 0:
		s.refuse(r, "set MaximumBatchingWindowInSeconds to 1 or more, or BatchSize to 10 at most",
			"its BatchSize is %d, which is above 10, without a MaximumBatchingWindowInSeconds", batch)
	}
}

// limits are the ranges of a queue's settings.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
var limits = []struct {
	property    string
	least, most int
}{
	{"DelaySeconds", 0, 900}, {"MaximumMessageSize", 1024, 1048576}, {"MessageRetentionPeriod", 60, 1209600},
	{"ReceiveMessageWaitTimeSeconds", 0, 20}, {"VisibilityTimeout", 0, 43200},
}

// queue: the settings of a queue are in their ranges, and the dead-letter queue of a FIFO queue is one, too. A message that is delayed for longer than it
// is kept is accepted, but never arrives.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
func (s *settings) queue(r *assembly.Resource) {
	for _, l := range limits {
		if n := number(r.Properties[l.property], l.least); n != unknownNumber && (n < l.least || n > l.most) {
			s.refuse(r, fmt.Sprintf("set %s to %d to %d", l.property, l.least, l.most), "its %s is %d, expected %d to %d", l.property, n, l.least, l.most)
		}
	}
	delay, kept := number(r.Properties["DelaySeconds"], 0), number(r.Properties["MessageRetentionPeriod"], 345600)
	if kept != unknownNumber && delay >= kept {
		s.refuse(r, "set MessageRetentionPeriod to more than DelaySeconds", "it delays messages for %d seconds, and keeps them for %d, so that none arrives", delay, kept)
	}
	name, _ := r.Properties["QueueName"].(string)
	if !isFIFOKnown(r) {
		return
	}
	if policy.IsKnown(name) && name != "" && isFIFO(r) != strings.HasSuffix(name, ".fifo") {
		s.refuse(r, "set FifoQueue to true for a name that ends with .fifo, and only then", "its name is %s, and its FifoQueue %v", name, r.Properties["FifoQueue"])
	}
	for _, failed := range s.Assembly.ByARN(deadLetters(r.Properties["RedrivePolicy"])) {
		if failed.Type == "AWS::SQS::Queue" && isFIFOKnown(failed) && isFIFO(failed) != isFIFO(r) {
			s.refuse(r, "set FifoQueue of both to the same", "its dead-letter queue is %s, and one of the two is a FIFO queue, the other not", accounts.DisplayName(failed))
		}
	}
}

// queuePolicy: it names queues by their URLs, not by their ARNs.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sqs-queuepolicy.html
func (s *settings) queuePolicy(r *assembly.Resource) {
	queues, _ := r.Properties["Queues"].([]any)
	for _, one := range queues {
		if queue, _ := one.(string); strings.HasPrefix(queue, "arn:") {
			s.refuse(r, "name the queue by its URL, which Ref of the queue returns", "its Queues has the ARN %s, expected the URL of a queue", queue)
		}
	}
}

func isFIFO(queue *assembly.Resource) bool {
	return fmt.Sprint(queue.Properties["FifoQueue"]) == "true"
}

func isFIFOKnown(queue *assembly.Resource) bool {
	return policy.IsKnown(fmt.Sprint(queue.Properties["FifoQueue"]))
}

// deadLetters is the ARN of the dead-letter queue in a redrive policy, which is an object or its text.
func deadLetters(redrive any) string {
	if text, ok := redrive.(string); ok {
		if json.Unmarshal([]byte(text), &redrive) != nil {
			return ""
		}
	}
	fields, _ := redrive.(map[string]any)
	queue, _ := fields["deadLetterTargetArn"].(string)
	return queue
}

// unknownNumber stands for a value that is no number, or one that is known at deployment only.
const unknownNumber = -1 << 31

// number is an integer as templates have it, or else what it is by default.
func number(value any, byDefault int) int {
	if value == nil {
		return byDefault
	}
	n, err := strconv.Atoi(fmt.Sprint(value))
	if err != nil {
		return unknownNumber
	}
	return n
}
