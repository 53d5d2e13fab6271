package contract_test

import (
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/contract"
)

// Each value that Read refuses has beside it one that Read accepts, in the same place. The schema has to agree, wherever it can tell.
func TestGrantsThatAreRefused(t *testing.T) {
	base := encode(t, small())
	role := func(rest string) string { return "arn:aws:iam::222222222222:role/" + rest }
	long := func(n int) string { return strings.Repeat("x", n) }
	sso := func(region, rest string) string {
		return "arn:aws:iam::111111111111:role/aws-reserved/sso.amazonaws.com/" + region + "AWSReservedSSO_" + rest
	}
	const r, s = "arn:aws:iam::111111111111:role/r", "arn:aws:iam::111111111111:role/s"
	for name, c := range map[string]refusal{
		"no name":                               {"name", "", "g", `name: found "", expected letters`, true},
		"a name without a role's letters":       {"name", "rêve", "reve", `name: found "rêve", expected letters, digits and _+=,.@-`, true},
		"a stage with a space":                  {"stage", "de v", "de-v", `stage: found "de v", expected letters`, true},
		"a target account of 11 digits":         {"target", target("22222222222", "eu-west-1"), target("222222222222", "us-gov-west-1"), `target.account: found "22222222222", expected 12 digits`, true},
		"a zone for a region":                   {"target.region", "eu-west-1a", "eu-west-12", `target.region: found "eu-west-1a", expected a region such as ap-northeast-1`, true},
		"an unknown access mode":                {"access", "assumeRole", "AssumeRole", `access: found "assumeRole", expected one of ["AssumeRole" "Direct"]`, true},
		"no role to assume":                     {"roleArn", without, role("x"), `roleArn: found "", expected the ARN of a role of account 222222222222`, true},
		"a role of another account":             {"roleArn", "arn:aws:iam::333333333333:role/x", role("x"), `roleArn: found "arn:aws:iam::333333333333:role/x", expected the ARN of a role of account 222222222222`, cannotTell},
		"a role name of 65 characters":          {"roleArn", role(long(65)), role("path/" + long(64)), "expected the ARN of a role", true},
		"a role that is a session":              {"roleArn", "arn:aws:sts::222222222222:assumed-role/x/y", "arn:aws-cn:iam::222222222222:role/x", "expected the ARN of a role", true},
		"no grantee":                            {"grantees", []any{}, []any{r}, "grantees: found none, expected the ARN of at least one role", true},
		"a wildcard as grantee":                 {"grantees.0", "*", r, `grantees: found "*", expected the ARN of one role`, true},
		"a grantee with a wildcard":             {"grantees.0", "arn:aws:iam::111111111111:role/r*", r, "expected the ARN of one role", true},
		"a user as grantee":                     {"grantees.0", "arn:aws:iam::111111111111:user/r", "arn:aws:iam::111111111111:role/user/r", "expected the ARN of one role", true},
		"an account as grantee":                 {"grantees.0", "arn:aws:iam::111111111111:root", "arn:aws:iam::111111111111:role/root", "expected the ARN of one role", true},
		"an account's number as grantee":        {"grantees.0", "111111111111", "arn:aws:iam::111111111111:role/1", "expected the ARN of one role", true},
		"a grantee with a line end":             {"grantees.0", "arn:aws:iam::111111111111:role/r\n", r, "expected the ARN of one role", true},
		"any permission set's role":             {"grantees.0", sso("eu-west-1/", "*"), sso("eu-west-1/", "Audit_????????????????"), "expected the ARN of one role", true},
		"a permission set's name that is open":  {"grantees.0", sso("", "Audit*_????????????????"), sso("", "Audit_????????????????"), "expected the ARN of one role", true},
		"an organization among roles":           {"grantees", []any{r, "o-a1b2c3d4e5"}, []any{"o-a1b2c3d4e5"}, `grantees: found "o-a1b2c3d4e5", expected the ARN of one role, a pattern of a permission set's role, or one organization alone`, cannotTell},
		"session tags that are false":           {"trust.sessionTags", false, true, `contract.grants[0].trust: found "sessionTags" without effect`, true},
		"a grantee twice":                       {"grantees", []any{r, r}, []any{r, s}, "contract.grants[0].grantees: found a value that a synthesis would write differently", true},
		"grantees that are not sorted":          {"grantees", []any{s, r}, []any{r, s}, "contract.grants[0].grantees[0]: found a value that a synthesis would write differently", cannotTell},
		"an unknown trust mode":                 {"trust.mode", "ByName", "ExactRole", `trust.mode: found "ByName", expected one of ["NamedRole" "ExactRole"]`, true},
		"a session below 15 minutes":            {"trust.sessionSeconds", 899, 900, "trust.sessionSeconds: found 899, expected 900 to 3600", true},
		"a session above an hour":               {"trust.sessionSeconds", 3601, 3600, "trust.sessionSeconds: found 3601, expected 900 to 3600", true},
		"no session":                            {"trust.sessionSeconds", without, 1000, "trust.sessionSeconds: found 0, expected 900 to 3600", true},
		"a session in hours":                    {"trust.sessionSeconds", 1000.5, 1000, "grants.trust.sessionSeconds: found number 1000.5, expected a whole number", true},
		"an external id of one letter":          {"trust.externalId", "x", "xy", `trust.externalId: found "x", expected 2 to 1224 letters, digits and _+=,.@:/-`, true},
		"an external id of 1225 letters":        {"trust.externalId", long(1225), long(1224), "expected 2 to 1224 letters", true},
		"an external id with a space":           {"trust.externalId", "x y", "x:/y", `trust.externalId: found "x y"`, true},
		"an external id that is empty":          {"trust.externalId", "", without, `contract.grants[0].trust: found "externalId" without effect`, true},
		"a source identity of one letter":       {"trust.sourceIdentity", "x", "xy", `trust.sourceIdentity: found "x", expected 2 to 64 letters, digits and _+=,.@-`, true},
		"a source identity of 65 letters":       {"trust.sourceIdentity", long(65), long(64), "trust.sourceIdentity: found", true},
		"a source identity with a colon":        {"trust.sourceIdentity", "aws:x", "aws.x", `trust.sourceIdentity: found "aws:x"`, true},
		"an organization without o-":            {"trust.organizationId", "a1b2c3d4e5", "o-a1b2c3d4e5", `trust.organizationId: found "a1b2c3d4e5", expected an organization's id, such as o-a1b2c3d4e5`, true},
		"a unit for an organization":            {"trust.organizationId", "ou-a1b2-c3d4e5f6", "o-" + long(32), "trust.organizationId: found", true},
		"no permission":                         {"permissions", []any{}, statements("S"), "permissions: found none, expected at least one", true},
		"a sid with a hyphen":                   {"permissions.0.sid", "Read-It", "Read1t", `permissions[0]: sid: found "Read-It", expected letters and digits`, true},
		"a sid twice":                           {"permissions", statements("S", "S"), statements("R", "S"), `permissions[1]: found sid "S" twice, expected each once`, cannotTell},
		"sids that are not sorted":              {"permissions", statements("S", "R"), statements("R", "S"), "contract.grants[0].permissions[0].sid: found a value that a synthesis would write differently", cannotTell},
		"a wildcard action":                     {"permissions.0.actions.0", "s3:Get*", "s3:GetObject", `permissions[0]: actions: found "s3:Get*", expected service:Action without a wildcard`, true},
		"an action with a space":                {"permissions.0.actions.0", "s3:Get Object", "s3:GetObject", `permissions[0]: actions: found "s3:Get Object"`, true},
		"a service in capitals":                 {"permissions.0.actions.0", "S3:GetObject", "execute-api:Invoke", `permissions[0]: actions: found "S3:GetObject"`, true},
		"actions of two services":               {"permissions.0.actions", []any{"kms:Decrypt", "s3:GetObject"}, []any{"s3:GetObject", "s3:PutObject"}, `permissions[0]: actions: found "s3:GetObject", expected actions of one service, here kms`, cannotTell},
		"no action":                             {"permissions.0.actions", []any{}, []any{"s3:PutObject"}, "permissions[0]: actions: found none", true},
		"every bucket":                          {"permissions.0.resources.0", "arn:aws:s3:::*", "arn:aws:s3:::b*", `permissions[0]: resources: found "arn:aws:s3:::*", expected an ARN of specific resources`, true},
		"every service":                         {"permissions.0.resources.0", "arn:aws:*:::b", "arn:aws:s3:::b", `resources: found "arn:aws:*:::b"`, true},
		"every partition":                       {"permissions.0.resources.0", "arn:*:s3:::b", "arn:aws-cn:s3:::b", `resources: found "arn:*:s3:::b"`, true},
		"a resource that was not known":         {"permissions.0.resources.0", "arn:aws:s3:::${Token[TOKEN.7]}/*", "arn:aws:s3:::b/${aws:PrincipalTag/team}/*", "found a text with ${Token[…, expected all to be known at synthesis", cannotTell},
		"a partition that was not known":        {"permissions.0.resources.0", "arn:${Token[AWS.Partition.3]}:s3:::b", "arn:aws:s3:::b", "found a text with ${Token[…", true},
		"a resource's account of letters":       {"permissions.0.account", "acme", "333333333333", `permissions[0]: account: found "acme", expected 12 digits, or none for the target account`, true},
		"a condition without a key":             {"permissions.0.conditions", map[string]any{"StringEquals": map[string]any{}}, condition("StringEquals", "aws:VpceAccount", "1"), `permissions[0]: conditions: found operator "StringEquals" with 0 keys`, true},
		"a condition without an operator":       {"permissions.0.conditions", condition("", "aws:VpceAccount", "1"), condition("ForAnyValue:StringLikeIfExists", "aws:VpceAccount", "1"), `permissions[0]: conditions: found operator "" with 1 keys`, true},
		"a key without a prefix":                {"permissions.0.conditions", condition("StringEquals", "prefix", "x"), condition("StringEquals", "aws:ResourceTag/Cost Center", "x"), `conditions: found key "prefix" with 1 values`, true},
		"a condition without a value":           {"permissions.0.conditions", condition("StringEquals", "s3:prefix"), condition("StringEquals", "s3:prefix", "", "inbox/"), `conditions: found key "s3:prefix" with 0 values`, true},
		"conditions that are none":              {"permissions.0.conditions", map[string]any{}, without, `contract.grants[0].permissions[0]: found "conditions" without effect`, true},
		"a viaAwsService that is false":         {"permissions.0.viaAwsService", false, true, `contract.grants[0].permissions[0]: found "viaAwsService" without effect, expected names as a synthesis writes them`, true},
		"a perimeter that is null":              {"perimeter", nil, without, `contract.grants[0]: found "perimeter" without effect`, true},
		"a perimeter in an unknown enforcement": {"perimeter", perimeter("OnTable", "aws:VpceAccount", "1"), perimeter("OnRole", "aws:VpceAccount", "1"), `perimeter.enforcement: found "OnTable", expected one of ["OnRole" "OnBucket"]`, true},
		"a perimeter without a key":             {"perimeter", perimeter("OnRole", "", "1"), perimeter("OnRole", "aws:SourceVpc", "1"), `perimeter.key: found "", expected a condition key, such as aws:VpceAccount`, true},
		"a perimeter without a value":           {"perimeter", perimeter("OnRole", "aws:SourceVpc"), perimeter("OnRole", "aws:SourceVpc", "1", "2"), "perimeter.values: found [], expected at least one, none empty", true},
		"a perimeter with an empty value":       {"perimeter", perimeter("OnRole", "aws:SourceVpc", ""), perimeter("OnRole", "aws:SourceVpc", "1"), `perimeter.values: found [""], expected at least one, none empty`, true},
		"a perimeter on buckets for everybody":  {"perimeter", perimeter("OnBucket", "aws:SourceVpc", "1"), administered("OnBucket", "arn:aws:iam::222222222222:role/admin"), "perimeter.administrators: found 0 with OnBucket, expected at least one with OnBucket and none with OnRole", true},
		"a perimeter on roles with exceptions":  {"perimeter", administered("OnRole", "arn:aws:iam::222222222222:role/admin"), administered("OnBucket", "arn:aws:iam::222222222222:user/admin"), "perimeter.administrators: found 1 with OnRole", true},
		"an administrator that is an account":   {"perimeter", administered("OnBucket", "arn:aws:iam::222222222222:root"), administered("OnBucket", "arn:aws:iam::222222222222:role/admin"), `perimeter.administrators: found "arn:aws:iam::222222222222:root", expected the ARN of one role or user`, cannotTell},
		"a variable with a hyphen":              {"environment", map[string]any{"A-B": "x"}, map[string]any{"A_B": ""}, `environment: found variable "A-B", expected letters, digits and _`, true},
		"an environment of nothing":             {"environment", map[string]any{}, without, `contract.grants[0]: found "environment" without effect`, true},
		"a name in capitals":                    {"Stage", "dev", without, `contract.grants[0]: found "Stage" without effect`, true},
		"a field that is not the format's":      {"owner", "acme", without, `found unknown field "owner"`, true},
		"no digest":                             {"digest", without, smallDigest, "digest: found none, expected the one that the owner's synthesis wrote", true},
		"the digest of another grant":           {"digest", "sha256:" + strings.Repeat("0", 64), smallDigest, "altered: found digest sha256:000", cannotTell},
		"text that is no Unicode":               {"environment", map[string]any{"A": "\ufffd"}, map[string]any{"A": "é\U0001F600"}, `digest: environment: A: found "�", expected Unicode`, cannotTell},
	} {
		t.Run(name, func(t *testing.T) { c.check(t, base) })
	}
}

