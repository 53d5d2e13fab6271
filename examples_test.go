package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb/dirhash"
	"golang.org/x/mod/zip"

	"github.com/crossgrant/crossgrant/internal/api"
	"github.com/crossgrant/crossgrant/internal/policyview"

	"github.com/crossgrant/crossgrant/proof"
)

var update = flag.Bool("update", false, "write the lists of api/ anew")

// assemblies is the folder of the examples' templates, for the checks of `make examples`.
const assemblies = ".build/examples"

// Each example is a module that gets this one from a module proxy, with -short from a workspace, for which nothing is compiled again. Its templates
// have the policies in its policies.txt.
func TestExamples(t *testing.T) {
	if err := os.RemoveAll(assemblies); err != nil {
		t.Fatal(err)
	}
	repository := clone(t)
	crossgrant := released{goproxy: goEnv(t, "GOPROXY")}
	if !testing.Short() {
		crossgrant = release(t, repository)
	}
	examples := map[string][]string{ // to their stacks
		"one-app":        {"Reports", "Shop"},
		"owner":          {"Lake"},
		"consumer":       {"Reports"},
		"own-permission": {"Shop", "Mail"},
	}
	if modules, _ := filepath.Glob("examples/*/go.mod"); len(modules) != len(examples) {
		t.Errorf("found modules %q, expected %d", modules, len(examples))
	}
	for name, stacks := range examples {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.CopyFS(dir, os.DirFS(filepath.Join(repository, "examples", name))); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(filepath.Join(repository, "node_modules"), filepath.Join(dir, "node_modules")); err != nil {
				t.Fatal(err)
			}
			if testing.Short() {
				useRepository(t, dir, repository)
			} else {
				requireRelease(t, dir, crossgrant)
			}
			out, err := filepath.Abs(filepath.Join(assemblies, name))
			if err != nil {
				t.Fatal(err)
			}
			synth(t, dir, crossgrant.environment(), "--strict", "--no-notices", "--quiet", "--output", out)
			agrees(t, out, proof.Options{})
			tool(t, dir, crossgrant, "prove", "--assembly", out)
			if name == "one-app" {
				t.Run("GitHub Actions", func(t *testing.T) { gitHub(t, dir, out, crossgrant) })
				t.Run("CDK Pipelines", func(t *testing.T) { codePipeline(t, dir, crossgrant) })
			}

			var found strings.Builder
			var ids []string
			for _, stack := range stacks {
				template, err := policyview.Parse([]byte(file(t, filepath.Join(out, stack+".template.json"))))
				if err != nil {
					t.Fatal(err)
				}
				fmt.Fprintf(&found, "stack %s\n\n%s\n", stack, template.View())
				for _, id := range template.IDs() {
					ids = append(ids, stack+" "+id)
				}
			}
			// Another logical ID replaces what is deployed, and another path moves what acknowledgements name: docs/versioning.md.
			if err := api.Check(filepath.Join("api", "ids-"+name+".txt"), ids, *update); err != nil {
				t.Error(err)
			}
			if diff := cmp.Diff(file(t, filepath.Join("examples", name, "policies.txt")), found.String()); diff != "" {
				t.Errorf("policies (-policies.txt +synthesized):\n%s", diff)
			}
		})
	}
	t.Run("the consumer has the owner's contract", func(t *testing.T) {
		if diff := cmp.Diff(file(t, filepath.Join(assemblies, "owner", "contract.json")), file(t, "examples/consumer/contract.json")); diff != "" {
			t.Errorf("contract.json (-owner's synthesis +examples/consumer):\n%s", diff)
		}
	})
	t.Run("the function has its code and environment", func(t *testing.T) {
		var template struct {
			Resources map[string]struct {
				Type       string
				Properties struct {
					Code        map[string]string
					Environment struct{ Variables map[string]string }
				}
			}
		}
		if err := json.Unmarshal([]byte(file(t, filepath.Join(assemblies, "one-app", "Reports.template.json"))), &template); err != nil {
			t.Fatal(err)
		}
		functions := 0
		for _, r := range template.Resources {
			if r.Type != "AWS::Lambda::Function" {
				continue
			}
			functions++
			if diff := cmp.Diff(map[string]string{"ZipFile": file(t, "examples/one-app/index.py")}, r.Properties.Code); diff != "" {
				t.Errorf("code (-index.py +template):\n%s", diff)
			}
			if diff := cmp.Diff(map[string]string{
				"CROSSGRANT_ROLE_ARN": "arn:aws:iam::222222222222:role/shop-prod-ap-northeast-1",
				"CROSSGRANT_BUCKET":   "shop-222222222222", "CROSSGRANT_PREFIXES": `["reports/"]`, "CROSSGRANT_TABLE": "orders",
			}, r.Properties.Environment.Variables); diff != "" {
				t.Errorf("environment (-expected +template):\n%s", diff)
			}
		}
		if functions != 1 {
			t.Errorf("found %d functions, expected 1", functions)
		}
	})
}

