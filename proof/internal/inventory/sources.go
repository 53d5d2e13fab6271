package inventory

import (
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// kinds are what resources of a type are to the grants and connections that need them, where it is the same to all.
var kinds = map[string]Kind{
	"AWS::ApiGatewayV2::Route":        API,
	"AWS::CloudTrail::Trail":          Channel,
	"AWS::Events::EventBus":           Channel,
	"AWS::Events::Rule":               Channel,
	"AWS::IAM::Role":                  ConnectionRole,
	"AWS::KMS::Key":                   Key,
	"AWS::KMS::ReplicaKey":            Key,
	"AWS::Lambda::EventSourceMapping": Channel,
	"AWS::Lambda::Function":           Workload,
	"AWS::Logs::LogGroup":             Logs,
	"AWS::SNS::Topic":                 Channel,
	"AWS::SQS::Queue":                 Channel,
}

// feed is a type of resource by which something starts a workload, sends to a channel, or calls for data.
type feed struct {
	// to are the properties that say what it starts, by their beginnings.
	to []string
	// from are the properties that name what it is for: the API of a route, the queue of a mapping, the bus of a rule.
	from []string
	// kind is what the source, or without one the resource itself, is guarded as.
	kind Kind
}

// feeds are the types by which something starts a workload or sends to a channel.
var feeds = map[string]feed{
	"AWS::ApiGateway::Method":                  {to: []string{"Integration"}, from: []string{"RestApiId"}, kind: API},
	"AWS::ApiGateway::RestApi":                 {to: []string{"Body"}, kind: API},
	"AWS::ApiGatewayV2::Api":                   {to: []string{"Target", "Body"}, kind: API},
	"AWS::AppSync::DataSource":                 {to: []string{"DynamoDBConfig", "LambdaConfig"}, from: []string{"ApiId"}, kind: API},
	"AWS::ElasticLoadBalancingV2::TargetGroup": {to: []string{"Targets"}, kind: API},
	"AWS::ApiGatewayV2::Integration":           {to: []string{"IntegrationUri", "RequestParameters"}, from: []string{"ApiId"}, kind: API},
	"AWS::Events::Rule":                        {to: []string{"Targets"}, from: []string{"EventBusName"}, kind: Channel},
	"AWS::Lambda::EventSourceMapping":          {to: []string{"FunctionName"}, from: []string{"EventSourceArn"}, kind: Channel},
	"AWS::Pipes::Pipe":                         {to: []string{"Target", "Enrichment"}, from: []string{"Source"}, kind: Channel},
	"AWS::S3::Bucket":                          {to: []string{"NotificationConfiguration"}, kind: Channel},
	"AWS::SNS::Subscription":                   {to: []string{"Endpoint"}, from: []string{"TopicArn"}, kind: Channel},
	"AWS::StepFunctions::StateMachine":         {to: []string{"Definition"}, kind: Workload},
}

// views are the types by which a resource is accessible in another way, by the property that names it.
var views = map[string]string{
	"AWS::S3::AccessGrantsLocation": "LocationScope",
	"AWS::S3::AccessPoint":          "Bucket",
}

// addViews guards by what a guarded resource is accessible as well.
func (i *Inventory) addViews(g *Guarded) {
	for _, r := range i.x.to[g.Resource] {
		if property, ok := views[r.Type]; ok && i.mentionedAt(r, g.Resource, []string{property}) {
			i.add(r, g.Kind, g.Grants...)
		}
	}
}

// addSources guards what starts a guarded workload, sends to a guarded channel, or is an API to guarded data.
func (i *Inventory) addSources(m *model.Model, g *Guarded) {
	if g.Kind != Workload && g.Kind != Channel && g.Kind != Data {
		return
	}
	for _, r := range i.x.to[g.Resource] {
		f, ok := feeds[r.Type]
		if !ok || g.Kind == Data && f.kind != API || !i.mentionedAt(r, g.Resource, f.to) {
			continue
		}
		if len(f.from) == 0 {
			i.addSource(m, r, f.kind, g)
		}
		for _, property := range f.from {
			for _, source := range i.Named(r.Stack.Account, text(r.Properties[property])) {
				i.addSource(m, source, f.kind, g)
			}
		}
	}
}

func (i *Inventory) addSource(m *model.Model, r *assembly.Resource, kind Kind, of *Guarded) {
	if known := kinds[r.Type]; known != "" {
		kind = known
	}
	i.add(r, kind, of.Grants...)
	i.addKey(m, r, of.Grants...)
}

// mentionedAt says that a resource mentions another one in properties that begin so.
func (i *Inventory) mentionedAt(r, other *assembly.Resource, properties []string) bool {
	found := false
	i.x.each(r, func(p *place, mentioned *assembly.Resource) {
		for _, property := range properties {
			found = found || mentioned == other && strings.HasPrefix(p.String(), property)
		}
	})
	return found
}
