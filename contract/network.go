package contract

import (
	"encoding/json"
	"fmt"
	"strings"
)

// NetworkPrefix begins the metadata keys of the networks that no template has: "CrossGrant::Network::VPC". The value is a [Network].
const NetworkPrefix = MetadataPrefix + "Network::"

// Network is what an app says of a VPC that no template has: facts that nobody checks before deployment. Account and region are those of the stack.
type Network struct {
	// VPC is its ID. Its DNS server is Amazon's, and it has DNS support and DNS hostnames.
	VPC string `json:"vpc"`
	// Subnets are those that workloads may run in.
	Subnets []Subnet `json:"subnets"`
}

// Subnet is a subnet of a [Network]. Its network ACL denies nothing.
type Subnet struct {
	// ID is its ID.
	ID string `json:"id"`
	// RouteTable is the ID of its route table, of whose routes nothing is said but that none is more specific than that of a gateway endpoint.
	RouteTable string `json:"routeTable"`
	// AvailabilityZone is its zone.
	AvailabilityZone string `json:"availabilityZone"`
}

// Plain returns the network as JSON's own types, as metadata takes it.
func (n Network) Plain() any {
	document, _ := json.Marshal(n) // plain data
	var value any
	_ = json.Unmarshal(document, &value)
	return value
}

// DecodeNetwork reads a network from JSON. It has no other fields, and no field is empty.
func DecodeNetwork(document []byte) (Network, error) {
	var n Network
	decoder := json.NewDecoder(strings.NewReader(string(document)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&n); err != nil {
		return Network{}, err
	}
	if n.VPC == "" || len(n.Subnets) == 0 {
		return Network{}, fmt.Errorf("found VPC %q with %d subnets, expected an ID and at least one", n.VPC, len(n.Subnets))
	}
	for i, s := range n.Subnets {
		if s.ID == "" || s.RouteTable == "" || s.AvailabilityZone == "" {
			return Network{}, fmt.Errorf("subnets[%d]: found %+v, expected ID, route table and zone", i, s)
		}
	}
	return n, nil
}
