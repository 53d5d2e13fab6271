package crossaccount

import (
	"encoding/json"
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/contract"
)

// record writes the grant into the template's metadata, where the proof reads it, under [contract.Grant.MetadataKey].
func record(stack awscdk.Stack, half contract.Half, g contract.Grant) {
	document, _ := json.Marshal(g) // a Grant is plain data
	var value any
	_ = json.Unmarshal(document, &value)
	stack.AddMetadata(jsii.String(g.MetadataKey(half)), value)
}

// recordClosed writes the services whose endpoints the grant has restricted, beside the source half.
func recordClosed(stack awscdk.Stack, g contract.Grant, services []string) {
	if len(services) > 0 {
		stack.AddMetadata(jsii.String(g.MetadataKey(contract.ClosedEndpoints)), sortedUnique(services))
	}
}

// entry is one grant in an app's register.
type entry struct {
	Directory string // of the assembly that it is in
	Creates   bool   // whether it creates its role
	Grant     contract.Grant
}

// register notes a grant in the app, so that contract.json is written at synthesis, into each assembly with the grants that are in it. It
// errs if the grant would create a role that another one of the app creates, in whatever stack: that would fail at deployment.
func register(scope constructs.Construct, directory string, g contract.Grant, creates bool) error {
	const id = "CrossGrantContract"
	root := scope.Node().Root()
	var node constructs.Node
	if child := root.Node().TryFindChild(jsii.String(id)); child != nil {
		node = child.Node()
	} else {
		node = constructs.NewConstruct(root.(constructs.Construct), jsii.String(id)).Node()
		node.AddValidation(&contractWriter{node})
	}
	all, err := registered(node)
	if err != nil {
		return err
	}
	for _, other := range all {
		if other.Directory == directory && other.Grant.Key() == g.Key() && other.Grant.Target.Account != g.Target.Account {
			return fmt.Errorf("Name: found %q and Stage: %q for accounts %s and %s in one region, expected another Name or Stage for one of them: contract.json tells grants apart by these",
				g.Name, g.Stage, other.Grant.Target.Account, g.Target.Account)
		}
		if creates && other.Creates && other.Grant.RoleARN == g.RoleARN {
			return fmt.Errorf("Name: found %q and Stage: %q, which give the role %s that another grant of this app has; expected a name of its own", g.Name, g.Stage, g.RoleARN)
		}
	}
	document, err := json.Marshal(entry{directory, creates, g})
	if err != nil {
		return fmt.Errorf("write the app's register of grants: %w", err)
	}
	node.AddMetadata(jsii.String("crossgrant:grant"), string(document), nil)
	return nil
}

func registered(node constructs.Node) (all []entry, err error) {
	for _, noted := range *node.Metadata() {
		var e entry
		if err := json.Unmarshal([]byte(fmt.Sprint(noted.Data)), &e); err != nil {
			return nil, fmt.Errorf("read the app's register of grants: %w", err)
		}
		all = append(all, e)
	}
	return all, nil
}
