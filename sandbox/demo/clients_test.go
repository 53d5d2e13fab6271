package demo_test

import (
	"bufio"
	"bytes"
	"context"
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cftypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamotypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/crossgrant/crossgrant/sandbox"
)

// whole makes the tests run every client and every operation. `make clients` sets it.
var whole = flag.Bool("whole", false, "run every client and every operation")

const (
	originBucket = "clients-origin-" + sandbox.SourceAccount
	dataBucket   = "clients-data-" + sandbox.TargetAccount
	callerRole   = "arn:aws:iam::" + sandbox.SourceAccount + ":role/clients-caller"
	accessRole   = "arn:aws:iam::" + sandbox.TargetAccount + ":role/clients-access"
)

// clients runs the clients of AWS that people have, unmodified, in both accounts.
type clients struct {
	t            *testing.T
	ctx          context.Context
	sandbox      *sandbox.Sandbox
	contextFlags []string
	home         string
	environment  []string
	counts       map[string][2]int // passed and failed, by client
	order        []string
	versions     map[string]string
}

// runClients deploys roles, buckets and tables of its own, and asks for them with each client: what the roles may do, and what they may not. It prints how many
// operations passed and failed, and a line for each that failed; in the whole run, for each of them.
func runClients(t *testing.T, ctx context.Context, s *sandbox.Sandbox, contextFlags []string) error {
	c := &clients{t: t, ctx: ctx, sandbox: s, contextFlags: contextFlags, home: t.TempDir(), counts: map[string][2]int{}, versions: map[string]string{}}
	if err := c.deploy(); err != nil {
		return err
	}
	if err := c.logIn(); err != nil {
		return err
	}
	if err := c.boto3(); err != nil {
		return err
	}
	c.commandLine()
	if *whole {
		if err := c.s5cmd(); err != nil {
			return err
		}
		c.cdk()
	}
	passed, failed := 0, 0
	for _, name := range c.order {
		n := c.counts[name]
		fmt.Printf("      %-8s %-10s %3d passed, %d failed\n", name, c.versions[name], n[0], n[1])
		passed, failed = passed+n[0], failed+n[1]
	}
	fmt.Printf("      %-19s %3d passed, %d failed\n", "all clients", passed, failed)
	return nil
}

// result prints and counts one operation of a client.
func (c *clients) result(client, operation, expected, found string, ok bool) {
	n, seen := c.counts[client]
	if !seen {
		c.order = append(c.order, client)
	}
	word := "PASS"
	if ok {
		n[0]++
	} else {
		n[1]++
		word = "FAIL"
		c.t.Errorf("%s %s: %s\nfound    %s\nexpected %s", client, c.versions[client], operation, found, expected)
	}
	c.counts[client] = n
	if ok && !*whole {
		return
	}
	// Not "      PASS", which the demo's own lines begin with.
	fmt.Printf("  %s %s: %s: %.160s\n", word, client, operation, strings.Join(strings.Fields(found), " "))
}

