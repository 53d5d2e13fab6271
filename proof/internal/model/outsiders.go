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
	if account != "" && limitsTo(e.Conditions, account) {
		return nil
	}
	all := PrincipalARNs(e.Conditions)
	if len(all) == 0 && e.NotPrincipal {
		all = []string{EveryoneElse}
	} else if len(all) == 0 {
		all = slices.Concat(e.Principals["AWS"], e.Principals["Federated"], e.Principals["CanonicalUser"], e.Principals[""])
	}
	return slices.DeleteFunc(all, func(principal string) bool {
		return account != "" && (principal == account || arn.Account(principal) == account)
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

// limitsTo says that a condition is true for principals, sources and access points of one account only.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-policies.html#access-points-delegating-control
func limitsTo(conditions map[string]map[string][]string, account string) bool {
	for operator, keys := range conditions {
		switch strings.TrimPrefix(strings.ToLower(operator), "foranyvalue:") {
		case "stringequals", "stringlike", "stringequalsignorecase": // an account has no wildcard
		default:
			continue
		}
		for key, values := range keys {
			switch strings.ToLower(key) {
			case "aws:principalaccount", "kms:calleraccount", "aws:sourceaccount", "s3:dataaccesspointaccount":
				if len(values) == 1 && values[0] == account {
					return true
				}
			}
		}
	}
	return false
}
