package sigv4

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// The values of x-amz-content-sha256 that are no digest.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
const (
	unsigned        = "UNSIGNED-PAYLOAD"
	unsignedTrailer = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
	signedChunks    = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
	signedTrailer   = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
)

// maxLine limits the line before a chunk, and those of the trailer.
const maxLine = 4096

// Body returns the body of a request as it comes, unchanged. Reading it fails with ErrPayload, ErrMismatch or ErrMalformed before its end if it is not what is
// signed, so that nobody gets all of a wrong body.
func (s *Signature) Body(r *http.Request, secret string) (io.Reader, error) {
	switch s.Payload {
	case unsigned, "":
		return r.Body, nil
	case signedChunks, signedTrailer, unsignedTrailer:
		if s.decoded < 0 {
			return nil, fmt.Errorf("%w: found no X-Amz-Decoded-Content-Length, expected the length of the body", ErrMalformed)
		}
		return &chunks{in: bufio.NewReaderSize(r.Body, 64<<10), signature: s, key: s.key(secret), last: s.signature, signed: s.Payload != unsignedTrailer, left: -1, missing: s.decoded}, nil
	}
	if len(s.Payload) != 2*sha256.Size {
		return nil, fmt.Errorf("%w: found x-amz-content-sha256 %q, expected a digest or a constant", ErrMalformed, s.Payload)
	}
	return &digested{in: r.Body, expected: s.Payload, left: r.ContentLength, digest: sha256.New()}, nil
}

// digested is a body whose digest is signed. It gives its last part only if the digest is right.
type digested struct {
	in       io.Reader
	expected string
	left     int64
	digest   hash.Hash
}

func (d *digested) Read(p []byte) (int, error) {
	n, err := d.in.Read(p)
	d.digest.Write(p[:n])
	d.left -= int64(n)
	if (d.left == 0 || err == io.EOF) && hex.EncodeToString(d.digest.Sum(nil)) != d.expected {
		return 0, ErrPayload
	}
	return n, err
}

// chunks is a body in chunks, each with its own signature or without one, and perhaps a trailer.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
type chunks struct {
	in        *bufio.Reader
	signature *Signature
	key       []byte
	last      string // the signature before this one
	signed    bool

	out     bytes.Buffer // what is read and not given yet
	left    int64        // of the chunk; -1 between chunks
	missing int64        // of the whole body
	digest  hash.Hash    // of the chunk
	own     string       // signature of the chunk
	size    int64        // of the chunk
	done    bool
	failed  error
}

func (c *chunks) Read(p []byte) (int, error) {
	for {
		switch {
		case c.out.Len() > 0:
			return c.out.Read(p)
		case c.failed != nil:
			return 0, c.failed
		case c.done:
			return 0, io.EOF
		case c.left > 0:
			n, err := c.in.Read(p[:min(int64(len(p)), c.left)])
			c.digest.Write(p[:n])
			if c.left -= int64(n); err != nil && n == 0 {
				c.failed = io.ErrUnexpectedEOF
			}
			if n > 0 {
				return n, nil
			}
		case c.left == 0:
			c.failed = c.end()
		default:
			c.failed = c.begin()
		}
	}
}

// begin reads the line before a chunk: SIZE in hexadecimal, and ";chunk-signature=SIGNATURE".
func (c *chunks) begin() error {
	line, err := c.line()
	if err != nil {
		return err
	}
	size, extension, _ := strings.Cut(line, ";")
	n, err := strconv.ParseInt(size, 16, 64)
	if err != nil || n < 0 || n > c.missing || n == 0 && c.missing > 0 {
		return fmt.Errorf("%w: found a chunk of %q bytes, and %d bytes are missing", ErrMalformed, size, c.missing)
	}
	if c.own = strings.TrimPrefix(extension, "chunk-signature="); c.signed && len(c.own) != 2*sha256.Size {
		return fmt.Errorf("%w: found a chunk without a chunk-signature", ErrMalformed)
	}
	c.left, c.size, c.digest = n, n, sha256.New()
	c.missing -= n
	return nil
}

// end checks the signature of a chunk, and reads what is behind it.
func (c *chunks) end() error {
	if c.signed {
		empty := Digest(nil)
		expected := c.sign("AWS4-HMAC-SHA256-PAYLOAD", empty, hex.EncodeToString(c.digest.Sum(nil)))
		if !hmac.Equal([]byte(expected), []byte(c.own)) {
			return ErrMismatch
		}
		c.last = expected
	}
	c.left = -1
	if c.size > 0 {
		if line, err := c.line(); err != nil || line != "" {
			return fmt.Errorf("%w: found %q behind a chunk, expected the end of the line", ErrMalformed, line)
		}
		return nil
	}
	return c.trailer()
}

// trailer reads what is behind the last chunk, and checks its signature.
func (c *chunks) trailer() error {
	var headers strings.Builder
	found := ""
	for {
		line, err := c.line()
		if err != nil {
			return err
		}
		if line == "" {
			break
		}
		name, value, _ := strings.Cut(line, ":")
		if name = strings.ToLower(strings.TrimSpace(name)); name == "x-amz-trailer-signature" {
			found = strings.TrimSpace(value)
			continue
		}
		headers.WriteString(name + ":" + strings.TrimSpace(value) + "\n")
	}
	c.done = true
	if c.signature.Payload != signedTrailer {
		return nil
	}
	if expected := c.sign("AWS4-HMAC-SHA256-TRAILER", Digest([]byte(headers.String()))); !hmac.Equal([]byte(expected), []byte(found)) {
		c.out.Reset()
		return ErrMismatch
	}
	return nil
}

func (c *chunks) sign(name string, digests ...string) string {
	s := c.signature
	text := append([]string{name, s.Time.Format(timeFormat), s.scope, c.last}, digests...)
	return s.sign(c.key, strings.Join(text, "\n"))
}

// line reads a line, which is given as it is.
func (c *chunks) line() (string, error) {
	line, err := c.in.ReadSlice('\n')
	switch {
	case len(line) > maxLine || err == bufio.ErrBufferFull:
		return "", fmt.Errorf("%w: found a line of more than %d bytes between chunks", ErrMalformed, maxLine)
	case err != nil:
		return "", io.ErrUnexpectedEOF
	}
	text, ok := strings.CutSuffix(string(line), "\r\n")
	if !ok {
		return "", fmt.Errorf("%w: found a line between chunks that does not end in CR LF", ErrMalformed)
	}
	c.out.Write(line)
	return text, nil
}
