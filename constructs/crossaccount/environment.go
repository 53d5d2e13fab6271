package crossaccount

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// environmentTaker is a grantee that takes environment variables: a Lambda function.
type environmentTaker interface {
	AddEnvironment(key *string, value *string, options *awslambda.EnvironmentOptions) awslambda.Function
	Node() constructs.Node
}

// defaultEnvironmentPrefix begins the names that permissions give.
const defaultEnvironmentPrefix = "CROSSGRANT_"

// variable returns a variable's name with the grant's prefix.
func (p CrossAccountGrantProps) variable(name string) string {
	prefix := p.EnvironmentPrefix
	if prefix == "" {
		prefix = defaultEnvironmentPrefix
	}
	return prefix + strings.TrimPrefix(name, defaultEnvironmentPrefix)
}

// environment collects what the permissions and the trust tell the grantee's code.
func environment(props CrossAccountGrantProps) (map[string]string, error) {
	variables := map[string]string{}
	var problems []error
	for _, p := range props.Permissions {
		for name, value := range p.Environment() {
			key := props.variable(name)
			if old, taken := variables[key]; taken && old != value {
				problems = append(problems, fmt.Errorf("Permissions: found two values for %s, expected one of a kind: use a second grant with an EnvironmentPrefix of its own", key))
			}
			variables[key] = value
		}
	}
	if props.Trust.ExternalID != "" {
		variables[props.variable("CROSSGRANT_EXTERNAL_ID")] = props.Trust.ExternalID
	}
	return variables, errors.Join(problems...)
}

// setEnvironment sets a function's variables, unless another grant has set some with the same prefix: CDK would overwrite them,
// and the function would use one grant's role for the other's bucket.
func setEnvironment(function environmentTaker, prefix string, variables map[string]string) error {
	mark := jsii.String("CrossGrant " + prefix)
	if slices.ContainsFunc(*function.Node().Metadata(), func(entry *constructs.MetadataEntry) bool { return *entry.Type == *mark }) {
		return fmt.Errorf("Grantee: found a function whose variables %s… are another grant's, expected one grant a prefix: set EnvironmentPrefix, or name all permissions in one grant", prefix)
	}
	function.Node().AddMetadata(mark, jsii.Bool(true), nil)
	for _, key := range slices.Sorted(maps.Keys(variables)) {
		function.AddEnvironment(jsii.String(key), jsii.String(variables[key]), nil)
	}
	return nil
}
