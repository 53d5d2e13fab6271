package main

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof"
	"github.com/crossgrant/crossgrant/proof/chaintext"
)

func explainCommand() *cobra.Command {
	var in input
	var asJSON bool
	var access proof.Access
	var context, sessionPolicies, assume []string
	var asked denied
	c := withErrors(&cobra.Command{
		Use:   "explain --principal PRINCIPAL --action ACTION --resource ARN [flags]",
		Short: "Explain whether a principal can perform an action, and which statement decides",
		Long: `Explain whether a principal in an assembly can perform an action on a resource: each step of the
request, from the network route and the role that it assumes to the policies of both accounts, with
the statement that decides the step. Instead of the request, it takes what AWS printed: the message
of an error, or the event of CloudTrail.

The request is tried as the principal itself, and as each role that the policies let it assume, in
any number of steps; with --assume, only as that role.

Exit code: 0 if the request is allowed, 1 if it is not, 3 if that is undecided, 2 on an error.`,
		Example: `  crossgrant explain --principal CrossGrant-Source/List/Function \
    --action s3:GetObject --resource arn:aws:s3:::BUCKET/inbox/1.json
  crossgrant explain --denied 'User: arn:aws:sts::111111111111:assumed-role/ROLE/SESSION is not
    authorized to perform: s3:GetObject on resource: "arn:aws:s3:::BUCKET/inbox/1.json"'`,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			said, err := asked.read(c.InOrStdin())
			if err != nil {
				return err
			}
			access.Caller, access.Action, access.Resource = cmp.Or(access.Caller, said.Caller), cmp.Or(access.Action, said.Action), cmp.Or(access.Resource, said.Resource)
			if asked.any() && access.Resource == "" {
				return fmt.Errorf("found no resource in what AWS printed about %s, expected --resource beside it", access.Action)
			}
			if access.Caller == "" || access.Action == "" || access.Resource == "" {
				return fmt.Errorf("found principal %q, action %q and resource %q, expected --principal, --action and --resource, or --denied or --event", access.Caller, access.Action, access.Resource)
			}
			if access.Context, err = readContext(context); err != nil {
				return err
			}
			for _, file := range sessionPolicies {
				d, err := readPolicy("--session-policy", file)
				if err != nil {
					return err
				}
				d.Name = "the session policy " + filepath.Base(file)
				access.SessionPolicies = append(access.SessionPolicies, d)
			}
			for _, role := range assume {
				access.Assumes = access.Assumes.WithThen(&proof.Assume{Role: role, Presents: true})
			}
			a, options, err := in.load()
			if err != nil {
				return err
			}
			chains, err := proof.Explain(a, options, access)
			if err != nil {
				return err
			}
			if asJSON {
				all := []proof.ChainJSON{}
				for i := range chains {
					all = append(all, proof.NewChainJSON(&chains[i]))
				}
				err = printJSON(c.OutOrStdout(), all)
			} else {
				p := newPrinter(c.OutOrStdout())
				printDenial(p, said, access, chains[0].Passes)
				if chains[0].Passes != policy.Yes {
					similar, err := proof.Similar(a, options, access)
					if err != nil {
						return err
					}
					for _, pair := range similar {
						p.Wrap("", "no template has "+policy.Readable(pair[0])+": did you mean "+policy.Readable(pair[1])+"?")
						p.Printf("\n")
					}
				}
				err = printChain(p, &chains[0], chains[1:])
			}
			if err != nil {
				return err
			}
			switch chains[0].Passes {
			case policy.No:
				return exit{code: exitNegative}
			case policy.Indeterminate:
				return exit{code: exitUndecided}
			}
			return nil
		},
	}, 0, "none, only flags: --principal, --action and --resource, or --denied, or --event")
	in.addFlags(c)
	f := c.Flags()
	f.StringVar(&access.Caller, "principal", "", "the `principal`: an ARN, or the path, logical ID or name of a role, user, function or instance, or a part of it (see list)")
	f.StringVar(&access.Action, "action", "", "the `action`, such as s3:GetObject")
	f.StringVar(&access.Resource, "resource", "", "the `ARN` of the resource, or its path, logical ID or name with what follows, such as /KEY")
	f.StringVar(&asked.message, "denied", "", "the `message` of an error that AWS printed, which says principal, action and resource")
	f.StringVar(&asked.event, "event", "", "a `file` with the CloudTrail event of a denied request; - for standard input")
	f.StringArrayVar(&assume, "assume", nil, "the `role` that the principal assumes first, by its ARN, path, logical ID or name; repeatable, one after the other")
	f.StringArrayVar(&sessionPolicies, "session-policy", nil, "a `file` with a policy that was passed for the principal's session; repeatable")
	f.StringArrayVar(&context, "context", nil, "a condition key of the request, as `KEY=VALUE`; repeatable, also for several values of one key")
	f.BoolVar(&asJSON, "json", false, "print every chain of the principal's requests, as JSON")
	return c
}

