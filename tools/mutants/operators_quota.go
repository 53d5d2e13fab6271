package main

import (
	"fmt"
	"strings"
)

// quotaOperators make what AWS refuses for its size, though it permits nothing else.
func quotaOperators() []*operator {
	return []*operator{
		on("a bucket policy that is too long", isBucketPolicy, func(r *resource) []change {
			return []change{r.moreStatements("Deny", map[string]any{"Effect": "Deny", "Principal": foreignRoot(), "Action": "s3:GetObject", "Resource": r.bucket() + "/" + strings.Repeat("x", 20480)})}
		}),
		adding("inline policies that are too long together", isGrantRole, func(r *resource) map[string]any {
			all := map[string]any{}
			for i := range 11 {
				all[fmt.Sprint("Other", i)] = made("AWS::IAM::RolePolicy", map[string]any{"RoleName": ref(r), "PolicyName": fmt.Sprint(i),
					"PolicyDocument": document(map[string]any{"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::something-else/" + strings.Repeat("x", 900)})})
			}
			return all
		}),
		adding("too many managed policies", isGrantRole, func(r *resource) map[string]any {
			all := map[string]any{}
			for i := range 11 {
				all[fmt.Sprint("Other", i)] = made("AWS::IAM::ManagedPolicy", map[string]any{"Roles": []any{ref(r)},
					"PolicyDocument": document(map[string]any{"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::something-else/*"})})
			}
			return all
		}),
	}
}
