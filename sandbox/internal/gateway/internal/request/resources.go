package request

import (
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/internal/authorization"
	"github.com/crossgrant/crossgrant/policy"
)

// named are the parameters that name what is of a resource type, by service and type of the Service Authorization Reference; of those that a request has, each does. A "~" before a parameter
// says that it does so only in operations that are called after the type. A type without parameters is named by none, or through another resource. Operations on types
// that are not here are denied in words.
var named = map[string]map[string][]string{
	"cloudformation": {"stack": {"StackName", "StackId"}, "stackset": {"StackSetName"}, "changeset": {"ChangeSetName", "ResourceArn"}},
	"dynamodb": {
		"table": {"TableName", "TableArn", "ResourceArn", "SourceTableName", "SourceTableArn", "TargetTableName"}, "index": {}, "stream": {"StreamArn", "ResourceArn"},
		"backup": {"BackupArn"}, "export": {"ExportArn"}, "import": {"ImportArn"}, "global-table": {"GlobalTableName"},
	},
	"ecr": {"repository": {"repositoryName", "repositoryNames", "resourceArn"}},
	"events": {
		"event-bus": {"~Name", "EventBusName", "EventSourceArn", "Destination.Arn", "ResourceARN", "EventBuses.EventBusArn"}, "rule-on-default-event-bus": {}, "rule-on-custom-event-bus": {},
		"archive": {"ArchiveName", "EventSourceArn"}, "replay": {"ReplayName"}, "connection": {"~Name", "ConnectionArn"}, "api-destination": {"~Name"}, "endpoint": {"~Name"},
		"event-source": {"Name", "EventSourceName"}, "key": {"KmsKeyIdentifier"}, "alias": {"KmsKeyIdentifier"},
		"event-busv2": {"ResourceARN"}, "event-sourcev2": {"ResourceARN"}, "subscriber": {"ResourceARN"},
	},
	"iam": {
		"role": {"RoleName", "Arn", "PolicySourceArn"}, "user": {"UserName", "Arn", "PolicySourceArn"}, "group": {"GroupName", "Arn", "PolicySourceArn"},
		"instance-profile": {"InstanceProfileName"}, "policy": {"PolicyArn", "PolicyName", "Arn"}, "oidc-provider": {"OpenIDConnectProviderArn", "Url"},
		"saml-provider": {"SAMLProviderArn", "Name"}, "server-certificate": {"ServerCertificateName"}, "mfa": {"SerialNumber", "VirtualMFADeviceName"}, "sms-mfa": {"SerialNumber"},
	},
	"kms": {"key": {"KeyId"}, "alias": {"AliasName"}},
	"lambda": {
		"function": {"FunctionName", "Resource", "ResourceArn"}, "function alias": {}, "function version": {}, "layer": {"LayerName"}, "layerVersion": {}, "eventSourceMapping": {"UUID", "Resource"},
		"code signing config": {"CodeSigningConfigArn", "Resource"}, "capacityProvider": {"CapacityProviderName", "Resource"}, "durable execution": {"DurableExecutionArn"},
		"microvmImage": {"Resource"}, "networkConnector": {"Resource"}, "webFunction": {"Resource", "ResourceArn"},
	},
	"logs": {
		"log-group": {"logGroupName", "logGroupNames", "logGroupIdentifier", "logGroupIdentifiers", "resourceIdentifier", "resourceArn", "logGroupArnList"}, "log-stream": {},
		"destination": {"destinationName", "destinationArn", "resourceArn"}, "delivery": {"id", "resourceArn"}, "delivery-source": {"name", "deliverySourceName", "resourceArn"},
		"delivery-destination": {"name", "deliveryDestinationName", "deliveryDestinationArn", "resourceArn"}, "anomaly-detector": {"anomalyDetectorArn", "resourceArn"},
		"lookup-table": {"lookupTableArn", "lookupTableName", "resourceArn"}, "scheduled-query": {"identifier", "resourceArn"},
	},
	"cloudwatch":     {"alarm": {"AlarmName", "AlarmNames", "ResourceARN"}, "dashboard": {"DashboardName", "DashboardNames"}, "dataset": {}},
	"secretsmanager": {"Secret": {"SecretId", "Name"}},
	"sns":            {"topic": {"TopicArn", "TargetArn", "ResourceArn", "Name"}},
	"sqs":            {"queue": {"QueueUrl", "QueueName", "SourceArn", "DestinationArn"}},
	"ssm": {
		"parameter": {"~Name", "~Names", "Path", "ResourceArn"}, "document": {"Name", "DocumentName", "CalendarNames", "ResourceArn"}, "instance": {"InstanceId", "InstanceIds", "Target"},
		"managed-instance": {"InstanceId", "InstanceIds", "Target"}, "task": {"Target"}, "association": {"AssociationId", "AssociationIds"}, "maintenancewindow": {"WindowId"},
		"windowtarget": {"WindowTargetId"}, "windowtask": {"WindowTaskId"}, "opsitem": {"OpsItemId"}, "opsmetadata": {"OpsMetadataArn"}, "patchbaseline": {"BaselineId"},
		"resourcedatasync": {"SyncName"}, "servicesetting": {"SettingId"}, "session": {"SessionId"}, "automation-execution": {"AutomationExecutionId"}, "bucket": {"OutputS3BucketName"},
		"cloud-connector": {"CloudConnectorId"}, "opsitemgroup": {"ResourceArn"},
	},
}

