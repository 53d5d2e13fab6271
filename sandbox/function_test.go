package sandbox

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// run starts a sandbox until the end of the test.
func run(t *testing.T) *Sandbox {
	t.Helper()
	s, err := Start(t.Context(), Options{Venv: filepath.Join("..", ".build", "venv")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// create deploys a template into an account, with parameters as "key=value".
func create(t *testing.T, s *Sandbox, account *Account, name, template string, parameters ...string) {
	t.Helper()
	input := &cloudformation.CreateStackInput{StackName: aws.String(name), TemplateBody: aws.String(template), Parameters: given(parameters)}
	if _, err := cloudformation.NewFromConfig(s.Config(account)).CreateStack(t.Context(), input); err != nil {
		t.Fatal(err)
	}
	requireStatus(t, s, account, name, types.StackStatusCreateComplete)
}

// packed is a deployment package of files, some of which are executable.
func packed(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var to bytes.Buffer
	w := zip.NewWriter(&to)
	for name, content := range files {
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		f.Write([]byte(content))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return to.Bytes()
}

// The handler does what its event says.
const pythonFunctions = `
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: worker
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole"}]}
  Inline:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: inline
      Runtime: python3.12
      Handler: index.handle
      Timeout: 1
      MemorySize: 256
      Role: !GetAtt Role.Arn
      Environment: {Variables: {GREETING: hello}}
      Code:
        ZipFile: |
          import boto3, logging, os, sys, time
          logging.getLogger().setLevel(logging.INFO)
          print('loaded')
          calls = 0
          def handle(event, context):
              global calls
              calls += 1
              if event['do'] == 'look':
                  print('looking')
                  print('to stderr', file=sys.stderr)
                  logging.info('logged')
                  return {'calls': calls, 'greeting': os.environ['GREETING'], 'name': context.function_name, 'memory': context.memory_limit_in_mb,
                          'arn': context.invoked_function_arn, 'left': context.get_remaining_time_in_millis(), 'group': context.log_group_name,
                          'id': context.aws_request_id, 'cwd': os.getcwd() == os.environ['LAMBDA_TASK_ROOT'], 'zone': time.tzname[0],
                          'who': boto3.client('sts').get_caller_identity()['Arn']}
              if event['do'] == 'sleep':
                  time.sleep(60)
              if event['do'] == 'list':
                  boto3.client('s3').list_objects_v2(Bucket='code')
              raise ValueError(event['do'])
  Package:
    Type: AWS::Lambda::Function
    Properties: {FunctionName: package, Runtime: python3.12, Handler: app/main.handle, Role: !GetAtt Role.Arn, Code: {S3Bucket: code, S3Key: package.zip}}
  Broken:
    Type: AWS::Lambda::Function
    Properties: {FunctionName: broken, Runtime: python3.12, Handler: index.handle, Role: !GetAtt Role.Arn, Code: {ZipFile: "import nothing_of_this_name"}}
  Old:
    Type: AWS::Lambda::Function
    Properties: {FunctionName: old, Runtime: python3.1, Handler: index.handle, Role: !GetAtt Role.Arn, Code: {ZipFile: "def handle(e, c): return 1"}}
  Node:
    Type: AWS::Lambda::Function
    Properties: {FunctionName: node, Runtime: nodejs22.x, Handler: index.handle, Role: !GetAtt Role.Arn, Code: {ZipFile: "exports.handle = async () => 1"}}
  Foreign:
    Type: AWS::Lambda::Function
    Properties: {FunctionName: foreign, Runtime: provided.al2023, Handler: bootstrap, Architectures: [FOREIGN], Role: !GetAtt Role.Arn, Code: {S3Bucket: code, S3Key: package.zip}}
  Untrusted:
    Type: AWS::IAM::Role
    Properties:
      RoleName: untrusted
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: "sts:AssumeRole"}]}
  Roleless:
    Type: AWS::Lambda::Function
    Properties: {FunctionName: roleless, Runtime: python3.12, Handler: index.handle, Role: !GetAtt Untrusted.Arn, Code: {ZipFile: "def handle(e, c): return 1"}}
`

// One sandbox is enough for all of them.
func TestFunctions(t *testing.T) {
	s := run(t)
	t.Run("Python", func(t *testing.T) { testPython(t, s) })
	t.Run("invocations", func(t *testing.T) { testInvocations(t, s) })
	t.Run("APIs", func(t *testing.T) { testAPIs(t, s) })
	t.Run("articles", func(t *testing.T) { testArticles(t, s) })
}

func testPython(t *testing.T, s *Sandbox) {
	create(t, s, s.Source, "Code", "Resources: {Bucket: {Type: AWS::S3::Bucket, Properties: {BucketName: code}}}")
	content := packed(t, map[string]string{"app/main.py": "from app.words import word\ndef handle(event, context): return word + event\n", "app/words.py": "word = 'packed '\n"})
	if _, err := s3.NewFromConfig(s.Config(s.Source)).PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("code"), Key: aws.String("package.zip"), Body: bytes.NewReader(content)}); err != nil {
		t.Fatal(err)
	}
	own, foreign := "x86_64", "arm64"
	if runtime.GOARCH == "arm64" {
		own, foreign = foreign, own
	}
	create(t, s, s.Source, "Functions", strings.ReplaceAll(pythonFunctions, "FOREIGN", foreign))

	inline, err := s.Function(t.Context(), s.Source, "inline")
	if err != nil {
		t.Fatal(err)
	}
	defer inline.Stop()
	invoke := func(t *testing.T, event string) (payload string, failed bool) {
		t.Helper()
		answer, failed, err := inline.Invoke(t.Context(), []byte(event))
		if err != nil {
			t.Fatal(err)
		}
		return string(answer), failed
	}
	t.Run("context and log", func(t *testing.T) {
		for calls := range 2 { // of one program
			payload, failed := invoke(t, `{"do": "look"}`)
			var found map[string]any
			if err := json.Unmarshal([]byte(payload), &found); err != nil || failed {
				t.Fatalf("found failed %t, %s", failed, payload)
			}
			for key, expected := range map[string]any{
				"calls": float64(calls + 1), "greeting": "hello", "name": "inline", "memory": "256", "arn": "arn:aws:lambda:ap-northeast-1:111111111111:function:inline",
				"group": "/aws/lambda/inline", "cwd": true, "zone": "UTC", "who": "arn:aws:sts::111111111111:assumed-role/worker/inline",
			} {
				if found[key] != expected {
					t.Errorf("%s: found %v, expected %v", key, found[key], expected)
				}
			}
			if left := found["left"].(float64); left <= 0 || left > 1000 {
				t.Errorf("found %v ms left, expected up to 1000", left)
			}
			id := found["id"].(string)
			lines := "START RequestId: " + id + " Version: $LATEST\nlooking\nto stderr\n[INFO]\t"
			log := inline.Log()
			if !strings.Contains(log, lines) || !strings.Contains(log, id+"\tlogged\n") || !strings.Contains(log, "END RequestId: "+id+"\nREPORT RequestId: "+id+"\tDuration: ") {
				t.Errorf("found the log\n%s\nexpected in it\n%s, logged, END and REPORT of %s", log, lines, id)
			}
			if strings.Count(log, "loaded\n") != 1 || strings.Index(log, "loaded") > strings.Index(log, "START") {
				t.Errorf("found the log\n%s\nexpected that the program starts once, before the first invocation", log)
			}
		}
	})
	t.Run("an error", func(t *testing.T) {
		payload, failed := invoke(t, `{"do": "what"}`)
		if !failed || !strings.Contains(payload, `"errorMessage": "what", "errorType": "ValueError"`) || !strings.Contains(inline.Log(), "[ERROR] ValueError: what\nTraceback (most recent call last):\n") {
			t.Errorf("found failed %t, %s, and the log\n%s", failed, payload, inline.Log())
		}
	})
	t.Run("what the role may not do", func(t *testing.T) {
		payload, failed := invoke(t, `{"do": "list"}`)
		if !failed || !strings.Contains(payload, "An error occurred (AccessDenied) when calling the ListObjectsV2 operation: User: arn:aws:sts::111111111111:assumed-role/worker/inline is not authorized to perform: s3:ListBucket") {
			t.Errorf("found failed %t, %s", failed, payload)
		}
	})
	t.Run("a timeout", func(t *testing.T) {
		payload, failed := invoke(t, `{"do": "sleep"}`)
		if !failed || !strings.Contains(payload, "Task timed out after 1.00 seconds") || !strings.Contains(inline.Log(), " Task timed out after 1.00 seconds\nEND RequestId") {
			t.Errorf("found failed %t, %s, and the log\n%s", failed, payload, inline.Log())
		}
	})
	t.Run("credentials that are about to expire", func(t *testing.T) {
		before, _ := invoke(t, `{"do": "look"}`)
		inline.expires = time.Now().Add(time.Minute)
		after, failed := invoke(t, `{"do": "look"}`)
		if !strings.Contains(before, `"calls": 1,`) || !strings.Contains(after, `"calls": 1,`) || failed || time.Until(inline.expires) < time.Hour {
			t.Errorf("found %s and %s, expected another program each time: after the timeout, and with new credentials", before, after)
		}
	})
	t.Run("a package", func(t *testing.T) {
		f, err := s.Function(t.Context(), s.Source, "package")
		if err != nil {
			t.Fatal(err)
		}
		defer f.Stop()
		if payload, failed, err := f.Invoke(t.Context(), []byte(`"word"`)); err != nil || failed || string(payload) != `"packed word"` {
			t.Errorf("found failed %t, %s, %v\n%s", failed, payload, err, f.Log())
		}
	})
	t.Run("a module that is absent", func(t *testing.T) {
		f, err := s.Function(t.Context(), s.Source, "broken")
		if err != nil {
			t.Fatal(err)
		}
		defer f.Stop()
		if payload, failed, err := f.Invoke(t.Context(), []byte(`{}`)); err != nil || !failed || !strings.Contains(string(payload), "Unable to import module 'index': No module named 'nothing_of_this_name'") {
			t.Errorf("found failed %t, %s, %v\n%s", failed, payload, err, f.Log())
		}
	})
	t.Run("another version of Python", func(t *testing.T) {
		f, err := s.Function(t.Context(), s.Source, "old")
		if err != nil {
			t.Fatal(err)
		}
		defer f.Stop()
		if !strings.HasPrefix(f.Log(), "The function is for python3.1, and the sandbox runs it with Python 3.") {
			t.Errorf("found the log\n%s", f.Log())
		}
	})
	for name, expected := range map[string]string{
		"node":     `function node: found runtime "nodejs22.x", expected python3.x, provided.al2 or provided.al2023`,
		"roleless": `function roleless: lambda.amazonaws.com cannot assume the role arn:aws:iam::111111111111:role/untrusted`,
		"foreign":  "function foreign: found a program for " + foreign + ", expected one for " + own + ", which this machine runs: build and deploy it for that",
		"nothing":  "account 111111111111: found no deployed function nothing",
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := s.Function(t.Context(), s.Source, name); err == nil || !strings.Contains(err.Error(), expected) {
				t.Errorf("found %v, expected %s", err, expected)
			}
		})
	}
	inline.Stop()
	nothingIsLeft(t, s)
}

