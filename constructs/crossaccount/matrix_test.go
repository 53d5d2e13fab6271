package crossaccount_test

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"
	"github.com/google/go-cmp/cmp"

	"github.com/crossgrant/crossgrant/constructs/crossaccount"
	"github.com/crossgrant/crossgrant/internal/sample"
)

// The dimensions of the matrix: each permission with a customer key and, where it takes them, prefixes or indexes.
var (
	matrixPermissions = map[string]func(a accounts) crossaccount.Permission{
		"ReadBucket": func(a accounts) crossaccount.Permission {
			return crossaccount.ReadBucket(bucket(a.target, key(a)), "in/")
		},
		"ListBucket": func(a accounts) crossaccount.Permission {
			return crossaccount.ListBucket(bucket(a.target, key(a)), "in/")
		},
		"WriteBucket": func(a accounts) crossaccount.Permission {
			return crossaccount.WriteBucket(bucket(a.target, key(a)), "in/")
		},
		"DeleteFromBucket": func(a accounts) crossaccount.Permission {
			return crossaccount.DeleteFromBucket(bucket(a.target, key(a)), "in/")
		},
		"CopyIntoBucket": func(a accounts) crossaccount.Permission {
			return crossaccount.CopyIntoBucket(originBucket(a), bucket(a.target, key(a)), "in/")
		},
		"ReadTable": func(a accounts) crossaccount.Permission {
			return crossaccount.ReadTable(table(a.target, key(a)), "byName")
		},
		"WriteTable":       func(a accounts) crossaccount.Permission { return crossaccount.WriteTable(table(a.target, key(a))) },
		"ReadStream":       func(a accounts) crossaccount.Permission { return crossaccount.ReadStream(tableWithStream(a, key(a))) },
		"UseKey":           func(a accounts) crossaccount.Permission { return crossaccount.UseKey(key(a), crossaccount.Decrypt) },
		"ReceiveFromQueue": func(a accounts) crossaccount.Permission { return crossaccount.ReceiveFromQueue(queue(a, key(a))) },
		"SendToQueue":      func(a accounts) crossaccount.Permission { return crossaccount.SendToQueue(queue(a, key(a))) },
		"ReadSecret":       func(a accounts) crossaccount.Permission { return crossaccount.ReadSecret(secret(a, key(a))) },
		"PublishToTopic":   func(a accounts) crossaccount.Permission { return crossaccount.PublishToTopic(topic(a, key(a))) },
		"InvokeFunction":   func(a accounts) crossaccount.Permission { return crossaccount.InvokeFunction(callee(a)) },
		"PollByEventSource": func(a accounts) crossaccount.Permission {
			return crossaccount.PollByEventSource(queue(a, key(a)))
		},
	}
	matrixPerimeters = []struct {
		name      string
		perimeter crossaccount.Perimeter
	}{
		{"anywhere", crossaccount.Perimeter{}},
		{"VpceAccounts OnRole", crossaccount.Perimeter{VpceAccounts: []string{"111111111111"}}},
		{"VpceOrgIDs OnRole", crossaccount.Perimeter{VpceOrgIDs: []string{"o-a1b2c3d4e5"}}},
		{"Vpcs OnRole", crossaccount.Perimeter{Vpcs: []string{"vpc-0a1b2c3d4e5f67890"}}},
		{"VpcEndpoints OnRole", crossaccount.Perimeter{VpcEndpoints: twoEndpoints}},
		{"VpceAccounts OnBucket", crossaccount.Perimeter{VpceAccounts: []string{"111111111111"}, Enforcement: crossaccount.OnBucket, Administrators: admin}},
		{"VpceOrgIDs OnBucket", crossaccount.Perimeter{VpceOrgIDs: []string{"o-a1b2c3d4e5"}, Enforcement: crossaccount.OnBucket, Administrators: admin}},
		{"Vpcs OnBucket", crossaccount.Perimeter{Vpcs: []string{"vpc-0a1b2c3d4e5f67890"}, Enforcement: crossaccount.OnBucket, Administrators: admin}},
		{"VpcEndpoints OnBucket", crossaccount.Perimeter{VpcEndpoints: twoEndpoints, Enforcement: crossaccount.OnBucket, Administrators: admin}},
	}
	admin        = []string{"arn:aws:iam::222222222222:role/admin"}
	twoEndpoints = []string{"vpce-0a1b2c3d4e5f67890", "vpce-0f1b2c3d4e5f67890"}
)

