package s3keys

import (
	"errors"
	"fmt"
)

// ErrNoToken says that S3 returned a page which is not the last one without a token for the next.
var ErrNoToken = errors.New("S3 says that its page is not the last one but returns no token for the next")

// maxEmpty is how many pages without an entry may follow each other. S3 may return some, such as behind many delete markers.
const maxEmpty = 1000

// Progress checks that a listing of any kind comes to its end. The zero value is for one that begins.
type Progress struct {
	token string
	empty int
}

// Page checks a page that is not the last: entries is how many it has, and token says where the next one begins. A listing that returns a token
// again would repeat its pages for ever.
func (p *Progress) Page(entries int, token string) error {
	if p.empty++; entries > 0 {
		p.empty = 0
	}
	switch {
	case token == "":
		return ErrNoToken
	case token == p.token:
		return errors.New("S3 repeats a page: it returned the same token for the next page twice")
	case p.empty >= maxEmpty:
		return fmt.Errorf("S3 returned %d pages in a row without an entry, and says that there are more", p.empty)
	}
	p.token = token
	return nil
}
