package deployment

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/internal/authorization"
	"github.com/crossgrant/crossgrant/internal/schema"
)

// derivation is what an account's stacks need.
type derivation struct {
	account  string
	stacks   []*assembly.Stack
	byText   map[string][]*assembly.Resource // by Ref, ARN and name
	byMarker map[string]*assembly.Resource   // by label and logical ID
	needs    map[needed]map[string]bool      // the resources of each
	leftOut  map[LeftOut]bool
	wide     map[string]bool   // patterns of resources of a kind that have no name
	bounded  map[string]string // the permissions boundaries of roles and users, by the patterns of their ARNs
	granted  map[typeAction]bool
}

// needed is an action under a condition, which is JSON, or "".
type needed struct{ action, condition string }

type typeAction struct{ resourceType, action string }

// need adds an action on resources.
func (d *derivation) need(action, condition string, resources ...string) {
	key := needed{action, condition}
	if d.needs[key] == nil {
		d.needs[key] = map[string]bool{}
	}
	for _, resource := range resources {
		d.needs[key][resource] = true
	}
}

// condition is a condition of one operator and key, as JSON.
func condition(operator, key string, values ...string) string {
	return conditions(map[string]map[string][]string{operator: {key: values}})
}

func conditions(all map[string]map[string][]string) string {
	text, _ := json.Marshal(all) // maps and texts always have JSON
	return string(text)
}

var actionName = regexp.MustCompile(`^[a-z0-9-]+:[A-Za-z0-9]+$`)

// expand is a permission as actions: those that a wildcard of a schema means, with the names that the Service Authorization Reference has.
func expand(permission string) []string {
	service, name, _ := strings.Cut(permission, ":")
	if !strings.Contains(name, "*") {
		if action, ok := authorization.Lookup(permission); ok {
			return []string{action.Name}
		}
		return []string{strings.ToLower(service) + ":" + name}
	}
	var all []string
	for _, action := range authorization.Of(service) {
		if authorization.Fits(strings.ToLower(permission), strings.ToLower(action.Name)) {
			all = append(all, action.Name)
		}
	}
	return all
}

// actions adds the actions that the schema of a resource's type lists. If it needs nothing of another service that is on a resource, it needs
// nothing of that service that is on none, either, such as listing its keys.
//
// If the resource is created, it errs if the policies cannot have any action that does, since what that is on is not known.
func (d *derivation) actions(f *facts, permissions []string, created bool) error {
	const asked, used = 1, 2
	services, granted := map[string]int{}, map[string]bool{}
	var last []string
	for _, permission := range permissions {
		for _, name := range expand(permission) {
			service, _, _ := strings.Cut(name, ":")
			if action, known := authorization.Lookup(name); known && len(action.Resources) == 0 {
				last = append(last, name)
				continue
			}
			services[service] = max(services[service], asked)
			if d.action(f, name) {
				services[service] = used
				granted[strings.ToLower(name)] = true
			}
		}
	}
	for _, name := range last {
		if service, _, _ := strings.Cut(name, ":"); services[service] == asked {
			d.leftOut[LeftOut{f.Type, name, "nothing else of its service is needed"}] = true
			continue
		}
		granted[strings.ToLower(name)] = d.action(f, name)
	}
	if !created {
		return nil
	}
	var creates []string
	for _, permission := range f.kind.Handlers[schema.Create] {
		for _, name := range expand(permission) {
			if action, _ := authorization.Lookup(name); action.Level != authorization.Write && action.Level != authorization.PermissionsManagement ||
				name == "iam:PassRole" || name == "iam:CreateServiceLinkedRole" {
				continue
			}
			if creates = append(creates, name); granted[strings.ToLower(name)] {
				return nil
			}
		}
	}
	if len(creates) == 0 {
		return nil
	}
	return fmt.Errorf("found a resource of type %s, of which it is not known what %s is on, expected a property that names it", f.Type, strings.Join(creates, ", "))
}

// action adds an action, or says why it is left out.
func (d *derivation) action(f *facts, action string) (granted bool) {
	resources, why := d.resources(f, action)
	if len(resources) == 0 {
		d.leftOut[LeftOut{f.Type, action, why}] = true
		return false
	}
	d.granted[typeAction{f.Type, action}] = true
	switch action {
	case "iam:PassRole":
		for _, one := range f.roles {
			services := one.services
			if service := passedTo[f.Type]; len(services) == 0 && service != "" {
				services = []string{service}
			}
			if f.Stack.Partition == "aws-cn" { // some services have the partition's suffix there
				for _, service := range services {
					if !strings.HasSuffix(service, ".cn") {
						services = append(services, service+".cn")
					}
				}
			}
			if len(services) == 0 {
				d.need(action, "", one.arn)
			} else {
				d.need(action, condition("StringEquals", "iam:PassedToService", services...), one.arn)
			}
		}
		return true
	case "iam:CreateServiceLinkedRole":
		// https://docs.aws.amazon.com/IAM/latest/UserGuide/create-service-linked-role.html#service-linked-role-permissions
		service := serviceLinked[f.Type]
		names := []string{service + ".amazonaws.com"}
		if service == "" {
			service = d.serviceOf(f)
			names = []string{service + ".amazonaws.com", "*." + service + ".amazonaws.com"}
		}
		d.need(action, condition("StringLike", "iam:AWSServiceName", names...), resources...)
		return true
	}
	if boundedActions[action] {
		for _, resource := range resources {
			if boundary := d.bounded[resource]; boundary != "" {
				d.need(action, condition("ArnLike", "iam:PermissionsBoundary", boundary), resource)
			} else {
				d.need(action, "", resource)
			}
		}
		return true
	}
	d.need(action, d.conditionOf(f, action, resources), resources...)
	if action == "s3:GetObject" {
		d.decryptAssets(f, resources)
	}
	return true
}

