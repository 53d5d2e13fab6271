package probe

import (
	"maps"

	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/proof/internal/check"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// ConfusedDeputy is the rule that the destination of a connection refuses the same request on behalf of others: by the service for another
// account, or by another role; and so does whatever else is guarded, for services that its policy allows. https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
const ConfusedDeputy check.Rule = "ConfusedDeputy"

func confusedDeputy(m *model.Model) []check.Check {
	c := &checks{Model: m, rule: ConfusedDeputy}
	for i := range m.Declared {
		d := &m.Declared[i]
		for _, one := range d.Connections {
			switch name := connectionName(d, one); {
			case !one.Deputy:
			case model.IsService(one.Caller):
				c.otherSources(name, one.Access)
			default:
				c.otherSenders(name, one.Access)
			}
		}
	}
	c.deputies()
	return c.all
}

// otherSources are requests of a service for others than the declared resource. A bucket's ARN has no account: if it is deleted, another account
// may create one of that name.
func (c *checks) otherSources(name string, a model.Access) {
	source, _ := arn.Parse(a.Context["aws:SourceArn"][0])
	if source.Account != "" {
		source.Account = model.OtherAccount
	}
	c.mustFail(name+", on behalf of another account",
		a.WithContext(map[string][]string{"aws:SourceAccount": {model.OtherAccount}, "aws:SourceArn": {source.String()}}))
	a.Context = maps.Clone(a.Context)
	delete(a.Context, "aws:SourceAccount")
	delete(a.Context, "aws:SourceArn")
	c.mustFail(name+", on behalf of nobody", a)
}

// otherSenders are requests of others than the role by which EventBridge sends events.
func (c *checks) otherSenders(name string, a model.Access) {
	caller, _ := arn.Parse(a.Caller)
	other := a
	other.Administrator = true
	other.Caller = model.RoleIn(caller.Partition, caller.Account, model.OtherRole)
	c.mustFail(name+", by another role of its account", other)
	caller.Account = model.OtherAccount
	other.Caller = caller.String()
	c.mustFail(name+", by a role of the same name in another account", other)
	if a.Context["events:source"] != nil {
		c.mustFail(name+", with another source", a.WithContext(map[string][]string{"events:source": {model.AnyName}}))
	}
}
