package deployment

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/internal/schema"
	"github.com/crossgrant/crossgrant/policy"
)

// Effect is what CloudFormation does with a resource of a stack when the stack is updated.
type Effect string

// The effects, from the one that matters most to the one that matters least.
const (
	// Refused is a change that CloudFormation or the service does not make: the update fails, and the stack is rolled back.
	Refused Effect = "refused"
	// Replaced is a new resource in place of the old one, which is deleted afterwards unless it is retained.
	Replaced Effect = "replaced"
	// Removed is a resource that is deleted, unless it is retained.
	Removed Effect = "removed"
	// PerhapsReplaced is a change of properties of which some values replace the resource, or of a type that has no schema.
	PerhapsReplaced Effect = "perhaps replaced"
	// Updated is a change in place.
	Updated Effect = "updated"
	// Added is a new resource.
	Added Effect = "added"
)

// Effects are all effects, in their order.
func Effects() []Effect { return []Effect{Refused, Replaced, Removed, PerhapsReplaced, Updated, Added} }

// Change is what becomes of one resource.
type Change struct {
	// Before and After are the resource in the deployed template and in the new one. One of them is nil for a resource that is added or removed.
	Before, After *assembly.Resource
	Effect        Effect
	// Properties are the paths of the properties that differ, such as "BucketEncryption/ServerSideEncryptionConfiguration/0/BucketKeyEnabled", sorted.
	Properties []string
	// Why says why the change is refused, why the resource is, or may be, replaced, or that it will be deleted with its stack from now on. "" for other
	// changes.
	Why string
	// Stateful says that the resource has data, or what other accounts and people know it by.
	Stateful bool
	// Kept says that the old resource stays, outside of the stack, when it is replaced or removed.
	Kept bool
}

// Resource is the resource as it is after the update, or else as it was.
func (c Change) Resource() *assembly.Resource { return cmp.Or(c.After, c.Before) }

// Destroys says that the update deletes a resource with its data.
func (c Change) Destroys() bool {
	return c.Stateful && !c.Kept && (c.Effect == Replaced || c.Effect == Removed || c.Effect == PerhapsReplaced)
}

// stateful are the types whose resources have data, or an identity that others depend on.
var stateful = map[string]bool{
	"AWS::Backup::BackupVault": true, "AWS::CloudTrail::Trail": true, "AWS::Cognito::UserPool": true, "AWS::DocDB::DBCluster": true, "AWS::DynamoDB::GlobalTable": true,
	"AWS::DynamoDB::Table": true, "AWS::EC2::EIP": true, "AWS::EC2::Instance": true, "AWS::EC2::Volume": true, "AWS::ECR::Repository": true, "AWS::EFS::FileSystem": true,
	"AWS::ElastiCache::ReplicationGroup": true, "AWS::FSx::FileSystem": true, "AWS::Kinesis::Stream": true, "AWS::KMS::Key": true, "AWS::Logs::LogGroup": true,
	"AWS::MSK::Cluster": true, "AWS::Neptune::DBCluster": true, "AWS::OpenSearchService::Domain": true, "AWS::RDS::DBCluster": true, "AWS::RDS::DBInstance": true,
	"AWS::Redshift::Cluster": true, "AWS::S3::Bucket": true, "AWS::S3Express::DirectoryBucket": true, "AWS::SecretsManager::Secret": true, "AWS::SNS::Topic": true,
	"AWS::SQS::Queue": true, "AWS::SSM::Parameter": true, "AWS::Timestream::Table": true,
}

// Compare says what an update of the stacks of one assembly to those of another does to each of their resources, sorted by effect, stack and logical ID.
// Stacks are the same if they have the same account, region and name. One that the new assembly does not have stays as it is, until somebody deletes it.
// Resources that do not change are not among the changes.
//
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-update-behaviors.html
func Compare(before, after *assembly.Assembly) []Change {
	c := comparison{changes: map[string]*Change{}, replaced: map[string]bool{}}
	going := map[string]bool{}
	for _, s := range after.Stacks {
		going[stackID(root(s))] = true
	}
	for _, s := range before.Stacks {
		if going[stackID(root(s))] {
			c.pair(s, func(of *Change, r *assembly.Resource) { of.Before = r })
		} else {
			c.staying = append(c.staying, s.Resources...)
		}
	}
	for _, s := range after.Stacks {
		c.pair(s, func(of *Change, r *assembly.Resource) { of.After = r })
	}
	for _, id := range c.order {
		c.judge(c.changes[id])
	}
	c.follow()
	c.collide()
	all := []Change{}
	for _, id := range c.order {
		if one := c.changes[id]; one.Effect != "" {
			one.Stateful = stateful[one.Resource().Type]
			one.Kept = one.Before != nil && isKept(one)
			slices.Sort(one.Properties)
			all = append(all, *one)
		}
	}
	rank := func(e Effect) int { return slices.Index(Effects(), e) }
	slices.SortStableFunc(all, func(a, b Change) int {
		return cmp.Or(rank(a.Effect)-rank(b.Effect), strings.Compare(a.Resource().Stack.Label, b.Resource().Stack.Label), strings.Compare(a.Resource().LogicalID, b.Resource().LogicalID))
	})
	return all
}

