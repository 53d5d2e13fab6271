package proof

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/assembly"
)

// A shop of one account: a bucket that a partner reads, a function with a role, a queue and an endpoint.
const shop = `
Resources:
  Lake:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: lake
      PublicAccessBlockConfiguration: {BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true}
  LakePolicy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Lake
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - {Sid: TLS, Effect: Deny, Principal: "*", Action: "s3:*", Resource: ["arn:aws:s3:::lake", "arn:aws:s3:::lake/*"], Condition: {Bool: {"aws:SecureTransport": "false"}}}
          - {Sid: Partner, Effect: Allow, Principal: {AWS: "arn:aws:iam::333333333333:root"}, Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/shared/*", Condition: {StringEquals: {"aws:PrincipalOrgID": o-aaaaaaaaaa}}}
  Reader:
    Type: AWS::IAM::Role
    Properties:
      RoleName: reader
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Sid: Trust, Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole"}]}
      Policies:
        - PolicyName: read
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - {Sid: Read, Effect: Allow, Action: ["s3:GetObject", "s3:ListBucket"], Resource: ["arn:aws:s3:::lake", "arn:aws:s3:::lake/*"]}
              - {Sid: Secret, Effect: Deny, Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/secret/*"}
  Fn:
    Type: AWS::Lambda::Function
    Properties: {FunctionName: fn, Role: !GetAtt Reader.Arn, Runtime: nodejs22.x, Handler: i.h, Code: {S3Bucket: assets, S3Key: a1.zip}}
  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: q}}
  Endpoint:
    Type: AWS::EC2::VPCEndpoint
    Properties:
      ServiceName: com.amazonaws.eu-west-1.s3
      VpcId: vpc-1
      RouteTableIds: [rtb-1]
      PolicyDocument: {Statement: [{Sid: Pass, Effect: Allow, Principal: "*", Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/*"}]}
`

