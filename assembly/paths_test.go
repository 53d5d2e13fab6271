package assembly_test

import (
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/assembly"
)

// Apps that the CDK's command line does not run, such as those of tests, have construct paths in the metadata of their stacks only.
func TestConstructPathsFromTheMetadataOfTheStack(t *testing.T) {
	const entries = `{"/Prod/S": [{"type": "aws:cdk:templateFile", "data": "S.json"}],
		"/Prod/S/Data/Resource": [{"type": "aws:cdk:acknowledged-rules", "data": {}}, {"type": "aws:cdk:logicalId", "data": "Data1"}],
		"/Prod/S/Topic/Resource": [{"type": "aws:cdk:logicalId", "data": "Twice"}],
		"/Prod/S/Nested/Topic/Resource": [{"type": "aws:cdk:logicalId", "data": "Twice"}]}`
	const withPath = `{"Resources": {"Data1": {"Type": "AWS::S3::Bucket", "Metadata": {"aws:cdk:path": "S/Own/Resource"}}, "Twice": {"Type": "AWS::SNS::Topic"}}}`
	const without = `{"Resources": {"Data1": {"Type": "AWS::S3::Bucket"}, "Twice": {"Type": "AWS::SNS::Topic"}}}`
	for name, c := range map[string]struct{ template, stack, metadata, want, err string }{
		"in a file":                  {without, `"additionalMetadataFile": "S.metadata.json"`, entries, "Prod/S/Data/Resource", ""},
		"in the manifest":            {without, `"metadata": ` + entries, "", "Prod/S/Data/Resource", ""},
		"not where the template has": {withPath, `"additionalMetadataFile": "S.metadata.json"`, entries, "S/Own/Resource", ""},
		"a file that is not there":   {without, `"additionalMetadataFile": "gone.json"`, entries, "", "gone.json"},
		"a file that is no JSON":     {without, `"additionalMetadataFile": "S.metadata.json"`, "[", "", "S.metadata.json: "},
		"nowhere":                    {without, `"metadata": {}`, "", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, "manifest.json", `{"version": "55.0.0", "artifacts": {"S": {"type": "aws:cloudformation:stack",
				"environment": "aws://111122223333/us-west-2", "properties": {"templateFile": "S.json"}, `+c.stack+`}}}`)
			write(t, dir, "S.json", c.template)
			write(t, dir, "S.metadata.json", c.metadata)
			a, err := assembly.Load(dir, assembly.Options{})
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Errorf("found error %v, expected one with %q", err, c.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := resource(t, a, "Data1").Path; got != c.want {
				t.Errorf("found path %q, expected %q", got, c.want)
			}
			if got := resource(t, a, "Twice").Path; got != "" {
				t.Errorf("found path %q of an ID that two resources have, expected none", got)
			}
		})
	}
}
