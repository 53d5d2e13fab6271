package proof

import (
	"slices"
	"strings"
	"testing"
)

func TestGrantIsProved(t *testing.T) {
	r := proved(t, grantApp(t, both), Options{})
	if len(r.Grants) != 1 || r.Verdict() != Proved || len(r.Findings()) > 0 || len(r.Notes) > 0 {
		t.Fatalf("found %s %v\n%s", r.Verdict(), unproved(r), says(r))
	}
	count := map[Rule]int{}
	for i := range r.Checks {
		count[r.Checks[i].Rule]++
	}
	// What this grant has no use for: an organization, a source identity, a perimeter, whatever works without a grant or is expected, and what AWS refuses.
	for _, rule := range Rules() {
		none := rule == OtherOrganization || rule == SourceIdentity || rule == Perimeter || rule == Connection || rule == Expected || rule == InvalidPolicy || rule == DuplicateName || rule == InvalidSetting || rule == Quota
		if (count[rule] == 0) != none {
			t.Errorf("found %d checks of rule %s", count[rule], rule)
		}
	}
}

// Each half alone is proved by what the contract promises of the other.
func TestHalvesAreProved(t *testing.T) {
	for _, half := range []string{"source", "target"} {
		r := proved(t, grantApp(t, half), Options{})
		if len(r.Grants) != 1 || r.Verdict() != Proved || len(r.Checks) < 20 {
			t.Errorf("%s: found %s of %d checks\n%s", half, r.Verdict(), len(r.Checks), says(r))
		}
		if g := r.Grants[0]; (g.SourceStack == nil) != (half == "target") || (g.TargetStack == nil) != (half == "source") {
			t.Errorf("%s: found other halves", half)
		}
	}
}

