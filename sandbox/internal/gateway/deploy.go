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

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/smithy-go"

	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof"
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

// forget forgets all change sets, roles of stacks and deployments that were refused.
func (d *deployments) forget() {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	d.sets, d.roles = nil, nil
	d.refused.Forget()
}
