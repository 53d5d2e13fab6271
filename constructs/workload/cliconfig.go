package workload

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/crossgrant/crossgrant/contract"
)

// cliConfig is the AWS command line's configuration file as it grows.
type cliConfig struct {
	text  strings.Builder
	names []string
}

var profileName = regexp.MustCompile(`^[a-zA-Z0-9_.-]{1,64}$`)

// add adds a profile. The regional STS is the one that an STS endpoint of the VPC serves.
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-assume-role-credentials.html
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-sts-regionalized-endpoints.html
func (c *cliConfig) add(name string, grant contract.Grant) error {
	var problems []error
	if !profileName.MatchString(name) {
		problems = append(problems, fmt.Errorf("name: found %q, expected 1 to 64 letters, digits and _.-", name))
	}
	for _, other := range c.names {
		if other == name {
			problems = append(problems, errors.New("name: found it twice, expected each profile once"))
		}
	}
	if grant.RoleARN == "" {
		problems = append(problems, errors.New("grant: found Direct access, expected a role to assume; with Direct access no profile is needed"))
	}
	if grant.Trust.SourceIdentity != "" {
		problems = append(problems, errors.New("grant: found a source identity, which a profile of the AWS command line cannot give; expected none"))
	}
	if len(problems) > 0 {
		return errors.Join(problems...)
	}
	c.names = append(c.names, name)
	line := func(key, value string) { fmt.Fprintf(&c.text, "%s = %s\n", key, value) }
	place := func() {
		line("region", grant.Target.Region)
		line("sts_regional_endpoints", "regional")
	}
	if c.text.Len() == 0 {
		c.text.WriteString("[default]\n")
		place()
	}
	fmt.Fprintf(&c.text, "[profile %s]\n", name)
	line("role_arn", grant.RoleARN)
	line("credential_source", "Ec2InstanceMetadata")
	place()
	if id := grant.Trust.ExternalID; id != "" {
		line("external_id", id)
	}
	if seconds := grant.Trust.SessionSeconds; seconds != 0 {
		line("duration_seconds", fmt.Sprint(seconds))
	}
	return nil
}

// homes are where the file is put, with its owner: for the image's user, and for users that come later, such as Session Manager's ssm-user,
// whose home is made at the first session from the skeleton.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-getting-started-ssm-user-permissions.html
var homes = []struct{ folder, owner string }{
	{"/etc/skel", "root:root"},
	{"/home/ec2-user", "ec2-user:ec2-user"},
}

// cloudConfig is the instance's user data. Files are written after the users are there (defer), and their folders with them, which
// then still have to be given to their user.
// https://docs.cloud-init.io/en/latest/reference/modules.html#write-files
func (c *cliConfig) cloudConfig() string {
	var out strings.Builder
	out.WriteString("#cloud-config\nwrite_files:\n")
	for _, home := range homes {
		fmt.Fprintf(&out, "  - path: %s/.aws/config\n    owner: %s\n    permissions: '0644'\n    defer: true\n    content: |\n", home.folder, home.owner)
		for line := range strings.Lines(c.text.String()) {
			out.WriteString("      " + line)
		}
	}
	out.WriteString("runcmd:\n  - [chown, -R, 'ec2-user:ec2-user', /home/ec2-user/.aws]\n")
	return out.String()
}
