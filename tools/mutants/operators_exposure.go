package main

import "slices"

var noBlock = map[string]any{"BlockPublicAcls": false, "BlockPublicPolicy": false, "IgnorePublicAcls": false, "RestrictPublicBuckets": false}

// publicOperators open a bucket or a table to everyone, or to another account, beside its policy.
func publicOperators() []*operator {
	return []*operator{
		acl("PublicRead"), acl("PublicReadWrite"), acl("AuthenticatedRead"),
		on("a public policy", isBucketPolicy, func(r *resource) []change {
			c := r.moreStatements("anyone reads", map[string]any{"Sid": "Public", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
				"Resource": r.bucket() + "/*"})
			return []change{c.with(r.ofBucket("PublicAccessBlockConfiguration", noBlock))}
		}),
		on("an access point of another account", isBucketPolicy, func(r *resource) []change {
			return []change{r.moreStatements("delegated to the other account's access points", map[string]any{"Effect": "Allow", "Principal": map[string]any{"AWS": "*"},
				"Action": "s3:*", "Resource": []any{r.bucket(), r.bucket() + "/*"},
				"Condition": map[string]any{"StringEquals": map[string]any{"s3:DataAccessPointAccount": foreignAccount}}})}
		}),
		on("an access point for another account", isBucketPolicy, func(r *resource) []change {
			point := "arn:aws:s3:" + r.Stack.Region + ":" + r.Stack.Account + ":accesspoint/other"
			c := r.moreStatements("delegated to its own access points", map[string]any{"Effect": "Allow", "Principal": map[string]any{"AWS": "*"}, "Action": "s3:*",
				"Resource":  []any{r.bucket(), r.bucket() + "/*"},
				"Condition": map[string]any{"StringEquals": map[string]any{"s3:DataAccessPointAccount": r.Stack.Account}}})
			return []change{c.with(r.add("", map[string]any{"OtherPoint": made("AWS::S3::AccessPoint", map[string]any{"Name": "other", "Bucket": r.property("Bucket"),
				"Policy": document(map[string]any{"Effect": "Allow", "Principal": map[string]any{"AWS": "arn:aws:iam::" + foreignAccount + ":root"},
					"Action": "s3:GetObject", "Resource": point + "/object/*"})})}))}
		}),
		on("a distribution for everyone", isBucketPolicy, func(r *resource) []change {
			distribution := map[string]any{"Fn::Join": []any{"", []any{"arn:aws:cloudfront::" + r.Stack.Account + ":distribution/", map[string]any{"Ref": "OtherDistribution"}}}}
			c := r.moreStatements("CloudFront reads", map[string]any{"Effect": "Allow", "Principal": map[string]any{"Service": "cloudfront.amazonaws.com"},
				"Action": "s3:GetObject", "Resource": r.bucket() + "/*", "Condition": map[string]any{"StringEquals": map[string]any{"aws:SourceArn": distribution}}})
			origin := map[string]any{"Id": "bucket", "DomainName": r.text(place{"Bucket"}) + ".s3." + r.Stack.Region + ".amazonaws.com", "S3OriginConfig": map[string]any{}}
			return []change{c.with(r.add("", map[string]any{"OtherDistribution": made("AWS::CloudFront::Distribution", map[string]any{
				"DistributionConfig": map[string]any{"Enabled": true, "Origins": []any{origin}, "DefaultCacheBehavior": map[string]any{
					"TargetOriginId": "bucket", "ViewerProtocolPolicy": "https-only"}}})}))}
		}),
	}
}

// acl is an operator that gives a bucket an access control list, and lets it have one.
func acl(canned string) *operator {
	return on("a bucket ACL: "+canned, isBucket, func(r *resource) []change {
		c := r.set("AccessControl", canned, canned)
		return []change{c.with(r.set("OwnershipControls", map[string]any{"Rules": []any{map[string]any{"ObjectOwnership": "ObjectWriter"}}}, "")).
			with(r.set("PublicAccessBlockConfiguration", noBlock, ""))}
	})
}

// moreStatements is a policy with more statements.
func (r *resource) moreStatements(what string, more ...any) change {
	statements := append(slices.Clone(list(at(r.property("PolicyDocument"), place{"Statement"}))), more...)
	return r.setIn(statements, what, "PolicyDocument", "Statement")
}

// bucket is the ARN of the bucket that a policy is of.
func (r *resource) bucket() string { return "arn:aws:s3:::" + r.text(place{"Bucket"}) }

// ofBucket is the bucket of a policy with another property.
func (r *resource) ofBucket(property string, value any) change {
	for _, b := range r.subject.resources {
		if b.Type == "AWS::S3::Bucket" && b.template == r.template && b.Ref == r.text(place{"Bucket"}) {
			return b.set(property, value, "")
		}
	}
	return change{at: r.at, value: r.raw}
}

