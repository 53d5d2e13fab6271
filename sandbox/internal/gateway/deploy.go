package gateway

import (
	"bytes"
	"cmp"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/smithy-go"

	"github.com/crossgrant/crossgrant/deployment"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof"
	"github.com/crossgrant/crossgrant/sandbox/internal/gateway/internal/admission"
	"github.com/crossgrant/crossgrant/sandbox/internal/gateway/internal/deployed"
	"github.com/crossgrant/crossgrant/sandbox/internal/gateway/internal/reply"
	"github.com/crossgrant/crossgrant/sandbox/internal/gateway/internal/rollback"
)

// deployments are what CloudFormation was asked for and the local AWS does not say again.
type deployments struct {
	one      sync.Mutex // lets one deployment after the other be judged and made
	refused  rollback.Stacks
	mutex    sync.Mutex
	sets     []changeSet
	roles    map[string]string // the roles that stacks were deployed with, by their IDs
	accounts map[string]bool   // those that the sandbox has
}

// changeSet is a change set, or what another request wants to be deployed.
type changeSet struct {
	id, name, stackID string
	role              string
	change            deployed.Change
	executed          bool
}

const cloudFormationNamespace = "http://cloudformation.amazonaws.com/doc/2010-05-15/"

// serveCloudFormation answers a request to CloudFormation that is permitted. A deployment that AWS would refuse is not passed on: what is deployed stays, and the
// answers about the stack say that it was rolled back.
func (g *Gateway) serveCloudFormation(w http.ResponseWriter, r *http.Request, c *call, pass func()) error {
	d := &g.deployments
	if name := c.Parameters.Text("ChangeSetName"); name != "" && c.Operation != "CreateChangeSet" {
		c.set = d.find(c, name)
		switch {
		case c.set != nil: // change sets of several stacks may have one name, which the local AWS mixes up
			c.replace(r, "ChangeSetName", c.set.id)
		case c.Operation == "DeleteChangeSet": // as if it had been there
			reply.XML(w, cloudFormationNamespace, c.Operation, "")
			return nil
		default:
			return fmt.Errorf("ChangeSet [%s]: %w", name, reply.ErrNoChangeSet)
		}
	}
	if c.Operation == "GetTemplateSummary" {
		if text := d.rolledBackTemplate(c); text != "" { // of a stack that the local AWS takes to be under review
			c.replace(r, "StackName", "")
			c.replace(r, "TemplateBody", text)
		}
	}
	if c.Operation != "CreateChangeSet" && !deploys[c.Operation] {
		pass()
		return nil
	}
	d.one.Lock()
	defer d.one.Unlock()
	stack, err := g.describe(r.Context(), c)
	if err != nil {
		return err
	}
	if c.Operation == "CreateChangeSet" || c.Operation == "CreateStack" || c.Operation == "UpdateStack" {
		if err := g.changing(r.Context(), c, stack); err != nil {
			return err
		}
	}
	switch c.Operation {
	case "CreateChangeSet":
		pass()
		return nil
	case "CreateStack":
		if stack != nil {
			pass() // the local AWS says that it exists
			return nil
		}
	case "UpdateStack":
		if stack == nil {
			pass() // the local AWS says that it does not exist
			return nil
		}
	case "ExecuteChangeSet":
		if c.set == nil {
			return reply.Invalid("1 validation error detected: Value null at 'changeSetName' failed to satisfy constraint: Member must not be null")
		}
		if c.set.executed {
			return reply.Invalid("ChangeSet [%s] cannot be executed in its current status of [EXECUTE_COMPLETE]", c.set.id)
		}
	case "DeleteStack":
		if stack == nil {
			pass()
			return nil
		}
		c.set = &changeSet{stackID: aws.ToString(stack.StackId), role: c.Parameters.Text("RoleARN"), change: deployed.Change{Place: c.place(), Stack: aws.ToString(stack.StackName)}}
	}
	if c.Operation == "UpdateStack" || c.Operation == "DeleteStack" {
		if c.set.role == "" {
			c.set.role = d.roleOf(aws.ToString(stack.StackId))
		}
	}
	refused, err := g.judge(r.Context(), c, stack)
	if err != nil {
		return err
	}
	if refused == nil {
		pass()
		return nil
	}
	return g.refuse(w, r, c, stack, refused)
}

