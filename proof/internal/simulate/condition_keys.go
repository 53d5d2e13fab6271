package simulate

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// conditionKeys are the condition keys of a request: what the access has, and what follows from its caller and route. Of whatever else the policies
// ask for, the request surely lacks some, has some with a value that nobody knows, and of the others it is uncertain whether it has them.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
func (w walk) conditionKeys(q request, p policy.Policies) (context map[string][]string, uncertain []string) {
	context = map[string][]string{"aws:SecureTransport": {"true"}, "aws:ViaAWSService": {"false"}}
	if region := requestedRegion(q); region != "" {
		context["aws:RequestedRegion"] = []string{region}
	}
	w.callerKeys(q, context)
	w.resourceKeys(q, context)
	w.endpointKeys(q, context)
	context = model.Merge(context, q.context)
	if w.Made {
		w.addressKeys(q, context)
	}
	known := map[string]bool{}
	for key := range context {
		known[strings.ToLower(key)] = true
	}
	for _, d := range documents(p) {
		if d == nil {
			continue
		}
		for _, key := range d.ConditionKeys() {
			if known[key] || isDerived[key] {
				continue
			}
			known[key] = true
			if w.Made && comesWithRequest(key) {
				continue
			}
			if clock[key] != nil {
				if now, ok := timeAsked(key, p); ok {
					context[key] = []string{now}
					continue
				}
			}
			switch w.presence(key, q) {
			case policy.Yes:
				context[key] = []string{policy.Unresolved(key)}
			case policy.Indeterminate:
				uncertain = append(uncertain, key)
			}
		}
	}
	return context, uncertain
}

// requestedRegion is what aws:RequestedRegion has: services without regions are in one region of the partition. "" if it is not known.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-requestedregion
func requestedRegion(q request) string {
	if service, _, _ := strings.Cut(q.action, ":"); service != "iam" && service != "organizations" {
		return q.region
	}
	switch a, _ := arn.Parse(q.caller); a.Partition {
	case "aws":
		return "us-east-1"
	case "aws-cn":
		return "cn-north-1"
	case "aws-us-gov":
		return "us-gov-west-1"
	}
	return ""
}

// callerKeys are the keys that follow from the caller.
func (w walk) callerKeys(q request, context map[string][]string) {
	if account := arn.Account(q.caller); account != "" {
		organization := w.model.Organization(account)
		path, _ := w.model.OrganizationPath(account)
		if q.caller == w.Caller && w.Organization != "" && w.Organization != organization { // and not of a role that it assumes
			organization = w.Organization
			path = model.UnknownPath(organization, account)
		}
		if path != "" {
			context["aws:PrincipalOrgPaths"] = []string{path}
		}
		if organization != "" && organization != model.NoOrganization {
			context["aws:PrincipalOrgID"] = []string{organization}
		}
	}
	if p := w.model.Principal(q.caller); p != nil {
		context["aws:PrincipalArn"] = []string{p.ARN}
		for key, value := range tags(p.Resource) {
			context["aws:PrincipalTag/"+key] = []string{value}
		}
	} else if model.IsRole(q.caller) {
		context["aws:PrincipalArn"] = []string{q.caller}
	}
	if w.From != nil && q.caller == w.Caller && w.From.Resource.Type == "AWS::Lambda::Function" {
		// https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-function-arn.html
		context["lambda:SourceFunctionArn"] = []string{w.From.Resource.ARN}
	}
}

// resourceKeys are the keys that follow from the owner of the resource.
func (w walk) resourceKeys(q request, context map[string][]string) {
	if organization := w.model.Organization(q.owner); organization != "" {
		context["aws:ResourceOrgID"] = []string{organization}
	}
	if path, _ := w.model.OrganizationPath(q.owner); path != "" {
		context["aws:ResourceOrgPaths"] = []string{path}
	}
	if q.owner != "" && strings.HasPrefix(q.action, "s3:") {
		context["s3:ResourceAccount"] = []string{q.owner}
	}
}

// choices are the keys that a request has with one of a few values: the versions of TLS that AWS accepts, and of a request to Lambda's API, which is not by
// the URL of a function, either false or none.
// https://aws.amazon.com/blogs/security/tls-1-2-required-for-aws-endpoints/
// https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
var choices = map[string][][]string{"s3:tlsversion": {{"1.2"}, {"1.3"}}, "lambda:invokedviafunctionurl": {{"false"}, nil}}

// clock is what the keys of the time have, by key, in the forms in which policies compare them.
var clock = map[string]func(time.Time) string{
	"aws:currenttime": func(t time.Time) string { return t.Format(time.RFC3339) },
	"aws:epochtime":   func(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) },
}

