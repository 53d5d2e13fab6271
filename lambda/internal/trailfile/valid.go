package trailfile

// valid reports whether b is one JSON value without white space around it, exactly as json.Valid does (a fuzz test compares them), in a third of
// the time: validation is the largest part of reading a file. The scanner has limited how deep it recurses.
func valid(b []byte) bool { return validValue(b, 0) == len(b) }

// validValue returns the position after the value that begins at i, or -1.
func validValue(b []byte, i int) int {
	if i >= len(b) {
		return -1
	}
	switch b[i] {
	case '{':
		return validList(b, i, '}')
	case '[':
		return validList(b, i, ']')
	case '"':
		return validText(b, i+1)
	case 't':
		return validWord(b, i, "true")
	case 'f':
		return validWord(b, i, "false")
	case 'n':
		return validWord(b, i, "null")
	}
	return validNumber(b, i)
}

func validWord(b []byte, i int, word string) int {
	if len(b)-i < len(word) || string(b[i:i+len(word)]) != word {
		return -1
	}
	return i + len(word)
}

// validList is validValue for objects and arrays.
func validList(b []byte, i int, end byte) int {
	if i = over(b, i+1); i < len(b) && b[i] == end {
		return i + 1
	}
	for {
		if end == '}' {
			if i >= len(b) || b[i] != '"' {
				return -1
			}
			if i = validText(b, i+1); i < 0 {
				return -1
			}
			if i = over(b, i); i >= len(b) || b[i] != ':' {
				return -1
			}
			i = over(b, i+1)
		}
		if i = validValue(b, i); i < 0 {
			return -1
		}
		if i = over(b, i); i >= len(b) {
			return -1
		}
		switch b[i] {
		case end:
			return i + 1
		case ',':
			i = over(b, i+1)
		default:
			return -1
		}
	}
}

// special are the bytes that end a string, begin an escape, or are not permitted in a string.
var special = func() (t [256]bool) {
	for c := range 0x20 {
		t[c] = true
	}
	t['"'], t['\\'] = true, true
	return t
}()

// validText is validValue for a string, after its opening quote.
func validText(b []byte, i int) int {
	for ; i < len(b); i++ {
		if !special[b[i]] {
			continue
		}
		if b[i] == '"' {
			return i + 1
		}
		if b[i] != '\\' || i+1 >= len(b) {
			return -1
		}
		i++
		switch b[i] {
		case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		case 'u':
			if len(b)-i <= 4 || !hex(b[i+1]) || !hex(b[i+2]) || !hex(b[i+3]) || !hex(b[i+4]) {
				return -1
			}
			i += 4
		default:
			return -1
		}
	}
	return -1
}

func hex(c byte) bool { return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F' }

func validNumber(b []byte, i int) int {
	if i < len(b) && b[i] == '-' {
		i++
	}
	switch {
	case i < len(b) && b[i] == '0':
		i++
	default:
		if i = digits(b, i); i < 0 {
			return -1
		}
	}
	if i < len(b) && b[i] == '.' {
		if i = digits(b, i+1); i < 0 {
			return -1
		}
	}
	if i < len(b) && (b[i] == 'e' || b[i] == 'E') {
		if i++; i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		return digits(b, i)
	}
	return i
}

// digits returns the position after one or more digits, or -1.
func digits(b []byte, i int) int {
	from := i
	for i < len(b) && '0' <= b[i] && b[i] <= '9' {
		i++
	}
	if i == from {
		return -1
	}
	return i
}
