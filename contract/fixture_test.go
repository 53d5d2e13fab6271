package contract_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/contract"
)

// agreed is two grants that have, together, a value in every field; nothing of them is in canonical order.
func agreed() []contract.Grant {
	return []contract.Grant{
		{
			Name: "reports", Stage: "prod",
			Target:  contract.Env{Account: "222222222222", Region: "ap-northeast-1"},
			Access:  contract.AssumeRole,
			RoleARN: "arn:aws:iam::222222222222:role/reports-prod-ap-northeast-1",
			Grantees: []string{
				"arn:aws:iam::111111111111:role/reports-reader",
				"arn:aws:iam::111111111111:role/batch/reports-copy",
			},
			Trust: contract.Trust{
				Mode: contract.NamedRole, ExternalID: "reports-of-2026", SourceIdentity: "reports-team", OrganizationID: "o-a1b2c3d4e5", SessionSeconds: 3600,
			},
			Permissions: []contract.Statement{
				{
					Sid: "ReadOriginObjects", Actions: []string{"s3:GetObject"}, Resources: []string{"arn:aws:s3:::acme-origin/*"},
					Account: "333333333333",
				},
				{
					Sid: "ReadBucketObjects", Actions: []string{"s3:GetObjectTagging", "s3:GetObject"},
					Resources: []string{"arn:aws:s3:::acme-reports/outbox/*", "arn:aws:s3:::acme-reports/inbox/*"},
				},
				{
					Sid: "ReadBucketList", Actions: []string{"s3:ListBucket"}, Resources: []string{"arn:aws:s3:::acme-reports"},
					Conditions: map[string]map[string][]string{"StringLike": {"s3:prefix": {"outbox/*", "inbox/*"}}},
				},
				{
					Sid: "ReadBucketDecrypt", Actions: []string{"kms:Decrypt"},
					Resources:             []string{"arn:aws:kms:ap-northeast-1:222222222222:key/${Token[TOKEN.12]}"},
					CrossAccountResources: []string{"arn:aws:kms:ap-northeast-1:222222222222:key/*"},
					Conditions:            map[string]map[string][]string{"StringEquals": {"kms:ViaService": {"s3.ap-northeast-1.amazonaws.com"}}},
					ViaAWSService:         true,
				},
			},
			Perimeter:   &contract.Perimeter{Enforcement: contract.OnRole, Key: "aws:VpceAccount", Values: []string{"333333333333", "111111111111"}},
			Environment: map[string]string{"CROSSGRANT_BUCKET": "acme-reports", "CROSSGRANT_PREFIXES": `["inbox/","outbox/"]`},
		},
		{
			Name: "orders", Stage: "prod",
			Target:   contract.Env{Account: "222222222222", Region: "ap-northeast-1"},
			Access:   contract.Direct,
			Grantees: []string{"arn:aws:iam::111111111111:role/orders-scan"},
			Trust:    contract.Trust{Mode: contract.ExactRole},
			Permissions: []contract.Statement{{
				Sid: "ReadTable", Actions: []string{"dynamodb:Scan", "dynamodb:Query"},
				Resources: []string{"arn:aws:dynamodb:ap-northeast-1:222222222222:table/orders"},
			}},
		},
	}
}

// small is a grant of the least there can be.
func small() contract.Grant {
	return contract.Grant{
		Name: "g", Stage: "dev",
		Target:   contract.Env{Account: "222222222222", Region: "eu-west-1"},
		Access:   contract.AssumeRole,
		RoleARN:  "arn:aws:iam::222222222222:role/g-dev-eu-west-1",
		Grantees: []string{"arn:aws:iam::111111111111:role/reader"},
		Trust:    contract.Trust{Mode: contract.NamedRole, SessionSeconds: 900},
		Permissions: []contract.Statement{
			{Sid: "Read", Actions: []string{"s3:GetObject"}, Resources: []string{"arn:aws:s3:::b/*"}},
		},
	}
}

func encode(t testing.TB, grants ...contract.Grant) []byte {
	t.Helper()
	document, err := contract.Encode(grants)
	if err != nil {
		t.Fatal(err)
	}
	return document
}

// without marks a field that [edit] takes away.
const without = "(without)"

// edit returns a contract's document with one value changed, at a path such as "grants.0.trust.mode", and with the digest that the grant
// then has, unless that is what was changed. It uses nothing of the package.
func edit(t testing.TB, document []byte, path string, value any) []byte {
	t.Helper()
	var root map[string]any
	if err := json.Unmarshal(document, &root); err != nil {
		t.Fatal(err)
	}
	steps := strings.Split(path, ".")
	set(root, steps, value)
	if len(steps) > 2 && steps[2] != "digest" {
		grant := root[steps[0]].([]any)[at(steps[1])].(map[string]any)
		delete(grant, "digest")
		grant["digest"] = digestOf(t, grant)
	}
	edited, err := json.Marshal(root)
	if err != nil {
		t.Fatal(err)
	}
	return edited
}

// digestOf returns the digest of a grant that has none and has nothing that json.Marshal escapes.
func digestOf(t testing.TB, grant any) string {
	t.Helper()
	content, err := json.Marshal(grant) // sorted keys, no space
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(content)
	return "sha256:" + hex.EncodeToString(sum[:])
}

func set(in any, steps []string, value any) {
	switch parent := in.(type) {
	case map[string]any:
		switch {
		case len(steps) > 1:
			set(parent[steps[0]], steps[1:], value)
		case value == any(without):
			delete(parent, steps[0])
		default:
			parent[steps[0]] = value
		}
	case []any:
		if len(steps) > 1 {
			set(parent[at(steps[0])], steps[1:], value)
		} else {
			parent[at(steps[0])] = value
		}
	}
}

func at(step string) int {
	i, err := strconv.Atoi(step)
	if err != nil {
		panic(err)
	}
	return i
}