// isKept says that the old resource stays. Of a resource that both templates have, the new one decides what becomes of the old one.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-updatereplacepolicy.html
func isKept(c *Change) bool {
	if c.After != nil {
		return c.After.UpdateReplacePolicy == "Retain"
	}
	return retains(c.Before.DeletionPolicy)
}

// comparison is a comparison in the making.
type comparison struct {
	changes map[string]*Change
	order   []string
	staying []*assembly.Resource // of stacks that the new assembly does not have
	// replaced are the resources that are replaced, by the names of their unknown values.
	replaced map[string]bool
}

// root is the stack that nests a stack in the end.
func root(s *assembly.Stack) *assembly.Stack {
	for s.Parent != nil {
		s = s.Parent
	}
	return s
}

func stackID(s *assembly.Stack) string {
	return strings.Join([]string{s.Account, s.Region, s.Label}, " ")
}

// pair takes the resources of a stack of one side.
func (c *comparison) pair(s *assembly.Stack, set func(*Change, *assembly.Resource)) {
	for _, r := range s.Resources {
		if r.Type == "AWS::CDK::Metadata" {
			continue // the versions of the CDK, for AWS alone
		}
		id := stackID(s) + " " + r.LogicalID
		if c.changes[id] == nil {
			c.changes[id] = &Change{}
			c.order = append(c.order, id)
		}
		set(c.changes[id], r)
	}
}

// judge says what becomes of a resource by what is its own.
func (c *comparison) judge(one *Change) {
	switch {
	case one.Before == nil:
		one.Effect = Added
		return
	case one.After == nil:
		one.Effect = Removed
		return
	case one.Before.Type != one.After.Type:
		one.Effect, one.Why = Refused, "CloudFormation does not change the type of a resource, from "+one.Before.Type+": give it another logical ID"
		return
	}
	one.Properties = differences(one.Before.Properties, one.After.Properties)
	if stateful[one.After.Type] && retains(one.Before.DeletionPolicy) && !retains(one.After.DeletionPolicy) {
		one.Properties, one.Why = append(one.Properties, "DeletionPolicy"), "it stayed when its stack dropped it, and is deleted with its stack from now on"
	}
	if len(one.Properties) == 0 {
		return
	}
	t, ok := schema.Lookup(one.After.Type)
	switch {
	case !ok:
		one.Effect, one.Why = PerhapsReplaced, "CloudFormation's schemas have no type "+one.After.Type
	case !t.CanUpdate() && len(t.Handlers) > 0:
		c.replace(one, "resources of this type cannot be changed in place")
	case anyOf(one.Properties, t.CreateOnly) != "":
		c.replace(one, anyOf(one.Properties, t.CreateOnly)+" is fixed when the resource is created")
	case anyOf(one.Properties, t.ConditionalCreateOnly) != "":
		one.Effect, one.Why = PerhapsReplaced, "some changes of "+anyOf(one.Properties, t.ConditionalCreateOnly)+" replace the resource"
	default:
		one.Effect = Updated
	}
}

// retains says that a DeletionPolicy keeps a resource that exists.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
func retains(deletion string) bool { return deletion == "Retain" || deletion == "RetainExceptOnCreate" }

// replace marks a resource as replaced, or as refused if its name is taken by the old one.
func (c *comparison) replace(one *Change, why string) {
	one.Effect, one.Why = Replaced, why
	if name := identity(one.After); name != "" && name == identity(one.Before) {
		one.Effect = Refused
		one.Why += ", and CloudFormation creates the new one before it deletes the old one, whose name it has: give it another name, or delete the old one before"
	}
}

// follow marks what refers to a resource that is replaced: Ref and Fn::GetAtt have another value then.
func (c *comparison) follow() {
	var replaced []*Change
	for _, id := range c.order {
		if one := c.changes[id]; one.Effect == Replaced {
			replaced = append(replaced, one)
		}
	}
	if len(replaced) == 0 {
		return
	}
	references := c.references()
	for len(replaced) > 0 {
		of := replaced[0].After
		replaced = replaced[1:]
		c.replaced[marker(of)] = true
		for _, id := range c.order {
			one := c.changes[id]
			paths := references[marker(of)][one]
			if len(paths) > 0 && one.Effect != Refused && one.Effect != Replaced && c.refer(one, of, paths) {
				replaced = append(replaced, one)
			}
		}
	}
}

