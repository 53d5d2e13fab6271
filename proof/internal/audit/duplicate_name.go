package audit

import (
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/accounts"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/check"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// DuplicateName is the rule that no two resources of the templates have one physical name. CloudFormation fails to create the second, or the second
// replaces what the first has, as an inline policy does.
const DuplicateName check.Rule = "DuplicateName"

func duplicateName(m *model.Model) []check.Check {
	d := &nameChecks{first: map[string]named{}}
	principals := map[string]*assembly.Resource{} // by type, account and name
	for _, s := range m.Assembly.Stacks {
		for _, r := range s.Resources {
			switch r.Type {
			case "AWS::IAM::Group", "AWS::IAM::Role", "AWS::IAM::User":
				principals[principalKey(r, strings.TrimPrefix(r.Type, "AWS::IAM::"), r.Name)] = r
			}
		}
	}
	for _, s := range m.Assembly.Stacks {
		for _, r := range s.Resources {
			if key := nameKey(r); key != "" {
				d.add(key, named{r, accounts.DisplayName(r)}, "the name of "+accounts.DisplayName(r),
					"give one of them another name, or let CloudFormation generate it; it fails to create the second")
			}
			d.inline(r, principals)
		}
	}
	return d.all
}

// nameChecks collects the checks of DuplicateName.
type nameChecks struct {
	first map[string]named // by what has to be unique
	all   []check.Check
}

// named is what has a name: a resource, or a policy in it.
type named struct {
	*assembly.Resource
	is string
}

// nameKey is what has to be unique of a resource: its ARN, or of IAM the type and the name, whose case and path do not distinguish it. "" if nothing is.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-friendly-names
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html
func nameKey(r *assembly.Resource) string {
	where := r.Stack.Partition + " " + r.Stack.Account
	if !policy.IsKnown(r.Stack.Account) || !policy.IsKnown(r.Stack.Region) {
		where += " " + r.Stack.Label // other stacks may be elsewhere
	}
	switch {
	case strings.HasPrefix(r.Type, "AWS::IAM::") && r.ARN != "" && policy.IsKnown(r.Name):
		return where + " " + r.Type + " " + strings.ToLower(r.Name)
	case r.Type == "AWS::SecretsManager::Secret" && policy.IsKnown(r.Name): // its ARN ends with random characters
		return where + " " + r.Stack.Region + " " + r.Type + " " + r.Name
	case r.ARN == "":
		return ""
	case r.Type == "AWS::S3::Bucket" && policy.IsKnown(r.Name): // the name is unique in the partition
		return r.ARN
	}
	return where + " " + r.ARN
}

// principalKey is the key of a principal of a resource's account.
func principalKey(r *assembly.Resource, kind, name string) string {
	return r.Stack.Account + " " + kind + " " + name
}

// inline adds the inline policies that a resource is or has: each is the only one of its name of its principal, since PutRolePolicy and its likes
// replace one of the same name.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html
func (d *nameChecks) inline(r *assembly.Resource, principals map[string]*assembly.Resource) {
	add := func(kind, principal, name string) {
		if name == "" || principal == "" {
			return
		}
		of := strings.ToLower(kind) + " " + principal
		if p := principals[principalKey(r, kind, principal)]; p != nil {
			of = accounts.DisplayName(p)
		}
		d.add("inline "+principalKey(r, kind, principal)+" "+name, named{r, "the policy in " + accounts.DisplayName(r)}, "the name of inline policy "+name+" of "+of,
			"give one of the policies another PolicyName: the policy that is deployed last replaces the other, whose statements are lost")
	}
	switch r.Type {
	case "AWS::IAM::Group", "AWS::IAM::Role", "AWS::IAM::User":
		policies, _ := r.Properties["Policies"].([]any)
		for _, one := range policies {
			fields, _ := one.(map[string]any)
			name, _ := fields["PolicyName"].(string)
			add(strings.TrimPrefix(r.Type, "AWS::IAM::"), r.Name, name)
		}
	}
	if r.Type != "AWS::IAM::ManagedPolicy" {
		name, _ := r.Properties["PolicyName"].(string)
		for _, to := range accounts.Attachments(r) {
			add(to.Kind, to.Name, name)
		}
	}
}

// add notes what has to be unique, and adds a check if something else has it already. If one of the two may not exist, that is undecided.
func (d *nameChecks) add(key string, one named, of, remedy string) {
	other, ok := d.first[key]
	if !ok {
		d.first[key] = one
		return
	}
	c := check.Check{Rule: DuplicateName, Expects: check.MustWork, Name: policy.Readable(of + " is no other's"), Verdict: check.Broken,
		Where: []*assembly.Resource{other.Resource}, Remedy: []string{policy.Readable(remedy)},
		Details: []string{policy.Readable("found it for " + place(other) + " and for " + place(one) + ", expected one of them")}}
	if other.Resource != one.Resource {
		c.Where = append(c.Where, one.Resource)
	}
	for _, r := range c.Where {
		if r.Conditional != "" && other.Resource != one.Resource {
			c.Verdict = check.Undecided
			c.Details = append(c.Details, policy.Readable(r.LogicalID+" exists only under condition "+r.Conditional))
		}
	}
	c.Manual = []string{"which of them gets another name, and which, is your decision"}
	d.all = append(d.all, c)
}

func place(n named) string {
	return n.is + " (" + n.LogicalID + " in stack " + n.Stack.DisplayName + ")"
}
