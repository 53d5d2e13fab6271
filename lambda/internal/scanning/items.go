package scanning

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/crossgrant/crossgrant/lambda/internal/jsontext"
)

// encoder reads JSON in the form of DynamoDB and appends what it means to out: an item is a JSON object with sorted names. A number keeps all its digits
// (up to 38; a float64 has 17), binary stays base64, and a set becomes an array. Its methods return false for what is not in that form, after which
// nothing of it may be used.
type encoder struct {
	in  []byte
	at  int
	out []byte
	// attrs are those of the maps around the current value.
	attrs []attribute
	// odd are the names that have escapes in out: they sort in another order.
	odd [][]byte
	// spare is for what is needed for a moment only.
	spare []byte
}

// attribute is the text of an attribute in out, from its name in quotes to the comma behind its value.
type attribute struct {
	from, nameEnd, to int
	// odd is the place of the name in encoder.odd, counted from 1; 0 if it is that in out.
	odd int
}

// maxDepth is more than the 32 levels to which DynamoDB nests values, and bounds the stack.
//
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
const maxDepth = 1000

func (e *encoder) reset(in []byte) {
	e.in, e.at, e.out, e.attrs, e.odd = in, 0, e.out[:0], e.attrs[:0], nil
}

func (e *encoder) space() {
	for e.at < len(e.in) {
		switch e.in[e.at] {
		case ' ', '\t', '\r', '\n':
			e.at++
		default:
			return
		}
	}
}

// next reads c, if it is next.
func (e *encoder) next(c byte) bool {
	if e.at >= len(e.in) {
		return false
	}
	if e.in[e.at] != c {
		if e.space(); e.at >= len(e.in) || e.in[e.at] != c {
			return false
		}
	}
	e.at++
	return true
}

// text reads a string and returns what is between its quotes, and whether it has escapes. U+2028 and U+2029, which encoding/json escapes, count as such.
func (e *encoder) text() (inner []byte, escaped, ok bool) {
	if !e.next('"') {
		return nil, false, false
	}
	from := e.at
	end, escaped := jsontext.EndOfString(e.in, from)
	if end < 0 {
		return nil, false, false
	}
	e.at = end + 1
	return e.in[from:end], escaped, true
}

// unescape returns the text of a string, which is valid until spare is used again.
func (e *encoder) unescape(inner []byte) ([]byte, bool) {
	e.spare = e.spare[:0]
	for {
		i := bytes.IndexByte(inner, '\\')
		if i < 0 {
			e.spare = append(e.spare, inner...)
			return e.spare, true
		}
		e.spare = append(e.spare, inner[:i]...)
		escape := inner[i+1]
		inner = inner[i+2:]
		switch escape {
		case '"', '\\', '/':
			e.spare = append(e.spare, escape)
		case 'b':
			e.spare = append(e.spare, '\b')
		case 'f':
			e.spare = append(e.spare, '\f')
		case 'n':
			e.spare = append(e.spare, '\n')
		case 'r':
			e.spare = append(e.spare, '\r')
		case 't':
			e.spare = append(e.spare, '\t')
		case 'u':
			r, ok := unit(inner)
			if !ok {
				return nil, false
			}
			inner = inner[4:]
			if utf16.IsSurrogate(r) {
				second := rune(utf8.RuneError)
				if len(inner) >= 6 && inner[0] == '\\' && inner[1] == 'u' {
					second, _ = unit(inner[2:])
				}
				if r = utf16.DecodeRune(r, second); r != utf8.RuneError {
					inner = inner[6:]
				}
			}
			e.spare = utf8.AppendRune(e.spare, r)
		default:
			return nil, false
		}
	}
}

// unit returns the UTF-16 code unit of four hexadecimal digits.
func unit(digits []byte) (rune, bool) {
	var b [2]byte
	if len(digits) < 4 {
		return 0, false
	}
	_, err := hex.Decode(b[:], digits[:4])
	return rune(b[0])<<8 | rune(b[1]), err == nil
}

// list reads an array, with one for each of its values.
func (e *encoder) list(one func() bool) bool {
	if !e.next('[') {
		return false
	}
	if e.next(']') {
		return true
	}
	for {
		if !one() {
			return false
		}
		if e.next(']') {
			return true
		}
		if !e.next(',') {
			return false
		}
	}
}

