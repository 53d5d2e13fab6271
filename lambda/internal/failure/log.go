package failure

import (
	"regexp"
	"sync"
)

// secret finds credentials: AWS repeats the canonical request, session token included, when a signature does not match. It is compiled at
// the first error, not at each cold start.
var secret = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(
		`(?i)((?:x-amz-)?security-?token|session-?token|secret-?access-?key|authorization|credential|signature)("?\s*[:=>]\s*"?)[^\r\n"<&]+`)
})

// LogText returns the text of an error for the log, without the values of credentials and signatures.
func LogText(err error) string {
	return secret().ReplaceAllString(err.Error(), "$1$2[removed]")
}
