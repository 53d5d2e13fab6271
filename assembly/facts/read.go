package facts

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/internal/jsonread"
	"github.com/crossgrant/crossgrant/policy"
)

// Limits of a file.
const (
	maxDepth     = 64
	maxResources = 1000
)

var readerOptions = jsonread.Options{MaxDepth: maxDepth, NoNUL: true}

// resource is what the file says of one resource.
type resource struct {
	arn             string
	parts           arn.ARN
	kind            *kind
	account, region string
	values          map[string]any // by field, those that are there; null is nil
}

// Parse reads facts from a text. Reports call them by the name.
func Parse(name string, text []byte) (*Facts, error) {
	p := &parser{Reader: jsonread.New(strings.TrimPrefix(string(text), "\ufeff"), readerOptions), // without a byte order mark
		facts: &Facts{Name: name, ManagedPolicies: map[string]*policy.Document{}, OrganizationPaths: map[string]string{}}}
	p.facts.known = assembly.Known{By: name, Parameters: map[string]map[string]string{}, Stored: map[string]string{}}
	p.object([]string{"version"}, map[string]func(){
		"$schema":         func() { p.text("the address of the schema", func(string) bool { return true }) },
		"version":         p.version,
		"resources":       func() { p.each("an object with facts by ARN", p.resource) },
		"managedPolicies": func() { p.each("an object with policies by ARN", p.managedPolicy) },
		"organizationPaths": func() {
			p.each("an object with the paths of accounts in their organizations, by account", func(account string) {
				if !contract.IsAccountID(account) {
					p.RefuseKey("an account, 12 digits")
				}
				p.facts.OrganizationPaths[account] = p.text("the path of the account, such as o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/", organizationPath.MatchString)
			})
		},
		"parameters": func() {
			p.each("an object with the parameters of stacks, by the name of the stack", func(stack string) {
				p.facts.known.Parameters[stack] = map[string]string{}
				p.each("an object with values by the name of the parameter", func(name string) {
					p.facts.known.Parameters[stack][name] = p.text("the value of the parameter as text, with commas between the items of a list", isText)
				})
			})
		},
		"templates": p.templates,
	})
	if err := p.End(); err != nil {
		return nil, err
	}
	slices.SortFunc(p.facts.resources, func(a, b resource) int { return strings.Compare(a.arn, b.arn) })
	return p.facts, nil
}

// templates reads the templates of stacks that are beside the assembly. Their paths are relative to the file.
func (p *parser) templates() {
	if kind, _ := p.Next(); kind != jsonread.List {
		p.refuse(kind, "a list of templates, each an object with account, file, region, stack")
		return
	}
	for p.Item() {
		var t assembly.TemplateFile
		p.object([]string{"file", "stack", "account", "region"}, map[string]func(){
			"file": func() {
				t.Path = p.text("the path of the template, relative to this file", func(s string) bool { return s != "" && isText(s) })
			},
			"stack": func() {
				t.StackName = p.text("the name of the stack: a letter, then letters, digits and hyphens", stackName.MatchString)
			},
			"account": func() { t.Account = p.text("the account of the stack, 12 digits", contract.IsAccountID) },
			"region":  func() { t.Region = p.text("the region of the stack, such as eu-west-1", contract.IsRegion) },
		})
		p.facts.known.Templates = append(p.facts.known.Templates, t)
	}
}

// organizationPath is the ID of the organization, that of its root, and those of the units down to the account.
var organizationPath = regexp.MustCompile(`^o-[a-z0-9]{10,32}/r-[a-z0-9]{4,32}/(ou-[a-z0-9]{4,32}-[a-z0-9]{8,32}/)*$`)

var stackName = regexp.MustCompile(`^[a-zA-Z][-a-zA-Z0-9]{0,127}$`)

// isText reports whether a text can be a value: it has no character that stands for what is unknown, and is no command of a skeleton.
func isText(s string) bool { return policy.IsKnown(s) && !strings.HasPrefix(s, unfilled) }

// parser reads the file from its beginning to its end. The first error ends the reading.
type parser struct {
	*jsonread.Reader
	facts *Facts
}

