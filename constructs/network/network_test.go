package network

import (
	"strings"
	"testing"
)

func TestVpcProblems(t *testing.T) {
	for name, c := range map[string]struct {
		props    SourceVpcProps
		expected string // empty: none
	}{
		"two zones":       {SourceVpcProps{AvailabilityZones: []string{"eu-west-1a", "eu-west-1b"}}, ""},
		"no zone":         {SourceVpcProps{}, "AvailabilityZones: found [], expected 2 or more, each once"},
		"one zone":        {SourceVpcProps{AvailabilityZones: []string{"eu-west-1a"}}, `AvailabilityZones: found ["eu-west-1a"]`},
		"a zone twice":    {SourceVpcProps{AvailabilityZones: []string{"eu-west-1a", "eu-west-1b", "eu-west-1a"}}, "expected 2 or more, each once"},
		"unknown egress":  {SourceVpcProps{Egress: "transit"}, `Egress: found "transit", expected one of ["nat" "natInstance" "endpoints"]`},
		"egress by value": {SourceVpcProps{AvailabilityZones: []string{"eu-west-1a", "eu-west-1b"}, Egress: EndpointsOnly}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			err := c.props.Validate()
			switch {
			case c.expected == "" && err != nil:
				t.Errorf("found %v, expected none", err)
			case c.expected != "" && (err == nil || !strings.Contains(err.Error(), c.expected)):
				t.Errorf("found %v, expected %s", err, c.expected)
			}
		})
	}
}
