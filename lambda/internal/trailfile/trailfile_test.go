package trailfile

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"
)

func zip(t testing.TB, text string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func events(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile("testdata/events.json")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// read returns the records as text, and what became of the file.
func read(r io.Reader) (records []string, err error) {
	err = Read(context.Background(), r, func(record []byte, _ *Fields) error {
		records = append(records, string(record))
		return nil
	})
	return records, err
}

// wanted is encoding/json's view.
func wanted(t testing.TB, text string) (records []string) {
	t.Helper()
	var file struct{ Records []json.RawMessage }
	if err := json.Unmarshal([]byte(text), &file); err != nil {
		t.Fatal(err)
	}
	for _, record := range file.Records {
		records = append(records, string(record))
	}
	return records
}

func TestEachRecordComesByteForByte(t *testing.T) {
	text := events(t)
	for name, r := range map[string]io.Reader{
		"at once":           bytes.NewReader(zip(t, text)),
		"byte by byte":      iotest.OneByteReader(bytes.NewReader(zip(t, text))),
		"data with the EOF": iotest.DataErrReader(bytes.NewReader(zip(t, text))),
		"gzip members": io.MultiReader(bytes.NewReader(zip(t, text[:1000])), bytes.NewReader(zip(t, "")),
			bytes.NewReader(zip(t, text[1000:]))),
	} {
		t.Run(name, func(t *testing.T) {
			got, err := read(r)
			if diff := cmp.Diff(wanted(t, text), got); diff != "" || err != nil || len(got) != 6 {
				t.Errorf("%d records, %v, (-want +got):\n%s", len(got), err, diff)
			}
		})
	}
}

func TestFormsOfAFile(t *testing.T) {
	deep := strings.Repeat("[", maxDepth-1) + strings.Repeat("]", maxDepth-1)
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"no records", `{"Records":[]}`, nil},
		{"white space everywhere", " \r\n\t{ \"Records\" : [ {} , {\"a\" : 1} ] } \n", []string{`{}`, `{"a" : 1}`}},
		{"Records behind other names", `{"version":"1","n":-1.5e3,"t":true,"o":{"Records":[{"x":1}]},"Records":[{"a":1}]}`, []string{`{"a":1}`}},
		{"other names behind Records", `{"Records":[{"a":1}],"z":null,"y":[[]]}`, []string{`{"a":1}`}},
		{"an escape in the name", `{"\u0052ecords":[{"a":1}]}`, []string{`{"a":1}`}},
		{"brackets and quotes in strings", `{"Records":[{"a":"}]\"\\","b":"\\\\\""},{"c":"[{"}]}`, []string{`{"a":"}]\"\\","b":"\\\\\""}`, `{"c":"[{"}`}},
		{"as deep as may be", `{"Records":[{"a":` + deep + `}]}`, []string{`{"a":` + deep + `}`}},
		{"other letters' case is another name", `{"records":[{"x":1}],"Records":[{"a":1}]}`, []string{`{"a":1}`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := read(bytes.NewReader(zip(t, c.text)))
			if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
				t.Errorf("%v, (-want +got):\n%s", err, diff)
			}
		})
	}
}

