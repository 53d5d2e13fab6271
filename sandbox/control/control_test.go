package control_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/crossgrant/crossgrant/sandbox/control"
)

type sum struct {
	Numbers []int `json:"numbers"`
}

const (
	add    = control.Operation[sum, int]("add")
	fail   = control.Operation[struct{}, struct{}]("fail")
	panics = control.Operation[struct{}, struct{}]("panics")
	wait   = control.Operation[struct{}, struct{}]("wait")
	other  = control.Operation[struct{}, struct{}]("other")
)

func serve(t *testing.T) control.Client {
	t.Helper()
	s := control.NewServer(io.Discard)
	add.Serve(s, func(_ context.Context, in sum) (total int, err error) {
		for _, n := range in.Numbers {
			total += n
		}
		return total, nil
	})
	fail.Serve(s, func(context.Context, struct{}) (struct{}, error) { return struct{}{}, errors.New("found no lamp") })
	panics.Serve(s, func(context.Context, struct{}) (struct{}, error) { panic("out of oil") })
	wait.Serve(s, func(ctx context.Context, _ struct{}) (struct{}, error) { <-ctx.Done(); return struct{}{}, ctx.Err() })
	c, err := s.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return c
}

func TestOperations(t *testing.T) {
	c := serve(t)
	if found, err := add.Call(t.Context(), c, sum{[]int{1, 2, 3}}); err != nil || found != 6 {
		t.Errorf("found %d, %v, expected 6", found, err)
	}
	if _, err := fail.Call(t.Context(), c, struct{}{}); err != control.Error("found no lamp") {
		t.Errorf("found %v, expected the error of the operation", err)
	}
	if _, err := panics.Call(t.Context(), c, struct{}{}); err == nil || !strings.Contains(err.Error(), "out of oil") {
		t.Errorf("found %v, expected that the sandbox has a defect", err)
	}
	if _, err := other.Call(t.Context(), c, struct{}{}); err == nil || !strings.Contains(err.Error(), "expected one of /v1/add, /v1/fail") {
		t.Errorf("found %v, expected the names of the operations", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := wait.Call(ctx, c, struct{}{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("found %v, expected the end of the context", err)
	}
	stranger := control.Client{URL: c.URL, Token: "x"}
	if _, err := add.Call(t.Context(), stranger, sum{}); err == nil || !strings.Contains(err.Error(), "found no token or another one") {
		t.Errorf("found %v, expected that the token is refused", err)
	}
	nobody := control.Client{URL: "http://127.0.0.1:1", Token: c.Token}
	if _, err := add.Call(t.Context(), nobody, sum{}); !errors.Is(err, control.ErrNoAnswer) {
		t.Errorf("found %v, expected %v", err, control.ErrNoAnswer)
	}
}

// The good request is changed in one way each time.
func TestRequestsThatAreRefused(t *testing.T) {
	c := serve(t)
	for name, one := range map[string]struct {
		change func(*http.Request)
		body   string
		status int
	}{
		"none":                   {func(*http.Request) {}, `{"numbers":[1]}`, 200},
		"no token":               {func(r *http.Request) { r.Header.Del("Authorization") }, `{}`, 401},
		"an empty token":         {func(r *http.Request) { r.Header.Set("Authorization", "Bearer ") }, `{}`, 401},
		"another host":           {func(r *http.Request) { r.Host = "localhost.example.com" }, `{}`, 403},
		"a page of a browser":    {func(r *http.Request) { r.Header.Set("Origin", "http://example.com") }, `{}`, 403},
		"GET":                    {func(r *http.Request) { r.Method = "GET" }, `{}`, 405},
		"a form":                 {func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }, `{}`, 415},
		"an operation of nobody": {func(r *http.Request) { r.URL.Path = "/v1/x" }, `{}`, 404},
		"another version":        {func(r *http.Request) { r.URL.Path = "/v2/add" }, `{}`, 404},
		"no JSON":                {func(*http.Request) {}, `{`, 400},
		"no body":                {func(*http.Request) {}, ``, 400},
		"an unknown field":       {func(*http.Request) {}, `{"number":1}`, 400},
		"two values":             {func(*http.Request) {}, `{} {}`, 400},
		"another type":           {func(*http.Request) {}, `{"numbers":"1"}`, 400},
		"17 MB":                  {func(*http.Request) {}, `{"numbers":[` + strings.Repeat("1,", 17<<19) + `1]}`, 413},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := http.NewRequest("POST", c.URL+"/v1/add", strings.NewReader(one.body))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", "Bearer "+c.Token)
			r.Header.Set("Content-Type", "application/json")
			one.change(r)
			response, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			text, _ := io.ReadAll(response.Body)
			if response.StatusCode != one.status || one.status != 200 && !strings.Contains(string(text), `"error":"`) {
				t.Errorf("found status %d and %s, expected %d", response.StatusCode, text, one.status)
			}
		})
	}
}