// nothingIsLeft checks that the files of no function are left.
func nothingIsLeft(t *testing.T, s *Sandbox) {
	t.Helper()
	left, err := os.ReadDir(s.work)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range left {
		if strings.HasPrefix(entry.Name(), "function-") {
			t.Errorf("found %s left behind", entry.Name())
		}
	}
}

func TestPackagesThatAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		content  []byte
		expected string
	}{
		"no package":         {[]byte("text"), "open package: zip: not a valid zip file"},
		"a path outside":     {packed(t, map[string]string{"../escaped": "x"}), `found file "../escaped", expected a path within the package`},
		"an absolute path":   {packed(t, map[string]string{"/etc/escaped": "x"}), `found file "/etc/escaped"`},
		"a file as a folder": {packed(t, map[string]string{"a/b": "x", "a/b/c": "y"}), "a/b"},
	} {
		t.Run(name, func(t *testing.T) {
			whole := t.TempDir()
			err := unpack(c.content, filepath.Join(whole, "task"))
			if err == nil || !strings.Contains(err.Error(), c.expected) {
				t.Errorf("found %v, expected %s", err, c.expected)
			}
			if left := contents(t, whole); left["escaped"] != "" {
				t.Errorf("found %q", left)
			}
		})
	}
}

const counters = `
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole"}]}
  Counter:
    Type: AWS::Lambda::Function
    Properties: {FunctionName: my-counter, Runtime: python3.12, Handler: index.handle, Role: !GetAtt Role.Arn, Code: {ZipFile: "n = 0\ndef handle(e, c):\n  global n\n  n += 1\n  print('call', n)\n  return [n, e]"}}
`