// find is the change set that a request names. Nil for one that is not known.
func (d *deployments) find(c *call, name string) *changeSet {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	stack := c.Parameters.Text("StackName")
	for i := len(d.sets) - 1; i >= 0; i-- {
		one := d.sets[i]
		if one.change.Place == c.place() && (one.id == name || one.name == name && (one.stackID == stack || one.change.Stack == stack)) {
			return &one
		}
	}
	return nil
}

// roleOf is the role that a stack was deployed with. "" for none.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-iam-servicerole.html
func (d *deployments) roleOf(stackID string) string {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	return d.roles[stackID]
}

// rolledBackTemplate is the template of a stack that was rolled back when it was created. "" for any other.
func (d *deployments) rolledBackTemplate(c *call) string {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	name := c.Parameters.Text("StackName")
	for _, one := range slices.Backward(d.sets) {
		if one.executed && one.change.Place == c.place() && (one.change.Stack == name || one.stackID == name) && d.refused.Status(one.stackID) == rolledBack {
			return one.change.Template
		}
	}
	return ""
}

// replace sets a parameter of a request in a form. "" removes it.
func (c *call) replace(r *http.Request, name, value string) {
	form, err := url.ParseQuery(string(c.text))
	if err != nil || len(form) == 0 { // those of a query stay
		return
	}
	if form.Set(name, value); value == "" {
		form.Del(name)
	}
	c.text = []byte(form.Encode())
	c.body = &watched{Reader: bytes.NewReader(c.text)}
	r.ContentLength = int64(len(c.text))
	r.Header.Set("Content-Length", strconv.Itoa(len(c.text)))
}

// describe is the stack that a request is about, as the local AWS has it. Nil for none.
func (g *Gateway) describe(ctx context.Context, c *call) (*types.Stack, error) {
	name := c.Parameters.Text("StackName")
	if c.set != nil {
		name = c.set.stackID
	}
	if name == "" {
		return nil, reply.Invalid("1 validation error detected: Value null at 'stackName' failed to satisfy constraint: Member must not be null")
	}
	got, err := cloudformation.NewFromConfig(g.asOwner(c.place())).DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: aws.String(name)})
	if refused := smithy.APIError(nil); errors.As(err, &refused) {
		return nil, nil
	} else if err != nil {
		return nil, fmt.Errorf("describe stack %s: %w", name, err)
	}
	if len(got.Stacks) == 0 || got.Stacks[0].StackStatus == types.StackStatusDeleteComplete {
		return nil, nil
	}
	return &got.Stacks[0], nil
}

// changing reads what a request wants to be deployed, and refuses what CloudFormation refuses at once.
func (g *Gateway) changing(ctx context.Context, c *call, stack *types.Stack) error {
	p := c.Parameters
	creates := c.Operation == "CreateStack" || c.Operation == "CreateChangeSet" && p.Text("ChangeSetType") == "CREATE"
	name := p.Text("StackName")
	if stack != nil {
		name = aws.ToString(stack.StackName)
		id := aws.ToString(stack.StackId)
		switch failed := g.deployments.refused.Status(id) == rolledBack; {
		case failed && creates && c.Operation == "CreateChangeSet":
			return reply.Invalid("Stack [%s] already exists and cannot be created again with the changeSet [%s].", name, p.Text("ChangeSetName"))
		case failed && !creates:
			return reply.Invalid("Stack:%s is in ROLLBACK_COMPLETE state and can not be updated.", id)
		}
	}
	set := &changeSet{name: p.Text("ChangeSetName"), role: p.Text("RoleARN"), change: deployed.Change{Place: c.place(), Stack: name, Parameters: map[string]string{}}}
	if stack != nil {
		set.stackID = aws.ToString(stack.StackId)
	}
	for i := 1; ; i++ {
		front := "Parameters.member." + strconv.Itoa(i) + "."
		key := p.Text(front + "ParameterKey")
		if key == "" {
			break
		}
		if strings.EqualFold(p.Text(front+"UsePreviousValue"), "true") {
			set.change.Previous = append(set.change.Previous, key)
		} else {
			set.change.Parameters[key] = p.Text(front + "ParameterValue")
		}
	}
	switch body, from := p.Text("TemplateBody"), p.Text("TemplateURL"); {
	case body != "":
		set.change.Template = body
	case from != "":
		text, err := g.templateAt(ctx, c, from)
		if err != nil {
			return err
		}
		set.change.Template = text
	case stack != nil:
		got, err := cloudformation.NewFromConfig(g.asOwner(c.place())).GetTemplate(ctx, &cloudformation.GetTemplateInput{StackName: stack.StackId})
		if err != nil {
			return fmt.Errorf("read the template of stack %s: %w", name, err)
		}
		set.change.Template = aws.ToString(got.TemplateBody)
	}
	if set.role != "" {
		chain := g.stacks.Now().Decide(proof.Access{Caller: "cloudformation.amazonaws.com", Made: true, Assumes: &proof.Assume{Role: set.role}})
		if err := outcome(chain); err != nil {
			return reply.Invalid("Role %s is invalid or cannot be assumed (%v)", set.role, err)
		}
	}
	c.set = set
	return nil
}