// deploy deploys what the clients use, as the administrators, and puts data there.
func (c *clients) deploy() error {
	for _, of := range []struct {
		account *sandbox.Account
		name    string
	}{{c.sandbox.Target, "clients-target"}, {c.sandbox.Source, "clients-source"}} { // in this order, since a bucket policy of the source account names a role of the other
		text, err := os.ReadFile(filepath.Join("testdata", of.name+".yaml"))
		if err != nil {
			return err
		}
		client := cloudformation.NewFromConfig(c.sandbox.Config(of.account))
		if _, err := client.CreateStack(c.ctx, &cloudformation.CreateStackInput{
			StackName: aws.String(of.name), TemplateBody: aws.String(string(text)), Capabilities: []cftypes.Capability{cftypes.CapabilityCapabilityNamedIam},
		}); err != nil {
			return fmt.Errorf("deploy %s: %w", of.name, err)
		}
		complete := cloudformation.NewStackCreateCompleteWaiter(client, func(o *cloudformation.StackCreateCompleteWaiterOptions) { o.MinDelay = time.Second })
		if err := complete.Wait(c.ctx, &cloudformation.DescribeStacksInput{StackName: aws.String(of.name)}, time.Minute); err != nil {
			return fmt.Errorf("deploy %s: %w", of.name, err)
		}
	}
	for _, one := range []struct {
		account     *sandbox.Account
		bucket, key string
	}{
		{c.sandbox.Target, dataBucket, "inbox/1"}, {c.sandbox.Target, dataBucket, "inbox/2"}, {c.sandbox.Target, dataBucket, "inbox/3"}, {c.sandbox.Target, dataBucket, "private/1"},
		{c.sandbox.Source, originBucket, "out/1"}, {c.sandbox.Source, originBucket, "out/2"}, {c.sandbox.Source, originBucket, "own/1"},
	} {
		if _, err := s3.NewFromConfig(c.sandbox.Config(one.account)).PutObject(c.ctx, &s3.PutObjectInput{
			Bucket: aws.String(one.bucket), Key: aws.String(one.key), Body: strings.NewReader("content of " + one.key),
		}); err != nil {
			return fmt.Errorf("put %s into %s: %w", one.key, one.bucket, err)
		}
	}
	_, err := dynamodb.NewFromConfig(c.sandbox.Config(c.sandbox.Target)).PutItem(c.ctx, &dynamodb.PutItemInput{TableName: aws.String("clients-other"), Item: map[string]dynamotypes.AttributeValue{
		"device": &dynamotypes.AttributeValueMemberS{Value: "d1"},
	}})
	return err
}

// logIn writes the AWS configuration that the clients find: profile caller has a session of the source account's role, access is the role of the target account, which
// clients assume by themselves, and which presigns as new buckets ask for, and stranger assumes it without the external ID.
func (c *clients) logIn() error {
	got, err := sts.NewFromConfig(c.sandbox.Config(c.sandbox.Source)).AssumeRole(c.ctx, &sts.AssumeRoleInput{RoleArn: aws.String(callerRole), RoleSessionName: aws.String("clients")})
	if err != nil {
		return err
	}
	config := fmt.Sprintf("[profile caller]\nregion = %[1]s\n[profile access]\nregion = %[1]s\nrole_arn = %[2]s\nsource_profile = caller\nexternal_id = shared\nrole_session_name = boto3\ns3 =\n  signature_version = s3v4\n"+
		"[profile stranger]\nregion = %[1]s\nrole_arn = %[2]s\nsource_profile = caller\n", sandbox.Region, accessRole)
	if err := os.WriteFile(filepath.Join(c.home, "config"), []byte(config), 0o600); err != nil {
		return err
	}
	c.environment = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + c.home, "AWS_PAGER=", "AWS_DEFAULT_REGION=" + sandbox.Region, "AWS_ENDPOINT_URL=" + c.sandbox.Endpoint(),
		"AWS_CONFIG_FILE=" + filepath.Join(c.home, "config"), "AWS_SHARED_CREDENTIALS_FILE=" + filepath.Join(c.home, "credentials"), "AWS_EC2_METADATA_DISABLED=true",
		"NO_PROXY=localhost,127.0.0.1", "no_proxy=localhost,127.0.0.1",
	}
	k := got.Credentials
	return os.WriteFile(filepath.Join(c.home, "credentials"), []byte(fmt.Sprintf("[caller]\naws_access_key_id = %s\naws_secret_access_key = %s\naws_session_token = %s\n", *k.AccessKeyId, *k.SecretAccessKey, *k.SessionToken)), 0o600)
}

