package listing

import (
	"github.com/crossgrant/crossgrant/lambda/internal/event"
	"github.com/crossgrant/crossgrant/lambda/internal/s3keys"
)

type request struct {
	prefix     string
	startAfter string
	maxKeys    int
}

// readRequest reads the event. An empty prefix or startAfter is as good as none.
func readRequest(payload []byte) (request, error) {
	object, err := event.Parse(payload)
	if err != nil {
		return request{}, err
	}
	if err := object.Only("prefix", "startAfter", "maxKeys"); err != nil {
		return request{}, err
	}
	var r request
	if r.prefix, _, err = object.Text("prefix", s3keys.Max); err != nil {
		return request{}, err
	}
	if r.startAfter, _, err = object.Text("startAfter", s3keys.Max); err != nil {
		return request{}, err
	}
	if r.maxKeys, err = object.Whole("maxKeys", 1, 10000, 1000); err != nil {
		return request{}, err
	}
	return r, nil
}
