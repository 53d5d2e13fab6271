package exposure

import (
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/inventory"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

var lambdaTypes = []Type{
	{Name: "AWS::Lambda::EventInvokeConfig", Opens: "what a function returns, to its destinations", Judged: "they are in its account", judge: eventInvokeConfig},
	{Name: "AWS::Lambda::EventSourceMapping", Opens: "invocation of a function, to who writes to the source; the events, to the function",
		Judged: "source, function and destinations are in the accounts of its grants and connections", judge: eventSourceMapping},
	{Name: "AWS::Lambda::Function", Opens: "what its role may do, to its code; what failed, to its dead-letter queue",
		Judged: "it does not run as a trusted role; the queue is in its account", judge: function},
	{Name: "AWS::Lambda::Permission", Opens: "invocation of a function, to the principal",
		Judged: "the principal is of the function's account; services by `ConfusedDeputy`", judge: permission},
	{Name: "AWS::Lambda::Url", Opens: "invocation of a function, to whoever its AuthType lets in", Judged: "AuthType is AWS_IAM", judge: functionURL},
}

// permission judges who may invoke a function.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-permission.html
func permission(s *subject) {
	for _, f := range ofKind(s.at("FunctionName"), inventory.Workload) {
		who, principal := s.Properties, text(s.Properties["Principal"])
		account := arn.Account(principal)
		if account == "" && len(principal) == 12 && strings.Trim(principal, "0123456789") == "" {
			account = principal
		}
		switch {
		case principal == "*" && text(who["SourceAccount"]) == "" && arn.Account(text(who["SourceArn"])) == "":
			s.opens(f.Guarded, "name the principal that needs it, with SourceArn and SourceAccount, or remove it", "it lets everybody invoke %s%s", name(f.Guarded), urlType(who))
		case principal == "*":
			s.source(f.Guarded)
		case principal == "" || !policy.IsKnown(principal):
			s.mayOpen(f.Guarded, "name the principal that needs it", "it lets %s invoke %s, and who that is, is not known before deployment", principal, name(f.Guarded))
		case model.IsService(principal): // which ConfusedDeputy tries
		case account == f.Stack.Account || s.isCaller(f.Guarded, principal) || isGranted(f.Guarded, principal, text(s.Properties["FunctionName"])):
		default:
			s.opens(f.Guarded, "remove it, or name a principal of account "+f.Stack.Account, "it lets %s of another account invoke %s, and no grant does", principal, name(f.Guarded))
		}
	}
}

// isGranted says that a grant permits a principal to invoke a function, or a version or alias of it, directly.
func isGranted(f *inventory.Guarded, principal, named string) bool {
	return slices.ContainsFunc(f.Grants, func(g *model.Grant) bool {
		return g.Access == contract.Direct && slices.Contains(g.Grantees, principal) && (g.Covers("lambda:InvokeFunction", f.ARN, nil) || g.Covers("lambda:InvokeFunction", named, nil))
	})
}

func urlType(properties map[string]any) string {
	if kind := text(properties["FunctionUrlAuthType"]); kind != "" {
		return " by its URL (" + kind + ")"
	}
	return ""
}

// isCaller says that a connection makes a principal invoke a function.
func (s *subject) isCaller(f *inventory.Guarded, principal string) bool {
	for _, one := range s.Connections() {
		if r, ok := s.Accounts.ResourceOf(one.Resource); ok && r.Resource == f.Resource && one.Caller == principal {
			return true
		}
	}
	return false
}

// source judges for which source a permission lets everybody invoke a function, as a service then does: one of the accounts of its grants and connections.
func (s *subject) source(f *inventory.Guarded) {
	account := text(s.Properties["SourceAccount"])
	if account == "" {
		account = arn.Account(text(s.Properties["SourceArn"]))
	}
	switch {
	case slices.Contains(f.Parties, account):
	case policy.IsKnown(account) && !strings.ContainsAny(account, "*?"):
		s.opens(f, "set SourceArn and SourceAccount to the source that needs it", "it lets everybody invoke %s on behalf of account %s, which no grant or connection has", name(f), account)
	default:
		s.mayOpen(f, "set SourceArn and SourceAccount to the source that needs it", "it lets everybody invoke %s on behalf of account %s, which is not known before deployment", name(f), account)
	}
}

// functionURL judges the authorization of a function's URL.
// https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
func functionURL(s *subject) {
	for _, f := range ofKind(s.at("TargetFunctionArn"), inventory.Workload) {
		switch kind := text(s.Properties["AuthType"]); {
		case kind == "AWS_IAM":
		case policy.IsKnown(kind):
			s.opens(f.Guarded, "set AuthType to AWS_IAM, or remove it", "AuthType %s lets everybody on the internet call %s", kind, name(f.Guarded))
		default:
			s.mayOpen(f.Guarded, "set AuthType to AWS_IAM", "AuthType of the URL of %s is not known before deployment", name(f.Guarded))
		}
	}
}

// eventInvokeConfig judges where the results of asynchronous invocations go.
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
func eventInvokeConfig(s *subject) {
	for _, f := range ofKind(s.at("FunctionName"), inventory.Workload) {
		for _, outcome := range []string{"OnSuccess", "OnFailure"} {
			destination := text(dig(s.Properties, "DestinationConfig", outcome, "Destination"))
			s.sendsTo(f.Guarded, itsAccount, "DestinationConfig."+outcome, "the results", destination)
		}
	}
}

// eventSourceMapping judges which events a function gets, and which function gets the events of something guarded.
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html
func eventSourceMapping(s *subject) {
	for _, f := range ofKind(s.at("FunctionName"), inventory.Workload) {
		s.takesFrom(f.Guarded, "EventSourceArn", "events", text(s.Properties["EventSourceArn"]))
		if s.Properties["SelfManagedEventSource"] != nil {
			s.mayOpen(f.Guarded, "see who may write to its source", "who may write to its SelfManagedEventSource, and so invoke %s, is not known", name(f.Guarded))
		}
		s.sendsTo(f.Guarded, itsAccount, "DestinationConfig.OnFailure", "failed events", text(dig(s.Properties, "DestinationConfig", "OnFailure", "Destination")))
	}
	for _, source := range s.at("EventSourceArn") {
		if name := text(s.Properties["FunctionName"]); strings.HasPrefix(name, "arn:") {
			s.sendsTo(source.Guarded, itsParties, "FunctionName", "events", name)
		}
	}
}

// function judges as what a function runs, and where failed events go.
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html#invocation-dlq
func function(s *subject) {
	s.runsAs("lambda.amazonaws.com", "Role")
	if s.guarded != nil {
		s.sendsTo(s.guarded, itsAccount, "DeadLetterConfig", "failed events", text(dig(s.Properties, "DeadLetterConfig", "TargetArn")))
	}
}