// access are credentials of the role of the target account.
func (c *clients) access() (*ststypes.Credentials, error) {
	caller := c.sandbox.Config(c.sandbox.Source)
	first, err := sts.NewFromConfig(caller).AssumeRole(c.ctx, &sts.AssumeRoleInput{RoleArn: aws.String(callerRole), RoleSessionName: aws.String("clients")})
	if err != nil {
		return nil, err
	}
	caller.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: *first.Credentials.AccessKeyId, SecretAccessKey: *first.Credentials.SecretAccessKey, SessionToken: *first.Credentials.SessionToken}, nil
	})
	second, err := sts.NewFromConfig(caller).AssumeRole(c.ctx, &sts.AssumeRoleInput{RoleArn: aws.String(accessRole), RoleSessionName: aws.String("s5cmd"), ExternalId: aws.String("shared")})
	if err != nil {
		return nil, err
	}
	return second.Credentials, nil
}

// boto3 runs testdata/clients.py, which has the operations.
func (c *clients) boto3() error {
	command := exec.CommandContext(c.ctx, filepath.Join(venv, "bin", "python"), filepath.Join("testdata", "clients.py"), c.home)
	command.Env = append(c.environment, "PYTHONDONTWRITEBYTECODE=1")
	var printed, problems bytes.Buffer
	command.Stdout, command.Stderr = &printed, &problems
	failed := command.Run()
	lines := bufio.NewScanner(&printed)
	for lines.Scan() {
		var row struct {
			Operation, Expected, Found string
			OK                         bool
			Boto3, AWSCLI              string
		}
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			return fmt.Errorf("read %q of clients.py: %w", lines.Text(), err)
		}
		if row.Boto3 != "" {
			c.versions["boto3"], c.versions["aws"] = row.Boto3, row.AWSCLI
			continue
		}
		c.result("boto3", row.Operation, row.Expected, row.Found, row.OK)
	}
	if failed != nil {
		return fmt.Errorf("clients.py: %w\n%s", failed, problems.String())
	}
	return nil
}

// invocation is one run of a program.
type invocation struct {
	args string // separated by spaces
	code int
	says string // in what it prints
	only bool   // in the whole run alone
	then func(printed string) error
}

// run runs a program and compares how it ends.
func (c *clients) run(client, program string, environment []string, i invocation) {
	if i.only && !*whole {
		return
	}
	command := exec.CommandContext(c.ctx, program, strings.Fields(i.args)...)
	command.Dir, command.Env = c.home, environment
	out, err := command.CombinedOutput()
	code, printed := 0, string(out)
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		code = exit.ExitCode()
	} else if err != nil {
		code, printed = -1, err.Error()
	}
	ok := code == i.code && strings.Contains(printed, i.says)
	if ok && i.then != nil {
		if err := i.then(printed); err != nil {
			ok, printed = false, err.Error()
		}
	}
	c.result(client, i.args, fmt.Sprintf("exit code %d, %q", i.code, i.says), fmt.Sprintf("exit code %d: %s", code, printed), ok)
}

// file is a check that a file has some content.
func (c *clients) file(name, content string) func(string) error {
	return func(string) error {
		found, err := os.ReadFile(filepath.Join(c.home, name))
		if err == nil && string(found) != content {
			err = fmt.Errorf("found %q in %s, expected %q", found, name, content)
		}
		return err
	}
}

// fetched is a check that what is printed is a URL of some content.
func fetched(content string) func(string) error {
	return func(printed string) error {
		response, err := http.Get(strings.TrimSpace(printed))
		if err != nil {
			return err
		}
		defer response.Body.Close()
		var found bytes.Buffer
		if _, err := found.ReadFrom(response.Body); err != nil || found.String() != content {
			return fmt.Errorf("found %s %q, %v, expected %q", response.Status, found.String(), err, content)
		}
		return nil
	}
}

// notAuthorized is what AWS says of a request that the role may not make, without its end.
func notAuthorized(session, action string) string {
	return "User: arn:aws:sts::" + sandbox.TargetAccount + ":assumed-role/clients-access/" + session + " is not authorized to perform: " + action
}

