package stacks

import (
	"strings"
	"time"

	"github.com/crossgrant/crossgrant/constructs/crossaccount"
	"github.com/crossgrant/crossgrant/constructs/workload"
)

// lower is an id as it is part of names.
func lower(id string) string { return strings.ToLower(id) }

// addList adds the function that lists the bucket.
func (s *source) addList() {
	list := s.function("List", workload.GoFunctionProps{Package: listPackage})
	s.vpc.AllowSTSFrom(list)
	s.grant("List", list, crossaccount.AssumeRole, crossaccount.ReadBucket(s.target.bucket, s.Prefixes...))
}

// addScan adds the function that scans the table, and its API.
func (s *source) addScan() {
	scan := s.function("Scan", workload.GoFunctionProps{Package: scanPackage})
	s.vpc.AllowSTSFrom(scan)
	s.grant("Scan", scan, crossaccount.AssumeRole, crossaccount.ReadTable(s.target.table))
	props := s.itemsAPI()
	props.Function, props.LogRetention, props.RemovalPolicy = scan, s.retention(), s.RemovalPolicy.cdk()
	api := workload.NewFunctionAPI(s.stack, "Items", props)
	output(s.stack, "ItemsUrl", api.URL())
	output(s.stack, "ItemsArn", api.ARN())
}

// addTrail adds the function that reads the target account's CloudTrail logs.
func (s *source) addTrail() {
	trail := s.function("Trail", workload.GoFunctionProps{
		Package: trailPackage, Timeout: 5 * time.Minute, MemoryMiB: 512, DeadLetters: s.letters("Trail"),
	})
	s.vpc.AllowSTSFrom(trail)
	s.grant("Trail", trail, crossaccount.AssumeRole, crossaccount.ReadBucket(s.target.trail.Bucket(), s.target.trail.Prefix()))
}
