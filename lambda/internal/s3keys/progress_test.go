package s3keys

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestProgress(t *testing.T) {
	var p Progress
	for i := range 3000 {
		if err := p.Page(i%999, fmt.Sprint(i)); err != nil { // an entry now and then
			t.Fatalf("page %d: found %v, expected none", i, err)
		}
	}
	if err := p.Page(1, ""); !errors.Is(err, ErrNoToken) {
		t.Errorf("no token: found %v", err)
	}
	if err := p.Page(1, "2999"); err == nil || !strings.Contains(err.Error(), "repeats a page") {
		t.Errorf("a token that comes again: found %v", err)
	}
	p = Progress{}
	var err error
	pages := 0
	for ; err == nil && pages < 5000; pages++ {
		err = p.Page(0, fmt.Sprint(pages))
	}
	if pages != 1000 || err == nil || !strings.Contains(err.Error(), "1000 pages in a row without an entry") {
		t.Errorf("found %v after %d empty pages, expected an error after 1000", err, pages)
	}
}
