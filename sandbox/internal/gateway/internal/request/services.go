package request

import (
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/internal/authorization"
	"github.com/crossgrant/crossgrant/internal/denial"
)

// readSTS reads a request to STS. What AssumeRole asks for, its trust policy decides; GetCallerIdentity, GetSessionToken and GetFederationToken need no permission of a role.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
func readSTS(q *Request, _ Place, _ Tables) error {
	switch q.Operation {
	case "AssumeRole", "GetCallerIdentity", "GetSessionToken", "GetFederationToken":
		return nil
	case "GetAccessKeyInfo":
		q.ask(q.Operation, "*", nil)
		return nil
	case "DecodeAuthorizationMessage":
		return unknown("found DecodeAuthorizationMessage, and no denial of the sandbox is encoded: its message is behind the code")
	}
	return unknown("found operation %s of STS, expected AssumeRole, GetCallerIdentity or GetAccessKeyInfo", q.Operation)
}

// readOther reads a request to a service of which operations and actions have the same names, and parameters name what they are on.
func readOther(q *Request, at Place, tables Tables) error {
	name := denial.ActionOf(q.Service + ":" + q.Operation)
	action, ok := authorization.Lookup(name)
	if !ok {
		return unknown("found operation %s of %s, of which the Service Authorization Reference of %s has no action", q.Operation, q.Service, authorization.Date())
	}
	context, err := tagContext(q.Parameters)
	if err != nil {
		return err
	}
	resources, err := q.resourcesOf(action, at, tables)
	if err != nil {
		return err
	}
	for _, resource := range resources {
		q.ask(action.Name, resource, context)
	}
	switch q.Service {
	case "cloudformation":
		q.cloudFormationKeys()
		q.passRole("RoleARN", "cloudformation.amazonaws.com")
	case "lambda":
		return q.lambdaKeys(at)
	case "iam":
		return q.iamKeys(at, tables)
	case "secretsmanager":
		q.keys(secretKeys)
	case "ssm":
		q.keys(parameterKeys)
	}
	return nil
}

// key adds a condition key to each ask for an action of the service itself. An empty value is none.
func (q *Request) key(name string, values ...string) {
	if len(values) == 0 || values[0] == "" {
		return
	}
	for i, ask := range q.Asks {
		if strings.HasPrefix(ask.Action, q.Service+":") {
			q.Asks[i].Context = withAll(ask.Context, name, values)
		}
	}
}

// keys adds condition keys that have the values of parameters.
func (q *Request) keys(of map[string]string) {
	for parameter, name := range of {
		q.key(name, q.Parameters.At(parameter)...)
	}
}

// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html#awssecretsmanager-policy-keys
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html#awssystemsmanager-policy-keys
var (
	secretKeys = map[string]string{"SecretId": "secretsmanager:SecretId", "Name": "secretsmanager:Name", "Description": "secretsmanager:Description", "KmsKeyId": "secretsmanager:KmsKeyId",
		"VersionId": "secretsmanager:VersionId", "VersionStage": "secretsmanager:VersionStage", "RecoveryWindowInDays": "secretsmanager:RecoveryWindowInDays",
		"ForceDeleteWithoutRecovery": "secretsmanager:ForceDeleteWithoutRecovery", "BlockPublicPolicy": "secretsmanager:BlockPublicPolicy", "RotationLambdaARN": "secretsmanager:RotationLambdaARN",
		"AddReplicaRegions.Region": "secretsmanager:AddReplicaRegions", "ForceOverwriteReplicaSecret": "secretsmanager:ForceOverwriteReplicaSecret"}
	parameterKeys = map[string]string{"Recursive": "ssm:Recursive", "Overwrite": "ssm:Overwrite", "Policies": "ssm:Policies", "DocumentType": "ssm:DocumentType"}
)

// iamKeys adds the condition keys of a request to IAM, and that a role is passed to the instances of a profile.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html#awsidentityandaccessmanagementiam-policy-keys
func (q *Request) iamKeys(at Place, tables Tables) error {
	p := q.Parameters
	if strings.HasPrefix(q.Operation, "Attach") || strings.HasPrefix(q.Operation, "Detach") {
		q.keys(map[string]string{"PolicyArn": "iam:PolicyARN"})
	}
	q.keys(map[string]string{"PermissionsBoundary": "iam:PermissionsBoundary", "AWSServiceName": "iam:AWSServiceName"})
	if q.Operation == "AddRoleToInstanceProfile" {
		role := tables.Resource(at.Account, "", "iam", "role", p.Text("RoleName"))
		if role == "" {
			role = filled("iam", "role", p.Text("RoleName"), at)
		}
		q.ask("iam:PassRole", role, map[string][]string{"iam:PassedToService": {"ec2.amazonaws.com"}})
	}
	return nil
}

// passRole adds that a service is given a role, if a parameter has one.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
func (q *Request) passRole(parameter, service string) {
	if role := q.Parameters.Text(parameter); role != "" {
		q.ask("iam:PassRole", role, map[string][]string{"iam:PassedToService": {service}})
	}
}

// cloudFormationKeys adds the condition keys of requests to CloudFormation.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/control-access-with-iam.html#using-iam-conditions
func (q *Request) cloudFormationKeys() {
	for i := range q.Asks {
		for name, key := range map[string]string{"TemplateURL": "cloudformation:TemplateUrl", "ChangeSetName": "cloudformation:ChangeSetName", "RoleARN": "cloudformation:RoleArn"} {
			if value := q.Parameters.Text(name); value != "" {
				q.Asks[i].Context = with(q.Asks[i].Context, key, value)
			}
		}
	}
}

// tagContext are the keys of the tags that a request sets or removes.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/access_tags.html
func tagContext(p Parameters) (map[string][]string, error) {
	context := map[string][]string{}
	add := func(key, value string) {
		context["aws:RequestTag/"+key] = []string{value}
		context["aws:TagKeys"] = append(context["aws:TagKeys"], key)
	}
	for name, value := range p {
		if !strings.HasPrefix(strings.ToLower(name), "tag") || strings.HasPrefix(name, "TagSpecification.") { // of EC2, which are read apart
			continue
		}
		switch v := value.(type) {
		case []any:
			for _, one := range v {
				if key, ok := one.(string); ok { // TagKeys
					context["aws:TagKeys"] = append(context["aws:TagKeys"], key)
					continue
				}
				tag, _ := one.(map[string]any)
				key, isKey := first(tag, "Key", "key", "TagKey").(string)
				text, isText := first(tag, "Value", "value", "TagValue").(string)
				if !isKey || !isText {
					return nil, unknown("found tags in a form that this sandbox does not know")
				}
				add(key, text)
			}
		case map[string]any:
			for key, one := range v {
				text, _ := one.(string)
				add(key, text)
			}
		case string:
			front, isKey := strings.CutSuffix(name, ".Key")
			switch {
			case isKey && oneOf(formName(name), "Tags.Key", "Tag.Key"):
				add(v, p.Text(front+".Value"))
			case oneOf(formName(name), "TagKeys", "TagKey"):
				context["aws:TagKeys"] = append(context["aws:TagKeys"], v)
			case oneOf(formName(name), "Tags.Value", "Tag.Value"):
			case v == "": // an empty list
			default:
				return nil, unknown("found parameter %s, of whose tags this sandbox does not know the keys", name)
			}
		}
	}
	slices.Sort(context["aws:TagKeys"])
	return context, nil
}

func first(object map[string]any, names ...string) any {
	for _, name := range names {
		if value, ok := object[name]; ok {
			return value
		}
	}
	return nil
}
