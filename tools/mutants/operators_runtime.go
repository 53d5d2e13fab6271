package main

import "slices"

// runtimeOperators make what AWS refuses or loses at deployment, or what fails at run time only, though each policy permits it.
var runtimeOperators = []*operator{
	on("an inline policy of the same name", isGrantRole, func(r *resource) (all []change) {
		for _, p := range r.subject.resources {
			if p.Type == "AWS::IAM::Policy" && p.template == r.template && slices.Contains(p.rolesOf(), r.ARN) {
				all = append(all, r.add(p.LogicalID, map[string]any{"OtherPolicy": made("AWS::IAM::RolePolicy", map[string]any{"RoleName": ref(r),
					"PolicyName": p.property("PolicyName"), "PolicyDocument": document(map[string]any{"Effect": "Deny", "Action": "sqs:PurgeQueue", "Resource": "*"})})}))
			}
		}
		return all
	}),
}
