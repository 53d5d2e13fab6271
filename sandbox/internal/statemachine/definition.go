package statemachine

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// sequence is states of which one follows the other: those of a machine, of a branch, or of the processor of a Map.
type sequence struct {
	startAt string
	states  map[string]*state
}

// state is one state of any type; which fields it has depends on the type.
type state struct {
	name, kind     string
	next           string // empty if it ends its sequence
	input, output  path
	parameters     *template
	resultSelector *template
	resultPath     path
	retry          []retrier
	catch          []catcher

	call       string // of a Task: lambda:invoke, or one of calls
	timeout    time.Duration
	choices    []choice
	fallback   string // of a Choice
	seconds    int
	secondsAt  *path
	result     *any // of a Pass
	errorName  string
	cause      string
	branches   []*sequence
	mapOptions *mapOptions
}

type retrier struct {
	errors   []string
	interval time.Duration
	attempts int
	backoff  float64
	maxDelay time.Duration // 0 is no limit
	jitter   bool
}

type catcher struct {
	errors     []string
	next       string
	resultPath path
}

type choice struct {
	test condition
	next string
}

// condition is whether a rule of a Choice matches.
type condition func(input, context any) (bool, error)

// mapOptions are the fields that only a Map has.
type mapOptions struct {
	processor      *sequence
	distributed    bool
	express        bool
	itemsPath      path
	selector       *template
	reader         *itemReader
	batch          *itemBatcher
	concurrency    int // 0 is the most that AWS permits
	toleratedCount *int
	tolerated      *float64 // percentage
	label          string
	writer         *resultWriter
}

type itemReader struct {
	list       bool // of a bucket; else it reads one object
	parameters template
	input      string // the type of the object that is read
	headers    []string
	firstRow   bool // has the headers
	delimiter  byte
	maxItems   int // 0 is no limit
}

type itemBatcher struct {
	items, bytes int // 0 is no limit
	input        *template
}

type resultWriter struct {
	parameters *template // nil writes nothing to S3
	lines      bool      // JSON Lines
	transform  string
}

// states are the types of states with what reads their own fields.
var states map[string]func(*definitionReader, *fields, *state)

func init() {
	states = map[string]func(*definitionReader, *fields, *state){
		"Choice": (*definitionReader).choice, "Fail": (*definitionReader).fail, "Map": (*definitionReader).mapState, "Parallel": (*definitionReader).parallel,
		"Pass": (*definitionReader).pass, "Succeed": (*definitionReader).succeed, "Task": (*definitionReader).task, "Wait": (*definitionReader).wait,
	}
}

// maxName is the most characters of a state's name.
// https://docs.aws.amazon.com/step-functions/latest/dg/statemachine-structure.html
const maxName = 80

// sequence reads StartAt and States.
func (r *definitionReader) sequence(f *fields) *sequence {
	s := &sequence{startAt: f.need("StartAt"), states: map[string]*state{}}
	all, _ := take[map[string]any](f, "States")
	if len(all) == 0 {
		r.problem(f.where, "found no States")
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		where := f.where + "/States/" + name
		if r.names[name] {
			r.problem(where, "found a second state of this name; names are unique in the whole machine")
		}
		r.names[name] = true
		if utf8.RuneCountInString(name) > maxName {
			r.problem(where, fmt.Sprintf("found a name of %d characters, expected %d at most", utf8.RuneCountInString(name), maxName))
		}
		s.states[name] = r.state(name, r.fields(where, all[name]))
	}
	r.targets(f.where, s)
	return s
}

