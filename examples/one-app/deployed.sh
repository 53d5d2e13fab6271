#!/bin/sh
# Writes the template of a stack as it is deployed to deployed/STACK.json: deployed.sh ACCOUNT REGION STACK. A stack that is not deployed yet has none.
set -eu
account=$1 region=$2 stack=$3
mkdir -p deployed
credentials=$(aws sts assume-role --role-arn "arn:aws:iam::$account:role/cdk-hnb659fds-lookup-role-$account-$region" --role-session-name deployed \
	--query 'Credentials.[AccessKeyId, SecretAccessKey, SessionToken]' --output text)
read -r AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN <<-end
	$credentials
end
export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN
if ! aws cloudformation get-template --region "$region" --stack-name "$stack" --query TemplateBody --output json > "deployed/$stack.json" 2> deployed/error; then
	grep -q "Stack with id $stack does not exist" deployed/error || { cat deployed/error >&2; exit 1; }
	echo '{"Resources": {}}' > "deployed/$stack.json"
fi
rm -f deployed/error
