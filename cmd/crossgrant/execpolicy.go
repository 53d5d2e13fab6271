package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/deployment"
	"github.com/crossgrant/crossgrant/policy"
)

func execPolicyCommand() *cobra.Command {
	var dir, account, region, output string
	var asJSON bool
	c := withErrors(&cobra.Command{
		Use:   "exec-policy [flags]",
		Short: "Derive the policies of CloudFormation's execution role from an assembly",
		Long: `Derive the managed policies that CloudFormation's execution role of an account needs to create,
read, update, tag and delete exactly the resources of the account's stacks, and nothing else:
instead of AdministratorAccess. They are on the names of the stacks' own resources; where AWS gives
a resource its name, on all of its kind in the account and region.

What each resource type needs is in CloudFormation's schemas. A type without one is an error.

Exit code: 0 if the policies are derived, 2 on an error.`,
		Example: `  crossgrant exec-policy --account 222222222222
  crossgrant exec-policy --account 222222222222 --output policies`,
		RunE: func(c *cobra.Command, _ []string) error {
			a, err := deployedIn(dir, account, region)
			if err != nil {
				return err
			}
			if account, err = accountOf(a, account); err != nil {
				return err
			}
			p, err := deployment.Derive(a, account)
			if err != nil {
				return err
			}
			if output != "" {
				if err := writePolicies(output, p); err != nil {
					return err
				}
			}
			if asJSON {
				return printJSON(c.OutOrStdout(), policiesJSON(p))
			}
			return printPolicies(newPrinter(c.OutOrStdout()), p, output)
		},
	}, 0, "none: --assembly names the assembly, --account the account")
	f := c.Flags()
	f.StringVar(&dir, "assembly", "cdk.out", "the cloud assembly, a `directory` that cdk synth wrote")
	f.StringVar(&account, "account", "", "the `account` whose stacks are deployed, 12 digits, also of those that have none; default the only one of the assembly")
	f.StringVar(&region, "region", "", "the `region` of stacks that have none")
	f.StringVarP(&output, "output", "o", "", "the `directory` to write one file for each policy to")
	f.BoolVar(&asJSON, "json", false, "print the policies, and the permissions that were left out, as JSON")
	return c
}

// deployedIn reads an assembly. Its stacks without an account or a region are in those of the flags.
func deployedIn(dir, account, region string) (*assembly.Assembly, error) {
	a, err := assembly.Load(dir, assembly.Options{Region: region})
	if err == nil && contract.IsAccountID(account) && slices.ContainsFunc(a.Stacks, func(s *assembly.Stack) bool { return !policy.IsKnown(s.Account) }) {
		a, err = assembly.Load(dir, assembly.Options{Account: account, Region: region})
	}
	if err != nil {
		return nil, fmt.Errorf("read the assembly: %w", err)
	}
	return a, nil
}

// accountOf is the account that a flag names, or else the only one of an assembly.
func accountOf(a *assembly.Assembly, flag string) (string, error) {
	all := deployment.Accounts(a)
	switch {
	case flag == "" && len(all) == 1:
		return all[0], nil
	case flag == "" && len(all) > 1:
		return "", fmt.Errorf("found no --account, expected one of the accounts of the assembly: %s", strings.Join(all, ", "))
	case flag == "":
		return "", errors.New("found no stack with an account, expected at least one: say it by --account and --region, or set env of the stacks and synthesize again")
	case !contract.IsAccountID(flag):
		return "", fmt.Errorf("--account: found %q, expected 12 digits", flag)
	}
	return flag, nil
}

// writePolicies writes one file for each policy. It errs if the directory has policies that an earlier run wrote and this one does not: someone
// may attach them.
func writePolicies(dir string, p *deployment.Permissions) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("%w, expected a directory that can be written to", err)
	}
	var names []string
	for _, one := range p.Policies {
		names = append(names, filepath.Join(dir, one.Name+".json"))
	}
	earlier, err := filepath.Glob(filepath.Join(dir, p.Stacks[0]+"-exec-*.json"))
	if err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}
	for _, name := range earlier {
		if !slices.Contains(names, name) {
			return fmt.Errorf("found %s of an earlier run, expected only the policies of this one: delete it, and detach the policy from the role", name)
		}
	}
	for i, one := range p.Policies {
		if err := writeFile(names[i], func(w io.Writer) error { _, err := w.Write(one.JSON()); return err }); err != nil {
			return err
		}
	}
	return nil
}

// printPolicies prints the sizes of the policies, and the commands that create them and bootstrap with them.
func printPolicies(p *printer, r *deployment.Permissions, dir string) error {
	p.Wrap("", fmt.Sprintf("Account %s, %s: %d resources of %s", r.Account, strings.Join(r.Regions, ", "), r.Resources, strings.Join(r.Stacks, ", ")))
	p.Printf("\n")
	for _, one := range r.Policies {
		p.Printf("  %-*s  %5d of %d characters, statements: %d\n", len(r.Policies[len(r.Policies)-1].Name), one.Name, one.Size(), deployment.MaxSize, len(one.Statements))
	}
	p.Printf("\n")
	if n := len(r.Policies); n > deployment.MaxAttached {
		p.Wrap("", fmt.Sprintf("%d policies are more than the %d that a role can have: ask AWS for a higher quota of managed policies attached to a role, or deploy the stacks from several apps",
			n, deployment.MaxAttached))
	}
	if len(r.Wide) > 0 {
		p.Wrap("", "On all of these in the account and region, since their names are not known before deployment:")
		for _, arn := range r.Wide {
			p.Printf("  %s\n", arn)
		}
		p.Printf("\n")
	}
	if len(r.LeftOut) > 0 {
		p.Wrap("", fmt.Sprintf("%d permissions of the schemas are left out, such as those for properties that no resource has; --json lists them, with the reasons", len(r.LeftOut)))
	}
	if dir == "" {
		p.Printf("\n--output DIR writes them, and prints the commands that create them and bootstrap with them\n")
		return p.Flush()
	}
	p.Printf("\nCreate the policies, with credentials of account %s:\n\n", r.Account)
	var arns []string
	for _, one := range r.Policies {
		arns = append(arns, "arn:"+r.Partition+":iam::"+r.Account+":policy/"+one.Name)
		p.Printf("  aws iam create-policy --policy-name %s \\\n    --policy-document file://%s\n", one.Name, filepath.Join(dir, one.Name+".json"))
	}
	p.Printf("\nBootstrap with them. This replaces the execution policies that the bootstrap stack has:\n\n")
	for _, region := range r.Regions {
		p.Printf("  npx cdk bootstrap aws://%s/%s --cloudformation-execution-policies \\\n    %s\n", r.Account, region, strings.Join(arns, ",\\\n"))
	}
	return p.Flush()
}

// policiesJSON is the output of --json.
func policiesJSON(r *deployment.Permissions) any {
	type one struct {
		Name     string          `json:"name"`
		Size     int             `json:"size"`
		Document json.RawMessage `json:"document"`
	}
	out := struct {
		Account   string               `json:"account"`
		Partition string               `json:"partition"`
		Regions   []string             `json:"regions"`
		Stacks    []string             `json:"stacks"`
		Policies  []one                `json:"policies"`
		Wide      []string             `json:"wide"`
		LeftOut   []deployment.LeftOut `json:"leftOut"`
	}{r.Account, r.Partition, r.Regions, r.Stacks, []one{}, r.Wide, r.LeftOut}
	for _, p := range r.Policies {
		out.Policies = append(out.Policies, one{p.Name, p.Size(), p.JSON()})
	}
	return out
}
