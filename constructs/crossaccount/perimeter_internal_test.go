package crossaccount

import (
	"errors"
	"fmt"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
)

// stackOf is a stack whose synthesizer panics.
type stackOf struct {
	awscdk.Stack
	synthesizer
}

func (s stackOf) Synthesizer() awscdk.IStackSynthesizer { return s.synthesizer }

type synthesizer struct {
	awscdk.DefaultStackSynthesizer
	err error
}

func (s synthesizer) CloudFormationExecutionRoleArn() *string { panic(s.err) }

// Only CDK's refusal to answer before a synthesizer is bound means that its role is not known; any other panic passes through.
func TestExecutionRoleOfAnotherPanic(t *testing.T) {
	ask := func(err error) (ok bool, problem any) {
		defer func() { problem = recover() }()
		_, ok = executionRole(stackOf{synthesizer: synthesizer{err: err}})
		return ok, nil
	}
	unbound := errors.New("cloudFormationExecutionRoleArn getter can only be called after the synthesizer has been bound to a Stack")
	if ok, problem := ask(unbound); ok || problem != nil {
		t.Errorf("found %v, panic %v; expected no role and no panic", ok, problem)
	}
	if ok, problem := ask(errors.New("no response received from child process")); ok || fmt.Sprint(problem) != "no response received from child process" {
		t.Errorf("found %v, panic %v; expected the panic of the synthesizer", ok, problem)
	}
}
