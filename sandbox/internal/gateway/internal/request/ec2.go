package request

import (
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/internal/authorization"
)

// ec2IDs are the resource types of EC2 by what the IDs of them begin with. A type whose IDs are not here is named by its ARN, or by name, or denied in words.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resource-ids.html
var ec2IDs = map[string]string{
	"acl": "network-acl", "ami": "image", "ari": "image", "aki": "image", "cagw": "carrier-gateway", "cgw": "customer-gateway", "cr": "capacity-reservation", "crf": "capacity-reservation-fleet",
	"cvpn-endpoint": "client-vpn-endpoint", "dopt": "dhcp-options", "eice": "instance-connect-endpoint", "eigw": "egress-only-internet-gateway", "eipalloc": "elastic-ip", "eni": "network-interface",
	"export-ami": "export-image-task", "export-i": "export-instance-task", "afi": "fpga-image", "fl": "vpc-flow-log", "fleet": "fleet", "h": "dedicated-host", "hr": "host-reservation",
	"i": "instance", "iew": "instance-event-window", "igw": "internet-gateway", "import-ami": "import-image-task", "import-snap": "import-snapshot-task", "ipam": "ipam",
	"ipam-pool": "ipam-pool", "ipam-pool-alloc": "ipam-pool-allocation", "ipam-res-disco": "ipam-resource-discovery", "ipam-res-disco-assoc": "ipam-resource-discovery-association", "ipam-scope": "ipam-scope",
	"ipv4pool-ec2": "ipv4pool-ec2", "ipv6pool-ec2": "ipv6pool-ec2", "key": "key-pair", "lgw": "local-gateway", "lgw-rtb": "local-gateway-route-table", "lt": "launch-template", "nat": "natgateway",
	"nia": "network-insights-analysis", "nip": "network-insights-path", "nis": "network-insights-access-scope", "nisa": "network-insights-access-scope-analysis", "pcx": "vpc-peering-connection",
	"pg": "placement-group", "pl": "prefix-list", "replacevol": "replace-root-volume-task", "rs": "route-server", "rse": "route-server-endpoint", "rsp": "route-server-peer", "rtb": "route-table",
	"scr": "subnet-cidr-reservation", "sfr": "spot-fleet-request", "sg": "security-group", "sgr": "security-group-rule", "sir": "spot-instances-request", "snap": "snapshot", "subnet": "subnet",
	"tgw": "transit-gateway", "tgw-attach": "transit-gateway-attachment", "tgw-connect-peer": "transit-gateway-connect-peer", "tgw-mcast-domain": "transit-gateway-multicast-domain",
	"tgw-ptb": "transit-gateway-policy-table", "tgw-rtb": "transit-gateway-route-table", "tgw-rtb-ann": "transit-gateway-route-table-announcement", "tmf": "traffic-mirror-filter",
	"tmfr": "traffic-mirror-filter-rule", "tms": "traffic-mirror-session", "tmt": "traffic-mirror-target", "vae": "verified-access-endpoint", "vagr": "verified-access-group",
	"vai": "verified-access-instance", "vatp": "verified-access-trust-provider", "vgw": "vpn-gateway", "vol": "volume", "vpc": "vpc", "vpce": "vpc-endpoint", "vpce-svc": "vpc-endpoint-service",
	"vpn": "vpn-connection",
}

// ec2Names are the resource types of EC2 that have names as well, by the parameter.
var ec2Names = map[string]string{"KeyName": "key-pair", "Placement.GroupName": "placement-group", "LaunchSpecification.KeyName": "key-pair"}

