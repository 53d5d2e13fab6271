package gateway

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/crossgrant/crossgrant/sandbox/internal/gateway/internal/identity"
)

// Who is not who they say, gets no further, and the code that the service has for it.
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html and the pages of common errors of STS and DynamoDB
func TestCredentialsThatAreRefused(t *testing.T) {
	w := start(t)
	good := w.Administrator(source)
	wrong, stranger, untrue := good, good, good
	wrong.SecretAccessKey += "x"
	stranger.AccessKeyID = "ASIANOBODYATALL00000"
	untrue.SessionToken += "x"
	past := time.Now().Add(-time.Minute)
	expired := credentialsOf(w.sessions.Add(identity.Session{Role: "arn:aws:iam::111111111111:role/Administrator", Name: "a", Administrator: true, Issued: past, Expires: past}))
	for name, c := range map[string]struct {
		credentials       aws.Credentials
		s3, sts, dynamodb string
	}{
		"a wrong secret key":  {wrong, "SignatureDoesNotMatch", "SignatureDoesNotMatch", "InvalidSignatureException"},
		"an unknown key":      {stranger, "InvalidAccessKeyId", "InvalidClientTokenId", "UnrecognizedClientException"},
		"a wrong token":       {untrue, "InvalidToken", "InvalidClientTokenId", "UnrecognizedClientException"},
		"an expired session":  {expired, "ExpiredToken", "ExpiredToken", "ExpiredTokenException"},
		"no signature":        {aws.Credentials{}, "AccessDenied", "MissingAuthenticationToken", "MissingAuthenticationTokenException"},
		"all as it has to be": {good, "", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			config := w.config(c.credentials)
			if c.credentials.AccessKeyID == "" {
				config.Credentials = aws.AnonymousCredentials{}
			}
			_, err := s3.NewFromConfig(config).ListBuckets(t.Context(), nil)
			check(t, "S3", err, c.s3)
			_, err = sts.NewFromConfig(config).GetCallerIdentity(t.Context(), nil)
			check(t, "STS", err, c.sts)
			_, err = dynamodb.NewFromConfig(config).ListTables(t.Context(), nil)
			check(t, "DynamoDB", err, c.dynamodb)
		})
	}
}

func check(t *testing.T, service string, err error, expected string) {
	t.Helper()
	found, _, _ := strings.Cut(coded(err), ": ")
	if expected != found && !(expected == "" && strings.Contains(found, "EOF")) {
		t.Errorf("%s: found %v, expected %q", service, err, expected)
	}
}

// What the sandbox does not know, it denies; and what would change policies that it does not see.
func TestRequestsThatAreDeniedInWords(t *testing.T) {
	w := start(t)
	w.deploy(source, "Roles", roles)
	config := w.config(w.Administrator(source))
	for name, c := range map[string]struct {
		call     func() error
		expected string
	}{
		"an unknown operation": {func() error {
			_, err := sts.NewFromConfig(config).DecodeAuthorizationMessage(t.Context(), &sts.DecodeAuthorizationMessageInput{EncodedMessage: aws.String("x")})
			return err
		}, "AccessDenied: the sandbox denies what it does not know: found DecodeAuthorizationMessage"},
		"a bucket policy": {func() error {
			_, err := s3.NewFromConfig(config).PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{Bucket: aws.String("other"), Policy: aws.String(`{"Version":"2012-10-17","Statement":[]}`)})
			return err
		}, "AccessDenied: the sandbox denies what the deployed stacks leave open: "},
		"another key of a bucket": {func() error {
			_, err := s3.NewFromConfig(config).DeleteBucketEncryption(t.Context(), &s3.DeleteBucketEncryptionInput{Bucket: aws.String("lake")})
			return err
		}, "AccessDenied: the sandbox denies s3:PutEncryptionConfiguration: it decides by the policies of the deployed stacks"},
		"the policy of a function": {func() error {
			_, err := lambda.NewFromConfig(config).AddPermission(t.Context(), &lambda.AddPermissionInput{FunctionName: aws.String("f"), StatementId: aws.String("s"), Action: aws.String("lambda:InvokeFunction"), Principal: aws.String("*")})
			return err
		}, "AccessDeniedException: the sandbox denies lambda:AddPermission"},
		"a bucket of nobody known": {func() error {
			_, err := s3.NewFromConfig(config).HeadBucket(t.Context(), &s3.HeadBucketInput{Bucket: aws.String("other")})
			return err
		}, "Forbidden"},
	} {
		if found := coded(c.call()); !strings.HasPrefix(found, c.expected) {
			t.Errorf("%s: found %q, expected %q", name, found, c.expected)
		}
	}
	for _, path := range []string{"/moto-api/reset", "/latest/meta-data/iam"} {
		response, err := http.Post(w.AddressURL()+path, "", nil)
		if err != nil {
			t.Fatal(err)
		}
		if response.Body.Close(); response.StatusCode != http.StatusForbidden {
			t.Errorf("%s: found status %d, expected 403", path, response.StatusCode)
		}
	}
	for _, r := range w.behind.requests() {
		if r.Method != http.MethodHead { // by which the gateway itself asks whether there is the bucket
			t.Errorf("found that %s %s was passed on", r.Method, r.URL)
		}
	}
}

