package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsglue"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/facts"
	"github.com/crossgrant/crossgrant/constructs/crossaccount"
	"github.com/crossgrant/crossgrant/constructs/network"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof"
)

// grantees creates one grantee of each kind in a stack of the source account, each with a role of its own name.
type grantees struct {
	stack awscdk.Stack
	vpc   *network.SourceVpc
}

func (g grantees) role(name string, by awsiam.IPrincipal) awsiam.Role {
	return awsiam.NewRole(g.stack, jsii.String("Role-"+name), &awsiam.RoleProps{RoleName: jsii.String(name), AssumedBy: by})
}

func (g grantees) service(name, service string) awsiam.Role {
	return g.role(name, awsiam.NewServicePrincipal(jsii.String(service), nil))
}

// users are those of an OIDC provider of the account whose tokens have a subject.
func (g grantees) users(issuer, subject string) awsiam.IPrincipal {
	return awsiam.NewFederatedPrincipal(jsii.String("arn:aws:iam::111111111111:oidc-provider/"+issuer), &map[string]any{
		"StringEquals": map[string]any{issuer + ":aud": "sts.amazonaws.com"}, "StringLike": map[string]any{issuer + ":sub": subject},
	}, jsii.String("sts:AssumeRoleWithWebIdentity"))
}

// irsa is the role of a Kubernetes service account as the CDK's clusters write it: with the issuer of the cluster known at deployment only.
func (g grantees) irsa() awsiam.Role {
	provider := awsiam.NewOidcProviderNative(g.stack, jsii.String("Provider"), &awsiam.OidcProviderNativeProps{
		Url: awscdk.Fn_ImportValue(jsii.String("ClusterIssuer")), ClientIds: jsii.Strings("sts.amazonaws.com"), Thumbprints: jsii.Strings(strings.Repeat("0", 40)),
	})
	issuer := *provider.OidcProviderIssuer()
	conditions := awscdk.NewCfnJson(g.stack, jsii.String("Conditions"), &awscdk.CfnJsonProps{Value: map[string]any{
		issuer + ":aud": "sts.amazonaws.com", issuer + ":sub": "system:serviceaccount:prod:reader",
	}})
	return g.role("irsa", awsiam.NewFederatedPrincipal(provider.OidcProviderArn(), &map[string]any{"StringEquals": conditions}, jsii.String("sts:AssumeRoleWithWebIdentity")))
}

func (g grantees) podIdentity() awsiam.Role {
	role := g.role("pod", awsiam.NewServicePrincipal(jsii.String("pods.eks.amazonaws.com"), nil).WithSessionTags())
	awscdk.NewCfnResource(g.stack, jsii.String("Pods"), &awscdk.CfnResourceProps{Type: jsii.String("AWS::EKS::PodIdentityAssociation"), Properties: &map[string]any{
		"ClusterName": "main", "Namespace": "prod", "ServiceAccount": "reader", "RoleArn": role.RoleArn(),
	}})
	return role
}

func (g grantees) function(name string) awslambda.Function {
	return awslambda.NewFunction(g.stack, jsii.String("Function-"+name), &awslambda.FunctionProps{
		FunctionName: jsii.String(name), Runtime: awslambda.Runtime_PYTHON_3_13(), Handler: jsii.String("index.handler"), Code: awslambda.Code_FromInline(jsii.String("def handler(e, c): pass")),
		Role: g.service(name, "lambda.amazonaws.com"),
	})
}

// task is the task definition of a service in private subnets that have no way to the internet.
func (g grantees) task() awsiam.IGrantable {
	definition := awsecs.NewFargateTaskDefinition(g.stack, jsii.String("Task"), &awsecs.FargateTaskDefinitionProps{TaskRole: g.service("task", "ecs-tasks.amazonaws.com")})
	container := definition.AddContainer(jsii.String("main"), &awsecs.ContainerDefinitionOptions{Image: awsecs.ContainerImage_FromRegistry(jsii.String("registry.example.com/reader:1"), nil)})
	service := awsecs.NewFargateService(g.stack, jsii.String("Service"), &awsecs.FargateServiceProps{
		Cluster: awsecs.NewCluster(g.stack, jsii.String("Cluster"), &awsecs.ClusterProps{Vpc: g.vpc.Vpc()}), TaskDefinition: definition, VpcSubnets: g.vpc.PrivateSubnets(),
	})
	g.vpc.AllowSTSFrom(service)
	return crossaccount.Task(definition, container)
}

func (g grantees) stateMachine() awsiam.IGrantable {
	return awsstepfunctions.NewStateMachine(g.stack, jsii.String("Machine"), &awsstepfunctions.StateMachineProps{
		StateMachineName: jsii.String("machine"), Role: g.service("machine", "states.amazonaws.com"),
		DefinitionBody: awsstepfunctions.DefinitionBody_FromChainable(awsstepfunctions.NewPass(g.stack, jsii.String("Pass"), nil)),
	})
}