// commandLine runs the AWS CLI. Its version 1 ends with 255 after an error of a service, and with 1 if a transfer failed.
// https://docs.aws.amazon.com/cli/v1/userguide/cli-usage-returncodes.html
func (c *clients) commandLine() {
	program, err := filepath.Abs(filepath.Join(venv, "bin", "aws"))
	if err != nil {
		c.t.Fatal(err)
	}
	tree := filepath.Join(c.home, "tree")
	for name, content := range map[string]string{"a.txt": "a", "sub/b.txt": "b"} {
		if err := errors.Join(os.MkdirAll(filepath.Dir(filepath.Join(tree, name)), 0o700), os.WriteFile(filepath.Join(tree, name), []byte(content), 0o600)); err != nil {
			c.t.Fatal(err)
		}
	}
	const inbox, private = "s3://" + dataBucket + "/inbox/", "s3://" + dataBucket + "/private/"
	const access = " --profile access"
	key := func(device string) string { return `{"device":{"S":"` + device + `"},"at":{"N":"1"}}` }
	for _, i := range []invocation{
		{args: "sts get-caller-identity --query Arn --output text" + access, says: "arn:aws:sts::222222222222:assumed-role/clients-access/boto3", only: true},
		{args: "sts get-caller-identity --profile stranger", code: 255, says: "An error occurred (AccessDenied) when calling the AssumeRole operation: User: arn:aws:sts::111111111111:assumed-role/clients-caller/clients is not authorized to perform: sts:AssumeRole", only: true},
		{args: "sts assume-role --role-arn " + accessRole + " --role-session-name cli --external-id shared --query AssumedRoleUser.Arn --output text --profile caller", says: "assumed-role/clients-access/cli", only: true},
		{args: "sts assume-role --role-arn " + accessRole + " --role-session-name cli --external-id guessed --profile caller", code: 255, says: "An error occurred (AccessDenied) when calling the AssumeRole operation", only: true},

		{args: "s3 ls " + inbox + access, says: "18 1\n", only: true},
		{args: "s3 ls " + private + access, code: 255, says: "An error occurred (AccessDenied) when calling the ListObjectsV2 operation: " + notAuthorized("boto3", "s3:ListBucket"), only: true},
		{args: "s3 cp tree/a.txt " + inbox + "cli/a.txt" + access, says: "upload: tree/a.txt to " + inbox + "cli/a.txt", only: true},
		{args: "s3 cp tree/a.txt " + private + "a.txt" + access, code: 1, says: "upload failed: tree/a.txt to " + private + "a.txt An error occurred (AccessDenied) when calling the PutObject operation: " + notAuthorized("boto3", "s3:PutObject")},
		{args: "s3 cp large " + inbox + "cli/large" + access, says: "upload: ./large", only: true},
		{args: "s3 cp " + inbox + "cli/large again" + access, says: "download: ", only: true},
		{args: "s3 cp " + inbox + "1 down.txt" + access, says: "download: " + inbox + "1 to ./down.txt", then: c.file("down.txt", "content of inbox/1"), only: true},
		{args: "s3 cp " + private + "1 none.txt" + access, code: 1, says: "fatal error: An error occurred (403) when calling the HeadObject operation: Forbidden", only: true},
		{args: "s3 cp s3://" + originBucket + "/out/ " + inbox + "out/ --recursive" + access, says: "copy: s3://" + originBucket + "/out/1 to " + inbox + "out/1"},
		{args: "s3 cp s3://" + originBucket + "/out/1 " + private + "1" + access, code: 1, says: "An error occurred (AccessDenied) when calling the CopyObject operation: " + notAuthorized("boto3", "s3:PutObject"), only: true},
		{args: "s3 cp s3://" + originBucket + "/own/ " + inbox + "own/ --recursive" + access, code: 1, says: "An error occurred (AccessDenied) when calling the CopyObject operation: " + notAuthorized("boto3", "s3:GetObject"), only: true},
		{args: "s3 sync tree " + inbox + "tree/" + access, says: "upload: tree/sub/b.txt to " + inbox + "tree/sub/b.txt"},
		{args: "s3 sync tree " + private + "tree/" + access, code: 1, says: "fatal error: An error occurred (AccessDenied) when calling the ListObjectsV2 operation: " + notAuthorized("boto3", "s3:ListBucket"), only: true},
		{args: "s3 cp tree/a.txt " + inbox + "tree/more.txt" + access, says: "upload: ", only: true},
		{args: "s3 sync " + inbox + "tree/ back" + access, says: "download: " + inbox + "tree/more.txt to back/more.txt", then: c.file("back/sub/b.txt", "b"), only: true},
		{args: "s3 sync tree " + inbox + "tree/ --delete" + access, says: "delete: " + inbox + "tree/more.txt", only: true},
		{args: "s3 sync " + inbox + "tree/ back --delete" + access, says: "delete: back/more.txt", only: true},
		{args: "s3 mv " + inbox + "tree/a.txt " + inbox + "tree/moved.txt" + access, says: "move: " + inbox + "tree/a.txt to " + inbox + "tree/moved.txt", only: true},
		{args: "s3 presign " + inbox + "1" + access, says: "X-Amz-Signature=", then: fetched("content of inbox/1")},
		{args: "s3 rm " + inbox + "tree/ --recursive" + access, says: "delete: " + inbox + "tree/sub/b.txt", only: true},
		{args: "s3 rm " + private + "1" + access, code: 1, says: "delete failed: " + private + "1 An error occurred (AccessDenied) when calling the DeleteObject operation: " + notAuthorized("boto3", "s3:DeleteObject"), only: true},

		{args: "s3api list-objects-v2 --bucket " + dataBucket + " --prefix inbox/1 --query Contents[].Key --output text" + access, says: "inbox/1\n", only: true},
		{args: "s3api head-object --bucket " + dataBucket + " --key inbox/1 --query ContentLength" + access, says: "18", only: true},
		{args: "s3api head-object --bucket " + dataBucket + " --key private/1" + access, code: 255, says: "An error occurred (403) when calling the HeadObject operation: Forbidden", only: true},
		{args: "s3api get-object --bucket " + dataBucket + " --key inbox/2 two.txt" + access, says: `"ContentLength": 18`, then: c.file("two.txt", "content of inbox/2"), only: true},
		{args: "s3api get-bucket-policy --bucket " + dataBucket + access, code: 255, says: "An error occurred (AccessDenied) when calling the GetBucketPolicy operation: " + notAuthorized("boto3", "s3:GetBucketPolicy"), only: true},
		{args: "s3api delete-objects --bucket " + dataBucket + " --delete Objects=[{Key=private/1}]" + access, says: `"Code": "AccessDenied"`, only: true},

		{args: "dynamodb put-item --table-name clients-devices --item " + key("c1") + access, only: true},
		{args: "dynamodb get-item --table-name clients-devices --key " + key("d1") + access, says: `"S": "two"`},
		{args: `dynamodb query --table-name clients-devices --key-condition-expression device=:d --expression-attribute-values {":d":{"S":"c1"}}` + access, says: `"Count": 1`, only: true},
		{args: "dynamodb scan --table-name clients-devices --select COUNT" + access, says: `"Count": 30`, only: true},
		{args: "dynamodb scan --table-name clients-other" + access, code: 255, says: "An error occurred (AccessDeniedException) when calling the Scan operation: " + notAuthorized("boto3", "dynamodb:Scan") +
			` on resource: "arn:aws:dynamodb:ap-northeast-1:222222222222:table/clients-other" because no identity-based policy allows the dynamodb:Scan action`},
		{args: `dynamodb transact-write-items --transact-items [{"Put":{"TableName":"clients-devices","Item":` + key("c2") + `}},{"Delete":{"TableName":"clients-devices","Key":` + key("c1") + `}}]` + access, only: true},
		{args: `dynamodb transact-write-items --transact-items [{"Put":{"TableName":"clients-other","Item":` + key("c2") + `}}]` + access, code: 255,
			says: "An error occurred (AccessDeniedException) when calling the TransactWriteItems operation: " + notAuthorized("boto3", "dynamodb:PutItem"), only: true},
		{args: "dynamodb delete-table --table-name clients-devices" + access, code: 255, says: "An error occurred (AccessDeniedException) when calling the DeleteTable operation", only: true},
	} {
		c.run("aws", program, c.environment, i)
	}
}