// templateAt is the template at a URL of S3, as the local AWS reads it.
func (g *Gateway) templateAt(ctx context.Context, c *call, from string) (string, error) {
	u, err := url.Parse(from)
	if err != nil {
		return "", reply.Invalid("TemplateURL must be a supported URL.")
	}
	path := strings.TrimPrefix(u.Path, "/")
	if host := u.Hostname(); host != "localhost" && !strings.HasPrefix(host, "s3.") && !strings.HasPrefix(host, "s3-") {
		bucket, _, _ := strings.Cut(host, ".")
		path = bucket + "/" + path
	}
	response, err := g.ask(ctx, c, http.MethodGet, path, "")
	if err != nil {
		return "", fmt.Errorf("read the template at %s: %w", from, err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxTemplate+1))
	switch {
	case err != nil:
		return "", fmt.Errorf("read the template at %s: %w", from, err)
	case response.StatusCode != http.StatusOK:
		return "", reply.Invalid("S3 error: found status %d for the template at %s, expected one that is there", response.StatusCode, from)
	case len(text) > maxTemplate:
		return "", reply.Invalid("Template may not exceed %d bytes in size.", maxTemplate)
	}
	return string(text), nil
}

// maxTemplate is the largest template, in bytes.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
const maxTemplate = 1 << 20

// The statuses of stacks whose deployment was refused.
const (
	rolledBack       = string(types.StackStatusRollbackComplete)
	updateRolledBack = string(types.StackStatusUpdateRollbackComplete)
	deleteFailed     = string(types.StackStatusDeleteFailed)
)

// refusals are why a deployment is refused.
type refusals struct {
	resources []admission.Refusal
	stack     string // what CloudFormation says of the stack as a whole. "" if it says that resources failed
}

// judge says what of a deployment AWS refuses. Nil for nothing.
func (g *Gateway) judge(ctx context.Context, c *call, stack *types.Stack) (*refusals, error) {
	var p admission.Plan
	var err error
	deletes := c.Operation == "DeleteStack"
	if deletes {
		if p.Planned = g.stacks.PlanDelete(c.place(), c.set.change.Stack); p.Planned == nil {
			return nil, nil // nothing of it is there
		}
	} else if p.Planned, err = g.stacks.Plan(c.set.change); err != nil {
		return nil, reply.Invalid("Template format error: %v", err)
	}
	now := g.stacks.Now()
	if before := now.Stack(c.place(), c.set.change.Stack); before != nil {
		if why := p.InUse(before, now.Stacks()); why != "" {
			return &refusals{stack: why}, nil
		}
	}
	all := append(p.Unchangeable(), p.Permissions(c.deploysAs(), c.place().Account, now)...)
	if !deletes {
		some, err := p.Principals(func(principal string) (bool, error) { return g.isThere(ctx, c, now, principal) })
		if err != nil {
			return nil, err
		}
		all = append(append(all, some...), p.Limits()...)
	}
	var full []versions
	for _, one := range p.Emptied() {
		objects, err := g.objects(ctx, c, one.Before.Name)
		switch {
		case err != nil:
			return nil, err
		case len(objects.all()) == 0:
		case p.Empties(one.Before):
			full = append(full, objects)
		default:
			all = append(all, admission.NotEmpty(one))
		}
	}
	if len(all) == 0 {
		return nil, g.empty(ctx, c, full)
	}
	return &refusals{resources: p.First(all)}, nil
}

// deploysAs is an access of whom CloudFormation deploys as: the role of the stack, or the caller.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/access_forward_access_sessions.html
func (c *call) deploysAs() proof.Access {
	if c.set.role != "" {
		return proof.Access{Caller: c.set.role, Session: "AWSCloudFormation", Made: true, Region: c.region}
	}
	s := c.session
	access := proof.Access{Caller: s.Role, Session: s.Name, Administrator: s.Administrator, SessionPolicies: s.Policies, SessionOf: s.Role, Made: true, Region: c.region, Through: "cloudformation"}
	access.Context = sessionContext(s)
	access.Context["aws:ViaAWSService"], access.Context["aws:CalledVia"] = []string{"true"}, []string{"cloudformation.amazonaws.com"}
	return access
}

