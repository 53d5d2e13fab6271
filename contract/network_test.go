package contract_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/contract"
)

func TestNetwork(t *testing.T) {
	n := contract.Network{VPC: "vpc-1", Subnets: []contract.Subnet{{ID: "subnet-1", RouteTable: "rtb-1", AvailabilityZone: "eu-west-1a"}}}
	document, err := json.Marshal(n.Plain())
	if err != nil {
		t.Fatal(err)
	}
	if expected := `{"subnets":[{"availabilityZone":"eu-west-1a","id":"subnet-1","routeTable":"rtb-1"}],"vpc":"vpc-1"}`; string(document) != expected {
		t.Errorf("found %s, expected %s", document, expected)
	}
	found, err := contract.DecodeNetwork(document)
	if err != nil || !reflect.DeepEqual(found, n) {
		t.Errorf("found %+v (%v), expected %+v", found, err, n)
	}
	for written, expected := range map[string]string{
		`{}`: `found VPC "" with 0 subnets`, `{"vpc":"vpc-1","subnets":[]}`: "with 0 subnets", `{"vpc":"vpc-1","subnets":[{"id":"subnet-1"}]}`: "subnets[0]", `[]`: "cannot unmarshal",
		`{"vpc":"vpc-1","routes":[]}`: `unknown field "routes"`,
	} {
		if _, err := contract.DecodeNetwork([]byte(written)); err == nil || !strings.Contains(err.Error(), expected) {
			t.Errorf("%s: found %v, expected %s", written, err, expected)
		}
	}
}
