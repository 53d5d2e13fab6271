package workload_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/constructs/crossaccount"
	"github.com/crossgrant/crossgrant/constructs/network"
	"github.com/crossgrant/crossgrant/constructs/workload"
	"github.com/crossgrant/crossgrant/contract"
)

const region = "ap-northeast-1"

func stackIn(app awscdk.App, id, account string) awscdk.Stack {
	return awscdk.NewStack(app, jsii.String(id), &awscdk.StackProps{
		Env: &awscdk.Environment{Account: jsii.String(account), Region: jsii.String(region)},
	})
}

func vpcIn(stack awscdk.Stack) *network.SourceVpc {
	return network.NewSourceVpc(stack, "Network", network.SourceVpcProps{
		AvailabilityZones: []string{"ap-northeast-1a", "ap-northeast-1c"}, Egress: network.EndpointsOnly,
	})
}

// module is the folder of the Go module with the functions.
const module = "../.."

func ExampleNewGoFunction() {
	app := awscdk.NewApp(nil)
	source := stackIn(app, "Reports", "111111111111")
	vpc := vpcIn(source)

	build, err := workload.Compile(context.Background(), workload.BuildProps{Dir: module, Packages: []string{"./lambda/list"}, Architecture: workload.X86_64})
	if err != nil {
		log.Fatal(err)
	}
	failed := workload.NewDeadLetterQueue(source, "ReaderFailed", workload.DeadLetterQueueProps{QueueName: "reports-reader-failed"})
	reader := workload.NewGoFunction(source, "Reader", workload.GoFunctionProps{
		Build: build, Package: "./lambda/list", FunctionName: "reports-reader", RoleName: "reports-reader",
		Vpc: vpc.Vpc(), Subnets: vpc.PrivateSubnets(), Timeout: time.Minute, DeadLetterQueue: failed,
	})
	vpc.AllowSTSFrom(reader)
	topic := workload.NewAlarmTopic(source, "Alarms", workload.AlarmTopicProps{
		TopicName: "reports-alarms", AlarmPrefix: "reports-", Emails: []string{"ops@example.com"},
	})
	workload.NewFunctionAlarms(source, "ReaderAlarms", workload.FunctionAlarmsProps{Function: reader, Topic: topic})
	workload.NewDashboard(source, "Dashboard", workload.DashboardProps{DashboardName: "reports", Functions: []*workload.GoFunction{reader}})

	api := workload.FunctionAPIProps{APIName: "reports", Path: "/reports", Function: reader}
	workload.NewFunctionAPI(source, "Api", api)
	document := api.OpenAPI(workload.Operation{
		Title: "Reports", Version: "1.0.0", ID: "listReports", Summary: "The available reports.",
		Responses: map[int]workload.Response{200: {Description: "The reports.", Schema: "Reports"}},
		Schemas:   map[string]any{"Reports": map[string]any{"type": "object"}},
	})
	fmt.Println(reader.ID(), document["openapi"])
	// Output:
	// Reader 3.0.3
}

func ExampleNewEventQueue() {
	app := awscdk.NewApp(nil)
	source, target := stackIn(app, "Reports", "111111111111"), stackIn(app, "Lake", "222222222222")
	reader := function(source)
	topic := workload.NewAlarmTopic(source, "Alarms", workload.AlarmTopicProps{TopicName: "reports-alarms", AlarmPrefix: "reports"})

	lake := awss3.NewBucket(target, jsii.String("Bucket"), &awss3.BucketProps{BucketName: jsii.String("lake-222222222222")})
	filter := workload.ObjectFilter{Prefixes: []string{"reports/"}, Suffixes: []string{".csv"}}
	workload.NewObjectEvents(target, "NewReports", workload.ObjectEventsProps{
		Name: "new-reports", RoleName: "new-reports", Bucket: lake, Filter: filter,
		To: contract.Env{Account: "111111111111", Region: region}, BusName: "reports",
	})
	queue := workload.NewEventQueue(source, "NewReports", workload.EventQueueProps{
		Name: "reports", SenderRoleARN: "arn:aws:iam::222222222222:role/new-reports",
		BucketName: "lake-222222222222", Filter: filter, Function: reader, Topic: topic,
	})
	fmt.Println(*queue.DeadLetterQueue().Node().Path())
	// Output:
	// Reports/NewReports/Failed
}

func ExampleLinuxInstance_AddProfile() {
	app := awscdk.NewApp(nil)
	source, target := stackIn(app, "Reports", "111111111111"), stackIn(app, "Lake", "222222222222")
	vpc := vpcIn(source)
	lake := awss3.NewBucket(target, jsii.String("Bucket"), &awss3.BucketProps{BucketName: jsii.String("lake-222222222222")})

	instance := workload.NewLinuxInstance(source, "Instance", workload.LinuxInstanceProps{
		InstanceName: "reports", RoleName: "reports-instance", Vpc: vpc.Vpc(), Subnets: vpc.IsolatedSubnets(),
		SessionActions: network.SessionActions(),
	})
	vpc.AllowSTSFrom(instance)
	vpc.AllowSessions(instance, instance.Role())
	grant := crossaccount.NewCrossAccountGrant(source, "Uploads", crossaccount.GrantProps{
		Name: "uploads", Stage: "prod", Grantees: []awsiam.IGrantable{instance}, Target: target,
		Permissions: []crossaccount.Permission{crossaccount.WriteBucket(lake)},
		Endpoints:   crossaccount.Endpoints{STS: vpc.STS(), S3: vpc.S3()},
	})
	instance.AddProfile("lake", grant.Contract())
	// The grant has closed the S3 endpoint, through which the instance also gets its updates.
	crossaccount.AllowAWSBuckets(vpc.S3(), region, crossaccount.AmazonLinux, crossaccount.SystemsManager)
	fmt.Println(grant.Contract().Name)
	// Output:
	// uploads
}

func function(stack awscdk.Stack) *workload.GoFunction {
	build, err := workload.Compile(context.Background(), workload.BuildProps{Dir: module, Packages: []string{"./lambda/list"}, Architecture: workload.X86_64})
	if err != nil {
		log.Fatal(err)
	}
	vpc := vpcIn(stack)
	return workload.NewGoFunction(stack, "Reader", workload.GoFunctionProps{
		Build: build, Package: "./lambda/list", FunctionName: "reports-reader", RoleName: "reports-reader", Vpc: vpc.Vpc(), Subnets: vpc.PrivateSubnets(),
	})
}