// s5cmd runs s5cmd with the credentials of the role: its SDK would ask the real STS to assume it.
func (c *clients) s5cmd() error {
	k, err := c.access()
	if err != nil {
		return err
	}
	program := filepath.Join(c.home, "s5cmd-program")
	build := exec.CommandContext(c.ctx, "go", "build", "-modfile=tools/s5cmd/go.mod", "-o", program, "github.com/peak/s5cmd/v2")
	build.Dir = project
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build s5cmd: %w\n%s", err, out)
	}
	built, err := buildinfo.ReadFile(program)
	if err != nil {
		return err
	}
	for _, one := range append(built.Deps, &built.Main) {
		if one.Path == "github.com/peak/s5cmd/v2" {
			c.versions["s5cmd"] = one.Version
		}
	}
	environment := []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + c.home, "AWS_REGION=" + sandbox.Region, "S3_ENDPOINT_URL=" + c.sandbox.Endpoint(), "NO_PROXY=localhost,127.0.0.1", "no_proxy=localhost,127.0.0.1",
		"AWS_ACCESS_KEY_ID=" + *k.AccessKeyId, "AWS_SECRET_ACCESS_KEY=" + *k.SecretAccessKey, "AWS_SESSION_TOKEN=" + *k.SessionToken,
	}
	const inbox, private = "s3://" + dataBucket + "/inbox/", "s3://" + dataBucket + "/private/"
	denied := func(action string) string { return "AccessDenied: " + notAuthorized("s5cmd", action) }
	for _, i := range []invocation{
		{args: "ls " + inbox, says: "18  1\n"},
		{args: "ls " + private, code: 1, says: denied("s3:ListBucket")},
		{args: "cat " + inbox + "2", says: "content of inbox/2"},
		{args: "cat " + private + "1", code: 1, says: `ERROR "cat ` + private + `1"`},
		{args: "cp tree/a.txt " + inbox + "s5/a.txt", says: "cp tree/a.txt " + inbox + "s5/a.txt"},
		{args: "cp tree/a.txt " + private + "a.txt", code: 1, says: denied("s3:PutObject")},
		{args: "cp large " + inbox + "s5/large", says: "cp large"},
		{args: "cp " + inbox + "s5/large large3", says: "cp "},
		{args: "cp " + inbox + "? wild/", says: "cp " + inbox + "3", then: c.file("wild/3", "content of inbox/3")},
		{args: "cp s3://" + originBucket + "/out/* " + inbox + "s5/out/", says: "cp s3://" + originBucket + "/out/2 " + inbox + "s5/out/2"},
		{args: "cp s3://" + originBucket + "/own/* " + inbox + "s5/own/", code: 1, says: denied("s3:GetObject")},
		{args: "sync tree/ " + inbox + "s5/tree/", says: "cp tree/sub/b.txt " + inbox + "s5/tree/sub/b.txt"},
		{args: "sync --delete " + inbox + "s5/tree/* s5back/", says: "cp " + inbox + "s5/tree/sub/b.txt", then: c.file("s5back/sub/b.txt", "b")},
		{args: "sync tree/ " + private + "tree/", code: 1, says: denied("s3:ListBucket")},
		{args: "mv " + inbox + "s5/tree/a.txt " + inbox + "s5/tree/moved.txt", says: "mv " + inbox + "s5/tree/a.txt " + inbox + "s5/tree/moved.txt"},
		{args: "rm " + inbox + "s5/*", says: "rm " + inbox + "s5/tree/moved.txt"},
		{args: "rm " + private + "1", code: 1, says: notAuthorized("s5cmd", "s3:DeleteObject")},
	} {
		c.run("s5cmd", program, environment, i)
	}
	return nil
}

