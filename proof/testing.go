package proof

import (
	"fmt"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// App is an assembly for tests.
type App struct {
	assembly *assembly.Assembly
	options  Options
}

// Load reads the assembly in a directory for your own tests:
//
//	app, err := proof.Load("cdk.out", proof.Options{})
//	…
//	proof.Allowed(t, app, proof.Access{Caller: "Reports/Reader", Action: "s3:GetObject", Resource: "arn:aws:s3:::lake-222222222222/reports/1"})
//	proof.Denied(t, app, proof.Access{Caller: "Reports/Reader", Action: "s3:PutObject", Resource: "arn:aws:s3:::lake-222222222222/reports/1"})
func Load(dir string, o Options) (*App, error) {
	a, err := assembly.Load(dir, assembly.Options{})
	if err != nil {
		return nil, fmt.Errorf("load the assembly: %w", err)
	}
	return &App{a, o}, nil
}

// T is what this package needs of a *testing.T.
type T interface {
	Helper()
	Errorf(format string, args ...any)
}

// Allowed fails the test unless the access works in one of the ways that its caller has, from each subnet that it may run in. Caller may be a
// construct path.
func Allowed(t T, app *App, a Access) {
	t.Helper()
	expect(t, app, a, func(chains []Chain) bool {
		for i := range chains {
			if works(chains, &chains[i]) {
				return true
			}
		}
		return false
	}, "works")
}

// works says that a chain works from each subnet: so do those that differ from it in the subnet only.
func works(chains []Chain, one *Chain) bool {
	for i := range chains {
		if c := &chains[i]; c.Caller == one.Caller && c.From == one.From && c.Assumes == one.Assumes && c.Passes != policy.Yes {
			return false
		}
	}
	return true
}

// Denied fails the test unless the access certainly fails in every way that its caller has. Caller may be a construct path.
func Denied(t T, app *App, a Access) {
	t.Helper()
	expect(t, app, a, func(chains []Chain) bool {
		for i := range chains {
			if chains[i].Passes != policy.No {
				return false
			}
		}
		return true
	}, "is denied")
}

func expect(t T, app *App, a Access, holds func([]Chain) bool, what string) {
	t.Helper()
	chains, err := Explain(app.assembly, app.options, a)
	if err != nil {
		t.Errorf("%v", err)
		return
	}
	if !holds(chains) {
		t.Errorf("expected that %s on %s %s for %s, found:\n%s", a.Action, a.Resource, what, a.Caller, lines(&chains[0]))
	}
}

// lines is a chain as text, line by line.
func lines(c *Chain) string {
	j := NewChainJSON(c)
	all := []string{"as " + j.Caller}
	for _, role := range c.Assumes.Roles() {
		all = append(all, "then "+policy.Readable(role))
	}
	for _, h := range j.Hops {
		all = append(all, fmt.Sprintf("%s: %s", h.What, h.Passes))
		for _, sentence := range h.Says {
			all = append(all, "  "+sentence)
		}
	}
	return strings.Join(all, "\n")
}
