package assembly_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/crossgrant/crossgrant/assembly"
)

// Any template is loaded or refused, soon, and with the same result each time.
func FuzzJSON(f *testing.F) { fuzz(f, "t.json") }

func FuzzYAML(f *testing.F) { fuzz(f, "t.yaml") }

func fuzz(f *testing.F, name string) {
	for _, pattern := range []string{"testdata/app/*.json", "testdata/app/*/*.json", "testdata/shapes/*"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			document, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(document)
		}
	}
	for _, seed := range []string{
		surroundings + "!Sub [\"${a}${!b}${Bucket.Arn}\", {a: !Ref Items}]", surroundings + "!Select [1, !Split [\",\", !Ref UnsetItems]]",
		"Resources: {A: {Type: AWS::S3::Bucket, Properties: {BucketName: !Ref A}}}", "a: &a [*a]", "Conditions: {A: !Condition A}",
		"Resources: {Fn::ForEach::L: [X, [a, b], {\"R${X}\": {Type: \"${X}\"}}]}", `{"Resources":{"A":{"Type":"A","Properties":{"Fn::Transform":{"Name":"M"}}}}}`,
		`{"Resources":{"A":{"Type":"A","Properties":{"V":{"Fn::Cidr":["10.0.0.0/8",256,"12"]},"W":"{{resolve:ssm:{{resolve:ssm:a}}}}"}}}}`,
	} {
		f.Add([]byte(seed))
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, document []byte) {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, document, 0o666); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		a, err := assembly.LoadTemplates(assembly.TemplateFile{Path: file, StackName: "S", Region: "us-west-2"})
		again, errAgain := assembly.LoadTemplates(assembly.TemplateFile{Path: file, StackName: "S", Region: "us-west-2"})
		// Finds only what hardly ends, so that load does not fail it.
		if spent := time.Since(start); spent > time.Minute {
			t.Errorf("took %v", spent)
		}
		if (err == nil) != (errAgain == nil) || err == nil && show(everything(a)) != show(everything(again)) {
			t.Errorf("found two results: %v, %v", err, errAgain)
		}
	})
}
