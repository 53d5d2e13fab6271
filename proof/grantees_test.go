package proof

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crossgrant/crossgrant/assembly"
)

// granteeApp is a grant on a bucket of account 222222222222 to a role, or to whom grantees names, of account 111111111111.
type granteeApp struct {
	grantees string // in the contract, as YAML
	more     string // of the contract's trust, as YAML
	reader   string // the trust policy of role reader: statements. "" for no role
	own      string // the actions that reader's own policy allows on the grant's role
	source   string // more resources of the source account
	trust    string // the trust policy of the grant's role
}

const (
	trustsReader = `{Effect: Allow, Principal: {AWS: "111111111111"}, Action: "sts:AssumeRole", Condition: {ArnEquals: {"aws:PrincipalArn": "arn:aws:iam::111111111111:role/reader"}}}`
	tagsReader   = `{Effect: Allow, Principal: {AWS: "111111111111"}, Action: "sts:TagSession", Condition: {ArnEquals: {"aws:PrincipalArn": "arn:aws:iam::111111111111:role/reader"}}}`
	podsTrust    = `{Effect: Allow, Principal: {Service: pods.eks.amazonaws.com}, Action: ["sts:AssumeRole", "sts:TagSession"]}`
)

func byService(service string) string {
	return `{Effect: Allow, Principal: {Service: ` + service + `}, Action: "sts:AssumeRole"}`
}