// managedPolicy notes that a request has made a managed policy, or removed one.
func (g *Gateway) managedPolicy(c *call, body []byte) error {
	if c.Operation == "DeletePolicy" {
		return g.stacks.SetPolicy(c.Parameters.Text("PolicyArn"), nil)
	}
	var answer struct {
		ARN string `xml:"CreatePolicyResult>Policy>Arn"`
	}
	if err := xml.Unmarshal(body, &answer); err != nil || answer.ARN == "" {
		return fmt.Errorf("read the answer to CreatePolicy: found no ARN: %w", err)
	}
	d, err := policy.Parse([]byte(c.Parameters.Text("PolicyDocument")))
	if err != nil {
		return fmt.Errorf("read policy %s: %w", answer.ARN, err)
	}
	return g.stacks.SetPolicy(answer.ARN, d)
}

// isThere says that a role or a user exists. Those of accounts that the sandbox does not have are taken to: nobody can tell.
func (g *Gateway) isThere(ctx context.Context, c *call, now *deployed.Now, principal string) (bool, error) {
	a, _ := arn.Parse(principal)
	g.deployments.mutex.Lock()
	ours := g.deployments.accounts[a.Account]
	g.deployments.mutex.Unlock()
	if !ours || principal == administratorOf(a.Account) || now.HasPrincipal(principal) {
		return true, nil
	}
	kind, path, _ := strings.Cut(a.Resource, "/")
	operation, parameter := "GetRole", "RoleName"
	if kind == "user" {
		operation, parameter = "GetUser", "UserName"
	}
	form := url.Values{"Action": {operation}, "Version": {"2010-05-08"}, parameter: {path[strings.LastIndexByte(path, '/')+1:]}}
	text, status, err := g.askForm(ctx, a.Account, c.region, "iam", form)
	if err != nil {
		return false, fmt.Errorf("ask whether %s exists: %w", principal, err)
	}
	return status == http.StatusOK && strings.Contains(text, "<Arn>"+principal+"</Arn>"), nil
}

// versions are the versions of objects in a bucket, as S3 lists them.
type versions struct {
	Name    string
	Version []struct{ Key, VersionId string }
	Marker  []struct{ Key, VersionId string } `xml:"DeleteMarker"`
}

func (v *versions) all() []struct{ Key, VersionId string } { return slices.Concat(v.Version, v.Marker) }

