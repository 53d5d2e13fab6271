package statemachine

import "fmt"

// parametersOf are the parameters that a Task takes, by what it calls.
//
// https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html
// https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html
var parametersOf = map[string][]string{
	"lambda:invoke":              {"FunctionName", "Payload"},
	"aws-sdk:s3:getObject":       {"Bucket", "Key"},
	"aws-sdk:sfn:describeMapRun": {"MapRunArn"},
	"aws-sdk:sfn:listExecutions": {"StateMachineArn", "StatusFilter"},
}

// calls does what a Task calls, and returns its result.
func (e *Execution) calls(s *state, parameters map[string]any, payload []byte) (any, *Error) {
	text := func(name string) string {
		value, _ := parameters[name].(string)
		return value
	}
	switch s.call {
	case "aws-sdk:s3:getObject":
		body, err := getObject(e.config.S3, text("Bucket"), text("Key"))
		if err != nil {
			return nil, failure("S3.S3Exception", err)
		}
		return map[string]any{"Body": string(body)}, nil
	case "aws-sdk:sfn:describeMapRun":
		run, ok := e.mapRuns.Load(text("MapRunArn"))
		if !ok {
			return nil, &Error{"Sfn.ResourceNotFoundException", "found no Map Run " + text("MapRunArn")}
		}
		return run.(*mapRun).describe(), nil
	case "aws-sdk:sfn:listExecutions":
		return e.machine.list(text("StatusFilter")), nil
	}
	e.totals.invocations.Add(1)
	answer, failed := e.config.Invoke(text("FunctionName"), payload)
	if failed != nil {
		return nil, failed
	}
	value, err := decode(answer)
	if err != nil {
		return nil, &Error{errorRuntime, fmt.Sprintf("the answer of the function of state %s is no JSON: %v", s.name, err)}
	}
	return map[string]any{"ExecutedVersion": "$LATEST", "Payload": value, "StatusCode": number(200)}, nil
}

// describe counts the items by the statuses of their children.
// https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeMapRun.html
func (r *mapRun) describe() any {
	names := map[Status]string{Succeeded: "Succeeded", Failed: "Failed", TimedOut: "TimedOut", Aborted: "Aborted", Pending: "Pending", Running: "Running"}
	counts, sums := map[string]any{"Total": number(r.items)}, map[Status]int{}
	for _, c := range r.children {
		sums[c.status()] += c.items
	}
	for status, name := range names {
		counts[name] = number(sums[status])
	}
	return map[string]any{"MapRunArn": r.arn, "ItemCounts": counts}
}

// list returns the executions, the newest first.
// https://docs.aws.amazon.com/step-functions/latest/apireference/API_ListExecutions.html
func (m *Machine) list(filter string) any {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	listed := []any{}
	for i := len(m.executions) - 1; i >= 0; i-- {
		e := m.executions[i]
		if status := e.Status(); filter == "" || string(status) == filter {
			listed = append(listed, map[string]any{"ExecutionArn": e.arn, "Name": e.name, "Status": string(status)})
		}
	}
	return map[string]any{"Executions": listed}
}