// job is a Glue job with a connection into private subnets.
func (g grantees) job() awsiam.IGrantable {
	role := g.service("job", "glue.amazonaws.com")
	group := awsec2.NewSecurityGroup(g.stack, jsii.String("JobGroup"), &awsec2.SecurityGroupProps{Vpc: g.vpc.Vpc()})
	g.vpc.STS().Connections().AllowDefaultPortFrom(group, nil)
	subnet := (*g.vpc.Vpc().SelectSubnets(g.vpc.PrivateSubnets()).Subnets)[0]
	connection := awsglue.NewCfnConnection(g.stack, jsii.String("Connection"), &awsglue.CfnConnectionProps{CatalogId: jsii.String("111111111111"), ConnectionInput: &awsglue.CfnConnection_ConnectionInputProperty{
		ConnectionType: jsii.String("NETWORK"), PhysicalConnectionRequirements: &awsglue.CfnConnection_PhysicalConnectionRequirementsProperty{
			SubnetId: subnet.SubnetId(), AvailabilityZone: subnet.AvailabilityZone(), SecurityGroupIdList: &[]*string{group.SecurityGroupId()},
		}}})
	awsglue.NewCfnJob(g.stack, jsii.String("Job"), &awsglue.CfnJobProps{Role: role.RoleArn(), Command: &awsglue.CfnJob_JobCommandProperty{Name: jsii.String("glueetl"), ScriptLocation: jsii.String("s3://scripts-111111111111/job.py")},
		Connections: &awsglue.CfnJob_ConnectionsListProperty{Connections: &[]*string{connection.Ref()}}})
	return role
}

