package contract

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Statement is one thing that is permitted: these actions on these resources, while the conditions hold.
// It is always an Allow; its principal is the trusted role of the grant that it belongs to.
type Statement struct {
	// Sid names the statement: letters and digits, unique in its grant. Required.
	Sid string `json:"sid"`
	// Actions are exact IAM actions of one service, such as "s3:GetObject"; no wildcard. Required.
	Actions []string `json:"actions"`
	// Resources are the ARNs that the actions apply to. Required.
	Resources []string `json:"resources"`
	// SourceResources are the resources as the source account can write them, in its endpoint policies, where Resources hold
	// what AWS makes up at deployment: a key's id, the end of a secret's ARN. Wider than Resources, so never for a role.
	// Default Resources.
	SourceResources []string `json:"sourceResources,omitempty"`
	// Conditions are operator -> key -> values, as in an IAM policy. Default none.
	Conditions map[string]map[string][]string `json:"conditions,omitempty"`
	// Indirect says that AWS makes this request for the caller (S3 decrypting with KMS, say), so that it never passes an
	// endpoint of the caller's VPC. Default false: the caller makes it.
	Indirect bool `json:"indirect,omitempty"`
}

// Service returns the prefix of the statement's actions, such as "s3"; empty if it has no action.
func (s Statement) Service() string {
	if len(s.Actions) == 0 {
		return ""
	}
	service, _, _ := cutAction(s.Actions[0])
	return service
}

// InSource returns the resources as the source account writes them.
func (s Statement) InSource() []string {
	if len(s.SourceResources) > 0 {
		return s.SourceResources
	}
	return s.Resources
}

// Validate returns what is wrong with the statement, or nil.
func (s Statement) Validate() error {
	var problems []error
	if !sid.MatchString(s.Sid) {
		problems = append(problems, fmt.Errorf("sid: found %q, expected letters and digits", s.Sid))
	}
	if len(s.Actions) == 0 {
		problems = append(problems, errors.New("actions: found none, expected at least one, such as s3:GetObject"))
	}
	for _, action := range s.Actions {
		service, name, ok := cutAction(action)
		switch {
		case !ok || strings.ContainsAny(name, "*?"):
			problems = append(problems, fmt.Errorf("actions: found %q, expected service:Action without a wildcard", action))
		case service != s.Service():
			problems = append(problems, fmt.Errorf("actions: found %q, expected actions of one service, here %s", action, s.Service()))
		}
	}
	if len(s.Resources) == 0 {
		problems = append(problems, errors.New("resources: found none, expected at least one ARN"))
	}
	for _, resource := range slices.Concat(s.Resources, s.SourceResources) {
		if !names(resource) {
			problems = append(problems, fmt.Errorf("resources: found %q, expected the ARN of something, not of everything", resource))
		}
	}
	return errors.Join(problems...)
}

var sid = regexp.MustCompile(`^[A-Za-z0-9]+$`)

// names reports whether a resource is an ARN that names something: what follows the account does not begin with a wildcard. A token of
// CDK's stands for an ARN that is not known yet.
func names(resource string) bool {
	if strings.HasPrefix(resource, "${Token[") {
		return true
	}
	parts := strings.SplitN(resource, ":", 6)
	return len(parts) == 6 && parts[0] == "arn" && parts[2] != "" && !strings.ContainsAny(parts[2], "*?") &&
		parts[5] != "" && !strings.ContainsAny(parts[5][:1], "*?")
}

func cutAction(action string) (service, name string, ok bool) {
	service, name, ok = strings.Cut(action, ":")
	return service, name, ok && service != "" && name != ""
}
