package contract

// Matches lets tests ask of two patterns what nothing else does.
func Matches(pattern, text string) bool { return matches([]rune(pattern), []rune(text)) }
