package contract

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Statement is one thing that is permitted: these actions on these resources, while the conditions hold.
// It is always an Allow; its principal is the one that the grant's access mode has: the trusted role, or the grantees.
type Statement struct {
	// Sid names the statement: letters and digits, unique in its grant. Required.
	Sid string `json:"sid"`
	// Actions are exact IAM actions of one service, such as "s3:GetObject"; no wildcard. Required.
	Actions []string `json:"actions"`
	// Resources are the ARNs that the actions apply to. Required.
	Resources []string `json:"resources"`
	// CrossAccountResources are the resources as another account than their owner's can write them, where Resources hold what AWS
	// makes up at deployment: a key's id, the end of a secret's ARN. Wider than Resources, so never used where those can be. A contract
	// between two apps has these as its Resources. Default Resources.
	CrossAccountResources []string `json:"-"`
	// Account owns the resources, if it is not the grant's target account: the origin of a copy. Default the target account.
	Account string `json:"account,omitempty"`
	// Conditions are operator -> key -> values, as in an IAM policy, at least one value each. Default none.
	Conditions map[string]map[string][]string `json:"conditions,omitempty"`
	// ViaAWSService says that AWS makes this request for the caller (S3 decrypting with KMS, say), so that it never passes an
	// endpoint of the caller's VPC. Default false: the caller makes it.
	ViaAWSService bool `json:"viaAwsService,omitempty"`
}

// Service returns the prefix of the statement's actions, such as "s3"; empty if it has no action.
func (s Statement) Service() string {
	if len(s.Actions) == 0 {
		return ""
	}
	service, _, _ := strings.Cut(s.Actions[0], ":")
	return service
}

// AcrossAccounts returns the resources as another account than their owner's writes them.
func (s Statement) AcrossAccounts() []string {
	if len(s.CrossAccountResources) > 0 {
		return s.CrossAccountResources
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
	for _, name := range s.Actions {
		switch service, _, _ := strings.Cut(name, ":"); {
		case !action.MatchString(name):
			problems = append(problems, fmt.Errorf("actions: found %q, expected service:Action without a wildcard", name))
		case service != s.Service():
			problems = append(problems, fmt.Errorf("actions: found %q, expected actions of one service, here %s", name, s.Service()))
		}
	}
	if len(s.Resources) == 0 {
		problems = append(problems, errors.New("resources: found none, expected at least one ARN"))
	}
	for _, resource := range slices.Concat(s.Resources, s.CrossAccountResources) {
		if !names(resource) {
			problems = append(problems, fmt.Errorf("resources: found %q, expected the ARN of something, not of everything", resource))
		}
	}
	if s.Account != "" && !IsAccountID(s.Account) {
		problems = append(problems, fmt.Errorf("account: found %q, expected 12 digits, or none for the target account", s.Account))
	}
	return errors.Join(append(problems, s.conditionProblems()...)...)
}

func (s Statement) conditionProblems() (problems []error) {
	for _, name := range slices.Sorted(maps.Keys(s.Conditions)) {
		keys := s.Conditions[name]
		if !operator.MatchString(name) || len(keys) == 0 {
			problems = append(problems, fmt.Errorf("conditions: found operator %q with %d keys, expected one such as StringEquals, with at least one key", name, len(keys)))
		}
		for _, key := range slices.Sorted(maps.Keys(keys)) {
			if !conditionKey.MatchString(key) || len(keys[key]) == 0 {
				problems = append(problems, fmt.Errorf("conditions: found key %q with %d values, expected one such as aws:VpceAccount, with at least one value", key, len(keys[key])))
			}
		}
	}
	return problems
}

// The forms that contract.schema.json has, too.
var (
	sid      = regexp.MustCompile(`^[A-Za-z0-9]+$`)
	action   = regexp.MustCompile(`^[a-z0-9-]+:[A-Za-z0-9]+$`)
	operator = regexp.MustCompile(`^((ForAllValues|ForAnyValue):)?[A-Za-z]+$`)
	// It names something: neither the service nor the beginning of the resource is a wildcard. The partition may be a token of CDK's.
	resourceARN = regexp.MustCompile(`^arn:(aws[a-z-]*|\$\{Token\[[^:]*):[^:*?]+:[^:]*:[^:]*:[^*?]`)
)

// names reports whether a resource is an ARN of something, not of everything. A token of CDK's stands for an ARN that is not known yet.
func names(resource string) bool {
	return strings.HasPrefix(resource, token) || resourceARN.MatchString(resource)
}

// token begins what CDK writes for a text that is not known yet.
const token = "${Token["
