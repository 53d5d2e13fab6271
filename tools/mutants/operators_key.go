package main

// keyOperators change the keys of data and of what is on the way, or what state they are in.
func keyOperators() []*operator {
	return []*operator{
		setting("the key disabled", isDataKey, false, "Enabled"),
		setting("an HMAC key", isDataKey, "HMAC_256", "KeySpec"),
		on("a key for signatures", isDataKey, func(r *resource) []change {
			c := r.set("KeySpec", "ECC_NIST_P256", "ECC_NIST_P256, SIGN_VERIFY")
			return []change{c.with(r.set("KeyUsage", "SIGN_VERIFY", ""))}
		}),
		on("an RSA key", isDataKey, func(r *resource) []change {
			c := r.set("KeySpec", "RSA_2048", "RSA_2048, ENCRYPT_DECRYPT")
			return []change{c.with(r.set("KeyUsage", "ENCRYPT_DECRYPT", ""))}
		}),
		setting("a key without material", isDataKey, "EXTERNAL", "Origin"),
		setting("a key of a custom key store", isDataKey, "AWS_CLOUDHSM", "Origin"),
		on("everyone denied the key", isDataKey, func(r *resource) []change {
			statements := append([]any{}, list(at(r.property("KeyPolicy"), place{"Statement"}))...)
			deny := map[string]any{"Effect": "Deny", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"}
			return []change{r.setIn(append(statements, deny), "Deny", "KeyPolicy", "Statement")}
		}),
		on("the bucket under a key for nobody", isBucket, func(r *resource) []change {
			return []change{r.encrypted(map[string]any{"Fn::GetAtt": []any{"OtherKey", "Arn"}}).with(r.otherKey())}
		}),
		on("the bucket under another account's key", isBucket, func(r *resource) []change {
			return []change{r.encrypted(r.foreign("kms", "key/00000000-0000-0000-0000-000000000000"))}
		}),
		on("the bucket under alias/aws/s3", isBucket, func(r *resource) []change { return []change{r.encrypted("alias/aws/s3")} }),
		on("the table under a key for nobody", isTable, func(r *resource) []change {
			c := r.set("SSESpecification", map[string]any{"SSEEnabled": true, "SSEType": "KMS", "KMSMasterKeyId": map[string]any{"Fn::GetAtt": []any{"OtherKey", "Arn"}}}, "a customer key")
			return []change{c.with(r.otherKey())}
		}),
		on("the queue under a key for nobody", isEventQueue, func(r *resource) []change {
			c := r.set("KmsMasterKeyId", map[string]any{"Fn::GetAtt": []any{"OtherKey", "Arn"}}, "a customer key")
			return []change{c.with(r.set("SqsManagedSseEnabled", nothing{}, "")).with(r.otherKey())}
		}),
		on("the queue under alias/aws/sqs", isEventQueue, func(r *resource) []change {
			return []change{r.set("KmsMasterKeyId", "alias/aws/sqs", "alias/aws/sqs").with(r.set("SqsManagedSseEnabled", nothing{}, ""))}
		}),
		on("the topic under alias/aws/sns", feedsQueueTopic, func(r *resource) []change {
			return []change{r.set("KmsMasterKeyId", "alias/aws/sns", "alias/aws/sns")}
		}),
		on("the topic under a key for nobody", feedsQueueTopic, func(r *resource) []change {
			return []change{r.set("KmsMasterKeyId", map[string]any{"Ref": "OtherKey"}, "a customer key").with(r.otherKey())}
		}),
		on("the bus under a key for nobody", isBus, func(r *resource) []change {
			return []change{r.set("KmsKeyIdentifier", map[string]any{"Fn::GetAtt": []any{"OtherKey", "Arn"}}, "a customer key").with(r.otherKey())}
		}),
		on("the trail under a key for nobody", isMarkedType("AWS::CloudTrail::Trail"), func(r *resource) []change {
			return []change{r.set("KMSKeyId", map[string]any{"Fn::GetAtt": []any{"OtherKey", "Arn"}}, "a customer key").with(r.otherKey())}
		}),
		on("the environment under a key for nobody", isWorkload, func(r *resource) []change {
			return []change{r.set("KmsKeyArn", map[string]any{"Fn::GetAtt": []any{"OtherKey", "Arn"}}, "a customer key").with(r.otherKey())}
		}),
	}
}

// encrypted is a bucket of which another key encrypts the objects.
func (r *resource) encrypted(key any) change {
	rules := []any{map[string]any{"ServerSideEncryptionByDefault": map[string]any{"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}}
	return r.set("BucketEncryption", map[string]any{"ServerSideEncryptionConfiguration": rules}, "a customer key")
}

// otherKey adds a key that only a role of no grant may use.
func (r *resource) otherKey() change {
	return r.add("", map[string]any{"OtherKey": made("AWS::KMS::Key", map[string]any{"KeyPolicy": document(map[string]any{"Effect": "Allow",
		"Principal": map[string]any{"AWS": "arn:aws:iam::" + r.Stack.Account + ":role/keeper"}, "Action": "kms:*", "Resource": "*"})})})
}

// deputyOperators let AWS services act for anyone on a resource: without a source, or with one of another account.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
func deputyOperators() []*operator {
	return []*operator{
		deputy("a deputy without a source", nil),
		deputy("a deputy for another account", map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": foreignAccount}}),
		deputy("a deputy for another account's source", map[string]any{"ArnLike": map[string]any{"aws:SourceArn": "arn:aws:config:*:" + foreignAccount + ":*"}}),
		deputy("a deputy for any source", map[string]any{"ArnLike": map[string]any{"aws:SourceArn": "arn:aws:config:*:*:*"}}),
		deputy("a deputy for any source account", map[string]any{"StringLike": map[string]any{"aws:SourceAccount": "*"}}),
		deputy("a deputy for accounts that begin as its own", map[string]any{"StringLike": map[string]any{"aws:SourceAccount": []any{"11111111111?", "22222222222?"}}}),
		deputy("a deputy for sources of such accounts", map[string]any{"ArnLike": map[string]any{"aws:SourceArn": []any{"arn:aws:config:*:11111111111?:*", "arn:aws:config:*:22222222222?:*"}}}),
		deputy("a deputy for an organization", map[string]any{"StringEquals": map[string]any{"aws:SourceOrgID": "o-other12345"}}),
	}
}

// deputy is an operator that lets AWS Config do everything with a resource.
func deputy(name string, condition map[string]any) *operator {
	isPlace := func(r *resource) bool { return isBucketPolicy(r) || isDataKey(r) || isEventQueuePolicy(r) || isBus(r) }
	return on(name, isPlace, func(r *resource) []change {
		statement := map[string]any{"Effect": "Allow", "Principal": map[string]any{"Service": "config.amazonaws.com"}}
		if condition != nil {
			statement["Condition"] = condition
		}
		switch r.Type {
		case "AWS::S3::BucketPolicy":
			statement["Action"], statement["Resource"] = "s3:*", []any{r.bucket(), r.bucket() + "/*"}
			return []change{r.moreStatements("s3:*", statement)}
		case "AWS::KMS::Key":
			statement["Action"], statement["Resource"] = "kms:*", "*"
			statements := append([]any{}, list(at(r.property("KeyPolicy"), place{"Statement"}))...)
			return []change{r.setIn(append(statements, statement), "kms:*", "KeyPolicy", "Statement")}
		case "AWS::SQS::QueuePolicy":
			statement["Action"], statement["Resource"] = "sqs:*", "*"
			return []change{r.moreStatements("sqs:*", statement)}
		}
		statement["Sid"], statement["Action"], statement["Resource"] = "Other", "events:PutEvents", get(r, "Arn")
		return []change{r.add("events:PutEvents", map[string]any{"OtherPolicy": made("AWS::Events::EventBusPolicy", map[string]any{
			"EventBusName": ref(r), "StatementId": "Other", "Statement": statement})})}
	})
}
