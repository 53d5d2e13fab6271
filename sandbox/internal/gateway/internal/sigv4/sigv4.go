// Package sigv4 verifies the signatures of requests to AWS, Signature Version 4: in the header, in the query of a presigned URL, and those of the chunks of a
// body. It knows no access keys and no services.
package sigv4

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The ways in which a signature fails. Errors wrap one of them.
var (
	// ErrMissing means that the request has no signature.
	ErrMissing = errors.New("the request is not signed")
	// ErrVersion2 means that the request has a Signature Version 2, which S3 takes for no bucket made after June 24, 2020.
	// https://docs.aws.amazon.com/AmazonS3/latest/API/specify-signature-version.html
	ErrVersion2 = errors.New("The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.")
	// ErrMalformed means that what the request says of its signature cannot be read.
	ErrMalformed = errors.New("the signature cannot be read")
	// ErrSkewed means that the time of the signature is too far from now.
	ErrSkewed = errors.New("the difference between the request time and the current time is too large")
	// ErrExpired means that a presigned URL is not valid any more.
	ErrExpired = errors.New("the presigned URL has expired")
	// ErrMismatch means that the signature is not the one of the secret key and the request.
	ErrMismatch = errors.New("the signature does not match")
	// ErrUnsigned means that a header which has to be signed is not.
	ErrUnsigned = errors.New("a header of the request is not signed")
	// ErrPayload means that the body is not the one whose digest is signed.
	ErrPayload = errors.New("the digest of the body does not match x-amz-content-sha256")
)

const (
	algorithm  = "AWS4-HMAC-SHA256"
	timeFormat = "20060102T150405Z"
	// maxExpires is the longest time that a presigned URL is valid.
	// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
	maxExpires = 7 * 24 * time.Hour
)

// Signature is what a request says of its signature.
type Signature struct {
	// AccessKeyID says whose secret key signs.
	AccessKeyID string
	// SessionToken is that of temporary credentials. "" for none.
	SessionToken string
	// Region and Service are those that the signature is for.
	Region, Service string
	// Time is when it was made.
	Time time.Time
	// Presigned says that it is in the query, and Expires for how long it is valid then.
	Presigned bool
	Expires   time.Duration
	// Payload is the digest of the body, in hexadecimal, or a constant in its place, as x-amz-content-sha256 has it. "" without that header.
	Payload string

	signed    []string // names of headers, in lower case
	signature string
	scope     string
	decoded   int64 // the length of the body without the frames of its chunks; -1 if the request does not say it
	trailer   bool
}

