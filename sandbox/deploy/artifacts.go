package deploy

import (
	"encoding/json"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// artifact is what a manifest says of a stack beside what package assembly reads.
type artifact struct {
	// id is how the CDK command line selects it.
	id string
	// bootstrapped says that it takes an environment that is bootstrapped, with this qualifier.
	bootstrapped bool
	qualifier    string
}

// readArtifacts reads the stacks of an assembly and of those in it, by the paths of their templates.
// https://github.com/aws/aws-cdk-cli/blob/main/packages/@aws-cdk/cloud-assembly-schema/schema/cloud-assembly.schema.json
func readArtifacts(dir string) (map[string]artifact, error) {
	all := map[string]artifact{}
	return all, addArtifacts(all, dir, "")
}

func addArtifacts(all map[string]artifact, dir, within string) error {
	file := filepath.Join(dir, within, "manifest.json")
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("read the assembly: %w", err)
	}
	var manifest struct {
		Artifacts map[string]struct {
			Type, DisplayName string
			Properties        struct {
				TemplateFile, DirectoryName, AssumeRoleARN, BootstrapStackVersionSSMParameter string
				RequiresBootstrapStackVersion                                                 int
			}
		}
	}
	if err := json.Unmarshal(text, &manifest); err != nil {
		return fmt.Errorf("read %s: %w", file, err)
	}
	for id, a := range manifest.Artifacts {
		switch p := a.Properties; a.Type {
		case "aws:cloudformation:stack":
			if a.DisplayName != "" {
				id, _, _ = strings.Cut(a.DisplayName, " (")
			}
			all[path.Join(within, p.TemplateFile)] = artifact{
				id: id, bootstrapped: p.AssumeRoleARN != "" || p.RequiresBootstrapStackVersion > 0,
				qualifier: qualifier(p.BootstrapStackVersionSSMParameter),
			}
		case "cdk:cloud-assembly":
			if !filepath.IsLocal(p.DirectoryName) {
				return fmt.Errorf("read %s: found directory %q of a nested assembly, expected one inside of it", file, p.DirectoryName)
			}
			if err := addArtifacts(all, dir, path.Join(within, p.DirectoryName)); err != nil {
				return err
			}
		}
	}
	return nil
}

// defaultQualifier is that of the CDK. https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-customizing.html
const defaultQualifier = "hnb659fds"

// qualifier is that of a bootstrapped environment, by the name of the parameter that has its version.
func qualifier(parameter string) string {
	rest, ok := strings.CutPrefix(parameter, "/cdk-bootstrap/")
	if q, _, found := strings.Cut(rest, "/"); ok && found && q != "" {
		return q
	}
	return defaultQualifier
}
