package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/crossgrant/crossgrant/policy"
)

// Each request is recorded once: who made it, what for, hop by hop, and what became of it.
func TestDecisionsAreRecorded(t *testing.T) {
	w := start(t)
	w.deploy(source, "Roles", roles)
	before := int64(len(w.Decisions(0)))
	administrator := w.Administrator(source)
	w.assume(administrator, "first", func(in *sts.AssumeRoleInput) { in.SourceIdentity = aws.String("bob") })
	w.assume(administrator, "second", nil)
	first, err := w.Assume("lambda.amazonaws.com", "arn:aws:iam::111111111111:role/first", "f")
	if err == nil {
		t.Fatalf("found credentials %s, expected that Lambda may not assume the role", first.AccessKeyID)
	}
	client := s3.NewFromConfig(w.config(administrator))
	client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("lake"), Key: aws.String("1")})
	stranger := administrator
	stranger.AccessKeyID = "ASIANOBODYATALL00000"
	s3.NewFromConfig(w.config(stranger)).ListBuckets(t.Context(), nil)
	var found []string
	for _, d := range w.Decisions(before) {
		found = append(found, fmt.Sprintf("%s %s %s %s %d", d.Caller[strings.LastIndexByte(d.Caller, ':')+1:], d.Service, d.Operation, d.Outcome, len(d.Asks)))
		if d.Microseconds <= 0 || time.Since(d.Time) > time.Minute || d.From != "" {
			t.Errorf("found %+v", d)
		}
	}
	const who = "assumed-role/Administrator/crossgrant"
	expected := []string{who + " sts AssumeRole allowed 1", who + " sts AssumeRole denied 1", "lambda.amazonaws.com sts AssumeRole denied 1", who + " s3 GetObject allowed 1", " s3  refused 0"}
	if strings.Join(found, "\n") != strings.Join(expected, "\n") {
		t.Errorf("found\n%s\nexpected\n%s", strings.Join(found, "\n"), strings.Join(expected, "\n"))
	}
	denied := w.Decisions(before)[1]
	if !strings.Contains(denied.Says, "no role trust policy allows the sts:AssumeRole action") || denied.Asks[0].Chain.Passes != policy.No || len(denied.Asks[0].Remedies) == 0 {
		t.Errorf("found %+v, expected that the trust policy does not permit it, with what to change", denied)
	}
	unused := map[string]string{}
	for _, u := range w.Usage().Statements {
		unused[u.LogicalID+" "+string(u.Policy)+" "+u.Statement] = fmt.Sprint(u.Used, u.Actions, u.Resources)
	}
	for statement, expected := range map[string]string{
		"First trust 0": "true [sts:TagSession] []", "Second trust ForBob": "false [sts:AssumeRole sts:TagSession sts:SetSourceIdentity] []",
		"Second identity OwnTeam": "false [s3:*] [arn:aws:s3:::lake/${aws:PrincipalTag/team}/*]",
	} {
		if found := unused[statement]; found != expected {
			t.Errorf("statement %s: found %q, expected %q", statement, found, expected)
		}
	}
}

// lines are what a gateway logs.
type lines struct {
	mutex sync.Mutex
	text  strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.String()
}

// inside opens the endpoint of the function of the template `isolated`.
func (w world) inside() (aws.Config, *Endpoint) {
	w.t.Helper()
	w.behind.called(map[string]string{"Vpc": "vpc-1", "Subnet": "subnet-1", "Table": "rtb-1", "Group": "sg-1", "Endpoint": "vpce-1"})
	w.deploy(source, "Isolated", isolated)
	c, err := w.Assume("lambda.amazonaws.com", "arn:aws:iam::111111111111:role/isolated", "f")
	if err != nil {
		w.t.Fatal(err)
	}
	e, err := w.From("arn:aws:lambda:eu-west-1:111111111111:function:f")
	if err != nil {
		w.t.Fatal(err)
	}
	config := w.config(c)
	config.BaseEndpoint = aws.String(e.URL())
	return config, e
}

