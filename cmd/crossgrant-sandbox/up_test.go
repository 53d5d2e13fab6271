//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/crossgrant/crossgrant/sandbox/background"
)

// asProgram is the environment variable that makes the test binary run as the program.
const asProgram = "CROSSGRANT_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "-H" {
		serveLocalAWS(os.Args[4])
	}
	if os.Getenv(asProgram) != "" {
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// serveLocalAWS is as much of a local AWS as starting and stopping takes: it answers on a port until its standard input ends.
func serveLocalAWS(port string) {
	go http.ListenAndServe("127.0.0.1:"+port, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	io.Copy(io.Discard, os.Stdin)
	os.Exit(0)
}

// user runs the program as a user with a state directory, and a Python environment whose local AWS is serveLocalAWS.
type user struct {
	*testing.T
	directory, venv string
}

func newUser(t *testing.T) *user {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	u := &user{t, filepath.Join(dir, "state"), filepath.Join(dir, "venv")}
	if err := os.MkdirAll(filepath.Join(u.venv, "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"python", "moto_server"} { // which is called with -c, the program, and its arguments
		if err := os.WriteFile(filepath.Join(u.venv, "bin", name), []byte("#!/bin/sh\nshift 2\nexec '"+program+"' \"$@\"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { background.Stop(context.Background(), u.directory) }) // if the test fails before it does so itself
	return u
}

func (u *user) command(args ...string) *exec.Cmd {
	program, err := os.Executable()
	if err != nil {
		u.Fatal(err)
	}
	args = append([]string{args[0], "--directory", u.directory}, args[1:]...)
	if args[0] == "up" {
		args = append(args, "--venv", u.venv)
	}
	c := exec.Command(program, args...)
	// The path is what every process of the sandbox gets, so that those that are left can be found by it.
	c.Env = append(os.Environ(), asProgram+"=1", "PATH="+os.Getenv("PATH")+":"+u.directory)
	return c
}

func (u *user) run(args ...string) (out, problems string, code int) {
	u.Helper()
	c := u.command(args...)
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	if err := c.Run(); err != nil && !errors.As(err, new(*exec.ExitError)) {
		u.Fatal(err)
	}
	return stdout.String(), stderr.String(), c.ProcessState.ExitCode()
}

// up starts a sandbox.
func (u *user) up(args ...string) (s struct {
	background.Status
	Already bool
}) {
	u.Helper()
	out, problems, code := u.run(append([]string{"up", "--json"}, args...)...)
	if err := json.Unmarshal([]byte(out), &s); err != nil || code != 0 {
		u.Fatalf("up: found exit code %d, %v and %s%s", code, err, out, problems)
	}
	return s
}

// gone says that nothing of a sandbox is left: no process has its directory in its environment, no file is there but the log and the lock, and nothing answers.
func (u *user) gone(endpoint string) {
	u.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		var left []string
		all, _ := filepath.Glob("/proc/[0-9]*/environ")
		for _, file := range all {
			if text, err := os.ReadFile(file); err == nil && bytes.Contains(text, []byte(u.directory)) {
				left = append(left, file)
			}
		}
		entries, err := os.ReadDir(u.directory)
		if err != nil {
			u.Fatal(err)
		}
		for _, e := range entries {
			if e.Name() != "lock" && e.Name() != "log.txt" {
				left = append(left, e.Name())
			}
		}
		if response, err := http.Get(endpoint); err == nil {
			response.Body.Close()
			left = append(left, endpoint)
		}
		if len(left) == 0 {
			return
		}
		if time.Now().After(deadline) {
			u.Fatalf("found that %q are left", left)
		}
	}
}

// Of ten at once one starts the sandbox, and the others find it.
func TestUpAtTheSameTime(t *testing.T) {
	u := newUser(t)
	var all sync.WaitGroup
	var mutex sync.Mutex
	processes, started := map[int]bool{}, 0
	for range 10 {
		all.Go(func() {
			s := u.up()
			mutex.Lock()
			defer mutex.Unlock()
			processes[s.Process] = true
			if !s.Already {
				started++
			}
		})
	}
	all.Wait()
	if len(processes) != 1 || started != 1 {
		t.Errorf("found processes %v, %d of them started, expected one", processes, started)
	}
	s := u.up()
	if info, err := os.Stat(u.directory); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("found mode %v of the directory, expected 0700", info.Mode())
	}
	if info, err := os.Stat(filepath.Join(u.directory, "state.json")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("found mode %v of the state, expected 0600", info.Mode())
	}
	if response, err := http.Get(s.Endpoint + "/lake"); err != nil || response.StatusCode != http.StatusForbidden {
		t.Errorf("a request without a signature: found %+v, %v, expected 403", response, err)
	}
	if out, problems, code := u.run("trace", "--denied"); code != 0 || !strings.Contains(out, "a request: refused in ") || !strings.Contains(out, "\n      the request is not signed") {
		t.Errorf("trace: found exit code %d and %s%s", code, out, problems)
	}
	if out, problems, code := u.run("unused"); code != 0 || !strings.HasSuffix(out, ": 0 statements, 0 never used, 0 used in part\n") {
		t.Errorf("unused: found exit code %d and %s%s", code, out, problems)
	}
	if out, problems, code := u.run("down"); code != 0 || !strings.Contains(out, "nothing of it is left") {
		t.Errorf("down: found exit code %d and %s%s", code, out, problems)
	}
	u.gone(s.Endpoint)
	if out, _, code := u.run("down"); code != 0 || !strings.Contains(out, "No sandbox runs") {
		t.Errorf("down again: found exit code %d and %s", code, out)
	}
	if _, problems, code := u.run("status"); code != 1 || !strings.Contains(problems, "start one with crossgrant sandbox up") {
		t.Errorf("status: found exit code %d and %s", code, problems)
	}
}

// However a process of it is ended, nothing is left behind, or what is left is removed by the next command.
func TestASandboxThatIsKilled(t *testing.T) {
	for name, c := range map[string]struct {
		kill func(u *user, process int)
		next string // the command that cleans up
	}{
		"SIGTERM of the background process": {kill: func(u *user, process int) { syscall.Kill(process, syscall.SIGTERM) }},
		"SIGKILL of the background process, then down": {
			func(u *user, process int) { syscall.Kill(process, syscall.SIGKILL) }, "down"},
		"SIGKILL of the local AWS": {kill: func(u *user, process int) {
			for _, child := range children(u, process) {
				syscall.Kill(child, syscall.SIGKILL)
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := newUser(t)
			s := u.up()
			aws := children(u, s.Process)
			if len(aws) != 1 {
				t.Fatalf("found children %v of the background process, expected the local AWS", aws)
			}
			c.kill(u, s.Process)
			for deadline := time.Now().Add(10 * time.Second); syscall.Kill(aws[0], 0) == nil && !isZombie(aws[0]); time.Sleep(20 * time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatal("found that the local AWS still runs")
				}
			}
			if c.next != "" {
				if _, problems, code := u.run("status"); code != 1 || !strings.Contains(problems, "ended without crossgrant sandbox down") {
					t.Errorf("status: found exit code %d and %s", code, problems)
				}
				if _, problems, code := u.run(c.next); code != 0 {
					t.Errorf("%s: found exit code %d and %s", c.next, code, problems)
				}
			}
			u.gone(s.Endpoint)
			if again := u.up(); again.Already || again.Process == s.Process {
				t.Errorf("found %+v, expected a new sandbox", again)
			}
		})
	}
}

// Interrupted while it waits, up stops what it started.
func TestUpThatIsInterrupted(t *testing.T) {
	u := newUser(t)
	c := u.command("up")
	var stderr bytes.Buffer
	c.Stderr = &stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if _, err := os.Stat(filepath.Join(u.directory, "tmp")); err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the background process did not start")
		}
	}
	c.Process.Signal(syscall.SIGINT)
	err := c.Wait()
	if code := c.ProcessState.ExitCode(); code != 130 {
		t.Errorf("found exit code %d (%v) and %s, expected 130", code, err, &stderr)
	}
	u.gone("http://127.0.0.1:1")
}

// children are the processes that a process has started.
func children(u *user, process int) (all []int) {
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", process))
	if len(files) == 0 {
		u.Skip("found no /proc with children of processes, which only Linux has")
	}
	var text []byte
	for _, file := range files {
		more, _ := os.ReadFile(file)
		text = append(text, more...)
	}
	for word := range strings.FieldsSeq(string(text)) {
		var id int
		fmt.Sscan(word, &id)
		all = append(all, id)
	}
	return all
}

// isZombie says that a process has ended, and nobody has asked how.
func isZombie(process int) bool {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", process))
	_, after, _ := strings.Cut(string(text), ") ")
	return strings.HasPrefix(after, "Z")
}