// ec2Creates are the types of what operations create whose names do not say so.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
var ec2Creates = map[string][]string{
	"RunInstances": {"instance", "network-interface", "volume"}, "CopyImage": {"image", "snapshot"}, "CreateImage": {"image", "snapshot"}, "RegisterImage": {"image"}, "ImportImage": {"image"},
	"CopySnapshot": {"snapshot"}, "ImportSnapshot": {"snapshot", "import-snapshot-task"}, "CreateSnapshots": {"snapshot"}, "AllocateAddress": {"elastic-ip"}, "AllocateHosts": {"dedicated-host"},
	"ImportKeyPair": {"key-pair"}, "CreateFlowLogs": {"vpc-flow-log"}, "CreateNatGateway": {"natgateway"}, "RequestSpotInstances": {"spot-instances-request"}, "RequestSpotFleet": {"spot-fleet-request"},
	"CreateManagedPrefixList": {"prefix-list"}, "CreateVpcEndpointServiceConfiguration": {"vpc-endpoint-service"}, "CreateTransitGatewayVpcAttachment": {"transit-gateway-attachment"},
	"CreateTransitGatewayPeeringAttachment": {"transit-gateway-attachment"}, "CreateTransitGatewayConnect": {"transit-gateway-attachment"}, "CopyFpgaImage": {"fpga-image"},
	"AllocateIpamPoolCidr": {"ipam-pool-allocation"}, "CreateInstanceExportTask": {"export-instance-task"}, "CopyVolumes": {"volume"}, "AuthorizeSecurityGroupIngress": {"security-group-rule"},
	"AuthorizeSecurityGroupEgress": {"security-group-rule"}, "CreatePublicIpv4Pool": {"ipv4pool-ec2"}, "AttachNetworkInterface": nil, "StartNetworkInsightsAnalysis": {"network-insights-analysis"},
	"StartNetworkInsightsAccessScopeAnalysis": {"network-insights-access-scope-analysis"}, "RestoreSnapshotFromRecycleBin": nil,
}

// ec2Ignored are parameters whose values name nothing that the request is on: filters, tags, and in rules of security groups whom they let in.
var ec2Ignored = []string{"Filter.", "TagSpecification.", "Tag.", "IpPermissions.", "SecurityGroupRule.", "SourceSecurityGroup", "ClientToken", "Description", "UserData", "DryRun", "NextToken", "PolicyDocument"}

// readEC2 reads a request to EC2: its parameters name what it is on by IDs, which say of which type that is.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
func readEC2(q *Request, at Place, tables Tables) error {
	action, ok := authorization.Lookup("ec2:" + q.Operation)
	if !ok {
		return unknown("found operation %s of ec2, of which the Service Authorization Reference of %s has no action", q.Operation, authorization.Date())
	}
	context, err := tagContext(q.Parameters)
	if err != nil {
		return err
	}
	if len(action.Resources) == 0 {
		q.ask(action.Name, "*", context)
		return nil
	}
	if strings.HasSuffix(q.Operation, "Instances") || strings.HasSuffix(q.Operation, "Fleet") {
		for name := range q.Parameters { // which has what the instances are to be on
			if strings.HasPrefix(name, "LaunchTemplate") {
				return unknown("found %s with %s, expected the parameters themselves: this sandbox does not read launch templates", q.Operation, name)
			}
		}
	}
	resources, created, err := q.ec2Resources(action, at)
	if err != nil {
		return err
	}
	if len(resources) == 0 {
		return unknown("found operation %s of ec2, of which this sandbox does not know the resource", q.Operation)
	}
	for _, one := range resources {
		q.ask(action.Name, one, context)
	}
	if err := q.ec2Tags(created, at); err != nil {
		return err
	}
	return q.ec2Profile(at, tables)
}

// ec2Resources are the ARNs of what a request is on, and the types that it creates.
func (q *Request) ec2Resources(action authorization.Action, at Place) (all, created []string, err error) {
	for name, value := range q.Parameters {
		text, _ := value.(string)
		if text == "" || slices.ContainsFunc(ec2Ignored, func(one string) bool { return strings.HasPrefix(name, one) }) {
			continue
		}
		switch kind := ec2Names[formName(name)]; {
		case strings.HasPrefix(text, "arn:"):
			if fits("ec2", action.Resources, text) {
				all = append(all, text)
			} else if strings.HasSuffix(name, "Arn") && !strings.HasPrefix(name, "IamInstanceProfile.") && len(action.Resources) > 1 {
				return nil, nil, unknown("found operation %s of ec2 with %s %q, which is of no type that the action is on", q.Operation, name, text)
			}
			continue
		case kind != "" && slices.Contains(action.Resources, kind):
			all = append(all, filled("ec2", kind, text, at))
			continue
		}
		if kind := ec2Type(text); slices.Contains(action.Resources, kind) {
			if strings.ContainsAny(text, "*?/:") {
				return nil, nil, malformed("found %s %q, expected an ID", name, text)
			}
			all = append(all, filled("ec2", kind, text, at))
		}
	}
	for _, kind := range q.created(action) {
		created = append(created, kind)
		if one := filled("ec2", kind, "*", at); !slices.Contains(all, one) {
			all = append(all, one)
		}
	}
	slices.Sort(all)
	return slices.Compact(all), created, nil
}

