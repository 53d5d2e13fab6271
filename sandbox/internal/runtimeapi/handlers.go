package runtimeapi

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
)

// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
func (e *environment) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", e.serveNext)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", e.serveResult(false))
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/error", e.serveResult(true))
	mux.HandleFunc("POST /2018-06-01/runtime/init/error", e.serveInitError)
	return mux
}

// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-next
func (e *environment) serveNext(w http.ResponseWriter, r *http.Request) {
	if found, ok := e.change(idle, starting, idle); !ok {
		forbidState(w, found, "an event")
		return
	}
	next := make(chan invocation, 1)
	select {
	case e.ready <- next:
	case <-r.Context().Done():
		return
	}
	call := <-next
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Lambda-Runtime-Aws-Request-Id", call.id)
	header.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(call.deadline.UnixMilli(), 10))
	header.Set("Lambda-Runtime-Invoked-Function-Arn", e.config.FunctionARN)
	w.Write(call.event)
}

// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-response
func (e *environment) serveResult(failed bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		payload, err := io.ReadAll(io.LimitReader(r.Body, MaxResponse+1))
		if err != nil {
			writeError(w, http.StatusBadRequest, "TruncatedHTTPRequest", "HTTP request detected as truncated")
			return
		}
		if !e.finish(r.PathValue("id")) {
			writeError(w, http.StatusBadRequest, "InvalidRequestID", "Invalid request ID")
			return
		}
		if len(payload) > MaxResponse {
			e.results <- failure("Function.ResponseSizeTooLarge",
				fmt.Sprintf("Response payload size exceeded maximum allowed payload size (%d bytes).", MaxResponse))
			io.Copy(io.Discard, r.Body) // a client that is still sending would not read the response
			writeError(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLarge",
				fmt.Sprintf("Exceeded maximum allowed payload size (%d bytes).", MaxResponse))
			return
		}
		e.results <- Result{Payload: payload, Failed: failed}
		accept(w)
	}
}

// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-initerror
func (e *environment) serveInitError(w http.ResponseWriter, r *http.Request) {
	payload, err := io.ReadAll(io.LimitReader(r.Body, MaxResponse))
	if err != nil {
		writeError(w, http.StatusBadRequest, "TruncatedHTTPRequest", "HTTP request detected as truncated")
		return
	}
	if found, ok := e.change(broken, starting); !ok {
		forbidState(w, found, "an initialization error")
		return
	}
	e.results <- Result{Payload: payload, Failed: true}
	accept(w)
}

// change sets the state if it is one of from, and returns the state that it found.
func (e *environment) change(to state, from ...state) (found state, ok bool) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	for _, s := range from {
		if e.state == s {
			e.state = to
			return s, true
		}
	}
	return e.state, false
}

// finish ends the current invocation, if id is its request ID.
func (e *environment) finish(id string) bool {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	if e.state != busy || e.current != id {
		return false
	}
	e.state = idle
	return true
}

func accept(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusAccepted)
	io.WriteString(w, `{"status":"OK"}`)
}

func forbidState(w http.ResponseWriter, found state, request string) {
	writeError(w, http.StatusForbidden, "InvalidStateTransition", fmt.Sprintf("found the runtime in state %s, in which it cannot ask for or report %s", found, request))
}

func writeError(w http.ResponseWriter, status int, kind, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(errorJSON(kind, message))
}
