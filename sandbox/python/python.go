// Package python finds the Python environment of the local AWS, or makes one in the user's cache. It starts no local AWS.
package python

import (
	"context"
	"crypto/sha256"
	_ "embed" // the versions
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/crossgrant/crossgrant/sandbox"
)

//go:embed requirements.txt
var requirements string

// ofClone is the environment that `make setup` makes in a clone of crossgrant.
const ofClone = ".build/venv"

// Environment returns the absolute path of a Python environment that has moto_server: the given one, or else that of the clone of crossgrant that a directory is in,
// or else one in the user's cache, which it makes at the first call: that takes Python 3.10 or newer, a package index, and about a minute.
func Environment(ctx context.Context, given, directory string, progress func(format string, args ...any)) (string, error) {
	if given != "" {
		absolute, err := filepath.Abs(given)
		if err == nil {
			_, err = os.Stat(filepath.Join(absolute, "bin", "moto_server"))
		}
		if err != nil {
			return "", fmt.Errorf("found no moto_server in %s, expected a Python environment with moto[server]: %w", given, err)
		}
		return absolute, nil
	}
	for dir := directory; ; dir = filepath.Dir(dir) {
		venv := filepath.Join(dir, ofClone)
		if _, err := os.Stat(filepath.Join(venv, "bin", "moto_server")); err == nil {
			return venv, nil
		}
		if dir == filepath.Dir(dir) {
			break
		}
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find the cache directory of the user: %w; name a Python environment with moto[server]", err)
	}
	return cached(ctx, filepath.Join(cache, "crossgrant"), progress)
}

// cached is the environment in a cache directory. It is named after what is installed, and is there in whole or not at all.
func cached(ctx context.Context, cache string, progress func(format string, args ...any)) (string, error) {
	python, version, err := find(ctx)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(version + "\n" + requirements))
	venv := filepath.Join(cache, "python-"+hex.EncodeToString(sum[:6]))
	done := filepath.Join(venv, "installed")
	if _, err := os.Stat(done); err == nil {
		return venv, nil
	}
	progress("Installing the local AWS into %s (about a minute, once)", venv)
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", fmt.Errorf("make the cache directory: %w", err)
	}
	// Programs of an environment have its path in them, so it is made in its place, by one process at a time.
	unlock, err := exclusive(ctx, venv+".lock")
	if err != nil {
		return "", err
	}
	defer unlock()
	if _, err := os.Stat(done); err == nil {
		return venv, nil
	}
	if err := os.RemoveAll(venv); err != nil {
		return "", fmt.Errorf("remove an environment that is incomplete: %w", err)
	}
	if _, err := sandbox.Command(ctx, "", nil, python, "-m", "venv", venv); err != nil {
		return "", fmt.Errorf("make a Python environment: %w, expected Python with its venv module (the package python3-venv of Debian and Ubuntu)", err)
	}
	file := filepath.Join(venv, "requirements.txt")
	if err := os.WriteFile(file, []byte(requirements), 0o644); err != nil {
		return "", err
	}
	if _, err := sandbox.Command(ctx, "", nil, filepath.Join(venv, "bin", "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary=:all:", "-r", file); err != nil {
		return "", fmt.Errorf("install the local AWS: %w", err)
	}
	return venv, os.WriteFile(done, nil, 0o644)
}

// find finds Python and its version.
func find(ctx context.Context) (program, version string, err error) {
	const expected = "expected Python 3.10 or newer as python3 on the PATH, or a Python environment with moto[server]"
	if program, err = exec.LookPath("python3"); err != nil {
		return "", "", errors.New("found no python3, " + expected)
	}
	out, err := sandbox.Command(ctx, "", nil, program, "-c", "import sys; print('%d.%d' % sys.version_info[:2], sys.version_info >= (3, 10))")
	version, fits, _ := strings.Cut(strings.TrimSpace(out), " ")
	switch {
	case err != nil:
		return "", "", fmt.Errorf("ask %s for its version: %w", program, err)
	case fits != "True":
		return "", "", fmt.Errorf("found Python %s at %s, %s", version, program, expected)
	}
	return program, version, nil
}
