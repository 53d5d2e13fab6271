package proof

import (
	"errors"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/proof/internal/model"
	"github.com/crossgrant/crossgrant/proof/internal/question"
	"github.com/crossgrant/crossgrant/proof/internal/simulate"
)

// Access is a request that someone may make: a caller, an action and a resource, and where it starts, which role it assumes and which
// condition keys it has.
type Access = model.Access

// Assume says how a role is assumed: its ARN, and the external ID and source identity that the caller presents.
type Assume = model.Assume

// Chain is an access with all that it has to pass, hop by hop, in AWS's order. Passes says whether it works.
type Chain = simulate.Chain

// Hop is one thing that an access has to pass: a route through the network, or the policies that decide a request.
type Hop = simulate.Hop

// AnyName is the last part of an ARN that stands for any that a policy permits by a wildcard and no template has.
const AnyName = model.AnyName

// Explain walks one access of an assembly in each way that its caller has: directly, and by each role that policies and trust policies let it assume,
// in any number of steps, from each workload that runs as it. With [Access.Assumes] it walks that way only. The ways that pass come first, then those that may
// pass, then that of a grant and those with the least to change.
//
// The caller is the ARN of a role, of a role session, of a user or of a root user, a service, "anonymous", or the construct path, "STACK/LOGICALID",
// logical ID or physical name of a role, of a user or of what runs as a role, or a part of one that no other has (see [List]). The resource is its ARN or
// its name likewise, with what follows in the ARN; a name that CloudFormation generated, as AWS prints it, is that of the resource that it may be of. It errs
// about a name that nothing or more than one has, and about an action that AWS does not have or that is not on such a resource. A session makes its requests
// itself: they come first, also if another role would permit them. One of a role that nothing runs as is that of whoever may assume the role.
func Explain(a *assembly.Assembly, o Options, access Access) ([]Chain, error) {
	if a == nil {
		return nil, errNoAssembly
	}
	m, err := model.New(a, o)
	if err != nil {
		return nil, err
	}
	return question.Explain(m, access)
}

// Similar are, of the caller and the resource of an access, those whose ARN no template has although a similar one does: each ARN with that one. None for
// names, about which Explain errs.
func Similar(a *assembly.Assembly, o Options, access Access) ([][2]string, error) {
	if a == nil {
		return nil, errNoAssembly
	}
	m, err := model.New(a, o)
	if err != nil {
		return nil, err
	}
	return question.Similar(m, access), nil
}

// errNoAssembly is the error of what needs an assembly.
var errNoAssembly = errors.New("found no assembly (nil), expected one that assembly.Load or assembly.LoadTemplates returns")

// Named is something in an assembly that a question can be about.
type Named = question.Named

// List returns what a question can name: the principals, which are roles, users and what runs as a role; and the resources. Both are sorted by their
// names.
func List(a *assembly.Assembly, o Options) (principals, resources []Named, err error) {
	if a == nil {
		return nil, nil, errNoAssembly
	}
	m, err := model.New(a, o)
	if err != nil {
		return nil, nil, err
	}
	return question.Principals(m), question.Resources(m, ""), nil
}
