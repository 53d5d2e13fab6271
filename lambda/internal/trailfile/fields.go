package trailfile

import (
	"bytes"
	"encoding/json"
)

// Fields are the fields of a record that a filter uses: each nil if the record does not have it as a string. Of a name that occurs twice, the
// last one counts, as for encoding/json.
//
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
type Fields struct {
	// EventID is CloudTrail's ID of the event.
	EventID []byte
	// EventTime is when the request was completed, such as 2016-08-25T13:00:00Z.
	EventTime []byte
	// EventName is the action.
	EventName []byte
	// EventSource is the service.
	EventSource []byte
	// ErrorCode is the service's error.
	ErrorCode []byte
	// SourceIPAddress is an address, or the name of a service.
	SourceIPAddress []byte
	// PrincipalARN is userIdentity.arn.
	PrincipalARN []byte
	// IssuerARN is userIdentity.sessionContext.sessionIssuer.arn: for an assumed role, the ARN of the role.
	IssuerARN []byte
}

// FieldsOf returns the fields of a record that Read passed to visit. They are valid as long as the record is.
func FieldsOf(record []byte) Fields {
	var f Fields
	for m := (members{object: record}); m.next(); {
		switch string(m.name) {
		case "eventID":
			f.EventID = text(m.value)
		case "eventTime":
			f.EventTime = text(m.value)
		case "eventName":
			f.EventName = text(m.value)
		case "eventSource":
			f.EventSource = text(m.value)
		case "errorCode":
			f.ErrorCode = text(m.value)
		case "sourceIPAddress":
			f.SourceIPAddress = text(m.value)
		case "userIdentity":
			f.PrincipalARN = text(member(m.value, "arn"))
			f.IssuerARN = text(member(member(member(m.value, "sessionContext"), "sessionIssuer"), "arn"))
		}
	}
	return f
}

// member returns the value of a name in an object; nil if value is not an object or does not have the name.
func member(value []byte, name string) (found []byte) {
	if len(value) == 0 || value[0] != '{' {
		return nil
	}
	for m := (members{object: value}); m.next(); {
		if string(m.name) == name {
			found = m.value
		}
	}
	return found
}

// text returns the text of a string; nil for any other value.
func text(value []byte) []byte {
	if len(value) == 0 || value[0] != '"' {
		return nil
	}
	return unquote(value)
}

// members iterates over the members of an object, which must be valid JSON.
type members struct {
	object      []byte
	pos         int
	name, value []byte
}

func (m *members) next() bool {
	m.pos = over(m.object, m.pos+1) // after the bracket or the comma
	if m.pos >= len(m.object) || m.object[m.pos] != '"' {
		return false
	}
	end := endOf(m.object, m.pos)
	m.name = unquote(m.object[m.pos:end])
	m.pos = over(m.object, over(m.object, end)+1) // after the colon
	end = endOf(m.object, m.pos)
	m.value = m.object[m.pos:end]
	m.pos = over(m.object, end)
	return true
}

// over returns the position after white space.
func over(b []byte, i int) int {
	for i < len(b) && space(b[i]) {
		i++
	}
	return i
}

// endOf returns the end of the valid value that begins at i.
func endOf(b []byte, i int) int {
	depth := 0
	for i < len(b) {
		c := b[i]
		switch c {
		case '"':
			i = endOfText(b, i+1) - 1
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case ',', ' ', '\t', '\r', '\n':
			if depth == 0 { // after a number or a word
				return i
			}
		}
		if depth < 0 { // the end of the object around a number or a word
			return i
		}
		i++
		if depth == 0 && (c == '"' || c == '}' || c == ']') {
			return i
		}
	}
	return i
}

// endOfText returns the position after the closing quote of the string whose text continues at i.
func endOfText(b []byte, i int) int {
	for {
		quote := bytes.IndexByte(b[i:], '"')
		if quote < 0 {
			return len(b)
		}
		i += quote + 1
		backslashes := 0
		for i-2-backslashes >= 0 && b[i-2-backslashes] == '\\' {
			backslashes++
		}
		if backslashes%2 == 0 {
			return i
		}
	}
}

// unquote returns the text of a valid JSON string, without a copy if it has no escapes.
func unquote(raw []byte) []byte {
	inner := raw[1 : len(raw)-1]
	if bytes.IndexByte(inner, '\\') < 0 {
		return inner
	}
	var text string
	if json.Unmarshal(raw, &text) != nil {
		return nil
	}
	return []byte(text)
}
