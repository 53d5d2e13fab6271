// Package deployed reads which stacks the local AWS has deployed now, and decides by them: their templates, with the values of their parameters and the IDs of
// their resources, and on top what requests have changed since. It changes nothing in the local AWS.
package deployed

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/internal/managedpolicy"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof"
)

// Place is an account and a region.
type Place struct{ Account, Region string }

// Stacks are the stacks that are deployed now. It is safe for use by several goroutines.
type Stacks struct {
	directory string
	options   proof.Options
	config    func(Place) aws.Config

	mutex sync.Mutex
	all   map[Place][]assembly.TemplateFile
	ids   map[stackOf]string // the IDs of the stacks
	known identities
	drift drift
	now   atomic.Pointer[Now]
}

// Now is what is deployed at a time.
type Now struct {
	*proof.Decider
	assembly *assembly.Assembly
	base     *assembly.Assembly  // without what requests have changed
	arns     map[string][]string // by account and service
	gone     map[string]bool     // ARNs of what a stack had before
	ids      map[string]identity // of roles and users, by ARN
	starts   sync.Map            // accesses with nothing but where they start, by workload
}

// Open has no stacks yet. It keeps their templates in a directory, and asks the local AWS with the configuration of a place. The options are what no template has.
func Open(directory string, o proof.Options, config func(Place) aws.Config) (*Stacks, error) {
	s := &Stacks{directory: directory, options: o, config: config, all: map[Place][]assembly.TemplateFile{}, ids: map[stackOf]string{}, drift: drift{changes: map[propertyOf]change{}}}
	return s, s.decide()
}

// Now is what is deployed now.
func (s *Stacks) Now() *Now { return s.now.Load() }

// Read reads the stacks of a place again. From then on, they decide.
func (s *Stacks) Read(ctx context.Context, at Place) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	client := cloudformation.NewFromConfig(s.config(at))
	var files []assembly.TemplateFile
	pages := cloudformation.NewDescribeStacksPaginator(client, nil)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("describe the stacks of account %s in %s: %w", at.Account, at.Region, err)
		}
		for _, stack := range page.Stacks {
			if !isThere(stack.StackStatus) {
				continue
			}
			file, err := s.read(ctx, client, at, stack)
			if err != nil {
				return fmt.Errorf("read stack %s of account %s: %w", aws.ToString(stack.StackName), at.Account, err)
			}
			files = append(files, file)
			s.ids[stackOf{at, file.StackName}] = aws.ToString(stack.StackId)
		}
	}
	s.all[at] = files
	return s.decide()
}

// Forget forgets all stacks, and what requests have changed.
func (s *Stacks) Forget() error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	clear(s.all)
	clear(s.ids)
	s.options.ManagedPolicies = nil
	s.drift = drift{changes: map[propertyOf]change{}}
	return s.decide()
}

// SetPolicy notes that a managed policy is there that no stack has, by its ARN. Nil: it is gone.
func (s *Stacks) SetPolicy(name string, d *policy.Document) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	all := maps.Clone(s.options.ManagedPolicies) // which what decides now has
	if all == nil {
		all = map[string]*policy.Document{}
	}
	if all[name] = d; d == nil {
		delete(all, name)
	}
	s.options.ManagedPolicies = all
	return s.decide()
}

// isThere says that a stack has resources.
func isThere(status types.StackStatus) bool {
	return status != types.StackStatusReviewInProgress && status != types.StackStatusDeleteComplete
}

// read reads the template of a stack, the values of its parameters, and the IDs of its resources.
func (s *Stacks) read(ctx context.Context, client *cloudformation.Client, at Place, stack types.Stack) (assembly.TemplateFile, error) {
	file := assembly.TemplateFile{Account: at.Account, Region: at.Region, StackName: aws.ToString(stack.StackName), Parameters: map[string]string{}, Deployed: map[string]string{}}
	got, err := client.GetTemplate(ctx, &cloudformation.GetTemplateInput{StackName: stack.StackName})
	if err != nil {
		return file, err
	}
	if file.Path, err = s.write(aws.ToString(got.TemplateBody)); err != nil {
		return file, err
	}
	for _, p := range stack.Parameters {
		file.Parameters[aws.ToString(p.ParameterKey)] = Listed(aws.ToString(p.ParameterValue))
	}
	pages := cloudformation.NewListStackResourcesPaginator(client, &cloudformation.ListStackResourcesInput{StackName: stack.StackName})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return file, err
		}
		for _, r := range page.StackResourceSummaries {
			if id := aws.ToString(r.PhysicalResourceId); id != "" {
				file.Deployed[aws.ToString(r.LogicalResourceId)] = id
			}
		}
	}
	return file, nil
}

