package workload

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/policyview"
)

// grant is a grant whose role has an external ID and short sessions.
func grant() contract.Grant {
	return contract.Grant{
		RoleARN: "arn:aws:iam::222222222222:role/writer", Target: contract.Env{Account: "222222222222", Region: "ap-northeast-1"},
		Trust: contract.Trust{SessionSeconds: 900, ExternalID: "shared-id"},
	}
}

func TestInstanceIsClosed(t *testing.T) {
	f := newFixture(t)
	instance := NewLinuxInstance(f.source, "Instance", LinuxInstanceProps{InstanceName: "app", RoleName: "app-instance", Vpc: f.vpc, SessionActions: []string{"ssm:UpdateInstanceInformation"}})
	instance.AddProfile("target", grant())
	template := f.template(t, f.source)
	p := only(t, template, "AWS::EC2::Instance").Properties
	for name, expected := range map[string]string{
		"MetadataOptions":     `{"HttpEndpoint":"enabled","HttpPutResponseHopLimit":1,"HttpTokens":"required"}`,
		"BlockDeviceMappings": `[{"DeviceName":"/dev/xvda","Ebs":{"Encrypted":true,"VolumeSize":8,"VolumeType":"gp3"}}]`,
		"InstanceType":        `"t4g.micro"`,
		"SubnetId":            `"subnet-1"`,
		"KeyName":             `null`,
	} {
		if found := asJSON(p[name]); found != expected {
			t.Errorf("%s: found %s, expected %s", name, found, expected)
		}
	}
	group := only(t, template, "AWS::EC2::SecurityGroup").Properties
	if found := asJSON(group["SecurityGroupEgress"]); !strings.Contains(found, `"ToPort":443`) || strings.Count(found, "CidrIp") != 1 || group["SecurityGroupIngress"] != nil {
		t.Errorf("found security group %s, expected HTTPS egress and no ingress", asJSON(group))
	}
	if role := only(t, template, "AWS::IAM::Role").Properties; role["RoleName"] != "app-instance" || asJSON(role["ManagedPolicyArns"]) != "null" {
		t.Errorf("found role %s", asJSON(role))
	}
	checkIntents(t, template, "use", map[string]string{
		"Instance/Sessions": `{"role":{"Fn::GetAtt":["InstanceRole","Arn"]},"statements":[{"actions":["ssm:UpdateInstanceInformation"],"resources":["*"],"sid":"InstanceSessions"}]}`,
	})
	id := idOf(t, template) // the fixture leaves out the hash of the configuration
	checkIntents(t, template, "workload", map[string]string{
		"Instance/Profile target": `{"grant":"222222222222::--ap-northeast-1","profile":"target","resource":{"Ref":"` + id[:len(id)-8] + `"},"role":{"Fn::GetAtt":["InstanceRole","Arn"]}}`,
		"Instance/Role":           `{"resource":{"Ref":"` + id[:len(id)-8] + `"},"role":{"Fn::GetAtt":["InstanceRole","Arn"]}}`,
	})
}

// idOf is the logical ID of the instance.
func idOf(t *testing.T, template policyview.Template) string {
	t.Helper()
	for id, r := range template.Resources {
		if r.Type == "AWS::EC2::Instance" {
			return id
		}
	}
	t.Fatal("found no instance")
	return ""
}

// Only the first boot reads user data, so another profile is another instance, and the same one is the same.
func TestAnotherProfileReplacesTheInstance(t *testing.T) {
	id := func(profile string, g contract.Grant) string {
		f := newFixture(t)
		NewLinuxInstance(f.source, "Instance", LinuxInstanceProps{InstanceName: "app", RoleName: "app-instance", Vpc: f.vpc}).AddProfile(profile, g)
		return idOf(t, f.template(t, f.source))
	}
	other := grant()
	other.Trust.ExternalID = "other-id"
	first := id("target", grant())
	if first != id("target", grant()) || first == id("target", other) || first == id("data", grant()) {
		t.Errorf("found %s for the profile, %s for the same, %s with another external ID, %s of another name", first, id("target", grant()), id("target", other), id("data", grant()))
	}
}

