package deployed

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/sandbox/internal/gateway/internal/request"
)

// Follows says whether a request that changes by what others are decided, or that makes a bucket or a role, is one of those that are followed: once the local AWS has made the change, Change puts it on top of
// the templates. An error says what is not as this package expects it, so that it cannot follow the request.
func (n *Now) Follows(q *request.Request, at Place) (bool, error) {
	follow := followed[q.Service+" "+q.Operation]
	if follow == nil {
		return false, nil
	}
	return true, follow(n.edit(at), q.Parameters)
}

func (n *Now) edit(at Place) *edit {
	return &edit{Now: n, base: n.base, at: at, changes: map[propertyOf]change{}, dropped: map[string]bool{}, rewritten: map[string]map[string]any{}}
}

// Change puts on top of the templates what a followed request has changed. From then on it decides.
func (s *Stacks) Change(q *request.Request, at Place) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	e := s.Now().edit(at)
	if err := followed[q.Service+" "+q.Operation](e, q.Parameters); err != nil {
		return err
	}
	e.into(&s.drift)
	return s.decide()
}

func unknown(format string, args ...any) error {
	return &request.Unknown{Says: fmt.Sprintf(format, args...)}
}

// followed are the requests that are followed, by service and operation.
var followed map[string]func(*edit, request.Parameters) error

func init() { // a literal would depend on itself
	followed = map[string]func(*edit, request.Parameters) error{
		"s3 PutBucketPolicy":                (*edit).putBucketPolicy,
		"s3 DeleteBucketPolicy":             (*edit).deleteBucketPolicy,
		"s3 PutPublicAccessBlock":           (*edit).putPublicAccessBlock,
		"s3 DeletePublicAccessBlock":        (*edit).deletePublicAccessBlock,
		"s3 CreateBucket":                   (*edit).createBucket,
		"s3 DeleteBucket":                   (*edit).deleteBucket,
		"iam CreateRole":                    (*edit).createRole,
		"iam DeleteRole":                    (*edit).deleteRole,
		"iam PutRolePolicy":                 (*edit).putRolePolicy,
		"iam DeleteRolePolicy":              (*edit).deleteRolePolicy,
		"iam AttachRolePolicy":              (*edit).attachRolePolicy,
		"iam DetachRolePolicy":              (*edit).detachRolePolicy,
		"iam UpdateAssumeRolePolicy":        (*edit).updateAssumeRolePolicy,
		"iam PutRolePermissionsBoundary":    (*edit).putBoundary,
		"iam DeleteRolePermissionsBoundary": (*edit).putBoundary,
		"iam TagRole":                       (*edit).tagRole,
		"iam UntagRole":                     (*edit).untagRole,
		"iam UpdateRole":                    (*edit).updateRole,
		"ec2 ModifyVpcEndpoint":             (*edit).modifyEndpoint,
		"ec2 DeleteVpcEndpoints":            (*edit).deleteEndpoints,
		"ec2 CreateRoute":                   (*edit).createRoute,
		"ec2 ReplaceRoute":                  (*edit).replaceRoute,
		"ec2 DeleteRoute":                   (*edit).deleteRoute,
		"ec2 AuthorizeSecurityGroupIngress": inbound.authorize,
		"ec2 AuthorizeSecurityGroupEgress":  outbound.authorize,
		"ec2 RevokeSecurityGroupIngress":    inbound.revoke,
		"ec2 RevokeSecurityGroupEgress":     outbound.revoke,
		"kms PutKeyPolicy":                  (*edit).putKeyPolicy,
		"kms EnableKey":                     enableKey(true),
		"kms DisableKey":                    enableKey(false),
		"dynamodb PutResourcePolicy":        (*edit).putTablePolicy,
		"dynamodb DeleteResourcePolicy":     (*edit).deleteTablePolicy,
		"sqs SetQueueAttributes":            (*edit).setQueueAttributes,
		"sns SetTopicAttributes":            (*edit).setTopicAttributes,
	}
}

