package crossaccount_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/constructs/crossaccount"
	"github.com/crossgrant/crossgrant/internal/policyview"
)

// Each golden view is everything that one permission writes: the environment and the endpoint policies in the source account, the role in the
// target account.
func TestPermissionViews(t *testing.T) {
	for name, c := range permissionCases() {
		t.Run(name, func(t *testing.T) {
			source, target := grantTo(t, name, c.make)
			compare(t, name, "source account\n\n"+variables(t, source)+"\n"+source.View()+"\ntarget account\n\n"+target.View())
		})
	}
}

// The other account does not know what AWS generates, so nothing in a template may refer to the other one.
func TestNoTokenCrossesTheAccountBorder(t *testing.T) {
	for name, c := range permissionCases() {
		t.Run(name, func(t *testing.T) {
			source, target := grantTo(t, name, c.make)
			for account, template := range map[string]policyview.Template{"source": source, "target": target} {
				for id, r := range template.Resources {
					for _, problem := range foreign(template, r.Properties) {
						t.Errorf("%s account, %s: found %s, expected plain text", account, id, problem)
					}
				}
			}
		})
	}
}

// foreign returns the parts of a value that refer to another template.
func foreign(template policyview.Template, value any) (found []string) {
	switch v := value.(type) {
	case []any:
		for _, element := range v {
			found = append(found, foreign(template, element)...)
		}
	case map[string]any:
		for key, inner := range v {
			id := fmt.Sprint(inner)
			if parts, ok := inner.([]any); ok && len(parts) > 0 {
				id = fmt.Sprint(parts[0])
			}
			_, ours := template.Resources[id]
			ours = ours || strings.HasPrefix(id, "AWS::")
			if key == "Fn::ImportValue" || key == "Fn::GetStackOutput" || (key == "Ref" || key == "Fn::GetAtt") && !ours {
				found = append(found, fmt.Sprint(v))
			}
			found = append(found, foreign(template, inner)...)
		}
	}
	return found
}

// The source account's template has no functions either, such as the one by which CDK cuts a secret's name out of its ARN. Only the grantee's
// own role can be a reference.
func TestSourceAccountHasOnlyLiterals(t *testing.T) {
	for name, c := range permissionCases() {
		t.Run(name, func(t *testing.T) {
			source, _ := grantTo(t, name, c.make)
			view := strings.NewReplacer("{Reader}.Arn", "", "${*}", "*", "${?}", "?").Replace(variables(t, source) + source.View())
			for _, line := range strings.Split(view, "\n") {
				if strings.Contains(line, "map[") || strings.Contains(line, "{") && !strings.Contains(line, ": endpoint com.amazonaws") {
					t.Errorf("found %q, expected plain text", line)
				}
			}
		})
	}
}

func TestActionsAreExactAndOfTheirService(t *testing.T) {
	exact := regexp.MustCompile(`^([a-z0-9-]+):[A-Z][A-Za-z]+$`)
	for name, c := range permissionCases() {
		t.Run(name, func(t *testing.T) {
			seen := 0
			for _, p := range c.make(twoAccounts(t)) {
				if err := p.Validate(); err != nil {
					t.Error(err)
				}
				for _, s := range p.Statements() {
					for _, action := range s.Actions {
						seen++
						part := exact.FindStringSubmatch(action)
						if part == nil {
							t.Errorf("found action %q, expected one without a wildcard", action)
						} else if viaService := part[1] == "kms" && s.ViaAWSService && s.Conditions["StringEquals"]["kms:ViaService"] != nil; part[1] != c.service && !viaService {
							t.Errorf("found action %q, expected one of %s, or of kms on behalf of it", action, c.service)
						}
						for _, resource := range s.Resources {
							if resource == "*" || strings.HasSuffix(resource, ":*") || strings.HasSuffix(resource, "key/*") {
								t.Errorf("found resource %q, expected one of the named thing", resource)
							}
						}
					}
				}
			}
			if seen == 0 {
				t.Error("found no action")
			}
		})
	}
}

