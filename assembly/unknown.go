package assembly

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/crossgrant/crossgrant/policy"
)

// unknowns is what is known of the texts that are not: everything else about them may be anything.
type unknowns struct {
	// plain are those of letters, digits, "-" and "_" only, such as a name that CloudFormation makes up.
	plain map[string]bool
	// optional are those that may turn out to be no value at all.
	optional map[string]bool
}

// named is an unknown by its name: that of the stack, the logical id and the attribute, "." between them. Names that differ give texts that
// differ, which policy.Unresolved alone does not promise.
func named(name string) string {
	if strings.ContainsAny(name, ":/,") {
		name += "#" + digest(name)
	}
	return policy.Unresolved(name)
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:6])
}

// isPlain says whether every unknown part of a text has only letters, digits, "-" and "_".
func (u *unknowns) isPlain(text string) bool {
	for !policy.IsKnown(text) {
		start := strings.IndexByte(text, 0)
		end := start + 1 + strings.IndexByte(text[start+1:], 0) + 1
		if !u.plain[text[start:end]] {
			return false
		}
		text = text[end:]
	}
	return true
}

// splits says whether a delimiter cannot be, not even in part, in an unknown text that is plain.
func splits(delimiter string) bool {
	return delimiter != "" && !strings.ContainsFunc(delimiter, func(r rune) bool {
		return r == '-' || r == '_' || r == 0 || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
	})
}
