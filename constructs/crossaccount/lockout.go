package crossaccount

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
)

// lockingOut returns the statements of a bucket policy that deny reading, changing or deleting it. A Deny of unencrypted requests is
// none: its owner asks again with TLS.
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html
func lockingOut(document []byte) (found []string) {
	var policy struct{ Statement []map[string]any }
	if err := json.Unmarshal(document, &policy); err != nil {
		return []string{"a policy that cannot be read: " + err.Error()}
	}
	for i, s := range policy.Statement {
		if s["Effect"] != "Deny" || onlyAboutTLS(s["Condition"]) || !meetsPolicyActions(s) {
			continue
		}
		name, _ := s["Sid"].(string)
		if name == "" {
			name = fmt.Sprintf("Statement[%d]", i)
		}
		found = append(found, name)
	}
	return found
}

// onlyAboutTLS reports whether a condition holds only for requests without TLS, or with an old version of it.
func onlyAboutTLS(condition any) bool {
	operators, _ := condition.(map[string]any)
	for operator, keys := range operators {
		names, _ := keys.(map[string]any)
		for key, value := range names {
			plain := strings.EqualFold(key, "aws:SecureTransport") && operator == "Bool" && fmt.Sprint(value) == "false"
			old := strings.EqualFold(key, "s3:TlsVersion") && strings.HasPrefix(operator, "NumericLessThan")
			if plain || old {
				return true // all conditions of a statement have to hold
			}
		}
	}
	return false
}

// meetsPolicyActions reports whether a statement is about one of the three actions on a bucket's policy.
func meetsPolicyActions(s map[string]any) bool {
	if resource, ok := s["Resource"]; ok && onlyObjects(resource) {
		return false
	}
	for _, action := range []string{"s3:PutBucketPolicy", "s3:DeleteBucketPolicy", "s3:GetBucketPolicy"} {
		spared, inverse := s["NotAction"]
		if inverse && !anyMatches(spared, action) || !inverse && anyMatches(s["Action"], action) {
			return true
		}
	}
	return false
}

// onlyObjects reports whether every resource is of objects: text, or a join, with a "/" after the bucket.
func onlyObjects(resource any) bool {
	switch r := resource.(type) {
	case string:
		return strings.Contains(r, "/")
	case []any:
		return !slices.ContainsFunc(r, func(one any) bool { return !onlyObjects(one) })
	case map[string]any:
		join, _ := r["Fn::Join"].([]any)
		if len(join) != 2 {
			return false
		}
		parts, _ := join[1].([]any)
		return slices.ContainsFunc(parts, func(part any) bool {
			text, _ := part.(string)
			return strings.Contains(text, "/")
		})
	}
	return false
}

// anyMatches reports whether one pattern, or one of a list, matches an action.
func anyMatches(patterns any, action string) bool {
	switch p := patterns.(type) {
	case string:
		matched, err := path.Match(strings.ToLower(p), strings.ToLower(action)) // whose wildcards are IAM's, where there is no "/"
		return matched || err != nil
	case []any:
		for _, pattern := range p {
			if anyMatches(pattern, action) {
				return true
			}
		}
	}
	return false
}
