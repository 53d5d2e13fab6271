package proof

import (
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
)

// absent are the keys that a plain request of a role lacks, or that package policy fills in.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html says for each when it is there.
var absent = map[string]bool{
	"aws:calledvia": true, "aws:calledviafirst": true, "aws:calledvialast": true, "aws:federatedprovider": true, "aws:principalaccount": true,
	"aws:principalarn": true, "aws:principalisawsservice": true, "aws:principalservicename": true, "aws:principalservicenameslist": true,
	"aws:principaltype": true, "aws:referer": true, "aws:resourceaccount": true, "aws:sourceaccount": true, "aws:sourcearn": true,
	"aws:sourceorgid": true, "aws:sourceorgpaths": true, "aws:tagkeys": true, "aws:username": true, "aws:userid": true,
	"sts:externalid": true, "sts:sourceidentity": true, "sts:transitivetagkeys": true, "aws:sourceidentity": true,
	"s3:prefix": true, "s3:delimiter": true, "s3:versionid": true, "s3:max-keys": true, "kms:viaservice": true,
}

// follows says that a request certainly lacks a key, or that package policy knows its value.
func follows(key string, q question) bool {
	endpoint := q.path != nil && q.path.Endpoint != nil
	switch {
	case absent[key], strings.HasPrefix(key, "aws:principaltag/"), strings.HasPrefix(key, "aws:requesttag/"):
		return true
	case key == "aws:sourcevpce" || key == "aws:sourcevpc" || strings.HasPrefix(key, "aws:vpce"):
		return !endpoint || !perhaps(key, q)
	case key == "aws:sourceip":
		return endpoint // AWS leaves it out then
	case key == "aws:vpcsourceip":
		return !endpoint
	}
	return false
}

// perhaps says that an endpoint's service may fill a key of which this package cannot tell the value.
func perhaps(key string, q question) bool {
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
