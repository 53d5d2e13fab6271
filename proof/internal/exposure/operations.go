package exposure

import (
	"encoding/json"
	"path"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/accounts"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/inventory"
	"github.com/crossgrant/crossgrant/proof/internal/model"
	"github.com/crossgrant/crossgrant/proof/internal/simulate"
)

var operationTypes = []Type{
	{Name: "AWS::Backup::BackupPlan", Opens: "copies, to the vaults that it names", Judged: "with its selections"},
	{Name: "AWS::Backup::BackupVault", Opens: "copies, to whom its policy allows", Judged: "with the selections of plans"},
	{Name: "AWS::Backup::BackupSelection", Opens: "data, to the vaults of the plan", Judged: "no vault of the plan is of another account, or lets one in", judge: backup},
	{Name: "AWS::CloudFront::Distribution", Opens: "objects, to everybody, if the bucket's policy lets CloudFront in", Judged: "the bucket's policy does not", judge: distribution},
	{Name: "AWS::CloudTrail::Trail", Opens: "what was done, to its bucket", Judged: "by `Connection`, as far as it is marked"},
	{Name: "AWS::DataSync::LocationS3", Opens: "a bucket, to tasks", Judged: "undecided: no template says what its tasks copy where",
		judge: unclear("see where its tasks copy", "a DataSync task may copy %s anywhere")},
	{Name: "AWS::GuardDuty::MalwareProtectionPlan", Opens: "nothing: GuardDuty scans objects in the bucket's account", Judged: "opens nothing"},
	{Name: "AWS::LakeFormation::Resource", Opens: "a bucket, to whom Lake Formation permits", Judged: "undecided: no template says whom",
		judge: unclear("see whom Lake Formation permits", "Lake Formation gives access to %s to whom it permits")},
	{Name: "AWS::Logs::AccountPolicy", Opens: "what all workloads of the account log, to the destination", Judged: "the destination is of the account", judge: accountPolicy},
	{Name: "AWS::Logs::LogGroup", Opens: "what a workload logs, to its account", Judged: "with its subscriptions"},
	{Name: "AWS::Logs::SubscriptionFilter", Opens: "what a workload logs, to the destination", Judged: "the destination is of the log group's account", judge: logSubscription},
	{Name: "AWS::Oam::Link", Opens: "what all workloads of the account log, to the sink", Judged: "the sink is of the account", judge: observabilityLink},
	{Name: "AWS::RAM::ResourceShare", Opens: "resources, to its principals", Judged: "the principals are of the resource's account", judge: share},
	{Name: "AWS::SSM::Association", Opens: "an instance, to a document", Judged: "the document is AWS's, or of the instance's account", judge: association},
	{Name: "AWS::SSM::MaintenanceWindowTask", Opens: "an instance, to a document", Judged: "the document is AWS's, or of the instance's account", judge: windowTask},
	{Name: "AWS::Transfer::User", Opens: "a bucket, to who has the user's key", Judged: "it does not lead to a guarded bucket", judge: transferUser},
}

// unclear judges a type of which no template says what it opens.
func unclear(remedy, format string) func(*subject) {
	return func(s *subject) {
		for _, m := range s.mentions {
			s.mayOpen(m.Guarded, remedy, "%s", strings.Replace(format, "%s", name(m.Guarded), 1))
		}
	}
}

// backup judges the vaults that a plan copies to, and who may read these.
// https://docs.aws.amazon.com/aws-backup/latest/devguide/create-cross-account-backup.html
func backup(s *subject) {
	for _, m := range s.at("BackupSelection.Resources") {
		plans := s.inventory.Named(s.Stack.Account, text(s.Properties["BackupPlanId"]))
		if len(plans) == 0 {
			s.mayOpen(m.Guarded, "make the plan in this app", "it has %s saved by a plan that no template has", name(m.Guarded))
		}
		for _, plan := range plans {
			for _, rule := range assembly.Listed(dig(plan.Properties, "BackupPlan", "BackupPlanRule")) {
				for _, one := range s.inventory.Named(s.Stack.Account, text(dig(rule, "TargetBackupVault"))) {
					s.vault(m.Guarded, one)
				}
				for _, action := range assembly.Listed(dig(rule, "CopyActions")) {
					s.sendsTo(m.Guarded, itsAccount, "CopyActions", "copies", text(dig(action, "DestinationBackupVaultArn")))
				}
			}
		}
	}
}