// timeAsked is the time of a request, if policies compare it with times of the past only: then it makes no difference when the request is made. Any other
// time is not known.
func timeAsked(key string, p policy.Policies) (value string, ok bool) {
	now := time.Now().UTC()
	for _, d := range documents(p) {
		if d == nil {
			continue
		}
		for _, text := range d.ConditionValues(key) {
			t, err := time.Parse(time.RFC3339, text)
			if seconds, number := strconv.ParseInt(text, 10, 64); number == nil && key == "aws:epochtime" {
				t, err = time.Unix(seconds, 0), nil
			}
			if err != nil || !t.Before(now) {
				return "", false
			}
		}
	}
	return clock[key](now), true
}

// alternatives are a context with each value of the keys that have one of several.
func alternatives(context map[string][]string, p policy.Policies) []map[string][]string {
	all := []map[string][]string{context}
	asked := map[string]bool{}
	for _, d := range documents(p) {
		if d == nil {
			continue
		}
		for _, key := range d.ConditionKeys() {
			values := choices[key]
			if values == nil || asked[key] || policy.IsKnown(strings.Join(context[key], "")) {
				continue
			}
			asked[key] = true
			var more []map[string][]string
			for _, one := range all {
				for _, value := range values {
					more = append(more, model.Merge(one, map[string][]string{key: value}))
				}
			}
			all = more
		}
	}
	return all
}

