// Package background runs a sandbox in a process of its own: it starts, finds and stops that process, and has the operations by which commands ask it. What
// a sandbox is, package sandbox knows.
package background

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/crossgrant/crossgrant/sandbox"
	"github.com/crossgrant/crossgrant/sandbox/control"
)

// format is the version of the state file.
const format = 1

// State is what the state file of a running sandbox has.
type State struct {
	// Format is the version of the file.
	Format int `json:"format"`
	// Control is where, and with which token, the process answers.
	Control control.Client `json:"control"`
	Status
}

// Status is what is known of a running sandbox.
type Status struct {
	// Directory is where its state is.
	Directory string `json:"directory"`
	// Endpoint is the URL of AWS's services.
	Endpoint string `json:"endpoint"`
	// Region is the region of commands that name none.
	Region string `json:"region"`
	// Accounts are those that someone has named, the source account first, then the target account.
	Accounts []Account `json:"accounts"`
	// Process is the ID of the background process.
	Process int `json:"process"`
	// Started is when it became usable.
	Started time.Time `json:"started"`
	// Log is the file with what the process has to say.
	Log string `json:"log"`
}

// Account is an account of a running sandbox.
type Account struct {
	// Name is "source", "target" or the ID.
	Name string `json:"name"`
	// ID has 12 digits.
	ID string `json:"id"`
}

// ErrNotRunning is in the errors about a sandbox that does not run.
var ErrNotRunning = errors.New("no sandbox runs")

// errRuns is in the error of a sandbox that runs already.
var errRuns = errors.New("a sandbox runs already")

// Directory is the absolute path of a state directory. Without one given, it is a directory of the user's cache that is named after the project: the clone of
// Git, or the directory with a cdk.json, that the current directory is in, or else the current directory.
func Directory(given string) (string, error) {
	if given != "" {
		return filepath.Abs(given)
	}
	here, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find the current directory: %w", err)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find the cache directory of the user: %w; name one by --directory", err)
	}
	project := projectOf(here)
	return filepath.Join(cache, "crossgrant", "sandbox", named(project)), nil
}

func projectOf(here string) string {
	for _, mark := range []string{".git", "cdk.json"} {
		for dir := here; ; dir = filepath.Dir(dir) {
			if _, err := os.Stat(filepath.Join(dir, mark)); err == nil {
				return dir
			}
			if dir == filepath.Dir(dir) {
				break
			}
		}
	}
	return here
}

// named is a name for a directory: its own, and a digest of its path.
func named(path string) string {
	sum := sha256.Sum256([]byte(path))
	return strings.Trim(filepath.Base(path), string(filepath.Separator)) + "-" + hex.EncodeToString(sum[:6])
}

func stateFile(directory string) string { return filepath.Join(directory, "state.json") }
func logFile(directory string) string   { return filepath.Join(directory, "log.txt") }
func lockFile(directory string) string  { return filepath.Join(directory, "lock") }
func temporary(directory string) string { return filepath.Join(directory, "tmp") }

// Temporary is a directory for files of commands, which goes with the sandbox.
func (s Status) Temporary() string { return temporary(s.Directory) }

// Find returns the state of the sandbox of a directory. It errs with ErrNotRunning if there is none.
func Find(directory string) (State, error) {
	var s State
	process, err := holder(lockFile(directory))
	if err != nil {
		return s, err
	}
	if process == 0 {
		return s, fmt.Errorf("%w for %s: start one with crossgrant sandbox up%s", ErrNotRunning, directory, lastWords(directory))
	}
	text, err := os.ReadFile(stateFile(directory))
	if errors.Is(err, os.ErrNotExist) {
		return s, fmt.Errorf("%w for %s yet: process %d is about to start or to stop it", ErrNotRunning, directory, process)
	} else if err != nil {
		return s, fmt.Errorf("read the state of the sandbox: %w", err)
	}
	if err := json.Unmarshal(text, &s); err != nil || s.Format != format {
		return s, fmt.Errorf("%s: found format %d (%v), expected %d: stop this sandbox with crossgrant sandbox down, and start it again", stateFile(directory), s.Format, err, format)
	}
	return s, nil
}

// lastWords says where the log of a process is that ended without being asked to.
func lastWords(directory string) string {
	if _, err := os.Stat(stateFile(directory)); err != nil {
		return ""
	}
	return fmt.Sprintf(" (the last one ended without crossgrant sandbox down; its log is %s)", logFile(directory))
}

// Serve runs a sandbox until the context ends, somebody calls the operation stop, or the local AWS ends, and calls ready as soon as it is usable. It errs if
// the directory has a sandbox already. What an earlier process left behind, it removes.
func Serve(ctx context.Context, directory string, options sandbox.Options, log io.Writer, ready func(State)) (err error) {
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return fmt.Errorf("make a directory for the state of the sandbox: %w", err)
	}
	if err := os.Chmod(directory, 0o700); err != nil {
		return fmt.Errorf("make the state of the sandbox private: %w", err)
	}
	unlock, err := lock(lockFile(directory))
	if err != nil {
		return err
	}
	defer unlock()
	if err := clear(directory); err != nil {
		return err
	}
	// So that a process that is killed leaves no files elsewhere.
	if err := os.Mkdir(temporary(directory), 0o700); err != nil {
		return fmt.Errorf("make a directory for the files of the sandbox: %w", err)
	}
	os.Setenv("TMPDIR", temporary(directory))
	defer func() { err = errors.Join(err, clear(directory)) }()

	options.Log = log
	s, err := sandbox.Start(ctx, options)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Stop()) }()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	p := &process{sandbox: s, directory: directory, started: time.Now(), stop: stop}
	server := control.NewServer(log)
	p.serve(server)
	client, err := server.Start()
	if err != nil {
		return err
	}
	defer server.Stop()
	state := State{Format: format, Control: client, Status: p.status()}
	if err := writeState(directory, state); err != nil {
		return err
	}
	ready(state)
	select {
	case <-ctx.Done():
		return nil
	case <-s.Done():
		return s.Err()
	}
}

