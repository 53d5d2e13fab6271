package network

import (
	"testing"

	"github.com/crossgrant/crossgrant/policy"
)

func TestUndefinedResources(t *testing.T) {
	ask(t,
		question{name: "subnet", changes: []change{{"SubnetIds: [!Ref Private]\n        Sec", "SubnetIds: [subnet-1]\n        Sec"}},
			service: "sts", reaches: "unknown",
			says:   "subnet subnet-1 is not defined in any template here: its VPC and its route table are unknown",
			remedy: "also load the template that defines subnet subnet-1"},
		question{name: "subnets", changes: []change{{"SubnetIds: [!Ref Private]\n        Sec",
			"SubnetIds: !Split [',', !ImportValue Subnets]\n        Sec"}}, service: "sts",
			reaches: "unknown", says: "Subnets"},
		question{name: "VPC", changes: []change{{"{VpcId: !Ref Vpc, CidrBlock: 10.0.0.0/24}", "{VpcId: vpc-1, CidrBlock: 10.0.0.0/24}"}},
			service: "sts", reaches: "unknown",
			says: "VPC vpc-1 is not defined in any template here: its endpoints, DNS attributes and main route table are unknown"},
		question{name: "group of the workload", changes: []change{{"SecurityGroupIds: [!GetAtt Group.GroupId]",
			"SecurityGroupIds: [sg-1]"}}, service: "kms", reaches: "unknown",
			says: "security groups sg-1 (not defined in any template here) may allow TCP 443 out to the internet"},
		question{name: "VpcConfig",
			changes: []change{{"      VpcConfig:\n        SubnetIds: [!Ref Private]\n        SecurityGroupIds: [!GetAtt Group.GroupId]",
				"      VpcConfig: '{{resolve:ssm:/a}}'"}}, service: "sts", reaches: "unknown"},
		question{name: "VPC of the NAT gateway", changes: []change{{"{VpcId: !Ref Vpc, CidrBlock: 10.0.1.0/24",
			"{VpcId: vpc-1, CidrBlock: 10.0.1.0/24"}}, service: "kms",
			reaches: "unknown", says: "may deny"},
	)
}

func TestConditions(t *testing.T) {
	on := func(id, kind, condition string) change {
		return change{"  " + id + ":\n    Type: " + kind + "\n", "  " + id + ":\n    Type: " + kind + "\n    Condition: " + condition +
			"\n"}
	}
	conditions := change{"Resources:", onProbably}
	both := func(id, kind string) []change {
		return []change{conditions, on(id, kind, "Probably"), on("Function", functionType, "Probably")}
	}
	ask(t,
		question{name: "function", changes: []change{conditions, on("Function", functionType, "Probably")}, service: "sts",
			reaches: "yes", through: "Sts"},
		question{name: "subnet", changes: []change{conditions, on("Private", subnetType, "Probably")}, service: "sts", reaches: "unknown",
			says: "Private exists only under condition Probably", remedy: "make condition Probably of Private decidable before deployment"},
		question{name: "subnet of the function's condition", changes: both("Private", subnetType), service: "sts", reaches: "yes",
			through: "Sts"},
		question{name: "subnet of the other condition", changes: []change{conditions, on("Private", subnetType, "Surely"), on("Function",
			functionType, "Probably")},
			service: "sts", reaches: "unknown"},
		question{name: "VPC", changes: []change{conditions, on("Vpc", vpcType, "Probably")}, service: "sts", reaches: "unknown",
			says: "Vpc exists only under condition Probably"},
		question{name: "endpoint", changes: []change{conditions, on("Sts", endpointType, "Probably")}, service: "sts", reaches: "unknown",
			says: "endpoint Sts may be the one of sts in VPC Vpc with private DNS: it exists under condition Probably"},
		question{name: "endpoint of another service", changes: []change{conditions, on("Sts", endpointType, "Probably")}, service: "kms",
			reaches: "yes"},
		question{name: "gateway endpoint", changes: []change{conditions, on("S3", endpointType, "Probably")}, service: "s3",
			reaches: "unknown",
			says:    "endpoint S3 may be the one of s3"},
		question{name: "association", changes: []change{conditions, on("PrivateAssociation", associationType, "Probably")},
			service: "kms", reaches: "unknown",
			says: "the route table of subnet Private is unknown"},
		question{name: "table", changes: []change{conditions, on("PrivateTable", tableType, "Probably")}, service: "kms",
			reaches: "unknown"},
		question{name: "route", changes: []change{conditions, on("PrivateRoute", routeType, "Probably")}, service: "kms",
			reaches: "unknown",
			says:    "its table, condition or destination is unknown"},
		question{name: "NAT gateway", changes: []change{conditions, on("Nat", natType, "Probably")}, service: "kms", reaches: "unknown",
			says: "Nat exists only under condition Probably"},
		question{name: "attachment", changes: []change{conditions, on("Attachment", attachmentType, "Probably")}, service: "kms",
			reaches: "unknown",
			says:    "internet gateway Igw is not attached to VPC Vpc, as far as is known"},
		question{name: "internet gateway", changes: []change{conditions, {"    Type: AWS::EC2::InternetGateway",
			"    Type: AWS::EC2::InternetGateway\n    Condition: Probably"}},
			service: "kms", reaches: "unknown", says: "Igw exists"},
		question{name: "rule that is decided", changes: []change{{"Resources:", "Conditions: {Never: !Equals [a, b]}\nResources:"},
			on("Sts", endpointType, "Never"), withoutNat},
			service: "sts", reaches: "no", remedy: "add com.amazonaws.eu-west-1.sts"},
	)
}

func TestAnswers(t *testing.T) {
	const y, n, o = policy.Yes, policy.No, policy.Indeterminate
	for _, c := range []struct{ a, b, all, some, unanimous policy.Answer }{
		{y, y, y, y, y}, {y, n, n, y, o}, {n, y, n, y, o}, {n, n, n, n, n}, {y, o, o, y, o}, {o, y, o, y, o}, {n, o, n, o, o}, {o, n, n,
			o, o}, {o, o, o, o, o},
	} {
		if all(c.a, c.b) != c.all || some(c.a, c.b) != c.some || unanimous(c.a, c.b) != c.unanimous {
			t.Errorf("%s, %s: found all %s, some %s, unanimous %s; expected %s, %s, %s", c.a, c.b, all(c.a, c.b), some(c.a, c.b), unanimous(c.a,
				c.b), c.all, c.some, c.unanimous)
		}
	}
}
