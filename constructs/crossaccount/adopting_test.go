package crossaccount_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"
	"github.com/google/go-cmp/cmp"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/facts"
	"github.com/crossgrant/crossgrant/constructs/crossaccount"
	"github.com/crossgrant/crossgrant/internal/txtar"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof"
)

// adoption is how a set-up that was made by hand becomes a grant, as docs/adopting.md says, or the other way round, as docs/removing.md does. The
// templates of its states are in docs/adopting/NAME.txtar; each state has the files of the one before, unless it has its own, which is empty for one
// that is gone.
type adoption struct {
	caller, from, to string      // who assumes a role, and then another
	needs            [][2]string // what has to work in each state: actions and resources
	deploys          map[int]func(source, target awscdk.Stack)
}

const trusted = "arn:aws:iam::222222222222:role/"

var adoptions = map[string]adoption{
	"list": {"lister", trusted + "accountb-s3bucket-access-role", trusted + "list-prod-ap-northeast-1",
		[][2]string{{"s3:ListBucket", "arn:aws:s3:::examplebucket"}},
		map[int]func(source, target awscdk.Stack){1: listBeside, 5: listAdopted}},
	"copy": {"copier", trusted + "s3-PutObject-assumedRole-by-Lambda-in-account111", trusted + "copy-prod-ap-northeast-1",
		[][2]string{{"s3:GetObject", "arn:aws:s3:::origin-111111111111/inbox/1"}, {"s3:PutObject", "arn:aws:s3:::destination-222222222222/inbox/1"}},
		map[int]func(source, target awscdk.Stack){2: copyBeside}},
	"trail": {"cloudtrail-cross-access-lambda-role", trusted + "cross-role-for-cloudtrail", trusted + "trail-prod-ap-northeast-1",
		[][2]string{{"s3:GetObject", "arn:aws:s3:::my-cloudtrail-bucket/AWSLogs/222222222222/CloudTrail/ap-northeast-1/2016/08/25/1.json.gz"}},
		map[int]func(source, target awscdk.Stack){1: trailBeside}},
	"instance": {"RoleA", trusted + "RoleB", trusted + "uploads-prod-ap-northeast-1",
		[][2]string{{"s3:PutObject", "arn:aws:s3:::shimmy-cross-account-test/s3-put-test.txt"}},
		map[int]func(source, target awscdk.Stack){1: uploadsBeside}},
	"scan": {"other-account-dynamodb-access-lambda-role", trusted + "dynamodb-access-role", trusted + "scan-prod-ap-northeast-1",
		[][2]string{{"dynamodb:Scan", "arn:aws:dynamodb:ap-northeast-1:222222222222:table/access-sample-table"}},
		map[int]func(source, target awscdk.Stack){1: scanBeside}},
	"removing": {"lister", trusted + "list-prod-ap-northeast-1", trusted + "bucket-lister",
		[][2]string{{"s3:ListBucket", "arn:aws:s3:::examplebucket"}},
		map[int]func(source, target awscdk.Stack){0: listAdopted, 2: bucketAlone}},
}

func listBeside(source, target awscdk.Stack) {
	lister := awsiam.Role_FromRoleName(source, jsii.String("Lister"), jsii.String("lister"), nil)
	data := awss3.Bucket_FromBucketName(target, jsii.String("Data"), jsii.String("examplebucket"))
	crossaccount.NewCrossAccountGrant(source, "List", crossaccount.GrantProps{
		Name: "list", Stage: "prod", Grantees: []awsiam.IGrantable{lister}, Target: target,
		Permissions: []crossaccount.Permission{crossaccount.ListBucket(data)},
	})
}

func listAdopted(source, target awscdk.Stack) {
	lister := awsiam.Role_FromRoleName(source, jsii.String("Lister"), jsii.String("lister"), nil)
	data := awss3.NewBucket(target, jsii.String("Data"), &awss3.BucketProps{
		BucketName: jsii.String("examplebucket"), EnforceSSL: jsii.Bool(true),
	})
	crossaccount.NewCrossAccountGrant(source, "List", crossaccount.GrantProps{
		Name: "list", Stage: "prod", Grantees: []awsiam.IGrantable{lister}, Target: target,
		Permissions: []crossaccount.Permission{crossaccount.ListBucket(data)},
		Perimeter: crossaccount.Perimeter{
			VpcEndpoints: []string{"vpce-1a2b3c4d"}, Enforcement: crossaccount.OnBucket,
			Administrators: []string{"arn:aws:iam::222222222222:role/admin"},
		},
	})
}

func bucketAlone(source, target awscdk.Stack) {
	awss3.NewBucket(target, jsii.String("Data"), &awss3.BucketProps{
		BucketName: jsii.String("examplebucket"), EnforceSSL: jsii.Bool(true),
	})
}

