package main

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/findings"
)

func contractCommand() *cobra.Command {
	c := withErrors(&cobra.Command{
		Use:   "contract",
		Short: "Compare contracts: what one account lets another one do",
		Long: `Compare contracts. A contract.json lists the roles that one account offers to another one: which
principals may assume each, for which actions on which resources, and on what conditions. Synthesis
of the app that owns the data writes the file into its cdk.out. The app that uses the data reads it.`,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}, 0, "a command that crossgrant contract --help lists, such as diff")
	c.AddCommand(contractDiffCommand())
	return c
}

func contractDiffCommand() *cobra.Command {
	var fail failOn
	var form format
	c := withErrors(&cobra.Command{
		Use:   "diff [flags] OLD NEW",
		Short: "Show what a new contract widens, changes and narrows",
		Long: `Show what a new contract changes, grant by grant:

  widened   more is permitted, or on fewer conditions
  changed   a value that the consumer depends on, such as the name of the role, is different; of
            some, such as another perimeter, it says that they may permit more
  narrowed  less is permitted, or on more conditions

OLD and NEW are each a contract.json, or a cdk.out that contains one. Permissions are compared by
what they permit; the names, the number and the order of statements do not matter.

Exit code: 0 if nothing is widened and nothing that changed may permit more, 1 otherwise, 2 on an
error. With --fail-on any, 1 if anything differs; with --fail-on never, 0.`,
		Example: `  crossgrant contract diff contract.json cdk.out
  crossgrant contract diff <(git show main:contract.json) contract.json`,
		RunE: func(c *cobra.Command, args []string) error {
			if err := cmp.Or(form.check(c), fail.check()); err != nil {
				return err
			}
			before, err := readContract(args[0])
			if err != nil {
				return err
			}
			after, err := readContract(args[1])
			if err != nil {
				return err
			}
			changes := contract.Diff(before, after)
			ends := fail.exitCode(slices.ContainsFunc(changes, contract.Change.Widens), len(changes) > 0)
			found := changeReport(args[1], changes, ends == nil)
			err = form.write(c.OutOrStdout(), found, func(p *printer) error { return printChanges(p, before, after, changes) }, func() any { return found.JSON() })
			return cmp.Or(err, ends)
		},
	}, 2, "two, the old contract and the new one: crossgrant contract diff OLD NEW")
	form.addFlags(c)
	fail.addFlag(c)
	return c
}

// printChanges prints the changes by grant, the grants that are widened first.
func printChanges(p *printer, before, after contract.Contract, changes []contract.Change) error {
	if len(changes) == 0 {
		printSame(p, before, after)
		return p.Flush()
	}
	var grants []string
	count := map[contract.ChangeKind]int{}
	for _, change := range changes {
		if count[change.Kind]++; !slices.Contains(grants, change.Grant) {
			grants = append(grants, change.Grant)
		}
	}
	for _, grant := range grants {
		p.Printf("%s\n", grant)
		for _, change := range changes {
			if change.Grant == grant {
				p.Wrap(fmt.Sprintf("  %-10s", change.Kind+":"), change.What+mayWiden(change))
			}
		}
		p.Printf("\n")
	}
	p.Printf("%d widened, %d changed, %d narrowed\n", count[contract.Widened], count[contract.Changed], count[contract.Narrowed])
	return p.Flush()
}

// changeReport is the changes as the tools of reviews read them.
func changeReport(file string, changes []contract.Change, passed bool) findings.Report {
	r := findings.Report{Command: "contract-diff", Verdict: "the same", Passed: passed, Counts: map[string]int{}, File: relative(file), Rules: []findings.Rule{
		{ID: "Widened", About: "A grant permits no more than before."}, {ID: "Changed", About: "What users of a grant depend on stays as it is."}, {ID: "Narrowed", About: "A grant permits no less than before."}}}
	for _, k := range contract.ChangeKinds() {
		r.Counts[string(k)] = 0
	}
	for _, change := range changes {
		r.Counts[string(change.Kind)]++
		f := findings.Finding{Level: findings.Note, Verdict: string(change.Kind), Title: change.Grant + ": " + change.What + mayWiden(change)}
		switch {
		case change.Kind == contract.Widened:
			f.Level = findings.Error
		case change.MayWiden:
			f.Level = findings.Warning
		}
		digest := sha256.Sum256([]byte(f.Title))
		f.Rule = strings.ToUpper(f.Verdict[:1]) + f.Verdict[1:]
		f.ID = f.Rule + "-" + hex.EncodeToString(digest[:4])
		r.Findings = append(r.Findings, f)
	}
	if len(changes) > 0 {
		r.Verdict = string(changes[0].Kind) // the one that matters most comes first
	}
	r.Summary = fmt.Sprintf("%d widened, %d changed, %d narrowed", r.Counts["widened"], r.Counts["changed"], r.Counts["narrowed"])
	r.Sort()
	return r
}