// released is a version of this module in a module proxy.
type released struct {
	module.Version
	// goproxy is the GOPROXY setting; sums are the version's lines of go.sum.
	goproxy, sums string
}

// environment is that of a synthesis. With -short cfn-lint alone validates the templates, afterwards, and the CDK does not as well.
func (r released) environment() []string {
	all := []string{"GOPROXY=" + r.goproxy, "CDK_DISABLE_CLI_TELEMETRY=true"}
	if testing.Short() {
		all = append(all, "CDK_VALIDATION=false")
	}
	return all
}

// release creates a version of this module from the files of a repository. Each run has a new version, which the module cache cannot have
// yet, and removes it from the cache at the end.
func release(t *testing.T, repository string) released {
	t.Helper()
	r := released{Version: module.Version{Path: "github.com/crossgrant/crossgrant", Version: fmt.Sprintf("v0.1.0-test.r%016x", rand.Uint64())}}
	cache := goEnv(t, "GOMODCACHE")
	t.Cleanup(func() { forget(t, cache, r.Version) })

	proxy := t.TempDir()
	name := filepath.Join(proxy, r.Path, "@v", r.Version.Version)
	write(t, name+".info", fmt.Sprintf(`{"Version": %q}`, r.Version.Version))
	write(t, name+".mod", file(t, filepath.Join(repository, "go.mod")))
	archive, err := os.Create(name + ".zip")
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	if err := zip.CreateFromDir(archive, r.Version, repository); err != nil {
		t.Fatal(err)
	}
	r.goproxy = "file://" + filepath.ToSlash(proxy) + "," + goEnv(t, "GOPROXY")

	ofZip, err := dirhash.HashZip(archive.Name(), dirhash.Hash1)
	if err != nil {
		t.Fatal(err)
	}
	ofMod, err := dirhash.Hash1([]string{"go.mod"}, func(string) (io.ReadCloser, error) { return os.Open(name + ".mod") })
	if err != nil {
		t.Fatal(err)
	}
	r.sums = fmt.Sprintf("%s %s %s\n%[1]s %[2]s/go.mod %[4]s\n", r.Path, r.Version.Version, ofZip, ofMod)
	return r
}

// tool runs the command of a release as a tool of a module that gets it, where it must say that everything is proved.
func tool(t *testing.T, dir string, r released, args ...string) {
	t.Helper()
	command := exec.Command("go", append([]string{"tool", "crossgrant"}, args...)...)
	command.Dir, command.Env = dir, append(os.Environ(), "GOPROXY="+r.goproxy)
	if printed, err := command.CombinedOutput(); err != nil || !strings.Contains(string(printed), "\nPROVED: ") {
		t.Errorf("%s: found %v and\n%s", command, err, printed)
	}
}

// requireRelease replaces the path of this repository in a module's go.mod by a release. The build must not change go.mod and go.sum any
// further.
func requireRelease(t *testing.T, dir string, r released) {
	t.Helper()
	edit := exec.Command("go", "mod", "edit", "-dropreplace="+r.Path, "-require="+r.String())
	edit.Dir = dir
	if printed, err := edit.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", edit, err, printed)
	}
	sums := filepath.Join(dir, "go.sum")
	write(t, sums, file(t, sums)+r.sums)
}

// useRepository joins a module and this one, wherever it is, in a workspace.
func useRepository(t *testing.T, dir, repository string) {
	t.Helper()
	for _, args := range [][]string{{"mod", "edit", "-replace=github.com/crossgrant/crossgrant=" + repository}, {"work", "init", ".", repository}} {
		command := exec.Command("go", args...)
		command.Dir = dir
		if printed, err := command.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", command, err, printed)
		}
	}
}

// forget removes one version of a module from the module cache, which is read-only.
func forget(t *testing.T, cache string, version module.Version) {
	taken, err := filepath.Glob(filepath.Join(cache, "cache", "download", version.Path, "@v", version.Version+".*"))
	if err != nil {
		t.Error(err)
	}
	versions := filepath.Join(cache, "cache", "download", version.Path, "@v", "list") // go writes it again from the other files
	extracted := filepath.Join(cache, version.Path+"@"+version.Version)
	for _, name := range append(taken, versions, extracted) {
		filepath.WalkDir(name, func(name string, entry fs.DirEntry, err error) error {
			if err == nil && entry.IsDir() {
				err = os.Chmod(name, 0o755)
			}
			return err
		})
		if err := os.RemoveAll(name); err != nil {
			t.Error(err)
		}
	}
}

func goEnv(t *testing.T, variable string) string {
	t.Helper()
	value, err := exec.Command("go", "env", variable).Output()
	if err != nil {
		t.Fatalf("go env %s: %v", variable, err)
	}
	return strings.TrimSpace(string(value))
}
