package request

import (
	"encoding/base64"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/internal/authorization"
	"github.com/crossgrant/crossgrant/policy"
)

// keyOf is the ARN of the key that a request to KMS or to another service names: by its ID or ARN, or by the name or ARN of an alias.
// https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id
func (q *Request) keyOf(name string, at Place, tables Tables) (string, error) {
	alias := name
	if rest, isARN := strings.CutPrefix(name, "arn:"); isARN {
		parts := strings.SplitN(rest, ":", 5)
		if len(parts) != 5 || parts[1] != "kms" {
			return "", malformed("found the key %q, expected an ID, an ARN or an alias", name)
		}
		if strings.HasPrefix(parts[4], "key/") {
			return name, nil
		}
		at.Region, at.Account, alias = parts[2], parts[3], parts[4]
	}
	if !strings.HasPrefix(alias, "alias/") {
		if strings.ContainsAny(name, ":/*?") {
			return "", malformed("found the key %q, expected an ID, an ARN or an alias", name)
		}
		return at.arn("kms", "key/"+name), nil
	}
	if key := tables.Resource(at.Account, at.Region, "kms", "key", alias); key != "" {
		return key, nil
	}
	return "", unknown("found the key %q, an alias that no deployed stack of account %s has in %s, expected one of a stack, or the ID or the ARN of a key", name, at.Account, at.Region)
}

// keysOf are the keys of a request to KMS that do not name them by KeyId.
func keysOf(q *Request, _ authorization.Action, at Place, tables Tables) ([]string, error) {
	p := q.Parameters
	name := p.Text("KeyId")
	switch q.Operation {
	case "CreateAlias":
		name = p.Text("TargetKeyId")
	case "DeleteAlias", "UpdateAlias": // the key that the alias is of, and of the latter the one that it becomes one of
		// https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html
		name = p.Text("AliasName")
		if to := p.Text("TargetKeyId"); to != "" {
			next, err := q.keyOf(to, at, tables)
			if err != nil {
				return nil, err
			}
			key, err := q.keyOf(name, at, tables)
			return []string{key, next}, err
		}
	case "Decrypt":
		if name == "" {
			return q.keyOfCiphertext(p.Text("CiphertextBlob"), tables)
		}
	case "RetireGrant":
		if name == "" {
			return nil, unknown("found RetireGrant with a token, expected KeyId and GrantId")
		}
	}
	if name == "" || !strings.Contains(name, "alias/") {
		return nil, nil // an ID or an ARN
	}
	key, err := q.keyOf(name, at, tables)
	return []string{key}, err
}

// keyID is the form of the ID of a key, which is what the local AWS puts before a ciphertext.
var keyID = regexp.MustCompile(`^(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})`)

// keyOfCiphertext is the key by which something was encrypted.
func (q *Request) keyOfCiphertext(blob string, tables Tables) ([]string, error) {
	text, err := base64.StdEncoding.DecodeString(blob)
	if err != nil {
		return nil, malformed("CiphertextBlob is no base64: %v", err)
	}
	id := keyID.FindString(string(text[:min(len(text), 36)]))
	if key := tables.Resource("", "", "kms", "key", id); id != "" && key != "" {
		return []string{key}, nil
	}
	return nil, unknown("found a ciphertext of a key that no deployed stack has, expected one of a deployed key, or KeyId")
}

// readKMS reads a request to KMS.
// https://docs.aws.amazon.com/kms/latest/developerguide/kms-api-permissions-reference.html
func readKMS(q *Request, at Place, tables Tables) error {
	p := q.Parameters
	if q.Operation != "ReEncrypt" {
		if err := readOther(q, at, tables); err != nil {
			return err
		}
		q.key("kms:RequestAlias", aliasIn(p.Text("KeyId")))
		q.encryptionContext(0, "EncryptionContext")
		q.encryptionContext(0, "Constraints.EncryptionContextSubset")
		q.encryptionContext(0, "Constraints.EncryptionContextEquals")
		q.kmsKeys()
		return nil
	}
	// Of ReEncrypt each of the keys has an action of its own.
	// https://docs.aws.amazon.com/kms/latest/APIReference/API_ReEncrypt.html
	from, err := q.keyOrCiphertext("SourceKeyId", at, tables)
	if err != nil {
		return err
	}
	to, err := q.keyOf(p.Text("DestinationKeyId"), at, tables)
	if err != nil {
		return err
	}
	same := "false"
	if from == to {
		same = "true"
	}
	for i, one := range []struct{ action, key, context, algorithm, name string }{
		{"ReEncryptFrom", from, "SourceEncryptionContext", "SourceEncryptionAlgorithm", "SourceKeyId"},
		{"ReEncryptTo", to, "DestinationEncryptionContext", "DestinationEncryptionAlgorithm", "DestinationKeyId"},
	} {
		q.ask(one.action, one.key, map[string][]string{"kms:ReEncryptOnSameKey": {same}, "kms:EncryptionAlgorithm": {textOr(p.Text(one.algorithm), "SYMMETRIC_DEFAULT")}})
		if alias := aliasIn(p.Text(one.name)); alias != "" {
			q.Asks[i].Context["kms:RequestAlias"] = []string{alias}
		}
		q.encryptionContext(i, one.context)
	}
	return nil
}

