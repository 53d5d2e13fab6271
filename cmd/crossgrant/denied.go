package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/crossgrant/crossgrant/internal/denial"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof"
)

// denied is what AWS printed of a request that it denied.
type denied struct{ message, event string }

func (d denied) any() bool { return d.message != "" || d.event != "" }

// read returns what was printed, nothing if no flag has any.
func (d denied) read(stdin io.Reader) (said denial.Denial, err error) {
	switch {
	case d.message != "" && d.event != "":
		return said, errors.New("found --denied and --event, expected one of them")
	case d.message != "":
		if said, err = denial.ParseMessage(d.message); err != nil {
			return said, fmt.Errorf("--denied: %w", err)
		}
	case d.event != "":
		var text []byte
		if d.event == "-" {
			text, err = io.ReadAll(stdin)
		} else {
			text, err = os.ReadFile(d.event)
		}
		if err == nil {
			said, err = denial.ParseEvent(text)
		}
		if err != nil {
			return said, fmt.Errorf("--event: %w", err)
		}
	}
	return said, nil
}

// elsewhere says where to look for a denial that the templates do not explain, by the type of the policy that AWS names.
var elsewhere = map[denial.PolicyType]string{
	denial.ServiceControl:  "give the organization's policies with --scp",
	denial.ResourceControl: "give the organization's policies with --rcp",
	denial.Session:         "give the policy that the session was made with by --session-policy",
	denial.Boundary:        "compare the role's permissions boundary in its account with that in the templates",
	denial.VPCEndpoint:     "compare the policy of the VPC endpoint that the request passed with that in the templates",
	denial.ResourceBased:   "compare the resource's policy in its account with that in the templates",
	denial.IdentityBased:   "compare the principal's policies in its account with those in the templates",
	denial.RoleTrust:       "compare the role's trust policy in its account with that in the templates",
}

// printDenial prints why AWS denied the request, as far as it said that, and what follows if the templates do not deny it.
func printDenial(p *printer, said denial.Denial, access proof.Access, passes policy.Answer) {
	if said.Caller == "" {
		return
	}
	reason := said.Reason
	if reason == "" {
		reason = "without a reason"
	}
	p.Wrap("AWS denied it ", reason)
	if said.Endpoint != "" {
		p.Wrap("  through ", said.Endpoint)
	}
	// https://docs.aws.amazon.com/AmazonS3/latest/userguide/amazon-s3-policy-keys.html#condition-key-bucket-ops-2
	if lists := access.Action == "s3:ListBucket" || access.Action == "s3:ListBucketVersions"; lists && access.Context["s3:prefix"] == nil && passes != policy.Yes {
		p.Wrap("  ", "taken to list without a prefix; if it had one, give it: --context s3:prefix=PREFIX")
	}
	if passes == policy.Yes {
		do, ok := elsewhere[said.Policy]
		if !ok {
			do = "a policy that no template has may deny it (--scp, --rcp, --session-policy), or what is deployed differs from the templates"
		}
		p.Wrap("  ", "but the templates permit it: "+do)
	}
	p.Printf("\n")
}
