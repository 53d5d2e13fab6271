package policy

import "strings"

// arn is an ARN in its six parts: "arn", partition, service, region, account, resource, of which the last may contain ":".
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
type arn [6]string

// splitARN takes s apart; false if it is no ARN.
func splitARN(s string) (a arn, ok bool) {
	if !strings.HasPrefix(s, "arn:") {
		return a, false
	}
	a[0], s = s[:3], s[4:]
	for i := 1; i < 5; i++ {
		colon := strings.IndexByte(s, ':')
		if colon < 0 {
			return a, false
		}
		a[i], s = s[:colon], s[colon+1:]
	}
	a[5] = s
	return a, true
}

func (a *arn) partition() string { return a[1] }
func (a *arn) service() string   { return a[2] }
func (a *arn) account() string   { return a[4] }
func (a *arn) resource() string  { return a[5] }

// isAccount says whether s is an account's number.
func isAccount(s string) bool {
	if len(s) != 12 {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
