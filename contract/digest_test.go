package contract_test

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/contract"
)

// smallCanonical is [small] as RFC 8785 writes it, by hand.
const smallCanonical = `{"access":"AssumeRole","grantees":["arn:aws:iam::111111111111:role/reader"],"name":"g",` +
	`"permissions":[{"actions":["s3:GetObject"],"resources":["arn:aws:s3:::b/*"],"sid":"Read"}],` +
	`"roleArn":"arn:aws:iam::222222222222:role/g-dev-eu-west-1","stage":"dev",` +
	`"target":{"account":"222222222222","region":"eu-west-1"},"trust":{"mode":"NamedRole","sessionSeconds":900}}`

// smallDigest is what sha256sum prints for smallCanonical.
const smallDigest = "sha256:20425160c563ac4a1eddbbb9db91ad8fb3508777a29269b25b64164152a865df"

func TestDigest(t *testing.T) {
	for name, c := range map[string]struct {
		change    func(*contract.Grant)
		canonical string
	}{
		"the least there can be": {func(*contract.Grant) {}, smallCanonical},
		// encoding/json escapes <, >, & and U+2028, and RFC 8785 does not.
		"text that JSON writers escape otherwise": {
			func(g *contract.Grant) {
				g.Environment = map[string]string{"A": "<&>\u2028\u007f é\U0001F600", "B": "\"\\\b\f\n\r\t\x01\x1f/"}
			},
			strings.Replace(smallCanonical, `"grantees"`, `"environment":{"A":"<&>`+"\u2028\u007f é\U0001F600"+`","B":"\"\\\b\f\n\r\t\u0001\u001f/"},"grantees"`, 1),
		},
		// U+1F600 is D83D DE00 in UTF-16, before U+FB01; in UTF-8 it is after.
		"keys beyond U+D7FF": {
			func(g *contract.Grant) {
				g.Permissions[0].Conditions = map[string]map[string][]string{"Bool": {"aws:\ufb01": {"true"}, "aws:\U0001F600": {"true"}}}
			},
			strings.Replace(smallCanonical, `"resources"`, `"conditions":{"Bool":{"aws:`+"\U0001F600"+`":["true"],"aws:`+"\ufb01"+`":["true"]}},"resources"`, 1),
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := small()
			c.change(&g)
			sealed, err := g.WithDigest()
			if err != nil {
				t.Fatal(err)
			}
			sum := sha256.Sum256([]byte(c.canonical))
			if expected := "sha256:" + hex.EncodeToString(sum[:]); sealed.Digest != expected {
				t.Errorf("found %s, expected %s, the hash of\n%s", sealed.Digest, expected, c.canonical)
			}
			if _, err := contract.Read(encode(t, g)); err != nil {
				t.Error(err)
			}
		})
	}
	if sealed, _ := small().WithDigest(); sealed.Digest != smallDigest {
		t.Errorf("found %s, expected %s", sealed.Digest, smallDigest)
	}
}

func TestSealRefusesWhatIsNoUnicode(t *testing.T) {
	g := small()
	g.Permissions[0].Resources = []string{"arn:aws:s3:::b/\xff"}
	if sealed, err := g.WithDigest(); err == nil || !strings.Contains(err.Error(), "expected Unicode") {
		t.Errorf("found %v and %v, expected an error", sealed.Digest, err)
	}
}