// boundedActions are those that give a role or user permissions, or another boundary. On one that has a permissions boundary in the template they are permitted
// with this boundary only, so that nobody who can change the template can give it more.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html#access_policies_boundaries-delegate
var boundedActions = map[string]bool{
	"iam:AttachRolePolicy": true, "iam:CreateRole": true, "iam:PutRolePermissionsBoundary": true, "iam:PutRolePolicy": true,
	"iam:AttachUserPolicy": true, "iam:CreateUser": true, "iam:PutUserPermissionsBoundary": true, "iam:PutUserPolicy": true,
}

// serviceOf is the service of a resource's own actions: of the first that creates it and is not of IAM.
func (d *derivation) serviceOf(f *facts) string {
	for _, permission := range f.kind.Handlers[schema.Create] {
		if service, name, _ := strings.Cut(strings.ToLower(permission), ":"); service != "iam" && strings.HasPrefix(name, "create") {
			return service
		}
	}
	service, _, _ := strings.Cut(strings.TrimPrefix(strings.ToLower(f.Type), "aws::"), "::")
	return service
}

// conditionOf is the condition under which a resource needs an action.
func (d *derivation) conditionOf(f *facts, action string, resources []string) string {
	service, _, _ := strings.Cut(action, ":")
	switch via, ended := useOfKey[f.Type], taggedByStack[action]; {
	case ended == f.Type && f.kind.Tagging != nil && f.kind.Tagging.FromStack:
		stack := f.Stack
		if stack.Parent == nil {
			return condition("StringEquals", "ec2:ResourceTag/aws:cloudformation:stack-name", stack.Name)
		}
		return condition("StringLike", "ec2:ResourceTag/aws:cloudformation:stack-name", d.pattern(stack.Name))
	case f.Type == "AWS::Lambda::EventSourceMapping" && strings.HasSuffix(action, "EventSourceMapping"):
		// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html
		var functions []string
		for _, name := range f.others {
			if a, _ := arn.Parse(name); strings.HasPrefix(a.Resource, "function:") {
				functions = append(functions, name)
			}
		}
		if len(functions) > 0 {
			return condition("ArnLike", "lambda:FunctionArn", functions...)
		}
	case resources[0] == "*" && regional(service):
		// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-requestedregion
		return condition("StringEquals", "aws:RequestedRegion", f.Stack.Region)
	case via != "" && service == "kms" && action != "kms:ListAliases":
		return condition("StringLike", "kms:ViaService", via+"."+f.Stack.Region+".*")
	}
	return ""
}

// decryptAssets adds the use of the key of a bucket that is read and is not of the app, such as that of the bootstrap stack: for the objects of
// this bucket, and through S3 only. https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
func (d *derivation) decryptAssets(f *facts, objects []string) {
	for _, object := range objects {
		bucket, _, _ := strings.Cut(object, "/")
		if slices.Contains(f.own, bucket) {
			continue
		}
		d.need("kms:Decrypt", conditions(map[string]map[string][]string{"StringLike": {
			"kms:EncryptionContext:aws:s3:arn": {bucket, bucket + "/*"}, "kms:ViaService": {"s3." + f.Stack.Region + ".*"},
		}}), fill("kms:*:*:key/*", f.Stack, "*"))
	}
}

