package request

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/internal/authorization"
)

// lambdaPaths are the operations of Lambda, by their path behind the version and their method; a step in braces is the parameter of that name.
// https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html
const lambdaPaths = `
account-settings GET:GetAccountSettings
capacity-providers GET:ListCapacityProviders POST:CreateCapacityProvider
capacity-providers/{CapacityProviderName} DELETE:DeleteCapacityProvider GET:GetCapacityProvider PUT:UpdateCapacityProvider
capacity-providers/{CapacityProviderName}/function-versions GET:ListFunctionVersionsByCapacityProvider
code-signing-configs GET:ListCodeSigningConfigs POST:CreateCodeSigningConfig
code-signing-configs/{CodeSigningConfigArn} DELETE:DeleteCodeSigningConfig GET:GetCodeSigningConfig PUT:UpdateCodeSigningConfig
code-signing-configs/{CodeSigningConfigArn}/functions GET:ListFunctionsByCodeSigningConfig
durable-execution-callbacks/{CallbackId}/fail POST:SendDurableExecutionCallbackFailure
durable-execution-callbacks/{CallbackId}/heartbeat POST:SendDurableExecutionCallbackHeartbeat
durable-execution-callbacks/{CallbackId}/succeed POST:SendDurableExecutionCallbackSuccess
durable-executions/{DurableExecutionArn} DELETE:DeleteDurableExecution GET:GetDurableExecution
durable-executions/{DurableExecutionArn}/checkpoint POST:CheckpointDurableExecution
durable-executions/{DurableExecutionArn}/history GET:GetDurableExecutionHistory
durable-executions/{DurableExecutionArn}/pause POST:PauseDurableExecution
durable-executions/{DurableExecutionArn}/resume POST:ResumeDurableExecution
durable-executions/{DurableExecutionArn}/state GET:GetDurableExecutionState
durable-executions/{DurableExecutionArn}/stop POST:StopDurableExecution
event-source-mappings GET:ListEventSourceMappings POST:CreateEventSourceMapping
event-source-mappings/{UUID} DELETE:DeleteEventSourceMapping GET:GetEventSourceMapping PUT:UpdateEventSourceMapping
functions GET:ListFunctions POST:CreateFunction
functions/{FunctionName} DELETE:DeleteFunction GET:GetFunction
functions/{FunctionName}/aliases GET:ListAliases POST:CreateAlias
functions/{FunctionName}/aliases/{Name} DELETE:DeleteAlias GET:GetAlias PUT:UpdateAlias
functions/{FunctionName}/code PUT:UpdateFunctionCode
functions/{FunctionName}/code-signing-config DELETE:DeleteFunctionCodeSigningConfig GET:GetFunctionCodeSigningConfig PUT:PutFunctionCodeSigningConfig
functions/{FunctionName}/concurrency DELETE:DeleteFunctionConcurrency GET:GetFunctionConcurrency PUT:PutFunctionConcurrency
functions/{FunctionName}/configuration GET:GetFunctionConfiguration PUT:UpdateFunctionConfiguration
functions/{FunctionName}/durable-executions GET:ListDurableExecutionsByFunction
functions/{FunctionName}/event-invoke-config DELETE:DeleteFunctionEventInvokeConfig GET:GetFunctionEventInvokeConfig POST:UpdateFunctionEventInvokeConfig PUT:PutFunctionEventInvokeConfig
functions/{FunctionName}/event-invoke-config/list GET:ListFunctionEventInvokeConfigs
functions/{FunctionName}/function-scaling-config GET:GetFunctionScalingConfig PUT:PutFunctionScalingConfig
functions/{FunctionName}/invocations POST:Invoke
functions/{FunctionName}/invoke-async POST:InvokeAsync
functions/{FunctionName}/policy GET:GetPolicy POST:AddPermission
functions/{FunctionName}/policy/{StatementId} DELETE:RemovePermission
functions/{FunctionName}/provisioned-concurrency DELETE:DeleteProvisionedConcurrencyConfig GET:GetProvisionedConcurrencyConfig PUT:PutProvisionedConcurrencyConfig
functions/{FunctionName}/recursion-config GET:GetFunctionRecursionConfig PUT:PutFunctionRecursionConfig
functions/{FunctionName}/response-streaming-invocations POST:InvokeWithResponseStream
functions/{FunctionName}/runtime-management-config GET:GetRuntimeManagementConfig PUT:PutRuntimeManagementConfig
functions/{FunctionName}/url DELETE:DeleteFunctionUrlConfig GET:GetFunctionUrlConfig POST:CreateFunctionUrlConfig PUT:UpdateFunctionUrlConfig
functions/{FunctionName}/urls GET:ListFunctionUrlConfigs
functions/{FunctionName}/versions GET:ListVersionsByFunction POST:PublishVersion
layers GET:ListLayers
layers/{LayerName}/versions GET:ListLayerVersions POST:PublishLayerVersion
layers/{LayerName}/versions/{VersionNumber} DELETE:DeleteLayerVersion GET:GetLayerVersion
layers/{LayerName}/versions/{VersionNumber}/policy GET:GetLayerVersionPolicy POST:AddLayerVersionPermission
layers/{LayerName}/versions/{VersionNumber}/policy/{StatementId} DELETE:RemoveLayerVersionPermission
resource-policy/{ResourceArn} DELETE:DeleteResourcePolicy GET:GetResourcePolicy PUT:PutResourcePolicy
tags/{Resource} DELETE:UntagResource GET:ListTags POST:TagResource
`

