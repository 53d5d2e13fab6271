package sandbox

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"strings"
)

// The two accounts of the sandbox and what the app is set to in it: the placeholders that cdk.json comes with.
const (
	// SourceAccount is the id of the account that the functions run in.
	SourceAccount = "111111111111"
	// TargetAccount is the id of the account that owns the data.
	TargetAccount = "222222222222"
	// Region is the region of both.
	Region = "ap-northeast-1"
	// FirstPrefix and SecondPrefix are the granted key prefixes.
	FirstPrefix, SecondPrefix = "inbox/", "reports/"
)

// placeholders are the app's settings in the sandbox, in the order in which they are given. An optional one that cdk.json leaves out has
// the app's default, which is the same.
var placeholders = []struct {
	key      string
	value    any
	optional bool
}{
	{"sourceAccount", SourceAccount, false},
	{"targetAccount", TargetAccount, false},
	{"region", Region, false},
	{"stage", "dev", true},
	{"availabilityZones", []any{Region + "a", Region + "c"}, true},
	{"egress", "nat", true},
	{"prefixes", []any{FirstPrefix, SecondPrefix}, true},
	{"removalPolicy", "retain", true},
	{"workloads", []any{"list", "scan", "copy", "trail", "instance", "events"}, true},
	{"eventsTo", "copy", true},
	{"eventSuffixes", []any{}, true},
}

// overrides returns the command line's -c flags for the settings that file, a cdk.json, has otherwise: somebody has put accounts of their own
// there, which have no place in the sandbox. There are none for an untouched file.
func overrides(file string) ([]string, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the app's configuration (run in the folder of the app): %w", err)
	}
	var app struct {
		Context map[string]any `json:"context"`
	}
	if err := json.Unmarshal(content, &app); err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	var flags []string
	for _, p := range placeholders {
		found, set := app.Context[p.key]
		if reflect.DeepEqual(found, p.value) || !set && p.optional {
			continue
		}
		flags = append(flags, "-c", p.key+"="+text(p.value))
	}
	return flags, nil
}

// text writes a setting as the command line takes it.
func text(value any) string {
	list, ok := value.([]any)
	if !ok {
		return fmt.Sprint(value)
	}
	var parts []string
	for _, part := range list {
		parts = append(parts, fmt.Sprint(part))
	}
	return strings.Join(parts, ",")
}
