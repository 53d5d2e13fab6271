package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/facts"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof"
)

// input is what the commands that check templates read: an assembly, or single templates with their accounts, and the policies and
// organizations that no template contains.
type input struct {
	assembly, region, facts, expect                                             string
	accounts, templates, serviceControl, resourceControl, managed, organization []string
}

func (i *input) addFlags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&i.assembly, "assembly", "cdk.out", "the cloud assembly, a `directory` that cdk synth wrote")
	f.StringArrayVar(&i.accounts, "account", nil, "the `ACCOUNT` of stacks that have none; or, instead of an assembly, a CloudFormation template and its account, as FILE=ACCOUNT or NAME=FILE=ACCOUNT; repeatable")
	f.StringArrayVar(&i.templates, "template", nil, "a CloudFormation template instead of an assembly, as `FILE` or NAME=FILE with the name of the stack; repeatable")
	f.StringVar(&i.region, "region", "", "the `region` of templates, and of stacks that have none")
	i.addPolicyFlags(c)
}

// addPolicyFlags is for what no template has.
func (i *input) addPolicyFlags(c *cobra.Command) {
	f := c.Flags()
	f.StringArrayVar(&i.serviceControl, "scp", nil, "a service control policy of an account, as `ACCOUNT=FILE`; repeatable, from the organization's root down")
	f.StringArrayVar(&i.resourceControl, "rcp", nil, "a resource control policy of an account, as `ACCOUNT=FILE`; repeatable, from the organization's root down")
	f.StringArrayVar(&i.managed, "managed-policy", nil, "the document of an AWS managed policy, as `ARN=FILE`; repeatable")
	f.StringVar(&i.facts, "facts", "", "the `file` with what no template has: policies of resources that are there already, managed policies, networks, values of parameters, and templates of other apps")
	f.StringArrayVar(&i.organization, "organization", nil, "the organization of an account, as `ACCOUNT=o-ID`; repeatable")
}

// load reads everything that the flags name.
func (i *input) load() (*assembly.Assembly, proof.Options, error) {
	options, err := i.options()
	if err != nil {
		return nil, options, err
	}
	a, err := i.read()
	return a, options, err
}

// noAccount stands for the account of stacks that have none. It is nobody's.
const noAccount = "000000000000"

// loadTaken reads everything as load does, and takes it as take does.
func (i *input) loadTaken() (*assembly.Assembly, proof.Options, []assembly.Note, error) {
	a, options, err := i.load()
	if err != nil {
		return nil, options, nil, err
	}
	a, taken := i.take(a)
	return a, options, taken, nil
}

// take takes the stacks of what was read that have no account to be of one that is nobody's, so that whoever is of another account surely is. The notes say so.
func (i *input) take(a *assembly.Assembly) (*assembly.Assembly, []assembly.Note) {
	if !slices.ContainsFunc(a.Stacks, func(s *assembly.Stack) bool { return !policy.IsKnown(s.Account) }) {
		return a, nil
	}
	taken := *i
	taken.accounts = append(slices.Clone(i.accounts), noAccount)
	again, err := taken.read()
	if err != nil { // stacks of one name, which are not all of one account
		return a, nil
	}
	return again, []assembly.Note{{Place: "account " + noAccount, Why: "taken to be that of the stacks that have none; --account says which it is"}}
}

// read reads the assembly, or the templates that the flags name instead.
func (i *input) read() (*assembly.Assembly, error) {
	files, account, err := i.files()
	if err != nil {
		return nil, err
	}
	if len(files) > 0 {
		a, err := assembly.LoadTemplates(files...)
		if err != nil {
			return nil, fmt.Errorf("read the templates: %w", err)
		}
		return a, nil
	}
	if info, err := os.Stat(i.assembly); err == nil && info.Mode().IsRegular() {
		return nil, fmt.Errorf("--assembly: found %s, which is a file, expected the directory of a cloud assembly; --template reads a template", i.assembly)
	}
	a, err := assembly.Load(i.assembly, assembly.Options{Account: account, Region: i.region})
	if err != nil {
		return nil, fmt.Errorf("read the assembly: %w", err)
	}
	return a, nil
}

