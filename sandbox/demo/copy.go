package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// What is to be copied: small objects, one in three parts, and so many that an invocation of two seconds cannot copy them all.
const (
	copiedPrefix = "reports/copied/"
	manyPrefix   = "reports/many/"
	smallObjects = 200
	manyObjects  = 800
	partMiB      = 5
	largeBytes   = 11 << 20
)

// oddKey has what has to be encoded in a request.
const oddKey = copiedPrefix + "a b+c/日本語?&=%41.txt"

const largeKey = copiedPrefix + "large.bin"

// copied is the answer of a copy.
type copied struct {
	Copied  int `json:"copied"`
	Skipped struct {
		ETag, Checksum, Time int
	} `json:"skipped"`
	Failed []struct{ Key, Code string } `json:"failed"`
	Next   string                       `json:"next"`

	functionError, raw string
}

func (c copied) String() string { return c.functionError + " " + c.raw }

func (c copied) skipped() int { return c.Skipped.ETag + c.Skipped.Checksum + c.Skipped.Time }

// runCopy checks copying: everything with tags and metadata, nothing twice, what fails by name, and going on where time ran out.
func (d *demo) runCopy(ctx context.Context) error {
	origin, err := d.bucket(ctx, d.box.Source, "origin")
	if err != nil {
		return err
	}
	destination, err := d.bucket(ctx, d.box.Target, "")
	if err != nil {
		return err
	}
	d.step("Putting objects into %s, to be copied", origin)
	client := s3.NewFromConfig(d.box.Config(d.box.Source))
	if err := putToCopy(ctx, client, origin); err != nil {
		return err
	}
	d.detail("%5d under %s, one of %d MiB, with metadata", smallObjects+2, copiedPrefix, largeBytes>>20)
	d.detail("%5d under %s", manyObjects, manyPrefix)
	f, err := d.start(ctx, "-copy")
	if err != nil {
		return err
	}
	defer func() { f.run.Stop() }()
	const all = `{"prefix":"` + copiedPrefix + `"}`
	first, err := f.copy(ctx, all)
	if err != nil {
		return err
	}
	d.check(first.Copied == smallObjects+2 && len(first.Failed) == 0 && first.Next == "", fmt.Sprintf("%s: all %d objects", all, smallObjects+2), first)
	for _, key := range []string{largeKey, oddKey} {
		same, err := d.same(ctx, key, origin, destination)
		if err != nil {
			return err
		}
		d.check(same == "", key+": the same bytes and metadata", same)
	}
	again, err := f.copy(ctx, all)
	if err != nil {
		return err
	}
	d.check(again.Copied == 0 && again.skipped() == smallObjects+2, "once more: nothing, since all are there and the same", again)
	if err := d.copyPastFailure(ctx, f, client, origin); err != nil {
		return err
	}
	outside, err := f.copy(ctx, `{"prefix":"`+outsidePrefix+`"}`)
	if err != nil {
		return err
	}
	d.check(outside.functionError == "CopyFailed" && strings.Contains(outside.raw, `"statusCode":403`), `{"prefix":"`+outsidePrefix+`"}: an error of the function, 403 that names the role`, outside)
	f.run.Stop()
	return d.copyInSteps(ctx)
}

// copyPastFailure has one object that cannot be copied, since it is archived.
func (d *demo) copyPastFailure(ctx context.Context, f *function, client *s3.Client, origin string) error {
	const archived = copiedPrefix + "archived.bin"
	for key, class := range map[string]s3types.StorageClass{archived: s3types.StorageClassGlacier, copiedPrefix + "later.txt": s3types.StorageClassStandard} {
		if _, err := client.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String(origin), Key: aws.String(key), Body: strings.NewReader("x"), StorageClass: class}); err != nil {
			return fmt.Errorf("put object %s: %w", key, err)
		}
	}
	got, err := f.copy(ctx, `{"prefix":"`+copiedPrefix+`"}`)
	if err != nil {
		return err
	}
	d.check(got.functionError == "CopyIncomplete" && got.Copied == 1 && len(got.Failed) == 1 && got.Failed[0].Key == archived,
		"an archived object fails by name, and the one after it is copied", got)
	return nil
}

