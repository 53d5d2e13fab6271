// Package policyview shows the policies of a synthesized template as text: principals, actions, resources and conditions. It is for golden
// tests. It does not evaluate policies, and resolves only references and joins.
package policyview

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Template is a CloudFormation template, with what policies need.
type Template struct {
	// Resources are keyed by logical ID.
	Resources map[string]Resource
	// Metadata is that of the template.
	Metadata map[string]any
}

// Resource is one resource of a template.
type Resource struct {
	// Type is the CloudFormation type, such as "AWS::IAM::Role".
	Type string
	// Properties are as in the template.
	Properties map[string]any
	// DeletionPolicy is what happens to the resource when the stack is deleted. Default Delete.
	DeletionPolicy string
	// UpdateReplacePolicy is what happens to the old resource when an update replaces it. Default Delete.
	UpdateReplacePolicy string
	// DependsOn is one logical ID or a list of them.
	DependsOn any
	// Metadata has the construct path.
	Metadata map[string]any
}

// IDs are the type, the logical ID and the construct path of each resource, sorted.
func (t Template) IDs() []string {
	var all []string
	for id, r := range t.Resources {
		if r.Type == "AWS::CDK::Metadata" { // of the CDK, about the CDK
			continue
		}
		path, _ := r.Metadata["aws:cdk:path"].(string)
		all = append(all, fmt.Sprintf("%s %s %s", r.Type, id, path))
	}
	slices.Sort(all)
	return all
}

// Parse reads a template.
func Parse(document []byte) (Template, error) {
	var t Template
	if err := json.Unmarshal(document, &t); err != nil {
		return Template{}, fmt.Errorf("read template: %w", err)
	}
	return t, nil
}

// View returns the policies of the template, sorted by construct path.
func (t Template) View() string {
	sections := map[string]string{}
	for id, r := range t.Resources {
		var b strings.Builder
		switch r.Type {
		case "AWS::IAM::Role":
			name := t.text(first(r.Properties["RoleName"], "(name made up by CloudFormation)"))
			fmt.Fprintf(&b, "role %s\n", name)
			t.statements(&b, "trust policy", r.Properties["AssumeRolePolicyDocument"], "")
			t.attached(&b, id, "role "+name)
			for _, managed := range list(r.Properties["ManagedPolicyArns"]) {
				fmt.Fprintf(&b, "  managed policy %s\n", t.text(managed))
			}
		case "AWS::S3::BucketPolicy":
			fmt.Fprintf(&b, "bucket policy of %s\n", t.text(r.Properties["Bucket"]))
			t.statements(&b, "", r.Properties["PolicyDocument"], "")
		case "AWS::KMS::Key":
			b.WriteString("key\n")
			t.statements(&b, "key policy", r.Properties["KeyPolicy"], "")
		case "AWS::DynamoDB::Table":
			policy, ok := r.Properties["ResourcePolicy"].(map[string]any)
			if !ok {
				continue
			}
			b.WriteString("table\n")
			t.statements(&b, "resource policy", policy["PolicyDocument"], "")
		case "AWS::EC2::VPCEndpoint":
			fmt.Fprintf(&b, "endpoint %s\n", t.text(r.Properties["ServiceName"]))
			t.statements(&b, "endpoint policy", r.Properties["PolicyDocument"], "")
		case "AWS::Events::EventBusPolicy":
			fmt.Fprintf(&b, "policy of bus %s\n", t.text(r.Properties["EventBusName"]))
			t.statements(&b, "", map[string]any{"Statement": r.Properties["Statement"]}, "")
		case "AWS::Lambda::Permission":
			conditions := map[string]any{}
			for _, key := range []string{"SourceArn", "SourceAccount"} {
				if value, ok := r.Properties[key]; ok {
					conditions["aws:"+key] = value
				}
			}
			kind := "Service"
			if strings.Contains(t.text(r.Properties["Principal"]), ":iam::") {
				kind = "AWS"
			}
			fmt.Fprintf(&b, "policy of function %s\n", t.text(r.Properties["FunctionName"]))
			t.statements(&b, "", map[string]any{"Statement": map[string]any{"Effect": "Allow", "Principal": map[string]any{kind: r.Properties["Principal"]},
				"Action": r.Properties["Action"], "Condition": map[string]any{"ArnLike": conditions}}}, "")
		case "AWS::SecretsManager::ResourcePolicy":
			fmt.Fprintf(&b, "policy of secret %s\n", t.text(r.Properties["SecretId"]))
			t.statements(&b, "", r.Properties["ResourcePolicy"], "")
		default:
			// Queues, topics and other resources with a policy. The policies of a role are shown with the role.
			document, ok := r.Properties["PolicyDocument"]
			if !ok || r.Type == "AWS::IAM::Policy" {
				continue
			}
			fmt.Fprintf(&b, "%s\n", r.Type)
			t.statements(&b, "", document, "")
		}
		sections[t.path(id)] = b.String()
	}
	var view strings.Builder
	for _, path := range slices.Sorted(maps.Keys(sections)) {
		fmt.Fprintf(&view, "%s: %s\n", path, sections[path])
	}
	return strings.TrimRight(view.String(), "\n") + "\n"
}

