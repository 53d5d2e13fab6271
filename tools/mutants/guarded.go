package main

import (
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/contract"
)

// on is an operator of the resources for which something is true.
func on(name string, is func(*resource) bool, of func(*resource) []change) *operator {
	return &operator{name: name, resource: func(r *resource) []change {
		if !is(r) {
			return nil
		}
		return of(r)
	}}
}

// setting is an operator that sets one property, or one within it, to a value.
func setting(name string, is func(*resource) bool, value any, property ...any) *operator {
	return on(name, is, func(r *resource) []change { return []change{r.setIn(value, name, property...)} })
}

// adding is an operator that adds resources, by logical id, to the template of one that is guarded.
func adding(name string, is func(*resource) bool, resources func(*resource) map[string]any) *operator {
	return on(name, is, func(r *resource) []change { return []change{r.add("beside it", resources(r))} })
}

// setIn is a resource with another value in a property.
func (r *resource) setIn(value any, what string, property ...any) change {
	return change{at: r.at.then("Properties").then(property...), value: value, shown: property, what: what}
}

// add is a template with more resources.
func (r *resource) add(what string, resources map[string]any) change {
	ids := sorted(resources)
	c := change{at: place{"Resources", ids[0]}, value: resources[ids[0]], what: what}
	for _, id := range ids[1:] {
		c.more = append(c.more, edit{at: place{"Resources", id}, value: resources[id]})
	}
	return c
}

// with is a change together with another of the same template.
func (c change) with(other change) change {
	c.more = slices.Concat(c.more, []edit{{at: other.at, value: other.value}}, other.more)
	return c
}

// made is a resource as a template has it.
func made(kind string, properties map[string]any) any {
	return map[string]any{"Type": kind, "Properties": properties}
}

// ref is what a template says for a resource's name or id.
func ref(r *resource) any { return map[string]any{"Ref": r.LogicalID} }

// foreign is an ARN in the account that no grant is for.
func (r *resource) foreign(service, name string) string {
	region := r.Stack.Region
	if service == "iam" {
		region = ""
	}
	return "arn:aws:" + service + ":" + region + ":" + foreignAccount + ":" + name
}

// isData says that a resource is data: of a grant, or of a policy that has to work.
func isData(r *resource) bool { return isBucket(r) || isTable(r) }

func isBucket(r *resource) bool {
	return r.Type == "AWS::S3::Bucket" && (r.subject.named(r.ARN) || r.subject.marks(r.ARN))
}

func isTable(r *resource) bool { return r.Type == "AWS::DynamoDB::Table" && r.subject.named(r.ARN) }

// isBucketPolicy says that a policy is that of a bucket with data.
func isBucketPolicy(r *resource) bool {
	return r.Type == "AWS::S3::BucketPolicy" && slices.ContainsFunc(r.subject.resources, func(b *resource) bool {
		return isBucket(b) && b.template == r.template && b.Ref == r.text(place{"Bucket"})
	})
}

// isDataKey says that data, or a queue on the way of an event, is encrypted with a key.
func isDataKey(r *resource) bool {
	return r.Type == "AWS::KMS::Key" && slices.ContainsFunc(r.subject.resources, func(d *resource) bool {
		if d.template != r.template {
			return false
		}
		for _, key := range []string{d.text(bucketKey), d.text(place{"SSESpecification", "KMSMasterKeyId"}), d.text(place{"KmsMasterKeyId"})} {
			if (key == r.ARN || key == r.Ref) && (isData(d) || isEventQueue(d)) {
				return true
			}
		}
		return false
	})
}

// bucketKey is where a bucket names its key.
var bucketKey = place{"BucketEncryption", "ServerSideEncryptionConfiguration", 0, "ServerSideEncryptionByDefault", "KMSMasterKeyID"}

// isTrustedRole and isGranteeRole say that a role is one of a grant.
func isTrustedRole(r *resource) bool {
	return r.Type == "AWS::IAM::Role" && r.subject.isTrustedRole(r.ARN)
}

func isGranteeRole(r *resource) bool { return r.Type == "AWS::IAM::Role" && r.subject.isGrantee(r.ARN) }

func isGrantRole(r *resource) bool { return isTrustedRole(r) || isGranteeRole(r) }

// isWorkload says that a function runs as a grantee.
func isWorkload(r *resource) bool {
	return r.Type == "AWS::Lambda::Function" && r.subject.isGrantee(r.text(place{"Role"}))
}

// isInstance says that an instance runs as a grantee.
func isInstance(r *resource) bool {
	return r.Type == "AWS::EC2::Instance" && slices.ContainsFunc(r.subject.resources, func(p *resource) bool {
		return p.Type == "AWS::IAM::InstanceProfile" && p.template == r.template && p.Ref == r.text(place{"IamInstanceProfile"}) &&
			slices.ContainsFunc(r.roles(), func(role *resource) bool {
				return isGranteeRole(role) && slices.Contains(list(p.Properties["Roles"]), any(role.Name))
			})
	})
}

// isMarkedType says that resources of a type have the mark that they have to work.
func isMarkedType(kind string) func(*resource) bool {
	return func(r *resource) bool { return r.Type == kind && isMarked(r) }
}

// isEventQueue says that a function that runs as a grantee polls a queue.
func isEventQueue(r *resource) bool {
	return r.Type == "AWS::SQS::Queue" && slices.ContainsFunc(r.subject.resources, func(m *resource) bool {
		return m.Type == "AWS::Lambda::EventSourceMapping" && m.template == r.template && m.text(place{"EventSourceArn"}) == r.ARN
	})
}

// isEventQueuePolicy says that a policy is that of such a queue.
func isEventQueuePolicy(r *resource) bool {
	return r.Type == "AWS::SQS::QueuePolicy" && slices.ContainsFunc(r.subject.resources, func(q *resource) bool {
		return isEventQueue(q) && q.template == r.template && slices.Contains(list(r.Properties["Queues"]), any(q.Ref))
	})
}

// feedsRule says that a rule that has to work is about the events of a bucket.
func feedsRule(r *resource) bool {
	return r.Type == "AWS::S3::Bucket" && slices.ContainsFunc(r.subject.resources, func(rule *resource) bool {
		return isMarkedType("AWS::Events::Rule")(rule) && rule.template == r.template &&
			slices.Contains(texts(at(rule.Properties, place{"EventPattern", "detail", "bucket", "name"})), r.Name)
	})
}

// isFirst says that a resource is the first of its template, so that an operator of templates applies to it.
func isFirst(r *resource) bool {
	return r == r.subject.resources[slices.IndexFunc(r.subject.resources, func(o *resource) bool { return o.template == r.template })]
}

// arnIn is the ARN of a bucket or a table in a template, with what follows it.
func arnIn(r *resource, rest string) any {
	if rest == "" {
		return get(r, "Arn")
	}
	return map[string]any{"Fn::Join": []any{"", []any{get(r, "Arn"), rest}}}
}

// declares says whether the metadata of a template has a grant's half.
func declares(key string) bool {
	return strings.HasPrefix(key, contract.MetadataPrefix)
}
