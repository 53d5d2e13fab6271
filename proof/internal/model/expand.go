package model

import (
	"path"
	"strings"

	"github.com/crossgrant/crossgrant/internal/authorization"
)

// Expand are the actions that a pattern such as "s3:GetObject*" means on a resource: those of the service that can be on it, and for "*" all that fit. An
// action without a wildcard is itself. None for a pattern that means none, and for one of every service.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html
func Expand(pattern, resource string) []string {
	if !strings.ContainsAny(pattern, "*?") {
		return []string{pattern}
	}
	service, _, _ := strings.Cut(pattern, ":")
	possible := authorization.On(service, resource)
	if resource == "*" {
		possible = authorization.Of(service)
	}
	var all []string
	for _, action := range possible {
		if fits, err := path.Match(strings.ToLower(pattern), strings.ToLower(action.Name)); err == nil && fits {
			all = append(all, action.Name)
		}
	}
	return all
}