// loaded is a template as an assembly of one stack.
func loaded(t *testing.T, text string) *assembly.Assembly {
	t.Helper()
	file := filepath.Join(t.TempDir(), "App.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := assembly.LoadTemplates(assembly.TemplateFile{Path: file, StackName: "App", Account: "111111111111", Region: "eu-west-1"})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// Whatever is edited, what it means for the access is said: forwards, and the other way round backwards.
func TestCompare(t *testing.T) {
	if testing.Short() {
		t.Skip("the goroutines are those of TestEnumerateFindsWhatDiffers")
	}
	const (
		widened, perhaps, narrowed, perhapsNarrowed, changed = Widened, PerhapsWidened, Narrowed, PerhapsNarrowed, Changed
		read                                                 = `Action: ["s3:GetObject", "s3:ListBucket"], Resource: ["arn:aws:s3:::lake", "arn:aws:s3:::lake/*"]}`
		secret                                               = `{Sid: Secret, Effect: Deny, Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/secret/*"}`
		partner                                              = `Principal: {AWS: "arn:aws:iam::333333333333:root"}, Action: "s3:GetObject"`
		organization                                         = `, Condition: {StringEquals: {"aws:PrincipalOrgID": o-aaaaaaaaaa}}`
		anotherRole                                          = "\n  Other:\n    Type: AWS::IAM::Role\n    Properties: {RoleName: other, AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: \"sts:AssumeRole\"}]}, " +
			"Policies: [{PolicyName: p, PolicyDocument: {Statement: [{Effect: Allow, Action: \"s3:GetObject\", Resource: \"arn:aws:s3:::lake/*\"}]}}]}\n"
	)
	type kinds = []DifferenceKind
	for name, c := range map[string]struct {
		old, new        string // the text that is replaced, at the end if old is ""
		there, backward kinds
	}{
		"nothing":                     {"nothing", "", nil, nil},
		"code":                        {"a1.zip", "b2.zip", nil, nil},
		"tags":                        {"BucketName: lake", "BucketName: lake\n      Tags: [{Key: a, Value: b}]", nil, nil},
		"a Sid and an order":          {`Sid: Read, Effect: Allow, Action: ["s3:GetObject", "s3:ListBucket"]`, `Sid: Reads, Effect: Allow, Action: ["s3:ListBucket", "s3:GetObject"]`, nil, nil},
		"a statement in two":          {read, `Action: "s3:GetObject", Resource: ["arn:aws:s3:::lake", "arn:aws:s3:::lake/*"]}` + "\n              - {Sid: List, Effect: Allow, Action: \"s3:ListBucket\", Resource: [\"arn:aws:s3:::lake\", \"arn:aws:s3:::lake/*\"]}", kinds{changed}, kinds{changed}},
		"an action":                   {`["s3:GetObject", "s3:ListBucket"]`, `["s3:GetObject", "s3:ListBucket", "s3:PutObject"]`, kinds{widened}, kinds{narrowed}},
		"a pattern of actions":        {`["s3:GetObject", "s3:ListBucket"]`, `["s3:GetObject*", "s3:ListBucket"]`, kinds{widened}, kinds{narrowed}},
		"all but some actions":        {`Action: ["s3:GetObject", "s3:ListBucket"]`, `NotAction: "s3:Delete*"`, kinds{widened, changed}, kinds{narrowed, perhaps}},
		"a service that is not AWS's": {secret, secret + "\n              - {Sid: Odd, Effect: Allow, Action: \"frobnicate:Do\", Resource: \"*\"}", kinds{perhaps}, kinds{changed}},
		"a denial":                    {secret, `{Sid: Secret, Effect: Deny, Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/other/*"}`, kinds{widened, narrowed}, kinds{widened, narrowed}},
		"what was denied":             {"\n              - " + secret, "", kinds{widened}, kinds{narrowed}},
		"the organization":            {organization, "", kinds{widened}, kinds{narrowed}},
		"another organization":        {"o-aaaaaaaaaa", "o-bbbbbbbbbb", kinds{widened, narrowed}, kinds{widened, narrowed}},
		"everyone":                    {partner, `Principal: "*", Action: "s3:GetObject"`, kinds{widened}, kinds{narrowed}},
		"plain HTTP":                  {`{"aws:SecureTransport": "false"}`, `{"aws:SecureTransport": "false", "aws:PrincipalIsAWSService": "true"}`, kinds{widened}, kinds{narrowed}},
		"another account's trust":     {"Principal: {Service: lambda.amazonaws.com}", "Principal: {Service: lambda.amazonaws.com, AWS: \"444444444444\"}", kinds{widened}, kinds{narrowed}},
		"another service's trust":     {"Service: lambda.amazonaws.com", "Service: [lambda.amazonaws.com, ec2.amazonaws.com]", kinds{widened}, kinds{narrowed}},
		"the block of public access":  {"      PublicAccessBlockConfiguration: {BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true}\n", "", kinds{perhaps}, nil},
		"the endpoint's policy":       {`PolicyDocument: {Statement: [{Sid: Pass, Effect: Allow, Principal: "*", Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/*"}]}`, "", kinds{perhaps}, kinds{changed}},
		"the endpoint's resources":    {`Sid: Pass, Effect: Allow, Principal: "*", Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/*"`, `Sid: Pass, Effect: Allow, Principal: "*", Action: "s3:GetObject", Resource: "*"`, kinds{perhaps, changed}, kinds{changed}},
		"a boundary":                  {"RoleName: reader", "RoleName: reader\n      PermissionsBoundary: arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess", kinds{narrowed, changed}, kinds{widened, perhaps}},
		"a policy that nobody has":    {"RoleName: reader", "RoleName: reader\n      ManagedPolicyArns: [\"arn:aws:iam::111111111111:policy/who-knows\"]", kinds{perhaps, perhapsNarrowed, changed}, kinds{perhaps}},
		"a function's URL":            {"", "\n  Url: {Type: AWS::Lambda::Url, Properties: {AuthType: NONE, TargetFunctionArn: !GetAtt Fn.Arn}}\n", kinds{perhaps}, nil},
		"a function for everyone":     {"", "\n  Call: {Type: AWS::Lambda::Permission, Properties: {FunctionName: !Ref Fn, Action: \"lambda:InvokeFunction\", Principal: \"*\"}}\n", kinds{widened}, kinds{narrowed}},
		"a function's role":           {"!GetAtt Reader.Arn", "arn:aws:iam::111111111111:role/other", kinds{perhaps}, kinds{perhaps}},
		"a new role":                  {"", anotherRole, kinds{widened}, kinds{narrowed}},
		"a new bucket":                {"", "\n  More: {Type: AWS::S3::Bucket, Properties: {BucketName: more}}\n", nil, nil},
		"the end of a condition":      {secret, secret + "\n              - {Sid: Past, Effect: Allow, Action: \"s3:PutObject\", Resource: \"arn:aws:s3:::lake/*\", Condition: {DateLessThan: {\"aws:CurrentTime\": \"2020-01-01T00:00:00Z\"}}}", kinds{perhaps}, kinds{changed}},
		"where copies go":             {"BucketName: lake", "BucketName: lake\n      ReplicationConfiguration: {Role: \"arn:aws:iam::111111111111:role/r\", Rules: [{Status: Enabled, Destination: {Bucket: \"arn:aws:s3:::elsewhere\"}}]}", kinds{perhaps}, kinds{perhaps}},
		"a policy that decides nothing here": {"", "\n  Api: {Type: AWS::ApiGateway::RestApi, Properties: {Name: a, Policy: {Statement: [{Effect: Allow, Principal: \"*\", Action: \"execute-api:Invoke\", Resource: \"*\"}]}}}\n" +
			"  Loose: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: {Statement: [{Effect: Allow, Action: \"*\", Resource: \"*\"}]}}}\n", kinds{perhaps}, nil},
		"a queue for a service": {"", "\n  Send: {Type: AWS::SQS::QueuePolicy, Properties: {Queues: [!Ref Queue], PolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: sns.amazonaws.com}, Action: \"sqs:SendMessage\", Resource: !GetAtt Queue.Arn}]}}}\n", kinds{widened}, kinds{narrowed}},
	} {
		t.Run(name, func(t *testing.T) {
			edited := shop + c.new
			if c.old != "" {
				if edited = strings.Replace(shop, c.old, c.new, 1); edited == shop && c.old != "nothing" {
					t.Fatalf("found no %s", c.old)
				}
			}
			before, after := Subject{Assembly: loaded(t, shop)}, Subject{Assembly: loaded(t, edited)}
			for way, sides := range map[string][2]Subject{"there": {before, after}, "back": {after, before}} {
				want := map[string]kinds{"there": c.there, "back": c.backward}[way]
				found, err := Compare(sides[0], sides[1])
				if err != nil {
					t.Fatal(err)
				}
				has := map[DifferenceKind]bool{}
				for _, d := range found.Differences {
					has[d.Kind] = true
				}
				if got := slices.Sorted(maps.Keys(has)); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
					t.Errorf("%s: found %v, expected %v in\n%s", way, got, want, differenceTexts(found))
				}
			}
		})
	}
}

// differenceTexts are the differences in lines.
func differenceTexts(c *Comparison) string {
	var all []string
	for _, d := range c.Differences {
		line := fmt.Sprintf("%s: %s%s as %q because %q through %q", d.Kind, d.Who, d.What, d.As, d.Because, d.Through)
		for _, r := range d.Requests {
			line += fmt.Sprintf("\n    %s on %s %q", strings.Join(r.Actions, ", "), r.Resource, r.Keys)
		}
		all = append(all, line)
	}
	return strings.Join(all, "\n")
}

// Who gains what, as which role, by which statement that changed and through which others.
func TestCompareSaysWhoAndWhy(t *testing.T) {
	before := loaded(t, shop)
	trusting := loaded(t, strings.Replace(shop, "Principal: {Service: lambda.amazonaws.com}", "Principal: {Service: lambda.amazonaws.com, AWS: \"444444444444\"}", 1))
	found, err := Compare(Subject{Assembly: before}, Subject{Assembly: trusting})
	if err != nil {
		t.Fatal(err)
	}
	const want = `widened: account 444444444444 as [] because ["statement Trust of the trust policy of role reader allows it"] through []
    sts:AssumeRole on arn:aws:iam::111111111111:role/reader []
widened: account 444444444444 as ["arn:aws:iam::111111111111:role/reader"] because ["statement Trust of the trust policy of role reader allows it"] through ["statement Read of the inline policy read of role reader allows it"]
    s3:ListBucket on arn:aws:s3:::lake []
    s3:GetObject on arn:aws:s3:::lake/crossgrant-probe []
    s3:GetObject on arn:aws:s3:::lake/shared/crossgrant-probe []`
	if text := differenceTexts(found); text != want {
		t.Errorf("found\n%s\nexpected\n%s", text, want)
	}
	for _, d := range found.Differences {
		if len(d.Where) != 1 || d.Where[0].LogicalID != "Reader" || d.InOld {
			t.Errorf("found %v, expected the role in the new template", d.Where)
		}
	}
	without := loaded(t, strings.Replace(shop, "Sid: Pass, Effect: Allow, Principal: \"*\", Action: \"s3:GetObject\"", "Sid: Pass, Effect: Allow, Principal: \"*\", Action: [\"s3:GetObject\", \"s3:PutObject\"]", 1))
	if found, err = Compare(Subject{Assembly: before}, Subject{Assembly: without}); err != nil {
		t.Fatal(err)
	}
	const named = `perhaps widened: statement Pass added to the endpoint policy of com.amazonaws.eu-west-1.s3 as [] because ["no difference among the requests tried, and it may permit more"] through []`
	if text := differenceTexts(found); !strings.HasPrefix(text, named) {
		t.Errorf("found\n%s\nexpected\n%s", text, named)
	}
	if _, err := Compare(Subject{}, Subject{Assembly: before}); err == nil {
		t.Error("found no error without an assembly")
	}
}