// legal says which combinations AWS supports, from its documentation: what the policy of a resource can permit another account, and which services
// set a condition key of the endpoint. The policy of a function takes no condition beside a role, and Lambda polls as the function, from no VPC.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
func legal(permission string, access crossaccount.AccessMode, mode crossaccount.TrustMode, around string, perimeter crossaccount.Perimeter) bool {
	service := map[string]string{
		"ListBucket": "s3", "ReadBucket": "s3", "WriteBucket": "s3", "DeleteFromBucket": "s3", "CopyIntoBucket": "s3", "ReadTable": "dynamodb", "WriteTable": "dynamodb",
		"ReadStream": "stream", "UseKey": "kms", "ReceiveFromQueue": "sqs", "SendToQueue": "sqs", "ReadSecret": "secretsmanager", "PublishToTopic": "sns", "InvokeFunction": "lambda", "PollByEventSource": "mapping",
	}[permission]
	switch {
	case access == crossaccount.Direct && service == "stream",
		access == crossaccount.Direct && service == "lambda" && (mode != crossaccount.ExactRole || around != "anywhere"),
		service == "mapping" && (access != crossaccount.Direct || around != "anywhere"):
		return false
	}
	switch {
	case perimeter.VpceAccounts != nil && !strings.Contains("s3 kms", service),
		perimeter.VpceOrgIDs != nil && !strings.Contains("s3 kms sqs", service):
		return false
	}
	return perimeter.Enforcement != crossaccount.OnBucket || service == "s3"
}

// cell is one combination of the matrix.
type cell struct {
	permission string
	access     crossaccount.AccessMode
	around     int // of matrixPerimeters
	mode       crossaccount.TrustMode
}

func (c cell) name() string {
	return strings.Join([]string{c.permission, string(c.access), matrixPerimeters[c.around].name, string(c.mode)}, ", ")
}

func (c cell) legal() bool {
	around := matrixPerimeters[c.around]
	return legal(c.permission, c.access, c.mode, around.name, around.perimeter)
}

// kinds of a cell: legal and refused ones of each permission, and those of each perimeter and mode with each access.
func (c cell) kinds() []string {
	kind := fmt.Sprintf("%t ", c.legal())
	access := kind + string(c.access) + " "
	kinds := []string{kind + c.permission, access + matrixPerimeters[c.around].name, access + string(c.mode)}
	if c.legal() {
		kinds = append(kinds, access+c.permission)
	}
	return kinds
}

// matrix has all cells in order.
func matrix() (all []cell) {
	for _, permission := range slices.Sorted(maps.Keys(matrixPermissions)) {
		for _, access := range crossaccount.AccessModes() {
			for around := range matrixPerimeters {
				for _, mode := range crossaccount.TrustModes() {
					all = append(all, cell{permission, access, around, mode})
				}
			}
		}
	}
	return all
}