// resources are patterns of what an action is on for a resource. Why says why there are none.
func (d *derivation) resources(f *facts, name string) (all []string, why string) {
	action, known := authorization.Lookup(name)
	service, _, _ := strings.Cut(name, ":")
	switch {
	case !actionName.MatchString(name):
		return nil, "it is no action of IAM"
	case name == "iam:PassRole":
		for _, one := range f.roles {
			all = append(all, one.arn)
		}
		return all, "no resource of this type passes a role of the account"
	case (name == "iam:DeleteRolePermissionsBoundary" || name == "iam:DeleteUserPermissionsBoundary") && f.Properties["PermissionsBoundary"] != nil:
		return nil, "the permissions boundary of each resource of this type stays"
	case name == "iam:CreateServiceLinkedRole":
		return []string{"arn:" + f.Stack.Partition + ":iam::" + d.account + ":role/aws-service-role/*"}, ""
	case (action.Level == authorization.Tagging || strings.HasPrefix(name, service+":ListTags")) && len(f.own) > 0 && serviceOf(f.own[0]) == service: // not of what it names
		return prune(f.own), ""
	case !known || service == "apigateway": // whose reference lacks paths of HTTP APIs
		for _, name := range slices.Concat(f.own, f.others) {
			if serviceOf(name) == service {
				all = append(all, name)
			}
		}
		return prune(all), "the Service Authorization Reference of " + authorization.Date() + " does not have it for what a resource of this type names"
	case len(action.Resources) == 0:
		return []string{"*"}, ""
	}
	listed := slices.Contains(f.kind.Handlers[schema.List], name) && strings.Contains(name, ":Describe") &&
		(action.Level == authorization.List || action.Level == authorization.Read)
	without := "no property of a resource of this type names what it is on (" + strings.Join(action.Resources, ", ") + ")"
	for _, one := range action.Resources {
		before := len(all)
		for _, format := range formats(name, one) {
			matches := d.on(f, format)
			if len(matches) > 0 && listed || slices.Contains(alsoOn[name], one) {
				matches = []string{fill(format, f.Stack, "*")} // asked for without a name, or of a name that AWS gives
			}
			all = append(all, matches...)
		}
		all = append(all, d.named(f, name, one)...)
		if service == "ec2" && len(all) == before && strings.Contains(letters(name), letters(one)) {
			return nil, without // such as ec2:AttachVpnGateway without a VPN gateway
		}
	}
	return prune(all), without
}

// serviceOf is the service of an ARN.
func serviceOf(name string) string {
	a, _ := arn.Parse(name)
	return a.Service
}

// on are the ARNs of a resource, and of what its properties name, that are of a format or have parts of that format.
func (d *derivation) on(f *facts, format string) (all []string) {
	for _, name := range slices.Concat(f.own, f.others) {
		a, _ := arn.Parse(name)
		text := strings.TrimPrefix(name, "arn:"+a.Partition+":")
		if authorization.Fits(format, text) {
			all = append(all, name)
			continue
		}
		if a.Service == "events" {
			continue // the ARN of a bus's rule looks like a part of that of a rule
		}
		// Parts, such as the objects of a bucket and the indexes of a table.
		for _, service := range authorization.Types(a.Service) {
			for _, whole := range service.Formats {
				if rest, ok := strings.CutPrefix(format, whole); ok && rest != "" && (rest[0] == '/' || rest[0] == ':') && authorization.Fits(whole, text) {
					all = append(all, name+rest)
				}
			}
		}
	}
	return all
}

// named are the ARNs of a resource type that a property names without an ARN, such as "BucketName": "b".
func (d *derivation) named(f *facts, action, resourceType string) (all []string) {
	kind := letters(resourceType)
	part := ""
	if action, _, _ := strings.Cut(action, ":"); action == "s3" && kind == "object" {
		kind, part = "bucket", "/*"
	}
	for key, values := range f.names {
		if stem := strings.TrimSuffix(key, "s"); stem != kind && !slices.ContainsFunc([]string{"name", "id", "arn"}, func(end string) bool { return strings.HasSuffix(stem, kind+end) }) &&
			!(kind == "bucket" && strings.HasSuffix(stem, kind)) && !slices.Contains(otherKeys[resourceType], key) {
			continue
		}
		for _, format := range formats(action, resourceType) {
			for _, value := range values {
				if strings.HasPrefix(value, "alias/") {
					value = "*" // an alias of a key
				}
				if part != "" {
					all = append(all, "arn:"+f.Stack.Partition+":s3:::"+value+part)
				} else {
					all = append(all, fill(format, f.Stack, value))
				}
			}
		}
	}
	slices.Sort(all)
	return all
}

// otherKeys are properties that name resources of a type under another name, in lower case.
var otherKeys = map[string][]string{"key-pair": {"keyname"}}

// prune sorts patterns, and omits those that others cover.
func prune(all []string) []string {
	slices.Sort(all)
	all = slices.Compact(all)
	return slices.DeleteFunc(slices.Clone(all), func(one string) bool {
		return slices.ContainsFunc(all, func(other string) bool { return other != one && authorization.Fits(other, one) })
	})
}

// regional says that the requests of a service have the region of the resources. S3 lists the buckets of all regions.
func regional(service string) bool {
	if service == "s3" {
		return false
	}
	types := authorization.Types(service)
	return len(types) == 0 || slices.ContainsFunc(types, func(t authorization.Type) bool {
		return slices.ContainsFunc(t.Formats, func(format string) bool { return strings.Count(format, ":") > 1 && strings.Split(format, ":")[1] != "" })
	})
}

// leftOutSorted are the permissions that no resource of their type needs.
func (d *derivation) leftOutSorted() []LeftOut {
	all := slices.SortedFunc(maps.Keys(d.leftOut), func(a, b LeftOut) int {
		return strings.Compare(a.Type+" "+a.Action, b.Type+" "+b.Action)
	})
	return slices.DeleteFunc(all, func(one LeftOut) bool { return d.granted[typeAction{one.Type, one.Action}] })
}
