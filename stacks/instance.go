package stacks

import (
	"github.com/crossgrant/crossgrant/constructs/crossaccount"
	"github.com/crossgrant/crossgrant/constructs/network"
	"github.com/crossgrant/crossgrant/constructs/workload"
)

// profile is what the instance's users give to the AWS command line.
const profile = "crossgrant"

// addInstance adds an instance without a way to the internet, whose AWS command line writes into a bucket of the target account.
func (s *source) addInstance() {
	props := workload.LinuxInstanceProps{
		InstanceName: s.name("instance"), RoleName: s.roleName("instance"), Vpc: s.vpc.Vpc(), Subnets: s.vpc.IsolatedSubnets(),
	}
	if s.SessionManager {
		props.Sessions = network.SessionActions()
	}
	instance := workload.NewLinuxInstance(s.stack, "Instance", props)
	s.vpc.AllowSTSFrom(instance)
	grant := s.grant("Instance", instance, crossaccount.AssumeRole, crossaccount.WriteBucket(s.target.uploads))
	instance.AddProfile(profile, grant.Contract())
	// The grants have closed the S3 endpoint, by which the instance also gets its updates.
	aws := []crossaccount.AWSBuckets{crossaccount.AmazonLinux}
	if s.SessionManager {
		aws = append(aws, crossaccount.SystemsManager)
		s.vpc.AllowSessions(instance, instance.Role())
	}
	crossaccount.AllowAWSBuckets(s.vpc.S3(), s.Region, aws...)
	output(s.stack, "InstanceId", instance.Instance().InstanceId())
}
