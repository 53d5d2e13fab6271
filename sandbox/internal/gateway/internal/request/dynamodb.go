package request

import (
	"regexp"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/policy"
)

// Tables know what deployed resources are called, which requests leave out.
type Tables interface {
	// PartitionKey is the name of the partition key of a table, or of one of its indexes; "" if it is not known.
	PartitionKey(table, index string) string
	// Resource is the ARN of a resource of a service and a type of the Service Authorization Reference, in an account and a region, by its name, which its ARN may lack: of a role
	// with a path, of a secret, of a key by an alias, and of any account and region by the ID of a key; of the "role of instance-profile" by the name of the profile. "" if no stack
	// has it.
	Resource(account, region, service, kind, name string) string
}

// tableOf is the ARN of a table that is named by its name or its ARN.
func tableOf(name string, at Place) (string, error) {
	switch {
	case name == "":
		return "", malformed("found no TableName")
	case strings.HasPrefix(name, "arn:"):
		return name, nil
	case strings.ContainsAny(name, "/:*?"):
		return "", malformed("found TableName %q, expected a name or an ARN", name)
	}
	return at.arn("dynamodb", "table/"+name), nil
}

// readDynamoDB reads what a request to DynamoDB asks for.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
func readDynamoDB(q *Request, at Place, tables Tables) error {
	p := q.Parameters
	d := dynamo{q, at, tables}
	switch q.Operation {
	case "GetItem", "DeleteItem", "UpdateItem", "PutItem":
		return d.item(q.Operation, p, "")
	case "Query", "Scan":
		return d.search(p)
	case "BatchGetItem", "BatchWriteItem":
		return d.batch(p)
	case "TransactGetItems", "TransactWriteItems":
		return d.transaction(p)
	case "ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction":
		return d.partiQL(p)
	case "GetRecords":
		stream, _, _ := strings.Cut(p.Text("ShardIterator"), "|") // as the local AWS makes them
		if !fits("dynamodb", []string{"stream"}, stream) {
			return unknown("found a ShardIterator of which this sandbox does not know the stream")
		}
		q.ask("GetRecords", stream, nil)
		return nil
	case "ExportTableToPointInTime", "ImportTable", "RestoreTableFromBackup", "RestoreTableToPointInTime": // which ask for much more, also of other services
		return unknown("found operation %s of DynamoDB, which works on other resources for the caller, and this sandbox does not follow that", q.Operation)
	case "ListTables", "ListStreams":
		q.ask(q.Operation, "*", nil)
		return nil
	}
	for _, parameter := range []string{"TableName", "TableArn", "SourceTableName"} {
		if name := p.Text(parameter); strings.ContainsAny(name, "*?") || strings.ContainsAny(name, ":/") && !fits("dynamodb", []string{"table"}, name) {
			return malformed("found %s %q, expected a name or an ARN", parameter, name)
		}
	}
	return readOther(q, at, tables)
}

// dynamo reads one request to DynamoDB.
type dynamo struct {
	*Request
	at     Place
	tables Tables
}

// copied are the parameters whose value is that of a condition key.
var copied = []string{"ReturnConsumedCapacity", "ReturnValues", "Select"}

// context are the keys of a request, or of a part of it.
func (d dynamo) context(p Parameters, enclosing string) map[string][]string {
	all := map[string][]string{}
	for _, name := range copied {
		if value := p.Text(name); value != "" {
			all["dynamodb:"+name] = []string{value}
		}
	}
	if enclosing != "" {
		all["dynamodb:EnclosingOperation"] = []string{enclosing}
	}
	return all
}

// item asks for an action on one item.
func (d dynamo) item(action string, p Parameters, enclosing string) error {
	table, err := tableOf(p.Text("TableName"), d.at)
	if err != nil {
		return err
	}
	item, _ := p["Key"].(map[string]any)
	if action == "PutItem" {
		item, _ = p["Item"].(map[string]any)
	}
	context := d.context(p, enclosing)
	context["dynamodb:LeadingKeys"] = []string{d.leading(table, item)}
	if all, ok := d.attributes(action, p); ok {
		context["dynamodb:Attributes"] = all
	}
	d.ask(action, table, context)
	return nil
}

// leading is the value of the partition key of an item. Unknown if the table's key is not known, or the item lacks it.
func (d dynamo) leading(table string, item map[string]any) string {
	if value, ok := valueText(item[d.tables.PartitionKey(table, "")]); ok {
		return value
	}
	return policy.Unresolved("dynamodb:LeadingKeys")
}

