package gateway

import (
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/proof"
	"github.com/crossgrant/crossgrant/sandbox/internal/gateway/internal/admission"
	"github.com/crossgrant/crossgrant/sandbox/internal/gateway/internal/deployed"
	"github.com/crossgrant/crossgrant/sandbox/internal/gateway/internal/reply"
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
