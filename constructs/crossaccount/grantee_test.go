package crossaccount_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsecs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"
	"github.com/google/go-cmp/cmp"

	"github.com/crossgrant/crossgrant/constructs/crossaccount"
	"github.com/crossgrant/crossgrant/contract"
)

// The session tags of EKS Pod Identity are passed on to each role that a pod assumes: the role, the pod's own role and the endpoint permit that, without
// the external ID.
// https://docs.aws.amazon.com/eks/latest/userguide/pod-id-abac.html
func TestPodIdentity(t *testing.T) {
	a := twoAccounts(t)
	pod := awsiam.NewRole(a.source, jsii.String("Pod"), &awsiam.RoleProps{
		RoleName: jsii.String("pod"), AssumedBy: awsiam.NewServicePrincipal(jsii.String("pods.eks.amazonaws.com"), nil).WithSessionTags(),
	})
	grant := crossaccount.NewCrossAccountGrant(a.source, "Reading", crossaccount.GrantProps{
		Name: "reading", Stage: "dev", Grantees: to(pod), Target: a.target, Endpoints: everyEndpoint(a), Trust: crossaccount.Trust{ExternalID: "id-1"},
		Permissions: permissions{crossaccount.ReadBucket(bucket(a.target, nil), "in/")},
	})
	if !grant.Contract().Trust.SessionTags {
		t.Error("found a contract without session tags")
	}
	source, target := a.templates(t)
	const byPod = `"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::111111111111:role/pod"}`
	for what, c := range map[string]struct {
		template any
		expected string
	}{
		"the trusted role": {target, `{"Action":"sts:TagSession","Condition":{` + byPod + `},"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:root"}}`},
		"the pod's role":   {source, `"Action":["sts:AssumeRole","sts:TagSession"],"Effect":"Allow","Resource":"arn:aws:iam::222222222222:role/reading-dev-ap-northeast-1"`},
		"the STS endpoint": {source, `"Action":["sts:AssumeRole","sts:TagSession"],"Condition":{` + byPod + `},"Effect":"Allow","Principal":"*"`},
	} {
		if document := asJSON(t, c.template); !strings.Contains(document, c.expected) {
			t.Errorf("%s: found no %s", what, c.expected)
		}
	}
}

// Another app's pods have to be declared; other roles get no right to tag.
func TestSessionTagsOfOthers(t *testing.T) {
	for _, tags := range []bool{true, false} {
		a := twoAccounts(t)
		crossaccount.NewTargetGrant(a.target, "Reading", crossaccount.GrantProps{
			Name: "reading", Stage: "dev", Grantees: to(crossaccount.RoleByName("111111111111", "pod")), Trust: crossaccount.Trust{SessionTags: tags},
			Permissions: permissions{crossaccount.ReadBucket(bucket(a.target, nil), "in/")},
		})
		_, target := a.templates(t)
		if found := strings.Contains(asJSON(t, target), "sts:TagSession"); found != tags {
			t.Errorf("found sts:TagSession: %t, expected %t", found, tags)
		}
	}
}

func TestTrustOfPermissionSetsAndOrganizations(t *testing.T) {
	for name, c := range map[string]struct {
		grantee  awsiam.IGrantable
		expected string
	}{
		"a permission set": {crossaccount.PermissionSetRole("111111111111", "eu-west-1", "Analyst"),
			`"Condition":{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::111111111111:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Analyst_????????????????"}},"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:root"}`},
		"an organization": {crossaccount.Organization("o-a1b2c3d4e5"),
			`"Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}},"Effect":"Allow","Principal":{"AWS":"*"}`},
	} {
		a := twoAccounts(t)
		crossaccount.NewTargetGrant(a.target, "Reading", crossaccount.GrantProps{
			Name: "reading", Stage: "dev", Grantees: to(c.grantee), Permissions: permissions{crossaccount.ReadBucket(bucket(a.target, nil), "in/")},
		})
		_, target := a.templates(t)
		if document := asJSON(t, target); !strings.Contains(document, c.expected) {
			t.Errorf("%s: found no %s in\n%s", name, c.expected, document)
		}
	}
}