func (g granteeApp) load(t *testing.T) *assembly.Assembly {
	t.Helper()
	or := func(text, byDefault string) string {
		if text == "" {
			return byDefault
		}
		return text
	}
	declaration := `
    name: reports
    stage: prod
    target: {account: "222222222222", region: eu-west-1}
    access: AssumeRole
    roleArn: arn:aws:iam::222222222222:role/reports-prod-eu-west-1
    grantees: [` + or(g.grantees, `"arn:aws:iam::111111111111:role/reader"`) + `]
    trust: {mode: NamedRole, sessionSeconds: 3600` + g.more + `}
    permissions: [{sid: Read, actions: ["s3:GetObject"], resources: ["arn:aws:s3:::lake/*"]}]
Resources:
`
	target := "Metadata:\n  CrossGrant::Target::222222222222::reports-prod-eu-west-1:" + declaration + `
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: reports-prod-eu-west-1
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [` + or(g.trust, trustsReader) + `]}
      Policies: [{PolicyName: p, PolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/*"}]}}]
  Lake: {Type: AWS::S3::Bucket, Properties: {BucketName: lake, OwnershipControls: {Rules: [{ObjectOwnership: BucketOwnerEnforced}]},
    PublicAccessBlockConfiguration: {BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true}}}
  Tls: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: lake, PolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Deny, Principal: "*", Action: "s3:*",
    Resource: ["arn:aws:s3:::lake", "arn:aws:s3:::lake/*"], Condition: {Bool: {"aws:SecureTransport": "false"}}}]}}}
`
	files := map[string]string{"target": target}
	if g.reader != "" {
		files["source"] = "Metadata:\n  CrossGrant::Source::222222222222::reports-prod-eu-west-1:" + declaration + `
  Reader:
    Type: AWS::IAM::Role
    Properties:
      RoleName: reader
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [` + g.reader + `]}
      Policies: [{PolicyName: p, PolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: ` + or(g.own, `"sts:AssumeRole"`) + `, Resource: "arn:aws:iam::222222222222:role/reports-prod-eu-west-1"}]}}]
` + g.source
	}
	dir := t.TempDir()
	var all []assembly.TemplateFile
	for _, name := range []string{"source", "target"} {
		text, ok := files[name]
		if !ok {
			continue
		}
		path := filepath.Join(dir, name+".yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		all = append(all, assembly.TemplateFile{Path: path, Account: map[string]string{"source": "111111111111", "target": "222222222222"}[name], Region: "eu-west-1", StackName: name})
	}
	a, err := assembly.LoadTemplates(all...)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// What runs as a grantee, and whom a grant is for: each is proved as AWS's pages have it, and broken for its own reason otherwise.
func TestGrantees(t *testing.T) {
	const (
		issuer  = "oidc.eks.eu-west-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF"
		pods    = "  Pods: {Type: AWS::EKS::PodIdentityAssociation, Properties: {ClusterName: main, Namespace: prod, ServiceAccount: reader, RoleArn: !GetAtt Reader.Arn}}\n"
		machine = "  Machine: {Type: AWS::StepFunctions::StateMachine, Properties: {StateMachineName: reports, RoleArn: !GetAtt Reader.Arn}}\n"
		job     = "  Job: {Type: AWS::Glue::Job, Properties: {Command: {Name: glueetl, ScriptLocation: 's3://scripts-111111111111/job.py'}, Role: !Ref Reader}}\n"
		task    = "  Task: {Type: AWS::ECS::TaskDefinition, Properties: {Family: reports, TaskRoleArn: !GetAtt Reader.Arn, ContainerDefinitions: [{Name: main, Image: reports}]}}\n"
		analyst = "arn:aws:iam::111111111111:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Analyst_"
		hash    = "????????????????"
	)
	irsa := func(condition string) string {
		return `{Effect: Allow, Principal: {Federated: "arn:aws:iam::111111111111:oidc-provider/` + issuer + `"}, Action: "sts:AssumeRoleWithWebIdentity", Condition: {` + condition + `}}`
	}
	sso := func(pattern string) string {
		return `{Effect: Allow, Principal: {AWS: "111111111111"}, Action: "sts:AssumeRole", Condition: {ArnLike: {"aws:PrincipalArn": "` + pattern + `"}}}`
	}
	for name, c := range map[string]struct {
		app      granteeApp
		unproved []string
		says     string // in what is not proved
	}{
		"a service account of EKS (IRSA)": {granteeApp{reader: irsa(`StringEquals: {"` + issuer + `:sub": "system:serviceaccount:prod:reader", "` + issuer + `:aud": sts.amazonaws.com}`)}, nil, ""},
		"IRSA without a subject":          {granteeApp{reader: irsa(`StringEquals: {"` + issuer + `:aud": sts.amazonaws.com}`)}, []string{"OverGrant broken"}, "any pod of the cluster gets in"},
		"IRSA with the claims of another issuer": {granteeApp{reader: irsa(`StringEquals: {"oidc.eks.eu-west-1.amazonaws.com/id/F:sub": "system:serviceaccount:prod:reader"}`)},
			[]string{"Intent broken"}, "its trust policy allows nobody to assume it"},
		"IRSA with another action": {granteeApp{reader: strings.Replace(irsa(`StringEquals: {"`+issuer+`:sub": "system:serviceaccount:prod:reader"}`), "AssumeRoleWithWebIdentity", "AssumeRole", 1)},
			[]string{"Intent broken"}, "its trust policy allows nobody to assume it"},
		"SAML": {granteeApp{reader: `{Effect: Allow, Principal: {Federated: "arn:aws:iam::111111111111:saml-provider/corp"}, Action: "sts:AssumeRoleWithSAML", Condition: {StringEquals: {"SAML:aud": "https://signin.aws.amazon.com/saml"}}}`}, nil, ""},

		"EKS Pod Identity": {granteeApp{reader: podsTrust, own: `["sts:AssumeRole", "sts:TagSession"]`, source: pods, trust: trustsReader + ", " + tagsReader, more: ", sessionTags: true"}, nil, ""},
		"EKS Pod Identity for one service account": {granteeApp{reader: strings.Replace(podsTrust, `"]}`, `"], Condition: {StringEquals: {"aws:RequestTag/kubernetes-namespace": prod, "aws:SourceAccount": "111111111111"}}}`, 1),
			own: `["sts:AssumeRole", "sts:TagSession"]`, source: pods, trust: trustsReader + ", " + tagsReader, more: ", sessionTags: true"}, nil, ""},
		"EKS Pod Identity for another namespace": {granteeApp{reader: strings.Replace(podsTrust, `"]}`, `"], Condition: {StringEquals: {"aws:RequestTag/kubernetes-namespace": test}}}`, 1),
			own: `["sts:AssumeRole", "sts:TagSession"]`, source: pods, trust: trustsReader + ", " + tagsReader, more: ", sessionTags: true"},
			[]string{"Intent broken"}, "pods.eks.amazonaws.com runs"},
		"EKS Pod Identity, no tags in the grant's role": {granteeApp{reader: podsTrust, own: `["sts:AssumeRole", "sts:TagSession"]`, source: pods}, []string{"Intent broken"},
			"add to the trust policy of role reports-prod-eu-west-1:\n{\n  \"Effect\": \"Allow\",\n  \"Principal\": {\n    \"AWS\": \"111111111111\"\n  },\n  \"Action\": [\n    \"sts:TagSession\"\n"},
		"EKS Pod Identity, no tags in the reader's policy": {granteeApp{reader: podsTrust, source: pods, trust: trustsReader + ", " + tagsReader, more: ", sessionTags: true"}, []string{"Intent broken"},
			"add to a policy of arn:aws:iam::111111111111:role/reader:\n{\n  \"Effect\": \"Allow\",\n  \"Action\": [\n    \"sts:TagSession\"\n"},
		"EKS Pod Identity, no tags in the reader's trust": {granteeApp{reader: byService("pods.eks.amazonaws.com"), source: pods}, []string{"Intent broken"},
			"let the trust policy of arn:aws:iam::111111111111:role/reader allow pods.eks.amazonaws.com sts:AssumeRole and sts:TagSession"},
		"EKS Pod Identity without session tags": {granteeApp{reader: byService("pods.eks.amazonaws.com"), source: strings.Replace(pods, "RoleArn", "DisableSessionTags: true, RoleArn", 1)}, nil, ""},
		"tags that nobody passes on":            {granteeApp{reader: byService("ec2.amazonaws.com"), trust: trustsReader + ", " + tagsReader}, []string{"OverGrant broken"}, "it permits sts:TagSession, which the grant's trust does not need"},

		"Step Functions": {granteeApp{reader: byService("states.amazonaws.com"), source: machine}, nil, ""},
		"Step Functions, for its own account": {granteeApp{reader: strings.Replace(byService("states.amazonaws.com"), `"}`, `", Condition: {ArnLike: {"aws:SourceArn": "arn:aws:states:eu-west-1:111111111111:stateMachine:*"}, StringEquals: {"aws:SourceAccount": "111111111111"}}}`, 1),
			source: machine}, nil, ""},
		"Step Functions, as a role of another service": {granteeApp{reader: byService("lambda.amazonaws.com"), source: machine}, []string{"Intent broken"}, "states.amazonaws.com runs reports as"},
		"Glue":                               {granteeApp{reader: byService("glue.amazonaws.com"), source: job}, nil, ""},
		"Glue, as a role of another service": {granteeApp{reader: byService("ec2.amazonaws.com"), source: job}, []string{"Intent broken"}, "glue.amazonaws.com runs"},
		"a task of ECS":                      {granteeApp{reader: byService("ecs-tasks.amazonaws.com"), source: task}, nil, ""},
		"a task of ECS, as a role of ecs":    {granteeApp{reader: byService("ecs.amazonaws.com"), source: task}, []string{"Intent broken"}, "ecs-tasks.amazonaws.com runs reports as"},

		"a role of IAM Identity Center":                {granteeApp{grantees: `"` + analyst + hash + `"`, trust: sso(analyst + hash)}, nil, ""},
		"any permission set whose name begins like it": {granteeApp{grantees: `"` + analyst + hash + `"`, trust: sso(analyst[:len(analyst)-1] + "*")}, []string{"OtherRole broken", "OverGrant broken"}, "the role of another permission set"},
		"a role of that name that anybody may create":  {granteeApp{grantees: `"` + analyst + hash + `"`, trust: sso("arn:aws:iam::111111111111:role/*AWSReservedSSO_Analyst_" + hash)}, []string{"OtherRole broken", "OverGrant broken"}, "a role of that name that is of no permission set"},

		"an organization": {granteeApp{grantees: "o-a1b2c3d4e5", trust: `{Effect: Allow, Principal: {AWS: "*"}, Action: "sts:AssumeRole", Condition: {StringEquals: {"aws:PrincipalOrgID": o-a1b2c3d4e5}}}`}, nil, ""},
		"an organization that nothing trusts": {granteeApp{grantees: "o-a1b2c3d4e5", trust: byService("ec2.amazonaws.com")}, []string{"Intent broken", "OverGrant broken"},
			"{\n  \"Effect\": \"Allow\",\n  \"Principal\": \"*\",\n  \"Action\": [\n    \"sts:AssumeRole\"\n  ],\n  \"Condition\": {\n    \"StringEquals\": {\n      \"aws:PrincipalOrgID\": [\n        \"o-a1b2c3d4e5\"\n"},
		"a permission set that nothing trusts": {granteeApp{grantees: `"` + analyst + hash + `"`, trust: byService("ec2.amazonaws.com")}, []string{"Intent broken", "OverGrant broken"},
			"\"ArnLike\": {\n      \"aws:PrincipalArn\": [\n        \"" + analyst + hash + "\"\n"},
		"an organization, and everybody else": {granteeApp{grantees: "o-a1b2c3d4e5", trust: `{Effect: Allow, Principal: {AWS: "*"}, Action: "sts:AssumeRole"}`},
			[]string{"OtherAccount broken", "OtherOrganization broken", "OverGrant broken"}, "with its account in another organization"},
		"an organization, and a second one": {granteeApp{grantees: "o-a1b2c3d4e5", trust: `{Effect: Allow, Principal: {AWS: "*"}, Action: "sts:AssumeRole", Condition: {StringEquals: {"aws:PrincipalOrgID": [o-a1b2c3d4e5, o-9999999999]}}}`},
			[]string{"OverGrant broken"}, "and no grant does"},
		"an organization for a grant to one role": {granteeApp{reader: byService("ec2.amazonaws.com"), trust: `{Effect: Allow, Principal: {AWS: "*"}, Action: "sts:AssumeRole", Condition: {StringEquals: {"aws:PrincipalOrgID": o-a1b2c3d4e5}}}`},
			[]string{"Intent undecided", "OtherAccount undecided", "OtherRole undecided", "OverGrant broken"}, "it allows *, and no grant does"},
	} {
		t.Run(name, func(t *testing.T) {
			r := proved(t, c.app.load(t), Options{})
			found := unproved(r)
			slices.Sort(found)
			if diff := cmp.Diff(c.unproved, found); diff != "" {
				t.Errorf("what is not proved (-expected +found):\n%s%s", diff, details(r))
			}
			if !strings.Contains(details(r), c.says) {
				t.Errorf("found no %q in\n%s", c.says, details(r))
			}
		})
	}
}

// details are the checks that are not proved.
func details(r *Report) string {
	var all []string
	for i := range r.Checks {
		if c := &r.Checks[i]; c.Verdict != Proved {
			all = append(all, string(c.Rule)+": "+c.Name+": "+strings.Join(c.Details, "; ")+"\n    "+strings.Join(c.Remedy, "\n    "))
		}
	}
	return strings.Join(all, "\n")
}
