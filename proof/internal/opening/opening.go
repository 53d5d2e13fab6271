// Package opening has the rules that need no declaration: whom the policies of resources and roles let in from elsewhere, services that act for anybody, and
// endpoints that let everything pass. It asks the questions of package enumerate. What grants declare is no opening.
package opening

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/internal/columns"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/check"
	"github.com/crossgrant/crossgrant/proof/internal/enumerate"
	"github.com/crossgrant/crossgrant/proof/internal/escalation"
	"github.com/crossgrant/crossgrant/proof/internal/model"
	"github.com/crossgrant/crossgrant/proof/internal/probe"
	"github.com/crossgrant/crossgrant/proof/internal/simulate"
)

// Rules are the rules of this package, in the order in which reports show them.
func Rules() []check.Definition {
	return []check.Definition{
		{Rule: PublicAccess, About: "No policy of a resource or role must let everybody in, unless it is marked as public.", Checks: checksOf(PublicAccess)},
		{Rule: ForeignAccess, About: "No policy of a resource or role must let in an account that is not trusted.", Checks: checksOf(ForeignAccess)},
		{Rule: probe.ConfusedDeputy, About: "No service must act on a resource on behalf of everybody.", Checks: checksOf(probe.ConfusedDeputy)},
		{Rule: probe.OpenEndpoint, About: "No endpoint must let everybody's requests pass.", Checks: openEndpoints},
	}
}

// checksOf are the checks of one rule.
func checksOf(rule check.Rule) func(*model.Model) []check.Check {
	return func(m *model.Model) []check.Check {
		return m.Memo(key{}, func() any { return openings(m) }).(map[check.Rule][]check.Check)[rule]
	}
}

// key is that of all checks of policies among what is made of a model once.
type key struct{}

// statement is a statement of a policy that lets somebody in.
type statement struct {
	enumerate.Source
	of      *assembly.Resource
	e       policy.Elements
	isTrust bool
	asked   []*enumerate.Asked // what follows from it
}

// openings are the checks of all statements of trust and resource policies that allow, by rule.
func openings(m *model.Model) map[check.Rule][]check.Check {
	asked := map[enumerate.Source][]*enumerate.Asked{}
	for _, one := range enumerate.OfOthers(m).Asked {
		for _, source := range one.Of {
			asked[source] = append(asked[source], one)
		}
	}
	all := map[check.Rule][]check.Check{}
	r := &reader{Model: m, accounts: accountsOf(m), identities: identitiesOf(m), all: all}
	read := func(of *assembly.Resource, d *policy.Document, isTrust bool) {
		if d == nil {
			return
		}
		for i := range d.Statements {
			if s := &d.Statements[i]; s.Effect == policy.Allow {
				source := enumerate.Source{Document: d, Index: i}
				r.statement(statement{source, of, s.Elements(), isTrust, asked[source]})
			}
		}
	}
	for _, name := range m.Accounts.ARNs() {
		one, _ := m.Accounts.ResourceOf(name)
		read(one.Resource, one.Policy, false)
	}
	for _, role := range m.Accounts.Roles {
		read(role.Resource, role.Trust, true)
	}
	r.unreadPolicies()
	all[PublicAccess] = append(all[PublicAccess], r.unread()...)
	return all
}

// reader reads the policies of a model.
type reader struct {
	*model.Model
	accounts []string
	// identities are the IDs of the templates' origin access identities.
	identities []string
	all        map[check.Rule][]check.Check
}

// found is what a statement lets somebody do.
type found struct {
	passes  policy.Answer
	details []string
	by      *enumerate.Asked // that decides
}

