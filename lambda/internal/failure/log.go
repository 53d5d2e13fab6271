package failure

import "regexp"

// AWS repeats the canonical request, session token included, when a signature does not match.
var secret = regexp.MustCompile(
	`(?i)((?:x-amz-)?security-?token|session-?token|secret-?access-?key|authorization|credential|signature)("?\s*[:=>]\s*"?)[^\r\n"<&]+`)

// LogText is the whole error for the log, with the values of credentials and signatures taken out.
func LogText(err error) string {
	return secret.ReplaceAllString(err.Error(), "$1$2[removed]")
}
