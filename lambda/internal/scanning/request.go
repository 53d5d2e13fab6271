package scanning

import (
	"net/http"

	"github.com/crossgrant/crossgrant/lambda/internal/event"
	"github.com/crossgrant/crossgrant/lambda/internal/failure"
)

const (
	maxLimit     = 1000
	defaultLimit = 100
)

type request struct {
	proxy bool
	limit int
	start key
}

// readRequest reads an event of any kind. With an error, the request still says whether it came
// through API Gateway, so that the error can go back the same way.
func readRequest(payload []byte, table string) (request, error) {
	object, err := event.Parse(payload)
	if err != nil {
		return request{}, err
	}
	call, ok := proxyCall(object)
	if !ok {
		return readPlain(object, table)
	}
	r := request{proxy: true, limit: defaultLimit}
	if call.method != http.MethodGet {
		return r, &failure.Failure{
			Status:  http.StatusMethodNotAllowed,
			Message: "method: found " + event.Quote(call.method) + ", expected GET",
		}
	}
	query, err := call.parameters("limit", "next")
	if err != nil {
		return r, err
	}
	if text, given := query["limit"]; given {
		if r.limit, err = event.ParseWhole(`query parameter "limit"`, text, 1, maxLimit); err != nil {
			return r, err
		}
	}
	if text, given := query["next"]; given {
		r.start, err = decodeToken(text, table, `query parameter "next"`)
	}
	return r, err
}

func readPlain(object event.Object, table string) (request, error) {
	if err := object.Only("limit", "next"); err != nil {
		return request{}, err
	}
	limit, err := object.Whole("limit", 1, maxLimit, defaultLimit)
	if err != nil {
		return request{}, err
	}
	r := request{limit: limit}
	text, given, err := object.Text("next", maxToken)
	if err != nil || !given {
		return r, err
	}
	r.start, err = decodeToken(text, table, `field "next"`)
	return r, err
}
