package simulate

import (
	"cmp"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/accounts"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// Requests through an access point of S3: the policies of the access point and of its bucket both have to permit them.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-policies.html

func isAccessPoint(r *assembly.Resource) bool { return r.Type == "AWS::S3::AccessPoint" }

// managesAccessPoint says that an action is on the access point itself, rather than on what is in its bucket.
func managesAccessPoint(action string) bool {
	return strings.Contains(strings.ToLower(action), "accesspoint")
}

// throughAccessPoint makes a request at an access point and, with the same keys, at its bucket, and where the data is under a KMS key, those that S3 makes.
func (w walk) throughAccessPoint(atPoint request, a model.Access, point *accounts.Resource) {
	origin, vpc := networkOrigin(point.Resource)
	atPoint.context = model.Merge(atPoint.context, map[string][]string{
		"s3:DataAccessPointArn": {point.ARN}, "s3:DataAccessPointAccount": {point.Stack.Account}, "s3:AccessPointNetworkOrigin": {origin},
	})
	atBucket := atPoint
	atBucket.resource = "arn:" + point.Stack.Partition + ":s3:::" + text(point.Properties["Bucket"])
	if _, key, isObject := strings.Cut(a.Resource, "/object/"); isObject {
		atBucket.resource += "/" + key
	}
	atBucket.owner = cmp.Or(text(point.Properties["BucketAccountId"]), point.Stack.Account)
	bucket, known := w.model.Accounts.ResourceOf(atBucket.resource)
	if known {
		atBucket.owner, atBucket.resourcePolicy, atBucket.policyOf = bucket.Stack.Account, bucket.Policy, bucket.Resource
	} else {
		atBucket.resourcePolicy, atBucket.policyOf = accounts.UnknownPolicy("the policy of "+atBucket.resource), nil
		atBucket.unknown = model.ToGiveOf(atBucket.resource)
	}
	one, other := w.decided(atPoint), w.decided(atBucket)
	other.What += ", through " + policy.Readable(accounts.DisplayName(point.Resource))
	if caller := arn.Account(atPoint.caller); policy.SameAccount(caller, atPoint.owner) != policy.No && policy.SameAccount(caller, atBucket.owner) != policy.No {
		onlyOneIsPermitted(&one, &other)
		onlyOneIsPermitted(&other, &one)
	}
	w.addDecided(atPoint, one)
	w.fromNetwork(atPoint, a, point, vpc)
	w.publicPoint(atPoint, point)
	w.addDecided(atBucket, other)
	w.blockPublicAccess(atBucket)
	if known && !a.AnyKey {
		a.Resource = atBucket.resource
		w.decrypt(atPoint.caller, a, bucket)
	}
}

// onlyOneIsPermitted leaves open whether a caller of the account, whose own policies permit a request at one of the two, needs them to permit it at the other,
// too: AWS's pages say so of the policies of access point and bucket only.
func onlyOneIsPermitted(denied, allowed *Hop) {
	if denied.Trace == nil || denied.Trace.Decision != policy.ImplicitlyDenied || allowed.Passes != policy.Yes {
		return
	}
	denied.Passes = policy.Indeterminate
	denied.Says = append([]string{"unknown: the request is permitted at the access point or at its bucket alone, and AWS's pages do not say whether that is enough in one account"}, denied.Says...)
	denied.remedy = []string{"permit the action on both, the access point (with /object/… for objects) and its bucket, or on neither"}
}

// networkOrigin is from where an access point takes requests: "Internet", or "VPC" with the ID of the only VPC.
func networkOrigin(point *assembly.Resource) (origin, vpc string) {
	if configuration, ok := point.Properties["VpcConfiguration"].(map[string]any); ok {
		return "VPC", text(configuration["VpcId"])
	}
	return "Internet", ""
}

// fromNetwork adds that an access point for a VPC takes requests from there only.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-vpc.html
func (w walk) fromNetwork(q request, a model.Access, point *accounts.Resource, vpc string) {
	if vpc == "" {
		return
	}
	name := policy.Readable(accounts.DisplayName(point.Resource))
	h := Hop{What: "network of " + name, where: []*assembly.Resource{point.Resource}, remedy: []string{"send the request through an endpoint for S3 in VPC " + policy.Readable(vpc)}}
	from := ""
	if q.path != nil && q.path.Endpoint != nil {
		from = q.path.Endpoint.VPC
	}
	if given := q.context["aws:SourceVpc"]; len(given) == 1 {
		from = given[0]
	}
	unknown := q.path != nil && q.path.Reaches == policy.Indeterminate || a.Through != ""
	switch {
	case from == vpc:
		h.Passes, h.Says = policy.Yes, []string{"allowed: it comes from VPC " + policy.Readable(vpc)}
	case from == "" && !unknown || from != "" && policy.IsKnown(from) && policy.IsKnown(vpc):
		h.Passes, h.Says = policy.No, []string{"denied: " + name + " takes requests from VPC " + policy.Readable(vpc) + " only"}
	default:
		h.Passes, h.Says = policy.Indeterminate, []string{"unknown: " + name + " takes requests from VPC " + policy.Readable(vpc) + " only, and whether this one comes from there is not known"}
	}
	w.add(h)
}

// publicPoint adds what S3 does with an access point whose policy is public: by default its Block Public Access keeps everybody of other accounts out.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-bpa-settings.html
func (w walk) publicPoint(q request, point *accounts.Resource) {
	if point.Policy == nil || model.IsService(q.caller) || arn.Account(q.caller) == q.owner || IsPublic(point.Policy) == policy.No {
		return
	}
	name := policy.Readable(accounts.DisplayName(point.Resource))
	h := Hop{What: "Block Public Access of " + name, Passes: policy.Indeterminate, where: []*assembly.Resource{point.Resource},
		Says:   []string{"unknown: the policy of " + name + " may be public, and then its RestrictPublicBuckets, which is on by default, keeps everybody of other accounts out"},
		remedy: []string{"let the policy of " + name + " name who has access, so that it is not public"}}
	if configuration, ok := point.Properties["PublicAccessBlockConfiguration"].(map[string]any); ok {
		switch configuration["RestrictPublicBuckets"] {
		case false, "false":
			return
		}
	}
	w.add(h)
}

func text(value any) string {
	s, _ := value.(string)
	return s
}
