package workload

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/crossgrant/crossgrant/internal/place"
)

// state is a state in the Amazon States Language, with JSONPath.
// https://states-language.net/spec.html
type state = map[string]any

// maxBatchBytes is the most bytes of a batch. A state's data are at most 256 KiB, in which a batch is beside the function's answer.
// https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
const maxBatchBytes = 128 << 10

// maxRun ends a run that would never end: after 30 days, in seconds.
const maxRun = 30 * 24 * 60 * 60

// definition is what the state machine does: it copies each prefix, unless another run is going on, or an inventory; and it fails if anything is not
// copied. An inventory is copied beside any other run: each prefix has its own, and nobody starts a run for one again.
func (d *DistributedCopy) definition(props DistributedCopyProps) state {
	c := copyStates{d, props, place.PartitionOf(place.Stack(d.node)), *props.Function.arn, *place.Once(props.Origin, "name", props.Origin.BucketName)}
	states := state{
		"Find runs": state{
			"Type": "Task", "Resource": c.api("sfn:listExecutions"), "Parameters": state{"StateMachineArn.$": "$$.StateMachine.Id", "StatusFilter": "RUNNING"},
			"ResultSelector": state{"arns.$": "$.Executions[*].ExecutionArn"}, "ResultPath": "$.runs", "Retry": retryAPI(), "Next": "Any run?",
		},
		// The list is best effort, and newest first.
		"Any run?": state{"Type": "Choice", "Choices": []any{state{"Variable": "$.runs.arns[0]", "IsPresent": true, "Next": "Find oldest run"}}, "Default": "Copy prefixes"},
		"Find oldest run": state{
			"Type": "Pass", "Parameters": state{"own.$": "$$.Execution.Id", "oldest.$": "States.ArrayGetItem($.runs.arns, States.MathAdd(States.ArrayLength($.runs.arns), -1))"},
			"ResultPath": "$.runs", "Next": "Is it this run?",
		},
		"Is it this run?":         state{"Type": "Choice", "Choices": []any{state{"Variable": "$.runs.oldest", "StringEqualsPath": "$.runs.own", "Next": "Copy prefixes"}}, "Default": "Another run is going on"},
		"Another run is going on": state{"Type": "Succeed"},
		"Copied":                  state{"Type": "Succeed"},
		"Not all copied": state{"Type": "Fail", "Error": "CopyIncomplete",
			"Cause": "Batches failed, fewer than the tolerated percentage: see the failed child workflows of the Map Runs, or the results bucket, for the keys and why; then start another run, which skips what is copied"},
	}
	c.addPrefixes(states)
	start := "Find runs"
	switch props.Inventory {
	case InventoryCSV:
		start = c.addInventory(states)
	case InventoryParquet:
		start = c.addParquet(states)
	}
	return state{"Comment": "Copies the objects of bucket " + c.origin, "StartAt": start, "TimeoutSeconds": maxRun, "States": states}
}

// copyStates writes the states of a [DistributedCopy].
type copyStates struct {
	*DistributedCopy
	props                       DistributedCopyProps
	partition, function, origin string
}

// api is the resource of a task that calls an AWS service.
// https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html
func (c copyStates) api(call string) string {
	return "arn:" + c.partition + ":states:::aws-sdk:" + call
}

// addPrefixes adds the copy of the listing of each prefix, at once.
func (c copyStates) addPrefixes(states state) {
	var branches, incomplete []any
	for i, prefix := range c.props.Prefixes {
		label := labelOf(i, prefix)
		list := state{"Resource": "arn:" + c.partition + ":states:::s3:listObjectsV2", "Parameters": state{"Bucket": c.origin, "Prefix": prefix}}
		count := c.count()
		count["End"] = true
		branches = append(branches, state{"StartAt": "Copy " + label, "States": state{
			"Copy " + label: c.distributed(label, list, "plain", "Count "+label), "Count " + label: count,
		}})
		incomplete = append(incomplete, isIncomplete(fmt.Sprintf("$.prefixes[%d]", i), "Not all copied"))
	}
	states["Copy prefixes"] = state{"Type": "Parallel", "Branches": branches, "ResultPath": "$.prefixes", "Next": "All copied?"}
	states["All copied?"] = state{"Type": "Choice", "Choices": incomplete, "Default": "Copied"}
}

var notInLabel = regexp.MustCompile(`[^a-zA-Z0-9_]+`)

// labelOf is the label of the Map state of a prefix, which names its Map Runs: at most 40 characters.
// https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
func labelOf(i int, prefix string) string {
	words := strings.Trim(notInLabel.ReplaceAllString(prefix, "-"), "-")
	return strings.TrimRight(fmt.Sprintf("%d-%.30s", i+1, words), "-")
}

// inventoryLabel is the label of the Map state of an inventory.
const inventoryLabel = "inventory"

