package demo

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamotypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/crossgrant/crossgrant/sandbox"
)

// 1,500 objects: more than one page of 1,000 under the first granted prefix, some under the second, some outside.
const (
	firstPrefixObjects  = 1100
	secondPrefixObjects = 200
	outsideObjects      = 200
	outsidePrefix       = "private/"
)

// moreItems are the items beside the two of the article.
const moreItems = 2000

// batch is the largest number of items of one BatchWriteItem.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html
const batch = 25

// bigNumber has the 38 digits that DynamoDB keeps and a float64 does not.
const bigNumber = "12345678901234567890123456789012345678"

func key(prefix string, i int) string { return fmt.Sprintf("%s%06d.txt", prefix, i) }

// putObjects fills the target account's bucket with what is to be listed.
func (d *demo) putObjects(ctx context.Context) error {
	bucket, err := d.bucket(ctx, d.box.Target, "")
	if err != nil {
		return err
	}
	d.step("Putting objects into %s", bucket)
	client := s3.NewFromConfig(d.box.Config(d.box.Target))
	for _, group := range []struct {
		prefix string
		count  int
	}{{sandbox.FirstPrefix, firstPrefixObjects}, {sandbox.SecondPrefix, secondPrefixObjects}, {outsidePrefix, outsideObjects}} {
		for i := range group.count {
			if _, err := client.PutObject(ctx, &s3.PutObjectInput{
				Bucket: aws.String(bucket), Key: aws.String(key(group.prefix, i)), Body: strings.NewReader("crossgrant"),
			}); err != nil {
				return fmt.Errorf("put object %s into %s: %w", key(group.prefix, i), bucket, err)
			}
		}
		d.detail("%5d under %s", group.count, group.prefix)
	}
	return nil
}

// putItems fills the target account's table with what is to be scanned.
func (d *demo) putItems(ctx context.Context) error {
	table, err := d.box.Deployed(ctx, d.box.Target, "AWS::DynamoDB::Table", "")
	if err != nil {
		return err
	}
	d.step("Putting items into %s", table)
	text := func(s string) dynamotypes.AttributeValue { return &dynamotypes.AttributeValueMemberS{Value: s} }
	items := []map[string]dynamotypes.AttributeValue{
		{"deviceId": text("d0001"), "name": text("This is a pen.")},
		{"deviceId": text("d0002"), "name": text("Fooooooo")},
	}
	for i := range moreItems {
		items = append(items, map[string]dynamotypes.AttributeValue{
			"deviceId": text(fmt.Sprintf("m%04d", i)),
			"serial":   &dynamotypes.AttributeValueMemberN{Value: bigNumber},
			"tags":     &dynamotypes.AttributeValueMemberSS{Value: []string{"a", "b"}},
		})
	}
	client := dynamodb.NewFromConfig(d.box.Config(d.box.Target))
	for len(items) > 0 {
		var writes []dynamotypes.WriteRequest
		for _, item := range items[:min(batch, len(items))] {
			writes = append(writes, dynamotypes.WriteRequest{PutRequest: &dynamotypes.PutRequest{Item: item}})
		}
		items = items[len(writes):]
		result, err := client.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{
			RequestItems: map[string][]dynamotypes.WriteRequest{table: writes},
		})
		if err != nil {
			return fmt.Errorf("write items to %s: %w", table, err)
		}
		for _, write := range result.UnprocessedItems[table] {
			items = append(items, write.PutRequest.Item)
		}
	}
	d.detail("%5d, two of them those of the article", moreItems+2)
	return nil
}

// sum is a digest of content.
func sum(content []byte) []byte {
	digest := sha256.Sum256(content)
	return digest[:6]
}
