package main

import (
	"fmt"
	"regexp"

	"github.com/spf13/cobra"

	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/proof"
)

func checkCommand() *cobra.Command {
	var in input
	var form format
	var trusted []string
	c := withErrors(&cobra.Command{
		Use:   "check [flags]",
		Short: "Find what is open in templates, without any declaration",
		Long: `Find what is open in templates of any app, without any declaration: trust and resource policies that
let in everybody, accounts that no template is for, or services on behalf of others; VPC endpoints
that let everything pass; and what AWS would refuse, such as policies, names and sizes. What grants
declare is no finding.

Exit code: 0 if nothing is found, 1 if something is, 3 if something is undecided, 4 if the templates
have no policy and no endpoint, 2 on an error.`,
		Example: `  crossgrant check
  crossgrant check --trust 333333333333 --organization 111111111111=o-a1b2c3d4e5`,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := form.check(c); err != nil {
				return err
			}
			a, options, taken, err := in.loadTaken()
			if err != nil {
				return err
			}
			for _, one := range trusted {
				if !contract.IsAccountID(one) && !identityID.MatchString(one) {
					return fmt.Errorf("--trust: found %q, expected an account, 12 digits, or the ID of an origin access identity, such as E2QWRUHAPOMQZL", one)
				}
			}
			options.Trusted = trusted
			report, err := proof.Inspect(a, options)
			if err != nil {
				return err
			}
			report.Assumed = append(taken, report.Assumed...)
			found := reported("check", inspected(report), proof.InspectRules(), a, report, newPlaces(in.assembly))
			err = form.write(c.OutOrStdout(), found, func(p *printer) error { return printInspection(p, report) }, func() any { return proveJSON(found, report) })
			if err != nil {
				return err
			}
			return exitCodeOf(report.Verdict())
		},
	}, 0, "none: --assembly names the assembly")
	in.addFlags(c)
	c.Flags().StringArrayVar(&trusted, "trust", nil, "an account that policies may let in, or the `ID` of an origin access identity of CloudFront; repeatable")
	form.addFlags(c)
	return c
}

// identityID is the ID of an origin access identity of CloudFront.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudfront-cloudfrontoriginaccessidentity.html
var identityID = regexp.MustCompile(`^E[0-9A-Z]+$`)

// printInspection prints what was checked in a table, what was found with its remedies, and the verdict.
func printInspection(p *printer, r *proof.Report) error {
	printTable(p, r, "")
	for _, f := range r.Findings() {
		printFinding(p, f)
	}
	printNotes(p, "Assumed", r.Assumed)
	printNotes(p, "Not understood", r.Notes)
	verdict := r.Verdict()
	name := map[proof.Verdict]string{proof.Proved: "NOTHING FOUND", proof.Broken: "FOUND", proof.Undecided: "UNDECIDED", proof.NothingDeclared: "NOTHING TO CHECK"}[verdict]
	p.Printf("\n%s: %s\n", p.verdict(verdict, name), inspected(r))
	return p.Flush()
}

// inspected is the outcome of check in one line.
func inspected(r *proof.Report) string {
	if r.Verdict() == proof.NothingDeclared {
		return "no policy and no endpoint in the templates"
	}
	broken, undecided := 0, 0
	for i := range r.Checks {
		switch r.Checks[i].Verdict {
		case proof.Broken:
			broken++
		case proof.Undecided:
			undecided++
		}
	}
	return fmt.Sprintf("%d checks, %d found, %d undecided", len(r.Checks), broken, undecided)
}
