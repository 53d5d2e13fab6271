package schema_test

import (
	"regexp"
	"slices"
	"testing"

	"github.com/crossgrant/crossgrant/internal/schema"
)

// The expected values are those of the types' pages in the CloudFormation Template Reference ("Update requires: Replacement") and of the schemas
// that https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schemas.html lists.
func TestLookup(t *testing.T) {
	bucket, ok := schema.Lookup("AWS::S3::Bucket")
	if !ok || bucket.Name != "AWS::S3::Bucket" || !slices.Equal(bucket.PrimaryIdentifier, []string{"BucketName"}) || !bucket.CanUpdate() {
		t.Fatalf("found %+v (%v), expected the bucket, which is identified by its name and can be updated", bucket, ok)
	}
	if !slices.Contains(bucket.CreateOnly, "BucketName") || slices.Contains(bucket.CreateOnly, "VersioningConfiguration") || !slices.Contains(bucket.ReadOnly, "Arn") {
		t.Errorf("create-only %v, read-only %v, expected BucketName and Arn among them, and no versioning", bucket.CreateOnly, bucket.ReadOnly)
	}
	for operation, action := range map[schema.Operation]string{
		schema.Create: "s3:CreateBucket", schema.Update: "s3:PutBucketVersioning", schema.Read: "s3:GetBucketVersioning",
		schema.Delete: "s3:DeleteBucket", schema.List: "s3:ListAllMyBuckets",
	} {
		if !slices.Contains(bucket.Handlers[operation], action) {
			t.Errorf("%s of a bucket: found %v, expected %s among them", operation, bucket.Handlers[operation], action)
		}
	}
	if bucket.Tagging == nil || bucket.Tagging.Property != "Tags" || !bucket.Tagging.InPlace || !bucket.Tagging.FromStack || !slices.Contains(bucket.Tagging.Permissions, "s3:PutBucketTagging") {
		t.Errorf("tagging of a bucket: found %+v", bucket.Tagging)
	}
	if grants, _ := schema.Lookup("AWS::S3::AccessGrant"); grants.Tagging.FromStack {
		t.Error("an access grant does not get the tags of the stack")
	}
	instance, _ := schema.Lookup("AWS::RDS::DBInstance")
	if !slices.Contains(instance.ConditionalCreateOnly, "MultiAZ") {
		t.Errorf("conditionally create-only: found %v, expected MultiAZ among them", instance.ConditionalCreateOnly)
	}
	if permission, _ := schema.Lookup("AWS::Lambda::Permission"); permission.CanUpdate() || permission.Tagging != nil {
		t.Error("AWS::Lambda::Permission can neither be updated nor tagged")
	}
	if waits, ok := schema.Lookup("AWS::CloudFormation::WaitCondition"); !ok || waits.Handlers != nil || !waits.CanUpdate() {
		t.Errorf("found %+v (%v), expected a type without handlers", waits, ok)
	}
	for _, name := range []string{"", "AWS::S3", "AWS::S3::Buckets", "AWS::S4::Bucket", "Custom::Thing", "date", "aws::s3::bucket"} {
		if found, ok := schema.Lookup(name); ok {
			t.Errorf("%q: found %+v, expected nothing", name, found)
		}
	}
}

func TestAll(t *testing.T) {
	names := schema.Names()
	if len(names) < 1_800 || !slices.IsSorted(names) {
		t.Errorf("found %d types, expected over 1,800, sorted", len(names))
	}
	handled, createOnly := 0, 0
	permission := regexp.MustCompile(`^[A-Za-z0-9-]+:[A-Za-z0-9.*]+$`)
	for _, name := range names {
		one, ok := schema.Lookup(name)
		if !ok || one.Name != name {
			t.Fatalf("%s is listed, and cannot be looked up", name)
		}
		if one.Handlers != nil {
			handled++
			if _, ok := one.Handlers[schema.Create]; !ok {
				t.Errorf("%s cannot be created", name)
			}
		}
		if len(one.CreateOnly) > 0 {
			createOnly++
		}
		for operation, list := range one.Handlers {
			for _, action := range list {
				if !permission.MatchString(action) {
					t.Errorf("%s: %s: found %q, expected a permission such as s3:GetObject", name, operation, action)
				}
			}
		}
	}
	if handled < 1_700 || createOnly < 1_600 {
		t.Errorf("found %d types with handlers and %d with create-only properties, expected over 1,700 and 1,600", handled, createOnly)
	}
}

func TestDate(t *testing.T) {
	if !regexp.MustCompile(`^20\d\d-[01]\d-[0-3]\d$`).MatchString(schema.Date()) {
		t.Errorf("found %q, expected a day", schema.Date())
	}
}

func TestDocumentation(t *testing.T) {
	table, _ := schema.Lookup("AWS::DynamoDB::GlobalTable")
	if want := "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-globaltable.html"; table.Documentation() != want {
		t.Errorf("found %q, expected %q", table.Documentation(), want)
	}
	if other := (&schema.Type{Name: "Alexa::ASK::Skill"}); other.Documentation() != "" {
		t.Errorf("found %q, expected no page", other.Documentation())
	}
}
