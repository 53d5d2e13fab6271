package network

import (
	"testing"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// testdata/app.template.json is the source stack of this repository's app with a NAT gateway: its network, functions and roles.
func TestSourceStack(t *testing.T) {
	a, err := assembly.LoadTemplates(assembly.TemplateFile{
		Path: "testdata/app.template.json", StackName: "CrossGrant-Source", Account: "111111111111", Region: "ap-northeast-1",
	})
	if err != nil {
		t.Fatal(err)
	}
	n := Of(a)
	for _, c := range []struct{ service, through string }{
		{"sts", "NetworkVpcSTSEF30C39D"}, {"s3", "NetworkVpcS334FC449B"}, {"dynamodb", "NetworkVpcDynamoDBE0771429"}, {"kms", ""},
	} {
		for _, id := range []string{"ListFunction89E6AFAD", "ScanFunction21898010"} {
			paths := n.Paths(workload(t, n, id), c.service, "")
			if len(paths) != 2 {
				t.Fatalf("%s: found %d paths, expected one for each of two subnets", id, len(paths))
			}
			for _, p := range paths {
				if p.Reaches != policy.Yes || through(p) != c.through {
					t.Errorf("%s to %s: found %s through %q, expected yes through %q: %v", id, c.service, p.Reaches, through(p),
						c.through, p.Hops)
				}
			}
		}
	}
	if role := workload(t, n, "ListFunction89E6AFAD").Role; role != "arn:aws:iam::111111111111:role/crossgrant-list-dev-ap-northeast-1" {
		t.Errorf("found role %s", role)
	}
}
