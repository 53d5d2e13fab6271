package contract

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// MaxRoleName is the longest name of an IAM role, in characters.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
const MaxRoleName = 64

// MaxBucketName is the longest name of an S3 bucket, in characters.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
const MaxBucketName = 63

// hashLength is how many hexadecimal characters stand for the tail of a name that does not fit; 32 bits keep two
// names of one deployment apart.
const hashLength = 8

// RoleName returns the agreed name of a grant's role, GRANT-STAGE-REGION, in at most [MaxRoleName] characters. Roles are global
// in an account, so the region keeps two regions of one stage apart. The same arguments always give the same name.
func RoleName(grant, stage, region string) string {
	return Shorten(strings.Join([]string{grant, stage, region}, "-"), MaxRoleName)
}

// Shorten returns name if it has at most limit characters; otherwise its beginning and, instead of the tail that does not
// fit, a hyphen and a hash of the whole name, limit characters in all. limit must be 10 or more. Names are ASCII.
func Shorten(name string, limit int) string {
	if len(name) <= limit {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	head := strings.TrimRight(name[:limit-hashLength-1], "-")
	return head + "-" + hex.EncodeToString(sum[:])[:hashLength]
}
