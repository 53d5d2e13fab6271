package enumerate

import (
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// The condition keys with which a request is asked: of each key that a relevant statement has, each of its values, another one, and none.

// mostContexts is how many of them one request is asked with at most.
const mostContexts = 48

// follows are the condition keys whose values follow from the caller, the resource or the time, which other parts of a question vary.
var follows = map[string]bool{"aws:currenttime": true, "aws:epochtime": true, "aws:principalaccount": true, "aws:principalarn": true, "aws:principalisawsservice": true,
	"aws:principalorgid": true, "aws:principalorgpaths": true, "aws:principalservicename": true, "aws:principalservicenameslist": true, "aws:principaltype": true,
	"aws:requestedregion": true, "aws:resourceaccount": true, "aws:resourceorgid": true, "aws:resourceorgpaths": true, "aws:userid": true, "aws:username": true,
	"aws:tokenissuetime": true, "aws:viaawsservice": true, "kms:calleraccount": true, "lambda:sourcefunctionarn": true, "s3:resourceaccount": true}

// network are the condition keys that the route of a request sets.
var network = map[string]bool{"aws:sourceip": true, "aws:sourcevpc": true, "aws:sourcevpcarn": true, "aws:sourcevpce": true, "aws:vpceaccount": true,
	"aws:vpceorgid": true, "aws:vpceorgpaths": true, "aws:vpcsourceip": true}

// comesFromElsewhere says that a request says itself by which network it comes.
func comesFromElsewhere(context map[string][]string) bool {
	for key := range context {
		if network[strings.ToLower(key)] {
			return true
		}
	}
	return false
}

// isVaried says that questions vary a condition key. The tags of a principal of a template are in the template.
func isVaried(key string, outsider bool) bool {
	low := strings.ToLower(key)
	if strings.HasPrefix(low, "aws:principaltag/") {
		return outsider
	}
	return !follows[low] && !strings.HasPrefix(low, "aws:resourcetag/") && policy.IsKnown(key)
}

// contexts are the condition keys with which a request is asked, that follows from a statement, where others are about the same request. complete is false
// if there are more.
func contexts(of policy.Elements, relevant []statement, outsider bool) (all []map[string][]string, complete bool) {
	base := map[string][]string{}
	spelling := map[string]string{} // by key in lower case
	put := func(context map[string][]string, key string, values ...string) {
		low := strings.ToLower(key)
		if spelling[low] == "" {
			spelling[low] = key
		}
		if len(values) == 0 {
			delete(context, spelling[low])
			return
		}
		context[spelling[low]] = values
	}
	for _, negated := range []bool{false, true} {
		each(of.Conditions, func(operator, key string, values []string) {
			if _, has := base[spelling[strings.ToLower(key)]]; has || isNegated(operator, values) != negated || !isVaried(key, outsider) {
				return
			}
			if value, ok := wanted(operator, key, values); ok {
				put(base, key, value)
			}
		})
	}
	seen := map[string]bool{}
	add := func(context map[string][]string) {
		q := Question{Context: context}
		if key := q.key(); !seen[key] {
			seen[key] = true
			all = append(all, context)
		}
	}
	add(base)
	for _, s := range relevant {
		each(s.Conditions, func(operator, key string, values []string) {
			if !isVaried(key, outsider) {
				return
			}
			for _, value := range append(examples(operator, values), other(operator, key, values)) {
				if value != "" {
					one := maps.Clone(base)
					put(one, key, value)
					add(one)
				}
			}
			none := maps.Clone(base)
			put(none, key)
			add(none)
		})
	}
	if len(all) > mostContexts {
		return all[:mostContexts], false
	}
	return all, true
}

// each calls a function for each condition, in a fixed order.
func each(conditions map[string]map[string][]string, do func(operator, key string, values []string)) {
	for _, operator := range slices.Sorted(maps.Keys(conditions)) {
		for _, key := range slices.Sorted(maps.Keys(conditions[operator])) {
			do(operator, key, conditions[operator][key])
		}
	}
}

// baseOf is an operator in lower case, without what is around it.
func baseOf(operator string) string {
	operator = strings.TrimSuffix(strings.ToLower(operator), "ifexists")
	return strings.TrimPrefix(strings.TrimPrefix(operator, "foranyvalue:"), "forallvalues:")
}

// isNegated says that a condition is true for other values than its own, or for none.
func isNegated(operator string, values []string) bool {
	base := baseOf(operator)
	return strings.Contains(base, "not") || base == "null" && slices.Contains(values, "true")
}

// wanted is a value for which a condition is true. ok is false if the key has to be absent, or if no value is known.
func wanted(operator, key string, values []string) (value string, ok bool) {
	switch {
	case len(values) == 0, baseOf(operator) == "null" && values[0] == "true":
		return "", false
	case isNegated(operator, values):
		value = other(operator, key, values)
	default:
		all := examples(operator, values)
		if len(all) == 0 {
			return "", false
		}
		value = all[0]
	}
	return value, value != ""
}

// Named says that a value of a network key is one that conditions of a statement name, such as an address in a block that is not all of the internet.
func Named(e policy.Elements, key, value string) (named bool) {
	each(e.Conditions, func(operator, name string, values []string) {
		if strings.EqualFold(name, key) && slices.Contains(examples(operator, values), value) && other(operator, key, values) != "" {
			named = true
		}
	})
	return named
}

// Networks are the keys by which conditions of a statement ask for a network, in lower case: addresses of all the internet are none.
func Networks(e policy.Elements) (all []string) {
	each(e.Conditions, func(operator, key string, values []string) {
		if low := strings.ToLower(key); network[low] && !isNegated(operator, values) && !strings.HasSuffix(strings.ToLower(operator), "ifexists") &&
			other(operator, key, values) != "" {
			all = append(all, low)
		}
	})
	return all
}

// IsNetwork says that the route of a request sets a condition key.
func IsNetwork(key string) bool { return network[strings.ToLower(key)] }

// examples are values that an operator compares as equal to its own, or of which it says yes.
func examples(operator string, values []string) (all []string) {
	base := baseOf(operator)
	for _, value := range values {
		switch {
		case base == "null":
			if value == "false" {
				all = append(all, model.AnyName)
			}
		case base == "ipaddress", base == "notipaddress":
			address, _, _ := strings.Cut(value, "/")
			all = append(all, address)
		case base == "numericlessthan":
			all = append(all, shifted(value, -1))
		case base == "numericgreaterthan":
			all = append(all, shifted(value, 1))
		case strings.HasPrefix(base, "date"):
		case strings.Contains(base, "like"), strings.HasPrefix(base, "arn"):
			all = append(all, model.Example(value))
		default:
			all = append(all, value)
		}
	}
	return all
}

// shifted is a number that differs by n. "" for what is no number.
func shifted(value string, n int64) string {
	number, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return ""
	}
	return strconv.FormatInt(number+n, 10)
}

