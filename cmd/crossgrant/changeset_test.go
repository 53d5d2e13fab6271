package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const lakeTemplate = `{"Resources": {"Lake": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "lake"}},
  "Note": {"Type": "AWS::SNS::Topic", "DeletionPolicy": "Retain"}, "Rule": {"Type": "AWS::Events::Rule", "Properties": {"State": "ENABLED"}}}}`

// appOf writes a cloud assembly of one stack.
func appOf(t *testing.T, template string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"manifest.json":     `{"version": "55.0.0", "artifacts": {"App": {"type": "aws:cloudformation:stack", "environment": "aws://111111111111/eu-west-1", "properties": {"templateFile": "App.template.json"}}}}`,
		"App.template.json": template,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestChangeset(t *testing.T) {
	before := appOf(t, lakeTemplate)
	for name, c := range map[string]struct {
		after string
		code  int
		want  []string
	}{
		"the same": {lakeTemplate, 0, []string{"nothing changes\n"}},
		"in place": {strings.Replace(lakeTemplate, "ENABLED", "DISABLED", 1), 0, []string{"changed in place\n  1×AWS::Events::Rule\n\n1 updated\n"}},
		"data lost": {strings.Replace(lakeTemplate, `"lake"`, `"pond"`, 1), exitNegative, []string{"replaced: a new one is created, then the old one is deleted\n  AWS::S3::Bucket App/Lake\n" +
			"    BucketName is fixed when the resource is created; its data, or what others know it by, is lost:\n    copy it before, or set its removal policy to retain\n",
			"LOST: data, or what others know it by, of 1\n"}},
		"another logical ID": {strings.Replace(lakeTemplate, `"Lake"`, `"Pond"`, 1), exitNegative, []string{"refused: the deployment fails, and is rolled back\n  AWS::S3::Bucket App/Pond\n"}},
		"kept":               {strings.Replace(lakeTemplate, `"Note": {"Type": "AWS::SNS::Topic", "DeletionPolicy": "Retain"}, `, "", 1), 0, []string{"removed\n  AWS::SNS::Topic App/Note\n    the old one stays, outside of the stack\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			printed, _, code := run(t, "", "changeset", before, appOf(t, c.after))
			for _, want := range c.want {
				if !strings.Contains(printed, want) || code != c.code {
					t.Errorf("found code %d and\n%s\nexpected code %d and\n%s", code, printed, c.code, want)
				}
			}
		})
	}
}

// What is deployed may be templates, as CloudFormation gives them.
func TestChangesetOfTemplates(t *testing.T) {
	dir := t.TempDir()
	after := appOf(t, strings.Replace(lakeTemplate, `"lake"`, `"pond"`, 1))
	_, said, code := run(t, "", "changeset", dir, after)
	if want := "found neither a cloud assembly nor a template in"; code != exitError || !strings.Contains(said, want) || !strings.Contains(said, "App.json") {
		t.Errorf("found code %d, %s", code, said)
	}
	if err := os.WriteFile(filepath.Join(dir, "App.json"), []byte(lakeTemplate), 0o600); err != nil {
		t.Fatal(err)
	}
	printed, _, code := run(t, "", "changeset", "--json", dir, after)
	var found struct {
		Changes []struct {
			Effect, Type, Stack, LogicalID, Why string
			Lost                                bool
		}
	}
	if err := json.Unmarshal([]byte(printed), &found); err != nil || code != exitNegative || len(found.Changes) != 1 || found.Changes[0].LogicalID != "Lake" ||
		found.Changes[0].Effect != "replaced" || !found.Changes[0].Lost || found.Changes[0].Stack != "App" {
		t.Errorf("found code %d, %v, %s", code, err, printed)
	}
	for _, args := range [][]string{{"changeset", after}, {"changeset", after, dir + "/none"}, {"changeset", dir + "/none", after}} {
		if _, said, code := run(t, "", args...); code != exitError || strings.Contains(said, "goroutine") {
			t.Errorf("%q: found code %d, %s", args, code, said)
		}
	}
}
