package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crossgrant/crossgrant/contract"
)

func reports() contract.Grant {
	return contract.Grant{
		Name: "reports", Stage: "prod", Target: contract.Env{Account: "222222222222", Region: "ap-northeast-1"},
		Access: contract.AssumeRole, RoleARN: "arn:aws:iam::222222222222:role/reports-prod-ap-northeast-1",
		Grantees: []string{"arn:aws:iam::111111111111:role/reports-reader"},
		Trust:    contract.Trust{Mode: contract.NamedRole, SessionSeconds: 3600},
		Permissions: []contract.Statement{
			{Sid: "ReadBucketObjects", Actions: []string{"s3:GetObject", "s3:GetObjectTagging"}, Resources: []string{"arn:aws:s3:::acme-reports/inbox/*"}},
			{
				Sid: "ReadBucketList", Actions: []string{"s3:ListBucket"}, Resources: []string{"arn:aws:s3:::acme-reports"},
				Conditions: map[string]map[string][]string{"StringLike": {"s3:prefix": {"inbox/*"}}},
			},
		},
	}
}

func orders() contract.Grant {
	g := reports()
	g.Name, g.RoleARN = "orders", "arn:aws:iam::222222222222:role/orders-prod-ap-northeast-1"
	return g
}

// files writes files into a new directory. Their content is text, or the grants of a contract.
func files(t *testing.T, contents map[string]any) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, content := range contents {
		var document []byte
		switch c := content.(type) {
		case string:
			document = []byte(c)
		case []contract.Grant:
			var err error
			if document, err = contract.Encode(c); err != nil {
				t.Fatal(err)
			}
		}
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, document, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestContractDiff(t *testing.T) {
	changed, renamed, long, external := reports(), reports(), reports(), reports()
	external.Trust.ExternalID = "reports-of-2027"
	changed.Grantees = []string{"arn:aws:iam::111111111111:role/auditor", "arn:aws:iam::111111111111:role/reports-reader"}
	changed.Trust.ExternalID = "reports-of-2026"
	changed.Environment = map[string]string{"CROSSGRANT_BUCKET": "acme-reports"}
	changed.Permissions[1].Conditions = nil
	renamed.Permissions[0].Sid = "ReadObjects"
	long.Permissions[0].Resources = []string{"arn:aws:s3:::acme-reports/inbox/*", "arn:aws:s3:::acme-reports/" + strings.Repeat("folder/", 20) + "*"}
	manifest := func(nested ...string) string {
		artifacts := []string{`"Stack": {"type": "aws:cloudformation:stack", "properties": {"directoryName": "none"}}`}
		for _, name := range nested {
			artifacts = append(artifacts, `"`+name+`": {"type": "cdk:cloud-assembly", "properties": {"directoryName": "`+name+`"}}`)
		}
		return `{"version": "55.0.0", "artifacts": {` + strings.Join(artifacts, ", ") + `}}`
	}
	dir := files(t, map[string]any{
		"old.json": []contract.Grant{reports()}, "changed.json": []contract.Grant{changed, orders()}, "renamed.json": []contract.Grant{renamed}, "long.json": []contract.Grant{long}, "external.json": []contract.Grant{external},
		"both.json":                 []contract.Grant{reports(), orders()},
		"app/cdk.out/manifest.json": manifest(), "app/cdk.out/contract.json": []contract.Grant{reports()},
		"staged/manifest.json": manifest("assembly-Prod"), "staged/assembly-Prod/manifest.json": manifest(), "staged/assembly-Prod/contract.json": []contract.Grant{reports()},
		"stages/manifest.json":              manifest("assembly-Dev", "assembly-Prod"),
		"stages/assembly-Dev/manifest.json": manifest("assembly-Dev-Inner"), "stages/assembly-Dev/assembly-Dev-Inner/manifest.json": manifest(),
		"stages/assembly-Dev/assembly-Dev-Inner/contract.json": []contract.Grant{reports()},
		"stages/assembly-Prod/manifest.json":                   manifest(), "stages/assembly-Prod/contract.json": []contract.Grant{reports()},
		"without/manifest.json": manifest("assembly-Prod", ".", "..", "/"), "without/assembly-Prod/manifest.json": manifest(),
		"halved/manifest.json": manifest("assembly-Prod"), "broken/manifest.json": "{", "folder/contract.json": []contract.Grant{reports()},
		"text.json": "not JSON", "newer.json": `{"format": 2}`, "template.json": `{"Resources": {}}`,
	})
	document, err := os.ReadFile(filepath.Join(dir, "old.json"))
	if err != nil {
		t.Fatal(err)
	}
	altered := strings.Replace(string(document), "reports-reader", "reports-writer", 1)
	if err := os.WriteFile(filepath.Join(dir, "altered.json"), []byte(altered), 0o600); err != nil {
		t.Fatal(err)
	}
	for args, c := range map[string]struct {
		code     int
		out, err string
	}{
		"old.json old.json":     {0, "same: 1 grant\n", ""},
		"both.json both.json":   {0, "same: 2 grants\n", ""},
		"old.json app/cdk.out":  {0, "same: 1 grant\n", ""},
		"staged old.json":       {0, "same: 1 grant\n", ""},
		"old.json renamed.json": {0, "same: 1 grant; only the names or the number of statements differ, which changes nothing\n", ""},
		"old.json changed.json": {1, `orders-prod-ap-northeast-1
  widened:  the grant is new, for arn:aws:iam::111111111111:role/reports-reader
  widened:  ReadBucketList now permits s3:ListBucket on arn:aws:s3:::acme-reports if s3:prefix
            StringLike inbox/*
  widened:  ReadBucketObjects now permits s3:GetObject, s3:GetObjectTagging on
            arn:aws:s3:::acme-reports/inbox/*

reports-prod-ap-northeast-1
  widened:  grantee added: arn:aws:iam::111111111111:role/auditor
  widened:  ReadBucketList now permits s3:ListBucket on arn:aws:s3:::acme-reports without a
            condition (until now if s3:prefix StringLike inbox/*)
  changed:  environment: CROSSGRANT_BUCKET added: acme-reports
  narrowed: external id added: reports-of-2026

5 widened, 1 changed, 1 narrowed
`, ""},
		"both.json old.json": {0, `orders-prod-ap-northeast-1
  narrowed: the grant was removed, for arn:aws:iam::111111111111:role/reports-reader
  narrowed: ReadBucketList no longer permits s3:ListBucket on arn:aws:s3:::acme-reports if s3:prefix
            StringLike inbox/*
  narrowed: ReadBucketObjects no longer permits s3:GetObject, s3:GetObjectTagging on
            arn:aws:s3:::acme-reports/inbox/*

0 widened, 0 changed, 3 narrowed
`, ""},
		"old.json long.json": {1, `reports-prod-ap-northeast-1
  widened:  ReadBucketObjects now permits s3:GetObject, s3:GetObjectTagging on
            arn:aws:s3:::acme-reports/folder/folder/folder/folder/folder/folder/folder/folder/folder
            /folder/folder/folder/folder/folder/folder/folder/folder/folder/folder/folder/* (until
            now: arn:aws:s3:::acme-reports/inbox/*)

1 widened, 0 changed, 0 narrowed
`, ""},
		"changed.json external.json": {1, `reports-prod-ap-northeast-1
  changed:  external id: was reports-of-2026, is reports-of-2027; this may permit more
  changed:  environment: CROSSGRANT_BUCKET removed, was acme-reports
  narrowed: grantee removed: arn:aws:iam::111111111111:role/auditor
  narrowed: ReadBucketList no longer permits s3:ListBucket on arn:aws:s3:::acme-reports without a
            condition (from now on if s3:prefix StringLike inbox/*)

orders-prod-ap-northeast-1
  narrowed: the grant was removed, for arn:aws:iam::111111111111:role/reports-reader
  narrowed: ReadBucketList no longer permits s3:ListBucket on arn:aws:s3:::acme-reports if s3:prefix
            StringLike inbox/*
  narrowed: ReadBucketObjects no longer permits s3:GetObject, s3:GetObjectTagging on
            arn:aws:s3:::acme-reports/inbox/*

0 widened, 2 changed, 5 narrowed
`, ""},
		"--fail-on any old.json old.json": {0, "same: 1 grant\n", ""},
		"--fail-on all old.json old.json": {2, "", `--fail-on: found "all", expected one of ["widened" "any" "never"]`},
		"":                                {2, "", "found arguments [], expected two, the old contract and the new one: crossgrant contract diff OLD NEW"},
		"old.json":                        {2, "", "found arguments [\"old.json\"], expected two"},
		"old.json old.json old.json":      {2, "", "found arguments [\"old.json\" \"old.json\" \"old.json\"], expected two"},
		"--brief old.json old.json":       {2, "", "unknown flag: --brief, expected a flag that crossgrant contract diff --help lists"},
		"old.json none.json":              {2, "", `found no file "none.json", expected a contract.json, or a cdk.out that contains one: check the path`},
		"old.json/x old.json":             {2, "", "stat old.json/x: not a directory, expected a contract.json"},
		"old.json folder":                 {2, "", `found a directory "folder" without a manifest.json, expected a contract.json, or a cdk.out that contains one`},
		"without old.json":                {2, "", `found no contract.json in the cloud assembly "without", expected one: use the cdk.out of the app that owns the data`},
		"stages old.json":                 {2, "", "found 2 contracts in the cloud assembly \"stages\", expected one: use one of\n  stages/assembly-Dev/assembly-Dev-Inner/contract.json\n  stages/assembly-Prod/contract.json"},
		"halved old.json":                 {2, "", "open halved/assembly-Prod/manifest.json: no such file or directory, expected the whole cloud assembly: synthesize it again"},
		"broken old.json":                 {2, "", "broken/manifest.json: unexpected end of JSON input, expected the manifest of a cloud assembly: synthesize it again"},
		"old.json text.json":              {2, "", "text.json: read contract: found no JSON: invalid character 'o' in literal null"},
		"old.json template.json":          {2, "", `template.json: read contract: found no "format", expected contract.json as a synthesis of crossgrant writes it`},
		"newer.json old.json":             {2, "", "newer.json: read contract: newer format: found 2, expected 1 at most: update crossgrant"},
		"old.json altered.json":           {2, "", "altered.json: read contract:\ngrants[0] (reports-prod-ap-northeast-1): altered: found digest sha256:"},
	} {
		t.Run(args, func(t *testing.T) {
			out, problems, code := run(t, dir, append([]string{"contract", "diff"}, strings.Fields(args)...)...)
			if code != c.code {
				t.Errorf("found exit %d, expected %d", code, c.code)
			}
			if diff := cmp.Diff(c.out, out); diff != "" {
				t.Errorf("printed (-expected +found):\n%s", diff)
			}
			if !strings.HasPrefix(problems, "crossgrant: contract diff: "+c.err) && c.err != "" || (problems == "") != (c.err == "") || strings.Contains(problems, "Usage") || strings.Contains(problems, "goroutine") {
				t.Errorf("found problem:\n%s\nexpected:\ncrossgrant: contract diff: %s", problems, c.err)
			}
		})
	}
}

func TestContractDiffThatCannotPrint(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("found no /dev/full")
	}
	defer full.Close()
	dir := files(t, map[string]any{"old.json": []contract.Grant{reports()}})
	root := command()
	root.SetArgs([]string{"contract", "diff", filepath.Join(dir, "old.json"), filepath.Join(dir, "old.json")})
	root.SetOut(full)
	if err := root.Execute(); err == nil || !strings.Contains(err.Error(), "exit 2: contract diff: print the result: write /dev/full") {
		t.Errorf("found %v, expected exit 2", err)
	}
}

