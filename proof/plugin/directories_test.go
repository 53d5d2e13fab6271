package plugin

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

const (
	app    = `{"version":"54.0.0","artifacts":{"Stack":{"type":"aws:cloudformation:stack"}}}`
	nested = `{"version":"54.0.0","artifacts":{"assembly-Stage":{"type":"cdk:cloud-assembly","properties":{"directoryName":"assembly-Stage"}}}}`
)

// The outermost assembly is proved, whatever its folder is called.
func TestDirectories(t *testing.T) {
	for name, c := range map[string]struct {
		manifests map[string]string // by folder
		templates []string
		want      []string
	}{
		"an app": {map[string]string{"cdk.out": app}, []string{"cdk.out/A.template.json", "cdk.out/B.template.json"}, []string{"cdk.out"}},
		"an app in a folder called as a nested assembly": {map[string]string{"build/assembly-x": app}, []string{"build/assembly-x/A.template.json"},
			[]string{"build/assembly-x"}},
		"a stage":                {map[string]string{"cdk.out": nested, "cdk.out/assembly-Stage": app}, []string{"cdk.out/assembly-Stage/A.template.json"}, []string{"cdk.out"}},
		"an app and its stage":   {map[string]string{"cdk.out": nested, "cdk.out/assembly-Stage": app}, []string{"cdk.out/A.template.json", "cdk.out/assembly-Stage/A.template.json"}, []string{"cdk.out"}},
		"a stage within a stage": {map[string]string{"cdk.out": nested, "cdk.out/assembly-Stage": nested, "cdk.out/assembly-Stage/assembly-Stage": app}, []string{"cdk.out/assembly-Stage/assembly-Stage/A.template.json"}, []string{"cdk.out"}},
		"a stage of an app in a folder called as a nested assembly": {map[string]string{"build/assembly-x": nested, "build/assembly-x/assembly-Stage": app},
			[]string{"build/assembly-x/assembly-Stage/A.template.json"}, []string{"build/assembly-x"}},
		"an app in the folder of another one": {map[string]string{"cdk.out": app, "cdk.out/assembly-x": app}, []string{"cdk.out/assembly-x/A.template.json"},
			[]string{"cdk.out/assembly-x"}},
		"two apps": {map[string]string{"a": app, "b": app}, []string{"a/A.template.json", "b/B.template.json"}, []string{"a", "b"}},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			for dir, manifest := range c.manifests {
				if err := os.MkdirAll(filepath.Join(root, dir), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(root, dir, "manifest.json"), []byte(manifest), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			var templates []*string
			for _, one := range c.templates {
				path := filepath.Join(root, one)
				templates = append(templates, &path)
			}
			var want []string
			for _, dir := range c.want {
				want = append(want, filepath.Join(root, dir))
			}
			got, err := directories(templates)
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("found %q %v, expected %q", got, err, want)
			}
		})
	}
}

func TestUnreadableManifest(t *testing.T) {
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "manifest.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(root, "assembly-Stage", "A.template.json")
	if dirs, err := directories([]*string{&path}); err == nil {
		t.Errorf("found %q, expected an error", dirs)
	}
}