// object reads an object of known fields.
func (p *parser) object(required []string, fields map[string]func()) {
	known := strings.Join(slices.Sorted(maps.Keys(fields)), ", ")
	if kind, _ := p.Next(); kind != jsonread.Object {
		p.refuse(kind, "an object with "+known)
		return
	}
	begin, seen := p.Place(), map[string]bool{}
	for p.Field() {
		key := p.Key()
		read := fields[key]
		switch {
		case seen[key]:
			p.Duplicate()
			return
		case read == nil:
			p.RefuseKey("one of " + known)
			return
		}
		seen[key] = true
		read()
	}
	for _, key := range required {
		if !seen[key] {
			p.RefuseAt(begin, "no "+key, "it in this object")
			return
		}
	}
}

// each reads an object of any keys.
func (p *parser) each(expected string, read func(key string)) {
	if kind, _ := p.Next(); kind != jsonread.Object {
		p.refuse(kind, expected)
		return
	}
	p.keys(read)
}

// keys reads what is in an object of any keys.
func (p *parser) keys(read func(key string)) {
	seen := map[string]bool{}
	for p.Field() {
		key := p.Key()
		if seen[key] {
			p.Duplicate()
			return
		}
		seen[key] = true
		read(key)
	}
}

// refuse ends the reading at the value that Next read last.
func (p *parser) refuse(kind jsonread.Kind, expected string) {
	names := map[jsonread.Kind]string{jsonread.Null: "null", jsonread.Bool: "a boolean", jsonread.Number: "a number", jsonread.String: "a text",
		jsonread.List: "a list", jsonread.Object: "an object"}
	p.RefuseAt(p.Place(), names[kind], expected)
}

// text reads a text that is valid.
func (p *parser) text(expected string, valid func(string) bool) string {
	kind, text := p.Next()
	if kind != jsonread.String {
		p.refuse(kind, expected)
	} else if !valid(text) {
		p.RefuseAt(p.Place(), strconv.Quote(text), expected)
	}
	return text
}

// textOrNull reads a text that is valid, or null, which is nil.
func (p *parser) textOrNull(expected string, valid func(string) bool) any {
	kind, text := p.Next()
	switch {
	case kind == jsonread.Null:
		return nil
	case kind != jsonread.String:
		p.refuse(kind, expected+", or null for none")
	case !valid(text):
		p.RefuseAt(p.Place(), strconv.Quote(text), expected+", or null for none")
	}
	return text
}

func (p *parser) flag() any {
	kind, text := p.Next()
	if kind != jsonread.Bool {
		p.refuse(kind, "true or false")
	}
	return text == "true"
}

func (p *parser) version() {
	if kind, text := p.Next(); kind != jsonread.Number || text != strconv.Itoa(Version) {
		p.RefuseAt(p.Place(), "another version", fmt.Sprintf("the number %d, the version of the format that this version of crossgrant reads", Version))
	}
}

// document reads a policy, which package policy can read.
func (p *parser) document() any {
	tree, _ := p.readPolicy("a policy: an object with Version and Statement, or that as a text", false)
	return tree
}

func (p *parser) documentOrNull() any {
	tree, _ := p.readPolicy("a policy: an object with Version and Statement, or that as a text, or null for none", true)
	return tree
}

// readPolicy reads a policy as it is written: an object, or the text of one, which commands of the AWS CLI print for resource policies.
func (p *parser) readPolicy(expected string, orNull bool) (tree any, d *policy.Document) {
	kind, text := p.Next()
	begin := p.Place()
	switch {
	case kind == jsonread.Null && orNull:
		return nil, nil
	case kind == jsonread.Object:
		tree = p.tree(kind, text)
	case kind == jsonread.String && strings.HasPrefix(text, unfilled):
		p.RefuseAt(begin, "a command of the skeleton", "what it prints: "+expected)
	case kind == jsonread.String:
		inner := &parser{Reader: jsonread.New(text, readerOptions)}
		if kind, text := inner.Next(); kind == jsonread.Object {
			tree = inner.tree(kind, text)
		} else {
			inner.refuse(kind, "an object with Version and Statement")
		}
		if err := inner.End(); err != nil && p.Err() == nil {
			p.RefuseAt(begin, "a text that is no policy (of the text, "+err.Error()+")", expected)
		}
	default:
		p.refuse(kind, expected)
	}
	return tree, p.parse(begin, tree)
}

// parse returns a policy as package policy reads it.
func (p *parser) parse(begin int, tree any) *policy.Document {
	if p.Err() != nil {
		return nil
	}
	text, err := json.Marshal(tree)
	if err != nil {
		p.Fail(err)
		return nil
	}
	d, err := policy.Parse(text)
	if err != nil {
		p.RefuseAt(begin, "a policy that cannot be read ("+err.Error()+")", "a policy as IAM has it")
	}
	return d
}