// statement adds the checks of a statement: one for each rule that it may break.
func (r *reader) statement(s statement) {
	document := s.Document
	if len(s.asked) == 0 && r.namesOthers(s) {
		r.untried(s)
		return
	}
	name := "statement " + cmp.Or(document.Statements[s.Index].Sid, fmt.Sprint(s.Index)) + " of " + document.Name
	rules := []check.Rule{PublicAccess, ForeignAccess}
	if len(s.e.Principals["Service"]) > 0 && !s.isTrust {
		rules = append(rules, probe.ConfusedDeputy)
	}
	for _, rule := range rules {
		c := check.Check{Rule: rule, Expects: check.MustFail, Verdict: check.Proved, Name: policy.Readable(name + about[rule]), Where: []*assembly.Resource{r.where(s)},
			Statement: &document.Statements[s.Index]}
		if rule == PublicAccess && r.isPublic(s) {
			c.Name += policy.Readable(", as its mark " + contract.PublicKey + " says")
			r.all[rule] = append(r.all[rule], c)
			continue
		}
		f := r.find(rule, s)
		switch f.passes {
		case policy.Yes:
			c.Verdict = check.Broken
		case policy.Indeterminate:
			c.Verdict = check.Undecided
		}
		if c.Verdict != check.Proved {
			for _, detail := range f.details {
				c.Details = append(c.Details, policy.Readable(detail))
			}
			c.Remedy = []string{policy.Readable(remedy(rule, name, s))}
			c.Manual = []string{"who is meant to have access, only its owner knows"}
			if c.Verdict == check.Undecided && f.by != nil {
				for _, chain := range f.by.Answers[0].Chains {
					if stop, ok := chain.Stops(); ok {
						for _, sentence := range stop.Says {
							c.Details = append(c.Details, policy.Readable(sentence))
						}
					}
					c.Missing = append(c.Missing, chain.Missing()...)
				}
			}
		}
		r.all[rule] = append(r.all[rule], c)
	}
}

// where is the resource of a template that has a statement.
func (r *reader) where(s statement) *assembly.Resource {
	place, ok := r.Accounts.PlaceOf(s.Document)
	switch {
	case !ok:
		return s.of
	case s.Index < len(place.Each) && place.Each[s.Index] != nil:
		return place.Each[s.Index]
	}
	return place.Resource
}

// namesOthers says that a statement names anybody but principals of the resource's own account, and, of a trust policy, services and identity providers,
// of which other checks are.
func (r *reader) namesOthers(s statement) bool {
	for group, all := range s.e.Principals {
		if s.isTrust && (group == "Service" || group == "Federated") {
			continue
		}
		if slices.ContainsFunc(all, func(one string) bool { return one != s.of.Stack.Account && arn.Account(one) != s.of.Stack.Account }) {
			return true
		}
	}
	return s.e.NotPrincipal
}

// untried adds the check of a statement of which no request is known.
func (r *reader) untried(s statement) {
	name := policy.Readable("statement " + cmp.Or(s.Document.Statements[s.Index].Sid, fmt.Sprint(s.Index)) + " of " + s.Document.Name)
	c := check.Check{Rule: PublicAccess, Expects: check.MustFail, Verdict: check.Undecided, Name: name + about[PublicAccess], Where: []*assembly.Resource{r.where(s)},
		Statement: &s.Document.Statements[s.Index], Details: []string{policy.Readable("no request is known that it is about: " + strings.Join(s.e.Actions, ", ") + " on " + strings.Join(s.e.Resources, ", "))},
		Remedy: []string{"correct the actions or resources of " + name + ", or remove it"}, Manual: []string{"what the statement is meant to say, only its author knows"}}
	r.all[PublicAccess] = append(r.all[PublicAccess], c)
}

// about says what a check of a rule is about.
var about = map[check.Rule]string{PublicAccess: ": everybody", ForeignAccess: ": accounts elsewhere", probe.ConfusedDeputy: ": services on behalf of others"}

// remedy says what to change in a statement.
func remedy(rule check.Rule, name string, s statement) string {
	switch rule {
	case PublicAccess:
		return "name who needs access in " + name + ", as Principal or by a condition such as aws:PrincipalOrgID; or mark the resource as " + contract.PublicKey + ": true if it is for everybody"
	case ForeignAccess:
		text := "remove what is not needed from " + name
		if len(s.e.Principals["CanonicalUser"]) > 0 { // https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-bucket-user-policy-specifying-principal-intro.html
			text += ", and name accounts by their ID in place of the canonical user ID"
		}
		return text + "; or say that the account or the origin access identity is trusted, by --trust or in the options"
	}
	return fmt.Sprintf("ask for aws:SourceAccount %s, or for the aws:SourceArn of what needs it, in %s", s.of.Stack.Account, name)
}

