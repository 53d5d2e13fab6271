package crossaccount

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/contract"
)

// half is one account's half of a grant while it is written.
type half struct {
	*elsewhere
	node  constructs.Construct
	in    awscdk.Stack
	place contract.Env
	// writtenByHand says that what cannot be written from here is there already.
	writtenByHand bool
	// closed are the services whose endpoints the half has closed to everything but what it lets pass.
	closed   []string
	problems []error
	later    []func() []string
}

// needs records that a policy, which cannot be written from here, has to have a statement.
func (h *half) needs(policy string, statement awsiam.PolicyStatement) {
	written := h.write(statement)
	if h.writtenByHand {
		awscdk.Annotations_Of(h.node).AddWarningV2(jsii.String("crossgrant:writtenByHand:"+policy),
			jsii.String(fmt.Sprintf("%s is not written by this app. It has to have: %s", policy, written)), nil)
		return
	}
	h.problem("found %s: it cannot be written from here. Add to it, then set StatementsAddedManually: %s", policy, written)
}

// problem records what keeps the half from being written.
func (h *half) problem(format string, arguments ...any) {
	h.problems = append(h.problems, fmt.Errorf(format, arguments...))
}

// check has something checked at synthesis, when the user has added everything.
func (h *half) check(problems func() []string) { h.later = append(h.later, problems) }

// finish returns everything that was wrong, or has the checks made at synthesis.
func (h *half) finish() error {
	if err := errors.Join(h.problems...); err != nil {
		return err
	}
	if len(h.later) > 0 {
		h.node.Node().AddValidation(&checks{h.later})
	}
	return nil
}

// checks are what CDK asks for at synthesis: one of them for each half, since each takes a call back from CDK.
type checks struct{ all []func() []string }

// Validate returns everything that is wrong.
func (c *checks) Validate() *[]*string {
	problems := []*string{}
	for _, check := range c.all {
		for _, problem := range check() {
			problems = append(problems, jsii.String(problem))
		}
	}
	return &problems
}

// write returns a statement as it stands in a policy, in the order in which people write one.
func (h *half) write(statement awsiam.PolicyStatement) string {
	parts, _ := h.plain(h.stack.Resolve(statement.ToStatementJson())).(map[string]any)
	var all []string
	for _, key := range []string{"Sid", "Effect", "Principal", "Action", "Resource", "Condition"} {
		if value, ok := parts[key]; ok {
			text, _ := json.Marshal(value) // came from JSON
			all = append(all, fmt.Sprintf("%q:%s", key, text))
		}
	}
	return "{" + strings.Join(all, ",") + "}"
}
