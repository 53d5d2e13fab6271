package escalation

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/internal/authorization"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/inventory"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// Which actions are tried on what is guarded: those of the Service Authorization Reference on its resource type, and on those of its parts, such as
// the objects of a bucket or the indexes and streams of a table.

// trial is an action that is tried on something guarded.
type trial struct {
	action string
	level  authorization.Level
	on     []target
	// context are condition keys that the request has.
	context map[string][]string
	// says why it is not known what the action does. "" for an action of the data.
	says string
}

// target is an ARN on which an action is tried.
type target struct {
	arn string
	// open is the beginning of the ARN up to where any name is possible, such as that of an object. "" if the ARN is that of one resource.
	open string
	// part is what follows the guarded resource there, such as "index/".
	part string
}

// order is the order in which actions of a level are tried, so that checks name the worst.
var order = map[authorization.Level]int{authorization.Read: 1, authorization.Write: 2, authorization.PermissionsManagement: 3, authorization.List: 4, authorization.Tagging: 5}

// instanceActions are those that give someone control of an instance, or what is on its disks.
var instanceActions = []string{"ec2-instance-connect:SendSSHPublicKey", "ec2-instance-connect:SendSerialConsoleSSHPublicKey", "ec2:AttachVolume", "ec2:CreateImage",
	"ec2:CreateInstanceExportTask", "ec2:CreateReplaceRootVolumeTask", "ec2:CreateSnapshots", "ec2:DetachVolume", "ec2:GetPasswordData", "ec2:ModifyInstanceAttribute", "ssm:CreateAssociation",
	"ssm:CreateAssociationBatch", "ssm:SendCommand", "ssm:StartSession", "ssm:UpdateAssociation"}

// matters says that an action on something guarded is a way to what the guarded resource is for: every action on data; what uses, changes or opens
// its key, a channel, or what runs as a grantee; and what changes the permissions of a role. Logs are none: what a workload has of the data it does
// not log.
func matters(g *inventory.Guarded, a authorization.Action) bool {
	service, name, _ := strings.Cut(a.Name, ":")
	changes := a.Level == authorization.Write || a.Level == authorization.PermissionsManagement
	if g.ARN == "" && g.Kind != inventory.Data && g.Kind != inventory.Key {
		return false
	}
	switch g.Kind {
	case inventory.Data:
		return true
	case inventory.Key:
		return changes || a.Level == authorization.Tagging
	case inventory.TrustedRole, inventory.GranteeRole, inventory.ConnectionRole:
		return service == "iam" && (a.Level == authorization.PermissionsManagement || a.Level == authorization.Tagging)
	case inventory.Workload, inventory.API:
		return changes && (g.Type != "AWS::EC2::Instance" || slices.Contains(instanceActions, a.Name)) || slices.Contains(instanceActions, a.Name)
	case inventory.Channel:
		return changes || strings.HasPrefix(name, "Receive") || name == "GetRecords" || name == "GetShardIterator" || name == "SubscribeToShard"
	}
	return false
}

// arrive finds the ways of an actor to what is guarded.
func (s *search) arrive(a *actor) {
	doubted := !a.unknown
	for _, g := range s.guarded {
		var tried []trial
		for _, service := range servicesOf(g) {
			tried = append(tried, s.trialsOf(g, service)...)
		}
		tried = append(tried, s.special(g)...)
		tried = append(tried, s.byAccessPoint(a, g)...)
		tried = append(tried, unlisted(a, g)...)
		s.rank(a, g, tried)
		w := s.first(a, g, tried)
		if w == nil && !doubted && len(tried) > 0 { // once is enough to say that a policy is unknown
			doubted = true
			t := tried[0]
			access := model.Access{Caller: a.ARN, Action: t.action, Resource: t.on[0].arn, Owner: s.account, AnyKey: true}
			if s.walk(access) != policy.No {
				w = &way{by: a, on: g, access: access, passes: policy.Indeterminate}
			}
		}
		if w != nil {
			s.ways = append(s.ways, w)
		}
	}
}

// first is the first way that surely passes, or else the first that may.
func (s *search) first(a *actor, g *inventory.Guarded, tried []trial) *way {
	var best *way
	for _, t := range tried {
		for _, on := range t.on {
			for _, resource := range on.examples(a) {
				access, passes := s.may(a, t.action, resource, t.context)
				passes = worse(passes, a.passes)
				if passes == policy.No {
					continue
				}
				if t.says != "" {
					passes = policy.Indeterminate
				}
				if best == nil || better(passes, best.passes) {
					best = &way{by: a, on: g, access: access, passes: passes, says: t.says}
				}
				if passes == policy.Yes {
					return best
				}
			}
		}
	}
	return best
}

