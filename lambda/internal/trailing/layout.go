package trailing

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/crossgrant/crossgrant/lambda/internal/event"
	"github.com/crossgrant/crossgrant/lambda/internal/failure"
	"github.com/crossgrant/crossgrant/lambda/internal/identifier"
	"github.com/crossgrant/crossgrant/lambda/internal/s3keys"
)

// Grant is what the role may read.
type Grant struct {
	// RoleARN is the trusted role; messages name it.
	RoleARN string
	// Bucket is the name of the bucket.
	Bucket string
	// Prefixes are the granted prefixes; empty means the whole bucket.
	Prefixes []string
}

// check returns an error for a name outside of the granted prefixes.
func (g Grant) check(field, name string) error {
	if s3keys.Covers(s3keys.Merge(g.Prefixes), name) {
		return nil
	}
	return &failure.Failure{Status: http.StatusForbidden, Message: fmt.Sprintf(
		"%s %q is outside of what role %s may read; the granted prefixes are %s", field, name, g.RoleARN, quoted(g.Prefixes))}
}

func quoted(prefixes []string) string {
	if len(prefixes) == 0 {
		return "the whole bucket"
	}
	return s3keys.Quoted(prefixes)
}

// trailPrefix ends the prefix of an account, below which each region has a prefix.
const trailPrefix = "CloudTrail/"

// accounts returns the granted prefixes of accounts, [PREFIX/]AWSLogs/[ORGANIZATION/]ACCOUNT/CloudTrail/, or those of one account.
//
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html
func (g Grant) accounts(account string) (prefixes []string, err error) {
	if account != "" && !identifier.IsAccountID(account) {
		return nil, &event.Invalid{Field: `field "account"`, Found: event.Quote(account), Expected: "12 digits"}
	}
	granted := 0
	for _, prefix := range g.Prefixes {
		if prefix != trailPrefix && !strings.HasSuffix(prefix, "/"+trailPrefix) {
			continue
		}
		granted++
		if account == "" || strings.HasSuffix("/"+prefix, "/"+account+"/"+trailPrefix) {
			prefixes = append(prefixes, prefix)
		}
	}
	switch {
	case granted == 0:
		return nil, &event.Invalid{Field: `field "from"`, Found: "no granted prefix that ends in CloudTrail/ (granted: " + quoted(g.Prefixes) + ")",
			Expected: `"prefix" or "key" next to it, such as {"prefix":"AWSLogs/ACCOUNT/CloudTrail/REGION/2016/08/25/"}`}
	case len(prefixes) == 0:
		return nil, &event.Invalid{Field: `field "account"`, Found: event.Quote(account), Expected: "an account of the granted prefixes " + quoted(g.Prefixes)}
	}
	slices.Sort(prefixes)
	return slices.Compact(prefixes), nil
}

// dayPrefix is the prefix of what CloudTrail delivers in one account and region on one day, YYYY/MM/DD.
type dayPrefix struct{ day, account, region string }

// String returns the prefix.
func (d dayPrefix) String() string { return d.account + d.region + "/" + d.day + "/" }

// compare orders by day, so that a range is answered in order of time.
func (d dayPrefix) compare(other dayPrefix) int {
	return cmp.Or(cmp.Compare(d.day, other.day), cmp.Compare(d.account, other.account), cmp.Compare(d.region, other.region))
}

// dayPrefixOf returns the prefix of a key below one of the prefixes of accounts.
func dayPrefixOf(key string, accounts []string) (dayPrefix, bool) {
	for _, account := range slices.Backward(accounts) { // the longer one of two that contain each other
		rest, ok := strings.CutPrefix(key, account)
		if !ok {
			continue
		}
		name, rest, _ := strings.Cut(rest, "/")
		if len(rest) > 10 && identifier.IsRegion(name) && isDay(rest[:10]) && rest[10] == '/' {
			return dayPrefix{rest[:10], account, name}, true
		}
	}
	return dayPrefix{}, false
}

// dayPrefixes returns all prefixes of days in the regions of each account, in order.
func dayPrefixes(days []string, regions map[string][]string) (all []dayPrefix) {
	for account, names := range regions {
		for _, name := range names {
			for _, day := range days {
				all = append(all, dayPrefix{day, account, name})
			}
		}
	}
	slices.SortFunc(all, dayPrefix.compare)
	return all
}

// regionOf returns the region of a prefix below that of an account.
func regionOf(account, prefix string) (string, error) {
	name := strings.TrimSuffix(strings.TrimPrefix(prefix, account), "/")
	if name == "" || strings.Contains(name, "/") {
		return "", fmt.Errorf("list the regions of %s: found the prefix %q below it", account, prefix)
	}
	return name, nil
}

