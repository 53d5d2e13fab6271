package page_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/template"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/proof"
	"github.com/crossgrant/crossgrant/proof/page"
)

// app is an app with two accounts, of which the templates in testdata are made.
type app struct {
	Subnets []string
	Grants  []grant
	// Shut keeps everybody from the STS endpoint. Macro is something that cannot be understood.
	Shut, Macro bool
}

// grant is on objects of a bucket, or on the items of a table if that is named.
type grant struct {
	ID                    int
	Name, Bucket, Table   string
	Direct                bool // without a role
	Outside               bool // of the VPC
	Elsewhere             bool // no template has the grantee
	Open, Unknown         bool // trust for everybody, or for someone unknown
	Lacks, Excess         bool // a role with too little, or too much
	Key, RoleARN, Reader  string
	Actions, Resources    string // as YAML
	Declaration           string
	actions, resourceARNs []string
}

type bucket struct {
	ID      int
	Name    string
	Callers []caller
}

type caller struct{ Account, ARN, Actions, Resources string }

func yaml(value any) string {
	document, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(document)
}

// complete makes of what a test says all that the templates need.
func (g grant) complete(t testing.TB, id int) grant {
	g.ID, g.Reader = id, "reader-of-"+g.Name
	g.Key = g.Name + "-prod-eu-west-1"
	g.actions, g.resourceARNs = []string{"s3:GetObject"}, []string{"arn:aws:s3:::" + g.Bucket + "/in/*"}
	if g.Table != "" {
		g.actions, g.resourceARNs = []string{"dynamodb:GetItem", "dynamodb:Query"}, []string{"arn:aws:dynamodb:eu-west-1:222222222222:table/" + g.Table}
	}
	c := contract.Grant{Name: g.Name, Stage: "prod", Target: contract.Env{Account: "222222222222", Region: "eu-west-1"}, Access: contract.Direct,
		Grantees: []string{"arn:aws:iam::111111111111:role/" + g.Reader}, Trust: contract.Trust{Mode: contract.NamedRole},
		Permissions: []contract.Statement{{Sid: "Data", Actions: g.actions, Resources: g.resourceARNs}}}
	if !g.Direct {
		g.RoleARN = "arn:aws:iam::222222222222:role/" + g.Key
		c.Access, c.RoleARN, c.Trust.SessionSeconds = contract.AssumeRole, g.RoleARN, 3600
	}
	c, err := c.WithDigest()
	if err != nil {
		t.Fatal(err)
	}
	g.Actions, g.Resources, g.Declaration = yaml(g.actions), yaml(g.resourceARNs), yaml(c)
	return g
}

// prove proves the templates.
func (a app) prove(t testing.TB) *proof.Report {
	t.Helper()
	r, err := proof.Prove(a.load(t), proof.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// enumerate finds what the templates permit.
func (a app) enumerate(t testing.TB) *proof.Enumeration {
	t.Helper()
	e, err := proof.Enumerate(proof.Subject{Assembly: a.load(t)})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// load writes the templates and reads them back.
func (a app) load(t testing.TB) *assembly.Assembly {
	t.Helper()
	if a.Subnets == nil {
		a.Subnets = []string{"A", "B"}
	}
	var buckets []bucket
	var tables []bucket
	a.Grants = slices.Clone(a.Grants)
	for i := range a.Grants {
		g := a.Grants[i].complete(t, i)
		a.Grants[i] = g
		list, name := &buckets, g.Bucket
		if g.Table != "" {
			list, name = &tables, g.Table
		}
		at := slices.IndexFunc(*list, func(b bucket) bool { return b.Name == name })
		if at < 0 {
			at = len(*list)
			*list = append(*list, bucket{ID: at, Name: name})
		}
		if g.Direct {
			(*list)[at].Callers = append((*list)[at].Callers, caller{"111111111111", "arn:aws:iam::111111111111:role/" + g.Reader, g.Actions, g.Resources})
		}
	}
	data := struct {
		app
		Buckets, Tables []bucket
	}{a, buckets, tables}
	dir := t.TempDir()
	var files []assembly.TemplateFile
	for account, name := range []string{"", "source", "target"} {
		if name == "" {
			continue
		}
		var out bytes.Buffer
		if err := template.Must(template.ParseFiles("testdata/"+name+".yaml")).Execute(&out, data); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, name+".yaml")
		if err := os.WriteFile(file, out.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, assembly.TemplateFile{Path: file, Account: strings.Repeat(strconv.Itoa(account), 12), Region: "eu-west-1", StackName: "App-" + name})
	}
	loaded, err := assembly.LoadTemplates(files...)
	if err != nil {
		t.Fatal(err)
	}
	return loaded
}

// many are grants on three buckets and a table, from several places.
func many(n int) app {
	var a app
	for i := range n {
		g := grant{Name: fmt.Sprintf("team-%02d-reports", i), Bucket: fmt.Sprintf("lake-%d-222222222222-eu-west-1", i%3)}
		switch i % 10 {
		case 3:
			g.Table = "orders"
		case 5:
			g.Outside = true
		case 7:
			g.Direct = true
		case 8:
			g.Elsewhere = true
		}
		a.Grants = append(a.Grants, g)
	}
	return a
}

func write(t testing.TB, r *proof.Report) string {
	t.Helper()
	return writeWith(t, r, page.Options{})
}

func writeWith(t testing.TB, r *proof.Report, options page.Options) string {
	t.Helper()
	var out bytes.Buffer
	if err := page.Write(&out, r, options); err != nil {
		t.Fatal(err)
	}
	return out.String()
}