// Every legal combination results in the policies of its golden view, and every other one is refused. The view of an access mode with the
// defaults is complete; that of a perimeter has what differs from it, and that of ExactRole what differs from NamedRole. With -short a sample is
// compared with its part of the golden views.
func TestMatrix(t *testing.T) {
	all := matrix()
	sampled := map[cell]bool{}
	for _, c := range sample.Of(t, sample.Seed(t), all, cell.kinds) {
		sampled[c] = true
		// What differs from another mode says nothing of what both have.
		c.mode = crossaccount.NamedRole
		sampled[c] = true
	}
	for _, permission := range slices.Sorted(maps.Keys(matrixPermissions)) {
		t.Run(permission, func(t *testing.T) {
			golden := map[string]string{}
			if testing.Short() {
				golden = matrixParts(t, permission)
			}
			made := map[cell]string{}
			of := func(c cell) string {
				if _, ok := made[c]; !ok {
					view, problem := matrixView(t, c)
					if (problem == "") != c.legal() {
						t.Errorf("%s: found %q, expected it to be legal: %v", c.name(), problem, c.legal())
					}
					if made[c] = view; problem != "" {
						made[c] = "  " + strings.ReplaceAll(problem, "\n", "\n  ") + "\n"
					}
				}
				return made[c]
			}
			full := of
			if testing.Short() { // one that is compared in its own turn, or another time
				full = func(c cell) string { return unindent(golden[c.name()]) }
			}
			var views, refused strings.Builder
			bases := map[cell]cell{} // the first legal one of an access mode, and of it with a perimeter
			for _, c := range all {
				access, around := cell{access: c.access}, cell{access: c.access, around: 1 + c.around}
				if c.permission != permission {
					continue
				}
				_, again := bases[access]
				_, more := bases[around]
				if c.legal() && !again {
					bases[access] = c
				}
				if c.legal() && !more {
					bases[around] = c
				}
				if !sampled[c] {
					continue
				}
				part, into := of(c), &views
				switch {
				case !c.legal():
					into = &refused
				case !again:
					part = "\n" + indent(part) + "\n"
				case more:
					part = "\n" + changes(of(bases[around]), part) + "\n"
				default:
					part = "\n" + changes(full(bases[access]), part) + "\n"
				}
				if fmt.Fprintf(into, "%s\n%s", c.name(), part); testing.Short() && part != golden[c.name()] {
					t.Errorf("%s (-expected +found):\n%s", c.name(), cmp.Diff(golden[c.name()], part))
				}
			}
			if !testing.Short() {
				compare(t, "matrix-"+permission, views.String()+"refused\n\n"+refused.String())
			}
		})
	}
}

// matrixParts are the parts of a golden view by the names of their cells, each without the line of its name.
func matrixParts(t *testing.T, permission string) map[string]string {
	t.Helper()
	parts, name := map[string]string{}, ""
	for line := range strings.Lines(strings.Replace(read(t, filepath.Join("testdata", "matrix-"+permission+".txt")), "refused\n\n", "", 1)) {
		if strings.HasPrefix(line, permission+", ") {
			name = strings.TrimSuffix(line, "\n")
			continue
		}
		parts[name] += line
	}
	return parts
}

// matrixView returns everything that a grant writes, or the error.
func matrixView(t *testing.T, c cell) (view, problem string) {
	a := twoAccounts(t)
	grantee := awslambda.NewFunction(a.source, jsii.String("Function"), &awslambda.FunctionProps{
		Role: role(a.source, "Reader", "reader"), Runtime: awslambda.Runtime_NODEJS_22_X(),
		Handler: jsii.String("index.handler"), Code: awslambda.Code_FromInline(jsii.String("-")),
	})
	props := crossaccount.GrantProps{
		Name: "reading", Stage: "dev", Grantees: to(grantee), Target: a.target, Access: c.access, Trust: crossaccount.Trust{Mode: c.mode}, Perimeter: matrixPerimeters[c.around].perimeter,
		Permissions: permissions{matrixPermissions[c.permission](a)},
		Endpoints:   everyEndpoint(a),
	}
	if problem = refusal(func() { crossaccount.NewCrossAccountGrant(a.source, "Reading", props) }); problem != "" {
		return "", problem
	}
	source, target := a.templates(t)
	return "source account\n" + variables(t, source) + withoutEmpty(source.View()) + "target account\n" + strings.ReplaceAll(withoutEmpty(target.View()), dataActionsView, "  the data actions\n"), ""
}