// templatesOf has the templates of grants by their names, since several tests look at the same ones.
var templatesOf = map[string][2]policyview.Template{}

// grantTo synthesizes a grant to a function, with every endpoint, or takes what another test has synthesized under the same name.
func grantTo(t *testing.T, name string, make func(accounts) []crossaccount.Permission) (source, target policyview.Template) {
	t.Helper()
	if both, ok := templatesOf[name]; ok {
		return both[0], both[1]
	}
	a := twoAccounts(t)
	grantee := awslambda.NewFunction(a.source, jsii.String("Function"), &awslambda.FunctionProps{
		Role: role(a.source, "Reader", "reader"), Runtime: awslambda.Runtime_NODEJS_22_X(),
		Handler: jsii.String("index.handler"), Code: awslambda.Code_FromInline(jsii.String("-")),
	})
	crossaccount.NewCrossAccountGrant(a.source, "Reading", crossaccount.GrantProps{
		Name: "reading", Stage: "dev", Grantees: to(grantee), Target: a.target, Permissions: make(a), Endpoints: everyEndpoint(a),
	})
	source, target = a.templates(t)
	templatesOf[name] = [2]policyview.Template{source, target}
	return source, target
}

func everyEndpoint(a accounts) crossaccount.Endpoints {
	vpc := awsec2.Vpc_FromVpcAttributes(a.source, jsii.String("Vpc"), &awsec2.VpcAttributes{
		VpcId: jsii.String("vpc-1"), AvailabilityZones: jsii.Strings("ap-northeast-1a"),
		PrivateSubnetIds: jsii.Strings("subnet-1"), PrivateSubnetRouteTableIds: jsii.Strings("rtb-1"),
	})
	groups := &[]awsec2.ISecurityGroup{awsec2.SecurityGroup_FromSecurityGroupId(a.source, jsii.String("Group"), jsii.String("sg-1"), nil)}
	gateway := func(id string, service awsec2.GatewayVpcEndpointAwsService) crossaccount.EndpointPolicy {
		return awsec2.NewGatewayVpcEndpoint(a.source, jsii.String(id), &awsec2.GatewayVpcEndpointProps{Vpc: vpc, Service: service})
	}
	private := func(service string) crossaccount.EndpointPolicy {
		return awsec2.NewInterfaceVpcEndpoint(a.source, jsii.String(service), &awsec2.InterfaceVpcEndpointProps{
			Vpc: vpc, Service: awsec2.NewInterfaceVpcEndpointService(jsii.String("com.amazonaws.ap-northeast-1."+service), nil), SecurityGroups: groups, Open: jsii.Bool(false),
		})
	}
	return crossaccount.Endpoints{
		STS: private("sts"), S3: gateway("s3", awsec2.GatewayVpcEndpointAwsService_S3()),
		DynamoDB: gateway("dynamodb", awsec2.GatewayVpcEndpointAwsService_DYNAMODB()), DynamoDBStreams: private("dynamodb-streams"),
		Others: map[string]crossaccount.EndpointPolicy{
			"kms": private("kms"), "sqs": private("sqs"), "secretsmanager": private("secretsmanager"), "sns": nil,
		},
	}
}

// variables returns the environment of the template's functions as text.
func variables(t *testing.T, template policyview.Template) string {
	t.Helper()
	var view strings.Builder
	for _, r := range template.Resources {
		if r.Type != "AWS::Lambda::Function" {
			continue
		}
		view.WriteString("environment\n")
		all := r.Properties["Environment"].(map[string]any)["Variables"].(map[string]any)
		for _, key := range slices.Sorted(maps.Keys(all)) {
			fmt.Fprintf(&view, "  %s=%v\n", key, all[key])
		}
	}
	return view.String()
}
