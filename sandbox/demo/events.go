package demo

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/crossgrant/crossgrant/sandbox"
)

const newObjects = 25

// runEvents checks events: an object of the target account's bucket comes to the source account's, once however often it is told of, and what
// cannot be done is put aside.
func (d *demo) runEvents(ctx context.Context) error {
	bucket, err := d.bucket(ctx, d.box.Target, "")
	if err != nil {
		return err
	}
	received, err := d.bucket(ctx, d.box.Source, "received")
	if err != nil {
		return err
	}
	f, err := d.start(ctx, "-events")
	if err != nil {
		return err
	}
	defer f.run.Stop()
	d.detail("The demo takes the place of Lambda's poller, which the local AWS does not have.")
	mapping, err := d.box.Mapping(ctx, f.name, f.run)
	if err != nil {
		return err
	}
	owner := s3.NewFromConfig(d.box.Config(d.box.Target))
	// The local AWS leaves this out of the buckets that CloudFormation makes.
	if _, err := owner.PutBucketNotificationConfiguration(ctx, &s3.PutBucketNotificationConfigurationInput{
		Bucket: aws.String(bucket), NotificationConfiguration: &s3types.NotificationConfiguration{EventBridgeConfiguration: &s3types.EventBridgeConfiguration{}},
	}); err != nil {
		return fmt.Errorf("switch on the events of %s: %w", bucket, err)
	}
	d.step("Putting %d objects under %s and one beside into %s", newObjects, sandbox.FirstPrefix, bucket)
	for i := range newObjects {
		if err := putNew(ctx, owner, bucket, newKey(i)); err != nil {
			return err
		}
	}
	if err := putNew(ctx, owner, bucket, outsidePrefix+"new.txt"); err != nil {
		return err
	}
	var last []byte
	events, failures := 0, 0
	for {
		n, failed, event, err := mapping.Poll(ctx)
		if err != nil {
			return err
		}
		if n == 0 {
			break
		}
		events, failures, last = events+n, failures+failed, event
	}
	d.check(events == newObjects && failures == 0, fmt.Sprintf("rule, bus, rule, queue: %d events, none for the object beside", newObjects), fmt.Sprintf("%d events, %d failed", events, failures))
	arrived, err := s3.NewFromConfig(d.box.Config(d.box.Source)).ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: aws.String(received)})
	if err != nil {
		return fmt.Errorf("list %s: %w", received, err)
	}
	d.check(aws.ToInt32(arrived.KeyCount) == newObjects, fmt.Sprintf("all %d objects are in %s", newObjects, received), aws.ToInt32(arrived.KeyCount))
	again, err := f.invoke(ctx, string(last))
	if err != nil {
		return err
	}
	d.check(string(again) == `{"batchItemFailures":[]}`, "the same batch once more: harmless", string(again))
	return d.putAside(ctx, mapping, bucket, owner)
}

func newKey(i int) string { return fmt.Sprintf("%snew %02d+ü.txt", sandbox.FirstPrefix, i) }

func putNew(ctx context.Context, client *s3.Client, bucket, key string) error {
	if _, err := client.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String(bucket), Key: aws.String(key), Body: strings.NewReader("new")}); err != nil {
		return fmt.Errorf("put object %s into %s: %w", key, bucket, err)
	}
	return nil
}

// putAside sends a message that is no event beside a good one.
func (d *demo) putAside(ctx context.Context, mapping *sandbox.Mapping, bucket string, owner *s3.Client) error {
	client := sqs.NewFromConfig(d.box.Config(d.box.Source))
	url := func(name string) (*string, error) {
		found, err := client.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: aws.String(name)})
		if err != nil {
			return nil, fmt.Errorf("find queue %s: %w", name, err)
		}
		return found.QueueUrl, nil
	}
	queue, err1 := url("crossgrant-dev-events")
	failed, err2 := url("crossgrant-dev-events-failed")
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	if _, err := client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: queue, MessageBody: aws.String("no event")}); err != nil {
		return fmt.Errorf("send a message: %w", err)
	}
	if err := putNew(ctx, owner, bucket, newKey(newObjects)); err != nil {
		return err
	}
	done, tries := 0, 0
	for {
		n, failures, _, err := mapping.Poll(ctx)
		if err != nil {
			return err
		}
		if n == 0 {
			break
		}
		done, tries = done+n-failures, tries+failures
	}
	letters, err := client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: failed, AttributeNames: []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNameApproximateNumberOfMessages},
	})
	if err != nil {
		return fmt.Errorf("look into the dead-letter queue: %w", err)
	}
	left := letters.Attributes["ApproximateNumberOfMessages"]
	d.check(done == 1 && tries == 3 && left == "1", "a message that is no event: tried 3 times, then put aside, and the one beside it is done",
		fmt.Sprintf("%d done, %d tries, %s put aside", done, tries, left))
	return nil
}
