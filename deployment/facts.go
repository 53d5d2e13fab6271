package deployment

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/internal/authorization"
	"github.com/crossgrant/crossgrant/internal/schema"
	"github.com/crossgrant/crossgrant/policy"
)

// facts are what is known of a resource before deployment.
type facts struct {
	*assembly.Resource
	kind *schema.Type
	// own are patterns of the ARNs of the resource, and others those of what its properties name.
	own, others []string
	// names are the values of properties that are text, by key in lower case without separators.
	names map[string][]string
	// roles are the roles that its properties name.
	roles []role
}

// role is a role that a resource may pass.
type role struct {
	arn      string
	services []string // that its trust policy names, sorted
}

// index finds resources by what refers to them.
func (d *derivation) index() {
	d.byText, d.byMarker = map[string][]*assembly.Resource{}, map[string]*assembly.Resource{}
	for _, s := range d.stacks {
		for _, r := range s.Resources {
			d.byMarker[marker(r)] = r
			for _, text := range []string{r.Ref, r.ARN, r.Name} {
				if text != "" && !slices.Contains(d.byText[text], r) {
					d.byText[text] = append(d.byText[text], r)
				}
			}
		}
	}
}

// indexBoundaries finds the permissions boundaries of roles and users. A pattern of names that also has one without a boundary, or with another, has none.
func (d *derivation) indexBoundaries() {
	d.bounded = map[string]string{}
	for _, s := range d.stacks {
		for _, r := range s.Resources {
			if r.Type != "AWS::IAM::Role" && r.Type != "AWS::IAM::User" {
				continue
			}
			text, _ := r.Properties["PermissionsBoundary"].(string)
			name, boundary := d.pattern(r.ARN), d.pattern(text)
			if other, ok := d.bounded[name]; ok && other != boundary || boundary == "*" {
				boundary = ""
			}
			d.bounded[name] = boundary
		}
	}
}

func (d *derivation) facts(r *assembly.Resource, t *schema.Type) *facts {
	f := &facts{Resource: r, kind: t, names: map[string][]string{}}
	f.own = d.own(r, t)
	seen := map[*assembly.Resource]bool{r: true}
	var walk func(key string, value any)
	walk = func(key string, value any) {
		switch v := value.(type) {
		case map[string]any:
			for _, key := range slices.Sorted(maps.Keys(v)) {
				if !notReferences[key] && documents[r.Type] != key {
					walk(key, v[key])
				}
			}
		case []any:
			for _, one := range v {
				walk(key, one)
			}
		case string:
			d.refer(f, key, v, seen)
		}
	}
	walk("", map[string]any(r.Properties))
	slices.Sort(f.others)
	f.others = slices.Compact(f.others)
	return f
}

// refer adds what a property's text names.
func (d *derivation) refer(f *facts, key, text string, seen map[*assembly.Resource]bool) {
	found := d.byText[text]
	if names := markersIn(text); len(found) == 0 && len(names) > 0 && d.byMarker[names[0]] != nil {
		found = append(found, d.byMarker[names[0]])
	}
	for _, r := range found {
		if seen[r] {
			continue
		}
		seen[r] = true
		t, _ := schema.Lookup(r.Type)
		if t == nil {
			continue
		}
		f.others = append(f.others, d.own(r, t)...)
		switch r.Type {
		case "AWS::IAM::Role":
			f.roles = append(f.roles, role{d.pattern(r.ARN), trustedServices(r)})
		case "AWS::IAM::InstanceProfile": // passes its role
			for _, name := range list(r.Properties["Roles"]) {
				d.refer(f, "Roles", name, seen)
			}
		}
	}
	if len(found) > 0 {
		return
	}
	if strings.HasPrefix(text, "arn:") {
		name := d.pattern(text)
		f.others = append(f.others, name)
		if a, _ := arn.Parse(name); a.Service == "iam" && a.Account == d.account && strings.HasPrefix(a.Resource, "role/") {
			f.roles = append(f.roles, role{arn: name})
		}
		return
	}
	if bucket := bucketOf(text); bucket != "" {
		f.others = append(f.others, "arn:"+f.Stack.Partition+":s3:::"+d.pattern(bucket))
		return
	}
	name := letters(key)
	f.names[name] = append(f.names[name], d.pattern(text))
}

// own are patterns of a resource's ARNs: those that the assembly knows, or else those that its schema and the Service Authorization Reference
// lead to.
func (d *derivation) own(r *assembly.Resource, t *schema.Type) (all []string) {
	if r.ARN != "" {
		all = append(all, d.pattern(r.ARN))
		if d.pattern(r.Name) == "*" {
			d.wide[all[0]] = true
		}
		if r.Type == "AWS::Logs::LogGroup" { // https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html
			all = append(all, all[0]+":*")
		}
	} else {
		name := "*"
		if len(t.PrimaryIdentifier) == 1 && !slices.Contains(t.ReadOnly, t.PrimaryIdentifier[0]) {
			if text, ok := r.Properties[t.PrimaryIdentifier[0]].(string); ok && !strings.HasPrefix(text, "arn:") {
				name = d.pattern(text)
			}
		}
		for _, format := range ownFormats(t) {
			all = append(all, fill(format, r.Stack, name))
			if name == "*" {
				d.wide[all[len(all)-1]] = true
			}
		}
	}
	for _, format := range alsoOwn[r.Type] {
		all = append(all, fill(format, r.Stack, "*"))
		if strings.HasSuffix(format, "*") && !strings.HasSuffix(format, "/tags/*") {
			d.wide[all[len(all)-1]] = true
		}
	}
	return all
}

