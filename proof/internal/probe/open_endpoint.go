package probe

import (
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly/network"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/check"
	"github.com/crossgrant/crossgrant/proof/internal/model"
	"github.com/crossgrant/crossgrant/proof/internal/simulate"
)

// OpenEndpoint is the rule that no endpoint in the network of a grantee lets a stranger's requests pass: by it, code that somebody has taken over
// would write whatever it reads to any account, with credentials that it brings along. AWS's default policy of an endpoint is such a one.
//
// That is asked only where an endpoint makes a difference: where grants restrict endpoints, or where the grantee has no other way out. The
// endpoints that a grant itself restricts are asked by OverGrant.
//
// https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html
// https://docs.aws.amazon.com/prescriptive-guidance/latest/privatelink-access-saas/vpc-endpoint-policies.html
const OpenEndpoint check.Rule = "OpenEndpoint"

// out is a request to the service of an endpoint that takes something out, and what it is on.
type out struct{ service, action, resource string }

// outward are the services that grants are about. What other endpoints are for, such as those of logs, no grant says.
var outward = []out{
	{"s3", "s3:PutObject", "arn:PARTITION:s3:::" + model.AnyName + "/" + model.AnyName},
	{"dynamodb", "dynamodb:PutItem", "arn:PARTITION:dynamodb:REGION:ACCOUNT:table/" + model.AnyName},
	{"sts", "sts:AssumeRole", "arn:PARTITION:iam::ACCOUNT:role/" + model.AnyName},
	{"kms", "kms:Encrypt", "arn:PARTITION:kms:REGION:ACCOUNT:key/" + model.AnyName},
	{"secretsmanager", "secretsmanager:PutSecretValue", "arn:PARTITION:secretsmanager:REGION:ACCOUNT:secret:" + model.AnyName},
	{"sqs", "sqs:SendMessage", "arn:PARTITION:sqs:REGION:ACCOUNT:" + model.AnyName},
}

// others are more services by which code writes to other accounts, and whose endpoints can have a policy.
// https://docs.aws.amazon.com/sns/latest/dg/sns-vpc-endpoint-policy.html
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch-logs-and-interface-VPC.html
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc-endpoints.html
// https://docs.aws.amazon.com/step-functions/latest/dg/vpc-endpoints.html
// https://docs.aws.amazon.com/streams/latest/dev/vpc.html
var others = []out{
	{"sns", "sns:Publish", "arn:PARTITION:sns:REGION:ACCOUNT:" + model.AnyName},
	{"logs", "logs:PutLogEvents", "arn:PARTITION:logs:REGION:ACCOUNT:log-group:" + model.AnyName + ":log-stream:" + model.AnyName},
	{"lambda", "lambda:InvokeFunction", "arn:PARTITION:lambda:REGION:ACCOUNT:function:" + model.AnyName},
	{"states", "states:StartExecution", "arn:PARTITION:states:REGION:ACCOUNT:stateMachine:" + model.AnyName},
	{"kinesis-streams", "kinesis:PutRecord", "arn:PARTITION:kinesis:REGION:ACCOUNT:stream/" + model.AnyName},
}

// Outward is a request to the service of an endpoint that takes something out, to another account. ok is false for a service of which none is known.
func Outward(service, partition, region string) (action, resource string, ok bool) {
	for _, o := range slices.Concat(outward, others) {
		if o.service == service {
			return o.action, strings.NewReplacer("PARTITION", partition, "REGION", region, "ACCOUNT", model.OtherAccount).Replace(o.resource), true
		}
	}
	return "", "", false
}

func openEndpoint(m *model.Model) []check.Check {
	seen := map[*network.Endpoint]bool{}
	return perGrant(m, OpenEndpoint, func(c *checks, g *model.Grant) {
		for _, grantee := range g.Grantees {
			for _, w := range m.Workloads(grantee) {
				c.openEndpoints(w, seen)
			}
		}
	})
}

// openEndpoints are the checks of the endpoints that requests of a workload pass, each once.
func (c *checks) openEndpoints(w *network.Workload, seen map[*network.Endpoint]bool) {
	closed := c.closedFor(w)
	if len(w.Subnets) == 0 || len(closed) == 0 && c.reachesInternet(w) {
		return
	}
	for _, o := range outward {
		if slices.Contains(closed, o.service) {
			continue
		}
		_, resource, _ := Outward(o.service, w.Resource.Stack.Partition, w.Resource.Stack.Region)
		chains := simulate.Walk(c.Model, model.Access{
			Caller: model.RoleIn(w.Resource.Stack.Partition, model.OtherAccount, model.OtherRole), Administrator: true, From: w,
			Action: o.action, Resource: resource, Owner: model.OtherAccount, Region: w.Resource.Stack.Region, Nonexistent: true,
		})
		for i, path := range c.Network.Paths(w, o.service, "") {
			if e := path.Endpoint; e != nil && !seen[e] && path.Reaches != policy.No {
				seen[e] = true
				c.add(c.openTo(e, o.action, &chains[i]))
			}
		}
	}
}

// openTo is the check of an endpoint, after a stranger's request was tried.
func (c *checks) openTo(e *network.Endpoint, action string, tried *simulate.Chain) check.Check {
	name := "the endpoint of " + e.Service + ", " + e.Resource.LogicalID
	one := check.Check{Expects: check.MustFail, Name: policy.Readable("through " + name + ": " + action + " by a stranger on what is a stranger's"), Verdict: check.Proved}
	passes, says := atEndpoint(tried)
	switch passes {
	case check.Broken: // the request is
		return one
	case check.Undecided:
		one.Verdict = check.Undecided
		one.Details = []string{policy.Readable(says)}
	default:
		one.Verdict = check.Broken
		one.Details = []string{policy.Readable("the policy of " + name + ", lets everyone's requests pass: code in its network could write to any account")}
		if c.EndpointPolicy(e) == nil {
			one.Details = []string{policy.Readable(name + ", has no policy, so AWS's default lets everyone's requests pass: code in its network could write to any account")}
		}
	}
	one.Remedy = []string{policy.Readable("give " + name + ", a policy that allows only the requests of your own principals, or those on your own resources " +
		"(aws:PrincipalAccount, aws:ResourceAccount); or remove the endpoint if nothing uses it")}
	one.Where = append(one.Where, e.Resource)
	return one
}

// closedFor are the services whose endpoints a grant of a workload has restricted.
func (c *checks) closedFor(w *network.Workload) (all []string) {
	for _, g := range c.Grants {
		if slices.Contains(g.Grantees, w.Role) {
			all = append(all, g.Closed...)
		}
	}
	return all
}

// reachesInternet says that a workload surely reaches what has no endpoint, from one of its subnets. IAM is such a service.
func (c *checks) reachesInternet(w *network.Workload) bool {
	return slices.ContainsFunc(c.Network.Paths(w, "iam", ""), func(p network.Path) bool { return p.Reaches != policy.No })
}
