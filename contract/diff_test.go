package contract_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crossgrant/crossgrant/contract"
)

func TestDiff(t *testing.T) {
	const (
		key      = "reports-prod-ap-northeast-1"
		widened  = contract.Widened
		changed  = contract.Changed
		narrowed = contract.Narrowed
		perhaps  = contract.ChangeKind("changed, and may widen")
	)
	type change struct {
		kind        contract.ChangeKind
		grant, what string
	}
	type changes = []change
	plain := func(all []contract.Change) (found changes) {
		for _, c := range all {
			if c.MayWiden {
				c.Kind = perhaps
			}
			found = append(found, change{c.Kind, c.Grant, c.What})
		}
		return found
	}
	reports := func(g []contract.Grant) *contract.Grant { return &g[0] }
	for name, c := range map[string]struct {
		change   func(g []contract.Grant) []contract.Grant // of agreed()
		expected changes
		reverse  changes // what going back says
	}{
		"nothing": {func(g []contract.Grant) []contract.Grant { return g }, nil, nil},
		"a grant": {
			func(g []contract.Grant) []contract.Grant { return g[:1] },
			changes{
				{narrowed, "orders-prod-ap-northeast-1", "the grant was removed, for arn:aws:iam::111111111111:role/orders-scan"},
				{narrowed, "orders-prod-ap-northeast-1", "ReadTable no longer permits dynamodb:Query, dynamodb:Scan on arn:aws:dynamodb:ap-northeast-1:222222222222:table/orders"},
			},
			changes{
				{widened, "orders-prod-ap-northeast-1", "the grant is new, for arn:aws:iam::111111111111:role/orders-scan"},
				{widened, "orders-prod-ap-northeast-1", "ReadTable now permits dynamodb:Query, dynamodb:Scan on arn:aws:dynamodb:ap-northeast-1:222222222222:table/orders"},
			},
		},
		"a grantee for another": {
			func(g []contract.Grant) []contract.Grant {
				reports(g).Grantees[0] = "arn:aws:iam::111111111111:role/auditor"
				return g
			},
			changes{
				{widened, key, "grantee added: arn:aws:iam::111111111111:role/auditor"},
				{narrowed, key, "grantee removed: arn:aws:iam::111111111111:role/reports-reader"},
			},
			changes{
				{widened, key, "grantee added: arn:aws:iam::111111111111:role/reports-reader"},
				{narrowed, key, "grantee removed: arn:aws:iam::111111111111:role/auditor"},
			},
		},
		"an action": {
			func(g []contract.Grant) []contract.Grant {
				reports(g).Permissions[1].Actions = []string{"s3:GetObject"}
				return g
			},
			changes{{narrowed, key, "ReadBucketObjects no longer permits s3:GetObjectTagging on arn:aws:s3:::acme-reports/inbox/*, arn:aws:s3:::acme-reports/outbox/*"}},
			changes{{widened, key, "ReadBucketObjects now permits s3:GetObjectTagging on arn:aws:s3:::acme-reports/inbox/*, arn:aws:s3:::acme-reports/outbox/*"}},
		},
		"a resource that holds another": {
			func(g []contract.Grant) []contract.Grant {
				reports(g).Permissions[1].Resources = []string{"arn:aws:s3:::acme-reports/*"}
				return g
			},
			changes{{widened, key, "ReadBucketObjects now permits s3:GetObject, s3:GetObjectTagging on arn:aws:s3:::acme-reports/* (until now: arn:aws:s3:::acme-reports/inbox/*, arn:aws:s3:::acme-reports/outbox/*)"}},
			changes{{narrowed, key, "ReadBucketObjects no longer permits s3:GetObject, s3:GetObjectTagging on arn:aws:s3:::acme-reports/* (from now on: arn:aws:s3:::acme-reports/inbox/*, arn:aws:s3:::acme-reports/outbox/*)"}},
		},
		"different resources for two actions": {
			func(g []contract.Grant) []contract.Grant {
				reports(g).Permissions[1].Actions = []string{"s3:GetObject", "s3:GetObjectTagging", "s3:GetObjectVersion"}
				reports(g).Permissions[1].Resources = []string{"arn:aws:s3:::acme-reports/inbox/*", "arn:aws:s3:::acme-reports/my outbox/*"}
				return g
			},
			changes{
				{widened, key, `ReadBucketObjects now permits s3:GetObject, s3:GetObjectTagging on "arn:aws:s3:::acme-reports/my outbox/*" (until now: arn:aws:s3:::acme-reports/inbox/*, arn:aws:s3:::acme-reports/outbox/*); s3:GetObjectVersion on arn:aws:s3:::acme-reports/inbox/*, "arn:aws:s3:::acme-reports/my outbox/*"`},
				{narrowed, key, `ReadBucketObjects no longer permits s3:GetObject, s3:GetObjectTagging on arn:aws:s3:::acme-reports/outbox/* (from now on: arn:aws:s3:::acme-reports/inbox/*, "arn:aws:s3:::acme-reports/my outbox/*")`},
			},
			changes{
				{widened, key, `ReadBucketObjects now permits s3:GetObject, s3:GetObjectTagging on arn:aws:s3:::acme-reports/outbox/* (until now: arn:aws:s3:::acme-reports/inbox/*, "arn:aws:s3:::acme-reports/my outbox/*")`},
				{narrowed, key, `ReadBucketObjects no longer permits s3:GetObject, s3:GetObjectTagging on "arn:aws:s3:::acme-reports/my outbox/*" (from now on: arn:aws:s3:::acme-reports/inbox/*, arn:aws:s3:::acme-reports/outbox/*); s3:GetObjectVersion on arn:aws:s3:::acme-reports/inbox/*, "arn:aws:s3:::acme-reports/my outbox/*"`},
			},
		},
		"a condition": {
			func(g []contract.Grant) []contract.Grant { reports(g).Permissions[2].Conditions = nil; return g },
			changes{{widened, key, "ReadBucketList now permits s3:ListBucket on arn:aws:s3:::acme-reports without a condition (until now if s3:prefix StringLike inbox/*, outbox/*)"}},
			changes{{narrowed, key, "ReadBucketList no longer permits s3:ListBucket on arn:aws:s3:::acme-reports without a condition (from now on if s3:prefix StringLike inbox/*, outbox/*)"}},
		},
		"a condition, and an action more": {
			func(g []contract.Grant) []contract.Grant {
				reports(g).Permissions[2].Conditions, reports(g).Permissions[2].Actions = nil, []string{"s3:ListBucket", "s3:ListBucketVersions"}
				return g
			},
			changes{{widened, key, "ReadBucketList now permits s3:ListBucket on arn:aws:s3:::acme-reports without a condition (until now if s3:prefix StringLike inbox/*, outbox/*); " +
				"s3:ListBucketVersions on arn:aws:s3:::acme-reports"}},
			changes{{narrowed, key, "ReadBucketList no longer permits s3:ListBucket on arn:aws:s3:::acme-reports without a condition (from now on if s3:prefix StringLike inbox/*, outbox/*); " +
				"s3:ListBucketVersions on arn:aws:s3:::acme-reports"}},
		},
		"a value of a condition": {
			func(g []contract.Grant) []contract.Grant {
				reports(g).Permissions[2].Conditions = map[string]map[string][]string{"StringLike": {"s3:prefix": {"inbox/*"}}}
				return g
			},
			changes{{narrowed, key, "ReadBucketList no longer permits s3:ListBucket on arn:aws:s3:::acme-reports if s3:prefix StringLike inbox/*, outbox/* (from now on if s3:prefix StringLike inbox/*)"}},
			changes{{widened, key, "ReadBucketList now permits s3:ListBucket on arn:aws:s3:::acme-reports if s3:prefix StringLike inbox/*, outbox/* (until now if s3:prefix StringLike inbox/*)"}},
		},
		"two operators of a condition": {
			func(g []contract.Grant) []contract.Grant {
				reports(g).Permissions[0].Conditions = map[string]map[string][]string{"StringEquals": {"aws:ResourceTag/Cost Center": {"", "x"}}, "Bool": {"aws:SecureTransport": {"true"}}}
				return g
			},
			changes{{narrowed, key, "ReadOriginObjects no longer permits s3:GetObject on arn:aws:s3:::acme-origin/* of account 333333333333 without a condition " +
				`(from now on if aws:SecureTransport Bool true and "aws:ResourceTag/Cost Center" StringEquals "", x)`}},
			changes{{widened, key, "ReadOriginObjects now permits s3:GetObject on arn:aws:s3:::acme-origin/* of account 333333333333 without a condition " +
				`(until now if aws:SecureTransport Bool true and "aws:ResourceTag/Cost Center" StringEquals "", x)`}},
		},
		"the owner of a resource": {
			func(g []contract.Grant) []contract.Grant {
				reports(g).Permissions[0].Account = "444444444444"
				return g
			},
			changes{
				{widened, key, "ReadOriginObjects now permits s3:GetObject on arn:aws:s3:::acme-origin/* of account 444444444444"},
				{narrowed, key, "ReadOriginObjects no longer permits s3:GetObject on arn:aws:s3:::acme-origin/* of account 333333333333"},
			},
			changes{
				{widened, key, "ReadOriginObjects now permits s3:GetObject on arn:aws:s3:::acme-origin/* of account 333333333333"},
				{narrowed, key, "ReadOriginObjects no longer permits s3:GetObject on arn:aws:s3:::acme-origin/* of account 444444444444"},
			},
		},
		"who makes a request": {
			func(g []contract.Grant) []contract.Grant { reports(g).Permissions[3].ViaAWSService = false; return g },
			changes{{perhaps, key, "ReadBucketDecrypt, kms:Decrypt on arn:aws:kms:ap-northeast-1:222222222222:key/* if kms:ViaService StringEquals s3.ap-northeast-1.amazonaws.com: was requested by AWS for the grantee, is requested by the grantee"}},
			changes{{perhaps, key, "ReadBucketDecrypt, kms:Decrypt on arn:aws:kms:ap-northeast-1:222222222222:key/* if kms:ViaService StringEquals s3.ap-northeast-1.amazonaws.com: was requested by the grantee, is requested by AWS for the grantee"}},
		},
		"what a statement is called": {
			func(g []contract.Grant) []contract.Grant { reports(g).Permissions[0].Sid = "Origin"; return g }, nil, nil,
		},
		"where a statement is cut": {
			func(g []contract.Grant) []contract.Grant {
				tags := reports(g).Permissions[1]
				reports(g).Permissions[1].Actions, tags.Sid, tags.Actions = []string{"s3:GetObject"}, "ReadBucketTags", []string{"s3:GetObjectTagging"}
				reports(g).Permissions = append(reports(g).Permissions, tags)
				return g
			}, nil, nil,
		},
		"what is asked of the grantee": {
			func(g []contract.Grant) []contract.Grant {
				reports(g).Trust = contract.Trust{Mode: contract.ExactRole, SessionSeconds: 900}
				return g
			},
			changes{
				{widened, key, "external id removed: reports-of-2026"},
				{widened, key, "source identity removed: reports-team"},
				{widened, key, "organization removed: o-a1b2c3d4e5"},
				{changed, key, "duration of sessions: was 3600s, is 900s"},
				{narrowed, key, "trust: was NamedRole, is ExactRole: a role created again under the same name is no longer trusted"},
			},
			changes{
				{widened, key, "trust: was ExactRole, is NamedRole: a role created again under the same name is trusted too"},
				{changed, key, "duration of sessions: was 900s, is 3600s"},
				{narrowed, key, "external id added: reports-of-2026"},
				{narrowed, key, "source identity added: reports-team"},
				{narrowed, key, "organization added: o-a1b2c3d4e5"},
			},
		},
		"what is to be presented": {
			func(g []contract.Grant) []contract.Grant {
				reports(g).Trust.ExternalID, reports(g).Trust.SourceIdentity, reports(g).Trust.OrganizationID = "x1", "x2", "o-x3"
				return g
			},
			changes{
				{perhaps, key, "external id: was reports-of-2026, is x1"},
				{perhaps, key, "source identity: was reports-team, is x2"},
				{perhaps, key, "organization: was o-a1b2c3d4e5, is o-x3"},
			},
			changes{
				{perhaps, key, "external id: was x1, is reports-of-2026"},
				{perhaps, key, "source identity: was x2, is reports-team"},
				{perhaps, key, "organization: was o-x3, is o-a1b2c3d4e5"},
			},
		},
		"direct access": {
			func(g []contract.Grant) []contract.Grant {
				reports(g).Access, reports(g).RoleARN, reports(g).Trust.SessionSeconds = contract.Direct, "", 0
				return g
			},
			changes{
				{perhaps, key, "access mode: was AssumeRole, is Direct"},
				{perhaps, key, "role: was arn:aws:iam::222222222222:role/reports-prod-ap-northeast-1, is none"},
				{changed, key, "duration of sessions: was 3600s, is none"},
			},
			changes{
				{perhaps, key, "access mode: was Direct, is AssumeRole"},
				{perhaps, key, "role: was none, is arn:aws:iam::222222222222:role/reports-prod-ap-northeast-1"},
				{changed, key, "duration of sessions: was none, is 3600s"},
			},
		},
		"the perimeter": {
			func(g []contract.Grant) []contract.Grant { reports(g).Perimeter = nil; return g },
			changes{{widened, key, "perimeter removed: OnRole, aws:VpceAccount of 111111111111, 333333333333"}},
			changes{{narrowed, key, "perimeter added: OnRole, aws:VpceAccount of 111111111111, 333333333333"}},
		},
		"the perimeter's values": {
			func(g []contract.Grant) []contract.Grant {
				reports(g).Perimeter.Values = []string{"555555555555", "333333333333"}
				return g
			},
			changes{
				{widened, key, "perimeter OnRole, aws:VpceAccount added: 555555555555"},
				{narrowed, key, "perimeter OnRole, aws:VpceAccount removed: 111111111111"},
			},
			changes{
				{widened, key, "perimeter OnRole, aws:VpceAccount added: 111111111111"},
				{narrowed, key, "perimeter OnRole, aws:VpceAccount removed: 555555555555"},
			},
		},
		"the perimeter's place": {
			func(g []contract.Grant) []contract.Grant {
				reports(g).Perimeter.Enforcement, reports(g).Perimeter.Administrators = contract.OnBucket, []string{"arn:aws:iam::222222222222:role/admin"}
				return g
			},
			changes{{perhaps, key, "perimeter: was OnRole, aws:VpceAccount of 111111111111, 333333333333, is OnBucket, aws:VpceAccount of 111111111111, 333333333333, administrators arn:aws:iam::222222222222:role/admin"}},
			changes{{perhaps, key, "perimeter: was OnBucket, aws:VpceAccount of 111111111111, 333333333333, administrators arn:aws:iam::222222222222:role/admin, is OnRole, aws:VpceAccount of 111111111111, 333333333333"}},
		},
		"the perimeter's key": {
			func(g []contract.Grant) []contract.Grant {
				reports(g).Perimeter.Key, reports(g).Perimeter.Values = "aws:SourceVpc", []string{"vpc-1", "vpc-2"}
				return g
			},
			changes{{perhaps, key, "perimeter: was OnRole, aws:VpceAccount of 111111111111, 333333333333, is OnRole, aws:SourceVpc of vpc-1, vpc-2"}},
			changes{{perhaps, key, "perimeter: was OnRole, aws:SourceVpc of vpc-1, vpc-2, is OnRole, aws:VpceAccount of 111111111111, 333333333333"}},
		},
		"the account of the data": {
			func(g []contract.Grant) []contract.Grant {
				reports(g).Target.Account, reports(g).RoleARN = "444444444444", "arn:aws:iam::444444444444:role/r"
				return g
			},
			changes{
				{perhaps, key, "target account: was 222222222222, is 444444444444"},
				{perhaps, key, "role: was arn:aws:iam::222222222222:role/reports-prod-ap-northeast-1, is arn:aws:iam::444444444444:role/r"},
			},
			changes{
				{perhaps, key, "target account: was 444444444444, is 222222222222"},
				{perhaps, key, "role: was arn:aws:iam::444444444444:role/r, is arn:aws:iam::222222222222:role/reports-prod-ap-northeast-1"},
			},
		},
		"the environment": {
			func(g []contract.Grant) []contract.Grant {
				reports(g).Environment = map[string]string{"CROSSGRANT_BUCKET": "acme\x1b[2J", "CROSSGRANT_TABLE": ""}
				return g
			},
			changes{
				{changed, key, `environment: CROSSGRANT_BUCKET was acme-reports, is "acme\x1b[2J"`},
				{changed, key, `environment: CROSSGRANT_PREFIXES removed, was "[\"inbox/\",\"outbox/\"]"`},
				{changed, key, `environment: CROSSGRANT_TABLE added: ""`},
			},
			changes{
				{changed, key, `environment: CROSSGRANT_BUCKET was "acme\x1b[2J", is acme-reports`},
				{changed, key, `environment: CROSSGRANT_PREFIXES added: "[\"inbox/\",\"outbox/\"]"`},
				{changed, key, `environment: CROSSGRANT_TABLE removed, was ""`},
			},
		},
		"a name and a stage that make the same key": {
			func(g []contract.Grant) []contract.Grant {
				g[0].Name, g[0].Stage, g[1].Name = "reports-prod-ap", "northeast", "orders"
				g[0].Target.Region = "1"
				return g
			},
			changes{
				{changed, key, "name: was reports, is reports-prod-ap"},
				{changed, key, "stage: was prod, is northeast"},
				{changed, key, "target region: was ap-northeast-1, is 1"},
			},
			changes{
				{changed, key, "name: was reports-prod-ap, is reports"},
				{changed, key, "stage: was northeast, is prod"},
				{changed, key, "target region: was 1, is ap-northeast-1"},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			before, after := contract.Contract{Grants: agreed()}, contract.Contract{Grants: c.change(agreed())}
			if diff := cmp.Diff(c.expected, plain(contract.Diff(before, after)), cmp.AllowUnexported(change{})); diff != "" {
				t.Errorf("changes (-expected +found):\n%s", diff)
			}
			if diff := cmp.Diff(c.reverse, plain(contract.Diff(after, before)), cmp.AllowUnexported(change{})); diff != "" {
				t.Errorf("changes, going back (-expected +found):\n%s", diff)
			}
		})
	}
}
