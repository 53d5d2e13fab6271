package exposure

import (
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/check"
)

// change is one to the templates, and what has to come of it.
type change struct {
	name           string
	source, target string
	verdict        check.Verdict
	says           string // what a finding has to say, for one that is not proved
}

const (
	fine      = check.Proved
	broken    = check.Broken
	undecided = check.Undecided
)

func TestExternalAccess(t *testing.T) {
	for kind, changes := range cases {
		for _, c := range changes {
			t.Run(kind+"/"+c.name, func(t *testing.T) {
				found := judged(load(t, c.source, c.target))
				if c.verdict == fine {
					for _, one := range found {
						t.Errorf("%s: found %s: %q, expected nothing", one.Name, one.Verdict, one.Says)
					}
					return
				}
				if len(found) == 0 {
					t.Fatalf("found nothing, expected %s", c.verdict)
				}
				all := ""
				for _, one := range found {
					all += strings.Join(one.Says, "\n") + "\n"
					if one.Verdict != c.verdict {
						t.Errorf("%s: found %s, expected %s: %q", one.Name, one.Verdict, c.verdict, one.Says)
					}
					if one.Grant != "reports-prod-eu-west-1" || len(one.Where) == 0 || len(one.Remedy) == 0 {
						t.Errorf("%s: found grant %q, where %v, remedy %q, expected all of them", one.Name, one.Grant, one.Where, one.Remedy)
					}
				}
				if !strings.Contains(all, c.says) {
					t.Errorf("found %q, expected %q", all, c.says)
				}
			})
		}
	}
}

// Every type that this rule judges has a change that it reports, and one that it does not.
func TestEveryTypeIsTried(t *testing.T) {
	for _, one := range Types() {
		if one.Opens == "" || one.Judged == "" {
			t.Errorf("%s: found no text on what it opens or how it is judged", one.Name)
		}
		isFine, isFound := one.judge == nil, one.judge == nil
		for _, c := range cases[one.Name] {
			isFine = isFine || c.verdict == fine
			isFound = isFound || c.verdict != fine
		}
		if strings.HasPrefix(one.Judged, "undecided") || one.Name == "AWS::CloudFormation::Stack" {
			isFine = true // it is always undecided, or has a test of its own
		}
		if !isFine || !isFound {
			t.Errorf("%s: found a change that is fine %v, and one that is not %v, expected both", one.Name, isFine, isFound)
		}
	}
	for kind := range cases {
		if _, ok := typeOf(kind); !ok && kind != "unknown" {
			t.Errorf("found a test of %s, which is not in the table", kind)
		}
	}
}

// A nested stack whose template is there opens what its template says.
func TestNestedStack(t *testing.T) {
	m := load(t, "", cases["AWS::CloudFormation::Stack"][0].target)
	parent := m.Assembly.Stacks[1]
	m.Assembly.Stacks = append(m.Assembly.Stacks, &assembly.Stack{Parent: parent, Within: "Stack"})
	if found := judged(m); len(found) > 0 {
		t.Errorf("found %q, expected nothing", found[0].Says)
	}
}

// The names of resources in what is found are readable.
func TestTextsAreReadable(t *testing.T) {
	for _, c := range judged(load(t, `P: {Type: AWS::Lambda::Permission, Properties: {FunctionName: !GetAtt Function.Arn, Principal: "*", Action: "lambda:InvokeFunction"}}`, "")) {
		for _, text := range append(append(c.Says, c.Remedy...), c.Name) {
			if !policy.IsKnown(text) {
				t.Errorf("found %q", text)
			}
		}
	}
}
