package stacks

import (
	"strings"
	"testing"
)

// existingVpc is the configuration of a VPC that is there already.
func existingVpc(workloads string, more map[string]any) map[string]any {
	context := map[string]any{
		"workloads": workloads, "vpcId": "vpc-0a1b2c3d4e5f67890", "isolatedSubnets": "ap-northeast-1c/subnet-1a1b2c3d4e5f6789c/rtb-1a1b2c3d4e5f6789c",
		"privateSubnets": "ap-northeast-1a/subnet-0a1b2c3d4e5f6789a/rtb-0a1b2c3d4e5f6789a,ap-northeast-1c/subnet-0a1b2c3d4e5f6789c/rtb-0a1b2c3d4e5f6789c",
	}
	for key, value := range more {
		context[key] = value
	}
	return context
}

// Workloads run in its subnets, through endpoints that the app creates there; synthesis proves that.
func TestExistingVpc(t *testing.T) {
	source := synthesize(t, existingVpc("list,scan,instance", nil)).source
	for _, resourceType := range []string{"AWS::EC2::VPC", "AWS::EC2::Subnet", "AWS::EC2::RouteTable", "AWS::EC2::NatGateway", "AWS::EC2::FlowLog", "Custom::VpcRestrictDefaultSG"} {
		if found := ofType(source, resourceType); len(found) != 0 {
			t.Errorf("found %d %s, expected none", len(found), resourceType)
		}
	}
	subnets := asJSON(function(t, source, "crossgrant-dev-list")["VpcConfig"].(map[string]any)["SubnetIds"])
	if instance := only(t, source, "AWS::EC2::Instance").Properties; subnets != `["subnet-0a1b2c3d4e5f6789a","subnet-0a1b2c3d4e5f6789c"]` || instance["SubnetId"] != "subnet-1a1b2c3d4e5f6789c" {
		t.Errorf("found subnets %s of the function and %s of the instance", subnets, asJSON(instance["SubnetId"]))
	}
	if found := len(ofType(source, "AWS::EC2::VPCEndpoint")); found != 5 {
		t.Errorf("found %d endpoints, expected those of S3, DynamoDB, STS and two for sessions", found)
	}
}

// The app neither creates nor changes an endpoint that is there already; it creates the others.
func TestExistingEndpoints(t *testing.T) {
	source := synthesize(t, existingVpc("list", map[string]any{"s3EndpointId": "vpce-0a1b2c3d4e5f67890", "statementsAdded": "true"})).source
	if e := only(t, source, "AWS::EC2::VPCEndpoint").Properties; !strings.HasSuffix(e["ServiceName"].(string), ".sts") {
		t.Errorf("found an endpoint of %s", e["ServiceName"])
	}
	source = synthesize(t, existingVpc("instance", map[string]any{
		"s3EndpointId": "vpce-0a1b2c3d4e5f67890", "stsEndpointId": "vpce-1a1b2c3d4e5f67890", "statementsAdded": "true", "sessionManager": "false",
	})).source
	if found := len(ofType(source, "AWS::EC2::VPCEndpoint")); found != 0 {
		t.Errorf("found %d endpoints, expected none", found)
	}
}

// Without statementsAdded, synthesis says which statement to add.
func TestExistingEndpointsNeedStatements(t *testing.T) {
	defer func() {
		if text, _ := recover().(error); text == nil || !strings.Contains(text.Error(), "the policy of the s3 endpoint vpce-0a1b2c3d4e5f67890, which this app cannot change. Add this statement to it") {
			t.Errorf("found %v, expected the statement to add", text)
		}
	}()
	synthesize(t, existingVpc("list", map[string]any{"s3EndpointId": "vpce-0a1b2c3d4e5f67890"}))
}