// Each change breaks one thing, and the proof says which, and what to do.
func TestBrokenGrant(t *testing.T) {
	const role = "arn:aws:iam::222222222222:role/reports-prod-eu-west-1"
	for name, c := range map[string]struct {
		edits []edit
		want  []string // what is not proved
		says  []string
	}{
		"no right to assume the role": {[]edit{{"source", "Sid: Assume, Effect: Allow, Action: \"sts:AssumeRole\"", "Sid: Assume, Effect: Allow, Action: \"sts:TagSession\""}},
			[]string{"Intent broken", "OverGrant broken"}, []string{"no statement of the inline policy assume of role reader allows sts:AssumeRole", "add to a policy of arn:aws:iam::111111111111:role/reader"}},
		"a right to assume any role": {[]edit{{"source", "Action: \"sts:AssumeRole\", Resource: \"" + role + "\"}]}", "Action: \"sts:AssumeRole\", Resource: \"*\"}]}"}},
			[]string{"OverGrant broken"}, []string{"statement Assume of the inline policy assume of role reader", "sts:AssumeRole on * is permitted"}},
		"a right to do more with the role": {[]edit{{"source", "Sid: Assume, Effect: Allow, Action: \"sts:AssumeRole\"", "Sid: Assume, Effect: Allow, Action: \"sts:*\""}},
			[]string{"OverGrant broken"}, []string{"sts:* on arn:aws:iam::222222222222:role/reports-prod-eu-west-1 is permitted"}},
		"anyone may assume the grantee's role": {[]edit{{"source", "Principal: {Service: lambda.amazonaws.com}", "Principal: \"*\""}},
			[]string{"OtherAccount broken", "OtherRole broken", "OverGrant broken"}, []string{"another role of account 111111111111 assumes arn:aws:iam::111111111111:role/reader", "narrow statement 0 of the trust policy of role reader"}},
		"Lambda may not assume the grantee's role": {[]edit{{"source", "Principal: {Service: lambda.amazonaws.com}", "Principal: {Service: ec2.amazonaws.com}"}},
			[]string{"Intent broken"}, []string{"lambda.amazonaws.com runs reports as arn:aws:iam::111111111111:role/reader"}},
		"nobody may assume the grantee's role": {[]edit{{"source", "Principal: {Service: lambda.amazonaws.com}, Action: \"sts:AssumeRole\"", "Principal: {Service: lambda.amazonaws.com}, Action: \"sts:TagSession\""}},
			[]string{"Intent broken"}, []string{"its trust policy allows nobody to assume it", "let the service that runs the grantee assume role reader"}},
		"the function runs as another role": {[]edit{{"source", "Role: !GetAtt Reader.Arn, Env", "Role: \"arn:aws:iam::111111111111:role/writer\", Env"}},
			[]string{"Intent broken"}, []string{"reports, whose environment names the grant's role, runs as arn:aws:iam::111111111111:role/writer and not as a grantee"}},
		"a bucket policy for another role": {[]edit{{"target", "          - {Sid: Trail,", "          - {Sid: Other, Effect: Allow, Principal: {AWS: \"arn:aws:iam::111111111111:role/crossgrant-probe-neighbour\"}, Action: \"s3:GetObject\", Resource: \"arn:aws:s3:::lake/*\"}\n          - {Sid: Trail,"}},
			[]string{"OtherRole broken", "OverGrant broken"}, []string{"another role of account 111111111111 by its own permissions, s3:GetObject on arn:aws:s3:::lake/reports/*", "narrow statement Other of the policy of bucket lake"}},
		"a bucket policy for everyone": {[]edit{{"target", "          - {Sid: Trail,", "          - {Sid: Public, Effect: Allow, Principal: \"*\", Action: \"s3:GetObject\", Resource: \"arn:aws:s3:::lake/*\"}\n          - {Sid: Trail,"}},
			[]string{"OtherAccount undecided", "OtherResource broken", "OtherRole undecided", "OverGrant broken", "RootUser undecided"},
			[]string{"someone without credentials, s3:GetObject", "the policy of bucket lake is public, and the template does not say that the bucket lets the public in"}},
		"a bucket policy for everyone, and a bucket that lets the public in": {[]edit{{"target", "          - {Sid: Trail,", "          - {Sid: Public, Effect: Allow, Principal: \"*\", Action: \"s3:GetObject\", Resource: \"arn:aws:s3:::lake/*\"}\n          - {Sid: Trail,"},
			{"target", "BucketName: lake", "BucketName: lake\n      PublicAccessBlockConfiguration: {BlockPublicAcls: true}"}},
			[]string{"OtherAccount broken", "OtherResource broken", "OtherRole broken", "OverGrant broken", "RootUser broken"}, []string{"someone without credentials, s3:GetObject"}},
		"a bucket policy for everyone but its owner": {[]edit{{"target", "          - {Sid: Trail,", "          - {Sid: Except, Effect: Allow, NotPrincipal: {AWS: \"arn:aws:iam::222222222222:root\"}, Action: \"s3:GetBucketLocation\", Resource: \"arn:aws:s3:::lake\"}\n          - {Sid: Trail,"}},
			[]string{"InvalidPolicy broken", "OverGrant broken"}, []string{"it allows everyone but the principals in NotPrincipal, and no grant does"}},
		"trust with more than to assume": {[]edit{{"target", "Action: \"sts:AssumeRole\",\n             Condition", "Action: [\"sts:AssumeRole\", \"sts:TagSession\"],\n             Condition"}},
			[]string{"OverGrant broken"}, []string{"it permits sts:TagSession, which the grant's trust does not need"}},
		"trust in another role, too": {[]edit{{"target", "111111111111:role/reader\"}, StringEquals", "111111111111:role/read*\"}, StringEquals"}},
			[]string{"OverGrant broken"}, []string{"it allows arn:aws:iam::111111111111:role/read*, and no grant does"}},
		"a key policy for another account": {[]edit{{"target", "KeyPolicy: {Statement: [", "KeyPolicy: {Statement: [{Effect: Allow, Principal: {AWS: \"888888888888\"}, Action: \"kms:Decrypt\", Resource: \"*\"}, "}},
			[]string{"OverGrant broken"}, []string{"it allows 888888888888, and no grant does"}},
		"a bucket policy with more for the role": {[]edit{{"target", "          - {Sid: Trail,", "          - {Sid: More, Effect: Allow, Principal: {AWS: \"111111111111\"}, Action: \"s3:DeleteObject\", Resource: \"arn:aws:s3:::lake/*\", Condition: {ArnEquals: {\"aws:PrincipalArn\": \"arn:aws:iam::111111111111:role/reader\"}}}\n          - {Sid: Trail,"}},
			[]string{"OverGrant broken"}, []string{"it allows arn:aws:iam::111111111111:role/reader, and no grant does"}},
		"sessions of twelve hours": {[]edit{{"target", "      RoleName: reports-prod-eu-west-1\n", "      RoleName: reports-prod-eu-west-1\n      MaxSessionDuration: 43200\n"}},
			[]string{"OverGrant broken"}, []string{"they may last 43200 seconds, and the grant says 3600"}},
		"an endpoint policy for everyone": {[]edit{{"source", ",\n             Condition: {ArnEquals: {\"aws:PrincipalArn\": \"arn:aws:iam::222222222222:role/reports-prod-eu-west-1\"}}}", "}"}},
			[]string{"OverGrant broken"}, []string{"statement Pass of the endpoint policy of com.amazonaws.eu-west-1.s3", "it allows everyone access to what the grant is on"}},
		"an endpoint policy for another role, too": {[]edit{{"source", "Condition: {ArnEquals: {\"aws:PrincipalArn\": \"arn:aws:iam::222222222222:role/reports-prod-eu-west-1\"}}", "Condition: {ArnLike: {\"aws:PrincipalArn\": [\"arn:aws:iam::222222222222:role/reports-prod-eu-west-1\", \"arn:aws:iam::222222222222:role/*\"]}}"}},
			[]string{"OverGrant broken"}, []string{"it allows arn:aws:iam::222222222222:role/*, and no grant does"}},
		"an endpoint policy for more actions": {[]edit{{"source", "Action: [\"s3:GetObject\", \"s3:ListBucket\"]", "Action: [\"s3:GetObject\", \"s3:ListBucket\", \"s3:PutObject\"]"}},
			[]string{"OverGrant broken"}, []string{"it allows them s3:PutObject, which no grant of theirs needs"}},
		"an endpoint policy for all objects": {[]edit{{"source", "Resource: [\"arn:aws:s3:::lake\", \"arn:aws:s3:::lake/reports/*\"]", "Resource: [\"arn:aws:s3:::lake\", \"arn:aws:s3:::lake/*\"]"}},
			[]string{"OverGrant broken"}, []string{"it allows them access to arn:aws:s3:::lake/*, which no grant of theirs needs"}},
		"an endpoint policy for something else, too": {[]edit{{"source", "        Statement:\n          - {Sid: Pass, Effect: Allow, Principal: \"*\", Action: [", "        Statement:\n          - {Sid: Yum, Effect: Allow, Principal: \"*\", Action: \"s3:GetObject\", Resource: \"arn:aws:s3:::al2023-repos-eu-west-1-de612dc2/*\"}\n          - {Sid: Pass, Effect: Allow, Principal: \"*\", Action: ["}},
			nil, nil},
		"an endpoint policy by which the grantee may ask who it is": {[]edit{{"source", "        Statement:\n          - {Sid: Pass, Effect: Allow, Principal: \"*\", Action: \"sts:AssumeRole\"", "        Statement:\n          - {Sid: Who, Effect: Allow, Principal: \"*\", Action: \"sts:GetCallerIdentity\", Resource: \"*\", Condition: {ArnEquals: {\"aws:PrincipalArn\": \"arn:aws:iam::111111111111:role/reader\"}}}\n          - {Sid: Pass, Effect: Allow, Principal: \"*\", Action: \"sts:AssumeRole\""}},
			nil, nil},
		"an endpoint policy by which others may ask who they are": {[]edit{{"source", "        Statement:\n          - {Sid: Pass, Effect: Allow, Principal: \"*\", Action: \"sts:AssumeRole\"", "        Statement:\n          - {Sid: Who, Effect: Allow, Principal: \"*\", Action: \"sts:GetCallerIdentity\", Resource: \"*\"}\n          - {Sid: Pass, Effect: Allow, Principal: \"*\", Action: \"sts:AssumeRole\""}},
			[]string{"OverGrant broken"}, []string{"it allows everyone access to what the grant is on"}},
		"an endpoint policy for another action on STS": {[]edit{{"source", "        Statement:\n          - {Sid: Pass, Effect: Allow, Principal: \"*\", Action: \"sts:AssumeRole\"", "        Statement:\n          - {Sid: Who, Effect: Allow, Principal: \"*\", Action: [\"sts:GetCallerIdentity\", \"sts:GetSessionToken\"], Resource: \"*\", Condition: {ArnEquals: {\"aws:PrincipalArn\": \"arn:aws:iam::111111111111:role/reader\"}}}\n          - {Sid: Pass, Effect: Allow, Principal: \"*\", Action: \"sts:AssumeRole\""}},
			[]string{"OverGrant broken"}, []string{"it allows them sts:GetSessionToken, which no grant of theirs needs"}},
		"an endpoint without its policy": {[]edit{{"source", "      PolicyDocument:\n        Statement:\n          - {Sid: Pass, Effect: Allow, Principal: \"*\", Action: \"sts:AssumeRole\"", "      Nothing:\n        Statement:\n          - {Sid: Pass, Effect: Allow, Principal: \"*\", Action: \"sts:AssumeRole\""}},
			[]string{"OverGrant broken"}, []string{"the endpoint of sts, STS", "the grant restricts it, and it has no policy any more"}},
		"a function with another role in its environment": {[]edit{{"source", "CROSSGRANT_ROLE_ARN: \"arn:aws:iam::222222222222:role/reports-prod-eu-west-1\"", "CROSSGRANT_ROLE_ARN: \"arn:aws:iam::222222222222:role/other\""}},
			[]string{"Intent broken"}, []string{"CROSSGRANT_ROLE_ARN: found arn:aws:iam::222222222222:role/other, expected arn:aws:iam::222222222222:role/reports-prod-eu-west-1"}},
		"another role of the data's account that trusts others": {[]edit{{"target", "Resources:\n", "Resources:\n  Side: {Type: AWS::IAM::Role, Properties: {RoleName: side, ManagedPolicyArns: [\"arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess\"], AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {AWS: \"888888888888\"}, Action: \"sts:AssumeRole\"}]}}}\n"}},
			[]string{"PrivilegeEscalation broken"}, []string{"888888888888 -> role side: s3:GetObject on arn:aws:s3:::lake/", "narrow statement 0 of the trust policy of role side"}},
		"another role of the data's account that reaches something else": {[]edit{{"target", "Resources:\n", "Resources:\n  Side: {Type: AWS::IAM::Role, Properties: {RoleName: side, ManagedPolicyArns: [\"arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess\"], AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {AWS: \"888888888888\"}, Action: \"sts:AssumeRole\"}]}}}\n"}},
			nil, nil},
		"trust without the role's condition": {[]edit{{"target", "ArnEquals: {\"aws:PrincipalArn\": \"arn:aws:iam::111111111111:role/reader\"}, ", ""}},
			[]string{"OtherRole broken", "OverGrant broken"}, []string{"narrow statement Trust of the trust policy of role reports-prod-eu-west-1"}},
		"trust in everyone": {[]edit{{"target", "Principal: {AWS: \"arn:aws:iam::111111111111:root\"}, Action: \"sts:AssumeRole\",\n             Condition: {ArnEquals: {\"aws:PrincipalArn\": \"arn:aws:iam::111111111111:role/reader\"},", "Principal: \"*\", Action: \"sts:AssumeRole\",\n             Condition: {"}},
			[]string{"OtherAccount broken", "OtherRole broken", "OverGrant broken"}, []string{"a role of the same name in another account"}},
		"trust without the external id": {[]edit{{"target", ", StringEquals: {\"sts:ExternalId\": reports-1}", ""}},
			[]string{"ExternalID broken"}, []string{"the grantee without the external ID", "the grantee with another external ID"}},
		"trust in another role": {[]edit{{"target", "111111111111:role/reader\"}, StringEquals", "111111111111:role/writer\"}, StringEquals"}},
			[]string{"Intent broken", "OverGrant broken"}, []string{"fails on Condition ArnEquals aws:PrincipalArn (arn:aws:iam::111111111111:role/writer)"}},
		"an endpoint for another role": {[]edit{{"source", "Condition: {ArnEquals: {\"aws:PrincipalArn\": \"arn:aws:iam::111111111111:role/reader\"}}}", "Condition: {ArnEquals: {\"aws:PrincipalArn\": \"arn:aws:iam::111111111111:role/writer\"}}}"}},
			[]string{"Intent broken"}, []string{"no statement of the endpoint policy of com.amazonaws.eu-west-1.sts allows"}},
		"an endpoint policy for another bucket": {[]edit{{"source", "[\"arn:aws:s3:::lake\", \"arn:aws:s3:::lake/reports/*\"]", "[\"arn:aws:s3:::pond\"]"}},
			[]string{"Intent broken", "OverGrant broken"}, []string{"add to the endpoint policy of com.amazonaws.eu-west-1.s3", "\"arn:aws:s3:::lake/reports/*\""}},
		"an endpoint without private DNS": {[]edit{{"source", "PrivateDnsEnabled: true", "PrivateDnsEnabled: false"}}, []string{"Intent broken"}, []string{"sts"}},
		"a security group that is closed": {[]edit{{"source", "SecurityGroupIngress: [{IpProtocol: tcp, FromPort: 443, ToPort: 443,", "SecurityGroupIngress: [{IpProtocol: tcp, FromPort: 80, ToPort: 80,"}},
			[]string{"Intent broken"}, []string{"allows TCP 443 in"}},
		"a route table of another subnet": {[]edit{{"source", "  Association: {Type: AWS::EC2::SubnetRouteTableAssociation, Properties: {SubnetId: !Ref Subnet, RouteTableId: !Ref Routes}}\n", ""}},
			[]string{"Intent broken"}, []string{"s3"}},
		"no right on the objects": {[]edit{{"target", "Resource: \"arn:aws:s3:::lake/reports/*\"}\n              - {Sid: Table", "Resource: \"arn:aws:s3:::lake/other/*\"}\n              - {Sid: Table"}},
			[]string{"Intent broken", "OverGrant broken"}, []string{"add to a policy of " + role, "s3:GetObject on arn:aws:s3:::lake/other/* is permitted"}},
		"all objects": {[]edit{{"target", "Resource: \"arn:aws:s3:::lake/reports/*\"}\n              - {Sid: Table", "Resource: \"arn:aws:s3:::lake/*\"}\n              - {Sid: Table"}},
			[]string{"OtherResource broken", "OverGrant broken"}, []string{"s3:GetObject on arn:aws:s3:::lake/crossgrant-probe"}},
		"all actions on the objects": {[]edit{{"target", "Sid: Objects, Effect: Allow, Action: \"s3:GetObject\"", "Sid: Objects, Effect: Allow, Action: \"s3:*\""}},
			[]string{"OtherAction broken", "OverGrant broken"}, []string{"s3:PutObject on arn:aws:s3:::lake/reports/crossgrant-probe", "s3:DeleteObject"}},
		"listing of everything": {[]edit{{"target", ", Condition: {StringLike: {\"s3:prefix\": \"reports/*\"}}", ""}},
			[]string{"OtherResource broken", "OverGrant broken"}, []string{"s3:ListBucket on arn:aws:s3:::lake without s3:prefix"}},
		"listing on the objects": {[]edit{{"target", "Action: \"s3:ListBucket\", Resource: \"arn:aws:s3:::lake\"", "Action: \"s3:ListBucket\", Resource: \"arn:aws:s3:::lake/*\""}},
			[]string{"Intent broken", "OverGrant broken"}, []string{"fails on Resource (arn:aws:s3:::lake/*)"}},
		"another table": {[]edit{{"target", "table/shop\"}\n", "table/*\"}\n"}},
			[]string{"OtherResource broken", "OverGrant broken"}, []string{"table/shop-other", "table/shop/index/crossgrant-probe"}},
		"no right on the key": {[]edit{{"target", "Action: \"kms:Decrypt\"", "Action: \"kms:Encrypt\""}}, []string{"Intent broken", "OtherAction broken", "OverGrant broken"}, []string{"kms:Decrypt on"}},
		"a key policy that forgets the account": {[]edit{{"target", "Action: \"kms:*\", Resource: \"*\"}]}", "Action: \"kms:Describe*\", Resource: \"*\"}]}"}},
			[]string{"Intent broken", "KeepAlive broken"}, []string{"add to the policy of key", "an administrator, kms:PutKeyPolicy"}},
		"plain HTTP": {[]edit{{"target", "Sid: TLS, Effect: Deny, Principal: \"*\", Action: \"s3:*\"", "Sid: TLS, Effect: Deny, Principal: \"*\", Action: \"s3:PutObject\""}},
			[]string{"PlainHTTP broken"}, []string{"over plain HTTP, s3:GetObject on arn:aws:s3:::lake/reports/*", "over plain HTTP, s3:ListBucket on arn:aws:s3:::lake"}},
		"a Deny that locks the owner out": {[]edit{{"target", "Condition: {Bool: {\"aws:SecureTransport\": \"false\"}}", "Condition: {StringNotEquals: {\"aws:SourceVpce\": vpce-1}}"}},
			[]string{"Intent undecided", "KeepAlive broken", "PlainHTTP undecided"}, []string{"an administrator, s3:PutBucketPolicy on bucket lake", "CloudFormation, s3:DeleteBucket on bucket lake", "cloudtrail.amazonaws.com, s3:PutObject on bucket lake"}},
		"a role without its policy": {[]edit{{"target", "RoleName: reports-prod-eu-west-1", "RoleName: reports-prod-eu-west-2"}},
			[]string{"Intent broken", "PrivilegeEscalation broken"}, []string{"which no template has"}},
		"AWS's policy for everything": {[]edit{{"target", "      Policies:\n        - PolicyName: read", "      ManagedPolicyArns: [\"arn:aws:iam::aws:policy/AmazonS3FullAccess\"]\n      Policies:\n        - PolicyName: read"}},
			[]string{"OtherAction broken", "OtherResource broken", "OverGrant broken"}, []string{"statement 0 of the managed policy AmazonS3FullAccess", "s3:* on * is permitted", "detach the managed policy AmazonS3FullAccess (AWS's ", "attach a policy of your own that permits only what is needed"}},
		"an unknown policy of AWS": {[]edit{{"target", "      Policies:\n        - PolicyName: read", "      ManagedPolicyArns: [\"arn:aws:iam::aws:policy/NeverHeardOf\"]\n      Policies:\n        - PolicyName: read"}},
			[]string{"Intent undecided", "OtherAction undecided", "OtherResource undecided", "OverGrant undecided"}, []string{`give the document of the managed policy NeverHeardOf`, `under managedPolicies, "arn:aws:iam::aws:policy/NeverHeardOf"`}},
		"a boundary": {[]edit{{"target", "      Policies:\n        - PolicyName: read", "      PermissionsBoundary: \"arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess\"\n      Policies:\n        - PolicyName: read"}},
			[]string{"Intent broken"}, []string{"add to the permissions boundary AmazonS3ReadOnlyAccess"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := proved(t, grantApp(t, both, c.edits...), Options{})
			if got := unproved(r); !slices.Equal(got, c.want) {
				t.Errorf("found %q, expected %q\n%s", got, c.want, says(r))
			}
			for _, sentence := range c.says {
				if !strings.Contains(says(r), sentence) {
					t.Errorf("found no %q in\n%s", sentence, says(r))
				}
			}
		})
	}
}

// What S3 tells KMS is known, whichever way the key is asked for: the ARN of the object, or that of the bucket.
func TestEncryptionContextOfAGrant(t *testing.T) {
	const statement = `Condition: {StringEquals: {"kms:ViaService": s3.eu-west-1.amazonaws.com}}`
	for condition, want := range map[string]Verdict{
		`StringLike: {"kms:EncryptionContext:aws:s3:arn": ["arn:aws:s3:::lake", "arn:aws:s3:::lake/*"]}`: Proved,
		`StringLike: {"kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::lake/reports/*"}`:                Proved,
		`ArnEquals: {"kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::lake"}`:                           Broken, // of a bucket with a bucket key
		`StringLike: {"kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::other/*"}`:                       Broken,
	} {
		r := proved(t, grantApp(t, both, edit{"target", "Action: \"kms:Decrypt\", Resource: !GetAtt Key.Arn, " + statement, "Action: \"kms:Decrypt\", Resource: !GetAtt Key.Arn, " + strings.Replace(statement, "}}", "}, "+condition+"}", 1)}), Options{})
		if r.Verdict() != want {
			t.Errorf("%s: found %s %v, expected %s", condition, r.Verdict(), unproved(r), want)
		}
	}
}
