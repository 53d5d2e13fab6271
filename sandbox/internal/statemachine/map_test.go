package statemachine

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// distributed is a machine of one Map in distributed mode, with more fields and the states of the processor.
func distributed(kind, fields, states string) string {
	return machine(fmt.Sprintf(`"A": {"Type": "Map", "Label": "copy", %s "End": true, "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": %q}, "StartAt": "B", "States": {%s}}}`, fields, kind, states))
}

func oneTask(fields string) string { return `"B": ` + fmt.Sprintf(task, fields+`"End": true`) }

const listing = `"ItemReader": {"Resource": "arn:aws:states:::s3:listObjectsV2", "Parameters": {"Bucket": "b", "Prefix.$": "$.p"}},`

func TestItemReaders(t *testing.T) {
	inventory := `{"fileFormat": "CSV", "fileSchema": "Bucket, Key, Size, LastModifiedDate", "files": [{"key": "d/1.csv", "size": 1}, {"key": "d/2.csv", "size": 1}]}`
	m := &memory{objects: map[string]string{
		"b/in/1": "x", "b/in/2 ü+": "yy", "b/in/3": "", "b/other": "z", "b/manifest.json": inventory,
		"b/d/1.csv": "\"amzn\",\"csvDataset/\",\"0\",\"2022-11-16T00:27:19.000Z\"\n\"amzn\",\"a%2Bb\",\"3399671\",\"2022-11-16T00:29:32.000Z\"\n",
		"b/d/2.csv": `"amzn","c","7","2022"`,
		"b/r.csv":   "rating,movieId\n3.5,307\n4\n1,2,3\n", "b/given": "1;2\n", "b/rows": "PAR1", "b/parquet.json": strings.Replace(inventory, `"CSV"`, `"Parquet"`, 1),
	}}
	object := func(key, config string) string {
		return fmt.Sprintf(`"ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "Parameters": {"Bucket": "b", "Key": %q}, "ReaderConfig": {%s}},`, key, config)
	}
	for _, c := range []struct{ name, fields, expected string }{
		// The item of https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html, and its pages.
		{"a listing", listing, `SUCCEEDED [{"Etag":"\"e\"","Key":"in/1","LastModified":1668699881,"Size":1,"StorageClass":"STANDARD"},{"Etag":"\"e\"","Key":"in/2 ü+","LastModified":1668699881,"Size":2,"StorageClass":"STANDARD"},{"Etag":"\"e\"","Key":"in/3","LastModified":1668699881,"Size":0,"StorageClass":"STANDARD"}]`},
		{"MaxItems", strings.Replace(listing, `}},`, `}, "ReaderConfig": {"MaxItems": 1}}, "ItemSelector": {"k.$": "$$.Map.Item.Value.Key"},`, 1), `SUCCEEDED [{"k":"in/1"}]`},
		{"an inventory", object("manifest.json", `"ManifestType": "S3_INVENTORY"`), `SUCCEEDED [{"Bucket":"amzn","Key":"csvDataset/","LastModifiedDate":"2022-11-16T00:27:19.000Z","Size":"0"},{"Bucket":"amzn","Key":"a%2Bb","LastModifiedDate":"2022-11-16T00:29:32.000Z","Size":"3399671"},{"Bucket":"amzn","Key":"c","LastModifiedDate":"2022","Size":"7"}]`},
		{"an inventory that is not CSV", object("parquet.json", `"InputType": "MANIFEST"`), `FAILED States.ItemReaderFailed`},
		{"CSV with headers", object("r.csv", `"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"`), `SUCCEEDED [{"movieId":"307","rating":"3.5"},{"movieId":"","rating":"4"},{"movieId":"2","rating":"1"}]`},
		{"CSV without headers", object("given", `"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["a", "b"], "CSVDelimiter": "SEMICOLON"`), `SUCCEEDED [{"a":"1","b":"2"}]`},
		{"Parquet", object("rows", `"InputType": "PARQUET"`), `SUCCEEDED ["PAR1",1]`},
		{"Parquet that is none", object("given", `"InputType": "PARQUET"`), `FAILED States.ItemReaderFailed`},
		{"no object", object("nothing", `"InputType": "PARQUET"`), `FAILED States.ItemReaderFailed`},
		{"the input", `"ItemsPath": "$.list",`, `SUCCEEDED [1,2]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			requireEnd(t, start(t, distributed("STANDARD", c.fields, `"B": {"Type": "Pass", "End": true}`), `{"p": "in/", "list": [1, 2]}`, &lambda{}, m), c.expected)
		})
	}
}

// The rules of https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html.
func TestCSV(t *testing.T) {
	for _, c := range []struct {
		text     string
		expected []string
	}{
		{`a,"b,c",d`, []string{"a", "b,c", "d"}},
		{"\"a\nb\",c\nnext", []string{"a\nb", "c"}},
		{`"say ""x""",y`, []string{`say "x"`, "y"}},
		{`C:\\Program Files\\MyApp.exe,6534512`, []string{`C:\Program Files\MyApp.exe`, "6534512"}},
		{`a\,b,\"c\"`, []string{"a,b", `"c"`}},
		{`a\bc`, []string{"abc"}},
		{"a,\r\nb", []string{"a", ""}},
	} {
		if row, _ := csvRow([]byte(c.text), ','); !slices.Equal(row, c.expected) {
			t.Errorf("%s: found %q, expected %q", c.text, row, c.expected)
		}
	}
}

// numbers is an input with a list of numbers.
func numbers(n int) string {
	return `{"n": [` + strings.Trim(strings.Join(strings.Fields(fmt.Sprint(make([]int, n))), ","), "[]") + `]}`
}

func TestBatches(t *testing.T) {
	for _, c := range []struct {
		name, batcher string
		items         int
		sizes         string
	}{
		// https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itembatcher.html
		{"by number", `"MaxItemsPerBatch": 100`, 1130, "100 100 100 100 100 100 100 100 100 100 100 30"},
		{"by size", `"MaxInputBytesPerBatch": 19`, 8, "3 3 2"}, // {"Items":[0,0,0]} has 17 bytes
		{"by both", `"MaxItemsPerBatch": 2, "MaxInputBytesPerBatch": 19`, 3, "2 1"},
		{"exactly one", `"MaxItemsPerBatch": 3`, 3, "3"},
		{"none", `"MaxItemsPerBatch": 3`, 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := &lambda{}
			e := start(t, distributed("STANDARD", `"MaxConcurrency": 1, "ItemsPath": "$.n", "ItemBatcher": {`+c.batcher+`},`, oneTask("")), numbers(c.items), l, nil)
			e.Wait()
			var sizes []string
			for _, payload := range l.payloads {
				sizes = append(sizes, fmt.Sprint(strings.Count(payload, "0")))
			}
			if found := strings.Join(sizes, " "); found != c.sizes {
				t.Errorf("found batches of %s, expected %s", found, c.sizes)
			}
		})
	}
	t.Run("with an input", func(t *testing.T) {
		fields := `"ItemsPath": "$.n", "ItemBatcher": {"MaxItemsPerBatch": 2, "BatchInput": {"factCheck": "December 2022", "first.$": "$.n[0]"}},`
		requireEnd(t, start(t, distributed("STANDARD", fields, oneTask("")), numbers(2), &lambda{}, nil), `SUCCEEDED [{"BatchInput":{"factCheck":"December 2022","first":0},"Items":[0,0]}]`)
	})
	t.Run("of an item that is too large", func(t *testing.T) {
		fields := `"ItemsPath": "$.n", "ItemBatcher": {"MaxItemsPerBatch": 2, "MaxInputBytesPerBatch": 20},`
		requireEnd(t, start(t, distributed("STANDARD", fields, oneTask("")), `{"n": ["123456789012"]}`, &lambda{}, nil), `FAILED States.DataLimitExceeded`)
	})
}

