package network

import (
	"strings"
	"testing"
)

// set gives the function environment variables and a runtime.
func set(variables string) change {
	return change{"      Role: !GetAtt Role.Arn\n      VpcConfig:", "      Role: !GetAtt Role.Arn\n      Environment: {Variables: {" + variables + "}}\n      VpcConfig:"}
}

func runtime(name, variables string) change {
	return change{"      Role: !GetAtt Role.Arn\n      VpcConfig:", "      Runtime: " + name + "\n      Role: !GetAtt Role.Arn\n      Environment: {Variables: {" + variables + "}}\n      VpcConfig:"}
}

func TestHostNamesOfTheEnvironment(t *testing.T) {
	ask(t,
		question{name: "the global host name", changes: []change{set("AWS_ENDPOINT_URL_STS: 'https://sts.amazonaws.com'"), withoutNat}, service: "sts", reaches: "no",
			remedy: "remove AWS_ENDPOINT_URL_STS of Function, or set it to https://sts.eu-west-1.amazonaws.com; or add a NAT gateway"},
		question{name: "the global host name, over the internet", changes: []change{set("AWS_ENDPOINT_URL_STS: 'https://sts.amazonaws.com'")}, service: "sts",
			reaches: "yes", says: "it calls the global host name, which no VPC endpoint has"},
		question{name: "is of one service", changes: []change{set("AWS_ENDPOINT_URL_STS: 'https://sts.amazonaws.com'")}, service: "s3", reaches: "yes", through: "S3"},
		question{name: "the service's own", changes: []change{set("AWS_ENDPOINT_URL_STS: 'https://sts.eu-west-1.amazonaws.com/'")}, service: "sts", reaches: "yes", through: "Sts"},
		question{name: "of another region", changes: []change{set("AWS_ENDPOINT_URL_STS: 'https://sts.us-east-1.amazonaws.com'"), withoutNat}, service: "sts", reaches: "no",
			remedy: "serves its own region eu-west-1 only, and not us-east-1"},
		question{name: "of somebody", changes: []change{set("AWS_ENDPOINT_URL_S3: 'https://minio.example.com'")}, service: "s3", reaches: "unknown",
			says: "AWS_ENDPOINT_URL_S3 of Function sends requests to https://minio.example.com", remedy: "set it to https://s3.eu-west-1.amazonaws.com"},
		question{name: "of somebody, for all services", changes: []change{set("AWS_ENDPOINT_URL: 'http://localhost:4566'")}, service: "sts", reaches: "unknown",
			says: "AWS_ENDPOINT_URL of Function sends requests to http://localhost:4566"},
		question{name: "without TLS", changes: []change{set("AWS_ENDPOINT_URL_STS: 'http://sts.eu-west-1.amazonaws.com'")}, service: "sts", reaches: "unknown"},
		question{name: "ignored", changes: []change{set("AWS_ENDPOINT_URL: 'http://localhost:4566', AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true'")}, service: "sts", reaches: "yes", through: "Sts"},
		question{name: "unresolved", changes: []change{set("AWS_ENDPOINT_URL_STS: '{{resolve:ssm:/url}}'")}, service: "sts", reaches: "unknown"},
		question{name: "a service with a name of its own", changes: []change{set("AWS_ENDPOINT_URL_SECRETS_MANAGER: 'https://vault.example.com'")}, service: "secretsmanager",
			reaches: "unknown", says: "AWS_ENDPOINT_URL_SECRETS_MANAGER"},
		question{name: "a proxy", changes: []change{set("HTTPS_PROXY: 'http://10.0.0.9:3128'")}, service: "s3", reaches: "unknown", says: "sends requests to proxy http://10.0.0.9:3128"},
		question{name: "certificates of its own", changes: []change{set("AWS_CA_BUNDLE: /opt/ca.pem")}, service: "s3", reaches: "unknown",
			says: "AWS_CA_BUNDLE of Function is /opt/ca.pem, and what the SDK reads by it", remedy: "remove AWS_CA_BUNDLE of Function"},
		question{name: "a profile", changes: []change{set("AWS_PROFILE: lake")}, service: "sts", reaches: "unknown", says: "AWS_PROFILE of Function is lake"},
		question{name: "FIPS", changes: []change{set("AWS_USE_FIPS_ENDPOINT: 'true'")}, service: "sts", reaches: "unknown", remedy: "remove AWS_USE_FIPS_ENDPOINT of Function"},
		question{name: "no FIPS", changes: []change{set("AWS_USE_FIPS_ENDPOINT: 'false'")}, service: "sts", reaches: "yes", through: "Sts"},
		question{name: "dual stack", changes: []change{set("AWS_USE_DUALSTACK_ENDPOINT: 'true'")}, service: "sts", reaches: "unknown"},
		question{name: "legacy STS, in Python", changes: []change{runtime("python3.13", "AWS_STS_REGIONAL_ENDPOINTS: legacy"), withoutNat}, service: "sts", reaches: "no",
			remedy: "remove AWS_STS_REGIONAL_ENDPOINTS of Function"},
		question{name: "legacy STS, in Go", changes: []change{runtime("provided.al2023", "AWS_STS_REGIONAL_ENDPOINTS: legacy")}, service: "sts", reaches: "unknown",
			says: "depends on its SDK"},
		question{name: "legacy STS is of STS", changes: []change{runtime("python3.13", "AWS_STS_REGIONAL_ENDPOINTS: legacy")}, service: "s3", reaches: "yes", through: "S3"},
		question{name: "regional STS", changes: []change{runtime("python3.13", "AWS_STS_REGIONAL_ENDPOINTS: regional")}, service: "sts", reaches: "yes", through: "Sts"},
		question{name: "other variables", changes: []change{set("STAGE: prod")}, service: "sts", reaches: "yes", through: "Sts"},
	)
}

