package crossaccount

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/contract"
)

// elsewhere writes texts as an account that owns nothing of them can: names that were given, and nothing that CloudFormation makes up.
type elsewhere struct {
	stack     awscdk.Stack // of no app of ours and never synthesized; CDK resolves names of other environments by it
	region    string
	directory string                       // of the scope's assembly
	arns      map[awsiam.IGrantable]string // of grantees that have been looked at
}

// newElsewhere makes such an account for a scope.
func newElsewhere(scope constructs.Construct, region string) *elsewhere {
	directory := awscdk.Stage_Of(scope).Outdir()
	app := awscdk.NewApp(&awscdk.AppProps{AutoSynth: jsii.Bool(false), Outdir: directory})
	return &elsewhere{region: region, directory: *directory, arns: map[awsiam.IGrantable]string{}, stack: awscdk.NewStack(app, jsii.String("Elsewhere"), &awscdk.StackProps{
		Env: &awscdk.Environment{Account: jsii.String("000000000000"), Region: jsii.String(region)},
	})}
}

// errUnnamed says that a text holds a name which CloudFormation makes up.
var errUnnamed = errors.New("name not known at synthesis")

// texts returns the values in plain text, or errUnnamed.
func (e *elsewhere) texts(values []string) (plain []string, err error) {
	if !slices.ContainsFunc(values, tokenized) {
		return values, nil
	}
	defer func() {
		if problem := recover(); problem != nil {
			if !strings.Contains(fmt.Sprint(problem), "physical name") { // CDK's refusal
				panic(problem)
			}
			err = errUnnamed
		}
	}()
	resolved, _ := e.stack.Resolve(values).([]any)
	for _, value := range resolved {
		text, ok := e.flat(value)
		if !ok {
			return nil, errUnnamed
		}
		plain = append(plain, text)
	}
	return plain, nil
}

// text returns one value in plain text, or errUnnamed.
func (e *elsewhere) text(value string) (string, error) {
	plain, err := e.texts([]string{value})
	if err != nil {
		return "", err
	}
	return plain[0], nil
}

// tokenized reports whether CDK would replace something in a text.
func tokenized(text string) bool { return strings.Contains(text, "${Token[") }

// flat returns a resolved value as text, if it has nothing but text and what the region tells.
func (e *elsewhere) flat(value any) (string, bool) {
	switch v := value.(type) {
	case string:
		return v, true
	case map[string]any:
		switch v["Ref"] {
		case "AWS::Partition":
			return partition(e.region), true
		case "AWS::URLSuffix":
			return urlSuffix(e.region), true
		}
		join, ok := v["Fn::Join"].([]any)
		if !ok || len(join) != 2 || join[0] != "" {
			return "", false
		}
		parts, _ := join[1].([]any)
		var all strings.Builder
		for _, part := range parts {
			text, ok := e.flat(part)
			if !ok {
				return "", false
			}
			all.WriteString(text)
		}
		return all.String(), true
	}
	return "", false
}

// write returns statements and variables as another account writes them, or errUnnamed.
func (e *elsewhere) write(statements []contract.Statement, variables map[string]string) ([]contract.Statement, map[string]string, error) {
	names := slices.Sorted(maps.Keys(variables))
	var all []string // asked of CDK at once, since each question takes its time
	for _, s := range statements {
		all = append(all, s.AcrossAccounts()...)
	}
	for _, name := range names {
		all = append(all, variables[name])
	}
	all, err := e.texts(all)
	if err != nil {
		return nil, nil, e.unnamed(statements, variables)
	}
	written := slices.Clone(statements)
	for i, s := range written {
		n := len(s.AcrossAccounts())
		written[i].Resources, written[i].CrossAccountResources = all[:n:n], nil
		all = all[n:]
	}
	environment := map[string]string{}
	for i, name := range names {
		environment[name] = all[i]
	}
	return written, environment, nil
}

// unnamed returns an error that has the statements and variables which another account cannot write.
func (e *elsewhere) unnamed(statements []contract.Statement, variables map[string]string) error {
	var which []string
	for _, s := range statements {
		if _, err := e.texts(s.AcrossAccounts()); err != nil {
			which = append(which, s.Sid)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		if _, err := e.text(variables[name]); err != nil {
			which = append(which, name)
		}
	}
	return fmt.Errorf("found a resource without a name of its own in %s, expected one (such as BucketName or TableName; in a Permission of your own, CrossAccountResources): the source account has to name it",
		strings.Join(which, ", "))
}

// plain returns a resolved value with its joins made to text where that can be.
func (e *elsewhere) plain(value any) any {
	if text, ok := e.flat(value); ok {
		return text
	}
	switch v := value.(type) {
	case []any:
		for i := range v {
			v[i] = e.plain(v[i])
		}
	case map[string]any:
		if inner, wrapped := v["$jsii.map"]; wrapped { // as jsii hands back a map in a map
			return e.plain(inner)
		}
		for key := range v {
			v[key] = e.plain(v[key])
		}
	}
	return value
}
