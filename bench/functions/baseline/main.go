// Command baseline is what the functions are compared with: the same work as people write it with the AWS SDK for Go, or the floor of it. It
// prints how long the work took, in seconds.
//
//	baseline list BUCKET   pages of ListObjectsV2Paginator, which are thrown away
//	baseline scan TABLE    pages of ScanPaginator as attributevalue and encoding/json turn them into JSON
//	baseline decode BUCKET KEY  the records of a CloudTrail log file, with compress/gzip and encoding/json
//	baseline gunzip BUCKET KEY  the bytes of a file, decompressed and thrown away
//	baseline serve list BUCKET  a Lambda function that makes one call of ListObjectsV2
//	baseline serve scan TABLE   a Lambda function that makes one call of Scan
package main

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	fast "github.com/klauspost/compress/gzip"
)

func main() {
	ctx := context.Background()
	loaded, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		log.Fatal(err)
	}
	b := baseline{s3.NewFromConfig(loaded), dynamodb.NewFromConfig(loaded)}
	started := time.Now()
	switch arguments := append(os.Args[1:], "", "", ""); arguments[0] {
	case "list":
		err = b.list(ctx, arguments[1])
	case "scan":
		err = b.scan(ctx, arguments[1])
	case "decode":
		err = b.decode(ctx, arguments[1], arguments[2])
	case "gunzip":
		err = b.gunzip(ctx, arguments[1], arguments[2])
	case "serve":
		b.serve(arguments[1], arguments[2])
	default:
		err = fmt.Errorf("found the arguments %q, expected list, scan, decode, gunzip or serve", os.Args[1:])
	}
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(time.Since(started).Seconds())
}

type baseline struct {
	objects *s3.Client
	tables  *dynamodb.Client
}

func (b baseline) list(ctx context.Context, bucket string) error {
	for pages := s3.NewListObjectsV2Paginator(b.objects, &s3.ListObjectsV2Input{Bucket: aws.String(bucket)}); pages.HasMorePages(); {
		if _, err := pages.NextPage(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (b baseline) scan(ctx context.Context, table string) error {
	pages := dynamodb.NewScanPaginator(b.tables, &dynamodb.ScanInput{TableName: aws.String(table), Limit: aws.Int32(1000)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		var items []map[string]any
		if err := attributevalue.UnmarshalListOfMaps(page.Items, &items); err != nil {
			return err
		}
		if _, err := json.Marshal(items); err != nil {
			return err
		}
	}
	return nil
}

func (b baseline) decode(ctx context.Context, bucket, key string) error {
	object, err := b.objects.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(bucket), Key: aws.String(key)})
	if err != nil {
		return err
	}
	defer object.Body.Close()
	text, err := gzip.NewReader(object.Body)
	if err != nil {
		return err
	}
	var file struct{ Records []map[string]any }
	return json.NewDecoder(text).Decode(&file)
}

// gunzip decompresses with the package that the functions use, the faster of the two.
func (b baseline) gunzip(ctx context.Context, bucket, key string) error {
	object, err := b.objects.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(bucket), Key: aws.String(key)})
	if err != nil {
		return err
	}
	defer object.Body.Close()
	text, err := fast.NewReader(object.Body)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, text)
	return err
}

func (b baseline) serve(service, name string) {
	lambda.Start(func(ctx context.Context) (int, error) {
		if service == "scan" {
			page, err := b.tables.Scan(ctx, &dynamodb.ScanInput{TableName: aws.String(name), Limit: aws.Int32(1)})
			if err != nil {
				return 0, err
			}
			return len(page.Items), nil
		}
		page, err := b.objects.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: aws.String(name), MaxKeys: aws.Int32(1)})
		if err != nil {
			return 0, err
		}
		return len(page.Contents), nil
	})
}
