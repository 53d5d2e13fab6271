//go:build unix

package subprocess_test

import (
	"bytes"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/crossgrant/crossgrant/sandbox/internal/subprocess"
)

func TestStopStopsEveryProcess(t *testing.T) {
	tests := []struct {
		name   string
		script string // prints the ID of a process that must end
		grace  time.Duration
		least  time.Duration
		err    string
	}{
		{"a program", `echo $$; exec sleep 1000`, time.Minute, 0, "signal: terminated"},
		{"a program and its child", `sleep 1000 & echo $!; wait`, time.Minute, 0, "signal: terminated"},
		{"a program that cleans up, and its child", `trap 'sleep 0.1; exit 7' TERM; sleep 1000 & echo $!; wait`, time.Minute, 100 * time.Millisecond, "exit status 7"},
		{"a program that ignores the request", `trap '' TERM; echo $$; while :; do sleep 0.05; done`, 200 * time.Millisecond, 200 * time.Millisecond, "signal: killed"},
		{
			"a child that ignores the request",
			`sh -c 'trap "" TERM; echo $$; while :; do sleep 0.05; done' & wait`, 200 * time.Millisecond, 200 * time.Millisecond, "signal: terminated",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			printed := make(lines, 10)
			spec := shell(test.script)
			spec.Output, spec.Grace = printed, test.grace
			p, err := subprocess.Start(spec)
			if err != nil {
				t.Fatal(err)
			}
			pid := processID(t, next(t, printed))
			if !isRunning(pid) {
				t.Fatalf("process %d is not running before Stop", pid)
			}
			if err := p.Err(); err == nil || err.Error() != "still running" {
				t.Errorf("before Stop: found error %v, expected still running", err)
			}
			began := time.Now()
			p.Stop()
			requireDuration(t, began, test.least, 10*time.Second)
			requireEnded(t, pid)
			if err := p.Err(); err == nil || err.Error() != test.err {
				t.Errorf("found error %v, expected %s", err, test.err)
			}
			p.Stop() // a second call does nothing
		})
	}
}

func TestTheEndOfAProgramStopsItsProcesses(t *testing.T) {
	tests := []struct {
		name   string
		script string
		grace  time.Duration
		least  time.Duration
	}{
		{"a child", `sleep 1000 & echo $!`, 8 * time.Second, 0},
		{"a child that cleans up", `sh -c 'trap "sleep 0.1; exit" TERM; echo $$; while :; do sleep 0.05; done' 2>/dev/null & sleep 0.2`, 8 * time.Second, 300 * time.Millisecond},
		{"a child that ignores the request", `sh -c 'trap "" TERM; echo $$; while :; do sleep 0.05; done' & sleep 0.2`, 200 * time.Millisecond, 400 * time.Millisecond},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var printed bytes.Buffer
			spec := shell(test.script)
			spec.Output, spec.Grace = &printed, test.grace
			began := time.Now()
			if err := subprocess.Run(t.Context(), spec); err != nil {
				t.Errorf("found error %v, expected none: the program itself ended well", err)
			}
			requireDuration(t, began, test.least, 5*time.Second)
			requireEnded(t, processID(t, printed.String()))
		})
	}
}

func TestADaemonThatKeepsTheOutputDoesNotDelayRun(t *testing.T) {
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var printed bytes.Buffer
	began := time.Now()
	err = subprocess.Run(t.Context(), subprocess.Spec{
		Name: executable, Env: inRole("daemon's parent"), Output: &printed, Grace: 300 * time.Millisecond,
	})
	if err != nil {
		t.Errorf("found error %v, expected none", err)
	}
	requireDuration(t, began, 300*time.Millisecond, 5*time.Second)
	daemon := processID(t, printed.String())
	if !isRunning(daemon) {
		t.Error("the daemon has ended, so the test shows nothing")
	}
	_ = syscall.Kill(daemon, syscall.SIGKILL)
}

func TestCtrlCLeavesNoProcess(t *testing.T) {
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	printed := make(lines, 10)
	command := exec.Command(executable)
	command.Env = inRole("command line")
	command.Stdout = printed
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // the terminal's foreground
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	defer command.Process.Kill()
	grandchild := processID(t, next(t, printed))
	if !isRunning(grandchild) {
		t.Fatal("the grandchild is not running before Ctrl-C")
	}
	// A terminal sends the signal to each process of the foreground group.
	if err := syscall.Kill(-command.Process.Pid, syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if line := next(t, printed); line != "context canceled" {
		t.Errorf("the command line printed %q, expected context canceled", line)
	}
	if err := command.Wait(); err != nil {
		t.Error(err)
	}
	requireEnded(t, grandchild)
}
