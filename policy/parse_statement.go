package policy

import (
	"github.com/crossgrant/crossgrant/internal/jsonread"
	"github.com/crossgrant/crossgrant/policy/internal/pattern"
)

// parseDocument reads the elements of a policy. Their names are case sensitive.
func parseDocument(d *Document, n node) error {
	top := &place{}
	if err := top.fields(&n, "an object with a Statement"); err != nil {
		return err
	}
	var statements *node
	for i, key := range n.keys {
		at, value := &place{above: top, name: key}, &n.items[i]
		var err error
		switch key {
		case "Version":
			d.Version, err = at.text(value)
			if err == nil && d.Version != "2008-10-17" && d.Version != "2012-10-17" {
				err = at.expected(`"2012-10-17" or "2008-10-17"`, value.describe())
			}
		case "Id":
			d.ID, err = at.text(value)
			d.hasID = true
		case "Statement":
			statements = value
		default:
			err = at.expected("Version, Id or Statement", "an element of this name")
		}
		if err != nil {
			return err
		}
	}
	at := &place{above: top, name: "Statement"}
	if statements == nil {
		return at.expected("a statement", "none")
	}
	list := []node{*statements}
	if statements.kind == jsonread.List {
		list = statements.items
	}
	var s pattern.Syntax
	if d.Version == "2012-10-17" {
		// The older version has no variables: they are text (reference_policies_elements_version.html).
		s = pattern.Variables
	}
	d.Statements = make([]Statement, len(list))
	for i := range list {
		d.Statements[i].Index = i
		if err := parseStatement(&d.Statements[i], &list[i], &place{above: at, index: i}, s); err != nil {
			return err
		}
	}
	return nil
}

// parseStatement reads the elements of a statement.
func parseStatement(s *Statement, n *node, at *place, v pattern.Syntax) error {
	if err := at.fields(n, "a statement: an object with Effect and Action"); err != nil {
		return err
	}
	for i, key := range n.keys {
		if err := parseElement(s, key, &n.items[i], &place{above: at, name: key}, v); err != nil {
			return err
		}
	}
	if s.Effect == "" {
		return (&place{above: at, name: "Effect"}).expected(`"Allow" or "Deny"`, "none")
	}
	if s.actions == nil {
		return (&place{above: at, name: "Action"}).expected("Action or NotAction", "none")
	}
	return nil
}

func parseElement(s *Statement, key string, n *node, at *place, v pattern.Syntax) error {
	var err error
	var list []string
	switch element(key) {
	case "Sid":
		s.Sid, err = at.text(n)
	case "Effect":
		var effect string
		effect, err = at.text(n)
		s.Effect = Effect(effect)
		if err == nil && s.Effect != Allow && s.Effect != Deny {
			err = at.expected(`"Allow" or "Deny"`, n.describe())
		}
	case principalElement, notPrincipalElement:
		if s.principals != nil {
			return at.expected("either Principal or NotPrincipal", "both")
		}
		s.notPrincipal = element(key) == notPrincipalElement
		s.principals, err = parsePrincipals(n, at)
	case actionElement, notActionElement:
		if s.actions != nil {
			return at.expected("either Action or NotAction", "both")
		}
		s.notAction = element(key) == notActionElement
		list, err = at.texts(n, false)
		for _, raw := range list {
			s.actions = append(s.actions, compileAction(raw))
		}
	case resourceElement, notResourceElement:
		if s.resources != nil {
			return at.expected("either Resource or NotResource", "both")
		}
		s.notResource = element(key) == notResourceElement
		list, err = at.texts(n, false)
		for _, raw := range list {
			s.resources = append(s.resources, compileResource(raw, v))
		}
	case conditionElement:
		s.conditions, err = parseConditions(n, at, v)
	default:
		return at.expected("Sid, Effect, Principal, NotPrincipal, Action, NotAction, Resource, NotResource or Condition", "an element of this name")
	}
	return err
}

// parsePrincipals reads "*" or an object of lists.
func parsePrincipals(n *node, at *place) ([]principal, error) {
	if n.kind == jsonread.String && n.text == "*" {
		return []principal{compilePrincipal("", "*")}, nil
	}
	what := `"*" or an object with AWS, Service, Federated or CanonicalUser`
	if err := at.fields(n, what); err != nil {
		return nil, err
	}
	var all []principal
	for i, group := range n.keys {
		in := &place{above: at, name: group}
		switch group {
		case "AWS", "Service", "Federated", "CanonicalUser":
		default:
			return nil, in.expected("AWS, Service, Federated or CanonicalUser", "a principal type of this name")
		}
		list, err := in.texts(&n.items[i], group == "AWS") // an account may be a number
		if err != nil {
			return nil, err
		}
		for _, raw := range list {
			all = append(all, compilePrincipal(group, raw))
		}
	}
	return all, nil
}

// parseConditions reads operators, and under each of them keys with values.
func parseConditions(n *node, at *place, v pattern.Syntax) ([]condition, error) {
	if n.kind == jsonread.Object && len(n.items) == 0 {
		return nil, nil // AWS takes a condition that asks for nothing
	}
	if err := at.fields(n, "an object of condition operators"); err != nil {
		return nil, err
	}
	var all []condition
	for i, operator := range n.keys {
		in, keys := &place{above: at, name: operator}, &n.items[i]
		if err := in.fields(keys, "an object of condition keys with values"); err != nil {
			return nil, err
		}
		for j, key := range keys.keys {
			list, err := (&place{above: in, name: key}).texts(&keys.items[j], true)
			if err != nil {
				return nil, err
			}
			all = append(all, compileCondition(operator, key, list, v))
		}
	}
	return all, nil
}
