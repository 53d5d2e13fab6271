package crossaccount_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/constructs/crossaccount"
)

// An endpoint's policy keeps what its user added, and has one statement for each grant.
func TestEndpointOfSeveralGrants(t *testing.T) {
	a := twoAccounts(t)
	endpoint := gateway(a)
	endpoint.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid: jsii.String("Mine"), Principals: &[]awsiam.IPrincipal{awsiam.NewStarPrincipal()}, Actions: jsii.Strings("s3:GetObject"), Resources: jsii.Strings("arn:aws:s3:::mine/*"),
	}))
	data := bucket(a.target, nil)
	for _, name := range []string{"First", "Second"} {
		crossaccount.NewCrossAccountGrant(a.source, name, crossaccount.GrantProps{
			Name: strings.ToLower(name), Stage: "dev", Target: a.target, Grantees: to(role(a.source, "Reader of "+name, "reader-of-"+name)),
			Permissions: permissions{crossaccount.ReadBucket(data, name+"/")}, Endpoints: crossaccount.Endpoints{S3: endpoint},
		})
	}
	crossaccount.AllowAWSBuckets(endpoint, "ap-northeast-1", crossaccount.AllAWSBuckets()...)
	source, _ := a.templates(t)
	_, policy, _ := strings.Cut(source.View(), "Vpc/S3: ")
	compare(t, "endpoint-of-several-grants", policy)
}

func TestUnknownAWSBuckets(t *testing.T) {
	a := twoAccounts(t)
	found := refusal(func() { crossaccount.AllowAWSBuckets(gateway(a), "ap-northeast-1", "Everything") })
	if expected := `AllowAWSBuckets: found "Everything", expected some of ["AmazonLinux" "CloudFormationResponses" "ContainerImages" "SystemsManager"]`; found != expected {
		t.Errorf("found %q, expected %q", found, expected)
	}
}

// A Sid has letters and digits only, and must be unique in a policy: names that differ only in other characters have different Sids.
func TestStatementsOfGrantsWithLikeNames(t *testing.T) {
	a := twoAccounts(t)
	endpoint, reader, data := gateway(a), role(a.source, "Reader", "reader"), bucket(a.target, nil)
	for i, name := range []string{"Re-ading", "Read-ing", "R\u00e9ading", "Rading"} {
		crossaccount.NewCrossAccountGrant(a.source, name, crossaccount.GrantProps{
			Name: fmt.Sprintf("reading-%d", i), Stage: "dev", Target: a.target, Grantees: to(reader),
			Permissions: permissions{crossaccount.ReadBucket(data)}, Endpoints: crossaccount.Endpoints{S3: endpoint},
		})
	}
	source, _ := a.templates(t)
	seen := map[string]int{}
	for _, line := range strings.Split(source.View(), "\n") {
		if id, ok := strings.CutPrefix(strings.TrimSpace(line), "Allow Source"); ok {
			seen[id]++
		}
	}
	if len(seen) != 8 { // four in the role's policy, four in the endpoint's
		t.Errorf("found statements %v, expected eight that differ", seen)
	}
}
