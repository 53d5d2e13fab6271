package trailfile

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func fieldsOf(record string) *Fields {
	p, _ := parse(record)
	return &p.fields
}

func TestFieldsOfTheFixture(t *testing.T) {
	want := [][8]string{ // id, time, name, source, error, address, principal, issuer
		{"11111111-aaaa-4444-8888-000000000001", "2016-08-25T13:00:00Z", "ConsoleLogin", "signin.amazonaws.com", "-", "192.0.2.44", "-", "-"},
		{"11111111-aaaa-4444-8888-000000000002", "2016-08-25T13:04:59Z", "AssumeRole", "sts.amazonaws.com", "-", "10.0.12.7", "-", "-"},
		{"11111111-aaaa-4444-8888-000000000003", "2016-08-25T13:05:01Z", "GetObject", "s3.amazonaws.com", "AccessDenied", "10.0.12.7",
			"arn:aws:sts::222222222222:assumed-role/reader/crossgrant-dev-list", "arn:aws:iam::222222222222:role/reader"},
		{"11111111-aaaa-4444-8888-000000000004", "2016-08-25T13:59:59Z", "StopLogging", "cloudtrail.amazonaws.com", "-", "2001:db8::7", "arn:aws:iam::222222222222:root", "-"},
		{"11111111-aaaa-4444-8888-000000000005", "2016-08-25T14:00:00Z", "GenerateDataKey", "kms.amazonaws.com", "KMS.DisabledException", "cloudtrail.amazonaws.com", "-", "-"},
		{"11111111-aaaa-4444-8888-000000000006", "2016-08-25T14:30:00Z", "AssumeRole", "sts.amazonaws.com", "-", "203.0.113.9", "arn:aws:iam::222222222222:user/team/alice", "-"},
	}
	records, err := read(bytes.NewReader(zip(t, events(t))))
	if err != nil {
		t.Fatal(err)
	}
	var got [][8]string
	for _, record := range records {
		f := fieldsOf(record)
		one := [8]string{}
		for i, value := range [][]byte{f.EventID, f.EventTime, f.EventName, f.EventSource, f.ErrorCode, f.SourceIPAddress, f.PrincipalARN, f.IssuerARN} {
			if one[i] = string(value); value == nil {
				one[i] = "-"
			}
		}
		got = append(got, one)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestOddRecords(t *testing.T) {
	for _, c := range []struct{ name, record, want string }{
		{"nothing", `{}`, "-"},
		{"an empty text", `{"eventName":""}`, ""},
		{"null", `{"eventName":null}`, "-"},
		{"a number at the end", `{"eventName":12}`, "-"},
		{"an object", `{"eventName":{"eventName":"x"}}`, "-"},
		{"only nested", `{"a":{"eventName":"x"},"b":["eventName",{"eventName":"y"}]}`, "-"},
		{"behind values of every kind", `{"a":1,"b":true,"c":null,"d":[1,{"x":"]"}],"e":"\"","f":{},"g":[], "h" : -1.5e+9 ,"eventName" : "x" }`, "x"},
		{"a name in other letters' case", `{"eventname":"x","EventName":"y"}`, "-"},
		{"an escape in the name", `{"event\u004eame":"x"}`, "x"},
		{"an escape in the text", `{"eventName":"a\"b\\c\u00e9\n"}`, "a\"b\\cé\n"},
		{"twice", `{"eventName":"x","eventName":"y"}`, "y"},
		{"backslashes before the quote", `{"a":"\\\\","b":"\\\"","eventName":"x"}`, "x"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := fieldsOf(c.record)
			got := string(f.EventName)
			if f.EventName == nil {
				got = "-"
			}
			if got != c.want {
				t.Errorf("found %q, expected %q", got, c.want)
			}
		})
	}
	if f := fieldsOf(`{"userIdentity":{"arn":"x","arn":"y"}}`); string(f.PrincipalARN) != "y" {
		t.Errorf("a nested name twice: found %q", f.PrincipalARN)
	}
	if f := fieldsOf(`{"userIdentity":{"arn":"x","sessionContext":{"sessionIssuer":{"arn":"y"}}},"userIdentity":{"sessionContext":{"sessionIssuer":{"arn":"z"},"sessionIssuer":1}}}`); f.PrincipalARN != nil || f.IssuerARN != nil {
		t.Errorf("an identity twice: found %q and %q", f.PrincipalARN, f.IssuerARN)
	}
	// An identity that is no object, and an issuer that is none.
	for _, record := range []string{`{"userIdentity":"arn"}`, `{"userIdentity":{"arn":1,"sessionContext":[]}}`, `{"userIdentity":{"sessionContext":{"sessionIssuer":"x"}}}`} {
		if f := fieldsOf(record); f.PrincipalARN != nil || f.IssuerARN != nil {
			t.Errorf("%s: found %q and %q", record, f.PrincipalARN, f.IssuerARN)
		}
	}
}