// A stack decides from its deployment on, and no longer than it is there.
func TestADeploymentTakesEffectAtOnce(t *testing.T) {
	w := start(t)
	assume := func() string {
		_, problem := w.assume(w.Administrator(source), "first", nil)
		return problem
	}
	if problem := assume(); !strings.HasPrefix(problem, "AccessDenied: ") {
		t.Errorf("before its deployment: found %q", problem)
	}
	w.deploy(source, "Roles", roles)
	if problem := assume(); problem != "" {
		t.Errorf("after its deployment: found %q", problem)
	}
	if _, err := cloudformation.NewFromConfig(w.config(w.Administrator(source))).DeleteStack(t.Context(), &cloudformation.DeleteStackInput{StackName: aws.String("Roles")}); err != nil {
		t.Fatal(err)
	}
	if problem := assume(); !strings.HasPrefix(problem, "AccessDenied: ") {
		t.Errorf("after its deletion: found %q", problem)
	}
}

// A signature for one service does not pass for one for another.
func TestTheServiceIsTheOneThatIsSigned(t *testing.T) {
	w := start(t)
	w.deploy(source, "Roles", roles)
	r, err := http.NewRequest("GET", w.AddressURL()+"/lake/1", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")
	if err := v4.NewSigner().SignHTTP(t.Context(), w.Administrator(source), r, "UNSIGNED-PAYLOAD", "s3", region, time.Now()); err != nil {
		t.Fatal(err)
	}
	r.URL.RawQuery = ""
	_, rest, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIA/20260102/eu-west-1/iam/aws4_request, Credential="+rest)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if last := w.behind.last(); last == nil || !strings.Contains(last.Header.Get("Authorization"), "/s3/") || strings.Contains(last.Header.Get("Authorization"), "/iam/") || last.URL.RawQuery != "" {
		t.Errorf("found status %d, and that %v was passed on, expected a request to S3", response.StatusCode, last)
	}
}

