package request

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/internal/authorization"
	"github.com/crossgrant/crossgrant/policy"
)

var here = Place{Partition: "aws", Account: "111111111111", Region: "eu-west-1"}

// tables are a table with a partition key, and a role with a path.
type tables struct{}

func (tables) PartitionKey(table, index string) string {
	switch table + " " + index {
	case "arn:aws:dynamodb:eu-west-1:111111111111:table/devices ":
		return "id"
	case "arn:aws:dynamodb:eu-west-1:111111111111:table/devices by-owner":
		return "owner"
	}
	return ""
}

func (tables) Resource(account, region, service, kind, name string) string {
	return map[string]string{
		"111111111111  iam role reader": "arn:aws:iam::111111111111:role/team/reader", "111111111111  iam role of instance-profile p": "arn:aws:iam::111111111111:role/team/reader",
		"111111111111 eu-west-1 iam role reader":             "arn:aws:iam::111111111111:role/team/reader",
		"111111111111 eu-west-1 kms key alias/lake":          lakeKey,
		"  kms key 12345678-1234-1234-1234-123456789012":     lakeKey,
		"111111111111 eu-west-1 secretsmanager Secret token": "arn:aws:secretsmanager:eu-west-1:111111111111:secret:token-aBcDeF",
	}[strings.Join([]string{account, region, service, kind, name}, " ")]
}

const lakeKey = "arn:aws:kms:eu-west-1:111111111111:key/12345678-1234-1234-1234-123456789012"

// asked are the asks of a request, each as "ACTION RESOURCE", with "?" behind those for objects with tags.
func asked(q *Request) (all []string) {
	asks := q.Asks
	for _, o := range q.Objects {
		asks = append(asks, o.Asks...)
	}
	for _, a := range asks {
		one := a.Action + " " + a.Resource
		if a.IfTagged {
			one += " ?"
		}
		if a.OwnKey {
			one += " under another key"
		}
		if a.ManagedKey != "" {
			one += " under " + a.ManagedKey
		}
		if a.Through != "" {
			one += " by " + a.Through
		}
		all = append(all, one)
	}
	return all
}

