// Package imds serves the instance metadata of one EC2 instance by IMDSv2: its region, and the credentials of its role. It has no other
// metadata and does not create credentials.
package imds

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

// Config configures a Server.
type Config struct {
	// Role is the name of the instance's role. Required.
	Role string
	// Region is where the instance is. Required.
	Region string
	// Credentials provides the role's credentials and their expiry, anew for each request. Required.
	Credentials aws.CredentialsProvider
}

// Server is a running metadata service. It is safe for concurrent use.
type Server struct {
	config Config
	server *http.Server
	url    string

	mu     sync.Mutex
	tokens map[string]time.Time // expiry by token
}

// Serve starts the service on a free loopback port. The caller must call Stop.
func Serve(config Config) (*Server, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("serve instance metadata: %w", err)
	}
	s := &Server{config: config, url: "http://" + listener.Addr().String(), tokens: map[string]time.Time{}}
	s.server = &http.Server{Handler: s.handler(), ReadHeaderTimeout: 10 * time.Second}
	go s.server.Serve(listener)
	return s, nil
}

// URL returns the value for AWS_EC2_METADATA_SERVICE_ENDPOINT.
func (s *Server) URL() string { return s.url }

// Stop stops the service.
func (s *Server) Stop() error { return s.server.Close() }

const (
	lifetimeHeader = "X-aws-ec2-metadata-token-ttl-seconds"
	tokenHeader    = "X-aws-ec2-metadata-token"
	credentials    = "/latest/meta-data/iam/security-credentials/"
	// maxLifetime is the longest lifetime of a token, in seconds.
	maxLifetime = 21600
)

// handler responds as the service of an instance whose HttpTokens is "required".
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html
func (s *Server) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("PUT /latest/api/token", s.token)
	get := func(path string, respond http.HandlerFunc) {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
			if !s.valid(r.Header.Get(tokenHeader)) {
				http.Error(w, "a valid "+tokenHeader+" is required", http.StatusUnauthorized)
				return
			}
			respond(w, r)
		})
	}
	get("/latest/meta-data/placement/region", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, s.config.Region) })
	get(credentials+"{$}", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, s.config.Role) })
	get(credentials+"{role}", s.credentials)
	return mux
}

// token creates a session token. Requests through a proxy get none.
func (s *Server) token(w http.ResponseWriter, r *http.Request) {
	seconds, err := strconv.Atoi(r.Header.Get(lifetimeHeader))
	switch {
	case r.Header.Get("X-Forwarded-For") != "":
		http.Error(w, "a request through a proxy gets no token", http.StatusForbidden)
		return
	case err != nil || seconds < 1 || seconds > maxLifetime:
		http.Error(w, fmt.Sprintf("%s: found %q, expected 1 to %d", lifetimeHeader, r.Header.Get(lifetimeHeader), maxLifetime), http.StatusBadRequest)
		return
	}
	token := rand.Text()
	s.mu.Lock()
	s.tokens[token] = time.Now().Add(time.Duration(seconds) * time.Second)
	s.mu.Unlock()
	w.Header().Set(lifetimeHeader, strconv.Itoa(seconds))
	fmt.Fprint(w, token)
}

func (s *Server) valid(token string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Now().Before(s.tokens[token])
}

func (s *Server) credentials(w http.ResponseWriter, r *http.Request) {
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
	w.Header().Set("Content-Type", "text/plain")
	_ = json.NewEncoder(w).Encode(map[string]string{
		"Code": "Success", "Type": "AWS-HMAC", "LastUpdated": time.Now().UTC().Format(time.RFC3339),
		"AccessKeyId": c.AccessKeyID, "SecretAccessKey": c.SecretAccessKey, "Token": c.SessionToken,
		"Expiration": c.Expires.UTC().Format(time.RFC3339),
	})
}
