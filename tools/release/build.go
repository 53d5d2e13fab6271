package main

import (
	"bytes"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb/dirhash"
	"golang.org/x/mod/zip"
)

// builder writes a release of the repository in dir to out.
type builder struct {
	dir, work, out, toolchain string
	platforms                 []platform
	version                   module.Version
	commit                    commit
}

func (b builder) everything() error {
	environment, err := b.environment()
	if err != nil {
		return err
	}
	if err := b.sbomProgram(environment); err != nil {
		return err
	}
	if err := b.module(environment); err != nil {
		return err
	}
	shared, err := b.shared(environment)
	if err != nil {
		return err
	}
	for _, p := range b.platforms {
		fmt.Printf("%s/%s\n", p.os, p.arch)
		if err := b.platform(p, environment, shared); err != nil {
			return fmt.Errorf("%s/%s: %w", p.os, p.arch, err)
		}
	}
	return b.checksums()
}

// module writes the module as module proxies serve it, its lines of go.sum, and its SBOM.
// https://go.dev/ref/mod#zip-files
func (b builder) module(environment []string) error {
	name := filepath.Join(b.out, b.name("module.zip"))
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	if err := errors.Join(zip.CreateFromVCS(file, b.version, b.dir, b.commit.hash, ""), file.Close()); err != nil {
		return fmt.Errorf("module zip: %w", err)
	}
	ofZip, err := dirhash.HashZip(name, dirhash.Hash1)
	if err != nil {
		return err
	}
	ofMod, err := dirhash.Hash1([]string{"go.mod"}, func(string) (io.ReadCloser, error) { return os.Open(filepath.Join(b.dir, "go.mod")) })
	if err != nil {
		return err
	}
	sums := fmt.Sprintf("%s %s %s\n%[1]s %[2]s/go.mod %[4]s\n", b.version.Path, b.version.Version, ofZip, ofMod)
	if err := os.WriteFile(filepath.Join(b.out, b.name("go.sum")), []byte(sums), 0o644); err != nil {
		return err
	}
	return b.writeSBOM("module", environment, "mod", "-type", "library")
}

// environment is that of every compilation: what someone has set decides where modules come from, but not which bytes are compiled.
func (b builder) environment() ([]string, error) {
	c := exec.Command("go", "env", "-json", "GOPROXY", "GONOPROXY", "GOPRIVATE", "GOSUMDB", "GONOSUMDB", "GOINSECURE", "GOAUTH", "GOMODCACHE", "GOCACHE", "GOPATH")
	c.Dir = b.dir
	out, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("go env: %w", err)
	}
	var kept map[string]string
	if err := json.Unmarshal(out, &kept); err != nil {
		return nil, fmt.Errorf("go env: %w", err)
	}
	all := slices.DeleteFunc(os.Environ(), func(one string) bool {
		name, _, _ := strings.Cut(one, "=")
		return strings.HasPrefix(name, "GO") || strings.HasPrefix(name, "CGO_")
	})
	for name, value := range kept {
		if value != "" {
			all = append(all, name+"="+value)
		}
	}
	return append(all, "GOENV=off", "GOWORK=off", "GOTOOLCHAIN="+b.toolchain, "CGO_ENABLED=0", "GOAMD64=v1", "GOARM64=v8.0", "GOFIPS140=off"), nil
}

// compile compiles the command line. Its version, and the commit, are what Go reads from Git.
func (b builder) compile(p platform, environment []string, to string) error {
	c := exec.Command("go", "build", "-trimpath", "-buildvcs=true", "-ldflags=-s -w -buildid=", "-o", to, "./cmd/crossgrant")
	c.Dir, c.Env = b.dir, append(slices.Clone(environment), "GOOS="+p.os, "GOARCH="+p.arch)
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, out)
	}
	info, err := buildinfo.ReadFile(to)
	if err != nil {
		return err
	}
	if info.Main.Version != b.version.Version {
		return fmt.Errorf("found version %s in what was compiled, expected %s: is another tag at this commit?", info.Main.Version, b.version.Version)
	}
	return nil
}

// shared are the files of every archive: the license, manual pages and completions.
func (b builder) shared(environment []string) ([]archived, error) {
	program, err := filepath.Abs(filepath.Join(b.work, "host"))
	if err != nil {
		return nil, err
	}
	if err := b.compile(platform{runtime.GOOS, runtime.GOARCH}, environment, program); err != nil {
		return nil, err
	}
	license, err := os.ReadFile(filepath.Join(b.dir, "LICENSE"))
	if err != nil {
		return nil, err
	}
	all := []archived{{name: "LICENSE", content: license}}
	pages := filepath.Join(b.work, "man1")
	if out, err := exec.Command(program, "man", "--output", pages).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("manual pages: %w\n%s", err, out)
	}
	names, err := os.ReadDir(pages)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		content, err := os.ReadFile(filepath.Join(pages, name.Name()))
		if err != nil {
			return nil, err
		}
		all = append(all, archived{name: "share/man/man1/" + name.Name(), content: content})
	}
	for shell, name := range map[string]string{"bash": "crossgrant.bash", "fish": "crossgrant.fish", "powershell": "crossgrant.ps1", "zsh": "_crossgrant"} {
		content, err := exec.Command(program, "completion", shell).Output()
		if err != nil {
			return nil, fmt.Errorf("completion of %s: %w", shell, err)
		}
		all = append(all, archived{name: "share/completions/" + name, content: content})
	}
	return all, nil
}

