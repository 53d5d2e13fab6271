package settings

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/crossgrant/crossgrant/lambda/internal/event"
	"github.com/crossgrant/crossgrant/lambda/internal/identifier"
	"github.com/crossgrant/crossgrant/lambda/internal/s3keys"
	"github.com/crossgrant/crossgrant/lambda/internal/targetrole"
)

// Lookup returns the value of a variable and whether it is set, as os.LookupEnv does.
type Lookup func(variable string) (string, bool)

// Problem is one variable that is missing or malformed.
type Problem struct{ Variable, Found, Expected string }

// Error names the variable, what was found and what is expected.
func (p *Problem) Error() string {
	return fmt.Sprintf("%s: found %s, expected %s", p.Variable, p.Found, p.Expected)
}

// reader reads variables and collects the problems.
type reader struct {
	lookup   Lookup
	problems []error
}

const bucketExpected = "the name of a bucket"

func (r *reader) region() string {
	return r.required("AWS_REGION", identifier.IsRegion, "a region such as ap-northeast-1")
}

// role reads the trusted role. Access without a role has a variable of its own, so that a missing role ARN is an error.
func (r *reader) role() targetrole.Role {
	direct := func(value string) bool { return value == "Direct" }
	if access := r.optional("CROSSGRANT_ACCESS", direct, "Direct, or nothing for access by a role"); access != "" {
		return targetrole.Role{}
	}
	name, _ := r.lookup("AWS_LAMBDA_FUNCTION_NAME")
	return targetrole.Role{
		ARN: r.required("CROSSGRANT_ROLE_ARN", identifier.IsRoleARN,
			"the ARN of an IAM role such as arn:aws:iam::222222222222:role/NAME"),
		ExternalID:     r.optional("CROSSGRANT_EXTERNAL_ID", identifier.IsExternalID, "2 to 1224 letters, digits or _+=,.@:/-"),
		SourceIdentity: r.optional("CROSSGRANT_SOURCE_IDENTITY", identifier.IsSourceIdentity, "2 to 64 letters, digits or _+=,.@-"),
		Session:        r.session("CROSSGRANT_SESSION_SECONDS"),
		SessionName:    targetrole.SessionName(name),
	}
}

// session reads the longest session that the role permits.
func (r *reader) session(variable string) time.Duration {
	const expected = "900 to 3600, in seconds"
	text := r.optional(variable, func(value string) bool { return identifier.IsDigits(value) && (len(value) == 3 || len(value) == 4) }, expected)
	n, err := strconv.Atoi(text)
	if err == nil && (n < 900 || n > 3600) {
		r.problem(variable, text, expected)
	}
	return time.Duration(n) * time.Second
}

// prefixes reads a list of prefixes. It refuses null: a lost value must not become the whole bucket.
func (r *reader) prefixes(variable string) []string {
	value, _ := r.lookup(variable)
	if value == "" {
		return nil
	}
	var list []*string
	if err := json.Unmarshal([]byte(value), &list); err != nil || list == nil {
		r.problem(variable, fmt.Sprintf("%q", value), `a JSON array of prefixes such as ["reports/","logs/"]; absent or [] for the whole bucket`)
		return nil
	}
	prefixes := make([]string, 0, len(list))
	for i, prefix := range list {
		switch {
		case prefix == nil:
			r.problem(variable, fmt.Sprintf("null as entry %d", i), "a string")
		case len(*prefix) > s3keys.Max:
			r.problem(variable, fmt.Sprintf("entry %d of %d bytes", i, len(*prefix)), fmt.Sprintf("at most %d bytes", s3keys.Max))
		default:
			prefixes = append(prefixes, *prefix)
		}
	}
	return prefixes
}

// whole reads a whole number; absent is the value of a variable that is absent or empty.
func (r *reader) whole(variable string, least, most, absent int) int {
	text, _ := r.lookup(variable)
	if text == "" {
		return absent
	}
	n, err := event.ParseWhole(variable, text, least, most)
	if err != nil {
		r.problem(variable, fmt.Sprintf("%q", text), fmt.Sprintf("a whole number from %d to %d", least, most))
	}
	return n
}

func (r *reader) required(variable string, valid func(string) bool, expected string) string {
	value, _ := r.lookup(variable)
	if value == "" {
		r.problem(variable, "nothing", expected)
		return ""
	}
	return r.optional(variable, valid, expected)
}

// optional takes an empty value for an absent one: a template cannot always leave a variable out.
func (r *reader) optional(variable string, valid func(string) bool, expected string) string {
	value, _ := r.lookup(variable)
	if value != "" && !valid(value) {
		r.problem(variable, fmt.Sprintf("%q", value), expected)
	}
	return value
}

func (r *reader) problem(variable, found, expected string) {
	r.problems = append(r.problems, &Problem{Variable: variable, Found: found, Expected: expected})
}

func (r *reader) err() error {
	if len(r.problems) == 0 {
		return nil
	}
	return &environmentError{joined: errors.Join(r.problems...)}
}

type environmentError struct{ joined error }

func (e *environmentError) Error() string {
	return "the environment of this function is not usable:\n  - " +
		strings.ReplaceAll(e.joined.Error(), "\n", "\n  - ")
}

func (e *environmentError) Unwrap() error { return e.joined }
