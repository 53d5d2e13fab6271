// Package assembly reads a synthesized cloud assembly, or plain CloudFormation templates, and resolves it into accounts, resources with
// physical names and ARNs, policies and routes:
//
//	app, err := assembly.Load("cdk.out", assembly.Options{})
//	if err != nil {
//		return err
//	}
//	for _, bucket := range app.OfType("AWS::S3::Bucket") {
//		fmt.Println(bucket.Stack.Account, bucket.ARN)
//	}
//
// What cannot be known before deployment stays unknown, by name ([policy.Unresolved]), also within other text: the ARN of a bucket that
// CloudFormation names is "arn:aws:s3:::‹Stack.Bucket›" wherever it is asked for. What could not be understood is in [Assembly.Notes].
// Nothing is guessed: an account, a region or a condition that depends on the deployment is unknown.
//
// It does not decide requests (package policy does) and judges no grant (package proof does), calls no AWS, and runs no macro.
package assembly

import "slices"

// Assembly is all stacks of an app, resolved.
type Assembly struct {
	// Stacks are sorted by label, nested stacks included.
	Stacks []*Stack
	// Notes are what could not be understood, in the order of the stacks, then by logical id and place.
	Notes []Note

	byARN  map[string][]*Resource
	byType map[string][]*Resource
}

// Stack is one stack of one account and region.
type Stack struct {
	// Name is the stack's name. That of a nested stack is unknown: CloudFormation makes it up.
	Name string
	// Label is unique in the assembly and begins the names of what is unknown in the stack: its name, "Parent>LogicalId" of a nested
	// stack, and where stacks of several environments share a name "Name@account@region".
	Label string
	// DisplayName is what the CDK calls the stack in messages, such as "Stage/Stack". Default the label.
	DisplayName string
	// Account and Region are where it is deployed; both are unknown for a stack that does not say.
	Account, Region string
	// Partition follows from the region: "aws", "aws-cn", "aws-us-gov", …
	Partition string
	// Template is the file, relative to the assembly's directory.
	Template string
	// Parent is the stack that nests this one, in its resource Within. Nil and "" if none does.
	Parent *Stack
	Within string
	// Dependencies are the stacks that have to be deployed before, as the manifest says; a nested stack has those of the stack around it.
	Dependencies []*Stack
	// Macros are what transforms the template at deployment, but for AWS::LanguageExtensions. None was run: they may change and add anything.
	Macros []string
	// Metadata is that of the template, as it is: functions in it are not resolved.
	Metadata map[string]any
	// Resources are sorted by logical id. Those whose condition is false are left out.
	Resources []*Resource
	// Outputs are sorted by logical id. Those whose condition is false are left out.
	Outputs []Output
}

// Resource is one resource of a stack.
type Resource struct {
	Stack *Stack
	// LogicalID is its key in the template.
	LogicalID string
	// Type is such as "AWS::S3::Bucket".
	Type string
	// Path is that of its construct, "" if the template does not tell.
	Path string
	// Properties are resolved: map[string]any, []any, string, bool, json.Number. A value that is unknown, of whatever sort, is one
	// text. They share parts with each other: read only.
	Properties map[string]any
	// Name is the physical name or id, unknown if AWS makes it up.
	Name string
	// Ref is what Ref of it gives, by which others refer to it.
	Ref string
	// ARN is "" for types that have none, or whose ARN this package does not know.
	ARN string
	// Conditional is the condition on which it exists, if nobody can decide that now. "" otherwise.
	Conditional string
	// DependsOn are logical ids of the same template, sorted.
	DependsOn []string
	// Metadata is that of the resource, as it is in the template: functions in it are not resolved.
	Metadata map[string]any
}

// Output is one output of a stack.
type Output struct {
	// Name is its logical id.
	Name string
	// Value is resolved.
	Value string
	// Export is the name by which other stacks of the account and region import it. "" if it is not exported.
	Export string
	// Conditional is as with a [Resource].
	Conditional string
}

// Note is one thing that could not be understood, whose value therefore is unknown.
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

// String is one line that says where and why.
func (n Note) String() string {
	if n.Stack == nil {
		return n.Place + ": " + n.Why
	}
	where := n.Stack.DisplayName
	for _, part := range []string{n.LogicalID, n.Place} {
		if part != "" {
			where += "." + part
		}
	}
	return where + ": " + n.Why
}

// ByARN returns the resources that have this ARN: none, one, or several where only one of them will exist.
func (a *Assembly) ByARN(arn string) []*Resource { return slices.Clone(a.byARN[arn]) }

// OfType returns the resources of a type, in the order of stacks and logical ids.
func (a *Assembly) OfType(name string) []*Resource { return slices.Clone(a.byType[name]) }

// index makes the resources findable.
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
