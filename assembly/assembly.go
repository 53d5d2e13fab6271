// Package assembly reads a synthesized cloud assembly, or plain CloudFormation templates, and resolves its stacks into resources with physical
// names and ARNs:
//
//	app, err := assembly.Load("cdk.out", assembly.Options{})
//	if err != nil {
//		return err
//	}
//	for _, bucket := range app.OfType("AWS::S3::Bucket") {
//		fmt.Println(bucket.Stack.Account, bucket.ARN)
//	}
//
// What is unknown before deployment becomes an unknown value with a name ([policy.Unresolved]), also within a string: the ARN of a bucket that
// CloudFormation names is "arn:aws:s3:::‹Stack.Bucket›" wherever it is used. An account, a region or a condition that depends on the
// deployment is unknown. What could not be understood is in [Assembly.Notes].
//
// The package does not decide requests (package policy does) or evaluate grants (package proof does), does not call AWS, and does not run
// macros. Package accounts reads the policies of an assembly, and package network its routes.
package assembly

import (
	"cmp"
	"slices"
	"strings"
)

// Assembly has all stacks of an app, resolved.
type Assembly struct {
	// Stacks are sorted by label, nested stacks included.
	Stacks []*Stack
	// Notes are what could not be understood: first of the assembly, then in the order of the stacks, by logical id and place.
	Notes []Note
	// Assumed is what was taken as given of stacks whose account or region is unknown. Such notes are about the assembly.
	Assumed []Note

	byARN  map[string][]*Resource
	byType map[string][]*Resource
	again  func(Known) (*Assembly, error) // reads the same files with what is known of the deployment; nil for what is from no files
}

// Stack is one stack of one account and region.
type Stack struct {
	// Name is the stack's name. That of a nested stack is unknown: CloudFormation generates it.
	Name string
	// Label is unique in the assembly, and the names of the stack's unknown values begin with it: the name of the stack,
	// "Parent>LogicalId" for a nested stack, and "Name@account@region" if stacks of several environments have the same name.
	Label string
	// DisplayName is the name that the CDK uses in messages, such as "Stage/Stack". Default: the label.
	DisplayName string
	// Account and Region are where it is deployed. Those of environment-agnostic stacks are unknown values ([policy.UnresolvedAccount]): one account, and
	// one region, for all stacks of the assembly, except for stacks that have the same name.
	Account, Region string
	// Partition is that of the region: "aws", "aws-cn", "aws-us-gov", … An unknown region is taken to be one of "aws".
	Partition string
	// Template is the file of the template, relative to the assembly's directory.
	Template string
	// Facts is the file of facts that has the resources of this stack; "" for a stack of a template. See package facts.
	Facts string
	// Sources are where values come from that the template leaves open and that decide which resources there are, or what the template's metadata
	// says. For a template that facts name, they are also the facts.
	Sources []Source
	// Parent is the stack that nests this one, and Within the logical id of its resource. Nil and "" for a stack that is not nested.
	Parent *Stack
	Within string
	// Dependencies are the stacks that must be deployed first, by the manifest. A nested stack has those of its parent.
	Dependencies []*Stack
	// Macros are the transforms of the template other than AWS::LanguageExtensions. They were not run, and may change and add anything.
	Macros []string
	// Metadata is the Metadata section of the template, with functions resolved, except under keys of CloudFormation's own ("AWS::…").
	Metadata map[string]any
	// Resources are sorted by logical id, without those whose condition is false.
	Resources []*Resource
	// Outputs are sorted by logical id, without those whose condition is false.
	Outputs []Output
	// Imports are the names of the exports that the stack imports, sorted, as far as they are known.
	Imports []string
	// External are the values that CloudFormation reads for the stack at deployment, sorted, as dynamic references without braces:
	// "ssm:/path", "ssm-secure:/path:1", "secretsmanager:NAME:SecretString:password". Parameters of the template that are read from Systems
	// Manager are "ssm:/path", too. Text that was not resolved, such as that of conditions that are false, is not among them.
	External []string
}

