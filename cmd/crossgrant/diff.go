package main

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fatih/color"
	"github.com/spf13/cobra"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/findings"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof"
)

func diffCommand() *cobra.Command {
	var in input
	var form format
	var fail failOn
	var given []string
	c := withErrors(&cobra.Command{
		Use:   "diff [flags] OLD NEW",
		Short: "Show who gains access and who loses it",
		Long: `Show in what new templates differ from old ones in what they permit: who gains, who loses, by which
statement and by which route. No grant has to be declared.

OLD and NEW are each a cloud assembly, such as cdk.out, a directory with templates, or one template.
Stacks are the same if they have the same name: that of a template is the name of its file.

  widened           a request works now and did not before
  perhaps widened   that is not sure; or a statement, a policy, an endpoint or another setting
                    changed without any difference among the requests tried, and may permit more
  narrowed          a request worked before and does not now
  perhaps narrowed  that is not sure
  changed           a statement changed without any difference among the requests tried, and permits
                    no more

Exit code: 0 if nothing widened, 1 if something did or may have, 2 on an error. With --fail-on any,
1 if anything differs; with --fail-on never, 0.`,
		Example: `  crossgrant diff ../main/cdk.out cdk.out
  crossgrant diff deployed cdk.out --format markdown > comment.md`,
		RunE: func(c *cobra.Command, args []string) error {
			of, err := accountsOf(given)
			if err := cmp.Or(form.check(c), fail.check(), err); err != nil {
				return err
			}
			compared, err := in.compare(args[0], args[1], of)
			if err != nil {
				return err
			}
			widened := slices.ContainsFunc(compared.Differences, func(d *proof.Difference) bool { return d.Kind.Widens() })
			ends := fail.exitCode(widened, len(compared.Differences) > 0)
			found := compared.report(ends == nil)
			err = form.write(c.OutOrStdout(), found, func(p *printer) error { return compared.print(p, found) }, func() any { return compared.json(found) })
			return cmp.Or(err, ends)
		},
	}, 2, "two, the old templates and the new ones: crossgrant diff OLD NEW")
	c.Flags().StringArrayVar(&given, "account", nil, "the account of stacks that have none, as `ID`, or of one stack, as STACK=ID; repeatable")
	c.Flags().StringVar(&in.region, "region", "", "the `region` of stacks that have none")
	in.addPolicyFlags(c)
	form.addFlags(c)
	fail.addFlag(c)
	return c
}

// stackAccounts are accounts by the names of stacks, "" for all others.
type stackAccounts map[string]string

func (a stackAccounts) of(stack string) string { return cmp.Or(a[stack], a[""]) }

// accountsOf reads IDs, and STACK=ID.
func accountsOf(given []string) (stackAccounts, error) {
	all := stackAccounts{}
	for _, one := range given {
		stack, account, ok := strings.Cut(one, "=")
		if !ok {
			stack, account = "", one
		}
		if !contract.IsAccountID(account) || ok && stack == "" || all[stack] != "" {
			return nil, fmt.Errorf("--account: found %q, expected an account of 12 digits once, or STACK=ID once for a stack, such as Target=222222222222", one)
		}
		all[stack] = account
	}
	return all, nil
}

// compared is a comparison, with where the files of both sides are.
type compared struct {
	*proof.Comparison
	old, new *places
	file     string // stands for all of the new side
}

func (i *input) compare(old, new string, given stackAccounts) (*compared, error) {
	options, err := i.options()
	if err != nil {
		return nil, err
	}
	after, err := loadSide(new, given, i.region, nil)
	if err != nil {
		return nil, fmt.Errorf("read the new templates: %w", err)
	}
	before, err := loadSide(old, given, i.region, after)
	if err != nil {
		return nil, fmt.Errorf("read the old templates: %w", err)
	}
	if !isAssembly(new) && isAssembly(old) { // the accounts of templates are those of the stacks in the assembly
		if after, err = loadSide(new, given, i.region, before); err != nil {
			return nil, fmt.Errorf("read the new templates: %w", err)
		}
	}
	comparison, err := proof.Compare(proof.Subject{Assembly: before, Options: options}, proof.Subject{Assembly: after, Options: options})
	if err != nil {
		return nil, err
	}
	c := &compared{Comparison: comparison, old: newPlaces(old), new: newPlaces(new)}
	c.file = c.new.whole(after)
	return c, nil
}

func isAssembly(path string) bool {
	_, err := os.Stat(filepath.Join(path, manifestName))
	return err == nil
}

