package crossaccount

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"

	"github.com/crossgrant/crossgrant/contract"
)

// concrete refuses stacks whose account or region only CloudFormation knows: the other account's policies need them in plain text.
func concrete(source awscdk.Stack, props CrossAccountGrantProps) error {
	target := props.Target
	var problems []error
	for _, stack := range []awscdk.Stack{source, target} {
		for _, known := range []struct {
			what  string
			value *string
		}{{"account", stack.Account()}, {"region", stack.Region()}} {
			if *awscdk.Token_IsUnresolved(known.value) {
				problems = append(problems, fmt.Errorf("stack %s: found no %s, expected an explicit one in its Env", *stack.Node().Path(), known.what))
			}
		}
	}
	if len(problems) > 0 {
		return errors.Join(problems...)
	}
	if *source.Account() == *target.Account() {
		problems = append(problems, fmt.Errorf("found source and target both in account %s, expected two accounts", *source.Account()))
	}
	if *source.Region() != *target.Region() && (props.Endpoints.S3 != nil || props.Endpoints.DynamoDB != nil) {
		problems = append(problems, fmt.Errorf("Endpoints: found gateway endpoints of %s for a target in %s, expected one region: a gateway endpoint serves its own only", *source.Region(), *target.Region()))
	}
	return errors.Join(problems...)
}

// permitted collects the statements of all permissions and checks each, whoever wrote the permission.
func permitted(permissions []Permission, targetAccount string) ([]contract.Statement, error) {
	var all []contract.Statement
	var problems []error
	seen := map[string]bool{}
	for i, p := range permissions {
		if ours, ok := p.(permission); ok && ours.account != "" && ours.account != targetAccount {
			problems = append(problems, fmt.Errorf("Permissions[%d]: found a resource of account %s, expected one of the target account %s", i, ours.account, targetAccount))
		}
		for _, s := range p.Statements() {
			if err := s.Validate(); err != nil {
				problems = append(problems, fmt.Errorf("Permissions[%d]: statement %s: %w", i, s.Sid, err))
			}
			if seen[s.Sid] {
				problems = append(problems, fmt.Errorf("Permissions[%d]: found %s twice, expected each permission once: name all prefixes or indexes in one", i, s.Sid))
			}
			seen[s.Sid] = true
			all = append(all, s)
		}
	}
	return all, errors.Join(problems...)
}

// writable checks that the source stack can write what it has to: names that CloudFormation makes up in the other account are unknown to it.
func writable(source awscdk.Stack, props CrossAccountGrantProps, statements []contract.Statement, variables map[string]string) error {
	texts := map[string][]string{}
	for _, p := range props.Endpoints.passages(statements) {
		texts["endpoint policy"] = append(texts["endpoint policy"], p.resources...)
	}
	if _, ok := props.Grantee.(environmentTaker); ok {
		texts["environment"] = slices.Sorted(maps.Values(variables))
	}
	var problems []error
	for _, where := range slices.Sorted(maps.Keys(texts)) {
		for _, text := range texts[where] {
			if _, err := resolve(source, text); err != nil {
				problems = append(problems, fmt.Errorf("Permissions: found a resource without a name of its own, expected one (such as BucketName or TableName): the source account's %s has to name it", where))
				break
			}
		}
	}
	return errors.Join(problems...)
}

// errUnnamed is CDK's refusal to write a name that CloudFormation makes up into another environment.
var errUnnamed = errors.New("name not known at synthesis")

// resolve returns what a stack will write for a text with tokens.
func resolve(stack awscdk.Stack, text string) (resolved any, err error) {
	defer func() {
		if problem := recover(); problem != nil {
			if !strings.Contains(fmt.Sprint(problem), "physical name") {
				panic(problem)
			}
			err = errUnnamed
		}
	}()
	return stack.Resolve(text), nil
}

// roleARN returns the ARN of the grantee's role, after a check that it names one role of the source account and that the target
// account can write it down.
func roleARN(grantee awsiam.IGrantable, target awscdk.Stack, sourceAccount string) (string, error) {
	principals := *grantee.GrantPrincipal().PolicyFragment().PrincipalJson()
	arns := principals["AWS"]
	if len(principals) != 1 || arns == nil || len(*arns) != 1 {
		return "", fmt.Errorf("Grantee: found principal %v, expected one IAM role", slices.Sorted(maps.Keys(principals)))
	}
	arn := *(*arns)[0]
	resolved, err := resolve(target, arn)
	if err != nil {
		return "", errors.New("Grantee: found a role without a name of its own, expected RoleName to be set on it: the other account must know the name beforehand")
	}
	written, ok := resolved.(string)
	if !ok { // without the feature flag for partition literals the partition is left to CloudFormation
		encoded, _ := json.Marshal(resolved) // came from JSON
		written = string(encoded)
	}
	role := roleInARN.FindStringSubmatch(written)
	switch {
	case strings.Contains(written, `"Fn::GetAtt"`):
		return "", fmt.Errorf("Grantee: found a role of the target stack %s, expected one of the source account %s", *target.Node().Path(), sourceAccount)
	case role == nil:
		return "", fmt.Errorf("Grantee: found principal %q, expected the ARN of one IAM role", written)
	case role[1] != sourceAccount:
		return "", fmt.Errorf("Grantee: found a role of account %s, expected one of the source account %s", role[1], sourceAccount)
	}
	return arn, nil
}

// roleInARN finds the account in the ARN of one role: no wildcard, no user, no root.
var roleInARN = regexp.MustCompile(`:iam::([0-9]{12}):role/[\w+=,.@/-]+("\]\]\})?$`)