// dataActionsView has the actions that a perimeter on a bucket denies, once for all views: from AWS's list, the actions on objects and those on
// buckets that reveal keys, without those that S3's replication uses.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
const dataActionsView = `  s3:AbortMultipartUpload
                 s3:DeleteObject
                 s3:DeleteObjectAnnotation
                 s3:DeleteObjectTagging
                 s3:DeleteObjectVersion
                 s3:DeleteObjectVersionAnnotation
                 s3:DeleteObjectVersionTagging
                 s3:GetObject
                 s3:GetObjectAcl
                 s3:GetObjectAnnotation
                 s3:GetObjectAttributes
                 s3:GetObjectLegalHold
                 s3:GetObjectRetention
                 s3:GetObjectTagging
                 s3:GetObjectTorrent
                 s3:GetObjectVersion
                 s3:GetObjectVersionAcl
                 s3:GetObjectVersionAnnotation
                 s3:GetObjectVersionAttributes
                 s3:GetObjectVersionTagging
                 s3:GetObjectVersionTorrent
                 s3:ListBucket
                 s3:ListBucketMultipartUploads
                 s3:ListBucketVersions
                 s3:ListMultipartUploadParts
                 s3:ListObjectAnnotations
                 s3:ListObjectVersionAnnotations
                 s3:PutObject
                 s3:PutObjectAcl
                 s3:PutObjectAnnotation
                 s3:PutObjectLegalHold
                 s3:PutObjectRetention
                 s3:PutObjectTagging
                 s3:PutObjectVersionAcl
                 s3:PutObjectVersionAnnotation
                 s3:PutObjectVersionTagging
                 s3:RestoreObject
                 s3:UpdateObjectEncryption
`

// originBucket is a bucket of the source account, with a key.
func originBucket(a accounts) awss3.IBucket {
	return awss3.NewBucket(a.source, jsii.String("Origin"), &awss3.BucketProps{BucketName: jsii.String("origin-of-111"), Encryption: awss3.BucketEncryption_KMS})
}

// withoutEmpty leaves out the sections of empty policies.
func withoutEmpty(view string) string {
	var kept strings.Builder
	for _, section := range strings.Split(view, "\n\n") {
		if !strings.Contains(section, "(none)") {
			kept.WriteString(strings.TrimRight(section, "\n") + "\n")
		}
	}
	return kept.String()
}

func indent(text string) string {
	return "  " + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n  ") + "\n"
}

// unindent undoes indent, with the empty line before it.
func unindent(text string) string {
	return strings.TrimRight(strings.ReplaceAll(text, "\n  ", "\n"), "\n")[1:] + "\n"
}

// changes returns the lines that two views do not have in common, each under the last common line before it that is indented less.
func changes(base, view string) string {
	before, after := strings.Split(base, "\n"), strings.Split(view, "\n")
	// Longest common subsequence: views are short.
	length := make([][]int, len(before)+1)
	for i := range length {
		length[i] = make([]int, len(after)+1)
	}
	for i := len(before) - 1; i >= 0; i-- {
		for j := len(after) - 1; j >= 0; j-- {
			if before[i] == after[j] {
				length[i][j] = length[i+1][j+1] + 1
			} else {
				length[i][j] = max(length[i+1][j], length[i][j+1])
			}
		}
	}
	var out strings.Builder
	var path []string // headings of the last shared lines, by their indentation
	shown := map[string]bool{}
	line := func(mark, text string) {
		for _, heading := range path {
			if !shown[heading] {
				shown[heading] = true
				out.WriteString("    " + heading + "\n")
			}
		}
		out.WriteString("  " + mark + " " + text + "\n")
	}
	for i, j := 0, 0; i < len(before) || j < len(after); {
		switch {
		case i < len(before) && j < len(after) && before[i] == after[j]:
			deep := len(before[i]) - len(strings.TrimLeft(before[i], " "))
			for len(path) > 0 && len(path[len(path)-1])-len(strings.TrimLeft(path[len(path)-1], " ")) >= deep {
				path = path[:len(path)-1]
			}
			path = append(path, before[i])
			i, j = i+1, j+1
		case j < len(after) && (i == len(before) || length[i][j+1] >= length[i+1][j]):
			line("+", after[j])
			j++
		default:
			line("-", before[i])
			i++
		}
	}
	return out.String()
}
