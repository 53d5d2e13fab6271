package assembly

import (
	"cmp"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/crossgrant/crossgrant/assembly/internal/document"
)

// Only the CDK's command line lets templates have the paths of their constructs. Of what a test or another program synthesizes, the metadata of a stack in
// the manifest, or in a file beside it, has them with the logical IDs, and tree.json has them without.
// https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.cloud_assembly_schema.ArtifactManifest.html

// construct is one construct of an app: with its logical ID, or with the type of its resource if nothing says the ID.
type construct struct{ path, id, kind string }

// constructs reads constructs of an app: those of the metadata first, since they have their logical IDs.
type constructs []func() ([]construct, error)

// constructsOf are those of a stack of an assembly. Files that are not there are skipped.
func (d *directory) constructsOf(sub string, stack map[string]any) constructs {
	return constructs{
		sync.OnceValues(func() ([]construct, error) { return d.metadata(sub, stack) }),
		sync.OnceValues(func() ([]construct, error) { return d.constructsOfTree() }),
	}
}

func (d *directory) metadata(sub string, stack map[string]any) (all []construct, err error) {
	metadata := document.Object(stack["metadata"])
	if file := document.String(stack["additionalMetadataFile"]); file != "" {
		root, err := d.optional(path.Join(sub, file))
		if err != nil {
			return nil, err
		}
		if root != nil {
			metadata = root
		}
	}
	for _, at := range slices.Sorted(maps.Keys(metadata)) {
		for _, entry := range document.List(metadata[at]) {
			if document.String(document.Object(entry)["type"]) == "aws:cdk:logicalId" {
				all = append(all, construct{path: strings.TrimPrefix(at, "/"), id: document.String(document.Object(entry)["data"])})
			}
		}
	}
	return all, nil
}

// optional reads a JSON file of the assembly; nil if it is not there.
func (d *directory) optional(name string) (map[string]any, error) {
	root, err := d.readJSON(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return document.Object(root), err
}

// constructsOfTree are those of the whole app.
func (d *directory) constructsOfTree() (all []construct, err error) {
	root, err := d.optional(cmp.Or(d.tree, "tree.json"))
	if err != nil {
		return nil, err
	}
	var walk func(node map[string]any)
	walk = func(node map[string]any) {
		kind := document.String(document.Object(node["attributes"])["aws:cdk:cloudformation:type"])
		if at := document.String(node["path"]); at != "" && kind != "" {
			all = append(all, construct{path: at, kind: kind})
		}
		children := document.Object(node["children"])
		for _, id := range slices.Sorted(maps.Keys(children)) {
			walk(document.Object(children[id]))
		}
	}
	walk(document.Object(root["tree"]))
	return all, nil
}

// constructsBeside are those of a template that is given by itself, from the assembly whose directory it is in; none if it is in none. What is beside it may
// be of something else.
func constructsBeside(file string) constructs {
	beside := func(read func(*directory) ([]construct, error)) func() ([]construct, error) {
		return sync.OnceValues(func() ([]construct, error) {
			d, err := openDirectory(filepath.Dir(file))
			if err != nil {
				return nil, nil // reading the template says more
			}
			defer d.root.Close()
			all, _ := read(d)
			return all, nil
		})
	}
	return constructs{
		beside(func(d *directory) ([]construct, error) {
			manifest, err := d.optional("manifest.json")
			if err != nil {
				return nil, err
			}
			for _, a := range document.Object(manifest["artifacts"]) {
				stack := document.Object(a)
				if path.Clean(document.String(document.Object(stack["properties"])["templateFile"])) == filepath.Base(file) {
					return d.metadata("", stack)
				}
			}
			return nil, nil
		}),
		beside((*directory).constructsOfTree),
	}
}

// readPaths sets the construct paths of a template that has none.
func (s *scope) readPaths() error {
	without := 0
	for _, r := range s.resources {
		if r.Path != "" {
			return nil
		}
		without++
	}
	for _, read := range s.artifact.constructs {
		if without == 0 {
			return nil
		}
		all, err := read()
		if err != nil {
			return err
		}
		without -= s.setPaths(all)
	}
	return nil
}

// setPaths sets the construct paths of resources that have none, and returns of how many.
func (s *scope) setPaths(all []construct) (set int) {
	found := s.match(all)
	within := s.constructPath(found)
	for id, matches := range found {
		paths := []string{}
		for _, m := range matches {
			if m.within == within {
				paths = append(paths, m.path)
			}
		}
		if len(paths) == 0 && len(matches) == 1 && matches[0].within == "" { // an ID that the app chose, which only one construct has
			paths = append(paths, matches[0].path)
		}
		if r := s.resources[id]; len(paths) == 1 && r.Path == "" {
			r.Path = paths[0]
			set++
		}
	}
	return set
}

// match is a construct that may be a resource of the stack: if it is, the construct of the stack is within; "" if the ID does not follow from the path.
type match struct{ path, within string }

// match returns the constructs that may be the resources of the stack, by logical ID.
func (s *scope) match(all []construct) map[string][]match {
	found := map[string][]match{}
	for _, c := range all {
		ids := strings.Split(c.path, "/")
		before := len(found[c.id])
		for i := 1; i < len(ids); i++ {
			id := uniqueID(ids[i:])
			if r := s.resources[id]; r != nil && (c.id == "" && r.Type == c.kind || c.id == id) {
				found[id] = append(found[id], match{c.path, strings.Join(ids[:i], "/")})
			}
		}
		if c.id != "" && s.resources[c.id] != nil && len(found[c.id]) == before {
			found[c.id] = append(found[c.id], match{c.path, ""})
		}
	}
	return found
}

// constructPath returns the path of the stack's own construct: the one that the assembly says, or else the one in which most of its resources are. "" if
// it cannot be said.
func (s *scope) constructPath(found map[string][]match) string {
	count := map[string]int{}
	for _, matches := range found {
		for _, m := range matches {
			count[m.within]++
		}
	}
	delete(count, "")
	said, _, _ := strings.Cut(s.DisplayName, " (")
	if s.parent != nil { // the resource of a nested stack X is X.NestedStack/X.NestedStackResource
		said = strings.TrimSuffix(path.Dir(s.parent.resources[s.Within].Path), ".NestedStack")
	}
	if count[said] > 0 {
		return said
	}
	most := ""
	for _, one := range slices.Sorted(maps.Keys(count)) {
		if count[one] > count[most] {
			most = one
		}
	}
	for one, n := range count {
		if one != most && n == count[most] {
			return ""
		}
	}
	return most
}

// uniqueID returns the logical ID that the CDK makes of the IDs of constructs, from within the stack down to the resource.
// https://docs.aws.amazon.com/cdk/v2/guide/identifiers.html#identifiers-logical-ids and makeUniqueId of aws-cdk-lib/core/lib/private/uniqueid.ts
func uniqueID(ids []string) string {
	const hidden, hiddenFromPeople, longest, longestName = "Default", "Resource", 255, 240
	ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return id == hidden })
	if len(ids) == 0 {
		return ""
	}
	if one := lettersAndDigits(ids[0]); len(ids) == 1 && len(one) <= longest {
		return one
	}
	sum := md5.Sum([]byte(strings.Join(ids, "/")))
	name, last := "", ""
	for i, id := range ids {
		if i > 0 && strings.HasSuffix(last, id) {
			continue
		}
		if last = id; id != hiddenFromPeople {
			name += lettersAndDigits(id)
		}
	}
	return name[:min(len(name), longestName)] + strings.ToUpper(hex.EncodeToString(sum[:4]))
}

func lettersAndDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' {
			return r
		}
		return -1
	}, s)
}