// The variables of an alias or the current version are those of the function; a task's are those of the containers that are named.
func TestEnvironmentOfVersionsAndContainers(t *testing.T) {
	a := twoAccounts(t)
	reader := function(a.source)
	task := awsecs.NewFargateTaskDefinition(a.source, jsii.String("Task"), &awsecs.FargateTaskDefinitionProps{Family: jsii.String("task"), TaskRole: role(a.source, "TaskRole", "task")})
	container := func(name string) awsecs.ContainerDefinition {
		return task.AddContainer(jsii.String(name), &awsecs.ContainerDefinitionOptions{Image: awsecs.ContainerImage_FromRegistry(jsii.String("x"), nil)})
	}
	main := container("main")
	container("proxy")
	alias := awslambda.NewAlias(a.source, jsii.String("Live"), &awslambda.AliasProps{AliasName: jsii.String("live"), Version: reader.CurrentVersion()})
	crossaccount.NewCrossAccountGrant(a.source, "Reading", crossaccount.GrantProps{
		Name: "reading", Stage: "dev", Grantees: to(alias, crossaccount.Task(task, main)), Target: a.target,
		Permissions: permissions{crossaccount.ReadBucket(bucket(a.target, nil), "in/")},
	})
	source, _ := a.templates(t)
	expected := map[string]any{"CROSSGRANT_BUCKET": "data-of-222", "CROSSGRANT_PREFIXES": `["in/"]`, "CROSSGRANT_ROLE_ARN": "arn:aws:iam::222222222222:role/reading-dev-ap-northeast-1"}
	for _, r := range source.Resources {
		switch r.Type {
		case "AWS::Lambda::Function":
			if diff := cmp.Diff(expected, r.Properties["Environment"].(map[string]any)["Variables"]); diff != "" {
				t.Errorf("function (-expected +found):\n%s", diff)
			}
		case "AWS::ECS::TaskDefinition":
			for _, item := range r.Properties["ContainerDefinitions"].([]any) {
				found := map[string]any{}
				variables, _ := item.(map[string]any)["Environment"].([]any)
				for _, v := range variables {
					found[v.(map[string]any)["Name"].(string)] = v.(map[string]any)["Value"]
				}
				if is := len(found) > 0; is != (item.(map[string]any)["Name"] == "main") || is && !cmp.Equal(expected, found) {
					t.Errorf("container %s: found %v", item.(map[string]any)["Name"], found)
				}
			}
		}
	}
	recorded := map[string]bool{}
	for key, value := range source.Metadata {
		if strings.HasPrefix(key, contract.IntentPrefix) {
			workload, _ := value.(map[string]any)["workload"].(map[string]any)
			recorded[fmt.Sprint(workload["role"], " ", workload["container"])] = true
		}
	}
	if diff := cmp.Diff(map[string]bool{"arn:aws:iam::111111111111:role/function <nil>": true, "arn:aws:iam::111111111111:role/task main": true}, recorded); diff != "" {
		t.Errorf("recorded (-expected +found):\n%s", diff)
	}
}

// An imported function takes no variables: a warning has them.
func TestEnvironmentOfImportedFunctions(t *testing.T) {
	a := twoAccounts(t)
	theirs := awslambda.Function_FromFunctionAttributes(a.source, jsii.String("Theirs"), &awslambda.FunctionAttributes{
		FunctionArn: jsii.String("arn:aws:lambda:ap-northeast-1:111111111111:function:theirs"), Role: role(a.source, "TheirRole", "theirs"),
	})
	grant := crossaccount.NewCrossAccountGrant(a.source, "Reading", crossaccount.GrantProps{
		Name: "reading", Stage: "dev", Grantees: to(theirs), Target: a.target, Permissions: permissions{crossaccount.ReadBucket(bucket(a.target, nil))},
	})
	var warnings []string
	for _, entry := range *grant.Node().Metadata() {
		if *entry.Type == "aws:cdk:warning" {
			warnings = append(warnings, fmt.Sprint(entry.Data))
		}
	}
	const expected = "this app does not set the environment variables of function Source/Theirs, which is imported. Its code needs these: " +
		"CROSSGRANT_BUCKET=data-of-222, CROSSGRANT_ROLE_ARN=arn:aws:iam::222222222222:role/reading-dev-ap-northeast-1"
	if len(warnings) != 1 || !strings.Contains(warnings[0], expected) {
		t.Errorf("found warnings %q, expected %q", warnings, expected)
	}
}

func asJSON(t *testing.T, value any) string {
	t.Helper()
	document, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(document)
}
