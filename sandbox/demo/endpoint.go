package demo

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/proof"
	"github.com/crossgrant/crossgrant/sandbox"
)

// closeEndpoint shows that a request takes its route. As an administrator does by hand, it takes the statement of one function out of the policy of the S3 endpoint. The function
// fails as the proof says, and works again once the statement is back.
func (d *demo) closeEndpoint(ctx context.Context) error {
	d.step("Closing the S3 endpoint by hand to the function that lists")
	endpoint, open, closed, err := d.policies()
	if err != nil {
		return err
	}
	if err := d.setPolicy(ctx, endpoint, closed, "without the statement for the role that the function assumes"); err != nil {
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
	d.check(r.StatusCode == 403 && strings.Contains(r.Error, "VPC endpoint policy"), event+": 403 that names the VPC endpoint policy", r)
	d.quote(r.Error)
	if err := d.explained(ctx, f); err != nil {
		return err
	}
	if err := d.ask(ctx, true); err != nil {
		return err
	}
	d.step("Opening the S3 endpoint again")
	if err := d.setPolicy(ctx, endpoint, open, "as it was"); err != nil {
		return err
	}
	if r, err = f.call(ctx, event); err != nil {
		return err
	}
	d.check(r.StatusCode == 0 && len(r.Objects) == 1000, event+": 1000 keys", r)
	return nil
}

// explained checks that AWS denies the request of the function for the reason that explain gives.
func (d *demo) explained(ctx context.Context, f *function) error {
	bucket, err := d.bucket(ctx, d.sandbox.Target, "")
	if err != nil {
		return err
	}
	assumed := &proof.Assume{Role: listRole}
	chains, err := proof.Explain(d.sandbox.DeployedAssembly(), proof.Options{}, proof.Access{
		Caller: listRuns, Assumes: assumed, Action: "s3:ListBucket", Resource: "arn:aws:s3:::" + bucket, Context: map[string][]string{"s3:prefix": {sandbox.FirstPrefix}},
	})
	if err != nil {
		return err
	}
	stops, _ := chains[0].Stops()
	config, stop, err := d.sandbox.As(listRuns, f.ARN)
	if err != nil {
		return err
	}
	defer stop()
	if config, err = assume(ctx, config, assumed); err != nil {
		return err
	}
	_, err = s3.NewFromConfig(config).ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: aws.String(bucket), Prefix: aws.String(sandbox.FirstPrefix)})
	said := messageOf(err)
	d.check(said != "" && slices.ContainsFunc(stops.Says, func(one string) bool { return strings.Contains(said, strings.TrimPrefix(one, "denied: ")) }),
		"AWS denies it for the reason that explain gives", fmt.Sprint(err, stops.Says))
	d.quote(said)
	return nil
}

// policies are the policy of the S3 endpoint, and the one without the statement for the function that lists.
func (d *demo) policies() (endpoint, open, closed string, err error) {
	for _, r := range d.sandbox.DeployedAssembly().OfType("AWS::EC2::VPCEndpoint") {
		if service, _ := r.Properties["ServiceName"].(string); !strings.HasSuffix(service, ".s3") {
			continue
		}
		document, _ := r.Properties["PolicyDocument"].(map[string]any)
		statements := assembly.Listed(document["Statement"])
		left := slices.DeleteFunc(slices.Clone(statements), func(s any) bool { return strings.Contains(fmt.Sprint(s), listRole) })
		if len(left) != len(statements)-1 {
			return "", "", "", fmt.Errorf("found %d statements for %s in the policy of endpoint %s, expected 1", len(statements)-len(left), listRole, r.Ref)
		}
		before, err1 := json.Marshal(document)
		after, err2 := json.Marshal(map[string]any{"Version": document["Version"], "Statement": left})
		return r.Ref, string(before), string(after), cmp.Or(err1, err2)
	}
	return "", "", "", fmt.Errorf("account %s: found no S3 endpoint, expected one", d.sandbox.Source.ID)
}

// setPolicy sets the policy of an endpoint as an administrator does. says is which policy that is.
func (d *demo) setPolicy(ctx context.Context, endpoint, document, says string) error {
	d.detail("$ aws ec2 modify-vpc-endpoint --vpc-endpoint-id %s --policy-document …", endpoint)
	d.detail("  with the policy %s", says)
	_, err := d.sandbox.AWS(ctx, d.sandbox.Source, "ec2", "modify-vpc-endpoint", "--vpc-endpoint-id", endpoint, "--policy-document", document)
	return err
}
