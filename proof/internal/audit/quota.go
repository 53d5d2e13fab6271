package audit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/accounts"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/check"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// Quota is the rule that sizes and counts stay within what AWS accepts. Deployment would fail otherwise, after synthesis and proof.
const Quota check.Rule = "Quota"

// Limit is what AWS accepts by default.
type Limit struct {
	// Of is what is counted, and Max how much of it there may be.
	Of  string
	Max int
	// Unit is what is counted of it: characters, or something else.
	Unit string
	// Page is the page that says so.
	Page string
}

const (
	iamPage         = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"
	sqsPage         = "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-policies.html"
	snsPage         = "https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-language-api-permissions-reference.html"
	eventBridgePage = "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html"
	characters      = "characters"
)

// The limits that are not of one type of resource.
var (
	trustSize       = Limit{"the trust policy of a role", 2048, characters, iamPage}
	managedSize     = Limit{"a managed policy", 6144, characters, iamPage}
	attachedToRole  = Limit{"the managed policies of a role", 10, "policies", iamPage}
	endpointSize    = Limit{"the policy of a VPC endpoint", 20480, characters, "https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-limits-endpoints.html"}
	patternSize     = Limit{"the event pattern of a rule", 2048, characters, eventBridgePage}
	variablesSize   = Limit{"the variables of a function, together", 4096, characters, "https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html"}
	queueStatements = Limit{"the policy of a queue", 20, "statements", sqsPage}
	queuePrincipals = Limit{"the policy of a queue", 50, "principals", sqsPage}
	queueActions    = Limit{"a statement of the policy of a queue", 7, "actions", sqsPage}
	topicStatements = Limit{"the policy of a topic", 100, "statements", snsPage}
	topicPrincipals = Limit{"the policy of a topic", 200, "principals", snsPage}
)

// inlineSize are all inline policies together, by the type of whom they are of. White space does not count.
var inlineSize = map[string]Limit{
	"AWS::IAM::Group": {"the inline policies of a group, together", 5120, characters, iamPage},
	"AWS::IAM::Role":  {"the inline policies of a role, together", 10240, characters, iamPage},
	"AWS::IAM::User":  {"the inline policies of a user, together", 2048, characters, iamPage},
}

// resourcePolicySize are the policies of resources, by the type that has the policy.
var resourcePolicySize = map[string]Limit{
	"AWS::DynamoDB::GlobalTable":          {"the policy of a table", 20480, characters, "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/rbac-considerations.html"},
	"AWS::DynamoDB::Table":                {"the policy of a table", 20480, characters, "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/rbac-considerations.html"},
	"AWS::Events::EventBus":               {"the policy of an event bus", 10240, characters, eventBridgePage},
	"AWS::KMS::Key":                       {"the policy of a key", 32768, characters, "https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html"},
	"AWS::KMS::ReplicaKey":                {"the policy of a key", 32768, characters, "https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html"},
	"AWS::S3::AccessPoint":                {"the policy of an access point", 20480, characters, "https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-restrictions-limitations.html"},
	"AWS::S3::BucketPolicy":               {"the policy of a bucket", 20480, characters, "https://docs.aws.amazon.com/AmazonS3/latest/userguide/add-bucket-policy.html"},
	"AWS::SNS::TopicInlinePolicy":         {"the policy of a topic", 30720, characters, snsPage},
	"AWS::SNS::TopicPolicy":               {"the policy of a topic", 30720, characters, snsPage},
	"AWS::SQS::QueueInlinePolicy":         {"the policy of a queue", 8192, characters, sqsPage},
	"AWS::SQS::QueuePolicy":               {"the policy of a queue", 8192, characters, sqsPage},
	"AWS::SecretsManager::ResourcePolicy": {"the policy of a secret", 20480, characters, "https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html"},
}

// Limits are all, each once, in the order of their texts.
func Limits() []Limit {
	all := []Limit{trustSize, managedSize, attachedToRole, endpointSize, patternSize, variablesSize, queueStatements, queuePrincipals, queueActions, topicStatements, topicPrincipals}
	all = slices.AppendSeq(all, maps.Values(inlineSize))
	all = slices.AppendSeq(all, maps.Values(resourcePolicySize))
	slices.SortFunc(all, func(a, b Limit) int { return strings.Compare(a.Of+a.Unit, b.Of+b.Unit) })
	return slices.Compact(all)
}

func quota(m *model.Model) []check.Check {
	q := &quotas{Model: m, byName: map[string]*assembly.Resource{}, inline: map[*assembly.Resource]*total{}, managed: map[*assembly.Resource]int{}}
	for _, s := range m.Assembly.Stacks {
		for _, r := range s.Resources {
			q.byName[s.Label+"."+r.LogicalID] = r
		}
	}
	for _, p := range m.Accounts.Documents() {
		q.document(p)
	}
	for _, s := range m.Assembly.Stacks {
		for _, r := range s.Resources {
			q.resource(r)
		}
	}
	return q.all
}

// quotas collects the checks of Quota.
type quotas struct {
	*model.Model
	byName  map[string]*assembly.Resource // by what unresolved text calls them
	inline  map[*assembly.Resource]*total // of roles, users and groups
	managed map[*assembly.Resource]int    // of roles, of the templates
	all     []check.Check
}

