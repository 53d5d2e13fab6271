package scanning

import (
	"bytes"
	"strconv"
)

// tail is room for what surrounds the items: a next token, and the headers of a proxy answer.
const tail = maxToken + 4<<10

// page is the answer while it grows. It holds the answer's bytes and nothing else of what was read.
type page struct {
	json     bytes.Buffer
	proxy    bool
	maxBytes int
	// size is what the items take up in the answer as Lambda measures it.
	size  int
	count int
	pages int
	last  key
}

func newPage(proxy bool, maxBytes int) *page {
	p := &page{proxy: proxy, maxBytes: maxBytes}
	p.json.WriteString(`{"items":[`)
	return p
}

// fitting returns how many of items, from the first on, still fit.
func (p *page) fitting(items [][]byte) int {
	size := p.size
	for i, item := range items {
		size += p.sizeOf(item)
		if size+tail > p.maxBytes {
			return i
		}
	}
	return len(items)
}

// sizeOf counts an item with its comma. The body of a proxy answer is a JSON string inside JSON: there
// each quote and each backslash takes two bytes, and JSON text has no other character that grows.
func (p *page) sizeOf(item []byte) int {
	size := len(item) + 1
	if p.proxy {
		size += bytes.Count(item, []byte{'"'}) + bytes.Count(item, []byte{'\\'})
	}
	return size
}

func (p *page) add(items [][]byte) {
	for _, item := range items {
		if p.count > 0 {
			p.json.WriteByte(',')
		}
		p.json.Write(item)
		p.size += p.sizeOf(item)
		p.count++
	}
}

// close completes the body; next is there only where the table may hold more.
func (p *page) close(table string) ([]byte, error) {
	p.json.WriteString(`],"count":` + strconv.Itoa(p.count))
	if len(p.last) > 0 {
		token, err := encodeToken(p.last, table)
		if err != nil {
			return nil, err
		}
		p.json.WriteString(`,"next":"` + token + `"`)
	}
	p.json.WriteByte('}')
	return p.json.Bytes(), nil
}
