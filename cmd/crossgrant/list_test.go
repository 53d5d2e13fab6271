package main

import (
	"strings"
	"testing"
)

func TestListCommand(t *testing.T) {
	dir := houseAssembly(t)
	for name, c := range map[string]struct {
		args []string
		code int
		out  []string
	}{
		"all": {nil, 0, []string{"Principals: 3\n\n  Reports/Function\n      AWS::Lambda::Function, arn:aws:iam::111111111111:role/reader\n\n  source/Reader\n      AWS::IAM::Role, arn:aws:iam::111111111111:role/reader\n",
			"\n  target/Lake\n      AWS::S3::Bucket, arn:aws:s3:::lake\n", "‹source.Vpc›\n"}},
		"a part":      {[]string{"--name", "LAKE"}, 0, []string{"Principals: 0\nResources: 1\n\n  target/Lake\n"}},
		"as JSON":     {[]string{"--name", "lake", "--json"}, 0, []string{`"principals": [],`, `"name": "target/Lake"`, `"arn": "arn:aws:s3:::lake"`}},
		"nothing":     {[]string{"--name", "nothing at all"}, 4, []string{"Principals: 0\nResources: 0\n"}},
		"an argument": {[]string{"lake"}, 2, []string{"expected none, only flags"}},
		"no assembly": {[]string{"--assembly", "nowhere"}, 2, []string{"list: read the assembly"}},
	} {
		t.Run(name, func(t *testing.T) {
			out, problems, code := run(t, ".", append([]string{"list", "--assembly", dir}, c.args...)...)
			if code != c.code || (code == 2) != (problems != "") {
				t.Errorf("found exit %d, %q and\n%s", code, problems, out)
			}
			for _, part := range c.out {
				if !strings.Contains(out+problems, part) {
					t.Errorf("found no %q in\n%s%s", part, out, problems)
				}
			}
		})
	}
}
