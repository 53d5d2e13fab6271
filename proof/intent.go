package proof

import (
	"fmt"
	"strings"

	"github.com/crossgrant/crossgrant/assembly/network"
	"github.com/crossgrant/crossgrant/contract"
)

// intents are the accesses that a grant declares, for each grantee from each place where it runs.
func (w *world) intents(g *Grant) ([]Check, error) {
	var all []Check
	for _, s := range g.Permissions {
		samples, err := samples(s, w.actual(g, s))
		if err != nil {
			return nil, fmt.Errorf("grant %s: permission %s: %w", g.Key(), s.Sid, err)
		}
		for _, one := range samples {
			for _, base := range w.callers(g) {
				a := base
				a.Action, a.Resource, a.declared, a.Context, a.Owner = one.action, one.resource, one.declared, one.context, owner(g, s)
				if part(one.resource, 3) == "" {
					a.Region = g.Target.Region
				}
				if s.ViaAWSService {
					a.Through = through(s)
				}
				all = append(all, Check{Rule: Intent, Grant: g.Key(), Expects: MustWork, Name: one.action + " on " + one.resource, Access: a})
			}
		}
	}
	return all, nil
}

// callers are the ways in which a grant is used: each grantee from each place where it runs, or from anywhere if nothing runs as it here.
func (w *world) callers(g *Grant) []Access {
	var all []Access
	for _, grantee := range g.Grantees {
		a := Access{Caller: grantee}
		if g.RoleARN != "" {
			a.Assumes = &Assume{Role: g.RoleARN, ExternalID: g.Trust.ExternalID, SourceIdentity: g.Trust.SourceIdentity}
		}
		if g.Trust.OrganizationID != "" && w.options.Organizations[account(grantee)] == "" {
			w.options.Organizations = withOrganization(w.options.Organizations, account(grantee), g.Trust.OrganizationID)
		}
		at := w.workloads(grantee)
		if len(at) == 0 {
			all = append(all, a)
		}
		for _, workload := range at {
			a.From = workload
			all = append(all, a)
		}
	}
	return all
}

// withOrganization takes an account to be of the organization that its grant asks for; another one is a probe of its own.
func withOrganization(all map[string]string, account, organization string) map[string]string {
	more := map[string]string{account: organization}
	for a, o := range all {
		more[a] = o
	}
	return more
}

// workloads are what runs as a role.
func (w *world) workloads(role string) []*network.Workload {
	var all []*network.Workload
	for _, workload := range w.network.Workloads() {
		if workload.Role == role {
			all = append(all, workload)
		}
	}
	return all
}

// through is the service that makes the requests of an indirect permission, as its condition kms:ViaService tells.
func through(s contract.Statement) string {
	for _, keys := range s.Conditions {
		for key, values := range keys {
			if strings.EqualFold(key, "kms:ViaService") && len(values) > 0 {
				service, _, _ := strings.Cut(values[0], ".")
				return service
			}
		}
	}
	return "aws"
}

func unique(list []string) []string {
	seen := map[string]bool{}
	var all []string
	for _, s := range list {
		if !seen[s] {
			seen[s] = true
			all = append(all, s)
		}
	}
	return all
}
