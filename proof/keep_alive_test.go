package proof

import (
	"maps"
	"strings"
	"testing"
)

// Administrators and CloudFormation are different principals: a Deny that exempts one of them locks the other out.
func TestWhoManagesABucket(t *testing.T) {
	const administrator, deployment = "arn:aws:iam::222222222222:role/crossgrant-probe-administrator", "arn:aws:iam::222222222222:role/cdk-hnb659fds-cfn-exec-role-222222222222-eu-west-1"
	deny := func(condition string) edit {
		return edit{"target", "          - {Sid: Trail,", "          - {Sid: Locked, Effect: Deny, Principal: \"*\", Action: \"s3:DeleteBucketPolicy\", Resource: \"arn:aws:s3:::lake\", Condition: {" + condition + "}}\n          - {Sid: Trail,"}
	}
	for name, c := range map[string]struct {
		edit edit
		want map[string]Verdict // by caller
	}{
		"a Deny for all but administrators":                    {deny("ArnNotEquals: {\"aws:PrincipalArn\": \"" + administrator + "\"}"), map[string]Verdict{administrator: Proved, deployment: Broken}},
		"a Deny for all but the deployment role":               {deny("ArnNotEquals: {\"aws:PrincipalArn\": \"" + deployment + "\"}"), map[string]Verdict{administrator: Broken, deployment: Proved}},
		"a Deny for all but requests of services for a caller": {deny("Bool: {\"aws:ViaAWSService\": \"false\"}"), map[string]Verdict{administrator: Broken, deployment: Proved}},
		"a Deny for all but both": {deny("ArnNotEquals: {\"aws:PrincipalArn\": [\"" + administrator + "\", \"" + deployment + "\"]}"),
			map[string]Verdict{administrator: Proved, deployment: Proved}},
	} {
		t.Run(name, func(t *testing.T) {
			r := proved(t, grantApp(t, both, c.edit), Options{})
			found := map[string]Verdict{}
			for i := range r.Checks {
				if c := &r.Checks[i]; c.Rule == KeepAlive && c.Access.Action == "s3:DeleteBucketPolicy" {
					found[c.Access.Caller] = c.Verdict
				}
			}
			if !maps.Equal(found, c.want) {
				t.Errorf("found %v, expected %v\n%s", found, c.want, says(r))
			}
		})
	}
}

