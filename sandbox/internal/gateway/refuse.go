package gateway

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/crossgrant/crossgrant/deployment"
	"github.com/crossgrant/crossgrant/sandbox/internal/gateway/internal/reply"
	"github.com/crossgrant/crossgrant/sandbox/internal/gateway/internal/rollback"
)

// The statuses of stacks whose deployment was refused.
const (
	rolledBack       = string(types.StackStatusRollbackComplete)
	updateRolledBack = string(types.StackStatusUpdateRollbackComplete)
	deleteFailed     = string(types.StackStatusDeleteFailed)
)

// refuse answers as if CloudFormation had begun to deploy, and notes how that ended.
func (g *Gateway) refuse(w http.ResponseWriter, r *http.Request, c *call, stack *types.Stack, why *refusals) error {
	name, id := c.set.change.Stack, c.set.stackID
	if c.Operation == "CreateStack" {
		// The local AWS has to have the stack: a change set that nobody executes makes one without resources.
		made, err := cloudformation.NewFromConfig(g.asOwner(c.place())).CreateChangeSet(r.Context(), &cloudformation.CreateChangeSetInput{
			StackName: aws.String(name), ChangeSetName: aws.String("refused"), ChangeSetType: types.ChangeSetTypeCreate, TemplateBody: aws.String(c.set.change.Template)})
		if err != nil {
			return fmt.Errorf("note that stack %s was refused: %w", name, err)
		}
		id = aws.ToString(made.StackId)
		c.set.stackID, c.set.executed = id, true
		g.deployments.mutex.Lock()
		g.deployments.sets = append(g.deployments.sets, *c.set)
		g.deployments.mutex.Unlock()
	}
	creates := c.Operation == "CreateStack" || stack != nil && stack.StackStatus == types.StackStatusReviewInProgress
	events, status := story(name, id, c.Operation, creates, stack, why)
	reason := why.stack
	if reason == "" {
		reason = events[len(events)-1].Reason
	}
	g.deployments.refused.Refuse(id, name, status, reason, events)
	g.deployments.mutex.Lock()
	g.deployments.executed(c.set)
	g.deployments.mutex.Unlock()
	content := ""
	if c.Operation == "CreateStack" || c.Operation == "UpdateStack" {
		content = reply.Element("StackId", id)
	}
	reply.XML(w, cloudFormationNamespace, c.Operation, content)
	return nil
}

// story are the events of a deployment that is refused, in their order, and the status of the stack behind it. "" for the one that it had.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
func story(name, id, operation string, creates bool, stack *types.Stack, why *refusals) (events []rollback.Event, status string) {
	of := func(status, reason string) {
		events = append(events, rollback.Event{LogicalID: name, PhysicalID: id, Type: "AWS::CloudFormation::Stack", Status: status, Reason: reason})
	}
	begins, rolls, summary, ended := "UPDATE", "UPDATE_ROLLBACK", "The following resource(s) failed to update: ", updateRolledBack
	switch {
	case operation == "DeleteStack":
		begins, rolls, summary, ended = "DELETE", "", "The following resource(s) failed to delete: ", deleteFailed
	case creates:
		begins, rolls, summary, ended = "CREATE", "ROLLBACK", "The following resource(s) failed to create: ", rolledBack
	}
	if why.stack != "" && operation == "DeleteStack" {
		of(string(stack.StackStatus), why.stack)
		return events, ""
	}
	of(begins+"_IN_PROGRESS", "User Initiated")
	var names []string
	for _, one := range why.resources {
		names = append(names, one.LogicalID)
		done := map[deployment.Effect]string{deployment.Added: "CREATE_FAILED", deployment.Removed: "DELETE_FAILED"}[one.Effect]
		if done == "" {
			done = "UPDATE_FAILED"
		}
		events = append(events, rollback.Event{LogicalID: one.LogicalID, Type: one.Type, Status: done, Reason: one.Reason})
	}
	summary += "[" + strings.Join(names, ", ") + "]. "
	if why.stack != "" {
		summary = why.stack
	}
	if rolls == "" {
		of(ended, summary)
		return events, ended
	}
	of(rolls+"_IN_PROGRESS", summary+"Rollback requested by user.")
	of(ended, "")
	return events, ended
}
