package crossaccount

import (
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/crossgrant/crossgrant/contract"
)

// placeOf returns a stack's account and region. It errs if only CloudFormation knows them: the other account's policies need them in plain
// text.
func placeOf(stack awscdk.Stack) (contract.Env, error) {
	place := contract.Env{Account: *stack.Account(), Region: *stack.Region()}
	var problems []error
	for _, known := range []struct{ what, value string }{{"account", place.Account}, {"region", place.Region}} {
		if tokenized(known.value) {
			problems = append(problems, fmt.Errorf("stack %s: found no %s, expected an explicit one in its Env", *stack.Node().Path(), known.what))
		}
	}
	return place, errors.Join(problems...)
}

// twoAccounts refuses one account as both.
func twoAccounts(source, target contract.Env, allowed bool) error {
	if source.Account == target.Account && !allowed {
		return fmt.Errorf("found source and target both in account %s, expected two accounts; AllowSameAccount lets one account stand for both", source.Account)
	}
	return nil
}

// mustHaveScope panics if there is nothing to make a construct in, or no id for it.
func mustHaveScope(what string, scope constructs.Construct, id string) {
	if scope == nil || id == "" {
		panic(fmt.Errorf("%s %q: found no scope or no id, expected a stack or a construct in one, and an id", what, id))
	}
}

// each returns the problems that an error joins, each with its place.
func each(place string, err error) (problems []error) {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, problem := range joined.Unwrap() {
			problems = append(problems, each(place, problem)...)
		}
		return problems
	}
	if err != nil {
		problems = append(problems, fmt.Errorf("%s: %w", place, err))
	}
	return problems
}

// pathOf returns the construct path that an id would have.
func pathOf(scope constructs.Construct, id string) string {
	if above := *scope.Node().Path(); above != "" {
		return above + "/" + id
	}
	return id
}

func sortedUnique(values []string) []string {
	values = slices.Clone(values)
	slices.Sort(values)
	return slices.Compact(values)
}
