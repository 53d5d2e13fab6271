package main

import (
	"archive/zip"
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/fstest"
)

const dir = "cfnlint/data/schemas/"

func files(schemas ...string) fstest.MapFS {
	all := fstest.MapFS{
		dir + "version.json":              {Data: []byte(`{"schema_date": "2026-01-02T03:04:05Z"}`)},
		dir + "providers/us-east-1.json":  {Data: []byte(`ignored`)},
		"cfn_lint-1.dist-info/METADATA":   {Data: []byte(`ignored`)},
		dir + "other/cfn/parameters.json": {Data: []byte(`ignored`)},
	}
	for i, text := range schemas {
		all[dir+"resources/"+string(rune('a'+i))+".json"] = &fstest.MapFile{Data: []byte(text)}
	}
	return all
}

func TestWrite(t *testing.T) {
	from := files(
		`{"typeName": "AWS::S9::Zone", "properties": {"Tags": {}}, "handlers": {"create": {"permissions": ["s9:B", "s9:A", "", "s9:A"], "timeoutInMinutes": 5}}}`,
		`{"typeName": "AWS::S9::Area", "properties": {}, "createOnlyProperties": ["/properties/B/*/C", "/properties/A"], "primaryIdentifier": ["/properties/Y", "/properties/X"],
		  "conditionalCreateOnlyProperties": ["/properties/D"], "readOnlyProperties": ["/properties/E"],
		  "tagging": {"taggable": true, "tagProperty": "/properties/AreaTags", "tagUpdatable": false, "cloudFormationSystemTags": false, "permissions": ["s9:Tag"]}}`,
		`{"typeName": "AWS::S8::Thing", "properties": {"Tags": {}}, "taggable": false, "handlers": {"update": {"permissions": []}}}`,
		`{"typeName": "AWS::S8::Other", "properties": {"Tags": {}}, "tagging": {"taggable": false}}`)
	want := []struct{ name, text string }{
		{"date", `"2026-01-02"`},
		{"AWS-S8.json", `{"AWS::S8::Other":{},"AWS::S8::Thing":{"handlers":{"update":[]}}}`},
		{"AWS-S9.json", `{"AWS::S9::Area":{"createOnly":["A","B/*/C"],"conditionalCreateOnly":["D"],"readOnly":["E"],"primaryIdentifier":["Y","X"],` +
			`"tagging":{"property":"AreaTags","permissions":["s9:Tag"]}},` +
			`"AWS::S9::Zone":{"tagging":{"property":"Tags","inPlace":true,"fromStack":true},"handlers":{"create":["s9:A","s9:B"]}}}`},
	}
	var out, again bytes.Buffer
	if err := write(&out, from); err != nil {
		t.Fatal(err)
	}
	if err := write(&again, from); err != nil || !bytes.Equal(out.Bytes(), again.Bytes()) {
		t.Errorf("expected the same bytes again (%v)", err)
	}
	archive, err := zip.NewReader(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil || len(archive.File) != len(want) {
		t.Fatalf("found %v (%v), expected %d files", archive, err, len(want))
	}
	for i, file := range archive.File {
		r, err := file.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil || file.Name != want[i].name || strings.TrimSpace(string(text)) != want[i].text {
			t.Errorf("found %s: %s (%v), expected %s: %s", file.Name, text, err, want[i].name, want[i].text)
		}
	}
}

func TestWriteErrs(t *testing.T) {
	noDate := files()
	noDate[dir+"version.json"] = &fstest.MapFile{Data: []byte(`{"schema_date": "yesterday"}`)}
	for name, c := range map[string]struct {
		files fstest.MapFS
		want  string
	}{
		"another handler":  {files(`{"typeName": "AWS::S9::A", "handlers": {"mend": {}}}`), `found the handler "mend"`},
		"another property": {files(`{"typeName": "AWS::S9::A", "createOnlyProperties": ["/definitions/B"]}`), `found the property "/definitions/B"`},
		"a type twice":     {files(`{"typeName": "AWS::S9::A"}`, `{"typeName": "AWS::S9::A"}`), "found AWS::S9::A again"},
		"no type":          {files(`{}`), `found typeName ""`},
		"no JSON":          {files(`schemas`), "resources/a.json"},
		"no date":          {noDate, "expected a date and time"},
		"nothing":          {fstest.MapFS{}, "version.json"},
	} {
		if err := write(io.Discard, c.files); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: found %v, expected an error with %q", name, err, c.want)
		}
	}
}