// references are the paths of the properties that have unknown values, by the resource that they are of, and by the change of the resource that has them.
func (c *comparison) references() map[string]map[*Change][]string {
	all := map[string]map[*Change][]string{}
	for _, id := range c.order {
		one := c.changes[id]
		if one.Before == nil || one.After == nil {
			continue
		}
		walk("", one.After.Properties, func(path string, value any) {
			text, _ := value.(string)
			for _, name := range markersIn(text) {
				if all[name] == nil {
					all[name] = map[*Change][]string{}
				}
				all[name][one] = append(all[name][one], path)
			}
		})
	}
	return all
}

// refer marks a resource whose properties of some paths refer to one that is replaced. It says whether the resource is replaced as well.
func (c *comparison) refer(one *Change, to *assembly.Resource, paths []string) bool {
	fresh := slices.DeleteFunc(paths, func(path string) bool { return slices.Contains(one.Properties, path) })
	if len(fresh) == 0 {
		return false
	}
	slices.Sort(fresh)
	one.Properties = append(one.Properties, fresh...)
	if t, ok := schema.Lookup(one.After.Type); ok && (!t.CanUpdate() && len(t.Handlers) > 0 || anyOf(fresh, t.CreateOnly) != "") {
		c.replace(one, cmp.Or(anyOf(fresh, t.CreateOnly), fresh[0])+" refers to "+to.LogicalID+", which is replaced")
	} else if one.Effect == "" {
		one.Effect = Updated
	}
	return one.Effect == Replaced
}

// collide refuses what takes the place of a resource that the same update deletes only afterwards: its name, its identity, or the addresses of its
// subnet. One that is retained has its name for good.
func (c *comparison) collide() {
	var leaving []*Change
	for _, id := range c.order {
		if one := c.changes[id]; one.Before != nil && (one.After == nil || one.Effect == Replaced) {
			leaving = append(leaving, one)
		}
	}
	for _, id := range c.order {
		one := c.changes[id]
		if one.Effect != Added && one.Effect != Replaced {
			continue
		}
		for _, old := range leaving {
			if why := c.conflict(old, one); why != "" {
				one.Effect, one.Why = Refused, why
				break
			}
		}
		for _, old := range c.staying {
			name := identity(one.After)
			if name != "" && name == identity(old) && old.Type == one.After.Type && old.Stack.Account == one.After.Stack.Account && old.Stack.Region == one.After.Stack.Region {
				one.Effect, one.Why = Refused, fmt.Sprintf("%s of stack %s has the same name, and stays: delete that stack before", old.LogicalID, old.Stack.Name)
			}
		}
	}
}

// conflict says why a new resource cannot be created while an old one is there. "" if it can.
func (c *comparison) conflict(old, new *Change) string {
	was, is := old.Before, new.After
	if was.Type != is.Type || was.Stack.Account != is.Stack.Account || was.Stack.Region != is.Stack.Region {
		return ""
	}
	if name := identity(is); name != "" && name == identity(was) && old != new {
		if old.After == nil && isKept(old) {
			return fmt.Sprintf("%s has the same name, and stays when its stack drops it: import it under the new logical ID, or delete it before", was.LogicalID)
		}
		return fmt.Sprintf("%s has the same name, and is deleted only afterwards: keep its logical ID, or deploy without it first", was.LogicalID)
	}
	if is.Type == "AWS::EC2::Subnet" && was.Properties["VpcId"] == is.Properties["VpcId"] && !c.isReplaced(is.Properties["VpcId"]) && overlap(was.Properties["CidrBlock"], is.Properties["CidrBlock"]) {
		return fmt.Sprintf("its addresses %v overlap %v of %s, which is deleted only afterwards: give it a range of its own", is.Properties["CidrBlock"], was.Properties["CidrBlock"], was.LogicalID)
	}
	return ""
}

// isReplaced says that a value is one of a resource that is replaced.
func (c *comparison) isReplaced(value any) bool {
	text, _ := value.(string)
	return slices.ContainsFunc(markersIn(text), func(name string) bool { return c.replaced[name] })
}

// identity is what no two resources of a type have in common: the ARN, or the primary identifier, with unknown parts of other resources. "" if AWS
// chooses it.
func identity(r *assembly.Resource) string {
	if r.ARN != "" && policy.IsKnown(r.ARN) {
		return r.ARN
	}
	t, ok := schema.Lookup(r.Type)
	if !ok || len(t.PrimaryIdentifier) == 0 {
		return ""
	}
	parts := []string{}
	for _, name := range t.PrimaryIdentifier {
		value, ok := r.Properties[name].(string)
		if !ok || value == "" || slices.Contains(t.ReadOnly, name) {
			return ""
		}
		parts = append(parts, value)
	}
	return strings.Join(parts, " ")
}