// addInventory adds the copy of an inventory in CSV, if the input of a run names one.
func (c copyStates) addInventory(states state) (start string) {
	start = c.addManifest(states, "Copy inventory")
	c.addFile(states, "MANIFEST", "url", "Inventory copied?")
	states["Inventory copied?"] = state{"Type": "Choice", "Choices": []any{isIncomplete("$.counts", "Not all copied")}, "Default": "Copied"}
	return start
}

// addManifest adds what finds the manifest of an inventory by the input's manifest: the key of manifest.json, or of manifest.checksum, which S3
// writes last.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory-location.html
func (c copyStates) addManifest(states state, next string) (start string) {
	start = "Any inventory?"
	states[start] = state{"Type": "Choice", "Choices": []any{state{"Variable": "$.manifest", "IsPresent": true, "Next": "Find manifest"}}, "Default": "Find runs"}
	part := func(i int) string {
		return fmt.Sprintf("States.ArrayGetItem(States.StringSplit($.manifest, '/'), %d)", i)
	}
	states["Find manifest"] = state{
		"Type":       "Pass",
		"Parameters": state{"key.$": fmt.Sprintf("States.Format('%s/{}/{}/{}/manifest.json', %s, %s, %s)", inventoryFolder, part(1), part(2), part(3))},
		"ResultPath": "$.inventory", "Next": next,
	}
	return start
}

// maxParquetFiles is the most data files of an inventory in Parquet. Each adds up to 19 events to the history of the run, which has at most 25,000, and
// some 220 bytes to its manifest, which is the data of a state, at most 256 KiB.
// https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
const maxParquetFiles = 1000

// addParquet adds the copy of an inventory in Parquet: its data files one after the other, which the manifest names.
func (c copyStates) addParquet(states state) (start string) {
	start = c.addManifest(states, "Read manifest")
	states["Read manifest"] = state{
		"Type": "Task", "Resource": c.api("s3:getObject"), "Parameters": state{"Bucket": c.props.ResultsBucketName, "Key.$": "$.inventory.key"},
		"ResultSelector": state{"manifest.$": "States.StringToJson($.Body)"}, "ResultPath": "$.inventory", "Retry": retryAPI(), "Next": "First file",
	}
	states["First file"] = state{
		"Type": "Pass", "Parameters": state{"next": 0, "files.$": "$.inventory.manifest.files[*].key", "count.$": "States.ArrayLength($.inventory.manifest.files)"},
		"ResultPath": "$.inventory", "Next": "Too many files?",
	}
	states["Too many files?"] = state{"Type": "Choice", "Choices": []any{
		state{"Variable": "$.inventory.count", "NumericGreaterThan": maxParquetFiles, "Next": "Inventory too large"},
	}, "Default": "Another file?"}
	states["Inventory too large"] = state{"Type": "Fail", "Error": "InventoryTooLarge",
		"Cause": fmt.Sprintf("The inventory has more than %d data files, which a run does not hold: take an inventory in CSV, whose files are read at once", maxParquetFiles)}
	states["Another file?"] = state{"Type": "Choice", "Choices": []any{
		state{"Variable": "$.inventory.next", "NumericLessThanPath": "$.inventory.count", "Next": "Next file"},
		state{"Variable": "$.incomplete", "IsPresent": true, "Next": "Not all copied"},
	}, "Default": "Copied"}
	states["Next file"] = state{
		"Type": "Pass", "Parameters": state{
			"files.$": "$.inventory.files", "count.$": "$.inventory.count", "next.$": "States.MathAdd($.inventory.next, 1)",
			"key.$": "States.ArrayGetItem($.inventory.files, $.inventory.next)",
		},
		"ResultPath": "$.inventory", "Next": "Copy inventory",
	}
	c.addFile(states, "PARQUET", "plain", "File copied?")
	states["File copied?"] = state{"Type": "Choice", "Choices": []any{isIncomplete("$.counts", "Remember failure")}, "Default": "Another file?"}
	states["Remember failure"] = state{"Type": "Pass", "Result": true, "ResultPath": "$.incomplete", "Next": "Another file?"}
	return start
}

// addFile adds the copy of what the file of an inventory lists, whose key the state has, and counts what was copied.
func (c copyStates) addFile(states state, inputType, keys, next string) {
	states["Copy inventory"] = c.distributed(inventoryLabel, state{
		"Resource": "arn:" + c.partition + ":states:::s3:getObject", "ReaderConfig": state{"InputType": inputType},
		"Parameters": state{"Bucket": c.props.ResultsBucketName, "Key.$": "$.inventory.key"},
	}, keys, "Count inventory")
	count := c.count()
	count["ResultPath"], count["Next"] = "$.counts", next
	states["Count inventory"] = count
}

