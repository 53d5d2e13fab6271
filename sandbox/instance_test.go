package sandbox

import (
	"encoding/base64"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const profileOfUser = "#cloud-config\nwrite_files:\n- path: /home/ec2-user/.aws/config\n  permissions: '0600'\n  content: |\n    [profile a]\n    region = eu-west-1\n"

func encoded(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

func TestFilesOfUserData(t *testing.T) {
	for name, c := range map[string]struct {
		userData string
		files    map[string]string // in the instance's file system
		expected string            // part of the error; empty: none
	}{
		"a file":         {encoded(profileOfUser), map[string]string{"home/ec2-user/.aws/config": "[profile a]\nregion = eu-west-1\n"}, ""},
		"no file":        {encoded("#cloud-config\nruncmd: [reboot]\n"), nil, ""},
		"two of a kind":  {encoded("#cloud-config\nwrite_files: [{path: /a/b, content: one}, {path: /a/b, content: two}]\n"), map[string]string{"a/b": "two"}, ""},
		"not in base64":  {profileOfUser, nil, "decode: illegal base64 data"},
		"a shell script": {encoded("#!/bin/sh\ntouch /tmp/here\n"), nil, `found "#!/bin/sh\ntouch /tmp/here\n", expected a #cloud-config`},
		"nothing":        {"", nil, `found "", expected a #cloud-config`},
		"broken YAML":    {encoded("#cloud-config\nwrite_files: [{path: /a\n"), nil, "parse: yaml: "},
		"YAML of another form": {
			encoded("#cloud-config\nwrite_files: everything\n"), nil, "parse: yaml: ",
		},
		"a relative path":             {encoded("#cloud-config\nwrite_files: [{path: home/a, content: x}]\n"), nil, `found a file at "home/a", expected an absolute path`},
		"a path outside of the root":  {encoded("#cloud-config\nwrite_files: [{path: /../escaped, content: x}]\n"), nil, `found a file at "/../escaped"`},
		"a longer path outside":       {encoded("#cloud-config\nwrite_files: [{path: /home/../../escaped, content: x}]\n"), nil, `found a file at "/home/../../escaped"`},
		"a relative path outside":     {encoded("#cloud-config\nwrite_files: [{path: ../escaped, content: x}]\n"), nil, `found a file at "../escaped"`},
		"a path up and down again":    {encoded("#cloud-config\nwrite_files: [{path: /home/../etc/a, content: x}]\n"), map[string]string{"etc/a": "x"}, ""},
		"no path":                     {encoded("#cloud-config\nwrite_files: [{content: x}]\n"), nil, `found a file at ""`},
		"the root itself":             {encoded("#cloud-config\nwrite_files: [{path: /, content: x}]\n"), nil, `found a file at "/"`},
		"a file where a directory is": {encoded("#cloud-config\nwrite_files: [{path: /a/b, content: x}, {path: /a, content: y}]\n"), map[string]string{"a/b": "x"}, "write /a: "},
	} {
		t.Run(name, func(t *testing.T) {
			whole := t.TempDir() // the root directory and its surroundings
			err := writeFiles(filepath.Join(whole, "somewhere", "root"), c.userData)
			switch {
			case c.expected == "" && err != nil:
				t.Errorf("found %v, expected none", err)
			case c.expected != "" && (err == nil || !strings.Contains(err.Error(), c.expected)):
				t.Errorf("found %v, expected %s", err, c.expected)
			}
			expected := map[string]string{}
			for path, content := range c.files {
				expected["somewhere/root/"+path] = content
			}
			found := contents(t, whole)
			if diff := cmp.Diff(expected, found); diff != "" {
				t.Errorf("files (-expected +found):\n%s", diff)
			}
			for path := range found {
				if info, err := os.Stat(filepath.Join(whole, path)); err != nil || info.Mode().Perm() != 0o600 {
					t.Errorf("%s: found %v, %v, expected 0600", path, info, err)
				}
			}
		})
	}
}

// contents returns the contents of all files below a directory, by their relative paths.
func contents(t *testing.T, root string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		name, _ := filepath.Rel(root, path)
		all[name] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
