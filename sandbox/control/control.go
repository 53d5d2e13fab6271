// Package control is the interface by which the commands of the sandbox ask its background process: operations with JSON in and out, over HTTP on loopback, for
// those who have the token. It has no operations of its own, and starts no process.
package control

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"mime"
	"net"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

// Version is the version of the interface, which is a part of each path.
const Version = 1

// maxBody limits a request and an answer, in bytes: the event of a function is 6 MB at most, which JSON may write as Base64.
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const maxBody = 16 << 20

// Client is who may ask a server. Its JSON form is a part of the state of a sandbox.
type Client struct {
	// URL is the address of the server, on loopback.
	URL string `json:"url"`
	// Token is what the server expects.
	Token string `json:"token"`
}

// Operation is what a server can be asked for, by its name: it takes an In and answers an Out, both as JSON.
type Operation[In, Out any] string

// Error is an error that the operation answered.
type Error string

func (e Error) Error() string { return string(e) }

// ErrNoAnswer is in the errors of calls that no server answered.
var ErrNoAnswer = errors.New("the background process does not answer")

// transport goes to loopback, whatever the proxies of the environment are.
var transport = &http.Transport{}

// Call asks the server. It errs with an Error if the operation failed, and with ErrNoAnswer if there is no such server.
func (o Operation[In, Out]) Call(ctx context.Context, c Client, in In) (out Out, err error) {
	body, err := json.Marshal(in)
	if err != nil {
		return out, fmt.Errorf("%s: %w", o, err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.URL+path(string(o)), bytes.NewReader(body))
	if err != nil {
		return out, fmt.Errorf("%s: %w", o, err)
	}
	r.Header.Set("Authorization", "Bearer "+c.Token)
	r.Header.Set("Content-Type", "application/json")
	response, err := (&http.Client{Transport: transport}).Do(r)
	if err != nil {
		if ctx.Err() != nil {
			return out, fmt.Errorf("%s: %w", o, ctx.Err())
		}
		return out, fmt.Errorf("%s: %w: %w", o, ErrNoAnswer, err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxBody+1))
	switch {
	case err != nil && ctx.Err() != nil:
		return out, fmt.Errorf("%s: %w", o, ctx.Err())
	case err != nil:
		return out, fmt.Errorf("%s: read the answer: %w: %w", o, ErrNoAnswer, err)
	case len(text) > maxBody:
		return out, fmt.Errorf("%s: found an answer of more than %d bytes", o, maxBody)
	case response.StatusCode == http.StatusOK:
		if err := json.Unmarshal(text, &out); err != nil {
			return out, fmt.Errorf("%s: read the answer: %w", o, err)
		}
		return out, nil
	}
	var problem failure
	if err := json.Unmarshal(text, &problem); err != nil || problem.Error == "" {
		return out, fmt.Errorf("%s: found status %d and %.200q, expected an answer of a sandbox", o, response.StatusCode, text)
	}
	if response.StatusCode == http.StatusUnprocessableEntity {
		return out, Error(problem.Error)
	}
	return out, fmt.Errorf("%s: %s", o, problem.Error)
}

// failure is the body of an answer that is no success.
type failure struct {
	Error string `json:"error"`
}

func path(operation string) string { return fmt.Sprintf("/v%d/%s", Version, operation) }

// Server answers operations. Those have to be added before Start.
type Server struct {
	operations map[string]func(context.Context, []byte) (any, error)
	client     Client
	host       string
	server     *http.Server
	log        *log.Logger
}

// NewServer has no operations yet. What goes wrong in one is written to a log.
func NewServer(to io.Writer) *Server {
	return &Server{operations: map[string]func(context.Context, []byte) (any, error){}, log: log.New(to, "control: ", log.LstdFlags|log.LUTC)}
}

// Serve makes a server answer the operation. The context ends when the caller goes away or the server stops.
func (o Operation[In, Out]) Serve(s *Server, answer func(context.Context, In) (Out, error)) {
	s.operations[path(string(o))] = func(ctx context.Context, body []byte) (any, error) {
		var in In
		d := json.NewDecoder(bytes.NewReader(body))
		d.DisallowUnknownFields()
		if err := d.Decode(&in); err != nil {
			return nil, malformed{fmt.Errorf("read the request: %w", err)}
		}
		if _, err := d.Token(); err != io.EOF {
			return nil, malformed{errors.New("read the request: found more after the first value, expected one value")}
		}
		return answer(ctx, in)
	}
}

// malformed is an error about the request itself.
type malformed struct{ error }

// Start listens on a free port of loopback, with a new token. The caller must call Stop.
func (s *Server) Start() (Client, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return Client{}, fmt.Errorf("listen for the control interface: %w", err)
	}
	s.host = listener.Addr().String()
	s.client = Client{URL: "http://" + s.host, Token: newToken()}
	s.server = &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, ErrorLog: s.log}
	go s.server.Serve(listener)
	return s.client, nil
}

func newToken() string {
	b := make([]byte, 32)
	rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

// Stop waits up to a second for answers that are under way, and ends all connections.
func (s *Server) Stop() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if s.server.Shutdown(ctx) != nil {
		s.server.Close()
	}
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	status, answer := s.serve(w, r)
	text, err := json.Marshal(answer)
	if err != nil {
		s.log.Printf("%s: %v", r.URL.Path, err)
		status, text = http.StatusInternalServerError, []byte(`{"error":"the answer has no JSON form"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(append(text, '\n'))
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) (status int, answer any) {
	refuse := func(status int, format string, args ...any) (int, any) {
		return status, failure{fmt.Sprintf(format, args...)}
	}
	given, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	operation, known := s.operations[r.URL.Path]
	switch {
	case r.Host != s.host || r.Header.Get("Origin") != "":
		return refuse(http.StatusForbidden, "found a request for host %q from origin %q, expected one for %s without an origin", r.Host, r.Header.Get("Origin"), s.host)
	case subtle.ConstantTimeCompare([]byte(given), []byte(s.client.Token)) != 1:
		return refuse(http.StatusUnauthorized, "found no token or another one, expected that of the sandbox")
	case !known:
		names := slices.Sorted(maps.Keys(s.operations))
		return refuse(http.StatusNotFound, "found %s, expected one of %s: is the sandbox of another version of this program?", r.URL.Path, strings.Join(names, ", "))
	case r.Method != http.MethodPost:
		return refuse(http.StatusMethodNotAllowed, "found method %s, expected POST", r.Method)
	case media != "application/json":
		return refuse(http.StatusUnsupportedMediaType, "found content type %q, expected application/json", r.Header.Get("Content-Type"))
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return refuse(http.StatusRequestEntityTooLarge, "found a request of more than %d bytes", tooLarge.Limit)
	} else if err != nil {
		return refuse(http.StatusBadRequest, "read the request: %v", err)
	}
	defer func() {
		if problem := recover(); problem != nil {
			s.log.Printf("%s: %v\n%s", r.URL.Path, problem, debug.Stack())
			status, answer = refuse(http.StatusInternalServerError, "the sandbox has a defect: %v; its log has more", problem)
		}
	}()
	answer, err = operation(r.Context(), body)
	switch {
	case errors.As(err, new(malformed)):
		return refuse(http.StatusBadRequest, "%v", err)
	case err != nil:
		return refuse(http.StatusUnprocessableEntity, "%v", err)
	}
	return http.StatusOK, answer
}