// failOn lets the function fail for payloads that contain a text.
func failOn(texts ...string) func(string, int) (string, *Error) {
	return func(payload string, _ int) (string, *Error) {
		for _, text := range texts {
			if strings.Contains(payload, text) {
				return "", &Error{"E", "because of " + text}
			}
		}
		return payload, nil
	}
}

// Items are counted, not batches: https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html.
func TestToleratedFailures(t *testing.T) {
	const ten = `{"n": ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"]}`
	for _, c := range []struct {
		name, fields string
		fail         string
		fails        bool
	}{
		{"none by default", ``, "a", true},
		{"none fails", ``, "-", false},
		{"as many percent", `"ToleratedFailurePercentage": 20,`, "a", false},
		{"more percent", `"ToleratedFailurePercentage": 19,`, "a", true},
		{"all", `"ToleratedFailurePercentage": 100,`, "Items", false},
		{"as many items", `"ToleratedFailureCount": 2,`, "a", false},
		{"more items", `"ToleratedFailureCount": 1,`, "a", true},
		{"either is exceeded", `"ToleratedFailureCount": 5, "ToleratedFailurePercentage": 10,`, "a", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := &lambda{answer: failOn(`"` + c.fail)}
			e := start(t, distributed("STANDARD", c.fields+`"MaxConcurrency": 1, "ItemsPath": "$.n", "ItemBatcher": {"MaxItemsPerBatch": 2},`, oneTask("")), ten, l, nil)
			status, output, err := e.Wait()
			switch {
			case c.fails && (err == nil || err.Name != "States.ExceedToleratedFailureThreshold" || len(l.payloads) != 1):
				t.Errorf("found %s %v after %d children, expected a failure at the first", status, err, len(l.payloads))
			case !c.fails && (status != Succeeded || len(l.payloads) != 5):
				t.Errorf("found %s %v after %d children, expected five", status, err, len(l.payloads))
			case !c.fails:
				if n := strings.Count(string(output), `"Status":"FAILED"`); n != strings.Count(strings.Join(l.payloads, " "), `"`+c.fail) {
					t.Errorf("found %d failed children in the output: %s", n, output)
				}
			}
		})
	}
}

