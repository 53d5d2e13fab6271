package deployed

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy"
)

// identities are the unique IDs of the roles and users that are there, and those that the policies of resources mean. A policy means the role that was there when
// the policy was deployed: AWS keeps its unique ID in place of its ARN, so that the policy does not mean a role that is made again under the same name.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-roles
type identities struct {
	ids   map[string]identity          // by ARN
	meant map[string]map[string]string // unique IDs by ARN, by policy
}

// identity is a role or a user of a stack.
type identity struct{ stack, id string }

// update takes notice of what is deployed now: roles and users, and policies that are new or changed. The policies that mean others get the IDs of those:
// outdated says that there are some.
func (all *identities) update(a *assembly.Assembly, stackID func(*assembly.Stack) string) (outdated bool) {
	ids, meant := map[string]identity{}, map[string]map[string]string{}
	for _, s := range a.Stacks {
		for _, r := range s.Resources {
			if !IsPrincipal(r.ARN) {
				continue
			}
			one := all.ids[r.ARN]
			if one.id == "" || one.stack != stackID(s)+r.LogicalID {
				one = identity{stackID(s) + r.LogicalID, newID(r.ARN)}
			}
			ids[r.ARN] = one
		}
	}
	all.ids = ids
	for _, s := range a.Stacks {
		for _, r := range s.Resources {
			named := Principals(r)
			if len(named) == 0 {
				continue
			}
			policy := stackID(s) + r.LogicalID + digest(r)
			of := all.meant[policy]
			if of == nil {
				of = map[string]string{}
				for _, principal := range named {
					of[principal] = ids[principal].id // "" for one that is in no stack
				}
			}
			meant[policy] = of
			r.Properties = withPrincipals(r, func(principal string) string {
				if id := of[principal]; id != "" && id != ids[principal].id {
					outdated = true
					return id
				}
				return principal
			})
		}
	}
	all.meant = meant
	return outdated
}

// digest is a digest of the properties of a resource that have statements.
func digest(r *assembly.Resource) string {
	having := r.Properties
	if r.Type != "AWS::Lambda::Permission" {
		having = maps.Clone(r.Properties)
		maps.DeleteFunc(having, func(_ string, value any) bool {
			has := false
			principalsIn(value, func(principal string) string {
				has = true
				return principal
			})
			return !has
		})
	}
	text, _ := json.Marshal(having) // never fails: texts, numbers, lists and objects only
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// UniqueID is the unique ID of a role or user of a stack, or one that follows from its ARN.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
func (n *Now) UniqueID(principal string) string {
	if of := n.ids[principal]; of.id != "" {
		return of.id
	}
	sum := sha256.Sum256([]byte(principal))
	return idOf(principal, sum[:])
}

func newID(principal string) string {
	b := make([]byte, 16)
	rand.Read(b) // never fails
	return idOf(principal, b)
}

func idOf(principal string, b []byte) string {
	kind := "AROA"
	if strings.Contains(principal, ":user/") {
		kind = "AIDA"
	}
	return kind + base32.StdEncoding.EncodeToString(b)[:17]
}

// IsPrincipal says that an ARN is that of a role or a user, and known.
func IsPrincipal(name string) bool {
	a, ok := arn.Parse(name)
	return ok && policy.IsKnown(name) && a.Service == "iam" && (strings.HasPrefix(a.Resource, "role/") || strings.HasPrefix(a.Resource, "user/"))
}

// Principals are the roles and users that the policies of a resource name as principals, by their ARNs, sorted. Those whose ARNs are not known yet are left out.
func Principals(r *assembly.Resource) []string {
	var all []string
	withPrincipals(r, func(principal string) string {
		all = append(all, principal)
		return principal
	})
	slices.Sort(all)
	return slices.Compact(all)
}

// withPrincipals are the properties of a resource, with other principals in its policies: change says what a role or user becomes. The policy of an endpoint AWS
// keeps as it is.
func withPrincipals(r *assembly.Resource, change func(principal string) string) map[string]any {
	switch {
	case !strings.HasPrefix(r.Type, "AWS::") || r.Type == "AWS::EC2::VPCEndpoint":
		return r.Properties
	case r.Type == "AWS::Lambda::Permission": // which is one statement
		if value, changed := changedPrincipal(r.Properties["Principal"], change); changed {
			return with(r.Properties, "Principal", value)
		}
		return r.Properties
	}
	value, _ := principalsIn(r.Properties, change)
	return value.(map[string]any)
}

// principalsIn is a value with other principals in the statements that it has. What does not change is shared.
func principalsIn(value any, change func(string) string) (now any, changed bool) {
	switch v := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			item, found := v[key], false
			of, is := item.(map[string]any)
			if is && (key == "Principal" || key == "NotPrincipal") && v["Effect"] != nil {
				if item, found = changedPrincipal(of["AWS"], change); found {
					item = with(of, "AWS", item)
				}
			} else {
				item, found = principalsIn(item, change)
			}
			if found {
				v, changed = with(v, key, item), true
			}
		}
		return v, changed
	case []any:
		for i, item := range v {
			if item, found := principalsIn(item, change); found {
				v, changed = slices.Clone(v), true
				v[i] = item
			}
		}
		return v, changed
	}
	return value, false
}

// changedPrincipal is one principal, or a list of them, with others.
func changedPrincipal(value any, change func(string) string) (now any, changed bool) {
	switch v := value.(type) {
	case string:
		if IsPrincipal(v) {
			other := change(v)
			return other, other != v
		}
	case []any:
		for i, item := range v {
			if item, found := changedPrincipal(item, change); found {
				v, changed = slices.Clone(v), true
				v[i] = item
			}
		}
		return v, changed
	}
	return value, false
}

// with is an object with another value of a key.
func with(object map[string]any, key string, value any) map[string]any {
	object = maps.Clone(object)
	object[key] = value
	return object
}
