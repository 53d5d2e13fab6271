package statemachine

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"time"
)

// frame is a sequence that runs: an execution, a branch or an iteration. It remembers where it is, so that a redrive continues there.
type frame struct {
	execution *Execution
	sequence  *sequence
	state     string // where it is
	input     any    // of that state
	item      any    // the context object's Map, of an iteration
	status    Status
	output    any
	err       *Error
	now       time.Time // its clock

	parts  []*frame // the branches or iterations of the state where it is
	mapRun *mapRun  // of the state where it is
}

// rewind prepares a frame that did not succeed to continue. States that failed since there was too much data, or by a runtime error, begin anew.
// https://docs.aws.amazon.com/step-functions/latest/dg/redrive-map-run.html
func (f *frame) rewind() {
	if f.err != nil && (f.err.Name == errorData || f.err.Name == errorRuntime) {
		f.parts, f.mapRun = nil, nil
	}
	for _, part := range f.parts {
		if part.status != Succeeded {
			part.rewind()
		}
	}
	f.status, f.err = Running, nil
}

// run runs the states from where the frame is until the end.
func (f *frame) run(ctx context.Context) {
	for {
		s := f.sequence.states[f.state]
		output, next, err := f.enter(ctx, s)
		switch {
		case err == errAborted:
			f.status, f.err = Aborted, nil
			return
		case err != nil:
			if f.status, f.err = Failed, err; err.Name == errorTimeout && f.late() {
				f.status = TimedOut
			}
			return
		}
		f.parts, f.mapRun = nil, nil
		if next == "" {
			f.status, f.output = Succeeded, output
			return
		}
		f.state, f.input = next, output
	}
}

// errAborted is the error of a state that was stopped.
var errAborted = &Error{Name: "aborted"}

// late reports whether the execution's time is over.
func (f *frame) late() bool {
	return !f.execution.deadline.IsZero() && !f.now.Before(f.execution.deadline)
}

// enter runs one state with its retriers and catchers, and returns its output and the next state.
func (f *frame) enter(ctx context.Context, s *state) (output any, next string, err *Error) {
	f.execution.transition()
	if err := f.execution.event(s.kind + "StateEntered"); err != nil {
		return nil, "", err
	}
	context := f.context(s)
	input, err := selected(s.input, f.input, context)
	if err == nil {
		output, next, err = f.attempts(ctx, s, input, context)
	}
	if err != nil {
		return nil, "", err
	}
	if size := len(encode(output)); size > maxPayload {
		return nil, "", &Error{errorData, fmt.Sprintf("the output of state %s has %d bytes, %d are the most", s.name, size, maxPayload)}
	}
	return output, next, f.execution.event(s.kind + "StateExited")
}

// selected applies InputPath or OutputPath.
func selected(p path, value, context any) (any, *Error) {
	if p.null {
		return map[string]any{}, nil
	}
	found, ok := p.lookUp(value, context)
	if !ok {
		return nil, &Error{errorRuntime, fmt.Sprintf("the path %s selects nothing", p.text)}
	}
	return found, nil
}

// attempts runs a state until it succeeds, fails or is caught.
// https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
func (f *frame) attempts(ctx context.Context, s *state, input, context any) (output any, next string, err *Error) {
	tries := make([]int, len(s.retry))
	for {
		result, next, err := f.execute(ctx, s, input, context)
		if err == nil {
			output, err = s.finish(f.input, result, context)
		}
		if err == nil {
			return output, next, nil
		}
		if err == errAborted || f.late() {
			return nil, "", err
		}
		if i := slices.IndexFunc(s.retry, func(r retrier) bool { return matches(r.errors, err.Name) }); i >= 0 && tries[i] < s.retry[i].attempts {
			f.now = f.now.Add(s.retry[i].wait(tries[i], f.execution.random))
			tries[i]++
			f.parts, f.mapRun = nil, nil // a Map that is tried again is another Map Run
			f.execution.transition()
			f.execution.totals.retries.Add(1)
			if f.late() {
				return nil, "", f.timeout()
			}
			continue
		}
		if i := slices.IndexFunc(s.catch, func(c catcher) bool { return matches(c.errors, err.Name) }); i >= 0 {
			said := map[string]any{"Error": err.Name, "Cause": err.Cause}
			if s.catch[i].resultPath.null {
				return f.input, s.catch[i].next, nil
			}
			output, wrong := s.catch[i].resultPath.put(f.input, said)
			if wrong != nil {
				return nil, "", &Error{errorRuntime, wrong.Error()}
			}
			return output, s.catch[i].next, nil
		}
		return nil, "", err
	}
}

func (f *frame) timeout() *Error {
	return &Error{errorTimeout, "the time of the execution is over"}
}

// wait is the time before the retry after so many.
func (r retrier) wait(before int, random *lockedRandom) time.Duration {
	seconds := r.interval.Seconds() * math.Pow(r.backoff, float64(before))
	if r.maxDelay > 0 {
		seconds = min(seconds, r.maxDelay.Seconds())
	}
	if r.jitter {
		seconds *= random.float()
	}
	return time.Duration(min(seconds, 1e9) * float64(time.Second))
}

