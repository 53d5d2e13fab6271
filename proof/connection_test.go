package proof

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/assembly"
)

func connectionsApp(t *testing.T, edits ...edit) *assembly.Assembly {
	t.Helper()
	return templates(t, "testdata/connections", both, edits...)
}

func TestConnectionsAreProved(t *testing.T) {
	r := proved(t, connectionsApp(t), Options{})
	if r.Verdict() != Proved || len(r.Notes) > 0 {
		t.Fatalf("found %s %v %v\n%s", r.Verdict(), unproved(r), r.Notes, says(r))
	}
	var found []string
	for i := range r.Checks {
		if c := &r.Checks[i]; c.Rule == Connection && c.Access.Action != "" {
			found = append(found, c.Access.Caller+" "+c.Access.Action)
		}
	}
	slices.Sort(found)
	expected := []string{
		"apigateway.amazonaws.com lambda:InvokeFunction",
		"arn:aws:iam::111111111111:role/worker s3:PutObject",
		"arn:aws:iam::111111111111:role/worker sqs:DeleteMessage",
		"arn:aws:iam::111111111111:role/worker sqs:GetQueueAttributes",
		"arn:aws:iam::111111111111:role/worker sqs:ReceiveMessage",
		"arn:aws:iam::111111111111:role/worker sqs:SendMessage",
		"arn:aws:iam::222222222222:role/sender events:PutEvents",
		"cloudtrail.amazonaws.com s3:GetBucketAcl",
		"cloudtrail.amazonaws.com s3:PutObject",
		"cloudwatch.amazonaws.com sns:Publish",
		"events.amazonaws.com sqs:SendMessage",
		"events.amazonaws.com sts:AssumeRole",
	}
	if !slices.Equal(found, expected) {
		t.Errorf("found %s\nexpected %s", strings.Join(found, "\n"), strings.Join(expected, "\n"))
	}
}

// Without the mark nobody has declared that it has to work.
func TestOnlyMarkedConnectionsAreChecked(t *testing.T) {
	r := proved(t, connectionsApp(t, edit{"source", `Metadata: {"CrossGrant::MustWork": true}
    Properties: {AlarmName`, `Properties: {AlarmName`}, edit{"source", "Action: \"sns:Publish\", Resource: !Ref Topic, Condition: {String", "Action: \"sns:Subscribe\", Resource: !Ref Topic, Condition: {String"}), Options{})
	if r.Verdict() != Proved {
		t.Errorf("found %v\n%s", unproved(r), says(r))
	}
}

