package proof

import "github.com/crossgrant/crossgrant/contract"

// directly are those who ask for the data themselves, from anywhere and by their own rights: what the policies of the resources would let in.
func (w *world) directly(g *Grant, s contract.Statement, add adder) {
	if s.ViaAWSService {
		return
	}
	source := account(g.Grantees[0])
	iam := "arn:" + part(g.Grantees[0], 1) + ":iam::"
	type other struct {
		rule         Rule
		name, caller string
	}
	others := []other{
		{OtherRole, "another role of account " + source, iam + source + ":role/" + neighbourRole},
		{RootUser, "the root user of account " + source, iam + source + ":root"},
		{OtherAccount, "a role of another account", iam + stranger + ":role/" + neighbourRole},
		{OtherAccount, "somebody without credentials", "anonymous"},
	}
	if g.RoleARN != "" {
		others = append(others, other{OtherRole, "the grantee, without the grant's role,", g.Grantees[0]})
	}
	if owner(g, s) == source {
		others = others[2:4] // the grantee's account owns it, and does with it as it likes
	}
	resource := w.actual(g, s)[0]
	for _, action := range s.Actions {
		one := s
		one.Actions = []string{action}
		for _, o := range others {
			add(o.rule, o.name+" on its own, "+action+" on "+resource, func(a *Access) {
				w.variant(g, one, resource, func(map[string][]string) {})(a)
				a.Caller, a.powerful, a.Assumes, a.From = o.caller, true, nil, nil
			})
		}
	}
}