// find is what a statement lets those do whom a rule is about.
func (r *reader) find(rule check.Rule, s statement) (f found) {
	f.passes = policy.No
	unknown := ""
	var order []string
	what := map[string][]*enumerate.Asked{}
	for _, one := range s.asked {
		passes := policy.Yes
		if !one.Answers[0].OtherKey {
			passes = one.Answers[0].Chains[0].PassesAsRead()
		}
		whom, counts := r.whom(rule, s, one)
		if !counts || passes == policy.No || !decides(s, one) {
			continue
		}
		if _, isIdentity := policy.OriginAccessIdentity(one.Caller); isIdentity && !policy.IsKnown(one.Caller) {
			passes = policy.Indeterminate
			unknown = "which origin access identity that is, is not known before deployment"
		}
		if one.Organization != "" && one.Organization != model.NoOrganization && r.Organization(s.of.Stack.Account) == "" {
			passes = policy.Indeterminate
			unknown = fmt.Sprintf("whether organization %s is that of account %s is not known: give it by --organization, or in the options", one.Organization, s.of.Stack.Account)
		}
		if f.by == nil || passes == policy.Yes && f.passes != policy.Yes {
			f.passes, f.by = passes, one
		}
		if what[whom] == nil {
			order = append(order, whom)
		}
		what[whom] = append(what[whom], one)
	}
	may := " may "
	if f.passes == policy.Indeterminate {
		may = " may perhaps "
	}
	for _, whom := range order {
		f.details = append(f.details, whom+may+actionsOf(what[whom]))
	}
	if f.passes == policy.Indeterminate && unknown != "" {
		f.details = append(f.details, unknown)
	}
	return f
}

// decides says that a statement is one of those that decide a question.
func decides(s statement, q *enumerate.Asked) bool {
	return slices.ContainsFunc(q.Answers[0].Statements, func(one simulate.Deciding) bool { return one.Document == s.Document && one.Index == s.Index })
}

// actionsOf are the actions of questions in words, with what they are on.
func actionsOf(all []*enumerate.Asked) string {
	const most = 3
	var names, on []string
	for _, one := range all {
		for _, action := range one.Actions {
			if !slices.Contains(names, action) {
				names = append(names, action)
			}
		}
		if name := strings.ReplaceAll(one.Resource, model.AnyName, "*"); !slices.Contains(on, name) {
			on = append(on, name)
		}
	}
	text := strings.Join(names[:min(most, len(names))], ", ")
	if more := len(names) - most; more > 0 {
		text += fmt.Sprintf(" and %d more actions", more)
	}
	return text + " on " + columns.First(on, most, ", ")
}

// whom says who asks a question, in words, and whether a rule is about it.
func (r *reader) whom(rule check.Rule, s statement, q *enumerate.Asked) (name string, counts bool) {
	account := arn.Account(q.Caller)
	identity, isIdentity := policy.OriginAccessIdentity(q.Caller)
	isNobody := account == model.OtherAccount || q.Caller == "anonymous"
	switch {
	case q.Provider != "" || slices.Contains(r.accounts, account):
		return "", false
	case isIdentity:
		return q.Who(), rule == ForeignAccess && isChosenBy(s, q) && !slices.Contains(r.identities, identity) && !slices.Contains(r.Trusted, identity)
	case model.IsService(q.Caller):
		return q.Caller + ", on behalf of any account,", rule == probe.ConfusedDeputy && slices.Contains(s.e.Principals["Service"], q.Caller) && r.actsForOthers(s, q)
	case rule == probe.ConfusedDeputy || !isChosenBy(s, q) || isOfAWS[account]:
		return "", false
	case isNobody && q.Organization != "" && q.Organization != model.NoOrganization:
		own := r.Organization(s.of.Stack.Account)
		return "any account of organization " + q.Organization, rule == ForeignAccess && own != q.Organization
	case q.Caller == "anonymous" && s.of.Type == "AWS::KMS::Key": // https://docs.aws.amazon.com/kms/latest/developerguide/programming-top.html: requests are signed
		return "", false
	case isNobody && !enumerate.IsEveryone(s.e):
		return "an account that is not known", rule == ForeignAccess && q.Caller != "anonymous"
	case isNobody:
		name = "any AWS account"
		if q.Caller == "anonymous" {
			name = "everybody, without credentials,"
		}
		return name, rule == PublicAccess
	}
	return q.Who(), rule == ForeignAccess
}

