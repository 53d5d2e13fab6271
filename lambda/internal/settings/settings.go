// Package settings reads the environment variables of the functions into typed values and checks them. It reads no event and makes no call
// to AWS.
package settings

import (
	"fmt"
	"strconv"

	"github.com/crossgrant/crossgrant/lambda/internal/identifier"
	"github.com/crossgrant/crossgrant/lambda/internal/targetrole"
)

// List is the configuration of the list function.
type List struct {
	// Role is the trusted role of the account that owns the bucket; none if the function has access with its own role.
	Role targetrole.Role
	// Region is the AWS region of the function and of the bucket.
	Region string
	// Bucket is the name of the bucket, or the alias of one of its access points.
	Bucket string
	// Prefixes are the granted prefixes as declared; empty means the whole bucket.
	Prefixes []string
}

// ReadList reads the environment of the list function. Its error joins a [Problem] for every variable that is missing or malformed.
func ReadList(lookup Lookup) (List, error) {
	r := &reader{lookup: lookup}
	return List{
		Role:     r.role(),
		Region:   r.region(),
		Bucket:   r.required("CROSSGRANT_BUCKET", identifier.IsBucketName, bucketExpected),
		Prefixes: r.prefixes("CROSSGRANT_PREFIXES"),
	}, r.err()
}

// Trail is the configuration of the function that reads CloudTrail's log files.
type Trail struct {
	// Role is the trusted role of the account that owns the bucket; none if the function has access with its own role.
	Role targetrole.Role
	// Region is the AWS region of the function and of the bucket.
	Region string
	// Bucket is the name of the bucket, or the alias of one of its access points.
	Bucket string
	// Prefixes are the granted prefixes as declared; empty means the whole bucket.
	Prefixes []string
}

// ReadTrail reads the environment of the trail function. Its error joins a [Problem] for every variable that is missing or malformed.
func ReadTrail(lookup Lookup) (Trail, error) {
	list, err := ReadList(lookup) // the same variables
	return Trail(list), err
}

// Scan is the configuration of the scan function.
type Scan struct {
	// Role is the trusted role of the account that owns the table; none if the function has access with its own role.
	Role targetrole.Role
	// Region is the AWS region of the function and of the table.
	Region string
	// Table is the name or the ARN of the table.
	Table string
}

// ReadScan reads the environment of the scan function. Its error joins a [Problem] for every variable that is missing or malformed.
func ReadScan(lookup Lookup) (Scan, error) {
	r := &reader{lookup: lookup}
	return Scan{
		Role:   r.role(),
		Region: r.region(),
		Table: r.required("CROSSGRANT_TABLE", identifier.IsTable,
			"the name of a table, or its ARN such as arn:aws:dynamodb:REGION:ACCOUNT:table/NAME"),
	}, r.err()
}

// Copy is the configuration of the copy function.
type Copy struct {
	// Role is the trusted role that reads one bucket and writes the other; none if the function has access with its own role.
	Role targetrole.Role
	// Region is the AWS region of the function and of both buckets.
	Region string
	// Origin is the bucket to read, and Destination the bucket to write; each a name or the alias of an access point.
	Origin, Destination string
	// Prefixes are the granted prefixes as declared, in both buckets; empty means the whole bucket.
	Prefixes []string
	// PartBytes is the size above which an object is copied in parts, and the size of a part: 5 MiB to 5 GiB. Default 256 MiB.
	PartBytes int64
	// Parallel is how many requests are made at once: 1 to 512. Default one for every 2 MiB of the function's memory, from 16 to 512: a request takes
	// some 85 KiB with its TLS connection, and Lambda permits 1,024 open files.
	Parallel int
}

// minParallel and maxParallel bound the requests at once that a function makes by default.
const minParallel, maxParallel = 16, 512

// parallel is the default of requests at once. Lambda sets the memory in MiB.
// See https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html.
func (r *reader) parallel() int {
	text, _ := r.lookup("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
	mebibytes, _ := strconv.Atoi(text)
	return min(max(mebibytes/2, minParallel), maxParallel)
}

// ReadCopy reads the environment of the copy function. CROSSGRANT_BUCKET is the bucket of the grant; the variable that names the other
// bucket says whether that one is read or written. Its error joins a [Problem] for every variable that is missing or malformed.
func ReadCopy(lookup Lookup) (Copy, error) {
	r := &reader{lookup: lookup}
	c := Copy{Role: r.role(), Region: r.region()}
	granted := r.required("CROSSGRANT_BUCKET", identifier.IsBucketName, bucketExpected)
	origin := r.optional("CROSSGRANT_ORIGIN_BUCKET", identifier.IsBucketName, bucketExpected)
	destination := r.optional("CROSSGRANT_DESTINATION_BUCKET", identifier.IsBucketName, bucketExpected)
	c.Origin, c.Destination = origin, destination
	variable := "CROSSGRANT_COPY_PREFIXES"
	switch {
	case origin != "" && destination != "":
		r.problem("CROSSGRANT_ORIGIN_BUCKET", "it beside CROSSGRANT_DESTINATION_BUCKET", "only one of the two: the other bucket is CROSSGRANT_BUCKET")
	case origin != "":
		c.Destination = granted
	case destination != "":
		c.Origin = granted
		variable = "CROSSGRANT_PREFIXES" // set by a grant to read
	default:
		r.problem("CROSSGRANT_ORIGIN_BUCKET", "neither it nor CROSSGRANT_DESTINATION_BUCKET",
			"one of the two: the bucket to copy from, or the bucket to copy to; the other bucket is CROSSGRANT_BUCKET")
	}
	if granted != "" && (granted == origin || granted == destination) {
		r.problem("CROSSGRANT_BUCKET", fmt.Sprintf("%q as origin and as destination", granted), "two buckets")
	}
	c.Prefixes = r.prefixes(variable)
	c.PartBytes = int64(r.whole("CROSSGRANT_COPY_PART_MIB", 5, 5120, 256)) << 20
	c.Parallel = r.whole("CROSSGRANT_COPY_PARALLEL", 1, maxParallel, r.parallel())
	return c, r.err()
}
