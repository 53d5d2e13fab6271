package stacks

import (
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crossgrant/crossgrant/internal/policyview"
	"github.com/crossgrant/crossgrant/internal/sample"
)

// hours are those of a month, as AWS's examples of prices have them.
const hours = 730

// part is a column of the table of costs.
type part int

const (
	endpoints part = iota
	keys
	alarms
	machines
	parts
)

// prices in US dollars a month for ap-northeast-1, as docs/costs.md lists them; it has their dates.
const (
	perInterface = 0.014 * hours // an interface endpoint in one zone
	perNAT       = 0.062 * hours
	perAddress   = 0.005 * hours // a public IPv4 address
	perGB        = 0.096         // gp3
	perKey       = 1
	perAlarm     = 0.10
)

// instanceTypes are the prices of those that the app creates.
var instanceTypes = map[string]float64{"t4g.micro": 0.0108 * hours}

// free are the types that cost nothing but what is used of them. Dashboards are free up to three per account, and the metrics of metric filters
// unless they get values.
var free = map[string]bool{}

func init() {
	for _, t := range strings.Fields(`AWS::ApiGatewayV2::Api AWS::ApiGatewayV2::Integration AWS::ApiGatewayV2::Route AWS::ApiGatewayV2::Stage AWS::CDK::Metadata
AWS::CloudTrail::Trail AWS::CloudWatch::Dashboard AWS::DynamoDB::Table AWS::EC2::FlowLog AWS::EC2::InternetGateway AWS::EC2::Route AWS::EC2::RouteTable
AWS::EC2::SecurityGroup AWS::EC2::SecurityGroupEgress AWS::EC2::SecurityGroupIngress AWS::EC2::Subnet AWS::EC2::SubnetRouteTableAssociation AWS::EC2::VPC
AWS::EC2::VPCGatewayAttachment AWS::Events::EventBus AWS::Events::EventBusPolicy AWS::Events::Rule AWS::IAM::InstanceProfile AWS::IAM::ManagedPolicy
AWS::IAM::Policy AWS::IAM::Role AWS::Lambda::EventSourceMapping AWS::Lambda::Function AWS::Lambda::Permission AWS::Logs::LogGroup AWS::Logs::MetricFilter
AWS::StepFunctions::StateMachine AWS::S3::Bucket AWS::S3::BucketPolicy AWS::SNS::Subscription AWS::SNS::Topic AWS::SNS::TopicPolicy AWS::SQS::Queue AWS::SQS::QueuePolicy
Custom::VpcRestrictDefaultSG`) {
		free[t] = true
	}
}

// cost returns what a resource costs a month when idle, and in which column.
func cost(t *testing.T, r policyview.Resource) (float64, part) {
	t.Helper()
	p := r.Properties
	switch {
	case r.Type == "AWS::EC2::VPCEndpoint" && p["VpcEndpointType"] == "Interface":
		return perInterface * float64(len(p["SubnetIds"].([]any))), endpoints
	case r.Type == "AWS::EC2::VPCEndpoint": // a gateway endpoint
		return 0, endpoints
	case r.Type == "AWS::EC2::NatGateway":
		return perNAT, machines
	case r.Type == "AWS::EC2::EIP":
		return perAddress, machines
	case r.Type == "AWS::EC2::Instance":
		sum, known := instanceTypes[fmt.Sprint(p["InstanceType"])]
		if !known {
			t.Errorf("found instance type %v, expected one with a price", p["InstanceType"])
		}
		for _, device := range p["BlockDeviceMappings"].([]any) {
			sum += perGB * device.(map[string]any)["Ebs"].(map[string]any)["VolumeSize"].(float64)
		}
		if networks, _ := p["NetworkInterfaces"].([]any); len(networks) == 1 && networks[0].(map[string]any)["AssociatePublicIpAddress"] == true {
			sum += perAddress
		}
		return sum, machines
	case r.Type == "AWS::KMS::Key":
		return perKey, keys
	case r.Type == "AWS::CloudWatch::Alarm":
		return perAlarm, alarms
	case !free[r.Type]:
		t.Errorf("found a resource of type %s, expected its price, or the type among those that cost nothing when idle", r.Type)
	}
	return 0, 0
}

// costs returns what the app costs a month when idle, by column.
func costs(t *testing.T, changes map[string]any) (by [parts]float64) {
	t.Helper()
	a := synthesize(t, changes)
	for _, template := range []policyview.Template{a.source, a.target} {
		for _, r := range template.Resources {
			sum, column := cost(t, r)
			by[column] += sum
		}
	}
	return by
}

func total(by [parts]float64) (sum float64) {
	for _, one := range by {
		sum += one
	}
	return sum
}

// dollars are rounded: to cents below ten, else to dollars.
func dollars(amount float64) string {
	switch {
	case amount == 0:
		return "–"
	case amount < 9.995:
		return fmt.Sprintf("$%.2f", amount)
	}
	return fmt.Sprintf("$%.0f", math.Round(amount))
}