// isDay reports whether a text has the form YYYY/MM/DD.
func isDay(text string) bool {
	parts := strings.Split(text, "/")
	return len(parts) == 3 && len(parts[0]) == 4 && len(parts[1]) == 2 && len(parts[2]) == 2 && identifier.IsDigits(parts[0]+parts[1]+parts[2])
}

// kind is the kind of an object, by its key.
type kind int

const (
	logFile kind = iota
	digest
	other
)

// String names the kind.
func (k kind) String() string {
	return [...]string{"a log file", "a digest file, which has hashes and no events", "a key that is not a log file's"}[k]
}

// kindOf distinguishes log files, digest files, and other objects such as folder markers. Log files of Insights and of network activity, which
// have prefixes of their own beside CloudTrail/, have the same form and are read too.
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

// timeRange is a range of time, exclusive of its end; a zero time is no bound.
type timeRange struct{ from, to time.Time }

func readTimeRange(object event.Object) (r timeRange, err error) {
	if r.from, err = readTime(object, "from"); err != nil {
		return r, err
	}
	if r.to, err = readTime(object, "to"); err != nil {
		return r, err
	}
	return r, r.check()
}

func (r timeRange) check() error {
	if r.from.IsZero() || r.to.IsZero() || r.from.Before(r.to) {
		return nil
	}
	return &event.Invalid{Field: `field "from"`, Found: r.from.Format(time.RFC3339), Expected: "a time before " + r.to.Format(time.RFC3339) + `, the range's end ("to", or now)`}
}

func readTime(object event.Object, name string) (time.Time, error) {
	text, given, err := object.Text(name, 64)
	if err != nil || !given {
		return time.Time{}, err
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil || at.Year() < 2000 { // before CloudTrail; the year 1 would be no bound
		return time.Time{}, &event.Invalid{Field: fmt.Sprintf("field %q", name), Found: "the string " + event.Quote(text), Expected: "a time such as 2016-08-25T13:00:00Z"}
	}
	return at.UTC(), nil
}

// contains reports whether the time of an event is in the range. Without a bound every event is, even one without a time.
func (r timeRange) contains(eventTime []byte) bool {
	if r.from.IsZero() && r.to.IsZero() {
		return true
	}
	at, err := time.Parse(time.RFC3339, string(eventTime))
	return err == nil && !at.Before(r.from) && (r.to.IsZero() || at.Before(r.to))
}

// early is how long the time in a file's name may be before that of an event in it. A file only has events from before its delivery, but the
// name has no seconds, and the two times are of different clocks.
const early = 15 * time.Minute

// mayContain reports whether, by its name, a file may contain events of the range. late is how long after the end of the range it may have been
// delivered; negative is without limit. A file without a time in its name may contain any event.
func (r timeRange) mayContain(key string, late time.Duration) bool {
	at, ok := deliveredAt(key)
	if !ok {
		return true
	}
	return !at.Add(early).Before(r.from) && (late < 0 || r.to.IsZero() || !at.After(r.to.Add(late)))
}

// days returns the days, YYYY/MM/DD, on which CloudTrail may have delivered events of the range: "typically within an average of about 5
// minutes", without a guarantee. Nothing is delivered after now.
//
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html
func days(r timeRange, late time.Duration, now time.Time) (names []string) {
	last := r.to.Add(late)
	if now = now.Add(early); now.Before(last) {
		last = now
	}
	for day := midnight(r.from.Add(-early)); !day.After(last); day = day.AddDate(0, 0, 1) {
		names = append(names, day.Format("2006/01/02"))
	}
	return names
}

// delivery says which deliveries of CloudTrail an answer to a range has looked at.
type delivery struct {
	// Until is the last one: now, or "lateHours" after the end of the range.
	Until time.Time `json:"until"`
	// MayLackFrom is the time from which on events of the range may be in files that were, or will be, delivered later, at the latest at End. Both are
	// absent if none can be.
	MayLackFrom *time.Time `json:"mayLackFrom,omitempty"`
	End         *time.Time `json:"end,omitempty"`
}

// deliveryOf returns the delivery of a range that was first asked for at asOf.
func deliveryOf(r timeRange, late time.Duration, asOf time.Time) *delivery {
	d := &delivery{Until: r.to.Add(late)}
	if asOf.Before(d.Until) {
		d.Until = asOf
	}
	from, end := d.Until.Add(-latest), r.to.Add(latest)
	if from.Before(r.from) {
		from = r.from
	}
	if from.Before(r.to) {
		d.MayLackFrom, d.End = &from, &end
	}
	return d
}

func midnight(at time.Time) time.Time { return at.UTC().Truncate(24 * time.Hour) }