// selects says that a plan saves a resource by a pattern of its ARN, or by a tag.
// https://docs.aws.amazon.com/aws-backup/latest/devguide/assigning-resources.html
func selects(selection *assembly.Resource, g *inventory.Guarded) bool {
	if g.Kind != inventory.Data {
		return false
	}
	of := dig(selection.Properties, "BackupSelection")
	for _, pattern := range assembly.Listed(dig(of, "Resources")) {
		if matched, err := path.Match(strings.ReplaceAll(text(pattern), "/", ":"), strings.ReplaceAll(g.ARN, "/", ":")); err == nil && matched {
			return true
		}
	}
	for _, wanted := range assembly.Listed(dig(of, "ListOfTags")) {
		for _, tag := range assembly.Listed(g.Properties["Tags"]) {
			if text(dig(tag, "Key")) == text(dig(wanted, "ConditionKey")) && text(dig(tag, "Value")) == text(dig(wanted, "ConditionValue")) {
				return true
			}
		}
	}
	return false
}

// vault judges who may read a backup vault.
func (s *subject) vault(g *inventory.Guarded, r *assembly.Resource) {
	s.policy(g, "AccessPolicy of "+r.LogicalID, r.Properties["AccessPolicy"])
}

// distribution judges whether CloudFront may read a bucket, and so everybody.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html
func distribution(s *subject) {
	for _, m := range ofKind(s.at("DistributionConfig.Origins"), inventory.Data) {
		if m.Type != "AWS::S3::Bucket" || isPublic(s.Resource) {
			continue
		}
		id := arn.ARN{Partition: s.Stack.Partition, Service: "cloudfront", Account: s.Stack.Account, Resource: "distribution/" + s.Name}.String()
		a := model.Access{Caller: "cloudfront.amazonaws.com", Action: "s3:GetObject", Resource: m.ARN + "/" + model.AnyName, Owner: m.Stack.Account,
			Region: m.Stack.Region, AnyKey: true, Context: map[string][]string{"aws:SourceArn": {id}, "aws:SourceAccount": {s.Stack.Account}}}
		for _, chain := range simulate.Walk(s.Model, a) {
			switch chain.Passes {
			case policy.Yes:
				s.opens(m.Guarded, "remove the origin, or the statement of the bucket's policy for CloudFront", "it gives everybody who has the link the objects of %s", name(m.Guarded))
			case policy.Indeterminate:
				s.mayOpen(m.Guarded, "remove the origin", "it may give everybody who has the link the objects of %s, if the bucket's policy lets CloudFront read them", name(m.Guarded))
			}
		}
	}
}

// logSubscription judges who gets what a workload of a grant logs.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CrossAccountSubscriptions.html
func logSubscription(s *subject) {
	for _, m := range ofKind(s.at("LogGroupName"), inventory.Logs) {
		s.sendsTo(m.Guarded, itsAccount, "DestinationArn", "events", text(s.Properties["DestinationArn"]))
	}
}

// subscribes says that a policy of the account sends the events of a log group.
func subscribes(policy *assembly.Resource, g *inventory.Guarded) bool {
	return g.Kind == inventory.Logs && len(g.Grants) > 0 && text(policy.Properties["PolicyType"]) == "SUBSCRIPTION_FILTER_POLICY" && policy.Stack.Region == g.Stack.Region
}

// accountPolicy judges who gets what all log groups of an account have.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-logs-accountpolicy.html
func accountPolicy(s *subject) {
	var document struct{ DestinationArn string }
	err := json.Unmarshal([]byte(text(s.Properties["PolicyDocument"])), &document)
	for _, m := range ofKind(s.at("PolicyDocument"), inventory.Logs) {
		if err != nil {
			s.mayOpen(m.Guarded, "make PolicyDocument known", "PolicyDocument sends events of %s to nobody knows whom: it is not the JSON of a subscription", name(m.Guarded))
			continue
		}
		s.sendsTo(m.Guarded, itsAccount, "PolicyDocument", "events", document.DestinationArn)
	}
}

// share judges whom resources are shared with.
// https://docs.aws.amazon.com/ram/latest/userguide/shareable.html
func share(s *subject) {
	for _, m := range s.at("ResourceArns") {
		for _, item := range assembly.Listed(s.Properties["Principals"]) {
			principal := text(item)
			if account := strings.TrimSpace(principal); account == m.Stack.Account || arn.Account(principal) == m.Stack.Account && !strings.Contains(principal, ":organizations:") {
				continue
			}
			s.opens(m.Guarded, "remove it, or share with account "+m.Stack.Account, "it shares %s with %s, and no grant does", name(m.Guarded), principal)
		}
	}
}