func TestContractHelp(t *testing.T) {
	for args, expected := range map[string]string{
		"contract":             "\n  diff        Show what a new contract widens, changes and narrows\n",
		"contract --help":      "Compare contracts. A contract.json lists the roles that one account offers",
		"contract diff --help": "Exit code: 0 if nothing is widened and nothing that changed may permit more, 1 otherwise, 2 on an",
		"help contract diff":   "crossgrant contract diff <(git show main:contract.json) contract.json",
	} {
		out, problems, code := run(t, t.TempDir(), strings.Fields(args)...)
		if code != 0 || problems != "" || !strings.Contains(out, expected) {
			t.Errorf("%s: found exit %d, %q and\n%s\nexpected %s", args, code, problems, out, expected)
		}
	}
	if out, problems, code := run(t, t.TempDir(), "contract", "dif"); code != 2 || out != "" || problems != "crossgrant: contract: found arguments [\"dif\"], expected a command that crossgrant contract --help lists, such as diff\n" {
		t.Errorf("found exit %d, %q and %q", code, out, problems)
	}
}

// --fail-on says which differences end with exit code 1.
func TestContractDiffFailsOn(t *testing.T) {
	wider := reports()
	wider.Permissions[1].Conditions = nil
	dir := files(t, map[string]any{"narrow.json": []contract.Grant{reports()}, "wide.json": []contract.Grant{wider}})
	for args, want := range map[string]int{
		"narrow.json wide.json": 1, "--fail-on any narrow.json wide.json": 1, "--fail-on never narrow.json wide.json": 0,
		"wide.json narrow.json": 0, "--fail-on any wide.json narrow.json": 1, "--fail-on widened wide.json narrow.json": 0,
	} {
		if out, problems, code := run(t, dir, append([]string{"contract", "diff"}, strings.Fields(args)...)...); code != want || problems != "" || out == "" {
			t.Errorf("%s: found exit %d, %s, %s, expected exit %d", args, code, problems, out, want)
		}
	}
}

