package awsclient

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// writerTo is a body as the SDK's, whose WriteTo reports the end as an error when it was closed before.
type writerTo struct {
	io.Reader
	t *testing.T
}

func (w *writerTo) WriteTo(io.Writer) (int64, error) {
	w.t.Error("the body was written by its WriteTo, expected it to be read")
	return 0, io.EOF
}

func (*writerTo) Close() error { return nil }

func TestABodyIsRead(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) }))
	defer server.Close()
	request, err := http.NewRequest(http.MethodPost, server.URL, &writerTo{strings.NewReader("content"), t})
	if err != nil {
		t.Fatal(err)
	}
	request.ContentLength = int64(len("content"))
	response, err := NewHTTP(1, nil).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if got, err := io.ReadAll(response.Body); string(got) != "content" || err != nil {
		t.Errorf("found %q, %v, expected what was sent", got, err)
	}
}
