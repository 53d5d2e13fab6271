// Package schema has what CloudFormation's resource provider schemas say of each resource type: which properties are create-only, read-only or
// identify it, how it is tagged, and the permissions of its handlers, as data with its date. It decides nothing. A type that it lacks may be
// newer than the data, or of a third party.
// https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html
package schema

import (
	"archive/zip"
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// data is written by tools/schema: a zip archive with the day of the schemas in the file "date", and one file of JSON for each service, such as
// "AWS-S3.json", so that a type is found without reading those of other services.
//
//go:embed schemas.zip
var data []byte

// Type is what the schema of a resource type says. Properties are named by their paths, without "/properties/": "BucketName",
// "Encryption/KmsKeyId", and "Rules/*/Id" within each element of a list.
type Type struct {
	// Name is the resource type, such as "AWS::S3::Bucket".
	Name string `json:"-"`
	// CreateOnly are the properties that only a new resource can have: CloudFormation replaces the resource if one of them changes.
	CreateOnly []string `json:"createOnly,omitempty"`
	// ConditionalCreateOnly are the properties of which some changes replace the resource, and others do not.
	ConditionalCreateOnly []string `json:"conditionalCreateOnly,omitempty"`
	// ReadOnly are the properties that the service sets, such as "Arn": those that Fn::GetAtt returns.
	ReadOnly []string `json:"readOnly,omitempty"`
	// PrimaryIdentifier are the properties that identify a resource of the type, in the order of its identifier. Ref returns it, for most types.
	PrimaryIdentifier []string `json:"primaryIdentifier,omitempty"`
	// Tagging says how it is tagged. Nil for a type that has no tags.
	Tagging *Tagging `json:"tagging,omitempty"`
	// Handlers are the permissions that each operation takes, sorted, as the schema has them: most are actions such as "s3:CreateBucket", some
	// have wildcards, such as "ec2:Describe*", and the case of a service differs. Nil for a type that CloudFormation handles without a published
	// schema of its permissions. A type without an Update handler cannot be changed in place.
	Handlers map[Operation][]string `json:"handlers,omitempty"`
}

// Tagging is how a resource type is tagged.
type Tagging struct {
	// Property is the property that has the tags, such as "Tags".
	Property string `json:"property"`
	// InPlace says that tags can change without a replacement.
	InPlace bool `json:"inPlace,omitempty"`
	// FromStack says that CloudFormation gives the resource the tags of the stack and its own, such as "aws:cloudformation:stack-name".
	FromStack bool `json:"fromStack,omitempty"`
	// Permissions are what tagging takes, sorted, as in Handlers. Often none, where the handlers have them.
	Permissions []string `json:"permissions,omitempty"`
}

// Operation is what CloudFormation does with a resource.
type Operation string

// The operations of handlers.
const (
	Create Operation = "create"
	Read   Operation = "read"
	Update Operation = "update"
	Delete Operation = "delete"
	List   Operation = "list"
)

// Operations are all of them, in the order of a resource's life.
func Operations() []Operation { return []Operation{Create, Read, Update, Delete, List} }

// CanUpdate says that CloudFormation can change a resource of the type in place. Otherwise it replaces it for any change. A type without
// handlers is taken to be one that can.
func (t *Type) CanUpdate() bool {
	_, ok := t.Handlers[Update]
	return ok || t.Handlers == nil
}

// Documentation is the address of the page of the type in the CloudFormation Template Reference, or "" for a type that is not of AWS.
func (t *Type) Documentation() string {
	parts := strings.Split(t.Name, "::")
	if len(parts) != 3 || parts[0] != "AWS" {
		return ""
	}
	return fmt.Sprintf("https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-%s-%s.html",
		strings.ToLower(parts[1]), strings.ToLower(parts[2]))
}

// Date is the day of the data, as "2006-01-02".
func Date() string { return archive().date }

// Lookup is the type of a name such as "AWS::S3::Bucket". ok is false if the data lacks it. Nobody may change what it returns.
func Lookup(name string) (t *Type, ok bool) {
	t, ok = typesOf(serviceOf(name))[name]
	return t, ok
}

// Names are the names of all types, sorted.
func Names() []string {
	var names []string
	for service := range archive().services {
		names = slices.AppendSeq(names, maps.Keys(typesOf(service)))
	}
	slices.Sort(names)
	return names
}

// serviceOf is the service of a type: "AWS::S3" of "AWS::S3::Bucket".
func serviceOf(name string) string {
	if i := strings.LastIndex(name, "::"); i >= 0 {
		return name[:i]
	}
	return ""
}

// service is the data of a service. It is read when it is asked for.
type service struct {
	file  *zip.File
	read  sync.Once
	types map[string]*Type
}

type index struct {
	date     string
	services map[string]*service // by name, such as "AWS::S3"
}

var archive = sync.OnceValue(func() index {
	files, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		panic(fmt.Sprintf("internal/schema/schemas.zip: %v, expected what tools/schema wrote", err)) // it is part of the program
	}
	all := index{services: map[string]*service{}}
	for _, file := range files.File {
		if name, ok := strings.CutSuffix(file.Name, ".json"); ok {
			all.services[strings.ReplaceAll(name, "-", "::")] = &service{file: file}
		} else {
			decode(file, &all.date)
		}
	}
	return all
})

func typesOf(name string) map[string]*Type {
	s := archive().services[name]
	if s == nil {
		return nil
	}
	s.read.Do(func() {
		decode(s.file, &s.types)
		for name, t := range s.types {
			t.Name = name
		}
	})
	return s.types
}

func decode(file *zip.File, value any) {
	text, err := file.Open()
	if err == nil {
		err = json.NewDecoder(text).Decode(value)
	}
	if err != nil {
		panic(fmt.Sprintf("internal/schema/schemas.zip: %s: %v, expected what tools/schema wrote", file.Name, err)) // it is part of the program
	}
}