// write writes a template into a file, and returns its name.
func (s *Stacks) write(text string) (string, error) {
	sum := sha256.Sum256([]byte(text))
	path := filepath.Join(s.directory, hex.EncodeToString(sum[:8])+".template")
	return path, os.WriteFile(path, []byte(text), 0o600)
}

// Listed is the value of a parameter as CloudFormation has it: the local AWS writes those that are lists as "['a', 'b']".
func Listed(value string) string {
	inner, isList := strings.CutPrefix(value, "[")
	inner, isClosed := strings.CutSuffix(inner, "]")
	if !isList || !isClosed || inner != "" && !(strings.HasPrefix(inner, "'") && strings.HasSuffix(inner, "'")) {
		return value
	}
	return strings.ReplaceAll(strings.Trim(inner, "'"), "', '", ",")
}

// decide makes what is read decide.
func (s *Stacks) decide() error {
	files := s.files()
	base, err := assembly.LoadTemplates(files...)
	if err != nil {
		return fmt.Errorf("read the templates of the deployed stacks: %w", err)
	}
	a := base
	if s.drift.prune(base); len(s.drift.changes)+len(s.drift.additions) > 0 {
		if files, err = s.drift.on(files, s.directory); err == nil {
			a, err = assembly.LoadTemplates(files...)
		}
		if err != nil {
			return fmt.Errorf("read what requests have changed of the deployed stacks: %w", err)
		}
	}
	now, outdated, err := s.deciding(a, &s.known)
	if err == nil && outdated && a == base {
		base, err = assembly.LoadTemplates(files...) // with what the templates say
	}
	if err != nil {
		return err
	}
	now.base, now.gone = base, s.gone(now)
	s.now.Store(now)
	return nil
}

// files are those of all stacks.
func (s *Stacks) files() (all []assembly.TemplateFile) {
	for _, at := range slices.SortedFunc(maps.Keys(s.all), func(a, b Place) int { return strings.Compare(a.Account+a.Region, b.Account+b.Region) }) {
		all = append(all, s.all[at]...)
	}
	return all
}

// deciding makes an assembly decide. Its policies mean the roles and users that are known; outdated says that some mean others than those that are there.
func (s *Stacks) deciding(a *assembly.Assembly, known *identities) (now *Now, outdated bool, err error) {
	outdated = known.update(a, func(of *assembly.Stack) string {
		return s.ids[stackOf{Place{of.Account, of.Region}, of.Name}] + " " + of.Label + " "
	})
	d, err := proof.NewDecider(a, s.options)
	if err != nil {
		return nil, false, fmt.Errorf("read the deployed stacks: %w", err)
	}
	return &Now{Decider: d, assembly: a, base: a, arns: arnsOf(a), ids: known.ids}, outdated, nil
}

// Assembly is what is deployed. It must not be changed.
func (n *Now) Assembly() *assembly.Assembly { return n.assembly }

// Denial is what AWS says of an access that does not pass, and the sandbox of one that the deployed stacks leave open.
func Denial(c *proof.Chain) string {
	message := proof.DenialMessage(c)
	if h, _ := c.Stops(); h.Passes == policy.Indeterminate {
		message = "the sandbox denies what the deployed stacks leave open: " + message
	}
	return message
}

// errNotThere is the error about what no stack has.
var errNotThere = errors.New("no deployed stack has it")