// Every kind of grantee is proved, in one app; what is in none of its templates is given as facts.
func TestEveryGranteeIsProved(t *testing.T) {
	if err := os.Setenv("CDK_VALIDATION", "false"); err != nil {
		t.Fatal(err)
	}
	jsii.Close() // the kernel reads the environment when it starts
	t.Cleanup(jsii.Close)
	dir := t.TempDir()
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: jsii.String(dir), Context: &map[string]any{"@aws-cdk/core:enablePartitionLiterals": true, "@aws-cdk/aws-iam:minimizePolicies": true}})
	stack := func(id, account string) awscdk.Stack {
		return awscdk.NewStack(app, jsii.String(id), &awscdk.StackProps{Env: &awscdk.Environment{Account: jsii.String(account), Region: jsii.String("ap-northeast-1")}})
	}
	source, target := stack("Source", "111111111111"), stack("Target", "222222222222")
	g := grantees{stack: source, vpc: network.NewSourceVpc(source, "Network", network.SourceVpcProps{AvailabilityZones: []string{"ap-northeast-1a", "ap-northeast-1c"}, Egress: network.EndpointsOnly})}
	live := g.function("live")
	saml := awsiam.NewSamlConsolePrincipal(awsiam.SamlProvider_FromSamlProviderArn(source, jsii.String("Corp"), jsii.String("arn:aws:iam::111111111111:saml-provider/corp")), &map[string]any{})
	rows := map[string]string{ // of the table in the README of constructs/crossaccount
		"function": "a Lambda function", "task": "an ECS task", "instance": "an instance", "machine": "a Step Functions state machine", "job": "a Glue job",
		"irsa": "a Kubernetes service account (IRSA)", "pod": "a pod by EKS Pod Identity", "github": "a GitHub workflow", "saml": "a user by SAML", "theirs": "an imported role",
		"named": "a role of another app", "analyst": "a role of IAM Identity Center", "organization": "a whole organization",
	}
	for name, grantee := range map[string]awsiam.IGrantable{
		"function": g.function("function"),
		"version":  g.function("version").CurrentVersion(),
		"alias":    awslambda.NewAlias(source, jsii.String("Live"), &awslambda.AliasProps{AliasName: jsii.String("live"), Version: live.CurrentVersion()}),
		"task":     g.task(),
		"instance": g.service("instance", "ec2.amazonaws.com"),
		"machine":  g.stateMachine(),
		"job":      g.job(),
		"irsa":     g.irsa(),
		"pod":      g.podIdentity(),
		"github":   g.role("github", g.users("token.actions.githubusercontent.com", "repo:octo-org/octo-repo:*")),
		"saml":     g.role("saml", saml),
		"theirs":   awsiam.Role_FromRoleArn(source, jsii.String("Theirs"), jsii.String("arn:aws:iam::111111111111:role/team/theirs"), nil),
	} {
		bucket := awss3.NewBucket(target, jsii.String("Bucket-"+name), &awss3.BucketProps{BucketName: jsii.String(name + "-222222222222"), EnforceSSL: jsii.Bool(true)})
		props := crossaccount.GrantProps{Name: name, Stage: "test", Grantees: []awsiam.IGrantable{grantee}, Target: target,
			Permissions: []crossaccount.Permission{crossaccount.ReadBucket(bucket, "in/")}}
		if slices.Contains([]string{"task", "job"}, name) {
			props.Endpoints = crossaccount.Endpoints{STS: g.vpc.STS(), S3: g.vpc.S3()}
		}
		crossaccount.NewCrossAccountGrant(source, "Grant-"+name, props)
	}
	for name, grantee := range map[string]awsiam.IGrantable{
		"analyst":      crossaccount.PermissionSetRole("111111111111", "eu-west-1", "Analyst"),
		"organization": crossaccount.Organization("o-a1b2c3d4e5"),
		"named":        crossaccount.RoleByName("111111111111", "team/named"),
	} {
		for _, access := range crossaccount.AccessModes() {
			bucket := awss3.NewBucket(target, jsii.String("Bucket-"+name+string(access)), &awss3.BucketProps{BucketName: jsii.String(name + "-" + strings.ToLower(string(access)) + "-222222222222"), EnforceSSL: jsii.Bool(true)})
			grant := crossaccount.NewTargetGrant(target, "Grant-"+name+string(access), crossaccount.GrantProps{Name: name, Stage: string(access), Grantees: []awsiam.IGrantable{grantee}, Access: access,
				Permissions: []crossaccount.Permission{crossaccount.ReadBucket(bucket, "in/")}})
			if name == "organization" { // of which a role of this app is one
				crossaccount.NewSourceGrant(source, "Use-"+string(access), crossaccount.SourceGrantProps{Contract: grant.Contract(),
					Grantees: []awsiam.IGrantable{g.service("member-"+string(access), "ec2.amazonaws.com")}})
			}
		}
	}
	reader := g.service("reader", "ec2.amazonaws.com")
	crossaccount.NewCrossAccountGrant(source, "Grant-existing", crossaccount.GrantProps{
		Name: "existing", Stage: "test", Grantees: []awsiam.IGrantable{reader}, Target: target, StatementsAddedManually: true,
		Role: awsiam.Role_FromRoleArn(target, jsii.String("Trusted"), jsii.String("arn:aws:iam::222222222222:role/team/trusted"), nil),
		Permissions: []crossaccount.Permission{crossaccount.ReadBucket(awss3.NewBucket(target, jsii.String("Bucket-existing"), &awss3.BucketProps{
			BucketName: jsii.String("existing-222222222222"), EnforceSSL: jsii.Bool(true)}), "in/")},
	})
	app.Synth(nil)

	a, err := assembly.Load(dir, assembly.Options{})
	if err != nil {
		t.Fatal(err)
	}
	const rest = `, "policies": {}, "managedPolicies": [], "boundary": null}`
	known, err := facts.Parse("facts.json", []byte(`{"version": 1, "resources": {
		"arn:aws:iam::111111111111:role/team/theirs": {"trust": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}`+rest+`,
		"arn:aws:iam::222222222222:role/team/trusted": {"trust": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111111111111:root"}, "Action": "sts:AssumeRole",
			"Condition": {"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::111111111111:role/reader"}}}]}`+rest+`}}`))
	if err != nil {
		t.Fatal(err)
	}
	r, err := proof.Prove(a, proof.Options{Facts: known})
	if err != nil {
		t.Fatal(err)
	}
	if r.Verdict() != proof.Proved || len(r.Grants) != 19 {
		t.Errorf("found %s of %d grants, expected 19 that are proved", r.Verdict(), len(r.Grants))
	}
	for _, f := range r.Findings() {
		t.Errorf("%s %s: %s\n%s", f.Verdict, f.Rule, policy.Readable(f.Checks[0].Name), policy.Readable(strings.Join(f.Says, "\n")))
	}
	if !slices.ContainsFunc(r.Checks, func(c proof.Check) bool {
		return c.Rule == proof.Connection && strings.HasSuffix(c.Access.Caller, ":role/member-AssumeRole")
	}) {
		t.Error("found no check that the member of the organization can assume the role")
	}
	readme, err := os.ReadFile("constructs/crossaccount/README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(readme), "| grantee |")
	table, _, _ = strings.Cut(table, "\n\n")
	for _, row := range rows {
		if !strings.Contains(table, "\n| "+row+" |") {
			t.Errorf("found no row %s in the table of grantees", row)
		}
	}
	if found := strings.Count(table, "\n") - 1; found != len(rows) {
		t.Errorf("found %d rows in the table of grantees, expected %d", found, len(rows))
	}
	document, err := os.ReadFile(filepath.Join(dir, "Source.template.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"function", "version", "alias", "task"} { // whose code learns of the grant
		if expected := `"arn:aws:iam::222222222222:role/` + name + `-test-ap-northeast-1"`; !strings.Contains(string(document), `"CROSSGRANT_ROLE_ARN": `+expected) && !strings.Contains(string(document), `"Value": `+expected) {
			t.Errorf("found no environment variable with the role of grant %s", name)
		}
	}
}