// lambdaRoute is a path of Lambda's API with its operations by method.
type lambdaRoute struct {
	steps      []string
	operations map[string]string
}

var lambdaRoutes = func() (all []lambdaRoute) {
	for line := range strings.Lines(strings.TrimSpace(lambdaPaths)) {
		fields := strings.Fields(line)
		r := lambdaRoute{strings.Split(fields[0], "/"), map[string]string{}}
		for _, one := range fields[1:] {
			method, operation, _ := strings.Cut(one, ":")
			r.operations[method] = operation
		}
		all = append(all, r)
	}
	return all
}()

// readLambda reads the operation of a request to Lambda, and its parameters: those in the path, in the query and in the body.
func (q *Request) readLambda(r *http.Request, body []byte) error {
	q.Parameters = Parameters{}
	query := r.URL.Query()
	steps := strings.Split(strings.Trim(r.URL.EscapedPath(), "/"), "/")[1:]
	for i, step := range steps {
		text, err := url.PathUnescape(step)
		if err != nil {
			return malformed("found path %q: %v", r.URL.EscapedPath(), err)
		}
		steps[i] = text
	}
	fromPath := map[string]string{}
	for _, route := range lambdaRoutes {
		if found, ok := route.match(steps); ok && route.operations[r.Method] != "" {
			q.Operation, fromPath = route.operations[r.Method], found
			break
		}
	}
	switch {
	case q.Operation == "":
		return unknown("found %s %s of Lambda, of which this sandbox does not know the operation", r.Method, r.URL.Path)
	case q.Operation == "ListLayers" && query.Get("find") == "LayerVersion":
		q.Operation = "GetLayerVersionByArn"
	case q.Operation == "GetProvisionedConcurrencyConfig" && query.Has("List"):
		q.Operation = "ListProvisionedConcurrencyConfigs"
	}
	isInvocation := strings.HasPrefix(q.Operation, "Invoke") // whose body is the event, and not parameters
	if !isInvocation && len(body) > 0 {
		if err := json.Unmarshal(body, &q.Parameters); err != nil {
			return malformed("the body is no JSON object: %v", err)
		}
		if q.Parameters == nil { // null
			q.Parameters = Parameters{}
		}
	}
	for name, values := range query {
		if len(values) > 1 && name != "tagKeys" {
			return malformed("found %s %d times in the query", name, len(values))
		}
		if q.Parameters[name] = values[0]; name == "tagKeys" {
			keys := make([]any, len(values))
			for i, one := range values {
				keys[i] = one
			}
			q.Parameters[name] = keys
		}
	}
	for name, value := range fromPath { // which is what the local AWS goes by
		q.Parameters[name] = value
	}
	return nil
}

// match are the parameters in the steps of a path. ok is false for another path.
func (r lambdaRoute) match(steps []string) (parameters map[string]string, ok bool) {
	if len(steps) != len(r.steps) {
		return nil, false
	}
	parameters = map[string]string{}
	for i, step := range r.steps {
		name, isParameter := strings.CutPrefix(step, "{")
		switch {
		case isParameter && steps[i] != "":
			parameters[strings.TrimSuffix(name, "}")] = steps[i]
		case isParameter || step != steps[i]:
			return nil, false
		}
	}
	return parameters, true
}

