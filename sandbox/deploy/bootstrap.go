package deploy

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/smithy-go"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/deployment"
	"github.com/crossgrant/crossgrant/sandbox/environment"
)

// place is an environment of the CDK, with the qualifier of what it is bootstrapped with.
type place struct{ account, region, qualifier string }

// toolkit is the name of the stack that bootstrapping deploys.
func (p place) toolkit() string {
	if p.qualifier == defaultQualifier {
		return "CDKToolkit"
	}
	return "CDKToolkit-" + p.qualifier
}

// bootstrap bootstraps the environments of stacks that need it, with an execution role that may do what the stacks of its account in the app need, unless they
// are bootstrapped with that already.
func (r *run) bootstrap(ctx context.Context, app *assembly.Assembly, artifacts map[string]artifact, stacks []*assembly.Stack) error {
	needed := map[place]bool{}
	for _, s := range stacks {
		if a := artifacts[s.Template]; a.bootstrapped {
			needed[place{s.Account, s.Region, a.qualifier}] = true
		}
	}
	var places []place
	for p := range needed {
		places = append(places, p)
	}
	slices.SortFunc(places, func(a, b place) int {
		return cmp.Or(strings.Compare(a.account, b.account), strings.Compare(a.region, b.region), strings.Compare(a.qualifier, b.qualifier))
	})
	for _, p := range places {
		if err := r.bootstrapPlace(ctx, app, p); err != nil {
			return err
		}
	}
	return nil
}

// administratorAccess is what the CDK bootstraps with by itself.
const administratorAccess = "arn:aws:iam::aws:policy/AdministratorAccess"

func (r *run) bootstrapPlace(ctx context.Context, app *assembly.Assembly, p place) error {
	access, err := r.Access(ctx, p.account)
	if err != nil {
		return err
	}
	access.Region = p.region
	attached, there, err := executionPolicies(ctx, access, p.toolkit())
	if err != nil {
		return err
	}
	permissions, problem := deployment.Derive(app, p.account)
	arns := []string{administratorAccess}
	if problem == nil {
		arns = nil
		for _, one := range permissions.Policies {
			arns = append(arns, policyARN(p.account, one))
		}
	}
	if there && !slices.ContainsFunc(arns, func(arn string) bool { return !slices.Contains(attached, arn) }) {
		return nil
	}
	at := "aws://" + p.account + "/" + p.region
	if problem != nil {
		r.Progress("Bootstrapping %s with AdministratorAccess, since what its stacks need is not known: %s", at, firstLine(problem))
	} else {
		r.Progress("Bootstrapping %s with the permissions that its stacks need", at)
		for i, one := range permissions.Policies {
			if slices.Contains(attached, arns[i]) {
				continue
			}
			if err := createPolicy(ctx, access, policyName(one), string(one.JSON())); err != nil {
				return fmt.Errorf("create policy %s of account %s: %w", policyName(one), p.account, err)
			}
		}
		for _, arn := range attached { // of other apps
			if first := permissions.Stacks[0]; !ofApp(arn, first) && arn != administratorAccess && !slices.Contains(arns, arn) {
				arns = append(arns, arn)
			}
		}
	}
	args := []string{"bootstrap", at, "--app", r.assembly, "--cloudformation-execution-policies", strings.Join(arns, ",")}
	if p.qualifier != defaultQualifier {
		args = append(args, "--qualifier", p.qualifier, "--toolkit-stack-name", p.toolkit())
	}
	if err := r.runCDK(ctx, p.account, args...); err != nil {
		return err
	}
	r.result.Bootstrapped = append(r.result.Bootstrapped, at)
	return nil
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// policyName is a name that is another one if the policy is, so that no policy has to be changed.
func policyName(p deployment.Policy) string {
	sum := sha256.Sum256(p.JSON())
	return p.Name + "-" + hex.EncodeToString(sum[:4])
}

func policyARN(account string, p deployment.Policy) string {
	return "arn:aws:iam::" + account + ":policy/" + policyName(p)
}

// ofApp says that a policy is one that this package made for an app whose first stack has this name.
func ofApp(arn, stack string) bool {
	_, name, _ := strings.Cut(arn, ":policy/")
	return regexp.MustCompile(`^` + regexp.QuoteMeta(stack) + `-exec-[0-9]+-[0-9a-f]{8}$`).MatchString(name)
}

func config(a environment.Access) aws.Config {
	return aws.Config{
		Region: a.Region, BaseEndpoint: aws.String(a.Endpoint),
		Credentials: credentials.NewStaticCredentialsProvider(a.AccessKeyID, a.SecretAccessKey, a.SessionToken),
	}
}

// executionPolicies are the execution policies that an environment is bootstrapped with, and whether it is.
func executionPolicies(ctx context.Context, a environment.Access, toolkit string) (arns []string, there bool, err error) {
	out, err := cloudformation.NewFromConfig(config(a)).DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: aws.String(toolkit)})
	if problem := smithy.APIError(nil); errors.As(err, &problem) && problem.ErrorCode() == "ValidationError" { // which is how CloudFormation says that there is none
		return nil, false, nil
	} else if err != nil {
		return nil, false, fmt.Errorf("describe stack %s of account %s: %w", toolkit, a.Account, err)
	}
	for _, s := range out.Stacks {
		for _, p := range s.Parameters {
			if aws.ToString(p.ParameterKey) == "CloudFormationExecutionPolicies" {
				arns = strings.FieldsFunc(aws.ToString(p.ParameterValue), func(r rune) bool { return strings.ContainsRune("[]', ", r) }) // a list, which the local AWS writes as Python does
			}
		}
	}
	return arns, true, nil
}

// resources is how many resources a stack has.
func (r *run) resources(ctx context.Context, s *assembly.Stack) (n int, err error) {
	access, err := r.Access(ctx, s.Account)
	if err != nil {
		return 0, err
	}
	access.Region = s.Region
	pages := cloudformation.NewListStackResourcesPaginator(cloudformation.NewFromConfig(config(access)), &cloudformation.ListStackResourcesInput{StackName: aws.String(s.Name)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return 0, fmt.Errorf("list resources of stack %s: %w", s.Name, err)
		}
		n += len(page.StackResourceSummaries)
	}
	return n, nil
}

// createPolicy creates a managed policy, unless there is one of that name, which has the same document then. It is one signed request, for which the SDK's client
// of IAM would be a large module.
func createPolicy(ctx context.Context, a environment.Access, name, document string) error {
	form := url.Values{"Action": {"CreatePolicy"}, "Version": {"2010-05-08"}, "PolicyName": {name}, "PolicyDocument": {document}}.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, a.Endpoint, strings.NewReader(form))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	sum := sha256.Sum256([]byte(form))
	signed := aws.Credentials{AccessKeyID: a.AccessKeyID, SecretAccessKey: a.SecretAccessKey, SessionToken: a.SessionToken}
	if err := v4.NewSigner().SignHTTP(ctx, signed, request, hex.EncodeToString(sum[:]), "iam", a.Region, time.Now()); err != nil {
		return err
	}
	response, err := (&http.Client{Transport: &http.Transport{}}).Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 64<<10))
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK && !strings.Contains(string(text), "EntityAlreadyExists") {
		return fmt.Errorf("found status %d: %s", response.StatusCode, strings.TrimSpace(string(text)))
	}
	return nil
}
