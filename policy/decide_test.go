package policy

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

const public = `"resourcePolicy":{"Statement":[{"Sid":"Public","Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}]}`

func anonymousLine(id, more string) string {
	return `{"id":` + id + `,"request":{"principal":"anonymous","action":"s3:GetObject","resource":"arn:aws:s3:::b/k"` + more + `},` + public + "}"
}

func TestDecideLines(t *testing.T) {
	const allowed = `"decision":"Allowed","blockedBy":[],"reasons":[{"policy":"resource","index":0,"statement":"Public","effect":"Allow"}]}`
	user := func(more string) string {
		return `{"id":"1","request":{"principal":"` + ann + `","action":"sts:AssumeRole","resource":"arn:aws:iam::111111111111:role/T"}` + more + `}`
	}
	for name, c := range map[string]struct{ in, out string }{
		"allowed":             {anonymousLine(`"1"`, ""), `{"id":"1",` + allowed},
		"a number as id":      {anonymousLine(`7`, ""), `{"id":7,` + allowed},
		"no id":               {strings.Replace(anonymousLine(`7`, ""), `"id":7,`, "", 1), `{"id":null,` + allowed},
		"every sort of value": {anonymousLine(`1`, `,"context":{"a:s":"x","a:b":true,"a:n":1e400,"a:l":["x",false,2],"a:e":[ ],"a:z":null}`), `{"id":1,` + allowed},
		"none as null": {`{"id":1,"request":{"principal":"anonymous","action":"s3:GetObject"},"identityPolicies":null,"resourcePolicy":null}`,
			`{"id":1,"decision":"ImplicitlyDenied","blockedBy":["resource"],"reasons":[]}`},
		"a field for somebody else": {strings.Replace(anonymousLine(`1`, ""), `"id":1,`, `"id":1,"comment":"x",`, 1), `{"id":1,` + allowed},
		"a trust policy is the resource's": {user(`,"resourcePolicy":{"Statement":{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole"}}`),
			`{"id":"1","decision":"ExplicitlyDenied","blockedBy":["resource"],"reasons":[{"policy":"resource","index":0,"statement":"0","effect":"Deny"}]}`},
		"levels": {user(`,"serviceControlPolicies":[[],[{"Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}]],"resourceControlPolicies":[[]]`),
			`{"id":"1","decision":"ExplicitlyDenied","blockedBy":["serviceControl","resource"],"reasons":[{"policy":"serviceControl","level":1,"index":0,"statement":"0","effect":"Deny"}]}`},
		"not JSON":                 {`{"id":"1",`, `{"id":null,"error":"line: unexpected end of JSON input; expected a JSON object"}`},
		"not an object":            {`[1]`, `{"id":null,"error":"line: json: cannot unmarshal array into Go value of type map[string]json.RawMessage; expected a JSON object"}`},
		"no request":               {`{"id":"1"}`, `{"id":"1","error":"request: expected principal and action"}`},
		"no action":                {`{"id":"1","request":{"principal":"anonymous"}}`, `{"id":"1","error":"request: expected principal and action"}`},
		"a request that is a list": {`{"id":"1","request":[1]}`, `{"id":"1","error":"request: found [1], expected an object"}`},
		"a misspelt policy": {`{"id":"1","permissionsBoundaries":[]}`,
			`{"id":"1","error":"line: found permissionsBoundaries, expected one of endpointPolicies, identityPolicies, permissionBoundaries, resourceControlPolicies, resourcePolicy, serviceControlPolicies, sessionPolicies"}`},
		"a misspelt field of the request": {anonymousLine(`1`, `,"account":"1"`),
			`{"id":1,"error":"request: found account, expected one of action, context, principal, resource, resourceAccount"}`},
		"a context of the wrong sort": {anonymousLine(`1`, `,"context":[]`),
			`{"id":1,"error":"line: json: cannot unmarshal array into Go struct field .request.context of type map[string]json.RawMessage"}`},
		"a value of the wrong sort": {anonymousLine(`1`, `,"context":{"a:b":{"c":1}}`),
			`{"id":1,"error":"request.context[\"a:b\"]: found {\"c\":1}, expected a string, boolean, number or a list of them"}`},
		"a list in a list": {anonymousLine(`1`, `,"context":{"a:b":[["c"]]}`),
			`{"id":1,"error":"request.context[\"a:b\"]: found [\"c\"], expected a string, boolean, number or a list of them"}`},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			n, err := DecideLines(strings.NewReader(c.in), &out, false)
			if err != nil || out.String() != c.out+"\n" || (n > 0) != strings.Contains(c.out, `"error"`) {
				t.Errorf("found %d, %v and\n%s, expected\n%s", n, err, out.String(), c.out)
			}
		})
	}
}

