package demo

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// runInstance checks that the AWS CLI on the instance, configured by the instance's user data, uploads into the target account.
func (d *demo) runInstance(ctx context.Context) error {
	uploads, err := d.bucket(ctx, d.sandbox.Target, "uploads")
	if err != nil {
		return err
	}
	id, err := d.sandbox.Deployed(ctx, d.sandbox.Source, "AWS::EC2::Instance", "")
	if err != nil {
		return err
	}
	d.step("Running the AWS CLI as instance %s, configured by its user data", id)
	instance, err := d.sandbox.Instance(d.sandbox.Source, id)
	if err != nil {
		return err
	}
	defer instance.Stop()
	d.detail("$ aws sts get-caller-identity --profile crossgrant")
	caller, err := instance.AWS(ctx, "sts", "get-caller-identity", "--profile", "crossgrant", "--query", "Arn", "--output", "text")
	if err != nil {
		return err
	}
	d.check(strings.Contains(caller, ":assumed-role/crossgrant-instance-access-dev-"), "the profile is the trusted role of the target account", strings.TrimSpace(caller))
	file := filepath.Join(instance.Home, "measurement.csv")
	if err := os.WriteFile(file, []byte("1,2,3\n"), 0o600); err != nil {
		return err
	}
	upload := func(key string) error {
		d.detail("$ aws s3 cp %s s3://%s/%s --profile crossgrant", filepath.Base(file), uploads, key)
		_, err := instance.AWS(ctx, "s3", "cp", file, "s3://"+uploads+"/"+key, "--profile", "crossgrant")
		return err
	}
	if err := upload(""); err != nil {
		return err
	}
	object, err := s3.NewFromConfig(d.sandbox.Config(d.sandbox.Target)).HeadObject(ctx, &s3.HeadObjectInput{Bucket: aws.String(uploads), Key: aws.String("measurement.csv")})
	if err != nil {
		return fmt.Errorf("head the uploaded object: %w", err)
	}
	d.check(aws.ToInt64(object.ContentLength) == 6, "the file is in the target account", object.ContentLength)
	return d.refresh(instance.Home, func() error { return upload("again.csv") })
}

// refresh lets the cached credentials of the AWS CLI expire, and checks that they are those of the trusted role and that the CLI renews them.
func (d *demo) refresh(home string, again func() error) error {
	caches, err := filepath.Glob(filepath.Join(home, ".aws", "cli", "cache", "*.json"))
	if err != nil || len(caches) != 1 {
		return fmt.Errorf("found %d cached credentials (%v), expected those of one profile", len(caches), err)
	}
	cached, err := os.ReadFile(caches[0])
	if err != nil {
		return err
	}
	d.check(strings.Contains(string(cached), ":assumed-role/crossgrant-instance-access-dev-"), "it was uploaded as the trusted role of the target account", "credentials of another role")
	const past = "2020-01-01T00:00:00+00:00"
	expired := regexp.MustCompile(`"Expiration": "[^"]*"`).ReplaceAllString(string(cached), `"Expiration": "`+past+`"`)
	if err := os.WriteFile(caches[0], []byte(expired), 0o600); err != nil {
		return err
	}
	if err := again(); err != nil {
		return err
	}
	renewed, err := os.ReadFile(caches[0])
	if err != nil {
		return err
	}
	d.check(strings.Contains(expired, past) && !strings.Contains(string(renewed), past), "the AWS CLI renews expired credentials by itself", "the expired credentials")
	return nil
}