// Requests are passed on in the account of what they are on, without a presigned signature, and never with an account that the client names.
func TestWhatIsPassedOn(t *testing.T) {
	w := start(t)
	w.deploy(source, "Roles", roles)
	administrator := w.Administrator(source)
	client := s3.NewFromConfig(w.config(administrator))
	presigned, err := s3.NewPresignClient(client).PresignGetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("lake"), Key: aws.String("a b")})
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequest("GET", presigned.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	get := func(r *http.Request) int {
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		return response.StatusCode
	}
	if status := get(r); status != 200 {
		t.Fatalf("a presigned URL: found status %d", status)
	}
	last := w.behind.last()
	if last.Header.Get("X-Moto-Account-Id") != source || last.URL.Query().Has("X-Amz-Signature") || last.URL.EscapedPath() != "/lake/a%20b" || !strings.Contains(last.Header.Get("Authorization"), "/eu-west-1/s3/aws4_request") {
		t.Errorf("found %s with %v", last.URL, last.Header)
	}
	r.Header.Set("X-Moto-Account-Id", target)
	if get(r); w.behind.last().Header.Get("X-Moto-Account-Id") != source {
		t.Error("found the account that the client names")
	}
	r.URL.RawQuery += "&versionId=1"
	if status := get(r); status != http.StatusForbidden {
		t.Errorf("another version: found status %d, expected 403", status)
	}
	for _, host := range []string{"lake.example.com", "localhost:1", "127.0.0.1"} {
		r, err := http.NewRequest("GET", presigned.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		if r.Host = host; get(r) != http.StatusBadRequest {
			t.Errorf("host %s: expected status 400", host)
		}
	}
}

func TestABodyThatIsNotTheSignedOneIsNotStored(t *testing.T) {
	w := start(t)
	w.deploy(source, "Roles", roles)
	body := bytes.Repeat([]byte("x"), 1<<20)
	r, err := http.NewRequest("PUT", w.AddressURL()+"/lake/1", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	c := w.Administrator(source)
	digest := strings.Repeat("0", 64)
	r.Header.Set("X-Amz-Content-Sha256", digest)
	if err := v4.NewSigner().SignHTTP(t.Context(), c, r, digest, "s3", region, time.Now()); err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != 400 || !strings.Contains(string(text), "<Code>XAmzContentSHA256Mismatch</Code>") {
		t.Errorf("found status %d, %s, %v, expected 400 XAmzContentSHA256Mismatch", response.StatusCode, text, err)
	}
	if w.behind.last() != nil {
		t.Error("found that the whole body was passed on")
	}
}

func TestManyRequestsAtOnce(t *testing.T) {
	w := start(t)
	w.deploy(source, "Roles", roles)
	client := s3.NewFromConfig(w.config(w.Administrator(source)))
	var all sync.WaitGroup
	failed := make(chan error, 500)
	for i := range cap(failed) {
		all.Go(func() {
			_, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("lake"), Key: aws.String(fmt.Sprint("blue/", i)), Body: strings.NewReader("x")})
			failed <- err
		})
	}
	all.Wait()
	close(failed)
	for err := range failed {
		if err != nil {
			t.Fatal(err)
		}
	}
	if n := len(w.behind.requests()); n != cap(failed) {
		t.Errorf("found %d requests that were passed on, expected %d", n, cap(failed))
	}
}

// Of several objects those are deleted that may be, and each of the others has an error of its own.
func TestSomeOfSeveralObjectsAreDeleted(t *testing.T) {
	w := start(t)
	w.deploy(source, "Roles", roles)
	first, problem := w.assume(w.Administrator(source), "first", func(in *sts.AssumeRoleInput) {
		in.SourceIdentity, in.Tags, in.TransitiveTagKeys = aws.String("bob"), []ststypes.Tag{{Key: aws.String("team"), Value: aws.String("blue")}}, []string{"team"}
	})
	if problem != "" {
		t.Fatal(problem)
	}
	second, problem := w.assume(first, "second", nil)
	if problem != "" {
		t.Fatal(problem)
	}
	client := s3.NewFromConfig(w.config(second))
	remove := func(keys ...string) (errors []s3types.Error) {
		t.Helper()
		var objects []s3types.ObjectIdentifier
		for _, key := range keys {
			objects = append(objects, s3types.ObjectIdentifier{Key: aws.String(key)})
		}
		answer, err := client.DeleteObjects(t.Context(), &s3.DeleteObjectsInput{Bucket: aws.String("lake"), Delete: &s3types.Delete{Objects: objects, Quiet: aws.Bool(true)}})
		if err != nil {
			t.Fatal(err)
		}
		return answer.Errors
	}
	if found := remove("blue/1", "red/<1>", "blue/2"); len(found) != 1 || *found[0].Key != "red/<1>" || *found[0].Code != "AccessDenied" || !strings.Contains(*found[0].Message, "s3:DeleteObject") {
		t.Errorf("found %+v, expected AccessDenied for red/<1>", found)
	}
	passed, err := io.ReadAll(w.behind.last().Body)
	const expected = "<Delete><Object><Key>blue/1</Key></Object><Object><Key>blue/2</Key></Object><Quiet>true</Quiet></Delete>"
	if err != nil || string(passed) != expected {
		t.Errorf("found that %s, %v was passed on, expected %s", passed, err, expected)
	}
	n := len(w.behind.requests())
	if found := remove("red/1", "red/2"); len(found) != 2 || len(w.behind.requests()) != n {
		t.Errorf("found %d errors, and %d requests that were passed on, expected 2 and none", len(found), len(w.behind.requests())-n)
	}
}