// targets checks that each state is there and reached.
func (r *definitionReader) targets(where string, s *sequence) {
	reached, left := map[string]bool{}, []string{s.startAt}
	for len(left) > 0 {
		name := left[0]
		left = left[1:]
		if reached[name] {
			continue
		}
		reached[name] = true
		one := s.states[name]
		if one == nil {
			r.problem(where, fmt.Sprintf("found %q as the next state, which is not there", name))
			continue
		}
		for _, next := range append([]string{one.next, one.fallback}, one.targets()...) {
			if next != "" {
				left = append(left, next)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.states)) {
		if !reached[name] {
			r.problem(where+"/States/"+name, "no state leads here")
		}
	}
}

func (s *state) targets() (all []string) {
	for _, c := range s.catch {
		all = append(all, c.next)
	}
	for _, c := range s.choices {
		all = append(all, c.next)
	}
	return all
}

func (r *definitionReader) state(name string, f *fields) *state {
	s := &state{name: name, kind: f.need("Type")}
	f.text("Comment")
	f.oneOf("QueryLanguage", "JSONPath")
	read := states[s.kind]
	if read == nil {
		r.problem(f.where+"/Type", fmt.Sprintf("found %q, expected one of %s", s.kind, strings.Join(slices.Sorted(maps.Keys(states)), ", ")))
		return s
	}
	s.resultPath = path{text: "$"}
	if s.kind != "Fail" {
		s.input, s.output = f.path("InputPath", true), f.path("OutputPath", true)
	}
	if s.kind != "Fail" && s.kind != "Succeed" && s.kind != "Choice" {
		end, _ := take[bool](f, "End")
		if s.next = f.text("Next"); (s.next == "") != end {
			r.problem(f.where, "expected either Next or End")
		}
	}
	read(r, f, s)
	f.done()
	return s
}

// results reads the fields of a state that has a result.
func (r *definitionReader) results(f *fields, s *state) {
	s.resultSelector, s.resultPath = f.template("ResultSelector"), f.path("ResultPath", true)
	if s.resultPath.context {
		r.problem(f.where+"/ResultPath", "found a path into the context object, expected one into the input")
	}
	for _, one := range f.objects("Retry") {
		s.retry = append(s.retry, retrier{
			errors:   r.errors(one),
			interval: time.Duration(one.whole("IntervalSeconds", 1, 99999999, 1)) * time.Second,
			attempts: one.whole("MaxAttempts", 0, 99999999, 3),
			backoff:  one.number("BackoffRate", 1, 99999999, 2),
			maxDelay: time.Duration(one.whole("MaxDelaySeconds", 1, 31622400, 0)) * time.Second,
			jitter:   one.oneOf("JitterStrategy", "NONE", "FULL") == "FULL",
		})
		one.text("Comment")
		one.done()
	}
	for _, one := range f.objects("Catch") {
		s.catch = append(s.catch, catcher{errors: r.errors(one), next: one.need("Next"), resultPath: one.path("ResultPath", true)})
		one.text("Comment")
		one.done()
	}
	all := func(errors []string) bool { return slices.Contains(errors, "States.ALL") }
	for i := range max(len(s.retry)-1, 0) {
		if all(s.retry[i].errors) {
			r.problem(f.where+"/Retry", "found States.ALL before the last retrier")
		}
	}
	for i := range max(len(s.catch)-1, 0) {
		if all(s.catch[i].errors) {
			r.problem(f.where+"/Catch", "found States.ALL before the last catcher")
		}
	}
}

func (r *definitionReader) task(f *fields, s *state) {
	r.results(f, s)
	s.parameters = f.template("Parameters")
	s.timeout = time.Duration(f.whole("TimeoutSeconds", 1, 99999999, 99999999)) * time.Second
	resource := f.need("Resource")
	parts := strings.SplitN(resource, ":", 6)
	if len(parts) == 6 && parts[2] == "states" {
		s.call = parts[5]
	}
	known, ok := parametersOf[s.call]
	switch {
	case !ok:
		r.problem(f.where+"/Resource", fmt.Sprintf("found %q, expected arn:PARTITION:states::: and one of %s", resource, strings.Join(slices.Sorted(maps.Keys(parametersOf)), ", ")))
	case s.parameters == nil || s.parameters.object == nil:
		r.problem(f.where, "found no Parameters, expected "+strings.Join(known, ", "))
	default:
		for name := range s.parameters.object {
			if !slices.Contains(known, name) {
				r.problem(f.where+"/Parameters/"+name, "found a parameter that this interpreter does not know; it knows "+strings.Join(known, ", "))
			}
		}
	}
}

func (r *definitionReader) pass(f *fields, s *state) {
	s.parameters, s.resultPath = f.template("Parameters"), f.path("ResultPath", true)
	f.known = append(f.known, "Result")
	if value, ok := f.left["Result"]; ok {
		delete(f.left, "Result")
		s.result = &value
	}
}

func (r *definitionReader) wait(f *fields, s *state) {
	s.seconds = f.whole("Seconds", 0, 99999999, -1)
	if _, ok := f.left["SecondsPath"]; ok {
		p := f.path("SecondsPath", false)
		s.secondsAt = &p
	}
	if (s.seconds < 0) == (s.secondsAt == nil) {
		r.problem(f.where, "expected either Seconds or SecondsPath")
	}
}

func (r *definitionReader) succeed(*fields, *state) {}

func (r *definitionReader) fail(f *fields, s *state) {
	s.errorName, s.cause = f.text("Error"), f.text("Cause")
}

func (r *definitionReader) parallel(f *fields, s *state) {
	r.results(f, s)
	s.parameters = f.template("Parameters")
	for _, one := range f.objects("Branches") {
		one.text("Comment")
		s.branches = append(s.branches, r.sequence(one))
		one.done()
	}
	if len(s.branches) == 0 {
		r.problem(f.where, "found no Branches")
	}
}

// errors reads ErrorEquals.
func (r *definitionReader) errors(f *fields) []string {
	names := f.texts("ErrorEquals")
	if len(names) == 0 {
		r.problem(f.where, "found no ErrorEquals")
	}
	if slices.Contains(names, "States.ALL") && len(names) > 1 {
		r.problem(f.where+"/ErrorEquals", "found States.ALL beside others, expected it alone")
	}
	return names
}

// Most that AWS permits at once.
// https://docs.aws.amazon.com/step-functions/latest/dg/state-map-inline.html and service-quotas.html
const (
	maxInline      = 40
	maxDistributed = 10000
)

func (r *definitionReader) mapState(f *fields, s *state) {
	r.results(f, s)
	m := &mapOptions{itemsPath: f.path("ItemsPath", false), selector: f.template("ItemSelector"), concurrency: f.whole("MaxConcurrency", 0, maxDistributed, 0)}
	s.mapOptions = m
	processor := f.object("ItemProcessor")
	if processor == nil {
		r.problem(f.where, "found no ItemProcessor")
		return
	}
	if config := processor.object("ProcessorConfig"); config != nil {
		if m.distributed = config.oneOf("Mode", "INLINE", "DISTRIBUTED") == "DISTRIBUTED"; m.distributed {
			if config.left["ExecutionType"] == nil {
				r.problem(config.where, "found no ExecutionType")
			}
			m.express = config.oneOf("ExecutionType", "STANDARD", "EXPRESS") == "EXPRESS"
		}
		config.done()
	}
	processor.text("Comment")
	m.processor = r.sequence(processor)
	processor.done()
	if m.distributed {
		r.distributed(f, m)
	}
}

// distributed reads the fields that a Map has in distributed mode alone.
// https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
func (r *definitionReader) distributed(f *fields, m *mapOptions) {
	if _, ok := f.left["ToleratedFailureCount"]; ok {
		count := f.whole("ToleratedFailureCount", 0, 1<<31, 0)
		m.toleratedCount = &count
	}
	if _, ok := f.left["ToleratedFailurePercentage"]; ok {
		percentage := f.number("ToleratedFailurePercentage", 0, 100, 0)
		m.tolerated = &percentage
	}
	if m.label = f.text("Label"); utf8.RuneCountInString(m.label) > 40 || strings.ContainsAny(m.label, "?*<>{}[]:;,\\|^~$#%&`\" \t\n") {
		r.problem(f.where+"/Label", fmt.Sprintf("found %q, expected 40 characters at most, without spaces, brackets, wildcards and special characters", m.label))
	}
	if m.label != "" && r.labels[m.label] {
		r.problem(f.where+"/Label", fmt.Sprintf("found %q a second time; labels are unique in the whole machine", m.label))
	}
	r.labels[m.label] = true
	if one := f.object("ItemReader"); one != nil {
		m.reader = r.itemReader(one)
		one.done()
	}
	if one := f.object("ItemBatcher"); one != nil {
		m.batch = &itemBatcher{items: one.whole("MaxItemsPerBatch", 1, 1<<31, 0), bytes: one.whole("MaxInputBytesPerBatch", 1, maxPayload, 0), input: one.template("BatchInput")}
		if m.batch.items == 0 && m.batch.bytes == 0 {
			r.problem(one.where, "expected MaxItemsPerBatch, MaxInputBytesPerBatch or both")
		}
		one.done()
	}
	if one := f.object("ResultWriter"); one != nil {
		m.writer = r.resultWriter(one)
		one.done()
	}
}

// delimiters are those of CSV files.
var delimiters = map[string]byte{"COMMA": ',', "PIPE": '|', "SEMICOLON": ';', "SPACE": ' ', "TAB": '\t'}

// https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html
func (r *definitionReader) itemReader(f *fields) *itemReader {
	one := &itemReader{}
	parameters := f.template("Parameters")
	if parameters == nil {
		r.problem(f.where, "found no Parameters")
		return one
	}
	one.parameters = *parameters
	known := []string{"Bucket", "Key"}
	switch resource := f.need("Resource"); {
	case strings.HasSuffix(resource, ":states:::s3:listObjectsV2"):
		one.list, known = true, []string{"Bucket", "Prefix"}
	case !strings.HasSuffix(resource, ":states:::s3:getObject"):
		r.problem(f.where+"/Resource", fmt.Sprintf("found %q, expected arn:PARTITION:states:::s3:listObjectsV2 or …:s3:getObject", resource))
	}
	for name := range one.parameters.object {
		if !slices.Contains(known, name) {
			r.problem(f.where+"/Parameters/"+name, "found a parameter that this interpreter does not know; it knows "+strings.Join(known, ", "))
		}
	}
	config := f.object("ReaderConfig")
	if config == nil {
		if !one.list {
			r.problem(f.where, "found no ReaderConfig, expected the InputType of the object that is read")
		}
		return one
	}
	one.maxItems = config.whole("MaxItems", 1, 100_000_000, 0)
	if !one.list {
		manifest := config.text("ManifestType")
		one.input = config.oneOf("InputType", "", "CSV", "MANIFEST", "PARQUET")
		switch {
		case manifest == "S3_INVENTORY" && one.input == "":
			one.input = "MANIFEST"
		case manifest != "":
			r.problem(config.where, fmt.Sprintf("found the ManifestType %q and the InputType %q, expected S3_INVENTORY without InputType", manifest, one.input))
		case one.input == "":
			r.problem(config.where, "found no InputType")
		}
	}
	if one.input == "CSV" {
		one.delimiter = delimiters[config.oneOf("CSVDelimiter", "COMMA", "PIPE", "SEMICOLON", "SPACE", "TAB")]
		one.firstRow = config.need("CSVHeaderLocation") == "FIRST_ROW"
		if one.headers = config.texts("CSVHeaders"); one.firstRow == (len(one.headers) > 0) {
			r.problem(config.where, "expected CSVHeaders if CSVHeaderLocation is GIVEN, and only then")
		}
	}
	config.done()
	return one
}

// https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html
func (r *definitionReader) resultWriter(f *fields) *resultWriter {
	w := &resultWriter{transform: "NONE", parameters: f.template("Parameters")}
	resource := f.text("Resource")
	if (resource == "") != (w.parameters == nil) || resource != "" && !strings.HasSuffix(resource, ":states:::s3:putObject") {
		r.problem(f.where, "expected the Resource arn:PARTITION:states:::s3:putObject with Parameters, or neither")
	}
	if w.parameters != nil {
		for name := range w.parameters.object {
			if name != "Bucket" && name != "Prefix" {
				r.problem(f.where+"/Parameters/"+name, "found a parameter that this interpreter does not know; it knows Bucket, Prefix")
			}
		}
	}
	config := f.object("WriterConfig")
	if config == nil {
		if w.parameters == nil {
			r.problem(f.where, "found neither Parameters nor WriterConfig")
		}
		return w
	}
	w.lines = config.oneOf("OutputType", "JSON", "JSONL") == "JSONL"
	w.transform = config.oneOf("Transformation", "NONE", "COMPACT", "FLATTEN")
	config.done()
	return w
}

// Parse reads a definition. Its error names every field, state and value that this interpreter does not know or that AWS would refuse.
//
// https://docs.aws.amazon.com/step-functions/latest/dg/concepts-amazon-states-language.html
func Parse(definition []byte) (*Machine, error) {
	value, err := decode(definition)
	if err != nil {
		return nil, fmt.Errorf("read state machine: %w", err)
	}
	r := &definitionReader{names: map[string]bool{}, labels: map[string]bool{}}
	f := r.fields("", value)
	f.text("Comment")
	f.oneOf("Version", "1.0")
	f.oneOf("QueryLanguage", "JSONPath")
	m := &Machine{timeout: time.Duration(f.whole("TimeoutSeconds", 1, 99999999, 0)) * time.Second}
	m.sequence = r.sequence(f)
	f.done()
	if len(r.problems) > 0 {
		return nil, fmt.Errorf("read state machine: %w", errors.Join(r.problems...))
	}
	return m, nil
}
