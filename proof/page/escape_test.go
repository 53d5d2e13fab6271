package page_test

import (
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/network"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof"
)

const (
	evil    = `</script></style></title><img src=x onerror=alert(1)>"'><svg/onload=alert(2)>{{.}}`
	unknown = "\x00Stack.Bucket\x00"
)

// hostile is a report of which every text is another's.
func hostile() *proof.Report {
	text := evil + unknown
	stack := &assembly.Stack{Name: text, Label: text, DisplayName: text, Account: text}
	function := &assembly.Resource{Stack: stack, LogicalID: text, Type: "AWS::Lambda::Function", Path: "Stack/" + text + "/Resource", Ref: text}
	vpc := &assembly.Resource{Stack: stack, LogicalID: text, Path: "Stack/" + text, Ref: "vpc-" + text}
	subnet := &assembly.Resource{Stack: stack, LogicalID: text, Path: "Stack/" + text + "/Subnet", Ref: "subnet-" + text, Properties: map[string]any{"VpcId": vpc.Ref}}
	stack.Resources = []*assembly.Resource{function, vpc, subnet}
	from := &network.Workload{Resource: function, Subnets: []string{subnet.Ref}}
	access := proof.Access{Caller: "arn:aws:iam::1:role/" + text, From: from, Action: text, Resource: "arn:aws:s3:::" + text, Owner: text,
		Assumes: &proof.Assume{Role: "arn:aws:iam::2:role/" + text}, Context: map[string][]string{text: {text}}}
	hops := []proof.Hop{
		{What: "route to " + text, Passes: policy.Yes, Says: []string{text},
			Path: &network.Path{Endpoint: &network.Endpoint{Resource: function, Kind: network.Kind(text), Service: text}}},
		{What: text, Passes: policy.Yes, Says: []string{text}, Trace: &policy.Trace{Request: policy.Request{Action: "sts:" + text, Resource: "arn:aws:iam::2:role/" + text}}},
		{What: "route to " + text, Passes: policy.Yes, Path: &network.Path{}},
		{What: text, Passes: policy.Yes, Says: []string{text}, Trace: &policy.Trace{}},
	}
	intent := proof.Check{Rule: proof.Intent, Grant: text, Name: text, Expects: proof.MustWork, Access: access, Verdict: proof.Proved, Details: []string{text},
		Chains: []proof.Chain{{Access: access, Subnet: subnet.Ref, Passes: policy.Yes, Hops: hops}}}
	over := proof.Check{Rule: proof.OverGrant, Grant: text, Name: text, Expects: proof.MustFail, Verdict: proof.Broken, Details: []string{text}}
	strange := proof.Check{Rule: proof.Rule(text), Name: text, Expects: proof.MustFail, Verdict: proof.Undecided, Details: []string{text}}
	return &proof.Report{
		Grants: []*proof.Grant{{Grant: contract.Grant{Name: text}}},
		Checks: []proof.Check{intent, over, strange},
		Notes:  []assembly.Note{{Stack: stack, LogicalID: text, Place: text, Why: text}},
	}
}

func TestNamesStayText(t *testing.T) {
	text := write(t, hostile())
	elements := parse(t, text)
	for _, e := range elements {
		for name := range e.attrs {
			if strings.HasPrefix(name, "on") {
				t.Errorf("found <%s %s>", e.name, name)
			}
		}
	}
	if n := len(of(elements, "img")); n > 0 {
		t.Errorf("found %d images", n)
	}
	if n := len(of(elements, "script")); n != 1 {
		t.Errorf("found %d scripts", n)
	}
	if n := strings.Count(elements[0].text(), "<img src=x onerror=alert(1)>"); n < 20 {
		t.Errorf("found the name %d times as a text", n)
	}
}

func TestUnknownTextsAreReadable(t *testing.T) {
	text := write(t, hostile())
	if strings.ContainsAny(text, "\x00\uFFFD") {
		at := strings.IndexAny(text, "\x00\uFFFD")
		t.Errorf("found a text that nobody can read: %q", text[max(0, at-200):at+20])
	}
	if !strings.Contains(text, "‹Stack.Bucket›") {
		t.Error("found no ‹Stack.Bucket›")
	}
}
