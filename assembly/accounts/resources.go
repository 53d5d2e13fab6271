package accounts

import (
	"maps"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy"
)

// Of reads an assembly. It takes managed policies by their ARN from managed, then from the templates, and those of AWS from the data of this program, which
// has its day. Whatever depends on any other one is unknown.
func Of(a *assembly.Assembly, managed map[string]*policy.Document) *Accounts {
	all := &Accounts{assembly: a, managed: map[string]*policy.Document{}, unknown: map[*policy.Document]string{}, roles: map[string]*Principal{}, users: map[string]*Principal{}, resources: map[string]*Resource{}, groups: map[*Principal][]*assembly.Resource{}, streams: map[string]*Resource{},
		attached: map[*assembly.Resource][]*assembly.Resource{}, parts: map[*assembly.Resource][]*assembly.Resource{}, places: map[*policy.Document]Place{}}
	maps.Copy(all.managed, managed)
	all.readManagedPolicies()
	all.readPrincipals()
	all.readResources()
	return all
}

// embeddedPolicy is the property that holds the resource policy, by type.
var embeddedPolicy = map[string][]string{
	"AWS::Backup::BackupVault":       {"AccessPolicy"},
	"AWS::CodeArtifact::Domain":      {"PermissionsPolicyDocument"},
	"AWS::CodeArtifact::Repository":  {"PermissionsPolicyDocument"},
	"AWS::DynamoDB::Table":           {"ResourcePolicy", "PolicyDocument"},
	"AWS::EFS::FileSystem":           {"FileSystemPolicy"},
	"AWS::Elasticsearch::Domain":     {"AccessPolicies"},
	"AWS::OpenSearchService::Domain": {"AccessPolicies"},
	"AWS::ECR::Repository":           {"RepositoryPolicyText"},
	"AWS::Events::EventBus":          {"Policy"},
	"AWS::KMS::Key":                  {"KeyPolicy"},
	"AWS::Lambda::Function":          {"Policy"}, // as facts have it; templates have resources of their own for its statements
	"AWS::KMS::ReplicaKey":           {"KeyPolicy"},
	"AWS::S3::AccessPoint":           {"Policy"},
}

// policyTypes are the types that are the policy of other resources: the type of these, the property that names them, and the property that holds the
// policy.
var policyTypes = map[string]struct{ of, resources, document string }{
	"AWS::Kinesis::ResourcePolicy":        {"AWS::Kinesis::Stream", "ResourceArn", "ResourcePolicy"},
	"AWS::S3::BucketPolicy":               {"AWS::S3::Bucket", "Bucket", "PolicyDocument"},
	"AWS::S3Express::BucketPolicy":        {"AWS::S3Express::DirectoryBucket", "Bucket", "PolicyDocument"},
	"AWS::SSM::ResourcePolicy":            {"AWS::SSM::Parameter", "ResourceArn", "Policy"},
	"AWS::SNS::TopicInlinePolicy":         {"AWS::SNS::Topic", "TopicArn", "PolicyDocument"},
	"AWS::SNS::TopicPolicy":               {"AWS::SNS::Topic", "Topics", "PolicyDocument"},
	"AWS::SQS::QueueInlinePolicy":         {"AWS::SQS::Queue", "Queue", "PolicyDocument"},
	"AWS::SQS::QueuePolicy":               {"AWS::SQS::Queue", "Queues", "PolicyDocument"},
	"AWS::SecretsManager::ResourcePolicy": {"AWS::SecretsManager::Secret", "SecretId", "ResourcePolicy"},
}

// readResources reads the resources that have an ARN, with their policies and keys.
func (a *Accounts) readResources() {
	byRef := map[string]*Resource{}
	for _, s := range a.assembly.Stacks {
		for _, r := range s.Resources {
			if r.ARN == "" {
				continue
			}
			resource := &Resource{Resource: r}
			resource.Key, resource.ManagedKey = a.keyOf(r)
			if property := embeddedPolicy[r.Type]; property != nil {
				if value := dig(r.Properties, property...); value != nil {
					resource.Policy = a.document(r, strings.Join(property, "."), value, "the policy of "+DisplayName(r), steps(property)...)
				}
			}
			a.resources[r.ARN] = resource
			byRef[inAccount(r, r.Type+" "+r.Ref)] = resource
		}
	}
	for _, s := range a.assembly.Stacks {
		for _, r := range s.Resources {
			if t, ok := policyTypes[r.Type]; ok {
				a.setPolicy(r, t.of, t.resources, t.document, byRef)
			}
		}
	}
	a.readReplicas()
	a.readStreams()
	a.readPermissions()
	a.readLayerPermissions()
	a.readFunctionPolicies()
	a.readEventBusPolicies()
	a.readLogPolicies()
}

