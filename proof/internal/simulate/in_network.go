package simulate

import (
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/accounts"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// Requests to a resource at its own address, instead of to its service, and what such a resource decides besides policies.

// isData reports whether an action is a request to the data of a domain of OpenSearch Service, or a mount of a file system.
func isData(action string) (search, files bool) {
	action = strings.ToLower(action)
	return strings.HasPrefix(action, "es:eshttp") || strings.HasPrefix(action, "es:escrosscluster"), strings.HasPrefix(action, "elasticfilesystem:client")
}

// inNetwork adds the way to the data of a resource that is in a network: of a domain in a VPC, and of a file system. Neither is followed. false for any other.
func (w walk) inNetwork(a model.Access) bool {
	of, ok := w.model.Accounts.ResourceOf(a.Resource)
	search, files := isData(a.Action)
	if !ok || !files && (!search || of.Properties["VPCOptions"] == nil) {
		return false
	}
	w.add(Hop{What: "route to " + policy.Readable(accounts.DisplayName(of.Resource)), Passes: policy.Indeterminate,
		Says:   []string{"unknown: requests go to addresses of " + policy.Readable(accounts.DisplayName(of.Resource)) + " in a VPC, and the routes and security groups on this way are not followed"},
		remedy: []string{"try this once it is deployed: the proof follows routes to AWS services, and not to addresses in a VPC"}, where: []*assembly.Resource{of.Resource}})
	return true
}

// mounts adds the decision on a mount of a file system without a policy, which lets in whoever reaches it. false for any other request.
// https://docs.aws.amazon.com/efs/latest/ug/iam-access-control-nfs-efs.html
func (w walk) mounts(a model.Access, of *accounts.Resource) bool {
	if _, files := isData(a.Action); !files || of.Policy != nil {
		return false
	}
	w.add(Hop{What: a.Action + " on " + policy.Readable(a.Resource), Passes: policy.Yes,
		Says: []string{"allowed: " + policy.Readable(accounts.DisplayName(of.Resource)) + " has no policy, so that whoever reaches one of its mount targets has all access"}})
	return true
}

// fineGrained adds what a domain decides by its own users and roles, which no template has. Its master user has all access.
// https://docs.aws.amazon.com/opensearch-service/latest/developerguide/fgac.html
func (w walk) fineGrained(caller string, a model.Access, of *accounts.Resource) {
	options, _ := of.Properties["AdvancedSecurityOptions"].(map[string]any)
	search, _ := isData(a.Action)
	if enabled := options["Enabled"]; !search || enabled == nil || enabled == false || enabled == "false" {
		return
	}
	if master, _ := options["MasterUserOptions"].(map[string]any); caller != "anonymous" && master["MasterUserARN"] == caller {
		return
	}
	w.add(Hop{What: "fine-grained access control of " + policy.Readable(accounts.DisplayName(of.Resource)), Passes: policy.Indeterminate,
		Says:   []string{"unknown: the domain decides by its own roles and their mapping, too, which are in no template"},
		remedy: []string{"see which role of the domain " + policy.Readable(caller) + " is mapped to"}, where: []*assembly.Resource{of.Resource}})
}
