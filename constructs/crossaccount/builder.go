package crossaccount

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/constructs/crossaccount/internal/resolve"
	"github.com/crossgrant/crossgrant/constructs/crossaccount/internal/statement"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/place"
)

// builder collects, while a construct writes what one account needs, what cannot be written and what is checked at synthesis.
type builder struct {
	resolver *resolve.Resolver
	node     constructs.Construct
	stack    awscdk.Stack
	env      contract.Env
	// addedManually says that the statements which this app cannot write are there already.
	addedManually bool
	// restricted are the services whose endpoints now let pass only what their policies name.
	restricted []string
	problems   []error
	checks     []check
}

// check is a check of the complete tree.
type check struct {
	of       any // what is checked once, whichever grants ask for it; nil for each time
	problems func() []string
}

// checked is what other grants check already.
var checked sync.Map

// cannotWrite records that a policy which this app cannot change has to have a statement.
func (b *builder) cannotWrite(policy string, s awsiam.PolicyStatement) {
	resolved, _ := b.resolver.Value(s.ToStatementJson()).(map[string]any)
	text := statement.JSON(resolved)
	if b.addedManually {
		awscdk.Annotations_Of(b.node).AddWarningV2(jsii.String("crossgrant:statementAddedManually:"+policy),
			jsii.String(fmt.Sprintf("this app does not write %s. It must have this statement: %s", policy, text)), nil)
		return
	}
	b.fail("found %s, which this app cannot change. Add this statement to it, then set StatementsAddedManually: %s", policy, text)
}

// fail records a problem that makes the construct fail.
func (b *builder) fail(format string, arguments ...any) {
	b.problems = append(b.problems, fmt.Errorf(format, arguments...))
}

// checkAtSynthesis registers a check of the complete tree, with what the user has added.
func (b *builder) checkAtSynthesis(problems func() []string) {
	b.checks = append(b.checks, check{problems: problems})
}

// checkOnce registers a check of something that other grants may check, too.
func (b *builder) checkOnce(of any, problems func() []string) {
	if !reflect.TypeOf(of).Comparable() {
		of = nil
	}
	b.checks = append(b.checks, check{of, problems})
}

// finish returns every problem, or registers the checks.
func (b *builder) finish() error {
	if err := errors.Join(b.problems...); err != nil {
		return err
	}
	var left []check
	for _, c := range b.checks {
		if c.of != nil {
			if _, already := checked.LoadOrStore(c.of, true); already {
				continue
			}
		}
		left = append(left, c)
	}
	if len(left) > 0 {
		b.node.Node().AddValidation(&synthesisChecks{left})
	}
	return nil
}

// synthesisChecks are the checks of one builder, together, since each validation is a call back from CDK's process.
type synthesisChecks struct{ all []check }

// Validate returns everything that is wrong.
func (c *synthesisChecks) Validate() *[]*string {
	problems := []*string{}
	for _, check := range c.all {
		for _, problem := range check.problems() {
			problems = append(problems, jsii.String(problem))
		}
	}
	return &problems
}

// envOf returns a stack's account and region. It errs if only CloudFormation knows them, since the other account's policies have them in
// plain text.
func envOf(stack awscdk.Stack) (contract.Env, error) {
	env := contract.Env{Account: place.Account(stack), Region: place.Region(stack)}
	var problems []error
	for _, part := range []struct{ name, value string }{{"account", env.Account}, {"region", env.Region}} {
		if resolve.HasToken(part.value) {
			problems = append(problems, fmt.Errorf("stack %s: found no %s, expected an explicit one in its Env", place.Path(stack), part.name))
		}
	}
	return env, errors.Join(problems...)
}

// mustHaveScope panics if there is no scope to create a construct in, or no id for it.
func mustHaveScope(what string, scope constructs.Construct, id string) {
	if scope == nil || id == "" {
		panic(fmt.Errorf("%s %q: found no scope or no id, expected a stack or a construct in one, and an id", what, id))
	}
}

// pathOf returns the construct path that an id will have.
func pathOf(scope constructs.Construct, id string) string {
	if parent := place.Path(scope); parent != "" {
		return parent + "/" + id
	}
	return id
}

// each returns the problems that an error joins, each with the field in front.
func each(field string, err error) (problems []error) {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, problem := range joined.Unwrap() {
			problems = append(problems, each(field, problem)...)
		}
		return problems
	}
	if err != nil {
		problems = append(problems, fmt.Errorf("%s: %w", field, err))
	}
	return problems
}

func sortedUnique(values []string) []string {
	values = slices.Clone(values)
	slices.Sort(values)
	return slices.Compact(values)
}
