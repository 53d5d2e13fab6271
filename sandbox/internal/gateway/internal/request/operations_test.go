package request

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/internal/authorization"
)

// operation is one of the list of operations.
type operation struct {
	service, target, name, method, path string
	parameters                          []string
}

func readOperations(t *testing.T) (all []operation) {
	t.Helper()
	text, err := os.ReadFile("testdata/operations.txt")
	if err != nil {
		t.Fatal(err)
	}
	var of operation
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		switch fields[0] {
		case "#":
		case "=":
			of = operation{service: fields[1]}
			if len(fields) > 2 {
				of.target = fields[2]
			}
		default:
			one := of
			one.name = fields[0]
			one.parameters = fields[1:]
			if len(fields) > 2 && strings.HasPrefix(fields[2], "/") {
				one.method, one.path, one.parameters = fields[1], fields[2], fields[3:]
			}
			all = append(all, one)
		}
	}
	return all
}

// valueOf is what a parameter of an operation may have.
func (o operation) valueOf(parameter string) string {
	prefix := o.service
	name := strings.ToLower(parameter)
	action, _ := authorization.Lookup(prefix + ":" + o.name)
	switch {
	case o.service == "ec2":
		for id, kind := range ec2IDs {
			if strings.TrimSuffix(strings.TrimSuffix(name, "id"), "ids") == strings.ReplaceAll(kind, "-", "") || kind == "elastic-ip" && name == "allocationid" {
				return id + "-1"
			}
		}
		return map[string]string{"groupid": "sg-1", "gatewayid": "igw-1", "routetableid": "rtb-1", "resourceid": "i-1", "hostid": "h-1", "spotinstancerequestid": "sir-1", "flowlogid": "fl-1", "serviceid": "vpce-svc-1",
			"reservedinstancesid": "x", "transitgatewayattachmentid": "tgw-attach-1", "keyname": "k", "groupname": "g", "peeringattachmentid": "tgw-attach-1"}[name]
	case name == "subscriptionarn":
		return "arn:aws:sns:eu-west-1:111111111111:n:1"
	case name == "arn" && o.service == "lambda":
		return "arn:aws:lambda:eu-west-1:111111111111:layer:n:1"
	case name == "eventsourcearn" && strings.HasSuffix(o.name, "Archive"):
		return "arn:aws:events:eu-west-1:111111111111:event-bus/n"
	case oneOf(name, "arn", "policysourcearn") && o.service == "iam":
		return "arn:aws:iam::111111111111:role/n"
	case name == "instanceid" && o.name == "DeregisterManagedInstance":
		return "mi-1"
	case strings.HasSuffix(name, "arn") || name == "resource" || strings.HasSuffix(name, "arns"):
		for _, kind := range action.Resources {
			if one := filled(o.service, kind, "n", here); one != "" && (name == "resourcearn" || name == "resource" || strings.Contains(strings.ReplaceAll(name, "arn", ""), strings.ToLower(strings.Fields(kind)[0])) || len(action.Resources) == 1) {
				return strings.ReplaceAll(one, "*", "n")
			}
		}
		for _, kind := range authorization.Types(o.service) {
			if strings.Contains(name, strings.ReplaceAll(kind.Name, "-", "")) {
				return strings.ReplaceAll(filled(o.service, kind.Name, "n", here), "*", "n")
			}
		}
		return "arn:aws:" + o.service + ":eu-west-1:111111111111:n"
	case name == "queueurl":
		return "https://sqs.eu-west-1.amazonaws.com/111111111111/jobs"
	case name == "resourcetype":
		return "Parameter"
	case o.service == "kms" && strings.HasPrefix(name, "alias"):
		return "alias/lake"
	}
	return "n"
}

// examples are bodies of operations that name what they are on within objects.
var examples = map[string]string{
	"dynamodb GetItem": `{"TableName":"t","Key":{}}`, "dynamodb BatchGetItem": `{"RequestItems":{"t":{"Keys":[{"id":{"S":"a"}}]}}}`, "dynamodb BatchWriteItem": `{"RequestItems":{"t":[{"DeleteRequest":{"Key":{"id":{"S":"a"}}}}]}}`,
	"dynamodb TransactGetItems": `{"TransactItems":[{"Get":{"TableName":"t","Key":{}}}]}`, "dynamodb TransactWriteItems": `{"TransactItems":[{"Delete":{"TableName":"t","Key":{}}}]}`,
	"dynamodb ExecuteStatement": `{"Statement":"SELECT * FROM t"}`, "dynamodb BatchExecuteStatement": `{"Statements":[{"Statement":"SELECT * FROM t"}]}`,
	"dynamodb ExecuteTransaction": `{"TransactStatements":[{"Statement":"SELECT * FROM t"}]}`, "dynamodb GetRecords": `{"ShardIterator":"arn:aws:dynamodb:eu-west-1:111111111111:table/t/stream/1|1|x"}`,
	"events PutEvents": `{"Entries":[{"Source":"s"}]}`, "kms Decrypt": `{"KeyId":"k"}`, "kms ReEncrypt": `{"SourceKeyId":"k","DestinationKeyId":"l"}`, "events StartReplay": `{"ReplayName":"r","EventSourceArn":"arn:aws:events:eu-west-1:111111111111:archive/a","Destination":{"Arn":"arn:aws:events:eu-west-1:111111111111:event-bus/b"}}`,
}

