package document

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
)

// ReadFile returns the text of a file, which messages call shown. It looks at the file before it opens it: opening a pipe can block forever.
func ReadFile(files fs.FS, name, shown string) (string, error) {
	info, err := fs.Stat(files, name)
	if err != nil {
		return "", fmt.Errorf("read %s: %w", shown, Cause(err))
	}
	if !info.Mode().IsRegular() {
		return "", fmt.Errorf("found %s, which is not a regular file, expected a file", shown)
	}
	f, err := files.Open(name)
	if err != nil {
		return "", fmt.Errorf("read %s: %w", shown, Cause(err))
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
		return "", fmt.Errorf("read %s: %w", shown, Cause(err))
	}
	if n > limit {
		return "", fmt.Errorf("found more than %d bytes in %s, expected at most that: CloudFormation takes templates of 1 MB", limit, shown)
	}
	return text.String(), nil
}

// Cause returns the error without its path, which messages name themselves.
func Cause(err error) error {
	var withPath *fs.PathError
	if errors.As(err, &withPath) {
		return withPath.Err
	}
	return err
}

// byteOrderMark is what some editors begin files with. It is no part of the document: RFC 8259, section 8.1.
const byteOrderMark = "\ufeff"

// ReadTemplate reads the text of a template: JSON if the name ends in .json, YAML if it ends in .yaml or .yml, and otherwise JSON if the text
// begins with "{". It warns of what AWS's documentation does not allow for, but does not refuse either.
func ReadTemplate(name, text string) (root any, warnings []string, err error) {
	text = strings.TrimPrefix(text, byteOrderMark)
	if isYAML(name) || !strings.EqualFold(path.Ext(name), ".json") && !strings.HasPrefix(strings.TrimLeft(text, " \t\r\n"), "{") {
		return readYAML(text)
	}
	return readTemplateJSON(text)
}

func isYAML(name string) bool {
	extension := strings.ToLower(path.Ext(name))
	return extension == ".yaml" || extension == ".yml"
}