func TestPrivateHostedZones(t *testing.T) {
	zone := func(name string) change {
		return add("  Zone: {Type: 'AWS::Route53::HostedZone', Properties: {Name: '" + name + "', VPCs: [{VPCId: !Ref Vpc, VPCRegion: eu-west-1}]}}")
	}
	ask(t,
		question{name: "of the service", changes: []change{zone("sts.eu-west-1.amazonaws.com")}, service: "sts", reaches: "unknown",
			says: "private hosted zone Zone of VPC Vpc may resolve sts.eu-west-1.amazonaws.com to something else", remedy: "keep private hosted zone Zone from names of sts.eu-west-1"},
		question{name: "of all services", changes: []change{zone("Amazonaws.com.")}, service: "sts", reaches: "unknown"},
		question{name: "of one bucket", changes: []change{zone("lake.s3.eu-west-1.amazonaws.com")}, service: "s3", reaches: "unknown"},
		question{name: "of another service", changes: []change{zone("sqs.eu-west-1.amazonaws.com")}, service: "sts", reaches: "yes", through: "Sts"},
		question{name: "of another region", changes: []change{zone("sts.us-east-1.amazonaws.com")}, service: "sts", reaches: "yes", through: "Sts"},
		question{name: "of one's own", changes: []change{zone("corp.example.com")}, service: "sts", reaches: "yes", through: "Sts"},
		question{name: "with an unresolved name", changes: []change{zone("{{resolve:ssm:/zone}}")}, service: "sts", reaches: "unknown"},
		question{name: "public", changes: []change{add("  Zone: {Type: 'AWS::Route53::HostedZone', Properties: {Name: sts.eu-west-1.amazonaws.com}}")}, service: "sts",
			reaches: "yes", through: "Sts"},
		question{name: "of another VPC", changes: []change{add("  Other: {Type: 'AWS::EC2::VPC', Properties: {CidrBlock: 10.9.0.0/16}}\n" +
			"  Zone: {Type: 'AWS::Route53::HostedZone', Properties: {Name: sts.eu-west-1.amazonaws.com, VPCs: [{VPCId: !Ref Other}]}}")}, service: "sts",
			reaches: "yes", through: "Sts"},
		question{name: "the global name", changes: []change{zone("sts.amazonaws.com"), set("AWS_ENDPOINT_URL_STS: 'https://sts.amazonaws.com'")}, service: "sts", reaches: "unknown"},
		question{name: "a resolver rule", changes: []change{add("  Rule: {Type: 'AWS::Route53Resolver::ResolverRule', Properties: {DomainName: amazonaws.com, RuleType: FORWARD}}\n" +
			"  Link: {Type: 'AWS::Route53Resolver::ResolverRuleAssociation', Properties: {VPCId: !Ref Vpc, ResolverRuleId: !GetAtt Rule.ResolverRuleId}}")}, service: "sts",
			reaches: "unknown", says: "resolver rule Link"},
		question{name: "a resolver rule of one's own domain", changes: []change{add("  Rule: {Type: 'AWS::Route53Resolver::ResolverRule', Properties: {DomainName: example.com, RuleType: FORWARD}}\n" +
			"  Link: {Type: 'AWS::Route53Resolver::ResolverRuleAssociation', Properties: {VPCId: !Ref Vpc, ResolverRuleId: !GetAtt Rule.ResolverRuleId}}")}, service: "sts",
			reaches: "yes", through: "Sts"},
		question{name: "a DNS firewall", changes: []change{add("  Wall: {Type: 'AWS::Route53Resolver::FirewallRuleGroupAssociation', Properties: {VpcId: !Ref Vpc, FirewallRuleGroupId: rslvr-frg-1, Priority: 101}}")},
			service: "sts", reaches: "unknown", says: "DNS firewall Wall"},
	)
}

