package plugin

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// directories are those of the assemblies that the templates belong to: of nested assemblies, such as those of an app's stages, the outermost.
func directories(templates []*string) ([]string, error) {
	var all []string
	for _, path := range templates {
		dir := filepath.Dir(*path)
		for {
			parent := filepath.Dir(dir)
			nested, err := contains(parent, filepath.Base(dir))
			if err != nil {
				return nil, err
			}
			if !nested {
				break
			}
			dir = parent
		}
		if !slices.Contains(all, dir) {
			all = append(all, dir)
		}
	}
	return all, nil
}

// contains says that the manifest of a directory names another one within it as a nested assembly. A directory without a manifest is no
// assembly and contains none.
// https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.cloud_assembly_schema.NestedCloudAssemblyProperties.html
func contains(dir, name string) (bool, error) {
	file := filepath.Join(dir, "manifest.json")
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read the manifest of an assembly: %w", err)
	}
	var manifest struct {
		Artifacts map[string]struct {
			Type       string
			Properties struct{ DirectoryName string }
		}
	}
	if err := json.Unmarshal(text, &manifest); err != nil {
		return false, fmt.Errorf("read %s: %w", file, err)
	}
	for _, artifact := range manifest.Artifacts {
		if artifact.Type == "cdk:cloud-assembly" && artifact.Properties.DirectoryName == name {
			return true, nil
		}
	}
	return false, nil
}
