package model

import (
	"maps"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy"
)

// What the templates leave to deployment: macros, modules, nested stacks whose templates are not there, and custom resources. They may change and
// add anything, so that no decision that they may touch is sure.

// Unread is something that deploys more than the templates say.
type Unread struct {
	// Resource is the custom resource, module or nested stack. Nil for a macro.
	Resource *assembly.Resource
	// Says is a sentence about what it is and may do.
	Says string
	// Remedy is a sentence about what to do.
	Remedy string
}

// readUnread finds what the templates leave to deployment.
func (m *Model) readUnread() {
	nested := map[*assembly.Stack]map[string]bool{}
	for _, s := range m.Assembly.Stacks {
		if s.Parent != nil {
			if nested[s.Parent] == nil {
				nested[s.Parent] = map[string]bool{}
			}
			nested[s.Parent][s.Within] = true
		}
	}
	var custom []*assembly.Resource
	for _, s := range m.Assembly.Stacks {
		if len(s.Macros) > 0 {
			m.unread[s.Account] = append(m.unread[s.Account], &Unread{
				Says:   strings.Join(s.Macros, ", ") + " transforms the template of stack " + s.DisplayName + " at deployment, and may change and add anything",
				Remedy: "have the proof read the template of stack " + s.DisplayName + " as it is after the transform, such as from a change set"})
		}
		for _, r := range s.Resources {
			name := r.LogicalID + " of stack " + s.DisplayName
			if len(r.Macros) > 0 {
				m.told[r] = append(m.told[r], &Unread{r, strings.Join(r.Macros, ", ") + " in the properties of " + name + " was not run, and may change the others",
					"have the proof read the template of stack " + s.DisplayName + " as it is after the macro"})
			}
			switch {
			case r.Type == "AWS::CloudFormation::Stack" && !nested[s][r.LogicalID]:
				m.unread[s.Account] = append(m.unread[s.Account], &Unread{r, "the template of nested stack " + name + " is not here, and may have anything",
					"give the proof the template of nested stack " + name + " as well"})
			case strings.HasSuffix(r.Type, "::MODULE"):
				m.unread[s.Account] = append(m.unread[s.Account], &Unread{r, "module " + name + " (" + r.Type + ") becomes other resources at deployment, which may be anything",
					"have the proof read the template of stack " + s.DisplayName + " as it is with the module's resources"})
			case assembly.IsCustomResource(r.Type) && !knownCustomResources[r.Type]:
				custom = append(custom, r)
			}
		}
	}
	m.readCustomResources(custom)
}

// knownCustomResources are custom resources of the CDK itself, of which the CDK's reference says what they do: none changes who has access.
// https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.aws_s3.Bucket.html#autodeleteobjects and the like
var knownCustomResources = map[string]bool{
	"Custom::CDKBucketDeployment":      true, // writes objects
	"Custom::LogRetention":             true, // sets how long a log group keeps its events
	"Custom::S3AutoDeleteObjects":      true, // empties the bucket before it is deleted
	"Custom::ECRAutoDeleteImages":      true, // empties the repository
	"Custom::VpcRestrictDefaultSG":     true, // removes the rules of a default security group
	"Custom::S3BucketNotifications":    true, // sets the notifications of a bucket, which have a rule of their own
	"Custom::CrossRegionExportWriter":  true, // carries values between regions
	"Custom::CrossRegionExportReader":  true,
	"Custom::DescribeCognitoUserPool":  true, // reads
	"Custom::DynamoDBReplica":          true, // creates the replicas of a table
	"Custom::EventBridgeDefaultPolicy": true,
	// Of clusters: a Kubernetes manifest names the role of a service account, whose trust policy says who may assume it.
	"Custom::AWSCDKCfnJson":                    true, // returns a value
	"Custom::AWSCDKOpenIdConnectProvider":      true, // creates an identity provider
	"Custom::AWSCDK-EKS-HelmChart":             true,
	"Custom::AWSCDK-EKS-KubernetesObjectValue": true, // reads
	"Custom::AWSCDK-EKS-KubernetesPatch":       true,
	"Custom::AWSCDK-EKS-KubernetesResource":    true,
}

// KnownCustomResources are the types of the CDK's own custom resources that change nobody's access, sorted.
func KnownCustomResources() []string { return slices.Sorted(maps.Keys(knownCustomResources)) }

// readCustomResources finds what each custom resource is told of: it may change that.
func (m *Model) readCustomResources(custom []*assembly.Resource) {
	for _, r := range custom {
		var texts []string
		strs(r.Properties, &texts)
		all := "\n" + strings.Join(texts, "\n") + "\n"
		name := r.LogicalID + " of stack " + r.Stack.DisplayName
		one := &Unread{r, "custom resource " + name + " (" + r.Type + ") is code that is told of it, and may change who has access to it",
			"see what the code of custom resource " + name + " does; or make it of resources that CloudFormation has"}
		for _, s := range m.Assembly.Stacks {
			for _, other := range s.Resources {
				if other != r && s.Account == r.Stack.Account && mentions(all, other) {
					m.told[other] = append(m.told[other], one)
				}
			}
		}
	}
}

// mentions says that lines of text name a resource: by its ARN anywhere, or by its name as a whole line or a JSON string.
func mentions(lines string, r *assembly.Resource) bool {
	if r.ARN != "" && strings.Contains(lines, r.ARN) {
		return true
	}
	return slices.ContainsFunc([]string{r.Ref, r.Name}, func(name string) bool {
		return name != "" && (strings.Contains(lines, "\n"+name+"\n") || strings.Contains(lines, `"`+name+`"`))
	})
}

// strs collects the strings of a value.
func strs(value any, all *[]string) {
	switch v := value.(type) {
	case string:
		*all = append(*all, v)
	case []any:
		for _, item := range v {
			strs(item, all)
		}
	case map[string]any:
		for _, item := range v {
			strs(item, all)
		}
	}
}

// UnreadIn is what may change anything in an account: in that account, and in one that is not known, which may be it.
func (m *Model) UnreadIn(account string) (all []*Unread) {
	for _, of := range slices.Sorted(maps.Keys(m.unread)) {
		if of == account || account != "" && (!policy.IsKnown(of) || !policy.IsKnown(account)) {
			all = append(all, m.unread[of]...)
		}
	}
	return all
}

// MayAdd says what may add resources to the templates at deployment. "" for nothing.
func (m *Model) MayAdd() string {
	var all []string
	for _, s := range m.Assembly.Stacks {
		if len(s.Macros) > 0 {
			all = append(all, strings.Join(s.Macros, ", ")+" of stack "+s.DisplayName)
		}
	}
	if len(all) == 0 {
		return ""
	}
	return "; it may be one that a macro adds at deployment, which was not run: " + strings.Join(all, "; ")
}

// UnreadOf is what may change a request's caller or its resource: what may change anything in their accounts, and the custom resources that are told
// of them.
func (m *Model) UnreadOf(caller, owner, resource string) []*Unread {
	if len(m.unread) == 0 && len(m.told) == 0 {
		return nil
	}
	all := m.UnreadIn(owner)
	if account := arn.Account(caller); account != owner {
		for _, one := range m.UnreadIn(account) {
			if !slices.Contains(all, one) {
				all = append(all, one)
			}
		}
	}
	if p, ok := m.Accounts.Principal(caller); ok {
		all = append(all, m.told[p.Resource]...)
	}
	if r, ok := m.Accounts.ResourceOf(resource); ok {
		all = append(all, m.told[r.Resource]...)
	}
	return all
}