// What S3's operations need, by https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
func TestS3(t *testing.T) {
	const object = "arn:aws:s3:::lake/inbox/a b"
	for name, c := range map[string]struct {
		method, target string
		headers        map[string]string
		body           string
		operation      string
		asks           []string
	}{
		"all buckets":             {"GET", "/", nil, "", "ListBuckets", []string{"s3:ListAllMyBuckets *"}},
		"a list":                  {"GET", "/lake?list-type=2&prefix=inbox/", nil, "", "ListObjectsV2", []string{"s3:ListBucket arn:aws:s3:::lake"}},
		"a list with a slash":     {"GET", "/lake/?prefix=inbox/", nil, "", "ListObjects", []string{"s3:ListBucket arn:aws:s3:::lake"}},
		"a head of a bucket":      {"HEAD", "/lake", nil, "", "HeadBucket", []string{"s3:ListBucket arn:aws:s3:::lake"}},
		"versions":                {"GET", "/lake?versions", nil, "", "ListObjectVersions", []string{"s3:ListBucketVersions arn:aws:s3:::lake"}},
		"uploads":                 {"GET", "/lake?uploads", nil, "", "ListMultipartUploads", []string{"s3:ListBucketMultipartUploads arn:aws:s3:::lake"}},
		"a policy":                {"GET", "/lake?policy", nil, "", "GetBucketPolicy", []string{"s3:GetBucketPolicy arn:aws:s3:::lake"}},
		"an object":               {"GET", "/lake/inbox/a%20b", nil, "", "GetObject", []string{"s3:GetObject " + object}},
		"a version":               {"GET", "/lake/inbox/a%20b?versionId=1", nil, "", "GetObject", []string{"s3:GetObjectVersion " + object}},
		"a version's tags":        {"GET", "/lake/inbox/a%20b?tagging&versionId=1", nil, "", "GetObjectTagging", []string{"s3:GetObjectVersionTagging " + object}},
		"a head of an object":     {"HEAD", "/lake/inbox/a%20b", nil, "", "HeadObject", []string{"s3:GetObject " + object}},
		"attributes of an object": {"GET", "/lake/inbox/a%20b?attributes", nil, "", "GetObjectAttributes", []string{"s3:GetObject " + object, "s3:GetObjectAttributes " + object}},
		"a put":                   {"PUT", "/lake/inbox/a%20b", nil, "", "PutObject", []string{"s3:PutObject " + object}},
		"a put with ACL and tags": {"PUT", "/lake/inbox/a%20b", map[string]string{"X-Amz-Acl": "private", "X-Amz-Tagging": "a=b"}, "", "PutObject", []string{"s3:PutObject " + object, "s3:PutObjectAcl " + object, "s3:PutObjectTagging " + object}},
		"a put with retention":    {"PUT", "/lake/inbox/a%20b", map[string]string{"X-Amz-Object-Lock-Mode": "GOVERNANCE", "X-Amz-Object-Lock-Legal-Hold": "ON"}, "", "PutObject", []string{"s3:PutObject " + object, "s3:PutObjectRetention " + object, "s3:PutObjectLegalHold " + object}},
		"a put under a key":       {"PUT", "/lake/inbox/a%20b", map[string]string{"X-Amz-Server-Side-Encryption": "aws:kms", "X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id": "1234"}, "", "PutObject", []string{"s3:PutObject " + object + " under another key", "kms:GenerateDataKey arn:aws:kms:eu-west-1:111111111111:key/1234 by s3"}},
		"a put by an alias":       {"PUT", "/lake/inbox/a%20b", map[string]string{"X-Amz-Server-Side-Encryption": "aws:kms", "X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id": "alias/lake"}, "", "PutObject", []string{"s3:PutObject " + object + " under another key", "kms:GenerateDataKey " + lakeKey + " by s3"}},
		"an upload under another account's key": {"POST", "/lake/inbox/a%20b?uploads", map[string]string{"X-Amz-Server-Side-Encryption": "aws:kms", "X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id": "arn:aws:kms:eu-west-1:222222222222:key/1"}, "", "CreateMultipartUpload",
			[]string{"s3:PutObject " + object + " under another key", "kms:GenerateDataKey arn:aws:kms:eu-west-1:222222222222:key/1 by s3", "kms:Decrypt arn:aws:kms:eu-west-1:222222222222:key/1 by s3"}},
		"a put under aws/s3":       {"PUT", "/lake/inbox/a%20b", map[string]string{"X-Amz-Server-Side-Encryption": "aws:kms"}, "", "PutObject", []string{"s3:PutObject " + object + " under alias/aws/s3"}},
		"a put under S3's own key": {"PUT", "/lake/inbox/a%20b", map[string]string{"X-Amz-Server-Side-Encryption": "AES256"}, "", "PutObject", []string{"s3:PutObject " + object + " under another key"}},
		"a deletion":               {"DELETE", "/lake/inbox/a%20b", nil, "", "DeleteObject", []string{"s3:DeleteObject " + object}},
		"a deletion of a version":  {"DELETE", "/lake/inbox/a%20b?versionId=1", map[string]string{"X-Amz-Bypass-Governance-Retention": "true"}, "", "DeleteObject", []string{"s3:DeleteObjectVersion " + object, "s3:BypassGovernanceRetention " + object}},
		"the start of an upload":   {"POST", "/lake/inbox/a%20b?uploads", map[string]string{"X-Amz-Tagging": "a=b"}, "", "CreateMultipartUpload", []string{"s3:PutObject " + object, "s3:PutObjectTagging " + object}},
		"a part":                   {"PUT", "/lake/inbox/a%20b?partNumber=1&uploadId=x", nil, "", "UploadPart", []string{"s3:PutObject " + object}},
		"the end of an upload":     {"POST", "/lake/inbox/a%20b?uploadId=x", nil, "", "CompleteMultipartUpload", []string{"s3:PutObject " + object}},
		"the abort of an upload":   {"DELETE", "/lake/inbox/a%20b?uploadId=x", nil, "", "AbortMultipartUpload", []string{"s3:AbortMultipartUpload " + object}},
		"the parts of an upload":   {"GET", "/lake/inbox/a%20b?uploadId=x", nil, "", "ListParts", []string{"s3:ListMultipartUploadParts " + object}},
		"a copy":                   {"PUT", "/lake/inbox/a%20b", map[string]string{"X-Amz-Copy-Source": "/origin/x%2By"}, "", "CopyObject", []string{"s3:PutObject " + object, "s3:GetObject arn:aws:s3:::origin/x+y", "s3:GetObjectTagging arn:aws:s3:::origin/x+y ?", "s3:PutObjectTagging " + object + " ?"}},
		"a copy of a version":      {"PUT", "/lake/inbox/a%20b", map[string]string{"X-Amz-Copy-Source": "origin/x?versionId=1", "X-Amz-Tagging-Directive": "REPLACE"}, "", "CopyObject", []string{"s3:PutObject " + object, "s3:GetObjectVersion arn:aws:s3:::origin/x"}},
		"a part that is copied":    {"PUT", "/lake/inbox/a%20b?partNumber=1&uploadId=x", map[string]string{"X-Amz-Copy-Source": "origin/x"}, "", "UploadPartCopy", []string{"s3:PutObject " + object, "s3:GetObject arn:aws:s3:::origin/x"}},
		"deletions":                {"POST", "/lake?delete", nil, "<Delete><Object><Key>a</Key></Object><Object><Key>b</Key><VersionId>1</VersionId></Object></Delete>", "DeleteObjects", []string{"s3:DeleteObject arn:aws:s3:::lake/a", "s3:DeleteObjectVersion arn:aws:s3:::lake/b"}},
		"a bucket in the host":     {"GET", "http://lake.localhost:4566/inbox/a%20b", nil, "", "GetObject", []string{"s3:GetObject " + object}},
		"a bucket in S3's host":    {"GET", "http://lake.s3.localhost:4566/?list-type=2", nil, "", "ListObjectsV2", []string{"s3:ListBucket arn:aws:s3:::lake"}},
		"a name of an x-id":        {"GET", "/lake/inbox/a%20b?x-id=GetObject", nil, "", "GetObject", []string{"s3:GetObject " + object}},
		"a key with two slashes":   {"GET", "/lake//a/", nil, "", "GetObject", []string{"s3:GetObject arn:aws:s3:::lake//a/"}},
		"a key with a dot segment": {"GET", "/lake/a/../b", nil, "", "GetObject", []string{"s3:GetObject arn:aws:s3:::lake/a/../b"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(c.method, c.target, nil)
			if !strings.HasPrefix(c.target, "http") {
				r.Host = "127.0.0.1:4566"
			}
			for key, value := range c.headers {
				r.Header.Set(key, value)
			}
			q, err := Read(r, "s3", []byte(c.body), here, tables{})
			if err != nil {
				t.Fatal(err)
			}
			if found := asked(q); q.Operation != c.operation || !slices.Equal(found, c.asks) {
				t.Errorf("found %s: %q, expected %s: %q", q.Operation, found, c.operation, c.asks)
			}
		})
	}
}