// Whatever else uses an endpoint that a grant has restricted goes on working, or is named.
func TestNeighboursOfAGrant(t *testing.T) {
	neighbour := func(statement string) edit {
		return edit{"source", "  Function:\n", `  OtherRole:
    Type: AWS::IAM::Role
    Properties:
      RoleName: other
      AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole"}]}
      Policies: [{PolicyName: own, PolicyDocument: {Statement: [{Effect: Allow, ` + statement + `}]}}]
  Other:
    Type: AWS::Lambda::Function
    Properties: {FunctionName: other, Role: !GetAtt OtherRole.Arn, VpcConfig: {SubnetIds: [!Ref Subnet], SecurityGroupIds: [!Ref Outside]}}
  Function:
`}
	}
	pass := func(statement string) edit {
		return edit{"source", `          - {Sid: Pass, Effect: Allow, Principal: "*", Action: ["s3:GetObject"`, `          - {Effect: Allow, Principal: "*", ` + statement + "}\n" +
			`          - {Sid: Pass, Effect: Allow, Principal: "*", Action: ["s3:GetObject"`}
	}
	const own = `Action: "s3:GetObject", Resource: "arn:aws:s3:::own/*"`
	service := func(image string) edit {
		return edit{"source", "  Function:\n", `  Task: {Type: AWS::ECS::TaskDefinition, Properties: {ContainerDefinitions: [{Name: c, Image: "` + image + `"}]}}
  Service: {Type: AWS::ECS::Service, Properties: {TaskDefinition: !Ref Task, NetworkConfiguration: {AwsvpcConfiguration: {Subnets: [!Ref Subnet], SecurityGroups: [!Ref Outside]}}}}
  Function:
`}
	}
	instance := func(data string) edit {
		return edit{"source", "  Function:\n", "  Box: {Type: AWS::EC2::Instance, Properties: {SubnetId: !Ref Subnet, SecurityGroupIds: [!Ref Outside], UserData: {\"Fn::Base64\": \"" + data + "\"}}}\n  Function:\n"}
	}
	for name, c := range map[string]struct {
		edits []edit
		want  []string // what the first broken check of the rule says; none if all is proved
	}{
		"a function with a bucket of its own": {[]edit{neighbour(own)}, []string{"the endpoint policy of com.amazonaws.eu-west-1.s3 does not let s3:GetObject on arn:aws:s3:::own/crossgrant-probe pass"}},
		"that the endpoint lets pass":         {[]edit{neighbour(own), pass(own + `, Condition: {ArnEquals: {"aws:PrincipalArn": "arn:aws:iam::111111111111:role/other"}}`)}, nil},
		"a function with all of S3": {[]edit{neighbour(`Action: "s3:*", Resource: "arn:aws:s3:::own/*"`), pass(own)},
			[]string{"does not let s3:AbortMultipartUpload on arn:aws:s3:::own/crossgrant-probe pass", "does not let s3:BypassGovernanceRetention", "does not let s3:DeleteObjectTagging"}},
		"a function with another service":     {[]edit{neighbour(`Action: "sqs:SendMessage", Resource: "arn:aws:sqs:eu-west-1:111111111111:q"`)}, nil},
		"a function that assumes its own":     {[]edit{neighbour(`Action: "sts:AssumeRole", Resource: "arn:aws:iam::111111111111:role/own"`)}, []string{"com.amazonaws.eu-west-1.sts does not let sts:AssumeRole on arn:aws:iam::111111111111:role/own pass"}},
		"containers from ECR":                 {[]edit{service("111111111111.dkr.ecr.eu-west-1.amazonaws.com/app:1")}, []string{"does not let s3:GetObject on arn:aws:s3:::prod-eu-west-1-starport-layer-bucket/crossgrant-probe pass"}},
		"containers from ECR, that may pass":  {[]edit{service("111111111111.dkr.ecr.eu-west-1.amazonaws.com/app:1"), pass(`Action: "s3:GetObject", Resource: "arn:aws:s3:::prod-eu-west-1-starport-layer-bucket/*"`)}, nil},
		"containers from elsewhere":           {[]edit{service("public.ecr.aws/nginx/nginx:1")}, nil},
		"an instance that installs packages":  {[]edit{instance("#!/bin/bash\\ndnf install -y jq")}, []string{"does not let s3:GetObject on arn:aws:s3:::al2023-repos-eu-west-1-de612dc2/crossgrant-probe pass"}},
		"an instance of which nobody knows":   {[]edit{instance("#!/bin/bash\\ndnf install -y jq"), {"source", `{"Fn::Base64": "#!/bin/bash\ndnf install -y jq"}`, `!GetAtt Vpc.DefaultSecurityGroup`}}, []string{"al2023-repos-eu-west-1-de612dc2/crossgrant-probe pass"}},
		"an instance that does not":           {[]edit{instance("#!/bin/bash\\necho hello")}, nil},
		"a bucket of the grantee's own":       {[]edit{{"source", "- PolicyName: assume", "- {PolicyName: own, PolicyDocument: {Statement: [{Effect: Allow, " + own + "}]}}\n        - PolicyName: assume"}}, []string{"does not let s3:GetObject on arn:aws:s3:::own/crossgrant-probe pass"}},
		"a function outside of the network":   {[]edit{neighbour(own), {"source", "Role: !GetAtt OtherRole.Arn, VpcConfig: {SubnetIds: [!Ref Subnet], SecurityGroupIds: [!Ref Outside]}", "Role: !GetAtt OtherRole.Arn"}}, nil},
		"a bucket that is perhaps let passed": {[]edit{neighbour(own), pass(own + `, Condition: {StringEquals: {"s3:x-amz-acl": private}}`)}, []string{"pass for certain"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := proved(t, grantApp(t, both, c.edits...), Options{})
			remedy := "add to the endpoint policy of com.amazonaws.eu-west-1."
			if name == "a bucket of the grantee's own" {
				remedy = "narrow statement 0 of the inline policy own of role reader to what is needed; or declare what is"
			}
			var found string
			for i := range r.Checks {
				if one := &r.Checks[i]; one.Rule == KeepAlive && one.Verdict != Proved {
					found += strings.Join(one.Says, "\n") + "\n"
					if one.Verdict == Broken && (len(one.Remedy) == 0 || !strings.Contains(one.Remedy[0], remedy) || len(one.Where) != 1) {
						t.Errorf("found remedy %q at %v", one.Remedy, one.Where)
					}
				}
			}
			if c.want == nil && found != "" {
				t.Errorf("found %q, expected nothing", found)
			}
			for _, want := range c.want {
				if !strings.Contains(found, want) {
					t.Errorf("found %q, expected %q", found, want)
				}
			}
		})
	}
}
