package network

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/internal/policyview"
)

// natInstance returns the template of a VPC with a NAT instance, and the instance.
func natInstance(t *testing.T, props SourceVpcProps) (policyview.Template, policyview.Resource) {
	t.Helper()
	props.Egress = NATInstance
	f := newVpcStack(t, props)
	if f.vpc.NATInstance() == nil || f.vpc.PublicAddress() == nil {
		t.Fatal("found no NAT instance or no address")
	}
	template := f.template(t)
	ids := ofType(template, "AWS::EC2::Instance")
	if len(ids) != 1 {
		t.Fatalf("found instances %q, expected one", ids)
	}
	return template, template.Resources[ids[0]]
}

// https://docs.aws.amazon.com/vpc/latest/userguide/work-with-nat-instances.html
func TestNATInstance(t *testing.T) {
	template, instance := natInstance(t, SourceVpcProps{CIDR: "10.1.0.0/16"})
	p := instance.Properties
	if p["SourceDestCheck"] != false || p["InstanceType"] != "t4g.micro" || !strings.Contains(asJSON(p["NetworkInterfaces"]), `"AssociatePublicIpAddress":true`) {
		t.Errorf("found %s, expected a t4g.micro that forwards, with a public address", asJSON(p))
	}
	if !strings.Contains(asJSON(p["MetadataOptions"]), `"HttpTokens":"required"`) || !strings.Contains(asJSON(p["BlockDeviceMappings"]), `"Encrypted":true`) {
		t.Errorf("found %s, expected IMDSv2 and an encrypted volume", asJSON(p))
	}
	for id, r := range template.Resources {
		if r.Type != "AWS::EC2::SecurityGroup" || r.Properties["GroupDescription"] != "NAT instance" {
			continue
		}
		in := `[{"CidrIp":"10.1.0.0/16","Description":"HTTPS from the VPC","FromPort":443,"IpProtocol":"tcp","ToPort":443}]`
		out := `[{"CidrIp":"0.0.0.0/0","Description":"HTTPS to the internet","FromPort":443,"IpProtocol":"tcp","ToPort":443}]`
		if asJSON(r.Properties["SecurityGroupIngress"]) != in || asJSON(r.Properties["SecurityGroupEgress"]) != out {
			t.Errorf("%s: found %s, expected HTTPS only", id, asJSON(r.Properties))
		}
	}
	pinned := "ami-0a1b2c3d4e5f67890"
	if _, instance := natInstance(t, SourceVpcProps{ImageID: pinned}); instance.Properties["ImageId"] != pinned {
		t.Errorf("found image %s, expected %s", asJSON(instance.Properties["ImageId"]), pinned)
	}
}

// The deployment fails unless the instance signals, by its own logical id, that it forwards.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-creationpolicy.html
func TestNATInstanceSignals(t *testing.T) {
	f := newVpcStack(t, SourceVpcProps{Egress: NATInstance})
	document := f.document(t)
	template, err := policyview.Parse(document)
	if err != nil {
		t.Fatal(err)
	}
	id := ofType(template, "AWS::EC2::Instance")[0]
	if !strings.Contains(strings.Join(strings.Fields(string(document)), ""), `"CreationPolicy":{"ResourceSignal":{"Timeout":"PT15M"}}`) {
		t.Errorf("found no CreationPolicy of one signal (the default count) in 15 minutes in %s", document)
	}
	data := asJSON(template.Resources[id].Properties["UserData"])
	if !strings.Contains(data, `cfn-signal --exit-code $? --stack ",{"Ref":"AWS::StackName"}," --resource `+id+` --region ",{"Ref":"AWS::Region"},"\n"`) {
		t.Errorf("found %s, expected the signal of %s", data, id)
	}
}

// User data runs once, so an instance with other user data has to be another one.
func TestNATInstanceIsReplacedForItsUserData(t *testing.T) {
	id := func(cidr string) string {
		template, _ := natInstance(t, SourceVpcProps{CIDR: cidr})
		return ofType(template, "AWS::EC2::Instance")[0]
	}
	if one, other := id("10.1.0.0/16"), id("10.2.0.0/16"); one == other {
		t.Errorf("found %s for two VPC blocks, which the user data has", one)
	}
}

// The script runs with stand-ins for what it calls, in a folder in place of /etc.
func TestNATSetup(t *testing.T) {
	for name, c := range map[string]struct {
		fails    int    // how often dnf fails
		route    string // what ip prints
		systemd  string // how systemctl ends
		expected string // the exit code that is signalled
	}{
		"at once":             {0, "default via 10.0.6.1 dev ens5 proto dhcp src 10.0.6.9 metric 512", "0", "0"},
		"dnf fails twice":     {2, "default via 10.0.6.1 dev ens5 proto dhcp src 10.0.6.9 metric 512", "0", "0"},
		"dnf always fails":    {1000, "default via 10.0.6.1 dev ens5 proto dhcp src 10.0.6.9 metric 512", "0", "1"},
		"no route":            {0, "", "0", "1"},
		"the rules are wrong": {0, "default via 10.0.6.1 dev ens5", "3", "3"},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			stand := func(name, script string) {
				if err := os.WriteFile(filepath.Join(folder, name), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			stand("dnf", `echo x >> "$0.calls"; test $(wc -l < "$0.calls") -gt `+asJSON(c.fails))
			stand("ip", `test "$*" = "-o -4 route show default" && test -n "`+c.route+`" && echo "`+c.route+`"`)
			stand("systemctl", "exit "+c.systemd)
			stand("cfn-signal", `echo "$@" > `+folder+"/signal")
			stand("sleep", "exit 0")
			stand("sysctl", `test "$1" = -p && test -s "$2"`)
			for _, sub := range []string{"sysconfig", "sysctl.d"} {
				if err := os.Mkdir(filepath.Join(folder, sub), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			script := strings.ReplaceAll(strings.ReplaceAll(natSetup, "BLOCK", "10.0.0.0/16"), "/etc/", folder+"/")
			command := exec.Command("bash", "-c", script)
			command.Env = []string{"PATH=" + folder + ":" + os.Getenv("PATH")}
			if out, err := command.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			signal, _ := os.ReadFile(filepath.Join(folder, "signal"))
			if string(signal) != "--exit-code "+c.expected+"\n" {
				t.Errorf("found signal %q, expected exit code %s", signal, c.expected)
			}
			if c.expected != "0" {
				return
			}
			rules, _ := os.ReadFile(filepath.Join(folder, "sysconfig", "iptables"))
			for _, rule := range []string{
				"-A POSTROUTING -s 10.0.0.0/16 -o ens5 -j MASQUERADE\n", ":FORWARD DROP\n", "-A FORWARD -s 10.0.0.0/16 -p tcp --dport 443 -j ACCEPT\n",
			} {
				if !strings.Contains(string(rules), rule) {
					t.Errorf("found rules\n%s\nexpected %s", rules, rule)
				}
			}
		})
	}
}
