package assembly_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

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
		"a file that is not there":   {without, `"additionalMetadataFile": "gone.json"`, entries, "", ""},
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

// The IDs are those that the CDK gave: aws-cdk-lib 2.269, of a stack with a bucket, an L1 topic, a bucket whose ID the app chose, and a nested stack that
// has a bucket and a topic of the same names.
const (
	ofStack = `{"Resources": {"Data666C94C7": {"Type": "AWS::S3::Bucket"}, "Topic": {"Type": "AWS::SNS::Topic"}, "Chosen": {"Type": "AWS::S3::Bucket"},
		"InnerNestedStackInnerNestedStackResource745E041B": {"Type": "AWS::CloudFormation::Stack", "Metadata": {"aws:asset:path": "N.json"}}}}`
	ofNested = `{"Resources": {"Data666C94C7": {"Type": "AWS::S3::Bucket"}, "Topic": {"Type": "AWS::SNS::Topic"}}}`
	node     = `{"path": "%s", "attributes": {"aws:cdk:cloudformation:type": "%s"}}`
)

func TestConstructPathsFromTheTree(t *testing.T) {
	dir := t.TempDir()
	entries, nodes := []string{}, []string{}
	for _, c := range []struct{ path, id, kind string }{
		{"Prod/S/Data/Resource", "Data666C94C7", "AWS::S3::Bucket"}, {"Prod/S/Topic", "Topic", "AWS::SNS::Topic"}, {"Prod/S/Other/Resource", "Chosen", "AWS::S3::Bucket"},
		{"Prod/S/Inner.NestedStack/Inner.NestedStackResource", "InnerNestedStackInnerNestedStackResource745E041B", "AWS::CloudFormation::Stack"},
		{"Prod/S/Inner/Data/Resource", "Data666C94C7", "AWS::S3::Bucket"}, {"Prod/S/Inner/Topic", "Topic", "AWS::SNS::Topic"},
		{"Test/S/Data/Resource", "Data666C94C7", "AWS::S3::Bucket"}, {"Test/S/Topic", "Topic", "AWS::SNS::Topic"},
	} {
		if !strings.HasPrefix(c.path, "Test/") {
			entries = append(entries, `"/`+c.path+`": [{"type": "aws:cdk:logicalId", "data": "`+c.id+`"}]`)
		}
		nodes = append(nodes, fmt.Sprintf(`"n%d": `+node, len(nodes), c.path, c.kind))
	}
	write(t, dir, "S.json", ofStack)
	write(t, dir, "N.json", ofNested)
	for name, c := range map[string]struct{ metadata, chosen string }{"metadata": {"{" + strings.Join(entries, ", ") + "}", "Prod/S/Other/Resource"}, "the tree": {"{}", ""}} {
		write(t, dir, "tree.json", `{"version": "tree-0.1", "tree": {"id": "App", "path": "", "children": {"s": {"path": "Prod/S", "children": {`+strings.Join(nodes, ", ")+`}}}}}`)
		write(t, dir, "manifest.json", `{"version": "55.0.0", "artifacts": {"Tree": {"type": "cdk:tree", "properties": {"file": "tree.json"}}, "S": {"type": "aws:cloudformation:stack",
			"environment": "aws://111122223333/us-west-2", "displayName": "Prod/S (Prod-S)", "properties": {"templateFile": "S.json", "stackName": "Prod-S"}, "metadata": `+c.metadata+`}}}`)
		a, err := assembly.Load(dir, assembly.Options{})
		if err != nil {
			t.Fatal(err)
		}
		found := map[string]string{}
		for _, s := range a.Stacks {
			for _, r := range s.Resources {
				found[s.Within+">"+r.LogicalID] = r.Path
			}
		}
		expected := map[string]string{
			">Data666C94C7": "Prod/S/Data/Resource", ">Topic": "Prod/S/Topic", ">Chosen": c.chosen,
			">InnerNestedStackInnerNestedStackResource745E041B":             "Prod/S/Inner.NestedStack/Inner.NestedStackResource",
			"InnerNestedStackInnerNestedStackResource745E041B>Data666C94C7": "Prod/S/Inner/Data/Resource", "InnerNestedStackInnerNestedStackResource745E041B>Topic": "Prod/S/Inner/Topic",
		}
		if diff := cmp.Diff(expected, found); diff != "" {
			t.Errorf("by %s (-expected +found):\n%s", name, diff)
		}
	}
	// A template by itself has the paths of the assembly beside it, where only one stack can be meant.
	alone, err := assembly.LoadTemplates(assembly.TemplateFile{Path: dir + "/S.json", StackName: "Dump"})
	if err != nil {
		t.Fatal(err)
	}
	if found := resource(t, alone, "InnerNestedStackInnerNestedStackResource745E041B").Path; found != "Prod/S/Inner.NestedStack/Inner.NestedStackResource" {
		t.Errorf("found path %q", found)
	}
	if err := os.Remove(dir + "/manifest.json"); err != nil {
		t.Fatal(err)
	}
	write(t, dir, "tree.json", "[")
	if _, err := assembly.LoadTemplates(assembly.TemplateFile{Path: dir + "/S.json", StackName: "Dump"}); err != nil {
		t.Errorf("found %v, expected what is not of the CDK beside a template to be left alone", err)
	}
}
