package stacks

import (
	"regexp"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/internal/arn"
)

// Buckets and a table that the target account has already: their settings, and how the target stack imports them.

// keyForm is what a setting for a key expects.
const keyForm = "the ARN of a KMS key, such as arn:aws:kms:ap-northeast-1:222222222222:key/1234abcd-12ab-34cd-56ef-1234567890ab"

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-create-a-trail-using-the-console-first-time.html
var (
	existingBucketName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]|\.[a-z0-9]){1,61}[a-z0-9]$`)
	tableName          = regexp.MustCompile(`^[a-zA-Z0-9_.-]{3,255}$`)
	keyARN             = regexp.MustCompile(`^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[a-zA-Z0-9-]+$`)
	trailPrefix        = regexp.MustCompile(`^[A-Za-z0-9!_.'()-][A-Za-z0-9!_.'()/-]{0,198}[A-Za-z0-9!_.'()-]$|^[A-Za-z0-9!_.'()-]$`)
)

func isBucketName(s string) bool { return len(s) <= 63 && existingBucketName.MatchString(s) }

func isKeyARN(s string) bool { return keyARN.MatchString(s) }

// checkExisting checks the settings of what is there already, and that no others are set that only something new takes, or the other way round.
func (r *reader) checkExisting(c Config) {
	for _, s := range []struct{ key, of, name string }{
		{"dataKeyArn", "dataBucket", c.DataBucket}, {"tableKeyArn", "table", c.Table}, {"trailKeyArn", "trailBucket", c.TrailBucket}, {"trailPrefix", "trailBucket", c.TrailBucket},
	} {
		if r.context[s.key] != nil && s.name == "" && !r.isWrong(s.key) && !r.isWrong(s.of) {
			r.problem(s.key, describe(r.context[s.key])+" without "+s.of, s.of+", or no "+s.key)
		}
	}
	for key, value := range map[string]string{"dataKeyArn": c.DataKeyARN, "tableKeyArn": c.TableKeyARN, "trailKeyArn": c.TrailKeyARN} {
		if a, ok := arn.Parse(value); ok && c.Region != "" && a.Region != c.Region {
			r.problem(key, describe(value), "a key of region "+c.Region+", which alone can encrypt data there")
		}
	}
	if c.TrailBucket == "" {
		return
	}
	if c.CreateTrail {
		r.problem("createTrail", "true with trailBucket", "no createTrail: what writes the logs of a bucket that is there already is there, too")
	}
	if c.TrailLogDays != 0 && !r.isWrong("trailLogDays") {
		r.problem("trailLogDays", describe(r.context["trailLogDays"])+" with trailBucket", "no trailLogDays: the lifecycle of a bucket that is there already stays as it is")
	}
}

// createdBuckets are the workloads that have a bucket with a lifecycle which the app creates.
func (c Config) createdBuckets() []Workload {
	all := []Workload{Copy, Instance}
	if c.DataBucket == "" {
		all = append(all, List)
	}
	if c.DataBucket == "" || c.EventsTo == EventsCopy {
		all = append(all, Events)
	}
	return all
}

// dataBucket returns the bucket of list, copy and events.
func (t *TargetStack) dataBucket() awss3.IBucket {
	if t.config.DataBucket != "" {
		return t.existingBucket("Data", t.config.DataBucket, t.config.DataKeyARN)
	}
	return t.bucket("Data", "")
}

// existingBucket imports a bucket of the target account. CDK cannot change it.
func (t *TargetStack) existingBucket(id, name, key string) awss3.IBucket {
	return awss3.Bucket_FromBucketAttributes(t.stack, jsii.String(id), &awss3.BucketAttributes{
		BucketName: jsii.String(name), EncryptionKey: t.existingKey(id, key), Account: jsii.String(t.config.TargetAccount), Region: jsii.String(t.config.Region),
	})
}

// existingTable imports the table of scan.
func (t *TargetStack) existingTable() awsdynamodb.ITable {
	return awsdynamodb.Table_FromTableAttributes(t.stack, jsii.String("Devices"), &awsdynamodb.TableAttributes{
		TableName: jsii.String(t.config.Table), EncryptionKey: t.existingKey("Devices", t.config.TableKeyARN),
	})
}

// existingKey imports a key; nil for none.
func (t *TargetStack) existingKey(id, key string) awskms.IKey {
	if key == "" {
		return nil
	}
	return awskms.Key_FromKeyArn(t.stack, jsii.String("Existing"+id+"Key"), jsii.String(key))
}

// trailKeys returns what the keys of CloudTrail's log files begin with in a bucket that is there already.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html
func (c Config) trailKeys() string {
	keys := "AWSLogs/" + c.TargetAccount + "/CloudTrail/"
	if c.TrailPrefix != "" {
		return c.TrailPrefix + "/" + keys
	}
	return keys
}