// objects are the first objects of a bucket, or versions of them.
func (g *Gateway) objects(ctx context.Context, c *call, bucket string) (v versions, err error) {
	response, err := g.ask(ctx, c, http.MethodGet, bucket, "versions")
	if err != nil {
		return v, fmt.Errorf("list bucket %s: %w", bucket, err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode == http.StatusOK && len(text) > 0 {
		err = xml.Unmarshal(text, &v)
	}
	v.Name = bucket
	return v, err
}

// empty deletes all objects of buckets, as a custom resource of the CDK does, which the local AWS does not run.
// https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.aws_s3.Bucket.html#autodeleteobjects
func (g *Gateway) empty(ctx context.Context, c *call, full []versions) error {
	for _, some := range full {
		for len(some.all()) > 0 {
			for _, one := range some.all() {
				response, err := g.ask(ctx, c, http.MethodDelete, some.Name+"/"+one.Key, url.Values{"versionId": {one.VersionId}}.Encode())
				if err != nil {
					return fmt.Errorf("empty bucket %s: %w", some.Name, err)
				}
				response.Body.Close()
				if response.StatusCode >= 300 {
					return fmt.Errorf("empty bucket %s: delete %s: the local AWS answers %s", some.Name, one.Key, response.Status)
				}
			}
			left, err := g.objects(ctx, c, some.Name)
			switch {
			case err != nil:
				return err
			case len(left.all()) > 0 && left.all()[0] == some.all()[0]:
				return fmt.Errorf("empty bucket %s: found %s still there, expected that the local AWS deletes it", some.Name, left.all()[0].Key)
			}
			some = left
		}
	}
	return nil
}

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

// deployedAs notes what an answer of CloudFormation says: that there is a change set, or that a stack is deployed.
func (d *deployments) deployedAs(c *call, body []byte) {
	var answer struct {
		Set struct {
			ID      string `xml:"Id"`
			StackID string `xml:"StackId"`
		} `xml:"CreateChangeSetResult"`
		StackID string `xml:"CreateStackResult>StackId"`
	}
	if c.set == nil || len(body) > 0 && xml.Unmarshal(body, &answer) != nil {
		return
	}
	d.mutex.Lock()
	defer d.mutex.Unlock()
	switch id := cmp.Or(answer.StackID, c.set.stackID); c.Operation {
	case "CreateChangeSet":
		c.set.id, c.set.stackID = answer.Set.ID, answer.Set.StackID
		d.sets = append(d.sets, *c.set)
		d.sets = d.sets[max(0, len(d.sets)-maxChangeSets):]
	case "DeleteChangeSet":
		d.sets = slices.DeleteFunc(d.sets, func(one changeSet) bool { return one.id == c.set.id })
	case "CreateStack", "UpdateStack", "ExecuteChangeSet":
		if d.roles == nil {
			d.roles = map[string]string{}
		}
		d.roles[id] = c.set.role
		d.executed(c.set)
		d.refused.Pass(id)
	case "DeleteStack":
		delete(d.roles, id)
		d.sets = slices.DeleteFunc(d.sets, func(one changeSet) bool { return one.stackID == id })
		d.refused.Pass(id)
	}
}

// executed notes that a change set is executed, whether it was refused or not.
func (d *deployments) executed(set *changeSet) {
	for i := range d.sets {
		if d.sets[i].id == set.id {
			d.sets[i].executed = true
		}
	}
}

// maxChangeSets limits the change sets. The oldest are forgotten.
const maxChangeSets = 1000

// askForm asks the local AWS for something of a service with forms.
func (g *Gateway) askForm(ctx context.Context, account, region, service string, form url.Values) (text string, status int, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, g.backend.String(), strings.NewReader(form.Encode()))
	if err != nil {
		return "", 0, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Authorization", unsigned(ownKey, time.Now(), region, service))
	r.Header.Set("X-Moto-Account-Id", account)
	response, err := g.transport.RoundTrip(r)
	if err != nil {
		return "", 0, err
	}
	defer response.Body.Close()
	all, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	return string(all), response.StatusCode, err
}

// answeredCloudFormation reads the stacks again before an answer says that they are deployed, and adds to an answer what was refused.
func (g *Gateway) answeredCloudFormation(response *http.Response, c *call) error {
	tells := rollback.Tells(c.Operation)
	if response.StatusCode == http.StatusOK && (tells || strings.HasSuffix(c.Operation, "ChangeSet") || deploys[c.Operation]) {
		body, err := text(response)
		switch {
		case err != nil:
			return err
		case tells:
			setText(response, withLists(g.deployments.refused.Answer(c.Operation, body)))
		case c.Operation != "DescribeChangeSet":
			g.deployments.deployedAs(c, body)
		}
	}
	if !deploys[c.Operation] {
		return nil
	}
	return g.stacks.Read(response.Request.Context(), c.place())
}

// listedValue matches the value of a parameter that is a list, as the local AWS writes it.
var listedValue = regexp.MustCompile(`<ParameterValue>(\[[^<]*\])</ParameterValue>`)

// withLists writes the values of parameters that are lists as CloudFormation does: who bootstraps again gives the former ones.
func withLists(body []byte) []byte {
	return listedValue.ReplaceAllFunc(body, func(found []byte) []byte {
		value := html.UnescapeString(string(listedValue.FindSubmatch(found)[1]))
		return []byte("<ParameterValue>" + html.EscapeString(deployed.Listed(value)) + "</ParameterValue>")
	})
}

// text is the body of an answer, which stays.
func text(response *http.Response) ([]byte, error) {
	body, err := io.ReadAll(response.Body)
	response.Body.Close()
	if err != nil {
		return nil, fmt.Errorf("read an answer of the local AWS: %w", err)
	}
	setText(response, body)
	return body, nil
}

// setText replaces the body of an answer.
func setText(response *http.Response, body []byte) {
	response.Body, response.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	response.Header.Set("Content-Length", strconv.Itoa(len(body)))
}

// forget forgets all change sets, roles of stacks and deployments that were refused.
func (d *deployments) forget() {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	d.sets, d.roles = nil, nil
	d.refused.Forget()
}
