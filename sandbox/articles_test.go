package sandbox

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"go.yaml.in/yaml/v3"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/internal/txtar"
	"github.com/crossgrant/crossgrant/proof"
)

// articlesVariable names a directory with the texts of the articles whose policies are in proof/testdata/articles. The texts are their authors' and no part of
// this repository; without them, handlers that make the same requests run alone.
const articlesVariable = "CROSSGRANT_ARTICLES"

// article is one article: with a handler in Python, or with an instance.
type article struct {
	name string
	// file is the beginning of the name of its text, and first and last are the first line of its handler and the last one. levels has the indentation of
	// each line, where the text has lost it; "" where it has not.
	file, first, last, levels string
	// changes replaces in the handler what the article tells its readers to replace, by pairs.
	changes []string
	// source and target replace in the templates, by pairs, and mendSource and mendTarget what the article's policies lack.
	source, target         []string
	mendSource, mendTarget []string
	environment            map[string]string
	parameters             map[string]string
	role                   string // of the function or the instance
	instance               bool   // that it runs on an instance
	calls                  []proof.Access
	head                   bool   // that the client asks by HEAD, so that AWS says nothing of a denial
	works                  string // what the payload or the log has if the handler works
}

const trailKey = "AWSLogs/222222222222/CloudTrail/ap-northeast-1/2016/08/25/222222222222_CloudTrail_ap-northeast-1_20160825T1310Z_XXXXXXXXXXXXXXXX.json.gz"

func as(role string) *proof.Assume {
	return &proof.Assume{Role: "arn:aws:iam::222222222222:role/" + role}
}

func articles(temporary string) []article {
	return []article{
		{
			name: "a0", environment: map[string]string{}, file: "000_", first: "import boto3", last: "print(object.key)", levels: "00012211122221112", changes: []string{"111111111111", "222222222222"}, role: "lister",
			calls: []proof.Access{{Caller: "arn:aws:iam::111111111111:role/lister", Assumes: as("accountb-s3bucket-access-role"), Action: "s3:ListBucket", Resource: "arn:aws:s3:::examplebucket"}},
			works: "\nin/1\n",
		},
		{
			name: "a1", file: "001_", first: "import boto3", last: "raise e", levels: "0000000" + "11111111" + "22" + "34433" + "233" + "2" + "34444" + "33" + "233" + "22" + "34" + "5666" + "55" + "455" + "2332" + "122",
			environment: map[string]string{"s3_bucket": "origin", "s3_key": "in/", "target_s3_bucket": "destination", "target_account_role_arn": "arn:aws:iam::222222222222:role/copier"},
			role:        "lambda",
			calls: []proof.Access{
				{Caller: "arn:aws:sts::111111111111:assumed-role/lambda/a1", Action: "s3:ListBucket", Resource: "arn:aws:s3:::origin"},
				{Caller: "arn:aws:iam::111111111111:role/lambda", Assumes: as("copier"), Action: "s3:GetObject", Resource: "arn:aws:s3:::origin/in/1"},
				{Caller: "arn:aws:iam::111111111111:role/lambda", Assumes: as("copier"), Action: "s3:PutObject", Resource: "arn:aws:s3:::destination/in/1"},
			},
			works: `"statusCode": 200`,
			// What the article's policies lack is what the proof says of them: the function may not list, and the role's own account has to let it read, too.
			mendSource: []string{`copier"}]}}]`, `copier"}, {Sid: ListOrigin, Effect: Allow, Action: "s3:ListBucket", Resource: "arn:aws:s3:::origin"}]}}]`},
			mendTarget: []string{`"arn:aws:s3:::destination"]}]`, `"arn:aws:s3:::destination"]}, {Sid: ReadOrigin, Effect: Allow, Action: "s3:GetObject", Resource: "arn:aws:s3:::origin/*"}]`},
		},
		{
			name: "a2", environment: map[string]string{}, file: "002_", first: "import boto3", last: "    print file", role: "trail-lambda",
			changes: []string{"000000000000", "222222222222", "cross-role-for-cloudtrail", "log-reader", "my-cloudtrail-bucket", "trail-logs", "/tmp/", temporary + "/", "print file", "print(file)"},
			source:  []string{"RoleName: lambda", "RoleName: trail-lambda", "role/lambda", "role/trail-lambda"}, target: []string{"role/lambda", "role/trail-lambda"},
			calls: []proof.Access{{Caller: "arn:aws:iam::111111111111:role/trail-lambda", Assumes: as("log-reader"), Action: "s3:GetObject", Resource: "arn:aws:s3:::trail-logs/" + trailKey}},
			head:  true, works: "hoge.gz\n",
		},
		{ // which has commands for the command line of an instance, and no handler
			name: "a3", role: "RoleA", instance: true,
			source: []string{"{Type: AWS::EC2::Instance, Properties: {", "{Type: AWS::EC2::Instance, Properties: {ImageId: ami-0123456789abcdef0, InstanceType: t4g.micro, "},
			calls: []proof.Access{
				{Caller: "arn:aws:iam::111111111111:role/RoleA", Assumes: as("RoleB"), Action: "s3:PutObject", Resource: "arn:aws:s3:::uploads/s3-put-test.txt"},
				{Caller: "arn:aws:iam::111111111111:role/RoleA", Assumes: as("RoleB"), Action: "s3:ListBucket", Resource: "arn:aws:s3:::uploads"},
			},
			works: "s3-put-test.txt\n",
		},
		{
			name: "a4", file: "004_", first: "import os", last: "    }", role: "other-account-dynamodb-access-lambda-role",
			environment: map[string]string{"DST_AWS_ACCOUNT_ID": "222222222222", "DST_ROLE_NAME": "dynamodb-access-role", "TABLE_NAME": "access-sample-table"},
			parameters:  map[string]string{"SrcAwsAccountId": "111111111111", "DstAwsAccountId": "222222222222", "DstRoleName": "dynamodb-access-role"},
			target: []string{
				"BillingMode: PAY_PER_REQUEST",
				"BillingMode: PAY_PER_REQUEST, AttributeDefinitions: [{AttributeName: deviceId, AttributeType: S}], KeySchema: [{AttributeName: deviceId, KeyType: HASH}]",
			},
			calls: []proof.Access{{
				Caller: "arn:aws:iam::111111111111:role/other-account-dynamodb-access-lambda-role", Assumes: as("dynamodb-access-role"), Action: "dynamodb:Scan",
				Resource: "arn:aws:dynamodb:ap-northeast-1:222222222222:table/access-sample-table",
			}},
			works: `\"name\": \"This is a pen.\"`,
		},
	}
}

