// Package environment writes the environment of programs that are to see a sandbox, and none of the user's AWS settings. It gets no credentials and runs
// nothing.
package environment

import (
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"
)

// Access is what a program needs to act in a sandbox. Its JSON form is that of the control interface.
type Access struct {
	// Endpoint is the URL of the sandbox, and Region the region of commands that name none.
	Endpoint string `json:"endpoint"`
	Region   string `json:"region"`
	// Account is the account of the credentials, and Principal the ARN of the session.
	Account   string `json:"account"`
	Principal string `json:"principal"`
	// AccessKeyID, SecretAccessKey and SessionToken are the credentials, and Expires is when they end.
	AccessKeyID     string    `json:"accessKeyId"`
	SecretAccessKey string    `json:"secretAccessKey"`
	SessionToken    string    `json:"sessionToken"`
	Expires         time.Time `json:"expires"`
}

// Variable is an environment variable.
type Variable struct{ Name, Value string }

// Variables are those that a program needs, by what the AWS SDKs and the command lines of AWS and the CDK read.
// https://docs.aws.amazon.com/sdkref/latest/guide/environment-variables.html
func (a Access) Variables(environ []string) []Variable {
	noProxy := "localhost,127.0.0.1"
	for _, name := range []string{"NO_PROXY", "no_proxy"} {
		if given := lookup(environ, name); given != "" && !strings.HasPrefix(given, noProxy) {
			noProxy += "," + given
			break
		} else if given != "" {
			noProxy = given
			break
		}
	}
	return []Variable{
		{"AWS_ENDPOINT_URL", a.Endpoint},
		// With an address instead of a name, every SDK writes buckets into the path, so that no name such as BUCKET.localhost has to be resolved.
		{"AWS_ENDPOINT_URL_S3", byAddress(a.Endpoint)},
		{"AWS_ACCESS_KEY_ID", a.AccessKeyID},
		{"AWS_SECRET_ACCESS_KEY", a.SecretAccessKey},
		{"AWS_SESSION_TOKEN", a.SessionToken},
		{"AWS_REGION", a.Region},
		{"AWS_DEFAULT_REGION", a.Region},
		// The files of the user may name another endpoint, role or region.
		{"AWS_CONFIG_FILE", os.DevNull},
		{"AWS_SHARED_CREDENTIALS_FILE", os.DevNull},
		{"AWS_EC2_METADATA_DISABLED", "true"},
		{"AWS_PAGER", ""},
		{"NO_PROXY", noProxy},
		{"no_proxy", noProxy},
	}
}

// byAddress is a URL of localhost with its address.
func byAddress(endpoint string) string {
	u, err := url.Parse(endpoint)
	if err != nil || u.Hostname() != "localhost" {
		return endpoint
	}
	u.Host = "127.0.0.1:" + u.Port()
	return u.String()
}

// Unset are the variables that would win over Variables: those of the SDKs' documentation, and every endpoint of one service in an environment.
func (a Access) Unset(environ []string) []string {
	names := []string{
		"AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
		"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CREDENTIAL_EXPIRATION", "AWS_SECURITY_TOKEN", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "AWS_USE_FIPS_ENDPOINT",
		"AWS_USE_DUALSTACK_ENDPOINT", "AWS_ACCOUNT_ID", "AWS_BEARER_TOKEN_BEDROCK",
	}
	for _, one := range environ {
		name, _, _ := strings.Cut(one, "=")
		if strings.HasPrefix(name, "AWS_ENDPOINT_URL_") && name != "AWS_ENDPOINT_URL_S3" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Apply is an environment in which programs see the sandbox and none of the user's settings of AWS and the CDK.
func (a Access) Apply(environ []string) []string {
	variables := a.Variables(environ)
	all := slices.DeleteFunc(Without(environ), func(one string) bool {
		name, _, _ := strings.Cut(one, "=")
		return slices.ContainsFunc(variables, func(v Variable) bool { return v.Name == name })
	})
	for _, v := range variables {
		all = append(all, v.Name+"="+v.Value)
	}
	return all
}

// Without is an environment without the settings of AWS and the CDK. Credentials of a real account must not reach programs of the sandbox.
func Without(environ []string) (rest []string) {
	for _, variable := range environ {
		if !strings.HasPrefix(variable, "AWS_") && !strings.HasPrefix(variable, "CDK_") {
			rest = append(rest, variable)
		}
	}
	return rest
}

func lookup(environ []string, name string) string {
	for _, one := range slices.Backward(environ) { // the last one counts
		if value, ok := strings.CutPrefix(one, name+"="); ok {
			return value
		}
	}
	return ""
}

// Shells are those that Script writes for.
func Shells() []string { return []string{"sh", "fish", "powershell"} }

// Script is what sets the variables in a shell, and unsets those that would win over them.
func (a Access) Script(shell string, environ []string) (string, error) {
	var use, unset string
	var set func(name, value string) string
	names := a.Unset(environ)
	switch shell {
	case "sh":
		use = `eval "$(crossgrant sandbox env)"`
		set = func(name, value string) string {
			return "export " + name + "='" + strings.ReplaceAll(value, "'", `'\''`) + "'"
		}
		unset = "unset " + strings.Join(names, " ")
	case "fish":
		use = "crossgrant sandbox env --shell fish | source"
		set = func(name, value string) string {
			return "set -gx " + name + " '" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(value) + "'"
		}
		unset = "set -e " + strings.Join(names, " ")
	case "powershell":
		use = "crossgrant sandbox env --shell powershell | Out-String | Invoke-Expression"
		set = func(name, value string) string {
			return "$Env:" + name + " = '" + strings.ReplaceAll(value, "'", "''") + "'"
		}
		unset = "Remove-Item Env:" + strings.Join(names, ",Env:") + " -ErrorAction SilentlyContinue"
	default:
		return "", fmt.Errorf("found shell %q, expected one of %q", shell, Shells())
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# %s until %s. Use it by: %s\n%s\n", a.Principal, a.Expires.Format(time.RFC3339), use, unset)
	for _, v := range a.Variables(environ) {
		fmt.Fprintln(&b, set(v.Name, v.Value))
	}
	return b.String(), nil
}
