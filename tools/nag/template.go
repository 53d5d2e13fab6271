package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// template has the fields of a template file that this program reads.
type template struct {
	file     string
	Metadata struct {
		Nag nagMetadata `json:"cdk_nag"`
	}
	Resources map[string]resource
}

type resource struct {
	Type     string
	Metadata struct {
		Path  string      `json:"aws:cdk:path"`
		Asset string      `json:"aws:asset:path"`
		Nag   nagMetadata `json:"cdk_nag"`
	}
}

// path returns the construct path of a resource, or its logical ID if the template does not have the path.
func (t template) path(logicalID string) string {
	if path := t.Resources[logicalID].Metadata.Path; path != "" {
		return path
	}
	return logicalID
}

// findTemplates reads templates, and the templates of all stacks of assemblies.
func findTemplates(args []string) ([]template, error) {
	if len(args) == 0 {
		return nil, errors.New("found no argument, expected templates or directories that `cdk synth` wrote: nag TEMPLATE_OR_ASSEMBLY_DIR")
	}
	var templates []template
	var errs []error
	for _, arg := range args {
		files := []string{arg}
		if info, err := os.Stat(arg); err != nil {
			errs = append(errs, fmt.Errorf("%w: expected a template or a directory that `cdk synth` wrote", err))
			continue
		} else if info.IsDir() {
			if files, err = stacksOf(arg); err != nil {
				errs = append(errs, err)
				continue
			}
		}
		for _, file := range files {
			read, err := readTemplate(file)
			templates, errs = append(templates, read...), append(errs, err)
		}
	}
	return templates, errors.Join(errs...)
}

// readTemplate reads a template and those of its nested stacks, which are not in a manifest.
func readTemplate(file string) ([]template, error) {
	t := template{file: file}
	if err := readJSON(file, &t); err != nil {
		return nil, err
	}
	if len(t.Resources) == 0 {
		return nil, fmt.Errorf("%s: found no resource, expected a CloudFormation template", file)
	}
	templates := []template{t}
	for _, id := range slices.Sorted(maps.Keys(t.Resources)) {
		if r := t.Resources[id]; r.Type == "AWS::CloudFormation::Stack" && r.Metadata.Asset != "" {
			nested, err := readTemplate(filepath.Join(filepath.Dir(file), r.Metadata.Asset))
			if err != nil {
				return nil, err
			}
			templates = append(templates, nested...)
		}
	}
	return templates, nil
}

// stacksOf returns the template files of an assembly and of the assemblies nested in it, one for each stage.
func stacksOf(dir string) ([]string, error) {
	var manifest struct {
		Artifacts map[string]struct {
			Type       string
			Properties struct{ TemplateFile, DirectoryName string }
		}
	}
	if err := readJSON(filepath.Join(dir, "manifest.json"), &manifest); err != nil {
		return nil, err
	}
	var files []string
	for _, artifact := range manifest.Artifacts {
		switch artifact.Type {
		case "aws:cloudformation:stack":
			files = append(files, filepath.Join(dir, artifact.Properties.TemplateFile))
		case "cdk:cloud-assembly":
			nested, err := stacksOf(filepath.Join(dir, artifact.Properties.DirectoryName))
			if err != nil {
				return nil, err
			}
			files = append(files, nested...)
		}
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s: found no stack in manifest.json, expected one or more", dir)
	}
	slices.Sort(files)
	return files, nil
}

func readJSON(file string, value any) error {
	content, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("%w: expected a file that `cdk synth` wrote", err)
	}
	if err := json.Unmarshal(content, value); err != nil {
		return fmt.Errorf("%s: found invalid JSON (%w), expected a file that `cdk synth` wrote", file, err)
	}
	return nil
}
