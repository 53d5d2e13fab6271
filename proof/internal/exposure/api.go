package exposure

import (
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/accounts"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/inventory"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

const (
	asksFor   = "it asks for IAM, or for the tokens of an authorizer; or its mark says that it is for everybody on purpose"
	authorize = "set AuthorizationType to AWS_IAM, or to an authorizer"
)

var apiTypes = []Type{
	{Name: "AWS::ApiGateway::Authorizer", Opens: "an API, to whom its function or user pool lets in", Judged: "the function is of the API's account", judge: authorizer},
	{Name: "AWS::ApiGateway::Method", Opens: "what its integration leads to, to whoever its authorization and the API's policy let in", Judged: asksFor, judge: method},
	{Name: "AWS::ApiGateway::RestApi", Opens: "what its methods lead to, to whoever its policy lets in", Judged: "its policy lets in callers of its account only; it has no Body", judge: restAPI},
	{Name: "AWS::ApiGatewayV2::Api", Opens: "what its routes lead to", Judged: "it has no Target, whose route everybody may call, and no Body", judge: httpAPI},
	{Name: "AWS::ApiGatewayV2::ApiGatewayManagedOverrides", Opens: "the route that API Gateway made", Judged: "with its API"},
	{Name: "AWS::ApiGatewayV2::Authorizer", Opens: "an API, to whom its function or issuer lets in", Judged: "the function is of the API's account", judge: authorizer},
	{Name: "AWS::ApiGatewayV2::Integration", Opens: "what it leads to, to the routes", Judged: "with its routes"},
	{Name: "AWS::ApiGatewayV2::Route", Opens: "what its integration leads to, to whoever its authorization lets in", Judged: asksFor, judge: route},
	{Name: "AWS::AppSync::ApiKey", Opens: "a GraphQL API, to who has the key", Judged: "with its API"},
	{Name: "AWS::AppSync::DataSource", Opens: "a function or a table, to the API", Judged: "with its API"},
	{Name: "AWS::AppSync::GraphQLApi", Opens: "its data sources, to whoever its authentication lets in", Judged: "no AuthenticationType is API_KEY", judge: graphQL},
	{Name: "AWS::Cognito::UserPool", Opens: "invocation of functions, to its users", Judged: "with the functions' permissions"},
	{Name: "AWS::ElasticLoadBalancingV2::Listener", Opens: "functions of its target groups, to whoever reaches the load balancer", Judged: "an action authenticates before a function is called", judge: listener},
	{Name: "AWS::ElasticLoadBalancingV2::ListenerRule", Opens: "functions of its target groups, to whoever reaches the load balancer", Judged: "an action authenticates before a function is called", judge: listener},
	{Name: "AWS::ElasticLoadBalancingV2::TargetGroup", Opens: "its targets, to listeners", Judged: "with the listeners"},
}

// isPublic says that whoever made a resource has said that it is for everybody.
func isPublic(r *assembly.Resource) bool { return r.Metadata[contract.PublicKey] == true }

// door judges the authorization of a route or a method that leads to something guarded.
func (s *subject) door(of *inventory.Guarded, api string) {
	kind := text(s.Properties["AuthorizationType"])
	lacks := text(s.Properties["AuthorizerId"]) == ""
	switch {
	case kind == "AWS_IAM", isPublic(s.Resource):
	case kind == "" || kind == "NONE":
		s.opens(of, authorize, "it lets everybody who reaches the %s call %s: it has no authorization%s", api, name(of), keyOnly(s.Properties))
	case !policy.IsKnown(kind):
		s.mayOpen(of, authorize, "its authorization is not known before deployment, and it leads to %s", name(of))
	case lacks:
		s.opens(of, "set AuthorizerId, or AuthorizationType to AWS_IAM", "its AuthorizationType %s has no AuthorizerId, and it leads to %s", kind, name(of))
	}
}

// keyOnly says that an API key is all that callers need, which is for metering and no authorization.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html
func keyOnly(properties map[string]any) string {
	if isOn(properties["ApiKeyRequired"]) == policy.Yes {
		return ", and an API key is none"
	}
	return ""
}

// route judges a route of an HTTP or a WebSocket API. Of the latter, only $connect can ask for authorization, for all routes.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control.html
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-control-access.html
func route(s *subject) {
	api := s.api("ApiId")
	if api != nil && text(api.Properties["ProtocolType"]) == "WEBSOCKET" {
		s.webSocket(api)
		return
	}
	for _, of := range s.leadsTo(s.Resource) {
		s.door(of, "API")
	}
}

// webSocket judges a route of a WebSocket API by the route $connect.
func (s *subject) webSocket(api *assembly.Resource) {
	guarded := s.leadsTo(s.Resource)
	if len(guarded) == 0 {
		return
	}
	for _, r := range s.inventory.Mentioning(api) {
		if r.Type == "AWS::ApiGatewayV2::Route" && text(r.Properties["RouteKey"]) == "$connect" {
			(&subject{Model: s.Model, inventory: s.inventory, Resource: r}).doorOf(guarded[0], s)
			return
		}
	}
	s.opens(guarded[0], "add a route $connect with authorization", "everybody who reaches the API may call %s: it has no route $connect that asks for authorization", name(guarded[0]))
}

// doorOf judges the authorization of another resource, for the findings of one.
func (s *subject) doorOf(of *inventory.Guarded, other *subject) {
	s.door(of, "API")
	other.broken, other.unclear, other.remedies = append(other.broken, s.broken...), append(other.unclear, s.unclear...), append(other.remedies, s.remedies...)
}

// api is the API that a property names. Nil if no template has it.
func (s *subject) api(property string) *assembly.Resource {
	for _, r := range s.inventory.Named(s.Stack.Account, text(s.Properties[property])) {
		if strings.HasSuffix(r.Type, "Api") {
			return r
		}
	}
	return nil
}

// leadsTo is what a route leads to, by its integration.
func (s *subject) leadsTo(r *assembly.Resource) []*inventory.Guarded {
	id := strings.TrimPrefix(text(r.Properties["Target"]), "integrations/")
	var all []*inventory.Guarded
	for _, integration := range s.inventory.Named(r.Stack.Account, id) {
		if integration.Type == "AWS::ApiGatewayV2::Integration" {
			all = append(all, s.inventory.MentionedBy(integration, "ApiId")...)
		}
	}
	return all
}

// httpAPI judges an API that makes its own routes.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigatewayv2-api.html
func httpAPI(s *subject) {
	for _, m := range s.at("Target") {
		if isPublic(s.Resource) {
			continue
		}
		overrides := ""
		for _, r := range s.inventory.Mentioning(s.Resource) {
			if r.Type == "AWS::ApiGatewayV2::ApiGatewayManagedOverrides" {
				overrides = text(dig(r.Properties, "Route", "AuthorizationType"))
			}
		}
		if overrides != "AWS_IAM" && text(overrides) != "JWT" {
			s.opens(m.Guarded, "make the route a resource of its own, with authorization", "Target makes a route that lets everybody on the internet call %s", name(m.Guarded))
		}
	}
	s.body()
}

// body notes that routes in an OpenAPI description are not read.
func (s *subject) body() {
	for _, property := range []string{"Body", "BodyS3Location"} {
		if s.Properties[property] != nil && s.guarded != nil {
			s.mayOpen(s.guarded, "make the routes resources of their own", "its routes are in an OpenAPI description, of which this proof does not read who may call them")
			return
		}
	}
}

// restAPI judges the policy of a REST API whose methods lead to something guarded.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies.html
func restAPI(s *subject) {
	s.body()
	d := s.apiPolicy(s.Resource)
	if d == nil {
		return
	}
	for i := range d.Statements {
		if d.Statements[i].Effect != policy.Allow {
			continue
		}
		for _, principal := range d.Statements[i].Elements().Principals["AWS"] {
			if account := arn.Account(principal); principal != "*" && policy.IsKnown(principal) && account != s.Stack.Account && principal != s.Stack.Account && s.guarded != nil {
				s.opens(s.guarded, "narrow Policy", "its policy lets %s call %s", principal, name(s.guarded))
			}
		}
	}
	role := arn.ARN{Partition: s.Stack.Partition, Service: "iam", Account: model.OtherAccount, Resource: "role/" + model.OtherRole}.String()
	if s.guarded != nil {
		s.calls(s.guarded, d, role, "a role of another account")
	}
}

// apiPolicy is the resource policy of a REST API. Nil for none.
func (s *subject) apiPolicy(api *assembly.Resource) *policy.Document {
	value := api.Properties["Policy"]
	if value == nil {
		return nil
	}
	d, _ := accounts.Document(api, "Policy", value, "the policy of "+accounts.DisplayName(api)) // one that cannot be read is unknown
	return d
}

// calls judges whether the policy of a REST API lets somebody call it from outside of every VPC.
func (s *subject) calls(of *inventory.Guarded, d *policy.Document, caller, who string) {
	r := policy.Request{Principal: caller, Action: "execute-api:Invoke", ResourceAccount: s.Stack.Account,
		Resource: arn.ARN{Partition: s.Stack.Partition, Service: "execute-api", Region: s.Stack.Region, Account: s.Stack.Account, Resource: model.AnyName + "/prod/GET/"}.String(),
		Context:  map[string][]string{"aws:SecureTransport": {"true"}}, UncertainKeys: chosenByCaller(d)}
	p := policy.Policies{Resource: d}
	if caller != "anonymous" {
		r.Principal = model.Session(caller)
		p.Identity = []*policy.Document{model.NewDocument([]model.Statement{{Effect: "Allow", Action: []string{"*"}, Resource: []string{"*"}}}, "a policy that permits everything")}
	}
	switch policy.Decide(r, p) {
	case policy.Allowed:
		s.opens(of, "narrow the API's policy, or "+authorize, "the policy of its API lets %s call %s", who, name(of))
	case policy.Unknown:
		s.mayOpen(of, "narrow the API's policy, or "+authorize, "the policy of its API may let %s call %s", who, name(of))
	}
}

// chosenByCaller are the condition keys of a policy that say where a caller comes from, or what it is: somebody else may have the value that it asks for.
// Nobody else comes through a VPC or an endpoint of the templates.
func chosenByCaller(d *policy.Document) []string {
	return slices.DeleteFunc(d.ConditionKeys(), func(key string) bool {
		switch key {
		case "aws:principalaccount", "aws:principalarn", "aws:principaltype", "aws:securetransport":
			return true
		case "aws:sourcevpc", "aws:sourcevpce":
			return !slices.ContainsFunc(d.ConditionValues(key), policy.IsKnown)
		}
		return false
	})
}

// method judges a method of a REST API. Without authorization, the API's policy decides by itself.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html
func method(s *subject) {
	for _, m := range s.at("Integration") {
		api := s.api("RestApiId")
		kind := text(s.Properties["AuthorizationType"])
		if (kind == "" || kind == "NONE") && api != nil && s.apiPolicy(api) != nil && !isPublic(s.Resource) {
			s.calls(m.Guarded, s.apiPolicy(api), "anonymous", "everybody")
			continue
		}
		s.door(m.Guarded, "API")
	}
}

// authorizer judges whose function decides who may call an API.
func authorizer(s *subject) {
	for _, m := range ofKind(s.mentions, inventory.API) {
		uri := text(s.Properties["AuthorizerUri"])
		if at := strings.LastIndex(uri, "arn:"); at > 0 {
			s.takesFrom(m.Guarded, "AuthorizerUri", "decisions", strings.TrimSuffix(uri[at:], "/invocations"))
		}
	}
}

// graphQL judges the authentication of a GraphQL API. An API key is in every client.
// https://docs.aws.amazon.com/appsync/latest/devguide/security-authz.html
func graphQL(s *subject) {
	if s.guarded == nil {
		return
	}
	kinds := []string{text(s.Properties["AuthenticationType"])}
	for _, one := range assembly.Listed(s.Properties["AdditionalAuthenticationProviders"]) {
		kinds = append(kinds, text(dig(one, "AuthenticationType")))
	}
	for _, kind := range kinds {
		switch {
		case kind == "API_KEY" && !isPublic(s.Resource):
			s.opens(s.guarded, "set AuthenticationType to AWS_IAM, or to a user pool", "AuthenticationType API_KEY lets everybody who has the key call what it leads to")
		case !policy.IsKnown(kind):
			s.mayOpen(s.guarded, "set AuthenticationType to AWS_IAM", "its AuthenticationType is not known before deployment")
		}
	}
}

// listener judges whether a load balancer authenticates who calls a function.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html
func listener(s *subject) {
	actions := append(assembly.Listed(s.Properties["DefaultActions"]), assembly.Listed(s.Properties["Actions"])...)
	for _, action := range actions {
		switch text(dig(action, "Type")) {
		case "authenticate-cognito", "authenticate-oidc", "jwt-validation":
			return
		}
	}
	for _, m := range ofKind(s.at("DefaultActions", "Actions"), inventory.API) {
		if text(m.Properties["TargetType"]) == "lambda" && !isPublic(s.Resource) {
			s.opens(m.Guarded, "add an action that authenticates, or remove the function from the target group", "it lets everybody who reaches the load balancer call the function of %s", name(m.Guarded))
		}
	}
}