// total is the size of several texts.
type total struct {
	size size
	from []*assembly.Resource
}

// document counts one policy, and adds it to those of its principals.
func (q *quotas) document(p accounts.PolicyDocument) {
	r := p.Resource
	n := q.measure(p.Value)
	switch p.Kind {
	case policy.Trust:
		q.within(trustSize, n, p.Document.Name, r)
	case policy.Boundary:
		q.within(managedSize, n, p.Document.Name, r)
		for _, principal := range q.Accounts.AttachedTo(r) {
			q.managed[principal]++
		}
	case policy.Endpoint:
		q.within(endpointSize, n, p.Document.Name, r)
	case policy.Identity:
		of := q.Accounts.AttachedTo(r)
		if inlineSize[r.Type].Max > 0 {
			of = []*assembly.Resource{r}
		}
		for _, principal := range of {
			if q.inline[principal] == nil {
				q.inline[principal] = &total{}
			}
			q.inline[principal].add(n, r)
		}
	case policy.Resource:
		if limit, ok := resourcePolicySize[r.Type]; ok {
			q.within(limit, n, p.Document.Name, r)
		}
		q.counts(p)
	}
}

func (t *total) add(n size, from *assembly.Resource) {
	t.size.least += n.least
	t.size.most += n.most
	if !slices.Contains(t.from, from) {
		t.from = append(t.from, from)
	}
}

// counts are those of the policies of queues and topics.
func (q *quotas) counts(p accounts.PolicyDocument) {
	statements, principals, actions := queueStatements, queuePrincipals, queueActions
	switch {
	case strings.HasPrefix(p.Resource.Type, "AWS::SNS::"):
		statements, principals, actions = topicStatements, topicPrincipals, Limit{}
	case !strings.HasPrefix(p.Resource.Type, "AWS::SQS::"):
		return
	}
	n := 0
	for i := range p.Document.Statements {
		e := p.Document.Statements[i].Elements()
		for _, named := range e.Principals {
			n += len(named)
		}
		if actions.Max > 0 {
			q.within(actions, exactly(len(e.Actions)), fmt.Sprintf("statement %d of %s", i, p.Document.Name), p.Resource)
		}
	}
	q.within(statements, exactly(len(p.Document.Statements)), p.Document.Name, p.Resource)
	q.within(principals, exactly(n), p.Document.Name, p.Resource)
}

// resource counts what a principal has in all, and an event pattern.
func (q *quotas) resource(r *assembly.Resource) {
	name := accounts.DisplayName(r)
	if t := q.inline[r]; t != nil {
		q.within(inlineSize[r.Type], t.size, "the inline policies of "+name, t.from...)
	}
	if r.Type == "AWS::IAM::Role" {
		attached, _ := r.Properties["ManagedPolicyArns"].([]any)
		q.within(attachedToRole, exactly(q.managed[r]+len(attached)), "the managed policies of "+name, r)
	}
	if variables := model.Variables(r); r.Type == "AWS::Lambda::Function" && variables != nil {
		q.within(variablesSize, q.measure(variables), "the variables of "+name, r)
	}
	if pattern := r.Properties["EventPattern"]; r.Type == "AWS::Events::Rule" && pattern != nil {
		q.within(patternSize, q.measure(pattern), "the event pattern of "+name, r)
	}
}

// within is a check of something that is larger than a limit, or may be.
func (q *quotas) within(l Limit, n size, name string, where ...*assembly.Resource) {
	if n.most <= l.Max {
		return
	}
	c := check.Check{Rule: Quota, Expects: check.MustWork, Name: policy.Readable("AWS accepts the size of " + name), Verdict: check.Broken, Where: where,
		Details: []string{fmt.Sprintf("found %d %s, expected %d at most: %s", n.least, l.Unit, l.Max, l.Page)},
		Remedy:  []string{policy.Readable("shorten " + name + ", or divide it: name fewer resources, such as by a common prefix, or move statements to managed policies or to another resource")}}
	if n.least <= l.Max {
		c.Verdict = check.Undecided
		c.Details = []string{fmt.Sprintf("found up to %d %s, depending on what AWS generates, expected %d at most: %s", n.most, l.Unit, l.Max, l.Page)}
	}
	c.Manual = []string{"what to leave out, or where else to put it, is your decision"}
	q.all = append(q.all, c)
}

// size is how long a text is at least and at most, depending on what is unknown in it.
type size struct{ least, most int }

func exactly(n int) size { return size{n, n} }

var unknownText = regexp.MustCompile(`\\u0000(.*?)\\u0000`)

// measure is the size of a document as CloudFormation sends it: without white space but in texts.
func (q *quotas) measure(document any) size {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(document); err != nil {
		panic(err) // strings, numbers, booleans, lists and objects of them only
	}
	text := strings.TrimSuffix(out.String(), "\n")
	n := exactly(utf8.RuneCountInString(unknownText.ReplaceAllLiteralString(text, "")))
	for _, found := range unknownText.FindAllStringSubmatch(text, -1) {
		n.least++
		n.most += q.longest(found[1])
	}
	return n
}