// writeState writes the state file, which is there in whole or not at all.
func writeState(directory string, s State) error {
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	file := stateFile(directory)
	if err := os.WriteFile(file+".new", append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("write the state of the sandbox: %w", err)
	}
	if err := os.Rename(file+".new", file); err != nil {
		return fmt.Errorf("write the state of the sandbox: %w", err)
	}
	return nil
}

// clear removes what a sandbox has in its directory except for the log and the lock, which has to be held.
func clear(directory string) error {
	for _, file := range []string{stateFile(directory), stateFile(directory) + ".new", temporary(directory)} {
		if err := os.RemoveAll(file); err != nil {
			return fmt.Errorf("remove the state of the sandbox: %w", err)
		}
	}
	return nil
}

// Stop stops the sandbox of a directory and waits until it is gone. It errs with ErrNotRunning if there is none; then nothing of it is left either.
func Stop(ctx context.Context, directory string) error {
	process, err := holder(lockFile(directory))
	if err != nil {
		return err
	}
	if process == 0 {
		if _, err := os.Stat(directory); err == nil {
			if unlock, err := lock(lockFile(directory)); err == nil {
				err = clear(directory)
				unlock()
				if err != nil {
					return err
				}
			}
		}
		return fmt.Errorf("%w for %s", ErrNotRunning, directory)
	}
	// Whoever holds the lock is the sandbox's own process, as the kernel says. It is asked before it is killed.
	state, err := Find(directory)
	if err == nil {
		asking, cancel := context.WithTimeout(ctx, 5*time.Second)
		_, err = stop.Call(asking, state.Control, struct{}{})
		cancel()
	}
	if err != nil {
		terminate(process)
	}
	if gone, err := waitUntilGone(ctx, directory, process, 20*time.Second); gone || err != nil {
		return err
	}
	kill(process)
	if gone, err := waitUntilGone(ctx, directory, process, 5*time.Second); gone || err != nil {
		return err
	}
	return fmt.Errorf("process %d of the sandbox of %s does not end, although it was killed", process, directory)
}

func waitUntilGone(ctx context.Context, directory string, process int, limit time.Duration) (bool, error) {
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); {
		now, err := holder(lockFile(directory))
		if err != nil {
			return false, err
		}
		if now != process {
			return true, nil
		}
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
	return false, nil
}

// startTimeout is how long a background process may take until it is usable.
const startTimeout = 90 * time.Second

// Launch starts the background process of a directory, unless one runs, and waits until it is usable. The command is what calls Serve with the directory,
// and with the options, which it gets as JSON on its standard input; its output goes to the log.
func Launch(caller context.Context, directory string, options sandbox.Options, command []string) (s State, already bool, err error) {
	ctx, cancel := context.WithTimeout(caller, startTimeout)
	defer cancel()
	defer func() {
		if errors.Is(err, context.DeadlineExceeded) && caller.Err() == nil {
			err = fmt.Errorf("the sandbox of %s is not usable within %s: its log is %s", directory, startTimeout, logFile(directory))
		}
	}()
	for {
		s, err = Find(directory)
		if err == nil {
			return s, true, nil
		}
		process, failed := holder(lockFile(directory))
		switch {
		case failed != nil:
			return s, false, failed
		case process != 0: // someone else starts or stops one
			select {
			case <-ctx.Done():
				return s, false, ctx.Err()
			case <-time.After(20 * time.Millisecond):
				continue
			}
		}
		s, err = launch(ctx, directory, options, command)
		if !errors.Is(err, errRuns) {
			return s, false, err
		}
	}
}

// launch starts a background process and waits until it is usable, or has ended. If the context ends before, it is stopped.
func launch(ctx context.Context, directory string, options sandbox.Options, command []string) (State, error) {
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return State{}, fmt.Errorf("make a directory for the state of the sandbox: %w", err)
	}
	text, err := json.Marshal(options)
	if err != nil {
		return State{}, err
	}
	log, err := os.OpenFile(logFile(directory), os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o600)
	if err != nil {
		return State{}, fmt.Errorf("open the log of the sandbox: %w", err)
	}
	defer log.Close()
	before, err := log.Seek(0, io.SeekEnd)
	if err != nil {
		return State{}, fmt.Errorf("open the log of the sandbox: %w", err)
	}
	c := detached(command)
	c.Stdin, c.Stdout, c.Stderr = strings.NewReader(string(text)), log, log
	if err := c.Start(); err != nil {
		return State{}, fmt.Errorf("start the background process: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	for {
		select {
		case err := <-ended:
			said, _ := io.ReadAll(io.NewSectionReader(log, before, 64<<10))
			if strings.Contains(string(said), errRuns.Error()) {
				return State{}, errRuns
			}
			return State{}, fmt.Errorf("the background process ended before it was usable: %v\n%s", err, strings.TrimSpace(string(said)))
		case <-ctx.Done():
			terminate(c.Process.Pid)
			select {
			case <-ended:
			case <-time.After(10 * time.Second):
				kill(c.Process.Pid)
				<-ended
			}
			return State{}, ctx.Err()
		case <-time.After(10 * time.Millisecond):
			if s, err := Find(directory); err == nil && s.Process == c.Process.Pid {
				return s, nil
			}
		}
	}
}

// accounts are those of a sandbox.
func accounts(s *sandbox.Sandbox) (all []Account) {
	for _, a := range s.Accounts() {
		all = append(all, Account{Name: a.Profile, ID: a.ID})
	}
	return slices.Clip(all)
}
