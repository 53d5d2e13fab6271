package model

import (
	"fmt"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/accounts"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy"
)

// archives are the storage classes of objects that GetObject does not return before somebody restores them.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
var archives = map[string]bool{"GLACIER": true, "DEEP_ARCHIVE": true}

// Archived are faults of buckets whose lifecycle moves objects that a permission is on to an archive, from which they cannot be read: at once, or after
// some days, when new objects can be read but older ones cannot.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html
func (m *Model) Archived(s contract.Statement) []Fault {
	reads := false
	for _, action := range s.Actions {
		reads = reads || action == "s3:GetObject" || action == "s3:GetObjectVersion"
	}
	if !reads {
		return nil
	}
	f := &archiving{seen: map[string]bool{}}
	for _, resource := range s.Resources {
		a, _ := arn.Parse(resource)
		bucket, keys, _ := strings.Cut(a.Resource, "/")
		for _, r := range m.Assembly.ByARN("arn:" + a.Partition + ":s3:::" + bucket) {
			f.bucket(r, keys)
		}
	}
	return f.all
}

// archiving collects the faults of buckets, each once.
type archiving struct {
	all  []Fault
	seen map[string]bool
}

func (f *archiving) bucket(r *assembly.Resource, keys string) {
	if r.Type != "AWS::S3::Bucket" {
		return
	}
	lifecycle := r.Properties["LifecycleConfiguration"]
	if unknown := text(lifecycle); unknown != "" {
		f.add(r, true, "make its LifecycleConfiguration known", "whether the lifecycle of %s archives objects is not known", accounts.DisplayName(r))
	}
	for _, item := range items(object(lifecycle)["Rules"]) {
		f.rule(r, object(item), keys)
	}
	for _, item := range items(r.Properties["IntelligentTieringConfigurations"]) {
		tiering := object(item)
		if text(tiering["Status"]) != "Disabled" && tiering["Tierings"] != nil && mayShareKeys(text(tiering["Prefix"]), keys) {
			f.add(r, true, "remove Tierings from its IntelligentTieringConfigurations, or restore objects before they are read",
				"%s archives objects %s that nobody has read for a while, if they are in Intelligent-Tiering, and GetObject then ends in InvalidObjectState", accounts.DisplayName(r), keys)
		}
	}
}

// rule adds a fault for a lifecycle rule that archives objects of some keys.
func (f *archiving) rule(r *assembly.Resource, rule map[string]any, keys string) {
	if text(rule["Status"]) == "Disabled" || !mayShareKeys(text(rule["Prefix"]), keys) {
		return
	}
	transitions := items(rule["Transitions"])
	if rule["Transition"] != nil {
		transitions = append(transitions[:len(transitions):len(transitions)], rule["Transition"])
	}
	for _, item := range transitions {
		transition := object(item)
		class := text(transition["StorageClass"])
		if policy.IsKnown(class) && class != "" && !archives[class] {
			continue
		}
		days, known := seconds(transition["TransitionInDays"], -1)
		all := text(rule["Status"]) == "Enabled" && archives[class] && known && days == 0 && policy.IsKnown(text(rule["Prefix"])) &&
			rule["TagFilters"] == nil && rule["ObjectSizeGreaterThan"] == nil && rule["ObjectSizeLessThan"] == nil
		when := "at some time"
		if known && days >= 0 {
			when = fmt.Sprintf("after %g days", days)
		}
		f.add(r, !all, "let the lifecycle rule move them to GLACIER_IR or INTELLIGENT_TIERING, or leave out prefix "+keys+", or restore objects before they are read",
			"a lifecycle rule of %s moves objects %s to %s %s, and GetObject then ends in InvalidObjectState", accounts.DisplayName(r), keys, class, when)
	}
}

func (f *archiving) add(r *assembly.Resource, unknown bool, remedy, format string, arguments ...any) {
	says := policy.Readable(fmt.Sprintf(format, arguments...))
	if !f.seen[says] {
		f.seen[says] = true
		f.all = append(f.all, Fault{Unknown: unknown, Says: says, Remedy: policy.Readable(remedy), Resource: r})
	}
}

// mayShareKeys says that some keys that match a pattern of a permission may begin with a prefix.
func mayShareKeys(prefix, pattern string) bool {
	front := pattern
	if i := strings.IndexAny(pattern, "*?"); i >= 0 {
		front = pattern[:i]
		if strings.HasPrefix(prefix, front) {
			return true
		}
	}
	return !policy.IsKnown(prefix) || !policy.IsKnown(pattern) || strings.HasPrefix(front, prefix)
}
