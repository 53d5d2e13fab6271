package place

import (
	"reflect"
	"strings"
	"sync"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
)

// question is one that is asked of CDK about a construct.
type question struct {
	of   constructs.IConstruct
	what string
}

// answers are those to every question so far; jsii keeps every object as long as the process lives.
var answers sync.Map // question -> value

// Once returns what ask returns, and asks only the first time for a construct: for what never changes of it, such as its ARN, or for a value of CDK's that
// many constructs of a stack share, such as a duration. What is asked has one name for one type.
func Once[T any](c constructs.IConstruct, what string, ask func() T) T {
	if !reflect.TypeOf(c).Comparable() {
		return ask()
	}
	q := question{c, what}
	if known, ok := answers.Load(q); ok {
		value, _ := known.(T) // nothing of an interface is no T
		return value
	}
	found := ask()
	answers.Store(q, found)
	return found
}

// ARN returns the ARN of a resource in a stack's account and region, as the stack's FormatArn does; resource is all that follows the account.
func ARN(stack awscdk.Stack, service, resource string) string {
	return "arn:" + PartitionOf(stack) + ":" + service + ":" + Region(stack) + ":" + Account(stack) + ":" + resource
}

// PartitionOf returns the partition of a stack: a token, unless CDK knows it.
func PartitionOf(stack awscdk.Stack) string {
	return *Once(stack, "partition", stack.Partition)
}

// IsToken reports whether a text contains a token of CDK's.
func IsToken(text string) bool { return strings.Contains(text, "${Token[") }