// platform writes the archive of one platform, and its SBOM.
func (b builder) platform(p platform, environment []string, shared []archived) error {
	program := "crossgrant"
	if p.os == "windows" {
		program += ".exe"
	}
	to, err := filepath.Abs(filepath.Join(b.work, p.os+"-"+p.arch, program))
	if err != nil {
		return err
	}
	if err := b.compile(p, environment, to); err != nil {
		return err
	}
	binary, err := os.ReadFile(to)
	if err != nil {
		return err
	}
	licenses, err := b.licenses(to, environment)
	if err != nil {
		return err
	}
	files := append(slices.Clone(shared), archived{name: program, content: binary, program: true}, archived{name: "LICENSES-OF-OTHERS", content: licenses})
	name := b.name(p.os + "_" + p.arch)
	write, extension := tarGzip, ".tar.gz"
	if p.os == "windows" {
		write, extension = zipped, ".zip"
	}
	content, err := write(name, files, b.commit.time)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(b.out, name+extension), content, 0o644); err != nil {
		return err
	}
	return b.writeSBOM(p.os+"_"+p.arch, append(slices.Clone(environment), "GOOS="+p.os, "GOARCH="+p.arch), "app", "-main", "cmd/crossgrant")
}

// sbomProgram writes SBOMs, and tools/cyclonedx pins it: by the people of CycloneDX, Apache-2.0.
const sbomProgram = "cyclonedx-gomod"

func (b builder) sbomProgram(environment []string) error {
	to, err := filepath.Abs(filepath.Join(b.work, sbomProgram))
	if err != nil {
		return err
	}
	c := exec.Command("go", "build", "-trimpath", "-modfile=tools/cyclonedx/go.mod", "-o", to, "github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod")
	c.Dir, c.Env = b.dir, environment
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("compile %s: %w\n%s", sbomProgram, err, out)
	}
	return nil
}

// writeSBOM writes what a part of the release consists of, without the time and the random number that such a document may have.
// https://cyclonedx.org/docs/1.6/json/
func (b builder) writeSBOM(part string, environment []string, args ...string) error {
	name, err := filepath.Abs(filepath.Join(b.out, b.name(part+".cdx.json")))
	if err != nil {
		return err
	}
	program, err := filepath.Abs(filepath.Join(b.work, sbomProgram))
	if err != nil {
		return err
	}
	c := exec.Command(program, append(args, "-json", "-noserial", "-notimestamp", "-licenses", "-std", "-output", name, ".")...)
	c.Dir, c.Env = b.dir, environment
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("SBOM: %w\n%s", err, out)
	}
	content, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	if content, err = withoutToolHashes(content); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return os.WriteFile(name, content, 0o644)
}

// withoutToolHashes is an SBOM without the checksums of the program that wrote it, which has other bytes on each machine's platform.
func withoutToolHashes(sbom []byte) ([]byte, error) {
	var document map[string]any
	if err := json.Unmarshal(sbom, &document); err != nil {
		return nil, err
	}
	metadata, _ := document["metadata"].(map[string]any)
	tools, _ := metadata["tools"].([]any)
	if len(tools) == 0 {
		return nil, errors.New("found no metadata.tools, expected cyclonedx-gomod")
	}
	for _, tool := range tools {
		if tool, ok := tool.(map[string]any); ok {
			delete(tool, "hashes")
		}
	}
	text, err := json.MarshalIndent(document, "", "  ")
	return append(text, '\n'), err
}

// licenses are the texts that the licenses of what is compiled into a program ask to be given with it: of Go, and of each module.
func (b builder) licenses(program string, environment []string) ([]byte, error) {
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		return nil, err
	}
	c := exec.Command("go", "env", "GOROOT")
	c.Dir, c.Env = b.dir, environment
	root, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("go env: %w", err)
	}
	var all bytes.Buffer
	if err := license(&all, "Go "+info.GoVersion, strings.TrimSpace(string(root))); err != nil {
		return nil, err
	}
	for _, m := range info.Deps {
		c := exec.Command("go", "mod", "download", "-json", m.Path+"@"+m.Version)
		c.Dir, c.Env = b.dir, environment
		out, err := c.Output()
		if err != nil {
			return nil, fmt.Errorf("go mod download %s@%s: %w", m.Path, m.Version, err)
		}
		var downloaded struct{ Dir string }
		if err := json.Unmarshal(out, &downloaded); err != nil {
			return nil, err
		}
		if err := license(&all, m.Path+" "+m.Version, downloaded.Dir); err != nil {
			return nil, err
		}
	}
	return all.Bytes(), nil
}

// license appends the license texts in a directory, with what they are of. It errs if there is none.
func license(all *bytes.Buffer, of, dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	found := false
	for _, e := range entries {
		name := strings.ToUpper(e.Name())
		if e.IsDir() || strings.HasSuffix(name, ".GO") || !strings.HasPrefix(name, "LICENSE") && !strings.HasPrefix(name, "LICENCE") && !strings.HasPrefix(name, "COPYING") && !strings.HasPrefix(name, "NOTICE") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return err
		}
		fmt.Fprintf(all, "---- %s, %s ----\n\n%s\n\n", of, e.Name(), bytes.TrimSpace(text))
		found = true
	}
	if !found {
		return fmt.Errorf("found no license of %s in %s, expected one to give with it", of, dir)
	}
	return nil
}

// checksums writes SHA256SUMS of every other file, as `sha256sum -c` reads it.
func (b builder) checksums() error {
	entries, err := os.ReadDir(b.out)
	if err != nil {
		return err
	}
	var all bytes.Buffer
	for _, e := range entries {
		content, err := os.ReadFile(filepath.Join(b.out, e.Name()))
		if err != nil {
			return err
		}
		fmt.Fprintf(&all, "%x  %s\n", sha256.Sum256(content), e.Name())
	}
	return os.WriteFile(filepath.Join(b.out, "SHA256SUMS"), all.Bytes(), 0o644)
}
