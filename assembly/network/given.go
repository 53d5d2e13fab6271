package network

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/contract"
)

// given are the networks that no template has, as the apps describe them in the metadata of their stacks.
type given struct {
	resources map[string][]*assembly.Resource // by type
	notes     []assembly.Note                 // of what could not be read
	assumed   []assembly.Note                 // of what was read
	facts     []string                        // the IDs of what facts have, which are more than that
}

// givenIn reads what the stacks of an assembly say.
func givenIn(a *assembly.Assembly) given {
	g := given{resources: map[string][]*assembly.Resource{}}
	for _, kind := range []string{vpcType, subnetType, tableType} {
		for _, r := range a.OfType(kind) {
			if r.Stack.Facts != "" {
				g.facts = append(g.facts, r.Ref)
			}
		}
	}
	for _, s := range a.Stacks {
		for _, key := range slices.Sorted(maps.Keys(s.Metadata)) {
			if !strings.HasPrefix(key, contract.NetworkPrefix) {
				continue
			}
			document, err := json.Marshal(s.Metadata[key])
			var n contract.Network
			if err == nil {
				n, err = contract.DecodeNetwork(document)
			}
			if err != nil {
				g.notes = append(g.notes, assembly.Note{Stack: s, Place: "Metadata " + key, Why: err.Error() + "; nothing is known of this network"})
				continue
			}
			g.add(s, n)
			g.assumed = append(g.assumed, assembly.Note{Stack: s, Place: "Metadata " + key, Why: fmt.Sprintf("VPC %s is in no template; taken as given are its subnets and their route tables, "+
				"DNS by Amazon's server with support and hostnames, network ACLs that deny nothing, no other endpoints for the services of this app's, and no routes more specific than those of endpoints", n.VPC)})
		}
	}
	return g
}

// add adds the resources of a network, which have their IDs as logical ids.
func (g given) add(s *assembly.Stack, n contract.Network) {
	one := func(kind, id string, properties map[string]any) {
		if !slices.Contains(g.facts, id) && !slices.ContainsFunc(g.resources[kind], func(r *assembly.Resource) bool { return r.Ref == id && r.Stack == s }) {
			g.resources[kind] = append(g.resources[kind], &assembly.Resource{Stack: s, LogicalID: id, Type: kind, Name: id, Ref: id, Properties: properties})
		}
	}
	one(vpcType, n.VPC, map[string]any{"EnableDnsSupport": true, "EnableDnsHostnames": true})
	for _, subnet := range n.Subnets {
		one(subnetType, subnet.ID, map[string]any{"VpcId": n.VPC, "AvailabilityZone": subnet.AvailabilityZone})
		one(tableType, subnet.RouteTable, map[string]any{"VpcId": n.VPC})
		if !slices.Contains(g.facts, subnet.ID) {
			one(associationType, subnet.ID+" "+subnet.RouteTable, map[string]any{"SubnetId": subnet.ID, "RouteTableId": subnet.RouteTable})
		}
	}
}

// has reports whether a resource is given, and in no template.
func (g given) has(r *assembly.Resource) bool {
	return r != nil && slices.Contains(g.resources[r.Type], r)
}
