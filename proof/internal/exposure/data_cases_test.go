package exposure

var dataCases = map[string][]change{
	"AWS::S3::Bucket": {
		{"a public ACL", "", bucketWith(`AccessControl: PublicRead, OwnershipControls: {Rules: [{ObjectOwnership: ObjectWriter}]}`), broken, "AccessControl PublicRead lets others read or write bucket lake"},
		{"an ACL for everybody with an account", "", bucketWith(`AccessControl: AuthenticatedRead`), broken, "AuthenticatedRead"},
		{"a public ACL that is ignored", "", bucketWith(`AccessControl: PublicRead, PublicAccessBlockConfiguration: {IgnorePublicAcls: true}`), fine, ""},
		{"an unknown ACL", "", bucketWith(`AccessControl: !GetAtt Clicks.Unknown`), undecided, "not known before deployment"},
		{"an ACL for log delivery", "", bucketWith(`AccessControl: LogDeliveryWrite`), fine, ""},
		{"objects of their writers", "", bucketWith(`OwnershipControls: {Rules: [{ObjectOwnership: ObjectWriter}]}`), undecided, "lets each object of bucket lake (data) have an ACL of its own"},
		{"objects of the bucket's owner", "", bucketWith(`OwnershipControls: {Rules: [{ObjectOwnership: BucketOwnerEnforced}]}`), fine, ""},
		{"replication to another account", "", bucketWith(`ReplicationConfiguration: {Rules: [{Status: Enabled, Destination: {Bucket: "arn:aws:s3:::far", Account: "333333333333"}}]}`), broken,
			"ReplicationConfiguration sends every object of bucket lake (data) to arn:aws:s3:::far of account 333333333333"},
		{"replication to the grantee's account", "", bucketWith(`ReplicationConfiguration: {Rules: [{Status: Enabled, Destination: {Bucket: "arn:aws:s3:::far", Account: "111111111111"}}]}`), broken, "111111111111"},
		{"replication to somebody unknown", "", bucketWith(`ReplicationConfiguration: {Rules: [{Status: Enabled, Destination: {Bucket: "arn:aws:s3:::far"}}]}`), undecided, "no template says whose that is"},
		{"replication to a bucket of another template", "Far: {Type: AWS::S3::Bucket, Properties: {BucketName: far}}",
			bucketWith(`ReplicationConfiguration: {Rules: [{Status: Enabled, Destination: {Bucket: "arn:aws:s3:::far"}}]}`), broken, "account 111111111111"},
		{"replication that is off", "", bucketWith(`ReplicationConfiguration: {Rules: [{Status: Disabled, Destination: {Bucket: "arn:aws:s3:::far", Account: "333333333333"}}]}`), fine, ""},
		{"replication within its account", "", bucketWith(`ReplicationConfiguration: {Rules: [{Status: Enabled, Destination: {Bucket: !GetAtt Copy.Arn}}]}`) +
			"\nCopy: {Type: AWS::S3::Bucket}", fine, ""},
		{"an inventory for another account", "", bucketWith(`InventoryConfigurations: [{Enabled: true, Destination: {BucketArn: "arn:aws:s3:::far", BucketAccountId: "333333333333"}}]`), broken, "the list of objects"},
		{"an inventory that may be off", "", bucketWith(`InventoryConfigurations: {Enabled: !GetAtt Clicks.Unknown, Destination: {BucketArn: "arn:aws:s3:::far", BucketAccountId: "333333333333"}}`), broken, "the list of objects"},
		{"an inventory that is off", "", bucketWith(`InventoryConfigurations: [{Enabled: false, Destination: {BucketArn: "arn:aws:s3:::far", BucketAccountId: "333333333333"}}]`), fine, ""},
		{"figures for another account", "", bucketWith(`AnalyticsConfigurations: [{StorageClassAnalysis: {DataExport: {Destination: {BucketArn: "arn:aws:s3:::far", BucketAccountId: "333333333333"}}}}]`), broken, "figures"},
		{"figures for nobody", "", bucketWith(`AnalyticsConfigurations: [{StorageClassAnalysis: {}}]`), fine, ""},
		{"tables of another account", "", bucketWith(`MetadataTableConfiguration: {S3TablesDestination: {TableBucketArn: "arn:aws:s3tables:eu-west-1:333333333333:bucket/t"}}`), broken, "MetadataTableConfiguration sends the list of objects"},
		{"notifications to another account", "", bucketWith(`NotificationConfiguration: {QueueConfigurations: [{Queue: "arn:aws:sqs:eu-west-1:333333333333:q"}]}`), broken, "the names of objects"},
		{"notifications to another account, beside what has to arrive", "", bucketWith(`NotificationConfiguration: {EventBridgeConfiguration: {EventBridgeEnabled: true}, QueueConfigurations: [{Queue: "arn:aws:sqs:eu-west-1:333333333333:q"}]}`) + arrives,
			broken, "the names of objects"},
		{"notifications to the grantee's account", "", bucketWith(`NotificationConfiguration: {LambdaConfigurations: [{Function: "arn:aws:lambda:eu-west-1:111111111111:function:list"}]}`), fine, ""},
		{"access logs, websites and the like", "", bucketWith(`LoggingConfiguration: {DestinationBucketName: logs}, WebsiteConfiguration: {IndexDocument: a}, CorsConfiguration: {CorsRules: []}`), fine, ""},
		{"a bucket of another account that starts the function", "", `Other: {Type: AWS::S3::Bucket, Properties: {NotificationConfiguration: {LambdaConfigurations: [{Function: "arn:aws:lambda:eu-west-1:111111111111:function:list"}]}}}`, fine, ""},
	},
	"AWS::S3::AccessPoint": {
		{"of another account", `Point: {Type: AWS::S3::AccessPoint, Properties: {Name: p, Bucket: lake}}`, "", undecided, "of which the bucket's account does not decide"},
		{"of its account", "", `Point: {Type: AWS::S3::AccessPoint, Properties: {Name: p, Bucket: !Ref Lake}}`, fine, ""},
	},
	"AWS::S3::MultiRegionAccessPointPolicy": {
		{"for another account", "", `Point: {Type: AWS::S3::MultiRegionAccessPointPolicy, Properties: {MrapName: p, Policy: ` + onLake(`{AWS: "333333333333"}`) + `}}`, broken, "Policy allows 333333333333 access to bucket lake"},
		{"for somebody unknown", "", `Point: {Type: AWS::S3::MultiRegionAccessPointPolicy, Properties: {MrapName: p, Policy: ` + onLake(`{AWS: !GetAtt Clicks.Unknown}`) + `}}`, undecided, "not known before deployment"},
		{"in no language", "", `Point: {Type: AWS::S3::MultiRegionAccessPointPolicy, Properties: {MrapName: lake, Bucket: lake, Policy: {Statement: 7}}}`, undecided, "cannot be read"},
		{"for its account and the grant's role", "", `Point: {Type: AWS::S3::MultiRegionAccessPointPolicy, Properties: {MrapName: p, Policy: ` + onLake(`{AWS: ["222222222222", "arn:aws:iam::222222222222:role/reports"]}`) + `}}`, fine, ""},
	},
	"AWS::S3ObjectLambda::AccessPointPolicy": {
		{"for another account", "", `Point: {Type: AWS::S3ObjectLambda::AccessPointPolicy, Properties: {PolicyDocument: ` + onLake(`{AWS: "333333333333"}`) + `}}`, broken, "PolicyDocument allows 333333333333"},
		{"for the grantee", "", `Point: {Type: AWS::S3ObjectLambda::AccessPointPolicy, Properties: {PolicyDocument: ` + onLake(`{AWS: "arn:aws:iam::111111111111:role/reader"}`) + `}}`, fine, ""},
		{"none", "", `Point: {Type: AWS::S3ObjectLambda::AccessPointPolicy, Properties: {ObjectLambdaAccessPoint: lake}}`, fine, ""},
	},
	"AWS::S3ObjectLambda::AccessPoint": {
		{"a function of another account", "", objectLambdaOf("333333333333"), broken, "TransformationConfigurations sends objects of accesspoint p"},
		{"a function of its account", "", objectLambdaOf("222222222222"), fine, ""},
	},
	"AWS::S3::AccessGrant": {
		{"for another account", "", s3Grant(`{GranteeType: IAM, GranteeIdentifier: "arn:aws:iam::333333333333:role/x"}`), broken, "arn:aws:iam::333333333333:role/x of another account"},
		{"for a directory", "", s3Grant(`{GranteeType: DIRECTORY_USER, GranteeIdentifier: a}`), undecided, "DIRECTORY_USER a"},
		{"for its account", "", s3Grant(`{GranteeType: IAM, GranteeIdentifier: "arn:aws:iam::222222222222:role/x"}`), fine, ""},
	},
	"AWS::DynamoDB::Table": {
		{"changes to another account", "", tableWith(`KinesisStreamSpecification: {StreamArn: "arn:aws:kinesis:eu-west-1:333333333333:stream/x"}`), broken, "KinesisStreamSpecification sends changes of table shop"},
		{"changes to its account", "", tableWith(`KinesisStreamSpecification: {StreamArn: !GetAtt Clicks.Arn}`), fine, ""},
		{"a stream for another account", "", tableWith(`StreamSpecification: {ResourcePolicy: {PolicyDocument: ` + allow(`{AWS: "333333333333"}`) + `}}`), broken, "StreamSpecification.ResourcePolicy allows 333333333333"},
		{"a stream for its account", "", tableWith(`StreamSpecification: {ResourcePolicy: {PolicyDocument: ` + allow(`{AWS: "222222222222"}`) + `}}`), fine, ""},
	},
	"AWS::DynamoDB::GlobalTable": {
		{"a replica in another account", `Replica: {Type: AWS::DynamoDB::GlobalTable, Properties: {GlobalTableSourceArn: "arn:aws:dynamodb:eu-west-1:222222222222:table/shop"}}`, "", broken, "replicates all items of table shop"},
		{"changes of a replica", "", `Shop: {Type: AWS::DynamoDB::GlobalTable, Properties: {TableName: shop, Replicas: [{Region: eu-west-1, KinesisStreamSpecification: {StreamArn: "arn:aws:kinesis:eu-west-1:333333333333:stream/x"}}]}}`,
			broken, "Replicas.KinesisStreamSpecification"},
		{"a replica for another account", "", `Shop: {Type: AWS::DynamoDB::GlobalTable, Properties: {TableName: shop, Replicas: [{Region: eu-west-1}, {Region: eu-central-1, ResourcePolicy: {PolicyDocument: ` + allow(`{AWS: "333333333333"}`) + `}}]}}`,
			broken, "Replicas.ResourcePolicy of eu-central-1 allows 333333333333"},
		{"replicas of its own", "", `Shop: {Type: AWS::DynamoDB::GlobalTable, Properties: {TableName: shop, Replicas: [{Region: eu-west-1}, {Region: eu-central-1}]}}`, fine, ""},
	},
	"AWS::SecretsManager::RotationSchedule": {
		{"by another account", "", `Rotation: {Type: AWS::SecretsManager::RotationSchedule, Properties: {SecretId: !Ref Token, RotationLambdaARN: "arn:aws:lambda:eu-west-1:333333333333:function:x"}}`, broken, "RotationLambdaARN sends the value"},
		{"by its account", "", `Rotation: {Type: AWS::SecretsManager::RotationSchedule, Properties: {SecretId: !Ref Token, RotationLambdaARN: "arn:aws:lambda:eu-west-1:222222222222:function:x"}}`, fine, ""},
	},
}