// matches reports whether ErrorEquals covers an error.
func matches(names []string, name string) bool {
	switch {
	case name == errorRuntime:
		return false
	case slices.Contains(names, name):
		return true
	case name == errorData:
		return false
	}
	return slices.Contains(names, "States.ALL") || slices.Contains(names, "States.TaskFailed") && name != errorTimeout
}

// finish applies ResultSelector, ResultPath and OutputPath.
// https://docs.aws.amazon.com/step-functions/latest/dg/concepts-input-output-filtering.html
func (s *state) finish(input, result, context any) (any, *Error) {
	if s.resultSelector != nil {
		chosen, err := s.resultSelector.fill(result, context)
		if err != nil {
			return nil, &Error{errorRuntime, "ResultSelector: " + err.Error()}
		}
		result = chosen
	}
	output := input
	if !s.resultPath.null {
		var err error
		if output, err = s.resultPath.put(input, result); err != nil {
			return nil, &Error{errorRuntime, err.Error()}
		}
	}
	return selected(s.output, output, context)
}

// context is the context object.
// https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html
func (f *frame) context(s *state) map[string]any {
	e := f.execution
	context := map[string]any{
		"Execution": map[string]any{"Id": e.arn, "Input": e.root.input, "Name": e.name, "StartTime": timestamp(e.started)},
		"State":     map[string]any{"Name": s.name, "EnteredTime": timestamp(f.now)},
		"StateMachine": map[string]any{
			"Id": fmt.Sprintf("arn:aws:states:%s:%s:stateMachine:%s", e.config.Region, e.config.Account, e.config.Name), "Name": e.config.Name,
		},
	}
	if f.item != nil {
		context["Map"] = f.item
	}
	return context
}

func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// execute runs a state once, and returns its result and the next state.
func (f *frame) execute(ctx context.Context, s *state, input, context any) (result any, next string, err *Error) {
	if ctx.Err() != nil {
		return nil, "", errAborted
	}
	if s.parameters != nil {
		filled, err := s.parameters.fill(input, context)
		if err != nil {
			return nil, "", &Error{errorRuntime, "Parameters: " + err.Error()}
		}
		input = filled
	}
	next = s.next
	switch s.kind {
	case "Pass":
		if result = input; s.result != nil {
			result = *s.result
		}
	case "Succeed":
		result = input
	case "Fail":
		return nil, "", &Error{s.errorName, s.cause}
	case "Wait":
		result, err = input, f.pause(s, input)
	case "Choice":
		result = input
		next, err = s.choose(input, context)
	case "Task":
		result, err = f.task(ctx, s, input)
	case "Parallel":
		result, err = f.parallel(ctx, s, input)
	case "Map":
		if s.mapOptions.distributed {
			result, err = f.distributed(ctx, s, input, context)
		} else {
			result, err = f.inline(ctx, s, input, context)
		}
	}
	return result, next, err
}

func (f *frame) pause(s *state, input any) *Error {
	seconds := float64(s.seconds)
	if s.secondsAt != nil {
		value, _ := s.secondsAt.lookUp(input, nil)
		number, ok := numberOf(value)
		if !ok || number < 0 {
			return &Error{errorRuntime, fmt.Sprintf("the path %s selects no number of seconds", s.secondsAt.text)}
		}
		seconds = number
	}
	f.now = f.now.Add(time.Duration(seconds * float64(time.Second)))
	if f.late() {
		return f.timeout()
	}
	return nil
}

func (s *state) choose(input, context any) (next string, err *Error) {
	for _, rule := range s.choices {
		ok, err := rule.test(input, context)
		if err != nil {
			return "", &Error{errorRuntime, err.Error()}
		}
		if ok {
			return rule.next, nil
		}
	}
	if s.fallback == "" {
		return "", &Error{errorNoChoice, "no rule of state " + s.name + " matches, and it has no Default"}
	}
	return s.fallback, nil
}

// task calls a service. If the execution ends meanwhile, or the task's time is over, a function runs on.
// https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html
func (f *frame) task(ctx context.Context, s *state, input any) (any, *Error) {
	e, parameters := f.execution, input.(map[string]any)
	payload := input
	if s.call == "lambda:invoke" {
		payload = parameters["Payload"]
	}
	text := encode(payload)
	if len(text) > maxPayload {
		return nil, &Error{errorData, fmt.Sprintf("the input of state %s has %d bytes, %d are the most", s.name, len(text), maxPayload)}
	}
	for _, name := range []string{"TaskScheduled", "TaskStarted"} {
		if err := e.event(name); err != nil {
			return nil, err
		}
	}
	type answer struct {
		value any
		err   *Error
	}
	answers := make(chan answer, 1)
	began := time.Now()
	e.running.Go(func() {
		value, err := e.calls(s, parameters, text)
		answers <- answer{value, err}
	})
	limit := s.timeout
	if !e.deadline.IsZero() {
		limit = min(limit, e.deadline.Sub(f.now))
	}
	timer := time.NewTimer(limit)
	defer timer.Stop()
	var got answer
	select {
	case got = <-answers:
	case <-timer.C:
		got.err = &Error{errorTimeout, "the time of state " + s.name + " is over"}
	case <-ctx.Done():
		return nil, errAborted
	}
	f.now = f.now.Add(time.Since(began))
	if err := e.event("TaskEnded"); err != nil {
		return nil, err
	}
	if got.err != nil {
		return nil, got.err
	}
	if size := len(encode(got.value)); size > maxPayload {
		return nil, &Error{errorData, fmt.Sprintf("the result of state %s has %d bytes, %d are the most", s.name, size, maxPayload)}
	}
	return got.value, nil
}

