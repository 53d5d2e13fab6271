package main

func ofType(name string, of func(*resource) []change) func(*resource) []change {
	return func(r *resource) []change {
		if r.Type != name {
			return nil
		}
		return of(r)
	}
}

func dropType(name string) func(*resource) []change {
	return ofType(name, func(r *resource) []change { return []change{r.drop()} })
}

// eachItem takes each item of a list away.
func eachItem(property string) func(*resource) []change {
	return func(r *resource) (all []change) {
		for i := range list(r.property(property)) {
			all = append(all, r.set(property, without(r.property(property), i), "without", i))
		}
		return all
	}
}

// get is what a template says for an attribute.
func get(r *resource, attribute string) any {
	return map[string]any{"Fn::GetAtt": []any{r.LogicalID, attribute}}
}

// groups are the security groups of the same template.
func (r *resource) groups() []*resource {
	var all []*resource
	for _, other := range r.subject.resources {
		if other.template == r.template && other.Type == "AWS::EC2::SecurityGroup" {
			all = append(all, other)
		}
	}
	return all
}