// files are the templates that the flags name, and the account of those without one, or of the stacks of an assembly without one.
func (i *input) files() (files []assembly.TemplateFile, account string, err error) {
	for _, value := range i.accounts {
		if contract.IsAccountID(value) {
			if account != "" && account != value {
				return nil, "", fmt.Errorf("--account: found %s and %s for the stacks that have none, expected one", account, value)
			}
			account = value
			continue
		}
		file, of, err := cutPair("--account", value, "FILE=ACCOUNT, such as target.yaml=222222222222, NAME=FILE=ACCOUNT with the name of the stack, or an ACCOUNT for all stacks that have none",
			contract.IsAccountID)
		if err != nil {
			return nil, "", err
		}
		files = append(files, i.template(file, of))
	}
	for _, value := range i.templates {
		files = append(files, i.template(value, account))
	}
	return files, account, nil
}

var stackName = regexp.MustCompile(`^[a-zA-Z][-a-zA-Z0-9]{0,127}$`)

// template reads FILE or NAME=FILE. A file that is there is a file, whatever its name has.
func (i *input) template(value, account string) assembly.TemplateFile {
	f := assembly.TemplateFile{Path: value, Account: account, Region: i.region}
	if name, file, ok := strings.Cut(value, "="); ok && file != "" && stackName.MatchString(name) {
		if _, err := os.Stat(value); err != nil {
			f.Path, f.StackName = file, name
		}
	}
	return f
}

var managedARN = regexp.MustCompile(`^arn:aws[a-z-]*:iam::aws:policy/.+`)

// cutPair splits A=B at the last "=" and checks B.
func cutPair(flag, pair, expected string, valid func(string) bool) (a, b string, err error) {
	i := strings.LastIndexByte(pair, '=')
	if i < 1 || !valid(pair[i+1:]) {
		return "", "", fmt.Errorf("%s: found %q, expected %s", flag, pair, expected)
	}
	return pair[:i], pair[i+1:], nil
}

func (i *input) options() (o proof.Options, err error) {
	if o.ServiceControl, err = readControlPolicies("--scp", i.serviceControl); err != nil {
		return o, err
	}
	if o.ResourceControl, err = readControlPolicies("--rcp", i.resourceControl); err != nil {
		return o, err
	}
	if i.facts != "" {
		if o.Facts, err = facts.Read(i.facts); err != nil {
			return o, fmt.Errorf("--facts: %w", err)
		}
	}
	o.Organizations = map[string]string{}
	for _, pair := range i.organization {
		account, organization, err := cutPair("--organization", pair, "ACCOUNT=o-ID, such as 111111111111=o-a1b2c3d4e5", contract.IsOrganizationID)
		if err != nil {
			return o, err
		}
		o.Organizations[account] = organization
	}
	o.ManagedPolicies = map[string]*policy.Document{}
	for _, pair := range i.managed {
		arn, file, err := cutPair("--managed-policy", pair, "ARN=FILE", func(file string) bool { return file != "" })
		if err == nil && !managedARN.MatchString(arn) {
			err = fmt.Errorf("--managed-policy: found %q, expected the ARN of an AWS managed policy, such as arn:aws:iam::aws:policy/ReadOnlyAccess", arn)
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

// readControlPolicies reads the service or resource control policies of accounts. Each file is one level of the account's path in the
// organization.
func readControlPolicies(flag string, pairs []string) (map[string][][]*policy.Document, error) {
	levels := map[string][][]*policy.Document{}
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
		levels[account] = append(levels[account], []*policy.Document{d})
	}
	return levels, nil
}

func readPolicy(flag, file string) (*policy.Document, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", flag, err)
	}
	d, err := policy.Parse(bytes.TrimPrefix(text, []byte("\ufeff"))) // a byte order mark
	if err != nil {
		return nil, fmt.Errorf("%s: %s: %w", flag, file, err)
	}
	return d, nil
}