func TestDamage(t *testing.T) {
	zipped := func(text string) string { return string(zip(t, text)) }
	good := zipped(`{"Records":[{}]}`)
	wrongSum := []byte(good)
	wrongSum[len(good)-8] ^= 1
	for _, c := range []struct{ name, file, expected string }{
		{"nothing at all", "", "found no data"},
		{"not gzip", `{"Records":[]}`, "found other data than gzip"},
		{"something behind the gzip", good + "more than ten bytes", "or behind it"},
		{"less than a gzip header behind the gzip", good + "more", "gzip data ends too early"},
		{"zeros behind the gzip", good + strings.Repeat("\x00", 512), "or behind it"},
		{"a wrong checksum", string(wrongSum), "checksum"},
		{"the end in the gzip", good[:len(good)-1], "gzip data ends too early"},
		{"nothing inside", zipped(""), "JSON ends too early"},
		{"a byte order mark", zipped("\uFEFF" + `{"Records":[]}`), `found 'ï', expected an object`},
		{"an array", zipped(`[{}]`), "expected an object with Records"},
		{"no Records", zipped(`{"records":[]}`), "found no Records"},
		{"an empty object", zipped(`{}`), "found no Records"},
		{"a digest", zipped(`{"awsAccountId":"222222222222","logFiles":[]}`), "found no Records"},
		{"Records twice", zipped(`{"Records":[{"a":1}],"Records":[{"b":2}]}`), "Records twice"},
		{"Records that are none", zipped(`{"Records":null}`), "expected an array as Records"},
		{"a record that is none", zipped(`{"Records":[{},1]}`), "record 1: found '1', expected an object"},
		{"the end after a record", zipped(`{"Records":[{}`), "JSON ends too early"},
		{"the end in a record", zipped(`{"Records":[{"a":"`), "JSON ends too early"},
		{"a comma too many", zipped(`{"Records":[{},]}`), "record 1: found ']'"},
		{"a comma too few", zipped(`{"Records":[{}{}]}`), "expected a comma"},
		{"a comma before the end", zipped(`{"Records":[],}`), "expected a name in quotes"},
		{"no colon", zipped(`{"Records"[]}`), "expected a colon"},
		{"more behind the end", zipped(`{"Records":[]}{}`), "after the end of the JSON"},
		{"malformed within", zipped(`{"Records":[{"a":01}]}`), "record 0: found malformed JSON"},
		{"brackets that do not match", zipped(`{"Records":[{"a":[}]]}`), "malformed JSON"},
		{"malformed beside Records", zipped(`{"a":nul,"Records":[]}`), "a value beside Records: found malformed JSON"},
		{"a control character in a string", zipped("{\"Records\":[{\"a\":\"\x01\"}]}"), "malformed JSON"},
		{"bytes that are not UTF-8", zipped("{\"Records\":[{\"a\":\"\xff\"}]}"), "record 0: found bytes that are not UTF-8"},
		{"too deep", zipped(`{"Records":[{"a":` + strings.Repeat("[", maxDepth)), "record 0 is nested more than 1000 levels"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := read(strings.NewReader(c.file))
			if damage := (*Damage)(nil); !errors.As(err, &damage) || !strings.Contains(err.Error(), c.expected) {
				t.Errorf("found %v, expected damage: %s", err, c.expected)
			}
		})
	}
}

// Whatever is missing at the end of a file, or changed in it, Read says so, or nothing that matters changed.
func TestNoPartOfAFilePassesForTheWhole(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds with the race detector")
	}
	file := zip(t, events(t))
	whole, err := read(bytes.NewReader(file))
	if err != nil || len(whole) != 6 {
		t.Fatal(len(whole), err)
	}
	for n := range file {
		if _, err := read(bytes.NewReader(file[:n])); !errors.As(err, new(*Damage)) {
			t.Errorf("the first %d bytes of %d: found %v, expected damage", n, len(file), err)
		}
	}
	for n := range file {
		for bit := n % 2; bit < 8; bit += 2 {
			changed := bytes.Clone(file)
			changed[n] ^= 1 << bit
			// No checksum covers gzip's header, and some bytes can be compressed in two ways.
			if got, err := read(bytes.NewReader(changed)); err == nil && !cmp.Equal(whole, got) {
				t.Errorf("bit %d of byte %d: other records and no error", bit, n)
			}
		}
	}
}

func TestAFailedReadIsNoDamage(t *testing.T) {
	file := zip(t, events(t))
	broken := errors.New("connection reset")
	for n := range file {
		if _, err := read(io.MultiReader(bytes.NewReader(file[:n]), iotest.ErrReader(broken))); !errors.Is(err, broken) {
			t.Errorf("after %d bytes: found %v", n, err)
		}
	}
	// S3's client says at the end of an object that its bytes are not those that S3 sent.
	changed := bytes.Clone(file)
	changed[len(file)/2] ^= 1
	if _, err := read(io.MultiReader(bytes.NewReader(changed), iotest.ErrReader(broken))); !errors.Is(err, broken) {
		t.Errorf("a wrong checksum of S3: found %v", err)
	}
}

