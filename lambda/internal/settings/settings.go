// Package settings reads the environment of a function into typed values and checks it. It does not
// read events and makes no call to AWS.
package settings

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/crossgrant/crossgrant/lambda/internal/targetrole"
)

// List is what the list function needs to know.
type List struct {
	// Role is the trusted role of the account that owns the bucket; none where the function has access itself.
	Role targetrole.Role
	// Region is the AWS region of the function and of the bucket.
	Region string
	// Bucket is the name of the bucket, or the alias of one of its access points.
	Bucket string
	// Prefixes are the granted prefixes as declared; empty means the whole bucket.
	Prefixes []string
}

// Scan is what the scan function needs to know.
type Scan struct {
	// Role is the trusted role of the account that owns the table; none where the function has access itself.
	Role targetrole.Role
	// Region is the AWS region of the function and of the table.
	Region string
	// Table is the name or the ARN of the table.
	Table string
}

// Lookup returns the value of a variable and whether it is set, as os.LookupEnv does.
type Lookup func(variable string) (string, bool)

// Problem is one variable that is missing or malformed.
type Problem struct{ Variable, Found, Expected string }

// Error names the variable, what was found and what is expected.
func (p *Problem) Error() string {
	return fmt.Sprintf("%s: found %s, expected %s", p.Variable, p.Found, p.Expected)
}

// ReadList reads the environment of the list function. Its error joins a Problem for every variable
// that is missing or malformed.
func ReadList(lookup Lookup) (List, error) {
	r := &reader{lookup: lookup}
	return List{
		Role:     r.role(),
		Region:   r.required("AWS_REGION", region, "a region such as ap-northeast-1"),
		Bucket:   r.required("CROSSGRANT_BUCKET", bucket, "the name of a bucket"),
		Prefixes: r.prefixes("CROSSGRANT_PREFIXES"),
	}, r.err()
}

// ReadScan reads the environment of the scan function. Its error joins a Problem for every variable
// that is missing or malformed.
func ReadScan(lookup Lookup) (Scan, error) {
	r := &reader{lookup: lookup}
	return Scan{
		Role:   r.role(),
		Region: r.required("AWS_REGION", region, "a region such as ap-northeast-1"),
		Table: r.required("CROSSGRANT_TABLE", table,
			"the name of a table, or its ARN such as arn:aws:dynamodb:REGION:ACCOUNT:table/NAME"),
	}, r.err()
}

// The shapes follow the API references of IAM, STS, S3 and DynamoDB; S3 kept longer and
// upper-case bucket names from before 2018 in us-east-1.
var (
	roleARN        = regexp.MustCompile(`^arn:aws[a-z-]*:iam::\d{12}:role/([!-~]+/)?[\w+=,.@-]{1,64}$`)
	externalID     = regexp.MustCompile(`^[\w+=,.@:/-]{2,1000}[\w+=,.@:/-]{0,224}$`)
	sourceIdentity = regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)
	seconds        = regexp.MustCompile(`^[0-9]{3,4}$`)
	direct         = regexp.MustCompile(`^Direct$`)
	region         = regexp.MustCompile(`^[a-z]{2,}(-[a-z]+)+-\d+$`)
	bucket         = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]$`)
	table          = regexp.MustCompile(`^(arn:aws[a-z-]*:dynamodb:[a-z0-9-]+:\d{12}:table/)?[A-Za-z0-9_.-]{3,255}$`)
)

type reader struct {
	lookup   Lookup
	problems []error
}

// role reads the trusted role. That there is none is said, so that a variable which is missing is not taken for it.
func (r *reader) role() targetrole.Role {
	if access := r.optional("CROSSGRANT_ACCESS", direct, "Direct, or nothing for access by a role"); access != "" {
		return targetrole.Role{}
	}
	name, _ := r.lookup("AWS_LAMBDA_FUNCTION_NAME")
	return targetrole.Role{
		ARN: r.required("CROSSGRANT_ROLE_ARN", roleARN,
			"the ARN of an IAM role such as arn:aws:iam::222222222222:role/NAME"),
		ExternalID:     r.optional("CROSSGRANT_EXTERNAL_ID", externalID, "2 to 1224 letters, digits or _+=,.@:/-"),
		SourceIdentity: r.optional("CROSSGRANT_SOURCE_IDENTITY", sourceIdentity, "2 to 64 letters, digits or _+=,.@-"),
		Session:        r.session("CROSSGRANT_SESSION_SECONDS"),
		SessionName:    targetrole.SessionName(name),
	}
}

// session reads the longest session that the role gives.
func (r *reader) session(variable string) time.Duration {
	text := r.optional(variable, seconds, "900 to 3600, in seconds")
	n, err := strconv.Atoi(text)
	if err == nil && (n < 900 || n > 3600) {
		r.problem(variable, text, "900 to 3600, in seconds")
	}
	return time.Duration(n) * time.Second
}

func (r *reader) required(variable string, shape *regexp.Regexp, expected string) string {
	value, _ := r.lookup(variable)
	if value == "" {
		r.problem(variable, "nothing", expected)
		return ""
	}
	return r.optional(variable, shape, expected)
}

// optional takes an empty value for an absent one: a template cannot always leave a variable out.
func (r *reader) optional(variable string, shape *regexp.Regexp, expected string) string {
	value, _ := r.lookup(variable)
	if value != "" && !shape.MatchString(value) {
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
