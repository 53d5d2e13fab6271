package assembly

// Who may do something: IAM, KMS and secrets.
var identityRules = map[string]*rule{
	"AWS::IAM::Role":            {name: "RoleName", arn: "arn:{partition}:iam::{account}:role{.Path=/}{name}"},
	"AWS::IAM::User":            {name: "UserName", arn: "arn:{partition}:iam::{account}:user{.Path=/}{name}"},
	"AWS::IAM::Group":           {name: "GroupName", arn: "arn:{partition}:iam::{account}:group{.Path=/}{name}"},
	"AWS::IAM::InstanceProfile": {name: "InstanceProfileName", arn: "arn:{partition}:iam::{account}:instance-profile{.Path=/}{name}"},
	"AWS::IAM::ManagedPolicy": {name: "ManagedPolicyName", ref: "{arn}", arn: "arn:{partition}:iam::{account}:policy{.Path=/}{name}",
		attributes: map[string]string{"PolicyArn": "{arn}", "Arn": unknownFormat}},
	// An inline policy has no ARN, and Ref does not give its PolicyName.
	"AWS::IAM::Policy": {ref: unknownFormat},

	"AWS::KMS::Key": {arn: "arn:{partition}:kms:{region}:{account}:key/{name}", attributes: map[string]string{"KeyId": "{name}"}},
	"AWS::KMS::ReplicaKey": {ref: "{KeyId}", arn: "arn:{partition}:kms:{region}:{account}:key/{KeyId}",
		attributes: map[string]string{"KeyId": "{/PrimaryKeyArn}"}},
	"AWS::KMS::Alias": {name: "AliasName", special: true, arn: "arn:{partition}:kms:{region}:{account}:{name}"},

	// Six random characters follow the name. https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html
	"AWS::SecretsManager::Secret": {name: "Name", ref: "{arn}",
		arn:        "arn:{partition}:secretsmanager:{region}:{account}:secret:{name}-{~Suffix}",
		attributes: map[string]string{"Id": "{arn}", "Arn": unknownFormat}},

	"AWS::CertificateManager::Certificate": {ref: "{arn}", arn: "arn:{partition}:acm:{region}:{account}:certificate/{name}",
		attributes: map[string]string{"CertificateArn": "{arn}"}},
}
