package proof

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/check"
	"github.com/crossgrant/crossgrant/proof/internal/model"
	"github.com/crossgrant/crossgrant/proof/internal/question"
)

// App is an assembly for tests. It is read once for all questions.
type App struct {
	assembly *assembly.Assembly
	options  Options

	read  sync.Once
	model *model.Model
	err   error // of reading the declarations of grants
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
	return &App{assembly: a, options: o}, nil
}

// T is what this package needs of a *testing.T.
type T interface {
	Helper()
	Errorf(format string, args ...any)
}

// Allowed fails the test unless the access works in one of the ways that its caller has, from each subnet that it may run in. Caller may be a
// construct path.
//
// It also fails for an action that AWS does not have, and for a resource that neither a template nor a contract has or that the action is not on,
// such as s3:GetObject on a bucket. Access.Nonexistent permits a resource that nobody has.
func Allowed(t T, app *App, a Access) {
	helper(t)
	ask(t, app, a, MustWork)
}

// Denied fails the test unless the access certainly fails in every way that its caller has. Caller may be a construct path. It fails as Allowed
// does for an action or a resource that does not exist, so that a misspelt one is not taken for one that is denied.
func Denied(t T, app *App, a Access) {
	helper(t)
	ask(t, app, a, MustFail)
}

// helper marks the caller as a helper of the test. Without a test nobody would see a failure.
func helper(t T) {
	if v := reflect.ValueOf(t); !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
		panic("package proof: found no test (nil), expected the *testing.T of a test")
	}
	t.Helper()
}

func ask(t T, app *App, a Access, e Expectation) {
	t.Helper()
	chains, err := app.explain(a)
	if err != nil {
		t.Errorf("%v", err)
		return
	}
	if v, _ := check.Judge(e, chains); v != Proved {
		what := map[Expectation]string{MustWork: "works", MustFail: "is denied"}
		t.Errorf("expected that %s on %s %s for %s, found:\n%s", a.Action, a.Resource, what[e], a.Caller, lines(&chains[0]))
	}
}

// Explain walks one access in each way that its caller has, as the function Explain does.
func (app *App) Explain(a Access) ([]Chain, error) {
	m, err := app.declared()
	if err != nil {
		return nil, err
	}
	return question.Explain(m, a)
}

// declared is the app with all that it declares.
func (app *App) declared() (*model.Model, error) {
	if app == nil || app.assembly == nil {
		return nil, errors.New("found no app (nil), expected one that proof.Load returns")
	}
	app.read.Do(func() { app.model, app.err = model.New(app.assembly, app.options) })
	return app.model, app.err
}

// explain walks an access on a resource that exists: one that does not exist is denied to everyone, which says nothing.
func (app *App) explain(a Access) ([]Chain, error) {
	m, err := app.declared()
	if err != nil {
		return nil, err
	}
	if a.Action == "" && a.Assumes == nil {
		return nil, errors.New("found no action, expected one such as s3:GetObject")
	}
	if err := question.CheckAction(a.Action); err != nil {
		return nil, err
	}
	if a.Action != "" {
		if a.Resource, err = question.Resource(m, a.Resource, a.Action); err != nil {
			return nil, err
		}
		if err := question.CheckResource(m, a); err != nil {
			return nil, err
		}
	}
	return question.Explain(m, a)
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