func TestDirectGrantsThatAreRefused(t *testing.T) {
	direct := small()
	direct.Access, direct.RoleARN, direct.Trust.SessionSeconds = contract.Direct, "", 0
	base := encode(t, direct)
	for name, c := range map[string]refusal{
		"a role to assume":  {"roleArn", "arn:aws:iam::222222222222:role/x", without, `roleArn: found "arn:aws:iam::222222222222:role/x", expected none: Direct access assumes no role`, true},
		"a session":         {"trust.sessionSeconds", 900, without, "trust.sessionSeconds: found 900, expected none: Direct access assumes no role", true},
		"a session of 0":    {"trust.sessionSeconds", 0, without, `contract.grants[0].trust: found "sessionSeconds" without effect`, true},
		"an external id":    {"trust.externalId", "xy", without, `trust: found externalId "xy" and sourceIdentity "", expected none: Direct access assumes no role`, true},
		"a source identity": {"trust.sourceIdentity", "xy", without, `trust: found externalId "" and sourceIdentity "xy", expected none`, true},
		"no organization":   {"trust.organizationId", "o-", "o-a1b2c3d4e5", `trust.organizationId: found "o-"`, true},
	} {
		t.Run(name, func(t *testing.T) { c.check(t, base) })
	}
}

// refusal is a value that Read refuses, and one that it accepts in the same place.
type refusal struct {
	path              string
	refused, accepted any
	expected          string
	schema            bool
}

