package accounts

import (
	"fmt"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// eventBuses writes the policies of event buses, which templates have statement by statement.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-eventbuspolicy.html
func (a *Accounts) eventBuses() {
	statements := map[*Resource][]any{}
	var order []*Resource
	for _, r := range a.assembly.OfType("AWS::Events::EventBusPolicy") {
		arn := busARN(r, text(r.Properties["EventBusName"]))
		g := a.guarded[arn]
		if g == nil {
			continue // a bus that no template has
		}
		if statements[g] == nil {
			order = append(order, g)
		}
		statements[g] = append(statements[g], a.busStatement(r, arn))
	}
	for _, g := range order {
		if g.Policy != nil {
			a.note(g.Resource, "Policy", "there are statements of its policy elsewhere, too, and which of them AWS keeps depends on the order of deployment, so neither is relied on")
			g.Policy = UnknownPolicy("the policy of " + DisplayName(g.Resource))
			continue
		}
		g.Policy = a.document(g.Resource, "", map[string]any{"Version": "2012-10-17", "Statement": statements[g]}, "the policy of "+DisplayName(g.Resource))
	}
}

// busStatement is the one statement of a policy: as it is, or as its older properties make it.
func (a *Accounts) busStatement(r *assembly.Resource, bus string) any {
	statement, ok := r.Properties["Statement"].(map[string]any)
	if !ok {
		statement = map[string]any{"Sid": text(r.Properties["StatementId"]), "Effect": "Allow", "Action": r.Properties["Action"],
			"Principal": invoker(text(r.Properties["Principal"])), "Resource": bus}
		if condition, ok := r.Properties["Condition"].(map[string]any); ok {
			statement["Condition"] = map[string]any{text(condition["Type"]): map[string]any{text(condition["Key"]): condition["Value"]}}
		}
	}
	if r.Conditional != "" {
		conditions := map[string]any{undecided: map[string]any{policy.Unresolved(r.Conditional): "true"}}
		if has, ok := statement["Condition"].(map[string]any); ok {
			for operator, keys := range has {
				conditions[operator] = keys
			}
		}
		statement = with(statement, "Condition", conditions)
	}
	return statement
}

// busARN is the ARN of a bus that is named by ARN or name; without a name it is the account's default bus.
func busARN(r *assembly.Resource, name string) string {
	if len(name) > 4 && name[:4] == "arn:" {
		return name
	}
	if name == "" {
		name = "default"
	}
	return fmt.Sprintf("arn:%s:events:%s:%s:event-bus/%s", r.Stack.Partition, r.Stack.Region, r.Stack.Account, name)
}
