package gateway

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// isolated is a function in a subnet from which only the endpoint of S3 leads out, and a bucket that asks for that endpoint.
const isolated = `
Resources:
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
  Subnet: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.0.0/24}}
  Table: {Type: AWS::EC2::RouteTable, Properties: {VpcId: !Ref Vpc}}
  Association: {Type: AWS::EC2::SubnetRouteTableAssociation, Properties: {SubnetId: !Ref Subnet, RouteTableId: !Ref Table}}
  Group: {Type: AWS::EC2::SecurityGroup, Properties: {GroupDescription: g, VpcId: !Ref Vpc, SecurityGroupEgress: [{IpProtocol: "-1", CidrIp: 0.0.0.0/0}]}}
  Endpoint:
    Type: AWS::EC2::VPCEndpoint
    Properties:
      VpcId: !Ref Vpc
      ServiceName: com.amazonaws.eu-west-1.s3
      RouteTableIds: [!Ref Table]
      PolicyDocument: {Version: "2012-10-17", Statement: [{Sid: Reads, Effect: Allow, Principal: "*", Action: "s3:GetObject", Resource: "*"}]}
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: isolated
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole"}]}
      Policies: [{PolicyName: p, PolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:*", Resource: "*"}]}}]
  Function: {Type: AWS::Lambda::Function, Properties: {FunctionName: f, Role: !GetAtt Role.Arn, Code: {}, VpcConfig: {SubnetIds: [!Ref Subnet], SecurityGroupIds: [!Ref Group]}}}
  Lake: {Type: AWS::S3::Bucket, Properties: {BucketName: lake}}
  Policy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: lake
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - {Sid: NoAddressOfTheInternet, Effect: Deny, Principal: "*", Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/*", Condition: {StringEquals: {"aws:SourceVpce": vpce-1}, "Null": {"aws:SourceIp": "false"}}}
          - {Sid: OnlyHere, Effect: Deny, Principal: "*", Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/*", Condition: {StringNotEquals: {"aws:SourceVpce": vpce-1}}}
`

// Requests of a function come from its subnet: with the keys of the endpoint that they pass, by its policy, and nowhere without a route.
func TestRoutes(t *testing.T) {
	w := start(t)
	w.behind.called(map[string]string{"Vpc": "vpc-1", "Subnet": "subnet-1", "Table": "rtb-1", "Group": "sg-1", "Endpoint": "vpce-1"})
	w.deploy(source, "Isolated", isolated)
	c, err := w.Assume("lambda.amazonaws.com", "arn:aws:iam::111111111111:role/isolated", "f")
	if err != nil {
		t.Fatal(err)
	}
	inside, err := w.From("arn:aws:lambda:eu-west-1:111111111111:function:f")
	if err != nil {
		t.Fatal(err)
	}
	get := func(url string) string {
		config := w.config(c)
		config.BaseEndpoint = aws.String(url)
		_, err := s3.NewFromConfig(config).GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("lake"), Key: aws.String("1")})
		return coded(err)
	}
	if problem := get(inside.URL()); problem != "" {
		t.Errorf("through the endpoint: found %s", problem)
	}
	if problem := get(w.AddressURL()); !strings.HasPrefix(problem, "AccessDenied: ") || !strings.Contains(problem, "with an explicit deny in a resource-based policy (statement OnlyHere") {
		t.Errorf("from elsewhere: found %s, expected that statement OnlyHere denies it", problem)
	}
	config := w.config(c)
	config.BaseEndpoint = aws.String(inside.URL())
	_, err = s3.NewFromConfig(config).ListBuckets(t.Context(), nil)
	if problem := coded(err); !strings.HasPrefix(problem, "AccessDenied: ") || !strings.Contains(problem, "no VPC endpoint policy allows the s3:ListAllMyBuckets action") {
		t.Errorf("what the endpoint's policy lacks: found %s", problem)
	}
	short, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := sts.NewFromConfig(config).GetCallerIdentity(short, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("STS, to which no route leads: found %v, expected no answer", err)
	}
}

