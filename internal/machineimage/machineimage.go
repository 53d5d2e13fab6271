// Package machineimage chooses the image of an instance: a pinned one, or the newest Amazon Linux 2023. It creates no instance.
package machineimage

import (
	"fmt"
	"regexp"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resource-ids.html
var id = regexp.MustCompile(`^ami-([0-9a-f]{8}|[0-9a-f]{17})$`)

// IsID reports whether text is the ID of an image.
func IsID(text string) bool { return id.MatchString(text) }

// Problem returns what is wrong with an ID, of a field; nil for none or a valid one.
func Problem(field, text string) error {
	if text == "" || IsID(text) {
		return nil
	}
	return fmt.Errorf("%s: found %q, expected the ID of an image, such as ami-0a1b2c3d4e5f67890", field, text)
}

// AmazonLinux2023 returns the image of an ID, which is of Amazon Linux 2023 for arm64 in the stack's region; or, without one, the newest. The
// newest is that of a public parameter, of which CloudFormation fetches the latest value at every deployment, so that only an ID pins an image.
//
// https://docs.aws.amazon.com/linux/al2023/ug/ec2.html#launch-from-cloudformation
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/systems-manager-parameter-types.html
func AmazonLinux2023(id string) awsec2.IMachineImage {
	if id == "" {
		return awsec2.MachineImage_LatestAmazonLinux2023(&awsec2.AmazonLinux2023ImageSsmParameterProps{CpuType: awsec2.AmazonLinuxCpuType_ARM_64})
	}
	return &pinned{id}
}

// pinned is an image by its ID, which the region of the stack has, whatever region that is.
type pinned struct{ id string }

// GetImage returns the image, as the CDK asks for it. The CDK's check of templates warns of the ID of an image, which only one region has.
func (p *pinned) GetImage(scope constructs.Construct) *awsec2.MachineImageConfig {
	awscdk.Validations_Of(scope).Acknowledge(&awscdk.Acknowledgment{
		Id: jsii.String("CloudFormation-Validate::W9010"), Reason: jsii.String("The image is pinned on purpose, by a setting of the region's deployment."),
	})
	return &awsec2.MachineImageConfig{ImageId: jsii.String(p.id), OsType: awsec2.OperatingSystemType_LINUX, UserData: awsec2.UserData_ForLinux(nil)}
}