// Read reads what a request says of its signature.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html
func Read(r *http.Request) (*Signature, error) {
	s := &Signature{SessionToken: r.Header.Get("X-Amz-Security-Token"), Payload: r.Header.Get("X-Amz-Content-Sha256"), decoded: -1, trailer: r.Header.Get("X-Amz-Trailer") != ""}
	query := r.URL.Query()
	header := r.Header.Get("Authorization")
	var credential, signed, at string
	switch {
	case strings.HasPrefix(header, "AWS "), header == "" && query.Has("AWSAccessKeyId") && query.Has("Signature"):
		return nil, fmt.Errorf("%w (of boto3 and of version 1 of the AWS CLI, the configuration s3.signature_version is to be s3v4)", ErrVersion2)
	case header != "":
		rest, ok := strings.CutPrefix(header, algorithm+" ")
		if !ok {
			return nil, fmt.Errorf("%w: found an Authorization header that does not begin with %s", ErrMalformed, algorithm)
		}
		for part := range strings.SplitSeq(rest, ",") {
			name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
			switch name {
			case "Credential":
				credential = value
			case "SignedHeaders":
				signed = value
			case "Signature":
				s.signature = value
			}
		}
		if at = r.Header.Get("X-Amz-Date"); at == "" {
			if t, err := http.ParseTime(r.Header.Get("Date")); err == nil {
				at = t.UTC().Format(timeFormat)
			}
		}
	case query.Has("X-Amz-Algorithm"):
		if found := query.Get("X-Amz-Algorithm"); found != algorithm {
			return nil, fmt.Errorf("%w: found X-Amz-Algorithm %q, expected %s", ErrMalformed, found, algorithm)
		}
		s.Presigned, credential, signed, s.signature = true, query.Get("X-Amz-Credential"), query.Get("X-Amz-SignedHeaders"), query.Get("X-Amz-Signature")
		s.SessionToken, at = query.Get("X-Amz-Security-Token"), query.Get("X-Amz-Date")
		seconds, err := strconv.Atoi(query.Get("X-Amz-Expires"))
		if s.Expires = time.Duration(seconds) * time.Second; err != nil || s.Expires < 0 || s.Expires > maxExpires {
			return nil, fmt.Errorf("%w: found X-Amz-Expires %q, expected seconds from 0 to %d", ErrMalformed, query.Get("X-Amz-Expires"), maxExpires/time.Second)
		}
	default:
		return nil, ErrMissing
	}
	parts := strings.Split(credential, "/")
	if n := len(parts); n >= 5 { // an access key may have a "/" only in other systems, but the end of the scope is fixed
		s.AccessKeyID, s.Region, s.Service = strings.Join(parts[:n-4], "/"), parts[n-3], parts[n-2]
		s.scope = strings.Join(parts[n-4:], "/")
	}
	var err error
	if s.Time, err = time.Parse(timeFormat, at); err != nil {
		return nil, fmt.Errorf("%w: found the time %q, expected one such as 20060102T150405Z in X-Amz-Date", ErrMalformed, at)
	}
	if s.scope != s.Time.Format("20060102")+"/"+s.Region+"/"+s.Service+"/aws4_request" || s.Region == "" || s.Service == "" {
		return nil, fmt.Errorf("%w: found Credential %q, expected KEY/%s/REGION/SERVICE/aws4_request", ErrMalformed, credential, s.Time.Format("20060102"))
	}
	s.signed = strings.Split(signed, ";")
	if !slices.Contains(s.signed, "host") || !slices.IsSorted(s.signed) || len(s.signature) != 2*sha256.Size {
		return nil, fmt.Errorf("%w: expected SignedHeaders, sorted and with host, and a Signature of 64 hexadecimal digits", ErrMalformed)
	}
	if text := r.Header.Get("X-Amz-Decoded-Content-Length"); text != "" {
		if s.decoded, err = strconv.ParseInt(text, 10, 64); err != nil || s.decoded < 0 {
			return nil, fmt.Errorf("%w: found X-Amz-Decoded-Content-Length %q, expected a number", ErrMalformed, text)
		}
	}
	return s, nil
}

// Verify checks the signature, and that it is valid now. body is the digest of the body, for requests that do not have it in x-amz-content-sha256. That the body
// has the signed digest is what [Signature.Body] checks.
func (s *Signature) Verify(r *http.Request, secret, body string, now time.Time, skew time.Duration) error {
	age := now.Sub(s.Time)
	switch {
	case age < -skew, !s.Presigned && age > skew:
		return fmt.Errorf("%w: found %s, and it is %s", ErrSkewed, s.Time.Format(timeFormat), now.UTC().Format(timeFormat))
	case s.Presigned && age > s.Expires:
		return ErrExpired
	}
	for name := range r.Header {
		if name = strings.ToLower(name); strings.HasPrefix(name, "x-amz-") && !slices.Contains(s.signed, name) {
			return fmt.Errorf("%w: %s", ErrUnsigned, name)
		}
	}
	key := s.key(secret)
	for _, path := range s.canonicalPaths(r.URL) {
		if hmac.Equal([]byte(s.sign(key, s.stringToSign(s.canonical(r, path, body)))), []byte(s.signature)) {
			return nil
		}
	}
	return ErrMismatch
}