// one is the only resource of a type that fits.
func (e *edit) one(kind, name string, fits func(*assembly.Resource) bool) (*assembly.Resource, error) {
	all := e.find(kind, fits)
	if len(all) != 1 {
		return nil, unknown("found %d %s %q in the deployed stacks of account %s, expected one: the sandbox follows changes of what stacks have", len(all), kind, name, e.at.Account)
	}
	return all[0], nil
}

func called(name string) func(*assembly.Resource) bool {
	return func(r *assembly.Resource) bool { return r.Name == name }
}

func has(property, value string) func(*assembly.Resource) bool {
	return func(r *assembly.Resource) bool { return text(r, property) == value }
}

func text(r *assembly.Resource, property string) string {
	value, _ := r.Properties[property].(string)
	return value
}

// document is a policy document in a parameter.
func document(p request.Parameters, parameter string) (any, error) {
	given := p.Text(parameter)
	if _, err := policy.Parse([]byte(given)); err != nil {
		return nil, fmt.Errorf("%w: %s is no policy: %v", request.ErrMalformed, parameter, err)
	}
	var d any
	return d, json.Unmarshal([]byte(given), &d)
}

// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html
func (e *edit) putBucketPolicy(p request.Parameters) error {
	d, err := document(p, "Policy")
	if err != nil {
		return err
	}
	bucket, err := e.one("AWS::S3::Bucket", p.Text("Bucket"), called(p.Text("Bucket")))
	if err != nil {
		return err
	}
	of := e.find("AWS::S3::BucketPolicy", has("Bucket", bucket.Name))
	if len(of) == 0 {
		e.add("AWS::S3::BucketPolicy", map[string]any{"Bucket": bucket.Name, "PolicyDocument": d}, bucket, "Bucket")
	}
	for _, r := range of {
		e.set(r, "PolicyDocument", d)
	}
	return nil
}

// https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketPolicy.html
func (e *edit) deleteBucketPolicy(p request.Parameters) error {
	bucket, err := e.one("AWS::S3::Bucket", p.Text("Bucket"), called(p.Text("Bucket")))
	if err != nil {
		return err
	}
	for _, r := range e.find("AWS::S3::BucketPolicy", has("Bucket", bucket.Name)) {
		e.remove(r)
	}
	return nil
}

// createBucket follows a new bucket, so that it is known whose it is, and that it has no policy.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
func (e *edit) createBucket(p request.Parameters) error {
	if len(e.find("AWS::S3::Bucket", called(p.Text("Bucket")))) == 0 {
		e.add("AWS::S3::Bucket", map[string]any{"BucketName": p.Text("Bucket")}, nil, "BucketName")
	}
	return nil
}

// deleteBucket follows that a bucket is gone that a request has made. Of one of a stack nothing is left to decide about.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucket.html
func (e *edit) deleteBucket(p request.Parameters) error {
	for _, r := range e.find("AWS::S3::Bucket", called(p.Text("Bucket"))) {
		if r.Stack.Name == addedStack {
			e.remove(r)
		}
	}
	return nil
}

// createRole follows a new role.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
func (e *edit) createRole(p request.Parameters) error {
	d, err := document(p, "AssumeRolePolicyDocument")
	if err != nil {
		return err
	}
	properties := map[string]any{"RoleName": p.Text("RoleName"), "AssumeRolePolicyDocument": d}
	for _, name := range []string{"Path", "MaxSessionDuration", "PermissionsBoundary"} {
		if value := p.Text(name); value != "" {
			properties[name] = value
		}
	}
	keys, values := p.Pairs("Tags")
	var tags []any
	for _, key := range keys {
		tags = append(tags, map[string]any{"Key": key, "Value": values[key]})
	}
	if len(tags) > 0 {
		properties["Tags"] = tags
	}
	if len(e.find("AWS::IAM::Role", called(p.Text("RoleName")))) == 0 { // or else the local AWS says that it is there
		e.add("AWS::IAM::Role", properties, nil, "RoleName")
	}
	return nil
}

// deleteRole follows that a role is gone that a request has made.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html
func (e *edit) deleteRole(p request.Parameters) error {
	role, err := e.role(p)
	switch {
	case err != nil:
		return err
	case role.Stack.Name != addedStack:
		return unknown("found role %q of stack %s, expected one that a request has made", role.Name, role.Stack.DisplayName)
	}
	e.remove(role)
	return nil
}

// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutPublicAccessBlock.html
func (e *edit) putPublicAccessBlock(p request.Parameters) error {
	var given struct{ BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy, RestrictPublicBuckets bool }
	if err := xml.Unmarshal([]byte(p.Text("PublicAccessBlock")), &given); err != nil {
		return fmt.Errorf("%w: PublicAccessBlockConfiguration is no XML: %v", request.ErrMalformed, err)
	}
	bucket, err := e.one("AWS::S3::Bucket", p.Text("Bucket"), called(p.Text("Bucket")))
	if err != nil {
		return err
	}
	e.set(bucket, "PublicAccessBlockConfiguration", map[string]any{"BlockPublicAcls": given.BlockPublicAcls, "IgnorePublicAcls": given.IgnorePublicAcls, "BlockPublicPolicy": given.BlockPublicPolicy,
		"RestrictPublicBuckets": given.RestrictPublicBuckets})
	return nil
}

// https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeletePublicAccessBlock.html
func (e *edit) deletePublicAccessBlock(p request.Parameters) error {
	bucket, err := e.one("AWS::S3::Bucket", p.Text("Bucket"), called(p.Text("Bucket")))
	if err != nil {
		return err
	}
	// Without any setting nothing is blocked; a bucket without the property has what AWS gives new buckets.
	// https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
	e.set(bucket, "PublicAccessBlockConfiguration", map[string]any{"BlockPublicAcls": false, "IgnorePublicAcls": false, "BlockPublicPolicy": false, "RestrictPublicBuckets": false})
	return nil
}

// putRolePolicy is followed by forgetting the inline policy of the name, wherever the templates have it, and adding the new one.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html
func (e *edit) putRolePolicy(p request.Parameters) error {
	d, err := document(p, "PolicyDocument")
	if err != nil {
		return err
	}
	role, err := e.role(p)
	if err != nil {
		return err
	}
	e.dropRolePolicy(role, p.Text("PolicyName"))
	e.add("AWS::IAM::RolePolicy", map[string]any{"RoleName": role.Name, "PolicyName": p.Text("PolicyName"), "PolicyDocument": d}, role, "RoleName", "PolicyName")
	return nil
}

// https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRolePolicy.html
func (e *edit) deleteRolePolicy(p request.Parameters) error {
	role, err := e.role(p)
	if err == nil && !e.dropRolePolicy(role, p.Text("PolicyName")) {
		return unknown("found no inline policy %q of role %q in the deployed stacks, expected one", p.Text("PolicyName"), role.Name)
	}
	return err
}

func (e *edit) role(p request.Parameters) (*assembly.Resource, error) {
	return e.one("AWS::IAM::Role", p.Text("RoleName"), called(p.Text("RoleName")))
}

// dropRolePolicy forgets an inline policy of a role: in the role, or a resource of its own, which may be of other roles as well.
func (e *edit) dropRolePolicy(role *assembly.Resource, name string) (found bool) {
	var left []any
	all := assembly.Listed(role.Properties["Policies"])
	for _, one := range all {
		if of, _ := one.(map[string]any); of["PolicyName"] != name {
			left = append(left, one)
		}
	}
	if found = len(left) < len(all); found {
		e.set(role, "Policies", orNil(left))
	}
	for _, r := range e.find("AWS::IAM::RolePolicy", has("RoleName", role.Name)) {
		if text(r, "PolicyName") == name {
			e.remove(r)
			found = true
		}
	}
	for _, r := range e.find("AWS::IAM::Policy", has("PolicyName", name)) {
		found = e.take(r, "Roles", role.Name) || found
	}
	return found
}

// take takes a text from a list of a resource, and says whether it was in it.
func (e *edit) take(r *assembly.Resource, property, text string) bool {
	all := assembly.Listed(r.Properties[property])
	i := slices.Index(all, any(text))
	if i >= 0 {
		e.set(r, property, orNil(slices.Delete(slices.Clone(all), i, i+1)))
	}
	return i >= 0
}

// orNil is nil for an empty list, which is a property that is not set.
func orNil(list []any) any {
	if len(list) == 0 {
		return nil
	}
	return list
}

