package gateway

import (
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
)

const (
	region = "eu-west-1"
	source = "111111111111"
	target = "222222222222"
)

// fake is a local AWS that keeps templates, and answers all else with 200 and what it got.
type fake struct {
	mutex  sync.Mutex
	stacks map[string]map[string]string // templates, by account and name
	made   map[string]int               // how often a stack of a name was created
	review map[string]bool              // the names of stacks of which there are change sets only
	ids    map[string]string            // physical IDs, by logical ID
	idsOf  map[string]map[string]string // the same of one stack, by its name
	// parameters are the values of parameters that DescribeStacks answers for each stack, as XML.
	parameters string
	// buckets are those that there are, by name. Nil: all are there.
	buckets map[string]bool
	// keeps says that it answers clients with 409, and so has changed nothing.
	keeps bool
	// toS3 answers what is passed on to S3. Nil: as all else.
	toS3   http.HandlerFunc
	full   string // a bucket with an object, until it is deleted
	passed []*http.Request
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if f.toS3 != nil && strings.Contains(r.Header.Get("Authorization"), "/s3/") {
		f.toS3(w, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	f.mutex.Lock()
	defer f.mutex.Unlock()
	account := r.Header.Get("X-Moto-Account-Id")
	if r.URL.Query().Has("versions") && f.full != "" && r.URL.Path == "/"+f.full {
		fmt.Fprint(w, "<ListVersionsResult><Version><Key>a b</Key><VersionId>null</VersionId></Version></ListVersionsResult>")
		return
	}
	if r.Method == http.MethodDelete && r.URL.Path == "/"+f.full+"/a b" {
		f.full = ""
	}
	form, _ := url.ParseQuery(string(body))
	result, action := "", form.Get("Action")
	switch action {
	case "DescribeStacks":
		asked := form.Get("StackName")
		for name := range f.stacks[account] {
			status := "CREATE_COMPLETE"
			if f.review[name] {
				status = "REVIEW_IN_PROGRESS"
			}
			if asked == "" || asked == name || asked == f.id(account, name) {
				result += "<member><StackId>" + f.id(account, name) + "</StackId><StackName>" + name + "</StackName><StackStatus>" + status + "</StackStatus><CreationTime>2026-01-02T03:04:05Z</CreationTime>" + f.parameters + "</member>"
			}
		}
		if result == "" && asked != "" {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprintf(w, "<ErrorResponse><Error><Code>ValidationError</Code><Message>Stack with id %s does not exist</Message></Error></ErrorResponse>", asked)
			return
		}
		result = "<Stacks>" + result + "</Stacks>"
	case "DescribeStackEvents":
		result = "<StackEvents><member><StackId>" + f.id(account, form.Get("StackName")) + "</StackId><EventId>1</EventId><StackName>x</StackName><ResourceStatus>REVIEW_IN_PROGRESS</ResourceStatus><Timestamp>2026-01-02T03:04:05.000000Z</Timestamp></member></StackEvents>"
	case "GetRole", "GetUser":
		w.WriteHeader(http.StatusNotFound)
		return
	case "GetTemplate":
		var text strings.Builder
		xml.EscapeText(&text, []byte(f.stacks[account][form.Get("StackName")]))
		result = "<TemplateBody>" + text.String() + "</TemplateBody>"
	case "ListStackResources":
		ids := f.ids
		if own := f.idsOf[form.Get("StackName")]; own != nil {
			ids = own
		}
		for id, physical := range ids {
			result += "<member><LogicalResourceId>" + id + "</LogicalResourceId><PhysicalResourceId>" + physical + "</PhysicalResourceId><ResourceType>x</ResourceType><ResourceStatus>CREATE_COMPLETE</ResourceStatus><LastUpdatedTimestamp>2026-01-02T03:04:05Z</LastUpdatedTimestamp></member>"
		}
		result = "<StackResourceSummaries>" + result + "</StackResourceSummaries>"
	case "CreateStack", "UpdateStack", "CreateChangeSet":
		name := form.Get("StackName")
		if f.stacks[account] == nil {
			f.stacks[account] = map[string]string{}
		}
		if action != "UpdateStack" {
			f.made[name]++
			f.review[name] = action == "CreateChangeSet"
		}
		f.stacks[account][name] = form.Get("TemplateBody")
		result = "<StackId>" + f.id(account, name) + "</StackId>"
	case "DeleteStack":
		delete(f.stacks[account], form.Get("StackName"))
	default:
		if bucket := strings.Trim(r.URL.Path, "/"); r.Method == http.MethodHead && f.buckets != nil && !f.buckets[bucket] {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		f.passed = append(f.passed, r)
		w.Header().Set("Content-Length", "0")
		if f.keeps && !strings.Contains(r.Header.Get("Authorization"), ownKey) { // what the gateway itself asks, it has to have
			w.WriteHeader(http.StatusConflict)
		}
		return
	}
	fmt.Fprintf(w, "<%sResponse><%sResult>%s</%sResult></%sResponse>", action, action, result, action, action)
}

// id is the ID of a stack.
func (f *fake) id(account, name string) string {
	return fmt.Sprintf("arn:aws:cloudformation:%s:%s:stack/%s/%d", region, account, name, f.made[name])
}

// requests are those that were passed on.
func (f *fake) requests() []*http.Request {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return slices.Clone(f.passed)
}

// called says what AWS has called resources, by logical ID.
func (f *fake) called(ids map[string]string) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.ids = ids
}

// has is a stack that is deployed, with the physical IDs of its resources.
func (f *fake) has(account, name, template string, ids map[string]string) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if f.stacks[account] == nil {
		f.stacks[account] = map[string]string{}
	}
	if f.idsOf == nil {
		f.idsOf = map[string]map[string]string{}
	}
	f.stacks[account][name], f.idsOf[name] = template, ids
}

// fill puts an object into a bucket, and returns the bucket that had one before. "" for none.
func (f *fake) fill(bucket string) (before string) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	before, f.full = f.full, bucket
	return before
}

// last is the last request that was passed on. Nil for none.
func (f *fake) last() *http.Request {
	all := f.requests()
	if len(all) == 0 {
		return nil
	}
	return all[len(all)-1]
}

// world is a gateway before a fake.
type world struct {
	*Gateway
	behind *fake
	t      testing.TB
}

func start(t testing.TB) world { return startWith(t, Options{}) }

// startWith starts a gateway with options.
func startWith(t testing.TB, o Options) world {
	t.Helper()
	behind := &fake{stacks: map[string]map[string]string{}, made: map[string]int{}, review: map[string]bool{}}
	server := httptest.NewServer(behind)
	t.Cleanup(server.Close)
	g, err := Start(server.URL, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := g.Stop(); err != nil {
			t.Error(err)
		}
	})
	return world{g, behind, t}
}

// config is the configuration of a client with credentials.
func (w world) config(c aws.Credentials) aws.Config {
	return aws.Config{Region: region, BaseEndpoint: aws.String(w.AddressURL()), Credentials: credentials.StaticCredentialsProvider{Value: c}, RetryMaxAttempts: 1}
}

// deploy deploys a template into an account.
func (w world) deploy(account, name, template string) {
	w.t.Helper()
	client := cloudformation.NewFromConfig(w.config(w.Administrator(account)))
	if _, err := client.CreateStack(w.t.Context(), &cloudformation.CreateStackInput{StackName: aws.String(name), TemplateBody: aws.String(template)}); err != nil {
		w.t.Fatal(err)
	}
}
