package page_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/proof"
	"github.com/crossgrant/crossgrant/proof/page"
)

func TestEverythingLeadsSomewhere(t *testing.T) {
	for name, a := range samples() {
		t.Run(name, func(t *testing.T) {
			all := parse(t, writeWith(t, a.prove(t), page.Options{Access: a.enumerate(t)}))
			ids := map[string]bool{}
			for _, e := range all {
				if id := e.attrs["id"]; id != "" {
					if ids[id] {
						t.Errorf("id %s is there twice", id)
					}
					ids[id] = true
				}
			}
			for _, e := range all {
				for _, a := range []string{"href", "for", "aria-labelledby", "aria-describedby"} {
					if to := strings.TrimPrefix(e.attrs[a], "#"); to != "" && !ids[to] {
						t.Errorf("%s of <%s> leads to %q, which is not there", a, e.name, to)
					}
				}
			}
		})
	}
}

func TestNothingComesFromElsewhere(t *testing.T) {
	text := write(t, sample(t, "broken"))
	for _, from := range []string{"http:", "https:", "src=", "url(", "@import", "<link", "javascript:", " style=", " onclick="} {
		if strings.Contains(text, from) {
			t.Errorf("found %q", from)
		}
	}
	var security string
	for _, e := range of(parse(t, text), "meta") {
		if e.attrs["http-equiv"] == "Content-Security-Policy" {
			security = e.attrs["content"]
		}
	}
	if !strings.HasPrefix(security, "default-src 'none'; ") || strings.Contains(security, "unsafe") {
		t.Errorf("found security policy %q", security)
	}
	blocks := inline.FindAllStringSubmatch(text, -1)
	if len(blocks) != 2 {
		t.Errorf("found %d scripts and styles, expected one of each", len(blocks))
	}
	for _, b := range blocks {
		sum := sha256.Sum256([]byte(b[2]))
		if allowed := b[1] + "-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; !strings.Contains(security, allowed) {
			t.Errorf("found security policy %q, expected %q in it", security, allowed)
		}
	}
}

func TestSameReportSameBytes(t *testing.T) {
	first := write(t, sample(t, "many"))
	for range 3 {
		if again := write(t, sample(t, "many")); again != first {
			t.Fatal("found another page for the same report")
		}
	}
}

func TestHeadlines(t *testing.T) {
	for name, expected := range map[string]string{
		"proved": "Proved", "broken": "Broken", "shut": "Broken", "undecided": "Undecided", "empty": "Nothing declared",
	} {
		elements := parse(t, write(t, sample(t, name)))
		if found := of(elements, "h1")[0].text(); found != expected {
			t.Errorf("%s: found headline %q, expected %q", name, found, expected)
		}
		lead := of(elements, ".lead")[0].text()
		t.Log(name, lead)
		if name == "empty" && !strings.Contains(lead, "declare no grant and no connection, and nothing is expected of them, so nothing was proved") {
			t.Errorf("found %q", lead)
		}
	}
}

func TestEachCheckHasItsRow(t *testing.T) {
	for _, name := range []string{"proved", "broken", "undecided", "many"} {
		r := sample(t, name)
		rows := map[string]*element{}
		for _, e := range of(parse(t, write(t, r)), ".check") {
			rows[e.attrs["id"]] = e
		}
		if len(rows) != len(r.Checks) {
			t.Fatalf("%s: found %d rows, expected %d", name, len(rows), len(r.Checks))
		}
		for i := range r.Checks {
			c := &r.Checks[i]
			text := rows[fmt.Sprint("c", i)].text()
			if !strings.HasPrefix(text, string(c.Verdict)+" ") || !strings.Contains(text, string(c.Rule)) {
				t.Errorf("%s: check %d is %s %s, found %q", name, i, c.Verdict, c.Rule, text)
			}
			for _, h := range c.Chains[:min(1, len(c.Chains))] {
				for _, hop := range h.Hops {
					if !strings.Contains(text, strings.Join(strings.Fields(hop.What), " ")) {
						t.Errorf("%s: check %d: found no hop %q", name, i, hop.What)
					}
				}
			}
		}
	}
}

func TestFindingsSayWhatToPaste(t *testing.T) {
	r := sample(t, "broken")
	elements := parse(t, write(t, r))
	if found, expected := len(of(elements, ".finding")), len(r.Findings()); found != expected {
		t.Errorf("found %d findings, expected %d", found, expected)
	}
	pasted := of(elements, "pre")
	if len(pasted) == 0 {
		t.Fatal("found nothing to paste")
	}
	for _, pre := range pasted {
		var statement struct{ Effect string }
		if err := json.Unmarshal([]byte(pre.own), &statement); err != nil || statement.Effect != "Allow" {
			t.Errorf("found %q to paste: %v", pre.own, err)
		}
	}
	for name, section := range map[string]string{"over": "s3:PutObject on arn:aws:s3:::* is permitted", "notes": "reference to Nothing", "findings": "narrow statement Trust"} {
		for _, e := range elements {
			if e.attrs["id"] == name && !strings.Contains(e.text(), section) {
				t.Errorf("found no %q in section %s: %s", section, name, e.text())
			}
		}
	}
}

// A hundred grants are more than two stacks can hold.
func TestPagesAreNotTooLarge(t *testing.T) {
	for name, c := range map[string]struct {
		of   app
		most int
	}{"none": {app{}, 25_000}, "four grants": {many(4), 400_000}, "a hundred": {many(100), 8_000_000}} {
		size := len(write(t, c.of.prove(t)))
		t.Log(name, size, "bytes")
		if size > c.most {
			t.Errorf("%s: found %d bytes, expected at most %d", name, size, c.most)
		}
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestAFullDisk(t *testing.T) {
	if err := page.Write(full{}, &proof.Report{}, page.Options{}); err == nil || err.Error() != "write the page: no space left" {
		t.Errorf("found %v", err)
	}
}

func BenchmarkWrite(b *testing.B) {
	for _, n := range []int{2, 20, 100} {
		r := many(n).prove(b)
		b.Run(fmt.Sprint(n, "grants"), func(b *testing.B) {
			var out bytes.Buffer
			for b.Loop() {
				out.Reset()
				if err := page.Write(&out, r, page.Options{}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(out.Len()), "bytes")
		})
	}
}