// object reads an object, with one for the value of each name, which is valid only until one reads.
func (e *encoder) object(one func(name []byte) bool) bool {
	if !e.next('{') {
		return false
	}
	if e.next('}') {
		return true
	}
	for {
		name, ok := e.plainText()
		if !ok || !e.next(':') || !one(name) {
			return false
		}
		if e.next('}') {
			return true
		}
		if !e.next(',') {
			return false
		}
	}
}

// plainText reads a string without its escapes. It is valid until spare is used again.
func (e *encoder) plainText() ([]byte, bool) {
	inner, escaped, ok := e.text()
	if !ok || !escaped {
		return inner, ok
	}
	return e.unescape(inner)
}

// key reads the primary key of an item.
func (e *encoder) key() (key, bool) {
	out := key{}
	ok := e.object(func(name []byte) (ok bool) {
		attribute := string(name)
		out[attribute], ok = e.keyValue()
		return ok
	})
	return out, ok
}

func (e *encoder) keyValue() (value keyValue, ok bool) {
	ok = e.object(func(kind []byte) bool {
		of := string(kind)
		inner, ok := e.plainText()
		text := string(inner)
		switch of {
		case "S":
			value.S = &text
		case "N":
			value.N = &text
		case "B":
			binary, err := base64.StdEncoding.DecodeString(text)
			value.B = &binary
			return ok && err == nil
		}
		return ok
	})
	return value, ok && value.valid()
}

// array appends an array, with one for each of its values.
func (e *encoder) array(one func() bool) bool {
	e.out = append(e.out, '[')
	first := true
	ok := e.list(func() bool {
		if !first {
			e.out = append(e.out, ',')
		}
		first = false
		return one()
	})
	e.out = append(e.out, ']')
	return ok
}

// attributes appends a map, sorted by name as encoding/json does.
func (e *encoder) attributes(depth int) bool {
	if depth > maxDepth || !e.next('{') {
		return false
	}
	e.out = append(e.out, '{')
	if e.next('}') {
		e.out = append(e.out, '}')
		return true
	}
	outside, begin := len(e.attrs), len(e.out)
	sorted := true
	for {
		from := len(e.out)
		inner, escaped, ok := e.text()
		if !ok || !e.next(':') || !e.string(inner, escaped) {
			return false
		}
		attr := attribute{from: from, nameEnd: len(e.out)}
		e.out = append(e.out, ':')
		if escaped && bytes.IndexByte(e.name(attr), '\\') >= 0 {
			text, _ := e.unescape(inner)
			e.odd = append(e.odd, bytes.Clone(text))
			attr.odd = len(e.odd)
		}
		if n := len(e.attrs); n > outside && sorted {
			sorted = e.compare(e.attrs[n-1], attr) < 0
		}
		if !e.value(depth) {
			return false
		}
		e.out = append(e.out, ',')
		attr.to = len(e.out)
		e.attrs = append(e.attrs, attr)
		if e.next('}') {
			break
		}
		if !e.next(',') {
			return false
		}
	}
	attrs := e.attrs[outside:]
	e.attrs = e.attrs[:outside]
	if !sorted {
		e.sort(attrs, begin)
	}
	e.out[len(e.out)-1] = '}' // instead of the last comma
	return true
}

func (e *encoder) name(a attribute) []byte {
	if a.odd > 0 {
		return e.odd[a.odd-1]
	}
	return e.out[a.from+1 : a.nameEnd-1]
}

func (e *encoder) compare(a, b attribute) int { return bytes.Compare(e.name(a), e.name(b)) }

// sort puts attributes, whose text is all of out from begin on, into the order of their names. Of one that occurs twice, the last counts, as in
// encoding/json.
func (e *encoder) sort(attrs []attribute, begin int) {
	twice := false
	for i := 1; i < len(attrs); i++ { // few, and often nearly in order
		for j := i; j > 0; j-- {
			c := e.compare(attrs[j], attrs[j-1])
			if twice = twice || c == 0; c >= 0 {
				break
			}
			attrs[j], attrs[j-1] = attrs[j-1], attrs[j]
		}
	}
	for i := 1; twice && i < len(attrs); i++ {
		if e.compare(attrs[i-1], attrs[i]) == 0 {
			attrs[i-1].to = attrs[i-1].from
		}
	}
	e.spare = append(e.spare[:0], e.out[begin:]...)
	e.out = e.out[:begin]
	for _, a := range attrs {
		e.out = append(e.out, e.spare[a.from-begin:a.to-begin]...)
	}
}

