package assembly

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/crossgrant/crossgrant/assembly/internal/document"
)

// SchemaVersion is the newest major version of the cloud assembly schema that [Load] knows. It reads older assemblies as well, and newer
// ones as far as it understands them, with a note.
// https://github.com/aws/aws-cdk-cli/tree/main/packages/@aws-cdk/cloud-assembly-schema
const SchemaVersion = 55

// maxManifests limits the stages of an app: a few manifests can include each other many times.
const maxManifests = 1000

// directory is the directory of an assembly. Neither a path nor a symbolic link leads out of it.
type directory struct {
	root      *os.Root
	name      string
	tree      string   // the file with the constructs of the app; "" for its usual name
	manifests int      // number of manifests read
	newer     []uint64 // schema versions that are noted
	notes     []Note
}

func openDirectory(name string) (*directory, error) {
	root, err := os.OpenRoot(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("found no directory %s, expected a cloud assembly: run cdk synth, or name the directory that it writes", name)
	} else if err != nil {
		return nil, fmt.Errorf("open %s: %w; expected the directory of a cloud assembly", name, document.Cause(err))
	}
	return &directory{root: root, name: name}, nil
}

// read returns the text of a file. The name is slash-separated and relative to the directory.
func (d *directory) read(name string) (string, error) {
	if !filepath.IsLocal(filepath.FromSlash(name)) {
		return "", fmt.Errorf("found path %q, expected a file within %s", name, d.name)
	}
	return document.ReadFile(d.root.FS(), name, d.path(name))
}

// readJSON reads a file that is JSON.
func (d *directory) readJSON(name string) (any, error) {
	text, err := d.read(name)
	if err != nil {
		return nil, err
	}
	root, err := document.ReadJSON(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", d.path(name), err)
	}
	return root, nil
}

func (d *directory) path(name string) string { return filepath.Join(d.name, filepath.FromSlash(name)) }

// artifact is a stack of a manifest.
type artifact struct {
	manifest, id      string
	name, displayName string
	account, region   string // "" if unknown
	file              string // of the template, within the assembly
	parameters        map[string]any
	dependencies      []string                                    // artifacts of the same manifest
	nested            func(resource map[string]any) (file string) // the file of the template of a nested stack, "" if it is unknown
	constructs        constructs                                  // of the app, for templates without their paths
	by                string                                      // the facts that name the template; "" for one of the assembly
	deployed          map[string]string                           // the physical IDs of resources, by logical ID
	drift             map[string]map[string]any                   // properties that differ from the template, by logical ID; nil for a resource that is gone
}

// readManifest returns the stacks of a manifest.json, and of the assemblies nested in it.
func (d *directory) readManifest(sub string) ([]*artifact, error) {
	name := path.Join(sub, "manifest.json")
	if d.manifests++; d.manifests > maxManifests {
		return nil, fmt.Errorf("%s: found more than %d assemblies, expected fewer stages", d.path(name), maxManifests)
	}
	root, err := d.readJSON(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w; expected a cloud assembly as cdk synth writes it", err)
	} else if err != nil {
		return nil, err
	}
	manifest := document.Object(root)
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
		a := document.Object(artifacts[id])
		properties := document.Object(a["properties"])
		switch kind := document.String(a["type"]); kind {
		case "":
			return nil, fmt.Errorf("%s: artifact %s: found no type, expected one such as aws:cloudformation:stack", d.path(name), id)
		case "none", "cdk:feature-flag-report": // nothing that is deployed
		case "cdk:tree":
			d.tree = path.Join(sub, document.String(properties["file"]))
		case "aws:cloudformation:stack":
			one, err := stackArtifact(id, a)
			if err != nil {
				return nil, fmt.Errorf("%s: artifact %s: %w", d.path(name), id, err)
			}
			one.manifest, one.file = sub, path.Join(sub, one.file)
			one.nested = func(resource map[string]any) string { return nestedFile(sub, assets, resource) }
			one.constructs = d.constructsOf(sub, a)
			all = append(all, one)
		case "cdk:asset-manifest":
			if err := d.readAssets(sub, document.String(properties["file"]), assets); err != nil {
				return nil, err
			}
		case "cdk:cloud-assembly":
			within := document.String(properties["directoryName"])
			if within == "" || path.Clean(within) == "." || strings.HasPrefix(path.Clean(within), "..") {
				return nil, fmt.Errorf("%s: artifact %s: found directory %q, expected a directory within the assembly", d.path(name), id, within)
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
	properties := document.Object(a["properties"])
	one := &artifact{id: id, name: document.String(properties["stackName"]), displayName: document.String(a["displayName"]), file: document.String(properties["templateFile"])}
	if one.file == "" {
		return nil, fmt.Errorf("found no templateFile, expected the file of the stack's template")
	}
	if one.name == "" {
		one.name = id
	}
	// The CDK writes whatever account and region a stack has been given, also empty text such as that of a variable that is not set.
	// https://github.com/aws/aws-cdk-cli/blob/main/packages/@aws-cdk/cloud-assembly-api/lib/environment.ts
	environment, isAWS := strings.CutPrefix(document.String(a["environment"]), "aws://")
	var hasBoth bool
	if one.account, one.region, hasBoth = strings.Cut(environment, "/"); !isAWS || !hasBoth {
		return nil, fmt.Errorf("found environment %q, expected aws://ACCOUNT/REGION", document.String(a["environment"]))
	}
	if one.account == "unknown-account" {
		one.account = ""
	}
	if one.region == "unknown-region" {
		one.region = ""
	}
	one.parameters = document.Object(properties["parameters"])
	for _, dependency := range document.List(a["dependencies"]) {
		one.dependencies = append(one.dependencies, document.String(dependency))
	}
	return one, nil
}

// readAssets reads which file is published to which object key: the URL of the template of a nested stack ends in one. An assembly that was kept without
// its assets may lack the file; then the template of such a stack is unknown.
func (d *directory) readAssets(sub, file string, assets map[string]string) error {
	root, err := d.optional(path.Join(sub, file))
	if err != nil {
		return err
	}
	for _, asset := range document.Object(root["files"]) {
		source := document.String(document.Object(document.Object(asset)["source"])["path"])
		for _, destination := range document.Object(document.Object(asset)["destinations"]) {
			if key := document.String(document.Object(destination)["objectKey"]); key != "" && source != "" {
				assets[key] = source
			}
		}
	}
	return nil
}

// nestedFile returns the file of the template of a nested stack. The metadata of the resource has it; if the app disables that metadata, it is
// the asset that is published at the template's URL.
// https://github.com/aws/aws-cdk/blob/main/packages/aws-cdk-lib/cx-api/lib/assets.ts
func nestedFile(sub string, assets map[string]string, resource map[string]any) string {
	file := document.String(document.Object(resource["Metadata"])["aws:asset:path"])
	if file == "" {
		url := lastText(document.Object(resource["Properties"])["TemplateURL"])
		file = assets[url[strings.LastIndexByte(url, '/')+1:]]
	}
	if file == "" {
		return ""
	}
	return path.Join(sub, file)
}

// lastText returns the last string in a value, such as the last one in an Fn::Join.
func lastText(node any) string {
	switch v := node.(type) {
	case string:
		return v
	case *document.Call:
		return lastText(v.Argument)
	case []any:
		if len(v) > 0 {
			return lastText(v[len(v)-1])
		}
	}
	return ""
}
