package main

import "strings"

// environmentOperators change what a function that runs as a grantee reads from its environment, or whether it can run.
func environmentOperators() []*operator {
	return []*operator{
		setting("the environment removed", hasEnvironment, nothing{}, "Environment"),
		setting("all variables removed", hasEnvironment, map[string]any{}, "Environment", "Variables"),
		on("a variable removed", hasEnvironment, func(r *resource) (all []change) {
			for _, name := range sorted(object(object(r.property("Environment"))["Variables"])) {
				if r.setsVariable(name) {
					all = append(all, r.setIn(nothing{}, "no more", "Environment", "Variables", name))
				}
			}
			return all
		}),
		on("a variable under another name", hasEnvironment, func(r *resource) (all []change) {
			variables := object(object(r.property("Environment"))["Variables"])
			for _, name := range sorted(variables) {
				if r.setsVariable(name) {
					c := r.setIn(nothing{}, "OTHER_"+name, "Environment", "Variables", name)
					all = append(all, c.with(r.setIn(variables[name], "", "Environment", "Variables", "OTHER_"+name)))
				}
			}
			return all
		}),
		on("a wrong variable", hasEnvironment, func(r *resource) (all []change) {
			for _, name := range sorted(object(object(r.property("Environment"))["Variables"])) {
				if r.setsVariable(name) {
					all = append(all, r.setIn("another", "another", "Environment", "Variables", name))
				}
			}
			return all
		}),
		variable("AWS_ENDPOINT_URL", "https://sts.amazonaws.com"),
		variable("AWS_ENDPOINT_URL_S3", "https://other.example.com"),
		variable("AWS_ENDPOINT_URL_DYNAMODB", "https://other.example.com"),
		variable("AWS_ENDPOINT_URL_STS", "https://other.example.com"),
		variable("HTTPS_PROXY", "http://192.0.2.1:3128"),
		on("no concurrency", isWorkload, func(r *resource) []change {
			return []change{r.set("ReservedConcurrentExecutions", 0, "0")}
		}),
		setting("a role that no template has", isWorkload, "arn:aws:iam::"+foreignAccount+":role/other", "Role"),
	}
}

func hasEnvironment(r *resource) bool { return isWorkload(r) && r.property("Environment") != nil }

// setsVariable says that a grant of the function's role sets a variable, under a prefix perhaps.
func (r *resource) setsVariable(name string) bool {
	role := r.text(place{"Role"})
	for _, g := range r.subject.grants {
		for _, grantee := range g.Grantees {
			if grantee != role {
				continue
			}
			for variable := range g.Environment {
				if name == variable || strings.HasSuffix(name, "_"+strings.TrimPrefix(variable, "CROSSGRANT_")) {
					return true
				}
			}
			if strings.HasSuffix(name, "ROLE_ARN") || strings.HasSuffix(name, "_ACCESS") {
				return true
			}
		}
	}
	return false
}

// variable is an operator that sets a variable that AWS's SDKs read, where a grant calls the service.
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
func variable(name, value string) *operator {
	service := strings.ToLower(strings.TrimPrefix(strings.TrimPrefix(name, "AWS_ENDPOINT_URL"), "_"))
	return on(name, isWorkload, func(r *resource) []change {
		if strings.HasPrefix(name, "AWS_ENDPOINT_URL_") && !r.calls(service) {
			return nil
		}
		return []change{r.setIn(value, value, "Environment", "Variables", name)}
	})
}

// calls says that a grant of a function's role calls a service.
func (r *resource) calls(service string) bool {
	role := r.text(place{"Role"})
	for _, g := range r.subject.grants {
		for _, grantee := range g.Grantees {
			if grantee != role {
				continue
			}
			if service == "sts" && g.RoleARN != "" {
				return true
			}
			for _, p := range g.Permissions {
				if p.Service() == service && !p.ViaAWSService {
					return true
				}
			}
		}
	}
	return false
}

// instanceOperators change what an instance that runs as a grantee is configured with.
func instanceOperators() []*operator {
	return []*operator{
		setting("no instance profile", isInstance, nothing{}, "IamInstanceProfile"),
		setting("an instance profile that no template has", isInstance, "other", "IamInstanceProfile"),
		on("an instance profile of another role", isInstance, func(r *resource) []change {
			c := r.set("IamInstanceProfile", map[string]any{"Ref": "OtherProfile"}, "of role other")
			return []change{c.with(r.add("", map[string]any{"OtherProfile": made("AWS::IAM::InstanceProfile", map[string]any{"Roles": []any{"other"}})}))}
		}),
		on("the instance profile's role removed", isInstance, func(r *resource) (all []change) {
			for _, p := range r.subject.resources {
				if p.Type == "AWS::IAM::InstanceProfile" && p.template == r.template && p.Ref == r.text(place{"IamInstanceProfile"}) {
					all = append(all, p.set("Roles", []any{}, "none"))
				}
			}
			return all
		}),
		userData("role_arn of another account", func(text, own string) string { return strings.ReplaceAll(text, "iam::"+own, "iam::"+foreignAccount) }),
		userData("another role_arn", func(text, _ string) string { return strings.ReplaceAll(text, ":role/", ":role/other-") }),
		userData("no role_arn", func(text, _ string) string { return strings.ReplaceAll(text, "role_arn", "other") }),
		userData("another credential_source", func(text, _ string) string { return strings.ReplaceAll(text, "Ec2InstanceMetadata", "Environment") }),
		userData("no user data", func(string, string) string { return "#cloud-config" }),
		setting("the user data dropped", isInstance, nothing{}, "UserData"),
		setting("no metadata service", isInstance, map[string]any{"HttpEndpoint": "disabled"}, "MetadataOptions"),
	}
}

// userData is an operator that changes the text that an instance starts with. Own is the account of the role that it names.
func userData(name string, other func(text, own string) string) *operator {
	return on(name, isInstance, func(r *resource) []change {
		text := word(at(r.property("UserData"), place{"Fn::Base64"}))
		for _, g := range r.subject.grants {
			if changed := other(text, g.Target.Account); changed != text && strings.Contains(text, "role_arn = "+g.RoleARN) && g.RoleARN != "" {
				return []change{r.setIn(changed, name, "UserData", "Fn::Base64")}
			}
		}
		return nil
	})
}