// Resource is one resource of a stack.
type Resource struct {
	Stack *Stack
	// LogicalID is its key in the template.
	LogicalID string
	// Type is the resource type, such as "AWS::S3::Bucket".
	Type string
	// Path is the path of its construct, "" if the template does not have it.
	Path string
	// Properties are resolved: map[string]any, []any, string, bool, json.Number. An unknown value of any type is a string. Properties share
	// parts with each other and must not be changed.
	Properties map[string]any
	// Name is the physical name or id, unknown if AWS generates it.
	Name string
	// Ref is the value of Ref, by which other resources refer to it.
	Ref string
	// ARN is "" for types that have no ARN, or whose ARN this package does not know.
	ARN string
	// Conditional is the condition under which it exists, if that cannot be decided before deployment. "" otherwise.
	Conditional string
	// DependsOn are logical ids in the same template, sorted.
	DependsOn []string
	// References are the logical ids in the same template that Ref, Fn::GetAtt and Fn::Sub in its properties name, sorted, also in what conditions leave out.
	References []string
	// DeletionPolicy and UpdateReplacePolicy say what becomes of it when the stack drops or replaces it, such as "Retain". "" for the default, which for
	// most types is "Delete".
	DeletionPolicy, UpdateReplacePolicy string
	// Metadata is the Metadata attribute of the resource. Functions in it are resolved under keys of this program ("CrossGrant::…") only.
	Metadata map[string]any
	// Macros are the transforms among its properties. They were not run, and may change the others.
	Macros []string
	// Sources are where values come from that the templates leave open and that this resource has, also by references.
	Sources []Source
	// Fact is the ARN under which facts have this resource, or what it is a part of. "" for a resource of a template.
	Fact string
}

// Output is one output of a stack.
type Output struct {
	// Name is its logical id.
	Name string
	// Value is resolved.
	Value string
	// Export is the name by which other stacks of the account and region import it. "" if it is not exported.
	Export string
	// Conditional is as in [Resource].
	Conditional string
}

// Note says what could not be understood. The value of that is unknown.
type Note struct {
	// Stack is the stack it is about; nil if it is about the assembly.
	Stack *Stack
	// LogicalID is the resource, output, parameter or condition it is about; "" if it is about the template.
	LogicalID string
	// Place is where in it, such as "Properties.Tags.0.Value"; "" if it is about all of it. Without a stack it is the manifest's file.
	Place string
	// Why says what was found and what was expected.
	Why string
}

// String returns one line that says where and why.
func (n Note) String() string {
	if n.Stack == nil {
		return n.Place + ": " + n.Why
	}
	where := n.Stack.DisplayName
	if n.Stack.Facts != "" {
		where += ": " + n.LogicalID
		n.LogicalID = ""
	}
	for _, part := range []string{n.LogicalID, n.Place} {
		if part != "" {
			where += "." + part
		}
	}
	return where + ": " + n.Why
}

// ByARN returns the resources with an ARN: several if only one of them will exist.
func (a *Assembly) ByARN(arn string) []*Resource { return slices.Clone(a.byARN[arn]) }

// IsCustomResource reports whether a type of resource is code of somebody's own.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-custom-resources.html
func IsCustomResource(name string) bool {
	return strings.HasPrefix(name, "Custom::") || name == "AWS::CloudFormation::CustomResource"
}

// OfType returns the resources of a type, in the order of stacks and logical ids.
func (a *Assembly) OfType(name string) []*Resource { return slices.Clone(a.byType[name]) }

// With returns the assembly with more stacks, which share no label with its own. The assembly itself does not change.
func (a *Assembly) With(more ...*Stack) *Assembly {
	all := &Assembly{Stacks: slices.Concat(a.Stacks, more), Notes: a.Notes, Assumed: a.Assumed}
	slices.SortStableFunc(all.Stacks, func(one, other *Stack) int { return cmp.Compare(one.Label, other.Label) })
	all.index()
	return all
}

// index indexes the resources by ARN and by type.
func (a *Assembly) index() {
	a.byARN, a.byType = map[string][]*Resource{}, map[string][]*Resource{}
	for _, s := range a.Stacks {
		for _, r := range s.Resources {
			if a.byType[r.Type] = append(a.byType[r.Type], r); r.ARN != "" {
				a.byARN[r.ARN] = append(a.byARN[r.ARN], r)
			}
		}
	}
}