// attached shows the policies that are attached to a role, which is shown as the given principal.
func (t Template) attached(b *strings.Builder, role, principal string) {
	for _, id := range slices.Sorted(maps.Keys(t.Resources)) {
		r := t.Resources[id]
		if r.Type != "AWS::IAM::Policy" {
			continue
		}
		for _, member := range list(r.Properties["Roles"]) {
			if ref, ok := member.(map[string]any); ok && ref["Ref"] == role {
				t.statements(b, "policy", r.Properties["PolicyDocument"], principal)
			}
		}
	}
}

// statements shows a policy document; owner is the principal of statements that name none.
func (t Template) statements(b *strings.Builder, title string, document any, owner string) {
	if title != "" {
		fmt.Fprintf(b, "  %s\n", title)
	}
	policy, ok := document.(map[string]any)
	if !ok {
		b.WriteString("    (none)\n")
		return
	}
	for _, s := range list(policy["Statement"]) {
		statement := s.(map[string]any)
		fmt.Fprintf(b, "    %s %s\n", statement["Effect"], first(statement["Sid"], "(no Sid)"))
		principal := owner
		if p, ok := statement["Principal"]; ok {
			principal = t.principal(p)
		}
		fmt.Fprintf(b, "      principal  %s\n", principal)
		t.lines(b, "action   ", statement["Action"])
		if resource, ok := statement["Resource"]; ok {
			t.lines(b, "resource ", resource)
		}
		t.conditions(b, statement["Condition"])
		for key := range statement {
			if !slices.Contains([]string{"Effect", "Sid", "Principal", "Action", "Resource", "Condition"}, key) {
				fmt.Fprintf(b, "      %s %v\n", key, statement[key])
			}
		}
	}
}

func (t Template) lines(b *strings.Builder, label string, value any) {
	for _, v := range list(value) {
		fmt.Fprintf(b, "      %s  %s\n", label, t.text(v))
		label = "         "
	}
}

func (t Template) conditions(b *strings.Builder, value any) {
	operators, _ := value.(map[string]any)
	for _, operator := range slices.Sorted(maps.Keys(operators)) {
		keys := operators[operator].(map[string]any)
		for _, key := range slices.Sorted(maps.Keys(keys)) {
			var values []string
			for _, v := range list(keys[key]) {
				values = append(values, t.text(v))
			}
			fmt.Fprintf(b, "      condition  %s %s: %s\n", operator, key, strings.Join(values, " or "))
		}
	}
}

func (t Template) principal(value any) string {
	kinds, ok := value.(map[string]any)
	if !ok {
		return t.text(value)
	}
	var all []string
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		for _, v := range list(kinds[kind]) {
			all = append(all, kind+" "+t.text(v))
		}
	}
	return strings.Join(all, ", ")
}

// text returns a value as text, with a reference as the construct's path in braces.
func (t Template) text(value any) string {
	call, ok := value.(map[string]any)
	if !ok || len(call) != 1 {
		return fmt.Sprint(value)
	}
	for function, argument := range call {
		switch function {
		case "Ref":
			id := fmt.Sprint(argument)
			if _, ok := t.Resources[id]; ok {
				return "{" + t.path(id) + "}"
			}
			return "{" + id + "}"
		case "Fn::GetAtt":
			if parts := list(argument); len(parts) == 2 {
				return "{" + t.path(fmt.Sprint(parts[0])) + "}." + fmt.Sprint(parts[1])
			}
		case "Fn::Join":
			if parts := list(argument); len(parts) == 2 {
				var all []string
				for _, part := range list(parts[1]) {
					all = append(all, t.text(part))
				}
				return strings.Join(all, fmt.Sprint(parts[0]))
			}
		}
	}
	return fmt.Sprint(value)
}

// path returns the construct's path in its stack.
func (t Template) path(id string) string {
	path, _ := t.Resources[id].Metadata["aws:cdk:path"].(string)
	_, path, _ = strings.Cut(path, "/")
	path = strings.TrimSuffix(path, "/Resource")
	if path == "" {
		return id
	}
	return path
}

func list(value any) []any {
	switch v := value.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{value}
}

func first(value any, otherwise string) any {
	if value == nil {
		return otherwise
	}
	return value
}
