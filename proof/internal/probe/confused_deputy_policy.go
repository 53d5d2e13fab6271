package probe

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly/accounts"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/check"
	"github.com/crossgrant/crossgrant/proof/internal/inventory"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// deputies are the requests that the policies of what is guarded allow services, on behalf of others than the accounts of its grants and
// connections. A trust policy is none of these: a service gets a role only from who may pass it, in the role's account.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
func (c *checks) deputies() {
	guarded := inventory.Of(c.Model).Guarded
	for _, g := range guarded {
		r, ok := c.Accounts.ResourceOf(g.ARN)
		if !ok || r.Resource != g.Resource || r.Policy == nil {
			continue
		}
		for i := range r.Policy.Statements {
			s := &r.Policy.Statements[i]
			if e := s.Elements(); s.Effect == policy.Allow {
				for _, service := range e.Principals["Service"] {
					if g.Kind == inventory.Key && encryptsForAll[service] && !c.encryptsData(guarded, g) {
						continue
					}
					c.deputy(deputy{g, r, service, "statement " + cmp.Or(s.Sid, fmt.Sprint(s.Index)) + " of " + r.Policy.Name}, e)
				}
			}
		}
	}
}

// encryptsForAll are the services whose pages let them use the key of a queue or a topic without a source. They send nothing there on behalf of others, if
// the policy of the queue or topic does not let them.
// https://docs.aws.amazon.com/sns/latest/dg/sns-enable-encryption-for-topic-sqs-queue-subscriptions.html
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html#key-policy-sns-sqs
var encryptsForAll = map[string]bool{"s3.amazonaws.com": true, "sns.amazonaws.com": true}

// EncryptsForAll says that a service may use the key of a queue or a topic without a source.
func EncryptsForAll(service string) bool { return encryptsForAll[service] }

// encryptsData says that a key encrypts data, and not only what is on its way.
func (c *checks) encryptsData(guarded []*inventory.Guarded, key *inventory.Guarded) bool {
	return slices.ContainsFunc(guarded, func(g *inventory.Guarded) bool {
		r, ok := c.Accounts.ResourceOf(g.ARN)
		return g.Kind == inventory.Data && ok && r.Key == key.ARN
	})
}

// deputy is a service that a statement of a policy allows something.
type deputy struct {
	guarded   *inventory.Guarded
	resource  *accounts.Resource
	service   string
	statement string
}

// deputy tries each action of a statement, with each example for which its conditions are true: with the sources of another account in place of
// those of the parties, and without any. The key stops nobody here, since an object may be under another one.
func (c *checks) deputy(d deputy, e policy.Elements) {
	contexts, err := model.Examples(e.Conditions)
	if err != nil {
		contexts = []map[string][]string{{}} // conditions of which no example can be made: then whatever they need is unknown
	}
	parties := d.guarded.Parties
	for _, resource := range d.resources(e) {
		for _, action := range d.actions(e, resource) {
			if action == "kms:DescribeKey" {
				continue // which tells nothing of data, and which AWS's page lets CloudTrail do without a source
			}
			for _, context := range contexts {
				if context["lambda:EventSourceToken"] != nil {
					continue // the token of one source, such as an Alexa skill
				}
				a := model.Access{Caller: d.service, Action: action, Resource: resource, Owner: d.resource.Stack.Account, Region: d.resource.Stack.Region, AnyKey: true}
				for _, other := range lookalikes(e.Conditions, parties) {
					a.Context = c.foreign(d, context, parties, other)
					c.onBehalf(d, "account "+other, a)
				}
				a.Context = c.foreign(d, context, parties, model.OtherAccount)
				if isLogDelivery[d.service] {
					a.Resource = foreignPath(resource, parties)
				}
				c.onBehalf(d, "another account", a)
				a.Context = maps.Clone(a.Context)
				maps.DeleteFunc(a.Context, func(key string, _ []string) bool { return isSource(key) })
				c.onBehalf(d, "nobody", a)
				if source := stranger(context, parties); source != "" {
					a.Resource, a.Context = resource, context
					c.onBehalf(d, "account "+source, a)
				}
				a.Resource, a.Context = resource, context
				c.ofOrganization(d, a)
			}
		}
	}
}

// lookalikes are accounts beside the parties that the sources which a statement asks for leave room for, such as nine others for 11111111111?.
func lookalikes(conditions map[string]map[string][]string, parties []string) []string {
	var all []string
	for _, operator := range slices.Sorted(maps.Keys(conditions)) {
		for _, key := range slices.Sorted(maps.Keys(conditions[operator])) {
			for _, pattern := range conditions[operator][key] {
				if a, ok := arn.Parse(pattern); ok {
					pattern = a.Account
				}
				if other := model.AccountLike(pattern, parties); isSource(key) && other != "" && !slices.Contains(all, other) {
					all = append(all, other)
				}
			}
		}
	}
	return all
}

