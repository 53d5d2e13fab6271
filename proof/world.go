package proof

import (
	"maps"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/accounts"
	"github.com/crossgrant/crossgrant/assembly/network"
	"github.com/crossgrant/crossgrant/policy"
)

// Options are what the templates do not tell.
type Options struct {
	// ManagedPolicies are managed policies of AWS, by ARN. Default the few that package accounts has; others are unknown.
	ManagedPolicies map[string]*policy.Document
	// ServiceControl and ResourceControl are the SCPs and RCPs of accounts, by account, from the organization's root down. Default none.
	ServiceControl, ResourceControl map[string][][]*policy.Document
	// Organizations are the organizations of accounts, such as "o-a1b2c3d4e5", by account. Default unknown.
	Organizations map[string]string
}

// world is all that an access may meet.
type world struct {
	assembly *assembly.Assembly
	accounts *accounts.Accounts
	network  *network.Network
	options  Options
	// roles are those that no template has, but a contract or a probe.
	roles map[string]*accounts.Principal
	// promised are what contracts say that resource policies permit which no template has, by account.
	promised map[string][]statement
	// nameless are the ARNs of roles whose names AWS makes up, by account.
	nameless map[string][]string
	// endpoints are the policies of VPC endpoints.
	endpoints map[*network.Endpoint]*policy.Document
	notes     []assembly.Note
}

func newWorld(a *assembly.Assembly, o Options) *world {
	w := &world{assembly: a, accounts: accounts.Of(a, o.ManagedPolicies), network: network.Of(a), options: o,
		roles: map[string]*accounts.Principal{}, promised: map[string][]statement{}, endpoints: map[*network.Endpoint]*policy.Document{}, nameless: map[string][]string{}}
	for _, role := range w.accounts.Roles {
		if !policy.IsKnown(role.ARN) {
			home := account(role.ARN)
			w.nameless[home] = append(w.nameless[home], role.ARN)
		}
	}
	w.readEndpoints()
	return w
}

// others are the roles without a name of their own that a caller surely is not: an account has one role of a name.
func (w *world) others(caller string) []string {
	all := w.nameless[account(caller)]
	if policy.IsKnown(caller) {
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), func(arn string) bool { return arn == caller })
}

// role returns the role of an ARN, from a template, or else as a contract says.
func (w *world) role(arn string) *accounts.Principal {
	if role, ok := w.accounts.Role(arn); ok {
		return role
	}
	return w.roles[arn]
}

// readEndpoints reads the policies of endpoints. AWS's own, which lets everything pass, is none.
func (w *world) readEndpoints() {
	for _, e := range w.network.Endpoints() {
		if e.Policy != nil {
			d, err := accounts.Document(e.Resource, "PolicyDocument", e.Policy, "the endpoint policy of com.amazonaws."+e.Region+"."+e.Service)
			if err != nil {
				w.notes = append(w.notes, assembly.Note{Stack: e.Resource.Stack, LogicalID: e.Resource.LogicalID, Place: "PolicyDocument", Why: err.Error()})
			}
			w.endpoints[e] = d
		}
	}
}

// account is the account in an ARN, "" if it has none.
func account(arn string) string { return part(arn, 4) }

func part(arn string, i int) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 {
		return ""
	}
	return parts[i]
}

// sessionOf is the session of a role, as policies see a caller.
func sessionOf(role string) string {
	name := role[strings.LastIndexByte(role, '/')+1:]
	return "arn:" + part(role, 1) + ":sts::" + account(role) + ":assumed-role/" + name + "/crossgrant"
}

func isService(name string) bool {
	return strings.Contains(name, ".") && !strings.ContainsAny(name, ":/ ")
}

func isRole(arn string) bool {
	return strings.HasPrefix(part(arn, 5), "role/") && part(arn, 2) == "iam"
}

// with is a context with more keys.
func with(context map[string][]string, more map[string][]string) map[string][]string {
	all := maps.Clone(context)
	if all == nil {
		all = map[string][]string{}
	}
	maps.Copy(all, more)
	return all
}
