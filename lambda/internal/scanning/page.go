package scanning

import (
	"bytes"
	"strconv"
)

// tail is room for what surrounds the items: a next token, and the headers of a proxy answer.
const tail = maxToken + 4<<10

// page is an answer under construction: its bytes, and no other data of what was read.
type page struct {
	json     bytes.Buffer
	proxy    bool
	maxBytes int
	// size is the size of the items in the answer, as Lambda measures it.
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

// fitting returns how many of the items, from the first on, still fit.
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

// sizeOf returns the size of an item with its comma. The body of a proxy answer is a JSON string inside JSON, in which each quote and each
// backslash takes two bytes; JSON text has no other character that grows.
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

// close completes the body; it has a next only if the table may have more items.
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
