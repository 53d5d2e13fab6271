package trailing

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/crossgrant/crossgrant/lambda/internal/event"
	"github.com/crossgrant/crossgrant/lambda/internal/identifier"
	"github.com/crossgrant/crossgrant/lambda/internal/s3keys"
)

// logs is the folder below an account's that has a folder a region.
const logs = "CloudTrail/"

// bases returns the granted folders [PREFIX/]AWSLogs/[ORGANIZATION/]ACCOUNT/CloudTrail/, or those of one account.
//
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html
func (g Grant) bases(account string) (bases []string, err error) {
	if account != "" && !identifier.IsAccountID(account) {
		return nil, &event.Invalid{Field: `field "account"`, Found: event.Quote(account), Expected: "12 digits"}
	}
	granted := 0
	for _, prefix := range g.Prefixes {
		if prefix != logs && !strings.HasSuffix(prefix, "/"+logs) {
			continue
		}
		granted++
		if account == "" || strings.HasSuffix("/"+prefix, "/"+account+"/"+logs) {
			bases = append(bases, prefix)
		}
	}
	switch {
	case granted == 0:
		return nil, &event.Invalid{Field: `field "from"`, Found: "no granted prefix that ends in CloudTrail/ (granted: " + quoted(g.Prefixes) + ")",
			Expected: `"prefix" or "key" next to it, such as {"prefix":"AWSLogs/ACCOUNT/CloudTrail/REGION/2016/08/25/"}`}
	case len(bases) == 0:
		return nil, &event.Invalid{Field: `field "account"`, Found: event.Quote(account), Expected: "an account of the granted prefixes " + quoted(g.Prefixes)}
	}
	slices.Sort(bases)
	return slices.Compact(bases), nil
}

// folder is what CloudTrail delivers in one region on one day.
type folder struct{ day, base, region string }

func (f folder) prefix() string { return f.base + f.region + "/" + f.day + "/" }

// compare orders folders by day, so that a range is answered in its order.
func (f folder) compare(g folder) int {
	return cmp.Or(cmp.Compare(f.day, g.day), cmp.Compare(f.base, g.base), cmp.Compare(f.region, g.region))
}

// folderOf undoes prefix for a key of one of the bases.
func folderOf(key string, bases []string) (folder, bool) {
	for _, base := range slices.Backward(bases) { // the longer one of two that lie in each other
		rest, ok := strings.CutPrefix(key, base)
		if !ok {
			continue
		}
		name, rest, _ := strings.Cut(rest, "/")
		if len(rest) > 10 && identifier.IsRegion(name) && isDay(rest[:10]) && rest[10] == '/' {
			return folder{rest[:10], base, name}, true
		}
	}
	return folder{}, false
}

// isDay reports whether a text has the form YYYY/MM/DD.
func isDay(text string) bool {
	parts := strings.Split(text, "/")
	return len(parts) == 3 && len(parts[0]) == 4 && len(parts[1]) == 2 && len(parts[2]) == 2 && identifier.IsDigits(parts[0]+parts[1]+parts[2])
}

// days returns the folders of the days on which CloudTrail may have delivered events of the range: "typically within an average of
// about 5 minutes", without a guarantee. Nothing is delivered after now.
//
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html
func days(s span, late time.Duration, now time.Time) (names []string) {
	last := s.to.Add(late)
	if now = now.Add(early); now.Before(last) {
		last = now
	}
	for day := midnight(s.from.Add(-early)); !day.After(last); day = day.AddDate(0, 0, 1) {
		names = append(names, day.Format("2006/01/02"))
	}
	return names
}

func midnight(at time.Time) time.Time { return at.UTC().Truncate(24 * time.Hour) }

func quoted(prefixes []string) string {
	if len(prefixes) == 0 {
		return "the whole bucket"
	}
	return s3keys.Quoted(prefixes)
}

// foldersOf returns every folder of the range, in order.
func foldersOf(days []string, regions map[string][]string) (all []folder) {
	for base, names := range regions {
		for _, name := range names {
			for _, day := range days {
				all = append(all, folder{day, base, name})
			}
		}
	}
	slices.SortFunc(all, folder.compare)
	return all
}

// regionOf returns the region of a folder below a base.
func regionOf(base, prefix string) (string, error) {
	name := strings.TrimSuffix(strings.TrimPrefix(prefix, base), "/")
	if name == "" || strings.Contains(name, "/") {
		return "", fmt.Errorf("list the regions of %s: found the folder %q below it", base, prefix)
	}
	return name, nil
}