func readContext(pairs []string) (map[string][]string, error) {
	context := map[string][]string{}
	for _, pair := range pairs {
		key, value, ok := strings.Cut(pair, "=")
		if !ok || key == "" {
			return nil, fmt.Errorf("--context: found %q, expected KEY=VALUE, such as s3:prefix=inbox/", pair)
		}
		context[key] = append(context[key], value)
	}
	return context, nil
}

// byOf says in which way a request was made.
func byOf(c *proof.Chain) string {
	if c.Assumes == nil {
		return " directly"
	}
	_, role, _ := strings.Cut(c.Actor(), ":role")
	if strings.HasSuffix(role, "/"+proof.AnyName) {
		return " by assuming a role that no template has, called " + proof.AnyName + " here"
	}
	return " by assuming role " + policy.Readable(role[strings.LastIndexByte(role, '/')+1:])
}

// instead is another way that works where a request does not. Nil if there is none.
func instead(c *proof.Chain, others []proof.Chain) *proof.Chain {
	i := slices.IndexFunc(others, func(o proof.Chain) bool { return o.Passes == policy.Yes && o.Actor() != c.Actor() })
	if i < 0 || c.Passes == policy.Yes {
		return nil
	}
	return &others[i]
}

// way says in which way a request was made, and if it does not work so, whether another one does. "" where there is only one.
func way(c *proof.Chain, others []proof.Chain) string {
	by := byOf(c)
	if other := instead(c, others); other != nil {
		return by + ", but works" + byOf(other)
	}
	ways, passes := map[string]bool{c.Actor(): true}, map[policy.Answer]bool{c.Passes: true}
	for i := range others {
		ways[others[i].Actor()], passes[others[i].Passes] = true, true
	}
	switch {
	case len(ways) == 1 && c.Assumes == nil:
		return ""
	case len(ways) == 1 || passes[policy.Yes] || c.Passes == policy.No && passes[policy.Indeterminate]:
		return by
	case c.Passes == policy.No:
		return fmt.Sprintf(" in any of the %d ways that the principal has, here%s", len(ways), by)
	}
	return fmt.Sprintf("%s; none of the %d ways that the principal has surely works", by, len(ways))
}

// printChain prints one chain, step by step, with its remedies, which of the others works if it does not, and how many there are.
func printChain(p *printer, c *proof.Chain, others []proof.Chain) error {
	text := chaintext.Text{Chain: proof.NewChainJSON(c), Way: way(c, others), Remedies: c.Remedies()}
	if other := instead(c, others); other != nil {
		text.Brief, text.Remedies = true, []string{"make the request as " + other.Actor() + ", which may do it, and which the principal may assume first"}
	}
	text.Print(p.Printer)
	if len(others) > 0 {
		p.Printf("\nother chains: %d; --json prints all\n", len(others))
	}
	return p.Flush()
}
