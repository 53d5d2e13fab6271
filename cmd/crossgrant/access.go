package main

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/internal/columns"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof"
)

func accessCommand() *cobra.Command {
	var in input
	var who, on string
	var asJSON, elsewhere bool
	c := withErrors(&cobra.Command{
		Use:   "access [flags]",
		Short: "List who may do what on which resource, by which statement and route",
		Long: `List who may do what on the resources of templates, without any declaration: roles and users of the
templates, other accounts, everybody, services, and users of identity providers; by which statement,
as which roles that they assume first, and with which condition keys. Each request that follows from
the policies is evaluated as AWS evaluates it. What depends on something unknown is "perhaps".

Exit code: 0, or 4 if nothing is permitted, 2 on an error.`,
		Example: `  crossgrant access --elsewhere
  crossgrant access --on bucket --who 111111111111`,
		RunE: func(c *cobra.Command, _ []string) error {
			a, options, taken, err := in.loadTaken()
			if err != nil {
				return err
			}
			e, err := proof.Enumerate(proof.Subject{Assembly: a, Options: options})
			if err != nil {
				return err
			}
			all := []permittedJSON{}
			for _, p := range e.Permitted(0) {
				one := newPermittedJSON(p)
				if has(one.Who+" "+one.Account, who) && has(one.Resource+" "+one.ARN+" "+one.Type, on) && !(elsewhere && one.Account == one.Owner) {
					all = append(all, one)
				}
			}
			untried := untriedTexts(e.Untried)
			if asJSON {
				err = printJSON(c.OutOrStdout(), map[string]any{"access": all, "notTried": untried, "assumed": append([]string{}, noteTexts(taken)...)})
			} else {
				err = printAccess(newPrinter(c.OutOrStdout()), all, untried, taken)
			}
			if err == nil && len(all) == 0 {
				err = exit{code: exitNothing}
			}
			return err
		},
	}, 0, "none, only flags")
	in.addFlags(c)
	f := c.Flags()
	f.StringVar(&who, "who", "", "only who has this `text` in the ARN, the account or the words for it")
	f.StringVar(&on, "on", "", "only on resources that have this `text` in the name, the type or the ARN")
	f.BoolVar(&elsewhere, "elsewhere", false, "only who is not of the resource's own account")
	f.BoolVar(&asJSON, "json", false, "print JSON: each access with all of its actions")
	return c
}

// has says that a text has another one in it, in whatever case.
func has(text, part string) bool {
	return strings.Contains(strings.ToLower(text), strings.ToLower(part))
}

// permittedJSON is what somebody may do on a resource, in one way.
type permittedJSON struct {
	// Resource is the name of the resource as explain takes it, Type its CloudFormation type, Owner its account.
	Resource string `json:"resource"`
	Type     string `json:"type"`
	ARN      string `json:"arn"`
	Owner    string `json:"owner"`
	// Who may do it, and of which account; "" for services and everybody.
	Who     string `json:"who"`
	Account string `json:"account,omitempty"`
	// Surely is false if it depends on something unknown.
	Surely bool   `json:"surely"`
	Why    string `json:"why,omitempty"`
	// Levels are the access levels of the actions, by the Service Authorization Reference.
	Levels  []string `json:"levels"`
	Actions []string `json:"actions"`
	// On are the resource's ARN, or patterns of what is in it.
	On []string `json:"on"`
	// Route are the roles that are assumed first.
	Route      []string             `json:"route,omitempty"`
	If         []string             `json:"if,omitempty"`
	Statements []namedStatementJSON `json:"statements"`
}

// namedStatementJSON is a statement of a policy: its Sid, or its position.
type namedStatementJSON struct {
	Policy    string `json:"policy"`
	Statement string `json:"statement"`
	Stack     string `json:"stack,omitempty"`
	LogicalID string `json:"logicalId,omitempty"`
}

func newPermittedJSON(p *proof.Permitted) permittedJSON {
	one := permittedJSON{Resource: nameOf(p.On), Type: p.On.Type, ARN: policy.Readable(p.On.ARN),
		Owner: policy.Readable(p.On.Stack.Account), Who: policy.Readable(p.Who), Account: policy.Readable(p.Account), Surely: p.Surely, Why: policy.Readable(p.Why), Levels: p.Levels(), Actions: p.Actions,
		On: readable(p.Resources), Route: readable(p.Route), If: readable(p.If), Statements: []namedStatementJSON{}}
	for _, s := range p.Statements {
		named := namedStatementJSON{Policy: policy.Readable(s.Document.Name), Statement: policy.Readable(cmp.Or(s.Document.Statements[s.Index].Sid, strconv.Itoa(s.Index)))}
		if s.Of != nil && s.Of.Stack != nil {
			named.Stack, named.LogicalID = s.Of.Stack.DisplayName, s.Of.LogicalID
		}
		one.Statements = append(one.Statements, named)
	}
	return one
}

// few are the first names of a list, and how many more there are.
func few(names []string) string { return columns.First(names, 4, ", ") }

// untriedTexts are the sentences about what was not tried, each once.
func untriedTexts(all []proof.Untried) []string {
	texts := []string{}
	seen := map[string]bool{}
	for _, u := range all {
		if text := policy.Readable(u.String()); !seen[text] {
			seen[text] = true
			texts = append(texts, text)
		}
	}
	return texts
}

// printAccess prints, resource by resource, who may do what.
func printAccess(p *printer, all []permittedJSON, untried []string, taken []assembly.Note) error {
	before := ""
	for _, one := range all {
		if one.ARN+one.Resource != before {
			before = one.ARN + one.Resource
			p.Printf("\n")
			p.Wrap("", one.Resource+" of account "+one.Owner+": "+one.ARN)
		}
		may := "may "
		if !one.Surely {
			may = "may perhaps "
		}
		p.Printf("\n")
		p.Wrap("  ", one.Who)
		p.Wrap("    ", may+strings.ToLower(strings.Join(one.Levels, ", "))+": "+few(one.Actions))
		p.Wrap("    on ", few(one.On))
		if one.Why != "" {
			p.Wrap("    perhaps ", one.Why)
		}
		for _, role := range one.Route {
			p.Wrap("    as ", role)
		}
		for _, condition := range one.If {
			p.Wrap("    if ", condition)
		}
		for _, s := range one.Statements {
			p.Wrap("    by ", "statement "+s.Statement+" of "+s.Policy)
		}
	}
	printNotes(p, "Assumed", taken)
	if len(untried) > 0 {
		p.Printf("\nNot tried:\n")
		for _, text := range untried {
			p.Wrap("  ", text)
		}
	}
	p.Printf("\n%s\n", columns.Count(len(all), "access", "accesses"))
	return p.Flush()
}
