package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/crossgrant/crossgrant/sandbox/background"
)

func instanceCommand() *cobra.Command {
	var directory, account string
	var asJSON bool
	c := &cobra.Command{
		Use:   "instance [INSTANCE] [flags] [-- COMMAND...]",
		Short: "Run a command as if on a deployed instance",
		Long: `Run a command of this machine as if on an EC2 instance of the sandbox: with the credentials of its
instance profile, from a metadata service of its own, with the route of its subnet, and in the home
directory that its user data has written. The AWS CLI of the sandbox is on the PATH. As on an instance, no
region is set: name one, or a profile that has one.

INSTANCE is its ID, its logical ID, the path of its construct, or the end of one of them that no other
instance has; it may be left out if there is only one. Without a command, it prints what there is.

Programs have to find the metadata service by AWS_EC2_METADATA_SERVICE_ENDPOINT, as AWS's SDKs do: nothing
answers at 169.254.169.254.

Exit code: that of the command; 1 on an error.`,
		Example: `  crossgrant sandbox instance -- aws s3 ls --profile crossgrant
  crossgrant sandbox instance i-0123456789abcdef0 -- aws sts get-caller-identity --region ap-northeast-1`,
		DisableFlagsInUseLine: true,
		RunE: func(c *cobra.Command, args []string) error {
			names, run := args, []string(nil)
			if dash := c.ArgsLenAtDash(); dash >= 0 {
				names, run = args[:dash], args[dash:]
				if len(run) == 0 {
					return errors.New("found no command after --, expected one such as -- aws s3 ls")
				}
			}
			if asJSON && len(run) > 0 {
				return errors.New("found --json with a command, expected it without one: the output is that of the command")
			}
			if len(names) > 1 {
				return fmt.Errorf("found %q, expected one instance, and the command after --", names)
			}
			state, err := running(directory)
			if err != nil {
				return err
			}
			i, err := background.OpenInstance.Call(c.Context(), state.Control, background.Named{Name: strings.Join(names, ""), Account: account})
			if err != nil {
				return err
			}
			if len(run) > 0 {
				return runAs(c, i, run)
			}
			if asJSON {
				return printJSON(c.OutOrStdout(), i)
			}
			fmt.Fprintf(c.OutOrStdout(), "instance  %s of account %s\nhome      %s\n", i.ID, i.Account, i.Home)
			if i.Note != "" {
				fmt.Fprintf(c.OutOrStdout(), "note      %s\n", i.Note)
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "\nRun a command on it: crossgrant sandbox instance %s -- aws sts get-caller-identity --region %s\n", i.ID, state.Region)
			return err
		},
	}
	directoryFlag(c, &directory)
	accountFlag(c, &account)
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON: the ID, the account, the home directory and the environment")
	return c
}

// runAs makes this process a program as on an instance.
func runAs(c *cobra.Command, i background.InstanceOutput, run []string) error {
	environment := append([]string{"USER=ec2-user"}, i.Environment...)
	for _, name := range []string{"TERM", "LANG", "LC_ALL"} {
		if value, ok := os.LookupEnv(name); ok {
			environment = append(environment, name+"="+value)
		}
	}
	program, err := find(run[0], environment)
	if err != nil {
		return err
	}
	if err := os.Chdir(i.Home); err != nil {
		return fmt.Errorf("change to the home directory of the instance: %w", err)
	}
	return runCommand(c, append([]string{program}, run[1:]...), environment)
}

// find finds a program in the PATH of an environment.
func find(name string, environment []string) (string, error) {
	if filepath.Base(name) != name {
		return filepath.Abs(name)
	}
	for _, variable := range environment {
		paths, ok := strings.CutPrefix(variable, "PATH=")
		if !ok {
			continue
		}
		for _, directory := range filepath.SplitList(paths) {
			if program, err := exec.LookPath(filepath.Join(directory, name)); err == nil {
				return program, nil
			}
		}
	}
	return "", fmt.Errorf("found no program %q on the PATH of this machine", name)
}