// everyStatement makes the test of the articles run all of them, and remove each statement.
var everyStatement = flag.Bool("every-statement", false, "deploy all articles, and remove each statement of their policies, one by one")

// Without -every-statement the test deploys this many articles, and removes as many statements of each.
const (
	sampleArticles   = 1
	sampleStatements = 2
)

// testArticles deploys what each article gives, runs its handler and one of our own, and then again without each statement of its policies, one by one: the
// handler works or fails as the proof says of the same templates, and the gateway says why in the same words.
func testArticles(t *testing.T, s *Sandbox) {
	texts := os.Getenv(articlesVariable)
	seed := uint64(time.Now().UnixNano())
	chosen := rand.New(rand.NewPCG(seed, 0))
	own := ownHandlers(t)
	handlers, edits, needed := 0, 0, 0
	some := articles(t.TempDir())
	if !*everyStatement {
		chosen.Shuffle(len(some), func(i, j int) { some[i], some[j] = some[j], some[i] })
		some = some[:sampleArticles]
	}
	for _, a := range some {
		t.Run(a.name, func(t *testing.T) {
			codes := []string{own[a.name]}
			if texts != "" && a.file != "" {
				codes = append(codes, a.handler(t, texts))
			}
			d := a.deploy(t, s)
			d.putData()
			for _, code := range codes {
				handlers++
				d.setCode(code)
				if a.mendSource != nil {
					if d.try("as the article says") {
						t.Error("found that the article's policies are enough, expected that they lack something")
					}
					d.change(0, replaced(t, d.templates[0], a.mendSource))
					d.change(1, replaced(t, d.templates[1], a.mendTarget))
				}
				if !d.try("with all statements") {
					t.Error("found that the handler fails")
				}
				whole := d.templates
				changed := func(i int, template string) {
					if d.templates[i] != template {
						d.change(i, template)
					}
				}
				all := d.edits()
				if !*everyStatement {
					chosen.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
					all = all[:sampleStatements]
				}
				for _, e := range all {
					if strings.HasPrefix(e.where, "A0-Target/Resources/BucketPolicy/") {
						edits++
						d.requireLockedOut(e) // as the proof says of the article: its KeepAlive is broken
						continue
					}
					changed(1-e.side, whole[1-e.side])
					changed(e.side, e.template)
					edits++
					if !d.try("without " + e.where) {
						needed++
					}
				}
				changed(1, d.whole[1])
			}
		})
	}
	t.Logf("handlers: %d; statements removed, one by one: %d, of which the handlers need %d", handlers, edits, needed)
	if !*everyStatement {
		t.Logf("they and the articles were chosen with seed %d; make articles takes all", seed)
	}
	if texts == "" {
		t.Logf("the articles' own handlers did not run: %s names no directory with their texts", articlesVariable)
	}
}