// resourcesOf are the ARNs of what a request is on, for its action. An error says what is not known.
func (q *Request) resourcesOf(action authorization.Action, at Place, tables Tables) ([]string, error) {
	if len(action.Resources) == 0 {
		return []string{"*"}, nil
	}
	var all []string
	for _, kind := range action.Resources {
		if special := specialNames[q.Service+" "+kind]; special != nil {
			found, err := special(q, action, at, tables)
			if err != nil {
				return nil, err
			}
			all = append(all, found...)
		}
		parameters, known := named[q.Service][kind]
		if !known {
			return nil, unknown("found operation %s of %s, which is on a %s, and this sandbox does not know how it is named", q.Operation, q.Service, kind)
		}
		for _, parameter := range parameters {
			parameter, after := strings.CutPrefix(parameter, "~")
			if after && !strings.Contains(strings.ToLower(q.Operation), strings.ReplaceAll(kind, "-", "")) {
				continue
			}
			for _, name := range q.Parameters.At(parameter) {
				if q.Service == "kms" && kind == "key" && aliasIn(name) != "" {
					continue // of which keysOf has the key
				}
				one, err := q.arnOf(action, kind, name, at, tables)
				if err != nil {
					return nil, err
				}
				if one != "" {
					all = append(all, one)
				}
			}
		}
	}
	slices.Sort(all)
	if all = slices.Compact(all); len(all) == 0 {
		return nil, unknown("found operation %s of %s, of which this sandbox does not know the resource", q.Operation, q.Service)
	}
	return all, nil
}

