package request

import (
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// update makes the test write the list of operations anew, from the models of the botocore in the virtual environment: their names, those of their parameters, and
// for services with paths their bindings. Nothing else of the models is in the list.
var update = flag.Bool("update", false, "write the operations and those that are denied anew")

// model is what of a service's model the list has.
type model struct {
	Metadata struct {
		TargetPrefix, Protocol, APIVersion string
	}
	Operations map[string]struct {
		HTTP  struct{ Method, RequestURI string }
		Input struct{ Shape string }
	}
	Shapes map[string]struct {
		Type, LocationName string
		Required           []string
		Members            map[string]struct{ Shape, LocationName, QueryName, Location string }
		Member             struct{ Shape string }
	}
}

// names are the parameters that can name what an operation is on.
var names = regexp.MustCompile(`(?i)(id|ids|arn|arns|name|names|url|identifier|identifiers|resource|resources|path)$`)

const venv = "../../../../../.build/venv"

// readModel reads the newest model of a service.
func readModel(t *testing.T, service string) (m model, version string) {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(venv, "lib/python3*/site-packages/botocore/data", service, "*", "service-2.json.gz"))
	packages, err2 := filepath.Glob(filepath.Join(venv, "lib/python3*/site-packages/botocore-*.dist-info"))
	if err != nil || err2 != nil || len(found) == 0 || len(packages) != 1 {
		t.Fatalf("found no model of %s in %s, expected one: run make setup", service, venv)
	}
	slices.Sort(found)
	f, err := os.Open(found[len(found)-1])
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	text, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.NewDecoder(text).Decode(&m); err != nil {
		t.Fatal(err)
	}
	return m, strings.TrimSuffix(strings.TrimPrefix(filepath.Base(packages[0]), "botocore-"), ".dist-info")
}

// list is a service in the list of operations.
func (m *model) list() string {
	var all strings.Builder
	for _, name := range slices.Sorted(maps.Keys(m.Operations)) {
		o := m.Operations[name]
		all.WriteString(name)
		if strings.HasPrefix(m.Metadata.Protocol, "rest") {
			fmt.Fprintf(&all, " %s %s", o.HTTP.Method, o.HTTP.RequestURI)
		}
		input := m.Shapes[o.Input.Shape]
		for _, member := range slices.Sorted(maps.Keys(input.Members)) {
			of := input.Members[member]
			shape := m.Shapes[of.Shape]
			required := slices.Contains(input.Required, member)
			if wire := of.QueryName; m.Metadata.Protocol == "ec2" {
				if wire == "" && of.LocationName != "" {
					wire = strings.ToUpper(of.LocationName[:1]) + of.LocationName[1:]
				}
				if wire != "" {
					member = wire
				}
			}
			isList := shape.Type == "list" && m.Shapes[shape.Member.Shape].Type == "string"
			if shape.Type != "string" && !isList || !required && !names.MatchString(member) || of.Location == "uri" {
				continue
			}
			all.WriteString(" " + member)
			if isList {
				all.WriteString("[]")
			}
		}
		all.WriteString("\n")
	}
	return all.String()
}

// modelNames are the models by the service in signatures.
var modelNames = map[string][]string{"dynamodb": {"dynamodb", "dynamodbstreams"}}

func writeOperations(t *testing.T, services []string) {
	t.Helper()
	var all strings.Builder
	for _, service := range services {
		of := modelNames[service]
		if of == nil {
			of = []string{service}
		}
		for _, name := range of {
			m, version := readModel(t, name)
			if all.Len() == 0 {
				fmt.Fprintf(&all, "# botocore %s, by go test -run TestOperations -update: names of operations and of parameters that can name what they are on\n", version)
			}
			fmt.Fprintf(&all, "= %s %s\n%s", service, m.Metadata.TargetPrefix, m.list())
		}
	}
	if err := os.WriteFile("testdata/operations.txt", []byte(all.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}
