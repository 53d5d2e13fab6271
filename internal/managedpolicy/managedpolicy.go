// Package managedpolicy has AWS's managed policies, as data with its date. It decides nothing. A policy that it lacks may be newer than the data; those
// of service-linked roles, which nobody can attach to a role of their own, it does not have.
// https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
package managedpolicy

import (
	"archive/zip"
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"
)

// data is written by tools/managedpolicy: a zip archive with the day of the data in the file "date", and one file of JSON for each policy, named as its
// ARN is behind "policy/", so that a policy is found without reading the others.
//
//go:embed policies.zip
var data []byte

// Policy is a managed policy of AWS, in its newest version of the day of the data.
type Policy struct {
	// Version is the version, such as "v3".
	Version string `json:"version"`
	// Date is the day of that version, as "2006-01-02".
	Date string `json:"date"`
	// Document is the policy document, as JSON.
	Document json.RawMessage `json:"document"`
}

// Date is the day of the data, as "2006-01-02": that of the newest version in it.
func Date() string { return archive().date }

// Names are the names of all policies with their paths, sorted, such as "ReadOnlyAccess" and "service-role/AWSLambdaBasicExecutionRole".
func Names() []string { return slices.Sorted(maps.Keys(archive().files)) }

// Lookup is the policy of an ARN. ok is false if the data lacks it. The data is that of partition aws: in another partition a policy that names ARNs
// has others, which the data lacks.
func Lookup(arn string) (p Policy, ok bool) {
	partition, name := split(arn)
	file := archive().files[name]
	if file == nil {
		return Policy{}, false
	}
	read(file, &p)
	if partition != "aws" && bytes.Contains(p.Document, []byte(`"arn:`)) {
		return Policy{}, false
	}
	return p, true
}

// Similar is the ARN of a policy of the same name with another path, such as service-role/, which is easily forgotten. "" for none.
func Similar(arn string) string {
	partition, name := split(arn)
	for _, other := range Names() {
		if other != name && path.Base(other) == path.Base(name) {
			return "arn:" + partition + middle + other
		}
	}
	return ""
}

// middle is what is between the partition and the name in the ARN of a managed policy of AWS.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html#aws-managed-policies
const middle = ":iam::aws:policy/"

// split returns the partition and the name with its path of an ARN. Both are "" if it is not of a managed policy of AWS.
func split(arn string) (partition, name string) {
	front, name, ok := strings.Cut(arn, middle)
	partition, is := strings.CutPrefix(front, "arn:")
	if !ok || !is {
		return "", ""
	}
	return partition, name
}

type index struct {
	date  string
	files map[string]*zip.File // by name
}

var archive = sync.OnceValue(func() index {
	files, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		panic(fmt.Sprintf("internal/managedpolicy/policies.zip: %v, expected what tools/managedpolicy wrote", err)) // it is part of the program
	}
	all := index{files: make(map[string]*zip.File, len(files.File))}
	for _, f := range files.File {
		if f.Name == "date" {
			read(f, &all.date)
		} else {
			all.files[f.Name] = f
		}
	}
	return all
})

func read(f *zip.File, into any) {
	r, err := f.Open()
	if err == nil {
		err = json.NewDecoder(r).Decode(into)
		r.Close()
	}
	if err != nil {
		panic(fmt.Sprintf("internal/managedpolicy/policies.zip: %s: %v, expected what tools/managedpolicy wrote", f.Name, err)) // it is part of the program
	}
}