// Each change breaks one thing, and the proof says which.
func TestBrokenConnections(t *testing.T) {
	for name, c := range map[string]struct {
		edit edit
		want []string
	}{
		"the topic's policy does not let alarms in":          {edit{"source", "Service: cloudwatch.amazonaws.com}, Action: \"sns:Publish\"", "Service: budgets.amazonaws.com}, Action: \"sns:Publish\""}, []string{"Connection broken"}},
		"the topic's key does not let alarms encrypt":        {edit{"source", "Action: [\"kms:Decrypt\", \"kms:GenerateDataKey\"]", "Action: [\"kms:Decrypt\"]"}, []string{"Connection broken"}},
		"the topic has a key that nobody knows":              {edit{"source", "KmsMasterKeyId: !GetAtt TopicKey.Arn", "KmsMasterKeyId: \"arn:aws:kms:eu-west-1:333333333333:key/other\""}, []string{"ConfusedDeputy undecided", "Connection undecided"}},
		"alarms of every account":                            {edit{"source", "Resource: !Ref Topic, Condition: {StringEquals: {\"aws:SourceAccount\": \"111111111111\"}}}", "Resource: !Ref Topic}"}, []string{"ConfusedDeputy broken"}},
		"a topic that others may subscribe to":               {edit{"source", "          - {Sid: TLS, Effect: Deny, Principal: \"*\", Action: \"sns:Publish\"", "          - {Sid: All, Effect: Allow, Principal: \"*\", Action: \"sns:Subscribe\", Resource: !Ref Topic}\n          - {Sid: TLS, Effect: Deny, Principal: \"*\", Action: \"sns:Publish\""}, []string{"OverGrant broken"}},
		"a topic without TLS":                                {edit{"source", "Sid: TLS, Effect: Deny, Principal: \"*\", Action: \"sns:Publish\"", "Sid: TLS, Effect: Deny, Principal: \"*\", Action: \"sns:Subscribe\""}, []string{"PlainHTTP broken"}},
		"a queue without TLS":                                {edit{"source", "Sid: TLS, Effect: Deny, Principal: \"*\", Action: \"sqs:*\", Resource: !GetAtt Queue.Arn", "Sid: TLS, Effect: Deny, Principal: \"*\", Action: \"sqs:AddPermission\", Resource: !GetAtt Queue.Arn"}, []string{"PlainHTTP broken"}},
		"a key that nobody can manage":                       {edit{"source", "Principal: {AWS: \"arn:aws:iam::111111111111:root\"}, Action: \"kms:*\"", "Principal: {AWS: \"arn:aws:iam::111111111111:root\"}, Action: \"kms:DescribeKey\""}, []string{"KeepAlive broken"}},
		"a bus for the whole account":                        {edit{"source", "Condition: {ArnEquals: {\"aws:PrincipalArn\": \"arn:aws:iam::222222222222:role/sender\"}, \"For", "Condition: {\"For"}, []string{"ConfusedDeputy broken", "OverGrant broken"}},
		"a bus for another role":                             {edit{"source", "role/sender\"}, \"For", "role/other\"}, \"For"}, []string{"Connection broken", "OverGrant broken"}},
		"a bus for every source":                             {edit{"source", ", \"ForAllValues:StringEquals\": {\"events:source\": aws.s3}", ""}, []string{"ConfusedDeputy broken"}},
		"a bus for another source":                           {edit{"source", "{\"events:source\": aws.s3}", "{\"events:source\": my.app}"}, []string{"Connection broken"}},
		"a queue for another rule":                           {edit{"source", "\"aws:SourceArn\": !GetAtt Rule.Arn", "\"aws:SourceArn\": \"arn:aws:events:eu-west-1:111111111111:rule/other\""}, []string{"Connection broken"}},
		"a queue for every rule":                             {edit{"source", ", Condition: {ArnEquals: {\"aws:SourceArn\": !GetAtt Rule.Arn}}", ""}, []string{"ConfusedDeputy broken"}},
		"the function may not take messages":                 {edit{"source", "\"sqs:DeleteMessage\", ", ""}, []string{"Connection broken"}},
		"the function may not send to its dead-letter queue": {edit{"source", "Sid: Letters, Effect: Allow, Action: \"sqs:SendMessage\"", "Sid: Letters, Effect: Allow, Action: \"sqs:GetQueueUrl\""}, []string{"Connection broken"}},
		"an API that may not invoke":                         {edit{"source", "${Api}/*/*/items\"", "${Api}/*/*/other\""}, []string{"Connection broken"}},
		"every API may invoke":                               {edit{"source", ", SourceArn: !Sub \"arn:aws:execute-api:eu-west-1:111111111111:${Api}/*/*/items\"", ""}, []string{"ConfusedDeputy broken"}},
		"a bucket of the role's own that denies it":          {edit{"source", "Statement: [{Sid: TLS, Effect: Deny, Principal: \"*\", Action: \"s3:*\", Resource: [\"arn:aws:s3:::own", "Statement: [{Sid: Never, Effect: Deny, Principal: \"*\", Action: \"s3:PutObject\", Resource: \"arn:aws:s3:::own-bucket/*\"}, {Sid: TLS, Effect: Deny, Principal: \"*\", Action: \"s3:*\", Resource: [\"arn:aws:s3:::own"}, []string{"Connection broken"}},
		"a rule whose role EventBridge may not assume":       {edit{"target", "Principal: {Service: events.amazonaws.com}, Action: \"sts:AssumeRole\"", "Principal: {Service: ec2.amazonaws.com}, Action: \"sts:AssumeRole\""}, []string{"Connection broken"}},
		"a rule's role for rules of every account":           {edit{"target", ", Condition: {StringEquals: {\"aws:SourceAccount\": \"222222222222\"}}", ""}, []string{"ConfusedDeputy broken"}},
		"a rule's role that may put events on every bus":     {edit{"target", "Resource: \"arn:aws:events:eu-west-1:111111111111:event-bus/incoming\"}]}", "Resource: \"*\"}]}"}, []string{"OverGrant broken"}},
		"a rule without a role":                              {edit{"target", ", RoleArn: !GetAtt Sender.Arn", ""}, []string{"Connection broken", "OverGrant broken"}},
		"a trail that may not write":                         {edit{"target", "Resource: \"arn:aws:s3:::log-bucket/AWSLogs/222222222222/*\"", "Resource: \"arn:aws:s3:::log-bucket/AWSLogs/111111111111/*\""}, []string{"Connection broken"}},
		"a trail that may not read the ACL":                  {edit{"target", "Action: \"s3:GetBucketAcl\"", "Action: \"s3:GetBucketLocation\""}, []string{"Connection broken", "OverGrant broken"}},
		"a log bucket for every trail":                       {edit{"target", "Resource: \"arn:aws:s3:::log-bucket\", Condition: {StringEquals: {\"aws:SourceArn\": \"arn:aws:cloudtrail:eu-west-1:222222222222:trail/audit\"}}", "Resource: \"arn:aws:s3:::log-bucket\""}, []string{"ConfusedDeputy broken"}},
		"an alarm to nothing":                                {edit{"source", "AlarmActions: [!Ref Topic]", "AlarmActions: []"}, []string{"Connection undecided"}},
		"an alarm to a topic of another app":                 {edit{"source", "AlarmActions: [!Ref Topic]", "AlarmActions: [\"arn:aws:sns:eu-west-1:111111111111:other\"]"}, []string{"ConfusedDeputy undecided", "Connection undecided"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := proved(t, connectionsApp(t, c.edit), Options{})
			found := unproved(r)
			if !slices.Equal(found, c.want) {
				t.Errorf("found %q, expected %q\n%s", found, c.want, says(r))
			}
			for _, f := range r.Findings() {
				if len(f.Remedy) == 0 && len(f.Says) == 0 {
					t.Errorf("%s: found neither a reason nor a remedy", f.Rule)
				}
			}
		})
	}
}

