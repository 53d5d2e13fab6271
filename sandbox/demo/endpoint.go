package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/proof"
	"github.com/crossgrant/crossgrant/sandbox"
)

// closeEndpoint shows that a request takes its route: it asks for all that the report's picture has, closes the S3 endpoint for the function that lists, and asks
// again, with what the proof says of the same templates. Then it opens the endpoint again.
func (d *demo) closeEndpoint(ctx context.Context) error {
	d.step("Asking for what the report's picture shows, as the workloads in it")
	if err := d.ask(ctx, false); err != nil {
		return err
	}
	const role = "crossgrant-list-access-dev-" + sandbox.Region
	d.step("Closing the S3 endpoint by hand")
	d.detail("Its policy loses the statement for role %s.", role)
	open, closed, err := d.withoutStatement(ctx, role)
	if err != nil {
		return err
	}
	if err := d.replace(ctx, closed); err != nil {
		return err
	}
	f, err := d.start(ctx, "-list")
	if err != nil {
		return err
	}
	defer f.Stop()
	const event = `{"prefix":"` + sandbox.FirstPrefix + `"}`
	r, err := f.call(ctx, event)
	if err != nil {
		return err
	}
	d.check(r.StatusCode == 403, event+": 403, in the function's words:", r)
	d.quote(r.Error)
	if err := d.explained(ctx, f, role); err != nil {
		return err
	}
	if err := d.ask(ctx, true); err != nil {
		return err
	}
	d.step("Opening it again")
	if err := d.replace(ctx, open); err != nil {
		return err
	}
	if r, err = f.call(ctx, event); err != nil {
		return err
	}
	d.check(r.StatusCode == 0 && len(r.Objects) == 1000, event+": 1000 keys", r)
	return nil
}

// explained checks that AWS denies the request with the words that explain has for it.
func (d *demo) explained(ctx context.Context, f *function, role string) error {
	bucket, err := d.bucket(ctx, d.sandbox.Target, "")
	if err != nil {
		return err
	}
	caller := "arn:aws:iam::" + d.sandbox.Source.ID + ":role/crossgrant-list-dev-" + sandbox.Region
	chains, err := proof.Explain(d.sandbox.DeployedAssembly(), proof.Options{}, proof.Access{
		Caller: caller, Action: "s3:ListBucket", Resource: "arn:aws:s3:::" + bucket, Context: map[string][]string{"s3:prefix": {sandbox.FirstPrefix}},
		Assumes: &proof.Assume{Role: "arn:aws:iam::" + d.sandbox.Target.ID + ":role/" + role},
	})
	if err != nil {
		return err
	}
	stops, _ := chains[0].Stops()
	config, stop, err := d.sandbox.As(caller, f.ARN)
	if err != nil {
		return err
	}
	defer stop()
	if config, err = assume(ctx, config, chains[0].Assumes); err != nil {
		return err
	}
	_, err = s3.NewFromConfig(config).ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: aws.String(bucket), Prefix: aws.String(sandbox.FirstPrefix)})
	said := messageOf(err)
	d.check(said != "" && slices.ContainsFunc(stops.Says, func(one string) bool { return strings.Contains(said, strings.TrimPrefix(one, "denied: ")) }),
		"AWS denies its role for the reason that explain gives for the deployed templates", fmt.Sprint(err, stops.Says))
	d.quote(said)
	return nil
}

// sourceStack is the stack that has the endpoints.
const sourceStack = "CrossGrant-Source"

// withoutStatement returns the template of the source account as it is deployed, and one in which the policy of the S3 endpoint has no statement for a role.
func (d *demo) withoutStatement(ctx context.Context, role string) (open, closed string, err error) {
	got, err := cloudformation.NewFromConfig(d.sandbox.Config(d.sandbox.Source)).GetTemplate(ctx, &cloudformation.GetTemplateInput{StackName: aws.String(sourceStack)})
	if err != nil {
		return "", "", fmt.Errorf("get the template of %s: %w", sourceStack, err)
	}
	var template map[string]any
	open = aws.ToString(got.TemplateBody)
	if err := json.Unmarshal([]byte(open), &template); err != nil {
		return "", "", fmt.Errorf("read the template of %s: %w", sourceStack, err)
	}
	for _, one := range template["Resources"].(map[string]any) {
		r, _ := one.(map[string]any)
		properties, _ := r["Properties"].(map[string]any)
		if r["Type"] != "AWS::EC2::VPCEndpoint" || !strings.Contains(fmt.Sprint(properties["ServiceName"]), ".s3") {
			continue
		}
		document, _ := properties["PolicyDocument"].(map[string]any)
		statements := assembly.Listed(document["Statement"])
		left := slices.DeleteFunc(slices.Clone(statements), func(s any) bool { return strings.Contains(fmt.Sprint(s), role) })
		if len(left) != len(statements)-1 {
			return "", "", fmt.Errorf("found %d statements for %s in the policy of the S3 endpoint, expected 1", len(statements)-len(left), role)
		}
		document["Statement"] = left
	}
	text, err := json.Marshal(template)
	return open, string(text), err
}

// replace deploys a template of the source account.
func (d *demo) replace(ctx context.Context, template string) error {
	bucket, key := "cdk-hnb659fds-assets-"+d.sandbox.Source.ID+"-"+sandbox.Region, "demo.template.json"
	config := d.sandbox.Config(d.sandbox.Source)
	if _, err := s3.NewFromConfig(config).PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String(bucket), Key: aws.String(key), Body: strings.NewReader(template)}); err != nil {
		return err
	}
	_, err := cloudformation.NewFromConfig(config).UpdateStack(ctx, &cloudformation.UpdateStackInput{
		StackName: aws.String(sourceStack), TemplateURL: aws.String(d.sandbox.Endpoint() + "/" + bucket + "/" + key),
	})
	return err
}
