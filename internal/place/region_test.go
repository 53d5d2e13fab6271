package place

import "testing"

func TestFactsOfRegions(t *testing.T) {
	for region, expected := range map[string][2]string{
		"ap-northeast-1": {"aws", "amazonaws.com"}, "cn-north-1": {"aws-cn", "amazonaws.com.cn"}, "us-gov-west-1": {"aws-us-gov", "amazonaws.com"},
		"xx-nowhere-9": {"aws", "amazonaws.com"},
	} {
		for range 2 { // asked of CDK, then remembered
			if found := [2]string{Partition(region), URLSuffix(region)}; found != expected {
				t.Errorf("%s: found %q, expected %q", region, found, expected)
			}
		}
	}
}