// replaced replaces by pairs, each of which has to be there.
func replaced(t *testing.T, text string, changes []string) string {
	t.Helper()
	for i := 0; i < len(changes); i += 2 {
		if !strings.Contains(text, changes[i]) {
			t.Fatalf("found no %q to replace in\n%s", changes[i], text)
		}
	}
	return strings.NewReplacer(changes...).Replace(text)
}

// ownHandlers are our handlers by article.
func ownHandlers(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "articles.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	articles := map[string]string{"list.py": "a0", "copy.py": "a1", "trail.py": "a2", "scan.py": "a4", "upload.py": "a3"}
	own := map[string]string{}
	for _, file := range txtar.Parse(string(text)) {
		own[articles[file.Name]] = file.Text
	}
	return own
}

// handler reads the handler of an article from its text.
func (a article) handler(t *testing.T, directory string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(directory, a.file+"*"))
	if err != nil || len(found) != 1 {
		t.Fatalf("found %q, %v, expected one text whose name begins with %s in the directory that %s names", found, err, a.file, articlesVariable)
	}
	text, err := os.ReadFile(found[0])
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Split(string(text), "\n")
	first := slices.Index(all, a.first)
	if first < 0 {
		t.Fatalf("%s: found no line %q", found[0], a.first)
	}
	count := slices.Index(all[first:], a.last) + 1
	if count == 0 || a.levels != "" && len(a.levels) != count {
		t.Fatalf("%s: found a handler of %d lines, expected one of %d that ends with %q", found[0], count, len(a.levels), a.last)
	}
	handler := all[first : first+count]
	for i := range a.levels {
		handler[i] = strings.Repeat("    ", int(a.levels[i]-'0')) + handler[i]
	}
	return strings.NewReplacer(a.changes...).Replace(strings.Join(handler, "\n")) + "\n"
}

// deployment is a deployed article.
type deployment struct {
	article
	t         *testing.T
	sandbox   *Sandbox
	code      string
	whole     [2]string // the templates of the source and of the target, as the article has them, without the code
	templates [2]string // those that are deployed
	ids       [2]map[string]string
	function  *Function
}

func (a article) deploy(t *testing.T, s *Sandbox) *deployment {
	t.Helper()
	d := &deployment{article: a, t: t, sandbox: s, code: "def lambda_handler(event, context): pass\n"}
	for i, c := range []struct {
		side    string
		changes []string
	}{{"source", a.source}, {"target", a.target}} {
		text, err := os.ReadFile(filepath.Join("..", "proof", "testdata", "articles", a.name+"-"+c.side+".yaml"))
		if err != nil {
			t.Fatal(err)
		}
		changes := c.changes
		if i == 0 && !a.instance {
			changes = append(changes, bareFunction, bareFunction+"FunctionName: "+d.functionName()+", Runtime: python3.13, Handler: index.lambda_handler, Timeout: 20, Environment: {Variables: "+variablesOf+"}, Code: {ZipFile: "+codeOf+"}, ")
		}
		if i == 1 && a.name == "a0" { // AWS chooses the ID of the endpoint
			changes = append(changes, "vpce-1a2b3c4d", d.ids[0]["S3"])
		}
		d.whole[i] = replaced(t, string(text), changes)
		d.templates[i] = d.whole[i]
		if i == 0 {
			d.templates[i], _, _ = strings.Cut(d.whole[i], "  OriginPolicy:\n") // which names a role that the target has to have before
		}
		create(t, s, d.account(i), d.stack(i), d.template(d.templates[i]), d.given(i)...)
		d.ids[i] = d.resources(i)
	}
	if d.templates[0] != d.whole[0] {
		d.change(0, d.whole[0])
	}
	t.Cleanup(func() {
		if d.function != nil {
			d.function.Stop()
		}
	})
	return d
}