// other is a value of a key that an operator compares as different from all of its own. "" if none is known.
func other(operator, key string, values []string) string {
	if len(values) == 0 {
		return ""
	}
	switch base := baseOf(operator); {
	case base == "null", strings.HasPrefix(base, "date"):
		return ""
	case base == "bool":
		return map[string]string{"true": "false", "false": "true"}[strings.ToLower(values[0])]
	case strings.HasPrefix(base, "numericless"):
		return shifted(values[0], 1)
	case strings.HasPrefix(base, "numericgreater"):
		return shifted(values[0], -1)
	case strings.HasPrefix(base, "numeric"):
		return shifted(values[0], 1)
	case base == "ipaddress", base == "notipaddress":
		return addressOutside(values)
	}
	for _, one := range othersLike(key, values[0]) {
		if !slices.ContainsFunc(values, func(value string) bool { return model.Like(value, one) }) {
			return one
		}
	}
	return ""
}

// othersLike are values that may stand in the place of one, of the same form.
func othersLike(key, value string) []string {
	switch a, isARN := arn.Parse(value); {
	case strings.EqualFold(key, "aws:SourceArn") && (!isARN || a.Account == ""):
		a = arn.ARN{Partition: "aws", Service: "sns", Region: "eu-west-1", Account: model.OtherAccount, Resource: model.AnyName}
		return []string{a.String()}
	case isARN && a.Account != "":
		a.Account, a.Region, a.Resource = model.OtherAccount, model.Example(a.Region), model.Example(a.Resource)
		if !policy.IsKnown(a.Region) {
			a.Region = someRegion
		}
		if !policy.IsKnown(a.Resource) {
			a.Resource = model.AnyName
		}
		return []string{a.String()}
	case isARN:
		a.Resource = model.AnyName + "-other"
		return []string{a.String()}
	case strings.HasSuffix(strings.ToLower(key), "account"), len(value) == 12 && strings.Trim(value, "0123456789") == "":
		return []string{model.OtherAccount}
	case strings.HasPrefix(value, "o-"):
		return []string{model.OtherOrganization}
	}
	return []string{model.AnyName + "-other", "/" + model.AnyName}
}

// addressOutside is an address of the internet in none of the blocks. "" if none is found.
func addressOutside(blocks []string) string {
	for _, one := range []string{"203.0.114.7", "8.8.4.4", "93.184.216.34"} {
		address := netip.MustParseAddr(one)
		if !slices.ContainsFunc(blocks, func(block string) bool {
			prefix, err := netip.ParsePrefix(block)
			return err == nil && prefix.Contains(address) || block == one
		}) {
			return one
		}
	}
	return ""
}
