package python

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheRequirementsAreThoseOfTheRoot(t *testing.T) {
	root, err := os.ReadFile("../../requirements.txt")
	if err != nil {
		t.Fatal(err)
	}
	if string(root) != requirements {
		t.Error("found other requirements than those of the root: cp requirements.txt sandbox/python")
	}
}

// bin writes programs, which are scripts, into a directory.
func bin(t *testing.T, scripts map[string]string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, script := range scripts {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// makesVenv is a python3 that makes an environment whose pip says what it got and, if there is a file broken beside it, fails.
const makesVenv = `case "$1" in
-c) echo 3.11 True ;;
-m) mkdir -p "$3/bin" && cat > "$3/bin/python" <<'END' && chmod +x "$3/bin/python" ;;
#!/bin/sh
cache="${0%/*/bin/python}"
echo "$@" >> "$cache/calls"
[ ! -e "$cache/broken" ] || { echo no index >&2; exit 1; }
END
esac`

func TestAnEnvironmentIsMadeOnce(t *testing.T) {
	t.Setenv("PATH", bin(t, map[string]string{"python3": makesVenv})+":/bin:/usr/bin")
	cache := filepath.Join(t.TempDir(), "cache")
	if err := os.MkdirAll(cache, 0o755); err != nil {
		t.Fatal(err)
	}
	broken := filepath.Join(cache, "broken")
	if err := os.WriteFile(broken, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	var said []string
	progress := func(format string, _ ...any) { said = append(said, format) }
	if _, err := cached(t.Context(), cache, progress); err == nil || !strings.Contains(err.Error(), "/requirements.txt: exit status 1\nno index") {
		t.Errorf("found %v, expected what pip says", err)
	}
	if err := os.Remove(broken); err != nil {
		t.Fatal(err)
	}
	venv, err := cached(t.Context(), cache, progress)
	if err != nil {
		t.Fatal(err)
	}
	again, err := cached(t.Context(), cache, progress)
	if err != nil || again != venv || len(said) != 2 {
		t.Errorf("found %s, %v and %d lines of progress, expected %s and two, of the attempt that failed and of the one that did not", again, err, len(said), venv)
	}
	calls, err := os.ReadFile(filepath.Join(cache, "calls"))
	if expected := "-m pip install --quiet --disable-pip-version-check --only-binary=:all: -r " + venv + "/requirements.txt\n"; err != nil || string(calls) != expected+expected {
		t.Errorf("found %q, %v, expected twice %q", calls, err, expected)
	}
}

func TestWithoutPythonTheErrorSaysWhatToDo(t *testing.T) {
	for name, c := range map[string]struct {
		scripts  map[string]string
		expected string
	}{
		"none":   {nil, "found no python3, expected Python 3.10 or newer as python3 on the PATH"},
		"old":    {map[string]string{"python3": "echo 3.9 False"}, "found Python 3.9 at "},
		"broken": {map[string]string{"python3": "echo no library; exit 1"}, "exit status 1\nno library"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("PATH", bin(t, c.scripts))
			if _, err := cached(t.Context(), t.TempDir(), t.Logf); err == nil || !strings.Contains(err.Error(), c.expected) {
				t.Errorf("found %v, expected %s", err, c.expected)
			}
		})
	}
	if _, err := Environment(t.Context(), t.TempDir(), "/", t.Logf); err == nil || !strings.Contains(err.Error(), "expected a Python environment with moto[server]") {
		t.Errorf("found %v", err)
	}
}

func TestTheEnvironmentOfAClone(t *testing.T) {
	clone := t.TempDir()
	within := filepath.Join(clone, "a", "b")
	venv := filepath.Join(clone, ".build", "venv")
	for _, dir := range []string{within, filepath.Join(venv, "bin")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(venv, "bin", "moto_server"), nil, 0o755); err != nil {
		t.Fatal(err)
	}
	if found, err := Environment(t.Context(), "", within, t.Logf); err != nil || found != venv {
		t.Errorf("found %s, %v, expected %s", found, err, venv)
	}
}
