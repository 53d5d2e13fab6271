package model

import (
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/internal/authorization"
)

// notOnData are the actions on objects that a perimeter leaves alone: those by which S3 replicates, as a role of the bucket's owner from outside of every
// VPC, and one that gives nothing without another.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html
var notOnData = []string{"s3:BypassGovernanceRetention", "s3:GetObjectVersionAnnotationForReplication", "s3:GetObjectVersionForReplication", "s3:InitiateReplication",
	"s3:ObjectOwnerOverrideToBucketOwner", "s3:ReplicateDelete", "s3:ReplicateObject", "s3:ReplicateObjectAnnotation", "s3:ReplicateTags"}

// IsOnData says that an action of S3 is on the data of a bucket: on objects, or a list of their keys. S3 refuses a bucket's policy with an action that it
// does not know, and the newest ones may not be known outside of the partition aws.
func IsOnData(action authorization.Action, partition string) bool {
	if partition != "aws" && (strings.Contains(action.Name, "Annotation") || action.Name == "s3:UpdateObjectEncryption") {
		return false
	}
	lists := []string{"s3:ListBucket", "s3:ListBucketMultipartUploads", "s3:ListBucketVersions"}
	return slices.Contains(action.Resources, "object") && !slices.Contains(notOnData, action.Name) || slices.Contains(lists, action.Name)
}