// Each action of the table is one of the Service Authorization Reference.
func TestEachActionOfS3IsOneOfTheReference(t *testing.T) {
	for _, o := range s3Operations {
		actions := []string{o.action}
		if o.version {
			actions = append(actions, versioned(o.action, "1"))
		}
		for _, action := range actions {
			if _, ok := authorization.Lookup("s3:" + action); !ok {
				t.Errorf("%s: found action s3:%s, which the reference lacks", o.name, action)
			}
		}
	}
}

// The condition keys of https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html#amazons3-policy-keys
func TestConditionKeysOfS3(t *testing.T) {
	r := httptest.NewRequest("PUT", "http://127.0.0.1:4566/lake/a?versionId=7&prefix=inbox%2F&delimiter=%2F&max-keys=5", nil)
	for key, value := range map[string]string{"X-Amz-Acl": "private", "X-Amz-Server-Side-Encryption": "aws:kms", "X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id": "key", "X-Amz-Storage-Class": "GLACIER",
		"X-Amz-Tagging": "team=lake&stage=dev", "X-Amz-Copy-Source": "origin/x", "If-None-Match": "*"} {
		r.Header.Set(key, value)
	}
	found := s3Context(r, r.URL.Query())
	for key, expected := range map[string]string{
		"s3:VersionId": "7", "s3:prefix": "inbox/", "s3:delimiter": "/", "s3:max-keys": "5", "s3:x-amz-acl": "private", "s3:x-amz-server-side-encryption": "aws:kms",
		"s3:x-amz-server-side-encryption-aws-kms-key-id": "key", "s3:x-amz-storage-class": "GLACIER", "s3:RequestObjectTag/team": "lake", "s3:RequestObjectTag/stage": "dev",
		"s3:RequestObjectTagKeys": "stage,team", "s3:x-amz-copy-source": "/origin/x", "s3:if-none-match": "*", "s3:authType": "REST-HEADER", "s3:signatureversion": "AWS4-HMAC-SHA256",
	} {
		if strings.Join(found[key], ",") != expected {
			t.Errorf("%s: found %q, expected %q", key, found[key], expected)
		}
	}
}

