package stacks

import (
	"strconv"
	"time"

	"github.com/crossgrant/crossgrant/constructs/crossaccount"
	"github.com/crossgrant/crossgrant/constructs/workload"
	"github.com/crossgrant/crossgrant/contract"
)

// longest is the longest invocation of a function.
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const longest = 15 * time.Minute

// addCopy adds a bucket, and the function that copies its objects into the target account's.
func (s *source) addCopy() {
	origin := s.data.bucket("Origin", "origin")
	output(s.stack, "OriginBucketName", origin.BucketName())
	function := s.function("Copy", s.copying(longest, s.letters("Copy")))
	s.vpc.AllowSTSFrom(function)
	s.grant("Copy", function, crossaccount.AssumeRole, crossaccount.CopyIntoBucket(origin, s.target.bucket, s.Prefixes...))
}

// copying is a function of the copy engine. S3 copies by itself: the function needs no memory for the data.
func (s *source) copying(timeout time.Duration, letters *workload.DeadLetters) workload.GoFunctionProps {
	return workload.GoFunctionProps{
		Package: copyPackage, Timeout: timeout, MemoryMiB: 512, DeadLetters: letters,
		Environment: map[string]string{contract.VariableCopyPartMiB: strconv.Itoa(s.CopyPartMiB)},
	}
}
