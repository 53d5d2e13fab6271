package proof

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/accounts"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/policy"
)

// Grant is a grant that an assembly declares. Of the half that another assembly has, what the contract says is taken as done.
type Grant struct {
	contract.Grant
	// TargetStack and SourceStack declare the halves. Nil for one that the assembly does not have.
	TargetStack, SourceStack *assembly.Stack
	// Closed are the services whose endpoints the source half has closed, such as "s3".
	Closed []string
}

// grants reads what the templates declare: metadata under "CrossGrant::Target::ACCOUNT::KEY" and "CrossGrant::Source::ACCOUNT::KEY". Two
// halves that differ are an error: then one of them was made of an older contract.
func grants(a *assembly.Assembly) ([]*Grant, error) {
	found := map[string]*Grant{}
	closed := map[string][]string{}
	for _, s := range a.Stacks {
		for _, key := range slices.Sorted(maps.Keys(s.Metadata)) {
			half, id, ok := declaration(key)
			if half == contract.ClosedEndpoints {
				services, _ := s.Metadata[key].([]any)
				for _, service := range services {
					closed[id] = append(closed[id], fmt.Sprint(service))
				}
			}
			if !ok {
				continue
			}
			g, err := readGrant(s.Metadata[key])
			if err != nil {
				return nil, fmt.Errorf("stack %s: metadata %s: %w; expected a grant as contract.json has it", s.DisplayName, key, err)
			}
			one := found[id]
			if one == nil {
				one = &Grant{Grant: g}
				found[id] = one
			}
			if one.Digest != g.Digest {
				return nil, fmt.Errorf("stack %s: metadata %s: found digest %s, expected %s as the other half has; both halves need the same contract", s.DisplayName, key, g.Digest, one.Digest)
			}
			if half == contract.TargetHalf {
				one.TargetStack = s
			} else {
				one.SourceStack = s
			}
		}
	}
	var sorted []*Grant
	for _, id := range slices.Sorted(maps.Keys(found)) {
		found[id].Closed = closed[id]
		sorted = append(sorted, found[id])
	}
	return sorted, nil
}

// declaration takes a key of a template's metadata apart.
func declaration(key string) (half contract.Half, id string, ok bool) {
	rest, ours := strings.CutPrefix(key, contract.MetadataPrefix)
	name, id, ok := strings.Cut(rest, "::")
	half = contract.Half(name)
	return half, id, ours && ok && (half == contract.TargetHalf || half == contract.SourceHalf)
}

func readGrant(value any) (g contract.Grant, err error) {
	document, err := json.Marshal(value)
	if err != nil {
		return g, fmt.Errorf("read it: %w", err)
	}
	if err := json.Unmarshal(document, &g); err != nil {
		return g, fmt.Errorf("read it: %w", err)
	}
	return g, g.Validate()
}

// promise takes as done what the half that is elsewhere has to do, as the contract says.
func (w *world) promise(g *Grant) {
	if g.TargetStack == nil {
		w.promiseTarget(g)
	} else if g.RoleARN != "" && w.role(g.RoleARN) == nil {
		w.missingRole(g)
	}
	if g.SourceStack == nil {
		for _, grantee := range g.Grantees {
			if g.RoleARN != "" {
				w.promiseRole(grantee, []statement{{Effect: "Allow", Action: []string{"sts:AssumeRole", "sts:SetSourceIdentity"}, Resource: []string{g.RoleARN}}}, nil)
			} else {
				w.promiseRole(grantee, permitted(g, false), nil)
			}
		}
	}
}

func (w *world) promiseTarget(g *Grant) {
	var callers []string
	if g.RoleARN != "" {
		callers = []string{g.RoleARN}
		trust := statement{Effect: "Allow", Principal: map[string][]string{"AWS": {account(g.Grantees[0])}}, Action: []string{"sts:AssumeRole", "sts:SetSourceIdentity"},
			Condition: map[string]map[string][]string{"ArnEquals": {"aws:PrincipalArn": g.Grantees}}}
		if g.Trust.ExternalID != "" {
			trust.Condition["StringEquals"] = map[string][]string{"sts:ExternalId": {g.Trust.ExternalID}}
		}
		w.promiseRole(g.RoleARN, permitted(g, false), []statement{trust})
	} else {
		callers = g.Grantees
	}
	for i, s := range permitted(g, true) {
		s.Condition = withCondition(s.Condition, "ArnEquals", "aws:PrincipalArn", callers)
		home := owner(g, g.Permissions[i])
		w.promised[home] = append(w.promised[home], s)
	}
}

// missingRole stands for a trusted role that the owner's templates do not have: nobody can assume it, and it may nothing.
func (w *world) missingRole(g *Grant) {
	w.promiseRole(g.RoleARN, []statement{}, []statement{})
	role := w.roles[g.RoleARN]
	role.Trust.Name = "the trust policy of role " + g.RoleARN + ", which no template has"
	role.Policies[0].Name = "role " + g.RoleARN + ", which no template has,"
}

// promiseRole adds a role that no template has.
func (w *world) promiseRole(arn string, policies, trust []statement) {
	if w.role(arn) != nil {
		return
	}
	role := &accounts.Principal{Resource: &assembly.Resource{ARN: arn, Type: "AWS::IAM::Role", Name: arn[strings.LastIndexByte(arn, '/')+1:]},
		Policies: []*policy.Document{document(policies, "the contract, for role "+arn)}}
	if trust != nil {
		role.Trust = document(trust, "the contract, for the trust policy of role "+arn)
	}
	w.roles[arn] = role
}