const writer = `"ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "results", "Prefix": "jobs"}%s},`

// https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html
func TestResults(t *testing.T) {
	m := &memory{objects: map[string]string{}}
	l := &lambda{answer: failOn("c")}
	fields := `"MaxConcurrency": 1, "ItemsPath": "$.n", ` + fmt.Sprintf(writer, "")
	e := start(t, distributed("STANDARD", fields, oneTask("")), `{"n": ["a", "b", "c", "d", "e"]}`, l, m)
	requireEnd(t, e, "FAILED States.ExceedToleratedFailureThreshold")
	folder := requireFiles(t, m, map[string][]string{"SUCCEEDED": {`"a"`, `"b"`}, "FAILED": {`"c"`}, "PENDING": {`"d"`, `"e"`}})
	failed := lines(t, m.objects[folder+"FAILED_0.json"])[0]
	if failed["Error"] != "E" || failed["Cause"] != "because of c" || failed["Status"] != "FAILED" || failed["RedriveStatus"] != "REDRIVABLE" {
		t.Errorf("found the failed child %v", failed)
	}
	if arn, _ := failed["ExecutionArn"].(string); !strings.HasPrefix(arn, "arn:aws:states:us-east-2:111111111111:execution:m/copy:") || failed["StateMachineArn"] != "arn:aws:states:us-east-2:111111111111:stateMachine:m/copy" {
		t.Errorf("found the child %s of %s", arn, failed["StateMachineArn"])
	}
	l.answer, l.payloads = nil, nil
	if err := e.Redrive(); err != nil {
		t.Fatal(err)
	}
	status, output, err := e.Wait()
	key := strings.TrimPrefix(folder, "results/") + "manifest.json"
	if status != Succeeded || !strings.Contains(string(output), `"ResultWriterDetails":{"Bucket":"results","Key":"`+key+`"}`) || !strings.Contains(string(output), "arn:aws:states:us-east-2:111111111111:mapRun:m/copy:") {
		t.Errorf("found %s %s %v, expected the same Map Run", status, output, err)
	}
	if found := strings.Join(l.payloads, " "); found != `"c" "d" "e"` {
		t.Errorf("found the redrive run %s, expected c, d and e", found)
	}
	requireFiles(t, m, map[string][]string{"SUCCEEDED": {`"a"`, `"b"`, `"c"`, `"d"`, `"e"`}})
	if found := e.Totals(); found.Children != 5 || found.ChildRedrives != 1 || found.ChildFailures != 1 || found.MapRuns != 1 {
		t.Errorf("found %+v, expected five children, of which one failed and was redriven, in one Map Run", found)
	}
}

