package targetrole

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/crossgrant/crossgrant/lambda/internal/fakeaws"
	"github.com/crossgrant/crossgrant/lambda/internal/pace"
)

var reader = Role{ARN: "arn:aws:iam::222222222222:role/reader", ExternalID: "agreed-id", SessionName: "list"}

func TestAssumesTheRoleOnceForAllCalls(t *testing.T) {
	server := fakeaws.Start(t, fakeaws.Assumed(time.Hour), nil)
	config := Config(fakeaws.Config(server.URL), reader, Limits{})
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			got, err := config.Credentials.Retrieve(context.Background())
			if err != nil || got.AccessKeyID != "ASIATARGET" || got.SessionToken != "target-token" {
				t.Errorf("got %s, %v; want the credentials of the target role", got.AccessKeyID, err)
			}
		})
	}
	wait.Wait()
	calls := server.Calls("AssumeRole")
	if len(calls) != 1 {
		t.Fatalf("STS was called %d times, want once", len(calls))
	}
	form, _ := url.ParseQuery(calls[0].Text)
	for name, want := range map[string]string{
		"RoleArn": "arn:aws:iam::222222222222:role/reader", "ExternalId": "agreed-id", "RoleSessionName": "list",
		"DurationSeconds": "3600", "SourceIdentity": "",
	} {
		if got := form.Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	if !strings.Contains(calls[0].Header.Get("Authorization"), "Credential=AKIASOURCE/") {
		t.Error("AssumeRole is not signed by the function's own role")
	}
}

func TestWithoutExternalIDNoneIsSent(t *testing.T) {
	server := fakeaws.Start(t, fakeaws.Assumed(time.Hour), nil)
	role := reader
	role.ExternalID = ""
	if _, err := Config(fakeaws.Config(server.URL), role, Limits{}).Credentials.Retrieve(context.Background()); err != nil {
		t.Fatal(err)
	}
	if calls := server.Calls("ExternalId"); len(calls) != 0 {
		t.Errorf("sent %s", calls[0].Text)
	}
}

func TestPresentsWhatTheRoleAsksFor(t *testing.T) {
	server := fakeaws.Start(t, fakeaws.Assumed(time.Hour), nil)
	role := reader
	role.SourceIdentity, role.Session = "list-of-111", 15*time.Minute
	if _, err := Config(fakeaws.Config(server.URL), role, Limits{}).Credentials.Retrieve(context.Background()); err != nil {
		t.Fatal(err)
	}
	form, _ := url.ParseQuery(server.Calls("AssumeRole")[0].Text)
	if found := form.Get("SourceIdentity") + " " + form.Get("DurationSeconds"); found != "list-of-111 900" {
		t.Errorf("found source identity and seconds %q, expected %q", found, "list-of-111 900")
	}
}

func TestWithoutARoleTheFunctionsOwnCredentialsAreUsed(t *testing.T) {
	server := fakeaws.Start(t, fakeaws.Assumed(time.Hour), nil)
	got, err := Config(fakeaws.Config(server.URL), Role{}, Limits{}).Credentials.Retrieve(context.Background())
	if err != nil || got.AccessKeyID != "AKIASOURCE" {
		t.Errorf("found %q, %v; expected the function's own AKIASOURCE", got.AccessKeyID, err)
	}
	if calls := server.Calls("AssumeRole"); len(calls) != 0 {
		t.Errorf("found %d calls of STS, expected none", len(calls))
	}
}

func TestRefreshesBeforeExpiry(t *testing.T) {
	for _, c := range []struct {
		name  string
		holds time.Duration
		calls int
	}{
		{"four minutes left are too few", 4 * time.Minute, 2},
		{"six minutes left are enough", 6 * time.Minute, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := fakeaws.Start(t, fakeaws.Assumed(c.holds), nil)
			config := Config(fakeaws.Config(server.URL), reader, Limits{})
			for range 2 {
				if _, err := config.Credentials.Retrieve(context.Background()); err != nil {
					t.Fatal(err)
				}
			}
			if got := len(server.Calls("AssumeRole")); got != c.calls {
				t.Errorf("STS was called %d times, want %d", got, c.calls)
			}
		})
	}
}