// Each route invokes the function of its own integration, also where another route of the same API invokes another one.
func TestTwoRoutesOfOneAPI(t *testing.T) {
	const second = `  Orders:
    Type: AWS::Lambda::Function
    Properties: {FunctionName: orders, Role: !GetAtt Worker.Arn, Code: {ZipFile: x}, Handler: x, Runtime: provided.al2023}
  OrdersIntegration: {Type: AWS::ApiGatewayV2::Integration, Properties: {ApiId: !Ref Api, IntegrationType: AWS_PROXY, IntegrationUri: !GetAtt Orders.Arn, PayloadFormatVersion: "2.0"}}
  OrdersRoute:
    Type: AWS::ApiGatewayV2::Route
    Metadata: {"CrossGrant::MustWork": true}
    Properties: {ApiId: !Ref Api, RouteKey: GET /orders, Target: !Sub "integrations/${OrdersIntegration}"}
`
	const invoke = `  InvokeOrders:
    Type: AWS::Lambda::Permission
    Properties: {FunctionName: !GetAtt Orders.Arn, Action: "lambda:InvokeFunction", Principal: apigateway.amazonaws.com, SourceArn: !Sub "arn:aws:execute-api:eu-west-1:111111111111:${Api}/*/*/orders"}
`
	const items, orders = "arn:aws:lambda:eu-west-1:111111111111:function:worker", "arn:aws:lambda:eu-west-1:111111111111:function:orders"
	for name, c := range map[string]struct {
		resources string
		want      map[string]Verdict // of the invocation, by function
	}{
		"both may be invoked":     {second + invoke, map[string]Verdict{items: Proved, orders: Proved}},
		"only one may be invoked": {second, map[string]Verdict{items: Proved, orders: Broken}},
	} {
		t.Run(name, func(t *testing.T) {
			r := proved(t, connectionsApp(t, edit{"source", "  Invoke:\n", c.resources + "  Invoke:\n"}), Options{})
			found := map[string]Verdict{}
			for i := range r.Checks {
				if c := &r.Checks[i]; c.Rule == Connection && c.Access.Action == "lambda:InvokeFunction" {
					found[c.Access.Resource] = c.Verdict
				}
			}
			if !maps.Equal(found, c.want) {
				t.Errorf("found %v, expected %v\n%s", found, c.want, says(r))
			}
		})
	}
}

