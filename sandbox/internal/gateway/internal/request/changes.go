package request

import (
	"regexp"
	"slices"

	"github.com/crossgrant/crossgrant/internal/authorization"
)

// changing are the operations with access level Write or Tagging that change by what requests are decided: roles and their tags, endpoints and routes, and the state, the aliases and the default keys
// of encryption. Those with level Permissions management are not here; they change it, too.
// https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html#actions_table
var changing = map[string]*regexp.Regexp{
	"cloudformation": regexp.MustCompile(`^(Create|Update|Delete|ImportStacksTo)Stack(Set|Instances)$|^ExecuteStackRefactor$`),
	"ec2": regexp.MustCompile(`Route|Vpc|SecurityGroup|NetworkAcl|NatGateway|InternetGateway|Subnet|NetworkInterface|TransitGateway|VpnGateway|VgwRoute|PrefixList|Address|IamInstanceProfile|Vpn|CarrierGateway|` +
		`DhcpOptions|^ModifyInstanceAttribute$|^ModifyInstanceMetadata|Appliance`),
	"iam":            regexp.MustCompile(`^(Add|Remove|Delete|Update|Tag|Untag|Set|Enable|Disable|Deactivate|Change|Put|Reset|Resync|Accept|Associate|Reject|Send)`),
	"kms":            regexp.MustCompile(`^(Disable|Enable)Key$|KeyDeletion$|Alias$|KeyMaterial$|^(ReplicateKey|UpdatePrimaryRegion)$`),
	"logs":           regexp.MustCompile(`DestinationPolicy$`),
	"s3":             regexp.MustCompile(`^(Put|Delete)BucketEncryption$|^PutBucketAbac$|^PutBucketReplication$|^UpdateObjectEncryption$`),
	"secretsmanager": regexp.MustCompile(`Replica|Replication`),
}

// changingParameters are those that make an operation change by what requests are decided: a policy, a key, a role, a network.
var changingParameters = map[string][]string{
	"dynamodb CreateTable":               {"ResourcePolicy", "SSESpecification"},
	"dynamodb UpdateTable":               {"SSESpecification"},
	"kms CreateKey":                      {"Policy"},
	"lambda UpdateFunctionConfiguration": {"Role", "VpcConfig"},
	"secretsmanager CreateSecret":        {"KmsKeyId"},
	"secretsmanager UpdateSecret":        {"KmsKeyId"},
	"sns CreateTopic":                    {"Attributes"},
	"sqs CreateQueue":                    {"Attributes"},
	"ssm PutParameter":                   {"KeyId"},
}

// changingAttributes are the attributes of queues and topics that do.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
// https://docs.aws.amazon.com/sns/latest/api/API_SetTopicAttributes.html
var changingAttributes = []string{"Policy", "KmsMasterKeyId"}

// unattached are the operations with level Permissions management that change nothing that decides: what they make is attached to nobody, or never lets in more than
// the gateway does, such as the access control lists that take nothing away.
var unattached = []string{"iam:CreatePolicy", "iam:PassRole", "s3:BypassGovernanceRetention"}

// harmlessACLs are those that let in nobody but the owner of the bucket or the object.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#canned-acl
var harmlessACLs = []string{"private", "bucket-owner-full-control"}

// Changes is the action by which a request changes by what other requests are decided. "" for none.
func (q *Request) Changes() string {
	asks := q.Asks
	for _, o := range q.Objects {
		asks = append(asks, o.Asks...)
	}
	for _, a := range asks {
		of, _ := authorization.Lookup(a.Action)
		switch {
		case of.Level != authorization.PermissionsManagement || slices.Contains(unattached, a.Action):
		case oneOf(a.Action, "s3:PutObjectAcl", "s3:PutBucketAcl") && len(a.Context["s3:x-amz-acl"]) == 1 && oneOf(a.Context["s3:x-amz-acl"][0], harmlessACLs...) && q.Operation != "PutObjectAcl" && q.Operation != "PutBucketAcl":
		default:
			return a.Action
		}
	}
	own := q.Service + ":" + q.Operation
	if q.Service == "s3" && len(asks) > 0 {
		own = asks[0].Action
	}
	if own == "ec2:ModifyInstanceAttribute" && len(q.Parameters.At("GroupId")) == 0 { // which changes no security group
		return ""
	}
	of, known := authorization.Lookup(own)
	writes := !known || of.Level != authorization.Read && of.Level != authorization.List
	if writes && changing[q.Service] != nil && changing[q.Service].MatchString(q.Operation) && !isReading.MatchString(q.Operation) {
		return own
	}
	for _, parameter := range changingParameters[q.Service+" "+q.Operation] {
		if parameter != "Attributes" && (q.Parameters[parameter] != nil) {
			return own
		}
		for _, attribute := range changingAttributes {
			if parameter == "Attributes" && q.attribute(attribute) {
				return own
			}
		}
	}
	return ""
}

var isReading = regexp.MustCompile(`^(Get|List|Describe|Export|Search)`)

// attribute says that a request sets an attribute: in JSON by name, in forms as Attributes.entry.1.key or Attribute.1.Name.
func (q *Request) attribute(name string) bool {
	object, _ := q.Parameters["Attributes"].(map[string]any)
	if _, ok := object[name]; ok {
		return true
	}
	for key, value := range q.Parameters {
		if value == name && (oneOf(formName(key), "Attributes.entry.key", "Attribute.Name")) {
			return true
		}
	}
	return false
}