// Start is an access that starts from a function, an instance or another workload, by its ARN.
func (n *Now) Start(workload string) (proof.Access, error) {
	if found, ok := n.starts.Load(workload); ok {
		return found.(proof.Access), nil
	}
	access, ok := n.From(workload)
	if !ok {
		return access, fmt.Errorf("workload %s: %w", workload, errNotThere)
	}
	n.starts.Store(workload, access)
	return access, nil
}

// MaxSession is the longest session of a role, in seconds.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-role.html#cfn-iam-role-maxsessionduration
func (n *Now) MaxSession(role string) (seconds int, err error) {
	found := n.assembly.ByARN(role)
	if len(found) != 1 {
		return 0, fmt.Errorf("role %s: %w", role, errNotThere)
	}
	given := found[0].Properties["MaxSessionDuration"]
	if given == nil {
		return 3600, nil
	}
	if seconds, err = strconv.Atoi(fmt.Sprint(given)); err != nil {
		return 0, fmt.Errorf("role %s: found MaxSessionDuration %q, expected seconds", role, given)
	}
	return seconds, nil
}

// typeNames are the CloudFormation types of what requests name without their ARN, by service and type of the Service Authorization Reference.
var typeNames = map[string]string{
	"iam role": "AWS::IAM::Role", "iam user": "AWS::IAM::User", "iam group": "AWS::IAM::Group", "iam instance-profile": "AWS::IAM::InstanceProfile", "iam policy": "AWS::IAM::ManagedPolicy",
	"secretsmanager Secret": "AWS::SecretsManager::Secret", "kms key": "AWS::KMS::Key",
}

// Resource is the ARN of what requests name by its name: of an account, and of a region unless that is "". "" if no stack has it. For a key, the name is that of an alias, or
// for "" as the account the ID of the key in any account.
func (n *Now) Resource(account, region, service, kind, name string) string {
	if kind == "role of instance-profile" {
		return n.profileRole(account, name)
	}
	if service == "kms" && strings.HasPrefix(name, "alias/") {
		for _, alias := range n.assembly.OfType("AWS::KMS::Alias") {
			if alias.Properties["AliasName"] == name && alias.Stack.Account == account && alias.Stack.Region == region {
				target, _ := alias.Properties["TargetKeyId"].(string)
				return n.key(account, region, target)
			}
		}
		return ""
	}
	for _, r := range n.assembly.OfType(typeNames[service+" "+kind]) {
		isThere := service == "iam" || account == "" || r.Stack.Region == region
		if (account == "" || r.Stack.Account == account) && isThere && r.Name == name {
			return r.ARN
		}
	}
	return ""
}

// key is the ARN of a key by its ID or its ARN. "" if it is not known.
func (n *Now) key(account, region, id string) string {
	switch {
	case !policy.IsKnown(id):
		return ""
	case strings.HasPrefix(id, "arn:"):
		return id
	}
	return n.Resource(account, region, "kms", "key", id)
}

// profileRole is the ARN of the role of an instance profile.
func (n *Now) profileRole(account, name string) string {
	for _, profile := range n.assembly.OfType("AWS::IAM::InstanceProfile") {
		roles := assembly.Listed(profile.Properties["Roles"])
		if profile.Stack.Account != account || profile.Name != name || len(roles) != 1 {
			continue
		}
		role, _ := roles[0].(string)
		return n.Resource(account, "", "iam", "role", role)
	}
	return ""
}

// ManagedPolicy is a managed policy by its ARN: of a stack, or of AWS.
func (n *Now) ManagedPolicy(arn string) (*policy.Document, error) {
	if found, ok := managedpolicy.Lookup(arn); ok {
		return named(arn, found.Document)
	}
	of := n.assembly.ByARN(arn)
	if len(of) != 1 {
		return nil, errNotThere
	}
	return named(arn, []byte(asJSON(of[0].Properties["PolicyDocument"])))
}

func named(name string, document []byte) (*policy.Document, error) {
	d, err := policy.Parse(document)
	if err == nil {
		d.Name = "the session policy " + name
	}
	return d, err
}