// requireFiles compares the inputs of the children in the files of the one Map Run, and returns their folder.
func requireFiles(t *testing.T, m *memory, expected map[string][]string) (folder string) {
	t.Helper()
	for _, key := range slices.Sorted(maps.Keys(m.objects)) {
		folder, _ = strings.CutSuffix(key, "manifest.json")
	}
	manifest, err := decode([]byte(m.objects[folder+"manifest.json"]))
	if err != nil {
		t.Fatal(err)
	}
	for name, list := range manifest.(map[string]any)["ResultFiles"].(map[string]any) {
		var found []string
		for _, file := range list.([]any) {
			key, size := "results/"+file.(map[string]any)["Key"].(string), file.(map[string]any)["Size"]
			if key != folder+name+"_0.json" || size != number(len(m.objects[key])) {
				t.Errorf("found the file %s of %v bytes", key, size)
			}
			for _, record := range lines(t, m.objects[key]) {
				found = append(found, record["Input"].(string))
			}
		}
		if !slices.Equal(found, expected[name]) {
			t.Errorf("%s: found %q, expected %q", name, found, expected[name])
		}
	}
	return folder
}

func TestTransformations(t *testing.T) {
	for _, c := range []struct{ config, file, expected string }{
		{`"Transformation": "COMPACT"`, "SUCCEEDED_0.json", `[[1,2],[3]]`},
		{`"Transformation": "FLATTEN"`, "SUCCEEDED_0.json", `[1,2,3]`},
		{`"Transformation": "FLATTEN", "OutputType": "JSONL"`, "SUCCEEDED_0.jsonl", "1\n2\n3"},
	} {
		m := &memory{objects: map[string]string{}}
		requireStatus(t, start(t, distributed("STANDARD", `"MaxConcurrency": 1, "ItemsPath": "$.n", `+fmt.Sprintf(writer, `, "WriterConfig": {`+c.config+`}`), oneTask("")), `{"n": [[1, 2], [3]]}`, &lambda{}, m), Succeeded)
		for key, text := range m.objects {
			if !strings.HasSuffix(key, "manifest.json") && (!strings.HasSuffix(key, c.file) || text != c.expected) {
				t.Errorf("%s: found %s: %s, expected %s: %s", c.config, key, text, c.file, c.expected)
			}
		}
	}
	requireEnd(t, start(t, distributed("STANDARD", `"ItemsPath": "$.n", "ResultWriter": {"WriterConfig": {"Transformation": "FLATTEN"}},`, oneTask("")), `{"n": [[1, 2], [3]]}`, &lambda{}, nil), "SUCCEEDED [1,2,3]")
	requireEnd(t, start(t, distributed("STANDARD", `"ItemsPath": "$.n", `+fmt.Sprintf(writer, ""), oneTask("")), `{"n": [1]}`, &lambda{}, &memory{broken: true}), "FAILED States.ResultWriterFailed")
}

func requireStatus(t *testing.T, e *Execution, expected Status) {
	t.Helper()
	if status, _, err := e.Wait(); status != expected {
		t.Errorf("found %s %v, expected %s", status, err, expected)
	}
}