// request is a request for the operation, with a value for each parameter of the list.
func (o operation) request() (*Request, error) {
	values := url.Values{"Action": {o.name}}
	object := map[string]any{}
	for _, parameter := range o.parameters {
		name, isList := strings.CutSuffix(parameter, "[]")
		value := o.valueOf(name)
		if value == "" {
			continue
		}
		if isList {
			object[name] = []any{value}
			values.Set(name+map[bool]string{true: ".1", false: ".member.1"}[o.service == "ec2"], value)
		} else {
			object[name] = value
			values.Set(name, value)
		}
	}
	body, _ := json.Marshal(object)
	if example := examples[o.service+" "+o.name]; example != "" {
		body = []byte(example)
	}
	method, path := "POST", "/"
	if o.path != "" {
		method, path = o.method, strings.ReplaceAll(strings.ReplaceAll(o.path, "{Bucket}", "lake"), "{Key+}", "a")
		path = regexp.MustCompile(`\{(\w+)\}`).ReplaceAllStringFunc(path, func(name string) string { return url.PathEscape(o.valueOf(strings.Trim(name, "{}"))) })
	}
	switch {
	case protocols[o.service].protocol == Query || protocols[o.service].protocol == EC2:
		body = []byte(values.Encode())
	case o.service == "s3":
		body = []byte("<Delete><Object><Key>a</Key></Object></Delete>")
	}
	r := httptest.NewRequest(method, path, nil)
	r.Host = "127.0.0.1:4566"
	if o.service == "s3" {
		o.s3Parts(r.URL.Query(), func(q url.Values) { r.URL.RawQuery = q.Encode() })
		if strings.Contains(o.name, "Copy") {
			r.Header.Set("X-Amz-Copy-Source", "origin/a")
		}
	}
	if o.target != "" && protocols[o.service].protocol == JSON {
		r.Header.Set("X-Amz-Target", o.target+"."+o.name)
	}
	return Read(r, o.service, body, here, tables{})
}

// s3Parts adds to the query what tells an operation of S3 from others, where the model has it only as a parameter.
func (o operation) s3Parts(query url.Values, set func(url.Values)) {
	switch o.name {
	case "UploadPart", "UploadPartCopy":
		query.Set("partNumber", "1")
		fallthrough
	case "CompleteMultipartUpload", "AbortMultipartUpload", "ListParts":
		query.Set("uploadId", "x")
	}
	if strings.HasSuffix(o.name, "Configuration") && regexp.MustCompile("Analytics|Inventory|Metrics|Tiering").MatchString(o.name) {
		query.Set("id", "x")
	}
	if o.name == "GetObjectAnnotation" {
		query.Set("annotationName", "n")
	}
	set(query)
}

// otherNames are operations that are another one on the wire.
var otherNames = map[string]string{"s3 PutBucketLifecycle": "PutBucketLifecycleConfiguration", "s3 GetBucketLifecycle": "GetBucketLifecycleConfiguration", "s3 GetBucketNotification": "GetBucketNotificationConfiguration",
	"s3 PutBucketNotification": "PutBucketNotificationConfiguration", "s3 ListDirectoryBuckets": "ListBuckets"}

// Each operation of the services' models is either mapped to what it asks for, or denied in words; no more are denied than those that are listed.
func TestOperations(t *testing.T) {
	if *update {
		writeOperations(t, modelled)
	}
	mapped, refused := map[string]int{}, map[string]int{}
	var list strings.Builder
	for _, o := range readOperations(t) {
		q, err := o.request()
		if unknown := (*Unknown)(nil); errors.As(err, &unknown) {
			refused[o.service]++
			fmt.Fprintf(&list, "%s %s: %s\n", o.service, o.name, err)
			continue
		}
		if err != nil {
			t.Errorf("%s %s: found %v, expected a request that is mapped or denied", o.service, o.name, err)
			continue
		}
		mapped[o.service]++
		if expected := otherNames[o.service+" "+o.name]; q.Operation != o.name && q.Operation != expected {
			t.Errorf("%s %s: found operation %s", o.service, o.name, q.Operation)
		}
		if len(q.Asks)+len(q.Objects) == 0 && o.service != "sts" {
			t.Errorf("%s %s: found that it asks for nothing", o.service, o.name)
		}
	}
	counts := ""
	for _, service := range slices.Sorted(maps.Keys(mapped)) {
		counts += fmt.Sprintf("%s: %d mapped, %d denied\n", service, mapped[service], refused[service])
	}
	text := counts + "\n" + list.String()
	if *update {
		if err := os.WriteFile("testdata/denied.txt", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	expected, err := os.ReadFile("testdata/denied.txt")
	if err != nil {
		t.Fatal(err)
	}
	if string(expected) != text {
		t.Errorf("found\n%s\nexpected what testdata/denied.txt has; if that is meant, go test -run TestOperations -update writes it", text)
	}
}

// modelled are the services whose operations are listed, by their name in signatures.
var modelled = []string{"cloudformation", "dynamodb", "ec2", "events", "iam", "kms", "lambda", "logs", "s3", "secretsmanager", "sns", "sqs", "ssm", "sts"}