// rank sorts actions: those that the policies name first, then those that the grants give, then by level.
func (s *search) rank(a *actor, g *inventory.Guarded, tried []trial) {
	named, granted := map[string]bool{}, map[string]bool{}
	for _, statement := range a.statements {
		for _, action := range statement.Actions {
			named[strings.ToLower(action)] = !statement.NotAction
		}
	}
	for _, grant := range g.Grants {
		for _, permission := range grant.Permissions {
			for _, action := range permission.Actions {
				granted[action] = true
			}
		}
	}
	rank := func(t trial) int {
		switch {
		case named[strings.ToLower(t.action)]:
			return 0
		case granted[t.action]:
			return 1
		}
		return 1 + order[t.level]
	}
	slices.SortStableFunc(tried, func(a, b trial) int { return cmp.Or(rank(a)-rank(b), strings.Compare(a.action, b.action)) })
}

// servicesOf are the services with actions on a guarded resource: its own, and those that run commands on instances.
func servicesOf(g *inventory.Guarded) []string {
	if g.Type == "AWS::EC2::Instance" {
		return []string{"ec2", "ec2-instance-connect", "ssm"}
	}
	return []string{serviceOf(g)}
}

// otherNames are the services that actions call by another name than CloudFormation's types.
var otherNames = map[string]string{"apigatewayv2": "apigateway", "certificatemanager": "acm", "documentdb": "rds", "efs": "elasticfilesystem", "emr": "elasticmapreduce",
	"kinesisfirehose": "firehose", "msk": "kafka", "opensearchservice": "es", "stepfunctions": "states"}

// serviceOf is the service of a guarded resource: the one in its ARN, or else in its type.
func serviceOf(g *inventory.Guarded) string {
	if a, ok := arn.Parse(g.ARN); ok {
		return a.Service
	}
	return serviceOfType(g.Type)
}

// serviceOfType is the service of a type of CloudFormation, as actions call it.
func serviceOfType(kind string) string {
	parts := strings.Split(strings.ToLower(kind), "::")
	return cmp.Or(otherNames[parts[min(1, len(parts)-1)]], parts[min(1, len(parts)-1)])
}

// trialsOf are the actions of a service that are tried on something guarded.
func (s *search) trialsOf(g *inventory.Guarded, service string) []trial {
	if all, ok := s.trials[g][service]; ok {
		return all
	}
	on := map[string][]target{} // by resource type
	for _, kind := range authorization.Types(service) {
		for _, name := range arnsOf(g) {
			for _, format := range kind.Formats {
				if one, ok := fit(format, name); ok {
					on[kind.Name] = append(on[kind.Name], one)
				}
			}
		}
	}
	var all []trial
	for _, action := range authorization.Of(service) {
		t := trial{action: action.Name, level: action.Level}
		if g.ARN == "" && len(action.Resources) > 0 {
			t.on = append(t.on, target{arn: s.someARN(g, service)})
		}
		for _, kind := range action.Resources {
			t.on = append(t.on, on[kind]...)
			if kind == "function" && len(on[kind]) > 0 { // or one of its versions and aliases, where a request names one
				t.on = append(t.on, on["function alias"]...)
			}
		}
		slices.SortStableFunc(t.on, func(a, b target) int { return len(a.open) - len(b.open) }) // itself before its parts
		if len(t.on) > 0 && matters(g, action) {
			all = append(all, t)
		}
	}
	if service == serviceOf(g) {
		all = append(all, unbound(g)...)
	}
	if s.trials[g] == nil {
		s.trials[g] = map[string][]trial{}
	}
	s.trials[g][service] = all
	return all
}

// someARN stands for the ARN of a resource of a type whose ARNs are not known.
func (s *search) someARN(g *inventory.Guarded, service string) string {
	return arn.ARN{Partition: s.partition, Service: service, Region: g.Stack.Region, Account: s.account, Resource: policy.Unresolved(g.Stack.Label + "." + g.LogicalID)}.String()
}

// arnsOf are the ARNs of a guarded resource: of a global table those of its replicas.
func arnsOf(g *inventory.Guarded) []string {
	if g.ARN == "" {
		return nil
	}
	all := []string{g.ARN}
	if g.Type == "AWS::DynamoDB::GlobalTable" {
		replicas, _ := g.Properties["Replicas"].([]any)
		for _, one := range replicas {
			replica, _ := one.(map[string]any)
			a, _ := arn.Parse(g.ARN)
			if region, _ := replica["Region"].(string); region != "" && region != a.Region {
				a.Region = region
				all = append(all, a.String())
			}
		}
	}
	return all
}