// loadSide reads an assembly, the templates in a directory, or one template. Templates have the accounts and regions of the other side's stacks of their
// names, and what has none those of the flags.
func loadSide(path string, given stackAccounts, region string, other *assembly.Assembly) (*assembly.Assembly, error) {
	if isAssembly(path) {
		a, err := assembly.Load(path, assembly.Options{})
		if err != nil || !slices.ContainsFunc(a.Stacks, func(s *assembly.Stack) bool {
			return known(s.Account) == "" && given[""] != "" || known(s.Region) == "" && region != ""
		}) {
			return a, err
		}
		return assembly.Load(path, assembly.Options{Account: given[""], Region: region})
	}
	paths, err := templatesIn(path)
	if err != nil {
		return nil, err
	}
	var files []assembly.TemplateFile
	for _, one := range paths {
		name := strings.TrimSuffix(strings.TrimSuffix(filepath.Base(one), filepath.Ext(one)), ".template")
		f := assembly.TemplateFile{Path: one, Account: given.of(name), Region: region} // its stack has the name of the file
		if other != nil {
			for _, s := range other.Stacks {
				if s.Name == name && s.Parent == nil {
					f.Account, f.Region = cmp.Or(known(s.Account), given.of(name)), cmp.Or(known(s.Region), region)
				}
			}
		}
		files = append(files, f)
	}
	return assembly.LoadTemplates(files...)
}

// templatesIn are the templates in a directory, or the file itself.
func templatesIn(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("%w, expected a cloud assembly, a directory with templates, or a template", err)
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, fmt.Errorf("%w, expected a directory with templates", err)
	}
	var all []string
	for _, e := range entries {
		file := filepath.Join(path, e.Name())
		if !e.Type().IsRegular() || !slices.Contains([]string{".json", ".yaml", ".yml", ".template"}, strings.ToLower(filepath.Ext(file))) {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("%w, expected a template", err)
		}
		if strings.Contains(string(text), "Resources") {
			all = append(all, file)
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("found neither a %s nor a template in %q, expected a cloud assembly, or files such as STACK.json or STACK.yaml with Resources", manifestName, path)
	}
	return all, nil
}

// ruleOf are the rules of differences, for the tools that know rules.
var ruleOf = map[proof.DifferenceKind]findings.Rule{
	proof.Widened:         {ID: "Widened", About: "Nobody may do more than before."},
	proof.PerhapsWidened:  {ID: "PerhapsWidened", About: "It is sure that nobody may do more than before."},
	proof.Narrowed:        {ID: "Narrowed", About: "Nobody may do less than before."},
	proof.PerhapsNarrowed: {ID: "PerhapsNarrowed", About: "It is sure that nobody may do less than before."},
	proof.Changed:         {ID: "Changed", About: "Statements without an effect are the same as before."},
}

var levelOf = map[proof.DifferenceKind]findings.Level{
	proof.Widened: findings.Error, proof.PerhapsWidened: findings.Warning, proof.Narrowed: findings.Note, proof.PerhapsNarrowed: findings.Note, proof.Changed: findings.Note,
}

// camelOf are the names of kinds in counts.
var camelOf = map[proof.DifferenceKind]string{
	proof.Widened: "widened", proof.PerhapsWidened: "perhapsWidened", proof.Narrowed: "narrowed", proof.PerhapsNarrowed: "perhapsNarrowed", proof.Changed: "changed",
}

func (c *compared) count(k proof.DifferenceKind) (n int) {
	for _, d := range c.Differences {
		if d.Kind == k {
			n++
		}
	}
	return n
}

// verdict is the kind that matters most, or that nothing differs.
func (c *compared) verdict() string {
	for _, k := range proof.DifferenceKinds() {
		if c.count(k) > 0 {
			return string(k)
		}
	}
	return "the same"
}

func (c *compared) summary() string {
	var all []string
	for _, k := range proof.DifferenceKinds() {
		if n := c.count(k); n > 0 {
			all = append(all, fmt.Sprintf("%d %s", n, k))
		}
	}
	if len(all) == 0 {
		all = []string{"no difference"}
	}
	return fmt.Sprintf("%s, by %d requests tried on both sides", strings.Join(all, ", "), c.Tried)
}

// report is the comparison as the tools of reviews read it.
func (c *compared) report(passed bool) findings.Report {
	r := findings.Report{Command: "diff", Verdict: c.verdict(), Passed: passed, Summary: c.summary(), Counts: map[string]int{"requests": c.Tried}, Notes: c.Notes, File: c.file}
	for _, k := range proof.DifferenceKinds() {
		r.Rules, r.Counts[camelOf[k]] = append(r.Rules, ruleOf[k]), c.count(k)
	}
	for _, d := range c.Differences {
		f := findings.Finding{Rule: ruleOf[d.Kind].ID, Level: levelOf[d.Kind], Verdict: string(d.Kind), Title: cmp.Or(d.What, d.Who), Checks: requestTexts(d), Says: c.says(d), Places: c.placesOf(d)}
		if len(d.As) > 0 {
			f.Title += " as " + strings.Join(d.As, ", then ")
		}
		if len(f.Checks) > 0 {
			f.Title += ": " + f.Checks[0]
		}
		if more := len(f.Checks) - 1; more > 0 {
			f.Title += fmt.Sprintf(", and %d more", more)
		}
		digest := sha256.Sum256([]byte(strings.Join(slices.Concat([]string{f.Verdict, d.Who, d.What}, d.As, f.Checks, d.Because), "\n")))
		f.ID = f.Rule + "-" + hex.EncodeToString(digest[:4])
		r.Findings = append(r.Findings, f)
	}
	r.Sort()
	return r
}

