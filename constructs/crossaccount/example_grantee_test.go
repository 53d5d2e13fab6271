package crossaccount_test

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsecs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/constructs/crossaccount"
)

// The task role has a name of its own; the container gets the environment variables.
func ExampleTask() {
	app := awscdk.NewApp(nil)
	source, target := stackIn(app, "Reports", "111111111111", "ap-northeast-1"), stackIn(app, "Lake", "222222222222", "ap-northeast-1")
	lake := awss3.NewBucket(target, jsii.String("Bucket"), &awss3.BucketProps{BucketName: jsii.String("lake-222222222222")})

	definition := awsecs.NewFargateTaskDefinition(source, jsii.String("Task"), &awsecs.FargateTaskDefinitionProps{
		TaskRole: awsiam.NewRole(source, jsii.String("Reader"), &awsiam.RoleProps{
			RoleName: jsii.String("reports-reader"), AssumedBy: awsiam.NewServicePrincipal(jsii.String("ecs-tasks.amazonaws.com"), nil),
		}),
	})
	container := definition.AddContainer(jsii.String("reader"), &awsecs.ContainerDefinitionOptions{
		Image: awsecs.ContainerImage_FromRegistry(jsii.String("registry.example.com/reader:1"), nil),
	})
	grant := crossaccount.NewCrossAccountGrant(source, "ReadReports", crossaccount.GrantProps{
		Name: "reports", Stage: "prod", Grantees: []awsiam.IGrantable{crossaccount.Task(definition, container)}, Target: target,
		Permissions: []crossaccount.Permission{crossaccount.ReadBucket(lake, "reports/")},
	})
	fmt.Println(grant.Environment()["CROSSGRANT_BUCKET"])
	// Output: lake-222222222222
}

// People who sign in with the permission set Analyst may assume the role, as far as its policy lets them.
func ExamplePermissionSetRole() {
	app := awscdk.NewApp(nil)
	target := stackIn(app, "Lake", "222222222222", "ap-northeast-1")
	lake := awss3.NewBucket(target, jsii.String("Bucket"), &awss3.BucketProps{BucketName: jsii.String("lake-222222222222")})
	grant := crossaccount.NewTargetGrant(target, "Reports", crossaccount.GrantProps{
		Name: "reports", Stage: "prod",
		Grantees:    []awsiam.IGrantable{crossaccount.PermissionSetRole("111111111111", "eu-west-1", "Analyst")},
		Permissions: []crossaccount.Permission{crossaccount.ReadBucket(lake, "reports/")},
	})
	fmt.Println(grant.Contract().Grantees[0])
	// Output: arn:aws:iam::111111111111:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Analyst_????????????????
}

// Every account of the organization may read, also those that join it later; each decides by its own policies which of its roles do.
func ExampleOrganization() {
	app := awscdk.NewApp(nil)
	target := stackIn(app, "Lake", "222222222222", "ap-northeast-1")
	lake := awss3.NewBucket(target, jsii.String("Bucket"), &awss3.BucketProps{BucketName: jsii.String("lake-222222222222")})
	grant := crossaccount.NewTargetGrant(target, "Reports", crossaccount.GrantProps{
		Name: "reports", Stage: "prod", Grantees: []awsiam.IGrantable{crossaccount.Organization("o-a1b2c3d4e5")},
		Permissions: []crossaccount.Permission{crossaccount.ReadBucket(lake, "public/")},
	})
	fmt.Println(grant.Contract().Grantees)
	// Output: [o-a1b2c3d4e5]
}
