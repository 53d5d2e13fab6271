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

// runEvents checks that an event brings each new object of the target account's bucket into the source account's, once even if the event
// comes twice, and that messages which cannot be processed go to the dead-letter queue.
func (d *demo) runEvents(ctx context.Context) error {
	bucket, err := d.bucket(ctx, d.sandbox.Target, "")
	if err != nil {
		return err
	}
	received, err := d.bucket(ctx, d.sandbox.Source, "received")
	if err != nil {
		return err
	}
	f, err := d.start(ctx, "-events")
	if err != nil {
		return err
	}
	defer f.Stop()
	d.detail("The demo plays the part of Lambda's poller, which the local AWS does not have.")
	poller, err := d.sandbox.Poller(ctx, f.Function)
	if err != nil {
		return err
	}
	owner := s3.NewFromConfig(d.sandbox.Config(d.sandbox.Target))
	// CloudFormation in the local AWS ignores this setting of a bucket.
	if _, err := owner.PutBucketNotificationConfiguration(ctx, &s3.PutBucketNotificationConfigurationInput{
		Bucket: aws.String(bucket), NotificationConfiguration: &s3types.NotificationConfiguration{EventBridgeConfiguration: &s3types.EventBridgeConfiguration{}},
	}); err != nil {
		return fmt.Errorf("enable the events of %s: %w", bucket, err)
	}
	d.step("Putting objects into %s", bucket)
	d.detail("%5d under %s", newObjects, sandbox.FirstPrefix)
	d.detail("%5d under %s", 1, outsidePrefix)
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
		n, failed, event, err := poller.Poll(ctx)
		if err != nil {
			return err
		}
		if n == 0 {
			break
		}
		events, failures, last = events+n, failures+failed, event
	}
	d.check(events == newObjects && failures == 0, fmt.Sprintf("%d events arrive by rule, bus, rule and queue, none for %s", newObjects, outsidePrefix), fmt.Sprintf("%d events, %d failed", events, failures))
	arrived, err := s3.NewFromConfig(d.sandbox.Config(d.sandbox.Source)).ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: aws.String(received)})
	if err != nil {
		return fmt.Errorf("list %s: %w", received, err)
	}
	d.check(aws.ToInt32(arrived.KeyCount) == newObjects, fmt.Sprintf("all %d objects are in %s", newObjects, received), aws.ToInt32(arrived.KeyCount))
	again, err := f.invoke(ctx, string(last))
	if err != nil {
		return err
	}
	d.check(string(again) == `{"batchItemFailures":[]}`, "the same batch again: no failures", string(again))
	return d.deadLetter(ctx, poller, bucket, owner)
}

func newKey(i int) string { return fmt.Sprintf("%snew %02d+ü.txt", sandbox.FirstPrefix, i) }

func putNew(ctx context.Context, client *s3.Client, bucket, key string) error {
	if _, err := client.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String(bucket), Key: aws.String(key), Body: strings.NewReader("new")}); err != nil {
		return fmt.Errorf("put object %s into %s: %w", key, bucket, err)
	}
	return nil
}

// deadLetter sends a message that is not an event, and puts an object whose event is valid.
func (d *demo) deadLetter(ctx context.Context, poller *sandbox.Poller, bucket string, owner *s3.Client) error {
	client := sqs.NewFromConfig(d.sandbox.Config(d.sandbox.Source))
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
	if _, err := client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: queue, MessageBody: aws.String("not an event")}); err != nil {
		return fmt.Errorf("send a message: %w", err)
	}
	if err := putNew(ctx, owner, bucket, newKey(newObjects)); err != nil {
		return err
	}
	done, tries := 0, 0
	for {
		n, failures, _, err := poller.Poll(ctx)
		if err != nil {
			return err
		}
		if n == 0 {
			break
		}
		done, tries = done+n-failures, tries+failures
	}
	attributes, err := client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: failed, AttributeNames: []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNameApproximateNumberOfMessages},
	})
	if err != nil {
		return fmt.Errorf("get the length of the dead-letter queue: %w", err)
	}
	left := attributes.Attributes["ApproximateNumberOfMessages"]
	d.check(done == 1 && tries == 3 && left == "1", "an invalid message: 3 tries, then the dead-letter queue; a valid message is processed",
		fmt.Sprintf("%d processed, %d tries, %s in the dead-letter queue", done, tries, left))
	return nil
}