func TestNoSessionPermissionsByDefault(t *testing.T) {
	f := newFixture(t)
	NewLinuxInstance(f.source, "Instance", LinuxInstanceProps{InstanceName: "app", RoleName: "app-instance", Vpc: f.vpc})
	for id, r := range f.template(t, f.source).Resources {
		if r.Type == "AWS::IAM::Policy" {
			t.Errorf("found policy %s: %s", id, asJSON(r.Properties))
		}
	}
}

// cloud-init writes one file, to the homes of the image's user and of root, and to the skeleton of other homes.
func TestCLIConfiguration(t *testing.T) {
	f := newFixture(t)
	instance := NewLinuxInstance(f.source, "Instance", LinuxInstanceProps{InstanceName: "app", RoleName: "app-instance", Vpc: f.vpc})
	instance.AddProfile("target", grant())
	plain := grant()
	plain.RoleARN, plain.Trust = "arn:aws:iam::222222222222:role/reader", contract.Trust{}
	instance.AddProfile("reading", plain)
	encoded := only(t, f.template(t, f.source), "AWS::EC2::Instance").Properties["UserData"].(map[string]any)["Fn::Base64"].(string)
	if !strings.HasPrefix(encoded, "#cloud-config\n") || len(base64.StdEncoding.EncodeToString([]byte(encoded))) > 16<<10 {
		t.Errorf("found user data %q", encoded)
	}
	var config struct {
		Files []struct {
			Path, Owner, Permissions, Content string
			Defer                             bool
		} `yaml:"write_files"`
	}
	if err := yaml.Unmarshal([]byte(encoded), &config); err != nil {
		t.Fatal(err)
	}
	const expected = `[default]
region = ap-northeast-1
sts_regional_endpoints = regional
[profile target]
role_arn = arn:aws:iam::222222222222:role/writer
credential_source = Ec2InstanceMetadata
region = ap-northeast-1
sts_regional_endpoints = regional
external_id = shared-id
duration_seconds = 900
[profile reading]
role_arn = arn:aws:iam::222222222222:role/reader
credential_source = Ec2InstanceMetadata
region = ap-northeast-1
sts_regional_endpoints = regional
`
	var files []string
	for _, file := range config.Files {
		files = append(files, fmt.Sprint(file.Path, " ", file.Owner, " ", file.Permissions, " ", file.Defer))
		if diff := cmp.Diff(expected, file.Content); diff != "" {
			t.Errorf("%s (-expected +found):\n%s", file.Path, diff)
		}
	}
	if diff := cmp.Diff([]string{"/etc/skel/.aws/config root:root 0644 true", "/root/.aws/config root:root 0644 true", "/home/ec2-user/.aws/config ec2-user:ec2-user 0644 true"}, files); diff != "" {
		t.Errorf("files (-expected +found):\n%s", diff)
	}
}

func TestRefusedProfiles(t *testing.T) {
	direct, identified := grant(), grant()
	direct.RoleARN = ""
	identified.Trust.SourceIdentity = "anna"
	for name, c := range map[string]struct {
		profile  string
		grant    contract.Grant
		expected string
	}{
		"a name with a space":      {"a b", grant(), `name: found "a b", expected 1 to 64 letters`},
		"a grant without a role":   {"p", direct, "found Direct access, expected a role to assume"},
		"a source identity":        {"p", identified, "found a source identity, which a profile of the AWS CLI cannot set"},
		"a name that is taken":     {"first", grant(), `found "first" twice`},
		"a name that ends the tag": {"p]", grant(), `name: found "p]"`},
	} {
		t.Run(name, func(t *testing.T) {
			var config cliConfig
			if err := config.add("first", grant()); err != nil {
				t.Fatal(err)
			}
			before := config.text.String()
			if err := config.add(c.profile, c.grant); err == nil || !strings.Contains(err.Error(), c.expected) {
				t.Errorf("found %v, expected %s", err, c.expected)
			}
			if config.text.String() != before {
				t.Error("found part of a refused profile")
			}
		})
	}
}
