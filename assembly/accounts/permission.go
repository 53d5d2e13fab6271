package accounts

import (
	"fmt"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// permissions writes the policies of functions, which templates have statement by statement.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-permission.html
func (a *Accounts) permissions() {
	statements := map[*Resource][]any{}
	var order []*Resource
	for _, r := range a.assembly.OfType("AWS::Lambda::Permission") {
		arn := functionARN(r, text(r.Properties["FunctionName"]))
		g, ok := a.ResourceOf(arn)
		if !ok {
			continue // a function that no template has
		}
		if statements[g] == nil {
			order = append(order, g)
		}
		statements[g] = append(statements[g], a.permission(r, arn))
	}
	for _, g := range order {
		g.Policy = a.document(g.Resource, "", map[string]any{"Version": "2012-10-17", "Statement": statements[g]}, "the policy of "+DisplayName(g.Resource))
	}
}

// permission is what Lambda makes of one permission.
func (a *Accounts) permission(r *assembly.Resource, arn string) map[string]any {
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
	if r.Conditional != "" {
		add(undecided, policy.Unresolved(r.Conditional), "true")
	}
	return map[string]any{"Sid": r.LogicalID, "Effect": "Allow", "Principal": invoker(text(r.Properties["Principal"])), "Action": r.Properties["Action"],
		"Resource": arn, "Condition": conditions}
}

// invoker is a principal as a policy writes it.
func invoker(name string) any {
	switch {
	case name == "*":
		return name
	case strings.Contains(name, ".amazonaws.com") || strings.Contains(name, ".alexa.com"):
		return map[string]any{"Service": name}
	}
	return map[string]any{"AWS": name}
}

// functionARN is the ARN of a function that is named by ARN, part of one, or name, perhaps with a version.
func functionARN(r *assembly.Resource, name string) string {
	if strings.HasPrefix(name, "arn:") {
		return name
	}
	if _, after, ok := strings.Cut(name, ":function:"); ok {
		name = after
	}
	return fmt.Sprintf("arn:%s:lambda:%s:%s:function:%s", r.Stack.Partition, r.Stack.Region, r.Stack.Account, name)
}
