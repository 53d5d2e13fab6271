package sandbox

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/crossgrant/crossgrant/sandbox/internal/subprocess"
)

// Command runs a program in a directory, "" for the current one, with an environment, nil for that of this process, and returns what it printed. Its error has
// that, too. No process that the program starts is left behind, also if the context ends.
func Command(ctx context.Context, directory string, environment []string, name string, args ...string) (string, error) {
	var printed bytes.Buffer
	if err := subprocess.Run(ctx, subprocess.Spec{Name: name, Args: args, Dir: directory, Env: environment, Output: &printed}); err != nil {
		return printed.String(), fmt.Errorf("%s %s: %w\n%s", filepath.Base(name), strings.Join(args, " "), err, strings.TrimSpace(printed.String()))
	}
	return printed.String(), nil
}
