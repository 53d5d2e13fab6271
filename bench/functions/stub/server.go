package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/crossgrant/crossgrant/bench/functions/stubapi"
)

type (
	behaviour = stubapi.Behaviour
	counts    = stubapi.Counts
)

type server struct {
	mutex    sync.RWMutex // guards the behaviour
	set      behaviour
	counters [operations]atomic.Int64
	writes   atomic.Uint64
	refused  atomic.Int64
	copied   keySet
	limits   prefixLimits
	trails   trailFiles
}

type operation int

const (
	other operation = iota
	assumeRole
	listObjects
	headObject
	getObject
	getTagging
	copyObject
	createUpload
	copyPart
	completeUpload
	abortUpload
	listParts
	listUploads
	scan
	operations
)

func (o operation) String() string {
	return [...]string{"Other", "AssumeRole", "ListObjectsV2", "HeadObject", "GetObject", "GetObjectTagging", "CopyObject", "CreateMultipartUpload",
		"UploadPartCopy", "CompleteMultipartUpload", "AbortMultipartUpload", "ListParts", "ListMultipartUploads", "Scan"}[o]
}

// isWrite says that S3 counts an operation towards the writes of a prefix.
func (o operation) isWrite() bool { return o == copyObject || o >= createUpload && o <= abortUpload }

func newServer() *server { return &server{} }

func operationOf(r request) operation {
	switch {
	case r.target != "":
		return scan
	case r.method == http.MethodPost && strings.HasPrefix(string(r.body), "Action=AssumeRole"):
		return assumeRole
	case r.method == http.MethodHead:
		return headObject
	case r.method == http.MethodGet && has(r.query, "list-type"):
		return listObjects
	case r.method == http.MethodGet && has(r.query, "tagging"):
		return getTagging
	case r.method == http.MethodGet && has(r.query, "uploadId"):
		return listParts
	case r.method == http.MethodGet && has(r.query, "uploads"):
		return listUploads
	case r.method == http.MethodGet:
		return getObject
	case r.method == http.MethodPut && has(r.query, "partNumber"):
		return copyPart
	case r.method == http.MethodPut && r.copySource != "":
		return copyObject
	case r.method == http.MethodPost && has(r.query, "uploads"):
		return createUpload
	case r.method == http.MethodPost && has(r.query, "uploadId"):
		return completeUpload
	case r.method == http.MethodDelete:
		return abortUpload
	}
	return other
}

// has says that a query has a parameter.
func has(query, name string) bool {
	for part := range strings.SplitSeq(query, "&") {
		if key, _, _ := strings.Cut(part, "="); key == name {
			return true
		}
	}
	return false
}

func (s *server) serve(r request) response {
	if r.path == "/_stub" {
		return s.control(r)
	}
	s.mutex.RLock()
	set := s.set
	s.mutex.RUnlock()
	op := operationOf(r)
	s.counters[op].Add(1)
	wait := time.Duration(set.LatencyMs) * time.Millisecond
	if op.isWrite() && s.throttled(set, r.path) {
		s.refused.Add(1)
		time.Sleep(wait)
		return failed(http.StatusServiceUnavailable, "SlowDown", "Please reduce your request rate.")
	}
	if set.CopyBytesPerSecond > 0 {
		wait += time.Duration(float64(copiedBytes(set, op, r)) / float64(set.CopyBytesPerSecond) * float64(time.Second))
	}
	if wait > 0 {
		time.Sleep(wait)
	}
	switch op {
	case assumeRole:
		return session()
	case scan:
		return scanned(set, r)
	case other:
		return failed(http.StatusNotImplemented, "NotImplemented", "The stub does not know this request.")
	case getObject:
		return s.trails.get(set.Records, r)
	case copyObject, completeUpload:
		s.copied.add(r.path)
	}
	return store(set, op, r)
}

// throttled says whether a write is answered with SlowDown, by chance or because its prefix is at its limit.
func (s *server) throttled(set behaviour, path string) bool {
	if set.Throttle > 0 && float64(mix(set.Seed+s.writes.Add(1)))/(1<<64) < set.Throttle {
		return true
	}
	if set.WritesPerSecond == 0 {
		return false
	}
	return !s.limits.take(path[:strings.LastIndexByte(path, '/')+1], set.WritesPerSecond)
}

// mix is splitmix64: the n-th write of a seed has the same fate in each run.
func mix(x uint64) uint64 {
	x *= 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// prefixLimits are token buckets by prefix, each of a twentieth of a second.
type prefixLimits struct {
	mutex   sync.Mutex
	buckets map[string]*tokens
}

type tokens struct {
	left float64
	at   time.Time
}

func (l *prefixLimits) take(prefix string, rate float64) bool {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	now, burst := time.Now(), rate/20
	t := l.buckets[prefix]
	if t == nil {
		if l.buckets == nil {
			l.buckets = map[string]*tokens{}
		}
		t = &tokens{burst, now}
		l.buckets[prefix] = t
	}
	t.left = min(burst, t.left+now.Sub(t.at).Seconds()*rate)
	t.at = now
	if t.left < 1 {
		return false
	}
	t.left--
	return true
}

// keySet counts keys by their numbers.
type keySet struct {
	mutex sync.Mutex
	seen  map[string]struct{}
}

func (k *keySet) add(path string) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if k.seen == nil {
		k.seen = map[string]struct{}{}
	}
	k.seen[path] = struct{}{}
}

func (s *server) control(r request) response {
	if r.method == http.MethodPost {
		var set behaviour
		if err := json.Unmarshal(r.body, &set); err != nil {
			return failed(http.StatusBadRequest, "BadBehaviour", err.Error())
		}
		s.mutex.Lock()
		s.set = set
		s.mutex.Unlock()
		for i := range s.counters {
			s.counters[i].Store(0)
		}
		s.writes.Store(0)
		s.refused.Store(0)
		s.copied = keySet{}
		s.limits = prefixLimits{}
		s.trails.prepare(set.Records)
	}
	now := counts{Requests: map[string]int{}, Throttled: int(s.refused.Load())}
	for op := range operations {
		if n := s.counters[op].Load(); n > 0 {
			now.Requests[op.String()] = int(n)
		}
	}
	s.copied.mutex.Lock()
	now.Copied = len(s.copied.seen)
	s.copied.mutex.Unlock()
	body, err := json.Marshal(now)
	if err != nil {
		return failed(http.StatusInternalServerError, "BadCounts", err.Error())
	}
	return response{http.StatusOK, "Content-Type: application/json\r\n", body}
}
