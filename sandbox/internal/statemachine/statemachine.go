// Package statemachine runs state machines in the Amazon States Language as Step Functions does: those of the states, fields and functions that this
// app uses, Distributed Map among them. It refuses a definition with any other by name. It deploys nothing and checks no permissions.
//
// Tasks are functions that its caller gives it, and S3 is any client. Waits take no time: each branch has a clock of its own, which waits, retries and
// tasks advance. The local AWS cannot do this: its Distributed Map lists one page, knows no ItemBatcher and no redrive, fails at the first failure,
// writes no results, and its tasks need a Lambda in Docker (moto 5.2.5).
package statemachine

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// maxPayload is the most bytes of an input or output of a state, a task or an execution.
// https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
const maxPayload = 256 << 10

// maxEvents is the most events in the history of an execution of type Standard.
const maxEvents = 25000

// maxExpress is how long an execution of type Express runs.
const maxExpress = 5 * time.Minute

// Machine is a state machine. It is safe for concurrent use.
type Machine struct {
	*sequence
	timeout time.Duration // 0 is no limit

	mutex      sync.Mutex
	executions []*Execution // in the order of their starts
}

// S3 is what readers and writers call; *s3.Client has it.
type S3 interface {
	ListObjectsV2(context.Context, *s3.ListObjectsV2Input, ...func(*s3.Options)) (*s3.ListObjectsV2Output, error)
	GetObject(context.Context, *s3.GetObjectInput, ...func(*s3.Options)) (*s3.GetObjectOutput, error)
	PutObject(context.Context, *s3.PutObjectInput, ...func(*s3.Options)) (*s3.PutObjectOutput, error)
}

// Config is what an execution runs with.
type Config struct {
	// Name of the state machine in ARNs. Required.
	Name string
	// Region and Account of the state machine, for ARNs. Required.
	Region, Account string
	// Invoke invokes the Lambda function of a task, whose name or ARN is given, with a payload of JSON. Its error is that of the function or of
	// Lambda. It is called concurrently, and the end of the execution does not end it. Required.
	Invoke func(function string, payload []byte) ([]byte, *Error)
	// S3 is required for an ItemReader, a ResultWriter, and tasks that read objects.
	S3 S3
	// Parquet reads the rows of a Parquet file, as decoded JSON. Required for an ItemReader of such files.
	Parquet func(file []byte) ([]any, error)
	// Seed of the jitter of retries, and of the names of child executions.
	Seed uint64
}

// Error is the error of a state, as Retry and Catch see it.
type Error struct {
	// Name is the error's, such as States.Timeout.
	Name string
	// Cause says more, for people.
	Cause string
}

func (e *Error) Error() string { return e.Name + ": " + e.Cause }

// Errors that a state may end with by itself.
// https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
const (
	errorRuntime   = "States.Runtime"
	errorTimeout   = "States.Timeout"
	errorData      = "States.DataLimitExceeded"
	errorThreshold = "States.ExceedToleratedFailureThreshold"
	errorReader    = "States.ItemReaderFailed"
	errorWriter    = "States.ResultWriterFailed"
	errorNoChoice  = "States.NoChoiceMatched"
)

// Status of an execution.
type Status string

// Statuses, as DescribeExecution has them.
const (
	Pending   Status = "PENDING" // a child that was not started
	Running   Status = "RUNNING"
	Succeeded Status = "SUCCEEDED"
	Failed    Status = "FAILED"
	TimedOut  Status = "TIMED_OUT"
	Aborted   Status = "ABORTED"
)

// Totals are what an execution and its child executions did, over all its redrives.
type Totals struct {
	// Transitions are those of executions of type Standard, which AWS charges: states that were entered, retries and redrives.
	Transitions int64
	// Retries are what the Retry fields caused.
	Retries int64
	// Invocations of functions.
	Invocations int64
	// MapRuns that were started.
	MapRuns int64
	// Children that were started, each once; ChildRedrives are those that were started again, and ChildFailures are ends without success.
	Children, ChildRedrives, ChildFailures int64
	// Express are the starts of children of type Express.
	Express int64
	// Events in the histories of all executions of type Standard, and the most in one of them.
	Events, MostEvents int64
}

// totals are Totals that are counted concurrently.
type totals struct {
	transitions, retries, invocations, mapRuns, children, childRedrives, childFailures, express, events, mostEvents atomic.Int64
}

// Execution is one execution of a machine. Its methods are safe for concurrent use.
type Execution struct {
	machine  *Machine
	config   Config
	arn      string
	name     string
	started  time.Time
	totals   *totals
	running  *sync.WaitGroup // invocations, which outlive a stopped execution
	random   *lockedRandom
	express  bool
	deadline time.Time // zero is none
	events   atomic.Int64
	items    int // of a child
	redrives int
	mapRuns  sync.Map // by ARN

	mutex  sync.Mutex
	root   *frame
	cancel context.CancelFunc
	done   chan struct{}
}

// lockedRandom is a source of random numbers for all goroutines of an execution.
type lockedRandom struct {
	sync.Mutex
	*rand.Rand
}

func (r *lockedRandom) float() float64 {
	r.Lock()
	defer r.Unlock()
	return r.Float64()
}

