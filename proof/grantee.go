package proof

import (
	"fmt"
	"maps"
	"slices"

	"github.com/crossgrant/crossgrant/assembly/network"
	"github.com/crossgrant/crossgrant/contract"
)

// runners are the services that take a role on for what runs there.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-service.html
var runners = map[string]string{
	"AWS::EC2::Instance": "ec2.amazonaws.com", "AWS::ECS::Service": "ecs-tasks.amazonaws.com", "AWS::Lambda::Function": "lambda.amazonaws.com",
}

// becoming are the checks of who can become a grantee: what runs as it, and nobody else. Whoever can has its access.
func (w *world) becoming(g *Grant) []Check {
	var all []Check
	for _, grantee := range g.Grantees {
		if _, ok := w.accounts.Role(grantee); !ok {
			continue // the other half's, or an imported one
		}
		add := func(rule Rule, e Expectation, name string, a Access) {
			a.Assumes = &Assume{Role: grantee}
			all = append(all, Check{Rule: rule, Grant: g.Key(), Expects: e, Name: name, Access: a})
		}
		for _, workload := range w.workloads(grantee) {
			if service := runners[workload.Resource.Type]; service != "" {
				all = append(all, configuration(g, workload)...)
				add(Intent, MustWork, service+" runs "+workload.Resource.Name+" as "+grantee, Access{Caller: service})
			}
		}
		iam := "arn:" + part(grantee, 1) + ":iam::"
		add(OtherRole, MustFail, "another role of account "+account(grantee)+" that becomes "+grantee, Access{Caller: iam + account(grantee) + ":role/" + neighbourRole, powerful: true})
		add(OtherAccount, MustFail, "a role of another account that becomes "+grantee, Access{Caller: iam + stranger + ":role/" + neighbourRole, powerful: true})
		add(OtherAccount, MustFail, "a service of AWS that nothing here uses, and that becomes "+grantee, Access{Caller: "codebuild.amazonaws.com"})
	}
	return append(all, w.misplaced(g)...)
}

// misplaced are workloads that are set up to use the grant's role, but run as somebody else.
func (w *world) misplaced(g *Grant) []Check {
	var all []Check
	for _, workload := range w.network.Workloads() {
		if g.RoleARN == "" || slices.Contains(g.Grantees, workload.Role) || !configured(workload, g.RoleARN) {
			continue
		}
		a := Access{Caller: workload.Role, From: workload, Assumes: &Assume{Role: g.RoleARN, ExternalID: g.Trust.ExternalID, SourceIdentity: g.Trust.SourceIdentity}}
		all = append(all, Check{Rule: Intent, Grant: g.Key(), Expects: MustWork, Access: a,
			Name: workload.Resource.Name + ", whose environment names the grant's role, runs as " + workload.Role + " and not as a grantee"})
	}
	return all
}

// configuration says whether a function that has some of the grant's variables has all of them, as the grant has them.
func configuration(g *Grant, workload *network.Workload) []Check {
	variables := environment(workload)
	expected := maps.Clone(g.Environment)
	if expected == nil {
		expected = map[string]string{}
	}
	if g.RoleARN != "" {
		expected[contract.VariableRoleARN] = g.RoleARN
	} else {
		expected[contract.VariableAccess] = string(g.Access)
	}
	c := Check{Rule: Intent, Grant: g.Key(), Expects: MustWork, Name: "the environment of " + workload.Resource.Name, Verdict: Proved, holder: workload.Resource}
	has := false
	for _, key := range slices.Sorted(maps.Keys(expected)) {
		value, ok := variables[key]
		has = has || ok
		if value != expected[key] {
			c.Verdict = Broken
			c.Details = append(c.Details, fmt.Sprintf("%s: found %v, expected %s, as the grant has it", key, value, expected[key]))
		}
	}
	if !has {
		return nil // it is told in another way, or not at all
	}
	return []Check{c}
}

// configured says that a function's environment has a value.
func configured(workload *network.Workload, value string) bool {
	for _, v := range environment(workload) {
		if v == value {
			return true
		}
	}
	return false
}

// environment is what the template sets for a function. Instances and tasks have none here.
func environment(workload *network.Workload) map[string]any {
	in, _ := workload.Resource.Properties["Environment"].(map[string]any)
	variables, _ := in["Variables"].(map[string]any)
	return variables
}