// What the operations of DynamoDB need, by https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html, and the leading keys, by
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
func TestDynamoDB(t *testing.T) {
	const table = "arn:aws:dynamodb:eu-west-1:111111111111:table/devices"
	for name, c := range map[string]struct {
		operation, body string
		asks            []string // each with the leading keys behind it
	}{
		"an item":              {"GetItem", `{"TableName":"devices","Key":{"id":{"S":"a"}}}`, []string{"dynamodb:GetItem " + table + " a"}},
		"a table by its ARN":   {"PutItem", `{"TableName":"` + table + `","Item":{"id":{"N":"7"},"x":{"S":"y"}}}`, []string{"dynamodb:PutItem " + table + " 7"}},
		"another account's":    {"DeleteItem", `{"TableName":"arn:aws:dynamodb:eu-west-1:222222222222:table/devices","Key":{"id":{"S":"a"}}}`, []string{"dynamodb:DeleteItem arn:aws:dynamodb:eu-west-1:222222222222:table/devices ‹dynamodb.LeadingKeys›"}},
		"a query":              {"Query", `{"TableName":"devices","KeyConditionExpression":"#i = :i AND s > :s","ExpressionAttributeNames":{"#i":"id"},"ExpressionAttributeValues":{":i":{"S":"a"},":s":{"N":"1"}}}`, []string{"dynamodb:Query " + table + " a"}},
		"a query of an index":  {"Query", `{"TableName":"devices","IndexName":"by-owner","KeyConditionExpression":"owner=:o","ExpressionAttributeValues":{":o":{"S":"b"}}}`, []string{"dynamodb:Query " + table + "/index/by-owner b"}},
		"a query of the old":   {"Query", `{"TableName":"devices","KeyConditions":{"id":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"a"}]}}}`, []string{"dynamodb:Query " + table + " a"}},
		"a query of something": {"Query", `{"TableName":"devices","KeyConditionExpression":"other = :i","ExpressionAttributeValues":{":i":{"S":"a"}}}`, []string{"dynamodb:Query " + table + " ‹dynamodb.LeadingKeys›"}},
		"a scan":               {"Scan", `{"TableName":"devices"}`, []string{"dynamodb:Scan " + table + " "}},
		"a batch": {"BatchWriteItem", `{"RequestItems":{"devices":[{"PutRequest":{"Item":{"id":{"S":"a"}}}},{"DeleteRequest":{"Key":{"id":{"S":"b"}}}},{"DeleteRequest":{"Key":{"id":{"S":"b"}}}}],"other":[{"DeleteRequest":{"Key":{"id":{"S":"c"}}}}]}}`,
			[]string{"dynamodb:BatchWriteItem " + table + " a,b", "dynamodb:BatchWriteItem arn:aws:dynamodb:eu-west-1:111111111111:table/other ‹dynamodb.LeadingKeys›"}},
		"a batch of reads": {"BatchGetItem", `{"RequestItems":{"devices":{"Keys":[{"id":{"S":"a"}},{"id":{"S":"b"}}]}}}`, []string{"dynamodb:BatchGetItem " + table + " a,b"}},
		"a transaction": {"TransactWriteItems", `{"TransactItems":[{"Put":{"TableName":"devices","Item":{"id":{"S":"a"}}}},{"ConditionCheck":{"TableName":"devices","Key":{"id":{"S":"b"}}}},{"Update":{"TableName":"devices","Key":{"id":{"S":"c"}}}}]}`,
			[]string{"dynamodb:PutItem " + table + " a", "dynamodb:ConditionCheckItem " + table + " b", "dynamodb:UpdateItem " + table + " c"}},
		"all tables": {"ListTables", `{}`, []string{"dynamodb:ListTables * "}},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest("POST", "/", nil)
			r.Header.Set("X-Amz-Target", "DynamoDB_20120810."+c.operation)
			q, err := Read(r, "dynamodb", []byte(c.body), here, tables{})
			if err != nil {
				t.Fatal(err)
			}
			found := asked(q)
			for i, a := range q.Asks {
				found[i] += " " + policy.Readable(strings.Join(a.Context["dynamodb:LeadingKeys"], ","))
			}
			if !slices.Equal(found, c.asks) {
				t.Errorf("found %q, expected %q", found, c.asks)
			}
			if strings.HasPrefix(c.operation, "Transact") && q.Asks[0].Context["dynamodb:EnclosingOperation"][0] != c.operation {
				t.Errorf("found EnclosingOperation %q, expected %q", q.Asks[0].Context["dynamodb:EnclosingOperation"], c.operation)
			}
		})
	}
}