// arrives is an intent that events of the bucket arrive at the default bus.
const arrives = `
Metadata: {"CrossGrant::Intent::A": {delivery: {from: "arn:aws:s3:::lake", to: "arn:aws:events:eu-west-1:222222222222:event-bus/default"}}}`

func onLake(principal string) string {
	return `{Statement: [{Effect: Allow, Principal: ` + principal + `, Action: "s3:GetObject", Resource: !Sub "${Lake.Arn}/*"}, {Effect: Deny, Principal: "*", Action: "s3:PutObject", Resource: "*"}]}`
}

func objectLambdaOf(account string) string {
	return `Point: {Type: AWS::S3::AccessPoint, Properties: {Name: p, Bucket: !Ref Lake}}
Lambda: {Type: AWS::S3ObjectLambda::AccessPoint, Properties: {ObjectLambdaConfiguration: {SupportingAccessPoint: !GetAtt Point.Arn, TransformationConfigurations: [{ContentTransformation: {AwsLambda: {FunctionArn: "arn:aws:lambda:eu-west-1:` + account + `:function:x"}}}]}}}`
}

func s3Grant(grantee string) string {
	return `Location: {Type: AWS::S3::AccessGrantsLocation, Properties: {LocationScope: "s3://lake/in/*"}}
Grant: {Type: AWS::S3::AccessGrant, Properties: {AccessGrantsLocationId: !Ref Location, Permission: READ, Grantee: ` + grantee + `}}`
}
