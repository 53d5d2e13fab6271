package exposure

import (
	"slices"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/inventory"
)

var s3Types = []Type{
	{Name: "AWS::S3::AccessGrant", Opens: "data below a prefix, to its grantee", Judged: "the grantee is of the data's account", judge: accessGrant},
	{Name: "AWS::S3::AccessGrantsInstance", Opens: "nothing by itself", Judged: "with its grants"},
	{Name: "AWS::S3::AccessGrantsLocation", Opens: "a prefix, to the grants of its account", Judged: "with its grants"},
	{Name: "AWS::S3::AccessPoint", Opens: "a bucket, to whom its policy allows", Judged: "it is of the bucket's account, and its policy is judged by `OverGrant`", judge: accessPoint},
	{Name: "AWS::S3::Bucket", Opens: "objects, by ACLs, replication, exports and notifications, to their destinations",
		Judged: "no ACL lets others in; data and the list of objects stay in its account; notifications go to accounts of its grants and connections", judge: bucket},
	{Name: "AWS::S3::MultiRegionAccessPoint", Opens: "a bucket, to whom its policy allows", Judged: "with its policy"},
	{Name: "AWS::S3::MultiRegionAccessPointPolicy", Opens: "a bucket, to whom it allows", Judged: "it allows callers of grants and of the bucket's account only", judge: pointPolicy("Policy")},
	{Name: "AWS::S3ObjectLambda::AccessPoint", Opens: "an access point, through a function", Judged: "the function is of the bucket's account", judge: objectLambda},
	{Name: "AWS::S3ObjectLambda::AccessPointPolicy", Opens: "an access point, to whom it allows", Judged: "it allows callers of grants and of the bucket's account only", judge: pointPolicy("PolicyDocument")},
}

// bucket judges all by which data leaves a bucket without a request that its policy decides.
func bucket(s *subject) {
	if s.guarded == nil {
		return
	}
	if s.guarded.Kind == inventory.Data {
		s.accessControl()
		s.replication()
		s.exports()
		s.metadata()
	}
	s.notifications(s.guarded)
}

// publicACLs are the canned ACLs that let others than the owner and S3's own log delivery in.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#canned-acl
var publicACLs = []string{"AuthenticatedRead", "AwsExecRead", "PublicRead", "PublicReadWrite"}

// accessControl judges ACLs. IgnorePublicAcls makes public ones mean nothing; without ACLs at all, AWS refuses to set one. Where uploads may have ACLs of
// their own, no template says whom they let in.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
func (s *subject) accessControl() {
	acl := text(s.Properties["AccessControl"])
	switch ignored := isOn(dig(s.Properties, "PublicAccessBlockConfiguration", "IgnorePublicAcls")); {
	case ignored == policy.Yes:
	case slices.Contains(publicACLs, acl):
		s.opens(s.guarded, "remove AccessControl, or set IgnorePublicAcls", "AccessControl %s lets others read or write %s", acl, name(s.guarded))
	case !policy.IsKnown(acl):
		s.mayOpen(s.guarded, "set AccessControl to Private", "AccessControl of %s is not known before deployment", name(s.guarded))
	}
	for _, rule := range assembly.Listed(dig(s.Properties, "OwnershipControls", "Rules")) {
		if ownership := text(dig(rule, "ObjectOwnership")); ownership != "BucketOwnerEnforced" {
			s.mayOpen(s.guarded, "set ObjectOwnership to BucketOwnerEnforced", "ObjectOwnership %s lets each object of %s have an ACL of its own, and no template says whom these let in",
				ownership, name(s.guarded))
		}
	}
}

// replication judges the buckets that objects are copied to.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication.html
func (s *subject) replication() {
	for _, rule := range assembly.Listed(dig(s.Properties, "ReplicationConfiguration", "Rules")) {
		if text(dig(rule, "Status")) == "Disabled" {
			continue
		}
		s.toBucket("ReplicationConfiguration", "every object", text(dig(rule, "Destination", "Bucket")), text(dig(rule, "Destination", "Account")))
	}
}