// arnOf is the ARN of what a parameter names: a name, or an ARN already. "" for an ARN of another type of the action.
func (q *Request) arnOf(action authorization.Action, kind, name string, at Place, tables Tables) (string, error) {
	if name == "" {
		return "", nil
	}
	if strings.HasPrefix(name, "arn:") {
		name = strings.TrimSuffix(name, ":*") // as the ARNs of log groups have it
		switch {
		case fits(q.Service, []string{kind}, name):
			return q.complete(kind, name), nil
		case fits(q.Service, action.Resources, name):
			return "", nil
		}
		return "", unknown("found operation %s of %s on %s, which is of no type that the action is on", q.Operation, q.Service, name)
	}
	if name == "*" || strings.Contains(name, "?") || strings.Contains(name, "*") && q.Service != "cloudformation" {
		return "", malformed("found the name %q, expected one without wildcards", name)
	}
	if known := tables.Resource(at.Account, at.Region, q.Service, kind, name); known != "" {
		return q.complete(kind, known), nil
	}
	switch q.Service + " " + kind {
	case "kms key":
		return q.keyOf(name, at, tables)
	case "iam user", "iam role", "iam group", "iam policy", "iam instance-profile", "iam server-certificate", "iam mfa":
		if path := strings.Trim(q.Parameters.Text("Path"), "/"); path != "" {
			name = path + "/" + name
		}
		if q.Operation == "CreateServiceLinkedRole" {
			name = "aws-service-role/" + name + "/*"
		}
	case "iam oidc-provider":
		name = strings.TrimPrefix(name, "https://")
	case "secretsmanager Secret": // AWS adds six characters, which are not known. https://docs.aws.amazon.com/secretsmanager/latest/userguide/getting-started.html
		name += "-" + policy.Unresolved("SecretSuffix")
	case "sqs queue":
		return q.queueOf(name, at)
	case "ssm parameter":
		name = strings.TrimPrefix(name, "/")
		if strings.HasPrefix(q.Operation, "GetParameter") && q.Operation != "GetParametersByPath" { // its version or label
			name, _, _ = strings.Cut(name, ":")
		}
	case "ssm instance":
		if strings.HasPrefix(name, "mi-") {
			return "", nil
		}
	case "ssm managed-instance":
		if !strings.HasPrefix(name, "mi-") {
			return "", nil
		}
	case "ssm task":
		return "", nil // by its ARN only
	case "events alias", "events key":
		if strings.HasPrefix(name, "alias/") != (kind == "alias") {
			return "", nil
		}
		name = strings.TrimPrefix(name, "alias/")
	case "kms alias":
		name = strings.TrimPrefix(name, "alias/")
	case "lambda function":
		return q.functionOf(name, at), nil
	}
	return q.complete(kind, filled(q.Service, kind, name, at)), nil
}

// complete adds to an ARN what requests have behind it.
func (q *Request) complete(kind, arn string) string {
	switch q.Service + " " + kind {
	case "cloudformation stack":
		if strings.Count(arn, "/") < 2 {
			arn += "/*"
		}
	case "logs log-group":
		// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html
		if !strings.HasSuffix(q.Operation, "agResource") && q.Operation != "ListTagsForResource" {
			arn += ":log-stream:"
		}
	}
	return arn
}

// filled is the ARN of a resource type with a name.
func filled(service, kind, name string, at Place) string {
	for _, t := range authorization.Types(service) {
		if t.Name != kind {
			continue
		}
		parts := strings.SplitN(t.Formats[0], ":", 4) // service, region, account, resource
		if parts[1] == "*" {
			parts[1] = at.Region
		}
		if parts[2] == "*" {
			parts[2] = at.Account
		}
		parts[3] = strings.Replace(parts[3], "*", name, 1)
		return "arn:" + at.Partition + ":" + strings.Join(parts, ":")
	}
	return ""
}

// fits says that an ARN is of one of some resource types.
func fits(service string, kinds []string, arn string) bool {
	parts := strings.SplitN(arn, ":", 3)
	if len(parts) < 3 {
		return false
	}
	return slices.ContainsFunc(authorization.Types(service), func(t authorization.Type) bool {
		return slices.Contains(kinds, t.Name) && slices.ContainsFunc(t.Formats, func(f string) bool { return authorization.Fits(f, parts[2]) })
	})
}

// specialNames name what is of a resource type by more than one parameter.
var specialNames map[string]func(*Request, authorization.Action, Place, Tables) ([]string, error)