func (d *deployment) account(i int) *Account {
	return []*Account{d.sandbox.Source, d.sandbox.Target}[i]
}

func (d *deployment) stack(i int) string {
	return strings.ToUpper(d.name) + []string{"-Source", "-Target"}[i]
}

// given are the parameters of a template.
func (d *deployment) given(i int) (all []string) {
	for key, value := range d.parameters {
		if strings.Contains(d.templates[i], "\n  "+key+": {Type: String}\n") {
			all = append(all, key+"="+value)
		}
	}
	return all
}

// The function of the templates, and what it is deployed with.
const (
	bareFunction = "{Type: AWS::Lambda::Function, Properties: {"
	codeOf       = "THE-CODE"
	variablesOf  = "THE-VARIABLES"
)

// template is a template with the function's code and variables.
func (d *deployment) template(text string) string {
	variables, _ := json.Marshal(d.environment)
	code, _ := json.Marshal(d.code)
	return strings.NewReplacer(codeOf, string(code), variablesOf, string(variables)).Replace(text)
}

func (d *deployment) functionName() string { return "article-" + d.name }

// resources are the physical IDs of what is deployed.
func (d *deployment) resources(i int) map[string]string {
	d.t.Helper()
	got, err := cloudformation.NewFromConfig(d.sandbox.Config(d.account(i))).ListStackResources(d.t.Context(), &cloudformation.ListStackResourcesInput{StackName: aws.String(d.stack(i))})
	if err != nil {
		d.t.Fatal(err)
	}
	ids := map[string]string{}
	for _, r := range got.StackResourceSummaries {
		ids[aws.ToString(r.LogicalResourceId)] = aws.ToString(r.PhysicalResourceId)
	}
	return ids
}

// putData puts what the handlers read into the local AWS itself: the policies of a0 lock out the owner of the bucket.
func (d *deployment) putData() {
	d.t.Helper()
	put := func(account *Account, bucket, key string) {
		d.t.Helper()
		if _, err := s3.NewFromConfig(d.behind(account)).PutObject(d.t.Context(), &s3.PutObjectInput{Bucket: aws.String(bucket), Key: aws.String(key), Body: strings.NewReader("content")}); err != nil {
			d.t.Fatal(err)
		}
	}
	switch d.name {
	case "a0":
		put(d.sandbox.Target, "examplebucket", "in/1")
	case "a1":
		put(d.sandbox.Source, "origin", "in/1")
	case "a2":
		put(d.sandbox.Target, "trail-logs", trailKey)
	case "a4":
		if _, err := dynamodb.NewFromConfig(d.behind(d.sandbox.Target)).PutItem(d.t.Context(), &dynamodb.PutItemInput{
			TableName: aws.String("access-sample-table"),
			Item: map[string]dynamodbtypes.AttributeValue{
				"deviceId": &dynamodbtypes.AttributeValueMemberS{Value: "d0001"}, "name": &dynamodbtypes.AttributeValueMemberS{Value: "This is a pen."},
			},
		}); err != nil {
			d.t.Fatal(err)
		}
	}
}

// behind is the configuration of a client of the local AWS itself.
func (d *deployment) behind(account *Account) aws.Config {
	d.t.Helper()
	c, err := d.sandbox.aws.Administrator(d.t.Context(), Region, account.ID)
	if err != nil {
		d.t.Fatal(err)
	}
	return d.sandbox.aws.Config(Region, c)
}

// setCode deploys another handler.
func (d *deployment) setCode(code string) {
	d.t.Helper()
	d.code = code
	if d.instance {
		return
	}
	d.change(0, d.whole[0])
	d.start()
}

// change deploys another template.
func (d *deployment) change(i int, template string) {
	d.t.Helper()
	d.templates[i] = template
	update(d.t, d.sandbox, d.account(i), d.stack(i), d.template(template), d.given(i)...)
}

// start starts the function anew.
func (d *deployment) start() {
	d.t.Helper()
	if d.function != nil {
		d.function.Stop()
	}
	var err error
	if d.function, err = d.sandbox.Function(d.t.Context(), d.sandbox.Source, d.functionName()); err != nil {
		d.t.Fatal(err)
	}
}