func testInvocations(t *testing.T, s *Sandbox) {
	create(t, s, s.Source, "Counters", counters)
	create(t, s, s.Target, "Counters", counters)
	invoke := func(account *Account, name, event string) Invocation {
		t.Helper()
		got, err := s.Invoke(t.Context(), account, name, []byte(event))
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	same := func(got Invocation, payload string, cold bool) {
		t.Helper()
		if got.Payload != payload || got.Failed || got.Cold != cold || got.Function != "my-counter" {
			t.Errorf("found %+v, expected payload %s, cold %t", got, payload, cold)
		}
	}
	same(invoke(s.Source, "my-counter", `{"a": 1}`), `[1, {"a": 1}]`, true)
	began := time.Now()
	second := invoke(s.Source, "Counter", `"by its logical ID"`)
	same(second, `[2, "by its logical ID"]`, false)
	same(invoke(s.Target, "counter", `"by the end of its name"`), `[1, "by the end of its name"]`, true)
	if !strings.HasPrefix(second.Log, "START RequestId: ") || !strings.Contains(second.Log, "\ncall 2\nEND") || strings.Contains(second.Log, "call 1") {
		t.Errorf("found the log\n%s\nexpected that of the second call", second.Log)
	}

	t.Run("at once", func(t *testing.T) {
		var all sync.WaitGroup
		var mutex sync.Mutex
		seen := map[string]bool{}
		for range 10 {
			all.Go(func() {
				got, err := s.Invoke(t.Context(), s.Source, "my-counter", []byte("0"))
				mutex.Lock()
				defer mutex.Unlock()
				if seen[got.Payload] = true; err != nil || got.Cold || strings.Count(got.Log, "START") != 1 {
					t.Errorf("found %+v, %v", got, err)
				}
			})
		}
		all.Wait()
		if len(seen) != 10 || !seen["[12, 0]"] {
			t.Errorf("found %v, expected the calls 3 to 12", seen)
		}
	})
	t.Run("log", func(t *testing.T) {
		log := func(offset int64, since time.Time) Log {
			t.Helper()
			part, err := s.FunctionLog(s.Source, "my-counter", offset, since)
			if err != nil {
				t.Fatal(err)
			}
			return part
		}
		all, some := log(0, time.Time{}), log(0, began)
		if strings.Count(all.Text, "START") != 12 || strings.Count(some.Text, "START") != 11 || !strings.HasPrefix(some.Text, "START") || !strings.HasSuffix(all.Text, some.Text) {
			t.Errorf("found\n%s\nand since the second call\n%s", all.Text, some.Text)
		}
		if none := log(all.Next, time.Time{}); none.Text != "" || none.Next != all.Next {
			t.Errorf("found %+v after the end", none)
		}
		if none := log(0, time.Now()); none.Text != "" || none.Next != all.Next {
			t.Errorf("found %+v since now", none)
		}
		invoke(s.Source, "my-counter", "1")
		if next := log(all.Next, time.Time{}); !strings.Contains(next.Text, "call 13\n") || strings.Count(next.Text, "START") != 1 {
			t.Errorf("found %+v after another call", next)
		}
	})
	t.Run("another deployment", func(t *testing.T) {
		update(t, s, s.Source, "Counters", strings.Replace(counters, "'call'", "'new call'", 1))
		got := invoke(s.Source, "my-counter", "2")
		same(got, "[1, 2]", true)
		if !strings.Contains(got.Log, "new call 1\n") {
			t.Errorf("found the log\n%s", got.Log)
		}
		if part, err := s.FunctionLog(s.Source, "my-counter", 0, time.Time{}); err != nil || !strings.Contains(part.Text, "\ncall 13\n") {
			t.Errorf("found %+v, %v, expected that the log goes on", part, err)
		}
	})
	for name, c := range map[string]struct {
		account     *Account
		name, event string
		expected    string
	}{
		"in both accounts": {nil, "my-counter", "{}", "found 2 functions for \"my-counter\" in the sandbox, expected a name that only one has, or an account:\n" +
			"  my-counter (account 111111111111, Counter of stack Counters)\n  my-counter (account 222222222222, Counter of stack Counters)"},
		"none of this name": {s.Target, "other", "{}", "found no function \"other\" in account 222222222222, expected one of\n  my-counter"},
		"no JSON":           {s.Target, "my-counter", "{", "found an event that is not JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := s.Invoke(t.Context(), c.account, c.name, []byte(c.event)); err == nil || !strings.Contains(err.Error(), c.expected) {
				t.Errorf("found %+v, %v, expected %s", got, err, c.expected)
			}
		})
	}
	s.stopFunctions()
	nothingIsLeft(t, s)
}