// exports judges the buckets that lists of the objects go to. Access logs stay in the account: S3 takes no bucket of another one for them.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/configure-inventory.html
func (s *subject) exports() {
	for _, one := range assembly.Listed(s.Properties["InventoryConfigurations"]) {
		if isOn(dig(one, "Enabled")) != policy.No {
			s.toBucket("InventoryConfigurations", "the list of objects", text(dig(one, "Destination", "BucketArn")), text(dig(one, "Destination", "BucketAccountId")))
		}
	}
	for _, one := range assembly.Listed(s.Properties["AnalyticsConfigurations"]) {
		to := dig(one, "StorageClassAnalysis", "DataExport", "Destination")
		s.toBucket("AnalyticsConfigurations", "figures", text(dig(to, "BucketArn")), text(dig(to, "BucketAccountId")))
	}
}

// metadata judges whose tables the list of objects goes to.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/metadata-tables-overview.html
func (s *subject) metadata() {
	s.sendsTo(s.guarded, itsAccount, "MetadataTableConfiguration", "the list of objects",
		text(dig(s.Properties, "MetadataTableConfiguration", "S3TablesDestination", "TableBucketArn")))
}

// toBucket judges a bucket that something goes to. Who owns it, its ARN does not say.
func (s *subject) toBucket(property, what, bucket, account string) {
	if bucket == "" {
		return
	}
	if owner := s.owner(bucket); owner != "" {
		account = owner
	}
	s.sendsToAccount(s.guarded, itsAccount, property, what, bucket, account)
}

// notifications judges whom a bucket tells of its objects.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventNotifications.html
func (s *subject) notifications(g *inventory.Guarded) {
	for _, to := range []struct{ list, key string }{{"LambdaConfigurations", "Function"}, {"QueueConfigurations", "Queue"}, {"TopicConfigurations", "Topic"}} {
		for _, one := range assembly.Listed(dig(s.Properties, "NotificationConfiguration", to.list)) {
			s.sendsTo(g, itsParties, "NotificationConfiguration."+to.list, "the names of objects", text(dig(one, to.key)))
		}
	}
}

// accessPoint judges whose an access point is. Without an entry for it in the bucket's policy, one of another account opens nothing.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-policies.html
func accessPoint(s *subject) {
	for _, m := range ofKind(s.at("Bucket"), inventory.Data) {
		if s.Stack.Account != m.Stack.Account {
			s.mayOpen(m.Guarded, "make the access point in account "+m.Stack.Account, "it is an access point of account %s on %s, of which the bucket's account does not decide who has access",
				s.Stack.Account, name(m.Guarded))
		}
	}
}

// objectLambda judges which functions are given objects.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/transforming-objects.html
func objectLambda(s *subject) {
	for _, m := range ofKind(s.at("ObjectLambdaConfiguration"), inventory.Data) {
		for _, one := range assembly.Listed(dig(s.Properties, "ObjectLambdaConfiguration", "TransformationConfigurations")) {
			s.sendsTo(m.Guarded, itsAccount, "TransformationConfigurations", "objects", text(dig(one, "ContentTransformation", "AwsLambda", "FunctionArn")))
		}
	}
}

// pointPolicy judges the policy of a point of access, at a property: it allows callers of grants and of the bucket's account only.
func pointPolicy(property string) func(*subject) {
	return func(s *subject) {
		for _, m := range ofKind(s.mentions, inventory.Data) {
			s.policy(m.Guarded, property, s.Properties[property])
		}
	}
}

// accessGrant judges whom S3 Access Grants gives data.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-grants-grant.html
func accessGrant(s *subject) {
	for _, m := range s.at("AccessGrantsLocationId") {
		kind, who := text(dig(s.Properties, "Grantee", "GranteeType")), text(dig(s.Properties, "Grantee", "GranteeIdentifier"))
		switch {
		case kind != "IAM":
			s.mayOpen(m.Guarded, "give access by a grant, or name a principal of account "+m.Stack.Account, "it gives %s %s data of %s, and who that is, no template says", kind, who, name(m.Guarded))
		case arn.Account(who) != m.Stack.Account:
			s.opens(m.Guarded, "give access by a grant, or remove it", "it gives %s of another account data of %s, and no grant does", who, name(m.Guarded))
		}
	}
}
