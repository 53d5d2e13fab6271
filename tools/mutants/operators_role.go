package main

import "slices"

var roleOperators = []*operator{
	{name: "detach the policy", resource: func(r *resource) (all []change) {
		roles := list(r.property("Roles"))
		if r.Type != "AWS::IAM::Policy" && r.Type != "AWS::IAM::ManagedPolicy" {
			return nil
		}
		for i := range roles {
			all = append(all, r.set("Roles", without(roles, i), "without", i))
		}
		return all
	}},
	{name: "attach it to another role", resource: func(r *resource) (all []change) {
		if r.Type != "AWS::IAM::Policy" && r.Type != "AWS::IAM::ManagedPolicy" {
			return nil
		}
		for _, role := range r.roles() {
			if holds := list(at(r.Properties, place{"Roles"})); !slices.Contains(holds, any(role.Name)) {
				more := map[string]any{"Ref": role.LogicalID}
				all = append(all, r.set("Roles", append(slices.Clone(list(r.property("Roles"))), more), "and "+role.LogicalID))
			}
		}
		return all
	}},
	{name: "attach AdministratorAccess", resource: attach("arn:aws:iam::aws:policy/AdministratorAccess")},
	{name: "attach an unknown policy", resource: attach("arn:aws:iam::aws:policy/SomeFullAccess")},
	{name: "drop the boundary", resource: func(r *resource) []change {
		if r.Type != "AWS::IAM::Role" || r.property("PermissionsBoundary") == nil {
			return nil
		}
		return []change{r.set("PermissionsBoundary", nothing{}, "none")}
	}},
	{name: "longer sessions", resource: func(r *resource) []change {
		if r.Type != "AWS::IAM::Role" || r.property("MaxSessionDuration") == nil {
			return nil
		}
		return []change{r.set("MaxSessionDuration", 43200, "43200")}
	}},
	{name: "rename the role", resource: func(r *resource) []change {
		if r.Type != "AWS::IAM::Role" || r.property("RoleName") == nil {
			return nil
		}
		return []change{r.set("RoleName", word(r.property("RoleName"))+"-2", "another name"),
			r.set("RoleName", nothing{}, "a name that AWS makes up"), r.set("Path", "/service/", "/service/")}
	}},
}

// set is a resource with another property.
func (r *resource) set(property string, value any, what string, shown ...any) change {
	return change{r.at.then("Properties", property), value, place{property}.then(shown...), what}
}

// drop is a template without a resource.
func (r *resource) drop() change { return change{r.at, nothing{}, nil, "no more"} }

// roles are those of the same template.
func (r *resource) roles() []*resource {
	var all []*resource
	for _, other := range r.subject.resources {
		if other.template == r.template && other.Type == "AWS::IAM::Role" {
			all = append(all, other)
		}
	}
	return all
}

func attach(arn string) func(*resource) []change {
	return func(r *resource) []change {
		if r.Type != "AWS::IAM::Role" {
			return nil
		}
		return []change{r.set("ManagedPolicyArns", append(slices.Clone(list(r.property("ManagedPolicyArns"))), arn), "and "+arn)}
	}
}
