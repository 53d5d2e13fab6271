// Package deployment says what CloudFormation needs and does when an assembly is deployed: the permissions of its execution role, as managed policies
// of legal size, and what becomes of each resource of the stacks that are deployed already. It judges no access, and deploys nothing.
//
//	permissions, err := deployment.Derive(app, "111111111111")
//	changes := deployment.Compare(deployed, app)
//
// What each resource type takes is in the schema of its type (package internal/schema), and what each action can be on is in the Service
// Authorization Reference (package internal/authorization). Permissions are on the app's own names; where AWS gives a resource its name, they
// are on all of its kind in the account and region.
package deployment

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/internal/schema"
	"github.com/crossgrant/crossgrant/policy"
)

// Quotas of IAM. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
const (
	// MaxSize is the longest managed policy, in characters without white space.
	MaxSize = 6144
	// MaxAttached is how many managed policies a role can have, unless the account has a higher quota.
	MaxAttached = 10
)

// Permissions are what the execution role of an account needs.
type Permissions struct {
	// Account is the account, 12 digits, and Partition its partition, such as "aws".
	Account, Partition string
	// Regions and Stacks are those of the account's stacks, sorted, without nested stacks.
	Regions, Stacks []string
	// Resources is the number of resources that were read.
	Resources int
	// Policies are the managed policies, in the order of their names.
	Policies []Policy
	// Wide are the patterns of ARNs that mean all resources of a kind in an account and region, since their names are not known before
	// deployment, sorted: "arn:aws:kms:eu-west-1:111111111111:key/*".
	Wide []string
	// LeftOut are the permissions that a schema lists and the policies do not have, by type and action.
	LeftOut []LeftOut
}

// Policy is a managed policy.
type Policy struct {
	// Name is the name for it, such as "CrossGrant-Source-exec-1": the name of the account's first stack, and a number from 1.
	Name string
	// Statements are its statements.
	Statements []Statement
}

// Statement is a statement of an identity policy.
type Statement struct {
	Effect    string
	Action    []string
	Resource  []string
	Condition map[string]map[string][]string `json:",omitempty"`
}

// LeftOut is a permission that a schema lists and that no resource of the type needs.
type LeftOut struct {
	// Type is the resource type, and Action the permission.
	Type   string `json:"type"`
	Action string `json:"action"`
	// Why says why none needs it.
	Why string `json:"why"`
}

