package statemachine

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"
)

// mapRun is what a Map in distributed mode started: a child execution for each batch of items.
// https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
type mapRun struct {
	arn, id  string
	children []*child
	items    int
}

// child is one child execution. Its machine is the Map's processor.
type child struct {
	*Execution
	input []byte
}

// status is Pending until the child is started for the first time.
func (c *child) status() Status {
	if c.root == nil {
		return Pending
	}
	return c.root.status
}

// distributed runs the children that have not succeeded: all at first, the others after a redrive.
func (f *frame) distributed(ctx context.Context, s *state, input, context any) (any, *Error) {
	e, m := f.execution, s.mapOptions
	for _, name := range []string{"MapStateStarted", "MapRunStarted"} {
		if err := e.event(name); err != nil {
			return nil, err
		}
	}
	defer e.event("MapRunEnded")
	if f.mapRun == nil {
		run, err := f.newMapRun(s, input, context)
		if err != nil {
			return nil, err
		}
		f.mapRun = run
		e.totals.mapRuns.Add(1)
		e.mapRuns.Store(run.arn, run)
	}
	run := f.mapRun
	stopped := f.runChildren(ctx, run, m)
	result, err := f.results(run, m, input, context)
	switch {
	case stopped == nil && err == nil:
		return result, e.event("MapStateSucceeded")
	case stopped != nil:
		return nil, stopped // nobody reads what the writer says then
	}
	return nil, err
}

// newMapRun reads the items and puts them into children.
func (f *frame) newMapRun(s *state, input, context any) (*mapRun, *Error) {
	m, e := s.mapOptions, f.execution
	label := m.label
	if label == "" {
		label = e.random.name()
	}
	run := &mapRun{id: e.random.name()}
	run.arn = fmt.Sprintf("arn:aws:states:%s:%s:mapRun:%s/%s:%s", e.config.Region, e.config.Account, e.config.Name, label, run.id)
	batch, err := newBatcher(m, input, context)
	if err != nil {
		return nil, err
	}
	add := func(value any) error {
		item, err := m.selectItem(run.items, value, input, context)
		if err != nil {
			return err
		}
		run.items++
		return batch.add(encode(item))
	}
	if err := m.readItems(e.config, input, context, add); err != nil {
		return nil, failure(errorReader, err)
	}
	batch.end()
	for _, one := range batch.all {
		name := e.random.name()
		run.children = append(run.children, &child{input: one.input, Execution: &Execution{
			machine: &Machine{sequence: m.processor}, config: e.config, name: name, express: m.express, items: one.items,
			arn:    fmt.Sprintf("arn:aws:states:%s:%s:execution:%s/%s:%s", e.config.Region, e.config.Account, e.config.Name, label, name),
			totals: e.totals, running: e.running, random: e.random,
		}})
	}
	return run, nil
}

// runChildren returns why it did not run all: it was stopped, or too many items failed. It then aborts children of type Standard that are running, and
// waits for those of type Express.
func (f *frame) runChildren(ctx context.Context, run *mapRun, m *mapOptions) *Error {
	starts, abort := context.WithCancel(ctx)
	defer abort()
	running := starts
	if m.express {
		running = context.WithoutCancel(ctx)
	}
	most := maxDistributed
	if m.concurrency > 0 {
		most = m.concurrency
	}
	var mutex sync.Mutex
	failed, exceeded := 0, false
	share(starts, f, run.children, most, func(c *child) bool { return c.status() != Succeeded }, func(c *child, now time.Time) time.Time {
		c.start(running, now)
		mutex.Lock()
		defer mutex.Unlock()
		if status := c.status(); status == Failed || status == TimedOut {
			if failed += c.items; m.exceeds(failed, run.items) {
				exceeded = true
				abort()
			}
		}
		return c.root.now
	})
	switch {
	case exceeded:
		return &Error{errorThreshold, "the specified tolerated failure threshold was exceeded"}
	case ctx.Err() != nil:
		return errAborted
	}
	return nil
}

// exceeds reports whether more items failed than are tolerated: none, if the definition does not say.
func (m *mapOptions) exceeds(failed, all int) bool {
	if m.tolerated == nil && m.toleratedCount == nil {
		return failed > 0
	}
	return m.tolerated != nil && float64(failed)*100 > *m.tolerated*float64(all) || m.toleratedCount != nil && failed > *m.toleratedCount
}

