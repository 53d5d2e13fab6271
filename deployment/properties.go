package deployment

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// differences are the paths of the values that differ between two sets of properties.
func differences(before, after map[string]any) (paths []string) {
	old, now := map[string]any{}, map[string]any{}
	walk("", before, func(path string, value any) { old[path] = value })
	walk("", after, func(path string, value any) { now[path] = value })
	for path, value := range old {
		if other, ok := now[path]; !ok || !same(value, other) {
			paths = append(paths, path)
		}
	}
	for path := range now {
		if _, ok := old[path]; !ok {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return paths
}

// walk calls f with each value that is no object and no list, and with empty ones.
func walk(path string, value any, f func(path string, value any)) {
	join := func(step string) string { return strings.TrimPrefix(path+"/"+step, "/") }
	switch v := value.(type) {
	case map[string]any:
		for key, item := range v {
			walk(join(key), item, f)
		}
		if len(v) > 0 || path == "" {
			return
		}
	case []any:
		for i, item := range v {
			walk(join(strconv.Itoa(i)), item, f)
		}
		if len(v) > 0 {
			return
		}
	}
	f(path, value)
}

// same says that CloudFormation takes two values for the same: it takes "7" for 7, and "true" for true.
func same(a, b any) bool {
	text := func(v any) (string, bool) {
		switch v := v.(type) {
		case string:
			return v, true
		case bool:
			return strconv.FormatBool(v), true
		case json.Number, float64, int:
			return fmt.Sprint(v), true
		}
		return "", false
	}
	one, ok := text(a)
	other, also := text(b)
	return ok && also && one == other || reflect.DeepEqual(a, b)
}

// anyOf is the first of some properties that a path is, or is within. "" if none is. "*" stands for any element of a list.
func anyOf(paths, properties []string) string {
	for _, property := range properties {
		steps := strings.Split(property, "/")
		for _, path := range paths {
			if isWithin(strings.Split(path, "/"), steps) {
				return property
			}
		}
	}
	return ""
}

func isWithin(path, property []string) bool {
	if len(path) < len(property) {
		return false
	}
	for i, step := range property {
		if step != path[i] && step != "*" {
			return false
		}
	}
	return true
}

// overlap says that two ranges of addresses have some in common.
func overlap(a, b any) bool {
	one, err := netip.ParsePrefix(fmt.Sprint(a))
	other, err2 := netip.ParsePrefix(fmt.Sprint(b))
	return err == nil && err2 == nil && one.Overlaps(other)
}