// ec2Type is the resource type of an ID. "" for what is none.
func ec2Type(id string) string {
	prefix, rest := id, ""
	if i := strings.LastIndexByte(id, '-'); i > 0 {
		prefix, rest = id[:i], id[i+1:]
	}
	if rest == "" {
		return ""
	}
	if strings.HasPrefix(id, "fleet-") { // with a UUID
		prefix = "fleet"
	}
	return ec2IDs[prefix]
}

// created are the resource types of what an operation creates: of those of its action the one that it is called after.
func (q *Request) created(action authorization.Action) []string {
	if all, ok := ec2Creates[q.Operation]; ok {
		return all
	}
	noun, isCreation := strings.CutPrefix(strings.ToLower(q.Operation), "create")
	if !isCreation {
		return nil
	}
	for _, kind := range action.Resources {
		if strings.ReplaceAll(kind, "-", "") == noun {
			return []string{kind}
		}
	}
	return nil
}

// ec2Tags asks for the tags that what is created is to have.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/supported-iam-actions-tagging.html
func (q *Request) ec2Tags(created []string, at Place) error {
	specified := map[string]map[string][]string{}
	for name, value := range q.Parameters {
		rest, ok := strings.CutPrefix(name, "TagSpecification.")
		if !ok {
			continue
		}
		index, field, _ := strings.Cut(rest, ".")
		if field == "ResourceType" {
			continue
		}
		kind := q.Parameters.Text("TagSpecification." + index + ".ResourceType")
		if !slices.Contains(created, kind) && !fitsAny(kind) {
			return unknown("found tags for a %q, of which this sandbox does not know the resource", kind)
		}
		if specified[kind] == nil {
			specified[kind] = map[string][]string{"ec2:CreateAction": {q.Operation}}
		}
		front, isKey := strings.CutSuffix(name, ".Key")
		if key, _ := value.(string); isKey {
			specified[kind]["aws:RequestTag/"+key] = []string{q.Parameters.Text(front + ".Value")}
			specified[kind]["aws:TagKeys"] = append(specified[kind]["aws:TagKeys"], key)
		}
	}
	for kind, context := range specified {
		slices.Sort(context["aws:TagKeys"])
		q.ask("CreateTags", filled("ec2", kind, "*", at), context)
		for i := range q.Asks {
			if q.Asks[i].Resource == filled("ec2", kind, "*", at) { // the tags are keys of the creation, too
				for key, values := range context {
					if key != "ec2:CreateAction" {
						q.Asks[i].Context = withAll(q.Asks[i].Context, key, values)
					}
				}
			}
		}
	}
	slices.SortStableFunc(q.Asks, func(a, b Ask) int { return strings.Compare(a.Action+" "+a.Resource, b.Action+" "+b.Resource) })
	return nil
}

func fitsAny(kind string) bool {
	return slices.ContainsFunc(authorization.Types("ec2"), func(t authorization.Type) bool { return t.Name == kind })
}

func withAll(context map[string][]string, key string, values []string) map[string][]string {
	all := map[string][]string{key: values}
	for k, v := range context {
		if k != key {
			all[k] = v
		}
	}
	return all
}

// ec2Profile asks that the role of an instance profile is passed to instances.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_switch-role-ec2_instance-profiles.html
func (q *Request) ec2Profile(at Place, tables Tables) error {
	p := q.Parameters
	profile := p.Text("IamInstanceProfile.Arn")
	if profile == "" {
		profile = p.Text("IamInstanceProfile.Name")
	}
	if profile == "" {
		return nil
	}
	role := tables.Resource(at.Account, "", "iam", "role of instance-profile", profile[strings.LastIndexByte(profile, '/')+1:])
	if role == "" {
		return unknown("found instance profile %q, which no deployed stack has, expected one of a stack, whose role is known", profile)
	}
	q.ask("iam:PassRole", role, map[string][]string{"iam:PassedToService": {"ec2.amazonaws.com"}})
	return nil
}
