package crossaccount

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/place"
)

// writeMetadata writes the grant into the template's metadata, where the proof reads it, under [contract.Grant.MetadataKey].
func writeMetadata(stack awscdk.Stack, half contract.Half, g contract.Grant) {
	document, _ := json.Marshal(g) // a Grant is plain data
	var value any
	_ = json.Unmarshal(document, &value)
	stack.AddMetadata(jsii.String(g.MetadataKey(half)), value)
}

// writeRestricted writes the services whose endpoints the grant has restricted, beside the source half.
func writeRestricted(stack awscdk.Stack, g contract.Grant, services []string) {
	if len(services) > 0 {
		stack.AddMetadata(jsii.String(g.MetadataKey(contract.ClosedEndpoints)), sortedUnique(services))
	}
}

// registration is one grant of an app.
type registration struct {
	Directory string // of the assembly that the grant is in
	Creates   bool   // whether the grant creates its role
	Grant     contract.Grant
}

// register has the grants of a construct tree, and writes contract.json. It is a validation, since CDK runs these when the tree is complete.
type register struct{ grants []registration }

// registers are those of each construct tree, by its root. jsii keeps every object as long as the process lives, so that keeping the roots here
// costs nothing more.
var registers = struct {
	sync.Mutex
	byRoot map[constructs.IConstruct]*register
}{byRoot: map[constructs.IConstruct]*register{}}

// add records a grant in the app, so that synthesis writes contract.json into each assembly with the grants that are in it. It errs if
// the grant would create a role that another grant of the app creates, in whichever stack: that would fail at deployment.
func add(scope constructs.Construct, g contract.Grant, creates bool) error {
	registers.Lock()
	defer registers.Unlock()
	root, directory := place.Root(scope), place.Directory(place.Stack(scope))
	r := registers.byRoot[root]
	if r == nil {
		r = &register{}
		registers.byRoot[root] = r
		constructs.NewConstruct(root.(constructs.Construct), jsii.String("CrossGrantContract")).Node().AddValidation(r)
	}
	for _, other := range r.grants {
		if other.Directory == directory && other.Grant.Key() == g.Key() && other.Grant.Target.Account != g.Target.Account {
			return fmt.Errorf("Name: found %q and Stage: %q for accounts %s and %s in one region, expected another Name or Stage for one of them: contract.json identifies a grant by these",
				g.Name, g.Stage, other.Grant.Target.Account, g.Target.Account)
		}
		if creates && other.Creates && other.Grant.RoleARN == g.RoleARN {
			return fmt.Errorf("Name: found %q and Stage: %q, which result in role %s, as another grant of this app does; expected another Name or Stage", g.Name, g.Stage, g.RoleARN)
		}
	}
	r.grants = append(r.grants, registration{directory, creates, g})
	return nil
}

// Validate writes contract.json and its schema into each assembly that has grants, and returns what failed.
func (r *register) Validate() *[]*string {
	problems := []*string{}
	byDirectory := map[string][]contract.Grant{}
	for _, one := range r.grants {
		byDirectory[one.Directory] = append(byDirectory[one.Directory], one.Grant)
	}
	for _, directory := range slices.Sorted(maps.Keys(byDirectory)) {
		if err := writeContract(directory, byDirectory[directory]); err != nil {
			problems = append(problems, jsii.String(err.Error()))
		}
	}
	return &problems
}

func writeContract(directory string, grants []contract.Grant) error {
	document, err := contract.Encode(grants)
	if err != nil {
		return err
	}
	for name, content := range map[string][]byte{contract.FileName: document, contract.SchemaFileName: contract.Schema} {
		if err := os.WriteFile(filepath.Join(directory, name), content, 0o644); err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
	}
	return nil
}