// canonical is the canonical request.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
func (s *Signature) canonical(r *http.Request, path, body string) string {
	var headers strings.Builder
	for _, name := range s.signed {
		headers.WriteString(name + ":" + headerValue(r, name) + "\n")
	}
	payload := s.Payload
	switch {
	case payload != "":
	case s.Presigned && s.Service == "s3":
		payload = "UNSIGNED-PAYLOAD"
	default:
		payload = body
	}
	return strings.Join([]string{r.Method, path, canonicalQuery(r.URL.RawQuery), headers.String(), strings.Join(s.signed, ";"), payload}, "\n")
}

// headerValue is a header as it is signed: with one space between words, and commas between the values of several headers of the name.
func headerValue(r *http.Request, name string) string {
	switch {
	case name == "host":
		return r.Host
	case name == "content-length" && r.ContentLength >= 0:
		return strconv.FormatInt(r.ContentLength, 10)
	}
	var values []string
	for _, value := range r.Header.Values(name) {
		values = append(values, strings.Join(strings.Fields(value), " "))
	}
	return strings.Join(values, ",")
}

// canonicalPaths are the path in the forms in which clients sign it: as they send it, and in the form of AWS, which is that of S3 decoded and encoded again, and that of other
// services without dot segments and encoded twice.
func (s *Signature) canonicalPaths(u *url.URL) []string {
	sent := u.EscapedPath()
	if sent == "" {
		sent = "/"
	}
	if s.Service == "s3" {
		if plain, err := url.PathUnescape(sent); err == nil {
			return []string{escape(plain, true), sent}
		}
		return []string{sent}
	}
	clean := path.Clean(sent)
	if strings.HasSuffix(sent, "/") && clean != "/" {
		clean += "/"
	}
	return []string{escape(clean, true), escape(sent, true)}
}

// canonicalQuery is the query as it is signed: sorted, without the signature.
func canonicalQuery(raw string) string {
	var all []string
	for part := range strings.SplitSeq(raw, "&") {
		name, value, _ := strings.Cut(part, "=")
		plainName, err := url.QueryUnescape(name)
		if err != nil {
			plainName = name
		}
		plainValue, err := url.QueryUnescape(value)
		if err != nil {
			plainValue = value
		}
		if part != "" && plainName != "X-Amz-Signature" {
			all = append(all, escape(plainName, false)+"="+escape(plainValue, false))
		}
	}
	// By name, then by value: "=" sorts before all that names have, except for "-", "." and digits.
	slices.SortFunc(all, func(a, b string) int {
		nameA, valueA, _ := strings.Cut(a, "=")
		nameB, valueB, _ := strings.Cut(b, "=")
		if nameA != nameB {
			return strings.Compare(nameA, nameB)
		}
		return strings.Compare(valueA, valueB)
	})
	return strings.Join(all, "&")
}

// escape encodes all but unreserved characters; a path keeps its slashes.
func escape(text string, isPath bool) string {
	const digits = "0123456789ABCDEF"
	out := make([]byte, 0, len(text)+16)
	for _, b := range []byte(text) {
		switch {
		case 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z', '0' <= b && b <= '9', b == '-', b == '.', b == '_', b == '~', b == '/' && isPath:
			out = append(out, b)
		default:
			out = append(out, '%', digits[b>>4], digits[b&15])
		}
	}
	return string(out)
}

func (s *Signature) stringToSign(canonical string) string {
	return strings.Join([]string{algorithm, s.Time.Format(timeFormat), s.scope, Digest([]byte(canonical))}, "\n")
}

// key is the signing key of a secret key, for the day, region and service of the signature.
func (s *Signature) key(secret string) []byte {
	key := []byte("AWS4" + secret)
	for part := range strings.SplitSeq(s.scope, "/") {
		key = mac(key, part)
	}
	return key
}

func (s *Signature) sign(key []byte, text string) string { return hex.EncodeToString(mac(key, text)) }

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

// Digest is the SHA-256 digest of a body, in hexadecimal.
func Digest(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}