func TestDecideLinesNamesThePolicyThatCannotBeRead(t *testing.T) {
	for field, value := range map[string]string{
		"identityPolicies[0]": `"identityPolicies":[{}]`, "sessionPolicies[0]": `"sessionPolicies":[1]`, "permissionBoundaries[0]": `"permissionBoundaries":[null]`,
		"endpointPolicies[0]": `"endpointPolicies":["x"]`, "serviceControlPolicies[0][0]": `"serviceControlPolicies":[[{}]]`,
		"resourceControlPolicies[0][0]": `"resourceControlPolicies":[[{}]]`, "resourcePolicy": `"resourcePolicy":{}`,
	} {
		var out strings.Builder
		n, err := DecideLines(strings.NewReader(`{"id":"1","request":{"principal":"anonymous","action":"s3:GetObject"},`+value+`}`), &out, false)
		if n != 1 || err != nil || !strings.HasPrefix(out.String(), `{"id":"1","error":"`+field+": ") {
			t.Errorf("%s: found %d, %v and %s", field, n, err, out.String())
		}
	}
}

func TestDecideLinesGoesOnAndKeepsTheOrder(t *testing.T) {
	in := "\n" + anonymousLine(`"1"`, "") + "\nx\r\n\n" + anonymousLine(`"2"`, `,"context":{"a:b":"`+strings.Repeat("x", 3<<20)+`"}`)
	var out strings.Builder
	n, err := DecideLines(iotest.HalfReader(strings.NewReader(in)), &out, true)
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if n != 1 || err != nil || len(lines) != 3 || !strings.HasPrefix(lines[0], `{"id":"1","decision":"Allowed"`) ||
		!strings.HasPrefix(lines[1], `{"id":null,"error"`) || !strings.HasPrefix(lines[2], `{"id":"2","decision":"Allowed"`) {
		t.Errorf("found %d, %v and %.500s", n, err, out.String())
	}
	if !strings.Contains(lines[2], `"explanation":["allowed: statement Public of the resource policy allows s3:GetObject on arn:aws:s3:::b/k"]`) {
		t.Errorf("found no explanation in %s", lines[2])
	}
}

// A program may ask one question, wait for the answer, and ask the next.
func TestDecideLinesAnswersBeforeItWaits(t *testing.T) {
	in, questions := io.Pipe()
	answers, out := io.Pipe()
	go func() {
		_, err := DecideLines(in, out, false)
		out.CloseWithError(err)
	}()
	lines := bufio.NewScanner(answers)
	for i := range 3 {
		// The start of the next line must not hold back the answer to this one.
		fmt.Fprint(questions, anonymousLine(fmt.Sprint(i), "")+"\n  ")
		if !lines.Scan() || !strings.HasPrefix(lines.Text(), fmt.Sprintf(`{"id":%d,`, i)) {
			t.Fatalf("found %q, %v", lines.Text(), lines.Err())
		}
	}
	questions.Close()
	if lines.Scan() || lines.Err() != nil {
		t.Errorf("found %q, %v, expected the end", lines.Text(), lines.Err())
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestDecideLinesSaysWhatFailed(t *testing.T) {
	one := anonymousLine(`1`, "") + "\n"
	if _, err := DecideLines(strings.NewReader(one), full{}, false); err == nil || err.Error() != "write decision: disk full" {
		t.Errorf("found %v", err)
	}
	if _, err := DecideLines(strings.NewReader(strings.Repeat(one, 100)), full{}, false); err == nil || err.Error() != "write decision: disk full" {
		t.Errorf("found %v", err)
	}
	if _, err := DecideLines(iotest.ErrReader(errors.New("gone")), io.Discard, false); err == nil || err.Error() != "read request: gone" {
		t.Errorf("found %v", err)
	}
}

func TestParsedDocumentsAreKeptWithinBounds(t *testing.T) {
	known := documentCache{}
	text := func(i int) []byte {
		return fmt.Appendf(nil, `{"Id":"%d","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`, i)
	}
	first, _ := known.parse("p", text(0))
	if again, _ := known.parse("p", text(0)); again != first {
		t.Error("found a document parsed twice, expected it kept")
	}
	clear(known)
	if _, err := known.parse("p", append(text(1), strings.Repeat(" ", maxCachedSize)...)); err != nil || len(known) != 0 {
		t.Errorf("found %v and %d kept, expected a long text not to be kept", err, len(known))
	}
	for i := range 3 * maxCached {
		if d, err := known.parse("p", text(i)); err != nil || d.ID != fmt.Sprint(i) || len(known) > maxCached {
			t.Fatalf("found %v, %v and %d kept", d, err, len(known))
		}
	}
}
