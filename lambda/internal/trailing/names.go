package trailing

import (
	"strings"
	"time"
)

// kind is what a key says an object is.
type kind int

const (
	logFile kind = iota
	digest
	other
)

// String names the kind.
func (k kind) String() string {
	return [...]string{"a log file", "a digest file, which holds hashes and no events", "a key that is no log file's"}[k]
}

// kindOf tells log files from digests and from what else may lie in a bucket, such as a folder's marker. Log files of Insights and of
// network activity, which lie in folders of their own beside CloudTrail/, have the same form and are read as well.
//
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/insights-events-understanding.html
func kindOf(key string) kind {
	switch {
	case strings.Contains(key, "/CloudTrail-Digest/"), strings.Contains(key, "_CloudTrail-Digest_"):
		return digest
	case strings.HasSuffix(key, ".json.gz"):
		return logFile
	}
	return other
}

// deliveredAt returns the minute in a log file's name, ACCOUNT_CloudTrail_REGION_YYYYMMDDTHHmmZ_UNIQUE.json.gz: when the file was delivered.
//
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-examples.html
func deliveredAt(key string) (time.Time, bool) {
	const form = "_20060102T1504Z"
	name, isLog := strings.CutSuffix(key, ".json.gz")
	unique := strings.LastIndexByte(name, '_')
	if !isLog || unique < len(form) || strings.Contains(name[unique:], "/") {
		return time.Time{}, false
	}
	at, err := time.Parse(form, name[unique-len(form):unique])
	return at, err == nil
}

// early is how far the time in a file's name may lie before that of an event in it. A file holds events from before its delivery
// only; the name has no seconds, and the two clocks are those of different hosts.
const early = 15 * time.Minute

// mayHold reports whether, by its name, a file may hold events of the range. late is how long after the range's end files are read;
// negative is for ever. A name without a time may hold any.
func (s span) mayHold(key string, late time.Duration) bool {
	at, ok := deliveredAt(key)
	if !ok {
		return true
	}
	return !at.Add(early).Before(s.from) && (late < 0 || s.to.IsZero() || !at.After(s.to.Add(late)))
}
