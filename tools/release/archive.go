package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"cmp"
	"compress/gzip"
	"errors"
	"io/fs"
	"slices"
	"time"
)

// archived is a file in an archive.
type archived struct {
	// name is the path in the archive's folder, with slashes.
	name    string
	content []byte
	// program is one that can be run.
	program bool
}

func (a archived) mode() fs.FileMode {
	if a.program {
		return 0o755
	}
	return 0o644
}

// sorted are the files by name, so that an archive does not depend on the order in which they come.
func sorted(files []archived) []archived {
	return slices.SortedFunc(slices.Values(files), func(a, b archived) int { return cmp.Compare(a.name, b.name) })
}

// tarGzip is a compressed tar of files in a folder, all of one time and no owner.
func tarGzip(folder string, files []archived, at time.Time) ([]byte, error) {
	var all bytes.Buffer
	g, err := gzip.NewWriterLevel(&all, gzip.BestCompression) // without a name and a time
	if err != nil {
		return nil, err
	}
	t := tar.NewWriter(g)
	for _, f := range sorted(files) {
		if err := t.WriteHeader(&tar.Header{Name: folder + "/" + f.name, Mode: int64(f.mode()), Size: int64(len(f.content)), ModTime: at, Format: tar.FormatUSTAR}); err != nil {
			return nil, err
		}
		if _, err := t.Write(f.content); err != nil {
			return nil, err
		}
	}
	if err := errors.Join(t.Close(), g.Close()); err != nil {
		return nil, err
	}
	return all.Bytes(), nil
}

// zipped is the same as a zip.
func zipped(folder string, files []archived, at time.Time) ([]byte, error) {
	var all bytes.Buffer
	z := zip.NewWriter(&all)
	for _, f := range sorted(files) {
		h := &zip.FileHeader{Name: folder + "/" + f.name, Method: zip.Deflate, Modified: at}
		h.SetMode(f.mode())
		w, err := z.CreateHeader(h)
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(f.content); err != nil {
			return nil, err
		}
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return all.Bytes(), nil
}
