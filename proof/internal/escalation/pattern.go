package escalation

import (
	"strings"

	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// Which principals and accounts a pattern of a condition means, of all those that there may be.

// like says that a text has the form of a pattern, where "*" is any text and "?" any character.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_String
func like(pattern, text string) bool {
	for pattern != "" {
		switch {
		case pattern[0] == '*':
			for i := 0; i <= len(text); i++ {
				if like(pattern[1:], text[i:]) {
					return true
				}
			}
			return false
		case text == "" || pattern[0] != '?' && pattern[0] != text[0]:
			return false
		}
		pattern, text = pattern[1:], text[1:]
	}
	return text == ""
}

// someAccount is an account that a pattern matches, other than one. "" if there is none.
func someAccount(pattern, but string) string {
	for _, one := range []string{model.OtherAccount, pattern} {
		if isAccount(one) && one != but && like(pattern, one) {
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
		if one := begin + account + ":" + resource; strings.HasPrefix(resource, "role/") && like(pattern, one) {
			return one
		}
	}
	return ""
}