// requireLockedOut checks that nobody can deploy a change of a bucket's policy, which denies everything that does not come through an endpoint.
func (d *deployment) requireLockedOut(e edit) {
	d.t.Helper()
	client := cloudformation.NewFromConfig(d.sandbox.Config(d.account(e.side)))
	if _, err := client.UpdateStack(d.t.Context(), &cloudformation.UpdateStackInput{StackName: aws.String(d.stack(e.side)), TemplateBody: aws.String(d.template(e.template))}); err != nil {
		d.t.Fatal(err)
	}
	requireStatus(d.t, d.sandbox, d.account(e.side), d.stack(e.side), types.StackStatusUpdateRollbackComplete)
	got, err := client.DescribeStackEvents(d.t.Context(), &cloudformation.DescribeStackEventsInput{StackName: aws.String(d.stack(e.side))})
	if err != nil {
		d.t.Fatal(err)
	}
	if !slices.ContainsFunc(got.StackEvents, func(event types.StackEvent) bool {
		return strings.Contains(aws.ToString(event.ResourceStatusReason), "with an explicit deny in a resource-based policy (statement OnlyTheEndpoint")
	}) {
		d.t.Errorf("without %s: found no event that names statement OnlyTheEndpoint", e.where)
	}
}

// edit is a template without one statement.
type edit struct {
	side     int
	where    string
	template string
}

// edits are the templates without each of their statements and managed policies.
func (d *deployment) edits() (all []edit) {
	d.t.Helper()
	for i := range d.templates {
		for n := 0; ; n++ {
			var document yaml.Node
			if err := yaml.Unmarshal([]byte(d.templates[i]), &document); err != nil {
				d.t.Fatal(err)
			}
			left := n
			where := removeStatement(&document, &left, "")
			if where == "" {
				break
			}
			text, err := yaml.Marshal(&document)
			if err != nil {
				d.t.Fatal(err)
			}
			all = append(all, edit{i, d.stack(i) + where, string(text)})
		}
	}
	return all
}

// removeStatement removes the statement, or the managed policy, that n others come before, and says where it was. "" if there are no more.
func removeStatement(n *yaml.Node, left *int, path string) (where string) {
	for i, child := range n.Content {
		key := ""
		if n.Kind == yaml.MappingNode && i%2 == 1 {
			key = "/" + n.Content[i-1].Value
		}
		if key == "/Statement" || key == "/ManagedPolicyArns" {
			if child.Kind == yaml.MappingNode { // one, without a list
				*child = yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle, Content: []*yaml.Node{{Kind: child.Kind, Style: yaml.FlowStyle, Content: child.Content}}}
			}
			if *left < len(child.Content) {
				removed := child.Content[*left]
				child.Content = slices.Delete(child.Content, *left, *left+1)
				if key == "/Statement" && len(child.Content) == 0 { // a policy has one at least
					child.Content = []*yaml.Node{without(path, removed)}
				}
				return path + key + "/" + strconv.Itoa(*left)
			}
			*left -= len(child.Content)
			continue
		}
		if where := removeStatement(child, left, path+key); where != "" {
			return where
		}
	}
	return ""
}

// without is a statement that permits nothing that matters, for the policy of a path, from which a statement was removed.
func without(path string, removed *yaml.Node) *yaml.Node {
	text := `{Effect: Allow, Action: "sts:GetCallerIdentity", Resource: "*"}`
	switch {
	case strings.Contains(path, "/AssumeRolePolicyDocument"):
		text = `{Effect: Allow, Principal: {Service: health.amazonaws.com}, Action: "sts:AssumeRole"}`
	case !strings.Contains(path, "/Policies"):
		text = `{Effect: Allow, Principal: {Service: health.amazonaws.com}, Action: ["s3:GetBucketLocation", "s3:GetObject"]}`
	}
	var document yaml.Node
	yaml.Unmarshal([]byte(text), &document) // never fails: the texts above
	statement := document.Content[0]
	for i := 0; i < len(removed.Content) && strings.Contains(text, "s3:"); i += 2 {
		if removed.Content[i].Value == "Resource" {
			statement.Content = append(statement.Content, removed.Content[i], removed.Content[i+1])
		}
	}
	return statement
}

