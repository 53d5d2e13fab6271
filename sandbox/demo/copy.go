package demo

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// The objects to copy: small ones, one in three parts, and more than an invocation of three seconds can copy.
const (
	copiedPrefix = "reports/copied/"
	manyPrefix   = "reports/many/"
	smallObjects = 200
	manyObjects  = 800
	partMiB      = 5
	largeBytes   = 11 << 20
)

// oddKey has characters that a request has to encode.
const oddKey = copiedPrefix + "a b+c/日本語?&=%41.txt"

const largeKey = copiedPrefix + "large.bin"

// copyResponse is the response of the function that copies.
type copyResponse struct {
	Copied  int `json:"copied"`
	Skipped struct {
		ETag, Checksum, Time int
	} `json:"skipped"`
	Failed []struct{ Key, Code string } `json:"failed"`
	Next   string                       `json:"next"`

	functionError, raw string
}

func (c copyResponse) String() string { return c.functionError + " " + c.raw }

func (c copyResponse) skipped() int { return c.Skipped.ETag + c.Skipped.Checksum + c.Skipped.Time }

// runCopy checks that the function copies every object with its metadata and none twice, names the ones that fail, and continues after a
// timeout.
func (d *demo) runCopy(ctx context.Context) error {
	origin, err := d.bucket(ctx, d.sandbox.Source, "origin")
	if err != nil {
		return err
	}
	destination, err := d.bucket(ctx, d.sandbox.Target, "")
	if err != nil {
		return err
	}
	d.step("Putting objects to copy into %s", origin)
	client := s3.NewFromConfig(d.sandbox.Config(d.sandbox.Source))
	if err := putToCopy(ctx, client, origin); err != nil {
		return err
	}
	d.detail("%5d under %s, one of %d MiB, with metadata", smallObjects+2, copiedPrefix, largeBytes>>20)
	d.detail("%5d under %s", manyObjects, manyPrefix)
	f, err := d.start(ctx, "-copy")
	if err != nil {
		return err
	}
	defer func() { f.Stop() }()
	const all = `{"prefix":"` + copiedPrefix + `"}`
	first, err := f.copy(ctx, all)
	if err != nil {
		return err
	}
	d.check(first.Copied == smallObjects+2 && len(first.Failed) == 0 && first.Next == "", fmt.Sprintf("%s: all %d objects", all, smallObjects+2), first)
	for _, key := range []string{largeKey, oddKey} {
		difference, err := d.difference(ctx, key, origin, destination)
		if err != nil {
			return err
		}
		d.check(difference == "", key+": the same bytes and metadata", difference)
	}
	again, err := f.copy(ctx, all)
	if err != nil {
		return err
	}
	d.check(again.Copied == 0 && again.skipped() == smallObjects+2, "again: nothing is copied, because every copy is up to date", again)
	if err := d.copyWithFailure(ctx, f, client, origin); err != nil {
		return err
	}
	outside, err := f.copy(ctx, `{"prefix":"`+outsidePrefix+`"}`)
	if err != nil {
		return err
	}
	d.check(outside.functionError == "CopyFailed" && strings.Contains(outside.raw, `"statusCode":403`), `{"prefix":"`+outsidePrefix+`"}: a function error, 403 that names the role`, outside)
	f.Stop()
	return d.copyInShortInvocations(ctx)
}

// copyWithFailure adds an object that cannot be copied, because it is archived, and one that can.
func (d *demo) copyWithFailure(ctx context.Context, f *function, client *s3.Client, origin string) error {
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
		"an archived object is reported as failed, and the object after it is copied", got)
	return nil
}

// timedOut is the type of the error of an invocation that ran out of time.
const timedOut = "Sandbox.Timedout"