// string appends a string.
func (e *encoder) string(inner []byte, escaped bool) bool {
	if !escaped {
		e.out = append(append(append(e.out, '"'), inner...), '"')
		return true
	}
	text, ok := e.unescape(inner)
	e.out = jsontext.AppendString(e.out, text)
	return ok
}

// value appends one attribute's value, such as {"S":"text"}.
func (e *encoder) value(depth int) bool {
	if !e.next('{') {
		return false
	}
	kind, ok := e.plainText()
	if !ok || !e.next(':') {
		return false
	}
	switch string(kind) {
	case "S":
		ok = e.textValue()
	case "N":
		ok = e.number()
	case "B":
		ok = e.binary()
	case "BOOL":
		ok = e.word("true") || e.word("false")
	case "NULL":
		if before := len(e.out); e.word("true") || e.word("false") {
			e.out, ok = append(e.out[:before], "null"...), true
		} else {
			ok = false
		}
	case "SS":
		ok = e.array(e.textValue)
	case "NS":
		ok = e.array(e.number)
	case "BS":
		ok = e.array(e.binary)
	case "L":
		ok = depth <= maxDepth && e.array(func() bool { return e.value(depth + 1) })
	case "M":
		ok = e.attributes(depth + 1)
	default:
		ok = false
	}
	return ok && e.next('}')
}

func (e *encoder) textValue() bool {
	inner, escaped, ok := e.text()
	return ok && e.string(inner, escaped)
}

// number appends a number as it is written.
func (e *encoder) number() bool {
	text, ok := e.plainText()
	if ok = ok && isNumber(text); ok {
		e.out = append(e.out, text...)
	}
	return ok
}

func (e *encoder) binary() bool {
	inner, escaped, ok := e.text()
	if ok && escaped { // such as "\/"
		var text []byte
		text, ok = e.unescape(inner)
		inner = bytes.Clone(text)
	}
	if !ok {
		return false
	}
	e.spare = slices.Grow(e.spare[:0], base64.StdEncoding.DecodedLen(len(inner)))
	n, err := base64.StdEncoding.Decode(e.spare[:cap(e.spare)], inner)
	e.out = appendBinary(e.out, e.spare[:n])
	return err == nil
}

// null reads null, if it is next.
func (e *encoder) null() bool {
	end := len(e.out)
	ok := e.word("null")
	e.out = e.out[:end]
	return ok
}

// word appends a word, if it is next.
func (e *encoder) word(word string) bool {
	e.space()
	if !bytes.HasPrefix(e.in[e.at:], []byte(word)) {
		return false
	}
	e.at += len(word)
	e.out = append(e.out, word...)
	return true
}

// skip reads over a value of any kind, of which it checks the end only.
func (e *encoder) skip() bool {
	for depth := 0; ; {
		e.space()
		if e.at >= len(e.in) {
			return false
		}
		switch c := e.in[e.at]; c {
		case '"':
			if _, _, ok := e.text(); !ok {
				return false
			}
		case '{', '[':
			depth++
			e.at++
		case '}', ']':
			if depth--; depth < 0 {
				return false
			}
			e.at++
		default: // a number, a word, a colon, a comma
			e.at++
			for e.at < len(e.in) && !bytes.ContainsRune([]byte(`"{}[],: `+"\t\r\n"), rune(e.in[e.at])) {
				e.at++
			}
		}
		if depth == 0 {
			return true
		}
	}
}

func appendBinary(to, b []byte) []byte {
	return append(base64.StdEncoding.AppendEncode(append(to, '"'), b), '"')
}

// isNumber reports whether a text is a number of JSON.
//
// https://www.rfc-editor.org/rfc/rfc8259#section-6
func isNumber(s []byte) bool {
	i := 0
	digits := func() bool {
		from := i
		for i < len(s) && '0' <= s[i] && s[i] <= '9' {
			i++
		}
		return i > from
	}
	if i < len(s) && s[i] == '-' {
		i++
	}
	if i < len(s) && s[i] == '0' {
		i++
	} else if !digits() {
		return false
	}
	if i < len(s) && s[i] == '.' {
		if i++; !digits() {
			return false
		}
	}
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		if i++; i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		if !digits() {
			return false
		}
	}
	return i == len(s)
}
