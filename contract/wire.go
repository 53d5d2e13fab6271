package contract

// The names that the parts of this module write for one another, apart from contract.json: template metadata, which constructs write and the
// proof reads, and environment variables, which grants set and functions read. Package lambda cannot import this package; a test in it compares
// its names with these.

// MetadataPrefix begins the keys of the metadata that constructs write into a template.
const MetadataPrefix = "CrossGrant::"

// Half says which stack of a grant a template's metadata describes.
type Half string

const (
	// TargetHalf is in the stack of the trusted role and the data.
	TargetHalf Half = "Target"
	// SourceHalf is in the stack of the grantees.
	SourceHalf Half = "Source"
	// ClosedEndpoints lists, beside the source half, the services whose VPC endpoints the grant has restricted, such as "s3".
	ClosedEndpoints Half = "Endpoints"
	// OneApp says, beside each half, that one app declares both: whoever proves one of them without the other has not seen all of the app.
	OneApp Half = "OneApp"
)

// MetadataKey is the key of a grant's metadata in a template: "CrossGrant::HALF::ACCOUNT::KEY", with the target account and [Grant.Key].
func (g Grant) MetadataKey(half Half) string {
	return MetadataPrefix + string(half) + "::" + g.ID()
}

// PublicKey marks, with the value true in a resource's metadata, a resource that is for everybody on purpose, such as a route of an API without
// authorization.
const PublicKey = MetadataPrefix + "Public"

// MustWorkKey marks, with the value true in a resource's metadata, a resource whose connections have to work as the resource itself has them: an
// alarm must reach its topic, a rule its queue, a role the resources of its own policy. It is for people who write templates; constructs record
// an [Intent], which does not change with the resource.
const MustWorkKey = MetadataPrefix + "MustWork"

// ExpectKey is the metadata by which a resource says which requests have to be allowed and which denied: a list of objects as package proof/expect
// reads them.
const ExpectKey = MetadataPrefix + "Expect"

// HasToWorkKey is the former name of [MustWorkKey], which is read as well.
const HasToWorkKey = MetadataPrefix + "HasToWork"

// EnvironmentPrefix begins the names of the variables that a grant sets, unless it has a prefix of its own.
const EnvironmentPrefix = "CROSSGRANT_"

// The variables that a grant itself sets.
const (
	// VariableAccess is "Direct" for access without a role; it is not set for AssumeRole.
	VariableAccess = EnvironmentPrefix + "ACCESS"
	// VariableRoleARN is the ARN of the trusted role.
	VariableRoleARN = EnvironmentPrefix + "ROLE_ARN"
	// VariableExternalID is the external ID to present.
	VariableExternalID = EnvironmentPrefix + "EXTERNAL_ID"
	// VariableSourceIdentity is the source identity to set.
	VariableSourceIdentity = EnvironmentPrefix + "SOURCE_IDENTITY"
	// VariableSessionSeconds is the duration of the session to ask for, where it is below [MaxSession].
	VariableSessionSeconds = EnvironmentPrefix + "SESSION_SECONDS"
)

// The variables that permissions set. Lists of prefixes are JSON arrays.
const (
	VariableBucket         = EnvironmentPrefix + "BUCKET"
	VariablePrefixes       = EnvironmentPrefix + "PREFIXES"
	VariableWritePrefixes  = EnvironmentPrefix + "WRITE_PREFIXES"
	VariableDeletePrefixes = EnvironmentPrefix + "DELETE_PREFIXES"
	VariableCopyPrefixes   = EnvironmentPrefix + "COPY_PREFIXES"
	VariableOriginBucket   = EnvironmentPrefix + "ORIGIN_BUCKET"
	VariableTable          = EnvironmentPrefix + "TABLE"
	VariableStreamARN      = EnvironmentPrefix + "STREAM_ARN"
	VariableKeyARN         = EnvironmentPrefix + "KEY_ARN"
	VariableQueueURL       = EnvironmentPrefix + "QUEUE_URL"
	VariableTopicARN       = EnvironmentPrefix + "TOPIC_ARN"
	VariableSecret         = EnvironmentPrefix + "SECRET"
	VariableFunctionARN    = EnvironmentPrefix + "FUNCTION_ARN"
)

// The variables that set up a function of this module beside its grant.
const (
	VariableDestinationBucket = EnvironmentPrefix + "DESTINATION_BUCKET"
	VariableCopyPartMiB       = EnvironmentPrefix + "COPY_PART_MIB"
	VariableCopyParallel      = EnvironmentPrefix + "COPY_PARALLEL"
)