// functionOf is the ARN of a function that is named by its name, or by ACCOUNT:function:NAME, perhaps with a version or an alias behind it.
// https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_RequestParameters
func (q *Request) functionOf(name string, at Place) string {
	if account, rest, ok := strings.Cut(name, ":function:"); ok {
		at.Account, name = account, rest
	}
	return at.arn("lambda", "function:"+name)
}

// onQualified are the operations that are permitted on the version or the alias that they name.
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-api-permissions-ref.html
var onQualified = []string{"Invoke", "InvokeWithResponseStream", "GetProvisionedConcurrencyConfig", "PutProvisionedConcurrencyConfig", "DeleteProvisionedConcurrencyConfig"}

// qualified is the version or the alias of a function that a request names by Qualifier.
func qualified(q *Request, _ authorization.Action, at Place, _ Tables) ([]string, error) {
	qualifier, name := q.Parameters.Text("Qualifier"), q.Parameters.Text("FunctionName")
	if qualifier == "" || name == "" || !slices.Contains(onQualified, q.Operation) {
		return nil, nil
	}
	if !strings.HasPrefix(name, "arn:") {
		name = q.functionOf(name, at)
	}
	return []string{withQualifier(name, qualifier)}, nil
}

// withQualifier is the ARN of a version or an alias of a function.
func withQualifier(function, qualifier string) string {
	if strings.Count(function, ":") > 6 { // has one already
		return function
	}
	return function + ":" + qualifier
}

// layerVersion is the version of a layer that a request names.
func layerVersion(q *Request, _ authorization.Action, at Place, _ Tables) ([]string, error) {
	if arn := q.Parameters.Text("Arn"); arn != "" {
		if !fits("lambda", []string{"layerVersion"}, arn) {
			return nil, malformed("found Arn %q, expected that of the version of a layer", arn)
		}
		return []string{arn}, nil
	}
	name, version := q.Parameters.Text("LayerName"), q.Parameters.Text("VersionNumber")
	if name == "" || version == "" {
		return nil, nil
	}
	if !strings.HasPrefix(name, "arn:") {
		name = at.arn("lambda", "layer:"+name)
	}
	return []string{name + ":" + version}, nil
}

// lambdaKeys adds the condition keys of a request to Lambda, and what it asks for beside its own action.
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-api-permissions-ref.html
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html#awslambda-policy-keys
func (q *Request) lambdaKeys(at Place) error {
	p := q.Parameters
	if qualifier := p.Text("Qualifier"); qualifier != "" && q.Operation == "Invoke" || q.Operation == "InvokeWithResponseStream" {
		for i := range q.Asks {
			if qualifier != "" {
				q.Asks[i].Resource = withQualifier(q.Asks[i].Resource, qualifier)
			}
		}
	}
	if name := p.Text("FunctionName"); name != "" && strings.HasSuffix(q.Operation, "EventSourceMapping") {
		if !strings.HasPrefix(name, "arn:") {
			name = q.functionOf(name, at)
		}
		q.key("lambda:FunctionArn", name)
	}
	q.keys(map[string]string{"CodeSigningConfigArn": "lambda:CodeSigningConfigArn", "AuthType": "lambda:FunctionUrlAuthType", "FunctionUrlAuthType": "lambda:FunctionUrlAuthType",
		"Principal": "lambda:Principal", "EventSourceToken": "lambda:EventSourceToken", "Layers": "lambda:Layer", "VpcConfig.SubnetIds": "lambda:SubnetIds",
		"VpcConfig.SecurityGroupIds": "lambda:SecurityGroupIds"})
	for _, layer := range p.At("Layers") { // https://docs.aws.amazon.com/lambda/latest/dg/permissions-user-function.html
		if !fits("lambda", []string{"layerVersion"}, layer) {
			return malformed("found layer %q, expected the ARN of a version of one", layer)
		}
		q.ask("GetLayerVersion", layer, nil)
	}
	for _, front := range []string{"", "Code.", "Content."} { // Lambda reads the code for the caller
		if bucket, key := p.At(front+"S3Bucket"), p.At(front+"S3Key"); len(bucket) == 1 && len(key) == 1 {
			action, context := "s3:GetObject", map[string][]string{}
			if version := p.At(front + "S3ObjectVersion"); len(version) == 1 {
				action, context["s3:VersionId"] = "s3:GetObjectVersion", version
			}
			q.Asks = append(q.Asks, Ask{Action: action, Resource: "arn:" + at.Partition + ":s3:::" + bucket[0] + "/" + key[0], Context: context, Through: "lambda"})
		}
	}
	q.passRole("Role", "lambda.amazonaws.com")
	return nil
}