// What a role does is recorded, so it matters what its policies permit, and not which policy does.
func TestAUseIsHeldAgainstItsRecord(t *testing.T) {
	record := edit{"source", "Resources:\n", `Metadata:
  CrossGrant::Intent::Use: {use: {role: !GetAtt Worker.Arn, statements: [{sid: Write, actions: ["s3:PutObject"], resources: ["arn:aws:s3:::own-bucket/in/*"]}]}}
Resources:
`}
	unmarked := edit{"source", `Type: AWS::IAM::Policy
    Metadata: {"CrossGrant::MustWork": true}
`, "Type: AWS::IAM::Policy\n"}
	const statement = `{Sid: Write, Effect: Allow, Action: "s3:PutObject", Resource: "arn:aws:s3:::own-bucket/in/*"}`
	for name, c := range map[string]struct {
		from, to string
		want     []string
	}{
		"as recorded":              {"PolicyName: own", "PolicyName: own", nil},
		"another name":             {"PolicyName: own", "PolicyName: other", nil},
		"a managed policy":         {"Type: AWS::IAM::Policy\n    Properties:\n      PolicyName: own", "Type: AWS::IAM::ManagedPolicy\n    Properties:\n      ManagedPolicyName: own", nil},
		"split":                    {statement, `{Effect: Allow, Action: "s3:PutObject", Resource: "arn:aws:s3:::own-bucket/in/a*"}, ` + statement, nil},
		"another case":             {`Action: "s3:PutObject", Resource`, `Action: "S3:putobject", Resource`, nil},
		"from some addresses":      {statement, strings.TrimSuffix(statement, "}") + `, Condition: {IpAddress: {"aws:SourceIp": 203.0.113.0/24}}}`, []string{"Connection undecided"}},
		"with a second factor":     {statement, strings.TrimSuffix(statement, "}") + `, Condition: {Bool: {"aws:MultiFactorAuthPresent": "true"}}}`, []string{"Connection undecided"}},
		"another action":           {`Action: "s3:PutObject", Resource: "arn:aws:s3:::own-bucket/in/*"`, `Action: "s3:GetObject", Resource: "arn:aws:s3:::own-bucket/in/*"`, []string{"Connection broken", "OverGrant broken"}},
		"another resource":         {`Resource: "arn:aws:s3:::own-bucket/in/*"}]`, `Resource: "arn:aws:s3:::own-bucket/in/a/*"}]`, []string{"Connection broken"}},
		"more":                     {`Resource: "arn:aws:s3:::own-bucket/in/*"}]`, `Resource: "arn:aws:s3:::own-bucket/*"}]`, []string{"OverGrant broken"}},
		"the policy of another":    {"Roles: [!Ref Worker]", "Roles: [other]", []string{"Connection broken"}},
		"another name of the role": {"RoleName: worker", "RoleName: laborer", nil},
		"a role that is not here":  {"role: !GetAtt Worker.Arn", "role: 'arn:aws:iam::111111111111:role/gone'", []string{"Connection broken"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := proved(t, connectionsApp(t, record, unmarked, edit{"source", c.from, c.to}), Options{})
			if found := unproved(r); !slices.Equal(found, c.want) {
				t.Errorf("found %q, expected %q\n%s", found, c.want, says(r))
			}
		})
	}
}
