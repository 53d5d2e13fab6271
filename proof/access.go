package proof

import (
	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/network"
	"github.com/crossgrant/crossgrant/policy"
)

// Access is something that somebody may try to do.
type Access struct {
	// Caller is the ARN of a role or user or of an account's root user, a service such as "cloudtrail.amazonaws.com", or "anonymous".
	// Required.
	Caller string
	// From is what runs as the caller, and so tells the way of its requests. Default from outside of every VPC.
	From *network.Workload
	// Assumes is the role that the caller assumes first. Default none.
	Assumes *Assume
	// Action is what is tried, such as "s3:GetObject". Default nothing but to assume the role.
	Action string
	// Resource is the ARN of what it is tried on. Required for an action.
	Resource string
	// Owner is the account of the resource, 12 digits. Default the one in the ARN.
	Owner string
	// Region is where the service is asked. Default the one in the ARN.
	Region string
	// Context are condition keys that the request has beside those that follow from the way it takes. Default none.
	Context map[string][]string
	// Through is the service that makes the request for the caller, such as "s3", so that it passes no endpoint. Default none.
	Through string
	// powerful gives a caller that no template has every right of its account; one without policies would prove nothing.
	powerful bool
	// declared is the resource as a permission writes it, with wildcards.
	declared string
	// imagined says that no template has the resource, because it is made up: it has no policy.
	imagined bool
	// organization is the caller's account's, where a probe has another one than the account.
	organization string
}

// Assume is how a role is assumed.
type Assume struct {
	// Role is its ARN. Required.
	Role string
	// ExternalID and SourceIdentity are what the caller presents. Default none.
	ExternalID, SourceIdentity string
}

// Hop is one thing that an access has to pass.
type Hop struct {
	// What says which it is, such as "sts:AssumeRole of role R".
	What string
	// Passes says whether the access gets past it.
	Passes policy.Answer
	// Says are sentences that explain why.
	Says []string
	// Trace is how the policies decided. Nil for a route.
	Trace *policy.Trace
	// Path is the way through the network. Nil for policies.
	Path *network.Path
	// holders are the resources whose policies took part, by their kind.
	holders map[policy.Kind]*assembly.Resource
}

// Chain is an access with all that it has to pass, in AWS's order. It goes on after a hop that does not pass.
type Chain struct {
	Access
	// Subnet is the id of the subnet that it starts from. "" outside of a VPC.
	Subnet string
	// Passes says whether the access works.
	Passes policy.Answer
	// Hops are what it has to pass.
	Hops []Hop
}

// Stops returns the first hop that does not pass surely.
func (c *Chain) Stops() (Hop, bool) {
	for _, want := range []policy.Answer{policy.No, policy.Indeterminate} {
		for _, h := range c.Hops {
			if h.Passes == want {
				return h, true
			}
		}
	}
	return Hop{}, false
}

func (c *Chain) add(h Hop) {
	c.Hops = append(c.Hops, h)
	if h.Passes == policy.No || c.Passes == policy.Yes {
		c.Passes = h.Passes
	}
}
