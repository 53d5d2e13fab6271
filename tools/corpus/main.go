// Command corpus says how much of the public templates and assemblies of repositories.txt the proof reads and decides, how long that takes, and what
// `crossgrant check` finds in them, for a reader to judge which of it is a false alarm:
//
//	go run ./tools/corpus -fetch .build/corpus   # some gigabytes, once
//	go run ./tools/corpus .build/corpus
//
// It is run by hand and is not part of the tests, which must not depend on what others publish.
//
// Exit code: 0, or 2 on an error. What it finds in a template is no error.
package main

import (
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

//go:embed repositories.txt
var repositories string

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "corpus:", err)
		os.Exit(2)
	}
}

func run(arguments []string, out io.Writer) error {
	flags := flag.NewFlagSet("corpus", flag.ContinueOnError)
	get := flags.Bool("fetch", false, "get the repositories into the directory, and do nothing else")
	each := flags.Bool("each", false, "also print each finding of check, and why a file is refused")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		return fmt.Errorf("found arguments %q, expected one: the directory of the corpus, such as .build/corpus", flags.Args())
	}
	dir := flags.Arg(0)
	if *get {
		return fetch(dir, out)
	}
	inputs, err := find(dir)
	if err != nil {
		return err
	}
	if len(inputs) == 0 {
		return errors.New("found no template and no assembly in " + dir + ", expected those that -fetch gets")
	}
	var all figures
	for _, in := range inputs {
		all.add(measure(in), *each, out)
	}
	return all.print(out)
}

// fetch gets each repository at its commit, without its history.
func fetch(dir string, out io.Writer) error {
	for line := range strings.Lines(repositories) {
		name, commit, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok {
			return fmt.Errorf("repositories.txt: found %q, expected OWNER/NAME COMMIT", line)
		}
		to := filepath.Join(dir, strings.ReplaceAll(name, "/", "+"))
		if _, err := os.Stat(to); err == nil {
			continue
		}
		fmt.Fprintf(out, "%s at %s\n", name, commit)
		partial := to + ".partial"
		if err := errors.Join(os.RemoveAll(partial), os.MkdirAll(partial, 0o755)); err != nil {
			return err
		}
		for _, args := range [][]string{
			{"init", "--quiet"}, {"fetch", "--quiet", "--depth=1", "https://github.com/" + name, commit}, {"checkout", "--quiet", "FETCH_HEAD"},
		} {
			git := exec.Command("git", append([]string{"-C", partial}, args...)...)
			if printed, err := git.CombinedOutput(); err != nil {
				return fmt.Errorf("get %s: %w: %s", name, err, printed)
			}
		}
		if err := os.Rename(partial, to); err != nil {
			return err
		}
	}
	return nil
}