// update deploys another template of a stack, with parameters as "key=value".
func update(t *testing.T, s *Sandbox, account *Account, name, template string, parameters ...string) {
	t.Helper()
	input := &cloudformation.UpdateStackInput{StackName: aws.String(name), TemplateBody: aws.String(template), Parameters: given(parameters)}
	if _, err := cloudformation.NewFromConfig(s.Config(account)).UpdateStack(t.Context(), input); err != nil {
		t.Fatal(err)
	}
	requireStatus(t, s, account, name, types.StackStatusUpdateComplete)
}

// requireStatus checks that a stack is deployed.
func requireStatus(t *testing.T, s *Sandbox, account *Account, name string, expected types.StackStatus) {
	t.Helper()
	got, err := cloudformation.NewFromConfig(s.Config(account)).DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{StackName: aws.String(name)})
	if err != nil {
		t.Fatal(err)
	}
	found := got.Stacks[0]
	if found.StackStatus == expected {
		return
	}
	events, err := cloudformation.NewFromConfig(s.Config(account)).DescribeStackEvents(t.Context(), &cloudformation.DescribeStackEventsInput{StackName: aws.String(name)})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events.StackEvents {
		if reason := aws.ToString(e.ResourceStatusReason); reason != "" {
			t.Logf("%s %s: %s", aws.ToString(e.LogicalResourceId), e.ResourceStatus, reason)
		}
	}
	t.Fatalf("stack %s: found %s, expected %s", name, found.StackStatus, expected)
}

