package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
)

// measureSynth runs the benchmark of the whole app's synthesis, which compares it with similar constructs in JavaScript itself.
func measureSynth(ctx context.Context, _ *bench) ([]figure, error) {
	command := exec.CommandContext(ctx, "go", "test", "./bench/synth", "-run", "none", "-bench", "App$", "-benchtime", fmt.Sprint(roundsWanted, "x"))
	printed, err := command.CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("%v: %w\n%s", command.Args, err, printed)
	}
	v, err := metricsOf(printed, "BenchmarkApp")
	if err != nil {
		return nil, fmt.Errorf("%v: %w", command.Args, err)
	}
	return []figure{
		{Name: "synthesis of the whole app, against JavaScript", Before: "2.8x", Limit: 2, Measured: v["app/javascript"], Unit: "x", Rounds: roundsWanted,
			Of: fmt.Sprintf("app %.2f s, JavaScript %.2f s, Go app with one resource %.2f s", v["s/app"], v["s/javascript"], v["s/empty"])},
		{Name: "synthesis, against a Go app with one resource", Before: "4.6x", Measured: v["app/empty"], Unit: "x", Rounds: roundsWanted},
	}, nil
}

// metricsOf returns the values of a benchmark by their unit, as `go test` prints them.
//
// https://go.dev/design/14313-benchmark-format
func metricsOf(printed []byte, name string) (map[string]float64, error) {
	lines := bufio.NewScanner(bytes.NewReader(printed))
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 4 || fields[0] != name && !strings.HasPrefix(fields[0], name+"-") {
			continue
		}
		values := map[string]float64{}
		for i := 2; i+1 < len(fields); i += 2 {
			value, err := strconv.ParseFloat(fields[i], 64)
			if err != nil {
				return nil, fmt.Errorf("found %q, expected a number", fields[i])
			}
			values[fields[i+1]] = value
		}
		return values, nil
	}
	return nil, fmt.Errorf("found no %s in its output, expected one:\n%s", name, printed)
}
