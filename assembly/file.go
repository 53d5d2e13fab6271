package assembly

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// Limits of files, in bytes. CloudFormation takes templates of 1 MB; reading YAML takes ten times the time and memory of JSON.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
const (
	MaxSize     = 32 << 20
	MaxYAMLSize = 4 << 20
)

// directory is an assembly's directory. Nothing is read from outside of it, whatever a path or a symbolic link says.
type directory struct {
	root      *os.Root
	name      string
	manifests int      // number of manifests read
	newer     []uint64 // schema versions that are noted
	notes     []Note
}

func openDirectory(name string) (*directory, error) {
	root, err := os.OpenRoot(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("found no directory %s, expected a cloud assembly: run cdk synth, or name the directory that it writes", name)
	} else if err != nil {
		return nil, fmt.Errorf("open %s: %w; expected the directory of a cloud assembly", name, cause(err))
	}
	return &directory{root: root, name: name}, nil
}

// read returns a file of the assembly; name is slash-separated and relative to the directory.
func (d *directory) read(name string) (string, error) {
	if !filepath.IsLocal(filepath.FromSlash(name)) {
		return "", fmt.Errorf("found path %q, expected a file within %s", name, d.name)
	}
	return readFile(d.root.FS(), name, d.path(name))
}

func (d *directory) path(name string) string { return filepath.Join(d.name, filepath.FromSlash(name)) }

// readFile returns a file, called shown in messages. It is looked at before it is opened: to open a pipe may wait forever.
func readFile(files fs.FS, name, shown string) (string, error) {
	info, err := fs.Stat(files, name)
	if err != nil {
		return "", fmt.Errorf("read %s: %w", shown, cause(err))
	}
	if !info.Mode().IsRegular() {
		return "", fmt.Errorf("found %s to be no file, expected a file", shown)
	}
	f, err := files.Open(name)
	if err != nil {
		return "", fmt.Errorf("read %s: %w", shown, cause(err))
	}
	defer f.Close()
	limit := int64(MaxSize)
	if isYAML(name) {
		limit = MaxYAMLSize
	}
	var text strings.Builder
	text.Grow(int(min(info.Size(), limit)))
	n, err := io.Copy(&text, io.LimitReader(f, limit+1))
	if err != nil {
		return "", fmt.Errorf("read %s: %w", shown, cause(err))
	}
	if n > limit {
		return "", fmt.Errorf("found %s to have more than %d bytes, expected at most that: CloudFormation takes templates of 1 MB", shown, limit)
	}
	return text.String(), nil
}

// cause is the error without the path, which is in our own message.
func cause(err error) error {
	var withPath *fs.PathError
	if errors.As(err, &withPath) {
		return withPath.Err
	}
	return err
}

func isYAML(name string) bool {
	extension := strings.ToLower(path.Ext(name))
	return extension == ".yaml" || extension == ".yml"
}
