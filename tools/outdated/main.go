// Command outdated compares the versions that this repository pins with the newest ones that the registries serve: `outdated [DIR]`, where DIR
// is the root of the repository. It exits with 1 if a pin is behind by more than a minor version, with 2 if a registry cannot be asked. It
// changes nothing and is not part of the tests, which must not depend on what others release.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"text/tabwriter"

	"golang.org/x/sync/errgroup"
)

func main() {
	dir := "."
	if len(os.Args) > 1 {
		dir = os.Args[1]
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, dir, registries(dir), os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

const (
	current  = 0
	outdated = 1
	failed   = 2
)

// run prints a table of all pins, and returns the exit code.
func run(ctx context.Context, dir string, newest map[ecosystem]newestFunc, out, problems io.Writer) int {
	pins, err := readPins(dir)
	if err != nil {
		fmt.Fprintln(problems, "outdated:", err)
		return failed
	}
	found := make([]string, len(pins))
	errs := make([]error, len(pins))
	var group errgroup.Group
	group.SetLimit(4)
	for i, p := range pins {
		group.Go(func() error {
			if found[i], errs[i] = newest[p.ecosystem](ctx, p); errs[i] != nil {
				errs[i] = fmt.Errorf("ask %s for the versions of %s: %w; expected an answer: check the network and the proxy settings", p.ecosystem, p.name, errs[i])
			}
			return nil
		})
	}
	_ = group.Wait() // the errors are in errs
	tooOld := printTable(pins, found, out)
	switch tooOld {
	case 0:
	case 1:
		fmt.Fprintln(out, "\nfound 1 pin behind by more than a minor version, expected none: update it")
	default:
		fmt.Fprintf(out, "\nfound %d pins behind by more than a minor version, expected none: update them\n", tooOld)
	}
	if err := errors.Join(errs...); err != nil {
		fmt.Fprintln(problems, "outdated:", err)
		return failed
	}
	if tooOld > 0 {
		return outdated
	}
	return current
}

// printTable prints the pins, those that are furthest behind first, and returns how many are behind by more than a minor version.
func printTable(pins []pin, newest []string, out io.Writer) (tooOld int) {
	type row struct {
		pin
		newest string
		behind distance
	}
	var rows []row
	for i, p := range pins {
		r := row{pin: p, newest: newest[i]}
		if r.newest != "" {
			r.behind = behind(p.version, r.newest)
		}
		rows = append(rows, r)
		if r.behind.tooFar() {
			tooOld++
		}
	}
	slices.SortStableFunc(rows, func(a, b row) int { return b.behind.compare(a.behind) })
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "pin\tversion\tnewest\tbehind\tfile")
	for _, r := range rows {
		text := r.behind.String()
		if r.newest == "" {
			r.newest, text = "?", "unknown"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", r.name, r.version, r.newest, text, r.file)
	}
	_ = w.Flush()
	return tooOld
}
