package deployed

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/deployment"
)

// Planned is what a deployment of a stack would do.
type Planned struct {
	// Changes are what becomes of the resources of the stack.
	Changes []deployment.Change
	// Stack is the stack as it would be. Nil for one that is deleted.
	Stack *assembly.Stack
	// After is what would be deployed then. For a stack that is deleted: what is deployed now.
	After *Now
}

// Change is a deployment of a stack.
type Change struct {
	Place
	// Stack is the name of the stack, and Template its new template.
	Stack, Template string
	// Parameters are the values of its parameters, and Previous the names of those that keep the ones that they have.
	Parameters map[string]string
	Previous   []string
}

// Plan says what a deployment would do. An error is about the template.
func (s *Stacks) Plan(c Change) (*Planned, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	files := s.files()
	i := slices.IndexFunc(files, c.is)
	next := assembly.TemplateFile{Account: c.Account, Region: c.Region, StackName: c.Stack, Parameters: maps.Clone(c.Parameters)}
	if next.Parameters == nil {
		next.Parameters = map[string]string{}
	}
	var err error
	if next.Path, err = s.write(c.Template); err != nil {
		return nil, err
	}
	alone := next // what CloudFormation compares: templates and parameters
	before := &assembly.Assembly{}
	if i >= 0 {
		for _, name := range c.Previous {
			next.Parameters[name] = files[i].Parameters[name]
		}
		was := files[i]
		next.Deployed, was.Deployed = was.Deployed, nil
		if before, err = assembly.LoadTemplates(was); err != nil {
			return nil, fmt.Errorf("read the template that stack %s has: %w", c.Stack, err)
		}
		files = slices.Delete(files, i, i+1)
	}
	after, err := assembly.LoadTemplates(alone)
	if err != nil {
		return nil, err
	}
	p := &Planned{Changes: deployment.Compare(before, after)}
	next.Deployed = maps.Clone(next.Deployed)
	if next.Deployed == nil {
		next.Deployed = map[string]string{}
	}
	for _, one := range p.Changes {
		if one.Effect == deployment.Added || one.Effect == deployment.Replaced {
			next.Deployed[one.After.LogicalID] = generated(one.After)
		}
	}
	known := s.known // update makes new maps
	whole, err := assembly.LoadTemplates(append(files, next)...)
	if err != nil {
		return nil, err
	}
	if p.After, _, err = s.deciding(whole, &known); err != nil {
		return nil, err
	}
	p.Stack = p.After.Stack(c.Place, c.Stack)
	return p, nil
}

// generated is a physical ID that AWS may generate for a new resource. It counts only for one to which the template gives no name.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html
func generated(r *assembly.Resource) string {
	b := make([]byte, 16)
	rand.Read(b) // never fails
	name := r.Stack.Name[:min(24, len(r.Stack.Name))] + "-" + r.LogicalID[:min(24, len(r.LogicalID))] + "-" + base32.StdEncoding.EncodeToString(b)[:12]
	switch {
	case strings.HasPrefix(r.Type, "AWS::KMS::"):
		text := hex.EncodeToString(b)
		return text[:8] + "-" + text[8:12] + "-" + text[12:16] + "-" + text[16:20] + "-" + text[20:]
	case r.Type == "AWS::S3::Bucket":
		return strings.ToLower(name)
	}
	return name
}

// Same is the resource of the same stack and logical ID that is deployed. Nil for none.
func (n *Now) Same(of *assembly.Resource) *assembly.Resource {
	if stack := n.Stack(Place{of.Stack.Account, of.Stack.Region}, of.Stack.Name); stack != nil {
		for _, r := range stack.Resources {
			if r.LogicalID == of.LogicalID {
				return r
			}
		}
	}
	return nil
}

// is says that a file is that of the stack.
func (c *Change) is(f assembly.TemplateFile) bool {
	return f.Account == c.Account && f.Region == c.Region && f.StackName == c.Stack
}

// PlanDelete says what the deletion of a stack would do. Nil for a stack that is not there.
func (s *Stacks) PlanDelete(at Place, name string) *Planned {
	now := s.Now()
	stack := now.Stack(at, name)
	if stack == nil {
		return nil
	}
	p := &Planned{After: now}
	for _, r := range stack.Resources {
		kept := r.DeletionPolicy == "Retain" || r.DeletionPolicy == "RetainExceptOnCreate"
		p.Changes = append(p.Changes, deployment.Change{Before: r, Effect: deployment.Removed, Kept: kept})
	}
	return p
}