// While the credentials are really valid, a refresh that fails costs nobody an answer; afterwards it does.
func TestARefreshThatFails(t *testing.T) {
	failed := errors.New("STS is away")
	for _, c := range []struct {
		name  string
		holds time.Duration
		works bool
	}{
		{"a minute left", time.Minute, true},
		{"nothing left", -time.Second, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			next := &failing{holds: c.holds, err: failed}
			cache := aws.NewCredentialsCache(&boundedProvider{next: next, limit: time.Second, refresh: 5 * time.Minute},
				func(o *aws.CredentialsCacheOptions) { o.ExpiryWindow = 5 * time.Minute })
			if _, err := cache.Retrieve(context.Background()); err != nil {
				t.Fatal(err)
			}
			for range 3 {
				got, err := cache.Retrieve(context.Background())
				if c.works && (err != nil || got.AccessKeyID != "first") {
					t.Errorf("found %q, %v; expected the credentials of before", got.AccessKeyID, err)
				}
				if !c.works && !errors.Is(err, failed) {
					t.Errorf("found %q, %v; expected the error of STS", got.AccessKeyID, err)
				}
			}
			// The first failure is asked for once, and not again for half a minute.
			if c.works && next.calls != 2 {
				t.Errorf("STS was called %d times, expected 2", next.calls)
			}
		})
	}
}

// failing gives credentials once.
type failing struct {
	holds time.Duration
	err   error
	calls int
}

func (f *failing) Retrieve(context.Context) (aws.Credentials, error) {
	f.calls++
	if f.calls > 1 {
		return aws.Credentials{}, f.err
	}
	return aws.Credentials{AccessKeyID: "first", SecretAccessKey: "s", CanExpire: true, Expires: time.Now().Add(f.holds)}, nil
}

// Lambda stops the process between two invocations, and a connection that was open then is dead.
func TestACancelledInvocationDoesNotSpoilTheNext(t *testing.T) {
	entered := make(chan struct{})
	var first sync.Once
	ended := make(chan struct{})
	server := fakeaws.Start(t, func(c fakeaws.Call) fakeaws.Reply {
		first.Do(func() {
			close(entered)
			<-c.Context().Done() // the function ended the call
			close(ended)
		})
		return fakeaws.Assumed(time.Hour)(c)
	}, nil)
	config := Config(fakeaws.Config(server.URL), reader, Limits{Call: time.Minute})
	ctx, cancel := context.WithCancel(context.Background())
	go func() { <-entered; cancel() }()
	_, err := config.Credentials.Retrieve(ctx)
	if route := mustNoRoute(t, err); route.Host != strings.TrimPrefix(server.URL, "http://") || !route.Connected {
		t.Errorf("found %+v, expected the server, connected", route)
	}
	<-ended
	got, err := config.Credentials.Retrieve(context.Background())
	if err != nil || got.AccessKeyID != "ASIATARGET" {
		t.Errorf("the next invocation got %q, %v", got.AccessKeyID, err)
	}
	if calls := len(server.Calls("AssumeRole")); calls != 2 {
		t.Errorf("STS was called %d times, expected once by each invocation", calls)
	}
}

// Another caller of the same process, whose time is not over, asks again.
func TestWhoWaitsForAnAbandonedCallAsksAgain(t *testing.T) {
	entered := make(chan struct{})
	var first sync.Once
	server := fakeaws.Start(t, func(c fakeaws.Call) fakeaws.Reply {
		first.Do(func() {
			close(entered)
			<-c.Context().Done()
		})
		return fakeaws.Assumed(time.Hour)(c)
	}, nil)
	config := Config(fakeaws.Config(server.URL), reader, Limits{Call: time.Minute})
	ctx, cancel := context.WithCancel(context.Background())
	other := make(chan error)
	go func() { _, err := config.Credentials.Retrieve(ctx); other <- err }()
	<-entered
	patient := make(chan error)
	go func() { _, err := config.Credentials.Retrieve(context.Background()); patient <- err }()
	cancel()
	if err := <-other; err == nil {
		t.Error("found credentials, expected the error of the one who left")
	}
	if err := <-patient; err != nil {
		t.Errorf("found %v, expected credentials of a second call", err)
	}
}