// A child of type Standard goes on at the state that failed, one of type Express begins anew.
// https://docs.aws.amazon.com/step-functions/latest/dg/redrive-map-run.html
func TestRedriveOfChildren(t *testing.T) {
	for kind, expected := range map[string]string{"STANDARD": `"two"`, "EXPRESS": `"one" "two"`} {
		t.Run(kind, func(t *testing.T) {
			l := &lambda{answer: failOn("two")}
			states := strings.Replace(`"B": `+fmt.Sprintf(task, `"ResultPath": null, "OutputPath": "$", "Next": "C"`)+`, "C": `+fmt.Sprintf(task, `"End": true`), `, "OutputPath": "$.Payload"`, "", 1)
			states = strings.Replace(strings.Replace(states, `"Payload.$": "$"`, `"Payload": "one"`, 1), `"Payload.$": "$"`, `"Payload": "two"`, 1)
			e := start(t, distributed(kind, `"ItemsPath": "$.n",`, states), numbers(1), l, nil)
			requireEnd(t, e, "FAILED States.ExceedToleratedFailureThreshold")
			l.answer, l.payloads = nil, nil
			if err := e.Redrive(); err != nil {
				t.Fatal(err)
			}
			requireEnd(t, e, `SUCCEEDED ["two"]`)
			if found := strings.Join(l.payloads, " "); found != expected {
				t.Errorf("found the redrive run %s, expected %s", found, expected)
			}
		})
	}
}

// After too much data, and after a reader that failed, a redrive starts another Map Run. So does a retry.
func TestANewMapRun(t *testing.T) {
	t.Run("too much data", func(t *testing.T) {
		text := strings.Repeat("x", 200<<10)
		l := &lambda{answer: func(payload string, _ int) (string, *Error) { return `"` + text + `"`, nil }}
		e := start(t, distributed("STANDARD", `"ItemsPath": "$.n",`, oneTask("")), numbers(2), l, nil)
		requireEnd(t, e, "FAILED States.DataLimitExceeded")
		text = "x"
		if err := e.Redrive(); err != nil {
			t.Fatal(err)
		}
		requireEnd(t, e, `SUCCEEDED ["x","x"]`)
		if found := e.Totals(); found.MapRuns != 2 || found.Children != 4 {
			t.Errorf("found %+v, expected two Map Runs of two children each", found)
		}
	})
	t.Run("a reader that failed", func(t *testing.T) {
		m := &memory{broken: true, objects: map[string]string{"b/in/1": ""}}
		e := start(t, distributed("STANDARD", listing+`"ItemSelector": {"k.$": "$$.Map.Item.Value.Key"},`, oneTask("")), `{"p": "in"}`, &lambda{}, m)
		requireEnd(t, e, "FAILED States.ItemReaderFailed")
		m.broken, m.objects["b/in/2"] = false, ""
		if err := e.Redrive(); err != nil {
			t.Fatal(err)
		}
		requireEnd(t, e, `SUCCEEDED [{"k":"in/1"},{"k":"in/2"}]`)
	})
	t.Run("a retry", func(t *testing.T) {
		l := &lambda{answer: func(payload string, nth int) (string, *Error) {
			if nth == 2 {
				return "", &Error{"E", ""}
			}
			return payload, nil
		}}
		retry := `"Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 1}],`
		e := start(t, distributed("STANDARD", `"MaxConcurrency": 1, "ItemsPath": "$.n",`+retry, oneTask("")), numbers(3), l, nil)
		requireEnd(t, e, `SUCCEEDED [0,0,0]`)
		if found := e.Totals(); found.MapRuns != 2 || found.Invocations != 5 {
			t.Errorf("found %+v, expected 2 and 3 invocations in two Map Runs", found)
		}
	})
}

func TestExpressChildrenEndAfterFiveMinutes(t *testing.T) {
	wait := `"B": {"Type": "Wait", "Seconds": 301, "End": true}`
	requireEnd(t, start(t, distributed("EXPRESS", `"ItemsPath": "$.n",`, wait), numbers(1), &lambda{}, nil), "FAILED States.ExceedToleratedFailureThreshold")
	requireEnd(t, start(t, distributed("STANDARD", `"ItemsPath": "$.n",`, wait), numbers(1), &lambda{}, nil), "SUCCEEDED [0]")
}

