// Package stubapi is what the stub of AWS is asked to do and what it counts, as JSON over HTTP. It does nothing itself.
package stubapi

// Behaviour is what the stub does, as JSON; POST /_stub sets it and forgets the counts.
type Behaviour struct {
	// LatencyMs of each answer, in milliseconds. Default 0.
	LatencyMs int
	// Buckets by name. A bucket without an entry is empty.
	Buckets map[string]Bucket
	// CopyBytesPerSecond is how fast one request copies: CopyObject and UploadPartCopy take so much longer. Default at once.
	CopyBytesPerSecond int
	// Throttle is the share of writes that are answered with 503 SlowDown, spread by Seed.
	Throttle float64
	Seed     uint64
	// WritesPerSecond is how many writes a second a prefix takes; the others are answered with 503 SlowDown. Default no limit.
	// https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html
	WritesPerSecond float64
	// Items of the table. Default 0.
	Items int
	// Records of each CloudTrail log file. Default 0.
	Records int
}

// Bucket has generated objects of one size, in Prefixes by turns.
type Bucket struct {
	Keys     int
	Size     int64
	Prefixes []string
}

// Counts are the requests since the behaviour was set.
type Counts struct {
	// Requests by operation, throttled ones included.
	Requests map[string]int
	// Throttled requests.
	Throttled int
	// Copied are the objects that were copied, each counted once.
	Copied int
}
