package escalation

import (
	"github.com/crossgrant/crossgrant/internal/authorization"
	"github.com/crossgrant/crossgrant/proof/internal/inventory"
)

// Which actions change access to what is guarded though they are on no resource of its type: the Service Authorization Reference has no resource
// types for them, so policies permit them on "*".

// opening are those that surely do.
// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutPermission.html
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_PutPublicAccessBlock.html
var opening = map[string]bool{"events:PutPermission": true, "events:RemovePermission": true, "s3:PutAccountPublicAccessBlock": true}

// unbound are the actions without a resource type by which the service of something guarded changes permissions. Of those that nobody listed it is
// not known whether they change access to it.
func unbound(g *inventory.Guarded) []trial {
	service := serviceOf(g)
	switch g.Kind {
	case inventory.Data, inventory.Key, inventory.Channel:
	default:
		return nil
	}
	if service == "events" && g.Type != "AWS::Events::EventBus" {
		return nil // rules have no permissions of their own
	}
	var all []trial
	for _, action := range authorization.Of(service) {
		if action.Level != authorization.PermissionsManagement || len(action.Resources) > 0 {
			continue
		}
		t := trial{action: action.Name, level: action.Level, on: []target{{arn: "*"}}}
		if !opening[action.Name] {
			t.says = "unknown: " + action.Name + " is on no resource, so it may change who has access to this one"
		}
		all = append(all, t)
		if g.ARN != "" { // where AWS accepts its ARN, though the reference does not say so
			t.on, t.says = []target{{arn: g.ARN}}, "unknown: the Service Authorization Reference has no resource type for "+action.Name+", so a policy may permit it on all resources only"
			all = append(all, t)
		}
	}
	return all
}