// parallel runs the branches. The first that fails ends the others.
// https://docs.aws.amazon.com/step-functions/latest/dg/state-parallel.html
func (f *frame) parallel(ctx context.Context, s *state, input any) (any, *Error) {
	if f.parts == nil {
		for _, branch := range s.branches {
			f.parts = append(f.parts, &frame{execution: f.execution, sequence: branch, state: branch.startAt, input: input, item: f.item})
		}
	}
	if err := f.execution.event("ParallelStateStarted"); err != nil {
		return nil, err
	}
	if err := f.together(ctx, len(f.parts)); err != nil {
		return nil, err
	}
	return f.outputs(), f.execution.event("ParallelStateSucceeded")
}

// inline runs an iteration for each item.
// https://docs.aws.amazon.com/step-functions/latest/dg/state-map-inline.html
func (f *frame) inline(ctx context.Context, s *state, input, context any) (any, *Error) {
	m := s.mapOptions
	if f.parts == nil {
		items, err := m.itemsOf(input, context)
		if err != nil {
			return nil, err
		}
		f.parts = []*frame{}
		for i, item := range items {
			part := &frame{execution: f.execution, sequence: m.processor, state: m.processor.startAt, item: itemContext(i, item)}
			if part.input, err = m.selectItem(i, item, input, context); err != nil {
				return nil, err
			}
			f.parts = append(f.parts, part)
		}
	}
	if err := f.execution.event("MapStateStarted"); err != nil {
		return nil, err
	}
	limit := maxInline
	if m.concurrency > 0 {
		limit = min(limit, m.concurrency)
	}
	if err := f.together(ctx, limit); err != nil {
		return nil, err
	}
	return f.outputs(), f.execution.event("MapStateSucceeded")
}

// together runs the parts that have not succeeded, at most so many at once. The first that fails ends the others, and its error is the result.
func (f *frame) together(ctx context.Context, most int) *Error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var mutex sync.Mutex
	var first *Error
	share(ctx, f, f.parts, most, func(part *frame) bool { return part.status != Succeeded }, func(part *frame, now time.Time) time.Time {
		part.now, part.status = now, Running
		if err := f.execution.event("IterationStarted"); err != nil {
			part.status, part.err = Failed, err
		} else {
			part.run(ctx)
		}
		f.execution.event("IterationEnded")
		mutex.Lock()
		defer mutex.Unlock()
		if part.err != nil && first == nil {
			first = part.err
			cancel()
		}
		return part.now
	})
	if first == nil && ctx.Err() != nil {
		return errAborted
	}
	return first
}

// share gives those that are left to at most so many workers, until ctx ends. Each begins when the first of so many clocks is free, and moves it on; the
// frame then goes on from the latest of them.
func share[T any](ctx context.Context, f *frame, all []T, most int, left func(T) bool, work func(T, time.Time) time.Time) {
	var mutex sync.Mutex
	clocks := slices.Repeat([]time.Time{f.now}, min(most, len(all)))
	at := 0
	next := func() (one T, now time.Time, ok bool) {
		mutex.Lock()
		defer mutex.Unlock()
		for at < len(all) && ctx.Err() == nil {
			at++
			if left(all[at-1]) {
				slices.SortFunc(clocks, time.Time.Compare)
				now, clocks = clocks[0], clocks[1:]
				return all[at-1], now, true
			}
		}
		return one, now, false
	}
	var workers sync.WaitGroup
	for range len(clocks) {
		workers.Go(func() {
			for one, now, ok := next(); ok; one, now, ok = next() {
				now = work(one, now)
				mutex.Lock()
				clocks = append(clocks, now)
				mutex.Unlock()
			}
		})
	}
	workers.Wait()
	for _, now := range clocks {
		if now.After(f.now) {
			f.now = now
		}
	}
}

// outputs are those of all parts.
func (f *frame) outputs() any {
	all := make([]any, len(f.parts))
	for i, part := range f.parts {
		all[i] = part.output
	}
	return all
}

// failure is an error of S3 as that of a state.
func failure(name string, err error) *Error {
	var known *Error
	if errors.As(err, &known) {
		return known
	}
	return &Error{name, strings.TrimSpace(err.Error())}
}
