package page_test

import (
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"
)

// element is one of the page.
type element struct {
	name     string
	attrs    map[string]string
	parent   *element
	children []*element
	own      string
}

// inline are script and style, whose content is no markup.
var inline = regexp.MustCompile(`(?s)<(script|style)>(.*?)</(?:script|style)>`)

// parse reads a page as strictly as XML: all is closed, in order, and every attribute is quoted. It returns the elements in their order.
func parse(t testing.TB, page string) []*element {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(inline.ReplaceAllString(page, "<$1></$1>")))
	d.Entity = xml.HTMLEntity
	var all []*element
	var at *element
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			e := &element{name: token.Name.Local, attrs: map[string]string{}, parent: at}
			for _, a := range token.Attr {
				e.attrs[a.Name.Local] = a.Value
			}
			if at != nil {
				at.children = append(at.children, e)
			}
			all = append(all, e)
			at = e
		case xml.EndElement:
			at = at.parent
		case xml.CharData:
			if at != nil {
				at.own += string(token)
			}
		}
	}
	return all
}

// text is that of an element and all within.
func (e *element) text() string {
	all := e.own
	for _, c := range e.children {
		all += " " + c.text()
	}
	return strings.Join(strings.Fields(all), " ")
}

// of are the elements of a class, or of a name.
func of(all []*element, what string) []*element {
	var some []*element
	for _, e := range all {
		if class, ok := strings.CutPrefix(what, "."); ok && strings.Contains(" "+e.attrs["class"]+" ", " "+class+" ") || e.name == what {
			some = append(some, e)
		}
	}
	return some
}