// tree reads a value as resolved templates have it.
func (p *parser) tree(kind jsonread.Kind, text string) any {
	switch kind {
	case jsonread.Object:
		object := map[string]any{}
		for p.Field() {
			key := p.Key()
			if _, twice := object[key]; twice {
				p.Duplicate()
			}
			object[key] = p.tree(p.Next())
		}
		return object
	case jsonread.List:
		list := []any{}
		for p.Item() {
			list = append(list, p.tree(p.Next()))
		}
		return list
	case jsonread.Bool:
		return text == "true"
	case jsonread.Number:
		return json.Number(text)
	case jsonread.String:
		return text
	}
	return nil
}

var (
	managedARN = regexp.MustCompile(`^arn:aws[a-z-]*:iam::(aws|[0-9]{12}):policy/.+$`)
	keyARN     = regexp.MustCompile(`^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$`)
	awsKey     = regexp.MustCompile(`^alias/aws/[a-z0-9]+$`)
	awsKeyARN  = regexp.MustCompile(`^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:alias/aws/[a-z0-9]+$`)
)

// managedPolicy reads a managed policy: one of AWS, or one of an account, which is a resource.
func (p *parser) managedPolicy(name string) {
	if !managedARN.MatchString(name) {
		p.RefuseKey("the ARN of a managed policy, such as arn:aws:iam::aws:policy/ReadOnlyAccess")
		return
	}
	tree, d := p.readPolicy("a policy: an object with Version and Statement, or that as a text", false)
	if p.Err() != nil {
		return
	}
	parts, _ := arn.Parse(name)
	if parts.Account != "aws" {
		p.add(resource{arn: name, parts: parts, kind: customerPolicy, account: parts.Account, values: map[string]any{"policy": tree}})
		return
	}
	d.Name = "the managed policy " + name[strings.LastIndexByte(name, '/')+1:] + " (by " + p.facts.Name + ")"
	p.facts.ManagedPolicies[name] = d
}

// resource reads what is said of one resource.
func (p *parser) resource(name string) {
	parts, ok := arn.Parse(name)
	kind := kindOf(parts)
	if ok && strings.HasSuffix(name, ":vpc/"+UnknownVPC) {
		p.RefuseKey("the ID of the VPC in place of " + UnknownVPC + ", as the describe-subnets in the commands of the skeleton shows it")
		return
	}
	if !ok || kind == nil {
		p.RefuseKey("the ARN of a bucket, an access point, a table, a stream, a key, a queue, a topic, a secret, an event bus, a function, a repository of ECR, a role, a user, a group, a VPC, a prefix list or a parameter of Systems Manager")
		return
	}
	r := resource{arn: name, parts: parts, kind: kind, account: parts.Account, region: parts.Region, values: map[string]any{}}
	fields := map[string]func(){}
	required := []string{}
	for _, f := range kind.fields {
		fields[f.name] = func() { r.values[f.name] = f.read(p) }
		if !f.optional {
			required = append(required, f.name)
		}
	}
	if parts.Account == "" { // a bucket
		fields["account"] = func() { r.account = p.text("the account of the bucket, 12 digits", contract.IsAccountID) }
		fields["region"] = func() { r.region = p.text("the region of the bucket, such as eu-west-1", contract.IsRegion) }
		required = append(required, "account", "region")
	}
	begin := p.Place()
	p.object(required, fields)
	if kind.check != nil && p.Err() == nil {
		if found, expected := kind.check(r); found != "" {
			p.RefuseAt(begin, found, expected)
		}
	}
	if r.value("value") != "" { // of Systems Manager
		p.facts.known.Stored[name] = r.value("value")
		versions, _ := r.values["versions"].(map[string]any)
		for version, value := range versions {
			p.facts.known.Stored[name+":"+version], _ = value.(string)
		}
	}
	p.add(r)
}

// value is a field that is a text; "" if it is not there.
func (r resource) value(field string) string {
	text, _ := r.values[field].(string)
	return text
}

func (p *parser) add(r resource) {
	if p.facts.resources = append(p.facts.resources, r); len(p.facts.resources) > maxResources {
		p.RefuseAt(p.Place(), fmt.Sprintf("more than %d resources", maxResources), "fewer in one file")
	}
}
