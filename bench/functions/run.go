package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/crossgrant/crossgrant/bench/functions/internal/environment"
)

const (
	origin      = "origin"
	destination = "destination"
	trailKey    = "AWSLogs/222222222222/CloudTrail/ap-northeast-1/2026/01/01/222222222222_CloudTrail_ap-northeast-1_20260101T0000Z_AbCdEfGhIjKlMnOp.json.gz"
)

// aws is the environment that everything gets which calls the stub.
func (b *bench) aws() map[string]string {
	return map[string]string{
		"AWS_REGION": "ap-northeast-1", "AWS_DEFAULT_REGION": "ap-northeast-1", "AWS_ACCESS_KEY_ID": "ASIASOURCE", "AWS_SECRET_ACCESS_KEY": "source-secret",
		"AWS_SESSION_TOKEN": strings.Repeat("token", 150), "AWS_ENDPOINT_URL": b.stub.url, "S3_ENDPOINT_URL": b.stub.url,
		"PATH": "/usr/bin:/bin", "AWS_EC2_METADATA_DISABLED": "true", "HOME": "/nonexistent",
	}
}

func pairs(variables map[string]string) []string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		all = append(all, name+"="+variables[name])
	}
	return all
}

// function is how a function of the app is started: with what the app sets, and the stub's buckets and table.
func (b *bench) function(name string, timeout time.Duration) environment.Spec {
	d := b.deployed[name]
	v := maps.Clone(d.variables)
	maps.Copy(v, b.aws())
	for variable, value := range map[string]string{
		"CROSSGRANT_BUCKET": origin, "CROSSGRANT_ORIGIN_BUCKET": origin, "CROSSGRANT_TABLE": "devices",
		"CROSSGRANT_PREFIXES": `["inbox/","reports/"]`, "CROSSGRANT_COPY_PREFIXES": `["inbox/","reports/"]`,
	} {
		if _, ok := d.variables[variable]; ok {
			v[variable] = value
		}
	}
	if name == "copy" {
		v["CROSSGRANT_BUCKET"] = destination
	}
	v["CROSSGRANT_EXTERNAL_ID"] = "agreed-between-two-accounts" // as a grant to a third party sets it: one more thing to check at start
	v["CROSSGRANT_ROLE_ARN"] = "arn:aws:iam::222222222222:role/crossgrant-" + name
	v["AWS_LAMBDA_FUNCTION_NAME"], v["AWS_LAMBDA_FUNCTION_VERSION"] = "crossgrant-dev-"+name, "$LATEST"
	v["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] = strconv.Itoa(d.memoryMiB)
	if name == "trail" {
		v["CROSSGRANT_PREFIXES"] = `["AWSLogs/222222222222/CloudTrail/"]`
	}
	return environment.Spec{Program: []string{b.programs[name]}, Variables: pairs(v), Timeout: timeout}
}

// served is a baseline that is a function, too.
func (b *bench) served(program string, arguments ...string) environment.Spec {
	v := b.aws()
	v["AWS_LAMBDA_FUNCTION_NAME"], v["AWS_LAMBDA_FUNCTION_VERSION"] = "baseline", "$LATEST"
	v["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] = "512"
	return environment.Spec{Program: append([]string{b.programs[program]}, arguments...), Variables: pairs(v), Timeout: time.Minute}
}

// work is what a run did: how long it took from the event, or from the start of the work, and what the program used.
type work struct {
	took  time.Duration
	usage environment.Usage
	last  environment.Answer
}

// invoke starts a function, gives it events as next says, and ends it. next gets the last answer, and returns "" at the end.
func (b *bench) invoke(ctx context.Context, spec environment.Spec, next func(n int, last environment.Answer) (string, error)) (work, error) {
	e, err := environment.Start(spec)
	if err != nil {
		return work{}, err
	}
	w, err := invokeAll(ctx, e, next)
	usage, stopErr := e.Stop()
	if err == nil {
		err = stopErr
	}
	w.usage = usage
	return w, err
}

func invokeAll(ctx context.Context, e *environment.Environment, next func(n int, last environment.Answer) (string, error)) (work, error) {
	var w work
	if _, err := e.Polled(); err != nil {
		return w, err
	}
	began := time.Now()
	for n := 0; ; n++ {
		event, err := next(n, w.last)
		if err != nil || event == "" {
			return w, err
		}
		if w.last, err = e.Invoke(ctx, event); err != nil {
			return w, err
		}
		w.took = w.last.At.Sub(began)
	}
}

// once is a next for one event.
func once(event string) func(int, environment.Answer) (string, error) {
	return func(n int, _ environment.Answer) (string, error) {
		if n > 0 {
			return "", nil
		}
		return event, nil
	}
}

// run runs a baseline that prints how many seconds its work took.
func (b *bench) run(ctx context.Context, program ...string) (work, error) {
	out, _, usage, err := environment.Run(ctx, program, pairs(b.aws()))
	if err != nil {
		return work{}, err
	}
	seconds, err := strconv.ParseFloat(strings.TrimSpace(out), 64)
	if err != nil {
		return work{}, fmt.Errorf("%s: found %q, expected a number of seconds: %w", program[0], out, err)
	}
	return work{took: time.Duration(seconds * float64(time.Second)), usage: usage}, nil
}

func (b *bench) article(ctx context.Context, arguments ...string) (work, error) {
	return b.run(ctx, append([]string{b.python, "bench/functions/articles.py"}, arguments...)...)
}

// copied is what copy says that it copied, in an answer or in an error.
func copied(a environment.Answer) (int, error) {
	payload := a.Payload
	if a.Failed {
		var e struct{ ErrorMessage string }
		if err := json.Unmarshal(payload, &e); err != nil {
			return 0, err
		}
		payload = []byte(e.ErrorMessage)
	}
	var said struct{ Copied *int }
	if err := json.Unmarshal(payload, &said); err != nil || said.Copied == nil {
		return 0, fmt.Errorf("found the answer %.300s, expected how many objects were copied", a.Payload)
	}
	return *said.Copied, nil
}