func TestOtherServices(t *testing.T) {
	for name, c := range map[string]struct {
		service, target, path, body string
		asks                        []string
	}{
		"a stack":           {"cloudformation", "", "POST /", "Action=DescribeStacks&StackName=CDKToolkit", []string{"cloudformation:DescribeStacks arn:aws:cloudformation:eu-west-1:111111111111:stack/CDKToolkit/*"}},
		"a stack by its ID": {"cloudformation", "", "POST /", "Action=DeleteStack&StackName=arn:aws:cloudformation:eu-west-1:111111111111:stack/A/1", []string{"cloudformation:DeleteStack arn:aws:cloudformation:eu-west-1:111111111111:stack/A/1"}},
		"a change set with a role": {"cloudformation", "", "POST /", "Action=CreateChangeSet&StackName=A&ChangeSetName=c&RoleARN=arn:aws:iam::111111111111:role/exec&Tags=",
			[]string{"cloudformation:CreateChangeSet arn:aws:cloudformation:eu-west-1:111111111111:stack/A/*", "iam:PassRole arn:aws:iam::111111111111:role/exec"}},
		"a role with a path":       {"iam", "", "POST /", "Action=GetRole&RoleName=reader", []string{"iam:GetRole arn:aws:iam::111111111111:role/team/reader"}},
		"a new policy":             {"iam", "", "POST /", "Action=CreatePolicy&PolicyName=p&Path=/team/", []string{"iam:CreatePolicy arn:aws:iam::111111111111:policy/team/p"}},
		"all roles":                {"iam", "", "POST /", "Action=ListRoles", []string{"iam:ListRoles *"}},
		"messages":                 {"sqs", "AmazonSQS.SendMessageBatch", "POST /", `{"QueueUrl":"http://localhost:4566/222222222222/jobs"}`, []string{"sqs:SendMessage arn:aws:sqs:eu-west-1:222222222222:jobs"}},
		"messages of an older SDK": {"sqs", "", "POST /111111111111/jobs", "Action=ReceiveMessage&QueueUrl=http://localhost:4566/111111111111/jobs", []string{"sqs:ReceiveMessage arn:aws:sqs:eu-west-1:111111111111:jobs"}},
		"a parameter":              {"ssm", "AmazonSSM.GetParameter", "POST /", `{"Name":"/cdk-bootstrap/hnb659fds/version"}`, []string{"ssm:GetParameter arn:aws:ssm:eu-west-1:111111111111:parameter/cdk-bootstrap/hnb659fds/version"}},
		"a function":               {"lambda", "", "POST /2015-03-31/functions/list/invocations", "{}", []string{"lambda:InvokeFunction arn:aws:lambda:eu-west-1:111111111111:function:list"}},
		"another role of a function": {"lambda", "", "PUT /2015-03-31/functions/list/configuration", `{"Role":"arn:aws:iam::111111111111:role/x"}`,
			[]string{"lambda:UpdateFunctionConfiguration arn:aws:lambda:eu-west-1:111111111111:function:list", "iam:PassRole arn:aws:iam::111111111111:role/x"}},
		"all functions": {"lambda", "", "GET /2015-03-31/functions/", "", []string{"lambda:ListFunctions *"}},
	} {
		t.Run(name, func(t *testing.T) {
			method, path, _ := strings.Cut(c.path, " ")
			r := httptest.NewRequest(method, path, nil)
			if c.target != "" {
				r.Header.Set("X-Amz-Target", c.target)
			}
			q, err := Read(r, c.service, []byte(c.body), here, tables{})
			if err != nil {
				t.Fatal(err)
			}
			if found := asked(q); !slices.Equal(found, c.asks) {
				t.Errorf("found %q, expected %q", found, c.asks)
			}
		})
	}
}

