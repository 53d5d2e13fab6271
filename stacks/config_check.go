package stacks

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/regioninfo"

	"github.com/crossgrant/crossgrant/constructs/network"
	"github.com/crossgrant/crossgrant/constructs/workload"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/arn"
)

// checkRegion checks that a region exists, as far as this version of CDK knows.
func (r *reader) checkRegion(region string) {
	if !contract.IsRegion(region) {
		return // which is a problem already
	}
	known := *regioninfo.RegionInfo_RegionMap(regioninfo.FactName_DOMAIN_SUFFIX())
	if known[region] != nil {
		return
	}
	expected := "a region that this version of the CDK knows"
	if nearest := nearest(region, slices.Sorted(maps.Keys(known))); nearest != "" {
		expected += ": did you mean " + nearest + "?"
	}
	r.problem("region", describe(region), expected)
}

// checkTogether checks values that depend on each other.
func (r *reader) checkTogether(c Config) {
	if c.SourceAccount != "" && c.SourceAccount == c.TargetAccount {
		r.problem("targetAccount", describe(c.TargetAccount)+", the same as sourceAccount", "another account")
	}
	if len(c.AvailabilityZones) == 1 {
		r.problem("availabilityZones", describe(c.AvailabilityZones), "2 or more zones")
	}
	for _, z := range c.AvailabilityZones {
		if c.Region != "" && network.IsZone(z) && z[:len(z)-1] != c.Region {
			r.problem("availabilityZones", describe(z), "zones of region "+c.Region+", such as "+c.Region+"a")
		}
	}
}

// maxKey is the longest key of an object, in bytes. maxPrefixes limits all prefixes together, because they are part of the function's
// environment, which has 4 KB.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const (
	maxKey      = 1024
	maxPrefixes = 2048
)

func (r *reader) checkPrefixes(prefixes []string) {
	total := 0
	for _, p := range prefixes {
		if total += len(p); len(p) > maxKey {
			r.problem("prefixes", fmt.Sprintf("one of %d bytes", len(p)), fmt.Sprintf("%d at most, the length of a key", maxKey))
		}
	}
	if total > maxPrefixes {
		r.problem("prefixes", fmt.Sprintf("%d bytes in all", total), fmt.Sprintf("%d at most", maxPrefixes))
	}
}

// checkOverlaps checks that no value is a part of another, which would have no effect beside it.
func (r *reader) checkOverlaps(key string, values []string, part string, is func(s, part string) bool) {
	for _, one := range values {
		for _, other := range values {
			if one != "" && one != other && is(other, one) {
				r.problem(key, fmt.Sprintf("%s, which is %s of %s", describe(one), part, describe(other)), "only the shorter one, which has all keys of the longer one, or neither")
			}
		}
	}
}

