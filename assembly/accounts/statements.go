package accounts

import (
	"encoding/json"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// Resource policies that templates define by one resource for each statement: those of Lambda functions and of event buses.

// statementsOf are the statements of resources, in the order of the assembly.
type statementsOf struct {
	order []*Resource
	all   map[*Resource][]any
	by    map[*Resource][]*assembly.Resource
}

func (s *statementsOf) add(r *Resource, by *assembly.Resource, statement any) {
	if s.all == nil {
		s.all, s.by = map[*Resource][]any{}, map[*Resource][]*assembly.Resource{}
	}
	s.by[r] = append(s.by[r], by)
	if s.all[r] == nil {
		s.order = append(s.order, r)
	}
	s.all[r] = append(s.all[r], statement)
}

func (s *statementsOf) document(r *Resource) map[string]any {
	return map[string]any{"Version": "2012-10-17", "Statement": s.all[r]}
}

// readPermissions sets the policies of functions.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-permission.html
func (a *Accounts) readPermissions() {
	var statements statementsOf
	for _, r := range a.assembly.OfType("AWS::Lambda::Permission") {
		function := functionARN(r, text(r.Properties["FunctionName"]))
		if resource, ok := a.ResourceOf(function); ok { // else no template defines it
			if own := assembly.Listed(dig(resource.Properties, "Policy", "Statement")); statements.all[resource] == nil { // those that facts have
				for _, one := range own {
					statements.add(resource, nil, one)
				}
			}
			statements.add(resource, r, permissionStatement(r, function))
			a.parts[resource.Resource] = append(a.parts[resource.Resource], r)
		}
	}
	for _, r := range statements.order {
		r.Policy = a.document(r.Resource, "", statements.document(r), "the policy of "+DisplayName(r.Resource))
		a.places[r.Policy] = Place{Resource: r.Resource, Each: statements.by[r]}
	}
}

// permissionStatement returns the statement that Lambda makes of a permission.
func permissionStatement(r *assembly.Resource, function string) map[string]any {
	conditions := map[string]map[string]any{}
	add := func(operator, key string, value any) {
		if value == nil {
			return
		}
		if conditions[operator] == nil {
			conditions[operator] = map[string]any{}
		}
		conditions[operator][key] = value
	}
	add("ArnLike", "aws:SourceArn", r.Properties["SourceArn"])
	add("StringEquals", "aws:SourceAccount", r.Properties["SourceAccount"])
	add("StringEquals", "aws:PrincipalOrgID", r.Properties["PrincipalOrgID"])
	add("StringEquals", "lambda:FunctionUrlAuthType", r.Properties["FunctionUrlAuthType"])
	add("StringEquals", "lambda:EventSourceToken", r.Properties["EventSourceToken"])
	add("Bool", "lambda:InvokedViaFunctionUrl", r.Properties["InvokedViaFunctionUrl"]) // https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
	if r.Conditional != "" {
		add(unknownOperator, policy.Unresolved(r.Conditional), "true")
	}
	return map[string]any{"Sid": r.LogicalID, "Effect": "Allow", "Principal": principalElement(text(r.Properties["Principal"])),
		"Action": r.Properties["Action"], "Resource": function, "Condition": conditions}
}

// functionARN returns the ARN of a function that is named by its ARN, a partial ARN or its name, perhaps with a version.
func functionARN(r *assembly.Resource, name string) string {
	if strings.HasPrefix(name, "arn:") {
		return name
	}
	if _, after, ok := strings.Cut(name, ":function:"); ok {
		name = after
	}
	return arnOf(r, "lambda", "function:"+name)
}

// readLayerPermissions sets the policies of layers.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-layerversionpermission.html
func (a *Accounts) readLayerPermissions() {
	var statements statementsOf
	for _, r := range a.assembly.OfType("AWS::Lambda::LayerVersionPermission") {
		layer := text(r.Properties["LayerVersionArn"])
		if resource := a.resources[layer]; resource != nil { // else no template defines it
			one := map[string]any{"Sid": r.LogicalID, "Effect": "Allow", "Principal": principalElement(text(r.Properties["Principal"])), "Action": r.Properties["Action"], "Resource": layer}
			if organization := r.Properties["OrganizationId"]; organization != nil {
				one["Condition"] = map[string]any{"StringEquals": map[string]any{"aws:PrincipalOrgID": organization}}
			}
			if r.Conditional != "" {
				one = statementWithUnknownCondition(one, r.Conditional)
			}
			statements.add(resource, r, one)
			a.parts[resource.Resource] = append(a.parts[resource.Resource], r)
		}
	}
	for _, r := range statements.order {
		r.Policy = a.document(r.Resource, "", statements.document(r), "the policy of "+DisplayName(r.Resource))
		a.places[r.Policy] = Place{Resource: r.Resource, Each: statements.by[r]}
	}
}

// readFunctionPolicies sets the policies of functions, and of their versions and aliases, that are written as a whole.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-resourcepolicy.html
func (a *Accounts) readFunctionPolicies() {
	for _, r := range a.assembly.OfType("AWS::Lambda::ResourcePolicy") {
		resource, ok := a.ResourceOf(text(r.Properties["ResourceArn"]))
		if !ok { // no template defines it
			continue
		}
		a.parts[resource.Resource] = append(a.parts[resource.Resource], r)
		if resource.Policy != nil {
			a.note(r, "PolicyDocument", "other resources define the policy of "+DisplayName(resource.Resource)+", too. Which of them Lambda keeps depends on the order of deployment, so the policy is unknown")
			resource.Policy = UnknownPolicy("the policy of " + DisplayName(resource.Resource))
			continue
		}
		resource.Policy = a.document(r, "PolicyDocument", fromText(r.Properties["PolicyDocument"]), "the policy of "+DisplayName(resource.Resource), "PolicyDocument")
	}
}

// fromText is a policy that a template has as text or as an object.
func fromText(value any) any {
	text, ok := value.(string)
	if !ok {
		return value
	}
	var object map[string]any
	if json.Unmarshal([]byte(strings.ReplaceAll(text, "\x00", `\u0000`)), &object) != nil {
		return value // which reading it says
	}
	return object
}

// readLogPolicies adds the policies of CloudWatch Logs, each of which is for the log groups of an account that its statements name, to those of log groups.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-logs-resourcepolicy.html
func (a *Accounts) readLogPolicies() {
	all := a.assembly.OfType("AWS::Logs::ResourcePolicy")
	for _, group := range a.assembly.OfType("AWS::Logs::LogGroup") {
		resource := a.resources[group.ARN]
		if resource == nil {
			continue
		}
		var statements []any
		add := func(r *assembly.Resource, value any) (ok bool) {
			if value == nil {
				return true
			}
			value = fromText(value)
			if r.Conditional != "" {
				value = withUnknownCondition(value, r.Conditional)
			}
			document, ok := value.(map[string]any)
			if ok {
				statements = append(statements, assembly.Listed(document["Statement"])...)
			}
			return ok
		}
		known := add(group, group.Properties["ResourcePolicyDocument"])
		for _, r := range all {
			if r.Stack.Account == group.Stack.Account && r.Stack.Region == group.Stack.Region {
				known = add(r, r.Properties["PolicyDocument"]) && known
				a.parts[group] = append(a.parts[group], r)
			}
		}
		name := "the policy of " + DisplayName(group)
		switch {
		case !known:
			resource.Policy = UnknownPolicy(name)
		case len(statements) > 0:
			resource.Policy = a.document(group, "", map[string]any{"Version": "2012-10-17", "Statement": statements}, name)
		}
	}
}

// readEventBusPolicies sets the policies of event buses.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-eventbuspolicy.html
func (a *Accounts) readEventBusPolicies() {
	var statements statementsOf
	for _, r := range a.assembly.OfType("AWS::Events::EventBusPolicy") {
		bus := eventBusARN(r, text(r.Properties["EventBusName"]))
		if resource := a.resources[bus]; resource != nil { // else no template defines it
			statements.add(resource, r, eventBusStatement(r, bus))
			a.parts[resource.Resource] = append(a.parts[resource.Resource], r)
		}
	}
	for _, r := range statements.order {
		if r.Policy != nil {
			a.note(r.Resource, "Policy", "other resources define statements of the policy, too. Which of them AWS keeps depends on the order of deployment, so the policy is unknown")
			r.Policy = UnknownPolicy("the policy of " + DisplayName(r.Resource))
			continue
		}
		r.Policy = a.document(r.Resource, "", statements.document(r), "the policy of "+DisplayName(r.Resource))
		a.places[r.Policy] = Place{Resource: r.Resource, Each: statements.by[r]}
	}
}

// eventBusStatement returns the statement of an event bus policy: as it is written, or made of its older properties.
func eventBusStatement(r *assembly.Resource, bus string) any {
	statement, ok := r.Properties["Statement"].(map[string]any)
	if !ok {
		statement = map[string]any{"Sid": text(r.Properties["StatementId"]), "Effect": "Allow", "Action": r.Properties["Action"],
			"Principal": principalElement(text(r.Properties["Principal"])), "Resource": bus}
		if condition, ok := r.Properties["Condition"].(map[string]any); ok {
			statement["Condition"] = map[string]any{text(condition["Type"]): map[string]any{text(condition["Key"]): condition["Value"]}}
		}
	}
	if r.Conditional != "" {
		return statementWithUnknownCondition(statement, r.Conditional)
	}
	return statement
}

// eventBusARN returns the ARN of a bus that is named by its ARN or its name; without a name it is the default bus of the account.
func eventBusARN(r *assembly.Resource, name string) string {
	switch {
	case strings.HasPrefix(name, "arn:"):
		return name
	case name == "":
		name = "default"
	}
	return arnOf(r, "events", "event-bus/"+name)
}

// principalElement returns a principal as the Principal element of a policy has it.
func principalElement(name string) any {
	switch {
	case name == "*":
		return name
	case strings.Contains(name, ".amazonaws.com") || strings.HasPrefix(name, "alexa-"): // such as alexa-appkit.amazon.com
		return map[string]any{"Service": name}
	}
	return map[string]any{"AWS": name}
}
