package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// commit is the Git commit of the working directory, with "-dirty" at its end if tracked files differ from it. "" if there is none, or no Git.
// https://git-scm.com/docs/git-describe
func commit(ctx context.Context) string {
	c := exec.CommandContext(ctx, "git", "-c", "core.fsmonitor=false", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*")
	c.Env = append(os.Environ(), "GIT_OPTIONAL_LOCKS=0")
	out, err := c.Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}

// written is when the assembly was written, or the last of the templates. Zero if that is not known.
func (i *input) written() (time.Time, error) {
	files, _, err := i.files()
	if err != nil {
		return time.Time{}, err
	}
	names := []string{filepath.Join(i.assembly, "manifest.json")}
	if len(files) > 0 {
		names = nil
	}
	for _, f := range files {
		names = append(names, f.Path)
	}
	var last time.Time
	for _, name := range names {
		if info, err := os.Stat(name); err == nil && info.ModTime().After(last) {
			last = info.ModTime()
		}
	}
	return last, nil
}