// cdk runs the CDK command line on what the demo has deployed, after it bootstrapped both accounts with the derived policies. --method=template and --method=direct because the
// local AWS keeps no change sets of updates.
func (c *clients) cdk() {
	manifest, err := os.ReadFile(filepath.Join(project, "node_modules", "aws-cdk", "package.json"))
	if err != nil {
		c.t.Fatal(err)
	}
	var of struct{ Version string }
	if err := json.Unmarshal(manifest, &of); err != nil {
		c.t.Fatal(err)
	}
	c.versions["cdk"] = of.Version
	const diff, deploy = "diff CrossGrant-Target --fail --method=template", "deploy CrossGrant-Target --method=direct --previous-parameters=false"
	changed := append(slices.Clone(c.contextFlags), "-c", "prefixes="+sandbox.FirstPrefix)
	for _, i := range []struct {
		args  string
		flags []string
		says  string // in the error; "" for none
	}{
		{"bootstrap aws://" + sandbox.TargetAccount + "/" + sandbox.Region, nil, ""},
		{diff, c.contextFlags, ""},
		{deploy, c.contextFlags, ""},
		{diff, changed, `arn:aws:s3:::crossgrant-dev-222222222222-ap-northeast-1/reports/*`},
		{deploy, changed, ""},
		{diff, changed, ""},
	} {
		c.cdkResult(i.args, i.says, c.sandbox.CDK(c.ctx, c.sandbox.Target, append(append(strings.Fields(i.args), i.flags...), "--profile", "target")...))
	}
	c.cdkAsAccess(deploy)
	destroy := "destroy CrossGrant-Target --force"
	c.cdkResult(destroy, "", c.sandbox.CDK(c.ctx, c.sandbox.Target, append(append(strings.Fields(destroy), changed...), "--profile", "target")...))
	left, err := c.sandbox.Stacks(c.ctx, c.sandbox.Target)
	c.result("cdk", "the stacks that are left", "[clients-target]", fmt.Sprint(left, err), err == nil && slices.Equal(left, []string{"clients-target"}))
}

