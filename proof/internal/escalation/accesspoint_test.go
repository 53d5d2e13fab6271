package escalation

import "testing"

// The bucket leaves access to the access points of its account.
func TestNewAccessPoints(t *testing.T) {
	const way = "broken: 333333333333 -> role one: "
	const perhaps = "undecided: 333333333333 -> role one: "
	const points = "arn:aws:s3:eu-west-1:222222222222:accesspoint/"
	leaves := func(condition string) string {
		return `  LakePolicy: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: lake, PolicyDocument: {Statement: [{Effect: Allow, Principal: {AWS: "*"}, Action: "*",
    Resource: ["arn:aws:s3:::lake", "arn:aws:s3:::lake/*"], Condition: ` + condition + "}]}}}\n"
	}
	const account = `{StringEquals: {"s3:DataAccessPointAccount": "222222222222"}}`
	both := may(`["s3:CreateAccessPoint", "s3:PutAccessPointPolicy"]`, "*")
	for name, c := range map[string]struct {
		policy, own string
		want        []string
	}{
		"a new one":                    {leaves(account), both, []string{way + "s3:PutAccessPointPolicy on " + points}},
		"one of some names":            {leaves(account), may(`"s3:*AccessPoint*"`, points+"mine-*"), []string{way + "s3:PutAccessPointPolicy on " + points + "mine-"}},
		"one for many regions":         {leaves(account), may(`["s3:CreateMultiRegionAccessPoint", "s3:PutMultiRegionAccessPointPolicy"]`, "*"), []string{way + "s3:PutMultiRegionAccessPointPolicy on "}},
		"accounts by a pattern":        {leaves(`{StringLike: {"s3:DataAccessPointAccount": "2222*"}}`), both, []string{way + "s3:PutAccessPointPolicy on " + points}},
		"access points by a pattern":   {leaves(`{ArnLike: {"s3:DataAccessPointArn": "arn:aws:s3:*:222222222222:accesspoint/team-*"}}`), both, []string{way + "s3:PutAccessPointPolicy on " + points + "team-"}},
		"access points of a network":   {leaves(`{StringEquals: {"s3:AccessPointNetworkOrigin": VPC}}`), both, []string{way + "s3:PutAccessPointPolicy on " + points}},
		"one that it may not be able":  {leaves(account), may(`"s3:PutAccessPointPolicy"`, "*") + `, {Effect: Allow, Action: "s3:CreateAccessPoint", Resource: "*", Condition: {IpAddress: {"aws:SourceIp": "203.0.113.0/24"}}}`, []string{perhaps + "s3:PutAccessPointPolicy on " + points}},
		"one without a policy":         {leaves(account), may(`"s3:CreateAccessPoint"`, "*"), nil},
		"a policy without one":         {leaves(account), may(`"s3:PutAccessPointPolicy"`, "*"), nil},
		"another account":              {leaves(`{StringEquals: {"s3:DataAccessPointAccount": "444444444444"}}`), both, nil},
		"those of another account":     {leaves(`{ArnLike: {"s3:DataAccessPointArn": "arn:aws:s3:*:444444444444:accesspoint/*"}}`), both, nil},
		"other names":                  {leaves(`{ArnLike: {"s3:DataAccessPointArn": "arn:aws:s3:*:222222222222:accesspoint/team-*"}}`), may(`"s3:*AccessPoint*"`, points+"mine-*"), nil},
		"a bucket that leaves nothing": {"", both, nil},
	} {
		t.Run(name, func(t *testing.T) { expect(t, "", c.policy+by(c.own), c.want) })
	}
}
