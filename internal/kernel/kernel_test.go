package kernel

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
)

// direct calls Direct, and returns the launcher that it set.
func direct(t *testing.T) string {
	t.Helper()
	t.Setenv("JSII_NODE", "")
	t.Setenv("JSII_RUNTIME", "")
	undo, err := Direct()
	if err != nil {
		t.Fatal(err)
	}
	program := os.Getenv("JSII_NODE")
	if program == "" {
		t.Fatal("found no launcher in JSII_NODE")
	}
	t.Cleanup(func() {
		if err := undo(); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(filepath.Dir(program)); !os.IsNotExist(err) {
			t.Errorf("found the folder of the launcher: %v, expected it to be removed", err)
		}
		if _, set := os.LookupEnv("JSII_NODE"); set {
			t.Error("found JSII_NODE, expected it to be unset")
		}
	})
	return program
}

// runtimeFolder writes a runtime as jsii unpacks it, and returns its relay.
func runtimeFolder(t *testing.T, files map[string]string) (relay string) {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "bin", "jsii-runtime.js")
}

// The kernel talks over jsii's two pipes. What it prints arrives apart from that, in the form of jsii.
func TestChannel(t *testing.T) {
	program := direct(t)
	relay := runtimeFolder(t, map[string]string{
		"bin/jsii-runtime.js": `console.log("the relay")`,
		"lib/program.js": `const fs = require('fs');
			console.log('printed é'); console.error('{"stdout":"of an app"}'); process.stdout.write('in hex: 41', 'utf8', () => {});
			const buffer = Buffer.alloc(100), n = fs.readSync(3, buffer);
			fs.writeSync(3, 'found ' + buffer.toString('utf8', 0, n));`,
	})
	var stdout, stderr bytes.Buffer
	c := exec.Command(program, relay)
	c.Stdin, c.Stdout, c.Stderr = strings.NewReader("{\"api\":\"get\"}\n"), &stdout, &stderr
	if err := c.Run(); err != nil {
		t.Fatalf("%v\n%s", err, &stderr)
	}
	if expected := "found {\"api\":\"get\"}\n"; stdout.String() != expected {
		t.Errorf("found the answer %q, expected %q", &stdout, expected)
	}
	var printed, complained string
	for line := range strings.Lines(stderr.String()) {
		var message struct{ Stdout, Stderr []byte }
		if err := json.Unmarshal([]byte(line), &message); err != nil {
			t.Fatalf("found %q, expected JSON: %v", line, err)
		}
		printed, complained = printed+string(message.Stdout), complained+string(message.Stderr)
	}
	if expected := "printed é\nin hex: 41"; printed != expected {
		t.Errorf("found %q printed, expected %q", printed, expected)
	}
	if expected := "{\"stdout\":\"of an app\"}\n"; complained != expected {
		t.Errorf("found %q on standard error, expected %q", complained, expected)
	}
}

// A runtime with its kernel somewhere else starts as jsii starts it.
func TestOtherRuntime(t *testing.T) {
	program := direct(t)
	printed, err := exec.Command(program, runtimeFolder(t, map[string]string{"bin/jsii-runtime.js": `console.log("the relay")`})).CombinedOutput()
	if err != nil || string(printed) != "the relay\n" {
		t.Errorf("found %q (%v), expected the relay", printed, err)
	}
}

// A user's choice stands.
func TestChosen(t *testing.T) {
	for _, name := range variables {
		t.Run(name, func(t *testing.T) {
			t.Setenv("JSII_NODE", "")
			t.Setenv("JSII_RUNTIME", "")
			t.Setenv(name, "chosen")
			undo, err := Direct()
			if err != nil {
				t.Fatal(err)
			}
			if err := undo(); err != nil || os.Getenv(name) != "chosen" {
				t.Errorf("found %q (%v), expected what was chosen", os.Getenv(name), err)
			}
		})
	}
}

// jsii's own kernel answers, and errors of the CDK arrive.
func TestCDK(t *testing.T) {
	program := direct(t)
	log := filepath.Join(t.TempDir(), "log") // of the shim: it says that the kernel was started by it
	file := filepath.Join(filepath.Dir(program), "shim.js")
	if err := os.WriteFile(file, append([]byte("require('fs').appendFileSync("+quoted(log)+", process.argv[1]);\n"), shim...), 0o600); err != nil {
		t.Fatal(err)
	}
	jsii.Close() // the next use starts the kernel with the launcher
	t.Cleanup(jsii.Close)
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: jsii.String(t.TempDir())})
	awscdk.NewStack(app, jsii.String("Lake"), nil)
	func() {
		defer func() {
			if found, ok := recover().(error); !ok || !strings.Contains(found.Error(), "already a Construct with name 'Lake'") {
				t.Errorf("found %v, expected the CDK's error", found)
			}
		}()
		awscdk.NewStack(app, jsii.String("Lake"), nil)
	}()
	if found, err := os.ReadFile(log); err != nil || !strings.HasSuffix(string(found), "program.js") {
		t.Errorf("found %q (%v), expected the kernel itself", found, err)
	}
}

func quoted(text string) string {
	encoded, _ := json.Marshal(text)
	return string(encoded)
}