// valueText is an attribute value that can be a key, as a text.
func valueText(value any) (string, bool) {
	one, _ := value.(map[string]any)
	for _, kind := range []string{"S", "N", "B"} {
		if text, ok := one[kind].(string); ok {
			return text, true
		}
	}
	return "", false
}

// equality is a part of a key condition that fixes the value of an attribute.
var equality = regexp.MustCompile(`([#A-Za-z0-9_.-]+)\s*=\s*(:[A-Za-z0-9_]+)`)

// search asks for Query or Scan on a table or an index.
func (d dynamo) search(p Parameters) error {
	table, err := tableOf(p.Text("TableName"), d.at)
	if err != nil {
		return err
	}
	context, resource := d.context(p, ""), table
	if index := p.Text("IndexName"); index != "" {
		if strings.ContainsAny(index, "/:*?") {
			return malformed("found IndexName %q, expected a name", index)
		}
		resource += "/index/" + index
	}
	if all, ok := d.attributes(d.Operation, p); ok {
		context["dynamodb:Attributes"] = all
	}
	if d.Operation == "Scan" {
		context["dynamodb:FullTableScan"] = []string{"true"}
	} else {
		context["dynamodb:LeadingKeys"] = []string{d.asked(table, p)}
	}
	d.ask(d.Operation, resource, context)
	return nil
}

// asked is the value of the partition key that a query asks for.
func (d dynamo) asked(table string, p Parameters) string {
	key := d.tables.PartitionKey(table, p.Text("IndexName"))
	names, _ := p["ExpressionAttributeNames"].(map[string]any)
	values, _ := p["ExpressionAttributeValues"].(map[string]any)
	for _, parts := range equality.FindAllStringSubmatch(p.Text("KeyConditionExpression"), -1) {
		name := parts[1]
		if full, ok := names[name].(string); ok {
			name = full
		}
		if value, ok := valueText(values[parts[2]]); ok && name == key && key != "" {
			return value
		}
	}
	conditions, _ := p["KeyConditions"].(map[string]any)
	condition, _ := conditions[key].(map[string]any)
	if list, _ := condition["AttributeValueList"].([]any); len(list) == 1 && condition["ComparisonOperator"] == "EQ" {
		if value, ok := valueText(list[0]); ok {
			return value
		}
	}
	return policy.Unresolved("dynamodb:LeadingKeys")
}

// batch asks for the action once for each table, with all keys of the table.
func (d dynamo) batch(p Parameters) error {
	tables, _ := p["RequestItems"].(map[string]any)
	if len(tables) == 0 {
		return malformed("found no RequestItems")
	}
	names := make([]string, 0, len(tables))
	for name := range tables {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		table, err := tableOf(name, d.at)
		if err != nil {
			return err
		}
		context := d.context(p, "")
		var keys []string
		for _, one := range batched(tables[name]) {
			if key := d.leading(table, one); !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
		if len(keys) == 0 {
			return malformed("found nothing requested of table %s", name)
		}
		context["dynamodb:LeadingKeys"] = keys
		d.ask(d.Operation, table, context)
	}
	return nil
}

// batched are the keys and items of what a batch requests of a table.
func batched(of any) (all []map[string]any) {
	list, ok := of.([]any)
	if object, isObject := of.(map[string]any); isObject {
		list, ok = object["Keys"].([]any)
	}
	if !ok {
		return nil
	}
	for _, one := range list {
		object, _ := one.(map[string]any)
		for _, step := range [][2]string{{"PutRequest", "Item"}, {"DeleteRequest", "Key"}} {
			if inner, ok := object[step[0]].(map[string]any); ok {
				object, _ = inner[step[1]].(map[string]any)
			}
		}
		all = append(all, object)
	}
	return all
}

// parts are what a transaction may have, by the name in the request.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
var parts = map[string]string{"Get": "GetItem", "Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}

// transaction asks for the action of each of its parts.
func (d dynamo) transaction(p Parameters) error {
	list, _ := p["TransactItems"].([]any)
	if len(list) == 0 {
		return malformed("found no TransactItems")
	}
	for _, one := range list {
		object, _ := one.(map[string]any)
		if len(object) != 1 {
			return malformed("found a part of a transaction with %d operations, expected 1", len(object))
		}
		for name, of := range object {
			action := parts[name]
			inner, isObject := of.(map[string]any)
			if action == "" || !isObject {
				return malformed("found %q in a transaction, expected Get, Put, Update, Delete or ConditionCheck", name)
			}
			if err := d.item(action, inner, d.Operation); err != nil {
				return err
			}
		}
	}
	return nil
}
