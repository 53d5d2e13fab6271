// Command release writes what a release of crossgrant consists of into a directory: the module as a zip, the command line for each platform with its
// manual pages and completions, SBOMs and checksums. The same commit gives the same bytes in every clone. It publishes nothing.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/module"
)

const modulePath = "github.com/crossgrant/crossgrant"

// platform is an operating system and an architecture, as Go calls them.
type platform struct{ os, arch string }

var platforms = []platform{
	{"darwin", "amd64"}, {"darwin", "arm64"}, {"linux", "amd64"}, {"linux", "arm64"}, {"windows", "amd64"}, {"windows", "arm64"},
}

func main() {
	version := flag.String("version", "", "the `VERSION`, such as v1.2.3: a tag of the commit that is checked out")
	output := flag.String("output", "", "the `DIRECTORY` to write to, which must not be there yet; default .build/release/VERSION")
	only := flag.String("only", "", "the one `PLATFORM` to compile for, such as linux/amd64, to try it; default all")
	onlyCheck := flag.Bool("check", false, "only say whether VERSION can be released")
	flag.Parse()
	if *onlyCheck {
		if _, err := check(".", *version); err != nil {
			fmt.Fprintln(os.Stderr, "release:", err)
			os.Exit(2)
		}
		return
	}
	if err := release(".", *version, *output, *only, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(2)
	}
}

func release(dir, version, output, only string, others []string) error {
	if len(others) > 0 {
		return fmt.Errorf("found arguments %q, expected only flags", others)
	}
	chosen := slices.DeleteFunc(slices.Clone(platforms), func(p platform) bool { return only != "" && only != p.os+"/"+p.arch })
	if len(chosen) == 0 {
		return fmt.Errorf("found platform %q, expected one of %v", only, platforms)
	}
	commit, err := check(dir, version)
	if err != nil {
		return err
	}
	toolchain, err := toolchainOf(filepath.Join(dir, "go.mod"))
	if err != nil {
		return err
	}
	if runtime.Version() != toolchain {
		return fmt.Errorf("found %s, which compresses and compiles this, expected %s of go.mod: `make release` chooses it", runtime.Version(), toolchain)
	}
	if output == "" {
		output = filepath.Join(dir, ".build", "release", version)
	}
	if _, err := os.Lstat(output); err == nil {
		return fmt.Errorf("found %s, expected a directory that is not there yet: remove it", output)
	}
	// Everything is written to a directory beside it, so that there is never half a release.
	if err := os.MkdirAll(filepath.Dir(output), 0o755); err != nil {
		return err
	}
	work, err := os.MkdirTemp(filepath.Dir(output), ".release.")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	b := builder{dir: dir, work: filepath.Join(work, "work"), out: filepath.Join(work, "out"), toolchain: toolchain, platforms: chosen, version: module.Version{Path: modulePath, Version: version}, commit: commit}
	for _, d := range []string{b.work, b.out} {
		if err := os.Mkdir(d, 0o755); err != nil {
			return err
		}
	}
	if err := b.everything(); err != nil {
		return err
	}
	if err := os.Rename(b.out, output); err != nil {
		return err
	}
	names, err := os.ReadDir(output)
	if err != nil {
		return err
	}
	fmt.Printf("Wrote release %s to %s: %d files\n", version, output, len(names))
	return nil
}

// name is that of a file of the release.
func (b builder) name(rest string) string {
	return "crossgrant_" + strings.TrimPrefix(b.version.Version, "v") + "_" + rest
}

// commit is what a release is made of.
type commit struct {
	hash string
	// time is that of the commit, and of every file in an archive.
	time time.Time
}
