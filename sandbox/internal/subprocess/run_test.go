//go:build unix

package subprocess_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/crossgrant/crossgrant/sandbox/internal/subprocess"
)

func TestRunReturnsHowTheProgramEnded(t *testing.T) {
	tests := []struct {
		name, script, err string
		code              int
	}{
		{"well", "exit 0", "", 0},
		{"with code 3", "exit 3", "exit status 3", 3},
		{"by a signal", "kill -KILL $$", "signal: killed", -1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := subprocess.Run(t.Context(), shell(test.script))
			if test.err == "" {
				if err != nil {
					t.Errorf("found error %v, expected none", err)
				}
				return
			}
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() != test.code || err.Error() != test.err {
				t.Errorf("found error %v, expected %s", err, test.err)
			}
		})
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	tests := []struct {
		name   string
		cancel bool
		limit  time.Duration // longer than the program takes to start
		err    error
	}{
		{"cancelled", true, time.Minute, context.Canceled},
		{"past its deadline", false, 5 * time.Second, context.DeadlineExceeded},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			printed := make(lines, 10)
			ctx, cancel := context.WithTimeout(t.Context(), test.limit)
			defer cancel()
			spec := shell(`sleep 1000 & echo $!; wait`)
			spec.Output = printed
			ended := make(chan error, 1)
			go func() { ended <- subprocess.Run(ctx, spec) }()
			grandchild := processID(t, next(t, printed))
			if test.cancel {
				cancel()
			}
			if err := <-ended; !errors.Is(err, test.err) {
				t.Errorf("found error %v, expected %v", err, test.err)
			}
			requireEnded(t, grandchild)
		})
	}
}

func TestRunStartsNothingOnceItsContextIsCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	missing := subprocess.Spec{Name: "no-such-program"} // an attempt to start it gives another error
	if err := subprocess.Run(ctx, missing); !errors.Is(err, exec.ErrNotFound) {
		t.Errorf("before: found error %v, expected %v", err, exec.ErrNotFound)
	}
	cancel()
	if err := subprocess.Run(ctx, missing); !errors.Is(err, context.Canceled) {
		t.Errorf("found error %v, expected %v", err, context.Canceled)
	}
}

func TestTheErrorNamesAMissingProgram(t *testing.T) {
	tests := []struct {
		name string
		is   error
	}{
		{"no-such-program", exec.ErrNotFound},
		{"/no/such/program", fs.ErrNotExist},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var printed bytes.Buffer
			_, err := subprocess.Start(subprocess.Spec{Name: test.name, Output: &printed})
			if !errors.Is(err, test.is) || !strings.HasPrefix(err.Error(), "start "+test.name+": ") {
				t.Errorf("found error %v, expected start %s: %v", err, test.name, test.is)
			}
		})
	}
}

func TestAProgramRunsAsSpecified(t *testing.T) {
	directory, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("SUBPROCESS_TEST_OWN", "of the caller")
	own := func(s subprocess.Spec) subprocess.Spec { s.Env = []string{"SUBPROCESS_TEST_SET=set"}; return s }
	in := func(s subprocess.Spec) subprocess.Spec { s.Dir = directory; return s }
	tests := []struct {
		name     string
		spec     subprocess.Spec
		expected string
	}{
		{"both streams are kept in order", shell("echo one; echo two >&2; echo three"), "one\ntwo\nthree\n"},
		{"arguments", subprocess.Spec{Name: "echo", Args: []string{"a b", "c"}}, "a b c\n"},
		{"the directory", in(shell("pwd")), directory + "\n"},
		{"the caller's environment", shell("echo $SUBPROCESS_TEST_OWN"), "of the caller\n"},
		{"an environment of its own", own(shell("echo $SUBPROCESS_TEST_SET $SUBPROCESS_TEST_OWN")), "set\n"},
		{"no input", shell("cat; echo end"), "end\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var printed bytes.Buffer
			test.spec.Output = &printed
			if err := subprocess.Run(t.Context(), test.spec); err != nil {
				t.Fatal(err)
			}
			if printed.String() != test.expected {
				t.Errorf("found %q, expected %q", printed.String(), test.expected)
			}
		})
	}
}

func TestMuchOutputIsKeptToTheLastByte(t *testing.T) {
	var printed bytes.Buffer
	spec := shell("head -c 3000000 /dev/zero; echo end")
	spec.Output = &printed
	if err := subprocess.Run(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	if printed.Len() != 3_000_004 || !strings.HasSuffix(printed.String(), "end\n") {
		t.Errorf("found %d bytes, expected 3000004", printed.Len())
	}
}

type slow struct{ kept bytes.Buffer }

func (s *slow) Write(p []byte) (int, error) {
	time.Sleep(200 * time.Millisecond)
	return s.kept.Write(p)
}

func TestSlowOutputIsKeptToTheLastByte(t *testing.T) {
	var printed slow
	spec := shell("echo one")
	spec.Output = &printed
	if err := subprocess.Run(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	if printed.kept.String() != "one\n" {
		t.Errorf("found %q, expected one", printed.kept.String())
	}
}

type full struct{}

var errFull = errors.New("disk is full")

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestAFullDiskEndsTheProgram(t *testing.T) {
	spec := subprocess.Spec{Name: "yes", Output: full{}, Grace: time.Minute}
	began := time.Now()
	if err := subprocess.Run(t.Context(), spec); err == nil {
		t.Error("found no error, expected one")
	}
	requireDuration(t, began, 0, 20*time.Second)

	spec = shell("echo one")
	spec.Output = full{}
	if err := subprocess.Run(t.Context(), spec); !errors.Is(err, errFull) {
		t.Errorf("found error %v, expected %v", err, errFull)
	}
}