// Accounts are the accounts of an assembly's stacks, sorted.
func Accounts(a *assembly.Assembly) []string {
	all := map[string]bool{}
	for _, s := range a.Stacks {
		if policy.IsKnown(s.Account) {
			all[s.Account] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// Derive returns the permissions that CloudFormation's execution role needs to create, read, update, tag and delete all resources of an
// account's stacks. It errs if a stack has no known account or region, has a macro or something else that was not understood, or has a
// resource of a type whose permissions are not known. The error names all of them.
func Derive(a *assembly.Assembly, account string) (*Permissions, error) {
	d := &derivation{account: account, needs: map[needed]map[string]bool{}, leftOut: map[LeftOut]bool{}, granted: map[typeAction]bool{}, wide: map[string]bool{}}
	p := &Permissions{Account: account}
	var problems []error
	for _, s := range a.Stacks {
		if !policy.IsKnown(s.Account) || !policy.IsKnown(s.Region) {
			problems = append(problems, fmt.Errorf("stack %s: found no account or no region, expected both: give them to the command, or set env of the stack and synthesize again", s.DisplayName))
			continue
		}
		if s.Account == account {
			d.stacks = append(d.stacks, s)
		}
	}
	if len(d.stacks) == 0 && problems == nil {
		return nil, fmt.Errorf("found no stack of account %s, expected one of the accounts %s", account, strings.Join(Accounts(a), ", "))
	}
	for _, note := range a.Notes {
		if note.Stack == nil || note.Stack.Account == account {
			problems = append(problems, fmt.Errorf("%s: what is not understood may need any permission", note))
		}
	}
	d.index()
	d.indexBoundaries()
	for _, s := range d.stacks {
		p.Partition = s.Partition
		if s.Parent == nil {
			p.Regions, p.Stacks = append(p.Regions, s.Region), append(p.Stacks, s.Name)
		}
		for _, macro := range s.Macros {
			problems = append(problems, fmt.Errorf("stack %s: found the macro %s, which may add anything, expected none", s.DisplayName, macro))
		}
		d.external(s)
		for _, r := range s.Resources {
			p.Resources++
			problems = append(problems, d.resource(r, schema.Operations()...))
		}
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	slices.Sort(p.Regions)
	slices.Sort(p.Stacks)
	p.Regions, p.Stacks = slices.Compact(p.Regions), slices.Compact(p.Stacks)
	p.LeftOut, p.Wide = d.leftOutSorted(), slices.Sorted(maps.Keys(d.wide))
	for i, statements := range pack(d.statements()) {
		p.Policies = append(p.Policies, Policy{Name: fmt.Sprintf("%s-exec-%d", p.Stacks[0], i+1), Statements: statements})
	}
	return p, nil
}

const byHand = "write its permissions by hand, in a policy of its own, and derive the others without it"

// resource adds what operations of a resource need.
func (d *derivation) resource(r *assembly.Resource, operations ...schema.Operation) error {
	where := cmp.Or(r.Path, r.Stack.DisplayName+"."+r.LogicalID)
	switch {
	case slices.Contains(withoutPermissions, r.Type):
		return nil
	case assembly.IsCustomResource(r.Type):
		return d.custom(r, where)
	}
	t, ok := schema.Lookup(r.Type)
	if !ok || t.Handlers == nil {
		return fmt.Errorf("%s: found a resource of type %s, of which the schemas of %s have no permissions, expected one that they have: %s",
			where, r.Type, schema.Date(), byHand)
	}
	if generatedNames[r.Type] && d.pattern(r.Name) == "*" {
		return fmt.Errorf("%s: found the name %s, which only the deployment knows, expected one that the template has, or none: "+
			"with this one the policies would be on all names", where, policy.Readable(r.Name))
	}
	f := d.facts(r, t)
	actions := map[string]bool{}
	for _, operation := range operations {
		for _, permission := range t.Handlers[operation] {
			actions[permission] = true
		}
	}
	creates := slices.Contains(operations, schema.Create)
	if t.Tagging != nil && (len(operations) > 1 || creates && r.Properties[t.Tagging.Property] != nil) {
		for _, permission := range t.Tagging.Permissions {
			actions[permission] = true
		}
	}
	if creates {
		for _, action := range beyondHandlers(r) {
			actions[action] = true
		}
	}
	if err := d.actions(f, slices.Sorted(maps.Keys(actions)), creates); err != nil {
		return fmt.Errorf("%s: %w: %s", where, err, byHand)
	}
	return nil
}

// custom adds the permission to invoke what handles a custom resource.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-customresource.html
func (d *derivation) custom(r *assembly.Resource, where string) error {
	token, _ := r.Properties["ServiceToken"].(string)
	resource := d.pattern(token)
	switch serviceOf(token) {
	case "lambda":
		d.need("lambda:InvokeFunction", "", resource)
	case "sns":
		d.need("sns:Publish", "", resource)
	default:
		return fmt.Errorf("%s: found the service token %q, expected the ARN of a function or a topic", where, policy.Readable(token))
	}
	return nil
}

// external adds what CloudFormation reads for a stack at deployment.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html
func (d *derivation) external(s *assembly.Stack) {
	for _, reference := range s.External {
		service, rest, _ := strings.Cut(reference, ":")
		arn := d.pattern(rest)
		if strings.HasPrefix(service, "ssm") {
			if !strings.HasPrefix(rest, "arn:") {
				name, _, _ := strings.Cut(arn, ":") // without a version
				owner := s.Account
				if strings.HasPrefix(name, "/aws/") {
					owner = "" // public parameters
				}
				arn = fmt.Sprintf("arn:%s:ssm:%s:%s:parameter/%s", s.Partition, s.Region, owner, strings.TrimPrefix(name, "/"))
			}
			d.need("ssm:GetParameters", "", arn)
			continue
		}
		if parts := strings.Split(arn, ":"); parts[0] == "arn" && len(parts) > 7 {
			arn = strings.Join(parts[:7], ":")
		} else if parts[0] != "arn" {
			arn = fmt.Sprintf("arn:%s:secretsmanager:%s:%s:secret:%s-??????", s.Partition, s.Region, s.Account, parts[0])
		}
		d.need("secretsmanager:GetSecretValue", "", arn)
	}
}
