package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof"
)

// given is what the commands on assemblies are told: an assembly or plain templates, and what these do not say.
type given struct {
	dir, region                                                      string
	accounts, serviceControl, resourceControl, managed, organization []string
}

func (g *given) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&g.dir, "assembly", "cdk.out", "the directory that cdk synth has written")
	f.StringArrayVar(&g.accounts, "account", nil, "FILE=ID: a CloudFormation template in place of the assembly, and its account; may be repeated")
	f.StringVar(&g.region, "region", "", "the region of templates that are given by --account")
	f.StringArrayVar(&g.serviceControl, "scp", nil, "ACCOUNT=FILE: a service control policy, from the organization's root down; may be repeated")
	f.StringArrayVar(&g.resourceControl, "rcp", nil, "ACCOUNT=FILE: a resource control policy; may be repeated")
	f.StringArrayVar(&g.managed, "managed-policy", nil, "ARN=FILE: a managed policy of AWS; may be repeated")
	f.StringArrayVar(&g.organization, "organization", nil, "ACCOUNT=o-ID: the organization of an account; may be repeated")
}

// load reads all of it.
func (g *given) load() (*assembly.Assembly, proof.Options, error) {
	o, err := g.options()
	if err != nil {
		return nil, o, err
	}
	if len(g.accounts) == 0 {
		if g.region != "" {
			return nil, o, errors.New("--region: found one without --account: the stacks of an assembly have theirs")
		}
		a, err := assembly.Load(g.dir, assembly.Options{})
		if err != nil {
			return nil, o, fmt.Errorf("read the assembly: %w", err)
		}
		return a, o, nil
	}
	var files []assembly.TemplateFile
	for _, pair := range g.accounts {
		file, account, err := cutPair("--account", pair, "FILE=ID, such as target.yaml=222222222222", contract.IsAccountID)
		if err != nil {
			return nil, o, err
		}
		name := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
		files = append(files, assembly.TemplateFile{Path: file, Account: account, Region: g.region, StackName: strings.TrimSuffix(name, ".template")})
	}
	a, err := assembly.LoadTemplates(files...)
	if err != nil {
		return nil, o, fmt.Errorf("read the templates: %w", err)
	}
	return a, o, nil
}

var managedARN = regexp.MustCompile(`^arn:aws[a-z-]*:iam::aws:policy/.+`)

func isNotEmpty(s string) bool { return s != "" }

// cutPair takes A=B apart at the last "=", and looks at B.
func cutPair(flag, pair, expected string, valid func(string) bool) (a, b string, err error) {
	i := strings.LastIndexByte(pair, '=')
	if i < 1 || !valid(pair[i+1:]) {
		return "", "", fmt.Errorf("%s: found %q, expected %s", flag, pair, expected)
	}
	return pair[:i], pair[i+1:], nil
}

func (g *given) options() (o proof.Options, err error) {
	if o.ServiceControl, err = levels("--scp", g.serviceControl); err != nil {
		return o, err
	}
	if o.ResourceControl, err = levels("--rcp", g.resourceControl); err != nil {
		return o, err
	}
	o.Organizations = map[string]string{}
	for _, pair := range g.organization {
		account, organization, err := cutPair("--organization", pair, "ACCOUNT=o-ID, such as 111111111111=o-a1b2c3d4e5", contract.IsOrganizationID)
		if err != nil {
			return o, err
		}
		o.Organizations[account] = organization
	}
	o.ManagedPolicies = map[string]*policy.Document{}
	for _, pair := range g.managed {
		arn, file, err := cutPair("--managed-policy", pair, "ARN=FILE", isNotEmpty)
		if err == nil && !managedARN.MatchString(arn) {
			err = fmt.Errorf("--managed-policy: found %q, expected the ARN of a policy of AWS, such as arn:aws:iam::aws:policy/ReadOnlyAccess", arn)
		}
		if err != nil {
			return o, err
		}
		if o.ManagedPolicies[arn], err = readPolicy("--managed-policy", file); err != nil {
			return o, err
		}
		o.ManagedPolicies[arn].Name = "the managed policy " + arn[strings.LastIndexByte(arn, '/')+1:]
	}
	return o, nil
}

// levels reads policies of an organization: each file is one level of its account.
func levels(flag string, pairs []string) (map[string][][]*policy.Document, error) {
	all := map[string][][]*policy.Document{}
	for _, pair := range pairs {
		account, file, ok := strings.Cut(pair, "=")
		if !ok || !contract.IsAccountID(account) || file == "" {
			return nil, fmt.Errorf("%s: found %q, expected ACCOUNT=FILE, such as 222222222222=policy.json", flag, pair)
		}
		d, err := readPolicy(flag, file)
		if err != nil {
			return nil, err
		}
		d.Name = fmt.Sprintf("the policy %s of account %s", filepath.Base(file), account)
		all[account] = append(all[account], []*policy.Document{d})
	}
	return all, nil
}

func readPolicy(flag, file string) (*policy.Document, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", flag, err)
	}
	d, err := policy.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %s: %w", flag, file, err)
	}
	return d, nil
}
