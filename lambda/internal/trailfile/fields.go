package trailfile

// Fields are the fields of a record that a filter uses: each nil if the record does not have it as a string. Of a name that occurs twice, the
// last one counts, as for encoding/json.
//
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
type Fields struct {
	// EventID is CloudTrail's ID of the event.
	EventID []byte
	// EventTime is when the request was completed, such as 2016-08-25T13:00:00Z.
	EventTime []byte
	// EventName is the action.
	EventName []byte
	// EventSource is the service.
	EventSource []byte
	// ErrorCode is the service's error.
	ErrorCode []byte
	// SourceIPAddress is an address, or the name of a service.
	SourceIPAddress []byte
	// PrincipalARN is userIdentity.arn.
	PrincipalARN []byte
	// IssuerARN is userIdentity.sessionContext.sessionIssuer.arn: for an assumed role, the ARN of the role.
	IssuerARN []byte
}

// place is an object in which there may be fields.
type place uint8

const (
	elsewhere place = iota
	inRecord
	inIdentity // userIdentity
	inSession  // userIdentity.sessionContext
	inIssuer   // userIdentity.sessionContext.sessionIssuer
)

// named returns the field that has a name in an object, if its value is a string, and the place that its value is, if that is an object. It
// forgets what an earlier value of the same name had.
func (f *Fields) named(at place, name []byte) (field *[]byte, inner place) {
	switch at {
	case inRecord:
		switch string(name) {
		case "eventID":
			field = &f.EventID
		case "eventTime":
			field = &f.EventTime
		case "eventName":
			field = &f.EventName
		case "eventSource":
			field = &f.EventSource
		case "errorCode":
			field = &f.ErrorCode
		case "sourceIPAddress":
			field = &f.SourceIPAddress
		case "userIdentity":
			f.PrincipalARN, f.IssuerARN = nil, nil
			return nil, inIdentity
		}
	case inIdentity:
		switch string(name) {
		case "arn":
			field = &f.PrincipalARN
		case "sessionContext":
			f.IssuerARN = nil
			return nil, inSession
		}
	case inSession:
		if string(name) == "sessionIssuer" {
			f.IssuerARN = nil
			return nil, inIssuer
		}
	case inIssuer:
		if string(name) == "arn" {
			field = &f.IssuerARN
		}
	}
	if field != nil {
		*field = nil
	}
	return field, elsewhere
}