func TestContractDiffFormats(t *testing.T) {
	wider, external := reports(), reports()
	wider.Permissions[1].Conditions, external.Trust.ExternalID = nil, "reports-of-2027"
	first := reports()
	first.Trust.ExternalID = "reports-of-2026"
	dir := files(t, map[string]any{"a.json": []contract.Grant{reports()}, "b.json": []contract.Grant{wider}, "c.json": []contract.Grant{first}, "d.json": []contract.Grant{external}})
	for args, want := range map[string]string{
		"a.json b.json --format markdown": "## crossgrant contract-diff: widened\n\n1 widened, 0 changed, 0 narrowed\n\n### widened: Widened\n\nreports-prod-ap-northeast-1: ReadBucketList now permits",
		"a.json b.json --format github":   "::error title=crossgrant widened Widened::reports-prod-ap-northeast-1: ReadBucketList now permits",
		"c.json d.json --format github":   "::warning title=crossgrant changed Changed::reports-prod-ap-northeast-1: external id: was reports-of-2026, is reports-of-2027; this may permit more",
		"a.json b.json --json":            `"verdict": "widened"`,
		"a.json a.json --format junit":    `tests="0" failures="0" errors="0"`,
	} {
		out, problems, code := run(t, dir, append([]string{"contract", "diff"}, strings.Fields(args)...)...)
		if !strings.Contains(out, want) || problems != "" || code != 1 && !strings.HasPrefix(args, "a.json a.json") {
			t.Errorf("%s: found exit %d, %s\n%s", args, code, problems, out)
		}
		if strings.HasSuffix(args, "--json") {
			checkOutput(t, out)
		}
	}
}
