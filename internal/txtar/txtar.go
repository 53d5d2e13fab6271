// Package txtar reads several files from one text, as Go's txtar format has them: each begins with a line "-- name --". It writes none. For tests
// alone.
//
// See https://pkg.go.dev/golang.org/x/tools/txtar.
package txtar

import (
	"strings"
)

// File is a file of a text.
type File struct{ Name, Text string }

// Parse returns the files of a text in their order. What comes before the first is a comment.
func Parse(text string) []File {
	var files []File
	for line := range strings.Lines(text) {
		if name, ok := marker(line); ok {
			files = append(files, File{Name: name})
		} else if len(files) > 0 {
			files[len(files)-1].Text += line
		}
	}
	return files
}

func marker(line string) (name string, ok bool) {
	name, begins := strings.CutPrefix(strings.TrimRight(line, "\r\n"), "-- ")
	name, ends := strings.CutSuffix(name, " --")
	name = strings.TrimSpace(name)
	return name, begins && ends && name != ""
}
