package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fatih/color"
	"github.com/spf13/cobra"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/deployment"
	"github.com/crossgrant/crossgrant/policy"
)

func changesetCommand() *cobra.Command {
	var asJSON bool
	c := withErrors(&cobra.Command{
		Use:   "changeset [flags] DEPLOYED NEW",
		Short: "Say what a deployment replaces, deletes or cannot change",
		Long: `Say what CloudFormation does with each resource of the stacks that are deployed: what it replaces,
deletes, changes in place, or refuses to change because a name or a range of addresses is taken.

NEW is a cloud assembly, such as cdk.out. DEPLOYED is an earlier one, or a directory with the
templates that are deployed, each in a file STACK.json:

  aws cloudformation get-template --stack-name STACK --query TemplateBody > deployed/STACK.json

Exit code: 0 if nothing is lost, 1 if a change is refused, or if data or an identity is deleted or
may be, 2 on an error.`,
		Example: `  crossgrant changeset deployed cdk.out
  crossgrant changeset ../main/cdk.out cdk.out --json`,
		RunE: func(c *cobra.Command, args []string) error {
			after, err := assembly.Load(args[1], assembly.Options{})
			if err != nil {
				return fmt.Errorf("read the new assembly: %w", err)
			}
			before, err := deployed(args[0], after)
			if err != nil {
				return err
			}
			changes := deployment.Compare(before, after)
			if asJSON {
				err = printJSON(c.OutOrStdout(), effectsJSON(changes))
			} else {
				err = printEffects(newPrinter(c.OutOrStdout()), changes)
			}
			if err == nil && slices.ContainsFunc(changes, isLoss) {
				return exit{code: exitNegative}
			}
			return err
		},
	}, 2, "two: what is deployed, and a new cloud assembly")
	c.Flags().BoolVar(&asJSON, "json", false, "print the changes as JSON")
	return c
}

// isLoss says that a change fails, or deletes data or an identity.
func isLoss(c deployment.Change) bool { return c.Effect == deployment.Refused || c.Destroys() }

// deployed reads a cloud assembly, or the templates of the stacks of another one.
func deployed(dir string, after *assembly.Assembly) (*assembly.Assembly, error) {
	if _, err := os.Stat(filepath.Join(dir, manifestName)); err == nil {
		a, err := assembly.Load(dir, assembly.Options{})
		if err != nil {
			return nil, fmt.Errorf("read what is deployed: %w", err)
		}
		return a, nil
	}
	var files []assembly.TemplateFile
	var names []string
	for _, s := range after.Stacks {
		if s.Parent != nil {
			continue
		}
		names = append(names, s.Name+".json")
		path := filepath.Join(dir, s.Name+".json")
		switch _, err := os.Stat(path); {
		case errors.Is(err, fs.ErrNotExist): // a stack that is not deployed
		case err != nil:
			return nil, fmt.Errorf("%w, expected a directory with what is deployed", err)
		default:
			files = append(files, assembly.TemplateFile{Path: path, StackName: s.Name, Account: known(s.Account), Region: known(s.Region)})
		}
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("found neither a cloud assembly nor a template in %q, expected a cdk.out, or one of %s", dir, strings.Join(names, ", "))
	}
	a, err := assembly.LoadTemplates(files...)
	if err != nil {
		return nil, fmt.Errorf("read what is deployed: %w", err)
	}
	return a, nil
}

// known is a text that is known before deployment, or else "".
func known(text string) string {
	if policy.IsKnown(text) {
		return text
	}
	return ""
}

// headings are what each effect means for the one who deploys.
var headings = map[deployment.Effect]string{
	deployment.Refused:         "refused: the deployment fails, and is rolled back",
	deployment.Replaced:        "replaced: a new one is created, then the old one is deleted",
	deployment.Removed:         "removed",
	deployment.PerhapsReplaced: "perhaps replaced: that depends on the values",
	deployment.Updated:         "changed in place",
	deployment.Added:           "added",
}

