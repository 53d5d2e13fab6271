package network

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// change replaces a part of testdata/house.yaml; from "" it appends.
type change struct{ from, to string }

// house loads testdata/house.yaml with changes, in one account and region.
func house(t testing.TB, changes ...change) *Network {
	t.Helper()
	content, err := os.ReadFile("testdata/house.yaml")
	if err != nil {
		t.Fatal(err)
	}
	template := string(content)
	for _, c := range changes {
		switch n := strings.Count(template, c.from); {
		case c.from == "":
			template += c.to + "\n"
		case n == 1:
			template = strings.Replace(template, c.from, c.to, 1)
		default:
			t.Fatalf("found %q %d times in the house, expected once", c.from, n)
		}
	}
	file := filepath.Join(t.TempDir(), "house.yaml")
	if err := os.WriteFile(file, []byte(template), 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := assembly.LoadTemplates(assembly.TemplateFile{Path: file, StackName: "House", Account: "111111111111", Region: "eu-west-1"})
	if err != nil {
		t.Fatal(err)
	}
	return Of(a)
}

// question is a path in the network of the house, with the expected answer.
type question struct {
	name     string
	changes  []change
	workload string // default: the function
	service  string
	reaches  policy.Answer
	through  string // the endpoint, by its logical id
	says     string // part of a hop with the same answer
	remedy   string // part of the remedy
}

func (q question) run(t *testing.T) {
	t.Run(q.name, func(t *testing.T) {
		n := house(t, q.changes...)
		p := n.Paths(workload(t, n, q.workload), q.service, "")[0]
		if p.Reaches != q.reaches || through(p) != q.through || !says(p, q.says) || !strings.Contains(p.Remedy, q.remedy) {
			t.Errorf("found %s through %q, hops %v, remedy %q;\nexpected %s through %q, a hop %q, remedy %q",
				p.Reaches, through(p), p.Hops, p.Remedy, q.reaches, q.through, q.says, q.remedy)
		}
		if (p.Remedy == "") != (p.Reaches == policy.Yes) {
			t.Errorf("found remedy %q though the answer is %s", p.Remedy, p.Reaches)
		}
	})
}

func workload(t testing.TB, n *Network, id string) *Workload {
	t.Helper()
	if id == "" {
		id = "Function"
	}
	for _, w := range n.Workloads() {
		if w.Resource.LogicalID == id {
			return w
		}
	}
	t.Fatalf("found no workload %s", id)
	return nil
}

func through(p Path) string {
	if p.Endpoint == nil {
		return ""
	}
	return p.Endpoint.Resource.LogicalID
}

func says(p Path, part string) bool {
	for _, h := range p.Hops {
		if h.Passes == p.Reaches && strings.Contains(h.What, part) {
			return true
		}
	}
	return false
}

func ask(t *testing.T, questions ...question) {
	t.Helper()
	for _, q := range questions {
		q.run(t)
	}
}

// add adds resources to the house.
func add(lines string) change { return change{"", lines} }

// Changes used by several tests.
var (
	withoutSts = change{"ServiceName: !Sub com.amazonaws.${AWS::Region}.sts", "ServiceName: !Sub com.amazonaws.${AWS::Region}.logs"}
	withoutNat = change{"DestinationCidrBlock: 0.0.0.0/0, NatGatewayId: !Ref Nat}",
		"DestinationCidrBlock: 10.9.0.0/16, VpcPeeringConnectionId: pcx-1}"}
)