// given are parameters of "key=value".
func given(parameters []string) (all []types.Parameter) {
	for _, one := range parameters {
		key, value, _ := strings.Cut(one, "=")
		all = append(all, types.Parameter{ParameterKey: aws.String(key), ParameterValue: aws.String(value)})
	}
	return all
}

const apis = `
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole"}]}
  Echo:
    Type: AWS::Lambda::Function
    Properties: {FunctionName: echo, Runtime: python3.12, Handler: index.handle, Role: !GetAtt Role.Arn, Code: {ZipFile: "def handle(e, c):\n  if 'fail' in e['rawQueryString']: raise ValueError('asked to')\n  return {'statusCode': 202, 'headers': {'x-route': e['routeKey']}, 'body': e.get('body', '') + e['rawQueryString']}"}}
  Api: {Type: AWS::ApiGatewayV2::Api, Properties: {Name: echo, ProtocolType: HTTP}}
  Stage: {Type: AWS::ApiGatewayV2::Stage, Properties: {ApiId: !Ref Api, StageName: $default, AutoDeploy: true}}
  Integration: {Type: AWS::ApiGatewayV2::Integration, Properties: {ApiId: !Ref Api, IntegrationType: AWS_PROXY, IntegrationUri: !GetAtt Echo.Arn, PayloadFormatVersion: "2.0"}}
  Items: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Api, RouteKey: "ANY /items/{id}", AuthorizationType: AWS_IAM, Target: !Sub "integrations/${Integration}"}}
  Closed: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Api, RouteKey: GET /closed, Target: !Sub "integrations/${Integration}"}}
  Token: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Api, RouteKey: GET /token, AuthorizationType: JWT, Target: !Sub "integrations/${Integration}"}}
  May:
    Type: AWS::Lambda::Permission
    Properties: {Action: "lambda:InvokeFunction", FunctionName: !GetAtt Echo.Arn, Principal: apigateway.amazonaws.com, SourceArn: !Sub "arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/*/*/items/*"}
`