// The tables of docs/costs.md, and the sentence of the README, are what the templates cost. With -short, the rows of list and of one other workload are.
func TestCosts(t *testing.T) {
	const file = "../docs/costs.md"
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	sampled := sample.Of(t, sample.Seed(t), Workloads(), func(w Workload) []string { return []string{fmt.Sprint("list: ", w == List)} })
	table := []string{"| workload | interface endpoints | KMS keys | alarms | instance | a month |", "|---|---|---|---|---|---|"}
	row := func(name string, by [parts]float64) {
		table = append(table, fmt.Sprintf("| %s | %s | %s | %s | %s | %s |", name,
			dollars(by[endpoints]), dollars(by[keys]), dollars(by[alarms]), dollars(by[machines]), dollars(total(by))))
	}
	var list float64
	for _, w := range Workloads() {
		if !slices.Contains(sampled, w) {
			begins := "| `" + string(w) + "` |"
			_, rest, _ := strings.Cut(string(content), "\n"+begins)
			rest, _, _ = strings.Cut(rest, "\n")
			table = append(table, begins+rest)
			continue
		}
		by := costs(t, map[string]any{"workloads": string(w), "egress": "endpoints"})
		row("`"+string(w)+"`", by)
		if w == List {
			list = total(by)
		}
	}
	all := costs(t, map[string]any{"egress": "endpoints"})
	row("all", all)
	nat, instance := total(costs(t, nil)), total(costs(t, map[string]any{"egress": "natInstance"}))
	egress := []string{
		"| `egress` | adds a month | all workloads |", "|---|---|---|",
		"| `nat` | " + dollars(nat-total(all)) + " | " + dollars(nat) + " |",
		"| `natInstance`, with its alarm | " + dollars(instance-total(all)) + " | " + dollars(instance) + " |",
		"| `endpoints` | – | " + dollars(total(all)) + " |",
	}
	expected := replaceTable(t, replaceTable(t, string(content), table), egress)
	if *update {
		if err := os.WriteFile(file, []byte(expected), 0o600); err != nil {
			t.Fatal(err)
		}
	} else if diff := cmp.Diff(expected, string(content)); diff != "" {
		t.Errorf("docs/costs.md (-expected +found), -update writes it:\n%s", diff)
	}
	for name, price := range map[string]string{
		"interface endpoint": fmt.Sprintf("$%.3f an hour and zone", perInterface/hours), "NAT gateway; its public IPv4 address": fmt.Sprintf("$%.3f; $%.3f an hour", perNAT/hours, perAddress/hours),
		"t4g.micro (instance, NAT instance)": fmt.Sprintf("$%.4f an hour", instanceTypes["t4g.micro"]/hours), "gp3 volume, 8 GiB": fmt.Sprintf("$%.3f a GB and month", perGB),
		"KMS key": fmt.Sprintf("$%d a month", perKey), "alarm": fmt.Sprintf("$%.2f a month", perAlarm),
	} {
		if !strings.Contains(expected, "| "+name+" | "+price) {
			t.Errorf("docs/costs.md: expected %q as price of %s", price, name)
		}
	}
	copies := copyCosts()
	for _, line := range copies {
		if !strings.Contains(strings.Join(strings.Fields(expected), " "), line) {
			t.Errorf("docs/costs.md: expected %q", line)
		}
	}
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	sentence := fmt.Sprintf("With all of them the app costs about %s a month when idle, `list` alone without NAT %s; a million small objects "+
		"[beyond one function](docs/workloads.md#copies-beyond-one-function) cost about $%.0f to copy", dollars(nat), dollars(list), millionCopies(true))
	if !strings.Contains(strings.Join(strings.Fields(string(readme)), " "), sentence) {
		t.Errorf("README.md: expected %q", sentence)
	}
}

// Prices of copies in US dollars, in ap-northeast-1.
// https://aws.amazon.com/s3/pricing/, https://aws.amazon.com/step-functions/pricing/, https://aws.amazon.com/lambda/pricing/
const (
	perPut        = 0.0047 / 1000 // also a copy or a listing
	perGet        = 0.00037 / 1000
	perTransition = 0.025 / 1000
	perGBSecond   = 0.0000133334
	perLogGB      = 0.76
	perTrace      = 5.0 / 1e6
)

// What a million objects take: batches of 500, each with four transitions, a listing of the destination, and 2 seconds of 512 MiB.
const (
	million       = 1_000_000
	batches       = million / 500
	transitions   = batches * 4
	listings      = million/1000 + batches
	gbSeconds     = batches * 2 * 0.5
	logsAndTraces = 0.020*perLogGB + batches*perTrace
)

// millionCopies is what a million small objects cost, which are copied or there already.
func millionCopies(copied bool) float64 {
	sum := listings*perPut + transitions*perTransition + gbSeconds*perGBSecond + logsAndTraces
	if copied {
		sum += million * perPut
	}
	return sum
}

// copyCosts are what docs/costs.md has to say of copies.
func copyCosts() []string {
	return []string{
		fmt.Sprintf("| copy requests | 1,000,000 | $%.4f per 1,000 | $%.2f |", perPut*1000, million*perPut),
		fmt.Sprintf("| listings of both buckets | 3,000 | $%.4f per 1,000 | $%.2f |", perPut*1000, listings*perPut),
		fmt.Sprintf("| state transitions | 8,000 | $%.4f per 1,000 | $%.2f |", perTransition*1000, transitions*perTransition),
		fmt.Sprintf("| function, 512 MiB for 2 s a batch | 2,000 GB-seconds | $%.7f a GB-second | $%.2f |", perGBSecond, gbSeconds*perGBSecond),
		fmt.Sprintf("| logs and traces | 20 MB, 2,000 traces | $%.2f a GB, $%.0f per 1,000,000 | $%.2f |", perLogGB, perTrace*1e6, logsAndTraces),
		fmt.Sprintf("| together | | | $%.2f |", millionCopies(true)),
		fmt.Sprintf("a million costs $%.2f, and $%.2f more", millionCopies(false), 2*million*perGet),
	}
}

// replaceTable replaces the table in a document that has the same heading.
func replaceTable(t *testing.T, document string, table []string) string {
	t.Helper()
	before, rest, ok := strings.Cut(document, table[0]+"\n")
	if !ok {
		t.Fatalf("expected a table with the heading %s", table[0])
	}
	for strings.HasPrefix(rest, "|") {
		_, rest, _ = strings.Cut(rest, "\n")
	}
	return before + strings.Join(table, "\n") + "\n" + rest
}
