// Package xmlread reads the small XML documents of AWS's answers, strictly: a document that was cut is an error. It decodes into no structures.
package xmlread

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Document is an XML document as AWS writes them: elements and text, no mixture of both. It is read once, from its beginning.
type Document struct {
	data []byte
	pos  int
	open [][]byte // names of the open elements
	// empty is whether the innermost element was written as <name/>.
	empty bool
	spare []byte
}

// ErrCut says that a document ends too early.
var ErrCut = errors.New("the document ends too early")

// New returns a document that is not read yet. It keeps data.
func New(data []byte) *Document { return &Document{data: data} }

// Root reads the beginning of the document and returns the name of its element. S3 sends white space before it while it copies.
// See https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html.
func (d *Document) Root() (string, error) {
	if !utf8.Valid(d.data) {
		return "", errors.New("the document is not UTF-8")
	}
	if err := d.between(); err != nil {
		return "", err
	}
	name, err := d.start()
	return string(name), err
}

// End reads what follows the root element, which is nothing.
func (d *Document) End() error {
	if err := d.between(); !errors.Is(err, ErrCut) {
		return fmt.Errorf("found %.20q behind the document, expected its end", d.data[d.pos:])
	}
	return nil
}

// child returns the name of the next element in the innermost one, or false at its end.
func (d *Document) child() ([]byte, bool, error) {
	if d.empty {
		d.close()
		return nil, false, nil
	}
	if err := d.between(); err != nil {
		return nil, false, err
	}
	if bytes.HasPrefix(d.data[d.pos:], []byte("</")) {
		return nil, false, d.stop()
	}
	name, err := d.start()
	return name, err == nil, err
}

// Text returns the text of the innermost element and closes it. The next call overwrites it.
func (d *Document) Text() ([]byte, error) {
	if d.empty {
		d.close()
		return nil, nil
	}
	rest := d.data[d.pos:]
	end := bytes.IndexByte(rest, '<')
	if end < 0 {
		return nil, ErrCut
	}
	text, special := rest[:end], false
	for _, c := range text {
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' {
			return nil, fmt.Errorf("found the control character %#x in text", c)
		}
		special = special || c == '&' || c == '\r'
	}
	d.pos += end
	if special || bytes.HasPrefix(d.data[d.pos:], []byte("<!")) {
		var err error
		if text, err = d.specialText(text); err != nil {
			return nil, err
		}
	}
	return text, d.stop()
}

// Skip closes the innermost element, whatever it holds.
func (d *Document) Skip() error {
	for depth := len(d.open); len(d.open) >= depth; {
		if d.empty {
			d.close()
			continue
		}
		for d.pos < len(d.data) && d.data[d.pos] != '<' {
			d.pos++
		}
		if err := d.between(); err != nil {
			return err
		}
		if err := d.startOrStop(); err != nil {
			return err
		}
	}
	return nil
}

func (d *Document) startOrStop() error {
	if bytes.HasPrefix(d.data[d.pos:], []byte("</")) {
		return d.stop()
	}
	_, err := d.start()
	return err
}

// between skips white space, comments and processing instructions.
func (d *Document) between() error {
	for {
		for d.pos < len(d.data) && isSpace(d.data[d.pos]) {
			d.pos++
		}
		rest, ends := d.data[d.pos:], ""
		switch {
		case len(rest) == 0:
			return ErrCut
		case bytes.HasPrefix(rest, []byte("<?")):
			ends = "?>"
		case bytes.HasPrefix(rest, []byte("<!--")):
			ends = "-->"
		default:
			return nil
		}
		n := bytes.Index(rest, []byte(ends))
		if n < 0 {
			return ErrCut
		}
		d.pos += n + len(ends)
	}
}

// start reads a start tag. Its attributes say nothing that S3's documents need.
func (d *Document) start() ([]byte, error) {
	rest := d.data[d.pos:]
	if rest[0] != '<' || len(rest) > 1 && rest[1] == '!' {
		return nil, fmt.Errorf("found %.20q, expected an element", rest)
	}
	n := 1
	for n < len(rest) && rest[n] != '>' && rest[n] != '/' && !isSpace(rest[n]) {
		n++
	}
	name := rest[1:n]
	var quote byte
	for ; n < len(rest); n++ {
		switch c := rest[n]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '<':
			return nil, fmt.Errorf("found %.20q, expected the end of a tag", rest[n:])
		case c == '>':
			if len(name) == 0 {
				return nil, errors.New("found an element without a name")
			}
			d.empty = rest[n-1] == '/'
			d.pos += n + 1
			d.open = append(d.open, name)
			return local(name), nil
		}
	}
	return nil, ErrCut
}

