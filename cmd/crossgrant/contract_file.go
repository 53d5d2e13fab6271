package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/contract"
)

// readContract reads a contract.json, or the one of a cloud assembly.
func readContract(path string) (contract.Contract, error) {
	const expected = "expected a contract.json, or a cdk.out that has one"
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return contract.Contract{}, fmt.Errorf("found no file %q, %s: check the path", path, expected)
	case err != nil:
		return contract.Contract{}, fmt.Errorf("%w, %s", err, expected)
	case info.IsDir():
		if path, err = contractOf(path); err != nil {
			return contract.Contract{}, err
		}
	}
	file, err := os.Open(path)
	if err != nil {
		return contract.Contract{}, fmt.Errorf("%w, expected a file that can be read", err)
	}
	defer file.Close()
	document, err := io.ReadAll(io.LimitReader(file, contract.MaxSize+1)) // one more, so that Read refuses it
	if err != nil {
		return contract.Contract{}, fmt.Errorf("%w, expected a file that can be read", err)
	}
	c, err := contract.Read(document)
	if err != nil {
		return contract.Contract{}, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

// manifestName is what every cloud assembly has.
const manifestName = "manifest.json"

// contractOf returns the path of the one contract.json in a cloud assembly and the assemblies nested in it.
func contractOf(assembly string) (string, error) {
	if _, err := os.Stat(filepath.Join(assembly, manifestName)); err != nil {
		return "", fmt.Errorf("found a folder %q without a %s, expected a contract.json, or a cdk.out that has one", assembly, manifestName)
	}
	found, err := contractsOf(assembly)
	switch {
	case err != nil:
		return "", err
	case len(found) == 0:
		return "", fmt.Errorf("found no %s in the cloud assembly %q, expected one: give the cdk.out of the app that owns the data", contract.FileName, assembly)
	case len(found) > 1:
		return "", fmt.Errorf("found %d contracts in the cloud assembly %q, expected one: name one of\n  %s", len(found), assembly, strings.Join(found, "\n  "))
	}
	return found[0], nil
}

func contractsOf(assembly string) (found []string, err error) {
	name := filepath.Join(assembly, manifestName)
	document, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("%w, expected the whole cloud assembly: synthesize it anew", err)
	}
	var manifest struct {
		Artifacts map[string]struct {
			Type       string
			Properties struct{ DirectoryName string }
		}
	}
	if err := json.Unmarshal(document, &manifest); err != nil {
		return nil, fmt.Errorf("%s: %w, expected the manifest of a cloud assembly: synthesize it anew", name, err)
	}
	path := filepath.Join(assembly, contract.FileName)
	if _, err := os.Stat(path); err == nil {
		found = append(found, path)
	}
	for _, id := range slices.Sorted(maps.Keys(manifest.Artifacts)) {
		artifact := manifest.Artifacts[id]
		folder := filepath.Clean(artifact.Properties.DirectoryName)
		if artifact.Type != "cdk:cloud-assembly" || !filepath.IsLocal(folder) || folder == "." {
			continue
		}
		nested, err := contractsOf(filepath.Join(assembly, folder))
		if err != nil {
			return nil, err
		}
		found = append(found, nested...)
	}
	return found, nil
}