// https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachRolePolicy.html
func (e *edit) attachRolePolicy(p request.Parameters) error {
	role, err := e.role(p)
	if err != nil {
		return err
	}
	arns := assembly.Listed(role.Properties["ManagedPolicyArns"])
	if one := any(p.Text("PolicyArn")); !slices.Contains(arns, one) {
		e.set(role, "ManagedPolicyArns", append(slices.Clone(arns), one))
	}
	return nil
}

// https://docs.aws.amazon.com/IAM/latest/APIReference/API_DetachRolePolicy.html
func (e *edit) detachRolePolicy(p request.Parameters) error {
	role, err := e.role(p)
	if err != nil {
		return err
	}
	found := e.take(role, "ManagedPolicyArns", p.Text("PolicyArn"))
	for _, r := range e.find("AWS::IAM::ManagedPolicy", func(r *assembly.Resource) bool { return r.ARN == p.Text("PolicyArn") }) {
		found = e.take(r, "Roles", role.Name) || found
	}
	if !found {
		return unknown("found policy %q not attached to role %q in the deployed stacks, expected one that is", p.Text("PolicyArn"), role.Name)
	}
	return nil
}

// https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAssumeRolePolicy.html
func (e *edit) updateAssumeRolePolicy(p request.Parameters) error {
	d, err := document(p, "PolicyDocument")
	if err != nil {
		return err
	}
	role, err := e.role(p)
	if err == nil {
		e.set(role, "AssumeRolePolicyDocument", d)
	}
	return err
}

// https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePermissionsBoundary.html
func (e *edit) putBoundary(p request.Parameters) error {
	role, err := e.role(p)
	if err != nil {
		return err
	}
	if boundary := p.Text("PermissionsBoundary"); boundary != "" {
		e.set(role, "PermissionsBoundary", boundary)
	} else {
		e.set(role, "PermissionsBoundary", nil)
	}
	return nil
}

// https://docs.aws.amazon.com/IAM/latest/APIReference/API_TagRole.html
func (e *edit) tagRole(p request.Parameters) error {
	keys, values := p.Pairs("Tags")
	return e.tags(p, keys, values)
}

// https://docs.aws.amazon.com/IAM/latest/APIReference/API_UntagRole.html
func (e *edit) untagRole(p request.Parameters) error { return e.tags(p, p.Texts("TagKeys"), nil) }

// tags replaces the tags of keys by those with values.
func (e *edit) tags(p request.Parameters, keys []string, values map[string]string) error {
	role, err := e.role(p)
	if err != nil {
		return err
	}
	var all []any
	for _, one := range assembly.Listed(role.Properties["Tags"]) {
		tag, _ := one.(map[string]any)
		key, _ := tag["Key"].(string)
		if !slices.ContainsFunc(keys, func(other string) bool { return strings.EqualFold(key, other) }) {
			all = append(all, one)
		}
	}
	for _, key := range keys {
		if value, ok := values[key]; ok {
			all = append(all, map[string]any{"Key": key, "Value": value})
		}
	}
	e.set(role, "Tags", orNil(all))
	return nil
}

// https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateRole.html
func (e *edit) updateRole(p request.Parameters) error {
	role, err := e.role(p)
	if err != nil {
		return err
	}
	if most := p.Text("MaxSessionDuration"); most != "" {
		seconds, err := strconv.Atoi(most)
		if err != nil {
			return fmt.Errorf("%w: found MaxSessionDuration %q, expected seconds", request.ErrMalformed, most)
		}
		e.set(role, "MaxSessionDuration", strconv.Itoa(seconds))
	}
	return nil
}

// https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html
func (e *edit) putKeyPolicy(p request.Parameters) error {
	d, err := document(p, "Policy")
	if err != nil {
		return err
	}
	key, err := e.keyOf(p)
	if err == nil {
		e.set(key, "KeyPolicy", d)
	}
	return err
}

// https://docs.aws.amazon.com/kms/latest/APIReference/API_DisableKey.html
func enableKey(enabled bool) func(*edit, request.Parameters) error {
	return func(e *edit, p request.Parameters) error {
		key, err := e.keyOf(p)
		if err == nil {
			e.set(key, "Enabled", enabled)
		}
		return err
	}
}

