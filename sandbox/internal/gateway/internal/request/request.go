// Package request says what a request to AWS asks to be permitted: which actions on which resources, with which condition keys, as the Service Authorization
// Reference names them. It decides nothing and changes no request.
package request

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/internal/authorization"
)

// Request is a request to a service, as far as policies see it.
type Request struct {
	// Service is the prefix of its actions, such as "s3".
	Service string
	// Operation is its name in the API of the service, such as "ListObjectsV2".
	Operation string
	// Protocol is how it is written, and so how errors are.
	Protocol Protocol
	// Asks are what has to be permitted, all of it.
	Asks []Ask
	// Parameters are those of the request, as its form or its JSON body has them. Of S3 Bucket, and Policy or PublicAccessBlock
	// with the body, of requests that put these or make or remove a bucket.
	Parameters Parameters
	// Objects are those that a request deletes. Each is decided by itself.
	Objects []Object
	// Key is the ARN of the KMS key under which the request asks S3 to store an object. "" for none.
	Key string
	// CopySource is what is copied, as x-amz-copy-source names it in one way only. "" for a request that copies nothing.
	CopySource string
	// Quiet says that the answer is to have no objects that are deleted.
	Quiet bool

	path string
}

// Object is an object, or a version of one, that a request deletes, and what has to be permitted for that.
type Object struct {
	Key, Version string
	Asks         []Ask
}

// Ask is one thing that has to be permitted.
type Ask struct {
	// Action is such as "s3:GetObject", and Resource its ARN, or "*".
	Action, Resource string
	// Context are the condition keys that come with the request beside those that every request has.
	Context map[string][]string
	// IfTagged says that it has to be permitted only if an object that is copied has tags.
	IfTagged bool
	// Through is the service that asks for the caller, such as "s3" for the use of a key. "" for none.
	Through string
	// OwnKey says that the data is not under the key of its bucket, but under the one that the request names.
	OwnKey bool
	// ManagedKey is the alias of the AWS managed key that the data is put under. "" for another key.
	ManagedKey string
}

// Protocol is how requests and errors of a service are written.
type Protocol string

// The protocols.
const (
	REST      Protocol = "rest-xml"  // S3
	Query     Protocol = "query"     // IAM, STS, CloudFormation, SNS
	EC2       Protocol = "ec2"       // as Query, with other errors
	JSON      Protocol = "json"      // DynamoDB, KMS, SQS
	RESTJSON  Protocol = "rest-json" // Lambda
	undefined Protocol = ""
)

// Place is where a request is made: the account of the caller, and the region of the endpoint with its partition.
type Place struct{ Partition, Account, Region string }

// arn is the ARN of a resource of a service in the place.
func (p Place) arn(service, resource string) string {
	return "arn:" + p.Partition + ":" + service + ":" + p.Region + ":" + p.Account + ":" + resource
}

// Unknown is the error about a request of which the package does not know what it asks for.
type Unknown struct{ Says string }

func (e *Unknown) Error() string { return e.Says }

func unknown(format string, args ...any) error { return &Unknown{fmt.Sprintf(format, args...)} }

// ErrMalformed is what errors about requests wrap that no service could read.
var ErrMalformed = errors.New("the request is malformed")

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrMalformed, fmt.Sprintf(format, args...))
}

// protocols are those of the services, by the name in signatures, with the prefix of their actions where that is another.
var protocols = map[string]struct {
	protocol Protocol
	prefix   string
}{
	"s3": {REST, ""}, "sts": {Query, ""}, "dynamodb": {JSON, ""}, "iam": {Query, ""}, "cloudformation": {Query, ""}, "sns": {Query, ""}, "ec2": {EC2, ""},
	"sqs": {JSON, ""}, "kms": {JSON, ""}, "ssm": {JSON, ""}, "secretsmanager": {JSON, ""}, "logs": {JSON, ""}, "events": {JSON, ""}, "ecr": {JSON, ""},
	"lambda": {RESTJSON, ""}, "monitoring": {Query, "cloudwatch"},
}

// ProtocolOf is the protocol of a service, by its name in signatures. REST for a service that is not known: clients read its errors as text.
func ProtocolOf(service string) Protocol {
	if p := protocols[service].protocol; p != undefined {
		return p
	}
	return REST
}

// HasParameters says that what requests of a service ask for is in their body, so that it has to be read.
func HasParameters(r *http.Request, service string) bool {
	if service == "s3" {
		query := r.URL.Query()
		return r.Method == http.MethodPost && query.Has("delete") || r.Method == http.MethodPut && (query.Has("policy") || query.Has("publicAccessBlock"))
	}
	return true
}

// Read reads a request that is signed for a service. body is that of requests that have parameters. An error is an *[Unknown], or wraps [ErrMalformed].
func Read(r *http.Request, service string, body []byte, at Place, tables Tables) (*Request, error) {
	known, ok := protocols[service]
	if !ok {
		return nil, unknown("found a request to service %q, expected one of %s", service, strings.Join(slices.Sorted(maps.Keys(protocols)), ", "))
	}
	q := &Request{Service: service, Protocol: known.protocol, path: r.URL.Path}
	if known.prefix != "" {
		q.Service = known.prefix
	}
	if service == "s3" {
		return q, q.readS3(r, body, at, tables)
	}
	if err := q.readParameters(r, body); err != nil {
		return nil, err
	}
	read := byService[service]
	if read == nil {
		read = readOther
	}
	if err := read(q, at, tables); err != nil {
		return nil, err
	}
	for _, a := range q.Asks {
		if _, ok := authorization.Lookup(a.Action); !ok {
			return nil, unknown("found operation %s of %s, of which the Service Authorization Reference of %s has no action %s", q.Operation, q.Service, authorization.Date(), a.Action)
		}
	}
	return q, nil
}

// byService reads what the requests of a service ask for, by the name in signatures.
var byService map[string]func(*Request, Place, Tables) error

func init() { // a literal would depend on itself
	byService = map[string]func(*Request, Place, Tables) error{"dynamodb": readDynamoDB, "sts": readSTS, "sqs": readSQS, "sns": readSNS, "events": readEvents,
		"kms": readKMS, "ec2": readEC2, "logs": readLogs}
}

// ask adds something that has to be permitted.
func (q *Request) ask(action, resource string, context map[string][]string) {
	if !strings.Contains(action, ":") {
		action = q.Service + ":" + action
	}
	q.Asks = append(q.Asks, Ask{Action: action, Resource: resource, Context: context})
}

func oneOf(text string, all ...string) bool { return slices.Contains(all, text) }
