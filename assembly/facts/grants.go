package facts

import (
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/internal/jsonread"
)

// grants reads the grants of a key, as kms list-grants prints them, and writes each as a statement for the one whom it permits the operations. A grant to a
// service of AWS, which the service uses for resources of the account, lets nobody else in and is left out.
// https://docs.aws.amazon.com/kms/latest/APIReference/API_GrantListEntry.html
func (p *parser) grants() any {
	const expected = "a list of grants, each an object with GrantId, GranteePrincipal and Operations, as kms list-grants prints it; [] for none"
	all := []any{}
	if kind, _ := p.Next(); kind != jsonread.List {
		p.refuse(kind, expected)
		return nil
	}
	for p.Item() {
		kind, text := p.Next()
		begin := p.Place()
		if kind != jsonread.Object {
			p.refuse(kind, expected)
			return nil
		}
		one, _ := p.tree(kind, text).(map[string]any)
		if p.Err() != nil {
			return nil
		}
		id, _ := one["GrantId"].(string)
		grantee, _ := one["GranteePrincipal"].(string)
		_, forService := one["GranteeServicePrincipal"]
		operations, _ := one["Operations"].([]any)
		if id == "" || grantee == "" && !forService || len(operations) == 0 {
			p.RefuseAt(begin, "a grant without GrantId, GranteePrincipal or Operations", expected)
			return nil
		}
		if !strings.HasPrefix(grantee, "arn:") {
			continue
		}
		actions := []any{}
		for _, operation := range operations {
			name, _ := operation.(string)
			actions = append(actions, "kms:"+name)
		}
		statement := map[string]any{"Sid": "Grant" + id, "Effect": "Allow", "Principal": map[string]any{"AWS": grantee}, "Action": actions, "Resource": "*"}
		if conditions := constraints(one["Constraints"]); len(conditions) > 0 {
			statement["Condition"] = conditions
		}
		all = append(all, statement)
	}
	return all
}

// constraints are those of a grant as conditions. Those that this package does not know are no condition that a request surely meets.
// https://docs.aws.amazon.com/kms/latest/APIReference/API_GrantConstraints.html
func constraints(value any) map[string]any {
	equals, conditions := map[string]any{}, map[string]any{}
	all, _ := value.(map[string]any)
	for name, what := range all {
		pairs, _ := what.(map[string]any)
		switch name {
		case "EncryptionContextEquals", "EncryptionContextSubset":
			keys := []any{}
			for key, value := range pairs {
				equals["kms:EncryptionContext:"+key] = value
				keys = append(keys, key)
			}
			if name == "EncryptionContextEquals" {
				slices.SortFunc(keys, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
				conditions["ForAllValues:StringEquals"] = map[string]any{"kms:EncryptionContextKeys": keys}
			}
		case "SourceArn":
			conditions["ArnLike"] = map[string]any{"aws:SourceArn": what}
		default:
			conditions["Constraint"+name] = map[string]any{"kms:" + name: "true"} // no operator of AWS
		}
	}
	if len(equals) > 0 {
		conditions["StringEquals"] = equals
	}
	return conditions
}