func (e *edit) keyOf(p request.Parameters) (*assembly.Resource, error) {
	id := p.Text("KeyId")
	return e.one("AWS::KMS::Key", id, func(r *assembly.Resource) bool { return r.ARN == id || r.Name == id })
}

// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PutResourcePolicy.html
func (e *edit) putTablePolicy(p request.Parameters) error {
	d, err := document(p, "Policy")
	if err != nil {
		return err
	}
	table, err := e.tableOf(p)
	if err == nil {
		e.set(table, "ResourcePolicy", map[string]any{"PolicyDocument": d})
	}
	return err
}

// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DeleteResourcePolicy.html
func (e *edit) deleteTablePolicy(p request.Parameters) error {
	table, err := e.tableOf(p)
	if err == nil {
		e.set(table, "ResourcePolicy", nil)
	}
	return err
}

func (e *edit) tableOf(p request.Parameters) (*assembly.Resource, error) {
	return e.one("AWS::DynamoDB::Table", p.Text("ResourceArn"), func(r *assembly.Resource) bool { return r.ARN == p.Text("ResourceArn") })
}

// setQueueAttributes follows the policy of a queue.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
func (e *edit) setQueueAttributes(p request.Parameters) error {
	attributes := attributesOf(p)
	if _, ok := attributes["KmsMasterKeyId"]; ok {
		return unknown("found KmsMasterKeyId, expected no other key: the sandbox does not follow that")
	}
	if _, ok := attributes["Policy"]; !ok {
		return nil
	}
	name := p.Text("QueueUrl")
	name = name[strings.LastIndexByte(name, '/')+1:]
	queue, err := e.one("AWS::SQS::Queue", name, called(name))
	if err != nil {
		return err
	}
	return e.attributePolicy(attributes["Policy"], "AWS::SQS::QueuePolicy", "Queues", queue)
}

// setTopicAttributes follows the policy of a topic.
// https://docs.aws.amazon.com/sns/latest/api/API_SetTopicAttributes.html
func (e *edit) setTopicAttributes(p request.Parameters) error {
	switch p.Text("AttributeName") {
	case "KmsMasterKeyId":
		return unknown("found KmsMasterKeyId, expected no other key: the sandbox does not follow that")
	case "Policy":
	default:
		return nil
	}
	topic, err := e.one("AWS::SNS::Topic", p.Text("TopicArn"), func(r *assembly.Resource) bool { return r.ARN == p.Text("TopicArn") })
	if err != nil {
		return err
	}
	return e.attributePolicy(p.Text("AttributeValue"), "AWS::SNS::TopicPolicy", "Topics", topic)
}

// attributePolicy replaces the policies of a queue or a topic; an empty one is none.
func (e *edit) attributePolicy(given, kind, list string, of *assembly.Resource) error {
	for _, r := range e.find(kind, func(r *assembly.Resource) bool {
		return slices.Contains(assembly.Listed(r.Properties[list]), any(of.Ref))
	}) {
		var others []any
		for _, one := range assembly.Listed(r.Properties[list]) {
			if one != of.Ref {
				others = append(others, one)
			}
		}
		if len(others) == 0 {
			e.remove(r)
		} else {
			e.set(r, list, others)
		}
	}
	if given == "" {
		return nil
	}
	d, err := document(request.Parameters{"Policy": given}, "Policy")
	if err == nil {
		e.add(kind, map[string]any{list: []any{of.Ref}, "PolicyDocument": d}, of, list)
	}
	return err
}

// attributesOf are the attributes of a request to SQS: of JSON, or of a form.
func attributesOf(p request.Parameters) map[string]string {
	all := map[string]string{}
	object, _ := p["Attributes"].(map[string]any)
	for name, value := range object {
		all[name], _ = value.(string)
	}
	for i := 1; p.Text("Attribute."+strconv.Itoa(i)+".Name") != ""; i++ {
		front := "Attribute." + strconv.Itoa(i)
		all[p.Text(front+".Name")] = p.Text(front + ".Value")
	}
	return all
}
