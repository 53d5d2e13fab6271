package gateway

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"flag"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/internal/denial"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof"
	"github.com/crossgrant/crossgrant/sandbox/internal/gateway/internal/deployed"
	"github.com/crossgrant/crossgrant/sandbox/internal/gateway/internal/identity"
	"github.com/crossgrant/crossgrant/sandbox/internal/gateway/internal/sigv4"
)

// Which assemblies are asked, and how much of them.
var (
	assemblies = flag.String("assemblies", "", "the `directories` of assemblies whose checks are asked over the wire, as patterns, several separated by commas; default a grant's templates and breaks of them")
	every      = flag.Int("every", 4, "ask one of so many checks, chosen by -seed")
	seed       = flag.Uint64("seed", 1, "the `number` from which checks are chosen")
)

// Each intent and each probe of the proof, asked over the wire, ends as the proof says: it passes, or the same hop stops it, by the same type of policy and the
// same statements. What cannot be asked is counted by its reason.
func TestAgreement(t *testing.T) {
	var dirs []string
	if *assemblies == "" {
		dirs = brokenGrants(t)
	} else {
		for pattern := range strings.SplitSeq(*assemblies, ",") {
			found, err := filepath.Glob(strings.TrimSuffix(pattern, "/"))
			if err != nil || len(found) == 0 {
				t.Fatalf("-assemblies: found nothing at %q, %v, expected directories of assemblies", pattern, err)
			}
			dirs = append(dirs, found...)
		}
	}
	random := rand.New(rand.NewPCG(*seed, 0))
	total, notAsked := tally{}, map[string]int{}
	for _, dir := range dirs {
		a := &agreement{t: t, name: filepath.Base(dir), notAsked: notAsked, total: &total}
		a.run(dir, func() bool { return random.IntN(*every) == 0 })
	}
	t.Logf("seed %d, one of %d: %d checks of %d assemblies asked by %d calls: %d passed, %d were denied, %d had no route", *seed, *every, total.asked, len(dirs), total.calls, total.passed, total.denied, total.noRoute)
	for _, reason := range slices.Sorted(maps.Keys(notAsked)) {
		t.Logf("not asked: %d times %s", notAsked[reason], reason)
	}
	if total.passed == 0 || total.denied == 0 {
		t.Errorf("found %d checks that passed and %d that were denied, expected some of each", total.passed, total.denied)
	}
}

// breaks change the templates of a grant so that at each hop something else stops, and so that too much passes: which template, what is there, and what comes in
// its place.
var breaks = map[string][3]string{
	"intact":                                 {"source", "", ""},
	"no private DNS of STS":                  {"source", "PrivateDnsEnabled: true", "PrivateDnsEnabled: false"},
	"no route to S3":                         {"source", "RouteTableIds: [!Ref Routes]\n", "RouteTableIds: []\n"},
	"the policy of STS's endpoint":           {"source", `"aws:PrincipalArn": "arn:aws:iam::111111111111:role/reader"`, `"aws:PrincipalArn": "arn:aws:iam::111111111111:role/other"`},
	"the policy of S3's endpoint":            {"source", `["s3:GetObject", "s3:ListBucket"]`, `["s3:ListBucket"]`},
	"the right to assume the role":           {"source", `{Sid: Assume, Effect: Allow, Action: "sts:AssumeRole"`, `{Sid: Assume, Effect: Allow, Action: "sts:TagSession"`},
	"another external ID":                    {"target", `"sts:ExternalId": reports-1`, `"sts:ExternalId": reports-2`},
	"another prefix":                         {"target", `{"s3:prefix": "reports/*"}`, `{"s3:prefix": "other/*"}`},
	"a Deny in the policy of the bucket":     {"target", `- {Sid: TLS,`, `- {Sid: NoReports, Effect: Deny, Principal: "*", Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/*"}` + "\n          - {Sid: TLS,"},
	"the key's policy":                       {"target", `Principal: {AWS: "arn:aws:iam::222222222222:root"}, Action: "kms:*"`, `Principal: {AWS: "arn:aws:iam::222222222222:role/admin"}, Action: "kms:*"`},
	"no action on the table":                 {"target", `Action: "dynamodb:GetItem", Resource: "arn:aws:dynamodb:eu-west-1:222222222222:table/shop"}`, `Action: "dynamodb:Scan", Resource: "arn:aws:dynamodb:eu-west-1:222222222222:table/shop"}`},
	"all objects":                            {"target", `Effect: Allow, Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/reports/*"`, `Effect: Allow, Action: "s3:*", Resource: "*"`},
	"whoever is of the account":              {"target", `{ArnEquals: {"aws:PrincipalArn": "arn:aws:iam::111111111111:role/reader"}, StringEquals: {"sts:ExternalId": reports-1}}`, `{StringEquals: {"sts:ExternalId": reports-1}}`},
	"everybody, by the policy of the bucket": {"target", `- {Sid: TLS,`, `- {Sid: All, Effect: Allow, Principal: {AWS: "*"}, Action: "s3:*", Resource: ["arn:aws:s3:::lake", "arn:aws:s3:::lake/*"]}` + "\n          - {Sid: TLS,"},
}

