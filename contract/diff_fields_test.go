package contract_test

import (
	"reflect"
	"testing"

	"github.com/crossgrant/crossgrant/contract"
)

// silent are the fields of which a change alone says nothing, on purpose.
var silent = map[string]string{
	"Digest":            "is computed from the others",
	"Permissions[].Sid": "permissions are compared by what they permit",
}

// Whatever field of a grant is another, Diff says so, to and fro; a field that is new to the struct, too.
func TestDiffSaysEachField(t *testing.T) {
	seen := 0
	eachField(t, "", reflect.TypeFor[contract.Grant](), func(g *contract.Grant) reflect.Value { return reflect.ValueOf(g).Elem() }, func(path string, field func(*contract.Grant) reflect.Value) {
		seen++
		t.Run(path, func(t *testing.T) {
			before, after := agreed()[0], agreed()[0]
			value := field(&after)
			value.Set(other(t, value))
			_, expected := silent[path]
			for _, found := range [][]contract.Change{
				contract.Diff(contract.Contract{Grants: []contract.Grant{before}}, contract.Contract{Grants: []contract.Grant{after}}),
				contract.Diff(contract.Contract{Grants: []contract.Grant{after}}, contract.Contract{Grants: []contract.Grant{before}}),
			} {
				if (len(found) == 0) != expected {
					t.Errorf("found %v for %v, expected something: %t", found, value, !expected)
				}
			}
		})
	})
	if seen < 20 {
		t.Errorf("found %d fields, expected those of the grant, its target, trust, statements and perimeter", seen)
	}
}

// eachField calls do for every field in a struct, and in the structs in it; a list by its first element. field finds it in a grant.
func eachField(t *testing.T, path string, of reflect.Type, field func(*contract.Grant) reflect.Value, do func(string, func(*contract.Grant) reflect.Value)) {
	for i := range of.NumField() {
		name, kind := path+of.Field(i).Name, of.Field(i).Type
		inner := func(g *contract.Grant) reflect.Value { return field(g).Field(i) }
		switch {
		case kind.Kind() == reflect.Struct:
			eachField(t, name+".", kind, inner, do)
		case kind.Kind() == reflect.Pointer:
			do(name, inner)
			eachField(t, name+".", kind.Elem(), func(g *contract.Grant) reflect.Value { return inner(g).Elem() }, do)
		case kind.Kind() == reflect.Slice && kind.Elem().Kind() == reflect.Struct:
			do(name, inner)
			eachField(t, name+"[].", kind.Elem(), func(g *contract.Grant) reflect.Value { return inner(g).Index(0) }, do)
		default:
			do(name, inner)
		}
	}
}

// other returns another value of the same type.
func other(t *testing.T, v reflect.Value) reflect.Value {
	changed := reflect.New(v.Type()).Elem() // none
	switch v.Kind() {
	case reflect.String:
		changed.SetString(v.String() + "9")
	case reflect.Int:
		changed.SetInt(v.Int() + 1)
	case reflect.Bool:
		changed.SetBool(!v.Bool())
	case reflect.Slice:
		if v.Len() > 1 || v.Type().Elem().Kind() != reflect.String {
			return v.Slice(1, v.Len())
		}
		changed = reflect.ValueOf([]string{"arn:aws:s3:::other/*"})
	case reflect.Pointer, reflect.Map:
		if v.IsNil() {
			changed = reflect.ValueOf(map[string]map[string][]string{"Bool": {"aws:SecureTransport": {"true"}}})
		}
	default:
		t.Fatalf("found a field of type %s, expected this test to know how to change it", v.Type())
	}
	return changed
}