func copyBeside(source, target awscdk.Stack) {
	copier := awsiam.Role_FromRoleName(source, jsii.String("Copier"), jsii.String("copier"), nil)
	origin := awss3.Bucket_FromBucketName(source, jsii.String("Origin"), jsii.String("origin-111111111111"))
	destination := awss3.Bucket_FromBucketName(target, jsii.String("Destination"), jsii.String("destination-222222222222"))
	crossaccount.NewCrossAccountGrant(source, "Copy", crossaccount.GrantProps{
		Name: "copy", Stage: "prod", Grantees: []awsiam.IGrantable{copier}, Target: target,
		Permissions:             []crossaccount.Permission{crossaccount.CopyIntoBucket(origin, destination, "inbox/")},
		StatementsAddedManually: true,
	})
}

func trailBeside(source, target awscdk.Stack) {
	reader := awsiam.Role_FromRoleName(source, jsii.String("Reader"), jsii.String("cloudtrail-cross-access-lambda-role"), nil)
	logs := awss3.Bucket_FromBucketName(target, jsii.String("Logs"), jsii.String("my-cloudtrail-bucket"))
	crossaccount.NewCrossAccountGrant(source, "Trail", crossaccount.GrantProps{
		Name: "trail", Stage: "prod", Grantees: []awsiam.IGrantable{reader}, Target: target,
		Permissions: []crossaccount.Permission{crossaccount.ReadBucket(logs, "AWSLogs/222222222222/")},
	})
}

func uploadsBeside(source, target awscdk.Stack) {
	instance := awsiam.Role_FromRoleName(source, jsii.String("RoleA"), jsii.String("RoleA"), nil)
	uploads := awss3.Bucket_FromBucketName(target, jsii.String("Uploads"), jsii.String("shimmy-cross-account-test"))
	crossaccount.NewCrossAccountGrant(source, "Uploads", crossaccount.GrantProps{
		Name: "uploads", Stage: "prod", Grantees: []awsiam.IGrantable{instance}, Target: target,
		Permissions: []crossaccount.Permission{crossaccount.WriteBucket(uploads)},
	})
}

func scanBeside(source, target awscdk.Stack) {
	scanner := awsiam.Role_FromRoleName(source, jsii.String("Scanner"), jsii.String("other-account-dynamodb-access-lambda-role"), nil)
	table := awsdynamodb.Table_FromTableName(target, jsii.String("Table"), jsii.String("access-sample-table"))
	crossaccount.NewCrossAccountGrant(source, "Scan", crossaccount.GrantProps{
		Name: "scan", Stage: "prod", Grantees: []awsiam.IGrantable{scanner}, Target: target,
		Permissions: []crossaccount.Permission{crossaccount.ReadTable(table)},
	})
}

// The code in the guides is code that is run.
func TestGuidesHaveCodeThatIsRun(t *testing.T) {
	for document, file := range map[string]string{"adopting.md": "adopting_test.go", "permissions.md": "example_permission_test.go"} {
		code, blocks := unindented(read(t, file)), strings.Split(read(t, "../../docs/"+document), "```go\n")[1:]
		if len(blocks) == 0 {
			t.Errorf("docs/%s: found no code", document)
		}
		for _, block := range blocks {
			if block, _, _ = strings.Cut(block, "```"); !strings.Contains(code, unindented(block)) {
				t.Errorf("docs/%s: found code that %s does not have:\n%s", document, file, block)
			}
		}
	}
}

// Each state of each guide is what the document says, and the grant deploys what is in the files.
func TestAdopting(t *testing.T) {
	for _, name := range slices.Sorted(maps.Keys(adoptions)) {
		t.Run(name, func(t *testing.T) {
			a := adoptions[name]
			file := "../../docs/adopting/" + name + ".txtar"
			text := read(t, file)
			for _, state := range slices.Sorted(maps.Keys(a.deploys)) {
				text = a.withTemplates(t, text, state)
			}
			if *update {
				if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			} else if diff := cmp.Diff(read(t, file), text); diff != "" {
				t.Errorf("%s (-file +synthesized), -update writes it:\n%s", file, diff)
			}
			document := "adopting.md"
			if name == "removing" {
				document = "removing.md"
			}
			found := rowsAfter(t, document, "<!-- "+name+".txtar -->\n")
			for i, files := range states(text) {
				row := a.row(t, files)
				if !strings.Contains(row, "works") {
					t.Errorf("state %d: found %s, expected what is needed to work by one of the roles", i, row)
				}
				if i >= len(found) || !strings.HasPrefix(found[i], fmt.Sprintf("| %d | ", i)) || !strings.HasSuffix(found[i], " | "+row+" |") {
					t.Errorf("docs/%s: found rows %q, expected row %d to end in %q", document, found, i, row)
				}
			}
			if n := len(states(text)); len(found) != n {
				t.Errorf("docs/%s: found %d rows, expected %d", document, len(found), n)
			}
		})
	}
}

