package plugin

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/aws/constructs-go/constructs/v10"
)

// acknowledgements are the IDs of findings that the constructs of an app acknowledge, each with whether there is such a finding, by construct path.
type acknowledgements map[string]map[string]bool

// acknowledged is the type of the metadata that has them.
// https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.Validations.html
const acknowledged = "aws:cdk:acknowledged-rules"

// of reads what is acknowledged in the stacks of an assembly from its manifest, which has the metadata of all constructs, and on the constructs around the
// stacks from these.
func (all acknowledgements) of(dir string, app constructs.IConstruct, stacks []string) error {
	if err := all.ofManifest(dir); err != nil {
		return err
	}
	all.ofConstruct(app, "")
	for _, stack := range stacks {
		construct, path := app, ""
		for id := range strings.SplitSeq(filepath.ToSlash(filepath.Dir(stack)), "/") {
			if construct = construct.Node().TryFindChild(&id); construct == nil {
				break
			}
			path = strings.TrimPrefix(path+"/"+id, "/")
			all.ofConstruct(construct, path)
		}
	}
	return nil
}

func (all acknowledgements) ofConstruct(construct constructs.IConstruct, path string) {
	if all[path] != nil {
		return
	}
	for _, entry := range *construct.Node().Metadata() {
		if *entry.Type == acknowledged {
			all.add(path, entry.Data)
		}
	}
}

// ofManifest reads the manifest of a directory, and those of the assemblies nested in it.
// https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.cloud_assembly_schema.ArtifactManifest.html
func (all acknowledgements) ofManifest(dir string) error {
	type entry struct {
		Type string
		Data any
	}
	var manifest struct {
		Artifacts map[string]struct {
			Metadata               map[string][]entry
			AdditionalMetadataFile string
			Type                   string
			Properties             struct{ DirectoryName string }
		}
	}
	read := func(name string, into any) error {
		file := filepath.Join(dir, filepath.FromSlash(name))
		text, err := os.ReadFile(file)
		if err == nil {
			err = json.Unmarshal(text, into)
		}
		if err != nil {
			return fmt.Errorf("read what is acknowledged: %s: %w", file, err)
		}
		return nil
	}
	if err := read("manifest.json", &manifest); err != nil {
		return err
	}
	for _, a := range manifest.Artifacts {
		if a.AdditionalMetadataFile != "" {
			if err := read(a.AdditionalMetadataFile, &a.Metadata); err != nil {
				return err
			}
		}
		for path, entries := range a.Metadata {
			for _, e := range entries {
				if e.Type == acknowledged {
					all.add(strings.TrimPrefix(path, "/"), e.Data)
				}
			}
		}
		if a.Type == "cdk:cloud-assembly" {
			if err := all.ofManifest(filepath.Join(dir, filepath.FromSlash(a.Properties.DirectoryName))); err != nil {
				return err
			}
		}
	}
	return nil
}

// add notes the IDs of this plugin: the data of an entry has reasons by ID.
func (all acknowledgements) add(path string, data any) {
	reasons, _ := data.(map[string]any)
	for id := range reasons {
		if id, ours := strings.CutPrefix(id, Name+"::"); ours {
			if all[path] == nil {
				all[path] = map[string]bool{}
			}
			all[path][id] = false
		}
	}
}

// have says that a construct acknowledges a finding, or that one around it does, which is when CDK takes the construct out of a violation.
func (all acknowledgements) have(path, id string) bool {
	found := false
	for {
		if _, ok := all[path][id]; ok {
			all[path][id], found = true, true
		}
		if path == "" {
			return found
		}
		path = path[:max(strings.LastIndexByte(path, '/'), 0)]
	}
}

// acknowledgement is an ID that a construct acknowledges.
type acknowledgement struct{ path, id string }

// unused are those that no finding has, sorted.
func (all acknowledgements) unused() (ids []acknowledgement) {
	for _, path := range slices.Sorted(maps.Keys(all)) {
		for _, id := range slices.Sorted(maps.Keys(all[path])) {
			if !all[path][id] {
				ids = append(ids, acknowledgement{path, id})
			}
		}
	}
	return ids
}

// covers says that the construct of a path is another one, or around it.
func covers(path, other string) bool {
	return path == "" || path == other || strings.HasPrefix(other, path+"/")
}