// printEffects prints the changes by effect. What is changed in place or added is only counted.
func printEffects(p *printer, changes []deployment.Change) error {
	if len(changes) == 0 {
		p.Printf("nothing changes\n")
		return p.Flush()
	}
	var sums []string
	lost := 0
	for _, e := range deployment.Effects() {
		var of []deployment.Change
		for _, c := range changes {
			if c.Effect == e {
				of = append(of, c)
			}
			if c.Effect == e && c.Destroys() {
				lost++
			}
		}
		if len(of) > 0 {
			sums = append(sums, fmt.Sprintf("%d %s", len(of), e))
			printEffect(p, e, of)
		}
	}
	p.Printf("%s\n", strings.Join(sums, ", "))
	if lost > 0 {
		p.Printf("%s\n", p.Paint(color.FgRed, fmt.Sprintf("LOST: data, or what others know it by, of %d", lost)))
	}
	return p.Flush()
}

// printEffect prints the changes of an effect. Of those that nobody has to do anything about, it says only how many there are of each type.
func printEffect(p *printer, e deployment.Effect, changes []deployment.Change) {
	p.Printf("%s\n", p.Paint(paints[e], headings[e]))
	others, said, order := map[string]int{}, map[string][]string{}, []string{} // names by what is said of them
	for _, c := range changes {
		r := c.Resource()
		if c.Why == "" && (!c.Stateful || e == deployment.Updated || e == deployment.Added) {
			others[r.Type]++
			continue
		}
		says := policy.Readable(c.Why)
		switch {
		case c.Destroys():
			says = join(says, p.Paint(color.FgRed, "its data, or what others know it by, is lost")+": copy it before, or set its removal policy to retain")
		case c.Stateful && c.Kept && e != deployment.Updated && e != deployment.Refused:
			says = join(says, "the old one stays, outside of the stack")
		}
		if said[says] == nil {
			order = append(order, says)
		}
		said[says] = append(said[says], r.Type+" "+policy.Readable(nameOf(r)))
	}
	for _, says := range order {
		for _, name := range said[says] {
			p.Wrap("  ", name)
		}
		p.Wrap("    ", says)
	}
	var texts []string
	for _, name := range slices.Sorted(maps.Keys(others)) {
		texts = append(texts, fmt.Sprintf("%d×%s", others[name], name))
	}
	if len(texts) > 0 {
		p.Wrap("  ", strings.Join(texts, ", "))
	}
	p.Printf("\n")
}

// join joins two sentences, of which either may be "".
func join(a, b string) string {
	if a == "" {
		return b
	}
	return a + "; " + b
}

var paints = map[deployment.Effect]color.Attribute{
	deployment.Refused: color.FgRed, deployment.Replaced: color.FgYellow, deployment.Removed: color.FgYellow, deployment.PerhapsReplaced: color.FgYellow,
}

// nameOf is how people know a resource: its construct, or else its logical ID, with its stack.
func nameOf(r *assembly.Resource) string {
	if r.Path != "" {
		return strings.TrimSuffix(r.Path, "/Resource")
	}
	return r.Stack.DisplayName + "/" + r.LogicalID
}

func effectsJSON(changes []deployment.Change) any {
	type change struct {
		Effect     deployment.Effect `json:"effect"`
		Type       string            `json:"type"`
		Account    string            `json:"account"`
		Region     string            `json:"region"`
		Stack      string            `json:"stack"`
		LogicalID  string            `json:"logicalId"`
		Path       string            `json:"path,omitempty"`
		Properties []string          `json:"properties,omitempty"`
		Why        string            `json:"why,omitempty"`
		Stateful   bool              `json:"stateful"`
		Kept       bool              `json:"kept"`
		Lost       bool              `json:"lost"`
	}
	all := []change{}
	for _, c := range changes {
		r := c.Resource()
		all = append(all, change{c.Effect, r.Type, policy.Readable(r.Stack.Account), policy.Readable(r.Stack.Region), policy.Readable(r.Stack.Name), r.LogicalID, r.Path, c.Properties,
			policy.Readable(c.Why), c.Stateful, c.Kept, c.Destroys()})
	}
	return map[string]any{"changes": all}
}
