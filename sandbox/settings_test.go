package sandbox

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const untouched = `"sourceAccount":"111111111111","targetAccount":"222222222222","region":"ap-northeast-1"`

func TestOverrides(t *testing.T) {
	for name, c := range map[string]struct{ context, expected string }{
		"an untouched app": {untouched + `,"stage":"dev","egress":"nat","prefixes":["inbox/","reports/"],"removalPolicy":"retain"`, ""},
		"accounts of a user": {
			`"sourceAccount":"333333333333","targetAccount":"444444444444","region":"eu-west-1","prefixes":["inbox/","reports/"]`,
			"-c sourceAccount=111111111111 -c targetAccount=222222222222 -c region=ap-northeast-1",
		},
		"settings of a user": {
			untouched + `,"stage":"prod","availabilityZones":["ap-northeast-1a","ap-northeast-1d"],"egress":"endpoints","prefixes":"a/","removalPolicy":"destroy"`,
			"-c stage=dev -c availabilityZones=ap-northeast-1a,ap-northeast-1c -c egress=nat -c prefixes=inbox/,reports/ -c removalPolicy=retain",
		},
		"workloads of a user": {
			untouched + `,"workloads":["scan"],"eventsTo":"list","eventSuffixes":[".csv"],"alarmEmails":["ops@example.com"]`,
			"-c workloads=list,scan,copy,trail,instance,events -c eventsTo=copy -c eventSuffixes=",
		},
		"no prefixes, which have a default": {untouched, ""},
		"no account": {
			`"targetAccount":"222222222222","region":"ap-northeast-1"`, "-c sourceAccount=111111111111",
		},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "cdk.json")
			if err := os.WriteFile(file, []byte(`{"context":{`+c.context+`}}`), 0o644); err != nil {
				t.Fatal(err)
			}
			flags, err := overrides(file)
			if found := strings.Join(flags, " "); err != nil || found != c.expected {
				t.Errorf("found %q, %v; expected %q", found, err, c.expected)
			}
		})
	}
}

func TestOverridesOfABrokenFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "cdk.json")
	if err := os.WriteFile(file, []byte(`{"context":`), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := overrides(file); err == nil || !strings.Contains(err.Error(), "cdk.json") {
		t.Errorf("found %v, expected an error that names the file", err)
	}
}
