// Command functions measures the Lambda functions: the very binaries that are deployed, under a Runtime API, against a stub of AWS. Each figure is
// a ratio to a baseline that the same run starts, the two by turns, medians of five rounds. It deploys nothing and measures no AWS.
//
//	go run ./bench/functions                 all rows
//	go run ./bench/functions -run 'copy'     the rows whose name matches
//	go run ./bench/functions -update         all rows, and store them: bench/figures/functions.json, and the table of docs/performance.md
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1)
	}
}

// rows are everything that is measured, in the order of the table.
func rows() []row {
	return []row{
		{"start", measureStart},
		{"copy", measureCopy},
		{"throttling", measureThrottling},
		{"prefix limit", measurePrefixLimit},
		{"parts", measureParts},
		{"memory", measureMemory},
		{"list", measureList},
		{"trail", measureTrail},
		{"scan", measureScan},
		{"warm", measureWarm},
		{"synth", measureSynth},
	}
}

func run(ctx context.Context) (err error) {
	pattern := flag.String("run", "", "only the rows whose name matches this regular `expression`; default all")
	update := flag.Bool("update", false, "store what was measured in bench/figures/functions.json and docs/performance.md")
	flag.Parse()
	if *update && *pattern != "" {
		return errors.New("found -update beside -run, expected all rows: the stored figures are those of one run")
	}
	selected, err := regexp.Compile(*pattern)
	if err != nil {
		return fmt.Errorf("-run: %w", err)
	}
	b, err := prepare(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.stub.stop()) }()
	report := newReport(b)
	report.header(os.Stdout)
	for _, r := range rows() {
		if !selected.MatchString(r.name) {
			continue
		}
		figures, err := r.measure(ctx, b)
		if err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			figures = append(figures, figure{Name: r.name, Problem: err.Error()})
		}
		report.add(os.Stdout, r.name, figures)
	}
	if *update {
		if err := report.store("."); err != nil {
			return err
		}
	}
	return report.problems()
}
