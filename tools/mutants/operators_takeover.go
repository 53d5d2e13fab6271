package main

// takeoverOperators let another account take a role with the data over: by what runs as it, what starts it, its managed policies, or a service.
func takeoverOperators() []*operator {
	return []*operator{
		adding("others: a build of a role with it", isData, func(r *resource) map[string]any {
			return map[string]any{"OtherOne": otherRole(trusting(foreignRoot()), allow("codebuild:StartBuild", "*")), "OtherTwo": runner(r, "codebuild.amazonaws.com"),
				"OtherBuild": made("AWS::CodeBuild::Project", map[string]any{"ServiceRole": map[string]any{"Fn::GetAtt": []any{"OtherTwo", "Arn"}}})}
		}),
		adding("others: a job of a role with it", isData, func(r *resource) map[string]any {
			return map[string]any{"OtherOne": otherRole(trusting(foreignRoot()), allow("glue:UpdateJob", "*")), "OtherTwo": runner(r, "glue.amazonaws.com"),
				"OtherJob": made("AWS::Glue::Job", map[string]any{"Role": map[string]any{"Ref": "OtherTwo"}})}
		}),
		adding("others: a container by PassRole", isData, func(r *resource) map[string]any {
			return map[string]any{"OtherOne": otherRole(trusting(foreignRoot()), allow([]any{"iam:PassRole", "apprunner:CreateService"}, "*")),
				"OtherTwo": runner(r, "tasks.apprunner.amazonaws.com")}
		}),
		adding("others: an unknown service by PassRole", isData, func(r *resource) map[string]any {
			return map[string]any{"OtherOne": otherRole(trusting(foreignRoot()), allow([]any{"iam:PassRole", "other:Run"}, "*")), "OtherTwo": runner(r, "other.amazonaws.com")}
		}),
		adding("others: a boundary that they may rewrite", isBucket, func(r *resource) map[string]any {
			one := otherRole(trusting(foreignRoot()), allow([]any{"s3:*", "iam:CreatePolicyVersion"}, "*"))
			return map[string]any{"OtherOne": with(one, place{"Properties", "PermissionsBoundary"}, map[string]any{"Ref": "OtherPolicy"}),
				"OtherPolicy": made("AWS::IAM::ManagedPolicy", map[string]any{"PolicyDocument": document(allow("iam:*", "*"))})}
		}),
		adding("others: a managed policy of the role", isGrantRole, func(r *resource) map[string]any {
			return map[string]any{"OtherOne": otherRole(trusting(foreignRoot()), allow("iam:CreatePolicyVersion", "*")),
				"OtherPolicy": made("AWS::IAM::ManagedPolicy", map[string]any{"Roles": []any{ref(r)}, "PolicyDocument": document(allow("sqs:ListQueues", "*"))})}
		}),
		adding("others: by a service that they call", isBucket, func(r *resource) map[string]any {
			reading := allow("s3:GetObject", "*")
			reading["Condition"] = map[string]any{"ForAnyValue:StringEquals": map[string]any{"aws:CalledVia": "athena.amazonaws.com"}}
			return map[string]any{"OtherOne": otherRole(trusting(foreignRoot()), reading, allow("athena:*", "*"))}
		}),
		adding("others: a task of a maintenance window", isInstance, func(*resource) map[string]any {
			return map[string]any{"OtherOne": otherRole(trusting(foreignRoot()), allow("ssm:RegisterTaskWithMaintenanceWindow", "*"))}
		}),
		adding("others: who may send to the bus", isBus, func(*resource) map[string]any {
			return map[string]any{"OtherOne": otherRole(trusting(foreignRoot()), allow("events:PutPermission", "*"))}
		}),
		on("others: an access point", isBucketPolicy, func(r *resource) []change {
			leaves := map[string]any{"Effect": "Allow", "Principal": map[string]any{"AWS": "*"}, "Action": "*", "Resource": []any{r.bucket(), r.bucket() + "/*"},
				"Condition": map[string]any{"StringEquals": map[string]any{"s3:DataAccessPointAccount": r.Stack.Account}}}
			return []change{r.moreStatements("leaves access to access points", leaves).with(r.add("", map[string]any{
				"OtherOne": otherRole(trusting(foreignRoot()), allow([]any{"s3:CreateAccessPoint", "s3:PutAccessPointPolicy"}, "*"))}))}
		}),
		adding("accounts by a pattern", isData, func(r *resource) map[string]any {
			trust := document(map[string]any{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole",
				"Condition": map[string]any{"ArnLike": map[string]any{"aws:PrincipalArn": "arn:aws:iam::" + r.Stack.Account[:11] + "?:role/*"}}})
			return map[string]any{"OtherOne": otherRole(trust, reads(r))}
		}),
	}
}

// runner is a role with the data that a service may assume.
func runner(r *resource, service string) any {
	return otherRole(trusting(map[string]any{"Service": service}), reads(r))
}
