package crossaccount

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/intent"
	"github.com/crossgrant/crossgrant/internal/place"
)

// environmentOf returns the variables that the grantees' code reads, under names that begin with prefix, or with the default if that is
// empty.
func environmentOf(g contract.Grant, prefix string) map[string]string {
	variables := g.Variables(prefix)
	maps.DeleteFunc(variables, func(_, value string) bool { return value == "" })
	return variables
}

var environmentPrefix = regexp.MustCompile(`^[A-Z][A-Z0-9_]*$`)

func environmentPrefixProblems(prefix string) (problems []error) {
	if prefix != "" && !environmentPrefix.MatchString(prefix) {
		problems = append(problems, fmt.Errorf("EnvironmentPrefix: found %q, expected capital letters, digits and _, such as LAKE_", prefix))
	}
	return problems
}

// claimed are the prefixes of the variables that grants have set, by the node of the function or container.
var claimed = struct {
	sync.Mutex
	by map[constructs.Node][]string
}{by: map[constructs.Node][]string{}}

// claim takes a prefix for a grant. It errs if another grant has it: CDK would overwrite its variables, and the code would use one grant's role for the
// other's bucket.
func claim(what string, node constructs.Node, prefix string) error {
	claimed.Lock()
	defer claimed.Unlock()
	if slices.Contains(claimed.by[node], prefix) {
		return fmt.Errorf("found a %s whose variables %s… another grant has set, expected one grant for each prefix: set EnvironmentPrefix, or put all permissions into one grant", what, prefix)
	}
	claimed.by[node] = append(claimed.by[node], prefix)
	return nil
}

// function is a Lambda function of this app, which takes environment variables.
type function interface {
	AddEnvironment(key *string, value *string, options *awslambda.EnvironmentOptions) awslambda.Function
	Node() constructs.Node
}

// qualified is a version or an alias of a function.
type qualified interface {
	Lambda() awslambda.IFunction
	Node() constructs.Node
}

// setEnvironment gives the code of a grantee the variables of a grant, where this app can, and records that it uses the grant by them: a function, also
// behind its alias or version, and the containers of a [Task]. Other grantees have no variables, or their owner sets them.
func (s *SourceGrant) setEnvironment(grantee awsiam.IGrantable, role, prefix string) error {
	switch g := grantee.(type) {
	case *task:
		return s.setContainers(g, role, prefix)
	case function:
		return s.setFunction(g, role, prefix)
	case qualified:
		if err := publishedAgain(g); err != nil {
			return err
		}
		if behind, ok := g.Lambda().(function); ok {
			return s.setFunction(behind, role, prefix)
		}
		s.notSet("function " + place.Path(g.Lambda()))
	case awslambda.IFunction:
		s.notSet("function " + place.Path(g))
	}
	return nil
}

// setFunction sets the variables of a function.
func (s *SourceGrant) setFunction(f function, role, prefix string) error {
	if err := claim("function", f.Node(), prefix); err != nil {
		return err
	}
	var lambda awslambda.Function
	for _, name := range slices.Sorted(maps.Keys(s.environment)) {
		lambda = f.AddEnvironment(jsii.String(name), jsii.String(s.environment[name]), nil)
	}
	intent.Record(lambda, prefix+" "+s.grant.ID(), contract.Intent{Workload: &contract.Workload{
		Resource: *place.Once(lambda, "arn", lambda.FunctionArn), Role: role, Grant: s.grant.ID(), EnvironmentPrefix: prefix,
	}})
	return nil
}

// publishedAgain errs if a version, or the one that an alias is of, stays as it is when the function's variables change: AWS keeps them in each version. CDK
// publishes a function's CurrentVersion again.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html
func publishedAgain(q qualified) error {
	version, isVersion := q.(awslambda.IVersion)
	if alias, isAlias := q.(awslambda.IAlias); isAlias {
		version, isVersion = alias.Version(), true
	}
	if !isVersion || *version.Version() == "$LATEST" {
		return nil
	}
	if path := place.Path(version); path != place.Path(version.Lambda())+"/CurrentVersion" {
		return fmt.Errorf("found version %s, whose environment variables AWS keeps as they are when it is published, expected the function's CurrentVersion, which CDK publishes again when they change, or the function itself", path)
	}
	return nil
}

// notSet warns of variables that somebody else has to set.
func (s *SourceGrant) notSet(where string) {
	var variables []string
	for _, name := range slices.Sorted(maps.Keys(s.environment)) {
		variables = append(variables, name+"="+s.environment[name])
	}
	awscdk.Annotations_Of(s.node).AddWarningV2(jsii.String("crossgrant:environmentSetElsewhere:"+where), jsii.String(fmt.Sprintf(
		"this app does not set the environment variables of %s, which is imported. Its code needs these: %s", where, strings.Join(variables, ", "))), nil)
}

// TaskDefinition is an ECS task definition of this app. awsecs.FargateTaskDefinition, Ec2TaskDefinition and the like implement it.
type TaskDefinition interface {
	constructs.Construct
	TaskDefinitionArn() *string
	TaskRole() awsiam.IRole
}

// Container is a container of a task definition. awsecs.ContainerDefinition implements it.
type Container interface {
	constructs.Construct
	AddEnvironment(name *string, value *string)
	ContainerName() *string
}

// Task is an ECS task definition as a grantee: its task role, which has a name of its own, gets access, and the containers whose code uses it get the
// environment variables. At least one container is required.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
func Task(definition TaskDefinition, containers ...Container) awsiam.IGrantable {
	if definition == nil || len(containers) == 0 {
		panic(errors.New("Task: found no task definition or no container, expected both; for access without environment variables, the task role itself is the grantee"))
	}
	return &task{definition, containers}
}

type task struct {
	definition TaskDefinition
	containers []Container
}

// GrantPrincipal returns the task role.
func (t *task) GrantPrincipal() awsiam.IPrincipal { return t.definition.TaskRole().GrantPrincipal() }

// setContainers sets the variables of the containers of a task.
func (s *SourceGrant) setContainers(t *task, role, prefix string) error {
	for _, container := range t.containers {
		if err := claim("container", container.Node(), prefix); err != nil {
			return err
		}
		for _, name := range slices.Sorted(maps.Keys(s.environment)) {
			container.AddEnvironment(jsii.String(name), jsii.String(s.environment[name]))
		}
		intent.Record(container, prefix+" "+s.grant.ID(), contract.Intent{Workload: &contract.Workload{
			Resource: *t.definition.TaskDefinitionArn(), Container: *container.ContainerName(), Role: role, Grant: s.grant.ID(), EnvironmentPrefix: prefix,
		}})
	}
	return nil
}
