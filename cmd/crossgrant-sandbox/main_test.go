package main

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"
)

func TestCommandLineThatIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		args     []string
		expected string
	}{
		"an unknown command":              {[]string{"dmeo"}, `unknown command "dmeo" for "crossgrant-sandbox"`},
		"an unknown flag":                 {[]string{"demo", "--ordr", "x"}, "unknown flag: --ordr"},
		"an unknown order":                {[]string{"demo", "--order", "sideways"}, `--order: found "sideways", expected one of ["target-first" "source-first" "together"]`},
		"an argument that is extra":       {[]string{"demo", "now"}, `unknown command "now" for "crossgrant-sandbox demo"`},
		"an unknown way with the unknown": {[]string{"up", "--unknown", "maybe"}, `--unknown: found "maybe", expected deny or allow`},
		"an organization that is none":    {[]string{"up", "--organization", "o-1"}, `--organization: found "o-1", expected an ID such as o-a1b2c3d4e5`},
		"fewer requests than none":        {[]string{"trace", "--last", "-1"}, "--last: found -1, expected a number of requests from 0"},
		"no function":                     {[]string{"invoke"}, "found 0 arguments, expected FUNCTION: the name of a deployed function"},
		"an event that is no JSON":        {[]string{"invoke", "list", "--event", "{"}, `found the event "{", expected JSON`},
		"two events":                      {[]string{"invoke", "list", "--event", "1", "--event-file", "-"}, "if any flags in the group [event event-file] are set none of the others can be"},
		"no file with an event":           {[]string{"invoke", "list", "--event-file", "none.json"}, "--event-file: open none.json: "},
		"a time that is to come":          {[]string{"logs", "list", "--since", "-1m"}, "--since: found -1m0s, expected a duration such as 10m"},
		"a path without a slash":          {[]string{"curl", "items"}, `found "items", expected a path that begins with /, or a URL`},
		"a header without a value":        {[]string{"curl", "/items", "-H", "x"}, `--header: found "x", expected one such as`},
		"a service and an API":            {[]string{"curl", "https://sts.eu-west-1.amazonaws.com/", "--api", "x"}, "found --api with the URL of a service"},
		"a command without --":            {[]string{"instance", "i-1", "aws"}, `found ["i-1" "aws"], expected one instance, and the command after --`},
		"no command after --":             {[]string{"instance", "i-1", "--"}, "found no command after --"},
		"a directory without an app":      {[]string{"demo", "--project", t.TempDir()}, "run in the directory of the app"},
	} {
		t.Run(name, func(t *testing.T) {
			root := command()
			root.SetArgs(c.args)
			root.SetOut(&bytes.Buffer{})
			if err := root.ExecuteContext(t.Context()); err == nil || !strings.Contains(err.Error(), c.expected) {
				t.Errorf("found %v, expected %s", err, c.expected)
			}
		})
	}
}

// The command crossgrant knows no command of this program, but its help lists them.
func TestTheHelpOfCrossgrantListsTheCommands(t *testing.T) {
	text, err := os.ReadFile("../crossgrant/sandbox.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range command().Commands() {
		short := strings.ToLower(c.Short[:1]) + c.Short[1:]
		listed := regexp.MustCompile(`(?m)^  ` + c.Name() + ` +` + regexp.QuoteMeta(short) + `$`).Match(text)
		if listed == c.Hidden {
			t.Errorf("%s: found that it is listed: %t, hidden: %t; expected a line with %q", c.Name(), listed, c.Hidden, short)
		}
	}
}
