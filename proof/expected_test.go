package proof

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/proof/expect"
)

// expected are the checks of the rule on testdata/grant, by verdict and name, or the error.
func expected(t *testing.T, requests []expect.Request, edits ...edit) (all []string, problem string) {
	t.Helper()
	r, err := Prove(grantApp(t, both, edits...), Options{Expected: requests})
	if err != nil {
		return nil, err.Error()
	}
	for i := range r.Checks {
		if c := &r.Checks[i]; c.Rule == Expected {
			if (c.Verdict == Proved) != (len(c.Remedy) == 0) || (c.Verdict == Proved) != (len(c.Changes)+len(c.Manual) == 0) {
				t.Errorf("%s %s: found remedy %q, changes %v, and why there are none %q", c.Verdict, c.Name, c.Remedy, c.Changes, c.Manual)
			}
			all = append(all, string(c.Verdict)+" "+c.Name)
		}
	}
	return all, ""
}

// The README's files are what it says that they are.
func TestExpectationsOfTheREADME(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, part := range strings.Split(string(text), "```yaml\n")[1:] {
		file, _, _ := strings.Cut(part, "```")
		files = append(files, file)
	}
	if len(files) != 2 {
		t.Fatalf("found %d files, expected 2", len(files))
	}
	for i, file := range files {
		requests, err := expect.Parse("expect.yaml", []byte(file))
		if err != nil {
			t.Fatal(err)
		}
		found, problem := expected(t, requests)
		if i == 0 {
			if !strings.Contains(problem, "expect.yaml:3: found resource \"arn:aws:s3:::lake\", but s3:GetObject is on ") {
				t.Errorf("found %q, expected an error about the resource", problem)
			}
			continue
		}
		if problem != "" || len(found) < 10 || slices.ContainsFunc(found, func(one string) bool { return !strings.HasPrefix(one, "proved ") }) {
			t.Errorf("found %s %q, expected proved checks", problem, found)
		}
		if !slices.Contains(found, "proved expect.yaml:3: Reports/Function s3:GetObject on arn:aws:s3:::lake/reports/1 has to be allowed: the reports of the month") ||
			!slices.ContainsFunc(found, func(one string) bool {
				return strings.Contains(one, "s3:DeleteObjectVersion on arn:aws:s3:::lake/reports/1 has to be denied")
			}) {
			t.Errorf("found %q", found)
		}
	}
}