// checkEffects checks that every setting has an effect on the workloads that are deployed, except one that has its default value.
func (r *reader) checkEffects(c Config) {
	if r.isWrong("workloads") {
		return
	}
	defaults, c := Config{Region: c.Region}.withDefaults(), c.withDefaults()
	copies, assumes := []Workload{Copy}, []Workload{List, Scan, Copy, Trail, Instance}
	if c.EventsTo == EventsCopy {
		copies = append(copies, Events)
	} else {
		assumes = append(assumes, Events)
	}
	functions, buckets := []Workload{List, Scan, Copy, Trail, Events}, []Workload{List, Copy, Trail, Instance, Events}
	created := buckets // by the workloads that have one which the app creates
	if c.DataBucket != "" || c.TrailBucket != "" {
		created = c.createdBuckets()
	}
	for _, s := range []struct {
		key     string
		differs bool
		on      []Workload
	}{
		{"prefixes", !slices.Equal(c.Prefixes, defaults.Prefixes), []Workload{List, Copy, Events}},
		{"architecture", c.Architecture != defaults.Architecture, functions},
		{"alarmEmails", len(c.AlarmEmails) > 0 && c.Egress != network.NATInstance, functions},
		{"imageId", c.ImageID != "" && c.Egress != network.NATInstance, []Workload{Instance}},
		{"copyPartMiB", c.CopyPartMiB != defaults.CopyPartMiB, copies},
		{"copyScale", c.CopyScale != defaults.CopyScale, []Workload{Copy}},
		{"dataBucket", c.DataBucket != "", []Workload{List, Copy, Events}},
		{"table", c.Table != "", []Workload{Scan}},
		{"trailBucket", c.TrailBucket != "", []Workload{Trail}},
		{"createTrail", c.CreateTrail, []Workload{Trail}},
		{"trailLogDays", c.TrailLogDays != defaults.TrailLogDays, []Workload{Trail}},
		{"sessionManager", r.context["sessionManager"] != nil && !c.SessionManager, []Workload{Instance}},
		{"apiAuthorization", c.APIAuthorization != defaults.APIAuthorization, []Workload{Scan}},
		{"apiPath", c.APIPath != defaults.APIPath, []Workload{Scan}},
		{"apiOrigins", len(c.APIOrigins) > 0, []Workload{Scan}},
		{"eventsTo", c.EventsTo != defaults.EventsTo, []Workload{Events}},
		{"eventSuffixes", len(c.EventSuffixes) > 0, []Workload{Events}},
		{"perimeter", c.Perimeter != defaults.Perimeter, buckets},
		{"externalId", c.ExternalID != "", assumes},
		{"sessionSeconds", c.SessionSeconds != defaults.SessionSeconds, assumes},
		{"noncurrentVersionDays", c.NoncurrentVersionDays != defaults.NoncurrentVersionDays, created},
		{"incompleteUploadDays", c.IncompleteUploadDays != defaults.IncompleteUploadDays, created},
	} {
		if s.differs && !c.has(s.on...) && !r.isWrong(s.key) {
			r.problem(s.key, describe(r.context[s.key])+", which has no effect on "+join(c.Workloads), "one of the workloads "+join(s.on)+", or no "+s.key)
		}
	}
}

// checkCopyScale checks that what only the state machine takes is not set without it.
func (r *reader) checkCopyScale(c Config) {
	if c.CopyScale == CopyDistributedMap {
		return
	}
	for key, differs := range map[string]bool{
		"copyInventory":        c.CopyInventory != "" && c.CopyInventory != workload.NoInventory,
		"copyConcurrency":      c.CopyConcurrency != 0 && c.CopyConcurrency != Config{}.withDefaults().CopyConcurrency,
		"copySchedule":         c.CopySchedule != "",
		"copyToleratedPercent": c.CopyToleratedPercent != defaultTolerated,
	} {
		if differs && !r.isWrong(key) && !r.isWrong("copyScale") {
			r.problem(key, describe(r.context[key])+", which has no effect with copyScale function", "copyScale distributedMap, or no "+key)
		}
	}
}

// isWrong reports whether a key has a problem already.
func (r *reader) isWrong(key string) bool {
	return slices.ContainsFunc(r.problems, func(p string) bool { return strings.HasPrefix(p, key+": ") })
}

// join returns the names of workloads, separated by commas.
func join(workloads []Workload) string {
	var names []string
	for _, w := range workloads {
		names = append(names, string(w))
	}
	return strings.Join(names, ", ")
}

// checkPerimeter checks the administrators, whom only a perimeter on buckets takes.
func (r *reader) checkPerimeter(c Config) {
	if c.Perimeter == BucketPerimeter && len(c.Administrators) == 0 {
		r.problem("administrators", "none", "the ARN of at least one role or user of the target account with perimeter bucket: without one, nobody could repair the data from outside the perimeter")
	}
	if c.Perimeter != BucketPerimeter && len(c.Administrators) > 0 {
		r.problem("administrators", describe(c.Administrators), "none without perimeter bucket: nothing else is denied to anybody")
	}
	for _, a := range c.Administrators {
		if c.TargetAccount != "" && arn.Account(a) != c.TargetAccount {
			r.problem("administrators", describe(a), "one of the target account "+c.TargetAccount)
		}
	}
}