// special are actions that lead to something guarded and are on no resource of its type.
func (s *search) special(g *inventory.Guarded) []trial {
	a, _ := arn.Parse(g.ARN)
	switch g.Type {
	case "AWS::IAM::Role", "AWS::IAM::User":
		var all []trial
		policies := s.policiesOf(g.Resource)
		if boundary := s.boundaryOf(g.Resource); boundary != "" {
			policies = append(policies, boundary)
		}
		for _, p := range policies {
			for _, action := range versions {
				all = append(all, trial{action: action, level: authorization.PermissionsManagement, on: []target{{arn: p}}})
			}
		}
		return all
	case "AWS::EC2::Instance":
		return commands(g.Resource, s.partition)
	case "AWS::Lambda::Function":
		// https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html
		return []trial{{action: "lambda:CreateEventSourceMapping", level: authorization.Write, on: []target{{arn: "*"}}, context: map[string][]string{"lambda:FunctionArn": {g.ARN}}}}
	case "AWS::ApiGatewayV2::Api", "AWS::ApiGateway::RestApi":
		// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-control-access-using-iam-policies-to-invoke-api.html
		a.Service, a.Account = "execute-api", g.Stack.Account
		a.Resource = a.Resource[strings.LastIndexByte(a.Resource, '/')+1:] + "/"
		return []trial{{action: "execute-api:Invoke", level: authorization.Write, on: []target{{arn: a.String() + "stage/GET/" + model.AnyName, open: a.String()}}}}
	case "AWS::Events::EventBus":
		// A new rule sends the events of the bus to other targets: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rules.html
		a.Resource = strings.Replace(a.Resource, "event-bus/", "rule/", 1) + "/"
		return []trial{{action: "events:PutTargets", level: authorization.Write, on: []target{{arn: a.String() + model.AnyName, open: a.String()}}}}
	}
	return nil
}

// unlisted are actions on something guarded that a policy names and the data lacks: they may be newer.
func unlisted(a *actor, g *inventory.Guarded) []trial {
	var all []trial
	own := serviceOf(g)
	for _, statement := range a.statements {
		for _, action := range statement.Actions {
			service, name, _ := strings.Cut(action, ":")
			if statement.NotAction || !strings.EqualFold(service, own) || !policy.IsKnown(action) || name == "" {
				continue
			}
			if _, ok := authorization.Lookup(action); ok || strings.ContainsAny(name, "*?") && authorization.HasService(own) {
				continue
			}
			t := trial{action: model.Example(action), level: authorization.Write, says: dated(action)}
			for _, name := range arnsOf(g) {
				t.on = append(t.on, target{arn: name}, target{arn: name + "/" + model.AnyName, open: name + "/"})
			}
			if len(t.on) > 0 {
				all = append(all, t)
			}
		}
	}
	return all
}

// fit is the resource of a format, such as "s3:::*/*", that is a guarded resource or a part of it. ok is false if the format is of other resources.
func fit(format, name string) (t target, ok bool) {
	a, _ := arn.Parse(name)
	parts := strings.SplitN(format, ":", 4)
	if len(parts) < 4 || parts[0] != a.Service || parts[1] != "*" && parts[1] != a.Region || parts[2] != "*" && parts[2] != a.Account {
		return target{}, false
	}
	kind := parts[3]
	if glob(kind, a.Resource) {
		return target{arn: name}, true
	}
	for i := len(kind) - 1; i > 0; i-- {
		if (kind[i] == '/' || kind[i] == ':') && glob(kind[:i], a.Resource) {
			part := kind[i:]
			fixed, _, _ := strings.Cut(part, "*")
			return target{arn: name + model.Example(part), open: name + fixed, part: fixed[1:]}, true
		}
	}
	return target{}, false
}

// glob says that a text has the form of a pattern, where "*" is one or more characters.
func glob(pattern, text string) bool {
	front, rest, wildcard := strings.Cut(pattern, "*")
	if !strings.HasPrefix(text, front) {
		return false
	}
	text = text[len(front):]
	if !wildcard {
		return text == ""
	}
	for i := 1; i <= len(text); i++ {
		if glob(rest, text[i:]) {
			return true
		}
	}
	return false
}

var variable = regexp.MustCompile(`\$\{[^}*?$]+\}`)

// examples are the ARNs that are tried: where any name is possible, also names that the resources of an actor's statements mean.
func (t target) examples(a *actor) []string {
	all := []string{t.arn}
	if t.open == "" {
		return all
	}
	add := func(name string) {
		name = strings.TrimPrefix(name, t.part)
		if name != "" && len(all) < 50 && !slices.Contains(all, t.open+name) {
			all = append(all, t.open+name)
		}
	}
	open, _ := arn.Parse(t.open)
	for _, statement := range a.statements {
		for _, pattern := range statement.Resources {
			pattern = variable.ReplaceAllString(pattern, policy.Unresolved("policy variable"))
			parsed, _ := arn.Parse(pattern)
			if name, ok := strings.CutPrefix(parsed.Resource, open.Resource); ok {
				add(model.Example(name))
			}
			if _, name, ok := strings.Cut(parsed.Resource, "/"); ok && parsed.Service == "s3" {
				add(model.Example(name))
			}
			for i, c := range parsed.Resource {
				if c == '*' {
					add(model.Example(strings.TrimLeft(parsed.Resource[i+1:], "/")))
				}
			}
		}
	}
	return all
}
