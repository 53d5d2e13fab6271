package crossaccount

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/contract"
)

// reserved are the variables that a grant itself sets, with their values; empty where there is nothing to say.
func reserved(g contract.Grant) map[string]string {
	all := map[string]string{
		contract.VariableAccess: "", contract.VariableRoleARN: g.RoleARN, contract.VariableExternalID: g.Trust.ExternalID,
		contract.VariableSourceIdentity: g.Trust.SourceIdentity, contract.VariableSessionSeconds: "",
	}
	if g.Access == Direct {
		all[contract.VariableAccess] = string(Direct)
	}
	if g.Trust.SessionSeconds != 0 && g.Trust.SessionSeconds < int(MaxSession.Seconds()) {
		all[contract.VariableSessionSeconds] = strconv.Itoa(g.Trust.SessionSeconds)
	}
	return all
}

// environmentTaker is a grantee that takes environment variables: a Lambda function.
type environmentTaker interface {
	AddEnvironment(key *string, value *string, options *awslambda.EnvironmentOptions) awslambda.Function
	Node() constructs.Node
}

var environmentPrefix = regexp.MustCompile(`^[A-Z][A-Z0-9_]*$`)

// variable returns a variable's name with the grant's prefix.
func (p SourceGrantProps) variable(name string) string {
	prefix := p.EnvironmentPrefix
	if prefix == "" {
		prefix = contract.EnvironmentPrefix
	}
	return prefix + strings.TrimPrefix(name, contract.EnvironmentPrefix)
}

// setEnvironment sets a function's variables, unless another grant has set some with the same prefix: CDK would overwrite them,
// and the function would use one grant's role for the other's bucket.
func setEnvironment(function environmentTaker, prefix string, variables map[string]string) error {
	mark := jsii.String("CrossGrant " + prefix)
	node := function.Node()
	if slices.ContainsFunc(*node.Metadata(), func(entry *constructs.MetadataEntry) bool { return *entry.Type == *mark }) {
		return fmt.Errorf("found a function whose variables %s… are another grant's, expected one grant a prefix: set EnvironmentPrefix, or name all permissions in one grant", prefix)
	}
	node.AddMetadata(mark, jsii.Bool(true), nil)
	for _, key := range slices.Sorted(maps.Keys(variables)) {
		function.AddEnvironment(jsii.String(key), jsii.String(variables[key]), nil)
	}
	return nil
}
