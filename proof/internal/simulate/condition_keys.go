package simulate

import (
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// conditionKeys are the condition keys of a request: what the access has, what follows from its caller and route, and as unknown whatever
// else the policies ask for and the request may have.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
func (w walk) conditionKeys(q request, p policy.Policies) map[string][]string {
	context := map[string][]string{"aws:SecureTransport": {"true"}, "aws:ViaAWSService": {"false"},
		// The oldest version that AWS accepts (https://aws.amazon.com/blogs/security/tls-1-2-required-for-aws-endpoints/).
		"s3:TlsVersion": {"1.2"}}
	if region := q.region(); region != "" {
		context["aws:RequestedRegion"] = []string{region}
	}
	if account := arn.Account(q.caller); account != "" {
		context["aws:PrincipalOrgID"] = []string{w.organization(account)}
	}
	if role := w.model.Role(q.caller); role != nil {
		context["aws:PrincipalArn"] = []string{role.ARN}
		for key, value := range tags(role.Resource) {
			context["aws:PrincipalTag/"+key] = []string{value}
		}
	} else if model.IsRole(q.caller) {
		context["aws:PrincipalArn"] = []string{q.caller}
	}
	w.endpointKeys(q, context)
	context = model.Merge(context, q.context)
	known := map[string]bool{}
	for key := range context {
		known[strings.ToLower(key)] = true
	}
	for _, d := range documents(p) {
		if d == nil {
			continue
		}
		for _, key := range d.ConditionKeys() {
			if !known[key] && !isAbsent(key, q) {
				known[key] = true
				context[key] = []string{policy.Unresolved(key)}
			}
		}
	}
	return context
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
	}
}

// absent are the keys that a plain request of a role lacks, or that package policy fills in.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html says for each when it is present.
var absent = map[string]bool{
	"aws:calledvia": true, "aws:calledviafirst": true, "aws:calledvialast": true, "aws:federatedprovider": true, "aws:principalaccount": true,
	"aws:principalarn": true, "aws:principalisawsservice": true, "aws:principalservicename": true, "aws:principalservicenameslist": true,
	"aws:principaltype": true, "aws:referer": true, "aws:resourceaccount": true, "aws:sourceaccount": true, "aws:sourcearn": true,
	"aws:sourceorgid": true, "aws:sourceorgpaths": true, "aws:tagkeys": true, "aws:username": true, "aws:userid": true,
	"sts:externalid": true, "sts:sourceidentity": true, "sts:transitivetagkeys": true, "aws:sourceidentity": true,
	"s3:prefix": true, "s3:delimiter": true, "s3:versionid": true, "s3:max-keys": true, "kms:viaservice": true,
}

// isAbsent says that a request certainly lacks a key, or that package policy knows its value.
func isAbsent(key string, q request) bool {
	endpoint := q.path != nil && q.path.Endpoint != nil
	switch {
	case absent[key], strings.HasPrefix(key, "aws:principaltag/"), strings.HasPrefix(key, "aws:requesttag/"):
		return true
	case key == "aws:sourcevpce" || key == "aws:sourcevpc" || strings.HasPrefix(key, "aws:vpce"):
		return !endpoint || !maySet(key, q)
	case key == "aws:sourceip":
		return endpoint // AWS leaves it out then
	case key == "aws:vpcsourceip":
		return !endpoint
	}
	return false
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