// natted is a function in a subnet with an endpoint for S3 and a NAT gateway for the rest.
const natted = `
Resources:
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
  Internet: {Type: AWS::EC2::InternetGateway}
  Attachment: {Type: AWS::EC2::VPCGatewayAttachment, Properties: {VpcId: !Ref Vpc, InternetGatewayId: !Ref Internet}}
  Public: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.0.0/24}}
  PublicTable: {Type: AWS::EC2::RouteTable, Properties: {VpcId: !Ref Vpc}}
  PublicAssociation: {Type: AWS::EC2::SubnetRouteTableAssociation, Properties: {SubnetId: !Ref Public, RouteTableId: !Ref PublicTable}}
  PublicRoute: {Type: AWS::EC2::Route, Properties: {RouteTableId: !Ref PublicTable, DestinationCidrBlock: 0.0.0.0/0, GatewayId: !Ref Internet}}
  Address: {Type: AWS::EC2::EIP, Properties: {Domain: vpc}}
  Nat: {Type: AWS::EC2::NatGateway, Properties: {SubnetId: !Ref Public, AllocationId: !GetAtt Address.AllocationId}}
  Subnet: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.1.0/24}}
  Table: {Type: AWS::EC2::RouteTable, Properties: {VpcId: !Ref Vpc}}
  Association: {Type: AWS::EC2::SubnetRouteTableAssociation, Properties: {SubnetId: !Ref Subnet, RouteTableId: !Ref Table}}
  Route: {Type: AWS::EC2::Route, Properties: {RouteTableId: !Ref Table, DestinationCidrBlock: 0.0.0.0/0, NatGatewayId: !Ref Nat}}
  Endpoint: {Type: AWS::EC2::VPCEndpoint, Properties: {VpcId: !Ref Vpc, ServiceName: com.amazonaws.eu-west-1.s3, RouteTableIds: [!Ref Table]}}
  Group: {Type: AWS::EC2::SecurityGroup, Properties: {GroupDescription: g, VpcId: !Ref Vpc, SecurityGroupEgress: [{IpProtocol: "-1", CidrIp: 0.0.0.0/0}]}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: natted
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole"}]}
      Policies:
        - PolicyName: p
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - {Effect: Allow, Action: "s3:GetObject", Resource: "*", Condition: {IpAddress: {"aws:VpcSourceIp": 10.0.1.4/32}, "Null": {"aws:SourceIp": "true"}}}
              - {Effect: Allow, Action: "s3:ListAllMyBuckets", Resource: "*", Condition: {IpAddress: {"aws:SourceIp": 0.0.0.0/0}}}
              - {Effect: Allow, Action: "dynamodb:ListTables", Resource: "*", Condition: {IpAddress: {"aws:SourceIp": 198.51.100.7/32}, "Null": {"aws:VpcSourceIp": "true"}}}
              - {Effect: Allow, Action: "dynamodb:DescribeLimits", Resource: "*", Condition: {IpAddress: {"aws:SourceIp": 127.0.0.0/8}}}
  Function: {Type: AWS::Lambda::Function, Properties: {FunctionName: f, Role: !GetAtt Role.Arn, Code: {}, VpcConfig: {SubnetIds: [!Ref Subnet], SecurityGroupIds: [!Ref Group]}}}
  Lake: {Type: AWS::S3::Bucket, Properties: {BucketName: lake}}
`

// A request comes from the address in its VPC through an endpoint, from that of the NAT gateway otherwise, and never from the loopback address by which the
// function calls the gateway.
func TestAddressesOfRequests(t *testing.T) {
	w := start(t)
	w.behind.called(map[string]string{"Vpc": "vpc-1", "Public": "subnet-2", "PublicTable": "rtb-2", "Internet": "igw-1", "Address": "198.51.100.7", "Nat": "nat-1", "Subnet": "subnet-1", "Table": "rtb-1", "Group": "sg-1", "Endpoint": "vpce-1"})
	w.deploy(source, "Natted", natted)
	c, err := w.Assume("lambda.amazonaws.com", "arn:aws:iam::111111111111:role/natted", "f")
	if err != nil {
		t.Fatal(err)
	}
	inside, err := w.From("arn:aws:lambda:eu-west-1:111111111111:function:f")
	if err != nil {
		t.Fatal(err)
	}
	config := w.config(c)
	config.BaseEndpoint = aws.String(inside.URL())
	buckets, tables := s3.NewFromConfig(config), dynamodb.NewFromConfig(config)
	for name, c := range map[string]struct {
		call   func() error
		denied bool
	}{
		"through the endpoint, from the VPC's address": {func() error {
			_, err := buckets.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("lake"), Key: aws.String("1")})
			return err
		}, false},
		"through the endpoint, from a public address": {func() error { _, err := buckets.ListBuckets(t.Context(), nil); return err }, true},
		"through NAT, from its address":               {func() error { _, err := tables.ListTables(t.Context(), nil); return err }, false},
		"through NAT, from the loopback address":      {func() error { _, err := tables.DescribeLimits(t.Context(), nil); return err }, true},
	} {
		if problem := coded(c.call()); strings.HasPrefix(problem, "AccessDenied") != c.denied {
			t.Errorf("%s: found %q, expected denied %v", name, problem, c.denied)
		}
	}
}
