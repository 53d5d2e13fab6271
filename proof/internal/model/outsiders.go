package model

import (
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy"
)

// EveryoneElse stands for the principals that a NotPrincipal element does not list.
const EveryoneElse = "everyone but the principals in NotPrincipal"

// Outsiders are the principals outside an account that a statement of a trust or resource policy allows: those that its condition on
// aws:PrincipalArn names, or else its principals; with "" for the account, all of them. Services are not among them: what these may do is asked
// by other checks.
func Outsiders(e policy.Elements, account string) []string {
	if account != "" && IsLimitedTo(e, account) {
		return nil
	}
	all := PrincipalARNs(e.Conditions)
	if len(all) == 0 && e.NotPrincipal {
		all = []string{EveryoneElse}
	} else if len(all) == 0 {
		all = slices.Concat(e.Principals["AWS"], e.Principals["Federated"], e.Principals["CanonicalUser"], e.Principals[""])
	}
	return slices.DeleteFunc(all, func(principal string) bool {
		// Whom an identity provider of the account lets in is somebody else.
		return account != "" && (principal == account || arn.Account(principal) == account) && !slices.Contains(e.Principals["Federated"], principal)
	})
}

// PrincipalARNs are the values of the conditions that require one of some principals.
func PrincipalARNs(conditions map[string]map[string][]string) []string {
	var all []string
	for operator, keys := range conditions {
		switch strings.TrimPrefix(strings.ToLower(operator), "foranyvalue:") {
		case "arnequals", "arnlike", "stringequals", "stringlike":
			for key, values := range keys {
				if strings.EqualFold(key, "aws:PrincipalArn") {
					all = append(all, values...)
				}
			}
		}
	}
	slices.Sort(all)
	return all
}

// IsLimitedTo says that the conditions of a statement are true for principals, sources and access points of one account only. Who is no service has no source.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-policies.html#access-points-delegating-control
// https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html
func IsLimitedTo(e policy.Elements, account string) bool {
	for operator, keys := range e.Conditions {
		operator = strings.TrimPrefix(strings.ToLower(operator), "foranyvalue:")
		for key, values := range keys {
			isOther := func(value string) bool { return value != account }
			switch key = strings.ToLower(key); {
			case key == "aws:sourcearn" && slices.Contains([]string{"arnequals", "arnlike", "stringequals", "stringlike"}, operator):
				isOther = func(value string) bool { return arn.Account(value) != account }
			case slices.Contains(accountKeys, key) && slices.Contains([]string{"stringequals", "stringlike", "stringequalsignorecase"}, operator): // an account has no wildcard
			default:
				continue
			}
			if len(values) > 0 && !slices.ContainsFunc(values, isOther) {
				return true
			}
		}
	}
	return false
}

// accountKeys are the condition keys whose value is the account that makes a request, or on whose behalf it is made.
var accountKeys = []string{"aws:principalaccount", "aws:sourceaccount", "aws:sourceowner", "kms:calleraccount", "s3:dataaccesspointaccount"}

// AccountLike is an account ID that a pattern matches, beside some. "" if there is none, or if the pattern matches every ID.
func AccountLike(pattern string, not []string) string {
	const length = 12
	fixed := strings.ReplaceAll(pattern, "*", "")
	if !strings.ContainsAny(pattern, "*?") || strings.Trim(fixed, "0123456789?") != "" || strings.Trim(fixed, "?") == "" || len(fixed) > length {
		return ""
	}
	for _, digit := range "0123456789" {
		fill := strings.Repeat(string(digit), length-len(fixed))
		id := strings.ReplaceAll(strings.ReplaceAll(strings.Replace(pattern, "*", fill, 1), "*", ""), "?", string(digit))
		if len(id) == length && !slices.Contains(not, id) {
			return id
		}
	}
	return ""
}
