package settings

import "github.com/crossgrant/crossgrant/lambda/internal/targetrole"

// Trail is what the function that reads CloudTrail's log files needs to know.
type Trail struct {
	// Role is the trusted role of the account that owns the bucket; none where the function has access itself.
	Role targetrole.Role
	// Region is the AWS region of the function and of the bucket.
	Region string
	// Bucket is the name of the bucket, or the alias of one of its access points.
	Bucket string
	// Prefixes are the granted prefixes as declared; empty means the whole bucket.
	Prefixes []string
}

// ReadTrail reads the environment of the trail function. Its error joins a Problem for every variable
// that is missing or malformed.
func ReadTrail(lookup Lookup) (Trail, error) {
	list, err := ReadList(lookup) // the same variables
	return Trail(list), err
}
