package crossaccount_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/constructs/crossaccount"
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

// Every legal combination results in the policies of its golden view, and every other one is refused. The view of an access mode with the
// defaults is complete; that of a perimeter has what differs from it, and that of ExactRole what differs from NamedRole.
func TestMatrix(t *testing.T) {
	for _, permission := range slices.Sorted(maps.Keys(matrixPermissions)) {
		t.Run(permission, func(t *testing.T) {
			var views, refused strings.Builder
			for _, access := range crossaccount.AccessModes() {
				var full string
				for _, around := range matrixPerimeters {
					var named string
					for _, mode := range crossaccount.TrustModes() {
						name := strings.Join([]string{permission, string(access), around.name, string(mode)}, ", ")
						view, problem := matrixView(t, permission, access, mode, around.perimeter)
						if expected := legal(permission, access, mode, around.name, around.perimeter); (problem == "") != expected {
							t.Errorf("%s: found %q, expected it to be legal: %v", name, problem, expected)
						}
						switch {
						case problem != "":
							fmt.Fprintf(&refused, "%s\n  %s\n", name, strings.ReplaceAll(problem, "\n", "\n  "))
						case full == "":
							full, named = view, view
							fmt.Fprintf(&views, "%s\n\n%s\n", name, indent(view))
						case named == "":
							named = view
							fmt.Fprintf(&views, "%s\n\n%s\n", name, changes(full, view))
						default:
							fmt.Fprintf(&views, "%s\n\n%s\n", name, changes(named, view))
						}
					}
				}
			}
			compare(t, "matrix-"+permission, views.String()+"refused\n\n"+refused.String())
		})
	}
}

// matrixView returns everything that a grant writes, or the error.
func matrixView(t *testing.T, permission string, access crossaccount.AccessMode, mode crossaccount.TrustMode, perimeter crossaccount.Perimeter) (view, problem string) {
	a := twoAccounts(t)
	grantee := awslambda.NewFunction(a.source, jsii.String("Function"), &awslambda.FunctionProps{
		Role: role(a.source, "Reader", "reader"), Runtime: awslambda.Runtime_NODEJS_22_X(),
		Handler: jsii.String("index.handler"), Code: awslambda.Code_FromInline(jsii.String("-")),
	})
	props := crossaccount.GrantProps{
		Name: "reading", Stage: "dev", Grantees: to(grantee), Target: a.target, Access: access, Trust: crossaccount.Trust{Mode: mode}, Perimeter: perimeter,
		Permissions: permissions{matrixPermissions[permission](a)},
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