// steps are keys as a path.
func steps(keys []string) []any {
	all := make([]any, len(keys))
	for i, key := range keys {
		all[i] = key
	}
	return all
}

// setPolicy sets the policy of all resources of a type that a policy resource names, by ARN or by the value of Ref.
func (a *Accounts) setPolicy(r *assembly.Resource, of, property, document string, byRef map[string]*Resource) {
	for _, name := range assembly.Listed(r.Properties[property]) {
		resource := a.resources[text(name)]
		if resource == nil {
			resource = byRef[inAccount(r, of+" "+text(name))]
		}
		switch {
		case resource == nil: // no template defines it
			continue
		case resource.Policy != nil:
			a.note(r, property, "this is the second policy of "+DisplayName(resource.Resource)+". AWS keeps the one that is deployed last, so the policy is unknown")
			resource.Policy = unknownDocument(r.Stack.Label+"."+r.LogicalID, true)
			resource.Policy.Name = "the policy of " + DisplayName(resource.Resource)
		default:
			resource.Policy = a.document(r, document, r.Properties[document], "the policy of "+DisplayName(resource.Resource), document)
		}
		a.parts[resource.Resource] = append(a.parts[resource.Resource], r)
	}
}

// readReplicas reads the replicas of global tables. Each has its own ARN, policy and key.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-globaltable.html
func (a *Accounts) readReplicas() {
	for _, r := range a.assembly.OfType("AWS::DynamoDB::GlobalTable") {
		for i, replica := range assembly.Listed(r.Properties["Replicas"]) {
			region := text(dig(replica, "Region"))
			resource := &Resource{Resource: r}
			resource.Key, resource.ManagedKey = a.tableKey(r, r.Properties["SSESpecification"], text(dig(replica, "SSESpecification", "KMSMasterKeyId")))
			if value := dig(replica, "ResourcePolicy", "PolicyDocument"); value != nil {
				resource.Policy = a.document(r, "Replicas."+region, value, "the policy of "+DisplayName(r)+" in "+region,
					"Replicas", i, "ResourcePolicy", "PolicyDocument")
			}
			table := arn.ARN{Partition: r.Stack.Partition, Service: "dynamodb", Region: region, Account: r.Stack.Account, Resource: "table/" + r.Name}
			a.resources[table.String()] = resource
		}
	}
}

// readStreams reads the policies of the streams of tables, which are others than those of the tables.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-dynamodb-table-streamspecification.html
func (a *Accounts) readStreams() {
	for _, name := range slices.Sorted(maps.Keys(a.resources)) {
		table := a.resources[name]
		var value any
		path := []any{"StreamSpecification", "ResourcePolicy", "PolicyDocument"}
		switch table.Type {
		case "AWS::DynamoDB::Table":
			value = dig(table.Properties, "StreamSpecification", "ResourcePolicy", "PolicyDocument")
		case "AWS::DynamoDB::GlobalTable":
			for i, replica := range assembly.Listed(table.Properties["Replicas"]) {
				if of, _ := arn.Parse(name); of.Region == text(dig(replica, "Region")) {
					value = dig(replica, "ReplicaStreamSpecification", "ResourcePolicy", "PolicyDocument")
					path = []any{"Replicas", i, "ReplicaStreamSpecification", "ResourcePolicy", "PolicyDocument"}
				}
			}
		default:
			continue
		}
		if value == nil && table.Policy == nil {
			continue // nothing to tell apart
		}
		stream := *table
		if stream.Policy = nil; value != nil {
			stream.Policy = a.document(table.Resource, "the policy of the stream", value, "the policy of the stream of "+DisplayName(table.Resource), path...)
		}
		a.streams[name] = &stream
	}
}
