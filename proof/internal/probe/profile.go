package probe

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// configFile finds the files that cloud-init writes into a home folder as the configuration of the AWS CLI.
// https://docs.cloud-init.io/en/latest/reference/modules.html#write-files
var configFile = regexp.MustCompile(`^(\s*)-?\s*path:\s*['"]?(\S*/\.aws/config)['"]?\s*$`)

// profile compares the AWS profile of an instance with a grant, in each configuration file that its user data writes.
// https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-role.html
func (f *faults) profile(g *model.Grant, name string) {
	data, ok := userData(f.of.Properties["UserData"])
	if !ok {
		f.add(true, "", "its user data is not known, so that profile %s is not either", name)
		return
	}
	files := configFiles(data)
	if len(files) == 0 {
		f.add(false, "write .aws/config with profile "+name, "its user data writes no .aws/config, expected one with profile %s", name)
		return
	}
	expected := map[string]string{"role_arn": g.RoleARN, "credential_source": "Ec2InstanceMetadata", "external_id": g.Trust.ExternalID, "region": g.Target.Region}
	for _, file := range files {
		section, ok := file.sections["profile "+name]
		if !ok {
			f.add(false, "add profile "+name+" to "+file.path, "%s has no profile %s", file.path, name)
			continue
		}
		for _, key := range []string{"credential_source", "external_id", "region", "role_arn"} {
			var found any
			if value, ok := section[key]; ok {
				found = value
			}
			f.compare(fmt.Sprintf("%s of profile %s in %s", key, name, file.path), expected[key], found, "as the grant has it")
		}
		for _, key := range []string{"endpoint_url", "services", "source_profile", "web_identity_token_file"} {
			if _, ok := section[key]; ok {
				f.add(false, "remove "+key+" from profile "+name, "profile %s in %s has %s, by which the AWS CLI gets other credentials or another endpoint", name, file.path, key)
			}
		}
		if endpoints := section["sts_regional_endpoints"]; endpoints != "" && endpoints != "regional" {
			f.add(false, "set sts_regional_endpoints to regional", "profile %s in %s uses the %s endpoint of STS, which no VPC endpoint serves", name, file.path, endpoints)
		}
		if asked := section["duration_seconds"]; asked != "" {
			if n, err := strconv.Atoi(asked); err != nil || g.Trust.SessionSeconds > 0 && n > g.Trust.SessionSeconds {
				f.add(false, fmt.Sprintf("set duration_seconds to %d or less", g.Trust.SessionSeconds),
					"profile %s in %s asks for a session of %s seconds, expected at most %d, as the grant has it", name, file.path, asked, g.Trust.SessionSeconds)
			}
		}
	}
}

// userData is the text of user data. false if it is not known.
func userData(value any) (string, bool) {
	text, ok := value.(string)
	if value == nil {
		return "", true
	}
	if !ok || !policy.IsKnown(text) {
		return "", false
	}
	decoded, err := base64.StdEncoding.DecodeString(text)
	return string(decoded), err == nil
}

// file is a configuration file of the AWS CLI, with its settings by section.
type file struct {
	path     string
	sections map[string]map[string]string
}

// configFiles are the configuration files of the AWS CLI in user data.
// https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
func configFiles(data string) []file {
	var all []file
	var section map[string]string
	lines := bufio.NewScanner(strings.NewReader(data))
	for lines.Scan() {
		line := lines.Text()
		trimmed := strings.TrimSpace(line)
		if found := configFile.FindStringSubmatch(line); found != nil {
			all, section = append(all, file{found[2], map[string]map[string]string{}}), nil
			continue
		}
		if len(all) == 0 || strings.HasPrefix(trimmed, "#") {
			continue
		}
		current := all[len(all)-1]
		if strings.HasPrefix(trimmed, "- ") { // another file, or a command
			section = nil
			all = append(all, file{sections: map[string]map[string]string{}})
		} else if name, ok := strings.CutPrefix(trimmed, "["); ok {
			section = map[string]string{}
			current.sections[strings.TrimSpace(strings.TrimSuffix(name, "]"))] = section
		} else if key, value, ok := strings.Cut(trimmed, "="); ok && section != nil {
			section[strings.TrimSpace(key)] = strings.TrimSpace(value)
		}
	}
	var named []file
	for _, one := range all {
		if one.path != "" {
			named = append(named, one)
		}
	}
	return named
}