// mayWiden is what follows the description of a change after which more may be permitted.
func mayWiden(c contract.Change) string {
	if c.MayWiden {
		return "; this may permit more"
	}
	return ""
}

func printSame(p *printer, before, after contract.Contract) {
	grants := "1 grant"
	if len(after.Grants) != 1 {
		grants = fmt.Sprintf("%d grants", len(after.Grants))
	}
	p.Printf("same: %s", grants)
	if !slices.EqualFunc(before.Grants, after.Grants, func(a, b contract.Grant) bool { return a.Digest == b.Digest }) {
		p.Printf("; only the names or the number of statements differ, which changes nothing")
	}
	p.Printf("\n")
}

// readContract reads a contract.json, or the one in a cloud assembly.
func readContract(path string) (contract.Contract, error) {
	const expected = "expected a contract.json, or a cdk.out that contains one"
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return contract.Contract{}, fmt.Errorf("found no file %q, %s: check the path", path, expected)
	case err != nil:
		return contract.Contract{}, fmt.Errorf("%w, %s", err, expected)
	case info.IsDir():
		if path, err = contractIn(path); err != nil {
			return contract.Contract{}, err
		}
	}
	file, err := os.Open(path)
	if err != nil {
		return contract.Contract{}, fmt.Errorf("%w, expected a readable file", err)
	}
	defer file.Close()
	document, err := io.ReadAll(io.LimitReader(file, contract.MaxSize+1)) // one byte more, so that Read refuses it
	if err != nil {
		return contract.Contract{}, fmt.Errorf("%w, expected a readable file", err)
	}
	c, err := contract.Read(document)
	if err != nil {
		return contract.Contract{}, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

// manifestName is the file that makes a directory a cloud assembly.
const manifestName = "manifest.json"

// contractIn returns the path of the one contract.json in a cloud assembly and the assemblies nested in it.
func contractIn(assembly string) (string, error) {
	if _, err := os.Stat(filepath.Join(assembly, manifestName)); err != nil {
		return "", fmt.Errorf("found a directory %q without a %s, expected a contract.json, or a cdk.out that contains one", assembly, manifestName)
	}
	found, err := contractsIn(assembly)
	switch {
	case err != nil:
		return "", err
	case len(found) == 0:
		return "", fmt.Errorf("found no %s in the cloud assembly %q, expected one: use the cdk.out of the app that owns the data", contract.FileName, assembly)
	case len(found) > 1:
		return "", fmt.Errorf("found %d contracts in the cloud assembly %q, expected one: use one of\n  %s", len(found), assembly, strings.Join(found, "\n  "))
	}
	return found[0], nil
}

func contractsIn(assembly string) (found []string, err error) {
	name := filepath.Join(assembly, manifestName)
	document, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("%w, expected the whole cloud assembly: synthesize it again", err)
	}
	var manifest struct {
		Artifacts map[string]struct {
			Type       string
			Properties struct{ DirectoryName string }
		}
	}
	if err := json.Unmarshal(document, &manifest); err != nil {
		return nil, fmt.Errorf("%s: %w, expected the manifest of a cloud assembly: synthesize it again", name, err)
	}
	path := filepath.Join(assembly, contract.FileName)
	if _, err := os.Stat(path); err == nil {
		found = append(found, path)
	}
	for _, id := range slices.Sorted(maps.Keys(manifest.Artifacts)) {
		artifact := manifest.Artifacts[id]
		folder := filepath.Clean(artifact.Properties.DirectoryName)
		if artifact.Type != "cdk:cloud-assembly" || !filepath.IsLocal(folder) || folder == "." {
			continue
		}
		nested, err := contractsIn(filepath.Join(assembly, folder))
		if err != nil {
			return nil, err
		}
		found = append(found, nested...)
	}
	return found, nil
}