// ownFormats are the formats of the ARNs of a type, by the action that deletes it. One that changes permissions is on something else.
func ownFormats(t *schema.Type) (all []string) {
	for _, permission := range t.Handlers[schema.Delete] {
		action, ok := authorization.Lookup(permission)
		if !ok || action.Level == authorization.PermissionsManagement || action.Level == authorization.Tagging || !ends.MatchString(action.Name) {
			continue
		}
		for _, name := range action.Resources {
			all = append(all, formats(action.Name, name)...)
		}
	}
	return all
}

// ends matches the actions that end a resource, unlike those that take something off another.
var ends = regexp.MustCompile(`:(Delete|Deregister|Terminate|Cancel|Release)`)

// formats are those of a resource type, in the service of an action.
func formats(action, name string) []string {
	service, _, _ := strings.Cut(action, ":")
	for _, one := range authorization.Types(service) {
		if one.Name == name {
			return one.Formats
		}
	}
	return nil
}

// fill is the ARN of a format, such as "lambda:*:*:function:*", in a stack's account and region, with a name at its end.
func fill(format string, s *assembly.Stack, name string) string {
	parts := strings.SplitN(format, ":", 4)
	if len(parts) < 4 {
		return "arn:" + s.Partition + ":" + format
	}
	if parts[1] == "*" {
		parts[1] = s.Region
	}
	if parts[2] == "*" {
		parts[2] = s.Account
	}
	if i := strings.LastIndexByte(parts[3], '*'); i >= 0 {
		parts[3] = parts[3][:i] + name + parts[3][i+1:]
	}
	return "arn:" + s.Partition + ":" + strings.Join(parts, ":")
}

// pattern is a text with wildcards for what is unknown before deployment: for a name that CloudFormation generates, the name of the stack
// and "-*".
func (d *derivation) pattern(text string) string {
	return wildcards.ReplaceAllString(unknown.ReplaceAllStringFunc(text, func(one string) string {
		r := d.byMarker[strings.Trim(one, "\x00")]
		if r == nil || !generatedNames[r.Type] {
			return "*"
		}
		return d.prefix(r)
	}), "*")
}

var (
	unknown   = regexp.MustCompile("\x00[^\x00]*\x00")
	wildcards = regexp.MustCompile(`\*+`)
)

// prefix is the pattern of the names that CloudFormation generates for a resource.
func (d *derivation) prefix(r *assembly.Resource) string {
	s := root(r.Stack)
	prefix := s.Name + "-*"
	if len(s.Name) > maxStackPrefix {
		prefix = s.Name[:maxStackPrefix] + "*"
	}
	if lowerCase(r.Type) {
		prefix = strings.ToLower(prefix)
	}
	return prefix
}

// marker is how the names of a resource's unknown values begin, such as "Stack.Bucket".
func marker(r *assembly.Resource) string { return r.Stack.Label + "." + r.LogicalID }

// markersIn are the resources of which a text has unknown values, such as "Stack.Bucket" for "Stack.Bucket.Attribute".
func markersIn(text string) (all []string) {
	for _, one := range unknown.FindAllString(text, -1) {
		if parts := strings.SplitN(strings.Trim(one, "\x00"), ".", 3); len(parts) > 1 {
			id, _, _ := strings.Cut(parts[1], "#")
			all = append(all, parts[0]+"."+id)
		}
	}
	return all
}

// trustedServices are the services that a role's trust policy names.
func trustedServices(r *assembly.Resource) []string {
	text, err := json.Marshal(r.Properties["AssumeRolePolicyDocument"])
	if err != nil {
		return nil
	}
	document, err := policy.Parse(text)
	if err != nil {
		return nil
	}
	var all []string
	for i := range document.Statements {
		if s := &document.Statements[i]; s.Effect == policy.Allow {
			all = append(all, s.Elements().Principals["Service"]...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

var inBucket = regexp.MustCompile(`^https://(?:s3[.-][a-z0-9-]+\.[a-z.]+|s3\.[a-z.]+)/([^/]+)/|^https://([^/]+)\.s3[.-][^/]+/|^s3://([^/]+)`)

// bucketOf is the bucket that the URL of an object names, or "".
func bucketOf(url string) string {
	for _, one := range inBucket.FindStringSubmatch(url) {
		if one != "" && !strings.Contains(one, "//") {
			return one
		}
	}
	return ""
}

func list(value any) (all []string) {
	items, _ := value.([]any)
	for _, item := range items {
		if text, ok := item.(string); ok {
			all = append(all, text)
		}
	}
	return all
}

// letters are the letters and digits of a name, in lower case.
func letters(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z' || '0' <= r && r <= '9':
			return r
		case 'A' <= r && r <= 'Z':
			return r + 'a' - 'A'
		}
		return -1
	}, name)
}
