package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/crossgrant/crossgrant/proof"
)

func listCommand() *cobra.Command {
	var in input
	var asJSON bool
	var part string
	c := withErrors(&cobra.Command{
		Use:   "list [flags]",
		Short: "List the principals and resources that questions can name",
		Long: `List the principals of an assembly, which are its roles, users and what runs as a role, and its
resources: by the name that explain takes, with the type and the ARN.

Exit code: 0, or 4 if there are none, 2 on an error.`,
		Example: `  crossgrant list
  crossgrant list --name bucket`,
		RunE: func(c *cobra.Command, _ []string) error {
			a, options, err := in.load()
			if err != nil {
				return err
			}
			principals, resources, err := proof.List(a, options)
			if err != nil {
				return err
			}
			principals, resources = having(part, principals), having(part, resources)
			if asJSON {
				err = printJSON(c.OutOrStdout(), map[string]any{"principals": listed(principals), "resources": listed(resources)})
			} else {
				p := newPrinter(c.OutOrStdout())
				p.names("Principals", principals)
				p.names("Resources", resources)
				for _, s := range a.Stacks {
					if len(s.Macros) > 0 {
						p.Wrap("", fmt.Sprintf("%s of stack %s was not run, and may add others", strings.Join(s.Macros, ", "), s.DisplayName))
					}
				}
				err = p.Flush()
			}
			if err == nil && len(principals)+len(resources) == 0 {
				err = exit{code: exitNothing}
			}
			return err
		},
	}, 0, "none, only flags")
	in.addFlags(c)
	c.Flags().StringVar(&part, "name", "", "only those with this `text` in the name, the type or the ARN")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON: principals and resources, each with name, type and arn")
	return c
}

// having are those that have a text, in whatever case.
func having(part string, all []proof.Named) (some []proof.Named) {
	for _, n := range all {
		if strings.Contains(strings.ToLower(n.Name+"\n"+n.Type+"\n"+n.ARN), strings.ToLower(part)) {
			some = append(some, n)
		}
	}
	return some
}

// nameJSON is a principal or a resource.
type nameJSON struct {
	Name string `json:"name"`
	Type string `json:"type"`
	ARN  string `json:"arn,omitempty"`
}

func listed(all []proof.Named) []nameJSON {
	some := []nameJSON{}
	for _, n := range all {
		some = append(some, nameJSON{n.Name, n.Type, n.ARN})
	}
	return some
}

func (p *printer) names(title string, all []proof.Named) {
	p.Printf("%s: %d\n", title, len(all))
	for _, n := range all {
		text := n.Type
		if n.ARN != "" {
			text += ", " + n.ARN
		}
		p.Printf("\n  %s\n", n.Name)
		p.Wrap("      ", text)
	}
	if len(all) > 0 {
		p.Printf("\n")
	}
}
