// Package identity keeps who has which access key: the sessions of roles. It decides nothing, and verifies no signature.
package identity

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/base64"
	"strings"
	"sync"
	"time"

	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy"
)

// Session is a session of a role, with its credentials.
type Session struct {
	// Role is the ARN of the role, RoleID its unique ID, and Name that of the session.
	Role, RoleID, Name string
	// Administrator says that the session has every permission of its account, whatever the stacks say of the role.
	Administrator bool
	// Policies are those that were passed for the session. None: it has all permissions of the role.
	Policies []*policy.Document
	// Tags are those of the session, and Transitive the keys of those that it passes on.
	Tags       map[string]string
	Transitive []string
	// SourceIdentity is whom the session is for. "" if nobody said.
	SourceIdentity string
	// Issued and Expires are from when to when it is valid.
	Issued, Expires time.Time

	// AccessKeyID, Secret and Token are its credentials.
	AccessKeyID, Secret, Token string
}

// Account is the account of the session.
func (s *Session) Account() string { return arn.Account(s.Role) }

// ARN is the ARN of the session.
func (s *Session) ARN() string {
	a, _ := arn.Parse(s.Role)
	a.Service, a.Resource = "sts", "assumed-role/"+s.Role[strings.LastIndexByte(s.Role, '/')+1:]+"/"+s.Name
	return a.String()
}

// UserID is the unique ID of the session, which policies know as aws:userid.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
func (s *Session) UserID() string { return s.RoleID + ":" + s.Name }

// Sessions are all sessions. The zero value has none. It is safe for use by several goroutines.
type Sessions struct {
	mutex sync.RWMutex
	byKey map[string]*Session
}

// Add gives a session credentials, and keeps it. It forgets sessions that ended more than a day before.
func (all *Sessions) Add(s Session) *Session {
	s.AccessKeyID, s.Secret, s.Token = "ASIA"+random32(10), base64.RawStdEncoding.EncodeToString(random(30)), base64.StdEncoding.EncodeToString(random(90))
	all.mutex.Lock()
	defer all.mutex.Unlock()
	if all.byKey == nil {
		all.byKey = map[string]*Session{}
	}
	for key, old := range all.byKey {
		if s.Issued.Sub(old.Expires) > 24*time.Hour {
			delete(all.byKey, key)
		}
	}
	all.byKey[s.AccessKeyID] = &s
	return &s
}

// Find is the session of an access key. Nil for none. It must not be changed.
func (all *Sessions) Find(accessKeyID string) *Session {
	all.mutex.RLock()
	defer all.mutex.RUnlock()
	return all.byKey[accessKeyID]
}

// Forget forgets all sessions but those of administrators.
func (all *Sessions) Forget() {
	all.mutex.Lock()
	defer all.mutex.Unlock()
	for key, one := range all.byKey {
		if !one.Administrator {
			delete(all.byKey, key)
		}
	}
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) // never fails
	return b
}

// random32 has 16 characters for 10 bytes.
func random32(n int) string { return base32.StdEncoding.EncodeToString(random(n)) }
