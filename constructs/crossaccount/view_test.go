package crossaccount_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/jsii-runtime-go"
	"github.com/google/go-cmp/cmp"

	"github.com/crossgrant/crossgrant/constructs/crossaccount"
)

// Each golden view is everything that a grant writes, in both accounts.
func TestGrantViews(t *testing.T) {
	for name, permissions := range map[string]func(accounts) []crossaccount.Permission{
		"read-bucket": func(a accounts) []crossaccount.Permission {
			return []crossaccount.Permission{crossaccount.ReadBucket(bucket(a.target, nil))}
		},
		"read-bucket-prefixes-key": func(a accounts) []crossaccount.Permission {
			key := awskms.NewKey(a.target, jsii.String("Key"), nil)
			return []crossaccount.Permission{crossaccount.ReadBucket(bucket(a.target, key), "in/", "out")}
		},
		"read-table-indexes-key": func(a accounts) []crossaccount.Permission {
			key := awskms.NewKey(a.target, jsii.String("Key"), nil)
			return []crossaccount.Permission{crossaccount.ReadTable(table(a.target, key), "byName", "byTime")}
		},
		"read-bucket-and-table": func(a accounts) []crossaccount.Permission {
			return []crossaccount.Permission{crossaccount.ReadBucket(bucket(a.target, nil), "in/"), crossaccount.ReadTable(table(a.target, nil))}
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := twoAccounts(t)
			grant := crossaccount.NewCrossAccountGrant(a.source, "Reading", crossaccount.GrantProps{
				Name: "reading", Stage: "dev", Grantees: to(role(a.source, "Reader", "reader")), Target: a.target,
				Permissions: permissions(a),
			})
			if found, expected := grant.RoleARN(), "arn:aws:iam::222222222222:role/reading-dev-ap-northeast-1"; found != expected {
				t.Errorf("found role %s, expected %s", found, expected)
			}
			source, target := a.templates(t)
			compare(t, name, "source account\n\n"+source.View()+"\ntarget account\n\n"+target.View())
		})
	}
}

func compare(t *testing.T, name, found string) {
	t.Helper()
	file := filepath.Join("testdata", name+".txt")
	if *update {
		if err := os.WriteFile(file, []byte(found), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	expected, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(expected), found); diff != "" {
		t.Errorf("view (-expected +found; read it, then accept with -update):\n%s", diff)
	}
}

func TestSessionIsAnHour(t *testing.T) {
	a := twoAccounts(t)
	crossaccount.NewCrossAccountGrant(a.source, "Reading", crossaccount.GrantProps{
		Name: "reading", Stage: "dev", Grantees: to(role(a.source, "Reader", "reader")), Target: a.target,
		Permissions: []crossaccount.Permission{crossaccount.ReadBucket(bucket(a.target, nil))},
	})
	_, target := a.templates(t)
	for id, r := range target.Resources {
		if r.Type == "AWS::IAM::Role" && r.Properties["MaxSessionDuration"] != 3600.0 {
			t.Errorf("%s: found %v seconds, expected 3600", id, r.Properties["MaxSessionDuration"])
		}
	}
}

// The feature flag for partition literals does not change the grantee's ARN.
func TestGranteeWithoutPartitionLiterals(t *testing.T) {
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: jsii.String(t.TempDir())})
	a := accounts{app, stackIn(app, "Source", "111111111111", "ap-northeast-1"), stackIn(app, "Target", "222222222222", "ap-northeast-1")}
	crossaccount.NewCrossAccountGrant(a.source, "Reading", crossaccount.GrantProps{
		Name: "reading", Stage: "dev", Grantees: to(role(a.source, "Reader", "reader")), Target: a.target,
		Permissions: []crossaccount.Permission{crossaccount.ReadBucket(bucket(a.target, nil))},
	})
	_, target := a.templates(t)
	if expected := "condition  ArnEquals aws:PrincipalArn: arn:aws:iam::111111111111:role/reader\n"; !strings.Contains(target.View(), expected) {
		t.Errorf("found no %q in\n%s", expected, target.View())
	}
}