// What is expected is broken where it is otherwise, undecided where that is unknown, and refused where it cannot be asked.
func TestExpected(t *testing.T) {
	allowed := expect.Request{Principal: "Reports/Function", Action: "s3:GetObject", Resource: "Target/Lake/reports/1", Allowed: true, Place: "f:1"}
	with := func(change func(*expect.Request)) expect.Request {
		r := allowed
		change(&r)
		return r
	}
	for name, c := range map[string]struct {
		request expect.Request
		edits   []edit
		found   string // the verdict, or a part of the error
	}{
		"allowed":           {allowed, nil, "proved"},
		"and not allowed":   {allowed, []edit{{"source", "Sid: Assume, Effect: Allow", "Sid: Assume, Effect: Deny"}}, "broken"},
		"denied":            {with(func(r *expect.Request) { r.Action, r.Allowed = "s3:PutObject", false }), nil, "proved"},
		"and not denied":    {with(func(r *expect.Request) { r.Allowed = false }), nil, "broken"},
		"unknown":           {allowed, []edit{{"source", "RoleName: reader", "RoleName: reader\n      PermissionsBoundary: arn:aws:iam::111111111111:policy/company"}}, "undecided"},
		"denied, unknown":   {with(func(r *expect.Request) { r.Allowed = false }), []edit{{"source", "RoleName: reader", "RoleName: reader\n      PermissionsBoundary: arn:aws:iam::111111111111:policy/company"}}, "undecided"},
		"not by that role":  {with(func(r *expect.Request) { r.Assuming = "reader" }), nil, "broken"},
		"by that role":      {with(func(r *expect.Request) { r.Assuming = "Target/Role" }), nil, "proved"},
		"from outside":      {with(func(r *expect.Request) { r.From = expect.Outside }), nil, "proved"},
		"from the function": {with(func(r *expect.Request) { r.From, r.Principal = "Function", "Source/Reader" }), nil, "proved"},
		"from nowhere":      {with(func(r *expect.Request) { r.From = "Nobody" }), nil, "f:1: found no function, instance or other workload \"Nobody\""},
		"from another":      {with(func(r *expect.Request) { r.From, r.Principal = "Function", "Target/Role" }), nil, "f:1: found from \"Function\", which does not run as Target/Role"},
		"by nobody":         {with(func(r *expect.Request) { r.Principal = "Nobody" }), nil, "f:1: found no role, user, function or instance \"Nobody\""},
		"on nothing":        {with(func(r *expect.Request) { r.Resource = "Target/Pond/1" }), nil, "f:1: found no resource \"Target/Pond/1\""},
		"of no bucket":      {with(func(r *expect.Request) { r.Resource = "arn:aws:s3:::pond/1" }), nil, "which no template and no contract has"},
		"no such action":    {with(func(r *expect.Request) { r.Action = "s3:GetObjet" }), nil, "did you mean s3:GetObject?"},
		"no such actions":   {with(func(r *expect.Request) { r.Action = "s3:Fetch*" }), nil, "f:1: found action \"s3:Fetch*\", expected one that means an action of s3 which can be on"},
		"no such service":   {with(func(r *expect.Request) { r.Action = "s4:*" }), nil, "but AWS has no service \"s4\""},
		"many resources":    {with(func(r *expect.Request) { r.Resource = "Target/Lake/reports/*" }), nil, "f:1: found resource \"arn:aws:s3:::lake/reports/*\", which means many, expected one of them"},
		"by no such role":   {with(func(r *expect.Request) { r.Assuming = "nobody" }), nil, "f:1: found no resource \"nobody\""},
	} {
		t.Run(name, func(t *testing.T) {
			found, problem := expected(t, []expect.Request{c.request}, c.edits...)
			if problem == "" && (len(found) != 1 || !strings.HasPrefix(found[0], c.found+" ")) || problem != "" && !strings.Contains(problem, c.found) {
				t.Errorf("found %q %s, expected %s", found, problem, c.found)
			}
		})
	}
}

// What is allowed and has to be denied has a remedy in words and as edits.
func TestRemediesOfWhatIsExpected(t *testing.T) {
	r, err := Prove(grantApp(t, both), Options{Expected: []expect.Request{{Principal: "Reports/Function", Action: "s3:GetObject", Resource: "Target/Lake/reports/1", Place: "f:1"}}})
	if err != nil {
		t.Fatal(err)
	}
	for i := range r.Checks {
		c := &r.Checks[i]
		if c.Rule == Expected && (!strings.Contains(strings.Join(c.Remedy, "\n"), "narrow statement Objects of the inline policy read") || len(c.Changes) == 0 || len(c.Manual) > 0) {
			t.Errorf("found remedy %q, changes %v, and why there are none %q", c.Remedy, c.Changes, c.Manual)
		}
	}
}

// The metadata of a resource expects requests of the resource, or on it.
func TestExpectedByMetadata(t *testing.T) {
	mark := func(entries string) edit {
		return edit{"source", "  Reader:\n    Type: AWS::IAM::Role\n", "  Reader:\n    Type: AWS::IAM::Role\n    Metadata: {\"CrossGrant::Expect\": " + entries + "}\n"}
	}
	for entries, wanted := range map[string]string{
		`[{action: "s3:GetObject", resource: {"Fn::Join": ["/", ["arn:aws:s3:::lake", "reports", 1]]}, result: allowed}]`:                     "proved ",
		`[{action: "iam:GetRole", principal: "arn:aws:iam::111111111111:role/reader", resource: "/x", result: denied}]`:                       "found resource arn:aws:iam::111111111111:role/reader/x, which no template and no contract has",
		`[{action: "sts:AssumeRole", principal: "arn:aws:iam::333333333333:root", resource: !GetAtt Reader.Arn, because: 1, result: denied}]`: "proved ",
		`[{action: "s3:GetObject", resource: "arn:aws:s3:::lake/reports/1", result: allowed}]`:                                                "proved Metadata CrossGrant::Expect of Source/Reader: Source/Reader s3:GetObject on arn:aws:s3:::lake/reports/1 has to be allowed",
		`[{action: "s3:PutObject", resource: "arn:aws:s3:::lake/reports/1", result: allowed}]`:                                                "broken ",
		`[{action: "sts:AssumeRole", principal: "arn:aws:iam::333333333333:root", result: denied}]`:                                           "proved ",
		`[{action: "s3:GetObject", result: allowed}]`:                                                                                         "found \"neither principal nor resource\"",
		`{action: "s3:GetObject"}`: "Metadata CrossGrant::Expect of Source/Reader: found \"an object\", expected a list of objects",
	} {
		found, problem := expected(t, nil, mark(entries))
		if !strings.Contains(strings.Join(found, "\n")+problem, wanted) {
			t.Errorf("%s: found %q %s, expected %q", entries, found, problem, wanted)
		}
	}
}