// try runs the handler, and compares what comes of it with what the proof says of the templates.
func (d *deployment) try(what string) (works bool) {
	d.t.Helper()
	expected, start := d.predict(what)
	switch {
	case start != "" && d.instance:
		expected = "Unable to locate credentials" // as its programs say
	case start != "":
		if f, err := d.sandbox.Function(d.t.Context(), d.sandbox.Source, d.functionName()); err == nil || !strings.Contains(err.Error(), start) {
			d.t.Errorf("%s: found %v, %v, expected that the function does not start: %s", what, f, err, start)
		}
		return false
	}
	answer, message, failed := d.run(what)
	switch {
	case expected == "" && (failed || !strings.Contains(answer, d.works)):
		d.t.Errorf("%s: found %s, expected that it works, as the proof says", what, answer)
	case expected != "" && !failed:
		d.t.Errorf("%s: found that it works, expected %s", what, expected)
	case expected != "":
		if d.head && strings.HasPrefix(expected, d.calls[0].Action) {
			expected = "An error occurred (403) when calling the HeadObject operation: Forbidden"
		}
		if !strings.Contains(message, expected) {
			d.t.Errorf("%s: found\n%s\nexpected\n%s", what, message, expected)
		}
	}
	return !failed
}

// run runs the handler, and returns all that it says, and the message of its error.
func (d *deployment) run(what string) (answer, message string, failed bool) {
	d.t.Helper()
	if d.instance {
		i, err := d.sandbox.OpenInstance(d.sandbox.Source, "Instance")
		if err != nil {
			d.t.Fatalf("%s: %v", what, err)
		}
		program := exec.CommandContext(d.t.Context(), filepath.Join("..", ".build", "venv", "bin", "python"), "-c", d.code)
		program.Env = i.Environment()
		printed, err := program.CombinedOutput()
		return string(printed), string(printed), err != nil
	}
	payload, failed, err := d.function.Invoke(d.t.Context(), []byte("{}"))
	if err != nil {
		d.t.Fatalf("%s: %v", what, err)
	}
	var of struct{ ErrorMessage string }
	if failed {
		if err := json.Unmarshal(payload, &of); err != nil {
			d.t.Errorf("%s: found %s, expected an error", what, payload)
		}
	}
	return string(payload) + "\n" + d.function.Log(), of.ErrorMessage, failed
}

// predict is what the proof says of the calls of the handler: "" if all pass, or else how AWS denies the first one that does not, without the caller; and what
// it says of Lambda or EC2, if that cannot assume the role.
func (d *deployment) predict(what string) (denial, start string) {
	d.t.Helper()
	directory := d.t.TempDir()
	var files []assembly.TemplateFile
	for i := range d.templates {
		path := filepath.Join(directory, fmt.Sprint(i))
		if err := os.WriteFile(path, []byte(d.template(d.templates[i])), 0o600); err != nil {
			d.t.Fatal(err)
		}
		given := maps.Clone(d.parameters)
		files = append(files, assembly.TemplateFile{Path: path, Account: d.account(i).ID, Region: Region, StackName: d.stack(i), Parameters: given, Deployed: d.ids[i]})
	}
	a, err := assembly.LoadTemplates(files...)
	if err != nil {
		d.t.Fatalf("%s: %v", what, err)
	}
	decider, err := proof.NewDecider(a, proof.Options{})
	if err != nil {
		d.t.Fatalf("%s: %v", what, err)
	}
	service := "lambda.amazonaws.com"
	if d.instance {
		service = "ec2.amazonaws.com"
	}
	start = proof.DenialMessage(decider.Decide(proof.Access{Caller: service, Made: true, Assumes: &proof.Assume{Role: "arn:aws:iam::111111111111:role/" + d.role}}))
	for _, call := range d.calls {
		chains, err := proof.Explain(a, proof.Options{}, call)
		if err != nil {
			d.t.Fatalf("%s: %v", what, err)
		}
		_, stops := chains[0].Stops()
		if !stops {
			continue
		}
		_, said, _ := strings.Cut(proof.DenialMessage(&chains[0]), " is not authorized to perform: ")
		if said == "" {
			d.t.Fatalf("%s: found that the network stops %s", what, call.Action)
		}
		if strings.HasPrefix(said, "sts:AssumeRole ") {
			return said, start // which comes first
		}
		if denial == "" {
			denial = said
		}
	}
	return denial, start
}