// cdkResult counts a run of the CDK command line.
func (c *clients) cdkResult(operation, says string, err error) {
	found, expected := "exit code 0", "exit code 0"
	if err != nil {
		found = err.Error()
	}
	if says != "" {
		expected = "an error with " + says
	}
	c.result("cdk", operation, expected, found, (err == nil) == (says == "") && strings.Contains(found, says))
}

// cdkAsAccess deploys as the role of the target account, which may neither assume the roles of the bootstrapping nor read its version.
func (c *clients) cdkAsAccess(deploy string) {
	npx, err := exec.LookPath("npx")
	if err != nil {
		c.t.Fatal(err)
	}
	command := exec.CommandContext(c.ctx, npx, append(append([]string{"cdk"}, strings.Fields(deploy)...), "--app", c.sandbox.Assembly(), "--profile", "access")...)
	command.Dir = project
	command.Env = append(slices.Clone(c.environment), "CDK_HOME="+c.home, "CDK_DISABLE_VERSION_CHECK=1", "CDK_REQUIRE_APPROVAL=never", "CI=true", "NO_COLOR=1")
	out, err := command.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%w: %s", err, out)
	}
	c.cdkResult(deploy+" --profile access", "AccessDeniedException: "+notAuthorized("boto3", "ssm:GetParameter"), err)
}
