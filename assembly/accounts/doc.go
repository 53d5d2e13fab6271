// Package accounts says who and what the templates of an assembly have in each account: roles and users with all of their policies, and
// resources with theirs. It resolves no template (package assembly does), and decides no request (package policy does).
package accounts

import (
	"maps"
	"slices"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// Accounts are the principals and resources of an assembly.
type Accounts struct {
	// Roles and Users are sorted by ARN.
	Roles, Users []*Principal
	// Notes are what could not be understood.
	Notes []assembly.Note

	assembly *assembly.Assembly
	managed  map[string]*policy.Document // by ARN
	roles    map[string]*Principal       // by ARN
	guarded  map[string]*Resource        // by ARN
}

// Principal is an IAM role or user, with all policies that the templates attach to it.
type Principal struct {
	*assembly.Resource
	// Trust says who may assume a role. Nil for a user.
	Trust *policy.Document
	// Policies are its inline and managed ones, and those of its groups.
	Policies []*policy.Document
	// Boundary is its permissions boundary. Nil for none.
	Boundary *policy.Document
}

// Resource is a resource with its resource policy and its KMS key.
type Resource struct {
	*assembly.Resource
	// Policy is its resource policy. Nil for none.
	Policy *policy.Document
	// Key is the ARN of the customer's KMS key that encrypts it. "" for none.
	Key string
}

// Of reads an assembly. Managed policies of AWS are taken by their ARN from managed; of those that it lacks a few are built in, and
// whatever depends on another one is unknown.
func Of(a *assembly.Assembly, managed map[string]*policy.Document) *Accounts {
	all := &Accounts{assembly: a, managed: map[string]*policy.Document{}, roles: map[string]*Principal{}, guarded: map[string]*Resource{}}
	maps.Copy(all.managed, managed)
	all.ownManaged()
	all.principals()
	all.guard()
	return all
}

// Role returns the role of an ARN.
func (a *Accounts) Role(arn string) (*Principal, bool) {
	role, ok := a.roles[arn]
	return role, ok
}

// ARNs returns those of all resources that have one, sorted.
func (a *Accounts) ARNs() []string { return slices.Sorted(maps.Keys(a.guarded)) }

// note keeps what could not be understood.
func (a *Accounts) note(r *assembly.Resource, place, why string) {
	a.Notes = append(a.Notes, assembly.Note{Stack: r.Stack, LogicalID: r.LogicalID, Place: place, Why: why})
}

func byARN[T any](of map[string]T) []T {
	var sorted []T
	for _, arn := range slices.Sorted(maps.Keys(of)) {
		sorted = append(sorted, of[arn])
	}
	return sorted
}
