package network

import (
	"net/url"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// The host name that a workload calls for a service: the regional one, unless its environment variables say otherwise.
// https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html

// globalRegion stands for the region of the global host name of STS, which no endpoint serves.
const globalRegion = "aws-global"

// calls reports whether the workload calls the regional host name of the service, and in which region. What it calls otherwise is a hop.
func (k *walk) calls() policy.Answer {
	set := k.environment(k.workload)
	if set == nil {
		return policy.Yes
	}
	name := label(k.workload.Resource)
	if variable, to := endpointURL(set, k.service); to != "" {
		return k.callsURL(variable, to)
	}
	for _, variable := range []string{"HTTPS_PROXY", "https_proxy"} {
		if proxy := set[variable]; proxy != "" {
			return k.unset(variable).hop(policy.Indeterminate, k.workload.Resource, "remove "+variable+" of "+name,
				"%s of %s sends requests to proxy %s, and where that leads to is not known", variable, name, proxy)
		}
	}
	for _, variable := range []string{"AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"} {
		// https://docs.aws.amazon.com/sdkref/latest/guide/feature-endpoints.html
		if value := set[variable]; value != "" && !strings.EqualFold(value, "false") {
			return k.unset(variable).hop(policy.Indeterminate, k.workload.Resource, "remove "+variable+" of "+name,
				"%s of %s is %s, so that it calls another host name, and whether an endpoint has that is not known", variable, name, value)
		}
	}
	for _, variable := range files {
		if file := set[variable]; file != "" {
			return k.unset(variable).hop(policy.Indeterminate, k.workload.Resource, "remove "+variable+" of "+name,
				"%s of %s is %s, and what the SDK reads by it, or whether it can, is not known", variable, name, file)
		}
	}
	if legacy := set["AWS_STS_REGIONAL_ENDPOINTS"]; k.service == "sts" && legacy != "" && legacy != "regional" {
		return k.callsLegacy(legacy)
	}
	return policy.Yes
}

// files are the variables by which SDKs read certificates and settings from files, or fail if these are not there.
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-gen-config.html
// https://docs.aws.amazon.com/sdkref/latest/guide/file-location.html
var files = []string{"AWS_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR", "AWS_PROFILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"}

// environment returns the environment variables of a workload. Nil if the template has none.
func (c *catalog) environment(w *Workload) map[string]string {
	set := map[string]string{}
	switch w.Resource.Type {
	case functionType:
		variables, _ := w.Resource.Properties["Environment"].(map[string]any)
		fields, _ := variables["Variables"].(map[string]any)
		for variable := range fields {
			set[variable] = text(fields, variable)
		}
	case serviceType:
		task := c.find(taskType, text(w.Resource.Properties, "TaskDefinition"))
		if task == nil {
			return nil
		}
		for _, container := range list(task.Properties, "ContainerDefinitions") {
			fields, _ := container.(map[string]any)
			for _, one := range list(fields, "Environment") {
				set[text(one, "Name")] = text(one, "Value")
			}
		}
	}
	return set
}

// serviceIDs are the services whose variable is not their name in capitals.
// https://docs.aws.amazon.com/sdkref/latest/guide/ss-endpoints-table.html
var serviceIDs = map[string]string{"dynamodb-streams": "DYNAMODB_STREAMS", "events": "EVENTBRIDGE", "logs": "CLOUDWATCH_LOGS", "monitoring": "CLOUDWATCH",
	"secretsmanager": "SECRETS_MANAGER"}

// endpointURL returns the variable that sets the URL of a service, and the URL; "" if none does.
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
func endpointURL(set map[string]string, service string) (variable, to string) {
	if strings.EqualFold(set["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"], "true") {
		return "", ""
	}
	id := serviceIDs[service]
	if id == "" {
		id = strings.ToUpper(service)
	}
	for _, variable := range []string{"AWS_ENDPOINT_URL_" + id, "AWS_ENDPOINT_URL"} {
		if set[variable] != "" {
			return variable, set[variable]
		}
	}
	return "", ""
}

// callsURL reports whether a URL is that of the service itself. One of another region, or the global one of STS, is another host name.
func (k *walk) callsURL(variable, to string) policy.Answer {
	name, own := label(k.workload.Resource), k.service+"."+k.region+suffix(k.region)
	remedy := "remove " + variable + " of " + name + ", or set it to https://" + own
	u, err := url.Parse(to)
	if err == nil && u.Scheme == "https" && (u.Port() == "" || u.Port() == "443") {
		if u.Hostname() == own {
			return policy.Yes
		}
		if u.Hostname() == "sts.amazonaws.com" && k.service == "sts" {
			return k.callsGlobal(variable+" of "+name+" is "+to, remedy)
		}
		rest, service := strings.CutPrefix(u.Hostname(), k.service+".")
		region, _, aws := strings.Cut(rest, ".amazonaws.com")
		if service && aws && region != "" && !strings.Contains(region, ".") {
			k.region = region
			return k.hop(policy.Yes, k.workload.Resource, remedy, "%s of %s is %s, of region %s", variable, name, to, region)
		}
	}
	return k.unset(variable).hop(policy.Indeterminate, k.workload.Resource, remedy, "%s of %s sends requests to %s, and where that leads to is not known", variable, name, to)
}

// callsGlobal goes on to the global host name of STS: only over the internet, to one region of the partition.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_region-endpoints.html
func (k *walk) callsGlobal(why, remedy string) policy.Answer {
	k.region, k.hostRemedy = globalRegion, remedy
	return k.hop(policy.Yes, k.workload.Resource, remedy, "%s: it calls the global host name, which no VPC endpoint has", why)
}

// callsLegacy follows AWS_STS_REGIONAL_ENDPOINTS, which some SDKs read: those for Python and Ruby, and others in old versions.
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-sts-regionalized-endpoints.html
func (k *walk) callsLegacy(value string) policy.Answer {
	name := label(k.workload.Resource)
	why, remedy := "AWS_STS_REGIONAL_ENDPOINTS of "+name+" is "+value, "remove AWS_STS_REGIONAL_ENDPOINTS of "+name
	runtime := text(k.workload.Resource.Properties, "Runtime")
	if value == "legacy" && hasLegacySTS(k.region) && (strings.HasPrefix(runtime, "python") || strings.HasPrefix(runtime, "ruby")) {
		return k.callsGlobal(why, remedy)
	}
	return k.unset("AWS_STS_REGIONAL_ENDPOINTS").hop(policy.Indeterminate, k.workload.Resource, remedy, "%s: whether it calls the regional or the global host name depends on its SDK", why)
}

// hasLegacySTS reports whether the legacy setting means the global host name in a region: it does in those that AWS opened first.
func hasLegacySTS(region string) bool {
	switch region {
	case "ap-northeast-1", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3",
		"sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2":
		return true
	}
	return false
}

// suffix is the domain of AWS's host names in a region.
func suffix(region string) string {
	if strings.HasPrefix(region, "cn-") {
		return ".amazonaws.com.cn"
	}
	return ".amazonaws.com"
}

// resolvesElsewhere reports whether something of the VPC may resolve the service's host name otherwise than AWS does: a private hosted zone, a rule of
// the Route 53 Resolver, its DNS Firewall, or a profile with such.
// https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/hosted-zones-private.html
func (k *walk) resolvesElsewhere() policy.Answer {
	host := k.service + "." + k.region + suffix(k.region)
	if k.region == globalRegion {
		host = "sts.amazonaws.com"
	}
	sum := policy.No
	found := func(r *assembly.Resource, what string) {
		sum = k.hop(policy.Indeterminate, r, "keep "+what+" "+label(r)+" from names of "+host, "%s %s of VPC %s may resolve %s to something else", what, label(r), label(k.vpc), host)
	}
	for _, zone := range k.app.OfType("AWS::Route53::HostedZone") {
		for _, vpc := range list(zone.Properties, "VPCs") {
			if k.is(text(vpc, "VPCId"), k.vpc.Ref) != policy.No && mayHold(text(zone.Properties, "Name"), host) {
				found(zone, "private hosted zone")
			}
		}
	}
	for _, association := range k.app.OfType("AWS::Route53Resolver::ResolverRuleAssociation") {
		if k.is(text(association.Properties, "VPCId"), k.vpc.Ref) == policy.No {
			continue
		}
		domain := policy.Unresolved("domain")
		for _, rule := range k.app.OfType("AWS::Route53Resolver::ResolverRule") {
			if id := text(association.Properties, "ResolverRuleId"); id == rule.Ref || id == attribute(rule, "ResolverRuleId") {
				domain = text(rule.Properties, "DomainName")
			}
		}
		if mayHold(domain, host) {
			found(association, "resolver rule")
		}
	}
	for _, association := range k.app.OfType("AWS::Route53Resolver::FirewallRuleGroupAssociation") {
		if k.is(text(association.Properties, "VpcId"), k.vpc.Ref) != policy.No {
			found(association, "DNS firewall")
		}
	}
	for _, association := range k.app.OfType("AWS::Route53Profiles::ProfileAssociation") {
		if k.is(text(association.Properties, "ResourceId"), k.vpc.Ref) != policy.No && k.profileMayHold(text(association.Properties, "ProfileId"), host) {
			found(association, "Route 53 profile")
		}
	}
	return sum
}

// profileMayHold reports whether a Route 53 profile may have the answer for a host name: by a hosted zone, a resolver rule or an endpoint for it, or by a
// firewall. So may a profile, or something in it, that no template defines.
// https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/profiles.html
func (k *walk) profileMayHold(id, host string) bool {
	is := func(written string) func(*assembly.Resource) bool {
		return func(p *assembly.Resource) bool { return written == p.Ref || written == attribute(p, "Id") }
	}
	profile := slices.IndexFunc(k.app.OfType("AWS::Route53Profiles::Profile"), is(id))
	if profile < 0 {
		return true
	}
	own := k.app.OfType("AWS::Route53Profiles::Profile")[profile]
	for _, one := range k.app.OfType("AWS::Route53Profiles::ProfileResourceAssociation") {
		in := text(one.Properties, "ProfileId")
		other := slices.ContainsFunc(k.app.OfType("AWS::Route53Profiles::Profile"), func(p *assembly.Resource) bool { return p != own && is(in)(p) })
		if !other && (is(in)(own) || !policy.IsKnown(in)) && k.mayResolve(text(one.Properties, "ResourceArn"), host) {
			return true
		}
	}
	return false
}

// mayResolve reports whether what a profile has may have the answer for a host name.
func (k *walk) mayResolve(name, host string) bool {
	for kind, domain := range map[string]string{"AWS::Route53::HostedZone": "Name", "AWS::Route53Resolver::ResolverRule": "DomainName"} {
		for _, r := range k.app.OfType(kind) {
			if strings.HasSuffix(name, "/"+r.Ref) || name == attribute(r, "Arn") {
				return mayHold(text(r.Properties, domain), host)
			}
		}
	}
	for _, e := range k.endpoint {
		if strings.HasSuffix(name, "/"+e.Resource.Ref) {
			return e.serves(k.service, k.region) != policy.No
		}
	}
	return true
}

// mayHold reports whether a domain may have the answer for a host name, or for a bucket's or an account's host name below it.
func mayHold(domain, host string) bool {
	domain = strings.TrimSuffix(strings.ToLower(domain), ".")
	return !policy.IsKnown(domain) || domain == "" || host == domain || strings.HasSuffix(host, "."+domain) || strings.HasSuffix(domain, "."+host)
}
