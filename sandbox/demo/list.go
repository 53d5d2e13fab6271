package demo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"github.com/crossgrant/crossgrant/sandbox"
)

// 1,500 objects: more than one page of 1,000 under the first granted prefix, some under the second, some under neither.
const (
	firstPrefixObjects  = 1100
	secondPrefixObjects = 200
	outsideObjects      = 200
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
	return d.refuse(ctx)
}

// refuse checks that IAM refuses an administrator of the source account what only the function's role is granted.
func (d *demo) refuse(ctx context.Context) error {
	bucket, err := d.bucket(ctx, d.sandbox.Target, "")
	if err != nil {
		return err
	}
	d.step("Trying the same as an administrator of the source account")
	config := d.sandbox.Config(d.sandbox.Source)
	role := "arn:aws:iam::" + d.sandbox.Target.ID + ":role/crossgrant-list-access-dev-" + sandbox.Region
	_, err = sts.NewFromConfig(config).AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: aws.String(role), RoleSessionName: aws.String("demo")})
	d.check(isDenied(err, "no role trust policy allows the sts:AssumeRole action"), "AccessDenied: no role trust policy allows it to assume the trusted role", err)
	_, err = s3.NewFromConfig(config).ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: aws.String(bucket), Prefix: aws.String(sandbox.FirstPrefix)})
	d.check(isDenied(err, "no resource-based policy allows the s3:ListBucket action"), "AccessDenied: no resource-based policy allows it to list the bucket", err)
	return nil
}

// isDenied says that AWS denied a request, with this reason.
func isDenied(err error, reason string) bool {
	var of smithy.APIError
	return errors.As(err, &of) && of.ErrorCode() == "AccessDenied" && strings.Contains(of.ErrorMessage(), reason)
}

func keys(prefix string, from, to int) []string {
	var all []string
	for i := from; i < to; i++ {
		all = append(all, key(prefix, i))
	}
	return all
}
