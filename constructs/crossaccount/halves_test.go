package crossaccount_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"
	"github.com/google/go-cmp/cmp"

	"github.com/crossgrant/crossgrant/constructs/crossaccount"
	"github.com/crossgrant/crossgrant/contract"
)

// owned synthesizes an app that has the target account only, and returns its directory.
func owned(t *testing.T, change func(accounts, *crossaccount.GrantProps)) string {
	t.Helper()
	a := twoAccounts(t)
	props := crossaccount.GrantProps{
		Name: "reading", Stage: "dev", Grantees: to(crossaccount.RoleByName("111111111111", "reader")),
		Permissions: permissions{crossaccount.ReadBucket(bucket(a.target, key(a)), "in/")},
	}
	change(a, &props)
	crossaccount.NewTargetGrant(a.target, "Reading", props)
	a.templates(t)
	return *a.app.Outdir()
}

func nothing(accounts, *crossaccount.GrantProps) {}

// readContract reads the contract that an owner's app wrote.
func readContract(t *testing.T, directory string) contract.Grant {
	t.Helper()
	document, err := os.ReadFile(filepath.Join(directory, contract.FileName))
	if err != nil {
		t.Fatal(err)
	}
	c, err := contract.Read(document)
	if err != nil {
		t.Fatal(err)
	}
	g, err := c.Grant("reading", "dev", "ap-northeast-1")
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// The two halves, each in an app of its own with only contract.json between them, write what one app with both accounts does.
func TestHalvesWriteWhatTheWholeDoes(t *testing.T) {
	for name, change := range map[string]func(accounts, *crossaccount.GrantProps){
		"with a role": nothing,
		"with a role that asks for everything": func(_ accounts, p *crossaccount.GrantProps) {
			p.Trust = crossaccount.Trust{ExternalID: "id-1", SourceIdentity: "reader-of-111", OrganizationID: "o-a1b2c3d4e5", Session: crossaccount.MinSession, Path: "/of-111/"}
			p.Perimeter = crossaccount.Perimeter{VpceAccounts: []string{"111111111111"}}
		},
		"directly": func(_ accounts, p *crossaccount.GrantProps) { p.Access = crossaccount.Direct },
	} {
		t.Run(name, func(t *testing.T) {
			whole := twoAccounts(t)
			props := crossaccount.GrantProps{Name: "reading", Stage: "dev", Permissions: permissions{crossaccount.ReadBucket(bucket(whole.target, key(whole)), "in/")}}
			change(whole, &props)
			props.Grantees, props.Target, props.Endpoints = to(function(whole.source)), whole.target, everyEndpoint(whole)
			crossaccount.NewCrossAccountGrant(whole.source, "Reading", props)
			wholeSource, wholeTarget := whole.templates(t)

			owner := twoAccounts(t)
			props = crossaccount.GrantProps{
				Name: "reading", Stage: "dev", Grantees: to(crossaccount.RoleByName("111111111111", "function")),
				Permissions: permissions{crossaccount.ReadBucket(bucket(owner.target, key(owner)), "in/")},
			}
			change(owner, &props)
			crossaccount.NewTargetGrant(owner.target, "reading", props)
			_, ownerTarget := owner.templates(t)
			if diff := cmp.Diff(wholeTarget.View(), ownerTarget.View()); diff != "" {
				t.Errorf("target account (-both accounts in one app +the owner's app):\n%s", diff)
			}

			consumer := twoAccounts(t)
			crossaccount.NewSourceGrant(consumer.source, "Reading", crossaccount.SourceGrantProps{
				Contract: readContract(t, *owner.app.Outdir()), Grantees: to(function(consumer.source)), Endpoints: everyEndpoint(consumer),
			})
			consumerSource, _ := consumer.templates(t)
			if diff := cmp.Diff(variables(t, wholeSource)+wholeSource.View(), variables(t, consumerSource)+consumerSource.View()); diff != "" {
				t.Errorf("source account (-both accounts in one app +the consumer's app):\n%s", diff)
			}
		})
	}
}

// The owner's half does not take the consumer's props.
func TestTargetGrantRefusesWhatIsTheConsumers(t *testing.T) {
	a := twoAccounts(t)
	found := refusal(func() {
		crossaccount.NewTargetGrant(a.target, "Reading", crossaccount.GrantProps{
			Name: "reading", Stage: "dev", Grantees: to(crossaccount.RoleByName("111111111111", "reader")), Permissions: permissions{deleteItem{}},
			Target: a.target, EnvironmentPrefix: "LAKE_", Endpoints: crossaccount.Endpoints{S3: gateway(a)},
		})
	})
	expected := "target grant Target/Reading:\nTarget: found a stack, expected none: a TargetGrant is created in its scope's stack\n" +
		"EnvironmentPrefix: found one, expected none: set it on the SourceGrant\nEndpoints: found some, expected none: set them on the SourceGrant"
	if found != expected {
		t.Errorf("found %q, expected %q", found, expected)
	}
}

// What contract.json contains, written by hand from the declaration.
func TestContractOfAnOwner(t *testing.T) {
	expected := contract.Grant{
		Name: "reading", Stage: "dev", Target: contract.Env{Account: "222222222222", Region: "ap-northeast-1"}, Access: contract.AssumeRole,
		RoleARN:  "arn:aws:iam::222222222222:role/reading-dev-ap-northeast-1",
		Grantees: []string{"arn:aws:iam::111111111111:role/reader"},
		Trust:    contract.Trust{Mode: contract.NamedRole, SessionSeconds: 3600},
		Permissions: []contract.Statement{
			{Sid: "ReadBucketKey", Actions: []string{"kms:Decrypt"}, Resources: []string{"arn:aws:kms:ap-northeast-1:222222222222:key/*"}, ViaAWSService: true,
				Conditions: map[string]map[string][]string{"StringEquals": {"kms:ViaService": {"s3.ap-northeast-1.amazonaws.com"}}}},
			{Sid: "ReadBucketList", Actions: []string{"s3:ListBucket"}, Resources: []string{"arn:aws:s3:::data-of-222"},
				Conditions: map[string]map[string][]string{"StringLike": {"s3:prefix": {"in/*"}}}},
			{Sid: "ReadBucketObjects", Actions: []string{"s3:GetObject", "s3:GetObjectTagging"}, Resources: []string{"arn:aws:s3:::data-of-222/in/*"}},
		},
		Environment: map[string]string{"CROSSGRANT_BUCKET": "data-of-222", "CROSSGRANT_PREFIXES": `["in/"]`},
	}
	directory := owned(t, nothing)
	found := readContract(t, directory)
	found.Digest = ""
	if diff := cmp.Diff(expected, found); diff != "" {
		t.Errorf("contract (-expected +found):\n%s", diff)
	}
	schema, err := os.ReadFile(filepath.Join(directory, contract.SchemaFileName))
	if err != nil || string(schema) != string(contract.Schema) {
		t.Errorf("found no schema beside the contract: %v", err)
	}
}

// Grants of several stacks are in one file, those of a stage in the file of the stage's own assembly.
func TestContractHasTheGrantsOfItsAssembly(t *testing.T) {
	a := twoAccounts(t)
	grant := func(stack awscdk.Stack, name string) {
		crossaccount.NewTargetGrant(stack, name, crossaccount.GrantProps{
			Name: name, Stage: "dev", Grantees: to(crossaccount.RoleByName("111111111111", "reader")), Permissions: permissions{crossaccount.ReadTable(table(stack, nil))},
		})
	}
	stage := awscdk.NewStage(a.app, jsii.String("Prod"), nil)
	grant(a.target, "second")
	grant(stackIn(a.app, "Other", "333333333333", "eu-west-1"), "first")
	grant(awscdk.NewStack(stage, jsii.String("Inner"), &awscdk.StackProps{Env: &awscdk.Environment{Account: jsii.String("444444444444"), Region: jsii.String("eu-west-1")}}), "inner")
	a.app.Synth(nil)
	for directory, expected := range map[string][]string{
		*a.app.Outdir(): {"first-dev-eu-west-1", "second-dev-ap-northeast-1"},
		*stage.Outdir(): {"inner-dev-eu-west-1"},
	} {
		document, err := os.ReadFile(filepath.Join(directory, contract.FileName))
		if err != nil {
			t.Fatal(err)
		}
		c, err := contract.Read(document)
		if err != nil {
			t.Fatal(err)
		}
		var found []string
		for _, g := range c.Grants {
			found = append(found, g.Key())
		}
		if diff := cmp.Diff(expected, found); diff != "" {
			t.Errorf("%s (-expected +found):\n%s", directory, diff)
		}
	}
}

func TestConsumerAloneWritesNoContract(t *testing.T) {
	g := readContract(t, owned(t, nothing))
	a := twoAccounts(t)
	crossaccount.NewSourceGrant(a.source, "Reading", crossaccount.SourceGrantProps{Contract: g, Grantees: to(role(a.source, "Reader", "reader"))})
	a.app.Synth(nil)
	if _, err := os.Stat(filepath.Join(*a.app.Outdir(), contract.FileName)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("found a contract (%v), expected none: it is the owner's to write", err)
	}
}

// Both halves write the grant into the metadata of their templates, and that they are of one app.
func TestGrantsAreRecordedInTheTemplates(t *testing.T) {
	a, grant := granted(t, func(accounts) crossaccount.Trust { return crossaccount.Trust{} })
	assembly := a.app.Synth(nil)
	for stack, key := range map[awscdk.Stack]string{a.source: "CrossGrant::Source::222222222222::reading-dev-ap-northeast-1", a.target: "CrossGrant::Target::222222222222::reading-dev-ap-northeast-1"} {
		template := assembly.GetStackArtifact(stack.ArtifactId()).Template().(map[string]any)
		metadata, _ := template["Metadata"].(map[string]any)
		recorded, _ := metadata[key].(map[string]any)
		if len(metadata) != 2 || metadata["CrossGrant::OneApp::222222222222::reading-dev-ap-northeast-1"] != true || recorded["digest"] != grant.Contract().Digest || recorded["roleArn"] != grant.RoleARN() {
			t.Errorf("%s: found metadata %v, expected the grant under %s", *stack.Node().Path(), metadata, key)
		}
	}
}

// The source half also records the services whose endpoints it restricted: those that its permissions use, and STS.
func TestRestrictedEndpointsAreRecorded(t *testing.T) {
	a := twoAccounts(t)
	crossaccount.NewCrossAccountGrant(a.source, "Reading", crossaccount.GrantProps{
		Name: "reading", Stage: "dev", Grantees: to(role(a.source, "Reader", "reader")), Target: a.target, Endpoints: everyEndpoint(a),
		Permissions: permissions{crossaccount.ReadBucket(bucket(a.target, nil)), crossaccount.ReadTable(table(a.target, nil))},
	})
	template := a.app.Synth(nil).GetStackArtifact(a.source.ArtifactId()).Template().(map[string]any)
	metadata, _ := template["Metadata"].(map[string]any)
	if diff := cmp.Diff([]any{"dynamodb", "s3", "sts"}, metadata["CrossGrant::Endpoints::222222222222::reading-dev-ap-northeast-1"]); diff != "" {
		t.Errorf("services (-expected +found):\n%s", diff)
	}
}

func TestContractsThatDoNotFit(t *testing.T) {
	for name, c := range map[string]struct {
		owner    func(accounts, *crossaccount.GrantProps)
		consumer func(a *accounts, p *crossaccount.SourceGrantProps)
		expected string // empty: none
	}{
		"one that fits": {nothing, func(a *accounts, p *crossaccount.SourceGrantProps) {}, ""},
		"one with the right that is needed": {nothing, func(a *accounts, p *crossaccount.SourceGrantProps) {
			p.RequiredPermissions = permissions{crossaccount.ReadBucket(theirBucket(*a), "in/july/")}
		}, ""},
		"one of another account": {
			func(_ accounts, p *crossaccount.GrantProps) {
				p.Grantees = to(crossaccount.RoleByName("333333333333", "reader"))
			},
			func(a *accounts, p *crossaccount.SourceGrantProps) {},
			"Contract: found grantees arn:aws:iam::333333333333:role/reader in a stack of account 111111111111, expected the stack of one of their accounts, or the owner to add arn:aws:iam::111111111111:role/reader",
		},
		"one of another role": {
			func(_ accounts, p *crossaccount.GrantProps) {
				p.Grantees = to(crossaccount.RoleByName("111111111111", "team/reader"))
			},
			func(a *accounts, p *crossaccount.SourceGrantProps) {},
			"Contract: found grantees arn:aws:iam::111111111111:role/team/reader, expected arn:aws:iam::111111111111:role/reader among them",
		},
		"one without a prefix that is needed": {nothing, func(a *accounts, p *crossaccount.SourceGrantProps) {
			p.RequiredPermissions = permissions{crossaccount.ReadBucket(theirBucket(*a), "out/")}
		}, "Contract: found no s3:ListBucket on arn:aws:s3:::data-of-222 when StringLike s3:prefix: out/*, which RequiredPermissions[0] needs: its owner has to permit it\n" +
			"Contract: found no s3:GetObject on arn:aws:s3:::data-of-222/out/*, which RequiredPermissions[0] needs"},
		"one without the whole bucket that is needed": {nothing, func(a *accounts, p *crossaccount.SourceGrantProps) {
			p.RequiredPermissions = permissions{crossaccount.ReadBucket(theirBucket(*a))}
		}, "Contract: found no s3:ListBucket on arn:aws:s3:::data-of-222, which RequiredPermissions[0] needs"},
		"one without an action that is needed": {nothing, func(a *accounts, p *crossaccount.SourceGrantProps) {
			p.RequiredPermissions = permissions{crossaccount.DeleteFromBucket(theirBucket(*a), "in/")}
		}, "Contract: found no s3:DeleteObject on arn:aws:s3:::data-of-222/in/*, which RequiredPermissions[0] needs"},
		"one without a table that is needed": {nothing, func(a *accounts, p *crossaccount.SourceGrantProps) {
			p.RequiredPermissions = permissions{crossaccount.ReadTable(table(a.target, nil))}
		}, "Contract: found no dynamodb:BatchGetItem on arn:aws:dynamodb:ap-northeast-1:222222222222:table/devices"},
		"none": {nothing, func(_ *accounts, p *crossaccount.SourceGrantProps) { p.Contract = contract.Grant{} }, "Contract: found none, expected a grant of contract.Read"},
		"one that was changed after it was read": {nothing, func(_ *accounts, p *crossaccount.SourceGrantProps) {
			p.Contract.RoleARN = "arn:aws:iam::222222222222:role/other"
		}, "Contract: altered: found digest "},
		"one that is no contract": {nothing, func(_ *accounts, p *crossaccount.SourceGrantProps) { p.Contract.RoleARN, p.Contract.Name = "*", "" },
			"Contract: name: found \"\""},
		"one of this account": {nothing, func(a *accounts, p *crossaccount.SourceGrantProps) {
			a.source = stackIn(a.app, "Same", "222222222222", "ap-northeast-1")
			p.Grantees = to(role(a.source, "Reader", "reader"))
		}, "found source and target both in account 222222222222, expected two accounts; AllowSameAccount"},
		"no grantee": {nothing, func(_ *accounts, p *crossaccount.SourceGrantProps) { p.Grantees = nil },
			"Grantees: found none, expected at least one: a construct with a role"},
		"a grantee by its name": {nothing, func(_ *accounts, p *crossaccount.SourceGrantProps) {
			p.Grantees = to(crossaccount.RoleByName("111111111111", "reader"))
		}, "Grantees[0]: found a role by its name, expected a construct of this app"},
		"a source bucket that is nil": {nothing, func(_ *accounts, p *crossaccount.SourceGrantProps) { p.SourceBuckets = []awss3.IBucket{nil} },
			"SourceBuckets[0]: found nil, expected a bucket of this account"},
		"a required permission that is nil": {nothing, func(_ *accounts, p *crossaccount.SourceGrantProps) { p.RequiredPermissions = permissions{nil} },
			"RequiredPermissions[0]: found nil"},
	} {
		t.Run(name, func(t *testing.T) {
			g := readContract(t, owned(t, c.owner))
			a := twoAccounts(t)
			props := crossaccount.SourceGrantProps{Contract: g, Grantees: to(role(a.source, "Reader", "reader"))}
			c.consumer(&a, &props)
			found := refusal(func() { crossaccount.NewSourceGrant(a.source, "Reading", props) })
			if (c.expected == "") != (found == "") || !strings.Contains(found, c.expected) {
				t.Errorf("found %q, expected %q", found, c.expected)
			}
			if found != "" && !strings.HasPrefix(found, "source grant ") {
				t.Errorf("found %q, expected it to begin with the construct's path", found)
			}
		})
	}
}

// theirBucket is the owner's bucket as a consumer imports it.
func theirBucket(a accounts) awss3.IBucket {
	return awss3.Bucket_FromBucketAttributes(a.source, jsii.String("Theirs"), &awss3.BucketAttributes{
		BucketName: jsii.String("data-of-222"), Account: jsii.String("222222222222"), Region: jsii.String("ap-northeast-1"),
	})
}

// A copy in two apps: the owner imports the source bucket by its name, the consumer creates it.
func TestCopyInTwoApps(t *testing.T) {
	imported := func(a accounts, key awskms.IKey) awss3.IBucket {
		return awss3.Bucket_FromBucketAttributes(a.target, jsii.String("Origin"), &awss3.BucketAttributes{
			BucketName: jsii.String("origin-of-111"), Account: jsii.String("111111111111"), Region: jsii.String("ap-northeast-1"), EncryptionKey: key,
		})
	}
	copying := func(key bool) contract.Grant {
		return readContract(t, owned(t, func(a accounts, p *crossaccount.GrantProps) {
			var theirs awskms.IKey
			if key {
				theirs = awskms.Key_FromKeyArn(a.target, jsii.String("OriginKey"), jsii.String("arn:aws:kms:ap-northeast-1:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab"))
			}
			p.Grantees = append(p.Grantees, crossaccount.RoleByName("333333333333", "reader"))
			p.Permissions = permissions{crossaccount.CopyIntoBucket(imported(a, theirs), awss3.NewBucket(a.target, jsii.String("Destination"), &awss3.BucketProps{
				BucketName: jsii.String("copies-of-222"), Encryption: awss3.BucketEncryption_KMS,
			}))}
		}))
	}
	a := twoAccounts(t)
	crossaccount.NewSourceGrant(a.source, "Copying", crossaccount.SourceGrantProps{
		Contract: copying(true), Grantees: to(role(a.source, "Reader", "reader")), SourceBuckets: []awss3.IBucket{originBucket(a)},
	})
	source, _ := a.templates(t)
	compare(t, "copy-consumer", source.View())

	// Among several origins the one is found, by its whole name, and its own key.
	several := twoAccounts(t)
	crossaccount.NewSourceGrant(several.source, "Copying", crossaccount.SourceGrantProps{
		Contract: copying(true), Grantees: to(role(several.source, "Reader", "reader")), SourceBuckets: []awss3.IBucket{
			awss3.NewBucket(several.source, jsii.String("Other"), &awss3.BucketProps{BucketName: jsii.String("origin-of-11"), Encryption: awss3.BucketEncryption_KMS}),
			awss3.NewBucket(several.source, jsii.String("Plain"), &awss3.BucketProps{BucketName: jsii.String("plain-of-111")}),
			originBucket(several),
		},
	})
	source, _ = several.templates(t)
	for _, section := range strings.Split(source.View(), "\n\n") {
		if ours := strings.Contains(section, "CopyOrigin"); ours != strings.HasPrefix(section, "Origin/") {
			t.Errorf("found %s", section)
		}
	}

	b := twoAccounts(t)
	for name, c := range map[string]struct {
		contract contract.Grant
		origins  []awss3.IBucket
		expected string
	}{
		"no origin": {copying(true), nil,
			`found the policy of arn:aws:s3:::origin-of-111 (not of SourceBuckets), which this app cannot change. Add this statement to it, then set StatementsAddedManually: {"Sid":"readingdevapnortheast163EB9650CopyOriginList","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::222222222222:root"},"Action":"s3:ListBucket","Resource":"arn:aws:s3:::origin-of-111","Condition":{"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::222222222222:role/reading-dev-ap-northeast-1"}}}`},
		"an origin whose key the owner does not know": {copying(false), []awss3.IBucket{originBucket(b)},
			"with a customer key, on which the contract permits nothing; expected the owner to import the bucket with its EncryptionKey"},
	} {
		t.Run(name, func(t *testing.T) {
			found := refusal(func() {
				crossaccount.NewSourceGrant(b.source, name, crossaccount.SourceGrantProps{Contract: c.contract, Grantees: to(role(b.source, name+" reader", "reader")), SourceBuckets: c.origins})
			})
			if !strings.Contains(found, c.expected) {
				t.Errorf("found %q, expected %q", found, c.expected)
			}
		})
	}
}

// A consumer in another account than the source bucket's writes nothing about that bucket.
func TestCopyFromAThirdAccount(t *testing.T) {
	g := readContract(t, owned(t, func(a accounts, p *crossaccount.GrantProps) {
		origin := awss3.Bucket_FromBucketAttributes(a.target, jsii.String("Origin"), &awss3.BucketAttributes{
			BucketName: jsii.String("origin-of-333"), Account: jsii.String("333333333333"), Region: jsii.String("ap-northeast-1"),
		})
		p.Permissions = permissions{crossaccount.CopyIntoBucket(origin, awss3.NewBucket(a.target, jsii.String("Destination"), &awss3.BucketProps{BucketName: jsii.String("copies-of-222")}))}
	}))
	a := twoAccounts(t)
	crossaccount.NewSourceGrant(a.source, "Copying", crossaccount.SourceGrantProps{Contract: g, Grantees: to(role(a.source, "Reader", "reader"))})
	source, _ := a.templates(t)
	if strings.Contains(source.View(), "CopyOrigin") {
		t.Errorf("found a right on the origin in\n%s", source.View())
	}
}

// Several grantees, of several accounts, some of other apps.
func TestSeveralGrantees(t *testing.T) {
	a := twoAccounts(t)
	grant := crossaccount.NewCrossAccountGrant(a.source, "Reading", crossaccount.GrantProps{
		Name: "reading", Stage: "dev", Target: a.target, Permissions: permissions{crossaccount.ReadTable(table(a.target, nil))}, Endpoints: everyEndpoint(a),
		Grantees: []awsiam.IGrantable{role(a.source, "One", "one"), role(a.source, "Two", "two"), crossaccount.RoleByName("333333333333", "team/three")},
	})
	source, target := a.templates(t)
	compare(t, "several-grantees", "source account\n\n"+withoutEmpty(source.View())+"\ntarget account\n\n"+target.View())
	if found := len(grant.AssumeGrants()); found != 2 {
		t.Errorf("found %d grants, expected one for each of the two grantees of this app", found)
	}
}
