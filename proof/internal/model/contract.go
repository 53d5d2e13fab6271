package model

import (
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/accounts"
	"github.com/crossgrant/crossgrant/policy"
)

// StandInPolicy is the name of the policy of a role that stands for a grantee that is no single role.
const StandInPolicy = "the policy that a grantee's own account gives it"

// toAssume is what a contract may mean by the right to assume its role.
var toAssume = []string{"sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"}

// applyContract takes the half of a grant that another assembly deploys to be as the contract says.
func (m *Model) applyContract(g *Grant) {
	if g.TargetStack == nil {
		m.applyTargetHalf(g)
	} else if g.RoleARN != "" && m.Role(g.RoleARN) == nil && strings.HasSuffix(g.RoleARN, "/"+g.Key()) {
		m.addAbsentRole(g) // under another name, it is one that is there already
	}
	for i, caller := range g.Callers() {
		if g.SourceStack != nil && caller == g.Grantees[i] {
			continue // which the templates have, or nobody has
		}
		if g.RoleARN != "" {
			m.addRole(caller, []Statement{{Effect: "Allow", Action: toAssume, Resource: []string{g.RoleARN}}}, nil)
		} else {
			m.addRole(caller, permissions(g), nil)
		}
		if caller != g.Grantees[i] {
			for _, d := range m.contractRoles[caller].Policies {
				d.Name = StandInPolicy
			}
		}
	}
}

func (m *Model) applyTargetHalf(g *Grant) {
	callers := g.Grantees
	if g.RoleARN != "" {
		callers = []string{g.RoleARN}
		trust := Statement{Effect: "Allow", Principal: map[string][]string{"AWS": {g.SourceAccount()}}, Action: toAssume,
			Condition: map[string]map[string][]string{"ArnEquals": {"aws:PrincipalArn": g.Grantees}}}
		if organization := g.Organization(); organization != "" {
			trust.Principal, trust.Condition = "*", map[string]map[string][]string{"StringEquals": {"aws:PrincipalOrgID": {organization}}}
		}
		if g.Trust.ExternalID != "" {
			trust.Condition = WithCondition(trust.Condition, "StringEquals", "sts:ExternalId", []string{g.Trust.ExternalID})
		}
		m.addRole(g.RoleARN, permissions(g), []Statement{trust})
	}
	for i, s := range permissions(g) {
		s.Principal = "*"
		if organization := g.Organization(); organization != "" && g.RoleARN == "" {
			s.Condition = WithCondition(s.Condition, "StringEquals", "aws:PrincipalOrgID", []string{organization})
		} else {
			s.Condition = WithCondition(s.Condition, "ArnEquals", "aws:PrincipalArn", callers)
		}
		owner := g.Owner(g.Permissions[i])
		m.contractPolicies[owner] = append(m.contractPolicies[owner], s)
	}
}

// addAbsentRole stands for a trusted role that the owner's templates lack: nobody can assume it, and it has no permissions.
func (m *Model) addAbsentRole(g *Grant) {
	m.addRole(g.RoleARN, []Statement{}, []Statement{})
	role := m.contractRoles[g.RoleARN]
	role.Trust.Name = "the trust policy of role " + g.RoleARN + ", which no template has"
	role.Policies[0].Name = "role " + g.RoleARN + ", which no template has,"
}

// addRole adds a role, or policies of one that another grant has added, unless a template has it.
func (m *Model) addRole(roleARN string, policies, trust []Statement) {
	if _, ok := m.Accounts.Role(roleARN); ok {
		return
	}
	if role := m.contractRoles[roleARN]; role != nil { // of another grant
		role.Policies = append(role.Policies, NewDocument(policies, "the contract, for role "+roleARN))
		if trust != nil && role.Trust == nil {
			role.Trust = NewDocument(trust, "the contract, for the trust policy of role "+roleARN)
		}
		return
	}
	role := &accounts.Principal{Resource: &assembly.Resource{ARN: roleARN, Type: "AWS::IAM::Role", Name: roleARN[strings.LastIndexByte(roleARN, '/')+1:]},
		Policies: []*policy.Document{NewDocument(policies, "the contract, for role "+roleARN)}}
	if trust != nil {
		role.Trust = NewDocument(trust, "the contract, for the trust policy of role "+roleARN)
	}
	m.contractRoles[roleARN] = role
}

// permissions are the permissions of a grant as statements.
func permissions(g *Grant) []Statement {
	var all []Statement
	for _, s := range g.Permissions {
		all = append(all, Statement{Sid: s.Sid, Effect: "Allow", Action: s.Actions, Resource: s.Resources, Condition: s.Conditions})
	}
	return all
}