func testAPIs(t *testing.T, s *Sandbox) {
	create(t, s, s.Target, "Apis", apis)
	for name, c := range map[string]struct {
		request  APIRequest
		status   int
		body     string
		note     string // in the response's
		expected string // in the error
	}{
		"a route":            {APIRequest{URL: "/items/7?a=b", Method: "POST", Header: http.Header{"Content-Type": {"text/plain"}}, Body: []byte("body ")}, 202, "body a=b", "", ""},
		"by the name":        {APIRequest{URL: "/items/7", Method: "GET", API: "Api"}, 202, "", "", ""},
		"by the URL":         {APIRequest{URL: "https://api.execute-api.ap-northeast-1.amazonaws.com/items/7?x", Method: "GET"}, 202, "x", "", ""},
		"no signature":       {APIRequest{URL: "/items/7", Method: "GET", Unsigned: true}, 403, `{"message":"Forbidden"}`, "needs a signed request", ""},
		"no permission":      {APIRequest{URL: "/closed", Method: "GET"}, 500, `{"message":"Internal Server Error"}`, "lambda:InvokeFunction", ""},
		"no route":           {APIRequest{URL: "/other", Method: "GET"}, 404, `{"message":"Not Found"}`, "there are ANY /items/{id}, GET /closed", ""},
		"a failing function": {APIRequest{URL: "/items/7?fail", Method: "GET"}, 500, `{"message":"Internal Server Error"}`, "function echo failed: {\"errorMessage\": \"asked to\"", ""},
		"an authorizer":      {APIRequest{URL: "/token", Method: "GET"}, 0, "", "", "found a route with authorization JWT, expected NONE or AWS_IAM"},
		"another API":        {APIRequest{URL: "/items/7", Method: "GET", API: "nothing"}, 0, "", "", `found no API "nothing" in the sandbox, expected one of`},
		"another URL":        {APIRequest{URL: "https://other.execute-api.ap-northeast-1.amazonaws.com/", Method: "GET"}, 0, "", "", "found no deployed API for other.execute-api"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := s.RequestAPI(t.Context(), nil, c.request)
			if c.expected != "" {
				if err == nil || !strings.Contains(err.Error(), c.expected) {
					t.Errorf("found %v, expected %s", err, c.expected)
				}
				return
			}
			if err != nil || got.Status != c.status || string(got.Body) != c.body || !strings.Contains(got.Note, c.note) || (got.Note == "") != (c.note == "") {
				t.Errorf("found %d %s %q, %v; expected %d %s %q", got.Status, got.Body, got.Note, err, c.status, c.body, c.note)
			}
		})
	}
	for name, c := range map[string]struct {
		request  APIRequest
		status   int
		expected string
	}{
		"STS":             {APIRequest{Method: "POST", URL: "https://sts.ap-northeast-1.amazonaws.com/", Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, Body: []byte("Action=GetCallerIdentity&Version=2011-06-15")}, 200, "<Account>222222222222</Account>"},
		"a bucket's host": {APIRequest{Method: "GET", URL: "https://none.s3.ap-northeast-1.amazonaws.com/a%20key"}, 404, "<Code>NoSuchBucket</Code>"},
		"no signature":    {APIRequest{Method: "GET", URL: "https://s3.ap-northeast-1.amazonaws.com/", Unsigned: true}, 403, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := s.RequestService(t.Context(), s.Target, c.request); err != nil || got.Status != c.status || !strings.Contains(string(got.Body), c.expected) {
				t.Errorf("found %d %s, %v; expected %d and %s", got.Status, got.Body, err, c.status, c.expected)
			}
		})
	}
	if _, err := s.RequestService(t.Context(), s.Target, APIRequest{Method: "GET", URL: "https://example.com/"}); err == nil || !strings.Contains(err.Error(), "found URL https://example.com/, expected") {
		t.Errorf("found %v", err)
	}
	s.stopFunctions()
}
