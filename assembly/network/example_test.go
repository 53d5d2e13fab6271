package network_test

import (
	"fmt"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/network"
)

func ExampleNetwork_Paths() {
	app, err := assembly.LoadTemplates(assembly.TemplateFile{Path: "testdata/house.yaml", StackName: "House", Region: "eu-west-1"})
	if err != nil {
		fmt.Println(err)
		return
	}
	net := network.Of(app)
	for _, w := range net.Workloads() {
		for _, path := range net.Paths(w, "sts", "eu-west-1") {
			fmt.Println(w.Resource.LogicalID, path.Reaches)
			for _, hop := range path.Hops {
				fmt.Println("-", hop.What)
			}
		}
	}
	// Output:
	// Function yes
	// - private DNS of interface endpoint Sts resolves the host name of sts in all of VPC Vpc: there is no other path
	// - security groups Group allow TCP 443 out to Sts
	// - security groups StsGroup allow TCP 443 in from Group
}
