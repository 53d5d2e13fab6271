package demo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"github.com/crossgrant/crossgrant/proof"
	"github.com/crossgrant/crossgrant/sandbox"
)

// 1,500 objects: more than one page of 1,000 under the first granted prefix, some under the second, some under neither.
const (
	firstPrefixObjects  = 1100
	secondPrefixObjects = 200
	outsideObjects      = 200
)

// listRole is the role of the target account that the function assumes, and listRuns the one that it runs as.
const (
	listRole = "arn:aws:iam::" + sandbox.TargetAccount + ":role/crossgrant-list-access-dev-" + sandbox.Region
	listRuns = "arn:aws:iam::" + sandbox.SourceAccount + ":role/crossgrant-list-dev-" + sandbox.Region
)

// putObjects puts the objects to list into the target account's bucket.
func (d *demo) putObjects(ctx context.Context) error {
	bucket, err := d.bucket(ctx, d.sandbox.Target, "")
	if err != nil {
		return err
	}
	d.step("Putting objects into %s", bucket)
	client := s3.NewFromConfig(d.sandbox.Config(d.sandbox.Target))
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

// runList checks that the function lists both granted prefixes, in order, over more than one page, and nothing else.
func (d *demo) runList(ctx context.Context) error {
	if err := d.putObjects(ctx); err != nil {
		return err
	}
	f, err := d.start(ctx, "-list")
	if err != nil {
		return err
	}
	defer f.Stop()
	const first, second = sandbox.FirstPrefix, sandbox.SecondPrefix
	granted := append(keys(first, 0, firstPrefixObjects), keys(second, 0, secondPrefixObjects)...)
	slices.Sort(granted)

	for _, c := range []struct {
		event, expected string
		holds           func(response) bool
	}{
		{`{"maxKeys":5000}`, fmt.Sprintf("all %d granted keys in order, none under %s", len(granted), outsidePrefix), func(r response) bool {
			return slices.Equal(r.keys(), granted) && r.Next == "" && r.Objects[0].Size == int64(len("crossgrant"))
		}},
		{`{"prefix":"` + first + `"}`, "1000 keys, and next for the rest", func(r response) bool {
			return slices.Equal(r.keys(), keys(first, 0, 1000)) && r.Next == key(first, 999)
		}},
		{`{"prefix":"` + first + `","startAfter":"` + key(first, 999) + `"}`, "the other 100 keys, and no next", func(r response) bool {
			return slices.Equal(r.keys(), keys(first, 1000, firstPrefixObjects)) && r.Next == ""
		}},
		{`{"prefix":"` + first + `no-such-folder/"}`, "no keys", func(r response) bool {
			return strings.Contains(r.raw, `"objects":[]`) && r.Next == "" && r.StatusCode == 0
		}},
		{`{"maxKeys":0}`, "400 that names maxKeys", isError(400, "maxKeys")},
		{`{"maxKey":5}`, "400 that names maxKey", isError(400, "maxKey")},
		{`{"prefix":7}`, "400 that names prefix", isError(400, "prefix")},
		{`{"prefix":"` + outsidePrefix + `"}`, "403 that names the role", isError(403, ":role/crossgrant-list-access-")},
	} {
		r, err := f.call(ctx, c.event)
		if err != nil {
			return err
		}
		d.check(c.holds(r), fmt.Sprintf("%-22s %s", c.event, c.expected), r)
	}
	return d.refuse(ctx, f)
}

// refuse checks that IAM refuses what the grant leaves out: the function's role what it is not granted, and an administrator of the source account all of it.
func (d *demo) refuse(ctx context.Context, f *function) error {
	bucket, err := d.bucket(ctx, d.sandbox.Target, "")
	if err != nil {
		return err
	}
	d.step("Trying what the grant leaves out")
	d.detail("Under each denial is AWS's message, and the statement that comes nearest to a permission.")
	grant := &proof.Assume{Role: listRole}
	config, stop, err := d.sandbox.As(listRuns, f.ARN)
	if err != nil {
		return err
	}
	defer stop()
	if config, err = assume(ctx, config, grant); err != nil {
		return fmt.Errorf("assume the trusted role as the function: %w", err)
	}
	granted, administrator := s3.NewFromConfig(config), d.sandbox.Config(d.sandbox.Source)
	list := func(client *s3.Client, prefix string) error {
		_, err := client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: aws.String(bucket), Prefix: aws.String(prefix)})
		return err
	}
	d.denied("the trusted role lists another prefix", list(granted, outsidePrefix), "no identity-based policy allows the s3:ListBucket action")
	_, err = granted.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String(bucket), Key: aws.String(key(sandbox.FirstPrefix, 0)), Body: strings.NewReader("changed")})
	d.denied("the trusted role overwrites an object that it may read", err, "no identity-based policy allows the s3:PutObject action")
	_, err = assume(ctx, administrator, grant)
	d.denied("an administrator of the source account assumes the trusted role", err, "no role trust policy allows the sts:AssumeRole action")
	d.denied("an administrator of the source account lists the bucket", list(s3.NewFromConfig(administrator), sandbox.FirstPrefix), "no resource-based policy allows the s3:ListBucket action")
	return nil
}

// denied checks that AWS denied a request for some reason, and prints its message.
func (d *demo) denied(request string, err error, reason string) {
	var of smithy.APIError
	d.check(errors.As(err, &of) && of.ErrorCode() == "AccessDenied" && strings.Contains(of.ErrorMessage(), reason), request+": AccessDenied", err)
	d.quote(messageOf(err))
}

// messageOf is what AWS says of an error. "" for anything else.
func messageOf(err error) string {
	var of smithy.APIError
	if errors.As(err, &of) {
		return of.ErrorMessage()
	}
	return ""
}

func keys(prefix string, from, to int) []string {
	var all []string
	for i := from; i < to; i++ {
		all = append(all, key(prefix, i))
	}
	return all
}
