package escalation

import (
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/internal/authorization"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/inventory"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// How an actor lets someone in by an access point of its own: where the policy of a bucket leaves access to the access points of the account, the policy
// of any of them permits what is in the bucket.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-policies.html#access-points-delegating-control

// accessPoints are the actions that make an access point, and that write its policy.
var accessPoints = [][2]string{{"s3:CreateAccessPoint", "s3:PutAccessPointPolicy"}, {"s3:CreateMultiRegionAccessPoint", "s3:PutMultiRegionAccessPointPolicy"}}

// byAccessPoint are the trials of an actor that may make an access point for a bucket that leaves access to these. Those that exist are guarded.
func (s *search) byAccessPoint(a *actor, g *inventory.Guarded) []trial {
	bucket, ok := s.model.Accounts.ResourceOf(g.ARN)
	if g.Type != "AWS::S3::Bucket" || !ok {
		return nil
	}
	var all []trial
	for _, statement := range allowsOf(bucket.Policy) {
		for _, name := range s.delegated(a, g, statement) {
			for _, actions := range accessPoints {
				_, makes := s.may(a, actions[0], name, nil)
				if makes == policy.No {
					continue
				}
				t := trial{action: actions[1], level: authorization.PermissionsManagement, on: []target{{arn: name}}}
				if makes != policy.Yes {
					t.says = "unknown: whether " + actions[0] + " is permitted as well, which makes the access point"
				}
				all = append(all, t)
			}
		}
	}
	return all
}

// delegated are names of new access points of the account to which a statement of a bucket's policy leaves access.
func (s *search) delegated(a *actor, g *inventory.Guarded, one statement) []string {
	accounts, arns := asked(one.Conditions, "s3:dataaccesspointaccount"), asked(one.Conditions, "s3:dataaccesspointarn")
	if len(accounts)+len(arns)+len(asked(one.Conditions, "s3:accesspointnetworkorigin")) == 0 {
		return nil
	}
	any := target{open: arn.ARN{Partition: s.partition, Service: "s3", Region: g.Stack.Region, Account: s.account, Resource: "accesspoint/"}.String()}
	any.arn = any.open + model.AnyName
	var all []string
	for _, account := range accounts {
		if len(arns) == 0 && model.Like(account, s.account) {
			return any.examples(a)
		}
	}
	if len(accounts)+len(arns) == 0 {
		return any.examples(a)
	}
	for _, pattern := range arns {
		name, ok := arn.Parse(pattern)
		switch {
		case !ok:
			all = append(all, any.arn)
		case model.Like(name.Account, s.account):
			name.Partition, name.Service, name.Region, name.Account, name.Resource = s.partition, "s3", g.Stack.Region, s.account, model.Example(name.Resource)
			all = append(all, name.String())
		}
	}
	return all
}
