package proof

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/assembly/facts"
)

// bounded gives both roles of testdata/grant the boundary that a company demands, as @aws-cdk/core:permissionsBoundary does.
func bounded(boundary string, more ...edit) []edit {
	return append([]edit{
		{"source", "    Properties:\n      RoleName: reader\n", "    Properties:\n      RoleName: reader\n      PermissionsBoundary: !Sub \"" + boundary + "\"\n"},
		{"target", "    Properties:\n      RoleName: reports-prod-eu-west-1\n", "    Properties:\n      RoleName: reports-prod-eu-west-1\n      PermissionsBoundary: !Sub \"" + boundary + "\"\n"},
	}, more...)
}

// A boundary that no template has is one finding, with the facts to give; with them it is proved, or broken by the statement that denies.
func TestPermissionsBoundary(t *testing.T) {
	const company = "arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/it/company"
	const everything = `{"Sid": "All", "Effect": "Allow", "Action": "*", "Resource": "*"}`
	known := func(source, target string) *facts.Facts {
		all := []string{}
		for account, statements := range map[string]string{"111111111111": source, "222222222222": target} {
			if statements != "" {
				all = append(all, fmt.Sprintf(`"arn:aws:iam::%s:policy/it/company": {"Version": "2012-10-17", "Statement": [%s]}`, account, statements))
			}
		}
		f, err := facts.Parse("facts.json", []byte(`{"version": 1, "managedPolicies": {`+strings.Join(all, ", ")+`}}`))
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	resource := func(template, statements string) edit {
		return edit{template, "Resources:\n", "Resources:\n  Company: {Type: AWS::IAM::ManagedPolicy, Properties: {ManagedPolicyName: company, Path: /it/, PolicyDocument: {Version: \"2012-10-17\", Statement: [" + statements + "]}}}\n"}
	}
	for name, c := range map[string]struct {
		edits   []edit
		facts   *facts.Facts
		verdict Verdict
		finds   int
		missing []string
		says    string
	}{
		"that no template has": {bounded(company), nil, Undecided, 1, []string{"arn:aws:iam::111111111111:policy/it/company", "arn:aws:iam::222222222222:policy/it/company"},
			`give the document of the managed policy company, which no template has, in a facts file (--facts FILE, Options.Facts, or facts in cdk.json): under managedPolicies, "arn:aws:iam::222222222222:policy/it/company"`},
		"by facts, of one account": {bounded(company), known(everything, ""), Undecided, 1, []string{"arn:aws:iam::222222222222:policy/it/company"}, "company is not known"},
		"by facts":                 {bounded(company), known(everything, everything), Proved, 0, nil, ""},
		"that denies":              {bounded(company), known(everything+`, {"Sid": "NoSTS", "Effect": "Deny", "Action": "sts:*", "Resource": "*"}`, everything), Broken, 0, nil, "denied: statement NoSTS of the managed policy company (by facts.json) denies sts:AssumeRole"},
		"that does not allow":      {bounded(company), known(everything, `{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}`), Broken, 0, nil, "denied: no statement of the managed policy company (by facts.json) allows dynamodb:GetItem"},
		"in the templates":         {bounded(company, resource("source", everything), resource("target", everything)), nil, Proved, 0, nil, ""},
		"that denies, in the templates": {bounded(company, resource("source", everything), resource("target", everything+`, {"Sid": "NoS3", "Effect": "Deny", "Action": "s3:*", "Resource": "*"}`)), nil, Broken, 0, nil,
			"denied: statement NoS3 of the managed policy company denies s3:ListBucket"},
		"that keeps the function out of its VPC": {append(bounded(company), edit{"source", "        - PolicyName: assume\n",
			"        - PolicyName: vpc\n          PolicyDocument: {Statement: [{Effect: Allow, Action: [\"ec2:CreateNetworkInterface\", \"ec2:DescribeNetworkInterfaces\"], Resource: \"*\"}]}\n        - PolicyName: assume\n"}),
			known(`{"Effect": "Allow", "Action": ["sts:*", "ec2:Describe*"], "Resource": "*"}`, everything), Broken, 1, nil, "no statement of the managed policy company (by facts.json) allows ec2:CreateNetworkInterface on *"},
		"of AWS, which permits all that is needed": {bounded("arn:${AWS::Partition}:iam::aws:policy/PowerUserAccess"), nil, Proved, 0, nil, ""},
		"of AWS, which does not":                   {bounded("arn:${AWS::Partition}:iam::aws:policy/AmazonS3ReadOnlyAccess"), nil, Broken, 0, nil, "AmazonS3ReadOnlyAccess (AWS's v3, as of 20"},
	} {
		t.Run(name, func(t *testing.T) {
			r := proved(t, grantApp(t, both, c.edits...), Options{Facts: c.facts})
			if r.Verdict() != c.verdict || c.finds > 0 && len(r.Findings()) != c.finds || !strings.Contains(says(r), c.says) {
				t.Errorf("found %s for %d reasons, expected %s for %d and %q:\n%s", r.Verdict(), len(r.Findings()), c.verdict, c.finds, c.says, says(r))
			}
			if !slices.Equal(missing(r), c.missing) {
				t.Errorf("found missing %q, expected %q", r.Missing(), c.missing)
			}
		})
	}
}
