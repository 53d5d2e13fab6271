package assembly_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crossgrant/crossgrant/assembly"
)

func loadApp(t *testing.T, options assembly.Options) *assembly.Assembly {
	t.Helper()
	a, err := assembly.Load("testdata/app", options)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestStacksOfAnApp(t *testing.T) {
	var found []string
	for _, s := range loadApp(t, assembly.Options{}).Stacks {
		var before []string
		for _, d := range s.Dependencies {
			before = append(before, d.Name)
		}
		found = append(found, strings.Join([]string{
			show(s.Label), show(s.Name), show(s.DisplayName), show(s.Account), show(s.Region), show(s.Partition), s.Template, s.Within, strings.Join(before, ","),
		}, " "))
	}
	expected := []string{
		`"Agnostic" "Agnostic" "Agnostic" "‹account›" "‹region›" "aws" Agnostic.template.json  `,
		`"CrossGrant-Source" "CrossGrant-Source" "CrossGrant-Source" "111111111111" "ap-northeast-1" "aws" Source.template.json  CrossGrant-Target`,
		`"CrossGrant-Target" "CrossGrant-Target" "CrossGrant-Target" "222222222222" "ap-northeast-1" "aws" Target.template.json  `,
		`"Prod-Data" "Prod-Data" "Prod/Data (Prod-Data)" "222222222222" "eu-west-1" "aws" assembly-Prod/ProdData1234.template.json  `,
		`"Prod-Data>Outer" "‹Prod-Data.Outer›" "Prod/Data (Prod-Data)/Outer" "222222222222" "eu-west-1" "aws" assembly-Prod/Outer.nested.template.json Outer `,
		`"Prod-Data>Outer>Inner" "‹Prod-Data>Outer.Inner›" "Prod/Data (Prod-Data)/Outer/Inner" "222222222222" "eu-west-1" "aws" assembly-Prod/Inner.nested.template.json Inner `,
		`"Prod-Use" "Prod-Use" "Prod/Use (Prod-Use)" "222222222222" "eu-west-1" "aws" assembly-Prod/ProdUse5678.template.json  Prod-Data`,
	}
	if diff := cmp.Diff(expected, found); diff != "" {
		t.Errorf("stacks (-expected +found):\n%s", diff)
	}
}

func TestResourcesOfAnApp(t *testing.T) {
	a := loadApp(t, assembly.Options{})
	for id, c := range map[string]struct{ name, ref, arn, path, properties string }{
		"ListRole6834E292": {"crossgrant-list-dev-ap-northeast-1", "crossgrant-list-dev-ap-northeast-1", "arn:aws:iam::111111111111:role/crossgrant-list-dev-ap-northeast-1",
			"CrossGrant-Source/List/Role/Resource",
			`{"AssumeRolePolicyDocument":{"Statement":[{"Action":"sts:AssumeRole","Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"}}],"Version":"2012-10-17"},` +
				`"Description":"Execution role of crossgrant-dev-list","RoleName":"crossgrant-list-dev-ap-northeast-1"}`},
		"ListRoleDefaultPolicyE48EF9F7": {"‹CrossGrant-Source.ListRoleDefaultPolicyE48EF9F7›", "‹CrossGrant-Source.ListRoleDefaultPolicyE48EF9F7›", "",
			"CrossGrant-Source/List/Role/DefaultPolicy/Resource",
			`{"PolicyDocument":{"Statement":[{"Action":["logs:CreateLogStream","logs:PutLogEvents"],"Effect":"Allow",` +
				`"Resource":"arn:aws:logs:ap-northeast-1:111111111111:log-group:/aws/lambda/crossgrant-dev-list:*"},` +
				`{"Action":"sts:AssumeRole","Effect":"Allow","Resource":"arn:aws:iam::222222222222:role/crossgrant-list-access-dev-ap-northeast-1","Sid":"CrossGrantSourceListGrant3ED007ADAssume"}],` +
				`"Version":"2012-10-17"},"PolicyName":"ListRoleDefaultPolicyE48EF9F7","Roles":["crossgrant-list-dev-ap-northeast-1"]}`},
		"DataPolicyB80589C3": {"‹CrossGrant-Target.DataPolicyB80589C3›", "‹CrossGrant-Target.DataPolicyB80589C3›", "", "CrossGrant-Target/Data/Policy/Resource",
			`{"Bucket":"crossgrant-dev-222222222222-ap-northeast-1","PolicyDocument":{"Statement":[` +
				`{"Action":"s3:*","Condition":{"Bool":{"aws:SecureTransport":"false"}},"Effect":"Deny","Principal":{"AWS":"*"},` +
				`"Resource":["arn:aws:s3:::crossgrant-dev-222222222222-ap-northeast-1","arn:aws:s3:::crossgrant-dev-222222222222-ap-northeast-1/*"]},` +
				`{"Action":"s3:*","Condition":{"NumericLessThan":{"s3:TlsVersion":1.2}},"Effect":"Deny","Principal":{"AWS":"*"},` +
				`"Resource":["arn:aws:s3:::crossgrant-dev-222222222222-ap-northeast-1","arn:aws:s3:::crossgrant-dev-222222222222-ap-northeast-1/*"]}],"Version":"2012-10-17"}}`},
		"Events": {"events-beta-‹region›", "arn:aws:sns:‹region›:‹account›:events-beta-‹region›",
			"arn:aws:sns:‹region›:‹account›:events-beta-‹region›", "Agnostic/Events/Resource",
			`{"TopicName":"events-beta-‹region›"}`},
		"Reader": {"data-reader", "data-reader", "arn:aws:iam::222222222222:role/data-reader", "", `{"RoleName":"data-reader"}`},
		"Topic": {"‹Prod-Data>Outer.Topic›", "arn:aws:sns:eu-west-1:222222222222:‹Prod-Data>Outer.Topic›", "arn:aws:sns:eu-west-1:222222222222:‹Prod-Data>Outer.Topic›", "",
			`{"DisplayName":"eu-west-1b"}`},
		"Inner": {"‹Prod-Data>Outer.Inner›", "arn:aws:cloudformation:eu-west-1:222222222222:stack/‹Prod-Data>Outer.Inner›/‹Prod-Data>Outer.Inner.StackId›",
			"arn:aws:cloudformation:eu-west-1:222222222222:stack/‹Prod-Data>Outer.Inner›/‹Prod-Data>Outer.Inner.StackId›", "",
			`{"Parameters":{"Objects":"arn:aws:s3:::‹Prod-Data.Data›/*"},"TemplateURL":"https://s3.eu-west-1.amazonaws.com/cdk-hnb659fds-assets-222222222222-eu-west-1/5c168e3e.json"}`},
	} {
		r := resource(t, a, id)
		if show(r.Name) != show(c.name) || show(r.Ref) != show(c.ref) || show(r.ARN) != show(c.arn) || r.Path != c.path || show(r.Properties) != c.properties {
			t.Errorf("%s: found %s, %s, %s, %s and\n%s, expected\n%s", id, show(r.Name), show(r.Ref), show(r.ARN), r.Path, show(r.Properties), c.properties)
		}
		if found := a.ByARN(r.ARN); r.ARN != "" && (len(found) != 1 || found[0] != r) {
			t.Errorf("%s: found %v by its ARN", id, found)
		}
	}
	if n := len(a.OfType("AWS::IAM::Role")); n != 3 {
		t.Errorf("found %d roles", n)
	}
	if n := len(a.ByARN("")); n != 0 {
		t.Errorf("found %d resources by no ARN", n)
	}
	if function := resource(t, a, "ListFunction89E6AFAD"); !cmp.Equal(function.DependsOn, []string{"ListRole6834E292", "ListRoleDefaultPolicyE48EF9F7"}) {
		t.Errorf("found %v", function.DependsOn)
	}
}

// A name that CloudFormation generates is the same unknown value in every stack that gets it: as an output, an import or a parameter.
func TestUnknownValueThroughStacks(t *testing.T) {
	a := loadApp(t, assembly.Options{})
	const objects = "arn:aws:s3:::‹Prod-Data.Data›/*"
	for _, s := range a.Stacks {
		for _, r := range s.Resources {
			switch {
			case s.Name == "Prod-Use":
				if found := show(r.Properties); found != `{"PolicyDocument":{"Statement":[{"Action":"s3:GetObject","Effect":"Allow","Resource":"`+objects+`"},`+
					`{"Action":"sns:Publish","Effect":"Allow","Resource":"arn:aws:sns:eu-west-1:222222222222:‹Prod-Data>Outer.Topic›"}],"Version":"2012-10-17"},"PolicyName":"Use"}` {
					t.Errorf("found %s", found)
				}
			case s.Within == "Inner":
				if found := show(r.Properties); found != `{"Description":"‹Prod-Data>Outer>Inner.Unset›","Path":"/‹Prod-Data>Outer.Inner›/",`+
					`"PolicyDocument":{"Statement":{"Action":"s3:GetObject","Effect":"Allow","Resource":"`+objects+`"},"Version":"2012-10-17"}}` {
					t.Errorf("found %s", found)
				}
				if found := show(r.ARN); found != `"arn:aws:iam::222222222222:policy/‹Prod-Data>Outer.Inner›/‹Prod-Data>Outer>Inner.Policy›"` {
					t.Errorf("found %s", found)
				}
			}
		}
	}
	if len(a.Notes) > 0 {
		t.Errorf("found %s", notes(a))
	}
}

func TestOutputsAndMetadata(t *testing.T) {
	a := loadApp(t, assembly.Options{})
	data := a.Stacks[3]
	if found := show(data.Outputs); found != `[{"Name":"Data","Value":"arn:aws:s3:::‹Prod-Data.Data›","Export":"Prod-Data:Arn","Conditional":""},`+
		`{"Name":"Topic","Value":"‹Prod-Data>Outer.Topic›","Export":"","Conditional":""}]` {
		t.Errorf("found %s", found)
	}
	grant, _ := a.Stacks[1].Metadata["CrossGrant::Source::222222222222::crossgrant-list-access-dev-ap-northeast-1"].(map[string]any)
	if grant["access"] != "AssumeRole" || grant["name"] != "crossgrant-list-access" {
		t.Errorf("found metadata %v", a.Stacks[1].Metadata)
	}
}

func TestOptionsOfEnvironmentAgnosticStacks(t *testing.T) {
	a := loadApp(t, assembly.Options{Account: "333333333333", Region: "cn-north-1", Parameters: map[string]map[string]string{"Agnostic": {"Stage": "gamma"}}})
	if found := resource(t, a, "Events").ARN; found != "arn:aws-cn:sns:cn-north-1:333333333333:events-gamma-cn-north-1" {
		t.Errorf("found %q", found)
	}
	if found := resource(t, a, "ListRole6834E292").ARN; found != "arn:aws:iam::111111111111:role/crossgrant-list-dev-ap-northeast-1" {
		t.Errorf("found %q", found)
	}
}

func TestLoadIsTheSameEachTime(t *testing.T) {
	first := show(everything(loadApp(t, assembly.Options{})))
	for range 20 {
		if again := show(everything(loadApp(t, assembly.Options{}))); again != first {
			t.Fatalf("found\n%s\nafter\n%s", again, first)
		}
	}
}

// everything returns the content of an assembly without pointers to stacks.
func everything(a *assembly.Assembly) (all []any) {
	for _, s := range a.Stacks {
		all = append(all, s.Label, s.Outputs, s.Metadata, s.Macros)
		for _, r := range s.Resources {
			all = append(all, r.LogicalID, r.Type, r.Name, r.Ref, r.ARN, r.Properties, r.Conditional, r.DependsOn)
		}
	}
	return append(all, notes(a))
}