// name returns a name for a child execution or a Map Run.
func (r *lockedRandom) name() string {
	r.Lock()
	defer r.Unlock()
	a, b := r.Uint64(), r.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", uint32(a>>32), uint16(a>>16), a&0xfff, b>>52, b&0xffffffffffff)
}

// Start starts an execution with an input of JSON.
func (m *Machine) Start(config Config, name string, input []byte) (*Execution, error) {
	value, err := decode(input)
	if err != nil {
		return nil, fmt.Errorf("start execution: read the input: %w", err)
	}
	if len(input) > maxPayload {
		return nil, fmt.Errorf("start execution: found an input of %d bytes, expected %d at most", len(input), maxPayload)
	}
	e := &Execution{
		machine: m, config: config, name: name, arn: fmt.Sprintf("arn:aws:states:%s:%s:execution:%s:%s", config.Region, config.Account, config.Name, name),
		totals: &totals{}, running: &sync.WaitGroup{}, random: &lockedRandom{Rand: rand.New(rand.NewPCG(config.Seed, config.Seed))},
	}
	e.root = &frame{execution: e, sequence: m.sequence, state: m.startAt, input: value, now: time.Now()}
	e.begin("ExecutionStarted")
	return e, nil
}

// begin runs the root frame from where it is.
func (e *Execution) begin(event string) {
	ctx, cancel := context.WithCancel(context.Background())
	e.started = e.root.now
	if e.machine.timeout > 0 {
		e.deadline = e.started.Add(e.machine.timeout)
	}
	done := make(chan struct{})
	if event == "ExecutionStarted" {
		e.machine.mutex.Lock()
		defer e.machine.mutex.Unlock()
		e.machine.executions = append(e.machine.executions, e)
	}
	e.root.status, e.cancel, e.done = Running, cancel, done
	e.event(event)
	go func() {
		defer close(done)
		defer cancel()
		e.root.run(ctx)
		e.event("Execution" + string(e.root.status))
	}()
}

// event counts an event of the history, whose type is for the reader of the code. It returns the error of an execution that has too many.
// https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html#bp-history-limit
func (e *Execution) event(string) *Error {
	if e.express {
		return nil
	}
	e.totals.events.Add(1)
	n := e.events.Add(1)
	for most := e.totals.mostEvents.Load(); n > most && !e.totals.mostEvents.CompareAndSwap(most, n); most = e.totals.mostEvents.Load() {
	}
	if n > maxEvents {
		return &Error{errorRuntime, fmt.Sprintf("the execution reached the most history events (%d)", maxEvents)}
	}
	return nil
}

// transition counts a transition.
func (e *Execution) transition() {
	if !e.express {
		e.totals.transitions.Add(1)
	}
}

// ErrRedrive is the error of an execution that cannot be redriven.
var ErrRedrive = errors.New("redrive execution")

// Redrive continues an execution that failed, timed out or was stopped, at the states that did not succeed. Functions that a stopped execution left
// may still run then.
//
// https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html
func (e *Execution) Redrive() error {
	status, _, _ := e.Wait()
	e.mutex.Lock()
	defer e.mutex.Unlock()
	switch {
	case status == Succeeded:
		return fmt.Errorf("%w: found it succeeded", ErrRedrive)
	case e.events.Load() >= maxEvents-1:
		return fmt.Errorf("%w: found a history of %d events, expected less than %d", ErrRedrive, e.events.Load(), maxEvents-1)
	}
	e.redrives++
	e.transition()
	e.root.rewind()
	e.begin("ExecutionRedriven")
	return nil
}

// Stop ends an execution as StopExecution does: functions that are running go on.
// https://docs.aws.amazon.com/step-functions/latest/apireference/API_StopExecution.html
func (e *Execution) Stop() {
	e.mutex.Lock()
	cancel := e.cancel
	e.mutex.Unlock()
	cancel()
	e.Wait()
}

// Status returns the status now.
func (e *Execution) Status() Status {
	e.mutex.Lock()
	done := e.done
	e.mutex.Unlock()
	select {
	case <-done:
		return e.root.status
	default:
		return Running
	}
}

// Wait waits for the end, and returns the output as JSON, or the error.
func (e *Execution) Wait() (Status, []byte, *Error) {
	e.mutex.Lock()
	done := e.done
	e.mutex.Unlock()
	<-done
	if e.root.status == Succeeded {
		return Succeeded, encode(e.root.output), nil
	}
	return e.root.status, nil, e.root.err
}

// Idle waits until no function of the execution runs. Those of a stopped one run on.
func (e *Execution) Idle() { e.running.Wait() }

// Duration is how long the last attempt took by the clock of the execution, waits included.
func (e *Execution) Duration() time.Duration {
	e.Wait()
	return e.root.now.Sub(e.started)
}

// Totals returns what was done until now.
func (e *Execution) Totals() Totals {
	t := e.totals
	return Totals{
		Transitions: t.transitions.Load(), Retries: t.retries.Load(), Invocations: t.invocations.Load(), MapRuns: t.mapRuns.Load(), Children: t.children.Load(),
		ChildRedrives: t.childRedrives.Load(), ChildFailures: t.childFailures.Load(), Express: t.express.Load(), Events: t.events.Load(), MostEvents: t.mostEvents.Load(),
	}
}
