package network

import (
	"slices"
	"testing"
)

// Isolated subnets lead to S3 and DynamoDB, and nowhere else. The private ones beside them lead out, or they are the same.
// https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html
func TestIsolatedSubnets(t *testing.T) {
	for name, c := range map[string]struct {
		props              SourceVpcProps
		isolated           string // the name of the isolated subnets; empty: there are none
		public             int
		privateLeadOut     bool
		tables, allSubnets int // on the gateway endpoints; of the VPC
	}{
		"beside a NAT gateway":      {SourceVpcProps{Egress: NAT, Isolated: true}, "Isolated", 2, true, 4, 6},
		"beside a NAT instance":     {SourceVpcProps{Egress: NATInstance, Isolated: true}, "Isolated", 2, true, 4, 6},
		"beside the default":        {SourceVpcProps{Isolated: true}, "Isolated", 2, true, 4, 6},
		"not asked for":             {SourceVpcProps{Egress: NAT}, "", 2, true, 2, 4},
		"not asked for by default":  {SourceVpcProps{}, "", 2, true, 2, 4},
		"the private ones":          {SourceVpcProps{Egress: EndpointsOnly}, "Private", 0, false, 2, 2},
		"the private ones, as well": {SourceVpcProps{Egress: EndpointsOnly, Isolated: true}, "Private", 0, false, 2, 2},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLand(t, c.props)
			var selected []string
			if selection := l.vpc.IsolatedSubnets(); selection != nil {
				for _, subnet := range *l.vpc.Vpc().SelectSubnets(selection).Subnets {
					selected = append(selected, ref(l.stack.Resolve(subnet.SubnetId())))
				}
			}
			slices.Sort(selected)
			template := l.template(t)
			if found := subnets(template, c.isolated); c.isolated == "" && selected != nil || c.isolated != "" && (len(found) != 2 || !slices.Equal(selected, found)) {
				t.Errorf("found %q selected of %q", selected, found)
			}
			private, public := subnets(template, "Private"), subnets(template, "Public")
			if all := len(subnets(template, "Isolated")) + len(private) + len(public); len(private) != 2 || len(public) != c.public || all != c.allSubnets {
				t.Errorf("found %d subnets, %d private and %d public", all, len(private), len(public))
			}
			leadOut := map[string]int{}
			for id, r := range template.Resources {
				if r.Type != "AWS::EC2::Route" {
					continue
				}
				if r.Properties["DestinationCidrBlock"] != "0.0.0.0/0" {
					t.Errorf("route %s: found %s, expected default routes only", id, asJSON(r.Properties))
				}
				leadOut[ref(r.Properties["RouteTableId"])]++
			}
			for _, table := range routeTables(template, selected) {
				if leadOut[table] != 0 {
					t.Errorf("route table %s of an isolated subnet: found a default route", table)
				}
			}
			for _, table := range routeTables(template, private) {
				if (leadOut[table] == 1) != c.privateLeadOut {
					t.Errorf("route table %s of a private subnet: found %d default routes", table, leadOut[table])
				}
			}
			inside := slices.Concat(private, selected)
			slices.Sort(inside)
			tables := routeTables(template, slices.Compact(inside))
			for _, service := range []string{"s3", "dynamodb"} {
				if found := refs(endpoint(t, template, service).Properties["RouteTableIds"]); len(found) != c.tables || !slices.Equal(found, tables) {
					t.Errorf("endpoint of %s: found it on %q, expected %q", service, found, tables)
				}
			}
			if found := refs(endpoint(t, template, "sts").Properties["SubnetIds"]); !slices.Equal(found, private) {
				t.Errorf("endpoint of STS: found it in %q, expected the private subnets, whose private DNS is the whole VPC's", found)
			}
		})
	}
}