func TestRequestsThatAreNotKnownOrMalformed(t *testing.T) {
	for name, c := range map[string]struct {
		service, method, target, json, body string
		malformed                           bool
	}{
		"another service":          {"rds", "POST", "/", "", "Action=DescribeDBInstances", false},
		"two parts of S3":          {"s3", "GET", "/lake?acl&policy", "", "", false},
		"a part of another method": {"s3", "PUT", "/lake?versions", "", "", false},
		"a POST of a form":         {"s3", "POST", "/lake", "", "", false},
		"an access point":          {"s3", "GET", "/arn:aws:s3:eu-west-1:111111111111:accesspoint/a/object/k", "", "", false},
		"a list that is no XML":    {"s3", "POST", "/lake?delete", "", "<Delete", true},
		"an empty list":            {"s3", "POST", "/lake?delete", "", "<Delete></Delete>", true},
		"no operation":             {"iam", "POST", "/", "", "RoleName=a", true},
		"an operation twice":       {"iam", "POST", "/", "", "Action=GetRole&Action=ListRoles", true},
		"an operation of none":     {"iam", "POST", "/", "", "Action=GetRoles", false},
		"no JSON":                  {"dynamodb", "POST", "/", "DynamoDB_20120810.GetItem", "{", true},
		"no table":                 {"dynamodb", "POST", "/", "DynamoDB_20120810.GetItem", "{}", true},
		"a wildcard as a table":    {"dynamodb", "POST", "/", "DynamoDB_20120810.GetItem", `{"TableName":"*"}`, true},
		"two parts in one":         {"dynamodb", "POST", "/", "DynamoDB_20120810.TransactGetItems", `{"TransactItems":[{"Get":{},"Put":{}}]}`, true},
		"another operation of STS": {"sts", "POST", "/", "", "Action=AssumeRoot", false},
		"a prefix twice":           {"s3", "GET", "/lake?prefix=inbox/&prefix=private/", "", "", true},
		"two operations":           {"iam", "POST", "/?Action=DeleteRole", "", "Action=ListRoles", true},
		"a path of another queue":  {"sqs", "POST", "/222222222222/other", "AmazonSQS.SendMessage", `{"QueueUrl":"http://localhost:4566/222222222222/jobs"}`, true},
		"a path of IAM":            {"iam", "POST", "/x", "", "Action=ListRoles", true},
		"a target for a form":      {"iam", "POST", "/", "X.ListRoles", "Action=DeleteRole", false},
		"a form for DynamoDB":      {"dynamodb", "POST", "/", "", "Action=ListTables", false},
		"an alias of a key":        {"s3", "PUT", "/lake/a", "alias", "", false},
		"a copy of nothing":        {"s3", "PUT", "/lake/a", "copy", "", true},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(c.method, c.target, nil)
			r.Host = "127.0.0.1"
			switch c.json {
			case "":
			case "alias":
				r.Header.Set("X-Amz-Server-Side-Encryption", "aws:kms")
				r.Header.Set("X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id", "alias/other")
			case "copy":
				r.Header.Set("X-Amz-Copy-Source", "origin")
			default:
				r.Header.Set("X-Amz-Target", c.json)
			}
			_, err := Read(r, c.service, []byte(c.body), here, tables{})
			unknown := (*Unknown)(nil)
			if err == nil || errors.Is(err, ErrMalformed) != c.malformed || errors.As(err, &unknown) == c.malformed {
				t.Errorf("found %v, expected an error, malformed: %v", err, c.malformed)
			}
		})
	}
}

