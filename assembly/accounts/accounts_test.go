package accounts

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/internal/managedpolicy"
	"github.com/crossgrant/crossgrant/policy"
)

// of reads templates of account 111111111111 in eu-west-1, or of 222222222222 if the name of the stack begins with "Other".
func of(t *testing.T, managed map[string]*policy.Document, templates map[string]string) *Accounts {
	t.Helper()
	var files []assembly.TemplateFile
	for name, text := range templates {
		path := filepath.Join(t.TempDir(), name+".yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		account := "111111111111"
		if strings.HasPrefix(name, "Other") {
			account = "222222222222"
		}
		files = append(files, assembly.TemplateFile{Path: path, Account: account, Region: "eu-west-1", StackName: name})
	}
	slices.SortFunc(files, func(a, b assembly.TemplateFile) int { return strings.Compare(a.StackName, b.StackName) })
	a, err := assembly.LoadTemplates(files...)
	if err != nil {
		t.Fatal(err)
	}
	return Of(a, managed)
}

// decide decides a request of a user with these policies.
func decide(policies []*policy.Document, action, resource string) policy.Decision {
	return policy.Decide(policy.Request{Principal: "arn:aws:iam::111111111111:user/x", Action: action, Resource: resource, ResourceAccount: "111111111111"},
		policy.Policies{Identity: policies})
}

const trustLambda = `
      AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole"}]}`

func allow(action, resource string) string {
	return `{Version: "2012-10-17", Statement: [{Effect: Allow, Action: "` + action + `", Resource: "` + resource + `"}]}`
}

func TestPoliciesOfARole(t *testing.T) {
	a := of(t, nil, map[string]string{"S": `
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: reader` + trustLambda + `
      PermissionsBoundary: !Ref Border
      ManagedPolicyArns: ["arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole", !Ref Own]
      Policies: [{PolicyName: inline, PolicyDocument: ` + allow("a:Inline", "*") + `}]
  Other: {Type: AWS::IAM::Role, Properties: {RoleName: other,` + strings.ReplaceAll(trustLambda, "\n", "") + `}}
  Own: {Type: AWS::IAM::ManagedPolicy, Properties: {ManagedPolicyName: own, PolicyDocument: ` + allow("a:Own", "*") + `}}
  Border: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: ` + allow("a:Border", "*") + `}}
  Policy: {Type: AWS::IAM::Policy, Properties: {PolicyName: separate, Roles: [!Ref Role], PolicyDocument: ` + allow("a:Separate", "*") + `}}
  Single: {Type: AWS::IAM::RolePolicy, Properties: {PolicyName: single, RoleName: reader, PolicyDocument: ` + allow("a:Single", "*") + `}}
  Attached: {Type: AWS::IAM::ManagedPolicy, Properties: {Roles: [reader], PolicyDocument: ` + allow("a:Attached", "*") + `}}
`, "Second": `
Resources:
  Policy: {Type: AWS::IAM::Policy, Properties: {PolicyName: second, Roles: [reader, nobody], PolicyDocument: ` + allow("a:Second", "*") + `}}
`})
	role, ok := a.Role("arn:aws:iam::111111111111:role/reader")
	if !ok || len(a.Roles) != 2 || a.Roles[0].Name != "other" {
		t.Fatalf("found %v", a.Roles)
	}
	for _, action := range []string{"a:Inline", "a:Own", "a:Separate", "a:Single", "a:Attached", "a:Second", "logs:PutLogEvents"} {
		if d := decide(role.Policies, action, "*"); d != policy.Allowed {
			t.Errorf("%s: found %s", action, d)
		}
		if d := decide(a.Roles[0].Policies, action, "*"); d != policy.ImplicitlyDenied {
			t.Errorf("%s of the other role: found %s", action, d)
		}
	}
	if d := decide(role.Policies, "a:Border", "*"); d != policy.ImplicitlyDenied {
		t.Errorf("an action of the boundary: found %s", d)
	}
	if role.Boundary == nil || decide([]*policy.Document{role.Boundary}, "a:Border", "*") != policy.Allowed || a.Roles[0].Boundary != nil {
		t.Error("found another boundary")
	}
	if role.Trust.Name != "the trust policy of role reader" {
		t.Errorf("found %q", role.Trust.Name)
	}
	if _, ok := a.Role("arn:aws:iam::111111111111:role/nobody"); ok || len(a.Notes) > 0 {
		t.Errorf("found a role that is not there, or notes: %v", a.Notes)
	}
}

func TestUsersAndGroups(t *testing.T) {
	a := of(t, nil, map[string]string{"S": `
Resources:
  Group: {Type: AWS::IAM::Group, Properties: {GroupName: team, Policies: [{PolicyName: p, PolicyDocument: ` + allow("a:Team", "*") + `}]}}
  Late: {Type: AWS::IAM::Group, Properties: {GroupName: late}}
  LatePolicy: {Type: AWS::IAM::GroupPolicy, Properties: {PolicyName: p, GroupName: late, PolicyDocument: ` + allow("a:Late", "*") + `}}
  Ann: {Type: AWS::IAM::User, Properties: {UserName: ann, Groups: [team]}}
  Bob: {Type: AWS::IAM::User, Properties: {UserName: bob}}
  Add: {Type: AWS::IAM::UserToGroupAddition, Properties: {GroupName: late, Users: [bob, ann]}}
  UserPolicy: {Type: AWS::IAM::UserPolicy, Properties: {PolicyName: p, UserName: bob, PolicyDocument: ` + allow("a:Bob", "*") + `}}
`})
	if len(a.Users) != 2 || a.Users[0].Trust != nil {
		t.Fatalf("found %v", a.Users)
	}
	for action, want := range map[string][2]policy.Decision{
		"a:Team": {policy.Allowed, policy.ImplicitlyDenied}, "a:Late": {policy.Allowed, policy.Allowed}, "a:Bob": {policy.ImplicitlyDenied, policy.Allowed},
	} {
		for i, u := range a.Users {
			if d := decide(u.Policies, action, "*"); d != want[i] {
				t.Errorf("%s of %s: found %s, expected %s", action, u.Name, d, want[i])
			}
		}
	}
}

// What depends on an unknown policy is unknown, never allowed.
func TestUnknownPolicies(t *testing.T) {
	given, err := policy.Parse([]byte(`{"Statement":{"Effect":"Allow","Action":"a:Given","Resource":"*"}}`))
	if err != nil {
		t.Fatal(err)
	}
	a := of(t, map[string]*policy.Document{"arn:aws:iam::aws:policy/Given": given}, map[string]string{"S": `
Parameters: {Who: {Type: String}, Whether: {Type: String}}
Conditions: {Maybe: !Equals [!Ref Whether, "yes"]}
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: one` + trustLambda + `
      ManagedPolicyArns: ["arn:aws:iam::aws:policy/Given"]
  OfAWS: {Type: AWS::IAM::Role, Properties: {RoleName: two, ManagedPolicyArns: ["arn:aws:iam::aws:policy/NotThere", "arn:aws:iam::aws:policy/AdministratorAccess"],` + strings.ReplaceAll(trustLambda, "\n", "") + `}}
  Denying: {Type: AWS::IAM::Role, Properties: {RoleName: three, ManagedPolicyArns: ["arn:aws:iam::aws:policy/AWSDenyAll", "arn:aws:iam::aws:policy/AdministratorAccess"],` + strings.ReplaceAll(trustLambda, "\n", "") + `}}
  Quarantined: {Type: AWS::IAM::Role, Properties: {RoleName: six, ManagedPolicyArns: ["arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3", "arn:aws:iam::aws:policy/AdministratorAccess"],` + strings.ReplaceAll(trustLambda, "\n", "") + `}}
  NotDefined: {Type: AWS::IAM::Role, Properties: {RoleName: four, ManagedPolicyArns: ["arn:aws:iam::111111111111:policy/NotHere", "arn:aws:iam::aws:policy/AdministratorAccess"],` + strings.ReplaceAll(trustLambda, "\n", "") + `}}
  Broken: {Type: AWS::IAM::Role, Properties: {RoleName: five, Policies: [{PolicyName: p, PolicyDocument: {Statement: [{Effect: Perhaps}]}}],` + strings.ReplaceAll(trustLambda, "\n", "") + `}}
  Perhaps:
    Type: AWS::IAM::Policy
    Condition: Maybe
    Properties: {PolicyName: maybe, Roles: [one], PolicyDocument: ` + allow("a:Maybe", "*") + `}
  ToUnknown: {Type: AWS::IAM::Policy, Properties: {PolicyName: unknown, Roles: [!Ref Who], PolicyDocument: ` + allow("a:ToUnknown", "*") + `}}
`})
	for _, c := range []struct {
		role, action string
		want         policy.Decision
	}{
		{"one", "a:Given", policy.Allowed},
		{"one", "a:Maybe", policy.Unknown},
		{"one", "a:Other", policy.ImplicitlyDenied},
		{"one", "a:ToUnknown", policy.Unknown},
		{"two", "a:Any", policy.Unknown},
		{"three", "a:Any", policy.ExplicitlyDenied},
		{"four", "a:Any", policy.Unknown},
		{"five", "a:Any", policy.Unknown},
		{"six", "a:Any", policy.Allowed},
		{"six", "iam:CreateUser", policy.ExplicitlyDenied},
	} {
		role, ok := a.Role("arn:aws:iam::111111111111:role/" + c.role)
		if !ok {
			t.Fatalf("found no role %s", c.role)
		}
		if d := decide(role.Policies, c.action, "*"); d != c.want {
			t.Errorf("%s of %s: found %s, expected %s", c.action, c.role, d, c.want)
		}
	}
	var notes []string
	for _, n := range a.Notes {
		notes = append(notes, n.String())
	}
	want := []string{
		"S.Broken.Policies: the policy cannot be read, so what depends on it is unknown: Statement[0].Effect: found \"Perhaps\", expected \"Allow\" or \"Deny\"",
		"S.ToUnknown.Roles: the role is unknown, so every role of the account may have the policy",
	}
	if !slices.Equal(notes, want) {
		t.Errorf("found notes\n%s", strings.Join(notes, "\n"))
	}
}

// A managed policy of AWS that the data lacks may allow and deny anything: AWSPrivateCAUser, AmazonConnectReadOnlyAccess and others deny, too.
func TestManagedPoliciesOfAWS(t *testing.T) {
	const of0 = "arn:aws:iam::aws:policy/"
	for arn, want := range map[string]policy.Decision{
		of0 + "AdministratorAccess":                       policy.Allowed,
		of0 + "ReadOnlyAccess":                            policy.Allowed,
		of0 + "service-role/AWSLambdaBasicExecutionRole":  policy.ImplicitlyDenied,
		of0 + "AWSDenyAll":                                policy.ExplicitlyDenied,
		of0 + "NotThere":                                  policy.Unknown,
		of0 + "AWSLambdaBasicExecutionRole":               policy.Unknown, // which is under service-role/
		of0 + "aws-service-role/AWSSupportServiceRole":    policy.Unknown,
		"arn:aws:iam::222222222222:policy/ReadOnlyAccess": policy.Unknown,
	} {
		a := of(t, nil, map[string]string{"S": `
Resources:
  Role: {Type: AWS::IAM::Role, Properties: {RoleName: r, ManagedPolicyArns: ["` + arn + `"],` + strings.ReplaceAll(trustLambda, "\n", "") + `}}
`})
		d := a.Roles[0].Policies[0]
		if found := decide(a.Roles[0].Policies, "s3:GetObject", "arn:aws:s3:::lake/x"); found != want {
			t.Errorf("%s: found %s, expected %s", arn, found, want)
		}
		unknown, dated := a.Unknown(d), strings.Contains(d.Name, ", as of "+managedpolicy.Date()+")")
		if is := want == policy.Unknown; is != (unknown == arn) || is == dated || is == slices.Equal(a.ManagedPoliciesOfAWS(), []string{arn}) {
			t.Errorf("%s: found name %q, unknown %q, of AWS %q", arn, d.Name, unknown, a.ManagedPoliciesOfAWS())
		}
	}
}

// A user has the policies of its groups: what a group that no template has permits is unknown, and so is what one permits that it may be in.
func TestGroupsThatNoTemplateHas(t *testing.T) {
	const allow = `{Statement: [{Effect: Allow, Action: "s3:GetObject", Resource: "*"}]}`
	const all = "  All: {Type: AWS::IAM::Group, Properties: {GroupName: all, Policies: [{PolicyName: g, PolicyDocument: " + allow + "}]}}\n"
	for name, c := range map[string]struct {
		groups, more string
		want         policy.Decision
		unknown      string
	}{
		"a group of the template":            {"[all]", all, policy.Allowed, ""},
		"another group":                      {"[staff]", "", policy.Unknown, "arn:aws:iam::111111111111:group/staff"},
		"one of each":                        {"[all, staff]", all, policy.Unknown, "arn:aws:iam::111111111111:group/staff"},
		"no group":                           {"[]", "", policy.ImplicitlyDenied, ""},
		"a group to which it may be added":   {"[]", all + "  More: {Type: AWS::IAM::UserToGroupAddition, Condition: Open, Properties: {GroupName: all, Users: [ann]}}\n", policy.Unknown, ""},
		"a group to which it is added":       {"[]", all + "  More: {Type: AWS::IAM::UserToGroupAddition, Properties: {GroupName: all, Users: [ann]}}\n", policy.Allowed, ""},
		"another group to which it is added": {"[]", "  More: {Type: AWS::IAM::UserToGroupAddition, Properties: {GroupName: staff, Users: [ann]}}\n", policy.Unknown, "arn:aws:iam::111111111111:group/staff"},
	} {
		a := of(t, nil, map[string]string{"S": `
Parameters: {Stage: {Type: String}}
Conditions: {Open: !Equals [!Ref Stage, prod]}
Resources:
` + c.more + "  Ann: {Type: AWS::IAM::User, Properties: {UserName: ann, Groups: " + c.groups + "}}\n"})
		u, _ := a.Principal("arn:aws:iam::111111111111:user/ann")
		if found := decide(u.Policies, "s3:GetObject", "arn:aws:s3:::lake/x"); found != c.want {
			t.Errorf("%s: found %s, expected %s", name, found, c.want)
		}
		if i := slices.IndexFunc(u.Policies, func(d *policy.Document) bool { return a.Unknown(d) != "" }); i >= 0 != (c.unknown != "") || i >= 0 && a.Unknown(u.Policies[i]) != c.unknown {
			t.Errorf("%s: found unknown policy %d, expected %q", name, i, c.unknown)
		}
	}
}

// Each policy of the data can be read.
func TestEveryManagedPolicyOfAWSIsRead(t *testing.T) {
	for _, name := range managedpolicy.Names() {
		p, _ := managedpolicy.Lookup("arn:aws:iam::aws:policy/" + name)
		if _, err := policy.Parse(p.Document); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSameNameInTwoAccounts(t *testing.T) {
	role := "  Role: {Type: AWS::IAM::Role, Properties: {RoleName: same," + strings.ReplaceAll(trustLambda, "\n", "") + "}}\n"
	a := of(t, nil, map[string]string{"S": "Resources:\n" + role, "Other": `
Parameters: {Who: {Type: String}}
Resources:
` + role + `
  Policy: {Type: AWS::IAM::Policy, Properties: {PolicyName: p, Roles: [same], PolicyDocument: ` + allow("a:Named", "*") + `}}
  ToUnknown: {Type: AWS::IAM::Policy, Properties: {PolicyName: q, Roles: [!Ref Who], PolicyDocument: ` + allow("a:ToUnknown", "*") + `}}
`})
	for account, want := range map[string][2]policy.Decision{"111111111111": {policy.ImplicitlyDenied, policy.ImplicitlyDenied}, "222222222222": {policy.Allowed, policy.Unknown}} {
		role, ok := a.Role("arn:aws:iam::" + account + ":role/same")
		if !ok || decide(role.Policies, "a:Named", "*") != want[0] || decide(role.Policies, "a:ToUnknown", "*") != want[1] {
			t.Errorf("%s: found %v %s %s", account, ok, decide(role.Policies, "a:Named", "*"), decide(role.Policies, "a:ToUnknown", "*"))
		}
	}
}

func TestPolicyThatMayNotExist(t *testing.T) {
	r := &assembly.Resource{Stack: &assembly.Stack{Label: "S"}, LogicalID: "P", Conditional: "S.Maybe"}
	for name, value := range map[string]any{
		"a statement":                       map[string]any{"Statement": map[string]any{"Effect": "Allow", "Action": "*", "Resource": "*"}},
		"a statement with a condition":      map[string]any{"Statement": []any{map[string]any{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": map[string]any{"Bool": map[string]any{"aws:MultiFactorAuthPresent": "true"}}}}},
		"not an object":                     "x",
		"a statement that is not an object": map[string]any{"Statement": "x"},
	} {
		d, err := Document(r, "PolicyDocument", value, "it")
		want := policy.Unknown
		if name == "a statement with a condition" {
			want = policy.ImplicitlyDenied // the key is not there
		}
		if got := decide([]*policy.Document{d}, "a:B", "*"); got != want || d.Name != "it" || (err != nil) != strings.Contains(name, "not an object") {
			t.Errorf("%s: found %s, %v, expected %s", name, got, err, want)
		}
	}
	if d := UnknownPolicy("unknown"); decide([]*policy.Document{d}, "a:B", "*") != policy.Unknown || d.Name != "unknown" {
		t.Error("found a policy that is known")
	}
}