// copyInSteps gives the function two seconds for each invocation.
func (d *demo) copyInSteps(ctx context.Context) error {
	name, err := d.box.Deployed(ctx, d.box.Source, "AWS::Lambda::Function", "-copy")
	if err != nil {
		return err
	}
	if _, err := lambda.NewFromConfig(d.box.Config(d.box.Source)).UpdateFunctionConfiguration(ctx, &lambda.UpdateFunctionConfigurationInput{
		FunctionName: aws.String(name), Timeout: aws.Int32(2),
	}); err != nil {
		return fmt.Errorf("shorten the timeout of %s: %w", name, err)
	}
	f, err := d.start(ctx, "-copy")
	if err != nil {
		return err
	}
	defer f.run.Stop()
	const most = 100
	event, total, invocations := `{"prefix":"`+manyPrefix+`"}`, 0, 0
	var got copied
	for invocations < most {
		if got, err = f.copy(ctx, event); err != nil {
			return err
		}
		invocations++
		total += got.Copied + got.skipped() // S3 may have made a copy of which the answer did not come in time
		if got.Next == "" {
			break
		}
		next, _ := json.Marshal(map[string]string{"prefix": manyPrefix, "next": got.Next})
		event = string(next)
	}
	d.check(total >= manyObjects && got.Next == "" && got.functionError == "" && invocations > 1,
		fmt.Sprintf("with two seconds each time, until there is no next: all %d objects", manyObjects), fmt.Sprintf("%d objects in %d invocations, at last %s", total, invocations, got))
	if got.functionError == "" {
		d.detail("It took %d invocations.", invocations)
	}
	return nil
}

func putToCopy(ctx context.Context, client *s3.Client, origin string) error {
	put := func(key string, body io.Reader) error {
		if _, err := client.PutObject(ctx, &s3.PutObjectInput{
			Bucket: aws.String(origin), Key: aws.String(key), Body: body, ContentType: aws.String("text/plain"),
			Metadata: map[string]string{"owner": "crossgrant"},
		}); err != nil {
			return fmt.Errorf("put object %s: %w", key, err)
		}
		return nil
	}
	if err := put(largeKey, bytes.NewReader(bytes.Repeat([]byte("crossgrant\n"), largeBytes/11))); err != nil {
		return err
	}
	if err := put(oddKey, strings.NewReader("odd")); err != nil {
		return err
	}
	for prefix, count := range map[string]int{copiedPrefix: smallObjects, manyPrefix: manyObjects} {
		for i := range count {
			if err := put(key(prefix, i), strings.NewReader("crossgrant")); err != nil {
				return err
			}
		}
	}
	return nil
}

// same returns in what an object and its copy differ; nothing if they are the same. Tags are left out: the local AWS loses them between accounts.
func (d *demo) same(ctx context.Context, key, origin, destination string) (string, error) {
	var seen [2]string
	for i, at := range []struct {
		client *s3.Client
		bucket string
	}{{s3.NewFromConfig(d.box.Config(d.box.Source)), origin}, {s3.NewFromConfig(d.box.Config(d.box.Target)), destination}} {
		object, err := at.client.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(at.bucket), Key: aws.String(key)})
		if err != nil {
			return "", fmt.Errorf("get object %s of %s: %w", key, at.bucket, err)
		}
		content, err := io.ReadAll(object.Body)
		object.Body.Close()
		if err != nil {
			return "", fmt.Errorf("get object %s of %s: %w", key, at.bucket, err)
		}
		seen[i] = fmt.Sprintf("%d bytes %x, %s, %v", len(content), sum(content), aws.ToString(object.ContentType), object.Metadata)
	}
	if seen[0] == seen[1] {
		return "", nil
	}
	return seen[0] + ", and the copy " + seen[1], nil
}

// copy invokes the function; what it could not copy is an error of the function, with the answer as its message.
func (f *function) copy(ctx context.Context, event string) (c copied, err error) {
	result, err := f.run.Invoke(ctx, []byte(event))
	if err != nil {
		return c, err
	}
	c.raw = string(result.Payload)
	if result.Failed {
		var failure struct{ ErrorType, ErrorMessage string }
		if err := json.Unmarshal(result.Payload, &failure); err != nil {
			return c, fmt.Errorf("read error %.300s: %w", result.Payload, err)
		}
		c.functionError, c.raw = failure.ErrorType, failure.ErrorMessage
	}
	if err := json.Unmarshal([]byte(c.raw), &c); err != nil {
		return c, fmt.Errorf("read answer %.300s: %w\n%s", c.raw, err, f.log)
	}
	return c, nil
}
