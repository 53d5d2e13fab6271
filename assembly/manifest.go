package assembly

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
)

// SchemaVersion is the newest major version of the cloud assembly schema that [Load] knows. It reads older assemblies as well, and newer
// ones as far as it understands them, with a note.
// https://github.com/aws/aws-cdk-cli/tree/main/packages/@aws-cdk/cloud-assembly-schema
const SchemaVersion = 55

// maxManifests limits the stages of an app: a few manifests can include each other many times.
const maxManifests = 1000

// artifact is one stack of a manifest.
type artifact struct {
	manifest, id      string
	name, displayName string
	account, region   string // "" if unknown
	file              string // of the template, within the assembly
	parameters        map[string]any
	dependencies      []string                                    // artifacts of the same manifest
	nested            func(resource map[string]any) (file string) // where the template of a nested stack is, "" if nobody says
}

// readManifest returns the stacks of manifest.json in a directory of the assembly, and of the assemblies within.
func (d *directory) readManifest(sub string) ([]*artifact, error) {
	name := path.Join(sub, "manifest.json")
	if d.manifests++; d.manifests > maxManifests {
		return nil, fmt.Errorf("%s: found more than %d assemblies, expected fewer stages", d.path(name), maxManifests)
	}
	document, err := d.read(name)
	if err != nil {
		return nil, fmt.Errorf("%w; expected a cloud assembly as cdk synth writes it", err)
	}
	root, err := readJSON(document)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", d.path(name), err)
	}
	manifest := object(root)
	if err := d.checkVersion(name, manifest["version"]); err != nil {
		return nil, fmt.Errorf("%s: %w", d.path(name), err)
	}
	artifacts, ok := manifest["artifacts"].(map[string]any)
	if !ok && manifest["artifacts"] != nil {
		return nil, fmt.Errorf("%s: found artifacts that are not an object, expected one with the stacks", d.path(name))
	}
	var all []*artifact
	assets := map[string]string{}
	for _, id := range slices.Sorted(maps.Keys(artifacts)) {
		a := object(artifacts[id])
		properties := object(a["properties"])
		switch kind := word(a["type"]); kind {
		case "":
			return nil, fmt.Errorf("%s: artifact %s: found no type, expected one such as aws:cloudformation:stack", d.path(name), id)
		case "none", "cdk:tree", "cdk:feature-flag-report": // nothing that is deployed
		case "aws:cloudformation:stack":
			one, err := stackArtifact(id, a)
			if err != nil {
				return nil, fmt.Errorf("%s: artifact %s: %w", d.path(name), id, err)
			}
			one.manifest, one.file = sub, path.Join(sub, one.file)
			one.nested = func(resource map[string]any) string { return nestedFile(sub, assets, resource) }
			all = append(all, one)
		case "cdk:asset-manifest":
			if err := d.readAssets(sub, word(properties["file"]), assets); err != nil {
				return nil, err
			}
		case "cdk:cloud-assembly":
			within := word(properties["directoryName"])
			if within == "" || path.Clean(within) == "." || strings.HasPrefix(path.Clean(within), "..") {
				return nil, fmt.Errorf("%s: artifact %s: found directory %q, expected one within the assembly", d.path(name), id, within)
			}
			more, err := d.readManifest(path.Join(sub, within))
			if err != nil {
				return nil, err
			}
			all = append(all, more...)
		default:
			d.note(name, "found artifact %s of type %q, which this version does not know: whatever it deploys is not read", id, kind)
		}
	}
	return all, nil
}

// note records what was not understood in a manifest.
func (d *directory) note(manifest, format string, args ...any) {
	d.notes = append(d.notes, Note{Place: manifest, Why: fmt.Sprintf(format, args...)})
}

// checkVersion accepts any version of the schema. A version newer than SchemaVersion is noted once, not for every stage.
func (d *directory) checkVersion(manifest string, version any) error {
	found, _ := version.(string)
	before, _, _ := strings.Cut(found, ".")
	major, err := strconv.ParseUint(before, 10, 32)
	if err != nil {
		return fmt.Errorf("found no version, expected the manifest of a cloud assembly, such as version \"%d.0.0\"", SchemaVersion)
	}
	if major > SchemaVersion && !slices.Contains(d.newer, major) {
		d.newer = append(d.newer, major)
		d.note(manifest, "found schema version %s, newer than %d, the newest that this version knows: whatever it adds is not read", found, SchemaVersion)
	}
	return nil
}

func stackArtifact(id string, a map[string]any) (*artifact, error) {
	properties := object(a["properties"])
	one := &artifact{id: id, name: word(properties["stackName"]), displayName: word(a["displayName"]), file: word(properties["templateFile"])}
	if one.file == "" {
		return nil, fmt.Errorf("found no templateFile, expected the file of the stack's template")
	}
	if one.name == "" {
		one.name = id
	}
	environment, ok := strings.CutPrefix(word(a["environment"]), "aws://")
	one.account, one.region, _ = strings.Cut(environment, "/")
	if !ok || one.account == "" || one.region == "" {
		return nil, fmt.Errorf("found environment %q, expected aws://ACCOUNT/REGION", word(a["environment"]))
	}
	if one.account == "unknown-account" {
		one.account = ""
	}
	if one.region == "unknown-region" {
		one.region = ""
	}
	one.parameters = object(properties["parameters"])
	for _, dependency := range list(a["dependencies"]) {
		one.dependencies = append(one.dependencies, word(dependency))
	}
	return one, nil
}

// object, list and word return a value that should be of this sort, or nothing.
func object(v any) map[string]any { m, _ := v.(map[string]any); return m }
func list(v any) []any            { l, _ := v.([]any); return l }
func word(v any) string           { s, _ := v.(string); return s }