func init() { // a literal would depend on itself
	specialNames = map[string]func(*Request, authorization.Action, Place, Tables) ([]string, error){
		"cloudformation stack":             allStacks,
		"cloudwatch alarm":                 allAlarms,
		"cloudwatch dataset":               allMetrics,
		"dynamodb index":                   indexOf,
		"events event-bus":                 busesOf,
		"events rule-on-default-event-bus": rulesOf(false),
		"events rule-on-custom-event-bus":  rulesOf(true),
		"kms key":                          keysOf,
		"lambda function alias":            qualified,
		"lambda function version":          qualified,
		"lambda layerVersion":              layerVersion,
		"logs log-stream":                  logStream,
		"ssm parameter":                    taggedParameter,
		"iam role":                         linkedRole,
	}
}

// allStacks is any stack, for requests that name none.
func allStacks(q *Request, _ authorization.Action, at Place, _ Tables) ([]string, error) {
	if q.Parameters.Text("StackName") == "" && q.Parameters.Text("StackId") == "" && q.Parameters.Text("StackSetName") == "" && q.Parameters.Text("ChangeSetName") == "" {
		return []string{at.arn("cloudformation", "stack/*/*")}, nil
	}
	return nil, nil
}

// allAlarms is any alarm, for requests that name none, and allMetrics what metrics are on.
func allAlarms(q *Request, _ authorization.Action, at Place, _ Tables) ([]string, error) {
	if strings.HasPrefix(q.Operation, "Describe") && len(q.Parameters.At("AlarmNames")) == 0 {
		return []string{at.arn("cloudwatch", "alarm:*")}, nil
	}
	return nil, nil
}

func allMetrics(*Request, authorization.Action, Place, Tables) ([]string, error) {
	return []string{"*"}, nil
}

func indexOf(q *Request, _ authorization.Action, at Place, _ Tables) ([]string, error) {
	index := q.Parameters.Text("IndexName")
	if index == "" {
		return nil, nil
	}
	if strings.ContainsAny(index, "/:*?") {
		return nil, malformed("found IndexName %q, expected a name", index)
	}
	table, err := tableOf(q.Parameters.Text("TableName"), at)
	return []string{table + "/index/" + index}, err
}

func logStream(q *Request, _ authorization.Action, at Place, _ Tables) ([]string, error) {
	group, stream := q.Parameters.Text("logGroupName"), q.Parameters.Text("logStreamName")
	if group == "" {
		group = q.Parameters.Text("logGroupIdentifier")
	}
	if group == "" || stream == "" {
		return nil, nil
	}
	if !strings.HasPrefix(group, "arn:") {
		group = at.arn("logs", "log-group:"+group)
	}
	return []string{strings.TrimSuffix(group, ":*") + ":log-stream:" + stream}, nil
}

// taggedParameter is a parameter whose tags a request is about, which names its type beside it.
func taggedParameter(q *Request, action authorization.Action, at Place, _ Tables) ([]string, error) {
	id, kind := q.Parameters.Text("ResourceId"), q.Parameters.Text("ResourceType")
	if !slices.Contains([]string{"AddTagsToResource", "RemoveTagsFromResource", "ListTagsForResource"}, q.Operation) {
		return nil, nil
	}
	of := map[string]string{"Parameter": "parameter", "Document": "document", "MaintenanceWindow": "maintenancewindow", "ManagedInstance": "managed-instance", "PatchBaseline": "patchbaseline",
		"OpsItem": "opsitem", "Automation": "automation-execution", "Association": "association"}[kind]
	if of == "" || id == "" || !slices.Contains(action.Resources, of) {
		return nil, unknown("found ResourceType %q, of which this sandbox does not know the resource", kind)
	}
	return []string{filled("ssm", of, strings.TrimPrefix(id, "/"), at)}, nil
}

// linkedRole is the service-linked role of a service.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html
func linkedRole(q *Request, _ authorization.Action, at Place, _ Tables) ([]string, error) {
	if service := q.Parameters.Text("AWSServiceName"); service != "" && q.Operation == "CreateServiceLinkedRole" {
		return []string{"arn:" + at.Partition + ":iam::" + at.Account + ":role/aws-service-role/" + service + "/*"}, nil
	}
	return nil, nil
}
