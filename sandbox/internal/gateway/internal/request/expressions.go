package request

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/policy"
)

// words are what expressions consist of: names and placeholders with the path behind them, and whether a parenthesis follows, as behind functions.
var words = regexp.MustCompile(`([#:]?[A-Za-z_][A-Za-z0-9_-]*)((?:\.[#A-Za-z_][A-Za-z0-9_-]*|\[[0-9]+\])*)(\s*\()?`)

// keywords are the words of expressions that are no names. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.html
var keywords = []string{"AND", "OR", "NOT", "BETWEEN", "IN", "SET", "REMOVE", "ADD", "DELETE"}

// expressions are the parameters that have expressions, lists of names, and objects by name: those of a request that name attributes.
var (
	expressions = []string{"ProjectionExpression", "ConditionExpression", "FilterExpression", "KeyConditionExpression", "UpdateExpression"}
	nameObjects = []string{"Key", "Item", "KeyConditions", "QueryFilter", "ScanFilter", "Expected", "AttributeUpdates"}
)

// attributes are the top-level attributes that a request reads or writes. ok is false for a read of all attributes of items, which the request does not name.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html#FGAC_DDB.ConditionKeys
func (d dynamo) attributes(action string, p Parameters) (all []string, ok bool) {
	switch action {
	case "GetItem", "BatchGetItem", "Query", "Scan":
		if p.Text("ProjectionExpression") == "" && p["AttributesToGet"] == nil {
			return nil, p.Text("Select") == "COUNT"
		}
	}
	names, _ := p["ExpressionAttributeNames"].(map[string]any)
	found := map[string]bool{}
	for _, parameter := range expressions {
		for _, word := range words.FindAllStringSubmatch(p.Text(parameter), -1) {
			name := word[1]
			if strings.HasPrefix(name, ":") || slices.Contains(keywords, strings.ToUpper(name)) || word[2] == "" && word[3] != "" {
				continue
			}
			if strings.HasPrefix(name, "#") {
				full, isText := names[name].(string)
				if name = full; !isText {
					name = policy.Unresolved("dynamodb:Attributes")
				}
			}
			found[name] = true
		}
	}
	for _, parameter := range nameObjects {
		object, _ := p[parameter].(map[string]any)
		for name := range object {
			found[name] = true
		}
	}
	for _, name := range p.Texts("AttributesToGet") {
		found[name] = true
	}
	return slices.Sorted(maps.Keys(found)), len(found) > 0
}
