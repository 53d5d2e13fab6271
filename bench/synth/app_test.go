package synth_test

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// project is the folder of the app.
const project = "../.."

// BenchmarkApp measures the whole app, compiled before and synthesized before, against similar constructs in JavaScript and against a Go app with one
// resource: the programs themselves, as `cdk synth` runs them, without the command line. Each run has all three, in alternating order. It reports the
// medians of the times and of their ratios. The JavaScript has the same version of the CDK, and copies the same functions into its assembly.
func BenchmarkApp(b *testing.B) {
	dir := b.TempDir()
	app, empty := filepath.Join(dir, "app"), filepath.Join(dir, "empty")
	for program, pkg := range map[string]string{app: ".", empty: "./bench/synth/testdata/empty"} {
		run(b, nil, "go", "build", "-o", program, pkg)
	}
	installCDK(b, filepath.Join(dir, "node_modules"))
	script := filepath.Join(dir, "app.js")
	content, err := os.ReadFile("testdata/baseline/app.js")
	if err := errors.Join(err, os.WriteFile(script, content, 0o644)); err != nil {
		b.Fatal(err)
	}
	programs := []struct {
		name    string
		command []string
	}{{"app", []string{app}}, {"javascript", []string{"node", script}}, {"empty", []string{empty}}}
	context := contextOfApp(b)
	synthesize := func(i int) float64 {
		out := filepath.Join(dir, "out-"+programs[i].name)
		start := time.Now()
		run(b, []string{"CDK_OUTDIR=" + out, "CDK_CONTEXT_JSON=" + context, "CDK_VALIDATION=false", "FUNCTIONS=" + filepath.Join(dir, "functions")}, programs[i].command...)
		return time.Since(start).Seconds()
	}
	synthesize(0) // which compiles the functions
	for _, name := range []string{"list", "scan", "copy", "trail"} {
		folder := filepath.Join(dir, "functions", name)
		code, err := os.ReadFile(filepath.Join(project, ".build/lambda/linux-arm64", name))
		if err := errors.Join(err, os.MkdirAll(folder, 0o755), os.WriteFile(filepath.Join(folder, "bootstrap"), code, 0o755)); err != nil {
			b.Fatal(err)
		}
	}
	for i := range programs {
		synthesize(i)
	}
	for ours, theirs := range map[string]string{"CrossGrant-Source": "Source", "CrossGrant-Target": "Target"} {
		if diff := cmp.Diff(resourcesOf(b, filepath.Join(dir, "out-app", ours)), resourcesOf(b, filepath.Join(dir, "out-javascript", theirs))); diff != "" {
			b.Fatalf("numbers of resources in the account of %s (-app +JavaScript): testdata/baseline/app.js has to have the app's\n%s", ours, diff)
		}
	}
	took := make([][]float64, len(programs))
	for n := range b.N {
		order := []int{0, 1, 2}
		if n%2 == 1 {
			slices.Reverse(order)
		}
		for _, i := range order {
			took[i] = append(took[i], synthesize(i))
		}
	}
	figures := map[string][]float64{}
	for i, p := range programs {
		figures["s/"+p.name] = took[i]
		if i > 0 {
			for n := range took[i] {
				figures["app/"+p.name] = append(figures["app/"+p.name], took[0][n]/took[i][n])
			}
		}
	}
	for unit, values := range figures {
		slices.Sort(values)
		b.ReportMetric(values[len(values)/2], unit)
	}
}

// run runs a program in the folder of the app.
func run(b *testing.B, environment []string, command ...string) string {
	b.Helper()
	c := exec.Command(command[0], command[1:]...)
	c.Dir, c.Env = project, append(os.Environ(), environment...)
	printed, err := c.CombinedOutput()
	if err != nil {
		b.Fatalf("%s: %v\n%s", strings.Join(command, " "), err, printed)
	}
	return string(printed)
}

// contextOfApp is the context of cdk.json, as the command line gives it to an app.
func contextOfApp(b *testing.B) string {
	b.Helper()
	content, err := os.ReadFile(filepath.Join(project, "cdk.json"))
	if err != nil {
		b.Fatal(err)
	}
	var app struct{ Context json.RawMessage }
	if err := json.Unmarshal(content, &app); err != nil {
		b.Fatal(err)
	}
	return string(app.Context)
}

// resourcesOf counts a template's resources by type, and its outputs.
func resourcesOf(b *testing.B, stack string) map[string]int {
	b.Helper()
	content, err := os.ReadFile(stack + ".template.json")
	if err != nil {
		b.Fatal(err)
	}
	var template struct {
		Resources map[string]struct{ Type string }
		Outputs   map[string]any
	}
	if err := json.Unmarshal(content, &template); err != nil {
		b.Fatal(err)
	}
	counts := map[string]int{"outputs": len(template.Outputs)}
	for r := range maps.Values(template.Resources) {
		counts[r.Type]++
	}
	return counts
}

// installCDK unpacks the CDK's packages for JavaScript from the modules for Go, which have the whole of them.
func installCDK(b *testing.B, folder string) {
	b.Helper()
	for pkg, module := range map[string]string{
		"aws-cdk-lib": "github.com/aws/aws-cdk-go/awscdk/v2", "constructs": "github.com/aws/constructs-go/constructs/v10",
		"@aws-cdk/asset-awscli-v1":           "github.com/cdklabs/awscdk-asset-awscli-go/awscliv1/v2",
		"@aws-cdk/asset-node-proxy-agent-v6": "github.com/cdklabs/awscdk-asset-node-proxy-agent-go/nodeproxyagentv6/v2",
		"@aws-cdk/cloud-assembly-schema":     "github.com/cdklabs/cloud-assembly-schema-go/awscdkcloudassemblyschema/v55",
	} {
		module := strings.TrimSpace(run(b, nil, "go", "list", "-m", "-f", "{{.Dir}}", module))
		archives, _ := filepath.Glob(filepath.Join(module, "jsii", "*.tgz"))
		if len(archives) != 1 {
			b.Fatalf("found archives %q in %s, expected one", archives, module)
		}
		if err := unpack(archives[0], filepath.Join(folder, pkg)); err != nil {
			b.Fatalf("unpack %s: %v", archives[0], err)
		}
	}
}

// unpack unpacks an npm package, whose files are in a folder.
func unpack(archive, folder string) error {
	file, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer file.Close()
	zipped, err := gzip.NewReader(file)
	if err != nil {
		return err
	}
	for files := tar.NewReader(zipped); ; {
		header, err := files.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if header.Typeflag != tar.TypeReg {
			continue
		}
		_, name, ok := strings.Cut(header.Name, "/")
		if !ok || !filepath.IsLocal(name) {
			return fmt.Errorf("found file %q, expected one in a folder", header.Name)
		}
		path := filepath.Join(folder, name)
		content, err := io.ReadAll(files)
		if err := errors.Join(err, os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, content, 0o644)); err != nil {
			return err
		}
	}
}