// start runs a child: from the beginning, or, if it is of type Standard and was redriven, from where it failed.
// https://docs.aws.amazon.com/step-functions/latest/dg/redrive-map-run.html
func (c *child) start(ctx context.Context, now time.Time) {
	event := "ExecutionStarted"
	switch {
	case c.root == nil:
		c.totals.children.Add(1)
	case !c.express:
		event = "ExecutionRedriven"
		c.root.rewind()
		c.transition()
	}
	if c.root != nil {
		c.redrives++
		c.totals.childRedrives.Add(1)
	}
	if c.express {
		c.totals.express.Add(1)
		c.deadline = now.Add(maxExpress)
	}
	if c.root == nil || c.express {
		input, err := decode(c.input)
		if err != nil {
			panic(err) // it was encoded
		}
		c.root = &frame{execution: c.Execution, sequence: c.machine.sequence, state: c.machine.startAt, input: input}
	}
	c.started, c.root.now, c.root.status = now, now, Running
	c.event(event)
	c.root.run(ctx)
	c.event("ExecutionEnded")
	if c.root.status != Succeeded {
		c.totals.childFailures.Add(1)
	}
}

// itemsOf returns the items of a Map without a reader: a list, or the fields of an object.
// https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemspath.html
func (m *mapOptions) itemsOf(input, context any) ([]any, *Error) {
	value, _ := m.itemsPath.lookUp(input, context)
	switch value := value.(type) {
	case []any:
		return value, nil
	case map[string]any:
		var items []any
		for _, name := range slices.Sorted(maps.Keys(value)) {
			items = append(items, map[string]any{"Key": name, "Value": value[name]})
		}
		return items, nil
	}
	return nil, &Error{errorRuntime, fmt.Sprintf("the ItemsPath %s selects %s, expected a list or an object", m.itemsPath.text, kindOf(value))}
}

// itemContext is the context object's Map.
func itemContext(index int, value any) any {
	return map[string]any{"Item": map[string]any{"Index": number(index), "Value": value}}
}

func number(n int) json.Number { return json.Number(strconv.Itoa(n)) }

// selectItem applies ItemSelector.
// https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemselector.html
func (m *mapOptions) selectItem(index int, value, input, context any) (any, *Error) {
	if m.selector == nil {
		return value, nil
	}
	with := maps.Clone(context.(map[string]any))
	with["Map"] = itemContext(index, value)
	item, err := m.selector.fill(input, with)
	if err != nil {
		return nil, &Error{errorRuntime, "ItemSelector: " + err.Error()}
	}
	return item, nil
}

// batcher puts items into the inputs of children, as many as ItemBatcher and the limit of an input permit.
// https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itembatcher.html
type batcher struct {
	options *itemBatcher // nil is an item a child
	most    int          // bytes
	head    []byte
	items   [][]byte
	size    int
	all     []batch
}

type batch struct {
	input []byte
	items int
}

func newBatcher(m *mapOptions, input, context any) (*batcher, *Error) {
	b := &batcher{options: m.batch, most: maxPayload}
	if b.options == nil {
		return b, nil
	}
	if b.options.bytes > 0 {
		b.most = b.options.bytes
	}
	b.head = []byte(`{"Items":[`)
	if b.options.input != nil {
		value, err := b.options.input.fill(input, context)
		if err != nil {
			return nil, &Error{errorRuntime, "BatchInput: " + err.Error()}
		}
		b.head = slices.Concat([]byte(`{"BatchInput":`), encode(value), []byte(`,"Items":[`))
	}
	return b, nil
}

func (b *batcher) add(item []byte) error {
	if b.options == nil {
		b.items = [][]byte{item}
		b.all = append(b.all, batch{item, 1})
	} else {
		if len(b.items) > 0 && (len(b.items) == b.options.items || b.size+len(item)+1 > b.most) {
			b.end()
		}
		if len(b.items) == 0 {
			b.size = len(b.head) + len("]}")
		}
		b.items = append(b.items, item)
		b.size += len(item) + 1
	}
	if size := len(b.head) + len(item) + len("]}"); size > b.most {
		return &Error{errorData, fmt.Sprintf("an item takes an input of %d bytes, %d are the most", size, b.most)}
	}
	return nil
}

// end ends the batch.
func (b *batcher) end() {
	if b.options == nil || len(b.items) == 0 {
		return
	}
	b.all = append(b.all, batch{slices.Concat(b.head, bytes.Join(b.items, []byte(",")), []byte("]}")), len(b.items)})
	b.items = nil
}
