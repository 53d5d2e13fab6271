package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof"
)

func explainCommand() *cobra.Command {
	var g given
	var asJSON bool
	var access proof.Access
	var context []string
	c := &cobra.Command{
		Use:   "explain",
		Short: "Say whether a principal can do something, hop by hop, and which statement decides",
		Long: `Say whether a principal of an assembly can do an action on a resource: the way through the network,
the role that it assumes, and the policies of both accounts, hop by hop, with the statement that
decides each.

Ends with 0 if the access works, with 1 if it does not, with 3 if that cannot be decided, with 2 on
an error.`,
		Example: `  crossgrant explain --principal CrossGrant-Source/List/Function \
    --action s3:GetObject --resource arn:aws:s3:::BUCKET/inbox/1.json`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return inTrouble(fmt.Errorf("explain: found %q, expected flags only: --principal, --action and --resource", args[0]))
			}
			return nil
		},
		RunE: func(c *cobra.Command, _ []string) error {
			var err error
			if access.Context, err = readContext(context); err != nil {
				return inTrouble(fmt.Errorf("explain: %w", err))
			}
			for flag, value := range map[string]string{"principal": access.Caller, "action": access.Action, "resource": access.Resource} {
				if value == "" {
					return inTrouble(fmt.Errorf("explain: found no --%s, expected --principal, --action and --resource", flag))
				}
			}
			a, options, err := g.load()
			if err != nil {
				return inTrouble(fmt.Errorf("explain: %w", err))
			}
			chains, err := proof.Explain(a, options, access)
			if err != nil {
				return inTrouble(fmt.Errorf("explain: %w", err))
			}
			if asJSON {
				all := []proof.ChainJSON{}
				for i := range chains {
					all = append(all, chains[i].JSON())
				}
				err = printJSON(c.OutOrStdout(), all)
			} else {
				err = printChain(c.OutOrStdout(), &chains[0], len(chains)-1, colours(c.OutOrStdout()))
			}
			if err != nil {
				return inTrouble(fmt.Errorf("explain: print the chain: %w", err))
			}
			switch chains[0].Passes {
			case policy.No:
				return exit{code: broken}
			case policy.Indeterminate:
				return exit{code: undecided}
			}
			return nil
		},
	}
	c.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return inTrouble(fmt.Errorf("explain: %w", err)) })
	f := c.Flags()
	g.flags(c)
	f.StringVar(&access.Caller, "principal", "", "who: an ARN, or the construct path of a role, function or instance")
	f.StringVar(&access.Action, "action", "", "what, such as s3:GetObject")
	f.StringVar(&access.Resource, "resource", "", "on what: an ARN")
	f.StringArrayVar(&context, "context", nil, "a condition key of the request, as key=value; may be repeated")
	f.BoolVar(&asJSON, "json", false, "print every way that the principal has, as JSON")
	return c
}

// readContext reads key=value; a key that comes again has several values.
func readContext(pairs []string) (map[string][]string, error) {
	context := map[string][]string{}
	for _, pair := range pairs {
		key, value, ok := strings.Cut(pair, "=")
		if !ok || key == "" {
			return nil, fmt.Errorf("--context: found %q, expected key=value, such as s3:prefix=inbox/", pair)
		}
		context[key] = append(context[key], value)
	}
	return context, nil
}

// printChain prints one way, hop by hop.
func printChain(w io.Writer, c *proof.Chain, others int, p palette) error {
	var out strings.Builder
	j := c.JSON()
	result := map[policy.Answer]string{policy.Yes: "works", policy.No: "does not work", policy.Indeterminate: "cannot be decided"}[c.Passes]
	wrap(&out, "", j.Action+" on "+j.Resource+" "+p.paint(map[policy.Answer]string{policy.Yes: green, policy.No: red, policy.Indeterminate: yellow}[c.Passes], result))
	wrap(&out, "  as   ", j.Caller)
	if j.Assumes != "" {
		wrap(&out, "  then ", j.Assumes)
	}
	if j.Subnet != "" {
		wrap(&out, "  from ", "subnet "+j.Subnet)
	}
	for _, h := range j.Hops {
		out.WriteString("\n")
		wrap(&out, p.answer(h.Passes)+" ", h.What)
		for _, sentence := range h.Says {
			wrap(&out, "      ", sentence)
		}
	}
	for _, sentence := range c.Remedies() {
		out.WriteString("\n")
		remedy(&out, "fix ", sentence)
	}
	if others > 0 {
		fmt.Fprintf(&out, "\nother ways: %d, which --json prints\n", others)
	}
	if _, err := io.WriteString(w, out.String()); err != nil {
		return errors.Join(errors.New("write the chain"), err)
	}
	return nil
}