func TestConcurrency(t *testing.T) {
	for _, c := range []struct {
		name, definition string
		items, expected  int32
	}{
		{"distributed", distributed("STANDARD", `"MaxConcurrency": 3, "ItemsPath": "$.n",`, oneTask("")), 10, 3},
		{"distributed, without a limit", distributed("STANDARD", `"ItemsPath": "$.n",`, oneTask("")), 60, 60},
		{"inline", machine(`"A": {"Type": "Map", "MaxConcurrency": 3, "ItemsPath": "$.n", "End": true, "ItemProcessor": {"StartAt": "B", "States": {` + oneTask("") + `}}}`), 10, 3},
		{"inline, without a limit", machine(`"A": {"Type": "Map", "ItemsPath": "$.n", "End": true, "ItemProcessor": {"StartAt": "B", "States": {` + oneTask("") + `}}}`), 60, 40},
	} {
		t.Run(c.name, func(t *testing.T) {
			var now, most atomic.Int32
			l := &lambda{answer: func(payload string, _ int) (string, *Error) {
				n := now.Add(1)
				for seen := most.Load(); n > seen && !most.CompareAndSwap(seen, n); seen = most.Load() {
				}
				time.Sleep(50 * time.Millisecond)
				now.Add(-1)
				return payload, nil
			}}
			requireStatus(t, start(t, c.definition, numbers(int(c.items)), l, nil), Succeeded)
			if found := most.Load(); found != c.expected {
				t.Errorf("found %d at once, expected %d", found, c.expected)
			}
		})
	}
}

// A stopped Map Run has children that succeeded, were aborted, and are pending; a redrive runs the latter two.
func TestStopAMapRun(t *testing.T) {
	m := &memory{objects: map[string]string{}}
	release, reached := make(chan bool), make(chan bool, 1)
	l := &lambda{answer: func(payload string, nth int) (string, *Error) {
		if nth == 2 {
			reached <- true
			<-release
		}
		return payload, nil
	}}
	e := start(t, distributed("STANDARD", `"MaxConcurrency": 1, "ItemsPath": "$.n", `+fmt.Sprintf(writer, ""), oneTask("")), `{"n": ["a", "b", "c"]}`, l, m)
	<-reached
	e.Stop()
	requireEnd(t, e, "ABORTED ")
	requireFiles(t, m, map[string][]string{"SUCCEEDED": {`"a"`}, "FAILED": {`"b"`}, "PENDING": {`"c"`}})
	if err := e.Redrive(); err != nil {
		t.Fatal(err)
	}
	requireStatus(t, e, Succeeded)
	close(release)
	e.Idle()
	if found := strings.Join(l.payloads, " "); found != `"a" "b" "b" "c"` {
		t.Errorf("found the functions run %s, expected a, b, b again, c", found)
	}
}

// When too many items failed, children of type Standard that run are aborted, and those of type Express end by themselves.
func TestTooManyFailuresEndTheOthers(t *testing.T) {
	for kind, expected := range map[string]map[string][]string{
		"STANDARD": {"FAILED": {`"a"`, `"b"`}, "PENDING": {`"c"`}},
		"EXPRESS":  {"FAILED": {`"b"`}, "SUCCEEDED": {`"a"`}, "PENDING": {`"c"`}},
	} {
		t.Run(kind, func(t *testing.T) {
			m, release, reached := &memory{objects: map[string]string{}}, make(chan bool), make(chan bool)
			l := &lambda{answer: func(payload string, nth int) (string, *Error) {
				if payload == `"a"` {
					close(reached)
					<-release
					return payload, nil
				}
				<-reached
				if kind == "EXPRESS" {
					time.AfterFunc(100*time.Millisecond, func() { close(release) })
				}
				return "", &Error{"E", ""}
			}}
			e := start(t, distributed(kind, `"MaxConcurrency": 2, "ItemsPath": "$.n", `+fmt.Sprintf(writer, ""), oneTask("")), `{"n": ["a", "b", "c"]}`, l, m)
			requireEnd(t, e, "FAILED States.ExceedToleratedFailureThreshold")
			if kind == "STANDARD" {
				close(release)
			}
			e.Idle()
			requireFiles(t, m, expected)
		})
	}
}