// copyInShortInvocations copies with a timeout of three seconds. The function ends in time by itself; on a machine that has too much else to do, its answer may come too
// late for some, which are repeated.
func (d *demo) copyInShortInvocations(ctx context.Context) error {
	name, err := d.sandbox.Deployed(ctx, d.sandbox.Source, "AWS::Lambda::Function", "-copy")
	if err != nil {
		return err
	}
	if _, err := lambda.NewFromConfig(d.sandbox.Config(d.sandbox.Source)).UpdateFunctionConfiguration(ctx, &lambda.UpdateFunctionConfigurationInput{
		FunctionName: aws.String(name), Timeout: aws.Int32(3),
	}); err != nil {
		return fmt.Errorf("shorten the timeout of %s: %w", name, err)
	}
	f, err := d.start(ctx, "-copy")
	if err != nil {
		return err
	}
	defer f.Stop()
	const most = 100
	event, total, invocations, late := `{"prefix":"`+manyPrefix+`"}`, 0, 0, 0
	var got copyResponse
	for invocations < most {
		if got, err = f.copy(ctx, event); err != nil {
			return err
		}
		if invocations++; got.functionError == timedOut {
			late++
			continue
		}
		total += got.Copied + got.skipped() // S3 may have made a copy whose response came too late
		if got.Next == "" {
			break
		}
		next, _ := json.Marshal(map[string]string{"prefix": manyPrefix, "next": got.Next})
		event = string(next)
	}
	d.check(total >= manyObjects && got.Next == "" && got.functionError == "" && invocations > 1 && 2*late < invocations,
		fmt.Sprintf("with a timeout of three seconds, continued with next: all %d objects", manyObjects), fmt.Sprintf("%d objects in %d invocations, %d of them too late, the last %s", total, invocations, late, got))
	if got.functionError == "" {
		d.detail("It took %d invocations, %d of them too late.", invocations, late)
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

// difference returns how an object and its copy differ, or "". It leaves tags out: the local AWS loses them between accounts.
func (d *demo) difference(ctx context.Context, key, origin, destination string) (string, error) {
	var found [2]string
	for i, side := range []struct {
		client *s3.Client
		bucket string
	}{{s3.NewFromConfig(d.sandbox.Config(d.sandbox.Source)), origin}, {s3.NewFromConfig(d.sandbox.Config(d.sandbox.Target)), destination}} {
		object, err := side.client.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(side.bucket), Key: aws.String(key)})
		if err != nil {
			return "", fmt.Errorf("get object %s of %s: %w", key, side.bucket, err)
		}
		content, err := io.ReadAll(object.Body)
		object.Body.Close()
		if err != nil {
			return "", fmt.Errorf("get object %s of %s: %w", key, side.bucket, err)
		}
		found[i] = fmt.Sprintf("%d bytes %x, %s, %v", len(content), sum(content), aws.ToString(object.ContentType), object.Metadata)
	}
	if found[0] == found[1] {
		return "", nil
	}
	return found[0] + ", and the copy " + found[1], nil
}

// copy invokes the function. If some objects were not copied, that is a function error whose message is the response.
func (f *function) copy(ctx context.Context, event string) (c copyResponse, err error) {
	payload, failed, err := f.Invoke(ctx, []byte(event))
	if err != nil {
		return c, err
	}
	c.raw = string(payload)
	if failed {
		var failure struct{ ErrorType, ErrorMessage string }
		if err := json.Unmarshal(payload, &failure); err != nil {
			return c, fmt.Errorf("read error %.300s: %w", payload, err)
		}
		if c.functionError, c.raw = failure.ErrorType, failure.ErrorMessage; c.functionError == timedOut {
			return c, nil // which has no response
		}
	}
	if err := json.Unmarshal([]byte(c.raw), &c); err != nil {
		return c, fmt.Errorf("read response %.300s: %w\n%s", c.raw, err, f.Log())
	}
	return c, nil
}

// sum returns a short digest.
func sum(content []byte) []byte {
	digest := sha256.Sum256(content)
	return digest[:6]
}
