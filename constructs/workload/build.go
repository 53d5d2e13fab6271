package workload

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"time"
)

// Architecture is the processor that a function is compiled for.
type Architecture string

const (
	// ARM64 is AWS Graviton, the default.
	ARM64 Architecture = "arm64"
	// X86_64 is Intel and AMD.
	X86_64 Architecture = "x86_64"
)

// Architectures returns all processors, the default first.
func Architectures() []Architecture { return []Architecture{ARM64, X86_64} }

// goarch returns the Go toolchain's name of the architecture.
func (a Architecture) goarch() string {
	if a == X86_64 {
		return "amd64"
	}
	return "arm64"
}

// slowBuild is how long a build takes before Progress gets a line.
const slowBuild = 2 * time.Second

// BuildProps configures a [Build].
type BuildProps struct {
	// Dir is a folder of the Go module that the packages are built from. Default the working directory.
	Dir string
	// Packages are the main packages, one per function, as `go build` takes them: "./lambda/list", or an import path. Their last
	// elements must differ. At least one is required.
	Packages []string
	// Architecture is the processor to compile for. Default ARM64.
	Architecture Architecture
	// Output is a folder, under Dir unless absolute, that keeps the binaries between builds, so that unchanged functions are not
	// linked again. Default ".build/lambda".
	Output string
	// Progress gets one line if a build takes longer than two seconds, as the first one does. Default none.
	Progress io.Writer
}

// Build is a set of functions compiled together.
type Build struct {
	// Architecture is the processor that the functions are compiled for.
	Architecture Architecture
	binaries     map[string]string
	ended        chan struct{} // closed when the compiler has ended, with err
	err          error
}

// Compile builds all packages with one `go build`, for the provided.al2023 runtime: static, without paths or version control
// stamps, so that the same source gives the same bytes in every checkout. If a package does not compile, the error has the compiler's
// output. Cancelling ctx stops the compiler.
//
// https://docs.aws.amazon.com/lambda/latest/dg/golang-package.html
func Compile(ctx context.Context, props BuildProps) (*Build, error) {
	b, err := Start(ctx, props)
	if err == nil {
		err = b.Wait()
	}
	if err != nil {
		return nil, err
	}
	return b, nil
}

// Start begins what [Compile] does, and returns while the compiler runs. A [GoFunction] waits for it, so that an app can create other constructs
// meanwhile, and panics with its error. [Build.Wait] returns when the compiler has ended.
func Start(ctx context.Context, props BuildProps) (*Build, error) {
	architecture := props.Architecture
	if architecture == "" {
		architecture = ARM64
	}
	output := props.Output
	if output == "" {
		output = ".build/lambda"
	}
	if !filepath.IsAbs(output) {
		output = filepath.Join(props.Dir, output)
	}
	output, err := filepath.Abs(filepath.Join(output, "linux-"+architecture.goarch()))
	if err != nil {
		return nil, fmt.Errorf("find folder for binaries: %w", err)
	}
	build := &Build{Architecture: architecture, binaries: map[string]string{}, ended: make(chan struct{})}
	for _, pkg := range props.Packages {
		name := path.Base(pkg)
		for other, binary := range build.binaries {
			if filepath.Base(binary) == name {
				return nil, fmt.Errorf("build functions: found packages %s and %s, expected last elements that differ", other, pkg)
			}
		}
		build.binaries[pkg] = filepath.Join(output, name)
	}
	if len(props.Packages) == 0 {
		return nil, errors.New("build functions: found no package, expected at least one, such as ./lambda/list")
	}
	if err := os.MkdirAll(output, 0o755); err != nil {
		return nil, fmt.Errorf("make folder for binaries: %w", err)
	}
	go func() {
		defer close(build.ended)
		build.err = compile(ctx, props, architecture, output)
	}()
	return build, nil
}

// Wait waits until the compiler has ended, and returns what Compile returns.
func (b *Build) Wait() error {
	<-b.ended
	return b.err
}

// compile runs the compiler.
func compile(ctx context.Context, props BuildProps, architecture Architecture, output string) error {
	if props.Progress != nil {
		slow := time.AfterFunc(slowBuild, func() {
			fmt.Fprintf(props.Progress, "Compiling %s for linux/%s …\n", strings.Join(props.Packages, ", "), architecture.goarch())
		})
		defer slow.Stop()
	}
	args := []string{"build", "-trimpath", "-buildvcs=false", "-tags=lambda.norpc", "-ldflags=-s -w", "-o", output + string(filepath.Separator)}
	command := exec.CommandContext(ctx, "go", append(args, props.Packages...)...)
	command.Dir = props.Dir
	// The user's GOFLAGS would change the bytes.
	command.Env = append(os.Environ(), "GOOS=linux", "GOARCH="+architecture.goarch(), "CGO_ENABLED=0", "GOFLAGS=", "GOARM64=v8.0", "GOAMD64=v1", "GOEXPERIMENT=")
	var printed bytes.Buffer
	command.Stdout, command.Stderr = &printed, &printed
	if err := command.Run(); err != nil {
		if printed.Len() == 0 {
			return fmt.Errorf("run go build (is Go installed and on the PATH?): %w", err)
		}
		return fmt.Errorf("build functions:\n%s", strings.TrimRight(printed.String(), "\n"))
	}
	return nil
}

// asset returns a folder that has a package's binary alone, under the name that the runtime expects.
func (b *Build) asset(pkg string) (string, error) {
	if err := b.Wait(); err != nil {
		return "", err
	}
	binary, ok := b.binaries[pkg]
	if !ok {
		return "", fmt.Errorf("Package: found %q, expected one of the packages given to Compile", pkg)
	}
	dir := binary + ".asset"
	file := filepath.Join(dir, "bootstrap")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("make folder of function: %w", err)
	}
	if err := link(binary, file); err != nil {
		return "", fmt.Errorf("put function into its folder: %w", err)
	}
	// Whatever the umask: Lambda runs the program as another user than it unpacks it, and the asset's hash does not depend on the mode.
	// https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-deployment.html
	for _, path := range []string{dir, file} {
		if err := os.Chmod(path, 0o755); err != nil {
			return "", fmt.Errorf("let Lambda run the function: %w", err)
		}
	}
	return dir, nil
}

// link gives a file a second name in its file system, in place of what had that name. At no time is the name without a file, for other processes
// that synthesize the same app.
func link(file, name string) error {
	old, err := os.Stat(name)
	if err == nil {
		if current, err := os.Stat(file); err == nil && os.SameFile(old, current) {
			return nil
		}
	}
	temporary, err := os.MkdirTemp(filepath.Dir(filepath.Dir(name)), ".link-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temporary)
	linked := filepath.Join(temporary, filepath.Base(name))
	if err := os.Link(file, linked); err != nil {
		return err
	}
	return os.Rename(linked, name)
}