// identitiesOf are the IDs of the templates' origin access identities, as which CloudFront reads buckets.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudfront-cloudfrontoriginaccessidentity.html
func identitiesOf(m *model.Model) (all []string) {
	for _, one := range m.Assembly.OfType("AWS::CloudFront::CloudFrontOriginAccessIdentity") {
		all = append(all, one.Ref, policy.Unresolved(one.Stack.Label+"."+one.LogicalID+".Id"))
	}
	return all
}

// isChosenBy says that whoever makes a request chooses its condition keys, and makes it from elsewhere than the networks that a statement names.
func isChosenBy(s statement, q *enumerate.Asked) bool {
	asksFor := enumerate.Networks(s.e)
	outside := len(asksFor) == 0
	for name, values := range q.Context {
		low := strings.ToLower(name)
		switch {
		case enumerate.IsNetwork(low):
			for i := range s.Document.Statements {
				if enumerate.Named(s.Document.Statements[i].Elements(), low, values[0]) {
					return false
				}
			}
			outside = outside || slices.Contains(asksFor, low)
		case low == "aws:securetransport", low == "kms:viaservice", low == "lambda:functionurlauthtype":
		case !escalation.IsChosen(low, true):
			return false
		}
	}
	return outside
}

// actsForOthers says that a service makes a request on behalf of nobody, or of an account that is not trusted.
func (r *reader) actsForOthers(s statement, q *enumerate.Asked) bool {
	if tellsNothing[q.Action] || q.Context["lambda:EventSourceToken"] != nil || deliversLogs[q.Caller] && (r.hasAccount(q.Resource) || readsBucket[q.Action]) {
		return false
	}
	if s.of.Type == "AWS::KMS::Key" && probe.EncryptsForAll(q.Caller) && !r.encryptsData(s.of) {
		return false
	}
	for _, values := range q.Context {
		for _, value := range values {
			_, isBucket := r.Accounts.ResourceOf(value)
			if slices.Contains(r.accounts, value) || slices.Contains(r.accounts, arn.Account(value)) || isBucket || strings.HasPrefix(value, "o-") && value != model.OtherOrganization {
				return false
			}
		}
	}
	return true
}

// tellsNothing are requests that give whoever makes them nothing, and which AWS's pages let services make without a source.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html#eb-cloudwatchlogs-permissions
var tellsNothing = map[string]bool{"kms:DescribeKey": true, "logs:CreateLogStream": true}

// deliversLogs are the services that write what they have of each account below AWSLogs/ACCOUNT/, and read who owns the bucket first.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-infrastructure-V2-S3.html
// https://docs.aws.amazon.com/config/latest/developerguide/s3-bucket-policy.html
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
var deliversLogs = map[string]bool{"cloudtrail.amazonaws.com": true, "config.amazonaws.com": true, "delivery.logs.amazonaws.com": true,
	"logdelivery.elasticloadbalancing.amazonaws.com": true, "logdelivery.elb.amazonaws.com": true}

// readsBucket are the requests that they make of the bucket itself.
var readsBucket = map[string]bool{"s3:GetBucketAcl": true, "s3:GetBucketLocation": true, "s3:ListBucket": true}

// hasAccount says that the ARN of a resource has a trusted account in its path, as log services write for each account below its own.
func (r *reader) hasAccount(resource string) bool {
	return slices.ContainsFunc(strings.Split(resource, "/"), func(part string) bool { return slices.Contains(r.accounts, part) })
}

// encryptsData says that a key encrypts data, and not only what is on its way.
func (r *reader) encryptsData(key *assembly.Resource) bool {
	return slices.ContainsFunc(r.Accounts.ARNs(), func(name string) bool {
		of, _ := r.Accounts.ResourceOf(name)
		return of.Key == key.ARN && of.Type != "AWS::SNS::Topic" && of.Type != "AWS::SQS::Queue"
	})
}
