package stacks

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	cloudassembly "github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/internal/sample"
	"github.com/crossgrant/crossgrant/proof"
)

// With all workloads, the app is proved in each partition that deploys it as it is. With -short, in the first and in one of the others.
func TestPartitions(t *testing.T) {
	regions := map[string]struct {
		partition, sts string
		logging        bool // whether Lambda takes a log format
	}{
		"ap-northeast-1": {"aws", "com.amazonaws.ap-northeast-1.sts", true},
		// https://docs.amazonaws.cn/en_us/vpc/latest/privatelink/aws-services-privatelink-support.html
		"cn-north-1": {"aws-cn", "cn.com.amazonaws.cn-north-1.sts", false},
		// https://docs.aws.amazon.com/govcloud-us/latest/UserGuide/govcloud-lambda.html
		"us-gov-west-1": {"aws-us-gov", "com.amazonaws.us-gov-west-1.sts", false},
	}
	for _, region := range sample.Of(t, sample.Seed(t), slices.Sorted(maps.Keys(regions)), func(region string) []string { return []string{fmt.Sprint(regions[region].logging)} }) {
		c := regions[region]
		t.Run(region, func(t *testing.T) {
			a := synthesize(t, map[string]any{"region": region, "availabilityZones": []any{region + "a", region + "b"}})
			loaded, err := cloudassembly.Load(a.dir, cloudassembly.Options{})
			if err != nil {
				t.Fatal(err)
			}
			report, err := proof.Prove(loaded, proof.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if report.Verdict() != proof.Proved {
				t.Errorf("found %v, expected the app proved", report.Verdict())
			}
			both := asJSON([]any{a.source.Resources, a.target.Resources})
			for _, partition := range []string{"aws", "aws-cn", "aws-us-gov"} {
				if found := strings.Contains(both, "arn:"+partition+":"); found != (partition == c.partition) {
					t.Errorf("ARNs of partition %s: found %t", partition, found)
				}
			}
			// The suffix is the same in all partitions.
			// https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service
			if !strings.Contains(both, `"kms:ViaService":"s3.`+region+`.amazonaws.com"`) {
				t.Errorf("expected keys to be used by way of s3.%s.amazonaws.com", region)
			}
			var endpoints []string
			for _, r := range ofType(a.source, "AWS::EC2::VPCEndpoint") {
				name, _ := r.Properties["ServiceName"].(string)
				endpoints = append(endpoints, name)
			}
			if !slices.Contains(endpoints, c.sts) {
				t.Errorf("found endpoints %q, expected %s", endpoints, c.sts)
			}
			for id, r := range ofType(a.source, "AWS::Lambda::Function") {
				if found := r.Properties["LoggingConfig"] != nil; found != c.logging && r.Properties["FunctionName"] != nil {
					t.Errorf("function %s: LoggingConfig found %t", id, found)
				}
			}
		})
	}
}
