package accounts

import "strings"

// replicas reads the policies of global tables: each region has its own, and its own ARN.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-globaltable.html
func (a *Accounts) replicas() {
	for _, r := range a.assembly.OfType("AWS::DynamoDB::GlobalTable") {
		for _, replica := range list(r.Properties["Replicas"]) {
			region := text(dig(replica, "Region"))
			arn := "arn:" + r.Stack.Partition + ":dynamodb:" + region + ":" + r.Stack.Account + ":table/" + r.Name
			g := &Resource{Resource: r, Key: a.keyARN(r, text(dig(replica, "SSESpecification", "KMSMasterKeyId")))}
			if value := dig(replica, "ResourcePolicy", "PolicyDocument"); value != nil {
				g.Policy = a.document(r, strings.Join([]string{"Replicas", region}, "."), value, "the policy of "+DisplayName(r)+" in "+region)
			}
			a.guarded[arn] = g
		}
	}
}
