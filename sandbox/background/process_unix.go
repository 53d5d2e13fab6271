//go:build unix

package background

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// lock takes the lock of a state directory for the life of this process, or until unlock is called. It is one of POSIX, of which the kernel says which process
// holds it, and which ends with that process, however it ends. https://man7.org/linux/man-pages/man2/F_GETLK.2const.html
func lock(file string) (unlock func(), err error) {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the lock of the sandbox: %w", err)
	}
	err = syscall.FcntlFlock(f.Fd(), syscall.F_SETLK, &syscall.Flock_t{Type: syscall.F_WRLCK, Whence: io.SeekStart})
	switch {
	case errors.Is(err, syscall.EAGAIN), errors.Is(err, syscall.EACCES):
		f.Close()
		return nil, fmt.Errorf("%w for %s", errRuns, filepath.Dir(file))
	case err != nil:
		f.Close()
		return nil, fmt.Errorf("lock %s: %w, expected a file system with locks: name another directory by --directory", file, err)
	}
	return func() { f.Close() }, nil
}

// holder is the ID of the process that holds the lock. 0 for none. This process must not hold it.
func holder(file string) (int, error) {
	f, err := os.OpenFile(file, os.O_RDWR, 0)
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	} else if err != nil {
		return 0, fmt.Errorf("open the lock of the sandbox: %w", err)
	}
	defer f.Close()
	l := syscall.Flock_t{Type: syscall.F_WRLCK, Whence: io.SeekStart}
	if err := syscall.FcntlFlock(f.Fd(), syscall.F_GETLK, &l); err != nil {
		return 0, fmt.Errorf("ask for the lock %s: %w", file, err)
	}
	switch {
	case l.Type == syscall.F_UNLCK:
		return 0, nil
	case l.Pid <= 0:
		return 0, fmt.Errorf("%s: found a sandbox of a process that is not visible here, expected one of this machine and container", filepath.Dir(file))
	}
	return int(l.Pid), nil
}

// detached is a command in a session of its own, which no terminal ends.
func detached(command []string) *exec.Cmd {
	c := exec.Command(command[0], command[1:]...)
	c.Dir, c.SysProcAttr = "/", &syscall.SysProcAttr{Setsid: true}
	return c
}

func terminate(process int) { syscall.Kill(process, syscall.SIGTERM) }

func kill(process int) { syscall.Kill(process, syscall.SIGKILL) }
