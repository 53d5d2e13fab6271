package assembly

import "strings"

// partition is a part of AWS with regions, ARNs and domains of its own.
type partition struct{ name, suffix string }

// partitionOf tells the partition from how its regions begin; false for a region of which nothing is known.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html and the partitions.json of the AWS SDKs
func partitionOf(region string) (partition, bool) {
	for _, p := range partitions {
		if strings.HasPrefix(region, p.prefix) {
			return p.partition, true
		}
	}
	return partition{}, false
}

var partitions = func() (all []struct {
	prefix string
	partition
}) {
	for _, line := range []struct{ prefixes, name, suffix string }{
		{"cn-", "aws-cn", "amazonaws.com.cn"},
		{"us-gov-", "aws-us-gov", "amazonaws.com"},
		{"us-iso-", "aws-iso", "c2s.ic.gov"},
		{"us-isob-", "aws-iso-b", "sc2s.sgov.gov"},
		{"eu-isoe-", "aws-iso-e", "cloud.adc-e.uk"},
		{"us-isof- eu-isof-", "aws-iso-f", "csp.hci.ic.gov"},
		{"eusc-", "aws-eusc", "amazonaws.eu"},
		{"af- ap- ca- eu- il- me- mx- sa- us-", "aws", "amazonaws.com"},
	} {
		for prefix := range strings.FieldsSeq(line.prefixes) {
			all = append(all, struct {
				prefix string
				partition
			}{prefix, partition{line.name, line.suffix}})
		}
	}
	return all
}()
