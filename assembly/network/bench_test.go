package network

import (
	"fmt"
	"testing"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// city returns the network of 200 stacks with a VPC each.
func city(b *testing.B) *assembly.Assembly {
	b.Helper()
	var files []assembly.TemplateFile
	for i := range 200 {
		files = append(files, assembly.TemplateFile{
			Path: "testdata/house.yaml", StackName: fmt.Sprintf("House%d", i), Account: "111111111111", Region: "eu-west-1",
		})
	}
	a, err := assembly.LoadTemplates(files...)
	if err != nil {
		b.Fatal(err)
	}
	return a
}

func BenchmarkOf(b *testing.B) {
	a := city(b)
	for b.Loop() {
		Of(a)
	}
}

func BenchmarkPaths(b *testing.B) {
	n := Of(city(b))
	for _, service := range []string{"sts", "s3", "kms"} {
		b.Run(service, func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				w := n.workloads[i%len(n.workloads)]
				if p := n.Paths(w, service, ""); p[0].Reaches != policy.Yes {
					b.Fatal(p[0].Hops)
				}
			}
		})
	}
}
