package model

import (
	"testing"

	"github.com/crossgrant/crossgrant/internal/authorization"
)

// A perimeter leaves alone by what S3 replicates, and elsewhere than in the partition aws what may not be known there.
func TestWhatIsNoData(t *testing.T) {
	for action, want := range map[string][2]bool{ // in aws, and in aws-cn
		"s3:GetObject": {true, true}, "s3:ListBucketVersions": {true, true}, "s3:GetObjectVersionForReplication": {}, "s3:GetBucketPolicy": {}, "s3:PutLifecycleConfiguration": {},
		"s3:GetObjectAnnotation": {true, false}, "s3:UpdateObjectEncryption": {true, false}, "s3:ReplicateObject": {},
	} {
		a, ok := authorization.Lookup(action)
		if found := [2]bool{IsOnData(a, "aws"), IsOnData(a, "aws-cn")}; !ok || found != want {
			t.Errorf("%s: found %v (known: %t), expected %v", action, found, ok, want)
		}
	}
}
