package probe

import (
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/proof/internal/check"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// everyDataAction are the actions on objects and those that list keys, as a Deny of a perimeter names them. By hand, from
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
const everyDataAction = `"s3:AbortMultipartUpload", "s3:DeleteObject*", "s3:GetObject", "s3:GetObjectA*", "s3:GetObjectLegalHold", "s3:GetObjectRetention", "s3:GetObjectT*",
	"s3:GetObjectVersion", "s3:GetObjectVersionAcl", "s3:GetObjectVersionAnnotation", "s3:GetObjectVersionAttributes", "s3:GetObjectVersionT*", "s3:ListBucket",
	"s3:ListBucketMultipartUploads", "s3:ListBucketVersions", "s3:ListMultipartUploadParts", "s3:ListObject*", "s3:PutObject", "s3:PutObjectA*", "s3:PutObjectLegalHold",
	"s3:PutObjectRetention", "s3:PutObjectT*", "s3:PutObjectVersion*", "s3:RestoreObject", "s3:UpdateObjectEncryption"`

const exempting = `ArnNotLikeIfExists: {"aws:PrincipalArn": ["arn:aws:iam::222222222222:role/admin", "arn:aws:iam::222222222222:role/aws-service-role/*"]}`

// closed is an app whose bucket is closed to whatever does not come from the source account's endpoints.
func closed(t *testing.T, actions, conditions string) *model.Model {
	deny := `{Effect: Deny, Principal: "*", Action: [` + actions + `], Resource: ["arn:aws:s3:::lake", "arn:aws:s3:::lake/*"], Condition: {` + conditions + `}}`
	perimeter := `    perimeter: {enforcement: OnBucket, key: "aws:VpceAccount", values: ["111111111111"], administrators: ["arn:aws:iam::222222222222:role/admin"]}` + "\n"
	with := func(template string) string {
		return strings.Replace(template, "    permissions: ", perimeter+"    permissions: ", 1)
	}
	return load(t, with(declarationOf("Source", readLake, "Reader", "reader")), with(declarationOf("Target", readLake, "Reports", "reports"))+lake(deny), "")
}

// found are the names of the checks of a rule that are not proved.
func found(m *model.Model, checks []check.Check) (names []string) {
	check.Run(m, checks)
	for _, c := range checks {
		if c.Verdict != check.Proved {
			names = append(names, string(c.Verdict)+" "+c.Name)
		}
	}
	return names
}

const (
	outside    = `StringNotEqualsIfExists: {"aws:VpceAccount": "111111111111"}`
	noServices = `BoolIfExists: {"aws:PrincipalIsAWSService": "false", "aws:ViaAWSService": "false"}`
)

// Whatever a perimeter on a bucket leaves out is open to everybody who may do it: each action is tried.
func TestEveryDataActionIsClosed(t *testing.T) {
	conditions := strings.Join([]string{outside, noServices, exempting}, ", ")
	m := closed(t, everyDataAction, conditions)
	if names := found(m, perimeter(m)); len(names) > 0 {
		t.Fatalf("found %q, expected everything proved", names)
	}
	tried := 0
	for _, c := range perimeter(m) {
		if c.Access.Administrator {
			tried++
		}
	}
	if tried < 35 { // 29 actions of 2025 and more
		t.Errorf("found %d actions tried", tried)
	}
	for _, action := range strings.Split(everyDataAction, ",") {
		m := closed(t, strings.Replace(everyDataAction, strings.TrimSpace(action), `"s3:GetBucketPolicy"`, 1), conditions)
		if names := found(m, perimeter(m)); len(names) == 0 {
			t.Errorf("found nothing without %s", action)
		}
	}
	broken := perimeter(closed(t, `"s3:GetObject"`, conditions))
	check.Run(closed(t, `"s3:GetObject"`, conditions), broken)
	for _, c := range broken {
		if c.Name == "from outside the perimeter, an administrator, s3:DeleteObject on arn:aws:s3:::lake/crossgrant-probe" &&
			(c.Verdict != check.Broken || len(c.Remedy) != 1 || c.Remedy[0] != "deny s3:DeleteObject from outside the perimeter, too, in the policy of bucket lake" || len(c.Where) != 1) {
			t.Errorf("found %s, %q, %d resources", c.Verdict, c.Remedy, len(c.Where))
		}
	}
}

// Administrators, service-linked roles and services that act for somebody keep their access.
func TestWhomAPerimeterExempts(t *testing.T) {
	for conditions, want := range map[string]string{
		strings.Join([]string{outside, noServices, exempting}, ", "):                                                    "",
		strings.Join([]string{outside, exempting}, ", "):                                                                "broken somebody through Athena, s3:GetObject on arn:aws:s3:::lake/crossgrant-probe",
		strings.Join([]string{outside, noServices, strings.Replace(exempting, "role/admin", "role/another", 1)}, ", "):  "broken administrator arn:aws:iam::222222222222:role/admin, s3:GetObject on arn:aws:s3:::lake/crossgrant-probe",
		strings.Join([]string{outside, noServices, strings.Replace(exempting, "aws-service-role/*", "other", 1)}, ", "): "broken a service-linked role, s3:GetObject on arn:aws:s3:::lake/crossgrant-probe",
	} {
		m := closed(t, everyDataAction, conditions)
		if names := strings.Join(found(m, keepAlive(m)), ", "); names != want {
			t.Errorf("with %s: found %q, expected %q", conditions, names, want)
		}
	}
}
