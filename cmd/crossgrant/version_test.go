package main

import (
	"encoding/json"
	"regexp"
	"runtime/debug"
	"strings"
	"testing"
)

func TestVersion(t *testing.T) {
	out, problems, code := run(t, t.TempDir(), "version")
	day := `\d{4}-\d\d-\d\d`
	expected := regexp.MustCompile(`^crossgrant \S+ \(go1\.\S+, \w+/\w+\)\nformats: contract 1, expectations 1, facts 1, output 1\n` +
		`data of AWS: Service Authorization Reference ` + day + `, CloudFormation schemas ` + day + `, managed policies ` + day + `\n$`)
	if code != 0 || problems != "" || !expected.MatchString(out) {
		t.Errorf("found exit %d, %q and\n%s", code, problems, out)
	}
	out, problems, code = run(t, t.TempDir(), "version", "--json")
	var found versionJSON
	if err := json.Unmarshal([]byte(out), &found); err != nil || code != 0 || problems != "" {
		t.Fatalf("found %v, exit %d, %q and\n%s", err, code, problems, out)
	}
	if found.Version == "" || !strings.HasPrefix(found.Go, "go1.") || len(found.Formats) != 4 || len(found.Data) != 3 {
		t.Errorf("found %+v", found)
	}
}

// https://pkg.go.dev/runtime/debug#BuildInfo has these forms.
func TestVersionOfABuild(t *testing.T) {
	for name, c := range map[string]struct {
		main     debug.Module
		dep      *debug.Module
		expected string
	}{
		"a release, by go install":            {debug.Module{Path: modulePath, Version: "v1.2.3"}, nil, "v1.2.3"},
		"a clone without Git":                 {debug.Module{Path: modulePath, Version: "(devel)"}, nil, "(devel)"},
		"a commit of a clone":                 {debug.Module{Path: modulePath, Version: "v1.2.4-0.20261129190000-0123456789ab+dirty"}, nil, "v1.2.4-0.20261129190000-0123456789ab+dirty"},
		"a build that recorded nothing":       {debug.Module{Path: modulePath}, nil, "(devel)"},
		"a tool of another module":            {debug.Module{Path: "example.com/app", Version: "v9.0.0"}, &debug.Module{Path: modulePath, Version: "v1.2.3"}, "v1.2.3"},
		"a tool, replaced by a clone":         {debug.Module{Path: "example.com/app"}, &debug.Module{Path: modulePath, Version: "v1.2.3", Replace: &debug.Module{Path: "../crossgrant"}}, "v1.2.3, replaced by ../crossgrant"},
		"another module that has it vendored": {debug.Module{Path: "example.com/app", Version: "v9.0.0"}, nil, "(devel)"},
	} {
		info := &debug.BuildInfo{Main: c.main, Deps: []*debug.Module{{Path: "example.com/lib", Version: "v3.0.0"}}}
		if c.dep != nil {
			info.Deps = append(info.Deps, c.dep)
		}
		if found := versionOf(info); found != c.expected {
			t.Errorf("%s: found %s, expected %s", name, found, c.expected)
		}
	}
}

func TestCompletion(t *testing.T) {
	for shell, expected := range map[string]string{
		"bash": "complete -o default -F __start_crossgrant crossgrant", "fish": "complete -c crossgrant -n",
		"powershell": "Register-ArgumentCompleter -CommandName 'crossgrant'", "zsh": "#compdef crossgrant",
	} {
		if out, problems, code := run(t, t.TempDir(), "completion", shell); code != 0 || problems != "" || !strings.Contains(out, expected) {
			t.Errorf("%s: found exit %d, %q and\n%.200s\nexpected %s", shell, code, problems, out, expected)
		}
	}
	for _, c := range []struct{ args, expected string }{
		{"completion tcsh", "crossgrant: completion: found shell \"tcsh\", expected one of [\"bash\" \"fish\" \"powershell\" \"zsh\"]\n"},
		{"completion", "crossgrant: completion: found arguments [], expected one shell, of bash, fish, powershell and zsh\n"},
	} {
		if out, problems, code := run(t, t.TempDir(), strings.Fields(c.args)...); code != 2 || out != "" || problems != c.expected {
			t.Errorf("%s: found exit %d, %q and %q, expected 2 and %q", c.args, code, out, problems, c.expected)
		}
	}
	// What the scripts ask the program.
	for _, c := range []struct {
		args     []string
		expected string
	}{
		{[]string{"pro"}, "prove\tProve that an assembly gives exactly the access that its grants declare\n:4\n"},
		{[]string{"completion", ""}, "bash\nfish\npowershell\nzsh\n:4\n"},
		{[]string{"prove", "--format", ""}, "text\njson\nsarif\njunit\nmarkdown\ngithub\n:4\n"},
		{[]string{"diff", "--fail-on", ""}, "widened\nany\nnever\n:4\n"},
	} {
		if out, _, code := run(t, t.TempDir(), append([]string{"__complete"}, c.args...)...); code != 0 || out != c.expected {
			t.Errorf("%q: found exit %d and %q, expected %q", c.args, code, out, c.expected)
		}
	}
}
