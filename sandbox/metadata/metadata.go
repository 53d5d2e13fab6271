// Package metadata is the instance metadata service of one EC2 instance, version 2 only: it hands out the credentials of the instance's
// role to whoever presents a session token. It knows no other metadata, and makes no credentials itself.
package metadata

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Config is one instance.
type Config struct {
	// Role is the name of the instance's role. Required.
	Role string
	// Region is where the instance is. Required.
	Region string
	// Credentials gives the role's credentials, with their expiry, each time somebody asks. Required.
	Credentials aws.CredentialsProvider
}

// Service is a running metadata service.
type Service struct {
	config Config
	server *http.Server
	url    string

	mu     sync.Mutex
	tokens map[string]time.Time
	given  int
}

// Serve starts the service on a free loopback port. The caller stops it.
func Serve(config Config) (*Service, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("serve instance metadata: %w", err)
	}
	s := &Service{config: config, url: "http://" + listener.Addr().String(), tokens: map[string]time.Time{}}
	s.server = &http.Server{Handler: s.handler(), ReadHeaderTimeout: 10 * time.Second}
	go s.server.Serve(listener)
	return s, nil
}

// URL is what AWS_EC2_METADATA_SERVICE_ENDPOINT is set to.
func (s *Service) URL() string { return s.url }

// Given returns how often credentials were handed out.
func (s *Service) Given() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.given
}

// Stop ends the service.
func (s *Service) Stop() error { return s.server.Close() }

const (
	lifetimeHeader = "X-aws-ec2-metadata-token-ttl-seconds"
	tokenHeader    = "X-aws-ec2-metadata-token"
	credentials    = "/latest/meta-data/iam/security-credentials/"
	// longest is the longest life of a token, in seconds.
	longest = 21600
)

// handler answers as the service of an instance with HttpTokens "required" does.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html
func (s *Service) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("PUT /latest/api/token", s.token)
	get := func(path string, answer http.HandlerFunc) {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
			if !s.valid(r.Header.Get(tokenHeader)) {
				http.Error(w, "a valid "+tokenHeader+" is required", http.StatusUnauthorized)
				return
			}
			answer(w, r)
		})
	}
	get("/latest/meta-data/placement/region", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, s.config.Region) })
	get(credentials+"{$}", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, s.config.Role) })
	get(credentials+"{role}", s.credentials)
	return mux
}

// token makes a session token. Requests that came through a proxy get none.
func (s *Service) token(w http.ResponseWriter, r *http.Request) {
	seconds, err := strconv.Atoi(r.Header.Get(lifetimeHeader))
	switch {
	case r.Header.Get("X-Forwarded-For") != "":
		http.Error(w, "requests of proxies get no token", http.StatusForbidden)
		return
	case err != nil || seconds < 1 || seconds > longest:
		http.Error(w, fmt.Sprintf("%s: found %q, expected 1 to %d", lifetimeHeader, r.Header.Get(lifetimeHeader), longest), http.StatusBadRequest)
		return
	}
	token := rand.Text()
	s.mu.Lock()
	s.tokens[token] = time.Now().Add(time.Duration(seconds) * time.Second)
	s.mu.Unlock()
	w.Header().Set(lifetimeHeader, strconv.Itoa(seconds))
	fmt.Fprint(w, token)
}

func (s *Service) valid(token string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Now().Before(s.tokens[token])
}

func (s *Service) credentials(w http.ResponseWriter, r *http.Request) {
	if r.PathValue("role") != s.config.Role {
		http.NotFound(w, r)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), 10*time.Second)
	defer cancel()
	c, err := s.config.Credentials.Retrieve(ctx)
	if err != nil {
		http.Error(w, strings.TrimSpace("no credentials: "+err.Error()), http.StatusInternalServerError)
		return
	}
	s.mu.Lock()
	s.given++
	s.mu.Unlock()
	w.Header().Set("Content-Type", "text/plain")
	_ = json.NewEncoder(w).Encode(map[string]string{
		"Code": "Success", "Type": "AWS-HMAC", "LastUpdated": time.Now().UTC().Format(time.RFC3339),
		"AccessKeyId": c.AccessKeyID, "SecretAccessKey": c.SecretAccessKey, "Token": c.SessionToken,
		"Expiration": c.Expires.UTC().Format(time.RFC3339),
	})
}