func (c *compared) placesOf(d *proof.Difference) []findings.Place {
	if d.InOld {
		return c.old.of(d.Where)
	}
	return c.new.of(d.Where)
}

// mostActions is how many actions of one request people read.
const mostActions = 4

// requestTexts are the requests that differ, one text for each.
func requestTexts(d *proof.Difference) (all []string) {
	for _, r := range d.Requests {
		actions := slices.Clone(r.Actions)
		if more := len(actions) - mostActions; more > 1 {
			actions = append(actions[:mostActions], fmt.Sprintf("%d more actions", more))
		}
		text := strings.Join(actions, ", ") + " on " + r.Resource
		for i, keys := range r.Keys {
			switch {
			case i == 0:
				text += " with " + keys
			case i < 3:
				text += "; or with " + keys
			case i == 3:
				text += fmt.Sprintf("; or with %d other sets of condition keys", len(r.Keys)-3)
			}
		}
		all = append(all, text)
	}
	return all
}

// says is why, and by which way.
func (c *compared) says(d *proof.Difference) []string {
	all := slices.Clone(d.Because)
	for _, one := range d.Through {
		all = append(all, "by way of: "+one)
	}
	all = append(all, d.Network...)
	if d.Statement != "" {
		all = append(all, shortened(d.Statement))
	}
	return all
}

// shortened is the beginning of a long text: some managed policies of AWS have a thousand actions.
func shortened(text string) string {
	const most = 500
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

// print prints the differences, the gravest first.
func (c *compared) print(p *printer, r findings.Report) error {
	const most = 6
	for _, d := range c.Differences {
		p.Wrap(p.Paint(kindPaints[d.Kind], string(d.Kind))+" ", cmp.Or(d.What, d.Who))
		for i, role := range d.As {
			p.Wrap(map[bool]string{true: "  as      ", false: "  then    "}[i == 0], role)
		}
		requests := requestTexts(d)
		for i, text := range requests {
			if i == most {
				p.Printf("          and %d more requests; --json has all\n", len(requests)-most)
				break
			}
			label := "  may     "
			if !d.Kind.Widens() {
				label = "  could   "
			}
			if i > 0 {
				label = "          "
			}
			p.Wrap(label, text)
		}
		for _, text := range d.Because {
			p.Wrap("  because ", text)
		}
		for _, text := range d.Through {
			p.Wrap("  through ", text)
		}
		for _, text := range d.Network {
			p.Wrap("  way     ", text)
		}
		if d.Statement != "" {
			p.Wrap("  it is   ", shortened(d.Statement))
		}
		for _, place := range c.placesOf(d) {
			line := ""
			if place.Line > 0 {
				line = fmt.Sprintf(":%d", place.Line)
			}
			p.Wrap("  at      ", place.Name()+" ("+place.File+line+")")
		}
		p.Printf("\n")
	}
	if len(c.Notes) > 0 {
		p.Printf("Taken as given, not understood, or not tried:\n")
		for _, n := range c.Notes {
			p.Wrap("  ", n)
		}
		p.Printf("\n")
	}
	p.Printf("%s\n", strings.ToUpper(r.Verdict)+": "+r.Summary)
	return p.Flush()
}

var kindPaints = map[proof.DifferenceKind]color.Attribute{
	proof.Widened: color.FgRed, proof.PerhapsWidened: color.FgYellow, proof.Narrowed: color.FgGreen, proof.PerhapsNarrowed: color.FgGreen, proof.Changed: color.Reset,
}

// json is what diff writes as JSON: what was found, and then each difference with all of its requests.
func (c *compared) json(r findings.Report) any {
	type request struct {
		Actions  []string `json:"actions"`
		Resource string   `json:"resource"`
		Keys     []string `json:"keys"`
	}
	type difference struct {
		Kind      proof.DifferenceKind `json:"kind"`
		Who       string               `json:"who,omitempty"`
		What      string               `json:"what,omitempty"`
		As        []string             `json:"as"`
		Requests  []request            `json:"requests"`
		Because   []string             `json:"because"`
		Through   []string             `json:"through"`
		Network   []string             `json:"network"`
		Statement string               `json:"statement,omitempty"`
		Places    []findings.Place     `json:"places"`
	}
	all := []difference{}
	for _, d := range c.Differences {
		one := difference{d.Kind, d.Who, d.What, readable(d.As), []request{}, readable(d.Because), readable(d.Through), readable(d.Network), d.Statement, append([]findings.Place{}, c.placesOf(d)...)}
		for _, r := range d.Requests {
			one.Requests = append(one.Requests, request{readable(r.Actions), policy.Readable(r.Resource), readable(r.Keys)})
		}
		all = append(all, one)
	}
	return struct {
		findings.JSON
		Notes       []string     `json:"notes"`
		Differences []difference `json:"differences"`
	}{r.JSON(), append([]string{}, c.Notes...), all}
}
