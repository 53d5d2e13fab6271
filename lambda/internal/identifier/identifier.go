// Package identifier checks the form of AWS's identifiers: accounts, regions, roles, buckets, tables. It asks AWS nothing. It compiles no
// regular expression: that would be part of each cold start.
package identifier

import "strings"

// IsAccountID reports whether s is an account ID: exactly 12 digits.
func IsAccountID(s string) bool { return len(s) == 12 && IsDigits(s) }

// IsRegion reports whether s has the form of a region's code, such as "ap-northeast-1".
func IsRegion(s string) bool {
	parts := strings.Split(s, "-")
	last := len(parts) - 1
	if last < 2 || len(parts[0]) < 2 || !IsDigits(parts[last]) {
		return false
	}
	for _, part := range parts[:last] {
		if !all(part, isLower) {
			return false
		}
	}
	return true
}

// IsRoleARN reports whether s is the ARN of one IAM role.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
func IsRoleARN(s string) bool {
	parts := strings.SplitN(s, ":", 6)
	if len(parts) < 6 || parts[0] != "arn" || !isPartition(parts[1]) || parts[2] != "iam" || parts[3] != "" || !IsAccountID(parts[4]) {
		return false
	}
	path, isRole := strings.CutPrefix(parts[5], "role")
	slash := strings.LastIndexByte(path, '/')
	if !isRole || slash < 0 || path[0] != '/' {
		return false
	}
	name, path := path[slash+1:], path[:slash]
	return len(name) <= 64 && all(name, isNameByte) && path != "/" && (path == "" || all(path, isVisible))
}

// IsExternalID reports whether s is an external ID: 2 to 1,224 letters, digits and "_+=,.@:/-".
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
func IsExternalID(s string) bool {
	return len(s) >= 2 && len(s) <= 1224 && all(s, func(c byte) bool { return isNameByte(c) || c == ':' || c == '/' })
}

// IsSourceIdentity reports whether s is a source identity: 2 to 64 letters, digits and "_+=,.@-".
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
func IsSourceIdentity(s string) bool { return len(s) >= 2 && len(s) <= 64 && all(s, isNameByte) }

// SessionName returns the text with "-" for each character that the name of a role session cannot have.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
func SessionName(text string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x80 && isNameByte(byte(r)) {
			return r
		}
		return '-'
	}, text)
}

// IsBucketName reports whether s is the name of a bucket or the alias of an access point. Buckets in us-east-1 from before 2018 have names
// of up to 255 characters, with capital letters and "_".
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
func IsBucketName(s string) bool {
	return len(s) >= 3 && len(s) <= 255 && isAlphanumeric(s[0]) && isAlphanumeric(s[len(s)-1]) && all(s, isTableByte)
}

// IsTable reports whether s is the name of a DynamoDB table, 3 to 255 letters, digits and "_.-", or the ARN of one.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Scan.html
func IsTable(s string) bool {
	if parts := strings.SplitN(s, ":", 6); len(parts) == 6 {
		name, isTable := strings.CutPrefix(parts[5], "table/")
		region := func(c byte) bool { return isLower(c) || isDigit(c) || c == '-' }
		if parts[0] != "arn" || !isPartition(parts[1]) || parts[2] != "dynamodb" || !all(parts[3], region) || !IsAccountID(parts[4]) || !isTable {
			return false
		}
		s = name
	}
	return len(s) >= 3 && len(s) <= 255 && all(s, isTableByte)
}

// IsDigits reports whether s is one ASCII digit or more, and nothing else.
func IsDigits(s string) bool { return all(s, isDigit) }

func isPartition(s string) bool {
	rest, isAWS := strings.CutPrefix(s, "aws")
	return isAWS && (rest == "" || all(rest, func(c byte) bool { return isLower(c) || c == '-' }))
}

// all reports whether s has at least one byte, and is true for each.
func all(s string, is func(byte) bool) bool {
	for i := range len(s) {
		if !is(s[i]) {
			return false
		}
	}
	return s != ""
}

func isLower(c byte) bool        { return 'a' <= c && c <= 'z' }
func isDigit(c byte) bool        { return '0' <= c && c <= '9' }
func isAlphanumeric(c byte) bool { return isLower(c) || isDigit(c) || 'A' <= c && c <= 'Z' }
func isNameByte(c byte) bool     { return isAlphanumeric(c) || strings.IndexByte("_+=,.@-", c) >= 0 }
func isTableByte(c byte) bool    { return isAlphanumeric(c) || strings.IndexByte("_.-", c) >= 0 }
func isVisible(c byte) bool      { return '!' <= c && c <= '~' }