func TestProfilesOfRoute53(t *testing.T) {
	profile := func(id, resources string) []change {
		return []change{add("  Profile: {Type: 'AWS::Route53Profiles::Profile', Properties: {Name: p}}\n" +
			"  Link: {Type: 'AWS::Route53Profiles::ProfileAssociation', Properties: {Name: l, ProfileId: " + id + ", ResourceId: !Ref Vpc}}\n" + resources)}
	}
	has := func(resource string) string {
		return "  Has: {Type: 'AWS::Route53Profiles::ProfileResourceAssociation', Properties: {Name: h, ProfileId: !Ref Profile, ResourceArn: " + resource + "}}\n"
	}
	zone := func(name string) string {
		return has("!Sub 'arn:aws:route53:::hostedzone/${Zone}'") + "  Zone: {Type: 'AWS::Route53::HostedZone', Properties: {Name: " + name + ", VPCs: [{VPCId: !Ref Hub, VPCRegion: eu-west-1}]}}\n" +
			"  Hub: {Type: 'AWS::EC2::VPC', Properties: {CidrBlock: 10.8.0.0/16}}\n"
	}
	rule := func(name string) string {
		return has("!GetAtt Rule.Arn") + "  Rule: {Type: 'AWS::Route53Resolver::ResolverRule', Properties: {RuleType: FORWARD, DomainName: " + name + "}}\n"
	}
	another := "  Another: {Type: 'AWS::Route53Profiles::Profile', Properties: {Name: q}}\n"
	for name, c := range map[string]struct {
		changes []change
		fine    bool
	}{
		"of somebody":                      {profile("rp-1", ""), false},
		"of one's own":                     {profile("!Ref Profile", ""), true},
		"by attribute":                     {profile("!GetAtt Profile.Id", ""), true},
		"a zone for the service":           {profile("!Ref Profile", zone("sts.eu-west-1.amazonaws.com")), false},
		"a zone of one's own":              {profile("!Ref Profile", zone("corp.example.com")), true},
		"a rule for all services":          {profile("!Ref Profile", rule("amazonaws.com")), false},
		"a rule of one's own domain":       {profile("!Ref Profile", rule("example.com")), true},
		"a firewall":                       {profile("!Ref Profile", has("'arn:aws:route53resolver:eu-west-1:111111111111:firewall-rule-group/rslvr-frg-1'")), false},
		"the endpoint of the service":      {profile("!Ref Profile", has("!Sub 'arn:aws:ec2:eu-west-1:111111111111:vpc-endpoint/${Sts}'")), false},
		"the endpoint of another service":  {profile("!Ref Profile", has("!Sub 'arn:aws:ec2:eu-west-1:111111111111:vpc-endpoint/${S3}'")), true},
		"something in an unknown profile":  {profile("!Ref Profile", strings.Replace(zone("amazonaws.com"), "!Ref Profile", "'{{resolve:ssm:/p}}'", 1)), false},
		"something in another profile":     {profile("!Ref Profile", another+strings.Replace(zone("amazonaws.com"), "!Ref Profile", "!Ref Another", 1)), true},
		"something in an imported profile": {profile("!Ref Profile", strings.Replace(zone("amazonaws.com"), "!Ref Profile", "rp-1", 1)), true},
		"of another VPC":                   {[]change{add("  Other: {Type: 'AWS::EC2::VPC', Properties: {CidrBlock: 10.9.0.0/16}}\n  Link: {Type: 'AWS::Route53Profiles::ProfileAssociation', Properties: {Name: l, ProfileId: rp-1, ResourceId: !Ref Other}}")}, true},
	} {
		q := question{name: name, changes: c.changes, service: "sts", reaches: "unknown", says: "Route 53 profile Link of VPC Vpc may resolve sts.eu-west-1.amazonaws.com", remedy: "keep Route 53 profile Link"}
		if c.fine {
			q = question{name: name, changes: c.changes, service: "sts", reaches: "yes", through: "Sts"}
		}
		q.run(t)
	}
}