// stop reads the end tag of the innermost element.
func (d *Document) stop() error {
	rest := d.data[d.pos:]
	name := d.open[len(d.open)-1]
	n := 2 + len(name)
	if len(rest) <= n {
		return ErrCut
	}
	if !bytes.HasPrefix(rest, []byte("</")) || !bytes.Equal(rest[2:n], name) {
		return fmt.Errorf("found %.40q, expected </%s>", rest, name)
	}
	for n < len(rest) && isSpace(rest[n]) {
		n++
	}
	if n == len(rest) {
		return ErrCut
	}
	if rest[n] != '>' {
		return fmt.Errorf("found %.40q, expected </%s>", rest, name)
	}
	d.pos += n + 1
	d.close()
	return nil
}

func (d *Document) close() { d.open, d.empty = d.open[:len(d.open)-1], false }

// specialText returns a text with references, CDATA sections or comments.
func (d *Document) specialText(text []byte) ([]byte, error) {
	out := d.spare[:0]
	for {
		var err error
		if out, err = appendText(out, text); err != nil {
			return nil, err
		}
		rest := d.data[d.pos:]
		switch {
		case bytes.HasPrefix(rest, []byte("<![CDATA[")):
			n := bytes.Index(rest, []byte("]]>"))
			if n < 0 {
				return nil, ErrCut
			}
			out = append(out, rest[9:n]...)
			d.pos += n + 3
		case bytes.HasPrefix(rest, []byte("<!--")):
			if err := d.between(); err != nil {
				return nil, err
			}
		default:
			d.spare = out
			return out, nil
		}
		n := bytes.IndexByte(d.data[d.pos:], '<')
		if n < 0 {
			return nil, ErrCut
		}
		text = d.data[d.pos : d.pos+n]
		d.pos += n
	}
}

// appendText appends a text whose references are resolved and whose line ends are "\n".
// See https://www.w3.org/TR/xml/#sec-line-ends and https://www.w3.org/TR/xml/#sec-references.
func appendText(out, text []byte) ([]byte, error) {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '\r':
			if i+1 == len(text) || text[i+1] != '\n' {
				out = append(out, '\n')
			}
		case '&':
			n := bytes.IndexByte(text[i:], ';')
			if n < 0 {
				return nil, fmt.Errorf("found %.20q, expected a reference", text[i:])
			}
			r, err := reference(string(text[i+1 : i+n]))
			if err != nil {
				return nil, err
			}
			out = utf8.AppendRune(out, r)
			i += n
		default:
			out = append(out, c)
		}
	}
	return out, nil
}

func reference(name string) (rune, error) {
	switch name {
	case "amp":
		return '&', nil
	case "lt":
		return '<', nil
	case "gt":
		return '>', nil
	case "quot":
		return '"', nil
	case "apos":
		return '\'', nil
	}
	base, digits := 10, strings.TrimPrefix(name, "#")
	if hex, ok := strings.CutPrefix(digits, "x"); ok {
		base, digits = 16, hex
	}
	n, err := strconv.ParseUint(digits, base, 32)
	if err != nil || !strings.HasPrefix(name, "#") || n > utf8.MaxRune || n < ' ' && n != '\t' && n != '\n' && n != '\r' || !utf8.ValidRune(rune(n)) {
		return 0, fmt.Errorf("found the reference &%.20s;, expected a character", name)
	}
	return rune(n), nil
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// local is a name without the prefix of its namespace.
func local(name []byte) []byte { return name[bytes.IndexByte(name, ':')+1:] }

// Each calls read with the name of each child of the innermost element. read reads it to its end, by Text, Skip or Each.
func (d *Document) Each(read func(name string) error) error {
	for {
		name, ok, err := d.child()
		if err != nil || !ok {
			return err
		}
		if err := read(string(name)); err != nil {
			return err
		}
	}
}

// String reads the text of the innermost element into to.
func (d *Document) String(to *string) error {
	text, err := d.Text()
	*to = string(text)
	return err
}