// With nothing declared the verdict is that of what is expected, and without an expectation that nothing is declared, whatever else the templates have.
func TestVerdictOfExpectationsAlone(t *testing.T) {
	const bucket = "Resources:\n  Lake: {Type: AWS::S3::Bucket, Properties: {BucketName: lake}}\n"
	const refused = "  Policy: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: lake, PolicyDocument: {Statement: [{Effect: Permit, Principal: '*', Action: 's3:GetObject', Resource: 'arn:aws:s3:::lake/*'}]}}}\n"
	const twice = "  Again: {Type: AWS::S3::Bucket, Properties: {BucketName: lake}}\n"
	request := func(allowed bool) []expect.Request {
		return []expect.Request{{Principal: "anonymous", Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/k", Allowed: allowed, Place: "f:1"}}
	}
	for name, c := range map[string]struct {
		template string
		expected []expect.Request
		want     Verdict
	}{
		"nothing":                               {bucket, nil, NothingDeclared},
		"nothing, and what AWS refuses":         {bucket + twice, nil, Broken},
		"as it is":                              {bucket, request(false), Proved},
		"not as it is":                          {bucket, request(true), Broken},
		"of a policy that cannot be read":       {bucket + refused, request(false), Undecided},
		"as it is, of what AWS refuses besides": {bucket + twice, request(false), Broken},
	} {
		r, err := Prove(templateApp(t, c.template), Options{Expected: c.expected})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if v := r.Verdict(); v != c.want {
			t.Errorf("%s: found %s and %+v, expected %s", name, v, r.Findings(), c.want)
		}
	}
}

// What a marked policy permits is declared, of a trusted role and of a grantee, too; what it does not permit still is too much.
func TestMarkedPoliciesAreNoOverGrant(t *testing.T) {
	const other = "arn:aws:iam::333333333333:role/other"
	for name, c := range map[string]struct {
		mark, role, template string
		want                 bool
	}{
		"of a trusted role":           {"    Metadata: {\"CrossGrant::MustWork\": true}\n", "reports-prod-eu-west-1", "target", false},
		"of a trusted role, unmarked": {"", "reports-prod-eu-west-1", "target", true},
		"of a grantee":                {"    Metadata: {\"CrossGrant::MustWork\": true}\n", "reader", "source", false},
		"of a grantee, unmarked":      {"", "reader", "source", true},
	} {
		more := "Resources:\n  More:\n    Type: AWS::IAM::Policy\n" + c.mark + "    Properties: {PolicyName: more, Roles: [" + c.role + "], PolicyDocument: {Version: '2012-10-17', Statement: [{Sid: More, Effect: Allow, Action: ['sts:AssumeRole'], Resource: '" + other + "'}]}}\n"
		r, err := Prove(grantApp(t, both, edit{c.template, "Resources:\n", more}), Options{})
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for i := range r.Checks {
			found = found || r.Checks[i].Rule == OverGrant && r.Checks[i].Verdict == Broken && strings.Contains(strings.Join(r.Checks[i].Details, ""), other)
		}
		if found != c.want {
			t.Errorf("%s: found %t, expected %t", name, found, c.want)
		}
	}
}
