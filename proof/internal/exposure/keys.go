package exposure

var keyTypes = []Type{
	{Name: "AWS::KMS::Key", Opens: "what it encrypts, to whom its policy allows", Judged: byPolicyRules},
	{Name: "AWS::KMS::ReplicaKey", Opens: "what the primary key encrypts, to whom its own policy allows", Judged: byPolicyRules},
}