// ofOrganization is the request on behalf of the organization that a condition asks for, unless it asks for an account or a resource as well: that has to be
// the owner's own.
func (c *checks) ofOrganization(d deputy, a model.Access) {
	organization := ""
	for key, values := range a.Context {
		switch strings.ToLower(key) {
		case "aws:sourceaccount", "aws:sourcearn":
			return
		case "aws:sourceorgid", "aws:sourceorgpaths":
			organization, _, _ = strings.Cut(values[0], "/")
		}
	}
	account := d.resource.Stack.Account
	switch own := c.Organization(account); {
	case organization == "" || own == organization:
	case own == "":
		c.add(check.Check{Expects: check.MustFail, Grant: d.guarded.Grant(), Verdict: check.Undecided,
			Name:    policy.Readable(fmt.Sprintf("%s, %s on %s, on behalf of organization %s", d.service, a.Action, accounts.DisplayName(d.resource.Resource), organization)),
			Details: []string{policy.Readable(fmt.Sprintf("%s lets the service in for organization %s, and the organization of account %s is not known", d.statement, organization, account))},
			Remedy:  []string{policy.Readable("give the proof the organization of account " + account + ", by --organization or in its options")}})
	default:
		c.onBehalf(d, "organization "+organization, a)
	}
}

// onBehalf is a request of a service on behalf of somebody, which must fail.
func (c *checks) onBehalf(d deputy, whom string, a model.Access) {
	c.add(check.Check{Expects: check.MustFail, Access: a, Grant: d.guarded.Grant(),
		Name:   policy.Readable(fmt.Sprintf("%s, %s on %s, on behalf of %s", d.service, a.Action, accounts.DisplayName(d.resource.Resource), whom)),
		Remedy: []string{policy.Readable(fmt.Sprintf("ask for aws:SourceAccount %s, or for the aws:SourceArn of what needs it, in %s", d.resource.Stack.Account, d.statement))}})
}

// isLogDelivery are the services that write the logs of each account below a prefix with its ID, and say no source.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
var isLogDelivery = map[string]bool{"logdelivery.elasticloadbalancing.amazonaws.com": true, "logdelivery.elb.amazonaws.com": true}

func isSource(key string) bool {
	switch strings.ToLower(key) {
	case "aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths":
		return true
	}
	return false
}

// foreign is a context with another account in place of the parties, in whichever key says for whom the request is: sources, but also the ARN of a log
// group in the encryption context of its key.
func (c *checks) foreign(d deputy, context map[string][]string, parties []string, other string) map[string][]string {
	all := map[string][]string{"aws:SourceAccount": {other}}
	all["aws:SourceArn"] = []string{d.foreignSource(other)}
	for key, values := range context {
		var others []string
		for _, value := range values {
			others = append(others, c.foreignValue(d, key, value, parties, other))
		}
		for known := range all {
			if strings.EqualFold(known, key) {
				delete(all, known)
			}
		}
		all[key] = others
	}
	return all
}

// foreignSource is the ARN of a resource of another account.
func (d deputy) foreignSource(other string) string {
	service, _, _ := strings.Cut(d.service, ".")
	return arn.ARN{Partition: d.resource.Stack.Partition, Service: service, Region: d.resource.Stack.Region, Account: other, Resource: model.AnyName}.String()
}

func (c *checks) foreignValue(d deputy, key, value string, parties []string, other string) string {
	switch a, ok := arn.Parse(value); {
	case slices.Contains(parties, value), strings.EqualFold(key, "aws:SourceAccount"):
		return other
	case !ok && strings.EqualFold(key, "aws:SourceArn"):
		return d.foreignSource(other)
	case ok && a.Account != "":
		a.Account = other
		return a.String()
	case ok && a.Service == "s3":
		// Nobody else has a bucket of this name as long as this one is there.
		if r, ok := c.Accounts.ResourceOf(value); ok && r.Stack.Account == d.resource.Stack.Account {
			return value + "-other"
		}
	case strings.EqualFold(key, "aws:SourceOrgID"):
		return model.OtherOrganization
	case strings.EqualFold(key, "aws:SourceOrgPaths"):
		return model.OtherOrganization + "/r-ab12/ou-ab12-11111111/"
	}
	return value
}

// foreignPath is a resource with another account in place of the parties in its path.
func foreignPath(resource string, parties []string) string {
	parts := strings.Split(resource, "/")
	for i, part := range parts {
		if slices.Contains(parties, part) {
			parts[i] = model.OtherAccount
		}
	}
	return strings.Join(parts, "/")
}

// stranger is the account that a statement names as a source although it is none of the parties. "" for none.
func stranger(context map[string][]string, parties []string) string {
	for _, key := range slices.Sorted(maps.Keys(context)) {
		if !isSource(key) {
			continue
		}
		for _, value := range context[key] {
			account := value
			if strings.HasPrefix(value, "arn:") {
				account = arn.Account(value)
			}
			if len(account) == 12 && strings.Trim(account, "0123456789") == "" && !slices.Contains(parties, account) {
				return account
			}
		}
	}
	return ""
}

// actions are examples of the actions that the statement allows on a resource: by their names, or one of each access level for a pattern.
func (d deputy) actions(e policy.Elements, resource string) []string {
	service, _ := arn.Parse(resource)
	if !e.NotAction {
		return actionsOf(e.Actions, service.Service, resource)
	}
	return slices.DeleteFunc(actionsOf([]string{"*"}, service.Service, resource), func(action string) bool {
		return slices.ContainsFunc(e.Actions, func(pattern string) bool { return model.ActionMatches(pattern, action) })
	})
}

// resources are examples of the resources of a statement. In the policy of a key, "*" means the key itself.
func (d deputy) resources(e policy.Elements) []string {
	var all []string
	for _, resource := range e.Resources {
		if !e.NotResource && strings.HasPrefix(resource, "arn:") {
			all = append(all, model.Example(resource))
		}
	}
	if len(all) == 0 {
		all = []string{d.resource.ARN}
	}
	return all
}