// pathsAsked are the accounts whose places in their organizations the policies of a request ask for.
func (w walk) pathsAsked(q request, p policy.Policies) []string {
	accounts := map[string]string{"aws:principalorgpaths": arn.Account(q.caller), "aws:resourceorgpaths": q.owner}
	if q.path != nil && q.path.Endpoint != nil {
		accounts["aws:vpceorgpaths"] = q.path.Endpoint.Resource.Stack.Account
	}
	var all []string
	for _, d := range documents(p) {
		if d == nil {
			continue
		}
		for _, key := range d.ConditionKeys() {
			if account := accounts[key]; policy.IsKnown(account) && account != "" {
				all = append(all, account)
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// endpointKeys are the keys that the endpoint of a request sets. Few services set those of the endpoint's owner; where that is in doubt, they
// are unknown.
func (w walk) endpointKeys(q request, context map[string][]string) {
	if q.path == nil || q.path.Endpoint == nil {
		return
	}
	e := q.path.Endpoint
	context["aws:SourceVpce"] = []string{e.Resource.Ref}
	context["aws:SourceVpc"] = []string{e.VPC}
	switch e.Service {
	case "s3", "kms":
		account := e.Resource.Stack.Account
		context["aws:VpceAccount"] = []string{account}
		if organization := w.model.Organization(account); organization != "" {
			context["aws:VpceOrgID"] = []string{organization}
		}
		if path, _ := w.model.OrganizationPath(account); path != "" {
			context["aws:VpceOrgPaths"] = []string{path}
		}
	}
}

// isDerived are the keys that package policy fills in itself.
var isDerived = map[string]bool{"aws:principalaccount": true, "aws:principalarn": true, "aws:principalisawsservice": true, "aws:principalservicename": true,
	"aws:principalservicenameslist": true, "aws:principaltype": true, "aws:resourceaccount": true, "aws:username": true, "aws:userid": true,
	"kms:calleraccount": true}

// absent are the keys that a plain request lacks, unless the access says so: those of federated users, of session tags and of an object's version,
// and those of requests through an access point, by a service, or for a source.
var absent = map[string]bool{
	"aws:calledvia": true, "aws:calledviafirst": true, "aws:calledvialast": true, "aws:federatedprovider": true, "aws:referer": true,
	"aws:sourceaccount": true, "aws:sourcearn": true, "aws:sourceidentity": true, "aws:sourceorgid": true, "aws:sourceorgpaths": true, "aws:sourceowner": true,
	"aws:tagkeys": true, "kms:viaservice": true, "s3:accessgrantsinstancearn": true, "s3:accesspointnetworkorigin": true, "s3:dataaccesspointaccount": true,
	"s3:dataaccesspointarn": true, "s3:delimiter": true, "s3:max-keys": true, "s3:prefix": true, "s3:versionid": true, "sts:externalid": true,
	"sts:sourceidentity": true, "sts:transitivetagkeys": true,
	// Of the actions that start sessions of roles, none has it.
	// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html
	"sts:durationseconds": true,
}

// present are the keys that every request has, with a value that nobody knows before.
var present = map[string]bool{"aws:currenttime": true, "aws:epochtime": true, "aws:requestedregion": true, "aws:useragent": true, "s3:authtype": true,
	"s3:signatureversion": true, "s3:tlsversion": true, "sts:rolesessionname": true, "lambda:invokedviafunctionurl": true}

// presence says whether a request has a key of which it is not known which value: whether it surely has it, surely lacks it, or neither.
func (w walk) presence(key string, q request) policy.Answer {
	endpoint := q.path != nil && q.path.Endpoint != nil
	// whether there is an endpoint on the way is not known
	unknownPath := q.path != nil && !endpoint && q.path.Reaches == policy.Indeterminate
	service := model.IsService(q.caller)
	role := w.model.Role(q.caller)
	switch {
	case key == "kms:viaservice" && service:
		return policy.Indeterminate
	case absent[key], isProvider(q.caller) && isClaimOfAnother(q.caller, key):
		return policy.No
	case present[key]:
		return policy.Yes
	case strings.HasPrefix(key, "aws:principalorg") && (w.Organization == model.NoOrganization || q.caller == "anonymous"):
		return policy.No
	case strings.HasPrefix(key, "aws:principaltag/"):
		if service || role != nil && role.Stack != nil {
			return policy.No
		}
		return policy.Indeterminate // a role that no template has, and that anyone may have tagged
	case strings.HasPrefix(key, "aws:requesttag/"):
		return policy.No
	case key == "aws:multifactorauthage" && len(w.model.Workloads(w.Caller)) > 0:
		return policy.No // no workload has a second factor
	case key == "aws:tokenissuetime" && (role != nil || model.IsRole(q.caller)):
		return policy.Yes
	case key == "aws:sourcevpce" || key == "aws:sourcevpc" || strings.HasPrefix(key, "aws:vpce"):
		if unknownPath || endpoint && maySet(key, q) {
			return policy.Indeterminate
		}
		return policy.No
	case key == "aws:sourceip" && unknownPath:
		return policy.Indeterminate
	case key == "aws:sourceip": // AWS leaves it out of requests through endpoints
		if endpoint || w.Through != "" || service {
			return policy.No
		}
		return policy.Yes
	case key == "lambda:sourcefunctionarn" && w.Through == "lambda": // only requests of a function's code have it
		return policy.No
	case key == "aws:vpcsourceip" && !endpoint && !unknownPath:
		return policy.No
	}
	return policy.Indeterminate
}

// withRequests are the services all of whose condition keys come with a request, and notComplete those of them that belong to
// the resource, or that nobody who makes a request lists.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html#amazons3-policy-keys
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html#amazondynamodb-policy-keys
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html#awssecuritytokenservice-policy-keys
var (
	withRequests = []string{"aws:", "s3:", "dynamodb:", "sts:"}
	notComplete  = []string{"aws:resourcetag/", "aws:resourceorg", "aws:principalorg", "aws:vpce", "s3:existingobjecttag/", "s3:buckettag/", "s3:accesspointtag/",
		"dynamodb:attributes", "dynamodb:firstpartitionkeyvalues", "dynamodb:secondpartitionkeyvalues"}
)

// comesWithRequest says that a request that is really made has a key or lacks it, as its context says.
func comesWithRequest(key string) bool {
	starts := func(prefix string) bool { return strings.HasPrefix(key, prefix) }
	return slices.ContainsFunc(withRequests, starts) && !slices.ContainsFunc(notComplete, starts)
}

// isClaimOfAnother says that a key is a claim of the tokens of another issuer than a provider: claims are named by the issuer, a host and perhaps a path.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
func isClaimOfAnother(provider, key string) bool {
	issuer := key[:strings.LastIndexByte(key, ':')]
	_, own, isOIDC := strings.Cut(strings.ToLower(provider), ":oidc-provider/")
	host, _, _ := strings.Cut(issuer, "/")
	return isOIDC && policy.IsKnown(own) && policy.IsKnown(issuer) && strings.Contains(host, ".") && issuer != own
}

// maySet says that an endpoint's service may set a key whose value this package cannot tell.
func maySet(key string, q request) bool {
	return strings.HasPrefix(key, "aws:vpce") && q.path.Endpoint.Service != "sts" && q.path.Endpoint.Service != "dynamodb"
}

// tags are those of a resource of a template.
func tags(r *assembly.Resource) map[string]string {
	all := map[string]string{}
	list, _ := r.Properties["Tags"].([]any)
	for _, item := range list {
		if tag, ok := item.(map[string]any); ok {
			key, _ := tag["Key"].(string)
			value, _ := tag["Value"].(string)
			all[key] = value
		}
	}
	return all
}