// Whatever a request looks like, reading it either errs or says what it asks for: an action of the reference on an ARN.
func FuzzRead(f *testing.F) {
	f.Add("s3", "GET", "/lake/a?versionId=1", "", "origin/x?versionId=2", "")
	f.Add("s3", "POST", "/lake?delete", "", "", "<Delete><Object><Key>a</Key></Object></Delete>")
	f.Add("dynamodb", "POST", "/", "DynamoDB_20120810.BatchGetItem", "", `{"RequestItems":{"a":{"Keys":[{"id":{"S":"a"}}]}}}`)
	f.Add("dynamodb", "POST", "/", "DynamoDB_20120810.TransactWriteItems", "", `{"TransactItems":[{"Put":{"TableName":"a","Item":null}}]}`)
	f.Add("iam", "POST", "/", "", "", "Action=CreateRole&RoleName=a&Tags.member.1.Key=b&Tags.member.1.Value=c")
	f.Add("sqs", "POST", "/", "AmazonSQS.SendMessage", "", `{"QueueUrl":"//"}`)
	f.Add("dynamodb", "POST", "/", "DynamoDB_20120810.ExecuteStatement", "", `{"Statement":"SELECT a FROM \"t\".\"i\" WHERE id = ? AND b IN ['x', 1]","Parameters":[{"S":"p"}]}`)
	f.Add("dynamodb", "POST", "/", "DynamoDB_20120810.UpdateItem", "", `{"TableName":"t","Key":{"id":{"S":"a"}},"UpdateExpression":"SET #a = if_not_exists(b[0].c, :v)","ExpressionAttributeNames":{"#a":"x"}}`)
	f.Add("kms", "POST", "/", "TrentService.Decrypt", "", `{"CiphertextBlob":"MTIzNDU2NzgtMTIzNC0xMjM0LTEyMzQtMTIzNDU2Nzg5MDEyeHg=","EncryptionContext":{"a":"b"}}`)
	f.Add("kms", "POST", "/", "TrentService.CreateGrant", "", `{"KeyId":"alias/lake","Constraints":{"EncryptionContextSubset":{"a":"b"}}}`)
	f.Add("events", "POST", "/", "AWSEvents.PutRule", "", `{"Name":"r","EventBusName":"arn:aws:events:eu-west-1:111111111111:event-bus/b","EventPattern":"{\"source\":[{\"prefix\":\"a\"}]}"}`)
	f.Add("events", "POST", "/", "AWSEvents.PutEvents", "", `{"Entries":[{"EventBusName":"b","Source":"a"}]}`)
	f.Add("lambda", "POST", "/2015-03-31/functions/111111111111:function:f/invocations?Qualifier=a", "", "", "")
	f.Add("lambda", "PUT", "/2015-03-31/functions/f%2Fx/configuration", "", "", `{"VpcConfig":{"SubnetIds":["a"]}}`)
	f.Add("ec2", "POST", "/", "", "", "Action=RunInstances&ImageId=ami-1&TagSpecification.1.ResourceType=instance&TagSpecification.1.Tag.1.Key=a&IamInstanceProfile.Name=p")
	f.Add("sns", "POST", "/", "", "", "Action=Unsubscribe&SubscriptionArn=arn:aws:sns:eu-west-1:111111111111:t:1")
	f.Add("logs", "POST", "/", "Logs_20140328.PutLogEvents", "", `{"logGroupName":"a","logStreamName":"b"}`)
	f.Add("ssm", "POST", "/", "AmazonSSM.AddTagsToResource", "", `{"ResourceType":"Parameter","ResourceId":"/a","Tags":[{"Key":"a","Value":"b"}]}`)
	f.Add("secretsmanager", "POST", "/", "secretsmanager.GetSecretValue", "", `{"SecretId":"token"}`)
	f.Add("cloudformation", "POST", "/", "", "", "Action=DescribeChangeSet&ChangeSetName=arn:aws:cloudformation:eu-west-1:111111111111:changeSet/a/1&StackName=a")
	f.Fuzz(func(t *testing.T, service, method, target, operation, copied, body string) {
		if !slices.Contains([]string{"GET", "PUT", "POST", "DELETE", "HEAD"}, method) || !strings.HasPrefix(target, "/") {
			return
		}
		r, err := http.NewRequest(method, "http://127.0.0.1:4566"+target, nil)
		if err != nil {
			return
		}
		r.Header.Set("X-Amz-Copy-Source", copied)
		r.Header.Set("X-Amz-Target", operation)
		q, err := Read(r, service, []byte(body), here, tables{})
		unknown := (*Unknown)(nil)
		if err != nil {
			if !errors.Is(err, ErrMalformed) && !errors.As(err, &unknown) {
				t.Errorf("found %v, expected an error of this package", err)
			}
			return
		}
		if len(q.Asks)+len(q.Objects) == 0 && service != "sts" {
			t.Errorf("%s of %s asks for nothing", q.Operation, service)
		}
		q.Changes() // never panics
		for _, a := range q.Asks {
			if _, ok := authorization.Lookup(a.Action); !ok || a.Resource != "*" && !strings.HasPrefix(a.Resource, "arn:") {
				t.Errorf("%s of %s: found %s on %q", q.Operation, service, a.Action, a.Resource)
			}
		}
	})
}
