package stacks

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/internal/policyview"
	"github.com/crossgrant/crossgrant/internal/sample"
)

// No two of stage, region and purpose have the same name. The parts are those that could run into each other.
func TestNamesAreInjective(t *testing.T) {
	words := []string{"access", "dev", "eu", "list", "uploads", "us", "west", "1", "trail"}
	regions := []string{"ap-northeast-1", "eu-west-1", "us-gov-west-1", "us-west-1"}
	purposes := []string{"", "access", "copy", "copy-access", "list", "list-access", "trail", "trail-access", "uploads"}
	type parts struct{ stage, region, purpose string }
	byName := map[string]parts{}
	for range 20_000 {
		var all []string
		for range 1 + rand.IntN(3) {
			all = append(all, words[rand.IntN(len(words))])
		}
		one := parts{strings.Trim(strings.Join(all, strings.Repeat("-", 1+rand.IntN(2))), "1-"), regions[rand.IntN(len(regions))], purposes[rand.IntN(len(purposes))]}
		if !stage.MatchString(one.stage) {
			continue
		}
		c := Config{Stage: one.stage, Region: one.region, SourceAccount: "111111111111", TargetAccount: "222222222222"}
		names := map[string]string{"role": c.roleName(one.purpose), "in account": c.nameInAccount(one.purpose), "bucket": bucketName(c, c.TargetAccount, one.purpose)}
		if one.purpose == "trail" {
			names["trail"] = c.trailName()
		}
		for kind, name := range names {
			other, taken := byName[kind+" "+name]
			if byName[kind+" "+name] = one; taken && other != one {
				t.Fatalf("%s %s is of %v and of %v", kind, name, other, one)
			}
		}
	}
	if len(byName) < 1000 {
		t.Errorf("found %d names, expected to try more", len(byName))
	}
}

// Several stages and regions can be deployed into the same two accounts. With -short, one beside the first.
func TestNothingIsNamedTwiceInTheSameAccounts(t *testing.T) {
	property := map[string]string{"AWS::CloudTrail::Trail": "TrailName", "AWS::CloudWatch::Alarm": "AlarmName", "AWS::CloudWatch::Dashboard": "DashboardName", "AWS::DynamoDB::Table": "TableName",
		"AWS::Events::EventBus": "Name", "AWS::Events::Rule": "Name", "AWS::IAM::Role": "RoleName", "AWS::KMS::Alias": "AliasName", "AWS::Lambda::Function": "FunctionName",
		"AWS::Logs::LogGroup": "LogGroupName", "AWS::S3::Bucket": "BucketName", "AWS::SNS::Topic": "TopicName", "AWS::SQS::Queue": "QueueName"}
	inAccount := map[string]bool{"AWS::CloudTrail::Trail": true, "AWS::CloudWatch::Dashboard": true, "AWS::IAM::Role": true, "AWS::S3::Bucket": true}
	found := map[string]string{}
	first := [2]string{"dev", "ap-northeast-1"}
	for _, deployed := range sample.Of(t, sample.Seed(t), [][2]string{first, {"dev", "eu-west-1"}, {"dev-uploads", "ap-northeast-1"}, {"dev-trail", "ap-northeast-1"}},
		func(deployed [2]string) []string { return []string{fmt.Sprint("first: ", deployed == first)} }) {
		a := synthesize(t, map[string]any{"stage": deployed[0], "region": deployed[1], "availabilityZones": deployed[1] + "a," + deployed[1] + "c", "workloads": "list,scan,copy,events,trail,instance", "createTrail": "true"})
		for account, template := range map[string]policyview.Template{"source": a.source, "target": a.target} {
			for kind, name := range property {
				for _, one := range names(template, kind, name) {
					key := fmt.Sprintf("%s account: %s %s", account, kind, one)
					if !inAccount[kind] {
						key += " in " + deployed[1]
					}
					if other, taken := found[key]; taken && one != "<nil>" && one != "" {
						t.Errorf("%s is of %s and of %s", key, other, strings.Join(deployed[:], " "))
					}
					found[key] = strings.Join(deployed[:], " ")
				}
			}
		}
	}
}