// What STS last said is the cause, even if the caller's time ends at the same moment as the call.
func TestTheCauseSurvivesTheEndOfTime(t *testing.T) {
	for code, expected := range map[string]Reason{"Throttling": Throttled, "ServiceUnavailable": Unavailable} {
		status := map[string]int{"Throttling": http.StatusBadRequest, "ServiceUnavailable": http.StatusServiceUnavailable}[code]
		answered := make(chan struct{}, 100)
		server := fakeaws.Start(t, func(fakeaws.Call) fakeaws.Reply {
			answered <- struct{}{}
			return fakeaws.STSError(status, code, "Rate exceeded")
		}, nil)
		ctx, cancel := context.WithCancel(context.Background())
		go func() { <-answered; <-answered; cancel() }() // the second attempt follows the first one's error
		_, err := Config(fakeaws.Config(server.URL), reader, Limits{Call: time.Minute}).Credentials.Retrieve(ctx)
		var refused *Refused
		if !errors.As(err, &refused) || refused.Reason != expected || !errors.Is(err, context.Canceled) {
			t.Errorf("%s: found %v, expected it to be the cause", code, err)
		}
		cancel()
	}
}

// The log counts every request of an invocation, those to STS included.
func TestRequestsToSTSAreCounted(t *testing.T) {
	calls := 0
	server := fakeaws.Start(t, func(c fakeaws.Call) fakeaws.Reply {
		if calls++; calls < 3 {
			return fakeaws.STSError(http.StatusBadRequest, "Throttling", "Rate exceeded")
		}
		return fakeaws.Assumed(time.Hour)(c)
	}, nil)
	var stats pace.Stats
	ctx := pace.WithStats(t.Context(), &stats)
	if _, err := Config(fakeaws.Config(server.URL), reader, Limits{Call: time.Minute}).Credentials.Retrieve(ctx); err != nil {
		t.Fatal(err)
	}
	if stats.Requests.Load() != 3 || stats.Retries.Load() != 2 || stats.Throttled.Load() != 2 || stats.Succeeded.Load() != 0 {
		t.Errorf("found %d requests, %d retries, %d throttled, %d that succeeded, expected 3, 2, 2 and none but of the service", stats.Requests.Load(),
			stats.Retries.Load(), stats.Throttled.Load(), stats.Succeeded.Load())
	}
}

func TestARefusalIsNotAMissingRoute(t *testing.T) {
	server := fakeaws.Start(t, func(fakeaws.Call) fakeaws.Reply {
		return fakeaws.STSError(http.StatusForbidden, "AccessDenied", "not authorized")
	}, nil)
	_, err := Config(fakeaws.Config(server.URL), reader, Limits{}).Credentials.Retrieve(context.Background())
	if err == nil || isNoRoute(err) {
		t.Errorf("got %v, want AWS's refusal", err)
	}
}

func TestSessionName(t *testing.T) {
	for function, want := range map[string]string{
		"crossgrant-list":       "crossgrant-list",
		"a b/ü":                 "a-b--",
		"":                      "crossgrant",
		"f":                     "crossgrantf",
		strings.Repeat("x", 70): strings.Repeat("x", 64),
		"keeps_=,.@+-":          "keeps_=,.@+-",
	} {
		if got := SessionName(function); got != want {
			t.Errorf("SessionName(%q) = %q, want %q", function, got, want)
		}
	}
}

// silent accepts connections and never answers, as a subnet without a route seems to do.
func silent(t *testing.T) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	return listener.Addr().String()
}