// brokenGrants are the directories of the templates of a grant, intact and with each break.
func brokenGrants(t *testing.T) (dirs []string) {
	for _, name := range slices.Sorted(maps.Keys(breaks)) {
		dir := filepath.Join(t.TempDir(), name)
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		for _, template := range []string{"source", "target"} {
			text, err := os.ReadFile(filepath.Join("../../../proof/testdata/grant", template+".yaml"))
			if err != nil {
				t.Fatal(err)
			}
			if b := breaks[name]; b[0] == template {
				if !strings.Contains(string(text), b[1]) {
					t.Fatalf("%s: found no %q in the template of the %s", name, b[1], template)
				}
				text = []byte(strings.Replace(string(text), b[1], b[2], 1))
			}
			if err := os.WriteFile(filepath.Join(dir, template+".yaml"), text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		dirs = append(dirs, dir)
	}
	return dirs
}

// synthesized is an assembly as it is before its deployment, with the files of its stacks.
func synthesized(t *testing.T, dir string) (app *assembly.Assembly, file func(*assembly.Stack) string) {
	app, err := assembly.Load(dir, assembly.Options{})
	if _, noManifest := os.Stat(filepath.Join(dir, "manifest.json")); noManifest != nil {
		app, err = assembly.LoadTemplates(
			assembly.TemplateFile{Path: filepath.Join(dir, "source.yaml"), Account: source, Region: region, StackName: "source"},
			assembly.TemplateFile{Path: filepath.Join(dir, "target.yaml"), Account: target, Region: region, StackName: "target"})
		file = func(s *assembly.Stack) string { return filepath.Join(dir, s.Name+".yaml") }
	} else {
		file = func(s *assembly.Stack) string { return filepath.Join(dir, s.Template) }
	}
	if err != nil {
		t.Fatal(err)
	}
	return app, file
}

type tally struct{ asked, calls, passed, denied, noRoute int }

// agreement asks the checks of one assembly.
type agreement struct {
	t        *testing.T
	name     string
	w        world
	region   string
	from     map[string]*Endpoint
	notAsked map[string]int
	total    *tally
}

func (a *agreement) run(dir string, chosen func() bool) {
	app, deploy := a.read(dir)
	report, err := proof.Prove(app, proof.Options{})
	if err != nil {
		a.t.Errorf("%s: %v", a.name, err)
		return
	}
	organizations := map[string]string{} // which the proof takes from the grants
	for _, g := range report.Grants {
		if id := g.Trust.OrganizationID; id != "" {
			organizations[g.SourceAccount()] = id
		}
	}
	a.w, a.from = startWith(a.t, Options{FailFast: true, Organizations: organizations}), map[string]*Endpoint{}
	a.w.behind.keeps = true // so that no change by a request decides the next
	deploy()
	for i := range report.Checks {
		c := &report.Checks[i]
		if len(c.Chains) == 0 || !chosen() {
			continue
		}
		if why := a.check(c); why != "" {
			a.notAsked[why]++
		}
	}
}

// read reads an assembly with IDs for what AWS generates, as the gateway reads stacks. deploy lets the local AWS have them.
func (a *agreement) read(dir string) (app *assembly.Assembly, deploy func()) {
	before, fileOf := synthesized(a.t, dir)
	var files []assembly.TemplateFile
	buckets := map[string]bool{}
	for _, stack := range before.Stacks {
		f := assembly.TemplateFile{Path: fileOf(stack), Account: stack.Account, Region: stack.Region, StackName: stack.Name, Deployed: map[string]string{}}
		for _, r := range stack.Resources {
			f.Deployed[r.LogicalID] = physicalID(r)
			if r.Type == "AWS::S3::Bucket" {
				buckets[f.Deployed[r.LogicalID]] = true
			}
		}
		files, a.region = append(files, f), stack.Region
	}
	app, err := assembly.LoadTemplates(files...)
	if err != nil {
		a.t.Fatal(err)
	}
	return app, func() {
		a.w.behind.buckets = buckets
		for _, f := range files {
			text, err := os.ReadFile(f.Path)
			if err != nil {
				a.t.Fatal(err)
			}
			a.w.behind.has(f.Account, f.StackName, string(text), f.Deployed)
			if err := a.w.stacks.Read(a.t.Context(), deployed.Place{Account: f.Account, Region: f.Region}); err != nil {
				a.t.Fatal(err)
			}
		}
	}
}

var generated = regexp.MustCompile("\x00[^\x00]*\x00")

// physicalID is an ID such as CloudFormation gives a resource: what Ref returns, with a made-up text for what AWS generates.
func physicalID(r *assembly.Resource) string {
	return generated.ReplaceAllStringFunc(r.Ref, func(name string) string {
		sum := sha256.Sum256([]byte(name))
		digits := hex.EncodeToString(sum[:])
		switch r.Type {
		case "AWS::KMS::Key":
			return digits[:8] + "-" + digits[8:12] + "-" + digits[12:16] + "-" + digits[16:20] + "-" + digits[20:32]
		case "AWS::EC2::VPCEndpoint":
			return "vpce-" + digits[:17]
		case "AWS::EC2::VPC":
			return "vpc-" + digits[:17]
		}
		return strings.ToLower(r.LogicalID) + "-" + digits[:8]
	})
}

// check asks one check, and compares. It returns why it cannot be asked.
func (a *agreement) check(c *proof.Check) (why string) {
	access, expected := c.Access, &c.Chains[0]
	switch {
	case expected.Passes == policy.Indeterminate:
		return "the proof leaves it open"
	case access.Through != "":
		return "a service makes it for the caller: " + access.Through
	case access.Organization != "" && access.Organization != a.w.options.Organizations[arn.Account(access.Caller)]:
		return "it supposes another organization of the caller's account"
	case access.Caller == "anonymous":
	case !strings.Contains(access.Caller, ":role/"):
		kind := "a service"
		if strings.Contains(access.Caller, ":root") {
			kind = "a root user"
		}
		return kind + " makes it, which has no access key here"
	}
	for role := access.Assumes; role != nil; role = role.Then {
		if role.Provider != "" || len(role.Context) > 0 || role.SessionTags {
			return "a role is assumed with tags or by a provider"
		}
	}
	if access.Assumes != nil && access.Caller == "anonymous" {
		return "STS answers to nobody without a signature"
	}
	q, why := requestOf(access, a.w.stacks.Now())
	if why != "" {
		return why
	}
	endpoint := a.endpoint(access)
	credentials := a.session(access)
	outcome, said := "passed", ""
	region := a.region
	for role := access.Assumes; role != nil && outcome == "passed"; role = role.Then {
		r := wire{service: "sts", method: "POST", path: "/", form: map[string]string{"Action": "AssumeRole", "Version": "2011-06-15", "RoleArn": role.Role, "RoleSessionName": "crossgrant"}}
		if role.ExternalID != "" {
			r.form["ExternalId"] = role.ExternalID
		}
		if role.SourceIdentity != "" {
			r.form["SourceIdentity"] = role.SourceIdentity
		}
		var text string
		outcome, said, text = a.send(endpoint, credentials, region, r)
		if outcome == "passed" {
			var answer struct {
				AccessKeyID  string `xml:"AssumeRoleResult>Credentials>AccessKeyId"`
				Secret       string `xml:"AssumeRoleResult>Credentials>SecretAccessKey"`
				SessionToken string `xml:"AssumeRoleResult>Credentials>SessionToken"`
			}
			if err := xml.Unmarshal([]byte(text), &answer); err != nil {
				a.t.Fatal(err)
			}
			credentials = aws.Credentials{AccessKeyID: answer.AccessKeyID, SecretAccessKey: answer.Secret, SessionToken: answer.SessionToken}
		}
	}
	if outcome == "passed" && access.Action != "" {
		if access.Region != "" {
			region = access.Region
		}
		outcome, said, _ = a.send(endpoint, credentials, region, q)
	}
	if outcome == "unknown" {
		return "the sandbox knows no request for it: " + access.Action
	}
	if outcome == "denied" && access.AnyKey && expected.Passes == policy.Yes && strings.Contains(said, "not authorized to perform: kms:") {
		return "it supposes data under another key than the bucket's, which no request shows"
	}
	a.total.asked++
	problem := ""
	switch outcome {
	case "passed", "changes":
		a.total.passed++
		if expected.Passes != policy.Yes {
			problem = "it passed"
		}
	case "denied":
		a.total.denied++
		problem = a.differs(expected, said)
	case "no route":
		a.total.noRoute++
		if h, _ := expected.Stops(); expected.Passes != policy.No || h.Path == nil || !strings.Contains(said, h.What) {
			problem = said
		}
	default:
		problem = outcome + ": " + said
	}
	if problem != "" {
		h, _ := expected.Stops()
		a.t.Errorf("%s: %s: %s: found %s\n\texpected that it passes: %s, %s: %s", a.name, c.Rule, c.Name, problem, expected.Passes, h.What, policy.Readable(strings.Join(h.Says, "; ")))
	}
	return ""
}

var statementName = regexp.MustCompile(`statement (\S+) of`)

// differs says in what a denial over the wire differs from how a chain stops. "" for in nothing.
func (a *agreement) differs(expected *proof.Chain, said string) string {
	h, stops := expected.Stops()
	if !stops || h.Passes != policy.No || h.Path != nil {
		return "denied: " + said
	}
	if expected.Caller == "anonymous" { // whose requests the gateway does not decide
		return ""
	}
	found, err := denial.ParseMessage(said)
	if err != nil {
		return fmt.Sprintf("a denial that cannot be read: %s: %v", said, err)
	}
	message := proof.DenialMessage(expected)
	should, err := denial.ParseMessage(message)
	if err != nil {
		return fmt.Sprintf("a denial of the proof that cannot be read: %s: %v", message, err)
	}
	if found.Policy != should.Policy || found.Explicit != should.Explicit || found.Action != should.Action || found.Resource != should.Resource {
		return fmt.Sprintf("denied: %s\n\texpected: %s", said, message)
	}
	if one, other := statementName.FindAllString(said, -1), statementName.FindAllString(message, -1); !slices.Equal(one, other) {
		return fmt.Sprintf("denied by %q, expected by %q", one, other)
	}
	return ""
}

// endpoint is where the requests of an access start.
func (a *agreement) endpoint(access proof.Access) string {
	if access.From == nil {
		return a.w.AddressURL()
	}
	arn := access.From.Resource.ARN
	if a.from[arn] == nil {
		e, err := a.w.From(arn)
		if err != nil {
			a.t.Fatal(err)
		}
		a.from[arn] = e
	}
	return a.from[arn].URL()
}

// session has the credentials of the caller. The zero value is nobody.
func (a *agreement) session(access proof.Access) aws.Credentials {
	if access.Caller == "anonymous" {
		return aws.Credentials{}
	}
	now := time.Now()
	return credentialsOf(a.w.sessions.Add(identity.Session{
		Role: access.Caller, RoleID: a.w.stacks.Now().UniqueID(access.Caller), Name: "crossgrant", Administrator: access.Administrator, Policies: access.SessionPolicies, Issued: now, Expires: now.Add(time.Hour),
	}))
}

// wire is a request as a client writes it.
type wire struct {
	service, method, path string
	query                 string
	header                map[string]string
	form                  map[string]string
	body                  string
}

// send sends a request, and says what became of it.
func (a *agreement) send(endpoint string, c aws.Credentials, region string, q wire) (outcome, said, text string) {
	a.total.calls++
	if q.form != nil {
		var pairs []string
		for _, name := range slices.Sorted(maps.Keys(q.form)) {
			pairs = append(pairs, name+"="+escaped(q.form[name]))
		}
		q.body, q.header = strings.Join(pairs, "&"), map[string]string{"Content-Type": "application/x-www-form-urlencoded"}
	}
	target := endpoint + q.path
	if q.query != "" {
		target += "?" + q.query
	}
	r, err := http.NewRequestWithContext(a.t.Context(), q.method, target, strings.NewReader(q.body))
	if err != nil {
		a.t.Fatal(err)
	}
	for name, value := range q.header {
		r.Header.Set(name, value)
	}
	digest := sigv4.Digest([]byte(q.body))
	if q.service == "s3" {
		r.Header.Set("X-Amz-Content-Sha256", digest)
	}
	if c.AccessKeyID != "" {
		if err := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = q.service == "s3" }).SignHTTP(a.t.Context(), c, r, digest, q.service, region, time.Now()); err != nil {
			a.t.Fatal(err)
		}
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		a.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	if response.StatusCode == http.StatusOK || response.StatusCode == http.StatusConflict {
		return "passed", "", string(body)
	}
	all := a.w.Decisions(0)
	said = all[len(all)-1].Says
	switch text = string(body); {
	case strings.Contains(text, "the sandbox denies what it does not know"):
		return "unknown", said, text
	case strings.Contains(text, "it decides by the policies of the deployed stacks"), strings.Contains(text, "it could not follow this change"): // which it says only of what is permitted
		return "changes", said, text
	case strings.Contains(text, "AccessDenied"), strings.Contains(text, "UnauthorizedOperation"), strings.Contains(text, "MissingAuthenticationToken"), q.method == http.MethodHead && response.StatusCode == http.StatusForbidden:
		return "denied", said, text
	case strings.Contains(text, "SandboxNoRoute"):
		return "no route", said, text
	}
	return response.Status, text, text
}
