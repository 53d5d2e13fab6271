package escalation

import (
	"strings"

	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// Which principals and accounts a pattern of a condition means, of all those that there may be.

// someAccount is an account that a pattern matches, other than one. "" if there is none.
func someAccount(pattern, but string) string {
	for _, one := range []string{model.OtherAccount, pattern} {
		if isAccount(one) && one != but && model.Like(pattern, one) {
			return one
		}
	}
	return model.AccountLike(pattern, []string{but})
}

// someRole is the ARN of a role of another account that a pattern matches, also one whose wildcards stand for more than a part of the ARN. "" if there is
// none that is found.
func someRole(pattern, partition, but string) string {
	if a, ok := arn.Parse(pattern); ok {
		account := someAccount(a.Account, but)
		if account == "" {
			return ""
		}
		return arn.ARN{Partition: partition, Service: "iam", Account: account, Resource: model.Example(a.Resource)}.String()
	}
	front, rest, ok := strings.Cut(pattern, "*")
	if !ok {
		return ""
	}
	begin := "arn:" + partition + ":iam::"
	digits, _ := strings.CutPrefix(front, begin)
	if digits == front {
		digits = ""
	}
	account := someAccount(digits+"*", but)
	if len(digits) > 12 || account == "" {
		return ""
	}
	rest = model.Example(strings.TrimPrefix(rest, ":"))
	for _, resource := range []string{rest, "role" + rest, "role/" + rest, "role/" + model.AnyName + rest} {
		if one := begin + account + ":" + resource; strings.HasPrefix(resource, "role/") && model.Like(pattern, one) {
			return one
		}
	}
	return ""
}