// rowsAfter are the rows of the table that begins after a line of a document.
func rowsAfter(t *testing.T, document, line string) (found []string) {
	t.Helper()
	_, table, ok := strings.Cut(read(t, "../../docs/"+document), line)
	if !ok {
		t.Fatalf("docs/%s: found no line %q", document, line)
	}
	for row := range strings.Lines(table) {
		if !strings.HasPrefix(row, "|") {
			break
		}
		found = append(found, strings.TrimSpace(row))
	}
	return found[min(2, len(found)):]
}

// withTemplates is a text with the templates that are synthesized for a state.
func (a adoption) withTemplates(t *testing.T, text string, state int) string {
	t.Helper()
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: jsii.String(t.TempDir()), AnalyticsReporting: jsii.Bool(false), Context: &map[string]any{
		"@aws-cdk/core:enablePartitionLiterals": true, "@aws-cdk/aws-iam:minimizePolicies": true,
	}})
	stack := func(id, account string) awscdk.Stack {
		return awscdk.NewStack(app, jsii.String(id), &awscdk.StackProps{
			Env:         &awscdk.Environment{Account: jsii.String(account), Region: jsii.String("ap-northeast-1")},
			Synthesizer: awscdk.NewDefaultStackSynthesizer(&awscdk.DefaultStackSynthesizerProps{GenerateBootstrapVersionRule: jsii.Bool(false)}),
		})
	}
	a.deploys[state](stack("Reports", "111111111111"), stack("Lake", "222222222222"))
	dir := *app.Synth(nil).Directory()
	for _, template := range []string{"Lake.template.json", "Reports.template.json"} {
		text = withFile(text, fmt.Sprintf("%d/%s", state, template), read(t, filepath.Join(dir, template))+"\n")
	}
	return text
}

// withFile is a text with a file replaced or added behind those of its state.
func withFile(text, name, content string) string {
	comment, _, _ := strings.Cut(text, "-- ")
	files := txtar.Parse(text)
	at := slices.IndexFunc(files, func(f txtar.File) bool { return f.Name == name })
	if at < 0 {
		if at = slices.IndexFunc(files, func(f txtar.File) bool { return f.Name > name }); at < 0 {
			at = len(files)
		}
		files = slices.Insert(files, at, txtar.File{Name: name})
	}
	files[at].Text = content
	for _, f := range files {
		comment += "-- " + f.Name + " --\n" + f.Text
	}
	return comment
}

// states are the files of each state, with those of the states before it.
func states(text string) (all []map[string]string) {
	for _, f := range txtar.Parse(text) {
		state, name, _ := strings.Cut(f.Name, "/")
		for fmt.Sprint(len(all)-1) != state {
			next := map[string]string{}
			if len(all) > 0 {
				next = maps.Clone(all[len(all)-1])
			}
			all = append(all, next)
		}
		if all[len(all)-1][name] = f.Text; strings.TrimSpace(f.Text) == "" {
			delete(all[len(all)-1], name)
		}
	}
	return all
}

// row says of a state whether the access works with the role made by hand and with that of the grant, and what the proof says.
func (a adoption) row(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	var templates []assembly.TemplateFile
	var o proof.Options
	for _, name := range slices.Sorted(maps.Keys(files)) {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(files[name]), 0o600); err != nil {
			t.Fatal(err)
		}
		account := "111111111111"
		switch name {
		case "facts.json":
			var err error
			if o.Facts, err = facts.Read(path); err != nil {
				t.Fatal(err)
			}
			continue
		case "target.yaml", "Lake.template.json":
			account = "222222222222"
		}
		templates = append(templates, assembly.TemplateFile{Path: path, Account: account, Region: "ap-northeast-1"})
	}
	app, err := assembly.LoadTemplates(templates...)
	if err != nil {
		t.Fatal(err)
	}
	report, err := proof.Prove(app, o)
	if err != nil {
		t.Fatal(err)
	}
	verdict := string(report.Verdict())
	var rules []string
	for _, f := range report.Findings() {
		if rule := "`" + string(f.Rule) + "`"; !slices.Contains(rules, rule) {
			rules = append(rules, rule)
		}
	}
	if len(report.Grants) == 0 {
		verdict = "nothing is declared"
	} else if len(rules) > 0 {
		slices.Sort(rules)
		verdict += ": " + strings.Join(rules, ", ")
	}
	return fmt.Sprintf("%s | %s | %s", a.works(t, app, o, a.from), a.works(t, app, o, a.to), verdict)
}

// works says whether all that is needed works by assuming a role.
func (a adoption) works(t *testing.T, app *assembly.Assembly, o proof.Options, role string) string {
	t.Helper()
	for _, need := range a.needs {
		chains, err := proof.Explain(app, o, proof.Access{Caller: a.caller, Assumes: &proof.Assume{Role: role}, Action: need[0], Resource: need[1]})
		if err != nil {
			return err.Error()
		}
		if len(chains) == 0 || chains[0].Passes != policy.Yes {
			return "denied"
		}
	}
	return "works"
}
