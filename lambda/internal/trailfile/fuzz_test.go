package trailfile

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// view is encoding/json's view of a document: its records, and whether it is a log file.
func view(document []byte) (records []string, ok bool) {
	if !utf8.Valid(document) || !json.Valid(document) {
		return nil, false
	}
	decoder := json.NewDecoder(bytes.NewReader(document))
	if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
		return nil, false
	}
	found := 0
	for decoder.More() {
		name, _ := decoder.Token()
		var value json.RawMessage
		if decoder.Decode(&value) != nil {
			return nil, false
		}
		if name != "Records" {
			continue
		}
		found++
		var list []json.RawMessage
		if value[0] != '[' || json.Unmarshal(value, &list) != nil {
			return nil, false
		}
		for _, record := range list {
			if record[0] != '{' {
				return nil, false
			}
			records = append(records, string(record))
		}
	}
	return records, found == 1
}

// Read agrees with encoding/json about every document, whole or in single bytes, and about the fields of every record.
func FuzzFile(f *testing.F) {
	f.Add([]byte(events(f)))
	for _, seed := range []string{
		`{}`, `{"Records":[]}`, `{"Records":[{}],"a":"\\\""}`, `{"a":[1,2,{"b":null}],"Records":[{"eventName":"x"},{"userIdentity":{"arn":"y"}}]}`,
		`{"Records":[{"a":}]}`, `{"Records":[{}]`, "{\"Records\":[{\"a\":\"\xff\"}]}", `{"\u0052ecords":[{"eventName":"\ud800"}]}`, `{"Records":[{"a":1}], "Records":[]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		want, ok := view(document)
		file := zip(t, string(document))
		for name, r := range map[string]io.Reader{"at once": bytes.NewReader(file), "byte by byte": iotest.OneByteReader(bytes.NewReader(file))} {
			got, err := read(r)
			if err != nil && strings.Contains(err.Error(), "nested more than") {
				return
			}
			if (err == nil) != ok || ok && !cmp.Equal(want, got) {
				t.Errorf("%s: found %q, %v; encoding/json: %q, %t", name, got, err, want, ok)
			}
		}
		for _, record := range want {
			checkFields(t, record)
		}
	})
}

func checkFields(t *testing.T, record string) {
	t.Helper()
	var fields, identity, session, issuer map[string]json.RawMessage
	_ = json.Unmarshal([]byte(record), &fields)
	_ = json.Unmarshal(fields["userIdentity"], &identity)
	_ = json.Unmarshal(identity["sessionContext"], &session)
	_ = json.Unmarshal(session["sessionIssuer"], &issuer)
	got := fieldsOf(record)
	for _, c := range []struct {
		name string
		raw  json.RawMessage
		got  []byte
	}{
		{"eventID", fields["eventID"], got.EventID}, {"eventTime", fields["eventTime"], got.EventTime}, {"eventName", fields["eventName"], got.EventName},
		{"eventSource", fields["eventSource"], got.EventSource}, {"errorCode", fields["errorCode"], got.ErrorCode},
		{"sourceIPAddress", fields["sourceIPAddress"], got.SourceIPAddress}, {"arn", identity["arn"], got.PrincipalARN}, {"issuer", issuer["arn"], got.IssuerARN},
	} {
		var text *string
		if json.Unmarshal(c.raw, &text) != nil {
			text = nil
		}
		if (text == nil) != (c.got == nil) || text != nil && *text != string(c.got) {
			t.Errorf("%s of %s: found %q", c.name, record, c.got)
		}
	}
}
