package escalation

import (
	"maps"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// Outsider is someone outside of an account whom a policy of the account names.
type Outsider struct {
	// Caller is its ARN, or "anonymous" for the users of an identity provider.
	Caller string
	// Provider is that provider. "" for others.
	Provider string
	// Name is what checks call it.
	Name string
}

// certificates is the service by which holders of certificates assume roles.
// https://docs.aws.amazon.com/rolesanywhere/latest/userguide/trust-model.html
const certificates = "rolesanywhere.amazonaws.com"

// Outsiders are those whom a statement of a trust or resource policy names. Other services are not among them: for whom these act is another rule's
// question. In an account there may be any role, so for an account there stand one role and those that the condition on aws:PrincipalArn asks for.
func Outsiders(s policy.Elements, partition, account string) []Outsider {
	var all []Outsider
	add := func(one Outsider) {
		if !slices.Contains(all, one) {
			all = append(all, one)
		}
	}
	named := asked(s.Conditions, "aws:principalarn")
	of := func(other string) {
		if other == account {
			return
		}
		name := other
		if other == model.OtherAccount {
			name = "any account"
		}
		add(Outsider{Caller: model.RoleIn(partition, other, model.OtherRole), Name: name})
		for _, pattern := range named {
			if a, _ := arn.Parse(pattern); a.Account == other || strings.ContainsAny(a.Account, "*?") && model.Like(a.Account, other) {
				a.Account, a.Resource = other, model.Example(a.Resource)
				add(Outsider{Caller: a.String(), Name: a.String()})
			}
		}
		if operatorsOf(s.Conditions, "aws:PrincipalArn") > 1 { // some name may satisfy all of them
			add(Outsider{Caller: model.RoleIn(partition, other, policy.Unresolved("some role")), Name: "some role of " + name})
		}
	}
	anyone := s.NotPrincipal
	for _, group := range slices.Sorted(maps.Keys(s.Principals)) {
		for _, one := range s.Principals[group] {
			a, isARN := arn.Parse(one)
			switch {
			case group == "Service" && one == certificates && !s.NotPrincipal:
				add(Outsider{Caller: one, Name: "holders of certificates"})
			case group == "Service" || s.NotPrincipal:
			case group == "Federated":
				add(Outsider{Caller: "anonymous", Provider: one, Name: "users of " + one[strings.LastIndexByte(one, ':')+1:]})
			case isARN && a.Account == account: // or one of its own
			case one == "*", !policy.IsKnown(one) && !policy.IsKnown(a.Account), !isARN && !isAccount(one):
				anyone = true // or someone unknown
			case !isARN:
				of(one)
			case a.Resource == "root":
				of(a.Account)
			case a.Account != account:
				add(Outsider{Caller: one, Name: one})
			}
		}
	}
	if anyone {
		of(model.OtherAccount)
		for _, pattern := range asked(s.Conditions, "aws:principalaccount") {
			if other := someAccount(pattern, account); other != "" {
				of(other)
			} else if !policy.IsKnown(pattern) {
				of(pattern)
			}
		}
		for _, pattern := range named {
			if one := someRole(pattern, partition, account); one != "" {
				of(arn.Account(one))
				add(Outsider{Caller: one, Name: one})
			}
		}
	}
	return all
}

func isAccount(text string) bool { return len(text) == 12 && strings.Trim(text, "0123456789") == "" }

// asked are the values of a key that conditions ask for.
func asked(conditions map[string]map[string][]string, key string) []string {
	var all []string
	for operator, keys := range conditions {
		switch baseOf(operator) {
		case "arnequals", "arnlike", "stringequals", "stringequalsignorecase", "stringlike":
			for name, values := range keys {
				if strings.EqualFold(name, key) {
					all = append(all, values...)
				}
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// baseOf is a condition operator in lower case, without what is around it.
func baseOf(operator string) string {
	operator = strings.TrimSuffix(strings.ToLower(operator), "ifexists")
	return strings.TrimPrefix(strings.TrimPrefix(operator, "foranyvalue:"), "forallvalues:")
}

// chosen are values of the keys that whoever makes a request chooses, for which conditions are true as far as these keys go. tags says that they
// choose the tags of their own principal as well, as those outside of an account do.
func chosen(conditions map[string]map[string][]string, tags bool) map[string][]string {
	context := map[string][]string{}
	spelling := map[string]string{}
	for _, negated := range []bool{false, true} { // what a condition excludes counts less than what another one asks for
		for _, operator := range slices.Sorted(maps.Keys(conditions)) { // "Equals" comes before "Like"
			base := baseOf(operator)
			if strings.Contains(base, "not") != negated {
				continue
			}
			for _, key := range slices.Sorted(maps.Keys(conditions[operator])) {
				values := conditions[operator][key]
				low := strings.ToLower(key)
				if spelling[low] == "" && !negated && network[low] && policy.IsKnown(strings.Join(values, "")) {
					spelling[low] = key
					context[key] = []string{policy.Unresolved(key)}
				}
				if spelling[low] == "" && mayBeVia(base, low, values, true) {
					spelling[low] = key
					context[key] = unknownVia(key)
				}
				if spelling[low] != "" || len(values) == 0 || !IsChosen(low, tags) {
					continue
				}
				if value := satisfies(base, values[0]); value != "" {
					spelling[low] = key
					context[key] = []string{value}
				}
			}
		}
	}
	return context
}

// avoided are values of the keys that whoever makes a request chooses, for which conditions of statements that deny are not true.
func avoided(denies []statement, tags bool) map[string][]string {
	context := map[string][]string{}
	for _, s := range denies {
		for _, operator := range slices.Sorted(maps.Keys(s.Conditions)) {
			for _, key := range slices.Sorted(maps.Keys(s.Conditions[operator])) {
				values, low := s.Conditions[operator][key], strings.ToLower(key)
				if mayBeVia(baseOf(operator), low, values, false) {
					put(context, key, unknownVia(key)[0])
				}
				if len(values) == 0 || !IsChosen(low, tags) {
					continue
				}
				switch base := baseOf(operator); {
				case base == "null" && values[0] == "true":
					put(context, key, model.AnyName)
				case base == "bool" && values[0] == "false":
					put(context, key, "true")
				case strings.Contains(base, "not"):
					put(context, key, model.Example(values[0]))
				}
			}
		}
	}
	return context
}

// put sets a key unless the context has it, in whatever spelling.
func put(context map[string][]string, key, value string) {
	for other := range context {
		if strings.EqualFold(other, key) {
			return
		}
	}
	context[key] = []string{value}
}

// contexts are the condition keys with which a request is tried, of those that whoever makes it chooses: what a statement that allows it asks for, with
// and without what makes others not deny it, and none.
func contexts(allow statement, denies []statement, tags bool) []map[string][]string {
	wanted := chosen(allow.Conditions, tags)
	all := []map[string][]string{wanted}
	if away := avoided(denies, tags); len(away) > 0 {
		both := maps.Clone(wanted)
		for key, values := range away {
			put(both, key, values[0])
		}
		all = append(all, both)
	}
	if len(wanted) > 0 {
		all = append(all, nil)
	}
	// Of a key that several operators are about, some value may do that this package does not think of.
	several := maps.Clone(wanted)
	for key := range wanted {
		if operatorsOf(allow.Conditions, key) > 1 {
			several[key] = []string{policy.Unresolved(key)}
			all = append(all, several)
		}
	}
	return all
}

// operatorsOf is how many operators of conditions are about a key.
func operatorsOf(conditions map[string]map[string][]string, key string) int {
	n := 0
	for _, keys := range conditions {
		for name := range keys {
			if strings.EqualFold(name, key) {
				n++
			}
		}
	}
	return n
}

// network are keys that say from where a request comes. Whose network it is that a condition asks for is not known, unless a template has it: then it
// is one's own.
var network = map[string]bool{"aws:sourcevpc": true, "aws:sourcevpcarn": true, "aws:sourcevpce": true, "aws:vpceaccount": true, "aws:vpceorgid": true,
	"aws:vpceorgpaths": true, "aws:vpcsourceip": true}

// satisfies is a value for which an operator is true. "" if there is none that is known, or the key has to be absent.
func satisfies(operator, value string) string {
	switch {
	case operator == "null":
		if value == "false" {
			return model.AnyName
		}
		return ""
	case strings.Contains(operator, "not"):
		return model.AnyName
	case operator == "numericlessthan":
		return "0"
	case operator == "numericgreaterthan":
		return "999999999"
	case operator == "ipaddress", operator == "datelessthan", operator == "dategreaterthan":
		return ""
	case operator == "stringlike", strings.HasPrefix(operator, "arn"):
		return model.Example(value)
	}
	return value
}

// IsChosen says that whoever makes a request chooses the value of a key, given in lower case: external ids, tags, claims of a token, whether there
// was a second factor, and what the request is about. Not chosen is what AWS says of the caller, of its network, of the time, and of the resource.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
func IsChosen(key string, tags bool) bool {
	switch key {
	case "aws:multifactorauthpresent", "aws:multifactorauthage", "aws:referer", "aws:sourceidentity", "aws:tagkeys", "aws:useragent":
		return true
	case "ec2:sourceinstancearn", "iam:permissionsboundary", "iam:policyarn", "kms:calleraccount", "kms:grantisforawsresource", "kms:viaservice",
		"lambda:functionarn", "lambda:sourcefunctionarn", "s3:authtype", "s3:dataaccesspointaccount", "s3:dataaccesspointarn", "s3:resourceaccount",
		"s3:signatureage", "s3:signatureversion", "s3:tlsversion":
		return false
	}
	switch {
	case strings.HasPrefix(key, "aws:requesttag/"):
		return true
	case strings.HasPrefix(key, "aws:principaltag/"), strings.HasPrefix(key, "aws:principalorgpaths"):
		return tags
	case strings.HasPrefix(key, "aws:"), strings.Contains(key, "resourcetag/"), strings.Contains(key, "existingobjecttag/"):
		return false
	}
	return true
}

// assume is how a role is assumed with chosen condition keys.
func assume(role, provider string, context map[string][]string) *model.Assume {
	a := model.Assume{Role: role, Provider: provider, Context: map[string][]string{}}
	for key, values := range context {
		switch strings.ToLower(key) {
		case "sts:externalid":
			a.ExternalID = values[0]
		case "sts:sourceidentity":
			a.SourceIdentity = values[0]
		default:
			a.Context[key] = values
		}
	}
	return &a
}
