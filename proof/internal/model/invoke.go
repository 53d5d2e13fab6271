package model

import (
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/accounts"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy"
)

// How an API invokes a function, perhaps by a version or an alias, and what of its settings keeps requests from it.

const apiGateway = "apigateway.amazonaws.com"

// integrationOf is the integration of a route, and the ARN of its function. Nil and "" if it has none.
func (m *Model) integrationOf(route *assembly.Resource) (integration *assembly.Resource, function string) {
	id := strings.TrimPrefix(text(route.Properties["Target"]), "integrations/")
	for _, one := range m.Assembly.OfType("AWS::ApiGatewayV2::Integration") {
		if one.Ref == id {
			uri := text(one.Properties["IntegrationUri"])
			if _, invoked, ok := strings.Cut(uri, "/functions/"); ok {
				uri = strings.TrimSuffix(invoked, "/invocations")
			}
			return one, uri
		}
	}
	return nil, ""
}

// invokeByRoute: API Gateway invokes a function for a route: as itself, as the role of the integration, or as the caller.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigatewayv2-integration.html
func (m *Model) invokeByRoute(d *Declared, route *assembly.Resource, source, function string) {
	integration, _ := m.integrationOf(route)
	if integration == nil {
		d.add(route, m.byService(apiGateway, "lambda:InvokeFunction", function, forResource(route, source))...)
		return
	}
	m.published(d, integration, function)
	name := accounts.DisplayName(integration)
	switch kind := text(integration.Properties["IntegrationType"]); {
	case !policy.IsKnown(kind):
		d.mayFail(integration, "set its IntegrationType to AWS_PROXY", "whether %s is for a function is not known", name)
		d.set("AWS_PROXY", "IntegrationType")
	case kind != "AWS_PROXY" && kind != "AWS":
		d.fails(integration, "set its IntegrationType to AWS_PROXY", "the IntegrationType of %s is %s, expected AWS_PROXY, which is for functions", name, kind)
		d.set("AWS_PROXY", "IntegrationType")
	}
	switch connection := text(integration.Properties["ConnectionType"]); {
	case connection == "" || connection == "INTERNET":
	case policy.IsKnown(connection):
		d.fails(integration, "remove its ConnectionType", "the ConnectionType of %s is %s, which is for HTTP integrations, not for functions", name, connection)
	default:
		d.mayFail(integration, "remove its ConnectionType", "the ConnectionType of %s is not known", name)
	}
	switch role := text(integration.Properties["CredentialsArn"]); {
	case role == "":
		d.add(route, m.byService(apiGateway, "lambda:InvokeFunction", function, forResource(route, source))...)
	case strings.HasSuffix(role, ":user/*"):
		d.mayFail(integration, "remove its CredentialsArn", "%s invokes the function as whoever calls the API, whose permissions no template has", name)
	default:
		m.throughRole(d, route, apiGateway, source, role, function, "lambda:InvokeFunction")
	}
}

// published adds a fault for a version or an alias of a function of the templates that no template has. $LATEST is the function itself.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-aliases.html
func (m *Model) published(d *Declared, r *assembly.Resource, function string) {
	a, _ := arn.Parse(m.functionNamed(r, function))
	parts := strings.SplitN(a.Resource, ":", 3)
	if len(parts) < 3 || parts[2] == "$LATEST" || m.function(r, function) == nil {
		return
	}
	for _, one := range m.Assembly.ByARN(a.String()) {
		if one.Type == "AWS::Lambda::Alias" || one.Type == "AWS::Lambda::Version" {
			if one.Conditional != "" {
				d.mayFail(one, "", "%s exists only under the condition %s", accounts.DisplayName(one), one.Conditional)
			}
			return
		}
	}
	d.mayFail(r, "create it, or name the function without it", "no template has version or alias %s of function %s, which %s names", parts[2], parts[1], accounts.DisplayName(r))
}

// throttled adds a fault for a stage that lets no request of a route through: its limits of requests, or those of all routes, are zero.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-throttling.html
func (m *Model) throttled(d *Declared, api, stage, key string) {
	for _, r := range m.Assembly.OfType("AWS::ApiGatewayV2::Stage") {
		if text(r.Properties["ApiId"]) != api || text(r.Properties["StageName"]) != stage {
			continue
		}
		all, own := object(r.Properties["DefaultRouteSettings"]), object(object(r.Properties["RouteSettings"])[key])
		for _, limit := range []string{"ThrottlingBurstLimit", "ThrottlingRateLimit"} {
			value := all[limit]
			if own[limit] != nil {
				value = own[limit]
			}
			switch n, known := seconds(value, 1); {
			case !known:
				d.mayFail(r, "make its "+limit+" known", "whether %s of %s lets requests of %s through is not known", limit, accounts.DisplayName(r), key)
			case n == 0:
				d.fails(r, "raise its "+limit+", or remove it", "%s of %s is 0, so that every request of %s ends in status 429", limit, accounts.DisplayName(r), key)
			}
		}
	}
}

// grouped adds a fault for a FIFO queue to which a rule sends messages without a group, or without what tells duplicates.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html
func (m *Model) grouped(d *Declared, rule *assembly.Resource, target map[string]any, queue string) {
	of := m.fifo(queue)
	if serviceOf(queue) != "sqs" || of == nil && !strings.HasSuffix(queue, ".fifo") {
		return
	}
	name := accounts.DisplayName(rule)
	if text(object(target["SqsParameters"])["MessageGroupId"]) == "" {
		d.fails(rule, "set SqsParameters.MessageGroupId of the target", "%s sends to FIFO queue %s without a MessageGroupId", name, queue)
	}
	if of == nil {
		return
	}
	if once := of.Properties["ContentBasedDeduplication"]; once != true && once != "true" {
		d.fails(of, "set its ContentBasedDeduplication to true", "%s sends to FIFO queue %s, whose ContentBasedDeduplication is not true", name, queue)
		d.set(true, "ContentBasedDeduplication")
	}
}

// standard adds a fault for a queue that has to be a standard one, and is a FIFO queue.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
func (m *Model) standard(d *Declared, r *assembly.Resource, queue string) {
	if serviceOf(queue) == "sqs" && (m.fifo(queue) != nil || strings.HasSuffix(queue, ".fifo")) {
		d.fails(r, "let it name a standard queue", "%s sends to %s, which is a FIFO queue, expected a standard one", accounts.DisplayName(r), queue)
	}
}

// fifo is the FIFO queue of an ARN. Nil if no template has it.
func (m *Model) fifo(queue string) *assembly.Resource {
	for _, r := range m.Assembly.ByARN(queue) {
		if on := r.Properties["FifoQueue"]; on == true || on == "true" {
			return r
		}
	}
	return nil
}