// association judges whose document runs on an instance.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-ssm-sharing.html
func association(s *subject) {
	for _, m := range ofKind(s.at("Targets", "InstanceId"), inventory.Workload) {
		if document := text(s.Properties["Name"]); strings.HasPrefix(document, "arn:") {
			s.takesFrom(m.Guarded, "Name", "commands", document)
		}
	}
}

// windowTask judges whose document runs on an instance in a maintenance window.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ssm-maintenancewindowtask.html
func windowTask(s *subject) {
	for _, m := range ofKind(s.at("Targets"), inventory.Workload) {
		if document := text(s.Properties["TaskArn"]); strings.HasPrefix(document, "arn:") {
			s.takesFrom(m.Guarded, "TaskArn", "commands", document)
		}
	}
}

// manages says that Systems Manager runs a document on an instance that is not named, but has a tag, is in a group, or is any.
// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_Target.html
func manages(r *assembly.Resource, g *inventory.Guarded) bool {
	if g.Kind != inventory.Workload || g.Type != "AWS::EC2::Instance" || r.Stack.Region != g.Stack.Region {
		return false
	}
	for _, target := range assembly.Listed(r.Properties["Targets"]) {
		key, values := text(dig(target, "Key")), assembly.Listed(dig(target, "Values"))
		has := func(value string) bool {
			return slices.ContainsFunc(values, func(one any) bool { return text(one) == value || !policy.IsKnown(text(one)) })
		}
		tagKey, isTag := strings.CutPrefix(key, "tag:")
		switch {
		case key == "InstanceIds" && slices.Contains(values, any("*")), strings.HasPrefix(key, "resource-groups:"), key == "WindowTargetIds", !policy.IsKnown(key):
			return true
		case key == "tag-key", isTag:
			for _, tag := range assembly.Listed(g.Properties["Tags"]) {
				if name := text(dig(tag, "Key")); key == "tag-key" && has(name) || name == tagKey && has(text(dig(tag, "Value"))) {
					return true
				}
			}
		}
	}
	return false
}

// observes says that a link shares the events of a log group.
func observes(link *assembly.Resource, g *inventory.Guarded) bool {
	return g.Kind == inventory.Logs && len(g.Grants) > 0 && link.Stack.Region == g.Stack.Region &&
		slices.ContainsFunc(assembly.Listed(link.Properties["ResourceTypes"]), func(one any) bool { return text(one) == "AWS::Logs::LogGroup" || !policy.IsKnown(text(one)) })
}

// observabilityLink judges who sees what all log groups of an account have.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Unified-Cross-Account.html
func observabilityLink(s *subject) {
	for _, m := range ofKind(s.at("ResourceTypes"), inventory.Logs) {
		s.sendsTo(m.Guarded, itsAccount, "SinkIdentifier", "events", text(s.Properties["SinkIdentifier"]))
	}
}

// transferUser judges an SFTP user, who is no principal of IAM.
// https://docs.aws.amazon.com/transfer/latest/userguide/create-user.html
func transferUser(s *subject) {
	for _, m := range ofKind(s.mentions, inventory.Data) {
		s.opens(m.Guarded, "give access by a grant, or remove it", "it gives who has the key of user %s the files of %s, and no grant does", text(s.Properties["UserName"]), name(m.Guarded))
	}
	for _, m := range ofKind(s.at("Role"), inventory.TrustedRole, inventory.GranteeRole) {
		s.opens(m.Guarded, "give it another role", "it gives who has the key of user %s what %s may do", text(s.Properties["UserName"]), name(m.Guarded))
	}
}

// policy judges a policy in the properties of a resource, which no other rule reads: it allows nobody of another account but callers of grants.
func (s *subject) policy(g *inventory.Guarded, property string, value any) {
	if value == nil {
		return
	}
	d, err := accounts.Document(s.Resource, property, value, property+" of "+accounts.DisplayName(s.Resource))
	if err != nil {
		s.mayOpen(g, "correct "+property, "%s: %v", property, err)
		return
	}
	for i := range d.Statements {
		if d.Statements[i].Effect != policy.Allow {
			continue
		}
		for _, principal := range model.Outsiders(d.Statements[i].Elements(), g.Stack.Account) {
			isCaller := false
			for _, grant := range g.Grants {
				isCaller = isCaller || grant.IsCaller(principal)
			}
			switch {
			case isCaller:
			case !policy.IsKnown(principal):
				s.mayOpen(g, "name the principal in "+property, "%s allows %s, which is not known before deployment", property, principal)
			default:
				s.opens(g, "narrow "+property, "%s allows %s access to %s, and no grant does", property, principal, name(g))
			}
		}
	}
}