// What nobody knows is passed on if one asks for that, and said; what is known is not passed on for it, and what has no route neither.
func TestUnknownRequestsThatArePassedOn(t *testing.T) {
	log := &lines{}
	w := startWith(t, Options{PassUnknown: true, Log: log})
	config, _ := w.inside()
	administrator := w.config(w.Administrator(source))
	n := len(w.behind.requests())
	_, err := dynamodb.NewFromConfig(administrator).ExportTableToPointInTime(t.Context(), &dynamodb.ExportTableToPointInTimeInput{TableArn: aws.String("arn:aws:dynamodb:eu-west-1:111111111111:table/t"), S3Bucket: aws.String("lake")})
	if problem := coded(err); strings.HasPrefix(problem, "AccessDenied") || len(w.behind.requests()) != n+1 {
		t.Errorf("an unknown operation: found %s, and that %d requests were passed on, expected 1", problem, len(w.behind.requests())-n)
	}
	all := w.Decisions(0)
	if last := all[len(all)-1]; last.Outcome != "passed on, unknown" || !strings.Contains(last.Says, "ExportTableToPointInTime") {
		t.Errorf("found %+v", last)
	}
	if said := log.String(); !strings.HasPrefix(said, "passed on, unknown: POST / of arn:aws:sts::111111111111:assumed-role/Administrator/crossgrant: ") {
		t.Errorf("found log %q", said)
	}
	n = len(w.behind.requests())
	_, err = s3.NewFromConfig(config).ListBuckets(t.Context(), nil)
	if problem := coded(err); !strings.HasPrefix(problem, "AccessDenied: ") {
		t.Errorf("what is known and denied: found %s", problem)
	}
	short, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := dynamodb.NewFromConfig(config).ExportTableToPointInTime(short, &dynamodb.ExportTableToPointInTimeInput{TableArn: aws.String("arn:aws:dynamodb:eu-west-1:111111111111:table/t"), S3Bucket: aws.String("lake")}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("an unknown operation without a route: found %v, expected no answer", err)
	}
	if len(w.behind.requests()) != n {
		t.Errorf("found that %d requests were passed on, expected none", len(w.behind.requests())-n)
	}
}

// A test need not wait for a client to give up.
func TestRequestsWithoutARouteThatFailFast(t *testing.T) {
	w := startWith(t, Options{FailFast: true})
	config, _ := w.inside()
	_, err := sts.NewFromConfig(config).GetCallerIdentity(t.Context(), nil)
	if problem := coded(err); !strings.HasPrefix(problem, "SandboxNoRoute: no route leads to the service: route to STS: ") {
		t.Errorf("found %s, expected that no route leads to STS", problem)
	}
	if _, err := s3.NewFromConfig(config).GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("lake"), Key: aws.String("1")}); err != nil {
		t.Errorf("S3, to which a route leads: found %v", err)
	}
}

// If the local AWS is gone, clients hear that at once, as an error of a service that they may retry.
func TestALocalAWSThatIsGone(t *testing.T) {
	behind := httptest.NewServer(http.NotFoundHandler())
	log := &lines{}
	g, err := Start(behind.URL, Options{Log: log})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Stop()
	behind.Close()
	config := world{Gateway: g, t: t}.config(g.Administrator(source))
	for name, call := range map[string]func() error{
		"S3": func() error { _, err := s3.NewFromConfig(config).ListBuckets(t.Context(), nil); return err },
		"DynamoDB": func() error {
			_, err := dynamodb.NewFromConfig(config).ListTables(t.Context(), nil)
			return err
		},
	} {
		if problem := coded(call()); !strings.HasPrefix(problem, "ServiceUnavailable") || !strings.Contains(problem, "the local AWS does not answer; start the sandbox again") {
			t.Errorf("%s: found %s, expected that the local AWS does not answer", name, problem)
		}
	}
	if said := log.String(); strings.Count(said, "the local AWS did not answer GET /") != 1 {
		t.Errorf("found log %q", said)
	}
}