// leavingOperators send data, or news of it, to another account by the resource's own configuration.
func leavingOperators() []*operator {
	return []*operator{
		on("replication to another account", isBucket, func(r *resource) []change {
			return []change{r.set("ReplicationConfiguration", map[string]any{"Role": "arn:aws:iam::" + r.Stack.Account + ":role/replication", "Rules": []any{map[string]any{
				"Status": "Enabled", "Destination": map[string]any{"Account": foreignAccount, "Bucket": "arn:aws:s3:::other"}}}}, "to other")}
		}),
		setting("an inventory for another account", isBucket, []any{map[string]any{"Id": "other", "Enabled": true, "IncludedObjectVersions": "All", "ScheduleFrequency": "Daily",
			"Destination": map[string]any{"BucketAccountId": foreignAccount, "BucketArn": "arn:aws:s3:::other", "Format": "CSV"}}}, "InventoryConfigurations"),
		setting("analytics for another account", isBucket, []any{map[string]any{"Id": "other", "StorageClassAnalysis": map[string]any{"DataExport": map[string]any{
			"OutputSchemaVersion": "V_1", "Destination": map[string]any{"BucketAccountId": foreignAccount, "BucketArn": "arn:aws:s3:::other", "Format": "CSV"}}}}},
			"AnalyticsConfigurations"),
		on("notifications to another account's queue", isBucket, notify("QueueConfigurations", "Queue", "sqs", "other")),
		on("notifications to another account's topic", isBucket, notify("TopicConfigurations", "Topic", "sns", "other")),
		on("notifications to another account's function", isBucket, notify("LambdaConfigurations", "Function", "lambda", "function:other")),
		on("a stream to another account", isTable, func(r *resource) []change {
			return []change{r.set("KinesisStreamSpecification", map[string]any{"StreamArn": r.foreign("kinesis", "stream/other")}, "a Kinesis stream")}
		}),
		on("a stream with a policy for another account", isTable, func(r *resource) []change {
			return []change{r.set("StreamSpecification", map[string]any{"StreamViewType": "NEW_IMAGE", "ResourcePolicy": map[string]any{
				"PolicyDocument": document(map[string]any{"Effect": "Allow", "Principal": map[string]any{"AWS": "arn:aws:iam::" + foreignAccount + ":root"},
					"Action": []any{"dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:DescribeStream"}, "Resource": "*"})}}, "for another account")}
		}),
		adding("a function's results to another account", isWorkload, func(r *resource) map[string]any {
			return map[string]any{"OtherDestination": made("AWS::Lambda::EventInvokeConfig", map[string]any{"FunctionName": ref(r), "Qualifier": "$LATEST",
				"DestinationConfig": map[string]any{"OnSuccess": map[string]any{"Destination": r.foreign("sqs", "other")}}})}
		}),
		adding("a rule to another account", feedsRule, func(r *resource) map[string]any {
			return map[string]any{"OtherRule": made("AWS::Events::Rule", map[string]any{"EventPattern": map[string]any{"source": []any{"aws.s3"},
				"detail": map[string]any{"bucket": map[string]any{"name": []any{ref(r)}}}},
				"Targets": []any{map[string]any{"Id": "other", "Arn": r.foreign("events", "event-bus/other"), "RoleArn": "arn:aws:iam::" + r.Stack.Account + ":role/other"}}})}
		}),
		adding("another account polls the bus", isBus, func(r *resource) map[string]any {
			return map[string]any{"OtherRule": made("AWS::Events::Rule", map[string]any{"EventBusName": ref(r), "EventPattern": map[string]any{"source": []any{"aws.s3"}},
				"Targets": []any{map[string]any{"Id": "other", "Arn": r.foreign("sqs", "other"), "RoleArn": "arn:aws:iam::" + r.Stack.Account + ":role/other"}}})}
		}),
		adding("a RAM share", isData, func(r *resource) map[string]any {
			return map[string]any{"OtherShare": made("AWS::RAM::ResourceShare", map[string]any{"Name": "other", "ResourceArns": []any{get(r, "Arn")}, "Principals": []any{foreignAccount}})}
		}),
		adding("a Lake Formation permission", isBucket, func(r *resource) map[string]any {
			return map[string]any{"OtherPermission": made("AWS::LakeFormation::PrincipalPermissions", map[string]any{
				"Principal":   map[string]any{"DataLakePrincipalIdentifier": foreignAccount},
				"Permissions": []any{"DATA_LOCATION_ACCESS"}, "PermissionsWithGrantOption": []any{},
				"Resource": map[string]any{"DataLocation": map[string]any{"CatalogId": r.Stack.Account, "ResourceArn": get(r, "Arn")}}})}
		}),
		adding("an export by DataSync", isBucket, func(r *resource) map[string]any {
			return map[string]any{"OtherLocation": made("AWS::DataSync::LocationS3", map[string]any{"S3BucketArn": get(r, "Arn"),
				"S3Config": map[string]any{"BucketAccessRoleArn": "arn:aws:iam::" + r.Stack.Account + ":role/other"}})}
		}),
		adding("a subscription of another account", feedsQueueTopic, func(r *resource) map[string]any {
			return map[string]any{"OtherSubscription": made("AWS::SNS::Subscription", map[string]any{"TopicArn": ref(r), "Protocol": "sqs", "Endpoint": r.foreign("sqs", "other")})}
		}),
	}
}

// isBus says that a rule that has to work is of an event bus.
func isBus(r *resource) bool {
	return r.Type == "AWS::Events::EventBus" && slices.ContainsFunc(r.subject.resources, func(rule *resource) bool {
		return isMarkedType("AWS::Events::Rule")(rule) && rule.template == r.template && rule.text(place{"EventBusName"}) == r.Name
	})
}

// feedsQueueTopic says that a subscription that has to work is of a topic.
func feedsQueueTopic(r *resource) bool {
	return r.Type == "AWS::SNS::Topic" && slices.ContainsFunc(r.subject.resources, func(s *resource) bool {
		return isMarkedType("AWS::SNS::Subscription")(s) && s.template == r.template && s.text(place{"TopicArn"}) == r.Ref
	})
}

func notify(configurations, target, service, name string) func(*resource) []change {
	return func(r *resource) []change {
		to := []any{map[string]any{"Event": "s3:ObjectCreated:*", target: r.foreign(service, name)}}
		return []change{r.setIn(to, "ObjectCreated", "NotificationConfiguration", configurations)}
	}
}