// distributed is a Map state that gives batches of what a reader reads to the function.
func (c copyStates) distributed(label string, reader state, keys, next string) state {
	return state{
		"Type": "Map", "Label": label, "ItemReader": reader,
		"ItemBatcher": state{
			"MaxItemsPerBatch": c.props.BatchItems, "MaxInputBytesPerBatch": maxBatchBytes, "BatchInput": state{"keys": keys, "largeBytes": c.props.LargeBytes},
		},
		"MaxConcurrency": c.props.Concurrency, "ToleratedFailurePercentage": c.props.ToleratedFailurePercent,
		"ItemProcessor": c.batch(label),
		"ResultWriter":  state{"Resource": "arn:" + c.partition + ":states:::s3:putObject", "Parameters": state{"Bucket": c.props.ResultsBucketName, "Prefix": runsFolder}},
		"ResultPath":    "$.run", "Next": next,
	}
}

// largeAtOnce is how many large objects of a batch are copied at once.
const largeAtOnce = 4

// batch is the child workflow of a batch: it copies all but the large objects, then each large one by invocations of its own, and goes on until
// nothing is left. It is a standard workflow, since express ones end after five minutes. The names of all states of a state machine differ, so the
// label is in them.
func (c copyStates) batch(label string) state {
	const answer = "$.copy.answer"
	named := func(name string) string { return name + " " + label }
	whole := state{"Items.$": "$.Items", "BatchInput.$": "$.BatchInput"}
	rest := state{"Items.$": "$.Items", "BatchInput.$": "$.BatchInput", "next.$": answer + ".next"}
	has := func(field, next, or string) state {
		return state{"Type": "Choice", "Choices": []any{state{"Variable": answer + field, "IsPresent": true, "Next": named(next)}}, "Default": named(or)}
	}
	object := state{
		named("Copy object"):     c.invoke(whole, named("Parts left?")),
		named("Parts left?"):     has(".next", "Copy more parts", "Object copied"),
		named("Copy more parts"): c.invoke(rest, named("Parts left?")),
		named("Object copied"):   state{"Type": "Pass", "Result": "copied", "End": true},
	}
	return state{
		"ProcessorConfig": state{"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": named("Copy batch"),
		"States": state{
			named("Copy batch"): c.invoke(whole, named("Any large?")),
			named("Any large?"): has(".large", "Copy large", "Anything left?"),
			named("Copy large"): state{
				"Type": "Map", "ItemsPath": answer + ".large", "MaxConcurrency": largeAtOnce, "ResultPath": "$.large", "Next": named("Anything left?"),
				"ItemSelector":  state{"Items.$": "States.Array(States.ArrayGetItem($.Items, $$.Map.Item.Value))", "BatchInput.$": "$.BatchInput"},
				"ItemProcessor": state{"ProcessorConfig": state{"Mode": "INLINE"}, "StartAt": named("Copy object"), "States": object},
			},
			named("Anything left?"): has(".next", "Copy rest", "Batch copied"),
			named("Copy rest"):      c.invoke(rest, named("Any large?")),
			named("Batch copied"):   state{"Type": "Pass", "OutputPath": answer, "End": true},
		},
	}
}

// invoke is a task that invokes the function. What fails for a while is tried again: the service, and a batch of which some keys failed.
// https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html
func (c copyStates) invoke(payload state, next string) state {
	return state{
		"Type": "Task", "Resource": "arn:" + c.partition + ":states:::lambda:invoke", "Parameters": state{"FunctionName": c.function, "Payload": payload},
		"TimeoutSeconds": int(c.props.Function.timeout.Seconds()) + 60,
		"ResultSelector": state{"answer.$": "$.Payload"}, "ResultPath": "$.copy",
		"Retry": []any{
			state{"ErrorEquals": []any{"Lambda.ServiceException", "Lambda.AWSLambdaException", "Lambda.SdkClientException", "Lambda.ClientExecutionTimeoutException", "Lambda.TooManyRequestsException"},
				"IntervalSeconds": 2, "MaxAttempts": 8, "BackoffRate": 2, "MaxDelaySeconds": 60, "JitterStrategy": "FULL"},
			state{"ErrorEquals": []any{"States.TaskFailed", "States.Timeout"}, "IntervalSeconds": 30, "MaxAttempts": 2, "BackoffRate": 4, "JitterStrategy": "FULL"},
		},
		"Next": next,
	}
}

// count is a task that returns how many objects of the Map Run were in batches, and in batches that were copied.
// https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeMapRun.html
func (c copyStates) count() state {
	return state{
		"Type": "Task", "Resource": c.api("sfn:describeMapRun"), "Parameters": state{"MapRunArn.$": "$.run.MapRunArn"},
		"ResultSelector": state{"mapRun.$": "$.MapRunArn", "total.$": "$.ItemCounts.Total", "copied.$": "$.ItemCounts.Succeeded"}, "Retry": retryAPI(),
	}
}

// isIncomplete is the choice of a count of which not all are copied.
func isIncomplete(counts, next string) state {
	return state{"Variable": counts + ".copied", "NumericLessThanPath": counts + ".total", "Next": next}
}

// retryAPI tries calls of AWS services again.
func retryAPI() []any {
	return []any{state{"ErrorEquals": []any{"States.TaskFailed"}, "IntervalSeconds": 2, "MaxAttempts": 5, "BackoffRate": 2, "JitterStrategy": "FULL"}}
}