func (q *Request) keyOrCiphertext(parameter string, at Place, tables Tables) (string, error) {
	if name := q.Parameters.Text(parameter); name != "" {
		return q.keyOf(name, at, tables)
	}
	found, err := q.keyOfCiphertext(q.Parameters.Text("CiphertextBlob"), tables)
	if err != nil {
		return "", err
	}
	return found[0], nil
}

// aliasIn is the name of an alias in what names a key. "" for a key that is named by its ID.
func aliasIn(name string) string {
	if i := strings.LastIndex(name, "alias/"); i >= 0 {
		return name[i:]
	}
	return ""
}

func textOr(text, byDefault string) string {
	if text == "" {
		return byDefault
	}
	return text
}

// encryptionContext adds the keys of an encryption context to an ask.
// https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-encryption-context
func (q *Request) encryptionContext(ask int, place string) {
	pairs, _ := any(map[string]any(q.Parameters)).(map[string]any)
	for part := range strings.SplitSeq(place, ".") {
		pairs, _ = pairs[part].(map[string]any)
	}
	if len(pairs) == 0 {
		return
	}
	context := maps.Clone(q.Asks[ask].Context)
	if context == nil {
		context = map[string][]string{}
	}
	for key, value := range pairs {
		text, _ := value.(string)
		context["kms:EncryptionContext:"+key] = []string{text}
	}
	context["kms:EncryptionContextKeys"] = slices.Sorted(maps.Keys(pairs))
	q.Asks[ask].Context = context
}

// kmsKeys adds the other condition keys of a request to KMS.
// https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html
func (q *Request) kmsKeys() {
	p := q.Parameters
	q.keys(map[string]string{"GranteePrincipal": "kms:GranteePrincipal", "RetiringPrincipal": "kms:RetiringPrincipal", "Operations": "kms:GrantOperations", "SigningAlgorithm": "kms:SigningAlgorithm",
		"MacAlgorithm": "kms:MacAlgorithm", "KeyPairSpec": "kms:DataKeyPairSpec", "PendingWindowInDays": "kms:ScheduleKeyDeletionPendingWindowInDays", "WrappingAlgorithm": "kms:WrappingAlgorithm",
		"WrappingKeySpec": "kms:WrappingKeySpec", "ExpirationModel": "kms:ExpirationModel", "ReplicaRegion": "kms:ReplicaRegion", "RotationPeriodInDays": "kms:RotationPeriodInDays",
		"KeyAgreementAlgorithm": "kms:KeyAgreementAlgorithm"})
	switch q.Operation {
	case "Encrypt", "Decrypt":
		q.key("kms:EncryptionAlgorithm", textOr(p.Text("EncryptionAlgorithm"), "SYMMETRIC_DEFAULT"))
	case "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext":
		q.key("kms:EncryptionAlgorithm", "SYMMETRIC_DEFAULT")
	case "Sign", "Verify":
		q.key("kms:MessageType", textOr(p.Text("MessageType"), "RAW"))
	case "CreateGrant":
		q.key("kms:GrantIsForAWSResource", "false")
		constraints, _ := p["Constraints"].(map[string]any)
		for kind := range constraints {
			q.key("kms:GrantConstraintType", kind)
		}
	case "CreateKey", "PutKeyPolicy", "ReplicateKey":
		bypass, _ := p["BypassPolicyLockoutSafetyCheck"].(bool)
		q.key("kms:BypassPolicyLockoutSafetyCheck", map[bool]string{true: "true", false: "false"}[bypass])
	}
	if q.Operation == "CreateKey" { // of other operations these belong to the key
		q.key("kms:KeySpec", textOr(p.Text("KeySpec"), "SYMMETRIC_DEFAULT"))
		q.key("kms:KeyUsage", textOr(p.Text("KeyUsage"), "ENCRYPT_DECRYPT"))
		q.key("kms:KeyOrigin", textOr(p.Text("Origin"), "AWS_KMS"))
		multi, _ := p["MultiRegion"].(bool)
		q.key("kms:MultiRegion", map[bool]string{true: "true", false: "false"}[multi])
	}
	if p.Text("Recipient.AttestationDocument") != "" || p["Recipient"] != nil { // whose attestation is not read
		for i := range q.Asks {
			q.Asks[i].Context = with(q.Asks[i].Context, "kms:RecipientAttestation:ImageSha384", policy.Unresolved("kms:RecipientAttestation:ImageSha384"))
		}
	}
}
