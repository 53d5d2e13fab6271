package targetrole

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"

	"github.com/crossgrant/crossgrant/lambda/internal/fakeaws"
)

func isNoRoute(err error) bool {
	var route *NoRoute
	return errors.As(err, &route)
}

func mustNoRoute(t *testing.T, err error) *NoRoute {
	t.Helper()
	var route *NoRoute
	if !errors.As(err, &route) {
		t.Fatalf("got %v, want the missing route", err)
	}
	return route
}

func TestNoRouteToSTS(t *testing.T) {
	hanging := silent(t)
	closed := silent(t)
	if connection, err := net.Listen("tcp", "127.0.0.1:0"); err == nil {
		closed = connection.Addr().String()
		_ = connection.Close()
	}
	noRoute := []string{"no route to STS from this subnet", "interface endpoint with private DNS", "port 443", "NAT"}
	for _, c := range []struct {
		name, host, beginning string
		rest                  []string
	}{
		{"STS never answers", hanging, "STS (" + hanging + ") did not answer in time, although it was connected", []string{"invoke again"}},
		{"the connection is refused", closed, "no answer from " + closed, noRoute},
		{"the name does not resolve", "sts.ap-northeast-1.invalid", "no answer from sts.ap-northeast-1.invalid", noRoute},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := Config(fakeaws.Config("http://"+c.host), reader, Limits{Call: 300 * time.Millisecond})
			started := time.Now()
			_, err := config.Credentials.Retrieve(context.Background())
			// The least that shows that the limit holds, and not the default one: a machine may be under load.
			if took := time.Since(started); took >= 5*time.Second {
				t.Errorf("took %s, the limit is 300 ms", took)
			}
			hint := mustNoRoute(t, err).Hint()
			for _, want := range append(c.rest, "assume role arn:aws:iam::222222222222:role/reader: "+c.beginning) {
				if !strings.Contains(hint, want) {
					t.Errorf("the hint lacks %q: %s", want, hint)
				}
			}
		})
	}
}

// hanging is an STS that never answers.
type hanging struct{}

func (hanging) Retrieve(ctx context.Context) (aws.Credentials, error) {
	<-ctx.Done()
	return aws.Credentials{}, ctx.Err()
}

func TestTheCallEndsAtItsLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		started := time.Now()
		_, err := (&boundedProvider{next: hanging{}, limit: 300 * time.Millisecond}).Retrieve(context.Background())
		if took := time.Since(started); took != 300*time.Millisecond || !isNoRoute(err) {
			t.Errorf("found %v after %s, expected no route after 300ms", err, took)
		}
	})
}

func TestTheHintNamesTheRegionalEndpoint(t *testing.T) {
	base := fakeaws.Config("")
	base.BaseEndpoint = nil
	base.HTTPClient = awshttp.NewBuildableClient().WithTransportOptions(func(tr *http.Transport) {
		tr.Proxy = nil
	}).WithDialerOptions(func(d *net.Dialer) {
		d.Resolver = &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
			return nil, errors.New("no name server")
		}}
	})
	_, err := Config(base, reader, Limits{Call: time.Second}).Credentials.Retrieve(context.Background())
	if host := mustNoRoute(t, err).Host; host != "sts.ap-northeast-1.amazonaws.com" {
		t.Errorf("host %q, want sts.ap-northeast-1.amazonaws.com", host)
	}
}

func TestDefaultLimits(t *testing.T) {
	got := Limits{}.withDefaults()
	if want := (Limits{Call: 5 * time.Second, Refresh: 5 * time.Minute}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// recording is hanging, and says when its call ended.
type recording struct{ ended chan time.Time }

func (r recording) Retrieve(ctx context.Context) (aws.Credentials, error) {
	<-ctx.Done()
	r.ended <- time.Now()
	return aws.Credentials{}, ctx.Err()
}

func TestTheCallEndsWithTheInvocation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bounded := &boundedProvider{next: recording{make(chan time.Time, 1)}, limit: time.Minute}
		provider := &cachedProvider{bounded: bounded, cache: aws.NewCredentialsCache(bounded)}
		begun := time.Now()
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if _, err := provider.Retrieve(ctx); !isNoRoute(err) {
			t.Errorf("found %v, expected no route", err)
		}
		if took := (<-bounded.next.(recording).ended).Sub(begun); took != time.Second {
			t.Errorf("found the end of the call after %s, expected it with the invocation, after 1s", took)
		}
	})
}
