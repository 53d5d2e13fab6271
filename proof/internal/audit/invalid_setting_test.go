package audit

import (
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/proof/internal/check"
	"github.com/crossgrant/crossgrant/proof/internal/model"
	"github.com/crossgrant/crossgrant/proof/internal/model/modeltest"
)

func TestSettingsThatAWSRefuses(t *testing.T) {
	function := func(variables string) string {
		return "{Type: AWS::Lambda::Function, Properties: {Environment: {Variables: {" + variables + "}}}}"
	}
	mapping := func(properties string) string {
		return "{Type: AWS::Lambda::EventSourceMapping, Properties: {FunctionName: f, " + properties + "}}"
	}
	queue := func(properties string) string { return "{Type: AWS::SQS::Queue, Properties: {" + properties + "}}" }
	redrive := func(failed string) string {
		return "RedrivePolicy: {deadLetterTargetArn: !GetAtt " + failed + ".Arn, maxReceiveCount: 3}"
	}
	const standard, fifo = "EventSourceArn: !GetAtt Standard.Arn", "EventSourceArn: !GetAtt Fifo.Arn"
	for name, c := range map[string]struct{ resource, want string }{
		"variables":                         {function("STAGE: prod, AWS_XRAY_CONTEXT_MISSING: LOG_ERROR, TZ: UTC, PATH: /opt, a1: x"), ""},
		"no variables":                      {"{Type: AWS::Lambda::Function, Properties: {Environment: {}}}", ""},
		"unknown variables":                 {"{Type: AWS::Lambda::Function, Properties: {Environment: !Ref Stage}}", ""},
		"the region":                        {function("AWS_REGION: us-east-1"), "it sets variable AWS_REGION, which is reserved"},
		"credentials":                       {function("AWS_ACCESS_KEY_ID: x, STAGE: y"), "it sets variable AWS_ACCESS_KEY_ID, which is reserved"},
		"the handler":                       {function("_HANDLER: x"), "it sets variable _HANDLER, which is reserved"},
		"the place of the code":             {function("LAMBDA_TASK_ROOT: /tmp"), "it sets variable LAMBDA_TASK_ROOT, which is reserved"},
		"the runtime API":                   {function("AWS_LAMBDA_RUNTIME_API: x"), "it sets variable AWS_LAMBDA_RUNTIME_API, which is reserved"},
		"one letter":                        {function("X: x"), `it sets variable "X", whose name does not match`},
		"a digit first":                     {function("'1A': x"), `it sets variable "1A"`},
		"a dash":                            {function("A-B: x"), `it sets variable "A-B"`},
		"a batch of ten":                    {mapping(standard + ", BatchSize: 10"), ""},
		"a batch by default":                {mapping(standard), ""},
		"a large batch":                     {mapping(standard + ", BatchSize: 11"), "its BatchSize is 11, which is above 10, without a MaximumBatchingWindowInSeconds"},
		"a large batch as text":             {mapping(standard + ", BatchSize: '100', MaximumBatchingWindowInSeconds: 0"), "its BatchSize is 100, which is above 10"},
		"a large batch with a window":       {mapping(standard + ", BatchSize: 1000, MaximumBatchingWindowInSeconds: 1"), ""},
		"a large batch, window unknown":     {mapping(standard + ", BatchSize: 1000, MaximumBatchingWindowInSeconds: !Ref Stage"), ""},
		"a batch that is too large":         {mapping(standard + ", BatchSize: 10001, MaximumBatchingWindowInSeconds: 1"), "its BatchSize is 10001, expected 1 to 10000"},
		"an unknown batch":                  {mapping(standard + ", BatchSize: !Ref Stage"), ""},
		"of an imported queue":              {mapping("EventSourceArn: 'arn:aws:sqs:eu-west-1:111111111111:q', BatchSize: 11"), "its BatchSize is 11"},
		"of a stream":                       {mapping("EventSourceArn: 'arn:aws:kinesis:eu-west-1:111111111111:stream/s', BatchSize: 1000"), ""},
		"a large batch of a FIFO queue":     {mapping(fifo + ", BatchSize: 11, MaximumBatchingWindowInSeconds: 1"), "its BatchSize is 11, expected 10 at most of a FIFO queue"},
		"a window of a FIFO queue":          {mapping("EventSourceArn: 'arn:aws:sqs:eu-west-1:111111111111:q.fifo', MaximumBatchingWindowInSeconds: 5"), "which a FIFO queue does not have"},
		"a dead-letter queue":               {queue(redrive("Standard")), ""},
		"a FIFO dead-letter queue":          {queue("FifoQueue: true, QueueName: q.fifo, " + redrive("Fifo")), ""},
		"a standard one of a FIFO queue":    {queue("FifoQueue: true, QueueName: q.fifo, " + redrive("Standard")), "its dead-letter queue is queue ‹Stack.Standard›, and one of the two is a FIFO queue"},
		"a FIFO one of a standard queue":    {queue(redrive("Fifo")), "and one of the two is a FIFO queue"},
		"a redrive policy as text":          {queue(`FifoQueue: true, RedrivePolicy: !Sub '{"deadLetterTargetArn": "${Standard.Arn}", "maxReceiveCount": 3}'`), ""},
		"a redrive policy as text, by name": {queue(`FifoQueue: true, RedrivePolicy: '{"deadLetterTargetArn": "arn:aws:sqs:eu-west-1:111111111111:known", "maxReceiveCount": 3}'`), "its dead-letter queue is queue known"},
		"a redrive policy that is no JSON":  {queue(`FifoQueue: true, RedrivePolicy: '{'`), ""},
		"a FIFO queue's name":               {queue("FifoQueue: true, QueueName: q"), "its name is q, and its FifoQueue true"},
		"a standard queue's name":           {queue("QueueName: q.fifo"), "its name is q.fifo, and its FifoQueue <nil>"},
		"perhaps a FIFO queue":              {queue("FifoQueue: !Ref Stage, QueueName: q.fifo, " + redrive("Fifo")), ""},
		"perhaps a FIFO dead-letter queue":  {queue(redrive("Perhaps")), ""},
		"a delay":                           {queue("DelaySeconds: 900, MessageRetentionPeriod: 901"), ""},
		"a delay as long as messages live":  {queue("DelaySeconds: 60, MessageRetentionPeriod: 60"), "it delays messages for 60 seconds, and keeps them for 60, so that none arrives"},
		"a delay of four days":              {queue("DelaySeconds: 345600"), "its DelaySeconds is 345600, expected 0 to 900"},
		"a short retention":                 {queue("MessageRetentionPeriod: 59"), "its MessageRetentionPeriod is 59, expected 60 to 1209600"},
		"an unknown retention":              {queue("MessageRetentionPeriod: !Ref Stage, DelaySeconds: 900"), ""},
		"an unknown delay":                  {queue("DelaySeconds: !Ref Stage"), ""},
		"a policy of a queue":               {"{Type: AWS::SQS::QueuePolicy, Properties: {Queues: [!Ref Standard], PolicyDocument: {}}}", ""},
		"a policy of an ARN":                {"{Type: AWS::SQS::QueuePolicy, Properties: {Queues: [!GetAtt Standard.Arn], PolicyDocument: {}}}", "its Queues has the ARN arn:aws:sqs:eu-west-1:111111111111:‹Stack.Standard›, expected the URL"},
		"a policy of an imported ARN":       {"{Type: AWS::SQS::QueuePolicy, Properties: {Queues: ['arn:aws:sqs:eu-west-1:111111111111:q'], PolicyDocument: {}}}", "its Queues has the ARN arn:aws:sqs:eu-west-1:111111111111:q, expected the URL"},
	} {
		t.Run(name, func(t *testing.T) {
			template := "Parameters: {Stage: {Type: String}}\nResources:\n  Standard: {Type: AWS::SQS::Queue}\n  Perhaps: {Type: AWS::SQS::Queue, Properties: {FifoQueue: !Ref Stage}}\n  Known: {Type: AWS::SQS::Queue, Properties: {QueueName: known}}\n" +
				"  Fifo: {Type: AWS::SQS::Queue, Properties: {FifoQueue: true}}\n  R: " + c.resource + "\n"
			found := invalidSetting(modeltest.Read(t, model.Options{}, modeltest.Stack{Name: "Stack", Account: modeltest.SourceAccount, Template: template}))
			says := ""
			for _, one := range found {
				if one.Verdict != check.Broken || len(one.Remedy) == 0 {
					t.Errorf("found %v, expected it to be broken, with a remedy", one)
				}
				says += strings.Join(one.Details, "") + "\n"
			}
			if c.want == "" && says != "" || !strings.Contains(says, c.want) {
				t.Errorf("found %q, expected %q", says, c.want)
			}
		})
	}
}
