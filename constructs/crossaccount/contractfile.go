package crossaccount

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/contract"
)

// contractWriter writes contract.json. It is a validation since that is when CDK calls back, with the tree complete.
type contractWriter struct{ register constructs.Node }

// Validate writes contract.json and its schema into each assembly that has grants, and returns an error if that is not possible.
func (w *contractWriter) Validate() *[]*string {
	problems := []*string{}
	all, err := registered(w.register)
	if err != nil {
		return jsii.Strings(err.Error())
	}
	byDirectory := map[string][]contract.Grant{}
	for _, e := range all {
		byDirectory[e.Directory] = append(byDirectory[e.Directory], e.Grant)
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
