package proof

import (
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
)

// ruleWires: EventBridge sends what a rule matches to its targets, and what it cannot send to their dead-letter queues.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
func (w *world) ruleWires(r *assembly.Resource) []wire {
	const service = "events.amazonaws.com"
	var all []wire
	for _, item := range items(r.Properties["Targets"]) {
		target, _ := item.(map[string]any)
		on := word(target["Arn"])
		switch part(on, 2) {
		case "sqs":
			all = append(all, w.byService(r, service, "sqs:SendMessage", on, onBehalf(r, r.ARN))...)
		case "sns":
			all = append(all, w.byService(r, service, "sns:Publish", on, onBehalf(r, r.ARN))...)
		case "lambda":
			all = append(all, w.byService(r, service, "lambda:InvokeFunction", on, onBehalf(r, r.ARN))...)
		case "events":
			all = append(all, w.toBus(r, word(target["RoleArn"]), on)...)
		}
		letters, _ := target["DeadLetterConfig"].(map[string]any)
		if queue := word(letters["Arn"]); queue != "" {
			all = append(all, w.byService(r, service, "sqs:SendMessage", queue, onBehalf(r, r.ARN))...)
		}
	}
	return all
}

// toBus: EventBridge assumes the target's role, and puts the event on the bus as that.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cross-account.html
func (w *world) toBus(r *assembly.Resource, role, bus string) []wire {
	if role == "" {
		return w.byService(r, "events.amazonaws.com", "events:PutEvents", bus, onBehalf(r, r.ARN))
	}
	all := []wire{{from: r, foreign: true, Access: Access{
		Caller: "events.amazonaws.com", Action: "sts:AssumeRole", Resource: role, Owner: account(role), Context: onBehalf(r, r.ARN),
	}}}
	for _, put := range w.byRole(r, role, bus, "events:PutEvents") {
		pattern, _ := r.Properties["EventPattern"].(map[string]any)
		put.foreign = true
		put.Context = map[string][]string{}
		for key, values := range map[string]any{"events:source": pattern["source"], "events:detail-type": pattern["detail-type"]} {
			if all := items(values); len(all) > 0 {
				put.Context[key] = []string{word(all[0])}
			}
		}
		all = append(all, put)
	}
	return all
}

// policyWires: a policy of its own is for what it permits, by each role that has it, from where something runs as that.
func (w *world) policyWires(r *assembly.Resource) []wire {
	var all []wire
	for _, use := range w.uses(r) {
		for _, resource := range use.resources {
			for _, action := range use.actions {
				a := Access{Caller: use.role, Action: action, Resource: fill(resource), Owner: account(use.role), Context: use.context, declared: resource}
				if owner, ok := w.accounts.ResourceOf(a.Resource); ok {
					a.Owner = owner.Stack.Account
				} else if resource == "*" {
					a.Resource, a.imagined = resource, true // such actions know no resource
				}
				if via := use.context["kms:ViaService"]; len(via) > 0 {
					a.Through, _, _ = strings.Cut(via[0], ".")
				}
				at := w.workloads(use.role)
				if len(at) == 0 {
					all = append(all, wire{from: r, Access: a})
				}
				for _, workload := range at {
					a.From = workload
					all = append(all, wire{from: r, Access: a})
				}
			}
		}
	}
	return all
}
