package statemachine

import (
	"os"
	"strings"
	"testing"
)

// TestParseRefuses breaks a definition that uses most of what this interpreter knows, by replacing a text.
func TestParseRefuses(t *testing.T) {
	text, err := os.ReadFile("testdata/copy.asl.json")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Parse(text); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, old, new, says string }{
		{"no JSON", `{`, `[`, "read state machine: "},
		{"a field of the machine", `"StartAt": "Copies"`, `"StartAt": "Copies", "Timeout": 3`, "/Timeout: found a field that this interpreter does not know here; it knows Comment, QueryLanguage, StartAt, States, TimeoutSeconds, Version"},
		{"a field of a state", `"MaxConcurrency"`, `"MaxConcurency"`, "/States/Copies/Branches/0/States/Copy inbox/MaxConcurency: found a field"},
		{"a field of the reader", `"Prefix": "inbox/"`, `"Delimiter": "/"`, "ItemReader/Parameters/Delimiter: found a parameter"},
		{"a field of the batcher", `"MaxInputBytesPerBatch"`, `"MaxBytes"`, "ItemBatcher/MaxBytes: found a field"},
		{"a field of the writer", `"OutputType": "JSON"`, `"Format": "JSON"`, "WriterConfig/Format: found a field"},
		{"a field of a retrier", `"MaxDelaySeconds"`, `"MaxDelay"`, "Retry/0/MaxDelay: found a field"},
		{"a field of a catcher", `"Next": "Failed"`, `"Next": "Failed", "Then": 1`, "Catch/0/Then: found a field"},
		{"a field of a rule", `"IsPresent": true`, `"IsThere": true`, "found the comparisons []"},
		{"a parameter of the task", `"Payload.$": "$"`, `"Payload.$": "$", "Qualifier": "1"`, "Parameters/Qualifier: found a parameter"},
		{"a type of state", `"Type": "Succeed"`, `"Type": "Activity"`, `found "Activity", expected one of Choice, Fail, Map, Parallel, Pass, Succeed, Task, Wait`},
		{"a resource", `states:::lambda:invoke"`, `states:::lambda:invoke.waitForTaskToken"`, `expected arn:PARTITION:states::: and one of aws-sdk:s3:getObject, aws-sdk:sfn:describeMapRun, aws-sdk:sfn:listExecutions, lambda:invoke`},
		{"a resource of the reader", `s3:listObjectsV2`, `s3:listObjects`, `expected arn:PARTITION:states:::s3:listObjectsV2`},
		{"an object without its type", `s3:listObjectsV2", "Parameters": {"Bucket": "origin", "Prefix": "inbox/"}`, `s3:getObject", "Parameters": {"Bucket": "origin", "Key": "inbox/"}`, "found no ReaderConfig"},
		{"another query language", `"StartAt": "Copies"`, `"QueryLanguage": "JSONata", "StartAt": "Copies"`, `found "JSONata", expected one of JSONPath`},
		{"a function", `"Key.$": "$$.Map.Item.Value.Key"`, `"Key.$": "States.Hash($.Key, 'MD5')"`, "found the function States.Hash, expected one of States.Array, States.ArrayGetItem"},
		{"a path with a wildcard", `"OutputPath": "$.Payload"`, `"OutputPath": "$.Payload[*]"`, "expected one that selects one thing"},
		{"no path", `"OutputPath": "$.Payload"`, `"OutputPath": "Payload"`, "expected a path that begins with $"},
		{"a path that does not end", `"OutputPath": "$.Payload"`, `"OutputPath": "$.Payload["`, "expected .name, ['name'], [index] or [*]"},
		{"a parameter that is no path", `"Payload.$": "$"`, `"Payload.$": "x"`, "Parameters/Payload.$: found \"x\", expected a path"},
		{"a result in the context", `"ResultPath": "$.copies"`, `"ResultPath": "$$.copies"`, "found a path into the context object"},
		{"a first state that is not there", `"StartAt": "Copy batch"`, `"StartAt": "Copy"`, `found "Copy" as the next state, which is not there`},
		{"a next state that is not there", `"Next": "More"`, `"Next": "Moore"`, `found "Moore" as the next state, which is not there`},
		{"a default that is not there", `"Default": "Done"`, `"Default": "Gone"`, `found "Gone" as the next state, which is not there`},
		{"a state that is not reached", `"Default": "Done"`, `"Default": "Copy batch"`, `/States/Done: no state leads here`},
		{"neither Next nor End", `, "Next": "More"`, ``, "expected either Next or End"},
		{"both Next and End", `"Next": "More"`, `"Next": "More", "End": true`, "expected either Next or End"},
		{"a name twice", `"Done"`, `"Copies"`, "/States/Copies: found a second state of this name"},
		{"a long name", `"Done"`, `"` + strings.Repeat("D", 81) + `"`, "found a name of 81 characters, expected 80 at most"},
		{"no items in a batch", `"MaxItemsPerBatch": 200`, `"MaxItemsPerBatch": 0`, "MaxItemsPerBatch: found 0, expected a number from 1"},
		{"half an item in a batch", `"MaxItemsPerBatch": 200`, `"MaxItemsPerBatch": 1.5`, "found 1.5, expected a whole number"},
		{"a batch that is too large", `"MaxInputBytesPerBatch": 100000`, `"MaxInputBytesPerBatch": 300000`, "found 300000, expected a number from 1 to 262144"},
		{"no limit of a batch", `"MaxItemsPerBatch": 200, "MaxInputBytesPerBatch": 100000, `, ``, "expected MaxItemsPerBatch, MaxInputBytesPerBatch or both"},
		{"too many percent", `"ToleratedFailurePercentage": 1`, `"ToleratedFailurePercentage": 101`, "found 101, expected a number from 0 to 100"},
		{"percent in quotes", `"ToleratedFailurePercentage": 1`, `"ToleratedFailurePercentage": "1"`, "found a string, expected a number"},
		{"a tolerance without a Map Run", `"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"`, `"Mode": "INLINE"`, "ToleratedFailurePercentage: found a field"},
		{"too many at once", `"MaxConcurrency": 50`, `"MaxConcurrency": 10001`, "found 10001, expected a number from 0 to 10000"},
		{"a label with a space", `"Label": "inbox"`, `"Label": "in box"`, "Label: found \"in box\""},
		{"a label twice", `"Label": "outbox"`, `"Label": "inbox"`, "found \"inbox\" a second time"},
		{"a mode", `"Mode": "DISTRIBUTED"`, `"Mode": "Distributed"`, `found "Distributed", expected one of INLINE, DISTRIBUTED`},
		{"no type of the children", `, "ExecutionType": "STANDARD"`, ``, "found no ExecutionType"},
		{"a type of the children", `"ExecutionType": "STANDARD"`, `"ExecutionType": "FAST"`, `found "FAST"`},
		{"no errors of a retrier", `"ErrorEquals": ["CopyIncomplete", "Sandbox.Timedout"], `, ``, "found no ErrorEquals"},
		{"all errors and others", `["CopyIncomplete", "Sandbox.Timedout"]`, `["CopyIncomplete", "States.ALL"]`, "found States.ALL beside others"},
		{"all errors before others", `["CopyIncomplete", "Sandbox.Timedout"]`, `["States.ALL"]`, "found States.ALL before the last retrier"},
		{"a backoff that shrinks", `"BackoffRate": 2`, `"BackoffRate": 0.5`, "found 0.5, expected a number from 1"},
		{"a jitter", `"JitterStrategy": "FULL"`, `"JitterStrategy": "SOME"`, "found \"SOME\", expected one of NONE, FULL"},
		{"a wait of nothing", `"IntervalSeconds": 2`, `"IntervalSeconds": 0`, "found 0, expected a number from 1"},
		{"an operand", `"IsPresent": true`, `"IsPresent": "yes"`, "IsPresent: found a string, which it does not compare with"},
		{"no variable", `"Variable": "$.next", `, ``, "found no Variable"},
		{"no branches", `"Type": "Parallel"`, `"Type": "Parallel", "Branches": []`, "found no Branches"},
		{"two times to wait", `"Seconds": 1`, `"Seconds": 1, "SecondsPath": "$.s"`, "expected either Seconds or SecondsPath"},
	} {
		t.Run(c.name, func(t *testing.T) {
			broken := strings.Replace(string(text), c.old, c.new, -1)
			if c.name == "a label twice" || c.name == "no JSON" || c.name == "no branches" {
				broken = strings.Replace(string(text), c.old, c.new, 1)
			}
			if c.name == "no branches" { // encoding/json takes the last field of a name
				broken = strings.Replace(broken, `"Branches": [
`, `"Comment": [
`, 1)
			}
			if broken == string(text) {
				t.Fatalf("found no %s to replace", c.old)
			}
			if _, err := Parse([]byte(broken)); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("found %v, expected it to say %s", err, c.says)
			}
		})
	}
}