// PartitionKey is the name of the partition key of a table, or of one of its indexes. "" if no stack has it.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-dynamodb-table-keyschema.html
func (n *Now) PartitionKey(table, index string) string {
	of := n.assembly.ByARN(table)
	if len(of) != 1 {
		return ""
	}
	schema := of[0].Properties["KeySchema"]
	if index != "" {
		schema = nil
		for _, list := range []string{"GlobalSecondaryIndexes", "LocalSecondaryIndexes"} {
			for _, one := range assembly.Listed(of[0].Properties[list]) {
				if i, _ := one.(map[string]any); i["IndexName"] == index {
					schema = i["KeySchema"]
				}
			}
		}
	}
	for _, one := range assembly.Listed(schema) {
		if key, _ := one.(map[string]any); key["KeyType"] == "HASH" {
			name, _ := key["AttributeName"].(string)
			return name
		}
	}
	return ""
}

// Stacks are all stacks.
func (n *Now) Stacks() []*assembly.Stack { return n.assembly.Stacks }

// Stack is a stack by its name. Nil if it is not there.
func (n *Now) Stack(at Place, name string) *assembly.Stack {
	for _, s := range n.assembly.Stacks {
		if s.Account == at.Account && s.Region == at.Region && s.Name == name {
			return s
		}
	}
	return nil
}

// HasPrincipal says that a stack has a role or a user.
func (n *Now) HasPrincipal(principal string) bool { return n.ids[principal].id != "" }

// Has says that a stack has a bucket.
func (n *Now) Has(bucketARN string) bool { return len(n.assembly.ByARN(bucketARN)) > 0 }

// MayHave says that a stack has a resource, or what the resource is a part of, or had it, or perhaps has it, since the ARN of something of the service is not known.
func (n *Now) MayHave(resource string) bool {
	of, _ := arn.Parse(resource)
	for one := range n.gone {
		if isIn(resource, one) {
			return true
		}
	}
	return n.HasPart(resource) || slices.ContainsFunc(n.arns[of.Account+" "+of.Service], func(one string) bool { return !policy.IsKnown(one) })
}

// HasPart says that a stack has a resource, or what the resource is a part of, by an ARN that is known.
func (n *Now) HasPart(resource string) bool {
	of, _ := arn.Parse(resource)
	return slices.ContainsFunc(n.arns[of.Account+" "+of.Service], func(one string) bool { return isIn(resource, one) })
}

// isIn says that a resource is another one, or a part of it.
func isIn(resource, other string) bool {
	rest, ok := strings.CutPrefix(resource, other)
	isSecret := len(rest) == len("-abcdef") && rest[0] == '-' && strings.Contains(other, ":secretsmanager:") // whose ARNs end with six characters that AWS adds
	return ok && (rest == "" || strings.ContainsAny(rest[:1], ":/") || isSecret)
}

// gone are the ARNs of what stacks had before, and do not have now: it may have been retained, with its policy.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
func (s *Stacks) gone(now *Now) map[string]bool {
	all := map[string]bool{}
	if before := s.now.Load(); before != nil {
		maps.Copy(all, before.gone)
		for _, arns := range before.arns {
			for _, one := range arns {
				all[one] = true
			}
		}
	}
	for _, arns := range now.arns {
		for _, one := range arns {
			delete(all, one)
		}
	}
	return all
}

// arnsOf are the ARNs of what the stacks have, by account and service.
func arnsOf(a *assembly.Assembly) map[string][]string {
	all := map[string][]string{}
	for _, stack := range a.Stacks {
		for _, r := range stack.Resources {
			if parts := strings.Split(r.Type, "::"); len(parts) == 3 && r.ARN != "" {
				key := stack.Account + " " + strings.ToLower(parts[1])
				all[key] = append(all[key], r.ARN)
			}
		}
	}
	return all
}

// Owner is the account of a resource: the one in its ARN, or that of its bucket. "" if neither is known.
func (n *Now) Owner(resource string) string {
	a, _ := arn.Parse(resource)
	if a.Service == "s3" {
		a.Resource, _, _ = strings.Cut(a.Resource, "/")
		for _, r := range n.assembly.ByARN(a.String()) {
			return r.Stack.Account
		}
	}
	return a.Account
}
