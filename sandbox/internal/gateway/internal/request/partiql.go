package request

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/crossgrant/crossgrant/policy"
)

// partiQL asks for what PartiQL statements do: the operation of the request has the statements, each with its parameters.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-iam.html
func (d dynamo) partiQL(p Parameters) error {
	if d.Operation == "ExecuteStatement" {
		return d.statement(p, "")
	}
	list, enclosing := p["Statements"], ""
	if d.Operation == "ExecuteTransaction" {
		list, enclosing = p["TransactStatements"], d.Operation
	}
	statements, _ := list.([]any)
	if len(statements) == 0 {
		return malformed("found no statements")
	}
	for _, one := range statements {
		object, _ := one.(map[string]any)
		if err := d.statement(object, enclosing); err != nil {
			return err
		}
	}
	return nil
}

// token is what a statement consists of: names, names in quotes, texts, numbers, parameters and other characters.
var token = regexp.MustCompile(`'(?:[^']|'')*'|"(?:[^"]|"")*"|[A-Za-z_][A-Za-z0-9_]*|-?[0-9]+(?:\.[0-9]+)?|\?|[<>!]=|<>|\S`)

// partiQLActions are the actions of statements, by their first word.
var partiQLActions = map[string]string{"SELECT": "PartiQLSelect", "INSERT": "PartiQLInsert", "UPDATE": "PartiQLUpdate", "DELETE": "PartiQLDelete"}

// statement asks for what one statement does. One that is not understood is unknown.
func (d dynamo) statement(p Parameters, enclosing string) error {
	text := p.Text("Statement")
	tokens := token.FindAllString(text, -1)
	if len(tokens) == 0 {
		return malformed("found no Statement")
	}
	action := partiQLActions[strings.ToUpper(tokens[0])]
	words := map[string]int{} // of which a statement has one, and not in quotes
	for _, one := range tokens {
		words[strings.ToUpper(one)]++
	}
	at := 1 // of the table
	switch action {
	case "":
		return unknown("found PartiQL statement %q, expected SELECT, INSERT, UPDATE or DELETE", tokens[0])
	case "PartiQLUpdate":
	default:
		into := map[string]string{"PartiQLSelect": "FROM", "PartiQLDelete": "FROM", "PartiQLInsert": "INTO"}[action]
		for at < len(tokens) && !strings.EqualFold(tokens[at], into) {
			at++
		}
		at++
	}
	isPlain := words["SELECT"]+words["INSERT"]+words["UPDATE"]+words["DELETE"] == 1 && words["FROM"]+words["INTO"] <= 1 && words[";"] == 0 && words["JOIN"] == 0
	if at >= len(tokens) || !isPlain || !isName(tokens[at]) {
		return unknown("found a PartiQL statement of which this sandbox does not find the table, expected such as SELECT * FROM \"table\" WHERE id = ?")
	}
	table, err := tableOf(unquoted(tokens[at]), d.at)
	if err != nil {
		return err
	}
	resource, index := table, ""
	rest := tokens[at+1:]
	if len(rest) > 1 && rest[0] == "." && isName(rest[1]) {
		index = unquoted(rest[1])
		if strings.ContainsAny(index, "/:*?") {
			return malformed("found index %q, expected a name", index)
		}
		resource, rest = table+"/index/"+index, rest[2:]
	}
	if len(rest) > 0 && rest[0] == "," {
		return unknown("found a PartiQL statement on several tables, expected one on one table")
	}
	context := d.context(p, enclosing)
	if consumed := d.Parameters.Text("ReturnConsumedCapacity"); consumed != "" {
		context["dynamodb:ReturnConsumedCapacity"] = []string{consumed}
	}
	parameters, _ := p["Parameters"].([]any)
	used := strings.Count(strings.Join(tokens[:len(tokens)-len(rest)], " "), "?")
	d.leadingKeys(action, rest, parameters[min(used, len(parameters)):], d.tables.PartitionKey(table, index), context)
	d.ask(action, resource, context)
	return nil
}

// leadingKeys adds the value of the partition key that a statement is about, and of SELECT whether it reads the whole table.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.select.html
func (d dynamo) leadingKeys(action string, tokens []string, parameters []any, key string, context map[string][]string) {
	unresolved := policy.Unresolved("dynamodb:LeadingKeys")
	value, separator := unresolved, "="
	if action == "PartiQLInsert" {
		separator = ":"
	}
	where, plain, next := action == "PartiQLInsert", true, 0
	for i, one := range tokens {
		parameter := next
		if one == "?" {
			next++
		}
		switch upper := strings.ToUpper(one); {
		case upper == "WHERE":
			where = true
		case where && oneOf(upper, "OR", "NOT", "IN", "("):
			plain = false
		case where && key != "" && unquoted(one) == key && i+2 < len(tokens) && tokens[i+1] == separator:
			switch v := tokens[i+2]; {
			case v == "?" && parameter < len(parameters):
				if text, ok := valueText(parameters[parameter]); ok {
					value = text
				}
			case strings.HasPrefix(v, "'"):
				value = unquoted(v)
			default:
				if _, err := strconv.ParseFloat(v, 64); err == nil {
					value = v
				}
			}
		}
	}
	if !plain {
		value = unresolved
	}
	context["dynamodb:LeadingKeys"] = []string{value}
	if action != "PartiQLSelect" {
		return
	}
	switch {
	case value != unresolved:
		context["dynamodb:FullTableScan"] = []string{"false"}
	case key == "" || where:
		context["dynamodb:FullTableScan"] = []string{policy.Unresolved("dynamodb:FullTableScan")}
	default:
		context["dynamodb:FullTableScan"] = []string{"true"}
		delete(context, "dynamodb:LeadingKeys")
	}
}

// isName says that a token is a name, perhaps in quotes.
func isName(token string) bool {
	return token[0] == '"' || token[0] >= 'A' && token[0] <= 'Z' || token[0] >= 'a' && token[0] <= 'z' || token[0] == '_'
}

// unquoted is a token without its quotes.
func unquoted(token string) string {
	if len(token) < 2 || token[0] != '"' && token[0] != '\'' {
		return token
	}
	quote := token[:1]
	return strings.ReplaceAll(token[1:len(token)-1], quote+quote, quote)
}