// cannotTell is a schema that accepts what Read refuses.
const cannotTell = false

func (c refusal) check(t *testing.T, base []byte) {
	refused, accepted := edit(t, base, "grants.0."+c.path, c.refused), edit(t, base, "grants.0."+c.path, c.accepted)
	if _, err := contract.Read(refused); err == nil || !strings.Contains(err.Error(), c.expected) {
		t.Errorf("found %v\nexpected %s", err, c.expected)
	}
	if _, err := contract.Read(accepted); err != nil {
		t.Errorf("found %v\nfor %v, expected it accepted", err, c.accepted)
	}
	if err := schemaRefuses(t, refused); (err != nil) != c.schema {
		t.Errorf("schema: found %v for %v, expected it refused: %t", err, c.refused, c.schema)
	}
	if err := schemaRefuses(t, accepted); err != nil {
		t.Errorf("schema: found %v for %v, expected it accepted", err, c.accepted)
	}
}

// All that is wrong is said at once, and each thing with its place.
func TestAllProblemsAreSaid(t *testing.T) {
	g := small()
	g.Stage, g.Grantees, g.Permissions[0].Sid, g.Permissions[0].Actions = "", nil, "", nil
	_, err := contract.Encode([]contract.Grant{g, small()})
	expected := `write contract:
grants[0] (g--eu-west-1): stage: found "", expected letters, digits and _+=,.@-
grants[0] (g--eu-west-1): grantees: found none, expected the ARN of at least one role
grants[0] (g--eu-west-1): permissions[0]: sid: found "", expected letters and digits
grants[0] (g--eu-west-1): permissions[0]: actions: found none, expected at least one, such as s3:GetObject`
	if err == nil || err.Error() != expected {
		t.Errorf("found:\n%v\nexpected:\n%s", err, expected)
	}
}

func target(account, region string) any {
	return map[string]any{"account": account, "region": region}
}

func statements(sids ...string) (all []any) {
	for _, sid := range sids {
		all = append(all, map[string]any{"sid": sid, "actions": []any{"s3:GetObject"}, "resources": []any{"arn:aws:s3:::b/*"}})
	}
	return all
}

func perimeter(place, key string, values ...any) any {
	return map[string]any{"enforcement": place, "key": key, "values": append([]any{}, values...)}
}

// administered is a perimeter with an administrator.
func administered(place, administrator string) any {
	return map[string]any{"enforcement": place, "key": "aws:SourceVpc", "values": []any{"1"}, "administrators": []any{administrator}}
}

func condition(operator, key string, values ...any) any {
	return map[string]any{operator: map[string]any{key: append([]any{}, values...)}}
}