func TestTheVisitorEndsTheReading(t *testing.T) {
	enough := errors.New("enough")
	n := 0
	err := Read(context.Background(), bytes.NewReader(zip(t, events(t))), func([]byte, *Fields) error { n++; return enough })
	if !errors.Is(err, enough) || n != 1 {
		t.Errorf("found %v after %d records", err, n)
	}
}

func TestAFinishedContextEndsTheReading(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	n := 0
	err := Read(ctx, bomb(t, `{"Records":[`, `{"a":1},`, 100<<20), func([]byte, *Fields) error { n++; cancel(); return nil })
	if !errors.Is(err, context.Canceled) || n > chunk {
		t.Errorf("found %v after %d records", err, n)
	}
}

func TestTheLargestRecord(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds with the race detector")
	}
	record := `{"a":"` + strings.Repeat("x", MaxRecord-8) + `"}`
	for _, padding := range []string{"", strings.Repeat(" ", 1000)} {
		got, err := read(bytes.NewReader(zip(t, padding+`{"Records":[`+record+`]}`)))
		if err != nil || len(got) != 1 || got[0] != record {
			t.Errorf("%d bytes: found %d records, %v", len(record), len(got), err)
		}
		_, err = read(bytes.NewReader(zip(t, padding+`{"Records":[`+record[:6]+"x"+record[6:]+`]}`)))
		if err == nil || err.Error() != "record 0 is larger than 4194304 bytes" {
			t.Errorf("a byte more: found %v", err)
		}
		// Behind one that made the buffer as large as it may be.
		_, err = read(bytes.NewReader(zip(t, padding+`{"Records":[`+record+","+record[:6]+"x"+record[6:]+`]}`)))
		if err == nil || err.Error() != "record 1 is larger than 4194304 bytes" {
			t.Errorf("a byte more in the second: found %v", err)
		}
	}
}

// bomb is a file whose inflated data are size bytes of one text, again and again, in gzip members of a mebibyte.
func bomb(t testing.TB, first, again string, size int) io.Reader {
	t.Helper()
	member := zip(t, strings.Repeat(again, (1<<20)/len(again)))
	return io.MultiReader(bytes.NewReader(zip(t, first)), bytes.NewReader(bytes.Repeat(member, size>>20)))
}

// A gigabyte in some megabytes of gzip takes no more memory than a record may.
func TestABombTakesNoMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds with the race detector")
	}
	for _, c := range []struct {
		name, first, again, expected string
		size                         int
	}{
		{"one endless string", `{"Records":[{"a":"`, "x", "record 0 is larger", 1 << 30},
		{"one endless record", `{"Records":[{"a":[`, "1,", "record 0 is larger", 1 << 30},
		{"one endless number", `{"Records":[{}],"b":1`, "1", "a value beside Records is larger", 1 << 30},
		{"one endless name", `{"`, "x", "a value beside Records is larger", 1 << 30},
		{"an endless depth", `{"Records":[{"a":`, "[", "nested more than", 1 << 30},
		{"endless white space", `{"Records":[`, " ", "JSON ends too early", 1 << 26}, // all of which is read
	} {
		t.Run(c.name, func(t *testing.T) {
			file := bomb(t, c.first, c.again, c.size)
			runtime.GC()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := read(file)
			runtime.ReadMemStats(&after)
			if err == nil || !strings.Contains(err.Error(), c.expected) {
				t.Errorf("found %v, expected %s", err, c.expected)
			}
			// All that was ever allocated, not only what is held: buffers of 64 KB, doubled up to 4 MB, are 8 MB.
			if used := after.TotalAlloc - before.TotalAlloc; used > 24<<20 {
				t.Errorf("allocated %d MB", used>>20)
			}
		})
	}
}

func TestManyFilesShareTheirMemory(t *testing.T) {
	file := zip(t, events(t))
	perFile := testing.AllocsPerRun(100, func() {
		if err := Read(context.Background(), bytes.NewReader(file), func([]byte, *Fields) error { return nil }); err != nil {
			t.Fatal(err)
		}
	})
	if perFile > 20 {
		t.Errorf("%s allocations a file", strconv.FormatFloat(perFile, 'f', 0, 64))
	}
}
