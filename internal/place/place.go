// Package place remembers where constructs are: their path, their stack, its account, region and assembly, and the partition and domain of a region.
// None of these ever changes, and each is a question to CDK's process. So is what else never changes of a construct, which [Once] remembers for its caller.
// It knows nothing of what a construct is.
package place

import (
	"reflect"
	"sync"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// place is what is remembered of a construct; nil and "" for what nobody has asked for.
type place struct {
	stack           awscdk.Stack
	root            constructs.IConstruct
	path, directory *string
	account, region *string // of a stack
}

// places are those of all constructs that were asked for. jsii keeps every object as long as the process lives, so that keeping them here costs
// nothing more.
var places = struct {
	sync.Mutex
	of map[constructs.IConstruct]place
}{of: map[constructs.IConstruct]place{}}

// remembered returns one fact about a construct, which ask asks CDK for the first time.
func remembered[T comparable](c constructs.IConstruct, fact func(*place) *T, ask func() T) T {
	if !reflect.TypeOf(c).Comparable() {
		return ask()
	}
	places.Lock()
	p := places.of[c]
	places.Unlock()
	var none T
	if known := *fact(&p); known != none {
		return known
	}
	found := ask()
	places.Lock()
	defer places.Unlock()
	p = places.of[c]
	*fact(&p) = found
	places.of[c] = p
	return found
}

// Stack returns the stack that a construct is in.
func Stack(c constructs.IConstruct) awscdk.Stack {
	return remembered(c, func(p *place) *awscdk.Stack { return &p.stack }, func() awscdk.Stack { return awscdk.Stack_Of(c) })
}

// Root returns the root of a construct's tree.
func Root(c constructs.IConstruct) constructs.IConstruct {
	return remembered(c, func(p *place) *constructs.IConstruct { return &p.root }, func() constructs.IConstruct { return c.Node().Root() })
}

// Path returns a construct's path in its tree; "" for the root.
func Path(c constructs.IConstruct) string {
	return *remembered(c, func(p *place) **string { return &p.path }, func() *string { return c.Node().Path() })
}

// Directory returns the folder of the assembly that a stack is written to.
func Directory(stack awscdk.Stack) string {
	return *remembered(stack, func(p *place) **string { return &p.directory }, func() *string { return awscdk.Stage_Of(stack).Outdir() })
}

// Account returns the account of a stack; a token if it has no explicit one.
func Account(stack awscdk.Stack) string {
	return *remembered(stack, func(p *place) **string { return &p.account }, func() *string { return stack.Account() })
}

// Region returns the region of a stack; a token if it has no explicit one.
func Region(stack awscdk.Stack) string {
	return *remembered(stack, func(p *place) **string { return &p.region }, func() *string { return stack.Region() })
}

// New creates a construct that has nothing but children. The id has no "/".
func New(scope constructs.Construct, id string) constructs.Construct {
	return In(scope, id, constructs.NewConstruct(scope, jsii.String(id)))
}

// In remembers that a construct was created in a scope under an id without "/", and returns it.
func In[T constructs.IConstruct](scope constructs.IConstruct, id string, created T) T {
	stack, path := Stack(scope), Path(scope)
	if path != "" {
		path += "/"
	}
	path += id
	remembered(created, func(p *place) *awscdk.Stack { return &p.stack }, func() awscdk.Stack { return stack })
	remembered(created, func(p *place) **string { return &p.path }, func() *string { return &path })
	return created
}
